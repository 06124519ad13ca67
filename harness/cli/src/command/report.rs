//! 报告 · `crosswipe report RUN`: the same functions as at the end of a run, any time later.

use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_reports::{
    Lang, Notes, ONE_PAGE, Story, case_html, csv, events, html, html_pages, json, junit, markdown,
    terminal, workbook, xlsx_name,
};

use crate::args::{Format, Report};
use crate::command::form::{Kept, book};
use crate::command::select::nearest;
use crate::command::verify::WIDTH;
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::conclude::leave_a_report;
use crate::exit::Exit;
use crate::told::Told;
use crate::{bundle, rundir};

/// Where the words of people about a run are kept, beside its evidence.
const NOTES: &str = "notes.yaml";

/// Writes the asked-for formats, or the report of an interval over many runs.
pub(crate) fn report(args: &Report) -> Result<Exit, Trouble> {
    if let Some(interval) = &args.interval {
        return interval.form();
    }
    let lang = args.common.lang();
    let run = args.run.as_deref().unwrap_or(Path::new(""));
    let told = Told::read(run)?;
    let story = told.story()?;
    if let Some(case) = &args.case {
        return one_case(args, &told, &story, case, lang);
    }
    let notes = kept(run, &story, &args.read)?;
    if !told.finished {
        leave_a_report(run, &story, lang);
    }
    for format in &args.format {
        if *format == Format::Bundle {
            let reports = bundled_files(&told.moved(run)?, lang);
            bundle::write(run, told.finished, &reports)?;
            to_stderr(&format!("{}\n", run.join(bundle::BUNDLE).display()));
        }
        for (name, bytes) in files(&told, &story, *format, &notes, lang)? {
            let path = run.join(name);
            put(&path, &bytes)?;
            to_stderr(&format!("{}\n", path.display()));
        }
        if *format == Format::Text {
            to_stdout(&terminal(&story, lang, WIDTH))?;
        }
    }
    Ok(told.exit)
}

/// Writes the page of one case; no other format tells one case alone.
fn one_case(
    args: &Report,
    told: &Told,
    story: &Story,
    typed: &str,
    lang: Lang,
) -> Result<Exit, Trouble> {
    if args.format != [Format::Html] {
        return Err(Trouble::Usage {
            code: "cli::case_page",
            what: "--case 只与 --format html 同用 · --case goes with --format html alone"
                .to_owned(),
            help: format!("crosswipe report {} --case {typed} --format html", told.dir),
        });
    }
    let mut ids = story.case_ids();
    let Some(case) = ids.find(|id| id.as_str() == typed) else {
        let near = nearest(typed, story.case_ids().map(|id| id.as_str()));
        return Err(Trouble::Usage {
            code: "cli::case_page",
            what: format!("这次运行没有用例 `{typed}` · this run has no case `{typed}`"),
            help: near.map_or_else(
                || "crosswipe report RUN".to_owned(),
                |near| format!("最接近的: {near} · nearest: {near}"),
            ),
        });
    };
    let story = told.story_of(case)?;
    let page = case_html(&story, case, lang).unwrap_or_default();
    let run = args.run.as_deref().unwrap_or(Path::new(""));
    let path = run.join(case_file(case.as_str()));
    rundir::write(&path, page.as_bytes())?;
    to_stderr(&format!("{}\n", path.display()));
    Ok(told.exit)
}

/// `outpatient/330100-330200` → `case-outpatient~330100-330200.html`: a name that every system takes, and no two cases share.
fn case_file(case: &str) -> String {
    let mut name = String::from("case-");
    for sign in case.chars() {
        match sign {
            '/' => name.push('~'),
            '<' | '>' | ':' | '"' | '\\' | '|' | '?' | '*' | '~' | '%' => {
                name += &format!("%{:02X}", u32::from(sign));
            }
            other => name.push(other),
        }
    }
    name + ".html"
}

/// What people wrote into the workbook of the run, from its notes and from the files that are read now.
fn kept(run: &Path, story: &Story, read: &[PathBuf]) -> Result<Notes, Trouble> {
    let own = run.join(xlsx_name(story));
    let both = [workbook(story, Lang::Zh), workbook(story, Lang::En)];
    Kept::of(run.join(NOTES)).with(&both, read, &own)
}

/// Writes the files that every run has.
pub(crate) fn write_all(dir: &Path, story: &Story, lang: Lang) -> Result<(), Trouble> {
    for (name, text) in rendered_files(story, lang) {
        put(&dir.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// Writes a file and, where it is not there yet, the folder it lies in.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Trouble::file("create", folder, error))?;
    }
    rundir::write(path, bytes)
}

/// The files that every run has, by name; of one that is too large for one page, a page for each place of care too.
pub(crate) fn rendered_files(story: &Story, lang: Lang) -> Vec<(String, String)> {
    let mut files = vec![
        ("report.json".to_owned(), json(story)),
        ("junit.xml".to_owned(), junit(story)),
    ];
    files.extend(html_pages(story, lang, ONE_PAGE));
    files
}

/// The same for a bundle, whose page is one file however many cases there are.
fn bundled_files(story: &Story, lang: Lang) -> Vec<(&'static str, String)> {
    vec![
        ("report.json", json(story)),
        ("junit.xml", junit(story)),
        ("report.html", html(story, lang)),
    ]
}

/// The files of a format, by their names in the run folder; text is printed and has none.
fn files(
    told: &Told,
    story: &Story,
    format: Format,
    notes: &Notes,
    lang: Lang,
) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
    let one = |name: &str, text: String| vec![(name.to_owned(), text.into_bytes())];
    Ok(match format {
        // Not made of the story alone: written by `bundle`.
        Format::Text | Format::Bundle => Vec::new(),
        Format::Json => one("report.json", json(story)),
        Format::Junit => one("junit.xml", junit(story)),
        Format::Html => html_pages(story, lang, ONE_PAGE)
            .into_iter()
            .map(|(name, text)| (name, text.into_bytes()))
            .collect(),
        Format::Md => one("report.md", markdown(story, lang)),
        Format::Events => one("events.ndjson", events(&told.records, story)),
        Format::Xlsx => {
            let mut form = workbook(story, lang);
            form.fill(notes);
            vec![(xlsx_name(story), book(&form)?)]
        }
        Format::Csv => csv(story, lang)
            .into_iter()
            .map(|(name, text)| (format!("csv/{name}"), text.into_bytes()))
            .collect(),
    })
}
