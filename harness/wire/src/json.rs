//! 原文 · JSON text as it stands: limits, single values, elements, without building a tree.
//!
//! Why so: a message is read by strangers' clients and sent by them, so nothing in it may exhaust
//! stack or memory, and amounts must keep their digits. One pass checks depth and size, and measures what a
//! request may not exceed; values stay slices of the message. Called by `members`, `request`, `response`, `mask`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::finding::Said;

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;
/// Most members of one object, or elements of one list, that are read; of a request, most members of all its objects.
pub const MAX_MEMBERS: usize = 10_000;
/// Longest text of a request, in characters; JSON inside text is measured by its own texts.
pub const MAX_TEXT: usize = 4_000;
/// The list of a file's bytes (9101): its numbers are no members.
const BYTES_KEY: &[u8] = b"\"in\"";
/// Containers whose text members may hold JSON: the envelope (`input`) and `input` (its nodes).
const JSON_TEXT_DEPTH: usize = 2;
/// Extension content may be JSON text wherever it stands.
const JSON_TEXT_KEYS: [&[u8]; 2] = [b"\"exp_content\"", b"\"expContent\""];

/// Text that is no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Bytes that are not UTF-8 (some clients send GBK).
    #[error("byte {at} is not UTF-8 (GBK text?)")]
    NotUtf8 {
        /// Offset of the first bad byte.
        at: usize,
    },
    /// Not JSON, or cut off.
    #[error("not JSON at line {line} column {column}")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    /// JSON, but no object.
    #[error("the message is no JSON object")]
    NotAnObject,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// An object or list longer than [`MAX_MEMBERS`].
    #[error("an object or list has more than {MAX_MEMBERS} members")]
    TooMany,
    /// A request whose objects have more members in all than a request may have.
    #[error("the message has {members} members in all, more than {MAX_MEMBERS}")]
    TooManyInAll {
        /// How many.
        members: usize,
    },
    /// A request with a text longer than [`MAX_TEXT`].
    #[error("a text is longer than {MAX_TEXT} characters")]
    TextTooLong,
    /// A request with a NUL character in a text.
    #[error("a text holds a NUL character")]
    Nul,
    /// A request without transaction number.
    #[error("the request has no `infno`")]
    NoInfno,
    /// An answer without outcome: not the business envelope.
    #[error("the answer has no `infcode`")]
    NoInfcode,
}

impl WireError {
    /// What is wrong, in both languages.
    pub(crate) fn said(&self) -> Said {
        let zh = match self {
            WireError::NotUtf8 { at } => format!("第 {at} 字节不是 UTF-8"),
            WireError::NotJson { line, column } => format!("第 {line} 行第 {column} 列不是 JSON"),
            WireError::NotAnObject => "不是 JSON 对象".to_owned(),
            WireError::TooDeep => format!("嵌套超过 {MAX_DEPTH} 层"),
            WireError::TooMany => format!("一个对象或列表超过 {MAX_MEMBERS} 项"),
            WireError::TooManyInAll { members } => {
                format!("共 {members} 项, 超过 {MAX_MEMBERS} 项")
            }
            WireError::TextTooLong => format!("有文本超过 {MAX_TEXT} 字"),
            WireError::Nul => "文本里有 NUL 字符".to_owned(),
            WireError::NoInfno => "没有 infno".to_owned(),
            WireError::NoInfcode => "没有 infcode".to_owned(),
        };
        Said::words(zh, self.to_string())
    }

    /// True if not even an envelope could be read, so that nobody can be answered in one.
    pub fn is_unreadable(&self) -> bool {
        match self {
            WireError::NotUtf8 { .. }
            | WireError::NotJson { .. }
            | WireError::NotAnObject
            | WireError::TooDeep
            | WireError::TooMany => true,
            WireError::TooManyInAll { .. }
            | WireError::TextTooLong
            | WireError::Nul
            | WireError::NoInfno
            | WireError::NoInfcode => false,
        }
    }
}

/// 尺寸 · What one pass over a message measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Members of all objects.
    pub(crate) members: usize,
    /// A text longer than [`MAX_TEXT`] that cannot be JSON.
    pub(crate) long: bool,
    /// A NUL character in a text.
    pub(crate) nul: bool,
}

impl Extent {
    /// Of two texts of one message.
    pub(crate) fn with(self, other: Extent) -> Extent {
        Extent {
            members: self.members + other.members,
            long: self.long || other.long,
            nul: self.nul || other.nul,
        }
    }

    /// Adds a text of the message, whose bytes inside the quotes are `inner`.
    fn add_text(&mut self, inner: &[u8], may_be_json: bool) {
        let escaped = inner.len() >= 6 && inner.contains(&b'\\');
        self.nul |= escaped && inner.windows(6).any(|window| window == b"\\u0000");
        let first = inner.iter().find(|byte| !byte.is_ascii_whitespace());
        if inner.len() > MAX_TEXT && !(may_be_json && matches!(first, Some(b'{' | b'['))) {
            self.long |= characters(inner) > MAX_TEXT;
        }
    }
}

/// Characters that the inside of a string literal stands for.
fn characters(inner: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < inner.len() {
        at += match (inner[at], inner.get(at + 1)) {
            (b'\\', Some(b'u')) => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
        count += usize::from(inner.get(at).is_none_or(|byte| byte & 0xc0 != 0x80));
    }
    count
}

impl From<serde_json::Error> for WireError {
    fn from(error: serde_json::Error) -> WireError {
        if error.is_data() {
            return WireError::NotAnObject;
        }
        WireError::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// The message as text within the limits, without byte order mark; true if it had one.
pub(crate) fn open(body: &[u8]) -> Result<(&str, bool), WireError> {
    let (text, marked, _) = measured(body)?;
    Ok((text, marked))
}

/// As [`open`], and what was measured.
pub(crate) fn measured(body: &[u8]) -> Result<(&str, bool, Extent), WireError> {
    let text = std::str::from_utf8(body).map_err(|error| WireError::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    let (text, marked) = match text.strip_prefix('\u{feff}') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let extent = guard(text)?;
    Ok((text, marked, extent))
}

/// Depth and member counts of every container, in one pass. Says nothing about the syntax.
pub(crate) fn guard(text: &str) -> Result<Extent, WireError> {
    let bytes = text.as_bytes();
    let mut commas = [0usize; MAX_DEPTH];
    let mut extent = Extent::default();
    // The text that ended last, with its quotes, and whether it is a key.
    let (mut last, mut is_key): (&[u8], bool) = (b"", false);
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                let may_be_json =
                    depth <= JSON_TEXT_DEPTH || is_key && JSON_TEXT_KEYS.contains(&last);
                extent.add_text(bytes.get(at + 1..end).unwrap_or_default(), may_be_json);
                (last, is_key) = (&bytes[at..=end.max(at)], false);
                at = end;
            }
            b':' => {
                extent.members += 1;
                is_key = true;
            }
            b'[' if is_key && last == BYTES_KEY && bytes_end(bytes, at).is_some() => {
                at = bytes_end(bytes, at).unwrap_or(at);
                is_key = false;
            }
            b'{' | b'[' => {
                if depth == MAX_DEPTH {
                    return Err(WireError::TooDeep);
                }
                commas[depth] = 0;
                depth += 1;
                is_key = false;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth > 0 => {
                commas[depth - 1] += 1;
                if commas[depth - 1] >= MAX_MEMBERS {
                    return Err(WireError::TooMany);
                }
            }
            _ => {}
        }
        at += 1;
    }
    Ok(extent)
}

/// Offset of the last byte of a list of plain numbers opened at `open`; `None` for any other list.
fn bytes_end(bytes: &[u8], open: usize) -> Option<usize> {
    let plain = |byte: &u8| {
        byte.is_ascii_digit() || matches!(byte, b'-' | b',') || byte.is_ascii_whitespace()
    };
    let end = open
        + 1
        + bytes[open + 1..]
            .iter()
            .take_while(|byte| plain(byte))
            .count();
    (bytes.get(end) == Some(&b']')).then_some(end)
}

/// Offset of the quote that ends the string opened at `open`, or of the last byte if none does.
pub(crate) fn string_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len() - 1
}

/// The plain text of a scalar: a string without quotes, a number or flag as it stands; `None` for null,
/// containers and strings that are no Unicode (lone surrogates).
pub(crate) fn plain(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => {
            let inner = raw.get(1..raw.len().checked_sub(1)?)?;
            if inner.contains('\\') {
                serde_json::from_str(raw).ok().map(Cow::Owned)
            } else {
                Some(Cow::Borrowed(inner))
            }
        }
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(raw)),
    }
}

/// The text that counts: trimmed; `""`, `"null"` and `"NULL"` are no value.
pub(crate) fn value(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    if trimmed.is_empty() || is_null_text(&trimmed) {
        None
    } else {
        Some(trimmed)
    }
}

/// `null` written as a text.
pub(crate) fn is_null_text(text: &str) -> bool {
    text.eq_ignore_ascii_case("null")
}

/// The elements of a list; nothing for other JSON.
pub(crate) fn elements(raw: &str) -> Vec<&str> {
    match serde_json::from_str::<Vec<&RawValue>>(raw) {
        Ok(items) => items.into_iter().map(RawValue::get).collect(),
        Err(_) => Vec::new(),
    }
}

/// A number without exponent: `1.2E+3` → `1200`. Java clients print large decimals so.
pub(crate) fn without_exponent(text: &str) -> Cow<'_, str> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return Cow::Borrowed(text);
    };
    let Ok(exponent @ -20..=20) = exponent.parse::<i32>() else {
        return Cow::Borrowed(text);
    };
    let (sign, digits) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return Cow::Borrowed(text);
    }
    let shift = exponent.unsigned_abs() as usize;
    let zeros = "0".repeat(shift);
    let moved = if exponent >= 0 {
        let all = format!("{fraction}{zeros}");
        format!("{sign}{whole}{}.{}0", &all[..shift], &all[shift..])
    } else {
        let all = format!("{zeros}{whole}");
        format!(
            "{sign}0{}.{}{fraction}",
            &all[..all.len() - shift],
            &all[all.len() - shift..]
        )
    };
    Cow::Owned(moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswipe_domain::Money;
    use rstest::rstest;

    #[rstest]
    #[case("1.2E+3", "1200.00")]
    #[case("-25e-1", "-2.50")]
    #[case("1E2", "100.00")]
    #[case("999e-2", "9.99")]
    #[case("0.5e1", "5.00")]
    #[case("12.50", "12.50")]
    fn an_exponent_is_written_out_digit_by_digit(#[case] text: &str, #[case] amount: &str) {
        assert_eq!(
            Money::parse(&without_exponent(text)).unwrap().to_string(),
            amount
        );
    }

    #[rstest]
    #[case("1e999")]
    #[case("1e-99")]
    #[case("1e")]
    #[case("e5")]
    #[case("1.2.3e4")]
    fn an_absurd_exponent_stays_and_is_no_amount(#[case] text: &str) {
        assert!(Money::parse(&without_exponent(text)).is_err());
    }

    #[test]
    fn the_limits_hold_at_their_bounds() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(guard(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(guard(&nested(MAX_DEPTH + 1)), Err(WireError::TooDeep));
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        assert!(guard(&list(MAX_MEMBERS)).is_ok());
        assert_eq!(guard(&list(MAX_MEMBERS + 1)), Err(WireError::TooMany));
    }

    #[test]
    fn lists_side_by_side_are_counted_each_on_its_own() {
        let list = format!("[{}]", vec!["1"; MAX_MEMBERS - 1].join(","));
        assert!(guard(&format!("[{list},{list}]")).is_ok());
    }

    #[test]
    fn the_bytes_of_a_file_are_no_members() {
        let file = |key: &str, item: &str| {
            let bytes = vec![item; MAX_MEMBERS * 3].join(", ");
            guard(&format!(
                r#"{{"infno":"9101","input":{{"{key}":[{bytes}],"n":1}}}}"#
            ))
        };
        assert_eq!(file("in", "-128").unwrap().members, 4);
        assert_eq!(file("ins", "-128"), Err(WireError::TooMany));
        assert_eq!(file("in", "[]"), Err(WireError::TooMany));
    }

    #[test]
    fn a_text_is_measured_in_characters_and_json_inside_text_by_its_own() {
        let long = |text: &str| guard(text).unwrap().long;
        let wide = "宽".repeat(MAX_TEXT);
        assert!(!long(&format!(r#"{{"a":{{"b":{{"c":"{wide}"}}}}}}"#)));
        assert!(long(&format!(r#"{{"a":{{"b":{{"c":"{wide}1"}}}}}}"#)));
        assert!(!long(&format!("\"{}\"", r"\u5bbd".repeat(MAX_TEXT))));
        assert!(long(&format!("\"{}x\"", r"\u5bbd".repeat(MAX_TEXT))));
        assert!(long(&format!(r#"{{"{wide}1":1}}"#)), "a key is a text");
        assert!(!long(&format!(r#"{{"input":" {{{wide}"}}"#)));
        assert!(long(&format!(r#"{{"a":{{"b":{{"c":" {{{wide}"}}}}}}"#)));
        assert!(!long(&format!(
            r#"{{"a":{{"b":{{"expContent":"{{{wide}"}}}}}}"#
        )));
    }

    #[test]
    fn a_nul_is_seen_where_it_is_written_as_an_escape() {
        assert!(guard(r#"{"a":"x\u0000y"}"#).unwrap().nul);
        assert!(!guard(r#"{"a":"x\u0001y"}"#).unwrap().nul);
    }

    #[test]
    fn brackets_and_commas_inside_text_do_not_count() {
        let text = format!("\"{}\\\"[{}\"", "[".repeat(100), ",".repeat(20_000));
        assert_eq!(guard(&text).map(|extent| extent.members), Ok(0));
        assert!(guard("\"\\").is_ok(), "an open escape at the end");
    }
}
