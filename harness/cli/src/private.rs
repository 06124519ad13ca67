//! 站点 · What a site keeps beside its runs: one pseudonym key per plan, and the name of its last run.
//!
//! Why so: a person must have one name in all runs of a window, and each run names the one begun
//! before it by a hash of its chain, so that a missing run shows, a killed one too. Both lie in `private/` next to the run folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crosswipe_domain::PseudonymKey;
use crosswipe_journal::History;

use crate::complain::Trouble;
use crate::rundir::{keep_private, write};

/// The key of a plan at the site of `run_dir`; made at the first run.
///
/// # Errors
/// The file cannot be read or written, or is no key.
pub(crate) fn plan_key(run_dir: &Path, plan: &str) -> Result<PseudonymKey, Trouble> {
    let path = site(run_dir)?.join(format!("{plan}.key"));
    match fs::read(&path) {
        Ok(bytes) => match <[u8; 32]>::try_from(bytes) {
            Ok(bytes) => Ok(PseudonymKey::new(bytes)),
            Err(_) => Err(Trouble::file(
                "use",
                &path,
                io::Error::other("a pseudonym key has 32 bytes"),
            )),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut bytes = [0u8; 32];
            getrandom::fill(&mut bytes)
                .map_err(|error| Trouble::file("make", &path, io::Error::other(error)))?;
            write(&path, &bytes)?;
            keep_private(&path)?;
            Ok(PseudonymKey::new(bytes))
        }
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

/// The key of a plan at the site of `run_dir`, if a run was made there before; nothing is made.
///
/// # Errors
/// The file cannot be read, or is no key.
pub(crate) fn known_key(run_dir: &Path, plan: &str) -> Result<Option<PseudonymKey>, Trouble> {
    match site_of(run_dir).join(format!("{plan}.key")).is_file() {
        true => plan_key(run_dir, plan).map(Some),
        false => Ok(None),
    }
}

/// A word that nobody guesses, for whoever may look at a door that stands beyond loopback.
pub(crate) fn token() -> Result<String, Trouble> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| Trouble::Runtime(io::Error::other(error)))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What names the run of a plan that was begun last at this site: its tail hash once it has ended, else its head.
pub(crate) fn previous_tail(run_dir: &Path, plan: &str) -> Result<Option<String>, Trouble> {
    let path = tail_file(run_dir, plan)?;
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

/// Remembers a run from its first record on, so that the next one names it even if it is killed.
pub(crate) fn remember_head(run_dir: &Path, plan: &str, head: &str) -> Result<(), Trouble> {
    write(&tail_file(run_dir, plan)?, format!("{head}\n").as_bytes())
}

/// Remembers how a run ended. Where another run was begun since, that one stays the last: it names this one.
pub(crate) fn remember_tail(run_dir: &Path, plan: &str, ended: &History) -> Result<(), Trouble> {
    let remembered = previous_tail(run_dir, plan)?;
    let is_ours = |hash: &str| ended.records.iter().any(|record| record.sha256 == hash);
    match remembered {
        Some(hash) if !is_ours(&hash) => Ok(()),
        _ => write(
            &tail_file(run_dir, plan)?,
            format!("{}\n", ended.last().sha256).as_bytes(),
        ),
    }
}

/// What the site of a run remembers of the run begun last, where its memory is at hand; nothing is made or changed.
pub(crate) fn last_begun(run_dir: &Path, plan: &str) -> Option<String> {
    let path = site_of(run_dir).join(format!("{plan}.tail"));
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|hash| !hash.is_empty())
}

/// Where a site keeps the keys of a plan's institutions at real gateways, if it has any.
pub(crate) fn keys_file(dir: &Path, plan: &str) -> PathBuf {
    site_of(dir).join(format!("{plan}.keys.csv"))
}

fn tail_file(run_dir: &Path, plan: &str) -> Result<PathBuf, Trouble> {
    Ok(site(run_dir)?.join(format!("{plan}.tail")))
}

fn site(run_dir: &Path) -> Result<PathBuf, Trouble> {
    let site = site_of(run_dir);
    fs::create_dir_all(&site).map_err(|error| Trouble::file("create", &site, error))?;
    keep_private(&site)?;
    Ok(site)
}

/// Beside the run folders.
fn site_of(run_dir: &Path) -> PathBuf {
    let parent = run_dir
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    parent.join("private")
}
