//! 原文 · The text of one file: bytes to text, and the slips of Chinese keyboards and old editors.
//!
//! Why so: GBK files, tabs and full-width punctuation are everyday slips at a counter, and YAML's own
//! messages for them help nobody. Each gets a message of its own here; then the text is repaired
//! byte for byte as long, so that reading goes on and later problems keep their right place.
//! Called by `folder`. Not here: full-width characters inside a value (`words`).

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crosswipe_domain::both;

use crate::codes;
use crate::problem::{At, Problems};

/// 原文 · One file's text.
#[derive(Debug)]
pub(crate) struct Source {
    /// As the caller may open it.
    pub(crate) shown_path: String,
    /// As it is read: without byte order mark.
    pub(crate) text: Arc<str>,
    masked: OnceLock<Arc<str>>,
}

impl Source {
    pub(crate) fn new(shown_path: String, text: &str) -> Source {
        Source {
            shown_path,
            text: Arc::from(text),
            masked: OnceLock::new(),
        }
    }

    /// The text for drawing.
    pub(crate) fn shown(&self) -> Arc<str> {
        Arc::clone(self.masked.get().unwrap_or(&self.text))
    }

    /// Hides these byte ranges, in order of place, in what is drawn; line ends, commas and quotes stay. Called once,
    /// before the first problem of the file.
    pub(crate) fn mask(&self, ranges: &[Range<usize>]) {
        let mut left = ranges.iter().peekable();
        let mut masked = String::with_capacity(self.text.len());
        for (at, character) in self.text.char_indices() {
            while left.next_if(|range| range.end <= at).is_some() {}
            let hidden = left.peek().is_some_and(|range| range.contains(&at));
            if hidden && !matches!(character, '\n' | '\r' | ',' | '，' | '"') {
                masked.push_str(mask_of(character));
            } else {
                masked.push(character);
            }
        }
        assert_eq!(
            masked.len(),
            self.text.len(),
            "masking keeps every byte offset"
        );
        self.masked.get_or_init(|| Arc::from(masked));
    }
}

fn mask_of(character: char) -> &'static str {
    match character.len_utf8() {
        1 => "*",
        2 => "×",
        3 => "＊",
        _ => "𝄂",
    }
}

/// The text of these bytes, without byte order mark.
///
/// # Errors
/// The text with its unreadable parts replaced, and the byte where it stops being UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, (String, usize)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        (
            String::from_utf8_lossy(bytes).into_owned(),
            error.valid_up_to(),
        )
    })
}

/// Reports tabs and full-width punctuation that YAML would stumble over, and gives the text with each replaced
/// by what was meant, byte for byte as long. `None` = nothing to repair.
pub(crate) fn repair(source: &Arc<Source>, problems: &Problems) -> Option<String> {
    let mut repaired = String::with_capacity(source.text.len());
    let before = problems.len();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        repair_line(source, line, start, &mut repaired, problems);
        start += line.len();
    }
    assert_eq!(
        repaired.len(),
        source.text.len(),
        "a repair keeps every byte offset"
    );
    (problems.len() > before).then_some(repaired)
}

/// Where in a line the reader is.
#[derive(Default)]
struct Cursor {
    quote: Option<char>,
    flow_depth: usize,
    /// After `key: `, up to the next entry.
    in_value: bool,
    /// What stands since the last structural character.
    token: String,
    /// The last character that is not blank.
    last: Option<char>,
}

fn repair_line(
    source: &Arc<Source>,
    line: &str,
    start: usize,
    repaired: &mut String,
    problems: &Problems,
) {
    let mut cursor = Cursor::default();
    for (offset, character) in line.char_indices() {
        let rest = &line[offset + character.len_utf8()..];
        if cursor.quote.is_none()
            && character == '#'
            && line[..offset]
                .chars()
                .next_back()
                .is_none_or(char::is_whitespace)
        {
            repaired.push_str(&line[offset..]);
            return;
        }
        match cursor.slip(character, rest) {
            Some(slip) => {
                let at = At {
                    source: Arc::clone(source),
                    span: start + offset..start + offset + character.len_utf8(),
                };
                problems.push(slip.problem(&at, character));
                repaired.push(slip.meant);
                repaired.push_str(&" ".repeat(character.len_utf8() - slip.meant.len_utf8()));
                cursor.step(slip.meant, " ");
            }
            None => {
                repaired.push(character);
                cursor.step(character, rest);
            }
        }
    }
}

struct Slip {
    meant: char,
}

impl Slip {
    fn problem(&self, at: &At, written: char) -> crate::Problem {
        if written == '\t' {
            at.error(
                codes::TAB,
                both!(
                    "这里有制表符; 缩进要用空格",
                    "a tab stands here; YAML is indented with spaces"
                ),
            )
            .help(both!("把制表符换成空格", "replace the tab by spaces"))
            .fix(at.mend("\t", "  "))
        } else {
            at.error(
                codes::FULL_WIDTH,
                both!(
                    "这里应是半角 `{}`, 写成了全角 `{written}`",
                    "full-width `{written}` stands where `{}` belongs",
                    self.meant
                ),
            )
            .help(both!(
                "切换到半角输入: 把 `{written}` 改成 `{0}`",
                "switch to half-width input: write `{0}` for `{written}`",
                self.meant
            ))
            .fix(at.mend(&written.to_string(), spaced(written, self.meant)))
        }
    }
}

/// A colon, comma or dash that was full-width had its blank in it.
fn spaced(written: char, meant: char) -> String {
    match written {
        '：' | '，' => format!("{meant} "),
        _ => meant.to_string(),
    }
}

impl Cursor {
    fn slip(&self, character: char, rest: &str) -> Option<Slip> {
        if self.quote.is_some() {
            return None;
        }
        let next = rest.trim_start().chars().next();
        let meant = match character {
            '\t' if rest.trim().is_empty() => return None,
            '\t' => ' ',
            '\u{3000}' if self.last.is_none() => ' ',
            '：' if !self.in_value && is_key(self.token.trim()) => ':',
            '－' if self.last.is_none() && rest.starts_with(' ') => '-',
            '，' if self.flow_depth > 0 && ascii(self.last) && ascii(next) => ',',
            '，' if self.flow_depth > 0 && begins_with_key(rest) => ',',
            '｛' if self.token.trim().is_empty() => '{',
            '［' if self.token.trim().is_empty() => '[',
            '｝' if self.flow_depth > 0 && next.is_none_or(|next| !next.is_alphanumeric()) => '}',
            '］' if self.flow_depth > 0 && next.is_none_or(|next| !next.is_alphanumeric()) => ']',
            _ => return None,
        };
        Some(Slip { meant })
    }

    fn step(&mut self, character: char, rest: &str) {
        match (self.quote, character) {
            (Some(open), _) if open == character => self.quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if self.token.trim().is_empty() => self.quote = Some(character),
            (None, ':') if rest.is_empty() || rest.starts_with([' ', '\n', '\r']) => {
                self.in_value = true;
                self.token.clear();
            }
            (None, '{' | '[') if self.token.trim().is_empty() => {
                self.flow_depth += 1;
                self.in_value = false;
            }
            (None, '}' | ']') if self.flow_depth > 0 => self.flow_depth -= 1,
            (None, ',') if self.flow_depth > 0 => {
                self.in_value = false;
                self.token.clear();
            }
            (None, '-') if self.last.is_none_or(|last| last == '-') && rest.starts_with(' ') => {}
            (None, _) => self.token.push(character),
        }
        if !character.is_whitespace() {
            self.last = Some(character);
        }
    }
}

fn is_key(token: &str) -> bool {
    !token.is_empty()
        && token
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// ` key: …` follows.
fn begins_with_key(rest: &str) -> bool {
    let key = rest.split_once(": ").map(|(key, _)| key.trim());
    key.is_some_and(is_key)
}

fn ascii(character: Option<char>) -> bool {
    character.is_some_and(|character| character.is_ascii())
}
