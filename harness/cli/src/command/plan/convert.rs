//! 换形式 · `crosswipe plan PLAN --convert OUT`: a folder as a workbook, a workbook as a folder.
//!
//! Why it compares: a plan that lost a suspension on the way would open a gate. What was written is read again, and only the
//! very same plan is kept. Called by `plan`; `init` writes by the same hand. Not here: the sheets (`crosswipe-scenarios`).

use std::collections::BTreeMap;
use std::path::Path;

use crosswipe_scenarios::{Plan, is_workbook, load, workbook_of};

use crate::args::Common;
use crate::complain::{Trouble, to_stderr};
use crate::exit::Exit;
use crate::rundir;

/// Writes the plan at `from` to `out` in the other form.
pub(super) fn convert(from: &Path, out: &Path, common: &Common) -> Result<Exit, Trouble> {
    let plan = load(from).map_err(Trouble::Plan)?;
    let written = match is_workbook(out) {
        true => as_workbook(&plan, out),
        false => as_folder(&plan, out),
    };
    written?;
    if !common.quiet {
        let words = common.lang().pick(
            "已写出, 读回来是同一份计划; 注释不带过去",
            "written, and read back as the same plan; comments stay behind",
        );
        to_stderr(&format!("{} {words}\n", out.display()));
    }
    Ok(Exit::Clean)
}

/// Writes the workbook that says the same as the plan's files; an existing one is left alone.
fn as_workbook(plan: &Plan, out: &Path) -> Result<(), Trouble> {
    if out.exists() {
        return Err(busy(out));
    }
    let bytes = workbook_of(&plan.files).map_err(|error| Trouble::Usage {
        code: "cli::convert",
        what: format!(
            "计划太大, 写不成工作簿: {error} · the plan is too large for a workbook: {error}"
        ),
        help: "留作文件夹 · keep it as a folder".to_owned(),
    })?;
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Trouble::file("make", folder, error))?;
    }
    rundir::write(out, &bytes)?;
    the_same(plan, out)
}

/// Writes the plan's files into a folder that holds nothing yet.
fn as_folder(plan: &Plan, out: &Path) -> Result<(), Trouble> {
    let told = plan.files.iter().map(|(path, bytes)| {
        let text = path
            .ends_with(".yaml")
            .then(|| std::str::from_utf8(bytes).ok());
        let closed_up = text.flatten().map(|text| without_gaps(text).into_bytes());
        (path.clone(), closed_up.unwrap_or_else(|| bytes.clone()))
    });
    write_files(&told.collect(), out)?;
    the_same(plan, out)
}

/// Rows of a sheet keep their numbers as lines; in a file the empty ones between them say nothing.
fn without_gaps(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let empty = line.is_empty() && lines.last().is_none_or(|last| last.is_empty());
        if !empty {
            lines.push(line);
        }
    }
    lines.join("\n") + "\n"
}

/// Writes files by their paths inside `out`, which must not hold anything yet.
pub(crate) fn write_files(files: &BTreeMap<String, Vec<u8>>, out: &Path) -> Result<(), Trouble> {
    let empty = match std::fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if !empty {
        return Err(busy(out));
    }
    for (inside, bytes) in files {
        let path = out.join(inside);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Trouble::file("make", folder, error))?;
        }
        rundir::write(&path, bytes)?;
    }
    Ok(())
}

fn busy(out: &Path) -> Trouble {
    Trouble::OutputBusy {
        dir: out.to_owned(),
    }
}

/// What was written says the same; if not, that is our slip, and is told by its parts.
fn the_same(plan: &Plan, out: &Path) -> Result<(), Trouble> {
    let read = load(out).map_err(Trouble::Plan)?;
    let differing = read.differs(plan);
    if differing.is_empty() {
        return Ok(());
    }
    Err(Trouble::Usage {
        code: "cli::convert",
        what: format!(
            "`{0}` 与计划说的不一样: {1} · `{0}` does not say the same as the plan: {1}",
            out.display(),
            differing.join(", ")
        ),
        help:
            "用原来的形式; 请把计划发给我们 · keep to the form that you had, and send us the plan"
                .to_owned(),
    })
}
