//! 字段 · Reads the keys of a mapping strictly: each known, none twice, none missed.
//!
//! Why so: a key with a slip in it that is silently ignored is an expectation that never was. What may
//! be asked for is learnt from what is asked for, so the list of keys cannot grow stale.

use std::cell::RefCell;

use crosswipe_domain::{Both, both};

use crate::codes;
use crate::nearest::nearest;
use crate::node::{Node, Value};
use crate::problem::{At, Noun, Problems, Said, noun};

/// 字段 · The keys of one mapping.
pub(crate) struct Fields<'a> {
    what: Noun,
    pub(crate) at: At,
    entries: &'a [(Said<String>, Node)],
    asked: RefCell<Vec<&'static str>>,
    /// Keys that must stand here and do not, with what to do: told when all is asked, since one may only be misspelt.
    missing: RefCell<Vec<(&'static str, Both)>>,
    problems: &'a Problems,
}

impl<'a> Fields<'a> {
    /// The keys of `node`, which is called `what` in messages; a repeated key is reported.
    pub(crate) fn of(node: &'a Node, what: Noun, problems: &'a Problems) -> Option<Fields<'a>> {
        let Value::Map(entries) = &node.value else {
            let Noun { zh, en } = what;
            let wanted = both!(
                "{zh}: 这里应是 `键: 值` 的若干行",
                "{en}: `key: value` lines belong here"
            );
            let help = both!(
                "换行缩进写 `键: 值`, 或写成 `{{键: 值}}`",
                "write indented `key: value` lines, or `{{key: value}}`"
            );
            problems.push(wrong_shape(node, wanted).help(help));
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
                            both!(
                                "`{}` 在这里写了两次, 前一处在第 {line} 行",
                                "`{}` stands twice here, first in line {line}",
                                key.value
                            ),
                        )
                        .help(both!("保留其中一个", "keep one of them")),
                );
            }
        }
        let at = entries.first().map_or(&node.at, |(key, _)| &key.at).clone();
        Some(Fields {
            what,
            at,
            entries,
            asked: RefCell::default(),
            missing: RefCell::default(),
            problems,
        })
    }

    fn ask(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
        #[cfg(test)]
        asked::remember(self.what.en, key);
    }

    /// The value of `key`, if it stands there. A key without a value is reported.
    pub(crate) fn optional(&self, key: &'static str) -> Option<&'a Node> {
        self.ask(key);
        let (said, node) = self.entries.iter().find(|(said, _)| said.value == key)?;
        if matches!(node.value, Value::Empty) {
            self.problems.push(
                said.at
                    .error(
                        codes::MISSING_KEY,
                        both!("`{key}` 没有写值", "`{key}` has no value"),
                    )
                    .help(both!(
                        "写上值, 或删去这一行",
                        "give a value or drop the line"
                    )),
            );
            return None;
        }
        Some(node)
    }

    /// The value of `key`; its absence is reported with `help`.
    pub(crate) fn required(&self, key: &'static str, help: Both) -> Option<&'a Node> {
        if !self.has(key) {
            self.ask(key);
            self.missing.borrow_mut().push((key, help));
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
        let Noun { zh, en } = self.what;
        for (key, node) in self.others() {
            if let Some(problem) = cut_by_comma(key, node) {
                self.problems.push(problem);
                continue;
            }
            let near = nearest(&key.value, asked.iter().copied());
            self.missing
                .borrow_mut()
                .retain(|(missing, _)| near != Some(missing));
            let help = match near {
                Some(near) => both!("是否想写 `{near}`?", "did you mean `{near}`?"),
                None => both!("可用的键: {}", "known keys: {}", asked.join(", ")),
            };
            self.problems.push(
                key.at
                    .error(
                        codes::UNKNOWN_KEY,
                        both!("{zh}: 不认得的键 `{}`", "{en}: unknown key `{}`", key.value),
                    )
                    .help(help),
            );
        }
    }
}

/// 逗号断句 · Prose between braces ends at a comma, and what follows is taken for a key without a value.
fn cut_by_comma(key: &Said<String>, node: &Node) -> Option<crate::Problem> {
    let is_prose = !key.value.is_ascii();
    let before = &key.at.source.text[..key.at.span.start];
    let comma = before.trim_end().strip_suffix(',')?.len();
    if !is_prose || !matches!(node.value, Value::Empty) {
        return None;
    }
    let message = both!(
        "逗号把一句话断成了两截: `{}` 被当成了键",
        "a comma cuts the sentence in two: `{}` is taken for a key",
        key.value
    );
    let help = both!(
        "把前面的半角逗号改成全角 `，`, 或给整句加引号",
        "write the full-width `，` before it, or put the whole sentence in quotes"
    );
    let from = At {
        source: std::sync::Arc::clone(&key.at.source),
        span: comma..key.at.span.start,
    };
    let was = before[comma..].to_owned();
    let problem = key.at.error(codes::UNKNOWN_KEY, message).help(help);
    Some(problem.fix(from.mend(&was, "，")))
}

/// What is missing is told even where reading stops early.
impl Drop for Fields<'_> {
    fn drop(&mut self) {
        let Noun { zh, en } = self.what;
        for (key, help) in self.missing.take() {
            let message = both!("{zh}: 缺少 `{key}`", "{en}: `{key}` is missing");
            let problem = self.at.error(codes::MISSING_KEY, message);
            self.problems.push(problem.help(help));
        }
    }
}

/// The items of a list.
pub(crate) fn items<'a>(node: &'a Node, problems: &Problems) -> &'a [Node] {
    match &node.value {
        Value::List(items) => items,
        _ => {
            problems.push(
                wrong_shape(node, both!("这里应是一组 (列表)", "a list belongs here"))
                    .help(both!("写成 `- …` 或 `[…]`", "write `- …` or `[…]`")),
            );
            &[]
        }
    }
}

/// A node of another shape than it should have.
pub(crate) fn wrong_shape(node: &Node, message: Both) -> crate::Problem {
    let Noun { zh, en } = match node.value {
        Value::Empty => noun("空的", "nothing"),
        Value::Text(_) => noun("文字", "text"),
        Value::List(_) => noun("一组 (列表)", "a list"),
        Value::Map(_) => noun("`键: 值`", "a mapping"),
    };
    let Both {
        zh: want,
        en: wanted,
    } = message;
    let message = both!("{want}, 写的却是{zh}", "{wanted}, not {en}");
    node.at.error(codes::WRONG_SHAPE, message)
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
