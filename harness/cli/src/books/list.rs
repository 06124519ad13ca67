//! 清单 · One list (a CSV file or a sheet) as a take: finds its headings, reads its rows, says all that is wrong.
//!
//! A list is what a hospital or a city can deliver: settlements and refunds, visits, payments, or totals
//! per day. Refunds come as negative amounts, with a flag, or as a word in the state column. Names and
//! person numbers are read for nothing but comparing and appear masked.
//! Not here: how cells come out of files (`table`), what headings mean (`mapping`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crosswipe_domain::{Moment, Party, Role, both};
use crosswipe_verify::audit::{RowIn, State, Sum, Take, TotalIn};

use super::mapping::{Columns, Entry, Field, party_of};
use super::{Flaw, Flaws};
use crosswipe_sheets::{Bad, Cell, plain};
use crosswipe_sheets::{Line, Table};

/// Headings are looked for in this many lines.
const HEAD_LINES: usize = 15;
/// Fewer known headings than this are no heading line.
const LEAST: usize = 2;

/// Reads one list; `None` where a sheet holds nothing and nobody asked for it.
pub(super) fn read(path: &Path, table: &mut Table, entry: &Entry) -> Result<Option<Take>, Flaws> {
    Ok(whole(path, table, entry, false)?.map(|list| list.finished().take))
}

/// The same list with its rows as they were read, for whoever needs the words and not the fingerprints.
pub(super) fn rows(path: &Path, table: &mut Table, entry: &Entry) -> Result<Option<List>, Flaws> {
    Ok(whole(path, table, entry, true)?.map(List::finished))
}

fn whole(path: &Path, table: &mut Table, entry: &Entry, kept: bool) -> Result<Option<List>, Flaws> {
    let mut flaws = Flaws::default();
    let mut list = match begin(path, table, entry, &mut flaws) {
        Some(list) => list,
        None if flaws.is_empty() => return Ok(None),
        None => return Err(flaws),
    };
    list.rows = kept.then(Vec::new);
    while let Some(line) = next(table, &mut flaws) {
        list.line(table, &line, &mut flaws);
    }
    list.flush();
    if flaws.is_empty() {
        Ok(Some(list))
    } else {
        Err(flaws)
    }
}

/// Words of the rows at these lines.
pub(super) fn words(
    path: &Path,
    table: &mut Table,
    entry: &Entry,
    wanted: &BTreeSet<u64>,
) -> BTreeMap<u64, Shown> {
    let mut flaws = Flaws::default();
    let mut shown = BTreeMap::new();
    let Some(list) = begin(path, table, entry, &mut flaws) else {
        return shown;
    };
    while let Some(line) = next(table, &mut flaws) {
        if !wanted.contains(&line.number) {
            continue;
        }
        let id = |field| list.cell(&line, field).id().unwrap_or_default();
        shown.insert(
            line.number,
            Shown {
                id: id(Field::Id),
                msgid: id(Field::Msgid),
                visit: id(Field::Visit),
                person: id(Field::Person),
                time: list.cell(&line, Field::Time).moment().ok().flatten(),
                place: table.place(line.number, None),
            },
        );
    }
    shown
}

/// What a finding shows of a row.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) msgid: String,
    pub(super) visit: String,
    pub(super) person: String,
    pub(super) time: Option<Moment>,
    pub(super) place: String,
}

fn next(table: &mut Table, flaws: &mut Flaws) -> Option<Line> {
    match table.line() {
        Ok(line) => line,
        Err(flaw) => {
            flaws.push(flaw);
            None
        }
    }
}

/// 类型 · What the rows of a list are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rows(&'static str),
    Totals,
}

pub(super) struct List {
    pub(super) take: Take,
    pub(super) columns: Columns,
    /// Its rows, where they are asked for.
    pub(super) rows: Option<Vec<Held>>,
    entry: Entry,
    kind: Kind,
    ids: BTreeSet<String>,
    /// Rows with a refund flag, a positive amount and no word about what they refund.
    flagged: Vec<Held>,
    institutions: BTreeSet<String>,
    unknown_words: BTreeSet<String>,
}

/// Finds the headings and whose list it is.
fn begin(path: &Path, table: &mut Table, entry: &Entry, flaws: &mut Flaws) -> Option<List> {
    let mut best: Option<(Columns, Line)> = None;
    let mut wrong = Vec::new();
    let mut any = false;
    for _ in 0..HEAD_LINES {
        let Some(line) = next(table, flaws) else {
            break;
        };
        any |= line.cells.iter().any(|cell| !cell.is_blank());
        if entry.header.is_some_and(|at| u64::from(at) != line.number) {
            continue;
        }
        let headings: Vec<String> = line.cells.iter().map(Cell::words).collect();
        match Columns::find(&headings, entry) {
            Ok(columns) if columns.known() >= LEAST => {
                best = Some((columns, line));
                break;
            }
            Ok(_) => {}
            Err(found) => {
                if wrong.is_empty() {
                    wrong = found
                        .into_iter()
                        .map(|(what, mend)| (line.number, what, mend))
                        .collect();
                }
            }
        }
    }
    let Some((columns, head)) = best else {
        for (number, what, mend) in wrong {
            flaws.push(Flaw::new(table.place(number, None), what, mend));
        }
        if flaws.is_empty() && (any || !table.is_sheet()) {
            flaws.push(Flaw::new(
                table.name(),
                "找不到列名行 · no line of headings was found",
                "首行写列名 (如 结算号,结算时间,总金额), 或在 --map 里写 header 与 columns; 不是清单的表写 skip: true · put headings in the first line, or say header and columns in --map; of a sheet that is no list say skip: true",
            ));
        }
        return None;
    };
    let kind = kind_of(entry, &columns);
    lacking(table, &head, &columns, kind, flaws);
    let party = whose(path, table, entry);
    let Some(party) = party else {
        flaws.push(Flaw::new(
            table.name(),
            "不知道是哪一方的清单 · whose list this is cannot be told",
            "写成 his:H33010000001=文件, 或在 --map 里写 party · write his:H33010000001=FILE, or say party in --map",
        ));
        return None;
    };
    if !flaws.is_empty() {
        return None;
    }
    let mut take = Take::new(table.name(), party);
    take.period = entry.days();
    Some(List {
        take,
        columns,
        rows: None,
        entry: entry.clone(),
        kind,
        ids: BTreeSet::new(),
        flagged: Vec::new(),
        institutions: BTreeSet::new(),
        unknown_words: BTreeSet::new(),
    })
}

fn kind_of(entry: &Entry, columns: &Columns) -> Kind {
    let has = |field| columns.place(field).is_some();
    match entry.kind.as_deref() {
        Some("total") => Kind::Totals,
        Some("visit") => Kind::Rows("visit"),
        Some("payment") => Kind::Rows("payment"),
        Some("clearing") => Kind::Rows("clearing"),
        Some(_) => Kind::Rows("settlement"),
        None if has(Field::Id) => Kind::Rows("settlement"),
        None if has(Field::Count) || !has(Field::Visit) => Kind::Totals,
        None if has(Field::Total) => Kind::Rows("settlement"),
        None => Kind::Rows("visit"),
    }
}

/// Columns without which a list says nothing.
fn lacking(table: &Table, head: &Line, columns: &Columns, kind: Kind, flaws: &mut Flaws) {
    let has = |field: Field| columns.place(field).is_some();
    let amount = [Field::Total, Field::Fund, Field::Account, Field::Cash]
        .into_iter()
        .any(has);
    let mut lacks = |there: bool, zh: &str, en: &str| {
        if !there {
            let headings: Vec<String> = head.cells.iter().map(Cell::words).collect();
            flaws.push(Flaw::new(
                table.place(head.number, None),
                format!("没有{zh}列 · there is no column with {en}"),
                both!(
                    "在 --map 的 columns 里指明; 有这些列: {}",
                    "name it in columns of --map; columns are: {}",
                    headings.join(" | ")
                ),
            ));
        }
    };
    match kind {
        Kind::Totals => {
            lacks(has(Field::Time), "日期", "the day");
            lacks(
                amount || has(Field::Count),
                "金额或笔数",
                "amounts or counts",
            );
        }
        Kind::Rows("visit") => lacks(
            has(Field::Visit) || has(Field::Id),
            "就诊号",
            "the visit id",
        ),
        Kind::Rows(_) => {
            lacks(has(Field::Id), "结算号", "the settlement id");
            lacks(amount, "金额", "an amount");
        }
    }
}

/// Whose list it is: as typed or mapped, else by the names of file and sheet.
fn whose(path: &Path, table: &Table, entry: &Entry) -> Option<Party> {
    if let Some(party) = &entry.party {
        return party_of(party);
    }
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let sheet = table.sheet().unwrap_or_default().to_owned();
    named(&sheet).or_else(|| {
        let party = named(&stem)?;
        Some(party)
    })
}

/// `his-H33010000001`, `参保地330200`, `医院收费明细`.
fn named(name: &str) -> Option<Party> {
    let lower = plain(name).to_lowercase();
    let by_word: [(Role, &[&str]); 4] = [
        (Role::Treatment, &["treatment", "就医地"]),
        (Role::Hub, &["hub", "省平台", "国家平台", "部平台"]),
        (
            Role::Insured,
            &["insured", "insurer", "参保地", "医保", "中心"],
        ),
        (
            Role::His,
            &["his", "hospital", "医院", "药店", "机构", "收费"],
        ),
    ];
    let (role, _) = by_word
        .into_iter()
        .find(|(_, words)| words.iter().any(|word| lower.contains(word)))?;
    let runs = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|run| !run.is_empty());
    let code = match role {
        Role::His => runs.map(str::to_uppercase).find(|run| {
            run.len() == 12
                && run[1..].bytes().all(|b| b.is_ascii_digit())
                && run.starts_with(['H', 'P'])
        }),
        _ => lower
            .split(|c: char| !c.is_ascii_digit())
            .find(|run| run.len() == 6 && !run.starts_with('0'))
            .map(str::to_owned),
    };
    Some(Party::new(
        role,
        code.unwrap_or_else(|| "unnamed".to_owned()),
    ))
}

/// A row as read, before it is known what it is.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) at: u64,
    pub(super) id: String,
    pub(super) original: String,
    pub(super) visit: String,
    pub(super) msgid: String,
    pub(super) person: String,
    pub(super) institution: String,
    insured: String,
    insutype: String,
    clr_type: String,
    origin: String,
    pub(super) time: Option<Moment>,
    pub(super) sums: [Option<i64>; 4],
    pub(super) state: State,
}

impl List {
    fn cell(&self, line: &Line, field: Field) -> Cell {
        let place = self.columns.place(field);
        place
            .and_then(|place| line.cells.get(place))
            .cloned()
            .unwrap_or_else(Cell::none)
    }

    /// One line; every bad cell of it is said.
    fn line(&mut self, table: &Table, line: &Line, flaws: &mut Flaws) {
        if line.cells.iter().all(Cell::is_blank) || self.is_sum(line) {
            return;
        }
        match self.kind {
            Kind::Totals => self.total(table, line, flaws),
            Kind::Rows(kind) => self.row(table, line, kind, flaws),
        }
    }

    /// The office's own sum line at the end.
    fn is_sum(&self, line: &Line) -> bool {
        let key = if self.kind == Kind::Totals {
            Field::Time
        } else {
            Field::Id
        };
        let words = ["合计", "总计", "小计", "total", "sum"];
        let says = |cell: &Cell| {
            words.contains(
                &cell
                    .words()
                    .replace([' ', ':', '：'], "")
                    .to_lowercase()
                    .as_str(),
            )
        };
        let key = self.cell(line, key);
        (key.is_blank() || says(&key)) && line.cells.iter().any(says)
    }

    fn bad(&self, table: &Table, line: &Line, field: Field, bad: Bad, flaws: &mut Flaws) {
        let place = table.place(line.number, self.columns.place(field));
        flaws.push(Flaw::new(place, bad.what, bad.mend));
    }

    fn id(&self, table: &Table, line: &Line, field: Field, flaws: &mut Flaws) -> String {
        self.cell(line, field).id().unwrap_or_else(|bad| {
            self.bad(table, line, field, bad, flaws);
            String::new()
        })
    }

    /// A word of the list as ours, where the mapping knows it.
    fn word(&self, line: &Line, field: Field) -> String {
        let word = self.cell(line, field).words();
        let mapped = self.entry.values.get(field.name()).and_then(|words| {
            words
                .iter()
                .find(|(theirs, _)| plain(theirs) == word)
                .map(|(_, ours)| ours.clone())
        });
        mapped.unwrap_or(word)
    }

    fn time(&self, table: &Table, line: &Line, flaws: &mut Flaws) -> Option<Moment> {
        self.cell(line, Field::Time).moment().unwrap_or_else(|bad| {
            self.bad(table, line, Field::Time, bad, flaws);
            None
        })
    }

    fn sums(&self, table: &Table, line: &Line, flaws: &mut Flaws) -> [Option<i64>; 4] {
        let fields = [Field::Total, Field::Fund, Field::Account, Field::Cash];
        fields.map(|field| {
            let place = self.columns.place(field)?;
            let in_fen = self.columns.in_fen(place);
            self.cell(line, field).fen(in_fen).unwrap_or_else(|bad| {
                self.bad(table, line, field, bad, flaws);
                None
            })
        })
    }

    fn total(&mut self, table: &Table, line: &Line, flaws: &mut Flaws) {
        let before = flaws.told.len() + flaws.more;
        let time = self.time(table, line, flaws);
        let sums = self.sums(table, line, flaws);
        let count = self.cell(line, Field::Count).count().unwrap_or_else(|bad| {
            self.bad(table, line, Field::Count, bad, flaws);
            None
        });
        let Some(time) = time else {
            if before == flaws.told.len() + flaws.more {
                let bad = Bad {
                    what: "没有日期 · the day is missing".into(),
                    mend: "补上日期 · fill it in".into(),
                };
                self.bad(table, line, Field::Time, bad, flaws);
            }
            return;
        };
        let mut dims: BTreeMap<String, String> =
            [("day".to_owned(), time.day().to_string())].into();
        let own = (self.take.party.role == Role::His && self.take.party.code != "unnamed")
            .then(|| self.take.party.code.clone());
        let institution = self.id(table, line, Field::Institution, flaws);
        let institution = if institution.is_empty() {
            own.unwrap_or_default()
        } else {
            institution
        };
        let texts = [
            ("institution", institution),
            ("insutype", insutype(&self.word(line, Field::Insutype))),
            ("clr_type", self.word(line, Field::ClrType)),
        ];
        dims.extend(
            texts
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(name, text)| (name.to_owned(), text)),
        );
        let mut put = |item: &str, value: Option<i64>| {
            if let Some(value) = value {
                self.take.total(TotalIn {
                    at: line.number,
                    dims: dims.clone(),
                    item: item.to_owned(),
                    value,
                });
            }
        };
        for (sum, fen) in Sum::ALL.into_iter().zip(sums) {
            put(sum.item(), fen);
        }
        put("count", count);
    }

    fn row(&mut self, table: &Table, line: &Line, kind: &'static str, flaws: &mut Flaws) {
        let key = if kind == "visit" && self.columns.place(Field::Visit).is_some() {
            Field::Visit
        } else {
            Field::Id
        };
        let before = flaws.told.len() + flaws.more;
        let id = self.id(table, line, key, flaws);
        if id.is_empty() && before == flaws.told.len() + flaws.more {
            let bad = Bad {
                what: "编号是空的 · the id is empty".into(),
                mend: "补上编号或删去此行 · fill it in, or delete the line".into(),
            };
            self.bad(table, line, key, bad, flaws);
        }
        let sums = self.sums(table, line, flaws);
        if kind == "settlement"
            && sums.iter().all(Option::is_none)
            && before == flaws.told.len() + flaws.more
        {
            let bad = Bad {
                what: "没有金额 · there is no amount".into(),
                mend: "补上金额, 免费写 0.00 · fill it in, 0.00 if it was free".into(),
            };
            self.bad(table, line, Field::Total, bad, flaws);
        }
        let refund = self.is_refund(table, line, flaws);
        let (state, word_refunds) = self.state(table, line, kind, flaws);
        let institution = self.id(table, line, Field::Institution, flaws);
        if !institution.is_empty() && self.institutions.len() < 2 {
            self.institutions.insert(institution.clone());
        }
        let role = self.take.party.role;
        let own = |wanted: Role| {
            if role == wanted && self.take.party.code != "unnamed" {
                self.take.party.code.clone()
            } else {
                String::new()
            }
        };
        let or = |text: String, other: String| if text.is_empty() { other } else { text };
        let held = Held {
            at: line.number,
            original: self.id(table, line, Field::Original, flaws),
            visit: self.id(table, line, Field::Visit, flaws),
            msgid: self.id(table, line, Field::Msgid, flaws),
            person: self.id(table, line, Field::Person, flaws),
            institution: or(institution, own(Role::His)),
            insured: or(
                self.id(table, line, Field::Insured, flaws),
                own(Role::Insured),
            ),
            insutype: insutype(&self.word(line, Field::Insutype)),
            clr_type: self.word(line, Field::ClrType),
            origin: self.word(line, Field::Origin),
            time: self.time(table, line, flaws),
            id,
            sums,
            state,
        };
        if flaws.told.len() + flaws.more > before {
            return;
        }
        if kind != "settlement" {
            self.keep(&held, kind);
            return;
        }
        let negative = held.sums.iter().flatten().any(|fen| *fen < 0);
        if !(refund || word_refunds) || negative {
            if self.columns.place(Field::Refund).is_some()
                || self.columns.place(Field::Status).is_some()
            {
                self.ids.insert(held.id.clone());
            }
            self.keep(&held, kind);
        } else if held.original.is_empty() {
            self.flagged.push(held);
        } else {
            self.keep(&negated(held), kind);
        }
    }

    /// A flag says «refund» in many words.
    fn is_refund(&self, table: &Table, line: &Line, flaws: &mut Flaws) -> bool {
        let word = self.word(line, Field::Refund).to_lowercase();
        match word.as_str() {
            "" | "0" | "0.0" | "否" | "n" | "no" | "false" | "正常" | "未退" | "未退费"
            | "收费" => false,
            "1" | "1.0" | "是" | "y" | "yes" | "true" | "退费" | "已退" | "已退费" | "退款"
            | "冲正" | "refund" => true,
            _ => {
                let bad = Bad {
                    what: format!("退费标志 `{0}` 不认识 · the refund flag `{0}` is not known", short(&word)).into(),
                    mend: "写 是/否 或 1/0, 或在 --map 的 values.refund 里写明 · write 1/0, or say it in values.refund of --map".into(),
                };
                self.bad(table, line, Field::Refund, bad, flaws);
                false
            }
        }
    }

    /// The state in our words; true where the word says that the row itself is a refund.
    fn state(
        &mut self,
        table: &Table,
        line: &Line,
        kind: &str,
        flaws: &mut Flaws,
    ) -> (State, bool) {
        let word = self.word(line, Field::Status);
        let lower = word.to_lowercase();
        match lower.as_str() {
            "退费" | "退款" | "冲正" | "红冲" | "refund" | "reversal" => {
                return (State::Stands, true);
            }
            "" | "正常" | "有效" | "成功" | "已结算" | "结算" | "已收费" | "收费" | "已支付"
            | "已登记" | "出院" | "已出院" | "settled" | "charged" | "valid" | "active"
            | "paid" | "ok" | "registered" | "discharged" | "pending" => {
                return (State::Stands, false);
            }
            "已退" | "已退费" | "已退款" | "已冲正" | "已撤销" | "撤销" | "已取消" | "取消"
            | "作废" | "已作废" | "已红冲" | "无效" | "reversed" | "cancelled" | "canceled"
            | "refunded" | "void" => return (State::Undone, false),
            "在院" | "已入院" | "入院" | "admitted" | "in hospital" => {
                let lies = if kind == "visit" {
                    State::InHospital
                } else {
                    State::Stands
                };
                return (lies, false);
            }
            _ => {}
        }
        if self.unknown_words.insert(lower) {
            let bad = Bad {
                what: format!("状态 `{0}` 不认识 · the state `{0}` is not known", short(&word)).into(),
                mend: "在 --map 里写 values: {status: {该词: settled 或 reversed}} · say values: {status: {WORD: settled or reversed}} in --map".into(),
            };
            self.bad(table, line, Field::Status, bad, flaws);
        }
        (State::Stands, false)
    }

    fn keep(&mut self, held: &Held, kind: &str) {
        if let Some(rows) = &mut self.rows {
            rows.push(held.clone());
        }
        self.take.row(&RowIn {
            at: held.at,
            kind,
            id: &held.id,
            state: held.state,
            person: &held.person,
            origin: &held.origin,
            msgid: &held.msgid,
            institution: &held.institution,
            insured: &held.insured,
            insutype: &held.insutype,
            clr_type: &held.clr_type,
            visit: if kind == "visit" {
                &held.id
            } else {
                &held.visit
            },
            settlement: if kind == "payment" || kind == "clearing" {
                &held.id
            } else {
                ""
            },
            original: &held.original,
            time: held.time,
            sums: held.sums,
            ..RowIn::default()
        });
    }

    /// A flagged row beside a plain row of its id is that one's refund; alone it says that it was refunded.
    fn flush(&mut self) {
        for held in std::mem::take(&mut self.flagged) {
            let held = if self.ids.contains(&held.id) {
                negated(held)
            } else {
                Held {
                    state: State::Undone,
                    ..held
                }
            };
            self.keep(&held, "settlement");
        }
    }

    /// A hospital that does not say its code has it in its only institution.
    fn finished(mut self) -> List {
        if self.take.party == Party::new(Role::His, "unnamed") && self.institutions.len() == 1 {
            let code = self.institutions.pop_first().unwrap_or_default();
            if let Ok(party) = Party::try_from(format!("his:{code}")) {
                self.take.party = party;
            }
        }
        self
    }

    /// What is no list of settlements: totals by day, visits, …
    pub(super) fn is_of_settlements(&self) -> bool {
        self.kind == Kind::Rows("settlement")
    }
}

fn negated(held: Held) -> Held {
    Held {
        sums: held.sums.map(|fen| fen.map(|fen| -fen)),
        state: State::Mirror,
        ..held
    }
}

/// `职工` and `310` are one insurance type.
fn insutype(word: &str) -> String {
    match word {
        "职工" | "城镇职工" | "职工医保" | "职工基本医疗保险" => "310".to_owned(),
        "居民" | "城乡居民" | "居民医保" | "城乡居民基本医疗保险" => {
            "390".to_owned()
        }
        other => other.to_owned(),
    }
}

fn short(word: &str) -> String {
    word.chars().take(16).collect()
}
