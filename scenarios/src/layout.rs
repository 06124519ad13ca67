//! 排版 · Brings the layout of a YAML file into one form: two columns a level, one blank behind colons and commas.
//!
//! Why by white space alone: comments, quotes, order and words are the tester's; only blanks are moved, and whoever compares
//! finds every other character where it was. What the text means is read again afterwards, and where it would not be the
//! same, or where the file has a shape that is not known here, the file stays as it is.
//! Called by `cli` (`lint --fix`). Not here: line ends and empty lines (`cli`), slips (`source`, `words`).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::node::{Node, Value, read_yaml};
use crate::problem::Problems;
use crate::source::Source;

/// Columns of a level.
const LEVEL: usize = 2;

/// The text in its one form; `None` where it is no YAML or its form is not known here, so that nothing may be moved.
pub fn laid_out(text: &str) -> Option<String> {
    let node = read(text)?;
    let mut form = Form::of(text);
    form.block(&node, 0, false)?;
    let moved = form.moved()?;
    let again = read(&moved)?;
    let bare = |text: &str| -> Vec<char> { text.chars().filter(|c| *c != ' ').collect() };
    (same(&node, &again) && bare(text) == bare(&moved)).then_some(moved)
}

fn read(text: &str) -> Option<Node> {
    let problems = Problems::default();
    let source = Arc::new(Source::new(String::new(), text));
    let node = read_yaml(&source, &problems)?;
    (problems.len() == 0).then_some(node)
}

/// Whether two texts say the same, wherever it stands.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Empty, Value::Empty) => true,
        (Value::Text(one), Value::Text(other)) => one == other,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((key, one), (other_key, other))| {
                        key.value == other_key.value && same(one, other)
                    })
        }
        _ => false,
    }
}

/// A line on which an entry begins.
#[derive(Clone, Copy)]
struct Begun {
    /// Where its first dash or key belongs.
    indent: usize,
    /// Where its key, or what stands for it, stood and belongs; what it goes on with on further lines moves alike.
    key: (usize, usize),
}

/// A text, and what is known of its lines.
struct Form<'t> {
    text: &'t str,
    /// Start of each line.
    starts: Vec<usize>,
    begun: BTreeMap<usize, Begun>,
    /// Blanks inside lines: what is put in the place of what.
    edits: Vec<(Range<usize>, String)>,
}

impl<'t> Form<'t> {
    fn of(text: &'t str) -> Form<'t> {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Form {
            text,
            starts: [0].into_iter().chain(ends).collect(),
            begun: BTreeMap::new(),
            edits: Vec::new(),
        }
    }

    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at) - 1
    }

    fn is_flow(&self, node: &Node) -> bool {
        let written = self.text.get(node.at.span.start..).unwrap_or_default();
        written.starts_with(['{', '['])
    }

    /// Where the first word of a node stands.
    fn first(&self, node: &Node) -> usize {
        match &node.value {
            Value::Map(entries) if !self.is_flow(node) => entries
                .first()
                .map_or(node.at.span.start, |(key, _)| key.at.span.start),
            Value::List(items) if !self.is_flow(node) => items
                .first()
                .map_or(node.at.span.start, |item| self.first(item)),
            _ => node.at.span.start,
        }
    }

    /// A mapping or list whose entries belong at `indent`; `begun` = its first entry stands behind a dash.
    fn block(&mut self, node: &Node, indent: usize, begun: bool) -> Option<()> {
        match &node.value {
            _ if self.is_flow(node) => self.flow(node),
            Value::Map(entries) => {
                for (place, (key, value)) in entries.iter().enumerate() {
                    let line = self.line(key.at.span.start);
                    if place > 0 || !begun {
                        self.begins(line, key.at.span.start, indent, 0)?;
                    }
                    self.value(key.at.span.end, value, indent)?;
                }
            }
            Value::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    let at = self.first(item);
                    let line = self.line(at);
                    if place > 0 || !begun {
                        self.begins(line, at, indent, 1)?;
                    }
                    self.block(item, indent + LEVEL, true)?;
                }
            }
            Value::Empty | Value::Text(_) => {}
        }
        Some(())
    }

    /// What stands behind a key that ends at `end`, in a mapping at `indent`.
    fn value(&mut self, end: usize, value: &Node, indent: usize) -> Option<()> {
        let at = self.first(value);
        let below = !matches!(value.value, Value::Empty) && self.line(at) > self.line(end);
        let nested = matches!(value.value, Value::Map(_) | Value::List(_)) && !self.is_flow(value);
        if nested && !below {
            return None; // nothing that people write
        }
        if nested {
            return self.block(value, indent + LEVEL, false);
        }
        if !below
            && let Some(between) = self.text.get(end..at)
            && let Some(blanks) = between.strip_prefix(':')
            && blanks.len() > 1
            && blanks.chars().all(|c| c == ' ')
        {
            self.edits.push((end + 1..at, " ".to_owned()));
        }
        self.block(value, indent, true)
    }

    /// A line begins with dashes and a word at `at`; `least` of the dashes must be there.
    fn begins(&mut self, line: usize, at: usize, indent: usize, least: usize) -> Option<()> {
        let start = *self.starts.get(line)?;
        let before = self.text.get(start..at)?;
        let dashes = before.matches('-').count();
        if dashes < least
            || (least == 0 && dashes > 0)
            || !before.chars().all(|c| c == ' ' || c == '-')
            || before.contains("--")
        {
            return None;
        }
        let was = before.len() - before.trim_start().len();
        let begun = Begun {
            indent,
            key: match dashes {
                0 => (was, indent),
                _ => (before.len(), indent + LEVEL * dashes),
            },
        };
        let first = self.begun.insert(line, begun).is_none();
        self.edits
            .push((start..at, " ".repeat(indent) + &"- ".repeat(dashes)));
        first.then_some(())
    }

    /// Braces and brackets of one line: no blanks within them, one behind commas and colons.
    fn flow(&mut self, node: &Node) {
        let start = node.at.span.start;
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        if let Some(length) = closed(line) {
            self.edits
                .push((start..start + length, spaced(&line[..length])));
        }
    }

    /// The text with everything where it belongs; `None` where a line belongs nowhere.
    fn moved(mut self) -> Option<String> {
        self.edits.sort_by_key(|(range, _)| range.start);
        let mut text = String::with_capacity(self.text.len());
        let mut edits = std::mem::take(&mut self.edits).into_iter().peekable();
        let mut owner: Option<(usize, usize)> = None;
        let mut literal = false;
        for line in 0..self.starts.len() {
            let start = self.starts[line];
            let end = self
                .starts
                .get(line + 1)
                .copied()
                .unwrap_or(self.text.len());
            let written = &self.text[start..end];
            let bare = written.trim_end_matches('\n');
            let indent = bare.len() - bare.trim_start().len();
            let inside =
                literal && (bare.trim().is_empty() || indent > owner.map_or(0, |(was, _)| was));
            literal &= inside;
            if let (Some(begun), false) = (self.begun.get(&line), inside) {
                owner = Some(begun.key);
                literal = opens_literal(bare);
                let mut at = start;
                while let Some((range, put)) = edits.next_if(|(range, _)| range.start < end) {
                    if range.start < at {
                        return None;
                    }
                    text += &self.text[at..range.start];
                    text += &put;
                    at = range.end;
                }
                text += &self.text[at..end];
                continue;
            }
            if edits.peek().is_some_and(|(range, _)| range.start < end) && !inside {
                // A value on a line of its own: its braces stay as they are.
                while edits.next_if(|(range, _)| range.start < end).is_some() {}
            }
            if bare.trim().is_empty() {
                text += written;
            } else if bare.trim_start().starts_with('#') && !inside {
                text += &" ".repeat(self.of_comment(line, indent));
                text += &written[indent..];
            } else {
                let (was, is) = owner?;
                let shifted = (indent + is).checked_sub(was)?;
                text += &" ".repeat(shifted);
                text += &written[indent..];
            }
        }
        Some(text)
    }

    /// A comment of its own line goes with the entry that stands as far in as it does: the one below it, else the one above.
    fn of_comment(&self, line: usize, indent: usize) -> usize {
        let stood = |(line, begun): (&usize, &Begun)| {
            let start = self.starts[*line];
            let rest = &self.text[start..];
            (
                rest.len() - rest.trim_start_matches(' ').len(),
                begun.indent,
            )
        };
        let below = self.begun.range(line..).next().map(stood);
        let above = self.begun.range(..line).next_back();
        // Behind dashes there are two places to stand as far in as.
        let inner = above.map(|(_, begun)| begun.key);
        let above = above.map(stood);
        let near = [below, above, inner].into_iter().flatten();
        near.min_by_key(|(was, _)| was.abs_diff(indent))
            .map_or(indent, |(_, is)| is)
    }
}

/// Whether the lines below, as far as they are further in, are text as it stands: `key: |`, `- >-`.
fn opens_literal(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    let word = line.rsplit(' ').next().unwrap_or_default();
    let mark = word.trim_end_matches(|c: char| matches!(c, '+' | '-') || c.is_ascii_digit());
    let before = line.strip_suffix(word).unwrap_or_default().trim_end();
    matches!(mark, "|" | ">") && before.ends_with([':', '-'])
}

/// How long the braces at the beginning of a line are; `None` where they end on a later one.
fn closed(line: &str) -> Option<usize> {
    let (mut depth, mut quotes) = (0_usize, Quotes::default());
    for (at, c) in line.char_indices() {
        if quotes.hold(c) {
            continue;
        }
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// 引号 · What stands in quotes within braces; a quote in the midst of a word is a character like others.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
    /// A value may begin here.
    fresh: bool,
}

impl Quotes {
    /// Whether this character belongs to what is quoted.
    fn hold(&mut self, c: char) -> bool {
        if let Some(open) = self.open {
            match c {
                _ if self.escaped => self.escaped = false,
                '\\' if open == '"' => self.escaped = true,
                // Two single quotes within single quotes are one.
                _ if c == open => (self.open, self.fresh) = (None, c == '\''),
                _ => {}
            }
            return true;
        }
        if self.fresh && matches!(c, '"' | '\'') {
            (self.open, self.fresh) = (Some(c), false);
            return true;
        }
        self.fresh = matches!(c, '{' | '[' | ',' | ':') || (self.fresh && c == ' ');
        false
    }
}

/// `{ a: 1,b:  [ 2 ] }` as `{a: 1, b: [2]}`; what is quoted stays.
fn spaced(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut quotes = Quotes::default();
    let mut characters = written.chars().peekable();
    while let Some(c) = characters.next() {
        if quotes.hold(c) {
            out.push(c);
            continue;
        }
        let parts = c == ',' || (c == ':' && characters.peek() == Some(&' '));
        if parts || matches!(c, '}' | ']') {
            out.truncate(out.trim_end_matches(' ').len());
        }
        out.push(c);
        if parts || matches!(c, '{' | '[') {
            while characters.next_if_eq(&' ').is_some() {}
        }
        if parts && !matches!(characters.peek(), Some('}' | ']')) {
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn shipped() -> Vec<(PathBuf, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with("src") && !path.ends_with("tests") {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "yaml") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    files.push((path, text));
                }
            }
        }
        files.sort();
        assert!(files.len() > 60, "{}", files.len());
        files
    }

    #[rstest]
    #[case::levels(
        "a:\n    b: 1\n    c:\n       - x\n       - y\n",
        "a:\n  b: 1\n  c:\n    - x\n    - y\n"
    )]
    #[case::a_list_below_its_key(
        "a:\n- b: 1\n  c: 2\n- b: 3\n",
        "a:\n  - b: 1\n    c: 2\n  - b: 3\n"
    )]
    #[case::wide_dashes("-   a: 1\n    b: 2\n-   c\n", "- a: 1\n  b: 2\n- c\n")]
    #[case::dashes_in_a_row("-  -  a\n   -  b\n", "- - a\n  - b\n")]
    #[case::blanks(
        "a:   1\nb: { c: 1,d:  [ 2,3 ] , e: \"x,  y\" }\n",
        "a: 1\nb: {c: 1, d: [2, 3], e: \"x,  y\"}\n"
    )]
    #[case::comments(
        "a:\n      # of b\n      b: 1   # one\n      # of c, which is none\n# of d\nd: 2\n",
        "a:\n  # of b\n  b: 1   # one\n  # of c, which is none\n# of d\nd: 2\n"
    )]
    #[case::a_text_as_it_stands(
        "a:\n     b: |\n        x: 1\n          # no comment\n        y\n     c: 1\n",
        "a:\n  b: |\n     x: 1\n       # no comment\n     y\n  c: 1\n"
    )]
    #[case::braces_of_many_lines(
        "a:\n    b: {\n      c: 1,\n    }\n",
        "a:\n  b: {\n    c: 1,\n  }\n"
    )]
    #[case::instants_and_hashes(
        "a:  2017-06-02T09:00+08:00\nb: {c: a#b, d: 'it''s,  so'}\n",
        "a: 2017-06-02T09:00+08:00\nb: {c: a#b, d: 'it''s,  so'}\n"
    )]
    #[case::a_text_of_many_lines(
        "a:\n    b: one\n       two\n    c: 3\n",
        "a:\n  b: one\n     two\n  c: 3\n"
    )]
    fn a_layout_is_brought_into_order(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(laid_out(text).as_deref(), Some(wanted));
        assert_eq!(laid_out(wanted).as_deref(), Some(wanted));
    }

    #[rstest]
    #[case::no_yaml("a: [1\n")]
    #[case::a_tab("a:\n\tb: 1\n")]
    #[case::a_dash_alone("a:\n  -\n    b: 1\n")]
    #[case::a_long_key("? a\n: b\n")]
    fn what_is_not_known_stays(#[case] text: &str) {
        assert_eq!(laid_out(text), None);
    }

    #[test]
    fn shipped_files_are_in_order() {
        for (path, text) in shipped() {
            let out =
                laid_out(&text).unwrap_or_else(|| panic!("{} stays as it is", path.display()));
            let differs = out
                .lines()
                .zip(text.lines())
                .find(|(out, text)| out != text);
            assert_eq!(differs, None, "{}", path.display());
        }
    }

    /// Every level `by` times as far in, dashes with it, comments anywhere, blanks in braces.
    fn spoilt(text: &str, by: usize, draws: &[bool]) -> String {
        let mut draws = draws.iter().cycle();
        let mut literal: Option<usize> = None;
        let lines = text.lines().map(|line| {
            let bare = line.trim_start();
            let indent = line.len() - bare.len();
            if literal.is_some_and(|outer| !bare.is_empty() && indent <= outer) {
                literal = None;
            }
            let (is_text, comment) = (literal.is_some(), bare.starts_with('#'));
            if literal.is_none() && !comment && opens_literal(line) {
                literal = Some(indent);
            }
            let spaces = " ".repeat(indent * by);
            if is_text || comment || bare.is_empty() {
                return format!("{spaces}{bare}");
            }
            let dash = bare.strip_prefix("- ");
            let (dash, rest) = dash.map_or((String::new(), bare), |rest| {
                ("-".to_owned() + &" ".repeat(2 * by - 1), rest)
            });
            let wide = draws.next() == Some(&true) && !rest.contains(['"', '\'', '#', '|', '>']);
            match wide {
                true => format!(
                    "{spaces}{dash}{}",
                    rest.replace(", ", " ,   ")
                        .replace(": ", ":  ")
                        .replace('{', "{ ")
                ),
                false => format!("{spaces}{dash}{rest}"),
            }
        });
        lines.map(|line| line + "\n").collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_spoilt_layout_comes_back_and_says_the_same(which in 0..60_usize, by in 1..4_usize, draws in prop::collection::vec(any::<bool>(), 40)) {
            let (path, text) = &shipped()[which];
            let spoilt = spoilt(text, by, &draws);
            // What the spoiling itself made another text of is no question of layout.
            let (Some(before), Some(after)) = (read(text), read(&spoilt)) else {
                return Ok(());
            };
            prop_assume!(same(&before, &after));
            let back = laid_out(&spoilt);
            prop_assert!(back.is_some(), "{} by {by}\n{spoilt}", path.display());
            let back = back.unwrap();
            prop_assert_eq!(laid_out(&back), Some(back.clone()));
            prop_assert!(same(&before, &read(&back).unwrap()));
            let comments = |text: &str| -> Vec<String> {
                text.lines().filter(|line| line.contains('#')).map(|line| line.split_whitespace().collect()).collect()
            };
            prop_assert_eq!(comments(&back), comments(text));
        }
    }
}
