//! 语法树 · A YAML text as a tree in which every key and value knows its place.
//!
//! Why so: derived readers stop at the first slip, but a tester wants all of them; and they retype
//! `0310` and 18-digit ids as numbers. So YAML gives only the shape here, scalars keep the text as it
//! stands in the file, and meaning is given by `fields` and `words`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crosswipe_domain::both;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Spanned};

use crate::codes;
use crate::problem::{At, Problems, Said};
use crate::source::{Source, repair};

/// Deepest nesting: no plan needs half of it, and each level costs stack, of which some systems give little.
const MAX_DEPTH: usize = 24;

/// 节点 · A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Empty,
    /// Text, as written.
    Text(String),
    /// `- a`, `[a]`.
    List(Vec<Node>),
    /// `a: b`, `{a: b}`; keys may repeat.
    Map(Vec<(Said<String>, Node)>),
}

/// Reads a YAML text; what cannot be read is reported and gives `None`.
pub(crate) fn read_yaml(source: &Arc<Source>, problems: &Problems) -> Option<Node> {
    let repaired = repair(source, problems);
    let text = repaired.as_deref().unwrap_or(&source.text);
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
    };
    match serde_saphyr::from_str_with_options::<Raw>(text, options) {
        Ok(raw) => Some(raw.placed(text, source)),
        // After a repair the text may well be odd; the reason was told already.
        Err(_) if repaired.is_some() => None,
        Err(error) => {
            problems.push(syntax_problem(&error, source));
            None
        }
    }
}

fn syntax_problem(error: &serde_saphyr::Error, source: &Arc<Source>) -> crate::Problem {
    use serde_saphyr::Error;
    let error = error.without_snippet();
    let span = error
        .location()
        .map_or(0..0, |location| character_span(&source.text, location));
    let at = At {
        source: Arc::clone(source),
        span,
    };
    match error {
        Error::InvalidScalar { .. }
        | Error::UnsupportedTag { .. }
        | Error::TaggedScalarCannotDeserializeIntoString { .. } => at
            .error(
                codes::BAD_YAML,
                both!(
                    "标记 (`!…`) 会把这个值变成别的类型",
                    "a tag (`!…`) gives this value another type"
                ),
            )
            .help(both!(
                "去掉 `!` 开头的标记, 需要时给值加引号",
                "drop the tag; quote the value if need be"
            )),
        _ => {
            let told = error.to_string();
            let en = told.split(" at line ").next().unwrap_or(&told);
            let zh = reason_zh(en);
            at.error(codes::BAD_YAML, both!("这里不合 YAML 写法: {zh}", "this is no YAML: {en}")).help(
                both!("检查缩进、冒号后的空格、引号和括号是否成对; 值里有冒号时加引号", "look at indentation, the space after a colon, quotes and brackets; quote a value that has a colon"),
            )
        }
    }
}

/// 不合之处 · What a YAML reader says, in Chinese; what is not in the list is said by the help alone.
fn reason_zh(en: &str) -> &'static str {
    const REASONS: [(&str, &str); 16] = [
        (
            "did not find expected key",
            "这一行的缩进与上面对不齐, 或缺少冒号",
        ),
        (
            "mapping values are not allowed",
            "这里不该有冒号: 缩进多了, 或值里的冒号没有加引号",
        ),
        ("did not find expected '-'", "列表各项的 - 没有对齐"),
        ("unclosed bracket", "括号没有配对"),
        ("expected ',' or '}'", "花括号里缺少逗号, 或没有写右括号"),
        ("expected ',' or ']'", "方括号里缺少逗号, 或没有写右括号"),
        ("flow mapping", "花括号没有写完"),
        ("flow sequence", "方括号没有写完"),
        ("unclosed quote", "引号没有配对"),
        ("quoted scalar", "引号没有配对, 或引号里的 \\ 写法不对"),
        ("indent", "缩进不对"),
        ("unknown anchor", "引用 (*) 的名字没有定义"),
        ("simple key", "缺少冒号, 或冒号后缺少空格"),
        ("block scalar", "| 或 > 下面的文字缩进不对"),
        ("budget", "嵌套太深, 或文件太大"),
        ("EOF", "文件没有写完"),
    ];
    REASONS
        .iter()
        .find(|(said, _)| en.contains(said))
        .map_or("这里读不下去", |(_, zh)| zh)
}

/// The character at a line and column, as a byte range; at the end of the text, an empty range.
fn character_span(text: &str, location: Location) -> Range<usize> {
    let line = usize::try_from(location.line())
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    let column = usize::try_from(location.column())
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let Some((offset, character)) = text[start..].char_indices().nth(column) else {
        return text.len()..text.len();
    };
    let length = if character == '\n' {
        0
    } else {
        character.len_utf8()
    };
    start + offset..start + offset + length
}

/// The shape that YAML gives, before scalars are read from the text.
struct Raw(Spanned<RawValue>);

enum RawValue {
    Empty,
    /// A scalar that YAML takes for a number or truth value: the text of the file counts.
    Typed,
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(Spanned<RawValue>, Raw)>),
}

impl Raw {
    fn placed(self, text: &str, source: &Arc<Source>) -> Node {
        let at = place(self.0.defined, source);
        let value = match self.0.value {
            RawValue::Empty => Value::Empty,
            RawValue::List(items) => Value::List(
                items
                    .into_iter()
                    .map(|item| item.placed(text, source))
                    .collect(),
            ),
            RawValue::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let at = place(key.defined, source);
                        let key = Said {
                            value: scalar_text(key.value, &at.span, text),
                            at,
                        };
                        (key, value.placed(text, source))
                    })
                    .collect(),
            ),
            scalar @ (RawValue::Typed | RawValue::Text(_)) => {
                Value::Text(scalar_text(scalar, &at.span, text))
            }
        };
        Node { at, value }
    }
}

fn place(location: Location, source: &Arc<Source>) -> At {
    let span = location.span();
    let start = span
        .byte_offset()
        .and_then(|offset| usize::try_from(offset).ok())
        .unwrap_or(0);
    let length = span
        .byte_len()
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(0);
    At {
        source: Arc::clone(source),
        span: start..start + length,
    }
}

/// The text of a scalar: as it stands in the file, unless quotes or line folding changed it.
fn scalar_text(scalar: RawValue, span: &Range<usize>, text: &str) -> String {
    let written = text.get(span.clone()).unwrap_or_default();
    match scalar {
        RawValue::Text(value) if written.starts_with(['"', '\'']) || written.contains('\n') => {
            value
        }
        _ => written.to_owned(),
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        Spanned::deserialize(deserializer).map(Raw)
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawValue, D::Error> {
        deserializer.deserialize_any(Shape)
    }
}

struct Shape;

impl<'de> Visitor<'de> for Shape {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a list or a mapping")
    }

    fn visit_bool<E>(self, _: bool) -> Result<RawValue, E> {
        Ok(RawValue::Typed)
    }

    fn visit_i64<E>(self, _: i64) -> Result<RawValue, E> {
        Ok(RawValue::Typed)
    }

    fn visit_i128<E>(self, _: i128) -> Result<RawValue, E> {
        Ok(RawValue::Typed)
    }

    fn visit_u64<E>(self, _: u64) -> Result<RawValue, E> {
        Ok(RawValue::Typed)
    }

    fn visit_u128<E>(self, _: u128) -> Result<RawValue, E> {
        Ok(RawValue::Typed)
    }

    fn visit_f64<E>(self, _: f64) -> Result<RawValue, E> {
        Ok(RawValue::Typed)
    }

    fn visit_str<E>(self, text: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Empty)
    }

    fn visit_none<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Empty)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(RawValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(RawValue::Map(entries))
    }
}
