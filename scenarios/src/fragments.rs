//! 片段 · Steps that are written once and used in many cases, and cases that are made of a table's rows.
//!
//! Why on the tree: a fragment is text with blanks in it. They are filled in before anything is read, so no reader knows
//! of fragments, each value keeps the place where somebody wrote it, and a slip is told there: in the fragment, at its use,
//! or in the cell of the table. Nothing is computed, and a fragment uses no fragment.
//! Called by `cases`. Not here: the table itself (`rows`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::both;

use crate::codes;
use crate::fields::{Fields, items};
use crate::folder::Folder;
use crate::nearest::suggest;
use crate::node::{Node, Value, read_yaml};
use crate::problem::{At, Problems, Said, noun};
use crate::rows::{self, Table};
use crate::words;

/// 实参 · What is put into the blanks `$(name)`.
type Arguments = BTreeMap<String, Node>;

/// A fragment as it was written.
struct Fragment<'a> {
    needs: Vec<String>,
    steps: &'a [Node],
}

/// The scenario with its fragments put in and its tables turned into cases; cases that could not be are left out, which was
/// told. `None` = nothing is left of it.
pub(crate) fn expand(node: Node, folder: &Folder, problems: &Problems) -> Option<Node> {
    let Value::Map(entries) = &node.value else {
        return Some(node);
    };
    let of = |key: &str| entries.iter().find(|(said, _)| said.value == key);
    let written = of("fragments").map(|(_, node)| node);
    let shared = written.and_then(|node| from_file(node, folder, problems));
    let fragments = read_fragments(shared.as_ref().or(written), problems);
    let put_in = Expand {
        fragments: &fragments,
        folder,
        problems,
    };
    let mut whole = true;
    let mut expanded = Vec::new();
    for (key, value) in entries {
        let value = match key.value.as_str() {
            "steps" => put_in.steps(value).unwrap_or_else(|| {
                whole = false;
                value.clone()
            }),
            "cases" => put_in.cases(value),
            _ => value.clone(),
        };
        expanded.push((key.clone(), value));
    }
    if !whole {
        lose(problems);
        return None;
    }
    Some(Node {
        at: node.at,
        value: Value::Map(expanded),
    })
}

/// Whether a scenario says anything by fragments or tables.
pub(crate) fn is_short(node: &Node) -> bool {
    let Value::Map(entries) = &node.value else {
        return false;
    };
    let rows = |case: &Node| match &case.value {
        Value::Map(entries) => entries.iter().any(|(key, _)| key.value == "rows"),
        _ => false,
    };
    entries.iter().any(|(key, value)| match &value.value {
        _ if key.value == "fragments" => true,
        Value::List(cases) => key.value == "cases" && cases.iter().any(rows),
        _ => false,
    })
}

/// What was left out may have named anybody.
fn lose(problems: &Problems) {
    problems.lost_some(codes::NO_CASES);
    problems.lost_some(codes::IDLE_CLAUSE);
}

/// `fragments: common.yaml`: a file that several scenarios share.
fn from_file(node: &Node, folder: &Folder, problems: &Problems) -> Option<Node> {
    let Value::Text(_) = &node.value else {
        return None;
    };
    let said = words::prose(node, problems)?;
    let path = folder.inside(&said, problems)?;
    let source = folder.open(&path, Some(&said.at), problems)?;
    read_yaml(&source, problems)
}

fn read_fragments<'a>(
    node: Option<&'a Node>,
    problems: &'a Problems,
) -> BTreeMap<String, Option<Fragment<'a>>> {
    let mut read = BTreeMap::new();
    let Some(node) = node.filter(|node| !matches!(node.value, Value::Text(_))) else {
        return read;
    };
    let Some(fields) = Fields::of(node, noun("片段", "fragments"), problems) else {
        return read;
    };
    for (name, node) in fields.others() {
        read.insert(name.value.clone(), read_fragment(name, node, problems));
    }
    read
}

fn read_fragment<'a>(
    name: &Said<String>,
    node: &'a Node,
    problems: &'a Problems,
) -> Option<Fragment<'a>> {
    let fields = Fields::of(node, noun("片段", "fragment"), problems)?;
    let needs: Vec<Said<String>> = fields
        .optional("needs")
        .map(|node| words::words(node, problems))
        .unwrap_or_default();
    words::report_duplicates(noun("参数", "argument"), &needs, problems);
    let steps = fields.required("steps", both!("写上步骤", "write its steps"));
    fields.done();
    let steps = items(steps?, problems);
    let before = problems.len();
    if let Some(at) = steps.iter().find_map(uses) {
        let message = both!("片段里又用了片段", "a fragment that uses a fragment");
        let help = both!("把步骤直接写进来", "write its steps out here");
        problems.push(at.error(codes::BAD_FRAGMENT, message).help(help));
    }
    let mut blanks = BTreeMap::new();
    steps.iter().for_each(|step| blanks_in(step, &mut blanks));
    for (blank, at) in &blanks {
        if !needs.iter().any(|need| need.value == *blank) {
            let known = needs.iter().map(|need| need.value.as_str());
            problems.push(unknown_argument(blank, at, known));
        }
    }
    // Of two names that differ by a slip one is told.
    let sure = problems.len() == before;
    let idle = needs
        .iter()
        .filter(|need| sure && !blanks.contains_key(&need.value));
    for need in idle {
        let message = both!(
            "片段 `{}` 的参数 `{}` 没有用到",
            "fragment `{}` makes no use of its argument `{}`",
            name.value,
            need.value
        );
        let help = both!(
            "从 needs 删去, 或在步骤里写 `$({0})`",
            "drop it from `needs`, or write `$({0})` in a step",
            need.value
        );
        problems.push(need.at.error(codes::BAD_FRAGMENT, message).help(help));
    }
    (problems.len() == before).then(|| Fragment {
        needs: needs.into_iter().map(|need| need.value).collect(),
        steps,
    })
}

fn unknown_argument<'a>(
    name: &str,
    at: &At,
    known: impl IntoIterator<Item = &'a str>,
) -> crate::Problem {
    let message = both!("没有叫 `{name}` 的参数", "no argument is called `{name}`");
    let none = || both!("先写进 needs", "name it in `needs` first");
    at.error(codes::UNKNOWN_ARGUMENT, message)
        .help(suggest(name, known).unwrap_or_else(none))
}

/// Where a fragment is used in or below a node.
fn uses(node: &Node) -> Option<&At> {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .find(|(key, _)| key.value == "use")
            .map(|(key, _)| &key.at)
            .or_else(|| entries.iter().find_map(|(_, node)| uses(node))),
        Value::List(nodes) => nodes.iter().find_map(uses),
        Value::Text(_) | Value::Empty => None,
    }
}

/// The blanks in and below a node, each with its first place.
fn blanks_in(node: &Node, found: &mut BTreeMap<String, At>) {
    match &node.value {
        Value::Text(text) => {
            for (_, blank) in pieces(text) {
                if let Some(blank) = blank {
                    found
                        .entry(blank.to_owned())
                        .or_insert_with(|| node.at.clone());
                }
            }
        }
        Value::List(nodes) => nodes.iter().for_each(|node| blanks_in(node, found)),
        Value::Map(entries) => entries.iter().for_each(|(_, node)| blanks_in(node, found)),
        Value::Empty => {}
    }
}

/// A text cut at its blanks: what stands before each, and its name.
fn pieces(text: &str) -> Vec<(&str, Option<&str>)> {
    let (mut rest, mut cut) = (text, Vec::new());
    while let Some((before, after)) = rest.split_once("$(") {
        let Some((name, behind)) = after.split_once(')') else {
            break;
        };
        cut.push((before, Some(name.trim())));
        rest = behind;
    }
    cut.push((rest, None));
    cut
}

/// The node with its blanks filled in. A key whose whole value is a blank that was left empty is left out.
fn filled(node: &Node, given: &Arguments) -> Node {
    let value = match &node.value {
        Value::Text(text) => match pieces(text).as_slice() {
            [("", Some(name)), ("", None)] => match given.get(*name) {
                Some(argument) => return argument.clone(),
                None => node.value.clone(),
            },
            [_] => node.value.clone(),
            cut => Value::Text(cut.iter().map(|piece| written(piece, given)).collect()),
        },
        Value::List(nodes) => Value::List(nodes.iter().map(|node| filled(node, given)).collect()),
        Value::Map(entries) => {
            let is_use = entries.iter().any(|(key, _)| key.value == "use");
            let new = entries.iter().map(|(key, old)| {
                let new = match (&old.value, is_use && key.value == "with") {
                    // What is handed on to a fragment may be empty there too.
                    (Value::Map(handed), true) => Value::Map(
                        handed
                            .iter()
                            .map(|(key, old)| (key.clone(), filled(old, given)))
                            .collect(),
                    ),
                    _ => filled(old, given).value,
                };
                let at = filled_at(old, given);
                (key, old, Node { at, value: new })
            });
            let kept = new.filter(|(_, old, new)| {
                matches!(old.value, Value::Empty) || !matches!(new.value, Value::Empty)
            });
            Value::Map(kept.map(|(key, _, new)| (key.clone(), new)).collect())
        }
        Value::Empty => Value::Empty,
    };
    Node {
        at: node.at.clone(),
        value,
    }
}

/// Where what is filled in was written: at the argument, if there is one.
fn filled_at(node: &Node, given: &Arguments) -> At {
    let whole = match &node.value {
        Value::Text(text) => match pieces(text).as_slice() {
            [(_, Some(name)), (_, None)] => given.get(*name),
            _ => None,
        },
        _ => None,
    };
    whole.unwrap_or(node).at.clone()
}

fn written((before, blank): &(&str, Option<&str>), given: &Arguments) -> String {
    let value = blank.and_then(|name| match given.get(name).map(|node| &node.value) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    });
    format!("{before}{}", value.unwrap_or_default())
}

struct Expand<'a> {
    fragments: &'a BTreeMap<String, Option<Fragment<'a>>>,
    folder: &'a Folder,
    problems: &'a Problems,
}

impl Expand<'_> {
    /// Each case with its fragments put in; one with `rows` once for each row.
    fn cases(&self, node: &Node) -> Node {
        let Value::List(cases) = &node.value else {
            return node.clone();
        };
        let mut expanded = Vec::new();
        for case in cases {
            let of_rows = match &case.value {
                Value::Map(entries) => entries.iter().find(|(key, _)| key.value == "rows"),
                _ => None,
            };
            let made = match of_rows {
                Some((_, rows)) => self.of_rows(case, rows),
                None => Some(vec![case.clone()]),
            };
            for case in made.into_iter().flatten() {
                match self.case(&case) {
                    Some(case) => expanded.push(case),
                    None => lose(self.problems),
                }
            }
        }
        Node {
            at: node.at.clone(),
            value: Value::List(expanded),
        }
    }

    /// One case for each row of the table that `rows` names.
    fn of_rows(&self, case: &Node, rows: &Node) -> Option<Vec<Node>> {
        let before = self.problems.len();
        let Table { heads, rows } = rows::read(rows, self.folder, self.problems).or_else(|| {
            lose(self.problems);
            None
        })?;
        let mut blanks = BTreeMap::new();
        blanks_in(case, &mut blanks);
        let known = || heads.iter().map(|head| head.value.as_str());
        for (blank, at) in &blanks {
            if !known().any(|head| head == blank) {
                self.problems.push(unknown_argument(blank, at, known()));
            }
        }
        if self.problems.len() > before {
            lose(self.problems);
            return None;
        }
        for head in heads
            .iter()
            .filter(|head| !blanks.contains_key(&head.value))
        {
            let message = both!(
                "列 `{}` 没有用到",
                "no step makes use of the column `{}`",
                head.value
            );
            let help = both!(
                "删去这一列, 或在用例里写 `$({0})`",
                "drop the column, or write `$({0})` in the case",
                head.value
            );
            let problem = head.at.error(codes::BAD_FRAGMENT, message).help(help);
            self.problems.push(problem.into_warning());
        }
        let numbered = rows.iter().enumerate();
        let made = numbered.map(|(index, row)| {
            let given = heads.iter().zip(row).map(|(head, cell)| {
                let value = match cell.value.is_empty() {
                    true => Value::Empty,
                    false => Value::Text(cell.value.clone()),
                };
                let at = cell.at.clone();
                (head.value.clone(), Node { at, value })
            });
            named(&filled(case, &given.collect()), index + 1, case)
        });
        Some(made.collect())
    }

    /// A case with its fragments put in.
    fn case(&self, case: &Node) -> Option<Node> {
        let Value::Map(entries) = &case.value else {
            return Some(case.clone());
        };
        let mut read = Vec::new();
        for (key, value) in entries {
            let value = match key.value.as_str() {
                "steps" => self.steps(value)?,
                _ => value.clone(),
            };
            read.push((key.clone(), value));
        }
        Some(Node {
            at: case.at.clone(),
            value: Value::Map(read),
        })
    }

    /// A list of steps, branches of `parallel` included; `None` = a fragment could not be put in.
    fn steps(&self, node: &Node) -> Option<Node> {
        let Value::List(steps) = &node.value else {
            return Some(node.clone());
        };
        let (mut whole, mut read) = (true, Vec::new());
        for step in steps {
            match &step.value {
                Value::Map(entries) if entries.iter().any(|(key, _)| key.value == "use") => {
                    match self.used(step) {
                        Some(steps) => read.extend(steps),
                        None => whole = false,
                    }
                }
                Value::Map(entries) => {
                    let mut kept = Vec::new();
                    for (key, value) in entries {
                        let value = match key.value.as_str() {
                            "parallel" => self.steps(value)?,
                            _ => value.clone(),
                        };
                        kept.push((key.clone(), value));
                    }
                    read.push(Node {
                        at: step.at.clone(),
                        value: Value::Map(kept),
                    });
                }
                Value::List(_) => read.push(self.steps(step)?),
                _ => read.push(step.clone()),
            }
        }
        whole.then(|| Node {
            at: node.at.clone(),
            value: Value::List(read),
        })
    }

    /// `use: name, with: {…}`: the fragment's steps.
    fn used(&self, step: &Node) -> Option<Vec<Node>> {
        let problems = self.problems;
        let fields = Fields::of(step, noun("用片段", "use"), problems)?;
        let help = both!("写上片段的名字", "name the fragment");
        let name = fields
            .required("use", help)
            .and_then(|node| words::word(node, problems));
        let with = fields.optional("with");
        fields.done();
        let name = name?;
        let Some(fragment) = self.fragments.get(&name.value) else {
            let known = self.fragments.keys().map(String::as_str);
            let what = noun("片段", "fragment");
            problems.push(words::unknown(codes::UNKNOWN_FRAGMENT, what, &name, known));
            return None;
        };
        // What is wrong with the fragment itself was told there.
        let fragment = fragment.as_ref()?;
        let given = match with {
            Some(node) => arguments(node, problems)?,
            None => Vec::new(),
        };
        let before = problems.len();
        for (key, _) in &given {
            if !fragment.needs.contains(&key.value) {
                let known = fragment.needs.iter().map(String::as_str);
                problems.push(unknown_argument(&key.value, &key.at, known));
            }
        }
        let said: BTreeSet<&str> = given.iter().map(|(key, _)| key.value.as_str()).collect();
        let lacking = fragment.needs.iter();
        let lacking: Vec<&str> = lacking
            .map(String::as_str)
            .filter(|need| !said.contains(need))
            .collect();
        if !lacking.is_empty() && problems.len() == before {
            let message = both!(
                "片段 `{}` 缺少参数: {}",
                "fragment `{}` lacks arguments: {}",
                name.value,
                lacking.join(", ")
            );
            let help = both!(
                "写上 `with: {{{}: …}}`",
                "write `with: {{{}: …}}`",
                lacking.join(": …, ")
            );
            problems.push(name.at.error(codes::MISSING_ARGUMENT, message).help(help));
        }
        if problems.len() > before {
            return None;
        }
        let given: Arguments = given
            .into_iter()
            .map(|(key, node)| (key.value, node))
            .collect();
        let steps = fragment.steps.iter();
        Some(steps.map(|step| filled(step, &given)).collect())
    }
}

/// The values of `with`.
fn arguments(node: &Node, problems: &Problems) -> Option<Vec<(Said<String>, Node)>> {
    let fields = Fields::of(node, noun("实参", "arguments"), problems)?;
    Some(fields.others().cloned().collect())
}

/// A case made of a row has a name of its own: by a blank in `case`, else by the number of its row.
fn named(case: &Node, number: usize, written: &Node) -> Node {
    let (Value::Map(entries), Value::Map(before)) = (&case.value, &written.value) else {
        return case.clone();
    };
    let has_blank = |(key, node): &(Said<String>, Node)| {
        let text = matches!(&node.value, Value::Text(text) if pieces(text).len() > 1);
        key.value == "case" && text
    };
    if before.iter().any(has_blank) {
        return case.clone();
    }
    let entries = entries.iter().map(|(key, node)| {
        let value = match (&node.value, key.value.as_str()) {
            (Value::Text(text), "case") => Value::Text(format!("{text}-{number}")),
            (value, _) => value.clone(),
        };
        let at = node.at.clone();
        (key.clone(), Node { at, value })
    });
    Node {
        at: case.at.clone(),
        value: Value::Map(entries.collect()),
    }
}

/// The place of a text without a file of its own.
pub(crate) fn place_in(source: &Arc<crate::source::Source>, span: std::ops::Range<usize>) -> At {
    At {
        source: Arc::clone(source),
        span,
    }
}
