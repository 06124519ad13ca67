//! 目录读入 · Reads the embedded tables: short lines for people, typed values for the program.
//!
//! Form of the data: a field is `[中文, English, type, code list?]`; a node is `[id, "field field …"]`
//! where `[]` marks a list, `{}` flat members, `!` what is mandatory and `?` what is conditional.
//! A slip in the data is our bug, so it panics here and a test reads all of it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Catalogue, CodeList, FieldKind, FieldSpec, Need, NodeKind, NodeSpec, OutputSpec, Shape,
    Transaction,
};
use crate::members::same_word;

#[derive(Deserialize)]
struct Tables {
    #[serde(borrow)]
    personal: &'static str,
    computed: &'static str,
    request: Vec<Vec<&'static str>>,
    response: Vec<Vec<&'static str>>,
    fields: BTreeMap<&'static str, Vec<&'static str>>,
    transactions: Vec<TransactionLine>,
}

#[derive(Deserialize)]
struct TransactionLine {
    infno: &'static str,
    zh: &'static str,
    en: &'static str,
    group: &'static str,
    path: &'static str,
    undo: Vec<&'static str>,
    reversible: bool,
    shape: &'static str,
    #[serde(rename = "in")]
    input: Vec<(&'static str, &'static str)>,
    #[serde(rename = "out")]
    output: Vec<(&'static str, &'static str)>,
}

#[derive(Deserialize)]
struct ListLine {
    zh: &'static str,
    open: bool,
    values: Vec<(&'static str, &'static str, &'static str)>,
}

/// What is said of a field by its name alone.
struct Marks {
    personal: Vec<&'static str>,
    computed: Vec<&'static str>,
}

pub(super) fn load(transactions: &'static str, codes: &'static str) -> Catalogue {
    let tables: Tables =
        serde_json::from_str(transactions).expect("catalogue/transactions.json is ours and tested");
    let codes: BTreeMap<&'static str, ListLine> =
        serde_json::from_str(codes).expect("catalogue/codes.json is ours and tested");
    let marks = Marks {
        personal: tables.personal.split(' ').collect(),
        computed: tables.computed.split(' ').collect(),
    };
    let envelope = |rows: &[Vec<&'static str>]| {
        rows.iter()
            .map(|row| field(row[0], &row[1..], &marks))
            .collect()
    };
    let transactions = tables
        .transactions
        .iter()
        .map(|line| (line.infno, transaction(line, &tables.fields, &marks)));
    let amounts = tables
        .fields
        .iter()
        .filter(|(_, line)| line[2] == "number:16.2")
        .map(|(name, _)| *name)
        .collect();
    let lists = codes.into_iter().map(|(key, list)| {
        (
            key,
            CodeList {
                zh: list.zh,
                open: list.open,
                values: list.values,
            },
        )
    });
    let envelopes = tables.request.iter().chain(&tables.response);
    let spelt: BTreeMap<&'static str, bool> = envelopes
        .filter_map(|row| row.first())
        .chain(tables.fields.keys())
        .map(|name| (*name, is_personal(name, &marks)))
        .collect();
    let names = spelt.keys().map(|name| super::plain(name)).collect();
    Catalogue {
        transactions: transactions.collect(),
        lists: lists.collect(),
        request: envelope(&tables.request),
        response: envelope(&tables.response),
        personal: marks.personal,
        amounts,
        names,
        spelt,
    }
}

/// However a personal name is spelt.
fn is_personal(name: &str, marks: &Marks) -> bool {
    let mut known = marks.personal.iter();
    known.any(|known| *known == name || same_word(known, name))
}

fn transaction(
    line: &TransactionLine,
    fields: &BTreeMap<&'static str, Vec<&'static str>>,
    marks: &Marks,
) -> Transaction {
    let nodes = |rows: &[(&'static str, &'static str)]| {
        rows.iter().map(|row| node(*row, fields, marks)).collect()
    };
    let shape = match line.shape {
        "object" => Shape::Object,
        "array" => Shape::Array,
        "none" => Shape::None,
        "file" => Shape::File,
        other => panic!("{}: unknown shape `{other}`", line.infno),
    };
    Transaction {
        infno: line.infno,
        zh: line.zh,
        en: line.en,
        group: line.group,
        input: nodes(&line.input),
        output: OutputSpec {
            shape,
            nodes: nodes(&line.output),
        },
        undo_by: line.undo.clone(),
        reversible_by_2601: line.reversible,
        service_path: Some(line.path).filter(|path| !path.is_empty()),
    }
}

fn node(
    (head, names): (&'static str, &'static str),
    fields: &BTreeMap<&'static str, Vec<&'static str>>,
    marks: &Marks,
) -> NodeSpec {
    let (head, required) = head
        .strip_suffix('!')
        .map_or((head, false), |head| (head, true));
    let (id, kind) = match (head.strip_suffix("[]"), head.strip_suffix("{}")) {
        (Some(id), _) => (id, NodeKind::List),
        (_, Some(id)) => (id, NodeKind::Flat),
        _ => (head, NodeKind::Single),
    };
    let spec = |name: &'static str| {
        let line = fields
            .get(name.trim_end_matches(['!', '?']))
            .unwrap_or_else(|| panic!("{id}: unknown field `{name}`"));
        field(name, line, marks)
    };
    NodeSpec {
        id,
        kind,
        required,
        fields: names.split(' ').map(spec).collect(),
    }
}

fn field(name: &'static str, line: &[&'static str], marks: &Marks) -> FieldSpec {
    let need = match name.as_bytes()[name.len() - 1] {
        b'!' => Need::Yes,
        b'?' => Need::Conditional,
        _ => Need::No,
    };
    let name = name.trim_end_matches(['!', '?']);
    let (kind, max_len) = kind(line[2]);
    FieldSpec {
        name,
        zh: line[0],
        en: line[1],
        kind,
        max_len,
        need,
        code_list: line.get(3).copied(),
        personal: marks.personal.contains(&name),
        computed: marks.computed.contains(&name),
    }
}

fn kind(text: &str) -> (FieldKind, Option<usize>) {
    let number = |text: &str| text.parse::<usize>().expect("a whole number");
    match text.split_once(':') {
        Some(("text", max_len)) => (FieldKind::Text, Some(number(max_len))),
        Some(("number", digits)) => {
            let (precision, scale) = digits.split_once('.').expect("precision.scale");
            (
                FieldKind::Number {
                    precision: number(precision),
                    scale: number(scale),
                },
                None,
            )
        }
        _ => match text {
            "text" => (FieldKind::Text, None),
            "date" => (FieldKind::Date, None),
            "datetime" => (FieldKind::DateTime, None),
            "bytes" => (FieldKind::Bytes, None),
            other => panic!("unknown type `{other}`"),
        },
    }
}
