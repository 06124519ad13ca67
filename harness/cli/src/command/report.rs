//! 报告 · `crosswipe report RUN`: the same functions as at the end of a run, any time later.

use std::fs;
use std::path::Path;

use crosswipe_reports::{
    Lang, Story, csv, events, html, json, junit, markdown, terminal, xlsx, xlsx_name,
};

use crate::args::{Format, Report};
use crate::command::verify::WIDTH;
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::conclude::leave_a_report;
use crate::exit::Exit;
use crate::rundir;
use crate::told::Told;

/// Writes the asked-for formats.
pub(crate) fn report(args: &Report) -> Result<Exit, Trouble> {
    let lang = args.common.lang();
    let told = Told::read(&args.run)?;
    let story = told.story()?;
    if !told.finished {
        leave_a_report(&args.run, &story, lang);
    }
    for format in &args.format {
        for (name, bytes) in files(&told, &story, *format, lang)? {
            let path = args.run.join(name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)
                    .map_err(|error| Trouble::file("create", folder, error))?;
            }
            rundir::write(&path, &bytes)?;
            to_stderr(&format!("{}\n", path.display()));
        }
        if *format == Format::Text {
            to_stdout(&terminal(&story, lang, WIDTH))?;
        }
    }
    Ok(told.exit)
}

/// Writes the files that every run has.
pub(crate) fn write_all(dir: &Path, story: &Story, lang: Lang) -> Result<(), Trouble> {
    for (name, text) in rendered_files(story, lang) {
        rundir::write(&dir.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// The files that every run has, by name.
pub(crate) fn rendered_files(
    story: &Story,
    lang: Lang,
) -> impl Iterator<Item = (&'static str, String)> {
    [
        ("report.json", json(story)),
        ("junit.xml", junit(story)),
        ("report.html", html(story, lang)),
    ]
    .into_iter()
}

/// The files of a format, by their names in the run folder; text is printed and has none.
fn files(
    told: &Told,
    story: &Story,
    format: Format,
    lang: Lang,
) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
    let one = |name: &str, text: String| vec![(name.to_owned(), text.into_bytes())];
    Ok(match format {
        Format::Text => Vec::new(),
        Format::Json => one("report.json", json(story)),
        Format::Junit => one("junit.xml", junit(story)),
        Format::Html => one("report.html", html(story, lang)),
        Format::Md => one("report.md", markdown(story, lang)),
        Format::Events => one("events.ndjson", events(&told.records)),
        Format::Xlsx => {
            let bytes = xlsx(story, lang).map_err(|error| Trouble::Usage {
                code: "cli::too_large",
                what: format!("the workbook cannot be made: {error}"),
                help: "--format csv".to_owned(),
            })?;
            vec![(xlsx_name(story), bytes)]
        }
        Format::Csv => csv(story, lang)
            .into_iter()
            .map(|(name, text)| (format!("csv/{name}"), text.into_bytes()))
            .collect(),
    })
}
