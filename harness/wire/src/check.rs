//! 报文检查 · Compares a request with the catalogue's tables and tells everything that differs.
//!
//! Why so: no field has a check of its own. What is mandatory, how long, which type and which codes
//! is data; this walks over it. A regular message gets no finding at all: a false one costs more
//! trust than a missed one. Called by `mocks` (mandatory fields) and by conformance reports.
//! Not here: whether a transaction is in order at this moment (`mocks`), signatures, sessions.

mod envelope;
mod ties;
mod value;

use crosswipe_domain::{InfNo, Names, Profile};

use crate::catalogue::{FieldSpec, Need, NodeKind, NodeSpec, catalogue};
use crate::finding::{FieldPath, Finding, Said, Weight};
use crate::json;
use crate::members::{Members, same_word};
use crate::regional::{field_name, is_regular_number, node_name};
use crate::request::Request;

/// 口径 · How strictly a message is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 宽松 · What real clients do is forgiven and noted.
    Tolerant,
    /// 严格 · Everything that differs is a defect.
    Strict,
}

/// What tolerant mode forgives.
const FORGIVEN: [&str; 33] = [
    "infno-edition",
    "address-differs",
    "computed-missing",
    "byte-order-mark",
    "duplicate-key",
    "input-as-text",
    "node-level",
    "node-name",
    "object-for-list",
    "list-for-object",
    "number-as-text",
    "text-as-number",
    "null-text",
    "stray-blank",
    "date-form",
    "code-form",
    "key-case",
    "unknown-key",
    "msgid-length",
    "msgid-prefix",
    "msgid-date",
    "infver-form",
    "insuplc-not-pooling-area",
    "psn-no-without-insuplc",
    "cainfo-unverifiable",
    "path-not-infno",
    "timestamp-outside",
    "timestamp-missing",
    "nonce",
    "signed-in-other-encoding",
    "sign-no-not-issued",
    "sign-no-expired",
    "split-differs",
];

/// Everything that differs from the tables as a region's profile reads them, in the order of the tables.
pub fn check(request: &Request<'_>, mode: Mode, profile: &Profile) -> Vec<Finding> {
    let mut found = Found::new(mode);
    for note in &request.notes {
        // Where a region wants it so, it is no note.
        if note.code == "input-as-text" && profile.envelope.input_as_text {
            continue;
        }
        found.add(
            note.code,
            note.path.clone(),
            note.expected.clone(),
            note.actual.clone(),
        );
    }
    envelope::check(request, profile, &mut found);
    match catalogue().transaction(&request.infno) {
        Some(transaction) => {
            for node in &transaction.input {
                check_node(request, node, &profile.names, &mut found);
            }
            check_input_keys(request, &transaction.input, &mut found);
            check_lines(request, profile, &mut found);
            ties::check(request, transaction, profile, &mut found);
            if !is_regular_number(&profile.names, &request.infno) {
                found.add(
                    "infno-edition",
                    path("", None, "infno", "交易编号"),
                    profile.names.diagnosis_numbers.join(" / "),
                    request.infno.as_str(),
                );
            }
        }
        None if profile.recorded.contains(&request.infno) => {}
        // Regular here, though no public document says what stands in it.
        None if profile.settles_in_one_call(&request.infno) => {}
        None => found.add(
            "infno-unknown",
            path("", None, "infno", ""),
            Said::words("接口目录里的交易", "a known transaction"),
            request.infno.as_str(),
        ),
    }
    found.findings
}

/// Mandatory fields and nodes that are not there: envelope first (empty node), then node by node. Amounts that
/// the platform computes anyway are not among them.
pub fn missing_mandatory(request: &Request<'_>) -> Vec<FieldPath> {
    let mut missing: Vec<FieldPath> = absent(&request.envelope, &catalogue().request)
        .map(|field| path("", None, field.name, field.zh))
        .collect();
    let Some(transaction) = catalogue().transaction(&request.infno) else {
        return missing;
    };
    for node in &transaction.input {
        let elements = request.nodes(node.id);
        if elements.is_empty() && node.required {
            missing.push(path(node.id, None, "", ""));
        }
        for (index, element) in elements.iter().enumerate() {
            let index = (node.kind == NodeKind::List).then_some(index);
            missing.extend(
                absent(element, &node.fields)
                    .map(|field| path(node.id, index, field.name, field.zh)),
            );
        }
    }
    missing
}

/// Findings under construction; the mode decides what each weighs.
pub(crate) struct Found {
    mode: Mode,
    pub(crate) findings: Vec<Finding>,
}

impl Found {
    /// Whether this was found already.
    pub(crate) fn has(&self, code: &str) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }

    pub(crate) fn new(mode: Mode) -> Found {
        Found {
            mode,
            findings: Vec::new(),
        }
    }

    pub(crate) fn add(
        &mut self,
        code: &'static str,
        path: FieldPath,
        expected: impl Into<Said>,
        actual: impl Into<Said>,
    ) {
        let forgiven = self.mode == Mode::Tolerant && FORGIVEN.contains(&code);
        let weight = if forgiven {
            Weight::Note
        } else {
            Weight::Defect
        };
        self.findings.push(Finding {
            code,
            weight,
            path,
            expected: expected.into(),
            actual: actual.into(),
        });
    }
}

pub(crate) fn path(node: &str, index: Option<usize>, field: &str, zh: &'static str) -> FieldPath {
    FieldPath {
        node: node.to_owned(),
        index,
        field: field.to_owned(),
        zh,
    }
}

fn absent<'f>(
    members: &'f Members<'_>,
    fields: &'f [FieldSpec],
) -> impl Iterator<Item = &'f FieldSpec> {
    fields
        .iter()
        .filter(|field| field.need == Need::Yes && !has_value(members, field.name))
}

/// True for a container, or a scalar that is neither null nor empty.
fn has_value(members: &Members<'_>, name: &str) -> bool {
    members
        .raw(name)
        .is_some_and(|raw| raw.starts_with(['{', '[']))
        || members.text(name).is_some()
}

fn check_node(request: &Request<'_>, node: &NodeSpec, names: &Names, found: &mut Found) {
    let at = || path(node.id, None, "", "");
    let called = node_name(names, &request.infno, node.id);
    let elements = request.nodes(node.id);
    if elements.is_empty() {
        if node.required {
            found.add("node-missing", at(), shape_of(node.kind), "");
        }
        return;
    }
    match request.key_of(node.id) {
        Some(key) => {
            if key != called {
                found.add("node-name", at(), called, key);
            }
            check_node_shape(request, node, key, elements.len(), found);
        }
        None => found.add("node-level", at(), node.id, "input"),
    }
    for (index, element) in elements.iter().enumerate() {
        let index = (node.kind == NodeKind::List).then_some(index);
        let of = (names, &request.infno);
        check_fields(element, &node.fields, of, (node.id, index), found);
    }
}

fn check_node_shape(
    request: &Request<'_>,
    node: &NodeSpec,
    key: &str,
    objects: usize,
    found: &mut Found,
) {
    let at = || path(node.id, None, "", "");
    let raw = request.input.raw(key).unwrap_or_default();
    match (node.kind, raw.as_bytes().first()) {
        (NodeKind::List, Some(b'{')) => found.add("object-for-list", at(), list(), object()),
        (NodeKind::Single | NodeKind::Flat, Some(b'[')) => {
            found.add("list-for-object", at(), object(), list())
        }
        _ => {}
    }
    if raw.starts_with('[') && json::elements(raw).len() != objects {
        found.add(
            "wrong-type",
            at(),
            Said::words("每条都是对象", "objects"),
            Said::words("有的不是", "other elements"),
        );
    }
}

fn check_fields(
    members: &Members<'_>,
    fields: &[FieldSpec],
    (names, infno): (&Names, &InfNo),
    (node, index): (&str, Option<usize>),
    found: &mut Found,
) {
    let called = |field: &FieldSpec| field_name(names, infno, field.name).to_owned();
    for field in fields {
        let at = path(node, index, &called(field), field.zh);
        match members.raw(&called(field)) {
            Some(raw) => value::check(field, raw, &at, found),
            None => value::check_empty(field, &at, found),
        }
    }
    for key in members.repeated() {
        found.add("duplicate-key", path(node, index, key, ""), "1", "> 1");
    }
    for (key, _) in members
        .iter()
        .filter(|(key, _)| fields.iter().all(|field| called(field) != *key))
    {
        check_odd_key(key, fields, node, index, found);
    }
}

/// A key that is none of the table's: another letter case, the extension content, or unknown.
fn check_odd_key(
    key: &str,
    fields: &[FieldSpec],
    node: &str,
    index: Option<usize>,
    found: &mut Found,
) {
    let meant = fields.iter().find(|field| same_word(field.name, key));
    let capitals = key.bytes().any(|b| b.is_ascii_uppercase());
    match meant {
        Some(field) if capitals => found.add(
            "key-case",
            path(node, index, field.name, field.zh),
            field.name,
            key,
        ),
        Some(_) => {}
        // Extension content goes with any node, under either spelling.
        None if same_word(key, "exp_content") => {}
        None => found.add("unknown-key", path(node, index, key, ""), "", key),
    }
}

/// Fee lines or mapped items beyond what the region takes in one message.
fn check_lines(request: &Request<'_>, profile: &Profile, found: &mut Found) {
    let node = match request.infno.base() {
        "2204" | "2301" => "feedetail",
        "3301" => "data",
        _ => return,
    };
    let most = usize::try_from(profile.lines).unwrap_or(usize::MAX);
    let lines = request.nodes(node).len();
    if lines > most {
        let expected = Said::words(format!("{most} 条以内"), format!("at most {most} lines"));
        let actual = Said::words(format!("{lines} 条"), format!("{lines} lines"));
        found.add("too-many-lines", path(node, None, "", ""), expected, actual);
    }
}

/// Members of `input` that are no node of the transaction.
fn check_input_keys(request: &Request<'_>, nodes: &[NodeSpec], found: &mut Found) {
    if request.lacks_node_level() {
        return;
    }
    let used: Vec<&str> = nodes
        .iter()
        .filter_map(|node| request.key_of(node.id))
        .collect();
    for (key, raw) in request.input.iter().filter(|(key, _)| !used.contains(key)) {
        let lacks =
            |one: &&mut Finding| one.code == "node-missing" && one.actual == Said::default();
        let is_box = raw.starts_with(['{', '[']);
        // A node under a name of nobody is the one that is missing.
        if let Some(missing) = found.findings.iter_mut().find(lacks).filter(|_| is_box) {
            missing.actual = key.into();
            continue;
        }
        match used.iter().find(|node| same_word(node, key)) {
            Some(node) => found.add("key-case", path(node, None, "", ""), *node, key),
            None => found.add("unknown-key", path("input", None, key, ""), "", key),
        }
    }
}

fn shape_of(kind: NodeKind) -> Said {
    match kind {
        NodeKind::List => list(),
        NodeKind::Single | NodeKind::Flat => object(),
    }
}

pub(crate) fn list() -> Said {
    Said::words("列表", "list")
}

pub(crate) fn object() -> Said {
    Said::words("对象", "object")
}

#[cfg(test)]
mod tests;
