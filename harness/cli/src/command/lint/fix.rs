//! 改正 · `crosswipe lint --fix`: what can be mended without knowing what was meant.
//!
//! Why so little: a missing offset, hour 24, a full-width digit or a GBK file have one meaning; a wrong word has several and is
//! left to the person. What was mended is told line by line, and the plan is read again until nothing more can be mended.
//! Layout of YAML files goes with it: line ends, blanks at line ends, no byte order mark, and indentation (`scenarios`, which
//! moves nothing but blanks). Called by `lint`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_domain::Both;
use crosswipe_scenarios::{Fix, Plan, Problem};
use encoding_rs::GB18030;

use crate::complain::Trouble;
use crate::rundir::write_whole;

/// A file is read again at most so often: a GBK file first becomes text, then its text can be mended.
const PASSES: usize = 8;
const NOT_UTF8: &str = "scenario::not_utf8";
const BOM: &str = "\u{feff}";

/// 改了什么 · One place that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mended {
    /// `file:line:column`, or the file.
    pub(crate) place: String,
    /// What it was, and what it is.
    pub(crate) what: Both,
}

/// Mends the plan at `path` as far as that goes.
///
/// # Errors
/// A file could not be written; those before it are mended.
pub(crate) fn fix(path: &Path) -> Result<Vec<Mended>, Trouble> {
    let mut all = Vec::new();
    for _ in 0..PASSES {
        let (plan, problems) = crosswipe_scenarios::check(path);
        let mut mended = by_file(&problems)?;
        if mended.is_empty() {
            mended.extend(laid_out(path, plan.as_ref(), &problems)?);
            all.extend(mended);
            return Ok(all);
        }
        all.extend(mended);
    }
    Ok(all)
}

fn by_file(problems: &[Problem]) -> Result<Vec<Mended>, Trouble> {
    let mut files: BTreeMap<&str, Vec<(&Problem, &Fix)>> = BTreeMap::new();
    let mut told = Vec::new();
    for problem in problems {
        if let Some(fix) = &problem.fix {
            files.entry(&problem.file).or_default().push((problem, fix));
        }
        if problem.code == NOT_UTF8 {
            told.extend(from_gbk(Path::new(&problem.file))?);
        }
    }
    for (file, mut fixes) in files {
        let path = PathBuf::from(file);
        let bytes = fs::read(&path).map_err(|error| Trouble::file("read", &path, error))?;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        // Places count from behind the mark.
        let (mark, text) = match text.strip_prefix(BOM) {
            Some(rest) => (BOM, rest),
            None => ("", text.as_str()),
        };
        fixes.sort_by_key(|(_, fix)| fix.span.start);
        let (mut mended, mut at) = (String::from(mark), 0);
        for (problem, fix) in fixes {
            let was = text.get(fix.span.clone());
            let Some(was) = was.filter(|was| fix.span.start >= at && *was == fix.was) else {
                continue;
            };
            mended += &text[at..fix.span.start];
            mended += &fix.text;
            at = fix.span.end;
            told.push(Mended {
                place: place(problem),
                what: Both::same(format!("`{was}` → `{}`", fix.text)),
            });
        }
        mended += &text[at..];
        if at > 0 {
            write_whole(&path, mended.as_bytes())?;
        }
    }
    Ok(told)
}

fn place(problem: &Problem) -> String {
    match problem.line_column() {
        Some((line, column)) => format!("{}:{line}:{column}", problem.file),
        None => problem.file.clone(),
    }
}

/// A GBK file as UTF-8; a table keeps a mark, by which office programs know the encoding.
fn from_gbk(path: &Path) -> Result<Option<Mended>, Trouble> {
    let bytes = fs::read(path).map_err(|error| Trouble::file("read", path, error))?;
    let (text, wrong) = GB18030.decode_without_bom_handling(&bytes);
    if wrong {
        return Ok(None);
    }
    let table = path.extension().is_some_and(|extension| extension == "csv");
    let mark = if table { BOM } else { "" };
    write_whole(path, format!("{mark}{text}").as_bytes())?;
    Ok(Some(Mended {
        place: path.display().to_string(),
        what: Both::same("GBK → UTF-8"),
    }))
}

/// Brings the layout of the plan's YAML files into order: those that were read, and those of which something was told.
fn laid_out(
    path: &Path,
    plan: Option<&Plan>,
    problems: &[Problem],
) -> Result<Vec<Mended>, Trouble> {
    let root = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    let read = plan
        .iter()
        .flat_map(|plan| plan.files.keys())
        .map(|inside| root.join(inside));
    let told = problems.iter().map(|problem| PathBuf::from(&problem.file));
    let files: BTreeSet<PathBuf> = read.chain(told).collect();
    let mut mended = Vec::new();
    for file in files {
        if file.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        let tidy = tidied(&text);
        let tidy = crosswipe_scenarios::laid_out(&tidy).unwrap_or(tidy);
        if tidy != text {
            write_whole(&file, tidy.as_bytes())?;
            mended.push(Mended {
                place: file.display().to_string(),
                what: Both::new("排版", "layout"),
            });
        }
    }
    Ok(mended)
}

/// No mark, `\n` at line ends and no blanks before them, at most one empty line, one end of the file.
/// Nothing inside a line changes. A text in a block scalar (`|`, `>`) keeps its empty lines and the blanks at its line ends,
/// since there they are part of the value.
fn tidied(text: &str) -> String {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 0;
    let mut block: Option<usize> = None;
    for line in text.lines() {
        let bare = line.trim_end();
        let indent = bare.len() - bare.trim_start().len();
        if block.is_some_and(|outer| !bare.is_empty() && indent <= outer) {
            block = None;
        }
        if block.is_some() {
            tidy.push_str(line);
            tidy.push('\n');
            continue;
        }
        empty = if bare.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            tidy.push_str(bare);
            tidy.push('\n');
        }
        block = opens_block(bare).then_some(indent);
    }
    if block.is_none() {
        let end = tidy.trim_end().len();
        tidy.truncate(end);
        tidy.push('\n');
    }
    tidy
}

/// Whether the lines below, as far as they are indented, are text as it stands: `key: |`, `- >-`.
fn opens_block(line: &str) -> bool {
    let word = line.rsplit([' ', '\t']).next().unwrap_or_default();
    let mark = word.trim_end_matches(|c: char| matches!(c, '+' | '-') || c.is_ascii_digit());
    let before = line.strip_suffix(word).unwrap_or_default().trim_end();
    matches!(mark, "|" | ">") && before.ends_with([':', '-']) && !line.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use rstest::rstest;

    use super::tidied;

    #[rstest]
    #[case("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n")]
    #[case("\u{feff}a: 1  \n\n\n\nb: 2", "a: 1\n\nb: 2\n")]
    #[case("a: 1\n\n# 说明\nb: 2\n", "a: 1\n\n# 说明\nb: 2\n")]
    #[case("a: |\n  x  \n\n\n  y\nb: 1  \n\n\n", "a: |\n  x  \n\n\n  y\nb: 1\n")]
    #[case("- >-\n  x\n\n\n  y\n", "- >-\n  x\n\n\n  y\n")]
    #[case("a: 1 # a | b\n\n\n\nb: 2\n", "a: 1 # a | b\n\nb: 2\n")]
    fn layout_is_brought_into_order_once(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(tidied(text), wanted);
        assert_eq!(tidied(wanted), wanted);
    }

    /// The folder of a shipped plan, copied with its text files spoilt in layout alone.
    fn spoilt(name: &str, seed: u64) -> tempfile::TempDir {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../scenarios")
            .join(name);
        let plan = crosswipe_scenarios::load(&from).expect("a shipped plan");
        let dir = tempfile::tempdir().unwrap();
        let mut state = seed;
        let mut draw = |of: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % of
        };
        for (path, bytes) in &plan.files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut text = String::from_utf8(bytes.clone()).unwrap();
            if path.extension().is_some_and(|end| end == "yaml") {
                let end = if draw(2) == 0 { "\n" } else { "\r\n" };
                let mark = if draw(2) == 0 { "" } else { super::BOM };
                let by = 1 + draw(3) as usize;
                let lines = text.lines().map(|line| match draw(6) {
                    0 => format!("{line}   {end}"),
                    // Comments may stand anywhere.
                    1 if line.trim_start().starts_with('#') => {
                        format!("{}{line}{end}", " ".repeat(by))
                    }
                    1 => format!("{line}{end}{end}{end}{end}"),
                    _ => format!("{line}{end}"),
                });
                text = format!("{mark}{}", lines.collect::<String>());
            }
            fs::write(path, text).unwrap();
        }
        dir
    }

    /// Whatever is wrong with the layout, it is the same plan after as before, every comment stands, and a second time there
    /// is nothing to do.
    #[rstest]
    fn a_plan_laid_out_anew_is_the_same_plan(
        #[values(
            "pair-demo",
            "qianjiang-2021",
            "zhejiang-2017",
            "harbin-2021",
            "starter"
        )]
        name: &str,
        #[values(1, 2, 3)] seed: u64,
    ) {
        let dir = spoilt(name, seed);
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../scenarios")
            .join(name);
        let plan = crosswipe_scenarios::load(&from).unwrap();
        super::fix(dir.path()).unwrap();
        let again = crosswipe_scenarios::load(dir.path()).unwrap();
        assert_eq!(again.differs(&plan), Vec::<&str>::new());
        let comments = |text: &[u8]| -> Vec<String> {
            let text = String::from_utf8(text.to_vec()).unwrap();
            // How far in one stands is layout.
            let lines = text.lines().map(|line| line.trim().to_owned());
            lines.filter(|line| line.contains('#')).collect()
        };
        for (path, bytes) in &plan.files {
            assert_eq!(comments(&again.files[path]), comments(bytes), "{path}");
        }
        assert!(super::fix(dir.path()).unwrap().is_empty());
    }
}
