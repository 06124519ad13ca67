//! 账册导出读取 · One export file (`crosswipe.export/1`) as a take: rows, balances, the log's postings, and queues.
//!
//! The order of members is free, so the party may come last. Facts and amounts are read where they lie;
//! what a row says beyond them is nobody's business here. Of the log only sums are kept; what is left of a settlement
//! that is called undone is read a second time, from the few messages that it concerns.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crosswipe_domain::{
    Cell, CellKey, Day, EXPORT_SCHEMA, Moment, Name, Party, QueueItem, Role, Unit,
};
use crosswipe_verify::audit::{
    CellPrint, PostingIn, Rest, RowIn, State, Sum, Take, TotalIn, WaitingIn,
};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Flaw;
use super::left::{LogText, balance_at, with_what_is_left};
use super::window::{Cut, Window};

const MEND: &str = "重新导出此文件 · take this export again";

/// Reads one export.
pub(super) fn read(path: &Path) -> Result<Take, Flaw> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut window = Window::new(file, 0);
    let nobody = Party::new(Role::His, "unnamed");
    let mut take = Take::new(path.display().to_string(), nobody);
    take.whole = true;
    let mut reader = Reader {
        take,
        schema: false,
        party: false,
        rows: false,
        days: Days::default(),
    };
    match reader.document(&mut window) {
        Ok(()) => reader.finished(path).and_then(with_what_is_left),
        Err(Trouble::Cut(Cut::Io(error))) => Err(unreadable(path, &error)),
        Err(Trouble::Cut(Cut::Shape { at, what })) => Err(Flaw::new(
            line_of(path, at),
            format!("{what}: 不是完整的 JSON · {what}: no whole JSON document"),
            MEND,
        )),
        Err(Trouble::Said { at, what, mend }) => Err(Flaw::new(line_of(path, at), what, mend)),
    }
}

/// What a finding shows of a row.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) msgid: String,
    pub(super) visit: String,
    pub(super) person: String,
    pub(super) time: Option<Moment>,
}

/// Reads one row again, by its place.
pub(super) fn row_at(path: &Path, at: u64) -> io::Result<Option<Shown>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut window = Window::new(file.take(16 << 20), at);
    let Ok((_, bytes)) = window.value() else {
        return Ok(None);
    };
    let Ok(row) = serde_json::from_slice::<RowText<'_>>(bytes) else {
        return Ok(balance_at(bytes));
    };
    let mut days = Days::default();
    Ok(Some(Shown {
        id: row.id.0.clone().into_owned(),
        msgid: row.cause.msgid.0.clone().into_owned(),
        visit: row.facts.visit.0.clone().into_owned(),
        person: row.person.0.clone().into_owned(),
        time: days.moment(&row.facts),
    }))
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Flaw {
    Flaw::of_file(
        path,
        format!("读不出: {error} · could not be read: {error}"),
        "检查路径与权限 · check path and permissions",
    )
}

/// `file:line:column` of a byte; only asked when something is wrong.
fn line_of(path: &Path, at: u64) -> String {
    let mut before = Vec::new();
    let place = File::open(path).and_then(|file| file.take(at).read_to_end(&mut before));
    if place.is_err() {
        return path.display().to_string();
    }
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let last = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |place| place + 1);
    let column = String::from_utf8_lossy(&before[last..]).chars().count() + 1;
    format!("{}:{line}:{column}", path.display())
}

pub(super) enum Trouble {
    Cut(Cut),
    Said { at: u64, what: String, mend: String },
}

impl From<Cut> for Trouble {
    fn from(cut: Cut) -> Trouble {
        Trouble::Cut(cut)
    }
}

struct Reader {
    take: Take,
    schema: bool,
    party: bool,
    rows: bool,
    days: Days,
}

impl Reader {
    fn document(&mut self, window: &mut Window<File>) -> Result<(), Trouble> {
        window.expect(b'{', "it does not begin with `{`")?;
        if !window.take(b'}')? {
            loop {
                let (at, name) = window.value()?;
                let name = serde_json::from_slice::<String>(name).map_err(|_| Cut::Shape {
                    at,
                    what: "a member has no name",
                })?;
                window.expect(b':', "a member has no `:`")?;
                self.member(&name, window)?;
                if !window.take(b',')? {
                    break;
                }
            }
            window.expect(b'}', "a `,` or `}` is missing")?;
        }
        match window.peek()? {
            None => Ok(()),
            Some(_) => Err(Cut::Shape {
                at: window.at(),
                what: "something follows the document",
            }
            .into()),
        }
    }

    fn member(&mut self, name: &str, window: &mut Window<File>) -> Result<(), Trouble> {
        match name {
            "rows" => {
                self.rows = true;
                each(window, |at, bytes| self.row(at, bytes))
            }
            "cells" => each(window, |at, bytes| self.cell(at, bytes)),
            "log" => each(window, |at, bytes| self.posting(at, bytes)),
            "queues" => each(window, |at, bytes| self.queue(at, bytes)),
            "schema" => {
                let (at, schema) = text(window)?;
                self.schema = true;
                if schema == EXPORT_SCHEMA {
                    return Ok(());
                }
                Err(Trouble::Said {
                    at,
                    what: format!("版本是 `{schema}` · schema is `{schema}`"),
                    mend: format!("本程序读 {EXPORT_SCHEMA} · this program reads {EXPORT_SCHEMA}"),
                })
            }
            "party" => {
                let (at, party) = text(window)?;
                self.take.party = Party::try_from(party).map_err(|what| Trouble::Said {
                    at,
                    what,
                    mend: "角色:代码, 如 insured:330300 · role:code, e.g. insured:330300"
                        .to_owned(),
                })?;
                self.party = true;
                Ok(())
            }
            "taken_at" => {
                let (at, moment) = text(window)?;
                let moment = Moment::parse(&moment).map_err(|error| Trouble::Said {
                    at,
                    what: error.to_string(),
                    mend: MEND.to_owned(),
                })?;
                self.take.taken_at = Some(moment);
                Ok(())
            }
            "lsn" => {
                let (_, value) = window.value()?;
                self.take.lsn = serde_json::from_slice(value).unwrap_or(0);
                Ok(())
            }
            _ => Ok(window.skip()?),
        }
    }

    fn row(&mut self, at: u64, bytes: &[u8]) -> Result<(), Trouble> {
        let row: RowText<'_> = parsed(at, bytes, "a row")?;
        let facts = &row.facts;
        let kind = row.kind.str();
        let time = self.days.moment(facts);
        self.take.row(&RowIn {
            at,
            kind,
            id: row.id.str(),
            state: State::of(kind, row.status.str()),
            person: row.person.str(),
            origin: row.cause.origin.str(),
            msgid: row.cause.msgid.str(),
            institution: facts.institution.str(),
            insured: facts.insured.str(),
            insutype: facts.insutype.str(),
            clr_type: facts.clr_type.str(),
            visit: if kind == "visit" && facts.visit.str().is_empty() {
                row.id.str()
            } else {
                facts.visit.str()
            },
            settlement: facts.settlement.str(),
            original: facts.original.str(),
            time,
            sums: row.amounts.sums,
            rest: row.amounts.rest,
        });
        Ok(())
    }

    fn cell(&mut self, at: u64, bytes: &[u8]) -> Result<(), Trouble> {
        let cell: Cell = parsed(at, bytes, "a cell")?;
        let print = CellPrint::of(&cell.key.kind).counting(cell.unit == Unit::Count);
        let dims = cell.key.dims.iter();
        let print = dims.fold(print, |print, (name, value)| print.dim(name, value));
        self.take.balance(at, print, cell.value);
        let mut dims = cell.key.dims;
        match cell.key.kind.as_str() {
            "reconciliation" => {
                let item = dims.remove("item").unwrap_or_default();
                self.take.total(TotalIn {
                    at,
                    dims: dims
                        .into_iter()
                        .map(|(name, text)| (name.into(), text.into()))
                        .collect(),
                    item: item.into(),
                    value: cell.value,
                });
            }
            "clearing" => {
                let key = CellKey {
                    kind: cell.key.kind,
                    dims,
                };
                self.take.clearing(key, cell.value);
            }
            "in-hospital" => {
                let person = dims.get("person").map_or("", Name::as_str);
                self.take.in_hospital(person, cell.value);
            }
            _ => {}
        }
        Ok(())
    }

    fn posting(&mut self, at: u64, bytes: &[u8]) -> Result<(), Trouble> {
        self.take.logged();
        let row: LogText<'_> = parsed(at, bytes, "a log row")?;
        if let Some(cell) = row.cell {
            self.take.posting(&PostingIn {
                at,
                seq: row.seq,
                msgid: row.cause.msgid.str(),
                cell: cell.print.counting(row.unit == Some(Unit::Count)),
                amount: row.amount,
                reverses: row.reverses,
            });
        }
        Ok(())
    }

    fn queue(&mut self, at: u64, bytes: &[u8]) -> Result<(), Trouble> {
        let item: QueueItem = parsed(at, bytes, "a waiting message")?;
        self.take.waiting(WaitingIn {
            to: item.to,
            infno: item.cause.infno,
            msgid: item.cause.msgid,
            since: item.since,
        });
        Ok(())
    }

    fn finished(self, path: &Path) -> Result<Take, Flaw> {
        let lacking: Vec<&str> = [
            (self.schema, "schema"),
            (self.party, "party"),
            (self.take.taken_at.is_some(), "taken_at"),
            (self.rows, "rows"),
        ]
        .into_iter()
        .filter_map(|(there, name)| (!there).then_some(name))
        .collect();
        if lacking.is_empty() {
            return Ok(self.take);
        }
        let lacking = lacking.join(", ");
        Err(Flaw::of_file(
            path,
            format!("缺 {lacking} · has no {lacking}"),
            "形状见 mocks/export.schema.json · its shape is in mocks/export.schema.json",
        ))
    }
}

fn parsed<'b, T: Deserialize<'b>>(at: u64, bytes: &'b [u8], what: &str) -> Result<T, Trouble> {
    serde_json::from_slice(bytes).map_err(|error| {
        // serde_json repeats values in some messages; a value may name a person, so only the place is told.
        let at = at + (error.column().saturating_sub(1) as u64) * u64::from(error.line() == 1);
        let missing = error.to_string();
        let why = missing
            .split(" at line ")
            .next()
            .filter(|words| words.starts_with("missing field") || words.starts_with("amounts"))
            .unwrap_or("a member has another type than the schema says");
        Trouble::Said {
            at,
            what: format!("{what}: {why}"),
            mend: "形状见 mocks/export.schema.json, 金额为整数分 · its shape is in mocks/export.schema.json, amounts are whole fen".to_owned(),
        }
    })
}

/// Each element of a list.
pub(super) fn each(
    window: &mut Window<File>,
    mut take: impl FnMut(u64, &[u8]) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    window.expect(b'[', "a list was expected")?;
    if window.take(b']')? {
        return Ok(());
    }
    loop {
        let (at, bytes) = window.value()?;
        take(at, bytes)?;
        if !window.take(b',')? {
            return Ok(window.expect(b']', "a `,` or `]` is missing")?);
        }
    }
}

fn text(window: &mut Window<File>) -> Result<(u64, String), Trouble> {
    let (at, bytes) = window.value()?;
    let text = serde_json::from_slice(bytes).map_err(|_| Cut::Shape {
        at,
        what: "a text was expected",
    })?;
    Ok((at, text))
}

/// Text that is borrowed from the bytes wherever it has no escapes.
#[derive(Default)]
pub(super) struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    pub(super) fn str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Text<'a>, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Text<'de>, E> {
                Ok(Text::default())
            }
        }
        from.deserialize_any(Texts)
    }
}

#[derive(Deserialize)]
struct RowText<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow, default)]
    person: Text<'a>,
    #[serde(borrow)]
    cause: CauseText<'a>,
    #[serde(borrow, default)]
    facts: Facts<'a>,
    #[serde(default)]
    amounts: Amounts,
}

#[derive(Deserialize)]
pub(super) struct CauseText<'a> {
    #[serde(borrow)]
    origin: Text<'a>,
    #[serde(borrow)]
    pub(super) msgid: Text<'a>,
}

#[derive(Default)]
struct Facts<'a> {
    visit: Text<'a>,
    settlement: Text<'a>,
    original: Text<'a>,
    institution: Text<'a>,
    insured: Text<'a>,
    insutype: Text<'a>,
    clr_type: Text<'a>,
    settled: Text<'a>,
    begun: Text<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Facts<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Facts<'a>, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Facts<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("facts by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts<'de>, A::Error> {
                let mut facts = Facts::default();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    let into = match name.str() {
                        "mdtrt_id" => &mut facts.visit,
                        "setl_id" => &mut facts.settlement,
                        "original" => &mut facts.original,
                        "fixmedins_code" => &mut facts.institution,
                        "insuplc_admdvs" => &mut facts.insured,
                        "insutype" => &mut facts.insutype,
                        "clr_type" => &mut facts.clr_type,
                        "setl_time" => &mut facts.settled,
                        "begntime" | "fee_ocur_time" => &mut facts.begun,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *into = map.next_value()?;
                }
                Ok(facts)
            }
        }
        from.deserialize_map(Map)
    }
}

#[derive(Default)]
struct Amounts {
    sums: [Option<i64>; 4],
    rest: Rest,
}

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Amounts, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Amounts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("amounts in whole fen by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Amounts, A::Error> {
                let mut amounts = Amounts::default();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    let fen: i64 = map
                        .next_value()
                        .map_err(|_| de::Error::custom("amounts are whole fen"))?;
                    let sum = match name.str() {
                        "medfee_sumamt" | "det_item_fee_sumamt" => Some(Sum::Total),
                        "fund_pay_sumamt" => Some(Sum::Fund),
                        "acct_pay" => Some(Sum::Account),
                        "psn_cash_pay" => Some(Sum::Cash),
                        _ => None,
                    };
                    match sum {
                        Some(sum) => amounts.sums[sum as usize] = Some(fen),
                        None => amounts.rest.add(name.str(), fen),
                    }
                }
                Ok(amounts)
            }
        }
        from.deserialize_map(Map)
    }
}

/// Reads wire times fast: rows of a day come together, so the day is looked up once.
#[derive(Default)]
pub(super) struct Days {
    text: String,
    start_ms: i64,
}

impl Days {
    fn moment(&mut self, facts: &Facts<'_>) -> Option<Moment> {
        [facts.settled.str(), facts.begun.str()]
            .into_iter()
            .find_map(|text| self.read(text))
    }

    /// `2017-06-02 09:00:00`; a text of another form says no time.
    pub(super) fn read(&mut self, text: &str) -> Option<Moment> {
        let (day, time) = (text.get(..10)?, text.as_bytes().get(11..)?);
        if self.text != day {
            self.start_ms = Day::parse(day).ok()?.start().epoch_ms();
            day.clone_into(&mut self.text);
        }
        let two = |at: usize| -> Option<i64> {
            let digit = |at: usize| {
                time.get(at)
                    .filter(|b| b.is_ascii_digit())
                    .map(|b| i64::from(b - b'0'))
            };
            Some(digit(at)? * 10 + digit(at + 1)?)
        };
        let seconds = if time.len() >= 8 { two(6)? } else { 0 };
        let in_day = (two(0)? * 60 + two(3)?) * 60 + seconds;
        Some(Moment::from_epoch_ms(self.start_ms + in_day * 1000))
    }
}
