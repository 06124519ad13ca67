//! 合并 · `crosswipe merge RUN…`: the shards of one plan as one run, judged together and told once.
//!
//! Why so: four machines play a plan in a quarter of the time, and the reviewer wants one page. The runs themselves are
//! copied, what they prove with them, so that the folder stands by itself; keys of persons and the mock parties' own logs
//! stay where they are.
//! Not here: reading what was made (`merged`), may the window be closed (`close`).

use std::fs;
use std::path::Path;

use crosswipe_reports::{json, terminal};
use crosswipe_runner::clock::real_now;

use crate::args::Merge;
use crate::command::report::write_all;
use crate::command::run::place_of;
use crate::command::verify::WIDTH;
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;
use crate::several::{self, Read};
use crate::{merged, rundir};

/// What of a run folder is not copied: keys, the parties' own logs, the lock, and what is written anew.
const LEFT: [&str; 6] = [
    "private",
    "parties",
    "journal.lock",
    "report.html",
    "report.json",
    "junit.xml",
];

/// Reads, compares, copies, judges, prints.
pub(crate) fn merge(args: &Merge) -> Result<Exit, Trouble> {
    let folders = merged::parted(&args.runs)?;
    let runs = folders
        .iter()
        .map(|dir| several::read(dir))
        .collect::<Result<Vec<Read>, Trouble>>()?;
    merged::must_fit(&runs)?;
    let name = format!("{}-merged", runs[0].header().plan.plan);
    let (run_id, dir) = place_of(args.out.as_deref(), &name, real_now())?;
    rundir::must_be_empty(&dir)?;
    let mut dirs = Vec::new();
    for (index, (folder, run)) in folders.iter().zip(&runs).enumerate() {
        let name = format!("{}/{:02}-{}", merged::PARTS, index + 1, run.header().run_id);
        copy(folder, &dir.join(&name))?;
        dirs.push(name);
    }
    let list = merged::listed(&run_id, &dirs, &runs);
    drop(runs);
    // Last of all: a folder without it is no merged run.
    rundir::write_whole(&dir.join(merged::LIST), list.as_bytes())?;
    let whole = merged::read(&dir)?;
    let (story, lang) = (whole.story(&dir)?, args.common.lang());
    let printed = to_stdout(&if args.json {
        json(&story)
    } else {
        terminal(&story, lang, WIDTH)
    });
    write_all(&dir, &story, lang)?;
    printed?;
    Ok(whole.exit)
}

/// Copies a run, and the worlds of its proofs.
fn copy(from: &Path, to: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(to).map_err(|error| Trouble::file("create", to, error))?;
    let entries = fs::read_dir(from).map_err(|error| Trouble::file("open", from, error))?;
    for entry in entries {
        let path = entry
            .map_err(|error| Trouble::file("read", from, error))?
            .path();
        let Some(name) = path.file_name() else {
            continue;
        };
        if LEFT.iter().any(|left| name == *left) {
            continue;
        }
        let target = to.join(name);
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|error| Trouble::file("write", &target, error))?;
        }
    }
    Ok(())
}
