//! 残尾 · Whether the log of a dead run ends in a transaction that nobody was ever told of.
//!
//! Why so: SQLite drops such a tail without a word, and rightly; whoever goes on says that it was there, so that a
//! reviewer can tell a death in the middle of a commit from a quiet one. What is acknowledged and gone is another
//! matter: `read` holds the chain against `journal.head`.
//! Layout of a log: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>. Called by `cli resume`.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::JournalError;
use crate::store::sqlite::DATABASE;

/// Bytes before the first frame.
const HEADER: usize = 32;
/// Bytes of a frame before its page.
const FRAME: usize = 24;

/// How many bytes behind the last commit belong to a transaction that was never finished; `None` where there are none.
///
/// # Errors
/// The log cannot be read.
pub fn torn_tail(dir: &Path) -> Result<Option<u64>, JournalError> {
    let path = dir.join(format!("{DATABASE}-wal"));
    match fs::read(&path) {
        Ok(log) => Ok(torn(&log).map(|bytes| bytes as u64)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(JournalError::io("read", &path, error)),
    }
}

fn torn(log: &[u8]) -> Option<usize> {
    let header = log.get(..HEADER)?;
    let page = usize::try_from(word(header, 8)).ok()?;
    let sums = Sums {
        big_endian: word(header, 0) & 1 == 1,
    };
    let salts = &header[16..24];
    let mut running = sums.over((0, 0), &header[..24]);
    let (mut at, mut committed) = (HEADER, HEADER);
    while let Some(frame) = log.get(at..at + FRAME + page) {
        let summed = sums.over(sums.over(running, &frame[..8]), &frame[FRAME..]);
        if &frame[8..16] != salts || summed != (word(frame, 16), word(frame, 20)) {
            break;
        }
        running = summed;
        at += FRAME + page;
        if word(frame, 4) != 0 {
            committed = at;
        }
    }
    let tail = &log[committed..];
    // A log that began anew over an older one has that one's frames behind its last commit: they are no tail of it.
    let of_an_older_log = tail
        .get(8..16)
        .is_some_and(|kept| kept != salts && kept.iter().any(|byte| *byte != 0));
    (!tail.is_empty() && !of_an_older_log).then_some(tail.len())
}

/// The log's running checksums.
struct Sums {
    big_endian: bool,
}

impl Sums {
    fn over(&self, (mut first, mut second): (u32, u32), bytes: &[u8]) -> (u32, u32) {
        for pair in bytes.chunks_exact(8) {
            let [one, two] = [0, 4].map(|at| match self.big_endian {
                true => word(pair, at),
                false => word(pair, at).swap_bytes(),
            });
            first = first.wrapping_add(one).wrapping_add(second);
            second = second.wrapping_add(two).wrapping_add(first);
        }
        (first, second)
    }
}

/// Four bytes, most significant first.
fn word(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    u32::from_be_bytes(four.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PAGE: usize = 512;

    /// A log as SQLite lays it down, in either order of its checksums' bytes.
    struct Log {
        big_endian: bool,
        bytes: Vec<u8>,
        running: (u32, u32),
    }

    impl Log {
        fn new(big_endian: bool) -> Log {
            let magic: u32 = 0x377f_0682 | u32::from(big_endian);
            let mut log = Log {
                big_endian,
                bytes: Vec::new(),
                running: (0, 0),
            };
            for word in [magic, 3_007_000, PAGE as u32, 0, 0xAAAA_0001, 0xBBBB_0002] {
                log.bytes.extend(word.to_be_bytes());
            }
            log.sum(0..24);
            log.write_sums();
            log
        }

        fn sum(&mut self, of: std::ops::Range<usize>) {
            let (mut first, mut second) = self.running;
            for pair in self.bytes[of].chunks(8) {
                let [one, two] = [&pair[..4], &pair[4..]].map(|four| {
                    let four: [u8; 4] = four.try_into().unwrap();
                    match self.big_endian {
                        true => u32::from_be_bytes(four),
                        false => u32::from_le_bytes(four),
                    }
                });
                first = first.wrapping_add(one).wrapping_add(second);
                second = second.wrapping_add(two).wrapping_add(first);
            }
            self.running = (first, second);
        }

        fn write_sums(&mut self) {
            let (first, second) = self.running;
            self.bytes.extend(first.to_be_bytes());
            self.bytes.extend(second.to_be_bytes());
        }

        /// One page; `commits`: the size of the database after it, 0 in the middle of a transaction.
        fn frame(&mut self, page: u32, commits: u32) {
            let at = self.bytes.len();
            self.bytes.extend(page.to_be_bytes());
            self.bytes.extend(commits.to_be_bytes());
            let body: Vec<u8> = (0..PAGE).map(|byte| (byte as u32 * page) as u8).collect();
            self.sum(at..at + 8);
            // Sums go over the page that is written behind them.
            let behind = self.bytes.len();
            self.bytes.extend(&body);
            self.sum(behind..behind + PAGE);
            self.bytes.truncate(behind);
            self.bytes.extend_from_within(16..24);
            self.write_sums();
            self.bytes.extend(body);
        }
    }

    const WHOLE: usize = FRAME + PAGE;

    #[rstest]
    fn what_lies_behind_the_last_commit_is_the_tail(#[values(true, false)] big_endian: bool) {
        let mut log = Log::new(big_endian);
        assert_eq!(torn(&log.bytes), None, "nothing was written yet");
        log.frame(2, 0);
        log.frame(3, 3);
        log.frame(4, 4);
        assert_eq!(torn(&log.bytes), None, "two commits");
        let committed = log.bytes.len();
        log.frame(5, 0);
        assert_eq!(torn(&log.bytes), Some(WHOLE));
        log.frame(6, 0);
        assert_eq!(torn(&log.bytes), Some(2 * WHOLE));
        for cut in [1, FRAME, WHOLE - 1, WHOLE + 5] {
            assert_eq!(torn(&log.bytes[..committed + cut]), Some(cut));
        }
        for cut in 0..HEADER {
            assert_eq!(torn(&log.bytes[..cut]), None, "no log yet");
        }
    }

    /// One commit behind a damaged one is none: the sums go on from frame to frame.
    #[test]
    fn a_damaged_frame_ends_what_is_believed() {
        let mut log = Log::new(false);
        log.frame(2, 2);
        log.frame(3, 3);
        for byte in [HEADER + WHOLE + 4, HEADER + WHOLE + 16, log.bytes.len() - 1] {
            let mut damaged = log.bytes.clone();
            damaged[byte] ^= 1;
            assert_eq!(torn(&damaged), Some(WHOLE), "byte {byte}");
        }
        log.bytes[HEADER + 30] ^= 1;
        assert_eq!(torn(&log.bytes), Some(2 * WHOLE));
    }

    /// SQLite begins a log anew over the old one, under other salts.
    #[test]
    fn frames_of_an_older_log_are_no_tail() {
        let mut log = Log::new(false);
        log.frame(2, 2);
        let mut older = Log::new(false);
        older.frame(9, 0);
        let old_frame = older.bytes.split_off(HEADER);
        let with_salts = |salts: [u8; 8]| {
            let mut frame = old_frame.clone();
            frame[8..16].copy_from_slice(&salts);
            torn(&[&log.bytes[..], &frame].concat())
        };
        assert_eq!(with_salts([7; 8]), None);
        for place in 0..8 {
            let mut salts = [0; 8];
            salts[place] = 7;
            assert_eq!(with_salts(salts), None, "byte {place} of an older log");
        }
        assert_eq!(
            with_salts([0; 8]),
            Some(WHOLE),
            "a frame of which no byte came down"
        );
    }

    #[test]
    fn a_folder_without_a_log_has_no_tail_and_one_that_cannot_be_read_says_so() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(torn_tail(dir.path()).unwrap(), None);
        fs::create_dir(dir.path().join(format!("{DATABASE}-wal"))).unwrap();
        assert_eq!(torn_tail(dir.path()).unwrap_err().code(), "journal:io");
    }
}
