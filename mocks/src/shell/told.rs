//! 改期之据 · How the window of a world was moved since its parties were stood up: single bounds, and all of it (平移), kept
//! beside their books.
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
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keeper::replace;
use crate::setup::Setup;

const TOLD: &str = "amended.json";
const SHIFTED: &str = "shifted.json";

/// 改期之据 · The file of one world, and who goes by it.
pub(crate) struct ToldFile {
    dir: Option<PathBuf>,
    setup: Arc<Setup>,
    told: Mutex<Told>,
}

/// What it says.
struct Told {
    /// How far the whole window was moved, in milliseconds.
    by_ms: i64,
    /// Single bounds, oldest first.
    amended: Vec<Amendment>,
}

impl ToldFile {
    /// In the folder of the books, if they have one: what stands there is told again.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn of(dir: Option<&Path>, setup: &Arc<Setup>) -> io::Result<ToldFile> {
        let told = Told {
            by_ms: dir.map_or(Ok(0), shifted_before)?,
            amended: dir.map_or_else(|| Ok(Vec::new()), amended_before)?,
        };
        setup.put_off(told.by_ms);
        for amendment in &told.amended {
            setup.amend(amendment.clone());
        }
        Ok(ToldFile {
            dir: dir.map(Path::to_owned),
            setup: Arc::clone(setup),
            told: Mutex::new(told),
        })
    }

    /// 平移 · Tells all parties that the whole window lies so many ms later than the plan says, in the file first. How far it
    /// is moved already is no news.
    ///
    /// # Errors
    /// A single bound was moved since, and nobody knows where it lies then ([`io::ErrorKind::InvalidInput`]); or the file
    /// cannot be written. Then nobody is told.
    pub(crate) fn shift(&self, by_ms: i64) -> io::Result<()> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.by_ms == by_ms {
            return Ok(());
        }
        if let Some(one) = told.amended.first() {
            let why = format!("`{}` was amended since", one.bound);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        self.write(SHIFTED, &by_ms)?;
        told.by_ms = by_ms;
        self.setup.put_off(by_ms);
        Ok(())
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
        told.amended.push(amendment.clone());
        if let Err(error) = self.write(TOLD, &told.amended) {
            told.amended.pop();
            return Err(error);
        }
        self.setup.amend(amendment);
        Ok(())
    }

    fn write(&self, name: &str, what: &impl Serialize) -> io::Result<()> {
        let Some(dir) = &self.dir else { return Ok(()) };
        let text = serde_json::to_vec(what).expect("numbers, texts and instants are JSON");
        replace(&dir.join(name), &text)
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
    Ok(kept(parties_dir, TOLD)?.unwrap_or_default())
}

/// How far the whole window of such parties was moved, in milliseconds.
fn shifted_before(parties_dir: &Path) -> io::Result<i64> {
    Ok(kept(parties_dir, SHIFTED)?.unwrap_or_default())
}

fn kept<T: DeserializeOwned>(parties_dir: &Path, name: &str) -> io::Result<Option<T>> {
    match fs::read(parties_dir.join(name)) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
