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
