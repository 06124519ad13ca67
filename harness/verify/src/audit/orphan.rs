//! 孤行 · What an audit finds: a row that agrees with nobody, who has it, who has not, and where it stopped.
//!
//! Facts only, no sentences: parties are numbers into [`Audit::parties`], rows are places in files, words
//! are made in `reports`. Not here: how any of it is found.

use crosswipe_domain::{Day, FindingClass, Party, Severity};

use crate::judgement::Verdict;

/// 行位 · One row of one source: enough to read it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowRef {
    /// Place in [`Audit::sources`].
    pub source: usize,
    /// As the reader counted.
    pub at: u64,
}

/// 各方说法 · What one party says of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// It has no such row.
    Nothing,
    /// It stands.
    Stands,
    /// It stands, and this much of it (fen, positive) was refunded.
    PartRefunded(i64),
    /// It was undone.
    Undone,
    /// A refund of this much (fen, positive) stands there without what it refunds.
    RefundAlone(i64),
    /// The person lies in hospital.
    InHospital,
    /// It holds this amount (fen; a plain number for the item `count`).
    Value(i64),
    /// Its log adds up to this (fen; a plain number for the item `count`).
    LogSum(i64),
    /// It was booked on this day.
    On(Day),
    /// It holds an id or person that equals another one's only where this digest is equal.
    Text(u64),
}

/// 见证 · What a party says, and the row that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Place in [`Audit::parties`].
    pub party: usize,
    /// What it says.
    pub said: Said,
    /// The row, where there is one.
    pub row: Option<RowRef>,
}

/// 原因 · The likely cause, told from who has what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// An undo was booked up to a party and never by the next one.
    RefundStopped,
    /// An undo was booked further down and the parties before never booked it: its answer was lost.
    RefundUnheard,
    /// An undo without a message of an institution: made by hand in that party's own system.
    RefundDirect,
    /// A settlement was booked up to a party and never by the next one.
    BookingStopped,
    /// Parties behind have it and the one in front has lost it or never learnt of it.
    RecordLost,
    /// One party in the middle says otherwise than those on both its sides.
    PartyAlone,
    /// Settled once more beside a settlement that all parties have.
    SettledTwice,
    /// A refund that undoes nothing.
    RefundWithoutOriginal,
    /// Refunded more often or by more than was paid.
    RefundedTooMuch,
    /// Marked as undone while its refund is smaller than what was paid.
    RefundedTooLittle,
    /// A visit, fee line or other row is still open at some parties alone.
    LeftOpen,
    /// Somebody counts as lying in hospital at some parties alone: the next admission is refused.
    BlocksAdmission,
    /// The same transaction with another amount.
    AmountsDiffer,
    /// The same total cut into other parts.
    SplitDiffers,
    /// The same message with another id.
    IdsDiffer,
    /// The same transaction on another person.
    PersonsDiffer,
    /// Booked on another day.
    DaysDiffer,
    /// Totals differ and no row says why.
    TotalsUnexplained,
    /// A party's own totals are not the sum of its own rows.
    TotalsNotOfRows,
    /// A message still waits to be delivered.
    MessageWaiting,
    /// What hangs on an undone settlement still stands.
    NotUndoneWith,
    /// A balance is not what the party's own log adds up to.
    BalanceNotOfLog,
    /// A settlement is called undone, and a book still holds something of it.
    BookNotUndone,
}

impl Cause {
    /// True where a party contradicts itself, so that no other party need be asked.
    pub(crate) fn is_of_one_book(self) -> bool {
        matches!(self, Cause::BalanceNotOfLog | Cause::BookNotUndone)
    }

    /// All causes.
    pub const ALL: [Cause; 23] = [
        Cause::RefundStopped,
        Cause::RefundUnheard,
        Cause::RefundDirect,
        Cause::BookingStopped,
        Cause::RecordLost,
        Cause::PartyAlone,
        Cause::SettledTwice,
        Cause::RefundWithoutOriginal,
        Cause::RefundedTooMuch,
        Cause::RefundedTooLittle,
        Cause::LeftOpen,
        Cause::BlocksAdmission,
        Cause::AmountsDiffer,
        Cause::SplitDiffers,
        Cause::IdsDiffer,
        Cause::PersonsDiffer,
        Cause::DaysDiffer,
        Cause::TotalsUnexplained,
        Cause::TotalsNotOfRows,
        Cause::MessageWaiting,
        Cause::NotUndoneWith,
        Cause::BalanceNotOfLog,
        Cause::BookNotUndone,
    ];

    /// The stable code; each has a page in `explain`.
    pub const fn code(self) -> &'static str {
        match self {
            Cause::RefundStopped => "orphan:refund-stopped",
            Cause::RefundUnheard => "orphan:refund-unheard",
            Cause::RefundDirect => "orphan:refund-direct",
            Cause::BookingStopped => "orphan:booking-stopped",
            Cause::RecordLost => "orphan:record-lost",
            Cause::PartyAlone => "orphan:party-alone",
            Cause::SettledTwice => "orphan:settled-twice",
            Cause::RefundWithoutOriginal => "orphan:refund-without-original",
            Cause::RefundedTooMuch => "orphan:refunded-too-much",
            Cause::RefundedTooLittle => "orphan:refunded-too-little",
            Cause::LeftOpen => "orphan:left-open",
            Cause::BlocksAdmission => "orphan:blocks-admission",
            Cause::AmountsDiffer => "orphan:amounts-differ",
            Cause::SplitDiffers => "orphan:split-differs",
            Cause::IdsDiffer => "orphan:ids-differ",
            Cause::PersonsDiffer => "orphan:persons-differ",
            Cause::DaysDiffer => "orphan:days-differ",
            Cause::TotalsUnexplained => "orphan:totals-unexplained",
            Cause::TotalsNotOfRows => "orphan:totals-not-of-rows",
            Cause::MessageWaiting => "orphan:message-waiting",
            Cause::NotUndoneWith => "orphan:not-undone-with",
            Cause::BalanceNotOfLog => "orphan:balance-not-of-log",
            Cause::BookNotUndone => "orphan:book-not-undone",
        }
    }
}

/// 孤行 · One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// Of the verdict vocabulary.
    pub class: FindingClass,
    /// How bad.
    pub severity: Severity,
    /// True where evidence is lacking: indeterminate, not violated.
    pub uncertain: bool,
    /// Which book: `settlement`, `visit`, `in-hospital`, `fee-detail`, `reconciliation`, `queue`, …
    pub book: String,
    /// Why, as far as can be told.
    pub cause: Cause,
    /// All compared parties in path order, with what each says.
    pub witnesses: Vec<Witness>,
    /// Neighbours on the path between which the word changes; what it stopped at.
    pub hops: Vec<(usize, usize)>,
    /// How much, in fen.
    pub amount: Option<i64>,
    /// The day it was booked, where the lists say it.
    pub day: Option<Day>,
    /// Of a difference in a field: which.
    pub field: Option<String>,
    /// Of a total: what it adds up, `day=… institution=…`. Of a message: its number and msgid.
    pub place: Option<String>,
    /// Who has to act first.
    pub owner: Option<usize>,
    /// Place of the finding that this one follows from.
    pub follows_from: Option<usize>,
    pub(crate) visit: u64,
    pub(crate) person: u64,
    pub(crate) message: u64,
    pub(crate) cell: Option<(Day, u32)>,
    pub(crate) insured: u32,
}

impl Orphan {
    /// The row that shows it best: of the party that keeps it, else of any.
    pub fn row(&self) -> Option<RowRef> {
        let speaks = |witness: &&Witness| witness.row.is_some();
        self.witnesses.iter().rev().find(speaks).and_then(|w| w.row)
    }
}

/// 范围外 · A day at a party whose list does not reach so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Place in [`Audit::parties`].
    pub party: usize,
    /// The day.
    pub day: Day,
    /// Transactions of that day that others have.
    pub transactions: u64,
}

/// 附注 · Something worth saying that changes no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remarked {
    /// Undone at all parties that have it; others never had it. Nothing is left.
    UndoneUnknownToOthers(u64),
    /// Transactions of institutions or insured places whose books are not in this set.
    WithoutCounterpart(u64),
    /// Refunds without a word about what they refund, on which all parties agree.
    RefundsWithoutReference(u64),
    /// A newer whole book of the same party counts instead.
    Superseded(u64),
    /// Balances of exports without a log: nothing says what they should be.
    BalancesWithoutLog(u64),
    /// No id of one party stands in the list of any other: perhaps another column holds the id.
    NoIdShared,
}

/// 来源 · One file or sheet that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// File or `file!sheet`.
    pub name: String,
    /// Place in [`Audit::parties`].
    pub party: usize,
    /// Rows in it.
    pub rows: u64,
    /// Totals in it.
    pub totals: u64,
    /// False where a newer whole book of the same party counts instead.
    pub counts: bool,
    /// First and last day in it.
    pub days: Option<(Day, Day)>,
}

/// 稽核结果 · What was compared and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// All parties, in the order H T N I.
    pub parties: Vec<Party>,
    /// What was read.
    pub sources: Vec<Source>,
    /// The verdict over what was compared.
    pub verdict: Verdict,
    /// Transactions compared between at least two parties, and other rows (visits, fee lines, …) by kind.
    pub compared: Vec<(String, u64)>,
    /// Day totals compared.
    pub totals_compared: u64,
    /// Balances compared: with what their own log adds up to, or between parties.
    pub balances_compared: u64,
    /// Per party: settlements that stand, and their total in fen.
    pub standing: Vec<(u64, i64)>,
    /// Findings, causes before what follows from them, worst first.
    pub orphans: Vec<Orphan>,
    /// Days that a list does not reach.
    pub uncovered: Vec<Coverage>,
    /// Notes.
    pub remarks: Vec<Remarked>,
}

impl Audit {
    /// True where not one thing was compared.
    pub fn nothing_compared(&self) -> bool {
        self.totals_compared == 0 && self.compared.iter().all(|(_, count)| *count == 0)
    }
}
