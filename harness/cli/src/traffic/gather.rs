//! 收集 · Files and folders into one recording; each file's form is told by what stands in it.

use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_wire::Request;

use super::{Around, Form, Piece, Recording, Traffic, decode, journal, pair, text, tree};
use crate::books::Flaw;
use crate::complain::Trouble;

/// A file above this is no recording that one looks at.
const LARGEST: u64 = 512 << 20;

/// Reads everything that was named; all files in no known form are told at once.
///
/// # Errors
/// A file that is not there or cannot be read, or one whose form is not known.
pub(crate) fn gather(paths: &[PathBuf]) -> Result<Traffic, Trouble> {
    let mut traffic = Traffic::default();
    let mut flaws = Vec::new();
    for path in paths {
        if path.is_dir() && !path.join("journal.db").is_file() {
            let before = traffic.files.len();
            let mut strange = Vec::new();
            for file in files_below(path)? {
                take(&file, &mut traffic, &mut strange)?;
            }
            // A folder may hold other things too, but not those alone.
            if traffic.files.len() == before {
                flaws.push(nothing_in(path));
            }
        } else {
            take(path, &mut traffic, &mut flaws)?;
        }
    }
    if !flaws.is_empty() {
        return Err(Trouble::Traffic(flaws));
    }
    pair::pair_by_name(&mut traffic);
    // Oldest first where it is known; of one instant, as they were read.
    traffic.exchanges.sort_by_key(|one| {
        let own = || {
            Request::parse(one.request.as_bytes())
                .ok()
                .and_then(|request| tree::instant(&request.inf_time))
        };
        one.around.at.or_else(own)
    });
    Ok(traffic)
}

/// Files of a folder by name, those of folders in it too; runs of ours as a whole.
fn files_below(dir: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let entries = fs::read_dir(dir).map_err(|error| Trouble::file("read", dir, error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Trouble::file("read", dir, error))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link may lead anywhere, back here too.
        let kind = entry
            .file_type()
            .map_err(|error| Trouble::file("read", dir, error))?;
        if !hidden && (kind.is_file() || kind.is_dir()) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        match path.is_dir() && !path.join("journal.db").is_file() {
            true => files.extend(files_below(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

fn take(path: &Path, traffic: &mut Traffic, flaws: &mut Vec<Flaw>) -> Result<(), Trouble> {
    let name = path.display().to_string();
    let run = match path.file_name().and_then(|name| name.to_str()) {
        Some("journal.db") => Some(path.parent().unwrap_or(Path::new("."))),
        _ if path.is_dir() => Some(path),
        _ => None,
    };
    if let Some(run) = run {
        let exchanges = journal::exchanges(run)?;
        traffic.files.push(Recording {
            name,
            form: Form::Journal,
            messages: exchanges.len(),
            answers: exchanges.iter().filter(|one| one.answer.is_some()).count(),
        });
        traffic.exchanges.extend(exchanges);
        return Ok(());
    }
    let length = fs::metadata(path)
        .map_err(|error| Trouble::file("read", path, error))?
        .len();
    if length > LARGEST {
        flaws.push(Flaw::new(
            name,
            "录制超过 512 MiB · the recording is larger than 512 MiB",
            "按日期拆开再来 · split it by days",
        ));
        return Ok(());
    }
    let bytes = fs::read(path).map_err(|error| Trouble::file("read", path, error))?;
    let Some(words) = decode::text(&bytes) else {
        flaws.push(unknown(&name));
        return Ok(());
    };
    match pieces(&words, &name) {
        Some((form, groups)) => {
            let (mut messages, mut answers) = (0, 0);
            for piece in groups.iter().flatten() {
                match piece {
                    Piece::Message { .. } => messages += 1,
                    Piece::Answer { .. } => answers += 1,
                    Piece::Unread(_) => {}
                }
            }
            traffic.files.push(Recording {
                name,
                form,
                messages,
                answers,
            });
            pair::pair(groups, traffic);
        }
        None => flaws.push(unknown(&name)),
    }
    Ok(())
}

/// The form of a text and what it holds, in groups within which an answer finds its message; `None` where nothing in it
/// is known.
fn pieces(words: &str, name: &str) -> Option<(Form, Vec<Vec<Piece>>)> {
    let marks = |form: Form, word: &str| words.contains(word).then_some(form);
    let kept = marks(Form::Har, "\"log\"").filter(|_| words.contains("\"entries\""));
    let kept =
        kept.or_else(|| marks(Form::Seen, "\"seen\"").filter(|_| words.contains("\"dialect\"")));
    if let Some(form) = kept
        && let Some(entries) = tree::entries(words, form)
    {
        let around = Around {
            masked: form == Form::Seen,
            ..Around::default()
        };
        let walked = entries.into_iter().enumerate();
        let groups = walked
            .flat_map(|(at, entry)| tree::walk(entry, &format!("{name}#{}", at + 1), &around));
        return Some((form, groups.collect()));
    }
    let seen = text::scan(words, name, &Around::default());
    if seen.groups.is_empty() {
        return None;
    }
    let form = match (seen.bare, seen.documents) {
        (true, 1) => Form::Json,
        (true, _) => Form::JsonLines,
        (false, _) => Form::Text,
    };
    Some((form, seen.groups))
}

fn unknown(name: &str) -> Flaw {
    Flaw::new(
        name,
        "里面没有认得的报文: 不是 HAR, JSON, 逐行 JSON, 日志文本, 也不是运行目录 · no message that is known in it: no HAR, JSON, JSON lines, log text or run folder",
        "给出录下的请求与应答: 报文是带 infno 的 JSON 对象, 应答带 infcode · give recorded messages (JSON objects with `infno`) and answers (with `infcode`)",
    )
}

fn nothing_in(dir: &Path) -> Flaw {
    Flaw {
        place: dir.display().to_string(),
        what: "目录里没有一个文件有认得的报文 · no file of the folder has a message that is known"
            .into(),
        ..unknown("")
    }
}
