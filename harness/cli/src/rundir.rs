//! 运行目录 · The layout of a run folder, and how its evidence is read back.
//!
//! `journal.db`, `exports/`, `certificate.json`, `SHA256SUMS` (of these three), the reports, `parties/`
//! (the mock parties' own logs) and `private/` (never leaves the machine). One function reads evidence
//! for the run just ended and for last week's.

mod books;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crosswipe_domain::{ListForm, Moment, PseudonymKey};
use crosswipe_journal::History;
use crosswipe_scenarios::Plan;
use crosswipe_verify::{Evidence, JournalFacts, PaperFile, Review, ReviewLine, read_paper};

use crate::complain::Trouble;

/// Names of files in a run folder.
pub(crate) const CERTIFICATE: &str = "certificate.json";
/// What named persons said of the run afterwards: a chain that hangs on the journal's tail.
pub(crate) const REVIEW: &str = "review.jsonl";
/// How far that chain went when it was last written, so that no line is cut off its end.
pub(crate) const REVIEW_HEAD: &str = "review.head";
/// The certificate with what stands in the review; the first one stays as it was.
pub(crate) const REVIEWED: &str = "certificate.reviewed.json";

/// How often a folder that another process writes into is asked for, and how long between.
const TRIES: u32 = 100;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// In `private/`: the folder of `crosswipe serve` whose parties the run uses.
const SERVED: &str = "served.txt";

/// Makes an empty run folder; its parts are there when this returns.
///
/// # Errors
/// The folder holds something already, or cannot be made.
pub(crate) fn create(dir: &Path) -> Result<(), Trouble> {
    must_be_empty(dir)?;
    for part in ["exports", "parties", "private"] {
        let path = dir.join(part);
        fs::create_dir_all(&path).map_err(|error| Trouble::file("create", &path, error))?;
    }
    keep_private(&dir.join("private"))
}

/// Nothing of anybody's is written over.
///
/// # Errors
/// The folder holds something already, or cannot be opened.
pub(crate) fn must_be_empty(dir: &Path) -> Result<(), Trouble> {
    let busy = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(Trouble::file("open", dir, error)),
    };
    if busy {
        return Err(Trouble::OutputBusy {
            dir: dir.to_owned(),
        });
    }
    Ok(())
}

/// Nobody but the owner reads it, where the system knows owners.
#[cfg(unix)]
pub(crate) fn keep_private(path: &Path) -> Result<(), Trouble> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| Trouble::file("protect", path, error))
}

/// Systems without owners: the folder's own protection has to do.
#[cfg(not(unix))]
pub(crate) fn keep_private(_: &Path) -> Result<(), Trouble> {
    Ok(())
}

/// Writes a file of the run folder.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    fs::write(path, bytes).map_err(|error| Trouble::file("write", path, error))
}

/// Keeps plan and persons as they were run, and the key that names people.
pub(crate) fn keep_plan(
    dir: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    key: &PseudonymKey,
) -> Result<(), Trouble> {
    let private = dir.join("private");
    let key_file = private.join("pseudonym.key");
    write(&key_file, key.reveal())?;
    keep_private(&key_file)?;
    for (name, bytes) in files {
        let path = private.join("plan").join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Trouble::file("create", parent, error))?;
        }
        write(&path, bytes)?;
    }
    Ok(())
}

/// Remembers where the parties of the run keep their books.
pub(crate) fn keep_served(dir: &Path, books: &Path) -> Result<(), Trouble> {
    let text = format!("{}\n", books.display());
    write(&dir.join("private").join(SERVED), text.as_bytes())
}

/// Where the parties of the run keep their books, if they are another process's; from `private/`.
pub(crate) fn kept_served(dir: &Path) -> Result<Option<PathBuf>, Trouble> {
    let path = dir.join("private").join(SERVED);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(PathBuf::from(text.trim_end_matches('\n')))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

/// The plan as it was run, from `private/`.
pub(crate) fn kept_plan(dir: &Path) -> Result<Plan, Trouble> {
    crosswipe_scenarios::load(&dir.join("private").join("plan")).map_err(Trouble::Plan)
}

/// The key that names people in this run, from `private/`.
pub(crate) fn kept_key(dir: &Path) -> Result<PseudonymKey, Trouble> {
    let path = dir.join("private").join("pseudonym.key");
    let bytes = fs::read(&path).map_err(|error| Trouble::file("read", &path, error))?;
    let bytes = <[u8; 32]>::try_from(bytes);
    bytes.map(PseudonymKey::new).map_err(|_| {
        Trouble::file(
            "use",
            &path,
            io::Error::other("a pseudonym key has 32 bytes"),
        )
    })
}

/// Evidence of a run folder: the journal's records with every export and look that lies there.
pub(crate) fn evidence(
    dir: &Path,
    history: &History,
    as_of: Option<Moment>,
) -> Result<Evidence, Trouble> {
    let mut evidence = Evidence {
        records: history.records.clone(),
        journal: JournalFacts::of(history),
        exports: BTreeMap::new(),
        looks: BTreeMap::new(),
        papers: papers(&dir.join("exports"))?,
        within: BTreeMap::new(),
        review: review(dir, &history.last().sha256)?,
        as_of,
    };
    for (party, books) in books::read(&dir.join("exports"))? {
        evidence.take(party, books);
    }
    Ok(evidence)
}

/// Digests of the whole books that evidence was read from, by name in the run folder.
pub(crate) fn digests_of(evidence: &Evidence) -> BTreeMap<String, &str> {
    let all = evidence.exports.iter().flat_map(|(instant, files)| {
        files.iter().map(move |(party, file)| {
            let name = format!("exports/{}.{}.json", party.file_stem(), instant.name());
            (name, file.sha256.as_str())
        })
    });
    all.collect()
}

/// Papers that parties delivered in place of books.
fn papers(dir: &Path) -> Result<BTreeMap<String, PaperFile>, Trouble> {
    let mut papers = BTreeMap::new();
    for path in files_of(dir)? {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| ListForm::of_file(name).is_some()) else {
            continue;
        };
        let bytes = fs::read(&path).map_err(|error| Trouble::file("read", &path, error))?;
        papers.extend(read_paper(name, &bytes).map(|paper| (name.to_owned(), paper)));
    }
    Ok(papers)
}

/// Takes a file away, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), Trouble> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Trouble::file("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// What stands in the review; nothing where there is none.
pub(crate) fn review(dir: &Path, tail: &str) -> Result<Review, Trouble> {
    let path = dir.join(REVIEW);
    let review = match fs::read(&path) {
        Ok(bytes) => Ok(Review::read(&bytes, tail)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Review::default()),
        Err(error) => Err(Trouble::file("read", &path, error)),
    }?;
    let path = dir.join(REVIEW_HEAD);
    match fs::read(&path) {
        Ok(head) => Ok(review.kept_to(&head)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(review),
        Err(error) => Err(Trouble::file("read", &path, error)),
    }
}

/// Writes the review and how far it goes, in this order: whoever dies in between leaves a chain that went on.
pub(crate) fn write_review(dir: &Path, review: &Review) -> Result<(), Trouble> {
    let text: String = review.lines.iter().map(ReviewLine::to_text).collect();
    write_whole(&dir.join(REVIEW), text.as_bytes())?;
    match review.head() {
        Some(head) => write_whole(&dir.join(REVIEW_HEAD), head.as_bytes()),
        None => Ok(()),
    }
}

/// The turn of one process at a time to write into a folder; it ends with what is returned.
///
/// # Errors
/// Another process keeps it for longer than anybody writes.
#[cfg(unix)]
pub(crate) fn turn(dir: &Path) -> Result<fs::File, Trouble> {
    let failed = |error| Trouble::file("lock", dir, error);
    let folder = fs::File::open(dir).map_err(failed)?;
    for _ in 0..TRIES {
        match folder.try_lock() {
            Ok(()) => return Ok(folder),
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(failed(io::ErrorKind::WouldBlock.into()))
}

/// Systems that lock no folders: whoever writes last is kept.
#[cfg(not(unix))]
pub(crate) fn turn(_: &Path) -> Result<(), Trouble> {
    Ok(())
}

/// Writes a file so that it is there whole or as it was before.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let fresh = path.with_extension("new");
    write(&fresh, bytes)?;
    fs::rename(&fresh, path).map_err(|error| Trouble::file("write", path, error))
}

/// Takes in what the journal has grown by; exports and looks are as they were read.
pub(crate) fn extend(evidence: &mut Evidence, history: &History) {
    evidence.records = history.records.clone();
    evidence.journal = JournalFacts::of(history);
}

/// Files of a folder, sorted by name; none if there is no such folder.
pub(crate) fn files_of(dir: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Trouble::file("open", dir, error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(
            entry
                .map_err(|error| Trouble::file("read", dir, error))?
                .path(),
        );
    }
    paths.sort();
    Ok(paths)
}
