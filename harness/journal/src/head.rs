//! 链头文件 · `journal.head`: seq and hash of the newest commit, outside the database.
//!
//! Why so: SQLite drops a frame of its log whose checksum is wrong, and all committed frames after it,
//! without a word: the integrity check says ok and the chain shows no gap, it only ends too early.
//! This file says how far it must reach. It is written after each commit, before anybody is answered,
//! and not synced: it may lag, never lead. It is overwritten in place and never shrinks, so even
//! after a power cut it holds one of its former states.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::JournalError;

const HEAD: &str = "journal.head";

/// The file, open for writing.
pub(crate) struct HeadFile {
    path: PathBuf,
    file: File,
}

impl HeadFile {
    /// Opens or creates it.
    pub(crate) fn open(dir: &Path) -> Result<HeadFile, JournalError> {
        let path = dir.join(HEAD);
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        opened
            .map(|file| HeadFile {
                path: path.clone(),
                file,
            })
            .map_err(|error| JournalError::io("create", &path, error))
    }

    /// Writes the newest commit.
    pub(crate) fn write(&mut self, seq: u64, sha256: &str) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(format!("{seq} {sha256}\n").as_bytes())
    }

    /// Makes it durable; at the beginning and at the end of a process only.
    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        self.file
            .sync_all()
            .map_err(|error| JournalError::io("sync", &self.path, error))
    }
}

/// Where it lies.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join(HEAD)
}

/// How far the chain must reach; `None` where there is no such file.
pub(crate) fn read(dir: &Path) -> Result<Option<(u64, String)>, JournalError> {
    let path = dir.join(HEAD);
    match fs::read(&path) {
        Ok(bytes) if bytes.is_empty() => Ok(None), // created, and killed before record 0
        Ok(bytes) => match parse(&bytes) {
            Some(head) => Ok(Some(head)),
            None => Err(JournalError::corrupt(
                0,
                "`journal.head` does not hold a number and a hash",
            )),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(JournalError::io("read", &path, error)),
    }
}

fn parse(bytes: &[u8]) -> Option<(u64, String)> {
    let line = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let (seq, sha256) = line.split_once(' ')?;
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (sha256.len() == 64 && sha256.bytes().all(lower_hex)).then_some(())?;
    let number: u64 = seq.parse().ok()?;
    (number.to_string() == seq).then(|| (number, sha256.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_head_holds_the_newest_commit_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), None);
        fs::write(path(dir.path()), "").unwrap();
        assert_eq!(read(dir.path()).unwrap(), None, "killed before record 0");
        let mut head = HeadFile::open(dir.path()).unwrap();
        for (seq, digit) in [(9, "a"), (10, "b"), (1000, "c")] {
            head.write(seq, &digit.repeat(64)).unwrap();
            assert_eq!(read(dir.path()).unwrap(), Some((seq, digit.repeat(64))));
        }
    }

    #[test]
    fn a_head_that_cannot_be_read_is_no_missing_one() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(path(dir.path()), dir.path().join("journal.head"));
        fs::create_dir(path(dir.path())).unwrap();
        assert_eq!(read(dir.path()).unwrap_err().code(), "journal:io");
    }

    #[rstest]
    #[case::cut("12 abc\n")]
    #[case::without_end(&format!("12 {}", "a".repeat(64)))]
    #[case::no_number(&format!("x2 {}\n", "a".repeat(64)))]
    #[case::two_lines(&format!("1 {0}\n2 {0}\n", "a".repeat(64)))]
    #[case::capitals(&format!("1 {}\n", "A".repeat(64)))]
    #[case::one_byte_of_64(&format!("1 {}g\n", "a".repeat(63)))]
    #[case::too_long(&format!("1 {}\n", "a".repeat(65)))]
    #[case::a_number_in_other_words(&format!("01 {}\n", "a".repeat(64)))]
    fn a_damaged_head_is_not_taken_for_a_missing_one(#[case] text: &str) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(HEAD), text).unwrap();
        let error = read(dir.path()).unwrap_err();
        assert!(
            matches!(error, JournalError::Corrupt { seq: 0, .. }),
            "nothing can be relied on: {error:?}"
        );
    }
}
