//! 报告 · `crosswipe report RUN`: the same functions as at the end of a run, any time later.

use std::path::Path;

use crosswipe_reports::{Lang, Story, html, json, junit, terminal};

use crate::args::{Format, Report};
use crate::command::verify::{WIDTH, faults_met, judged, story};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::rundir;

/// Writes the asked-for formats.
pub(crate) fn report(args: &Report) -> Result<Exit, Trouble> {
    let history = crosswipe_journal::read(&args.run)?;
    let faults = faults_met(&history);
    let judged = judged(&args.run, &history, &faults)?;
    let lang = args.common.lang();
    let story = story(&args.run, &history, &judged, &faults)?;
    for format in &args.format {
        let text = rendered(&story, *format, lang);
        match file_of(*format) {
            None => to_stdout(&text)?,
            Some(name) => {
                let path = args.run.join(name);
                rundir::write(&path, text.as_bytes())?;
                to_stderr(&format!("{}\n", path.display()));
            }
        }
    }
    Ok(judged.exit)
}

/// Writes the files that every run has.
pub(crate) fn write_all(dir: &Path, story: &Story, lang: Lang) -> Result<(), Trouble> {
    for format in [Format::Json, Format::Junit, Format::Html] {
        let name = file_of(format).expect("these three are files");
        rundir::write(&dir.join(name), rendered(story, format, lang).as_bytes())?;
    }
    Ok(())
}

fn rendered(story: &Story, format: Format, lang: Lang) -> String {
    match format {
        Format::Text => terminal(story, lang, WIDTH),
        Format::Json => json(story),
        Format::Junit => junit(story),
        Format::Html => html(story, lang),
    }
}

fn file_of(format: Format) -> Option<&'static str> {
    match format {
        Format::Text => None,
        Format::Json => Some("report.json"),
        Format::Junit => Some("junit.xml"),
        Format::Html => Some("report.html"),
    }
}
