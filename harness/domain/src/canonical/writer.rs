//! 书写 · Walks a value and writes it into one buffer, which it can also read: serde's side of [`super::canonical_json`].
//!
//! Why a serializer of our own: every row that is booked is written several times, and serde_json hands each quote and
//! comma through a writer that nobody can look into. Not here: how members are put in order (`canonical`).

use std::fmt::{Display, Write as _};

use serde::ser::{self, Serialize};

use super::{Member, push_json_string, put_in_order};

/// What has been written, and the objects that are being written.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    /// Outermost first.
    open: Vec<Vec<Member>>,
    /// Lists of objects that have ended, to be used again.
    spare: Vec<Vec<Member>>,
}

/// What cannot be written; a plain text, since nobody can mend it but us.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unwritable(String);

impl ser::Error for Unwritable {
    fn custom<T: Display>(message: T) -> Unwritable {
        Unwritable(message.to_string())
    }
}

type Written = Result<(), Unwritable>;

impl Writer {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn begin(&mut self) {
        self.open.push(self.spare.pop().unwrap_or_default());
        self.text.push('{');
    }

    /// The place of the next member's key, behind the comma.
    fn next_member(&mut self) -> usize {
        if self.open.last().is_some_and(|members| !members.is_empty()) {
            self.text.push(',');
        }
        self.text.len()
    }

    fn member<V: Serialize + ?Sized>(&mut self, start: usize, plain: bool, value: &V) -> Written {
        let key_end = self.text.len();
        self.text.push(':');
        value.serialize(&mut *self)?;
        let end = self.text.len();
        if let Some(members) = self.open.last_mut() {
            members.push(Member {
                start,
                key_end,
                end,
                plain,
            });
        }
        Ok(())
    }

    fn end(&mut self) {
        if let Some(mut members) = self.open.pop() {
            put_in_order(&mut self.text, &mut members);
            members.clear();
            self.spare.push(members);
        }
        self.text.push('}');
    }

    /// `{"name":`, to be ended by a brace.
    fn variant(&mut self, name: &str) {
        self.text.push('{');
        push_json_string(&mut self.text, name);
        self.text.push(':');
    }

    fn number(&mut self, value: impl Display) -> Written {
        write!(self.text, "{value}").map_err(ser::Error::custom)
    }

    fn by_serde_json(&mut self, value: &impl Serialize) -> Written {
        let text = serde_json::to_string(value).map_err(ser::Error::custom)?;
        self.text.push_str(&text);
        Ok(())
    }
}

/// A list that is being written, or the payload of a variant.
pub(super) struct List<'w> {
    writer: &'w mut Writer,
    first: bool,
    within_variant: bool,
}

impl List<'_> {
    fn item<V: Serialize + ?Sized>(&mut self, value: &V) -> Written {
        if !std::mem::replace(&mut self.first, false) {
            self.writer.text.push(',');
        }
        value.serialize(&mut *self.writer)
    }

    fn finish(self) -> Written {
        self.writer
            .text
            .push_str(if self.within_variant { "]}" } else { "]" });
        Ok(())
    }
}

/// An object that is being written: a struct, a map, the fields of a variant.
pub(super) struct Members<'w> {
    writer: &'w mut Writer,
    /// Where the key that was written last begins.
    key: usize,
    within_variant: bool,
}

impl Members<'_> {
    fn field<V: Serialize + ?Sized>(&mut self, name: &'static str, value: &V) -> Written {
        let start = self.writer.next_member();
        // Names of fields are words of ours.
        self.writer.text.push('"');
        self.writer.text.push_str(name);
        self.writer.text.push('"');
        self.writer.member(start, true, value)
    }

    fn finish(self) -> Written {
        self.writer.end();
        if self.within_variant {
            self.writer.text.push('}');
        }
        Ok(())
    }
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = List<'w>;
    type SerializeTuple = List<'w>;
    type SerializeTupleStruct = List<'w>;
    type SerializeTupleVariant = List<'w>;
    type SerializeMap = Members<'w>;
    type SerializeStruct = Members<'w>;
    type SerializeStructVariant = Members<'w>;

    fn serialize_bool(self, value: bool) -> Written {
        self.text.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.number(value)
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.number(value)
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.number(value)
    }

    fn serialize_i64(self, value: i64) -> Written {
        self.number(value)
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.number(value)
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.number(value)
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.number(value)
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.number(value)
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.by_serde_json(&value)
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.by_serde_json(&value)
    }

    fn serialize_char(self, value: char) -> Written {
        push_json_string(&mut self.text, value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Written {
        push_json_string(&mut self.text, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<V: Serialize + ?Sized>(self, value: &V) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.text.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Written {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &V,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &V,
    ) -> Written {
        self.variant(name);
        value.serialize(&mut *self)?;
        self.text.push('}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'w>, Unwritable> {
        self.text.push('[');
        Ok(List {
            writer: self,
            first: true,
            within_variant: false,
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'w>, Unwritable> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<List<'w>, Unwritable> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        length: usize,
    ) -> Result<List<'w>, Unwritable> {
        self.variant(name);
        let list = self.serialize_seq(Some(length))?;
        Ok(List {
            within_variant: true,
            ..list
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'w>, Unwritable> {
        self.begin();
        Ok(Members {
            writer: self,
            key: 0,
            within_variant: false,
        })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members<'w>, Unwritable> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Members<'w>, Unwritable> {
        self.variant(name);
        let members = self.serialize_map(None)?;
        Ok(Members {
            within_variant: true,
            ..members
        })
    }
}

impl ser::SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_element<V: Serialize + ?Sized>(&mut self, value: &V) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.finish()
    }
}

impl ser::SerializeTuple for List<'_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_element<V: Serialize + ?Sized>(&mut self, value: &V) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.finish()
    }
}

impl ser::SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<V: Serialize + ?Sized>(&mut self, value: &V) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.finish()
    }
}

impl ser::SerializeTupleVariant for List<'_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<V: Serialize + ?Sized>(&mut self, value: &V) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.finish()
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<K: Serialize + ?Sized>(&mut self, key: &K) -> Written {
        self.key = self.writer.next_member();
        key.serialize(&mut *self.writer)?;
        let text = &mut self.writer.text;
        match text.as_bytes()[self.key] {
            b'"' => Ok(()),
            b'0'..=b'9' | b'-' => {
                text.insert(self.key, '"');
                text.push('"');
                Ok(())
            }
            _ => Err(ser::Error::custom("a map key that is no text")),
        }
    }

    fn serialize_value<V: Serialize + ?Sized>(&mut self, value: &V) -> Written {
        let plain = !self.writer.text[self.key..].contains('\\');
        self.writer.member(self.key, plain, value)
    }

    fn end(self) -> Written {
        self.finish()
    }
}

impl ser::SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<V: Serialize + ?Sized>(&mut self, name: &'static str, value: &V) -> Written {
        self.field(name, value)
    }
    fn end(self) -> Written {
        self.finish()
    }
}

impl ser::SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<V: Serialize + ?Sized>(&mut self, name: &'static str, value: &V) -> Written {
        self.field(name, value)
    }
    fn end(self) -> Written {
        self.finish()
    }
}
