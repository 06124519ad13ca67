//! 改期之据 · Which bounds the parties of a world were told of since they were stood up, kept beside their books.
//!
//! Why so: whoever tells them is a process of its own, and theirs may be killed and started again: then they must go by
//! the same bounds as before. What stands in the file was told before anybody was answered by it. A run that begins on
//! such a world reads it too, for it has to go by the bounds of its parties.
//! Called by `world` and the shell's `admin`. Not here: whether a plan bears a bound out so (`scenarios::amend`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crosswipe_domain::Amendment;

use super::keeper::replace;
use crate::setup::Setup;

const TOLD: &str = "amended.json";

/// 改期之据 · The file of one world, and who goes by it.
pub(crate) struct ToldFile {
    path: Option<PathBuf>,
    setup: Arc<Setup>,
    told: Mutex<Vec<Amendment>>,
}

impl ToldFile {
    /// In the folder of the books, if they have one: what stands there is told again.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn of(dir: Option<&Path>, setup: &Arc<Setup>) -> io::Result<ToldFile> {
        let told = dir.map_or_else(|| Ok(Vec::new()), amended_before)?;
        for amendment in &told {
            setup.amend(amendment.clone());
        }
        Ok(ToldFile {
            path: dir.map(|dir| dir.join(TOLD)),
            setup: Arc::clone(setup),
            told: Mutex::new(told),
        })
    }

    /// Tells all parties of the world, in the file first. What they know already is no news, whenever it was heard.
    ///
    /// # Errors
    /// No such bound lies there ([`io::ErrorKind::InvalidInput`]), or the file cannot be written; then nobody is told.
    pub(crate) fn take(&self, amendment: Amendment) -> io::Result<()> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let window = self.setup.whole_window();
        if window
            .amended
            .iter()
            .any(|known| is_the_same(known, &amendment))
        {
            return Ok(());
        }
        let lies = window.latest().instants_of(&amendment.bound);
        if !lies.contains(&amendment.was) {
            let why = format!("no `{}` at {}", amendment.bound, amendment.was);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        told.push(amendment.clone());
        if let Some(path) = &self.path {
            let text = serde_json::to_vec(&*told).expect("texts and instants are JSON");
            if let Err(error) = replace(path, &text) {
                told.pop();
                return Err(error);
            }
        }
        self.setup.amend(amendment);
        Ok(())
    }
}

/// The same order, whenever it came to be known.
fn is_the_same(one: &Amendment, other: &Amendment) -> bool {
    let known = other.known;
    Amendment {
        known,
        ..one.clone()
    } == *other
}

/// 此前改期 · What parties that keep their books in this folder were told since they were stood up, oldest first.
///
/// # Errors
/// The file cannot be read.
pub fn amended_before(parties_dir: &Path) -> io::Result<Vec<Amendment>> {
    match fs::read(parties_dir.join(TOLD)) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
