//! 架 · Where a run keeps what parties show: the folder `exports/` of the run, or memory.
//!
//! Why so: thousands of simulated runs must not wait for a disk, and yet what they keep is judged like files: named
//! bytes that only grow. Called by `evidence` and `resume`. Not here: what the bytes hold (`evidence`), who reads them
//! back (`cli`, `sim`).

use std::collections::BTreeMap;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::desk::{Halt, lock};

/// 架 · One run's exports and looks.
#[derive(Clone, Debug)]
pub enum Shelf {
    /// A run folder; `exports/` stands in it.
    Folder(PathBuf),
    /// Nowhere but in this process.
    Memory(MemoryShelf),
}

/// 内存架 · Named bytes, shared by all lives of a simulated run.
#[derive(Clone, Debug, Default)]
pub struct MemoryShelf(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl MemoryShelf {
    /// A shelf that holds these files already.
    pub fn holding(files: BTreeMap<String, Vec<u8>>) -> MemoryShelf {
        MemoryShelf(Arc::new(Mutex::new(files)))
    }

    /// All files as they are now.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.0).clone()
    }

    /// All files, which do not lie there any longer.
    pub fn take(&self) -> BTreeMap<String, Vec<u8>> {
        std::mem::take(&mut *lock(&self.0))
    }

    /// Reads the files where they lie.
    pub fn with<R>(&self, read: impl FnOnce(&BTreeMap<String, Vec<u8>>) -> R) -> R {
        read(&lock(&self.0))
    }
}

impl Shelf {
    /// Where a file of the run lies, for whoever is told of it.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        match self {
            Shelf::Folder(dir) => dir.join(name),
            Shelf::Memory(_) => PathBuf::from(name),
        }
    }

    fn exports(&self) -> PathBuf {
        self.place("exports")
    }

    /// Writes a whole file.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Halt> {
        let path = match self {
            Shelf::Memory(memory) => {
                lock(&memory.0).insert(name.to_owned(), bytes.to_vec());
                return Ok(());
            }
            Shelf::Folder(_) => self.exports().join(name),
        };
        std::fs::write(&path, bytes).map_err(|source| {
            // Half an export is worth nothing, and its room is needed.
            let _ = std::fs::remove_file(&path);
            Halt::File { path, source }
        })
    }

    /// Appends a line to a file.
    pub(crate) fn append(&self, name: &str, line: &str) -> Result<(), Halt> {
        let path = match self {
            Shelf::Memory(memory) => {
                let mut files = lock(&memory.0);
                let file = files.entry(name.to_owned()).or_default();
                file.extend_from_slice(line.as_bytes());
                file.push(b'\n');
                return Ok(());
            }
            Shelf::Folder(_) => self.exports().join(name),
        };
        let written = || {
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)?;
            let before = file.metadata()?.len();
            file.write_all(format!("{line}\n").as_bytes())
                .inspect_err(|_| {
                    // Half a line is worth nothing, and its room is needed.
                    let _ = file.set_len(before);
                })
        };
        written().map_err(|source| Halt::File { path, source })
    }

    /// Every file whose name ends so, to whoever asks.
    pub(crate) fn each(&self, ends: &str, mut see: impl FnMut(&[u8])) -> Result<(), Halt> {
        let dir = match self {
            Shelf::Memory(memory) => {
                let files = lock(&memory.0);
                let wanted = files.iter().filter(|(name, _)| name.ends_with(ends));
                wanted.for_each(|(_, bytes)| see(bytes));
                return Ok(());
            }
            Shelf::Folder(_) => self.exports(),
        };
        let mut read = || {
            for entry in std::fs::read_dir(&dir)? {
                let path = entry?.path();
                if path.to_string_lossy().ends_with(ends) {
                    see(&std::fs::read(&path)?);
                }
            }
            Ok(())
        };
        read().map_err(|source| Halt::File { path: dir, source })
    }

    /// A death in the middle of a line leaves it without its end; the next line must begin on its own.
    pub(crate) fn end_lines(&self) -> Result<(), Halt> {
        let dir = match self {
            // Nobody dies in the middle of a line there.
            Shelf::Memory(_) => return Ok(()),
            Shelf::Folder(_) => self.exports(),
        };
        let ended = || {
            for entry in std::fs::read_dir(&dir)? {
                let path = entry?.path();
                if path
                    .extension()
                    .is_some_and(|extension| extension == "jsonl")
                {
                    end_line(&path)?;
                }
            }
            Ok(())
        };
        ended().map_err(|source| Halt::File { path: dir, source })
    }
}

fn end_line(path: &std::path::Path) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .read(true)
        .append(true)
        .open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    Ok(())
}
