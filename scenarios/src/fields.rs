//! 字段 · Reads the keys of a mapping strictly: each known, none twice, none missed.
//!
//! Why so: a key with a slip in it that is silently ignored is an expectation that never was. What may
//! be asked for is learnt from what is asked for, so the list of keys cannot grow stale.

use std::cell::RefCell;

use crate::codes;
use crate::nearest::nearest;
use crate::node::{Node, Value};
use crate::problem::{At, Problems, Said};

/// 字段 · The keys of one mapping.
pub(crate) struct Fields<'a> {
    what: &'static str,
    pub(crate) at: At,
    entries: &'a [(Said<String>, Node)],
    asked: RefCell<Vec<&'static str>>,
    problems: &'a Problems,
}

impl<'a> Fields<'a> {
    /// The keys of `node`, which is called `what` in messages; a repeated key is reported.
    pub(crate) fn of(
        node: &'a Node,
        what: &'static str,
        problems: &'a Problems,
    ) -> Option<Fields<'a>> {
        let Value::Map(entries) = &node.value else {
            problems.push(wrong_shape(
                node,
                &format!("{what}: `key: value` lines belong here"),
            ));
            return None;
        };
        for (index, (key, _)) in entries.iter().enumerate() {
            if let Some((first, _)) = entries[..index]
                .iter()
                .find(|(earlier, _)| earlier.value == key.value)
            {
                let line = line_of(&first.at);
                problems.push(
                    key.at
                        .error(
                            codes::DUPLICATE_KEY,
                            format!("`{}` stands twice here, first in line {line}", key.value),
                        )
                        .help("保留其中一个 · keep one of them"),
                );
            }
        }
        let at = entries.first().map_or(&node.at, |(key, _)| &key.at).clone();
        Some(Fields {
            what,
            at,
            entries,
            asked: RefCell::default(),
            problems,
        })
    }

    fn ask(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
        #[cfg(test)]
        asked::remember(self.what, key);
    }

    /// The value of `key`, if it stands there. A key without a value is reported.
    pub(crate) fn optional(&self, key: &'static str) -> Option<&'a Node> {
        self.ask(key);
        let (said, node) = self.entries.iter().find(|(said, _)| said.value == key)?;
        if matches!(node.value, Value::Empty) {
            self.problems.push(
                said.at
                    .error(codes::MISSING_KEY, format!("`{key}` has no value"))
                    .help("写上值, 或删去这一行 · give a value or drop the line"),
            );
            return None;
        }
        Some(node)
    }

    /// The value of `key`; its absence is reported with `help`.
    pub(crate) fn required(&self, key: &'static str, help: &str) -> Option<&'a Node> {
        if !self.has(key) {
            self.ask(key);
            self.problems.push(
                self.at
                    .error(
                        codes::MISSING_KEY,
                        format!("{}: `{key}` is missing", self.what),
                    )
                    .help(help),
            );
            return None;
        }
        self.optional(key)
    }

    /// Whether `key` stands there, with or without a value.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(said, _)| said.value == key)
    }

    /// Where `key` is written.
    pub(crate) fn key_at(&self, key: &str) -> Option<&At> {
        self.entries
            .iter()
            .find(|(said, _)| said.value == key)
            .map(|(said, _)| &said.at)
    }

    /// Entries that were not asked for by name; for mappings whose keys are free.
    pub(crate) fn others(&self) -> impl Iterator<Item = &'a (Said<String>, Node)> {
        let asked = self.asked.borrow().clone();
        self.entries
            .iter()
            .filter(move |(key, _)| !asked.contains(&key.value.as_str()))
    }

    /// Reports every key that was never asked for.
    pub(crate) fn done(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.others() {
            let help = match nearest(&key.value, asked.iter().copied()) {
                Some(near) => format!("是否想写 `{near}`? · did you mean `{near}`?"),
                None => format!("可用的键 · known keys: {}", asked.join(", ")),
            };
            self.problems.push(
                key.at
                    .error(
                        codes::UNKNOWN_KEY,
                        format!("{}: unknown key `{}`", self.what, key.value),
                    )
                    .help(help),
            );
        }
    }
}

/// The items of a list.
pub(crate) fn items<'a>(node: &'a Node, problems: &Problems) -> &'a [Node] {
    match &node.value {
        Value::List(items) => items,
        _ => {
            problems.push(
                wrong_shape(node, "a list belongs here")
                    .help("写成 `- …` 或 `[…]` · write `- …` or `[…]`"),
            );
            &[]
        }
    }
}

/// A node of another shape than it should have.
pub(crate) fn wrong_shape(node: &Node, message: &str) -> crate::Problem {
    let found = match node.value {
        Value::Empty => "nothing",
        Value::Text(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    };
    node.at
        .error(codes::WRONG_SHAPE, format!("{message}, not {found}"))
}

/// The line of a place, from 1.
pub(crate) fn line_of(at: &At) -> usize {
    at.source.text[..at.span.start].matches('\n').count() + 1
}

/// 问过的键 · Which keys readers ask for, by the name of the mapping: what the schemas are compared with.
#[cfg(test)]
pub(crate) mod asked {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};

    type Asked = BTreeMap<&'static str, BTreeSet<&'static str>>;

    thread_local! {
        static ASKED: RefCell<Asked> = const { RefCell::new(BTreeMap::new()) };
    }

    pub(crate) fn remember(what: &'static str, key: &'static str) {
        ASKED.with_borrow_mut(|asked| asked.entry(what).or_default().insert(key));
    }

    /// Everything that was asked for on this thread.
    pub(crate) fn asked_for() -> Asked {
        ASKED.with_borrow(Clone::clone)
    }
}
