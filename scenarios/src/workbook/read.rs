//! 读工作簿 · The sheets of a workbook as the files of a plan folder.
//!
//! Why so: rows keep their numbers where they can: line 7 of the persons table is row 7 of the sheet, so that a message that
//! names another line is right too. Called by `folder`. Not here: what the files mean.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use crosswipe_domain::both;
use crosswipe_sheets::{Cell, Sheet, read_book};

use super::form::{
    BASKET_DIR, BASKETS, CASES, CATALOGUE, CONTACTS, Column, DUTIES, FORMS, Form, HEAD, KNOWN,
    Kind, MATRIX, MORE, NEEDED, PARTIES, PERSONS, SCENARIO_MARK, WINDOW,
};
use super::rows::{Filled, Line, Reading, parts};
use super::text::{Written, quoted};
use crate::codes;
use crate::folder::PLAN_FILE;
use crate::nearest::suggest;
use crate::problem::{Problem, Problems};

/// The files that the workbook at `path` says, by their paths inside a plan folder; what is wrong with its form is told.
pub(crate) fn read(path: &Path, problems: &Problems) -> Option<BTreeMap<String, Written>> {
    let sheets = match read_book(path) {
        Ok(sheets) => sheets,
        Err(flaw) => {
            let problem = Problem::whole_file(codes::UNREADABLE_FILE, flaw.place, flaw.what);
            problems.push(problem.help(flaw.mend));
            return None;
        }
    };
    let shown = path.display().to_string();
    report_sheets(&shown, &sheets, problems)?;
    let book = Book {
        shown: &shown,
        sheets: &sheets,
        problems,
        files: BTreeMap::new(),
        scenarios: Vec::new(),
    };
    // A sheet whose columns nobody knows says nothing; all such sheets are told, and nothing that would follow from them.
    let headless = FORMS.iter().filter(|form| {
        let reading = book.reading(form);
        reading.is_some_and(|reading| reading.report_headless(NEEDED.contains(&form.name)))
    });
    (headless.count() == 0).then(|| book.files())
}

/// Sheets that nobody knows, and those that are missing; `None` where there is no use in going on.
fn report_sheets(shown: &str, sheets: &[Sheet], problems: &Problems) -> Option<()> {
    let there = |name: &str| sheets.iter().any(|sheet| sheet.name.trim() == name);
    let strange: Vec<&str> = sheets
        .iter()
        .map(|sheet| sheet.name.trim())
        .filter(|name| !FORMS.iter().any(|form| form.name == *name) && *name != "说明")
        .collect();
    let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !there(name)).collect();
    for name in &missing {
        let near = strange
            .iter()
            .find(|other| other.contains(name) || name.contains(*other));
        let help = match near {
            Some(near) => both!("把 `{near}` 改名为 `{name}`", "rename `{near}` to `{name}`"),
            None => both!(
                "crosswipe init DIR --workbook 写出一份完整的; 这里有: {}",
                "crosswipe init DIR --workbook writes a complete one; here are: {}",
                sheets
                    .iter()
                    .map(|sheet| sheet.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        let message = both!(
            "工作簿里没有工作表 `{name}`",
            "the workbook has no sheet `{name}`"
        );
        problems
            .push(Problem::whole_file(codes::MISSING_SHEET, shown.to_owned(), message).help(help));
    }
    for name in strange {
        let message = both!(
            "工作表 `{name}` 不是计划的表, 没有读",
            "the sheet `{name}` is none of a plan's and is left out"
        );
        let help = suggest(name, FORMS.iter().map(|form| form.name));
        let problem = Problem::whole_file(codes::UNKNOWN_SHEET, format!("{shown}!{name}"), message);
        problems.push(problem.maybe_help(help).into_warning());
    }
    missing.is_empty().then_some(())
}

struct Book<'a> {
    shown: &'a str,
    sheets: &'a [Sheet],
    problems: &'a Problems,
    files: BTreeMap<String, Written>,
    /// Scenario files, in order.
    scenarios: Vec<String>,
}

impl<'a> Book<'a> {
    fn reading(&self, form: &'static Form) -> Option<Reading<'a>> {
        let sheet = self
            .sheets
            .iter()
            .find(|sheet| sheet.name.trim() == form.name)?;
        Some(Reading {
            file: self.shown,
            sheet,
            form,
            problems: self.problems,
        })
    }

    fn lines(&self, form: &'static Form) -> Vec<Line> {
        let reading = self.reading(form);
        reading
            .and_then(|reading| reading.lines())
            .unwrap_or_default()
    }

    fn files(mut self) -> BTreeMap<String, Written> {
        self.table(&PERSONS, "persons.csv");
        self.table(&CATALOGUE, "catalogue.csv");
        let contacts = !self.lines(&CONTACTS).is_empty();
        if contacts {
            self.table(&CONTACTS, "contacts.csv");
        }
        self.topology();
        self.baskets();
        let businesses = self.matrix();
        self.cases();
        let more = self.more();
        self.plan(contacts, &businesses, more);
        self.files
    }

    /// A sheet that is a table file: headings and cells as they are, each row in the line of its number.
    fn table(&mut self, form: &'static Form, file: &str) {
        let Some(reading) = self.reading(form) else {
            return;
        };
        let mut written = Written::default();
        let Some(head) = reading.head_row() else {
            return;
        };
        let columns: BTreeMap<u32, Kind> = reading
            .sheet
            .row(head)
            .map(|(column, cell)| {
                let words = cell.words();
                let mut known = form.columns.iter();
                let known = known.find(|one| one.zh == words || one.key == words);
                (column, known.map_or(Kind::Plain, |known| known.kind))
            })
            .collect();
        for row in head..reading.sheet.height() {
            if row > head && reading.is_example(row, &columns) {
                continue;
            }
            written.lines_until(row);
            for (index, (column, kind)) in columns.iter().enumerate() {
                if index > 0 {
                    written.push(",");
                }
                let kind = if row == head { Kind::Plain } else { *kind };
                let cell = reading.sheet.cell(row, *column);
                if let Some(filled) = cell.and_then(|cell| reading.filled(row, *column, cell, kind))
                {
                    written.table_cell(&filled.place, &filled.text);
                }
            }
        }
        written.push("\n");
        self.files.insert(file.to_owned(), written);
    }

    /// Hub, regions, and under each the institutions that follow it.
    fn topology(&mut self) {
        let lines = self.lines(&PARTIES);
        let kind = |line: &Line| {
            line.get("类别")
                .map(|cell| cell.text.clone())
                .unwrap_or_default()
        };
        let mut written = Written::default();
        written.push("{catalogue: catalogue.csv, ");
        if let Some(hub) = lines.iter().find(|line| kind(line) == "hub") {
            if let Some(code) = hub.get("代码") {
                written.push("hub: ");
                written.scalar(&code.place, &code.text);
                written.push(", ");
            }
            pairs(&mut written, hub.get("其他"));
        }
        written.push("regions: [\n");
        let mut open = false;
        for line in &lines {
            match kind(line).as_str() {
                "hub" => {}
                "institution" if open => {
                    written.push("    {");
                    let told = ["代码", "名称", "等级", "办理", "有人时段"];
                    keys(&mut written, line, &told, &["其他"]);
                    written.close("},\n");
                }
                "institution" => {
                    let reading = self.reading(&PARTIES);
                    reading.iter().for_each(|reading| {
                        reading.told(
                            &line.place(),
                            codes::BAD_INSTITUTION,
                            both!(
                                "有机构写在第一个统筹区的上面",
                                "an institution stands above the first region"
                            ),
                            both!("移到所属统筹区的下面", "move it below its region"),
                        );
                    });
                }
                _ => {
                    if open {
                        written.push("  ]},\n");
                    }
                    written.push("  {");
                    keys(&mut written, line, &["代码", "名称", "窗口外"], &["其他"]);
                    written.push("institutions: [\n");
                    open = true;
                }
            }
        }
        written.push(if open { "  ]}\n]}\n" } else { "]}\n" });
        self.files.insert("topology.yaml".to_owned(), written);
    }

    /// Rows of the same name are one bill.
    fn baskets(&mut self) {
        let mut names: Vec<(String, Vec<Line>)> = Vec::new();
        for line in self.lines(&BASKETS) {
            let Some(name) = line.get("清单").map(|cell| cell.text.clone()) else {
                let reading = self.reading(&BASKETS);
                reading.iter().for_each(|reading| {
                    reading.told(
                        &line.place(),
                        codes::MISSING_KEY,
                        both!(
                            "这一行不知属于哪张清单: `清单` 一栏是空的",
                            "a line of no bill: `清单` is blank"
                        ),
                        both!("填上清单名", "give the bill's name"),
                    );
                });
                continue;
            };
            match names.iter_mut().find(|(other, _)| *other == name) {
                Some((_, lines)) => lines.push(line),
                None => names.push((name, vec![line])),
            }
        }
        for (name, lines) in names {
            let mut written = Written::default();
            written.push("{");
            let title = lines.iter().find_map(|line| line.get("标题"));
            written.push("title: ");
            match title {
                Some(title) => written.scalar(&title.place, &title.text),
                None => written.scalar(&lines[0].place(), &name),
            }
            written.push(", lines: [\n");
            for line in &lines {
                written.push("  {");
                keys(
                    &mut written,
                    line,
                    &["项目编码", "单价", "数量", "退第几行"],
                    &[],
                );
                written.close("},\n");
            }
            written.push("]}\n");
            self.files
                .insert(format!("{BASKET_DIR}{name}.yaml"), written);
        }
    }

    /// One scenario per row; gives the businesses, in order.
    fn matrix(&mut self) -> Vec<Filled> {
        let mut businesses: Vec<Filled> = Vec::new();
        for (index, line) in self.lines(&MATRIX).iter().enumerate() {
            let mut written = Written::default();
            written.push("{for: matrix, ");
            keys(&mut written, line, &["场景", "标题", "条款", "阶段"], &[]);
            written.push("steps: [{");
            keys(&mut written, line, &["业务", "费用"], &["其他"]);
            expect(&mut written, line, &["结果", "医疗费总额"], "其他预期");
            written.close("}]}\n");
            if let Some(business) = line.get("业务")
                && !businesses.iter().any(|other| other.text == business.text)
            {
                businesses.push(business.clone());
            }
            let file = format!("matrix-{}.yaml", index + 1);
            self.scenarios.push(file.clone());
            self.files.insert(file, written);
        }
        businesses
    }

    fn cases(&mut self) {
        let lines = self.lines(&CASES);
        if lines.is_empty() {
            return;
        }
        let mut written = Written::default();
        written.push("{scenario: 用例, title: 用例, cases: [\n");
        for line in &lines {
            written.push("  {");
            keys(&mut written, line, &["用例", "标题", "条款"], &[]);
            written.push("steps: [{");
            keys(
                &mut written,
                line,
                &["业务", "人员", "机构", "费用", "时刻"],
                &["其他"],
            );
            expect(&mut written, line, &["结果", "应答代码"], "");
            written.close("}]},\n");
        }
        written.push("]}\n");
        self.scenarios.push("cases.yaml".to_owned());
        self.files.insert("cases.yaml".to_owned(), written);
    }

    /// Files as they are; gives what they add to `plan.yaml`.
    fn more(&mut self) -> Vec<Filled> {
        let mut keys = Vec::new();
        let Some(reading) = self.reading(&MORE) else {
            return keys;
        };
        for line in reading.lines().unwrap_or_default() {
            let (Some(file), Some(content)) = (line.get("文件"), raw(&reading, &line)) else {
                continue;
            };
            let name = file
                .text
                .strip_prefix(SCENARIO_MARK)
                .unwrap_or(&file.text)
                .trim();
            let plain = Path::new(name)
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            if name == PLAN_FILE {
                keys.push(content);
            } else if !plain || name.contains('\\') {
                reading.told(
                    &file.place,
                    codes::UNREADABLE_FILE,
                    both!(
                        "`{name}` 指到了计划文件夹之外",
                        "`{name}` leads out of the plan's folder"
                    ),
                    both!(
                        "写计划文件夹里的名字",
                        "write a name inside the plan's folder"
                    ),
                );
            } else {
                if file.text.starts_with(SCENARIO_MARK)
                    && !self.scenarios.iter().any(|it| it == name)
                {
                    self.scenarios.push(name.to_owned());
                }
                let written = self.files.entry(name.to_owned()).or_default();
                written.lines(&content.place, &content.text);
            }
        }
        keys
    }

    fn plan(&mut self, contacts: bool, businesses: &[Filled], more: Vec<Filled>) {
        let mut written = Written::default();
        if let Some(reading) = self.reading(&WINDOW) {
            self.head(&reading, &mut written);
            let lines = reading.lines().unwrap_or_default();
            if let Some(head) = reading.head_row() {
                written.lines_until(head);
            }
            written.lines_until(0);
            written.push("phases:\n");
            for line in &lines {
                written.lines_until(line.row);
                written.push("  - {");
                keys(
                    &mut written,
                    line,
                    &["阶段", "类型", "起", "止", "公众", "公告原文"],
                    &["其他"],
                );
                if line.get("允许业务").or(line.get("范围")).is_some() {
                    written.push("allow: [{");
                    keys(&mut written, line, &["允许业务", "范围"], &[]);
                    written.close("}]");
                }
                written.close("}");
            }
        }
        written.lines_until(0);
        written.push("topology: topology.yaml\npersons: persons.csv\n");
        if contacts {
            written.push("contacts: contacts.csv\n");
        }
        let scenarios: Vec<String> = self.scenarios.iter().map(|file| quoted(file)).collect();
        written.push(&format!("scenarios: [{}]\n", scenarios.join(", ")));
        let names = |key: &str| {
            let begins = format!("{key}:");
            more.iter()
                .any(|text| text.text.lines().any(|line| line.starts_with(&begins)))
        };
        if !businesses.is_empty() && !names("matrix") {
            written.push("matrix: {insured: all, treatment: all, person: pairwise, business: [");
            for (index, business) in businesses.iter().enumerate() {
                written.push(if index > 0 { ", " } else { "" });
                written.scalar(&business.place, &business.text);
            }
            written.push("]}\n");
        }
        let duties = self.lines(&DUTIES);
        if !names("clauses") {
            self.clauses(&duties, &mut written);
        }
        if !duties.is_empty() {
            written.push("duties:\n");
            for line in &duties {
                written.push("  - {");
                keys(
                    &mut written,
                    line,
                    &["条款", "谁", "起", "止", "事项", "公告原文"],
                    &["其他"],
                );
                written.close("}\n");
            }
        }
        let known = self.lines(&KNOWN);
        if !known.is_empty() {
            written.push("known_issues:\n");
            for line in &known {
                written.push("  - {");
                let told = ["编号", "问题", "负责", "期限", "现象"];
                keys(&mut written, line, &told, &[]);
                let of_cases = ["用例", "参保地", "就医地", "机构", "业务"];
                keys(&mut written, line, &of_cases, &["其他"]);
                written.close("}\n");
            }
        }
        for text in &more {
            written.lines_until(0);
            written.lines(&text.place, &text.text);
        }
        written.lines_until(0);
        self.files.insert(PLAN_FILE.to_owned(), written);
    }

    /// The lines above the phases: what is asked in the first column, the answer in the second.
    fn head(&self, reading: &Reading<'_>, written: &mut Written) {
        let until = reading.head_row().unwrap_or_else(|| reading.sheet.height());
        let asked = |row: u32| {
            reading
                .sheet
                .cell(row, 0)
                .map(Cell::words)
                .unwrap_or_default()
        };
        let answer = |zh: &str| {
            let row = (0..until).find(|row| asked(*row) == zh)?;
            let column: &Column = HEAD.iter().find(|column| column.zh == zh)?;
            reading.filled(row, 1, reading.sheet.cell(row, 1)?, column.kind)
        };
        for row in 0..until {
            let asked = asked(row);
            let Some(column) = HEAD.iter().find(|column| column.zh == asked) else {
                let near = crate::nearest::nearest(&asked, HEAD.iter().map(|column| column.zh));
                if let (Some(near), Some(_)) = (near, reading.sheet.cell(row, 1)) {
                    let help = both!("是否想写 `{near}`?", "did you mean `{near}`?");
                    let message = both!("不认得的一行 `{asked}`", "unknown line `{asked}`");
                    reading.told(&reading.place(row, 0), codes::UNKNOWN_KEY, message, help);
                }
                continue;
            };
            let Some(filled) = answer(&asked) else {
                continue;
            };
            written.lines_until(row);
            match column.key {
                "zh" => {
                    written.push("title: {zh: ");
                    written.scalar(&filled.place, &filled.text);
                    if let Some(en) = answer("英文标题") {
                        written.push(", en: ");
                        written.scalar(&en.place, &en.text);
                    }
                    written.close("}");
                }
                "en" => {}
                key => {
                    written.push(&format!("{key}: "));
                    value(written, column, &filled);
                }
            }
        }
    }

    /// Each clause that a sheet names, with the first words of the notice given for it.
    fn clauses(&self, duties: &[Line], written: &mut Written) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut all: Vec<(Filled, String)> = Vec::new();
        for line in duties {
            if let Some(clause) = line.get("条款") {
                let quote = line.get("公告原文").or(line.get("事项"));
                let quote = quote.map_or(clause.text.clone(), |quote| quote.text.clone());
                all.push((clause.clone(), quote));
            }
        }
        for form in [&MATRIX, &CASES] {
            for line in self.lines(form) {
                let Some(clauses) = line.get("条款") else {
                    continue;
                };
                let title = line
                    .get("标题")
                    .map(|title| title.text.clone())
                    .unwrap_or_default();
                for clause in parts(&clauses.text).filter(|clause| !clause.contains('-')) {
                    let filled = Filled {
                        place: clauses.place.clone(),
                        text: clause.to_owned(),
                    };
                    all.push((filled, title.clone()));
                }
            }
        }
        all.retain(|(clause, _)| seen.insert(clause.text.clone()));
        if all.is_empty() {
            return;
        }
        written.push("clauses:\n");
        for (clause, quote) in all {
            written.push("  ");
            written.scalar(&clause.place, &clause.text);
            written.push(&format!(": {}\n", quoted(&quote)));
        }
    }
}

/// The content cell as it is, blanks included.
fn raw(reading: &Reading<'_>, line: &Line) -> Option<Filled> {
    let filled = line.get("内容")?;
    let mut cells = reading.sheet.row(line.row);
    let untrimmed = cells.find_map(|(_, cell)| match cell {
        Cell::Text(text) if text.trim() == filled.text => Some(text.replace("\r\n", "\n")),
        _ => None,
    });
    Some(Filled {
        place: filled.place.clone(),
        text: untrimmed.unwrap_or_else(|| filled.text.clone()),
    })
}

/// `key: value, ` of these columns as far as they are filled in, and of those that hold pairs what they hold.
fn keys(written: &mut Written, line: &Line, wanted: &[&str], more: &[&str]) {
    for zh in wanted {
        let Some((column, filled)) = line.filled().find(|(column, _)| column.zh == *zh) else {
            continue;
        };
        written.push(&format!("{}: ", column.key));
        value(written, column, filled);
        written.push(", ");
    }
    for zh in more {
        pairs(written, line.get(zh));
    }
}

fn pairs(written: &mut Written, filled: Option<&Filled>) {
    if let Some(filled) = filled {
        written.pairs(
            &filled.place,
            filled.text.trim_end_matches([',', ' ', '\n']),
        );
        written.push(", ");
    }
}

/// `expect: {…}` where anything is expected.
fn expect(written: &mut Written, line: &Line, wanted: &[&str], more: &str) {
    let any = wanted
        .iter()
        .chain([&more])
        .any(|zh| line.get(zh).is_some());
    if any {
        written.push("expect: {");
        keys(written, line, wanted, &[more]);
        written.close("}");
    }
}

fn value(written: &mut Written, column: &Column, filled: &Filled) {
    match column.kind {
        Kind::Some(_) | Kind::List => {
            written.push("[");
            for (index, part) in parts(&filled.text).enumerate() {
                written.push(if index > 0 { ", " } else { "" });
                written.scalar(&filled.place, part);
            }
            written.push("]");
        }
        Kind::Basket => written.scalar(&filled.place, &basket_path(&filled.text)),
        _ => written.scalar(&filled.place, &filled.text),
    }
}

/// The file of a bill by its name; a path stays a path.
fn basket_path(name: &str) -> String {
    match name.contains('/') {
        true => name.to_owned(),
        false => format!("{BASKET_DIR}{name}.yaml"),
    }
}
