//! 字段值检查 · One value against its line in the table: presence, type, form, length, code.

use super::Found;
use crate::catalogue::{FieldKind, FieldSpec, Need, catalogue};
use crate::finding::{FieldPath, Said};
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
            let expected = Said::words("Unicode 文本", "Unicode text");
            found.add("wrong-type", at.clone(), expected, "")
        }
        return;
    };
    if json::is_null_text(text.trim()) {
        let expected = Said::words("null 或不写", "null or no value");
        found.add("null-text", at.clone(), expected, text.as_ref());
    }
    let Some(value) = json::value(text.clone()) else {
        check_empty(field, at, found);
        return;
    };
    if value.len() != text.len() {
        found.add(
            "stray-blank",
            at.clone(),
            Said::words("前后无空格", "no blanks around"),
            shown(field, &text),
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
            let expected = Said::words("文本 (加引号)", "text (in quotes)");
            found.add("text-as-number", at.clone(), expected, shown(field, &value))
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
        found.add(
            "wrong-type",
            at.clone(),
            Said::words("单个值", "a plain value"),
            Said::words("对象或列表", "object or list"),
        );
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
        found.add(code, at.clone(), Said::words("有值", "a value"), "");
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
        found.add("not-a-number", at.clone(), number(), shown(field, value));
        return;
    }
    if written_as_text {
        let expected = Said::words("数 (不加引号)", "number (without quotes)");
        found.add("number-as-text", at.clone(), expected, shown(field, value));
    }
    let expected = || {
        Said::words(
            format!("整数 {} 位以内, 小数 {scale} 位以内", precision - scale),
            format!(
                "at most {} digits before the point, {scale} after it",
                precision - scale
            ),
        )
    };
    if fraction.trim_end_matches('0').len() > scale {
        found.add(
            "too-many-decimals",
            at.clone(),
            expected(),
            shown(field, value),
        );
    } else if whole.trim_start_matches('0').len() > precision - scale {
        found.add("over-length", at.clone(), expected(), shown(field, value));
    }
}

/// A date for a date-time and the other way round is readable; anything else is not.
fn check_date(field: &FieldSpec, value: &str, form: &str, at: &FieldPath, found: &mut Found) {
    let code = if read_moment(value).is_some() {
        "date-form"
    } else {
        "date-unreadable"
    };
    found.add(code, at.clone(), form, shown(field, value));
}

fn check_length(field: &FieldSpec, value: &str, at: &FieldPath, found: &mut Found) {
    let Some(max_len) = field.max_len else { return };
    let length = value.chars().count();
    if length > max_len {
        found.add(
            "over-length",
            at.clone(),
            Said::words(
                format!("{max_len} 位以内"),
                format!("at most {max_len} characters"),
            ),
            Said::length(length),
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
        found.add("code-form", at.clone(), padded, shown(field, value));
    } else {
        let expected = Said::words(
            format!("代码表 {}", list.zh),
            format!("a code of {}", field.code_list.unwrap_or_default()),
        );
        found.add("unknown-code", at.clone(), expected, shown(field, value));
    }
}

/// A value as a finding may repeat it: of a personal one only the length.
pub(super) fn shown(field: &FieldSpec, value: &str) -> Said {
    if field.personal {
        return hidden(value);
    }
    match value.char_indices().nth(SHOWN_MAX) {
        Some((cut, _)) => format!("{}…", &value[..cut]).into(),
        None => value.into(),
    }
}

/// A value that names somebody or opens something, by its length alone.
pub(super) fn hidden(value: &str) -> Said {
    let length = value.chars().count();
    Said::words(
        format!("*** ({length} 位)"),
        format!("*** ({length} characters)"),
    )
}

fn number() -> Said {
    Said::words("数", "number")
}
