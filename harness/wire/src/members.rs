//! 成员 · The members of one JSON object, in order, each value still as it was written.
//!
//! Why so: clients send numbers as text and text as numbers, one object where a list is due, `"null"`,
//! odd letter case and repeated keys. All that is forgiven here once, so that machines read plain
//! values; what was forgiven is told by `check`. Amounts keep their digits: no float ever.

use std::borrow::Cow;
use std::fmt;

use crosswipe_domain::{BadAmount, Day, Moment, Money, Quantity, Ratio, UnitPrice};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::{self, WireError};

/// 成员 · Members of an object: key and value as JSON text. A repeated key keeps its last value.
#[derive(Clone, Debug, Default)]
pub struct Members<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    repeated: Vec<Cow<'a, str>>,
    /// A key has capital letters, so that `psnNo` and `PSN_NO` must be looked for.
    capitals: bool,
}

/// A value that cannot be read as what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` cannot be read: {why}")]
pub struct BadField {
    /// Which member.
    pub field: String,
    /// What is wrong with it.
    pub why: String,
}

impl<'a> Members<'a> {
    /// Reads an object from JSON text.
    ///
    /// # Errors
    /// Text that is no JSON object.
    pub fn parse(text: &'a str) -> Result<Members<'a>, WireError> {
        Ok(serde_json::from_str(text)?)
    }

    /// One made-up member; for text whose node level is missing.
    pub(crate) fn single(name: &'a str, raw: Cow<'a, str>) -> Members<'a> {
        Members {
            pairs: vec![(Cow::Borrowed(name), raw)],
            ..Members::default()
        }
    }

    /// The value as JSON text; odd letter case of the key is forgiven.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.find(name).map(AsRef::as_ref)
    }

    /// Text; a number or flag counts as its text. `None` for null, `""`, `"null"` and containers.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        match self.find(name)? {
            Cow::Borrowed(raw) => json::plain(raw).and_then(json::value),
            Cow::Owned(raw) => json::plain(raw)
                .and_then(json::value)
                .map(|text| Cow::Owned(text.into_owned())),
        }
    }

    /// An amount, from a number or text.
    ///
    /// # Errors
    /// What [`Money::parse`] refuses; a container.
    pub fn money(&self, name: &str) -> Result<Option<Money>, BadField> {
        self.decimal(name, Money::parse)
    }

    /// A unit price, from a number or text.
    ///
    /// # Errors
    /// What [`UnitPrice::parse`] refuses; a container.
    pub fn price(&self, name: &str) -> Result<Option<UnitPrice>, BadField> {
        self.decimal(name, UnitPrice::parse)
    }

    /// A quantity, from a number or text.
    ///
    /// # Errors
    /// What [`Quantity::parse`] refuses; a container.
    pub fn quantity(&self, name: &str) -> Result<Option<Quantity>, BadField> {
        self.decimal(name, Quantity::parse)
    }

    /// A ratio, from a number or text.
    ///
    /// # Errors
    /// What [`Ratio::parse`] refuses; a container.
    pub fn ratio(&self, name: &str) -> Result<Option<Ratio>, BadField> {
        self.decimal(name, Ratio::parse)
    }

    /// An instant in wire form; a date counts as its midnight.
    ///
    /// # Errors
    /// Text of another form; a container.
    pub fn moment(&self, name: &str) -> Result<Option<Moment>, BadField> {
        let Some(text) = self.scalar(name)? else {
            return Ok(None);
        };
        match read_moment(&text) {
            Some(moment) => Ok(Some(moment)),
            None => Err(BadField {
                field: name.to_owned(),
                why: "neither `yyyy-MM-dd HH:mm:ss` nor `yyyy-MM-dd`".to_owned(),
            }),
        }
    }

    /// An object: as it stands, the first of a list, or written as JSON text.
    pub fn object(&self, name: &str) -> Option<Members<'a>> {
        match self.find(name)? {
            Cow::Borrowed(raw) => objects(raw).into_iter().next(),
            Cow::Owned(raw) => objects(raw).into_iter().next().map(Members::into_owned),
        }
    }

    /// The objects of a list; a single object counts as a list of one.
    pub fn list(&self, name: &str) -> Vec<Members<'a>> {
        match self.find(name) {
            Some(Cow::Borrowed(raw)) => objects(raw),
            Some(Cow::Owned(raw)) => objects(raw).into_iter().map(Members::into_owned).collect(),
            None => Vec::new(),
        }
    }

    /// Keys and values as JSON text, in order; a repeated key once.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(key, raw)| (key.as_ref(), raw.as_ref()))
    }

    /// Keys that stand more than once.
    pub fn repeated(&self) -> impl Iterator<Item = &str> {
        self.repeated.iter().map(AsRef::as_ref)
    }

    /// How many different keys there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// True for `{}`.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The same members, holding their text themselves.
    pub fn into_owned(self) -> Members<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        Members {
            pairs: self
                .pairs
                .into_iter()
                .map(|(key, raw)| (own(key), own(raw)))
                .collect(),
            repeated: self.repeated.into_iter().map(own).collect(),
            capitals: self.capitals,
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Cow<'a, str>> {
        let exact = self.pairs.iter().find(|(key, _)| key == name);
        let found = match exact {
            None if self.capitals || name.bytes().any(|b| b.is_ascii_uppercase()) => {
                self.pairs.iter().find(|(key, _)| same_word(key, name))
            }
            exact => exact,
        };
        found.map(|(_, raw)| raw)
    }

    fn scalar(&self, name: &str) -> Result<Option<Cow<'a, str>>, BadField> {
        match self.raw(name).map(|raw| raw.as_bytes()[0]) {
            Some(b'{' | b'[') => Err(BadField {
                field: name.to_owned(),
                why: "an object or list".to_owned(),
            }),
            _ => Ok(self.text(name)),
        }
    }

    fn decimal<T>(
        &self,
        name: &str,
        parse: fn(&str) -> Result<T, BadAmount>,
    ) -> Result<Option<T>, BadField> {
        let Some(text) = self.scalar(name)? else {
            return Ok(None);
        };
        match parse(&json::without_exponent(&text)) {
            Ok(amount) => Ok(Some(amount)),
            Err(why) => Err(BadField {
                field: name.to_owned(),
                why: why.to_string(),
            }),
        }
    }

    /// Drops all but the last value of a repeated key, and remembers the key.
    fn settle_repeats(&mut self) {
        let mut order: Vec<usize> = (0..self.pairs.len()).collect();
        order.sort_by(|&a, &b| self.pairs[a].0.cmp(&self.pairs[b].0).then(a.cmp(&b)));
        let mut dropped = vec![false; self.pairs.len()];
        for pair in order.windows(2) {
            if self.pairs[pair[0]].0 == self.pairs[pair[1]].0 {
                dropped[pair[0]] = true;
                if self.repeated.last() != Some(&self.pairs[pair[0]].0) {
                    self.repeated.push(self.pairs[pair[0]].0.clone());
                }
            }
        }
        let mut at = 0..;
        self.pairs
            .retain(|_| !dropped[at.next().expect("counts without end")]);
    }

    fn has_repeats(&self) -> bool {
        const FEW: usize = 64;
        if self.pairs.len() > FEW {
            return true;
        }
        // Nearly all keys differ here already, at the cost of one comparison of numbers.
        let mut marks = [0; FEW];
        self.pairs.iter().enumerate().any(|(at, (key, _))| {
            marks[at] = mark(key);
            let alike = |before: &usize| marks[*before] == marks[at];
            (0..at)
                .filter(alike)
                .any(|before| self.pairs[before].0 == *key)
        })
    }
}

/// The length of a key and its last seven bytes.
fn mark(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let last = &bytes[bytes.len().saturating_sub(7)..];
    let ending = last
        .iter()
        .fold(0, |mark, byte| mark << 8 | u64::from(*byte));
    ending << 8 | (bytes.len() as u64 & 0xff)
}

/// `yyyy-MM-dd HH:mm:ss`, a date as its midnight, or what programs make of these when nobody tells them the form: a `T`
/// between, slashes, no seconds, parts of a second, digits alone.
pub(crate) fn read_moment(text: &str) -> Option<Moment> {
    let read = |text: &str| {
        let wire = Moment::parse_wire(text).ok();
        wire.or_else(|| Day::parse(text).ok().map(Day::start))
    };
    read(text).or_else(|| read(&usual(text)?))
}

/// An instant in another form as the interface writes it.
fn usual(text: &str) -> Option<String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let part = |from: usize, to: usize| text.get(from..to);
        let day = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
        return match text.len() {
            8 => Some(day),
            14 | 17 => Some(format!(
                "{day} {}:{}:{}",
                part(8, 10)?,
                part(10, 12)?,
                part(12, 14)?
            )),
            _ => None,
        };
    }
    let text = text.replace('/', "-").replacen('T', " ", 1);
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = rest.bytes().all(|byte| byte.is_ascii_digit());
    match whole.len() {
        16 => Some(format!("{whole}:00")),
        _ if fraction => Some(whole.to_owned()),
        _ => None,
    }
}

/// The objects in a value: itself, those of a list, or of either written as JSON text.
pub(crate) fn objects(raw: &str) -> Vec<Members<'_>> {
    match raw.as_bytes().first() {
        Some(b'"') => match json::plain(raw) {
            Some(Cow::Borrowed(inner)) if json::guard(inner).is_ok() => containers(inner.trim()),
            Some(Cow::Owned(inner)) if json::guard(&inner).is_ok() => containers(inner.trim())
                .into_iter()
                .map(Members::into_owned)
                .collect(),
            _ => Vec::new(),
        },
        _ => containers(raw),
    }
}

fn containers(raw: &str) -> Vec<Members<'_>> {
    match raw.as_bytes().first() {
        Some(b'{') => Members::parse(raw).into_iter().collect(),
        Some(b'[') => json::elements(raw)
            .into_iter()
            .filter_map(|item| Members::parse(item).ok())
            .collect(),
        _ => Vec::new(),
    }
}

/// True if two keys differ in letter case and underscores alone: `psn_no`, `psnNo`, `PSN_NO`.
pub(crate) fn same_word(a: &str, b: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        text.bytes()
            .filter(|&b| b != b'_')
            .map(|b| b.to_ascii_lowercase())
    }
    letters(a).eq(letters(b))
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'a>, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members {
                    pairs: Vec::with_capacity(24),
                    ..Members::default()
                };
                while let Some((Key(key), raw)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.capitals |= key.bytes().any(|b| b.is_ascii_uppercase());
                    members.pairs.push((key, Cow::Borrowed(raw.get())));
                }
                if members.has_repeats() {
                    members.settle_repeats();
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
