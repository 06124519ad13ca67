//! 报告 · `crosswipe report RUN`: the same functions as at the end of a run, any time later.

use std::path::Path;

use crosswipe_reports::{Lang, Story, html, json, junit, terminal};

use crate::args::{Format, Report};
use crate::command::verify::{WIDTH, faults_met, is_certified, judged, story};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::conclude::leave_a_report;
use crate::exit::Exit;
use crate::{merged, rundir};

/// Writes the asked-for formats.
pub(crate) fn report(args: &Report) -> Result<Exit, Trouble> {
    let lang = args.common.lang();
    let (story, exit) = if merged::is_merged(&args.run) {
        let whole = merged::read(&args.run)?;
        (whole.story(&args.run)?, whole.exit)
    } else {
        let history = crosswipe_journal::read(&args.run)?;
        let faults = faults_met(&history);
        let judged = judged(&args.run, &history, &faults)?;
        let story = story(&args.run, &history, &judged, &faults)?;
        if !is_certified(&history) {
            leave_a_report(&args.run, &story, lang);
        }
        (story, judged.exit)
    };
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
    Ok(exit)
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
    [Format::Json, Format::Junit, Format::Html]
        .into_iter()
        .filter_map(move |format| Some((file_of(format)?, rendered(story, format, lang))))
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
