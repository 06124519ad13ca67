//! 手填留存 · What people wrote into a form is read back before the form is written anew, and kept beside it.

use std::fs;
use std::path::{Path, PathBuf};

use crosswipe_domain::{Both, Moment};
use crosswipe_reports::{Form, Grid, NotThisForm, Notes};
use crosswipe_sheets::{Cell, Flaw, Flaws, Table, read_book};

use super::{ends_with, is_workbook};
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

    /// Where the words of people about a form are kept.
    pub(super) fn beside(into: &Into) -> Kept {
        let mut all = into.out.iter().chain(&into.read);
        let beside = all.find(|path| is_workbook(path));
        let beside = || beside.map(|path| path.with_extension("notes.yaml"));
        Kept {
            path: into.notes.clone().or_else(beside),
        }
    }

    /// What was kept.
    pub(super) fn read(&self) -> Result<Notes, Trouble> {
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

/// The workbooks that are read before the form is made: those that were named, and those that will be overwritten.
pub(super) fn named(into: &Into) -> Vec<PathBuf> {
    let standing = into.out.iter().filter(|path| is_workbook(path));
    let standing = standing.filter(|path| path.exists());
    into.read.iter().chain(standing).cloned().collect()
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
            Err(not) => why = nearer(why, not),
        }
    }
    match why.filter(|_| !found) {
        None => Ok(notes),
        Some(why) => Err(unlike(file, &why)),
    }
}

/// What a workbook in one language is in the other is no news.
fn nearer(before: Option<NotThisForm>, now: NotThisForm) -> Option<NotThisForm> {
    let near = |why: &NotThisForm| match why {
        NotThisForm::NoSheet(_) => 0,
        NotThisForm::NoHeadings { .. } => 1,
        _ => 2,
    };
    let (before, now) = match (before, now) {
        // Whoever renamed it knows one of its names.
        (Some(NotThisForm::NoSheet(mut names)), NotThisForm::NoSheet(more)) => {
            names.extend(
                more.into_iter()
                    .filter(|name| !names.contains(name))
                    .collect::<Vec<_>>(),
            );
            (None, NotThisForm::NoSheet(names))
        }
        both => both,
    };
    match before {
        Some(before) if near(&before) > near(&now) => Some(before),
        _ => Some(now),
    }
}

fn unlike(file: &Path, why: &NotThisForm) -> Trouble {
    let Both { zh, en } = why.both();
    let shown = file.display();
    let help = match why {
        NotThisForm::NoSheet(_) | NotThisForm::NoHeadings { .. } => {
            return Trouble::Usage {
                code: "cli::other_form",
                what: format!("`{shown}` 不是这张表: {zh} · `{shown}` is not this form: {en}"),
                help: "用本工具出的这张表, 页名与表头不要改; 换一个 --out 就不读它 · take a workbook of this form, its sheet names and headings unchanged; with another --out it is not read".to_owned(),
            };
        }
        NotThisForm::Renamed { .. } => {
            "改回原来的表头; 是另加的一列就换个不相近的名字, 或写进 --columns · put the heading back; for a column of your own take a name that is not so near, or write it into --columns"
        }
        NotThisForm::Twice { .. } => "两列并成一列 · make one of the two",
        NotThisForm::NoHeading { .. } => {
            "给这一列写个表头, 或移到「备注」一类的列 · write a heading above it, or move it into a column for remarks"
        }
        NotThisForm::NoRows { .. } => "把这一列移到别的表 · move the column to another sheet",
    };
    Trouble::Usage {
        code: "cli::form_heading",
        what: format!(
            "`{shown}`: {zh}, 没有读也没有覆盖 · `{shown}`: {en}: neither read nor overwritten"
        ),
        help: help.to_owned(),
    }
}

/// What office programs put beside a file that they have open: Excel and WPS, WPS, LibreOffice.
fn locks(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
    else {
        return Vec::new();
    };
    [
        format!("~${name}"),
        format!(".~{name}"),
        format!(".~lock.{name}#"),
    ]
    .map(|lock| path.with_file_name(lock))
    .into()
}

/// True for what an office program put beside a file, not for the file.
pub(super) fn is_lock(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with("~$") || name.starts_with(".~"))
}

/// Whoever has a file open would write over what is made now, and has words in it that nobody has read.
pub(super) fn not_open(path: &Path) -> Result<(), Trouble> {
    match locks(path).into_iter().find(|lock| path.exists() && lock.exists()) {
        None => Ok(()),
        Some(lock) => Err(Trouble::Usage {
            code: "cli::form_open",
            what: format!(
                "`{0}` 正被 Excel、WPS 或 LibreOffice 打开着 (有 `{1}`), 没有写 · `{0}` is open in an office program (there is `{1}`): nothing was written",
                path.display(),
                lock.display()
            ),
            help: "存盘并关闭它再来; 没有谁开着, 就删去那个锁文件 · save and close it; if nobody has it open, remove that lock file".to_owned(),
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
    let typed = text.map(|text| Cell::Text(text.clone()));
    Ok(typed.and_then(|typed| typed.moment().ok().flatten()))
}

fn grids(file: &Path) -> Result<Vec<Grid>, Trouble> {
    if !file.is_file() {
        let flaw = Flaw::of_file(
            file,
            "没有这个文件 · there is no such file",
            "检查路径; 目录要写到文件名 · check the path; of a folder name the file",
        );
        return Err(Trouble::Books(Flaws::from_all(vec![flaw])));
    }
    if ends_with(file, "csv") {
        return Ok(vec![one_grid(file)?]);
    }
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

/// A file of one sheet, which has no name for it: CSV in any encoding.
fn one_grid(file: &Path) -> Result<Grid, Trouble> {
    let bad = |flaw| Trouble::Books(Flaws::from_all(vec![flaw]));
    let mut table = Table::csv(file).map_err(bad)?;
    let mut grid = Grid::default();
    while let Some(line) = table.line().map_err(bad)? {
        let words = line.cells().map(|cell| cell.words().into_owned());
        grid.rows.push(words.collect());
    }
    Ok(grid)
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
    if let (Some("csv"), Some(text)) = (ending.as_deref(), form.contacts_csv()) {
        return Ok(text.into_bytes());
    }
    match ending.as_deref() {
        Some("xlsx") => book(form),
        Some("html") => Ok(form.html().into_bytes()),
        Some("md") => Ok(form.markdown().into_bytes()),
        _ => Err(Trouble::Usage {
            code: "cli::form_ending",
            what: format!(
                "`{0}`: 表单只写成 .xlsx、.html、.md, 联系人表还可写成 .csv · `{0}`: a form is written as .xlsx, .html or .md, contacts as .csv too",
                path.display()
            ),
            help: "--out FILE.xlsx".to_owned(),
        }),
    }
}
