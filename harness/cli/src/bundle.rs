//! 证据包 · A run as one zip for whoever doubts it: evidence, certificate, review and reports, without `private/`.
//!
//! Why so: a file that is mailed is opened by strangers and comes from strangers. The same run gives the same bytes (names in
//! order, no clock); what is unpacked is known by name, counted and not believed, and lies in a folder of its own that goes
//! with the answer. `BUNDLE.sha256` lists every part, the reports too, which `SHA256SUMS` does not know.
//! Called by `report --format bundle` and `verify`. Not here: the judging, which is that of any run folder.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::complain::Trouble;
use crate::rundir::{self, files_of, keep_private};
use crate::{merged, seal};

/// Its name in the run folder.
pub(crate) const BUNDLE: &str = "bundle.zip";
/// Digests of all other parts, as `sha256sum -c` reads them.
const LIST: &str = "BUNDLE.sha256";
/// What lies beside the exports and is no report.
const EVIDENCE: [&str; 7] = [
    "journal.db",
    "journal.head",
    rundir::CERTIFICATE,
    rundir::REVIEWED,
    rundir::REVIEW,
    rundir::REVIEW_HEAD,
    seal::SUMS,
];
/// The reports that go with it.
const REPORTS: [&str; 3] = ["report.json", "junit.xml", "report.html"];

/// Bytes of all parts.
const UNPACKED: u64 = 4 << 30;
/// How many times as large a part may be as it is packed, and from which size on that is asked.
const RATIO: u64 = 200;
const TRIFLE: u64 = 1 << 24;
const PARTS: usize = 20_000;

const CODE: &str = "cli::bundle";

/// Writes the bundle of a run that has ended, with these reports.
///
/// # Errors
/// The run has not ended, or is several put together; a file that cannot be read or written.
pub(crate) fn write(dir: &Path, finished: bool, reports: &[(&str, String)]) -> Result<(), Trouble> {
    if merged::is_merged(dir) {
        return Err(merged::name_a_part(dir));
    }
    if !finished {
        return Err(Trouble::Usage {
            code: CODE,
            what: "这次运行还没有办完, 没有证书可打包 · this run has not ended: there is no certificate to bundle".to_owned(),
            help: format!("crosswipe resume {}", dir.display()),
        });
    }
    let mut names: Vec<String> = EVIDENCE
        .into_iter()
        .filter(|name| dir.join(name).exists())
        .map(str::to_owned)
        .collect();
    for path in files_of(&dir.join("exports"))? {
        let name = path.file_name().and_then(|name| name.to_str());
        names.extend(name.map(|name| format!("exports/{name}")));
    }
    names.extend(reports.iter().map(|(name, _)| (*name).to_owned()));
    names.sort();
    let path = dir.join(BUNDLE);
    let fresh = dir.join("bundle.new");
    let packed = pack(dir, &fresh, &names, reports);
    packed.map_err(|error| Trouble::file("write", &fresh, error))?;
    fs::rename(&fresh, &path).map_err(|error| Trouble::file("write", &path, error))
}

fn pack(dir: &Path, path: &Path, names: &[String], reports: &[(&str, String)]) -> io::Result<()> {
    let mut zip = ZipWriter::new(File::create(path)?);
    let mut list = String::new();
    for name in names {
        let own = reports.iter().find(|(report, _)| report == name);
        let sum = match own {
            Some((_, text)) => part(&mut zip, name, text.len() as u64, text.as_bytes())?,
            None => {
                let file = File::open(dir.join(name))?;
                let length = file.metadata()?.len();
                part(&mut zip, name, length, BufReader::new(file))?
            }
        };
        list += &format!("{sum}  {name}\n");
    }
    part(&mut zip, LIST, list.len() as u64, list.as_bytes())?;
    zip.finish()?.sync_all()
}

/// Writes one part and says its digest.
fn part(zip: &mut ZipWriter<File>, name: &str, length: u64, from: impl Read) -> io::Result<String> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(length >= u64::from(u32::MAX));
    zip.start_file(name, options)?;
    copy(from, zip).map(|(sum, _)| sum)
}

/// Copies everything; its SHA-256 and length.
fn copy(mut from: impl Read, to: &mut impl Write) -> io::Result<(String, u64)> {
    let mut digest = Sha256::new();
    let mut length = 0;
    let mut room = vec![0; 1 << 16];
    loop {
        let read = match from.read(&mut room) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(&room[..read]);
        to.write_all(&room[..read])?;
        length += read as u64;
    }
    let sum = digest.finalize();
    let sum = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((sum, length))
}

/// 解开的包 · What was unpacked; gone when it is dropped.
pub(crate) struct Unpacked {
    dir: PathBuf,
    /// First part that is not as the list has it.
    pub(crate) changed: Option<String>,
}

impl Unpacked {
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        // Nothing depends on it; what stays is in the system's folder for such things.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Unpacks a bundle; nothing where the path is no file.
///
/// # Errors
/// It is no zip, breaks off, unpacks to too much, or has a part that no bundle has.
pub(crate) fn unpack(path: &Path) -> Result<Option<Unpacked>, Trouble> {
    if !path.is_file() {
        return Ok(None);
    }
    let file = File::open(path).map_err(|error| Trouble::file("read", path, error))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| {
        let why = error.to_string();
        broken(
            path,
            &format!("不是完整的证据包: {why}"),
            &format!("it is no whole bundle: {why}"),
        )
    })?;
    if zip.len() > PARTS {
        let count = zip.len();
        return Err(broken(
            path,
            &format!("共 {count} 个部件"),
            &format!("it has {count} parts"),
        ));
    }
    let mut unpacked = Unpacked {
        dir: folder()?,
        changed: None,
    };
    let mut sums: Vec<(String, String)> = Vec::new();
    let mut whole = 0;
    for place in 0..zip.len() {
        let mut part = zip.by_index(place).map_err(|error| {
            let why = error.to_string();
            broken(
                path,
                &format!("第 {} 个部件读不出: {why}", place + 1),
                &format!("part {} cannot be read: {why}", place + 1),
            )
        })?;
        let name = part
            .name()
            .map(|name| name.into_owned())
            .unwrap_or_default();
        if name == "exports/" && part.is_dir() {
            continue;
        }
        if !is_known(&name) || part.is_dir() || part.is_symlink() {
            let name: String = name.chars().flat_map(char::escape_debug).collect();
            return Err(broken(
                path,
                &format!("`{name}` 不是证据包里的东西"),
                &format!("`{name}` is no part of a bundle"),
            ));
        }
        let packed = part.compressed_size();
        let most = packed
            .saturating_mul(RATIO)
            .max(TRIFLE)
            .min(UNPACKED - whole);
        let target = unpacked.dir.join(&name);
        let to = || -> io::Result<File> {
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            File::create(&target)
        };
        let mut to = to().map_err(|error| Trouble::file("write", &target, error))?;
        let (sum, length) = copy((&mut part).take(most + 1), &mut to).map_err(|error| {
            broken(
                path,
                &format!("`{name}` 读不全: {error}"),
                &format!("`{name}` cannot be read whole: {error}"),
            )
        })?;
        if length > most {
            return Err(broken(
                path,
                &format!("`{name}` 压缩后 {packed} 字节, 解开超过 {most} 字节"),
                &format!("`{name}`, {packed} bytes packed, unpacks to more than {most}"),
            ));
        }
        whole += length;
        sums.push((name, sum));
    }
    unpacked.changed = changed(&unpacked.dir, sums)?;
    Ok(Some(unpacked))
}

/// A name that `write` gives; none of them leads out of the folder.
fn is_known(name: &str) -> bool {
    let plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && !name
                .chars()
                .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'))
    };
    match name.strip_prefix("exports/") {
        Some(export) => plain(export),
        None => name == LIST || EVIDENCE.contains(&name) || REPORTS.contains(&name),
    }
}

/// The first part that the list has otherwise; the list itself where it is not as it is written.
fn changed(dir: &Path, mut sums: Vec<(String, String)>) -> Result<Option<String>, Trouble> {
    let path = dir.join(LIST);
    let listed = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(LIST.to_owned())),
        Err(error) => return Err(Trouble::file("read", &path, error)),
    };
    sums.retain(|(name, _)| name != LIST);
    sums.sort();
    let lines: Vec<String> = sums
        .iter()
        .map(|(name, sum)| format!("{sum}  {name}\n"))
        .collect();
    if lines.concat().as_bytes() == listed {
        return Ok(None);
    }
    let listed = String::from_utf8_lossy(&listed);
    let known: Vec<&str> = listed.split_inclusive('\n').collect();
    let mut parts = sums.into_iter().zip(&lines);
    let other = parts.find(|(_, line)| !known.contains(&line.as_str()));
    Ok(Some(other.map_or(LIST.to_owned(), |((name, _), _)| name)))
}

/// An empty folder that nobody else reads.
fn folder() -> Result<PathBuf, Trouble> {
    let mut name = [0; 8];
    let base = std::env::temp_dir();
    getrandom::fill(&mut name)
        .map_err(|error| Trouble::file("create", &base, io::Error::other(error.to_string())))?;
    let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    let dir = base.join(format!("crosswipe-bundle-{name}"));
    fs::create_dir(&dir).map_err(|error| Trouble::file("create", &dir, error))?;
    keep_private(&dir)?;
    Ok(dir)
}

fn broken(path: &Path, zh: &str, en: &str) -> Trouble {
    Trouble::Usage {
        code: CODE,
        what: format!("`{0}`: {zh} · `{0}`: {en}", path.display()),
        help: "请原主重新打包: crosswipe report 运行目录 --format bundle · ask for the bundle again: crosswipe report RUN --format bundle".to_owned(),
    }
}
