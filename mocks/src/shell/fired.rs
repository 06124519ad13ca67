//! 触发数 · Keeps beside the books how often each fault has fired.
//!
//! Why so: faults live in the memory of the process that carries the parties. Whoever finishes a run after the death of
//! that process cannot bring them about again, but must be able to say what the drill had come to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::keeper::replace;
use crate::fault::Faults;

const FIRED: &str = "fired.json";

/// 触发数 · The file of one world, and what stands in it.
#[derive(Default)]
pub(crate) struct FiredFile {
    path: Option<PathBuf>,
    kept: Mutex<Vec<u64>>,
}

impl FiredFile {
    /// In the folder of the books, if they have one.
    pub(crate) fn of(dir: Option<&Path>) -> FiredFile {
        FiredFile {
            path: dir.map(|dir| dir.join(FIRED)),
            kept: Mutex::default(),
        }
    }

    /// Writes down what has changed. A file that finds no room is none: a fault whose count is lost counts as one that
    /// never fired, which passes for nothing.
    pub(crate) fn keep(&self, board: &Faults) {
        let Some(path) = self.path.as_ref().filter(|_| board.any()) else {
            return;
        };
        let counts = board.counts();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if *kept != counts {
            let text = serde_json::to_vec(&counts).expect("numbers are JSON");
            let _ = replace(path, &text);
            *kept = counts;
        }
    }
}

/// 此前触发 · How often each fault fired at parties that kept their books in this folder, in the order in which they were
/// ordered; nothing where none ever did.
///
/// # Errors
/// The file cannot be read.
pub fn fired_before(parties_dir: &Path) -> io::Result<Vec<u64>> {
    match fs::read(parties_dir.join(FIRED)) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
