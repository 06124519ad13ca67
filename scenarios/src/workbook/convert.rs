//! 转成工作簿 · The files of a plan folder as sheets.
//!
//! Why it loses nothing: what has a column goes there, what a row has beside its columns goes into 其他 as pairs, and what has
//! no sheet goes into 附加 as it stands in its file. Comments of what became rows are left behind. Whoever converts reads the
//! workbook back and compares the two plans. Called by `lib` for `plan --convert` and `init --workbook`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::form::{
    BASKET_DIR, BASKETS, CASES, CATALOGUE, CONTACTS, Column, DUTIES, Form, HEAD, KNOWN, Kind,
    MATRIX, MORE, PARTIES, PERSONS, SCENARIO_MARK, WINDOW,
};
use super::text::quoted;
use super::write::Page;
use crate::folder::PLAN_FILE;
use crate::node::{Node, Value, read_yaml};
use crate::problem::{Problems, Said};
use crate::source::{Source, decode};
use crate::table::cells_of;

/// A cell holds at most 32 767 characters.
const CELL: usize = 30_000;
/// Keys of `plan.yaml` that sheets say.
const OWNED: [&str; 15] = [
    "plan",
    "title",
    "source",
    "rollback",
    "cross_swipe",
    "margin",
    "probe",
    "phases",
    "topology",
    "persons",
    "contacts",
    "scenarios",
    "matrix",
    "duties",
    "known_issues",
];

/// The sheets of a plan that was read without a problem from these files.
pub(crate) fn sheets_of(files: &BTreeMap<String, Vec<u8>>) -> Vec<Page> {
    let mut left: BTreeMap<&str, &[u8]> = files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect();
    let Some((source, plan)) = left.remove(PLAN_FILE).and_then(yaml) else {
        return Vec::new();
    };
    let mut more: Vec<[String; 2]> = Vec::new();
    let mut window = rows(&WINDOW, plan.get("phases"), phase);
    window.head = head(&plan);
    for column in HEAD {
        let told = window.head.iter().any(|[what, _]| what == column.zh);
        if !told && let Some(text) = plan.slice(column.key, &source) {
            more.push([PLAN_FILE.to_owned(), text]);
        }
    }
    let mut table = |form: &'static Form, path: Option<String>| {
        let bytes = path.and_then(|path| left.remove(path.as_str()));
        table_page(form, bytes.unwrap_or_default())
    };
    let persons = table(&PERSONS, plan.text("persons"));
    let contacts = table(&CONTACTS, plan.text("contacts"));
    let topology = plan.text("topology");
    let topology = topology
        .and_then(|path| left.remove(path.as_str()))
        .and_then(yaml);
    let topology = topology.map(|(_, node)| node);
    let path = topology
        .as_ref()
        .and_then(|topology| topology.text("catalogue"));
    let catalogue = path
        .and_then(|path| left.remove(path.as_str()))
        .unwrap_or_default();
    let catalogue = table_page(&CATALOGUE, catalogue);
    let parties = parties(topology.as_ref());
    let mut scenarios: Vec<String> = plan.get("scenarios").map(Node::texts).unwrap_or_default();
    let mut matrix = Page::of(&MATRIX);
    while let Some(row) = scenarios
        .first()
        .and_then(|path| matrix_row(left.get(path.as_str())?))
    {
        left.remove(scenarios.remove(0).as_str());
        matrix.rows.push(row);
    }
    let baskets = baskets(&mut left);
    if !plan
        .get("matrix")
        .is_none_or(|node| is_of_rows(node, &matrix))
    {
        let text = plan.slice("matrix", &source);
        more.extend(text.map(|text| [PLAN_FILE.to_owned(), text]));
    }
    for (key, _) in plan.entries() {
        if !OWNED.contains(&key.value.as_str()) {
            let text = plan.slice(&key.value, &source);
            more.extend(text.map(|text| [PLAN_FILE.to_owned(), text]));
        }
    }
    for path in &scenarios {
        let bytes = left.remove(path.as_str()).unwrap_or_default();
        more.extend(lines_of(&format!("{SCENARIO_MARK}{path}"), bytes));
    }
    for (path, bytes) in left {
        more.extend(lines_of(path, bytes));
    }
    let mut rest = Page::of(&MORE);
    rest.rows = more.into_iter().map(Vec::from).collect();
    let known = rows(&KNOWN, plan.get("known_issues"), |_, _| None);
    let duties = rows(&DUTIES, plan.get("duties"), |_, _| None);
    vec![
        window,
        parties,
        persons,
        matrix,
        Page::of(&CASES),
        contacts,
        duties,
        known,
        catalogue,
        baskets,
        rest,
    ]
}

fn yaml(bytes: &[u8]) -> Option<(Arc<Source>, Node)> {
    let source = Arc::new(Source::new(String::new(), decode(bytes).ok()?));
    let node = read_yaml(&source, &Problems::default())?;
    Some((source, node))
}

impl Node {
    fn entries(&self) -> &[(Said<String>, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    fn get(&self, key: &str) -> Option<&Node> {
        let mut entries = self.entries().iter();
        entries
            .find(|(said, _)| said.value == key)
            .map(|(_, node)| node)
    }

    fn text(&self, key: &str) -> Option<String> {
        match &self.get(key)?.value {
            Value::Text(text) => Some(text.trim().to_owned()),
            _ => None,
        }
    }

    /// The words of a list, or a single one.
    fn texts(&self) -> Vec<String> {
        match &self.value {
            Value::Text(text) => vec![text.clone()],
            Value::List(items) => items.iter().flat_map(Node::texts).collect(),
            _ => Vec::new(),
        }
    }

    /// The entry of a key as it stands in the file, up to the next one and what is said before that.
    fn slice(&self, key: &str, source: &Source) -> Option<String> {
        let at = self
            .entries()
            .iter()
            .position(|(said, _)| said.value == key)?;
        let start = self.entries()[at].0.at.span.start;
        let next = self.entries().get(at + 1);
        let end = next.map_or(source.text.len(), |(said, _)| said.at.span.start);
        let lines: Vec<&str> = source.text.get(start..end)?.lines().collect();
        let said = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
        let last = lines.iter().rposition(said)?;
        Some(format!("{}\n", lines[..=last].join("\n")))
    }

    /// The same in one line, every scalar as text.
    fn flow(&self) -> String {
        match &self.value {
            Value::Empty => "~".to_owned(),
            Value::Text(text) => quoted(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Node::flow).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => format!("{{{}}}", pairs(entries.iter())),
        }
    }
}

fn pairs<'a>(entries: impl Iterator<Item = &'a (Said<String>, Node)>) -> String {
    let pairs: Vec<String> = entries
        .map(|(key, node)| format!("{}: {}", key.value, node.flow()))
        .collect();
    pairs.join(", ")
}

/// What a column shows of a value; `None` where it has another shape.
fn shown(column: &Column, node: &Node) -> Option<String> {
    let word = |text: &String, words: &[(&str, &str)]| {
        let found = words.iter().find(|(_, en)| en == text);
        found.map(|(zh, _)| (*zh).to_owned())
    };
    let text = match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    };
    match column.kind {
        Kind::Plain => text.cloned(),
        Kind::Instant => Some(match text?.strip_suffix("+08:00") {
            Some(plain) => plain.replacen('T', " ", 1),
            None => text?.clone(),
        }),
        Kind::One(words) => word(text?, words),
        Kind::Some(words) => {
            let all = node.texts();
            let all: Option<Vec<String>> = all.iter().map(|text| word(text, words)).collect();
            Some(all?.join("、"))
        }
        Kind::List => Some(node.texts().join("、")),
        Kind::Basket => {
            let name = text?
                .strip_prefix(BASKET_DIR)
                .and_then(|name| name.strip_suffix(".yaml"));
            Some(
                name.filter(|name| !name.contains('/'))
                    .unwrap_or(text?)
                    .to_owned(),
            )
        }
        Kind::Pairs => None,
    }
}

/// One row of a sheet from a mapping: columns by their keys, `special` for keys that are read in another way, and the rest
/// as pairs.
fn row(
    form: &Form,
    node: &Node,
    special: impl Fn(&str, &Node) -> Option<Vec<(&'static str, String)>>,
) -> Vec<String> {
    let mut cells = vec![String::new(); form.columns.len()];
    let place = |zh: &str| form.columns.iter().position(|column| column.zh == zh);
    let mut rest = Vec::new();
    for entry in node.entries() {
        let (key, value) = entry;
        if let Some(filled) = special(&key.value, value) {
            for (zh, text) in filled {
                if let Some(at) = place(zh) {
                    cells[at] = text;
                }
            }
            continue;
        }
        let column = form
            .columns
            .iter()
            .position(|column| column.key == key.value);
        let text = column.and_then(|at| Some((at, shown(&form.columns[at], value)?)));
        match text {
            Some((at, text)) => cells[at] = text,
            None => rest.push(entry),
        }
    }
    if let Some(at) = place("其他") {
        cells[at] = pairs(rest.into_iter());
    }
    cells
}

fn rows(
    form: &'static Form,
    list: Option<&Node>,
    special: impl Fn(&str, &Node) -> Option<Vec<(&'static str, String)>> + Copy,
) -> Page {
    let mut page = Page::of(form);
    if let Some(Value::List(items)) = list.map(|list| &list.value) {
        page.rows = items.iter().map(|node| row(form, node, special)).collect();
    }
    page
}

/// `allow: [{business, scope}]` has two columns; any other `allow` is told as it is.
fn phase(key: &str, node: &Node) -> Option<Vec<(&'static str, String)>> {
    let (Value::List(items), "allow") = (&node.value, key) else {
        return None;
    };
    let [allow] = items.as_slice() else {
        return None;
    };
    let mut filled = Vec::new();
    for (key, node) in allow.entries() {
        let zh = match key.value.as_str() {
            "business" => "允许业务",
            "scope" => "范围",
            _ => return None,
        };
        let column = WINDOW.columns.iter().find(|column| column.zh == zh)?;
        filled.push((zh, shown(column, node)?));
    }
    Some(filled)
}

fn head(plan: &Node) -> Vec<[String; 2]> {
    let value = |column: &Column| match column.key {
        "zh" | "en" => plan.get("title")?.text(column.key),
        key => shown(column, plan.get(key)?),
    };
    let said = HEAD
        .iter()
        .filter_map(|column| Some([column.zh.to_owned(), value(column)?]));
    said.collect()
}

fn parties(topology: Option<&Node>) -> Page {
    let mut page = Page::of(&PARTIES);
    let Some(topology) = topology else {
        return page;
    };
    let kind = PARTIES.columns[0].zh;
    let with_kind = |word: &str, mut cells: Vec<String>| {
        cells[0] = word.to_owned();
        cells
    };
    let hub = row(&PARTIES, topology, |key, node| match (key, &node.value) {
        ("hub", Value::Text(code)) => Some(vec![("代码", code.clone())]),
        ("catalogue" | "regions", _) => Some(vec![(kind, String::new())]),
        _ => None,
    });
    page.rows.push(with_kind("省平台", hub));
    let items = |node: Option<&Node>| match node.map(|node| node.value.clone()) {
        Some(Value::List(items)) => items,
        _ => Vec::new(),
    };
    for region in items(topology.get("regions")) {
        let cells = row(&PARTIES, &region, |key, _| {
            (key == "institutions").then(|| vec![(kind, String::new())])
        });
        page.rows.push(with_kind("统筹区", cells));
        for institution in items(region.get("institutions")) {
            let cells = row(&PARTIES, &institution, |_, _| None);
            page.rows.push(with_kind("机构", cells));
        }
    }
    page
}

/// One scenario as a row of 矩阵; `None` where it says more than a row can.
fn matrix_row(bytes: &[u8]) -> Option<Vec<String>> {
    let (_, scenario) = yaml(bytes)?;
    let known = ["scenario", "title", "covers", "for", "phase", "steps"];
    let plain = scenario
        .entries()
        .iter()
        .all(|(key, _)| known.contains(&key.value.as_str()));
    if !plain || scenario.text("for")? != "matrix" {
        return None;
    }
    let Value::List(steps) = &scenario.get("steps")?.value else {
        return None;
    };
    let [step] = steps.as_slice() else {
        return None;
    };
    step.get("swipe")?;
    let place = |zh: &str| MATRIX.columns.iter().position(|column| column.zh == zh);
    let mut cells = row(&MATRIX, step, |key, _| {
        (key == "expect").then(|| vec![("其他", String::new())])
    });
    for (key, node) in scenario.entries() {
        if let Some(at) = MATRIX
            .columns
            .iter()
            .position(|column| column.key == key.value)
        {
            cells[at] = shown(&MATRIX.columns[at], node)?;
        }
    }
    let mut rest = Vec::new();
    for entry in step.get("expect").map(Node::entries).unwrap_or_default() {
        let column = MATRIX
            .columns
            .iter()
            .position(|column| column.key == entry.0.value);
        match column.and_then(|at| Some((at, shown(&MATRIX.columns[at], &entry.1)?))) {
            Some((at, text)) => cells[at] = text,
            None => rest.push(entry),
        }
    }
    cells[place("其他预期")?] = pairs(rest.into_iter());
    Some(cells)
}

/// Whether `matrix:` says what the rows of the sheet say by themselves.
fn is_of_rows(node: &Node, page: &Page) -> bool {
    let all = [
        ("insured", "all"),
        ("treatment", "all"),
        ("person", "pairwise"),
    ];
    let rest = node.entries().len() == all.len() + 1
        && all
            .iter()
            .all(|(key, only)| node.text(key).as_deref() == Some(only));
    let column = MATRIX.columns.iter().find(|column| column.key == "swipe");
    let wanted = column.and_then(|column| {
        let Kind::One(words) = column.kind else {
            return None;
        };
        let wanted = node.get("business")?.texts();
        let zh = wanted
            .iter()
            .map(|text| words.iter().find(|(_, en)| en == text).map(|(zh, _)| *zh));
        zh.collect::<Option<Vec<&str>>>()
    });
    let at = MATRIX
        .columns
        .iter()
        .position(|column| column.key == "swipe")
        .unwrap_or(0);
    let mut rows: Vec<&str> = Vec::new();
    for row in &page.rows {
        if !rows.contains(&row[at].as_str()) {
            rows.push(&row[at]);
        }
    }
    rest && wanted.is_some_and(|wanted| wanted == rows)
}

/// Bills of the folder of bills, as far as they are no more than lines.
fn baskets(left: &mut BTreeMap<&str, &[u8]>) -> Page {
    let mut page = Page::of(&BASKETS);
    let paths: Vec<&str> = left
        .keys()
        .copied()
        .filter(|path| path.starts_with(BASKET_DIR))
        .collect();
    for path in paths {
        if let Some(rows) = left.get(path).and_then(|bytes| basket(path, bytes)) {
            page.rows.extend(rows);
            left.remove(path);
        }
    }
    page
}

fn basket(path: &str, bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let name = path.strip_prefix(BASKET_DIR)?.strip_suffix(".yaml")?;
    let (_, node) = yaml(bytes)?;
    let Value::List(lines) = &node.get("lines")?.value else {
        return None;
    };
    let only = |node: &Node, known: &[&str]| {
        let mut keys = node.entries().iter();
        keys.all(|(key, _)| known.contains(&key.value.as_str()))
    };
    let plain = only(&node, &["title", "lines"])
        && lines
            .iter()
            .all(|line| only(line, &["item", "price", "count", "refunds"]));
    if !plain || name.contains('/') {
        return None;
    }
    let title = node.text("title").unwrap_or_default();
    let rows = lines.iter().enumerate().map(|(index, line)| {
        let mut cells = row(&BASKETS, line, |_, _| None);
        cells[0] = name.to_owned();
        if index == 0 {
            cells[1] = title.clone();
        }
        cells
    });
    Some(rows.collect())
}

/// A table file as it is, headings included.
fn table_page(form: &'static Form, bytes: &[u8]) -> Page {
    let mut page = Page::of(form);
    let mut lines = cells_of(decode(bytes).unwrap_or_default()).into_iter();
    if let Some(head) = lines.next() {
        page.columns = head;
        page.rows = lines.collect();
    }
    page
}

/// A whole file, in as many cells as it needs.
fn lines_of(path: &str, bytes: &[u8]) -> Vec<[String; 2]> {
    let text = decode(bytes).unwrap_or_default();
    let mut rows: Vec<[String; 2]> = Vec::new();
    for line in text.split_inclusive('\n') {
        match rows.last_mut() {
            Some([_, cell]) if cell.chars().count() + line.chars().count() <= CELL => {
                cell.push_str(line)
            }
            _ => rows.push([path.to_owned(), line.to_owned()]),
        }
    }
    rows
}
