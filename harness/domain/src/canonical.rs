//! 规范文本 · JSON with sorted keys and no blanks: the bytes that digests are taken over.
//!
//! Why so: equal evidence must be equal bytes, whatever the order of the fields in a type. The text is written
//! once, front to back; when an object ends, its members are put in order where they stand, so that no tree of
//! the value is ever built and the cost is that of writing. Not here: what is digested, and for what.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::io::{self, Write};
use std::rc::Rc;

use serde::Serialize;
use serde_json::ser::Formatter;

/// JSON with sorted keys and no blanks.
///
/// # Panics
/// If the value has a map key that is no text, which no type of this project has.
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    let text = Text::default();
    let sorting = Sorting {
        text: Rc::clone(&text.0),
        open: Vec::new(),
        spare: Vec::new(),
    };
    let mut serializer = serde_json::Serializer::with_formatter(text.clone(), sorting);
    value
        .serialize(&mut serializer)
        .expect("evidence has text keys");
    String::from_utf8(text.0.take()).expect("JSON is written as UTF-8")
}

/// What has been written; shared by the serializer, which appends, and the formatter, which puts in order.
#[derive(Clone, Default)]
struct Text(Rc<RefCell<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes as serde_json does without blanks, and sorts the members of each object when it ends.
struct Sorting {
    text: Rc<RefCell<Vec<u8>>>,
    /// The objects that are being written, outermost first.
    open: Vec<Vec<Member>>,
    /// Lists of objects that have ended, to be used again.
    spare: Vec<Vec<Member>>,
}

/// A member of an object: where it begins, and where the text of its key ends, quotes included.
#[derive(Clone, Copy)]
struct Member {
    start: usize,
    key_end: usize,
    end: usize,
}

impl Sorting {
    fn here(&self) -> usize {
        self.text.borrow().len()
    }

    fn member(&mut self) -> Option<&mut Member> {
        self.open.last_mut().and_then(|members| members.last_mut())
    }
}

impl Formatter for Sorting {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open.push(self.spare.pop().unwrap_or_default());
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        let start = self.here();
        if let Some(members) = self.open.last_mut() {
            members.push(Member {
                start,
                key_end: start,
                end: start,
            });
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let here = self.here();
        if let Some(member) = self.member() {
            member.key_end = here;
        }
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        let here = self.here();
        if let Some(member) = self.member() {
            member.end = here;
        }
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if let Some(mut members) = self.open.pop() {
            put_in_order(&mut self.text.borrow_mut(), &mut members);
            members.clear();
            self.spare.push(members);
        }
        writer.write_all(b"}")
    }
}

/// Sorts the members of the object that ends where `text` ends.
fn put_in_order(text: &mut Vec<u8>, members: &mut [Member]) {
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
            text.push(b',');
        }
        text.extend_from_slice(&unsorted[member.start - first..member.end - first]);
    }
}

/// Order of two members; keys without escapes, nearly all, are compared as they are written.
fn by_key(text: &[u8], one: &Member, other: &Member) -> Ordering {
    let (a, b) = (written_key(text, one), written_key(text, other));
    if a.contains(&b'\\') || b.contains(&b'\\') {
        key(text, one).cmp(&key(text, other))
    } else {
        a.cmp(b)
    }
}

/// A key as it was before it was written.
fn key(text: &[u8], member: &Member) -> String {
    serde_json::from_slice(&text[member.start..member.key_end]).expect("a key was written as text")
}

/// The text of a key without its quotes.
fn written_key<'a>(text: &'a [u8], member: &Member) -> &'a [u8] {
    &text[member.start + 1..member.key_end - 1]
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
}
