//! 手填留存 · What people wrote into a form is read back before the form is written anew, and kept beside it.

use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_domain::Moment;
use crosswipe_reports::{Form, Grid, NotThisForm, Notes};
use crosswipe_sheets::{Cell, Flaws, read_book};

use super::is_workbook;
use crate::args::Into;
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::rundir;

/// 留存 · Where the words of people are kept.
pub(crate) struct Kept {
    path: Option<PathBuf>,
}

impl Kept {
    /// In this file.
    pub(crate) fn of(path: PathBuf) -> Kept {
        Kept { path: Some(path) }
    }

    /// What was kept, with what people wrote into these workbooks of the form (which is given in both languages), and into the
    /// one that will be overwritten, if it stands there; kept from now on.
    ///
    /// # Errors
    /// A file that cannot be read, or is no workbook of this form: nothing is written then.
    pub(crate) fn with(
        &self,
        both: &[Form],
        read: &[PathBuf],
        overwritten: &Path,
    ) -> Result<Notes, Trouble> {
        let mut notes = self.read()?;
        let before = notes.clone();
        let standing = overwritten.exists().then_some(overwritten);
        for file in standing
            .into_iter()
            .chain(read.iter().map(PathBuf::as_path))
        {
            notes.absorb(written(both, file)?);
        }
        if let (Some(path), true) = (&self.path, notes != before) {
            let text = serde_saphyr::to_string(&notes).map_err(|error| {
                Trouble::file("write", path, std::io::Error::other(error.to_string()))
            })?;
            rundir::write_whole(path, text.as_bytes())?;
        }
        Ok(notes)
    }

    fn read(&self) -> Result<Notes, Trouble> {
        let Some(path) = self.path.as_deref().filter(|path| path.exists()) else {
            return Ok(Notes::default());
        };
        let text = fs::read_to_string(path).map_err(|error| Trouble::file("read", path, error))?;
        serde_saphyr::from_str(&text).map_err(|error| Trouble::Usage {
            code: "cli::notes",
            what: format!("`{0}` 里不是手填留存: {error} · `{0}` does not hold notes: {error}", path.display()),
            help: "挪走它, 再用 --read 从填过的表读回 · move it away and read the filled form again with --read".to_owned(),
        })
    }
}

/// Reads what people wrote before the form is made.
pub(super) fn before(into: &Into, both: &[Form]) -> Result<Notes, Trouble> {
    let beside = into
        .out
        .iter()
        .chain(&into.read)
        .find(|path| is_workbook(path));
    let path = into
        .notes
        .clone()
        .or_else(|| beside.map(|path| path.with_extension("notes.yaml")));
    let mut read = into.read.clone();
    let standing: Vec<&PathBuf> = into.out.iter().filter(|path| is_workbook(path)).collect();
    read.extend(
        standing
            .iter()
            .filter(|path| path.exists())
            .map(|path| (*path).clone()),
    );
    Kept { path }.with(both, &read, Path::new(""))
}

/// What people wrote into one workbook of the form.
pub(super) fn written(both: &[Form], file: &Path) -> Result<Notes, Trouble> {
    let grids = grids(file)?;
    let mut notes = Notes::default();
    let mut why: Option<NotThisForm> = None;
    let mut found = false;
    for form in both {
        match form.read(&grids) {
            Ok(read) => {
                found = true;
                notes.absorb(read);
            }
            Err(not @ NotThisForm::NoHeadings { .. }) => why = Some(not),
            Err(not) => why = why.or(Some(not)),
        }
    }
    match why.filter(|_| !found) {
        None => Ok(notes),
        Some(why) => Err(Trouble::Usage {
            code: "cli::other_form",
            what: format!("`{0}` 不是这张表: {zh} · `{0}` is not this form: {en}", file.display(), zh = why.both().zh, en = why.both().en),
            help: "用本工具出的这张表, 页名与表头不要改; 换一个 --out 就不读它 · take a workbook of this form, its sheet names and headings unchanged; with another --out it is not read".to_owned(),
        }),
    }
}

/// Until when a sheet says that it goes.
pub(super) fn stated(file: &Path) -> Result<Option<Moment>, Trouble> {
    let grids = grids(file)?;
    let rows = grids.iter().flat_map(|grid| &grid.rows);
    let mut rows = rows.filter(|row| {
        let label = row.first().map(|cell| cell.trim());
        matches!(label, Some("截至" | "until"))
    });
    let text = rows.next().and_then(|row| row.get(1));
    Ok(text.and_then(|text| super::cutoff::instant(text).ok()))
}

fn grids(file: &Path) -> Result<Vec<Grid>, Trouble> {
    let sheets = read_book(file).map_err(|flaw| Trouble::Books(Flaws::from_all(vec![flaw])))?;
    let grids = sheets.iter().map(|sheet| Grid {
        sheet: sheet.name.clone(),
        rows: (0..sheet.height())
            .map(|row| {
                let mut cells = Vec::new();
                for (column, cell) in sheet.row(row) {
                    cells.resize(column as usize, String::new());
                    cells.push(match cell {
                        // As written: headings hold signs that reading by words would even out.
                        Cell::Text(text) => text.clone(),
                        other => other.words(),
                    });
                }
                cells
            })
            .collect(),
    });
    Ok(grids.collect())
}

/// The bytes of a workbook.
pub(crate) fn book(form: &Form) -> Result<Vec<u8>, Trouble> {
    form.xlsx().map_err(|error| Trouble::Usage {
        code: "cli::too_large",
        what: format!("工作簿写不成: {error} · the workbook cannot be made: {error}"),
        help: "--format csv".to_owned(),
    })
}

/// Writes it everywhere that was asked for.
pub(super) fn write(into: &Into, form: &Form) -> Result<(), Trouble> {
    if into.out.is_empty() {
        return to_stdout(&form.markdown());
    }
    let files = into.out.iter();
    let files: Vec<(&PathBuf, Vec<u8>)> = files
        .map(|path| Ok((path, bytes(path, form)?)))
        .collect::<Result<_, Trouble>>()?;
    for (path, bytes) in files {
        rundir::write_whole(path, &bytes)?;
        if !into.common.quiet {
            to_stderr(&format!("{}\n", path.display()));
        }
    }
    Ok(())
}

fn bytes(path: &Path, form: &Form) -> Result<Vec<u8>, Trouble> {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("xlsx") => book(form),
        Some("html") => Ok(form.html().into_bytes()),
        Some("md") => Ok(form.markdown().into_bytes()),
        _ => Err(Trouble::Usage {
            code: "cli::form_ending",
            what: format!(
                "`{0}`: 表单只写成 .xlsx、.html、.md · `{0}`: a form is written as .xlsx, .html or .md",
                path.display()
            ),
            help: "--out FILE.xlsx".to_owned(),
        }),
    }
}
