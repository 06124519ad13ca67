//! 清单 · One list (a CSV file or a sheet) as a take: finds its headings, reads its rows, says all that is wrong.
//!
//! A list is what a hospital or a city can deliver: settlements and refunds, visits, payments, or totals
//! per day. Refunds come as negative amounts, with a flag, or as a word in the state column. Names and
//! person numbers are read for nothing but comparing and appear masked.
//! Not here: how cells come out of files (`table`), what headings mean (`mapping`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crosswipe_domain::{Moment, Party, Role, both};
use crosswipe_verify::audit::{RowIn, State, Sum, Take, TotalIn};

use super::mapping::{Columns, Entry, Field, party_of};
use super::meaning::{insutype, refunds, says_sum, stands};
use super::{Flaw, Flaws};
use crosswipe_sheets::{Bad, CellRef, plain};
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
    let mut line = Line::default();
    while next(table, &mut line, &mut flaws) {
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
    let mut line = Line::default();
    while shown.len() < wanted.len() && next(table, &mut line, &mut flaws) {
        if !wanted.contains(&line.number) {
            continue;
        }
        let id = |field| {
            list.cell(&line, field)
                .id()
                .unwrap_or_default()
                .into_owned()
        };
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

/// Reads the next line in place of the last; false at the end, and where it cannot be read on.
fn next(table: &mut Table, line: &mut Line, flaws: &mut Flaws) -> bool {
    table.read(line).unwrap_or_else(|flaw| {
        flaws.push(flaw);
        false
    })
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
    pub(super) rows: Option<Vec<Held<'static>>>,
    entry: Entry,
    kind: Kind,
    ids: BTreeSet<String>,
    /// Rows with a refund flag, a positive amount and no word about what they refund.
    flagged: Vec<Held<'static>>,
    institutions: BTreeSet<String>,
    unknown_words: BTreeSet<String>,
}

/// Finds the headings and whose list it is.
fn begin(path: &Path, table: &mut Table, entry: &Entry, flaws: &mut Flaws) -> Option<List> {
    let mut best: Option<(Columns, Line)> = None;
    let mut wrong = Vec::new();
    let mut any = false;
    for _ in 0..HEAD_LINES {
        let mut line = Line::default();
        if !next(table, &mut line, flaws) {
            break;
        }
        any |= line.cells().any(|cell| !cell.is_blank());
        if entry.header.is_some_and(|at| u64::from(at) != line.number) {
            continue;
        }
        let headings = headings(&line);
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

fn headings(line: &Line) -> Vec<String> {
    line.cells().map(|cell| cell.words().into_owned()).collect()
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
            flaws.push(Flaw::new(
                table.place(head.number, None),
                format!("没有{zh}列 · there is no column with {en}"),
                both!(
                    "在 --map 的 columns 里指明; 有这些列: {}",
                    "name it in columns of --map; columns are: {}",
                    headings(head).join(" | ")
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

/// A row as read, before it is known what it is; it lies in its line as long as nobody keeps it.
#[derive(Clone)]
pub(super) struct Held<'l> {
    pub(super) at: u64,
    pub(super) id: Cow<'l, str>,
    pub(super) original: Cow<'l, str>,
    pub(super) visit: Cow<'l, str>,
    pub(super) msgid: Cow<'l, str>,
    pub(super) person: Cow<'l, str>,
    pub(super) institution: Cow<'l, str>,
    insured: Cow<'l, str>,
    insutype: Cow<'l, str>,
    clr_type: Cow<'l, str>,
    origin: Cow<'l, str>,
    pub(super) time: Option<Moment>,
    pub(super) sums: [Option<i64>; 4],
    pub(super) state: State,
}

impl Held<'_> {
    /// With memory of its own.
    fn kept(self) -> Held<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Held {
            at: self.at,
            id: own(self.id),
            original: own(self.original),
            visit: own(self.visit),
            msgid: own(self.msgid),
            person: own(self.person),
            institution: own(self.institution),
            insured: own(self.insured),
            insutype: own(self.insutype),
            clr_type: own(self.clr_type),
            origin: own(self.origin),
            time: self.time,
            sums: self.sums,
            state: self.state,
        }
    }
}

impl List {
    fn cell<'l>(&self, line: &'l Line, field: Field) -> CellRef<'l> {
        let place = self.columns.place(field);
        place
            .and_then(|place| line.cell(place))
            .unwrap_or(CellRef::Text(""))
    }

    /// One line; every bad cell of it is said.
    fn line(&mut self, table: &Table, line: &Line, flaws: &mut Flaws) {
        if line.cells().all(CellRef::is_blank) || self.is_sum(line) {
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
        let key = self.cell(line, key);
        (key.is_blank() || says_sum(key)) && line.cells().any(says_sum)
    }

    fn bad(&self, table: &Table, line: &Line, field: Field, bad: Bad, flaws: &mut Flaws) {
        let place = table.place(line.number, self.columns.place(field));
        flaws.push(Flaw::new(place, bad.what, bad.mend));
    }

    fn id<'l>(
        &self,
        table: &Table,
        line: &'l Line,
        field: Field,
        flaws: &mut Flaws,
    ) -> Cow<'l, str> {
        self.cell(line, field).id().unwrap_or_else(|bad| {
            self.bad(table, line, field, bad, flaws);
            Cow::default()
        })
    }

    /// A word of the list as ours, where the mapping knows it.
    fn word<'l>(&self, line: &'l Line, field: Field) -> Cow<'l, str> {
        let word = self.cell(line, field).words();
        let mapped = self.entry.values.get(field.name()).and_then(|words| {
            words
                .iter()
                .find(|(theirs, _)| plain(theirs) == word)
                .map(|(_, ours)| ours.clone().into())
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
        let institution = self.id(table, line, Field::Institution, flaws);
        let institution = self.or_own(institution, Role::His);
        let texts = [
            ("institution", institution),
            ("insutype", insutype(self.word(line, Field::Insutype))),
            ("clr_type", self.word(line, Field::ClrType)),
        ];
        dims.extend(
            texts
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .map(|(name, text)| (name.to_owned(), text.into_owned())),
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
        if !institution.is_empty()
            && self.institutions.len() < 2
            && !self.institutions.contains(&*institution)
        {
            self.institutions.insert(institution.clone().into_owned());
        }
        let held = Held {
            at: line.number,
            original: self.id(table, line, Field::Original, flaws),
            visit: self.id(table, line, Field::Visit, flaws),
            msgid: self.id(table, line, Field::Msgid, flaws),
            person: self.id(table, line, Field::Person, flaws),
            institution: self.or_own(institution, Role::His),
            insured: self.or_own(self.id(table, line, Field::Insured, flaws), Role::Insured),
            insutype: insutype(self.word(line, Field::Insutype)),
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
                self.ids.insert(held.id.clone().into_owned());
            }
            self.keep(&held, kind);
        } else if held.original.is_empty() {
            self.flagged.push(held.kept());
        } else {
            self.keep(&negated(held), kind);
        }
    }

    /// What a list does not say of institution or insured place, its party is itself.
    fn or_own<'l>(&self, said: Cow<'l, str>, role: Role) -> Cow<'l, str> {
        let party = &self.take.party;
        if said.is_empty() && party.role == role && party.code != "unnamed" {
            party.code.clone().into()
        } else {
            said
        }
    }

    /// A flag says «refund» in many words.
    fn is_refund(&self, table: &Table, line: &Line, flaws: &mut Flaws) -> bool {
        let word = self.word(line, Field::Refund);
        refunds(&word).unwrap_or_else(|| {
            let word = short(&word.to_lowercase());
            let bad = Bad {
                what: format!("退费标志 `{word}` 不认识 · the refund flag `{word}` is not known").into(),
                mend: "写 是/否 或 1/0, 或在 --map 的 values.refund 里写明 · write 1/0, or say it in values.refund of --map".into(),
            };
            self.bad(table, line, Field::Refund, bad, flaws);
            false
        })
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
        if let Some(known) = stands(&word, kind) {
            return known;
        }
        if self.unknown_words.insert(word.to_lowercase()) {
            let bad = Bad {
                what: format!("状态 `{0}` 不认识 · the state `{0}` is not known", short(&word)).into(),
                mend: "在 --map 里写 values: {status: {该词: settled 或 reversed}} · say values: {status: {WORD: settled or reversed}} in --map".into(),
            };
            self.bad(table, line, Field::Status, bad, flaws);
        }
        (State::Stands, false)
    }

    fn keep(&mut self, held: &Held<'_>, kind: &str) {
        if let Some(rows) = &mut self.rows {
            rows.push(held.clone().kept());
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
            let held = if self.ids.contains(&*held.id) {
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

fn negated(held: Held<'_>) -> Held<'_> {
    Held {
        sums: held.sums.map(|fen| fen.map(|fen| -fen)),
        state: State::Mirror,
        ..held
    }
}

fn short(word: &str) -> String {
    word.chars().take(16).collect()
}
