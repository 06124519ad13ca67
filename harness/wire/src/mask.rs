//! 脱敏 · Takes everything that names a person out of a message before it is kept.
//!
//! Why so: journal and reports keep what was sent and received, but no personal data. Two nets: the
//! value of a field that names a person or opens something (by its name, however it is spelt) becomes its
//! pseudonym, or `***` if nobody here knows it; and known values are replaced wherever else they stand, in free
//! text, in JSON inside text, in an answer that is cut off or no JSON at all, also in hex, base64 and URLs.
//! Text that others wrote freely is searched for the forms of such values as well (`strangers`).
//! Called by `runner` before anything is written. Not here: pseudonyms themselves (`domain`).

mod encodings;
mod strangers;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crosswipe_domain::{Voucher, push_json_string};

use self::encodings::encodings;
use self::strangers::{Form, hide, is_secret_key};
use crate::catalogue::catalogue;
use crate::json;

/// What stands for a personal value that nobody here knows.
const UNKNOWN: &str = "***";
/// Shorter secrets would tear unrelated text apart.
const MIN_SECRET_BYTES: usize = 4;
/// JSON inside text inside JSON …: deeper text is treated as plain text.
const MAX_NESTED_TEXT: usize = 8;
/// Free text in which an identity number of a stranger may stand.
const FREE_TEXT: [&str; 6] = [
    "err_msg",
    "warn_msg",
    "message",
    "msg",
    "memo",
    "setl_proc_info",
];

/// 脱敏器 · Known personal values, and what each is shown as.
pub struct Masker {
    shown_as: BTreeMap<String, String>,
    /// Secrets by their first four bytes; among equals the longest first.
    starts: Vec<([u8; MIN_SECRET_BYTES], String)>,
    /// Which pairs of first bytes occur at all: one look per byte of text.
    pairs: Vec<u64>,
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masker({} known values)", self.shown_as.len())
    }
}

impl Masker {
    /// A masker for these values, each with what it is shown as. Values under four bytes are masked in
    /// personal fields alone.
    pub fn new(known: impl IntoIterator<Item = (String, String)>) -> Masker {
        let mut shown_as: BTreeMap<String, String> = BTreeMap::new();
        for (secret, shown) in known.into_iter().filter(|(secret, _)| !secret.is_empty()) {
            for encoded in encodings(&secret) {
                shown_as.entry(encoded).or_insert_with(|| shown.clone());
            }
            // Clients write the check character of an identity number as `x` too.
            shown_as
                .entry(secret.to_ascii_lowercase())
                .or_insert_with(|| shown.clone());
            shown_as.insert(secret, shown);
        }
        let mut starts = Vec::new();
        let mut pairs = vec![0u64; 1 << 10];
        for secret in shown_as.keys() {
            if let Some(start) = secret.as_bytes().first_chunk::<MIN_SECRET_BYTES>() {
                starts.push((*start, secret.clone()));
                let pair = pair_of(start[0], start[1]);
                pairs[pair / 64] |= 1 << (pair % 64);
            }
        }
        starts.sort_by(|a, b| {
            a.0.cmp(&b.0)
                .then(b.1.len().cmp(&a.1.len()))
                .then(a.1.cmp(&b.1))
        });
        Masker {
            shown_as,
            starts,
            pairs,
        }
    }

    /// The message without personal values. JSON keeps its layout; anything else keeps its text.
    pub fn mask_json(&self, text: &str) -> String {
        self.mask_nested(text, 0)
    }

    /// Free text with every known value replaced.
    pub fn mask_text(&self, text: &str) -> String {
        self.replace(text).into_owned()
    }

    /// One value by the name of its field: a fact of an export, an id of a message.
    pub fn mask_field(&self, name: &str, value: &str) -> String {
        if is_private(name) {
            return self.shown(value).to_owned();
        }
        self.freed(self.replace(value), Some(name)).into_owned()
    }

    /// Text that stands under a key (under none in a list), without what names strangers.
    fn freed<'x>(&self, text: Cow<'x, str>, key: Option<&str>) -> Cow<'x, str> {
        let form = match key {
            Some(key) if FREE_TEXT.contains(&key) => Form::All,
            Some(key) if catalogue().knows(key) => return text,
            // No id has blanks or Chinese in it.
            _ if text.contains(|c: char| c.is_whitespace() || !c.is_ascii()) => Form::All,
            _ => Form::Persons,
        };
        match hide(&text, form) {
            Cow::Borrowed(_) => text,
            Cow::Owned(hidden) => Cow::Owned(hidden),
        }
    }

    fn mask_nested(&self, text: &str, nested: usize) -> String {
        let mut scan = Scan {
            masker: self,
            text,
            out: String::with_capacity(text.len() + 16),
            nested,
            copied: 0,
            key: None,
            open: Vec::new(),
            is_json: text.trim_start().starts_with(['{', '[']),
        };
        scan.run();
        if scan.is_json {
            scan.out
        } else {
            hide(&scan.out, Form::All).into_owned()
        }
    }

    /// A value of a personal field.
    fn shown<'x>(&'x self, value: &'x str) -> &'x str {
        let value = value.trim();
        // A token of the mock world names nobody (`domain::Voucher`).
        if value.is_empty() || json::is_null_text(value) || Voucher::parse(value).is_some() {
            return value;
        }
        self.shown_as.get(value).map_or(UNKNOWN, String::as_str)
    }

    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let bytes = text.as_bytes();
        let mut out = String::new();
        let (mut copied, mut at) = (0, 0);
        while at + MIN_SECRET_BYTES <= bytes.len() {
            match self.secret_at(bytes, at) {
                Some(secret) => {
                    out.push_str(&text[copied..at]);
                    out.push_str(&self.shown_as[secret]);
                    at += secret.len();
                    copied = at;
                }
                None => at += 1,
            }
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[copied..]);
        Cow::Owned(out)
    }

    fn secret_at(&self, bytes: &[u8], at: usize) -> Option<&str> {
        let pair = pair_of(bytes[at], bytes[at + 1]);
        if self.pairs[pair / 64] & (1 << (pair % 64)) == 0 {
            return None;
        }
        let start = &bytes[at..at + MIN_SECRET_BYTES];
        let first = self
            .starts
            .partition_point(|(known, _)| known.as_slice() < start);
        let same_start = self.starts[first..]
            .iter()
            .take_while(|(known, _)| known.as_slice() == start);
        same_start
            .map(|(_, secret)| secret.as_str())
            .find(|secret| bytes[at..].starts_with(secret.as_bytes()))
    }
}

fn pair_of(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// One pass over text that is JSON, was JSON before it was cut, or never was.
struct Scan<'m, 't> {
    masker: &'m Masker,
    text: &'t str,
    out: String,
    nested: usize,
    /// Everything before this offset is in `out`.
    copied: usize,
    /// The key whose value comes next, and whether that value names a person.
    key: Option<(Cow<'t, str>, bool)>,
    /// Open containers; true below a personal key, so that what they hold is masked too.
    open: Vec<bool>,
    /// False for text that never was JSON: its numbers are words like others.
    is_json: bool,
}

impl Scan<'_, '_> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            at = match bytes[at] {
                b'"' => self.string(at),
                b'-' | b'0'..=b'9' if self.is_json || self.personal() => self.number(at),
                b'{' | b'[' => {
                    self.open.push(self.personal());
                    self.key = None;
                    at + 1
                }
                b'}' | b']' => {
                    self.open.pop();
                    self.key = None;
                    at + 1
                }
                b',' => {
                    self.key = None;
                    at + 1
                }
                _ => at + 1,
            };
        }
        self.flush(bytes.len());
    }

    /// True if the value that comes next names a person.
    fn personal(&self) -> bool {
        self.open.last() == Some(&true) || self.key.as_ref().is_some_and(|(_, personal)| *personal)
    }

    /// A string token: a key, or a value. Returns the offset after it.
    fn string(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let end = json::string_end(bytes, start);
        let closed = end > start && bytes[end] == b'"';
        let (inner_end, after) = if closed {
            (end, end + 1)
        } else {
            (bytes.len(), bytes.len())
        };
        let text = decoded(&self.text[start + 1..inner_end]);
        self.flush(start);
        self.copied = after;
        let masked = if bytes[after..].iter().find(|b| !b.is_ascii_whitespace()) == Some(&b':') {
            let personal = is_private(&text);
            self.key = Some((text.clone(), personal));
            self.masker.replace(&text)
        } else if self.personal() {
            self.key = None;
            Cow::Borrowed(self.masker.shown(&text))
        } else {
            let key = self.key.take();
            self.value(&text, key.as_ref().map(|(key, _)| key.as_ref()))
        };
        if masked == text {
            self.out.push_str(&self.text[start..after]);
        } else {
            push_json_string(&mut self.out, &masked);
            if !closed {
                self.out.pop();
            }
        }
        after
    }

    /// A number; one that names a person becomes text. Returns the offset after it.
    fn number(&mut self, start: usize) -> usize {
        let rest = &self.text[start..];
        let length = rest
            .bytes()
            .take_while(|b| matches!(b, b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E'))
            .count();
        let number = &rest[..length];
        let masked = if self.personal() {
            Cow::Borrowed(self.masker.shown(number))
        } else {
            let key = self.key.as_ref().map(|(key, _)| key.as_ref());
            self.masker.freed(self.masker.replace(number), key)
        };
        if masked != number {
            self.flush(start);
            push_json_string(&mut self.out, &masked);
            self.copied = start + length;
        }
        start + length
    }

    /// Text outside strings, up to `end`.
    fn flush(&mut self, end: usize) {
        if self.copied < end {
            let replaced = self.masker.replace(&self.text[self.copied..end]);
            self.out.push_str(&replaced);
            self.copied = end;
        }
    }

    /// A text value: JSON inside it is masked like JSON, anything else by known values.
    fn value<'x>(&self, text: &'x str, key: Option<&str>) -> Cow<'x, str> {
        if self.nested < MAX_NESTED_TEXT && text.trim_start().starts_with(['{', '[']) {
            return Cow::Owned(self.masker.mask_nested(text, self.nested + 1));
        }
        self.masker.freed(self.masker.replace(text), key)
    }
}

/// The text of a string literal's content; as it stands if it is no proper literal.
fn decoded(inner: &str) -> Cow<'_, str> {
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str::<String>(&format!("\"{inner}\"")).map_or(Cow::Borrowed(inner), Cow::Owned)
}

/// Text by people, e.g. the title of a case, without what names somebody by its form.
pub fn without_strangers(text: &str) -> Cow<'_, str> {
    hide(text, Form::Persons)
}

/// Text that somebody typed about a run: also without what merely looks like a number of a person, mistyped, in groups, or in
/// the wide digits of a Chinese keyboard. Ids of messages, visits and settlements have other lengths and stay.
pub fn without_likely_strangers(text: &str) -> Cow<'_, str> {
    let narrow = |c: char| match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
        }
        c => c,
    };
    let narrowed: String = text.chars().map(narrow).collect();
    match hide(&narrowed, Form::Typed) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(hidden) => Cow::Owned(hidden),
    }
}

/// True for a field whose value names a person or opens something.
pub(crate) fn is_private(name: &str) -> bool {
    catalogue().is_personal(name) || is_secret_key(name)
}
