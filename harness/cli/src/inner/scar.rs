//! 伤痕 · Bytes of the run folder that change by order: in the journal of a run under way, or in sealed evidence.
//!
//! Which byte follows from the seed. Whoever reads such a folder must find out by himself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crosswipe_mocks::FaultOrder;
use crosswipe_sim::Dice;

use crate::complain::Trouble;
use crate::rundir::{CERTIFICATE, files_of};
use crate::seal::SUMS;

const DATABASE: &str = "journal.db";
const LOG: &str = "journal.db-wal";

/// How long the database's log is now.
pub(super) fn log_length(dir: &Path) -> u64 {
    fs::metadata(dir.join(LOG)).map_or(0, |file| file.len())
}

/// Leaves of the commit that made the log longer than `before` only a part: cut off somewhere, or zeros from there on.
pub(super) fn tear(dir: &Path, before: u64, zeros: bool, seed: u64) -> Result<(), Trouble> {
    let path = dir.join(LOG);
    let torn = || {
        let mut file = OpenOptions::new().write(true).open(&path)?;
        let after = file.metadata()?.len();
        let grown = after.saturating_sub(before);
        if grown < 2 {
            return Err(io::Error::other("the log did not grow by this commit"));
        }
        // Where the last page ends in zeros anyway, zeros would tear nothing off it.
        let most = if zeros { grown / 2 } else { grown - 1 };
        let kept = 1 + Dice::of(seed, "torn tail").below(most as usize) as u64;
        file.set_len(before + kept)?;
        if zeros {
            file.seek(SeekFrom::End(0))?;
            io::copy(&mut io::repeat(0).take(grown - kept), &mut file)?;
        }
        Ok(())
    };
    torn().map_err(|error| Trouble::file("tear", &path, error))
}

/// Flips one bit of a record that was acknowledged, wherever it lies last.
pub(super) fn flip_record(dir: &Path, sha256: &str, seed: u64) -> Result<(), Trouble> {
    for name in [LOG, DATABASE] {
        let path = dir.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Trouble::file("read", &path, error)),
        };
        let text = sha256.as_bytes();
        let Some(at) = bytes.windows(text.len()).rposition(|part| part == text) else {
            continue;
        };
        let within = Dice::of(seed, "bit flip").below(text.len());
        return flip(&path, (at + within) as u64, seed);
    }
    let lost = io::Error::other("the record was not found");
    Err(Trouble::file("change", &dir.join(DATABASE), lost))
}

/// `certificate-edited`: one bit of a sealed file. Says which file.
pub(crate) fn edit_evidence(dir: &Path, order: &FaultOrder, seed: u64) -> Result<PathBuf, Trouble> {
    let mut dice = Dice::of(seed, "evidence");
    let path = match order.choice("file") {
        "journal" => dir.join(DATABASE),
        "sums" => dir.join(SUMS),
        "export" => {
            let exports = files_of(&dir.join("exports"))?;
            match exports.is_empty() {
                true => dir.join(CERTIFICATE),
                false => exports[dice.below(exports.len())].clone(),
            }
        }
        _ => dir.join(CERTIFICATE),
    };
    let length = fs::metadata(&path).map_err(|error| Trouble::file("read", &path, error))?;
    flip(&path, dice.below(length.len() as usize) as u64, seed)?;
    Ok(path)
}

/// Flips one bit of the byte at a place.
fn flip(path: &Path, at: u64, seed: u64) -> Result<(), Trouble> {
    let flipped = || -> io::Result<()> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let mut byte = [0];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut byte)?;
        byte[0] ^= 1 << Dice::of(seed, "bit").below(8);
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&byte)?;
        file.sync_all()
    };
    flipped().map_err(|error| Trouble::file("change", path, error))
}
