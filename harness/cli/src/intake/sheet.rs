//! 填好的任务单 · A task sheet as `plan --sheets` wrote it and somebody filled in, cell by cell; or all that is wrong with it.
//!
//! Why strict: what the sheet knows (case, step, person) is the plan's, and what was typed is all that is left of a swipe.
//! A sheet of another plan, of a plan as it was before, or with its grey cells changed is refused, never read half.
//! Called by `command::import` through `books::papers`. Not here: what the rows amount to.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Both, CaseId, Moment, both};
use crosswipe_scenarios::{Plan, Step, Swipe};
use crosswipe_sheets::{Bad, Cell};

use super::people::People;
use crate::books::{Flaw, Flaws, Page, Sorted, odd_flaw};
use crate::command::plan::HEADINGS;
use crate::served::digest;

/// 一笔 · One filled row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    /// `file!任务单!7`.
    pub(crate) place: String,
    /// Cells by field of a list's row.
    pub(crate) cells: BTreeMap<String, String>,
    /// Case and step of the plan; `None` for a row that the person at the counter added.
    pub(crate) planned: Option<(CaseId, String)>,
    pub(crate) label: String,
    pub(crate) institution: String,
    pub(crate) mdtrt_id: String,
    pub(crate) setl_id: String,
    pub(crate) time: Option<Moment>,
    /// Fen.
    pub(crate) total: Option<i64>,
    pub(crate) undone_by: String,
    pub(crate) undone_at: Option<Moment>,
}

impl Filled {
    /// Whether the sheet says that it was undone.
    pub(crate) fn is_undone(&self) -> bool {
        !self.undone_by.is_empty() || self.undone_at.is_some()
    }
}

/// 一张 · One sheet that was read.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) institution: String,
    pub(crate) rows: Vec<Filled>,
}

/// 任务单 · All sheets among the files.
pub(crate) struct Sheets<'p> {
    plan: &'p Plan,
    people: &'p People<'p>,
    digest: String,
    pub(crate) read: Vec<Source>,
    /// Rows of single messages that were filled in: not settlements, so nothing here judges them.
    pub(crate) unjudged: Vec<String>,
}

/// Headings are looked for in this many rows.
const HEAD_ROWS: u32 = 15;
/// By these a task sheet is known, whatever it is called.
const KNOWN_BY: [&str; 3] = ["用例", "步骤", "撤销结算ID"];

const MEND_SHEET: Both = Both::new(
    "用 crosswipe plan 计划 --sheets 目录 重新出表, 再把填的内容抄过去",
    "write the sheets anew with crosswipe plan PLAN --sheets DIR and copy over what was filled in",
);

/// Where each heading stands.
type Columns = BTreeMap<&'static str, u32>;

impl<'p> Sheets<'p> {
    pub(crate) fn of(plan: &'p Plan, people: &'p People<'p>) -> Sheets<'p> {
        Sheets {
            plan,
            people,
            digest: digest(plan),
            read: Vec::new(),
            unjudged: Vec::new(),
        }
    }
}

impl Sorted for Sheets<'_> {
    fn takes(&mut self, page: &Page<'_>, flaws: &mut Flaws) -> bool {
        let Some((head, columns)) = head(page) else {
            return is_of_ours(page);
        };
        let before = (flaws.told.len(), flaws.more);
        let lacking: Vec<&str> = HEADINGS
            .into_iter()
            .filter(|name| {
                !columns.contains_key(name)
                    && !["凭证", "费用清单", "备注", "经办人"].contains(name)
            })
            .collect();
        if !lacking.is_empty() {
            let lacking = lacking.join("、");
            flaws.push(Flaw::new(
                page.place(head, 0),
                both!(
                    "任务单少了列: {lacking}",
                    "the task sheet lacks columns: {lacking}"
                ),
                MEND_SHEET,
            ));
            return true;
        }
        let institution = self.above(page, head, flaws);
        if (flaws.told.len(), flaws.more) != before {
            return true;
        }
        let reader = Reader {
            sheets: self,
            page,
            columns: &columns,
            institution: &institution,
        };
        let mut rows: Vec<Filled> = Vec::new();
        let mut unjudged = Vec::new();
        for row in page.rows().into_iter().filter(|row| *row > head) {
            match reader.row(row, flaws) {
                Some(Read::Swipe(filled)) => rows.push(*filled),
                Some(Read::Message) => unjudged.push(page.place(row, 0)),
                None => {}
            }
        }
        twice(&rows, flaws);
        self.unjudged.extend(unjudged);
        let file = page.place(0, 0);
        self.read.push(Source {
            name: file
                .rsplit_once('!')
                .map_or(file.clone(), |(name, _)| name.to_owned()),
            sha256: page.sha256.to_owned(),
            institution,
            rows,
        });
        true
    }
}

/// What else `plan --sheets` writes: the rota, the roster, the bills. Nothing of it is filled in.
fn is_of_ours(page: &Page<'_>) -> bool {
    let heads: [&[&str]; 3] = [
        &["时段", "机构", "笔数"],
        &["标识", "人员编号", "刷卡机构"],
        &["清单", "行", "项目编码"],
    ];
    let rows = page.rows().into_iter().take_while(|row| *row < HEAD_ROWS);
    let words: Vec<Vec<String>> = rows
        .map(|row| {
            let cells = page.cells.range((row, 0)..=(row, u32::MAX));
            cells.map(|(_, cell)| cell.words()).collect()
        })
        .collect();
    heads.iter().any(|head| {
        let has = |row: &Vec<String>| head.iter().all(|name| row.iter().any(|word| word == name));
        words.iter().any(has)
    })
}

/// The head row of a task sheet, if the page is one.
fn head(page: &Page<'_>) -> Option<(u32, Columns)> {
    page.rows()
        .into_iter()
        .take_while(|row| *row < HEAD_ROWS)
        .find_map(|row| {
            let mut columns = Columns::new();
            for (at, _) in page.cells.range((row, 0)..=(row, u32::MAX)) {
                let words = page.words(row, at.1).replace(' ', "");
                if let Some(name) = HEADINGS.into_iter().find(|name| *name == words) {
                    columns.entry(name).or_insert(at.1);
                }
            }
            let known = KNOWN_BY
                .into_iter()
                .filter(|name| columns.contains_key(name))
                .count();
            (known >= 2 && columns.len() >= 8).then_some((row, columns))
        })
}

impl Sheets<'_> {
    /// What stands above the table: whose sheet it is, and of which plan.
    fn above(&self, page: &Page<'_>, head: u32, flaws: &mut Flaws) -> String {
        let value = |label: &str| {
            let mut cells = page.cells.range((0, 0)..(head, 0));
            let at = cells.find(|(_, cell)| cell.words() == label)?.0;
            let text = page.words(at.0, at.1 + 1);
            Some((page.place(at.0, at.1 + 1), text))
        };
        let mut must = |label: &str| {
            let found = value(label).filter(|(_, text)| !text.is_empty());
            if found.is_none() {
                flaws.push(Flaw::new(
                    page.place(0, 0),
                    both!(
                        "任务单上方没有「{label}」",
                        "`{label}` does not stand above the task sheet"
                    ),
                    MEND_SHEET,
                ));
            }
            found
        };
        let (plan, sum, institution) = (must("计划"), must("摘要"), must("机构"));
        let own = &self.plan.id;
        if let Some((place, other)) = plan.filter(|(_, text)| text != own) {
            flaws.push(Flaw::new(
                place,
                both!(
                    "是计划 {other} 的任务单, 不是 {own} 的",
                    "a task sheet of plan {other}, not of {own}"
                ),
                both!(
                    "交这份计划的任务单, 或换成那份计划",
                    "give a sheet of this plan, or name that plan"
                ),
            ));
        } else if let Some((place, _)) = sum.filter(|(_, text)| *text != self.digest) {
            flaws.push(Flaw::new(
                place,
                both!("摘要不符: 出表以后计划改过, 或摘要被改", "another digest: the plan was changed after the sheet was written, or the digest was"),
                MEND_SHEET,
            ));
        }
        let Some((place, code)) = institution else {
            return String::new();
        };
        let mut known = self.plan.topology.institutions.iter();
        if !known.any(|one| one.code.as_str() == code) {
            flaws.push(Flaw::new(
                place,
                both!(
                    "计划里没有机构 {code}",
                    "the plan has no institution {code}"
                ),
                MEND_SHEET,
            ));
        }
        code
    }
}

/// What a row turned out to be.
enum Read {
    Swipe(Box<Filled>),
    /// A single message, filled in.
    Message,
}

struct Reader<'r> {
    sheets: &'r Sheets<'r>,
    page: &'r Page<'r>,
    columns: &'r Columns,
    institution: &'r str,
}

/// The columns that people fill in, with what a list's row calls the field.
const TYPED: [(&str, &str); 7] = [
    ("就诊ID", "visit"),
    ("结算ID", "id"),
    ("结算时间", "time"),
    ("总额实际", "total"),
    ("撤销结算ID", "undone_by"),
    ("撤销时间", "undone_at"),
    ("人员", "person"),
];

impl Reader<'_> {
    fn at(&self, name: &str) -> u32 {
        self.columns.get(name).copied().unwrap_or(u32::MAX)
    }

    fn cell(&self, row: u32, name: &str) -> Cell {
        self.page.cell(row, self.at(name))
    }

    fn place(&self, row: u32, name: &str) -> String {
        self.page.place(row, self.at(name))
    }

    fn row(&self, row: u32, flaws: &mut Flaws) -> Option<Read> {
        let typed = |name: &str| !self.cell(row, name).is_blank();
        let filled = TYPED[..6].iter().any(|(name, _)| typed(name));
        if !filled {
            return None;
        }
        let before = (flaws.told.len(), flaws.more);
        for (name, _) in TYPED {
            if let Some(odd) = self.page.odd.get(&(row, self.at(name))) {
                flaws.push(odd_flaw(self.place(row, name), *odd));
            }
        }
        let (case, step, label) = ("用例", "步骤", "人员");
        let [case, step, label] = [case, step, label].map(|name| self.cell(row, name).words());
        let planned = self.planned(row, &case, &step, &label, flaws);
        if matches!(planned, Some(Planned::Message)) {
            return Some(Read::Message);
        }
        let filled = Filled {
            place: self
                .page
                .place(row, 0)
                .replace(&format!("!A{}", row + 1), &format!("!{}", row + 1)),
            cells: TYPED
                .into_iter()
                .map(|(name, field)| (field.to_owned(), self.place(row, name)))
                .chain([("status".to_owned(), self.place(row, "撤销时间"))])
                .collect(),
            planned: match planned {
                Some(Planned::Swipe(case, swipe)) => Some((case, swipe.name.clone())),
                _ => None,
            },
            label,
            institution: self.institution.to_owned(),
            mdtrt_id: self.id(row, "就诊ID", flaws),
            setl_id: self.id(row, "结算ID", flaws),
            time: self.time(row, "结算时间", flaws),
            total: self.amount(row, flaws),
            undone_by: self.id(row, "撤销结算ID", flaws),
            undone_at: self.time(row, "撤销时间", flaws),
        };
        if (flaws.told.len(), flaws.more) != before {
            return None;
        }
        self.sensible(row, &filled, flaws);
        Some(Read::Swipe(Box::new(filled)))
    }

    /// What the grey cells say must be what the plan says.
    fn planned(
        &self,
        row: u32,
        case: &str,
        step: &str,
        label: &str,
        flaws: &mut Flaws,
    ) -> Option<Planned<'_>> {
        let plan = self.sheets.plan;
        if case.is_empty() {
            if self.sheets.people.find(label).is_none() {
                flaws.push(Flaw::new(
                    self.place(row, "人员"),
                    both!(
                        "加写的一行没有写名册上的人员标识",
                        "a row that was added names no person of the registry"
                    ),
                    both!(
                        "人员一格写名册的标识",
                        "write the registry's label into the cell"
                    ),
                ));
            }
            return None;
        }
        let wrong = |name: &str, what: Both| Flaw::new(self.place(row, name), what, MEND_SHEET);
        let Some(known) = plan.cases.iter().find(|one| one.id.as_str() == case) else {
            flaws.push(wrong(
                "用例",
                both!("计划里没有用例 {case}", "the plan has no case {case}"),
            ));
            return None;
        };
        let mut leaves = known.leaves().filter(|leaf| leaf.name() == Some(step));
        let (institution, persona, found) = match leaves.next() {
            Some(Step::Swipe(swipe)) => (
                swipe.institution.as_str(),
                Some(swipe.persona.as_str()),
                Planned::Swipe(known.id.clone(), swipe),
            ),
            Some(Step::Call(call)) => (
                call.institution.as_str(),
                call.persona.as_deref(),
                Planned::Message,
            ),
            _ => {
                flaws.push(wrong(
                    "步骤",
                    both!(
                        "用例 {case} 没有步骤 {step}",
                        "case {case} has no step {step}"
                    ),
                ));
                return None;
            }
        };
        if institution != self.institution {
            flaws.push(wrong(
                "用例",
                both!(
                    "用例 {case} 的步骤 {step} 在 {institution} 办, 不在这家",
                    "step {step} of case {case} is done at {institution}, not here"
                ),
            ));
        }
        if persona.is_some_and(|persona| persona != label) {
            let persona = persona.unwrap_or_default();
            flaws.push(wrong(
                "人员",
                both!(
                    "灰格被改: 这一笔刷的是 {persona}",
                    "a grey cell was changed: this swipe is of {persona}"
                ),
            ));
        }
        Some(found)
    }

    fn told<T: Default>(&self, row: u32, name: &str, read: Result<T, Bad>, flaws: &mut Flaws) -> T {
        read.unwrap_or_else(|bad| {
            flaws.push(Flaw::new(self.place(row, name), bad.what, bad.mend));
            T::default()
        })
    }

    fn id(&self, row: u32, name: &str, flaws: &mut Flaws) -> String {
        let id = self.told(row, name, self.cell(row, name).id(), flaws);
        if !id.is_empty() && self.sheets.people.is_a_person(&id) {
            flaws.push(personal(self.place(row, name)));
        } else if id.chars().count() > 30 || id.chars().any(char::is_control) {
            flaws.push(Flaw::new(
                self.place(row, name),
                both!(
                    "不是编号: 超过 30 个字符",
                    "no id: it has more than 30 characters"
                ),
                both!("一格写一个编号", "write one id into the cell"),
            ));
        }
        id
    }

    fn amount(&self, row: u32, flaws: &mut Flaws) -> Option<i64> {
        let total = self.told(
            row,
            "总额实际",
            self.cell(row, "总额实际").fen(false),
            flaws,
        );
        if total.is_some_and(|fen| fen < 0) {
            flaws.push(Flaw::new(
                self.place(row, "总额实际"),
                both!("总额是负数", "the total is negative"),
                both!(
                    "写结算时的总额; 撤销写在撤销两格",
                    "write what was settled; the undo has cells of its own"
                ),
            ));
        }
        total
    }

    /// A day and time; a time of the day alone is of the row's own day.
    fn time(&self, row: u32, name: &str, flaws: &mut Flaws) -> Option<Moment> {
        let cell = self.cell(row, name);
        let planned = self.cell(row, "时间").moment().ok().flatten();
        let of_day = match &cell {
            Cell::Text(text) => hour_and_minute(&crosswipe_sheets::plain(text)),
            // A workbook keeps a time without a day as one of its first day.
            Cell::Time(at) if at.wire().as_str() < "1901" => hour_and_minute(&at.wire()[11..16]),
            _ => None,
        };
        if let (Some(minutes), Some(planned)) = (of_day, planned) {
            return Some(planned.day().start().plus_ms(minutes * 60_000));
        }
        self.told(row, name, cell.moment(), flaws)
    }

    fn sensible(&self, row: u32, filled: &Filled, flaws: &mut Flaws) {
        let settled = !filled.setl_id.is_empty()
            || !filled.mdtrt_id.is_empty()
            || filled.time.is_some() && filled.total.is_some();
        if !settled {
            flaws.push(Flaw::new(
                self.place(row, "结算ID"),
                both!(
                    "填了一半: 没有结算ID, 也没有就诊ID 或时间加总额",
                    "half filled in: no settlement id, no visit id, and not both time and total"
                ),
                both!(
                    "补上结算ID; 没有刷的, 整行留空",
                    "fill in the settlement id; of what was not swiped leave the row empty"
                ),
            ));
        }
        if let Some((at, undone)) = filled.time.zip(filled.undone_at)
            && undone < at
            && undone.day().start() != undone
        {
            flaws.push(Flaw::new(
                self.place(row, "撤销时间"),
                both!("撤销早于结算", "undone before it was settled"),
                both!("改正时间", "correct the time"),
            ));
        }
    }
}

enum Planned<'p> {
    Swipe(CaseId, &'p Swipe),
    Message,
}

/// A number that names somebody stands where an id belongs.
pub(crate) fn personal(place: String) -> Flaw {
    Flaw::new(
        place,
        both!(
            "这里是人员的号码, 不是编号",
            "a person's number stands where an id belongs"
        ),
        both!(
            "看是不是填错了列或指错了列",
            "see whether the column is the right one"
        ),
    )
}

/// `9:05` → minutes of the day.
fn hour_and_minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| -> Option<i64> {
        let digits =
            (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// One settlement id on two rows of a sheet.
fn twice(rows: &[Filled], flaws: &mut Flaws) {
    let mut known: BTreeMap<&str, &Filled> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for row in rows.iter().filter(|row| !row.setl_id.is_empty()) {
        if let Some(first) = known.insert(&row.setl_id, row)
            && told.insert(&row.setl_id)
        {
            let (one, other) = (&first.cells["id"], &row.cells["id"]);
            flaws.push(Flaw::new(
                other.clone(),
                both!("结算ID 与 {one} 相同", "the settlement id is that of {one}"),
                both!(
                    "两笔结算不会是同一个编号, 改正其一",
                    "two settlements have two ids; correct one"
                ),
            ));
        }
    }
}
