//! 预留 · A file that holds room, so that a full disk still takes the records of compensation.
//!
//! Why so: when the disk fills up, transactions may stand open at other people's platforms. What undoes
//! them must be on disk before its first byte goes out, so that room is set aside at the start of a run,
//! and more of it before more transactions are open at once.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crosswipe_domain::Nature;

use crate::record::{Payload, UndoPlan};

const RESERVE: &str = "reserve";
/// Room is set aside in steps of this many bytes; one step also covers what is about to be opened.
const STEP_BYTES: u64 = 1 << 20;
/// What the undo of one transaction takes in the log at most: its records and those of the queries that prove it, each by
/// three whole pages of 4 KiB, in a commit of its own where the disk is slow and nobody shares one.
const UNDO_BYTES: u64 = 64 << 10;

/// The reserve of one run.
pub(crate) struct Reserve {
    path: PathBuf,
    held_bytes: u64,
    /// Transactions that may have to be undone.
    open: u64,
}

impl Reserve {
    /// Sets the room aside; a disk without that much room leaves none held.
    pub(crate) fn set_aside(dir: &Path) -> Reserve {
        let path = dir.join(RESERVE);
        let _ = fs::remove_file(&path);
        let mut reserve = Reserve {
            path,
            held_bytes: 0,
            open: 0,
        };
        if !reserve.grow() {
            reserve.dissolve();
        }
        reserve
    }

    /// Counts what a record opens or closes; true if there is room for the undo of all that is open.
    pub(crate) fn covers(&mut self, payload: &Payload) -> bool {
        match payload {
            Payload::Intent(intent) if books(intent.nature) && intent.undo != UndoPlan::Nothing => {
                self.open += 1;
            }
            Payload::Verified(_) => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        // Half a step stays ahead, for what is opened before anybody hears of it.
        while self.is_held() && self.open * UNDO_BYTES + STEP_BYTES / 2 > self.held_bytes {
            if !self.grow() {
                return false;
            }
        }
        true
    }

    fn grow(&mut self) -> bool {
        let appended = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .and_then(|mut file| {
                // Not zeros: no file system may turn this into a hole.
                let step = vec![0xA5_u8; usize::try_from(STEP_BYTES).unwrap_or_default()];
                file.write_all(&step)
                    .inspect_err(|_| drop(file.set_len(self.held_bytes)))
            });
        if appended.is_ok() {
            self.held_bytes += STEP_BYTES;
        }
        appended.is_ok()
    }

    /// Gives the room back; true if there was any.
    pub(crate) fn give_up(&mut self) -> bool {
        std::mem::take(&mut self.held_bytes) > 0 && fs::remove_file(&self.path).is_ok()
    }

    /// Removes the file at the end of a run; one that stays harms nobody.
    pub(crate) fn dissolve(&mut self) {
        self.held_bytes = 0;
        let _ = fs::remove_file(&self.path);
    }

    /// Whether the room is still there.
    pub(crate) fn is_held(&self) -> bool {
        self.held_bytes > 0
    }
}

/// Whether a message may leave something to undo.
fn books(nature: Nature) -> bool {
    matches!(nature, Nature::Forward | Nature::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_there_until_it_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(RESERVE);
        fs::write(&file, "of an earlier process").unwrap();
        let mut reserve = Reserve::set_aside(dir.path());
        assert!(reserve.is_held());
        let bytes = fs::read(&file).unwrap();
        assert_eq!(bytes.len() as u64, STEP_BYTES);
        assert!(bytes.iter().all(|byte| *byte != 0), "no hole");
        assert!(reserve.give_up());
        assert!(!reserve.is_held() && !file.exists());
        fs::write(&file, "of somebody else").unwrap();
        assert!(!reserve.give_up(), "it is given up once");
        assert!(file.exists(), "what is not held is not removed");
    }

    #[test]
    fn what_was_dissolved_is_held_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::set_aside(dir.path());
        reserve.dissolve();
        assert!(!reserve.is_held() && !reserve.give_up());
        assert!(!dir.path().join(RESERVE).exists());
    }

    #[test]
    fn where_nothing_can_be_written_no_room_is_held() {
        let dir = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::set_aside(&dir.path().join("nowhere"));
        assert!(!reserve.is_held() && !reserve.give_up());
    }
}
