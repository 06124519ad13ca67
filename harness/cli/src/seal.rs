//! 封签 · `SHA256SUMS`: what journal, exports and certificate were, to the byte, when the run was certified.
//!
//! Why so: some bytes carry no meaning (unused room in a database page, a line feed at an end), and one
//! changed byte anywhere must be found all the same. The list is written anew from what lies there and
//! compared as text, so that no byte of the list itself is without meaning either.
//! Not here: what a change means for the verdict (`command::verify`).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crosswipe_domain::sha256_hex;

use crate::complain::Trouble;
use crate::rundir::{CERTIFICATE, files_of, write};

/// Digests of journal, exports and certificate, in the form that `sha256sum -c` reads.
pub(crate) const SUMS: &str = "SHA256SUMS";

/// 不符 · The first file that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It lies there and has other bytes, or was never listed.
    Changed(String),
    /// It is listed and does not lie there, e.g. because only a part of the folder was copied.
    Gone(String),
}

/// Writes `SHA256SUMS` of what lies in a run folder.
pub(crate) fn write_sums(dir: &Path) -> Result<(), Trouble> {
    let digests = digests(dir, &BTreeMap::new())?;
    write(&dir.join(SUMS), text_of(&digests).as_bytes())
}

/// The first file that is not as it was sealed; `None` if all are, or if nothing was sealed yet.
pub(crate) fn first_broken(dir: &Path) -> Result<Option<Broken>, Trouble> {
    first_broken_of(dir, &BTreeMap::new())
}

/// The same where some files were read already: `known` holds the digests of the bytes that were judged, by name as the
/// list has them. Those files are not read again.
pub(crate) fn first_broken_of(
    dir: &Path,
    known: &BTreeMap<String, &str>,
) -> Result<Option<Broken>, Trouble> {
    let path = dir.join(SUMS);
    match fs::read(&path) {
        Ok(kept) => Ok(compare(&kept, &digests(dir, known)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

/// Holds a kept list against the digests of what lies there.
fn compare(kept: &[u8], digests: &BTreeMap<String, String>) -> Option<Broken> {
    if kept == text_of(digests).as_bytes() {
        return None;
    }
    let text = String::from_utf8_lossy(kept);
    let listed: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once("  ").map(|(sum, name)| (name, sum)))
        .collect();
    let gone = listed.keys().find(|name| !digests.contains_key(**name));
    let changed = digests
        .iter()
        .find(|(name, sum)| listed.get(name.as_str()) != Some(&sum.as_str()));
    Some(match (gone, changed) {
        // A list of which a name was changed misses one file and lists none in its place.
        (Some(gone), None) => Broken::Gone((*gone).to_owned()),
        (_, Some((name, _))) => Broken::Changed(name.clone()),
        (None, None) => Broken::Changed(SUMS.to_owned()),
    })
}

fn text_of(digests: &BTreeMap<String, String>) -> String {
    digests
        .iter()
        .map(|(name, sum)| format!("{sum}  {name}\n"))
        .collect()
}

/// Digest of each file that is sealed, by name.
fn digests(
    dir: &Path,
    known: &BTreeMap<String, &str>,
) -> Result<BTreeMap<String, String>, Trouble> {
    let exports = files_of(&dir.join("exports"))?;
    let exports = exports
        .iter()
        .filter_map(|path| Some(format!("exports/{}", path.file_name()?.to_str()?)));
    let fixed = [CERTIFICATE, "journal.db"]
        .into_iter()
        .filter(|name| dir.join(name).exists())
        .map(str::to_owned);
    let mut digests = BTreeMap::new();
    for name in exports.chain(fixed) {
        let digest = match known.get(&name) {
            Some(known) => (*known).to_owned(),
            None => {
                let path = dir.join(&name);
                let bytes = fs::read(&path).map_err(|error| Trouble::file("read", &path, error))?;
                sha256_hex(&bytes)
            }
        };
        digests.insert(name, digest);
    }
    Ok(digests)
}

#[cfg(test)]
mod tests;
