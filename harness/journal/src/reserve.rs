//! 预留 · A file that holds room, so that a full disk still takes the records of compensation.
//!
//! Why so: when the disk fills up, transactions may stand open at other people's platforms. What undoes
//! them must be on disk before its first byte goes out, so that room is set aside at the start of a run.

use std::fs;
use std::path::{Path, PathBuf};

const RESERVE: &str = "reserve";
/// Room for well over a hundred commits of one or two pages each.
const ROOM_BYTES: usize = 1 << 20;

/// The reserve of one run.
pub(crate) struct Reserve {
    path: PathBuf,
    held: bool,
}

impl Reserve {
    /// Sets the room aside; a disk without that much room leaves none held.
    pub(crate) fn set_aside(dir: &Path) -> Reserve {
        let path = dir.join(RESERVE);
        // Not zeros: no file system may turn this into a hole.
        let held = fs::write(&path, vec![0xA5_u8; ROOM_BYTES]).is_ok();
        if !held {
            let _ = fs::remove_file(&path);
        }
        Reserve { path, held }
    }

    /// Gives the room back; true if there was any.
    pub(crate) fn give_up(&mut self) -> bool {
        std::mem::take(&mut self.held) && fs::remove_file(&self.path).is_ok()
    }

    /// Removes the file at the end of a run; one that stays harms nobody.
    pub(crate) fn dissolve(&mut self) {
        self.held = false;
        let _ = fs::remove_file(&self.path);
    }

    /// Whether the room is still there.
    pub(crate) fn is_held(&self) -> bool {
        self.held
    }
}
