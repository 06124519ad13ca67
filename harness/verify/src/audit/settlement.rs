//! 结算 · Settlements and their refunds, transaction by transaction: who has it, who undid it, for how much.
//!
//! Two parties agree on a transaction when the same is left of it at both; a settlement that is undone
//! wherever it was booked leaves nothing, also where a party never heard of it. What is left being equal,
//! amounts, ids, person and day are compared as far as both say them.
//! Not here: which rows belong together (`join`), what else hangs on a settlement (`other`).

mod fields;
mod twins;

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{FindingClass, Severity};

use super::compare::{camps, class, hops, nothing_left, same};
use super::join::{Join, Reaches, Ref, measure};
use super::orphan::{Cause, Orphan, Said, Witness};
use super::take::{Print, State};
use fields::{differing, drop_incomparable_persons, refunded_wrongly, twice};
pub(super) use fields::{odd_one, spread};
use twins::pair_by_message;

/// All settlements.
pub(crate) fn check(join: &mut Join, found: &mut Vec<Orphan>) {
    let Some(kind) = join.kind("settlement") else {
        return;
    };
    let references = join.references();
    let guessed = by_visit(join, kind, &references);
    let refs = join.index(kind, |print| about(print, &references, &guessed));
    let begun = found.len();
    for group in refs.chunk_by(|a, b| a.key == b.key) {
        one(join, kind, group, found);
    }
    drop_incomparable_persons(join, kind, found, begun);
    pair_by_message(join, kind, found, begun);
}

/// What a row is about: itself, or what it refunds.
fn about(print: &Print, references: &[(u64, u64)], guessed: &BTreeMap<u64, u64>) -> u64 {
    if print.state != State::Mirror {
        return print.key;
    }
    if print.original != 0 {
        return print.original;
    }
    match references.binary_search_by_key(&print.key, |(refund, _)| *refund) {
        Ok(at) => references[at].1,
        Err(_) => guessed.get(&print.key).copied().unwrap_or(print.key),
    }
}

/// A refund that names nothing belongs to the settlement of its visit, where there is but one that it fits.
fn by_visit(join: &Join, kind: u32, references: &[(u64, u64)]) -> BTreeMap<u64, u64> {
    let prints = || {
        join.takes
            .iter()
            .flat_map(|(_, take)| &take.prints)
            .filter(|p| p.kind == kind)
    };
    let known = |print: &Print| {
        print.original != 0
            || references
                .binary_search_by_key(&print.key, |(refund, _)| *refund)
                .is_ok()
    };
    let loose: Vec<&Print> = prints()
        .filter(|print| print.state == State::Mirror && print.visit != 0 && !known(print))
        .collect();
    if loose.is_empty() {
        return BTreeMap::new();
    }
    let wanted: BTreeSet<u64> = loose.iter().map(|print| print.visit).collect();
    let own: BTreeSet<u64> = loose.iter().map(|print| print.key).collect();
    let mut settled: BTreeMap<u64, BTreeMap<u64, [i64; 4]>> = BTreeMap::new();
    let mut same_id = BTreeSet::new();
    for print in prints().filter(|print| print.state != State::Mirror) {
        if own.contains(&print.key) {
            same_id.insert(print.key);
        }
        if wanted.contains(&print.visit) {
            settled
                .entry(print.visit)
                .or_default()
                .insert(print.key, print.sums);
        }
    }
    let mut guessed = BTreeMap::new();
    for print in loose.iter().filter(|print| !same_id.contains(&print.key)) {
        let Some(of_visit) = settled.get(&print.visit) else {
            continue;
        };
        let negated = print.sums.map(|fen| -fen);
        let whole: Vec<&u64> = of_visit
            .iter()
            .filter(|(_, sums)| **sums == negated)
            .map(|(key, _)| key)
            .collect();
        let only: Vec<&u64> = of_visit.keys().collect();
        if let ([key], _) | (_, [key]) = (whole.as_slice(), only.as_slice()) {
            guessed.insert(print.key, **key);
        }
    }
    guessed
}

/// What one party holds of one transaction.
#[derive(Clone, Copy)]
struct View {
    party: usize,
    originals: u32,
    refunds: u32,
    undone: bool,
    paid: [i64; 4],
    back: [i64; 4],
    said: u8,
    original: Option<Ref>,
    refund: Option<Ref>,
}

impl View {
    fn measure(&self) -> usize {
        measure(self.said).map_or(0, |sum| sum as usize)
    }

    fn total(&self) -> i64 {
        self.paid[self.measure()]
    }

    fn returned(&self) -> i64 {
        self.back[self.measure()].saturating_neg()
    }

    fn says(&self) -> Said {
        match (self.originals, self.refunds) {
            (0, _) => Said::RefundAlone(self.returned()),
            (_, 0) if self.undone => Said::Undone,
            (_, 0) => Said::Stands,
            _ if self.undone || self.returned() >= self.total() => Said::Undone,
            _ => Said::PartRefunded(self.returned()),
        }
    }

    fn shows(&self) -> Option<Ref> {
        match self.says() {
            Said::Stands => self.original,
            _ => self.refund.or(self.original),
        }
    }
}

fn views(join: &Join, group: &[Ref]) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    for at in group {
        let party = join.party_of(*at);
        let print = join.print(*at);
        let place = match views.iter().position(|view| view.party == party) {
            Some(place) => place,
            None => {
                views.push(View {
                    party,
                    originals: 0,
                    refunds: 0,
                    undone: false,
                    paid: [0; 4],
                    back: [0; 4],
                    said: u8::MAX,
                    original: None,
                    refund: None,
                });
                views.len() - 1
            }
        };
        let view = &mut views[place];
        view.said &= print.said;
        let into = if print.state == State::Mirror {
            view.refunds += 1;
            view.refund.get_or_insert(*at);
            &mut view.back
        } else {
            view.originals += 1;
            view.undone |= print.state == State::Undone;
            view.original.get_or_insert(*at);
            &mut view.paid
        };
        for (sum, fen) in into.iter_mut().zip(print.sums) {
            *sum = sum.saturating_add(fen);
        }
    }
    views.sort_by_key(|view| view.party);
    views
}

fn one(join: &mut Join, kind: u32, group: &[Ref], found: &mut Vec<Orphan>) {
    let views = views(join, group);
    for view in &views {
        let (count, fen) = &mut join.standing[view.party];
        let left = view.total().saturating_add(view.back[view.measure()]);
        if matches!(view.says(), Said::Stands | Said::PartRefunded(_)) {
            *count += 1;
            *fen = fen.saturating_add(left);
        }
    }
    if views.len() > 1 {
        join.shared += 1;
    }
    let Some(witnesses) = witnesses(join, kind, group, &views) else {
        return;
    };
    let words: Vec<Said> = witnesses.iter().map(|witness| witness.said).collect();
    if !same(&witnesses) {
        if words.iter().all(|said| nothing_left(*said)) {
            join.undone_unknown += 1;
        } else {
            found.push(disagreement(join, group, &views, witnesses));
            return;
        }
    } else if let Some(Said::RefundAlone(fen)) = words.first() {
        if views.iter().all(|view| join.reach[view.party].whole) {
            let mut one = orphan(join, group, "empty-reversal", Cause::RefundWithoutOriginal);
            (one.amount, one.witnesses) = (Some(*fen), witnesses);
            found.push(one);
        } else {
            join.unreferenced += 1;
        }
        return;
    }
    if let Some(one) = refunded_wrongly(join, group, &views).or_else(|| twice(join, group, &views))
    {
        found.push(one);
    } else if let Some(one) = differing(join, group, &views) {
        found.push(one);
    }
}

/// Who could be asked and what each says; `None` where no two could.
fn witnesses(join: &mut Join, kind: u32, group: &[Ref], views: &[View]) -> Option<Vec<Witness>> {
    let (institution, insured) = way(join, group);
    let expected = join.route.way(&join.names, institution, insured).to_vec();
    let booked = group
        .iter()
        .map(|at| join.print(*at))
        .filter(|p| p.state != State::Mirror);
    let booked = booked.map(|print| print.time).max();
    let refunded = group
        .iter()
        .map(|at| join.print(*at))
        .filter(|p| p.state == State::Mirror);
    let refunded = refunded.map(|print| print.time).max().unwrap_or(i64::MIN);
    let asked = booked.unwrap_or(refunded);
    let mut witnesses = Vec::new();
    let mut unsure = false;
    for (party, on_its_way) in expected.iter().enumerate() {
        let view = views.iter().find(|view| view.party == party);
        let (said, time, row) = match view {
            Some(view) if view.refunds > 0 || view.undone => (view.says(), i64::MIN, view.shows()),
            Some(view) => (view.says(), refunded, view.shows()),
            None if *on_its_way && join.keeps(party, kind) => (Said::Nothing, asked, None),
            None => continue,
        };
        match join.reaches(party, time) {
            Reaches::Yes => {}
            Reaches::No => continue,
            Reaches::Unsure => {
                join.not_reached(party, time);
                unsure = true;
                continue;
            }
        }
        let row = row.map(|at| join.row_ref(at));
        witnesses.push(Witness { party, said, row });
    }
    if witnesses.len() < 2 {
        // A party that delivered totals alone is asked about these, not a place without books.
        let others = expected
            .iter()
            .enumerate()
            .any(|(party, on_its_way)| *on_its_way && views.iter().all(|view| view.party != party));
        join.alone += u64::from(!unsure && !others);
        return None;
    }
    join.count(kind);
    Some(witnesses)
}

/// Institution and insured place, from whoever says them.
pub(crate) fn way(join: &Join, group: &[Ref]) -> (u32, u32) {
    let prints = || group.iter().map(|at| join.print(*at));
    let real = |number: u32| number != 0 && !join.route.is_platform(join.names.text(number));
    let institution = prints()
        .map(|print| print.institution)
        .find(|number| real(*number));
    let insured = prints()
        .map(|print| print.insured)
        .find(|number| *number != 0);
    (institution.unwrap_or(0), insured.unwrap_or(0))
}

/// A finding about this group, without its witnesses.
pub(crate) fn orphan(join: &Join, group: &[Ref], class: &str, cause: Cause) -> Orphan {
    let prints = || group.iter().map(|at| join.print(*at));
    let first = |of: fn(&Print) -> u64| prints().map(of).find(|hash| *hash != 0).unwrap_or(0);
    let (institution, insured) = way(join, group);
    let day = prints().find_map(Print::day);
    let kind = group.first().map_or(0, |at| join.print(*at).kind);
    Orphan {
        class: FindingClass::new(class),
        severity: Severity::S1,
        uncertain: false,
        book: join.names.text(kind).to_owned(),
        cause,
        witnesses: Vec::new(),
        hops: Vec::new(),
        amount: None,
        day,
        field: None,
        place: None,
        owner: None,
        follows_from: None,
        visit: first(|print| print.visit),
        person: first(|print| print.person),
        message: first(|print| print.message),
        cell: day.map(|day| (day, institution)),
        insured,
    }
}

/// Not the same is left of it at all parties.
fn disagreement(join: &Join, group: &[Ref], views: &[View], witnesses: Vec<Witness>) -> Orphan {
    let alone = witnesses
        .iter()
        .any(|witness| matches!(witness.said, Said::RefundAlone(_)));
    // «Never had it» and «undone» leave the same, unless the quarrel is about a refund that stands alone.
    let leveled: Vec<Witness> = witnesses
        .iter()
        .map(|witness| match witness.said {
            Said::Undone if !alone => Witness {
                said: Said::Nothing,
                ..*witness
            },
            _ => *witness,
        })
        .collect();
    let words: Vec<(usize, Said)> = leveled.iter().map(|w| (w.party, w.said)).collect();
    let hops = hops(&leveled);
    let refunds = views.iter().any(|view| view.refunds > 0 || view.undone);
    let (cause, owner) = blame(join, views, &leveled, &witnesses, refunds);
    let mut one = orphan(
        join,
        group,
        class(&join.parties, &camps(&words)).as_str(),
        cause,
    );
    let refund_day = views
        .iter()
        .filter_map(|view| view.refund)
        .find_map(|at| join.print(at).day());
    let about_refund = matches!(
        cause,
        Cause::RefundDirect | Cause::RefundStopped | Cause::RefundUnheard
    );
    if about_refund && refund_day.is_some() {
        one.day = refund_day;
        one.cell = refund_day.map(|day| (day, way(join, group).0));
    }
    one.amount = Some(at_stake(views, &witnesses));
    one.severity = if one.amount == Some(0) {
        Severity::S2
    } else {
        Severity::S1
    };
    (one.witnesses, one.hops, one.owner) = (witnesses, hops, Some(owner));
    one
}

/// How much the parties are apart.
fn at_stake(views: &[View], witnesses: &[Witness]) -> i64 {
    let left = |witness: &Witness| {
        let view = views.iter().find(|view| view.party == witness.party);
        match (witness.said, view) {
            (Said::Stands | Said::PartRefunded(_) | Said::RefundAlone(_), Some(view)) => {
                view.total().saturating_sub(view.returned())
            }
            _ => 0,
        }
    };
    let (low, high) = witnesses
        .iter()
        .map(left)
        .fold((i64::MAX, i64::MIN), |(low, high), fen| {
            (low.min(fen), high.max(fen))
        });
    high.saturating_sub(low)
}

/// The likely cause and who acts first, from who says what along the path.
fn blame(
    join: &Join,
    views: &[View],
    leveled: &[Witness],
    witnesses: &[Witness],
    refunds: bool,
) -> (Cause, usize) {
    let changes: Vec<usize> = (1..leveled.len())
        .filter(|at| leveled[at - 1].said != leveled[*at].said)
        .collect();
    let before = changes.first().copied().unwrap_or(1);
    let (near, far) = (&witnesses[before - 1], &witnesses[before]);
    if changes.len() > 1 {
        // Word, other word, first word again: the party in the middle is the odd one.
        let cause = match far.said {
            Said::Nothing => Cause::RecordLost,
            _ => Cause::PartyAlone,
        };
        return (cause, far.party);
    }
    let returned = |side: &[Witness]| {
        side.iter().any(|witness| {
            matches!(
                witness.said,
                Said::Undone | Said::PartRefunded(_) | Said::RefundAlone(_)
            )
        })
    };
    let more = refunded(&witnesses[before..]) > refunded(&witnesses[..before]);
    if refunds && returned(&witnesses[before..]) && more {
        let direct = views.iter().find(|view| {
            view.party >= far.party && view.refund.is_some_and(|at| made_by_hand(join, view, at))
        });
        return match direct {
            Some(view) => (Cause::RefundDirect, view.party),
            None => (Cause::RefundUnheard, near.party),
        };
    }
    if refunds && returned(&witnesses[..before]) {
        return (Cause::RefundStopped, near.party);
    }
    if nothing_left(near.said) {
        (Cause::RecordLost, near.party)
    } else {
        (Cause::BookingStopped, near.party)
    }
}

fn refunded(side: &[Witness]) -> i64 {
    let much = |witness: &Witness| match witness.said {
        Said::Undone => i64::MAX,
        Said::PartRefunded(fen) | Said::RefundAlone(fen) => fen,
        _ => 0,
    };
    side.iter().map(much).max().unwrap_or(0)
}

/// No institution sent it: the sender is a platform, or there is no message where the settlement had one.
fn made_by_hand(join: &Join, view: &View, refund: Ref) -> bool {
    let print = join.print(refund);
    let sender = join.names.text(print.origin);
    let settled = view.original.map(|at| join.print(at).message);
    join.route.is_platform(sender)
        || (print.message == 0 && settled.is_some_and(|message| message != 0))
}
