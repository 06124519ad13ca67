//! 接口目录 · The interface's tables: transactions, nodes, fields, code lists, read from embedded data.
//!
//! Why so: a field's name, length and need are facts, not code. They stand in `catalogue/*.json`, one
//! line a field or transaction, and every check and every Chinese field name comes from there.
//! Used by `check`, `classify`, `mask`, `mocks`, `scenarios`, `reports`. Not here: regional dialects.

mod load;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crosswipe_domain::InfNo;

use crate::members::same_word;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    load::load(
        include_str!("../catalogue/transactions.json"),
        include_str!("../catalogue/codes.json"),
    )
});

/// 接口目录 · The embedded catalogue, read once.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

/// 接口目录 · All transactions, the envelope, and the code lists.
#[derive(Debug)]
pub struct Catalogue {
    transactions: BTreeMap<&'static str, Transaction>,
    lists: BTreeMap<&'static str, CodeList>,
    /// Envelope of a request.
    pub request: Vec<FieldSpec>,
    /// Envelope of an answer.
    pub response: Vec<FieldSpec>,
    /// Every known field whose value names a person.
    personal: Vec<&'static str>,
    /// Every field that holds an amount of money.
    amounts: Vec<&'static str>,
    /// Every field of any message, in small letters alone.
    names: BTreeSet<String>,
    /// The same as the interface spells them, and whether each names a person: nearly all that is ever asked about.
    spelt: BTreeMap<&'static str, bool>,
}

/// 交易 · One transaction of the interface.
#[derive(Debug)]
pub struct Transaction {
    /// 交易编号
    pub infno: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// `outpatient`, `inpatient`, `query`, …
    pub group: &'static str,
    /// Nodes of `input`.
    pub input: Vec<NodeSpec>,
    /// What a success carries.
    pub output: OutputSpec,
    /// Transactions of their own that undo it.
    pub undo_by: Vec<&'static str>,
    /// True if 2601 may name it.
    pub reversible_by_2601: bool,
    /// Path where a gateway has one path per service, the platform's own misspellings included.
    pub service_path: Option<&'static str>,
}

/// What a success carries.
#[derive(Debug)]
pub struct OutputSpec {
    /// Shape of `output`.
    pub shape: Shape,
    /// Its nodes.
    pub nodes: Vec<NodeSpec>,
}

/// Shape of `output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nodes by name.
    Object,
    /// A bare list.
    Array,
    /// Nothing.
    None,
    /// The bytes of a file.
    File,
}

/// 节点 · A node of `input` or `output`.
#[derive(Debug)]
pub struct NodeSpec {
    /// Its name; empty for flat members and for the rows of a bare list.
    pub id: &'static str,
    /// One object, a list, or members directly under `input`/`output`.
    pub kind: NodeKind,
    /// Whether it must be there.
    pub required: bool,
    /// Its fields.
    pub fields: Vec<FieldSpec>,
}

/// How the fields of a node are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// One object.
    Single,
    /// A list of objects.
    List,
    /// Directly under `input`/`output`.
    Flat,
}

/// 字段 · One field of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name on the wire.
    pub name: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// Type.
    pub kind: FieldKind,
    /// Longest text in characters, where the interface says one.
    pub max_len: Option<usize>,
    /// Whether it must be there.
    pub need: Need,
    /// Code list of its values.
    pub code_list: Option<&'static str>,
    /// True if its value names a person.
    pub personal: bool,
    /// True if the platform computes it anyway, so that a message without it can be answered.
    pub computed: bool,
}

/// Type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text; codes are text.
    Text,
    /// A decimal number.
    Number {
        /// Digits in all.
        precision: usize,
        /// Digits after the point.
        scale: usize,
    },
    /// `yyyy-MM-dd`
    Date,
    /// `yyyy-MM-dd HH:mm:ss`
    DateTime,
    /// Bytes: a JSON list of numbers, or Base64.
    Bytes,
}

/// Whether a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Always.
    Yes,
    /// Never.
    No,
    /// In some cases.
    Conditional,
}

/// 代码表 · Values of a code with their names.
#[derive(Debug)]
pub struct CodeList {
    /// Chinese name of the list.
    pub zh: &'static str,
    /// True if platforms may send further values.
    pub open: bool,
    /// Value, Chinese and English meaning.
    pub values: Vec<(&'static str, &'static str, &'static str)>,
}

impl Catalogue {
    /// A transaction; a version suffix (`2203A`) is forgiven.
    pub fn transaction(&self, infno: &InfNo) -> Option<&Transaction> {
        self.transactions
            .get(infno.as_str())
            .or_else(|| self.transactions.get(infno.base()))
    }

    /// All transactions, by number.
    pub fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.transactions.values()
    }

    /// A field of a node, of the input first; the empty node also means the envelope of a request.
    pub fn field(&self, infno: &InfNo, node: &str, name: &str) -> Option<&FieldSpec> {
        let of_node = |transaction: &'static str| self.transactions.get(transaction);
        let transaction = of_node(self.transaction(infno)?.infno)?;
        let nodes = transaction
            .input
            .iter()
            .chain(&transaction.output.nodes)
            .filter(|spec| spec.id == node);
        nodes
            .flat_map(|spec| &spec.fields)
            .find(|field| field.name == name)
            .or_else(|| {
                if node.is_empty() {
                    self.request.iter().find(|field| field.name == name)
                } else {
                    None
                }
            })
    }

    /// Names of all fields that hold an amount of money, in order.
    pub fn amount_names(&self) -> impl Iterator<Item = &'static str> {
        self.amounts.iter().copied()
    }

    /// A code list by its key.
    pub fn list(&self, key: &str) -> Option<&CodeList> {
        self.lists.get(key)
    }

    /// Chinese meaning of a code value.
    pub fn code_name_zh(&self, list: &str, value: &str) -> Option<&str> {
        self.lists
            .get(list)?
            .values
            .iter()
            .find(|(code, ..)| *code == value)
            .map(|(_, zh, _)| *zh)
    }

    /// True if a field of this name holds something that names a person, however it is spelt.
    pub fn is_personal(&self, name: &str) -> bool {
        if let Some(personal) = self.spelt.get(name) {
            return *personal;
        }
        self.personal
            .iter()
            .any(|known| *known == name || same_word(known, name))
    }

    /// True for a field that the interface has anywhere, however it is spelt.
    pub fn knows(&self, name: &str) -> bool {
        self.spelt.contains_key(name) || self.names.contains(&plain(name))
    }
}

/// A name as it is compared: letter case and underscores do not count.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| *c != '_');
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

impl Transaction {
    /// A node of the input.
    pub fn input_node(&self, id: &str) -> Option<&NodeSpec> {
        self.input.iter().find(|node| node.id == id)
    }

    /// A node of the output.
    pub fn output_node(&self, id: &str) -> Option<&NodeSpec> {
        self.output.nodes.iter().find(|node| node.id == id)
    }
}

impl NodeSpec {
    /// A field of this node.
    pub fn field(&self, name: &str) -> Option<&FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl FieldSpec {
    /// True for an amount of money: a number of two decimals and full width.
    pub fn is_amount(&self) -> bool {
        self.kind
            == FieldKind::Number {
                precision: 16,
                scale: 2,
            }
    }
}
