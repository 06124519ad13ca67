//! 文本 · Finds messages and answers in any text: logs, raw HTTP, notes of somebody.
//!
//! Between two documents stand words; of these are read the instant of the line, a request line with its headers, and a
//! status line. A brace that begins no document is a brace.

use serde_json::value::RawValue;

use super::{Around, Piece, tree};
use crate::books::Flaw;

/// Words before a document that are looked at, in bytes.
const WORDS: usize = 4 << 10;
/// How often the text may be looked over in vain, in its own lengths; more is no log.
const PATIENCE: usize = 64;

/// 所见 · What a text holds.
pub(super) struct Seen {
    /// One group per document, or per element where the document is a list: what stands in one belongs together.
    pub(super) groups: Vec<Vec<Piece>>,
    /// Documents at the top level, messages or not.
    pub(super) documents: usize,
    /// It is documents alone, with nothing but blanks between them.
    pub(super) bare: bool,
}

/// Everything that a text holds, in its order.
pub(super) fn scan(text: &str, place: &str, around: &Around) -> Seen {
    let mut seen = Seen {
        groups: Vec::new(),
        documents: 0,
        bare: true,
    };
    let lines = Lines::of(text);
    let (mut at, mut told, mut work) = (0, 0, 0);
    while let Some(next) = text[at..].find(['{', '[']) {
        at += next;
        let rest = &text[at..];
        let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        match documents.next() {
            Some(Ok(document)) => {
                let words = &text[told..at];
                seen.bare &= words
                    .trim_matches(['\u{feff}', ' ', '\r', '\n', '\t', ','])
                    .is_empty();
                let here = read(words, around, &mut seen.groups, place);
                let place = format!("{place}:{}", lines.number(at));
                seen.documents += 1;
                seen.groups
                    .extend(tree::walk(document.get(), &place, &here));
                at += documents.byte_offset().max(1);
                told = at;
            }
            Some(Err(error)) => {
                let ends = error.is_eof();
                work += if ends { rest.len() } else { 64 };
                let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
                let message =
                    rest.starts_with('{') && rest[..line.min(rest.len())].contains("\"infno\"");
                if message {
                    let place = format!("{place}:{}", lines.number(at));
                    seen.groups.push(vec![cut(place, &error)]);
                    at += line;
                    told = at;
                } else {
                    at += 1;
                }
                if work > PATIENCE * text.len().max(1 << 16) {
                    break;
                }
            }
            None => break,
        }
    }
    let rest = &text[told..];
    seen.bare &= rest.trim().is_empty();
    read(rest, around, &mut seen.groups, place);
    seen
}

fn cut(place: String, error: &serde_json::Error) -> Piece {
    Piece::Unread(Flaw::new(
        place,
        format!("这里的报文不是完整的 JSON: {error} · the message here is no whole JSON: {error}"),
        "看它是录制时截断的, 还是 HIS 就这样发出的 · see whether the recording cut it or the HIS sent it so",
    ))
}

/// What the words before a document say of it. A status line that no document follows is an answer without a body.
fn read(words: &str, around: &Around, groups: &mut Vec<Vec<Piece>>, place: &str) -> Around {
    let start = words.len().saturating_sub(WORDS);
    let start = (start..=words.len())
        .find(|at| words.is_char_boundary(*at))
        .unwrap_or(0);
    let mut here = around.clone();
    for line in words[start..].lines() {
        let line = line.trim();
        if let Some(request) = request_line(line) {
            close(&mut here, groups, place);
            let at = here.at;
            here = Around {
                at,
                path: Some(tree::path_of(request).to_owned()),
                ..around.clone()
            };
        } else if let Some(status) = status_line(line) {
            close(&mut here, groups, place);
            here.status = Some(status);
        } else if let Some((name, value)) = header(line)
            && (here.path.is_some() || here.status.is_some())
        {
            here.headers
                .insert(name.to_ascii_lowercase(), value.to_owned());
        } else if let Some(at) = line_instant(line) {
            here.at = Some(at);
        }
    }
    here
}

/// A refusal of a server that answered with no document.
fn close(here: &mut Around, groups: &mut Vec<Vec<Piece>>, place: &str) {
    if let Some(status) = here.status.take()
        && status >= 400
    {
        let around = Around {
            status: Some(status),
            ..here.clone()
        };
        groups.push(vec![Piece::Answer {
            place: place.to_owned(),
            around,
            body: String::new(),
        }]);
    }
}

/// `POST /hgs/2207 HTTP/1.1`, also behind other words.
fn request_line(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("POST ")?;
    let target = rest.split_whitespace().next()?;
    (target.starts_with('/') || target.contains("://")).then_some(target)
}

/// `HTTP/1.1 502 Bad Gateway`.
fn status_line(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("HTTP/1.")?;
    let status = rest.split_whitespace().nth(1)?.parse().ok()?;
    (100..600).contains(&status).then_some(status)
}

fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let named = !name.is_empty()
        && name.len() <= 40
        && name.chars().all(word)
        && name.starts_with(|c: char| !c.is_ascii_digit());
    named.then_some((name, value.trim()))
}

/// The first instant of a line, near its beginning.
fn line_instant(line: &str) -> Option<crosswipe_domain::Moment> {
    let starts = line.char_indices().take(40).filter(|(_, c)| *c == '2');
    starts.map(|(at, _)| at).find_map(|at| {
        let text = &line[at..];
        let end = text
            .char_indices()
            .nth(24)
            .map_or(text.len(), |(end, _)| end);
        tree::instant(&text[..end]).filter(|_| {
            text.as_bytes()
                .get(4)
                .is_some_and(|c| matches!(c, b'-' | b'/'))
        })
    })
}

/// Where lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines(ends.map(|(at, _)| at).collect())
    }

    /// From 1.
    fn number(&self, at: usize) -> usize {
        self.0.partition_point(|end| *end < at) + 1
    }
}
