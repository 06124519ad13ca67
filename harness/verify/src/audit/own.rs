//! 自账 · A book against itself: its balances are what its log adds up to, and nothing is left of what it calls undone.
//!
//! Why so: a yearly sum that was never given back shows in no row, so parties whose rows agree to the cent may still
//! have harmed a person. Two questions need no other party: is each balance the sum of the postings on it, opening
//! included; and is every posting of an undone settlement taken back. For the second a sum of cell × amount per
//! message is kept, 0 only where all of it went back to where it came from, so that a million messages fit into
//! little memory; what a sum that is not 0 consists of is read a second time (`cli`).
//! Personal accounts and yearly sums that two parties show for one person are laid beside each other too.
//! An export without log says nothing of this kind. Not here: day totals (`totals`), clearing (`clearing`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{FindingClass, Severity};

use super::join::Join;
use super::orphan::{Cause, Orphan, RowRef, Said, Witness};
use super::settlement::{orphan, spread};
use super::take::{State, digest};

/// 单元指纹 · A cell's kind and dimensions, in whatever order they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellPrint {
    hash: u64,
    /// Without day and period: an undo is booked on its own day.
    lasting: u64,
    /// What more than one party may show of a person.
    shared: bool,
    counts: bool,
}

impl CellPrint {
    /// A cell of this kind, so far without dimensions.
    pub fn of(kind: &str) -> CellPrint {
        CellPrint {
            hash: digest(kind),
            lasting: digest(kind),
            shared: matches!(kind, "personal-account" | "accumulator"),
            counts: false,
        }
    }

    /// With one dimension more.
    pub fn dim(self, name: &str, value: &str) -> CellPrint {
        let pair = digest(name).rotate_left(17) ^ digest(value);
        let pair = pair.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let lasts = !matches!(name, "day" | "period");
        CellPrint {
            hash: self.hash.wrapping_add(pair),
            lasting: self.lasting.wrapping_add(if lasts { pair } else { 0 }),
            ..self
        }
    }

    /// That counts things, not fen.
    pub fn counting(self, counts: bool) -> CellPrint {
        CellPrint { counts, ..self }
    }
}

/// 一笔记账 · One posting of a log.
#[derive(Clone, Copy, Debug)]
pub struct PostingIn<'a> {
    /// Where it lies in its file.
    pub at: u64,
    /// Its number.
    pub seq: u64,
    /// The message that caused it.
    pub msgid: &'a str,
    /// On which cell.
    pub cell: CellPrint,
    /// By how much.
    pub amount: i64,
    /// The posting that it takes back.
    pub reverses: Option<u64>,
}

/// 剩下的 · What a log still holds, net, of a message whose settlement was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftIn {
    /// The message, as [`message`] names it.
    pub message: u64,
    /// Kind of the cells.
    pub kind: String,
    /// The cell of this kind that holds most, nobody's name in it.
    pub place: String,
    /// What it holds: fen, or a number.
    pub net: i64,
    /// Further cells of this kind.
    pub more: usize,
    /// True for a number of things.
    pub counts: bool,
}

/// The name of a message in [`Take::unsettled`](super::Take::unsettled).
pub fn message(msgid: &str) -> u64 {
    if msgid == "opening" { 0 } else { digest(msgid) }
}

#[derive(Clone, Copy, Debug, Default)]
struct Balance {
    shown: i64,
    added: i64,
    /// The cell, or where it is not shown a posting on it.
    at: u64,
    shared: bool,
    counts: bool,
}

/// 自账 · What is kept of one export's cells and log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    balances: BTreeMap<u64, Balance>,
    /// Number of a posting → its message.
    booked: Vec<(u64, u64)>,
    /// Postings that take back: number of what they take back, and what that changes.
    taken_back: Vec<(u64, u64)>,
    /// Message → Σ cell × amount.
    nets: BTreeMap<u64, u64>,
    /// The message that is being added up: rows of one message stand together.
    open: (u64, u64),
    logged: bool,
    left: Vec<LeftIn>,
}

impl Own {
    pub(crate) fn balance(&mut self, at: u64, cell: CellPrint, value: i64) {
        let balance = self.balances.entry(cell.hash).or_default();
        balance.shown = balance.shown.saturating_add(value);
        (balance.at, balance.shared, balance.counts) = (at, cell.shared, cell.counts);
    }

    pub(crate) fn logged(&mut self) {
        self.logged = true;
    }

    pub(crate) fn posting(&mut self, posting: &PostingIn<'_>) {
        let cell = posting.cell;
        let balance = self.balances.entry(cell.hash).or_insert(Balance {
            at: posting.at,
            shared: cell.shared,
            counts: cell.counts,
            ..Balance::default()
        });
        balance.added = balance.added.saturating_add(posting.amount);
        let term = (cell.lasting | 1).wrapping_mul(posting.amount.cast_unsigned());
        if let Some(target) = posting.reverses {
            self.taken_back.push((target, term));
            return;
        }
        let message = message(posting.msgid);
        self.booked.push((posting.seq, message));
        if self.open.0 != message {
            self.shut();
            self.open.0 = message;
        }
        self.open.1 = self.open.1.wrapping_add(term);
    }

    fn shut(&mut self) {
        let (message, sum) = std::mem::take(&mut self.open);
        let net = self.nets.entry(message).or_default();
        *net = net.wrapping_add(sum);
    }

    /// Every message with its sum, once the log has been read.
    pub(crate) fn finish(&mut self) {
        self.shut();
        if !self.booked.is_sorted() {
            self.booked.sort_unstable();
        }
        for (target, term) in std::mem::take(&mut self.taken_back) {
            // What takes back a posting that is not there counts as a message of its own: none.
            if let Ok(place) = self.booked.binary_search_by_key(&target, |(seq, _)| *seq) {
                let net = self.nets.entry(self.booked[place].1).or_default();
                *net = net.wrapping_add(term);
            }
        }
        self.booked = Vec::new();
    }

    pub(crate) fn net(&self, message: u64) -> u64 {
        self.nets.get(&message).copied().unwrap_or(0)
    }

    pub(crate) fn is_logged(&self) -> bool {
        self.logged
    }

    pub(crate) fn left(&mut self, left: Vec<LeftIn>) {
        self.left = left;
    }
}

/// All books against themselves, and balances of one person against each other.
pub(crate) fn check(join: &mut Join, found: &mut Vec<Orphan>) {
    let mut shown: BTreeMap<u64, Vec<Witness>> = BTreeMap::new();
    let mut counts_of: BTreeSet<u64> = BTreeSet::new();
    let mut unfounded = 0;
    for take in 0..join.takes.len() {
        let (party, book) = (join.takes[take].0, &join.takes[take].1);
        let (source, own) = (join.source(take), &book.own);
        let row = |at| Some(RowRef { source, at });
        if own.is_logged() {
            join.balances_compared += own.balances.len() as u64;
            for balance in own.balances.values().filter(|one| one.shown != one.added) {
                found.push(apart(join, party, row(balance.at), balance));
            }
            for left in &own.left {
                found.extend(stays(join, take, left));
            }
        } else {
            unfounded += own.balances.len() as u64;
        }
        for (cell, balance) in own.balances.iter().filter(|(_, one)| one.shared) {
            let witness = Witness {
                party,
                said: Said::Value(balance.shown),
                row: row(balance.at),
            };
            shown.entry(*cell).or_default().push(witness);
            if balance.counts {
                counts_of.insert(*cell);
            }
        }
    }
    join.unfounded = unfounded;
    for (cell, witnesses) in shown.into_iter().filter(|(_, all)| all.len() > 1) {
        join.balances_compared += 1;
        if super::compare::same(&witnesses) {
            continue;
        }
        let mut one = of_balance(join, Cause::AmountsDiffer, counts_of.contains(&cell));
        one.hops = super::compare::hops(&witnesses);
        one.amount = spread(&witnesses).filter(|_| !counts_of.contains(&cell));
        one.owner = super::settlement::odd_one(&witnesses);
        one.witnesses = witnesses;
        found.push(one);
    }
}

fn of_balance(join: &Join, cause: Cause, counts: bool) -> Orphan {
    let mut one = orphan(join, &[], "residue:balance", cause);
    one.book = "balance".to_owned();
    one.severity = Severity::S1;
    one.field = counts.then(|| "count".to_owned());
    one
}

/// A balance that its log does not add up to: what is shown, and what it should be.
fn apart(join: &Join, party: usize, row: Option<RowRef>, balance: &Balance) -> Orphan {
    let mut one = of_balance(join, Cause::BalanceNotOfLog, balance.counts);
    one.witnesses = [Said::Value(balance.shown), Said::LogSum(balance.added)]
        .map(|said| Witness { party, said, row })
        .into();
    let apart = balance.shown.saturating_sub(balance.added).saturating_abs();
    one.amount = (!balance.counts).then_some(apart);
    one.owner = Some(party);
    one
}

/// A settlement that is called undone and of which a book still holds something.
fn stays(join: &Join, take: usize, left: &LeftIn) -> Option<Orphan> {
    let (party, book) = &join.takes[take];
    let of =
        |print: &&super::take::Print| print.message == left.message && print.state == State::Undone;
    let print = book.prints.iter().find(of)?;
    let mut one = orphan(join, &[], "residue", Cause::BookNotUndone);
    one.class = FindingClass::new(format!("residue:{}", left.kind));
    one.book.clone_from(&left.kind);
    one.field = left.counts.then(|| "count".to_owned());
    one.witnesses = vec![Witness {
        party: *party,
        said: Said::Value(left.net),
        row: Some(RowRef {
            source: join.source(take),
            at: print.at,
        }),
    }];
    one.amount = (!left.counts).then_some(left.net.saturating_abs());
    one.place = Some(match left.more {
        0 => left.place.clone(),
        more => format!("{} +{more}", left.place),
    });
    one.owner = Some(*party);
    (one.day, one.visit, one.person) = (print.day(), print.visit, print.person);
    (one.message, one.insured) = (print.message, print.insured);
    Some(one)
}

#[cfg(test)]
mod tests {
    use crosswipe_domain::{Moment, Party, Role};
    use rstest::rstest;

    use super::super::{RowIn, Take, audit};
    use super::*;
    use crate::judgement::Verdict;

    const OPENING: i64 = 100_000;

    fn yearly(person: &str) -> CellPrint {
        CellPrint::of("accumulator").dim("person", person)
    }

    fn fund() -> CellPrint {
        CellPrint::of("pool-fund").dim("fund", "310100")
    }

    fn day(day: &str) -> CellPrint {
        let cell = CellPrint::of("reconciliation");
        cell.dim("day", day).dim("item", "medfee")
    }

    /// A party with one settlement that was undone, as its rows say, and the postings of its log.
    fn book(role: Role, code: &str, postings: &[(u64, &str, CellPrint, i64, Option<u64>)]) -> Take {
        let mut take = Take::new(code, Party::new(role, code));
        (take.whole, take.taken_at) = (true, Moment::parse("2026-05-20T08:00+08:00").ok());
        let settled = RowIn {
            at: 7,
            id: "a",
            msgid: "m1",
            origin: "H33010000001",
            insured: "330200",
            state: State::Undone,
            sums: [Some(2500), None, None, None],
            ..RowIn::default()
        };
        let refund = RowIn {
            at: 8,
            id: "r",
            msgid: "m2",
            original: "a",
            state: State::Mirror,
            sums: [Some(-2500), None, None, None],
            ..settled.clone()
        };
        take.row(&settled);
        take.row(&refund);
        let mut sums: BTreeMap<CellPrint, i64> = BTreeMap::new();
        for (seq, msgid, cell, amount, reverses) in postings {
            take.logged();
            take.posting(&PostingIn {
                at: 1000 + seq,
                seq: *seq,
                msgid,
                cell: *cell,
                amount: *amount,
                reverses: *reverses,
            });
            *sums.entry(*cell).or_default() += amount;
        }
        for (cell, value) in sums.into_iter().filter(|(_, value)| *value != 0) {
            take.balance(9, cell, value);
        }
        take
    }

    type Line = (u64, &'static str, CellPrint, i64, Option<u64>);

    fn honest() -> Vec<Line> {
        vec![
            (0, "opening", yearly("P-1"), OPENING, None),
            (1, "m1", yearly("P-1"), 2000, None),
            (2, "m1", fund(), -2000, None),
            (3, "m1", day("2026-05-02"), 2500, None),
            (4, "m2", yearly("P-1"), -2000, Some(1)),
            (5, "m2", fund(), 2000, Some(2)),
            (6, "m2", day("2026-05-03"), -2500, Some(3)),
        ]
    }

    /// The insured place's own book, beside a hospital that says the same in its rows.
    fn audited(take: Take) -> super::super::Audit {
        audit(vec![book(Role::His, "H33010000001", &[]), take])
    }

    fn closed(lines: &[Line]) -> (Take, BTreeSet<u64>) {
        let mut take = book(Role::Insured, "330200", lines);
        let unsettled = take.unsettled();
        (take, unsettled)
    }

    #[test]
    fn a_book_that_follows_from_its_log_is_clean_and_counted() {
        let (take, unsettled) = closed(&honest());
        assert!(unsettled.is_empty(), "{unsettled:?}");
        let result = audited(take);
        assert_eq!((result.verdict, result.orphans.len()), (Verdict::Clean, 0));
        assert_eq!(result.balances_compared, 4);
    }

    #[rstest]
    #[case::too_much(OPENING + 1)]
    #[case::nothing(0)]
    fn a_balance_that_its_log_does_not_add_up_to_is_found(#[case] shown: i64) {
        let (mut take, _) = closed(&honest());
        take.balance(9, yearly("P-1"), shown - OPENING);
        let result = audited(take.clone());
        assert_eq!(result.verdict, Verdict::Violated);
        let one = &result.orphans[0];
        assert_eq!(
            (one.cause, one.amount, one.row().map(|row| row.at)),
            (
                Cause::BalanceNotOfLog,
                Some((shown - OPENING).abs()),
                Some(9)
            )
        );
        assert_eq!(one.witnesses[1].said, Said::LogSum(OPENING));
        // It needs nobody else to be told.
        assert_eq!(audit(vec![take]).verdict, Verdict::Violated);
    }

    #[test]
    fn a_cell_that_is_not_shown_and_has_postings_is_found_by_them() {
        let mut lines = honest();
        lines.push((7, "m9", yearly("P-9"), 55, None));
        let (mut take, _) = closed(&lines);
        take.balance(9, yearly("P-9"), -55);
        let result = audited(take);
        assert_eq!(result.orphans[0].witnesses[0].said, Said::Value(0));
    }

    #[rstest]
    #[case::forgotten(&[4])]
    #[case::all_forgotten(&[4, 5, 6])]
    fn what_an_undo_forgot_is_asked_about_though_all_rows_agree(#[case] forgotten: &[u64]) {
        let mut lines = honest();
        lines.retain(|(seq, ..)| !forgotten.contains(seq));
        let (mut take, unsettled) = closed(&lines);
        assert_eq!(unsettled, BTreeSet::from([message("m1")]));
        take.left(vec![LeftIn {
            message: message("m1"),
            kind: "accumulator".into(),
            place: "accumulator".into(),
            net: 2000,
            more: 0,
            counts: false,
        }]);
        let result = audited(take);
        assert_eq!(result.verdict, Verdict::Violated);
        let one = &result.orphans[0];
        assert_eq!(
            (one.class.as_str(), one.cause, one.amount),
            ("residue:accumulator", Cause::BookNotUndone, Some(2000))
        );
        assert_eq!(
            one.row().map(|row| row.at),
            Some(7),
            "the settlement that left it"
        );
    }

    #[rstest]
    #[case::twice((7, "m3", fund(), 2000, Some(2)))]
    #[case::by_another_amount((7, "m3", fund(), 1, Some(2)))]
    #[case::once_more((7, "m1", fund(), -2000, None))]
    fn too_much_is_asked_about_too(#[case] more: Line) {
        let mut lines = honest();
        lines.push(more);
        assert_eq!(closed(&lines).1.len(), 1);
    }

    #[test]
    fn a_person_of_another_cell_of_the_same_amount_does_not_make_it_good() {
        let mut lines = honest();
        lines[4] = (4, "m2", yearly("P-2"), -2000, Some(1));
        assert_eq!(closed(&lines).1.len(), 1);
    }

    #[test]
    fn an_undo_that_names_no_posting_takes_back_all_the_same() {
        let mut lines = honest();
        lines.iter_mut().for_each(|(.., reverses)| *reverses = None);
        assert_eq!(closed(&lines).1, BTreeSet::new());
    }

    #[test]
    fn without_a_log_nothing_is_said_and_that_is_noted() {
        let mut take = book(Role::Insured, "330200", &[]);
        take.balance(9, yearly("P-1"), 5);
        assert_eq!(take.unsettled(), BTreeSet::new());
        let result = audited(take);
        assert_eq!(
            (result.verdict, result.balances_compared),
            (Verdict::Clean, 0)
        );
        let noted = super::super::Remarked::BalancesWithoutLog(1);
        assert!(result.remarks.contains(&noted), "{:?}", result.remarks);
    }

    #[test]
    fn a_yearly_sum_that_two_parties_show_must_be_the_same() {
        let result = |other: i64| {
            let mut his = book(Role::His, "H33010000001", &[]);
            his.balance(3, yearly("P-1"), other);
            let (take, _) = closed(&honest());
            audit(vec![his, take])
        };
        assert_eq!(result(OPENING).verdict, Verdict::Clean);
        let apart = result(OPENING - 30);
        assert_eq!(apart.verdict, Verdict::Violated);
        assert_eq!(
            (apart.orphans[0].cause, apart.orphans[0].amount),
            (Cause::AmountsDiffer, Some(30))
        );
    }
}
