//! 应答字段 · What the answers of two runs hold: a field that is gone, a new one, another kind of value, another value.
//!
//! Why so: an interface changes in the answers first, and nobody reads a thousand of them. Each path is told once, with how
//! many messages it is about and one of them. Ids and times differ between any two runs and are compared by kind alone.
//! Called by `compare`. Not here: amounts that the journal knows (`compare`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::InfNo;
use serde_json::Value;

use super::{Place, messages};
use crate::story::{Message, Story};

/// One path in the answers to one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldChange {
    pub(crate) infno: InfNo,
    /// `output.setlinfo.psn_cash_pay`; `[]` stands for every item of a list.
    pub(crate) path: String,
    pub(crate) how: FieldHow,
    /// Answers that it is about.
    pub(crate) messages: usize,
    /// The first of them: its case, and both values.
    pub(crate) case: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// How a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FieldHow {
    /// The second run's answers lack it.
    Gone,
    /// A text instead of a number, a list instead of a node, null instead of a value.
    Kind,
    /// Another value of the same kind.
    Value,
    /// The first run's answers lacked it.
    Added,
}

type Told<'a> = (&'a Story, &'a BTreeMap<u64, String>);

/// Answers of messages that stand in both runs.
pub(super) fn compare(first: Told<'_>, second: Told<'_>) -> Vec<FieldChange> {
    let (before, after) = (messages(first.0), messages(second.0));
    let mut changes: BTreeMap<(&InfNo, FieldHow, String), FieldChange> = BTreeMap::new();
    for (place, was) in &before {
        let Some(is) = after.get(place) else { continue };
        let (Some(was), Some(is)) = (answer(was, first.1), answer(is, second.1)) else {
            continue;
        };
        for (path, how, was, is) in differences(&was, &is) {
            let key = (place.2, how, path.clone());
            changes
                .entry(key)
                .and_modify(|one| one.messages += 1)
                .or_insert_with(|| one(place, path, how, was, is));
        }
    }
    changes.into_values().collect()
}

fn one(
    place: &Place<'_>,
    path: String,
    how: FieldHow,
    before: String,
    after: String,
) -> FieldChange {
    FieldChange {
        infno: place.2.clone(),
        path,
        how,
        messages: 1,
        case: place.0.to_string(),
        before,
        after,
    }
}

/// The masked answer as a tree of leaves; `None` where there is none, or it is no JSON.
fn answer(
    message: &Message,
    texts: &BTreeMap<u64, String>,
) -> Option<BTreeMap<String, BTreeSet<Leaf>>> {
    let text = texts.get(&message.reply_seq?)?;
    let value: Value = serde_json::from_str(text).ok()?;
    let mut leaves = BTreeMap::new();
    walk(&value, String::new(), &mut leaves);
    Some(leaves)
}

/// A leaf: its kind and its text.
type Leaf = (&'static str, String);

fn walk(value: &Value, path: String, leaves: &mut BTreeMap<String, BTreeSet<Leaf>>) {
    let mut put = |kind, text: String| {
        leaves.entry(path.clone()).or_default().insert((kind, text));
    };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let inner = match path.is_empty() {
                    true => name.clone(),
                    false => format!("{path}.{name}"),
                };
                walk(member, inner, leaves);
            }
        }
        Value::Array(items) => {
            let inner = format!("{path}[]");
            items
                .iter()
                .for_each(|item| walk(item, inner.clone(), leaves));
        }
        Value::Null => put("null", String::new()),
        Value::Bool(flag) => put("flag", flag.to_string()),
        Value::Number(number) => put("number", number.to_string()),
        Value::String(text) => put("text", text.clone()),
    }
}

type Difference = (String, FieldHow, String, String);

fn differences(
    was: &BTreeMap<String, BTreeSet<Leaf>>,
    is: &BTreeMap<String, BTreeSet<Leaf>>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let paths: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for path in paths {
        let how = match (was.get(path), is.get(path)) {
            (Some(_), None) => FieldHow::Gone,
            (None, Some(_)) => FieldHow::Added,
            (Some(was), Some(is)) if kinds(was) != kinds(is) => FieldHow::Kind,
            (Some(was), Some(is)) if was != is && !is_of_one_run(path, was, is) => FieldHow::Value,
            _ => continue,
        };
        let of_kind = how == FieldHow::Kind;
        let shown = |leaves: Option<&BTreeSet<Leaf>>| {
            let told = leaves
                .into_iter()
                .flatten()
                .map(|(kind, text)| match of_kind {
                    true => format!("{kind} {}", short(text)).trim_end().to_owned(),
                    false => short(text),
                });
            told.take(3).collect::<Vec<_>>().join(" | ")
        };
        found.push((path.clone(), how, shown(was.get(path)), shown(is.get(path))));
    }
    found
}

fn kinds(leaves: &BTreeSet<Leaf>) -> BTreeSet<&'static str> {
    leaves.iter().map(|(kind, _)| *kind).collect()
}

/// What is new in every run: ids by their name, instants by their form.
fn is_of_one_run(path: &str, was: &BTreeSet<Leaf>, is: &BTreeSet<Leaf>) -> bool {
    let name = path.rsplit(['.', ']']).next().unwrap_or(path);
    let ends = [
        "_id", "_sn", "_no", "_time", "_date", "msgid", "bchno", "signtr", "cainfo",
    ];
    let is_id =
        ends.iter().any(|end| name.ends_with(end)) || name.ends_with("no") && name.contains("setl");
    let is_instant = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let rest = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"-:. T+".contains(&b));
        rest && digits >= 12
    };
    is_id || was.iter().chain(is).all(|(_, text)| is_instant(text))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn leaves(value: &Value) -> BTreeMap<String, BTreeSet<Leaf>> {
        let mut found = BTreeMap::new();
        walk(value, String::new(), &mut found);
        found
    }

    #[rstest]
    #[case(json!({"a": {"b": "1"}}), json!({"a": {}}), Some(("a.b", FieldHow::Gone)))]
    #[case(json!({"a": {}}), json!({"a": {"b": "1"}}), Some(("a.b", FieldHow::Added)))]
    #[case(json!({"a": "1.00"}), json!({"a": 1}), Some(("a", FieldHow::Kind)))]
    #[case(json!({"a": "1.00"}), json!({"a": null}), Some(("a", FieldHow::Kind)))]
    #[case(json!({"a": "1.00"}), json!({"a": "1.01"}), Some(("a", FieldHow::Value)))]
    #[case(json!({"a": [{"x": "1"}, {"x": "2"}]}), json!({"a": [{"x": "2"}, {"x": "1"}]}), None)]
    #[case(json!({"a": [{"x": "1"}]}), json!({"a": {"x": "1"}}), Some(("a.x", FieldHow::Added)))]
    #[case(json!({"setl_id": "S1"}), json!({"setl_id": "S2"}), None)]
    #[case(json!({"setl_id": "S1"}), json!({"setl_id": 2}), Some(("setl_id", FieldHow::Kind)))]
    #[case(json!({"t": "20170602090000"}), json!({"t": "20170603090000"}), None)]
    #[case(json!({"t": "2017-06-02 09:00:00"}), json!({"t": "2017-06-03 09:00:00"}), None)]
    #[case(json!({"balc": "100.00"}), json!({"balc": "90.00"}), Some(("balc", FieldHow::Value)))]
    fn a_difference_is_told_by_its_kind(
        #[case] was: Value,
        #[case] is: Value,
        #[case] expected: Option<(&str, FieldHow)>,
    ) {
        let found = differences(&leaves(&was), &leaves(&is));
        let first = found.first().map(|(path, how, ..)| (path.as_str(), *how));
        assert_eq!(first, expected, "{found:?}");
    }
}
