//! 三目确认表 · `crosswipe form catalogue`: of runs, of tables that somebody brought (CSV or workbook), or of both.
//!
//! Not here: what state a mapping is in (`reports::Mappings`), how cells come out of files (`sheets`).

use std::borrow::Cow;
use std::path::Path;

use crosswipe_domain::Moment;
use crosswipe_reports::{CatalogueLine, Mappings, catalogue};
use crosswipe_sheets::{Bad, CellRef, Flaw, Flaws, Line, Table};

use super::{each, make};
use crate::args::CatalogueForm;
use crate::complain::Trouble;
use crate::exit::Exit;

/// Headings are looked for in this many lines.
const HEAD_LINES: usize = 15;
/// What each column may be called.
const HEADINGS: [(Column, &[&str]); 7] = [
    (
        Column::Institution,
        &[
            "机构编码",
            "机构编号",
            "定点医药机构编号",
            "医疗机构编码",
            "institution",
            "fixmedins_code",
        ],
    ),
    (
        Column::Local,
        &[
            "机构目录编码",
            "机构目录编号",
            "定点医药机构目录编号",
            "院内编码",
            "本地编码",
            "own code",
            "local code",
            "fixmedins_hilist_id",
            "medins_list_codg",
        ],
    ),
    (
        Column::Name,
        &[
            "机构目录名称",
            "定点医药机构目录名称",
            "院内名称",
            "本地名称",
            "名称",
            "own name",
            "local name",
            "name",
            "fixmedins_hilist_name",
        ],
    ),
    (Column::Kind, &["目录类别", "kind", "list_type"]),
    (
        Column::Code,
        &[
            "医疗目录编码",
            "国家编码",
            "国家医保编码",
            "医保编码",
            "national code",
            "med_list_codg",
        ],
    ),
    (Column::From, &["开始日期", "start date", "begndate"]),
    (Column::To, &["结束日期", "end date", "enddate"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Institution,
    Local,
    Name,
    Kind,
    Code,
    From,
    To,
}

/// Makes the form.
pub(super) fn form(args: &CatalogueForm) -> Result<Exit, Trouble> {
    let mut lines = Vec::new();
    for path in &args.table {
        lines.extend(read(path, args.of.as_deref()).map_err(Trouble::Books)?);
    }
    let told = each(&args.runs, Ok)?;
    let sources: Vec<_> = told.iter().map(|told| told.source()).collect();
    let mut all = Mappings::of_runs(&sources);
    all.add_table(&lines);
    let of = args.of.as_deref();
    if catalogue(&all, of, args.into.common.lang()).is_empty() {
        let (zh, en) = match of {
            Some(of) => (format!("机构 `{of}` "), format!(" of institution `{of}`")),
            None => (String::new(), String::new()),
        };
        return Err(Trouble::Nothing {
            what: format!(
                "没有{zh}能读出的目录对照报文 (3301, 3302)、带机构目录编码的费用明细或表 · no readable mapping (3301, 3302), fee line with an own code or table line{en} was found"
            ),
            help: "给出 HIS 上传过目录的运行, 或 --table FILE.csv · name a run in which a HIS uploaded its mappings, or --table FILE.csv".to_owned(),
        });
    }
    make(&args.into, |_, lang| catalogue(&all, of, lang))
}

/// The lines of a table; whoever names no institution in it means `of`.
fn read(path: &Path, of: Option<&str>) -> Result<Vec<CatalogueLine>, Flaws> {
    let is_book = path.extension().is_some_and(|ending| {
        ["xlsx", "xlsm", "xls", "ods"]
            .iter()
            .any(|one| ending.eq_ignore_ascii_case(one))
    });
    let tables = match is_book {
        true => Table::sheets(path)?,
        false => vec![Table::csv(path)?],
    };
    let (mut lines, mut flaws) = (Vec::new(), Flaws::default());
    let mut headed = false;
    for mut table in tables {
        if let Some(columns) = columns(&mut table, &mut flaws) {
            headed = true;
            rows(&mut table, &columns, of, &mut lines, &mut flaws);
        }
    }
    if flaws.is_empty() && !headed {
        flaws.push(Flaw::of_file(
            path,
            "找不到有「机构目录编码」「目录类别」「医疗目录编码」三列的表头 · no line of headings with own code, kind and national code was found",
            "表头写: 机构编码, 机构目录编码, 机构目录名称, 目录类别, 医疗目录编码 · write: institution, own code, own name, kind, national code",
        ));
    }
    if flaws.is_empty() && lines.is_empty() {
        flaws.push(Flaw::of_file(
            path,
            "表是空的 · the table is empty",
            "表头之下每行一项 · one line per item below the headings",
        ));
    }
    match flaws.is_empty() {
        true => Ok(lines),
        false => Err(flaws),
    }
}

/// A line that cannot be read ends its table.
fn next(table: &mut Table, flaws: &mut Flaws) -> Option<Line> {
    table.line().unwrap_or_else(|flaw| {
        flaws.push(flaw);
        None
    })
}

/// Where each column is; `None` where no line has the three without which nothing can be said.
fn columns(table: &mut Table, flaws: &mut Flaws) -> Option<Vec<(Column, usize)>> {
    for _ in 0..HEAD_LINES {
        let line = next(table, flaws)?;
        let mut found: Vec<(Column, usize)> = Vec::new();
        let mut twice = None;
        for (at, cell) in line.cells().enumerate() {
            let heading = cell.words().to_lowercase();
            let heading = heading.trim_end_matches('*').trim();
            let known = HEADINGS.iter().find(|(_, names)| names.contains(&heading));
            if let Some((column, _)) = known {
                if found.iter().any(|(one, _)| one == column) {
                    twice = twice.or(Some(at));
                }
                found.push((*column, at));
            }
        }
        let has = |column| found.iter().any(|(one, _)| *one == column);
        if !(has(Column::Local) && has(Column::Kind) && has(Column::Code)) {
            continue;
        }
        if let Some(at) = twice {
            flaws.push(Flaw::new(
                table.place(line.number, Some(at)),
                "这一列前面已有一列 · a column before means the same",
                "只留一列 · leave one of them",
            ));
        }
        return Some(found);
    }
    None
}

fn rows(
    table: &mut Table,
    columns: &[(Column, usize)],
    of: Option<&str>,
    lines: &mut Vec<CatalogueLine>,
    flaws: &mut Flaws,
) {
    let at = |column| {
        columns
            .iter()
            .find(|(one, _)| *one == column)
            .map(|(_, at)| *at)
    };
    while let Some(line) = next(table, flaws) {
        if line.cells().all(CellRef::is_blank) {
            continue;
        }
        let mut bad = |column, Bad { what, mend }: Bad| {
            flaws.push(Flaw::new(table.place(line.number, at(column)), what, mend));
        };
        let cell = |column| at(column).and_then(|at| line.cell(at));
        let mut id = |column| {
            let read = cell(column).map_or(Ok(Cow::default()), CellRef::id);
            let read = read.unwrap_or_else(|why| {
                bad(column, why);
                Cow::default()
            });
            read.into_owned()
        };
        let (institution, local) = (id(Column::Institution), id(Column::Local));
        let (kind, code) = (id(Column::Kind), id(Column::Code));
        let mut day = |column| -> Option<Moment> {
            let read = cell(column).map_or(Ok(None), CellRef::moment);
            read.unwrap_or_else(|why| {
                bad(column, why);
                None
            })
        };
        let (from, to) = (day(Column::From), day(Column::To));
        let institution = match (institution.is_empty(), of) {
            (true, Some(of)) => of.to_owned(),
            _ => institution,
        };
        if institution.is_empty() {
            let place = table.place(line.number, at(Column::Institution));
            flaws.push(Flaw::new(
                place,
                "不知道是哪家机构的 · whose item this is cannot be told",
                "加一列「机构编码」, 或写 --of 机构编码 · add a column institution, or say --of CODE",
            ));
        }
        lines.push(CatalogueLine {
            institution,
            local,
            name: cell(Column::Name).map_or_else(String::new, |cell| cell.words().into_owned()),
            // `101 西药中成药`, as the form itself shows it.
            kind: kind
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned(),
            code,
            from,
            to,
        });
    }
}
