//! 文本 · YAML as a tree that can be cut and written again: scalars stay text, keys stay in order.
//!
//! Called by `sites`. Not here: what anything means.

use std::sync::Arc;

use crate::node::{Node, Value, read_yaml};
use crate::problem::Problems;
use crate::source::{Source, decode};
use crate::workbook::quoted;

/// 树 · A document without its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Yaml {
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

/// The document of a file that was read before without a problem.
pub(super) fn read(bytes: &[u8]) -> Option<Yaml> {
    let source = Arc::new(Source::new(String::new(), decode(bytes).ok()?));
    Some(tree(&read_yaml(&source, &Problems::default())?))
}

pub(super) fn tree(node: &Node) -> Yaml {
    match &node.value {
        Value::Empty => Yaml::Map(Vec::new()),
        Value::Text(text) => Yaml::Text(text.clone()),
        Value::List(items) => Yaml::List(items.iter().map(tree).collect()),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, node)| (key.value.clone(), tree(node)));
            Yaml::Map(entries.collect())
        }
    }
}

impl Yaml {
    pub(super) fn get(&self, key: &str) -> Option<&Yaml> {
        match self {
            Yaml::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<String> {
        match self {
            Yaml::Text(text) => Some(text.trim().to_owned()),
            _ => None,
        }
    }

    /// The texts of a list; a single text is a list of one.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Yaml::List(list) => list.iter().filter_map(Yaml::text).collect(),
            other => other.text().into_iter().collect(),
        }
    }

    /// The same without `key`, if that is so.
    pub(super) fn without(self, key: &str, so: bool) -> Yaml {
        match self {
            Yaml::Map(mut entries) => {
                entries.retain(|(name, _)| !so || name != key);
                Yaml::Map(entries)
            }
            other => other,
        }
    }

    /// A list of what `keep` makes of each item; what is no list is one item.
    pub(super) fn each(self, keep: impl Fn(Yaml) -> Option<Yaml>) -> Yaml {
        match self {
            Yaml::List(list) => Yaml::List(list.into_iter().filter_map(keep).collect()),
            Yaml::Map(entries) if entries.is_empty() => Yaml::List(Vec::new()),
            other => Yaml::List(keep(other).into_iter().collect()),
        }
    }

    fn flow(&self, out: &mut String) {
        let listed = |out: &mut String, ends: [&str; 2], parts: Vec<String>| {
            *out += ends[0];
            *out += &parts.join(", ");
            *out += ends[1];
        };
        let one = |node: &Yaml| {
            let mut text = String::new();
            node.flow(&mut text);
            text
        };
        match self {
            Yaml::Text(text) => *out += &quoted(text),
            Yaml::List(list) => listed(out, ["[", "]"], list.iter().map(one).collect()),
            Yaml::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, node)| format!("{}: {}", quoted_key(key), one(node)));
                listed(out, ["{", "}"], entries.collect());
            }
        }
    }
}

/// A key that cannot be mistaken stands bare.
fn quoted_key(key: &str) -> String {
    let bare = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        && !matches!(
            key,
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    match bare {
        true => key.to_owned(),
        false => quoted(key),
    }
}

/// A file: one key a line, one entry of a list a line below it.
pub(super) fn document(node: &Yaml) -> Vec<u8> {
    let mut out = String::new();
    let Yaml::Map(entries) = node else {
        node.flow(&mut out);
        out.push('\n');
        return out.into_bytes();
    };
    for (key, value) in entries {
        out += &quoted_key(key);
        out.push(':');
        match value {
            Yaml::List(list) if list.iter().any(|one| matches!(one, Yaml::Map(_))) => {
                out.push('\n');
                for one in list {
                    out += "  - ";
                    one.flow(&mut out);
                    out.push('\n');
                }
            }
            Yaml::Map(entries) if !entries.is_empty() => {
                out.push('\n');
                for (key, value) in entries {
                    out += "  ";
                    out += &quoted_key(key);
                    out += ": ";
                    value.flow(&mut out);
                    out.push('\n');
                }
            }
            other => {
                out.push(' ');
                other.flow(&mut out);
                out.push('\n');
            }
        }
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let text = "plan: small\nno: 0310\ntitle: {zh: \"冒号: 与\\\"引号\\\"\", en: 'a # b'}\nlist: [a, [b, c], {d: e}]\nempty: []\nsteps:\n  - call: \"2208\"\n    expect:\n      setlinfo.psn_cash_pay: {le: 9.00}\n";
        let node = read(text.as_bytes()).unwrap();
        let written = document(&node);
        assert_eq!(
            read(&written),
            Some(node),
            "{}",
            String::from_utf8_lossy(&written)
        );
    }
}
