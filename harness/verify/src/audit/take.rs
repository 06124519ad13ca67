//! 摘要 · What is kept of one file: a fingerprint per row, its totals, what waits in its queues.
//!
//! Why fingerprints: ids are hashed and only amounts, days and states stay as they are, some 130 bytes a
//! row whatever its text. Two ids that differ and hash alike would show as a difference, never as agreement.
//! Called by whoever reads files, one row at a time. Not here: which rows belong together (`join`).

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crosswipe_domain::{CellKey, Day, Moment, Party};

use super::own::{CellPrint, LeftIn, Own, PostingIn};

/// 状态 · Where a row stands, in the few words that parties of all kinds share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It stands: settled, charged, registered, valid, active.
    Stands,
    /// A visit whose person lies in hospital.
    InHospital,
    /// It stood and was undone: reversed, cancelled, offset.
    Undone,
    /// The mirror record of an undo: a refund of its own, with negative amounts.
    Mirror,
}

impl State {
    /// Reads a status word of the export form; a word that is not known stands, for it is not known to be undone.
    pub fn of(kind: &str, status: &str) -> State {
        match status {
            "reversal" | "red-letter" if kind == "settlement" => State::Mirror,
            "cancelled" | "reversed" | "reversal" | "red-letter" => State::Undone,
            "admitted" => State::InHospital,
            _ => State::Stands,
        }
    }
}

/// 金额项 · The amounts that every kind of list knows; the rest is compared as one digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sum {
    /// 费用总额 `medfee_sumamt`, of a fee line `det_item_fee_sumamt`.
    Total,
    /// 基金支付 `fund_pay_sumamt`.
    Fund,
    /// 个人账户 `acct_pay`.
    Account,
    /// 现金 `psn_cash_pay`.
    Cash,
}

impl Sum {
    /// In the order of columns.
    pub const ALL: [Sum; 4] = [Sum::Total, Sum::Fund, Sum::Account, Sum::Cash];

    /// Its interface name.
    pub const fn name(self) -> &'static str {
        match self {
            Sum::Total => "medfee_sumamt",
            Sum::Fund => "fund_pay_sumamt",
            Sum::Account => "acct_pay",
            Sum::Cash => "psn_cash_pay",
        }
    }

    /// The item of a day total that adds it up.
    pub const fn item(self) -> &'static str {
        match self {
            Sum::Total => "medfee",
            Sum::Fund => "fund",
            Sum::Account => "acct",
            Sum::Cash => "cash",
        }
    }
}

/// 一行 · One row as it was read; empty text = the list does not say.
#[derive(Clone, Debug)]
pub struct RowIn<'a> {
    /// Where it lies in its file: byte, line or row, as the reader counts.
    pub at: u64,
    /// `settlement`, `visit`, `fee-detail`, `payment`, …
    pub kind: &'a str,
    /// Its id at this party.
    pub id: &'a str,
    /// Where it stands.
    pub state: State,
    /// Person number or pseudonym.
    pub person: &'a str,
    /// Who sent the message that made it.
    pub origin: &'a str,
    /// That message.
    pub msgid: &'a str,
    /// Institution, where the list has a column for it; else the sender is taken.
    pub institution: &'a str,
    /// Insured place.
    pub insured: &'a str,
    /// Insurance type.
    pub insutype: &'a str,
    /// Clearing type.
    pub clr_type: &'a str,
    /// Visit it belongs to.
    pub visit: &'a str,
    /// Settlement it belongs to; of a settlement its own id where that differs from `id`.
    pub settlement: &'a str,
    /// Of a refund: the settlement that it undoes.
    pub original: &'a str,
    /// When it was booked.
    pub time: Option<Moment>,
    /// Fen, by [`Sum::ALL`].
    pub sums: [Option<i64>; 4],
    /// Names and values of all other amounts.
    pub rest: Rest,
}

impl Default for RowIn<'_> {
    fn default() -> Self {
        RowIn {
            at: 0,
            kind: "settlement",
            id: "",
            state: State::Stands,
            person: "",
            origin: "",
            msgid: "",
            institution: "",
            insured: "",
            insutype: "",
            clr_type: "",
            visit: "",
            settlement: "",
            original: "",
            time: None,
            sums: [None; 4],
            rest: Rest::default(),
        }
    }
}

/// 其余金额 · A digest over all further amounts of a row, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    pub(crate) names: u32,
    pub(crate) values: u64,
}

impl Rest {
    /// Adds one amount, in fen.
    pub fn add(&mut self, name: &str, fen: i64) {
        // FNV-1a: twenty of these a row, so the hash has to be cheap; it guards nothing but equality.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.names = self.names.wrapping_add((hash >> 16) as u32 | 1);
        for byte in fen.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.values = self.values.wrapping_add(mixed(hash));
    }
}

/// Every bit of a hash into every other: sums of plain ones stay the same when two amounts change places.
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 32)
}

/// 合计 · One total that a party says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalIn {
    /// Where it lies in its file.
    pub at: u64,
    /// `day institution insutype clr_type` and whatever else tells it apart; not `item`.
    pub dims: BTreeMap<String, String>,
    /// `count medfee fund acct cash` or any other.
    pub item: String,
    /// Fen; a plain number for `count`.
    pub value: i64,
}

/// 待发 · A message that waits at this party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingIn {
    /// To whom.
    pub to: Party,
    /// Which transaction.
    pub infno: String,
    /// Its msgid.
    pub msgid: String,
    /// Since when.
    pub since: Moment,
}

/// 一份账 · What is kept of one file or sheet.
#[derive(Clone, Debug)]
pub struct Take {
    /// File or `file!sheet`, for people.
    pub name: String,
    /// Whose it is.
    pub party: Party,
    /// True for a whole book (an export): what it does not hold the party does not have. A list holds a period.
    pub whole: bool,
    /// When a whole book was taken.
    pub taken_at: Option<Moment>,
    /// Number of log rows at that instant.
    pub lsn: u64,
    /// First and last day that a list covers, where somebody has said so.
    pub period: Option<(Day, Day)>,
    pub(crate) prints: Vec<Print>,
    pub(crate) names: Names,
    pub(crate) totals: Vec<TotalIn>,
    pub(crate) clearing: BTreeMap<CellKey, i64>,
    pub(crate) in_hospital: BTreeMap<u64, i64>,
    pub(crate) waiting: Vec<WaitingIn>,
    pub(crate) own: Own,
}

impl Take {
    /// An empty take of a party.
    pub fn new(name: impl Into<String>, party: Party) -> Take {
        Take {
            name: name.into(),
            party,
            whole: false,
            taken_at: None,
            lsn: 0,
            period: None,
            prints: Vec::new(),
            names: Names::default(),
            totals: Vec::new(),
            clearing: BTreeMap::new(),
            in_hospital: BTreeMap::new(),
            waiting: Vec::new(),
            own: Own::default(),
        }
    }

    /// Keeps the fingerprint of a row.
    pub fn row(&mut self, row: &RowIn<'_>) {
        let settlement = row.kind == "settlement";
        let said = || row.sums.iter().flatten();
        let negative = said().any(|fen| *fen < 0) && said().all(|fen| *fen <= 0);
        let state = match row.state {
            State::Stands if settlement && negative => State::Mirror,
            state => state,
        };
        let own = if settlement && !row.settlement.is_empty() {
            row.settlement
        } else {
            row.id
        };
        let institution = if row.institution.is_empty() {
            row.origin
        } else {
            row.institution
        };
        let print = Print {
            at: row.at,
            key: digest(own),
            message: if matches!(row.msgid, "" | "opening") {
                0
            } else {
                digest(row.msgid)
            },
            original: digest(row.original),
            visit: digest(row.visit),
            link: if settlement {
                0
            } else {
                digest(row.settlement)
            },
            person: person_digest(row.person),
            time: row.time.map_or(i64::MIN, Moment::epoch_ms),
            sums: row.sums.map(Option::unwrap_or_default),
            rest: row.rest.values,
            rest_names: row.rest.names,
            origin: self.names.of(row.origin),
            institution: self.names.of(institution),
            insured: self.names.of(row.insured),
            insutype: self.names.of(row.insutype),
            clr_type: self.names.of(row.clr_type),
            kind: self.names.of(row.kind),
            said: row
                .sums
                .iter()
                .enumerate()
                .fold(0, |said, (at, sum)| said | u8::from(sum.is_some()) << at),
            state,
        };
        self.prints.push(print);
    }

    /// Keeps a total.
    pub fn total(&mut self, total: TotalIn) {
        self.totals.push(total);
    }

    /// Keeps a clearing balance, fen.
    pub fn clearing(&mut self, key: CellKey, value: i64) {
        *self.clearing.entry(key).or_default() += value;
    }

    /// Keeps an in-hospital flag.
    pub fn in_hospital(&mut self, person: &str, value: i64) {
        *self.in_hospital.entry(person_digest(person)).or_default() += value;
    }

    /// Keeps a message that waits.
    pub fn waiting(&mut self, waiting: WaitingIn) {
        self.waiting.push(waiting);
    }

    /// Keeps a balance, of whatever kind.
    pub fn balance(&mut self, at: u64, cell: CellPrint, value: i64) {
        self.own.balance(at, cell, value);
    }

    /// Says that there is a log, even where none of its rows is a posting.
    pub fn logged(&mut self) {
        self.own.logged();
    }

    /// Keeps a posting of the log.
    pub fn posting(&mut self, posting: &PostingIn<'_>) {
        self.own.posting(posting);
    }

    /// Ends the reading: messages ([`message`](super::message)) whose settlement is called undone and of which the log
    /// still holds something. What exactly is said by [`Take::left`].
    pub fn unsettled(&mut self) -> BTreeSet<u64> {
        self.own.finish();
        let kind = self.names.number("settlement");
        if !self.own.is_logged() {
            return BTreeSet::new();
        }
        let settlements = || self.prints.iter().filter(|print| Some(print.kind) == kind);
        // What an undo booked without naming what it takes back.
        let mut back: BTreeMap<u64, u64> = BTreeMap::new();
        for mirror in settlements().filter(|print| print.state == State::Mirror) {
            let net = back.entry(mirror.original).or_default();
            *net = net.wrapping_add(self.own.net(mirror.message));
        }
        let stays = |print: &&Print| {
            let back = back.get(&print.key).copied().unwrap_or(0);
            print.message != 0 && self.own.net(print.message).wrapping_add(back) != 0
        };
        settlements()
            .filter(|print| print.state == State::Undone)
            .filter(stays)
            .map(|print| print.message)
            .collect()
    }

    /// Keeps what is left of undone settlements.
    pub fn left(&mut self, left: Vec<LeftIn>) {
        self.own.left(left);
    }

    /// Rows kept so far.
    pub fn rows(&self) -> usize {
        self.prints.len()
    }
}

/// 指纹 · A row without its text.
#[derive(Clone, Debug)]
pub(crate) struct Print {
    pub(crate) at: u64,
    pub(crate) key: u64,
    pub(crate) message: u64,
    pub(crate) original: u64,
    pub(crate) visit: u64,
    pub(crate) link: u64,
    pub(crate) person: u64,
    /// Milliseconds; `i64::MIN` where the list does not say.
    pub(crate) time: i64,
    pub(crate) sums: [i64; 4],
    pub(crate) rest: u64,
    pub(crate) rest_names: u32,
    pub(crate) origin: u32,
    pub(crate) institution: u32,
    pub(crate) insured: u32,
    pub(crate) insutype: u32,
    pub(crate) clr_type: u32,
    pub(crate) kind: u32,
    pub(crate) said: u8,
    pub(crate) state: State,
}

impl Print {
    pub(crate) fn sum(&self, sum: Sum) -> Option<i64> {
        let at = sum as usize;
        (self.said & (1 << at) != 0).then(|| self.sums[at])
    }

    pub(crate) fn moment(&self) -> Option<Moment> {
        (self.time != i64::MIN).then(|| Moment::from_epoch_ms(self.time))
    }

    pub(crate) fn day(&self) -> Option<Day> {
        self.moment().map(Moment::day)
    }
}

/// A few thousand short texts (codes), each kept once; 0 is the empty text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    texts: Vec<String>,
    places: BTreeMap<String, u32>,
}

impl Names {
    /// The number of a text.
    pub(crate) fn of(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(number) = self.places.get(text) {
            return *number;
        }
        self.texts.push(text.to_owned());
        let number = u32::try_from(self.texts.len()).expect("codes are few");
        self.places.insert(text.to_owned(), number);
        number
    }

    /// The number of a text that is known.
    pub(crate) fn number(&self, text: &str) -> Option<u32> {
        self.places.get(text).copied()
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &str {
        match number {
            0 => "",
            n => &self.texts[n as usize - 1],
        }
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        self.texts.iter()
    }
}

/// 0 for the empty text, which stands for «not said».
pub(crate) fn digest(text: &str) -> u64 {
    if text.is_empty() {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish().max(1)
}

/// The lowest bit tells pseudonyms from numbers: one is never compared with the other.
pub(crate) fn person_digest(text: &str) -> u64 {
    match digest(text) {
        0 => 0,
        hash => (hash & !1) | u64::from(text.starts_with("P-")) | 2,
    }
}
