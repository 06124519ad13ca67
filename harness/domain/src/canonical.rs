//! 规范文本 · JSON with sorted keys and no blanks: the bytes that digests are taken over.
//!
//! Why so: equal evidence must be equal bytes, whatever the order of the fields in a type. The text is written
//! once, front to back; when an object ends, its members are put in order where they stand, so that no tree of
//! the value is ever built and the cost is that of writing. Texts and numbers come out as serde_json writes them.
//! Not here: how a value is walked (`writer`), what is digested, and for what.

mod writer;

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde::Serialize;

use writer::Writer;

/// JSON with sorted keys and no blanks.
///
/// # Panics
/// If the value has a map key that is no text, which no type of this project has.
pub fn canonical_json<T: Serialize + ?Sized>(value: &T) -> String {
    let mut writer = Writer::default();
    value
        .serialize(&mut writer)
        .expect("evidence has text keys");
    writer.into_text()
}

/// Appends a JSON string literal.
pub fn push_json_string(out: &mut String, value: &str) {
    out.push('"');
    // All bytes are looked at, with no way out on the road: so the compiler looks at many at once.
    if value
        .bytes()
        .fold(false, |any, byte| any | is_special(byte))
    {
        push_escaped(out, value);
    } else {
        out.push_str(value);
    }
    out.push('"');
}

fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn push_escaped(out: &mut String, value: &str) {
    let mut clean = 0;
    for (at, byte) in value
        .bytes()
        .enumerate()
        .filter(|(_, byte)| is_special(*byte))
    {
        out.push_str(&value[clean..at]);
        clean = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            _ => write!(out, "\\u{byte:04x}").expect("writing to a String cannot fail"),
        }
    }
    out.push_str(&value[clean..]);
}

/// A member of an object: where it begins, where the text of its key ends, quotes included, and where it ends.
#[derive(Clone, Copy)]
struct Member {
    start: usize,
    key_end: usize,
    end: usize,
    /// Its key has no escapes, so it is compared as it is written.
    plain: bool,
}

/// Sorts the members of the object that ends where `text` ends.
fn put_in_order(text: &mut String, members: &mut [Member]) {
    let in_order = members
        .windows(2)
        .all(|pair| by_key(text, &pair[0], &pair[1]).is_le());
    let Some(first) = members.first().filter(|_| !in_order).map(|m| m.start) else {
        return;
    };
    members.sort_by(|one, other| by_key(text, one, other));
    let unsorted = text.split_off(first);
    for (nth, member) in members.iter().enumerate() {
        if nth > 0 {
            text.push(',');
        }
        text.push_str(&unsorted[member.start - first..member.end - first]);
    }
}

/// Order of two members.
fn by_key(text: &str, one: &Member, other: &Member) -> Ordering {
    if one.plain && other.plain {
        written_key(text, one).cmp(written_key(text, other))
    } else {
        key(text, one).cmp(&key(text, other))
    }
}

/// A key as it was before it was written.
fn key(text: &str, member: &Member) -> String {
    serde_json::from_str(&text[member.start..member.key_end]).expect("a key was written as text")
}

/// The text of a key without its quotes.
fn written_key<'a>(text: &'a str, member: &Member) -> &'a [u8] {
    &text.as_bytes()[member.start + 1..member.key_end - 1]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    /// The same text by way of a tree, which is sorted whole.
    fn by_tree(value: &Value) -> String {
        let mut value = value.clone();
        value.sort_all_objects();
        value.to_string()
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            let key = prop_oneof!["[a-c!\"\\\\\n一]{0,3}", ".{0,3}"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_is_written_as_its_sorted_tree_would_be(value in any_json()) {
            prop_assert_eq!(canonical_json(&value), by_tree(&value));
        }
    }

    #[test]
    fn members_are_in_order_at_every_depth() {
        let value = json!({"b": [{"z": 1, "a": {"y": null, "x": "文"}}], "a": {}, "": []});
        assert_eq!(
            canonical_json(&value),
            r#"{"":[],"a":{},"b":[{"a":{"x":"文","y":null},"z":1}]}"#
        );
    }

    #[test]
    fn a_key_that_begins_another_comes_first() {
        let value = json!({"a!": 1, "a": 2, "a\"": 3, "a\n": 4});
        assert_eq!(
            canonical_json(&value),
            "{\"a\":2,\"a\\n\":4,\"a!\":1,\"a\\\"\":3}"
        );
        assert_eq!(canonical_json(&value), by_tree(&value));
    }

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    enum Shape {
        Bare,
        One(u8),
        Two(i16, char),
        Named { z: bool, a: Option<u32> },
    }

    #[test]
    fn every_shape_of_a_value_is_written_as_its_sorted_tree_would_be() {
        let shapes = (
            [Shape::Bare, Shape::One(1), Shape::Two(-2, '"')],
            [
                Shape::Named { z: true, a: None },
                Shape::Named {
                    z: false,
                    a: Some(7),
                },
            ],
            (1.5, Unit, i64::MIN, u64::MAX),
            std::collections::BTreeMap::from([(-7_i32, "\u{8}\u{c}\u{1f}\u{7f}文"), (7, "")]),
        );
        let tree = serde_json::to_value(&shapes).unwrap();
        assert_eq!(canonical_json(&shapes), by_tree(&tree));
    }
}
