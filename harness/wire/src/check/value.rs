//! 字段值检查 · One value against its line in the table: presence, type, form, length, code.

use super::Found;
use crate::catalogue::{FieldKind, FieldSpec, Need, catalogue};
use crate::finding::FieldPath;
use crate::json;
use crate::members::read_moment;
use crosswipe_domain::{Day, Moment};

/// What a finding repeats of a value at most, in characters.
const SHOWN_MAX: usize = 60;

pub(super) fn check(field: &FieldSpec, raw: &str, at: &FieldPath, found: &mut Found) {
    if raw.starts_with(['{', '[']) {
        check_container(field, at, found);
        return;
    }
    let Some(text) = json::plain(raw) else {
        if raw == "null" {
            check_empty(field, at, found)
        } else {
            found.add("wrong-type", at.clone(), "Unicode text", "")
        }
        return;
    };
    if json::is_null_text(text.trim()) {
        found.add("null-text", at.clone(), "null or no value", &text);
    }
    let Some(value) = json::value(text.clone()) else {
        check_empty(field, at, found);
        return;
    };
    if value.len() != text.len() {
        found.add(
            "stray-blank",
            at.clone(),
            "no blanks around",
            &shown(field, &text),
        );
    }
    let written_as_text = raw.starts_with('"');
    match field.kind {
        FieldKind::Number { precision, scale } => check_number(
            field,
            &value,
            (precision, scale),
            written_as_text,
            at,
            found,
        ),
        _ if !written_as_text => {
            found.add("text-as-number", at.clone(), "text", &shown(field, &value))
        }
        FieldKind::Date if Day::parse(&value).is_err() => {
            check_date(field, &value, "yyyy-MM-dd", at, found)
        }
        FieldKind::DateTime if Moment::parse_wire(&value).is_err() => {
            check_date(field, &value, "yyyy-MM-dd HH:mm:ss", at, found)
        }
        _ => {}
    }
    check_length(field, &value, at, found);
    check_code(field, &value, at, found);
}

/// Bytes are a list of numbers, extension content an object; nothing else holds a container.
fn check_container(field: &FieldSpec, at: &FieldPath, found: &mut Found) {
    if field.kind != FieldKind::Bytes && !crate::members::same_word(field.name, "exp_content") {
        found.add("wrong-type", at.clone(), "a plain value", "object or list");
    }
}

/// Nothing there: a matter only where something must be.
pub(super) fn check_empty(field: &FieldSpec, at: &FieldPath, found: &mut Found) {
    if field.need == Need::Yes {
        let code = if field.computed {
            "computed-missing"
        } else {
            "mandatory-missing"
        };
        found.add(code, at.clone(), "a value", "");
    }
}

fn check_number(
    field: &FieldSpec,
    value: &str,
    (precision, scale): (usize, usize),
    written_as_text: bool,
    at: &FieldPath,
    found: &mut Found,
) {
    let plain = json::without_exponent(value);
    let digits = plain.strip_prefix('-').unwrap_or(&plain);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        found.add("not-a-number", at.clone(), "number", &shown(field, value));
        return;
    }
    if written_as_text {
        found.add("number-as-text", at.clone(), "number", &shown(field, value));
    }
    let expected = || format!("{precision} digits, {scale} after the point");
    if fraction.trim_end_matches('0').len() > scale {
        found.add(
            "too-many-decimals",
            at.clone(),
            &expected(),
            &shown(field, value),
        );
    } else if whole.trim_start_matches('0').len() > precision - scale {
        found.add("over-length", at.clone(), &expected(), &shown(field, value));
    }
}

/// A date for a date-time and the other way round is readable; anything else is not.
fn check_date(field: &FieldSpec, value: &str, form: &str, at: &FieldPath, found: &mut Found) {
    let code = if read_moment(value).is_some() {
        "date-form"
    } else {
        "date-unreadable"
    };
    found.add(code, at.clone(), form, &shown(field, value));
}

fn check_length(field: &FieldSpec, value: &str, at: &FieldPath, found: &mut Found) {
    let Some(max_len) = field.max_len else { return };
    let length = value.chars().count();
    if length > max_len {
        found.add(
            "over-length",
            at.clone(),
            &format!("at most {max_len} characters"),
            &format!("{length} characters"),
        );
    }
}

fn check_code(field: &FieldSpec, value: &str, at: &FieldPath, found: &mut Found) {
    let Some(list) = field
        .code_list
        .and_then(|key| catalogue().list(key))
        .filter(|list| !list.open)
    else {
        return;
    };
    let known = |value: &str| list.values.iter().any(|(code, ..)| *code == value);
    if known(value) {
        return;
    }
    let padded = format!("0{value}");
    if known(&padded) {
        found.add("code-form", at.clone(), &padded, &shown(field, value));
    } else {
        found.add("unknown-code", at.clone(), list.zh, &shown(field, value));
    }
}

/// A value as a finding may repeat it: of a personal one only the length.
pub(super) fn shown(field: &FieldSpec, value: &str) -> String {
    if field.personal {
        return format!("*** ({} characters)", value.chars().count());
    }
    match value.char_indices().nth(SHOWN_MAX) {
        Some((cut, _)) => format!("{}…", &value[..cut]),
        None => value.to_owned(),
    }
}
