//! 原文 · JSON text as it stands: limits, single values, elements, without building a tree.
//!
//! Why so: a message is read by strangers' clients and sent by them, so nothing in it may exhaust
//! stack or memory, and amounts must keep their digits. One pass checks depth and size; values stay
//! slices of the message. Called by `members`, `request`, `response`, `mask`.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;
/// Most members of one object, or elements of one list, that are read.
pub const MAX_MEMBERS: usize = 10_000;

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
    /// A request without transaction number.
    #[error("the request has no `infno`")]
    NoInfno,
    /// An answer without outcome: not the business envelope.
    #[error("the answer has no `infcode`")]
    NoInfcode,
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
    let text = std::str::from_utf8(body).map_err(|error| WireError::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    let (text, marked) = match text.strip_prefix('\u{feff}') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    guard(text)?;
    Ok((text, marked))
}

/// Depth and member counts of every container, in one pass. Says nothing about the syntax.
pub(crate) fn guard(text: &str) -> Result<(), WireError> {
    let bytes = text.as_bytes();
    let mut commas = [0usize; MAX_DEPTH];
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' => {
                if depth == MAX_DEPTH {
                    return Err(WireError::TooDeep);
                }
                commas[depth] = 0;
                depth += 1;
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
    Ok(())
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
        assert_eq!(guard(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(guard(&nested(MAX_DEPTH + 1)), Err(WireError::TooDeep));
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        assert_eq!(guard(&list(MAX_MEMBERS)), Ok(()));
        assert_eq!(guard(&list(MAX_MEMBERS + 1)), Err(WireError::TooMany));
    }

    #[test]
    fn lists_side_by_side_are_counted_each_on_its_own() {
        let list = format!("[{}]", vec!["1"; MAX_MEMBERS - 1].join(","));
        assert_eq!(guard(&format!("[{list},{list}]")), Ok(()));
    }

    #[test]
    fn brackets_and_commas_inside_text_do_not_count() {
        assert_eq!(
            guard(&format!(
                "\"{}\\\"[{}\"",
                "[".repeat(100),
                ",".repeat(20_000)
            )),
            Ok(())
        );
        assert_eq!(guard("\"\\"), Ok(()), "an open escape at the end");
    }
}
