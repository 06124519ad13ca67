//! 字段 · The same is left at all parties, and amounts, ids, person or day are not the same; refunds that do not fit.
//!
//! A field is compared between those who say it; further amounts only between lists with the same columns.
//! The first difference in order of weight is told, the others follow from it.

use std::collections::BTreeSet;

use crosswipe_domain::Severity;

use super::super::compare::{camps, hops, same};
use super::super::join::{Join, Ref};
use super::super::orphan::{Cause, Orphan, Said, Witness};
use super::super::take::{Print, Sum};
use super::{View, orphan};

/// A party whose refunds are not what was paid.
pub(super) fn refunded_wrongly(join: &Join, group: &[Ref], views: &[View]) -> Option<Orphan> {
    let wrong = |view: &&View| {
        view.refunds > 0
            && view.originals > 0
            && (view.returned() > view.total() || view.undone && view.returned() != view.total())
    };
    let view = views.iter().find(wrong)?;
    let by = view.returned() - view.total();
    let (class, cause) = match (by > 0, view.refunds > 1) {
        (true, true) => ("double-reversal", Cause::RefundedTooMuch),
        (true, false) => ("over-reversal", Cause::RefundedTooMuch),
        (false, _) => ("under-reversal", Cause::RefundedTooLittle),
    };
    let mut one = orphan(join, group, class, cause);
    one.amount = Some(by.saturating_abs());
    one.owner = Some(view.party);
    one.witnesses = values(
        join,
        views,
        |view| Some(Said::Value(view.returned())),
        |v| v.refund,
    );
    Some(one)
}

/// A party that lists the settlement more often than another.
pub(super) fn twice(join: &Join, group: &[Ref], views: &[View]) -> Option<Orphan> {
    let most = views.iter().max_by_key(|view| view.originals)?;
    let least = views
        .iter()
        .map(|view| view.originals)
        .filter(|count| *count > 0)
        .min()?;
    if most.originals == least {
        return None;
    }
    let mut one = orphan(join, group, "duplicate-settle", Cause::SettledTwice);
    one.amount = Some(most.total() / i64::from(most.originals));
    one.owner = Some(most.party);
    one.witnesses = values(
        join,
        views,
        |view| Some(Said::Value(view.total())),
        |v| v.original,
    );
    Some(one)
}

fn values(
    join: &Join,
    views: &[View],
    says: impl Fn(&View) -> Option<Said>,
    row: impl Fn(&View) -> Option<Ref>,
) -> Vec<Witness> {
    let shown = |view: &View| {
        Some(Witness {
            party: view.party,
            said: says(view)?,
            row: row(view).map(|at| join.row_ref(at)),
        })
    };
    views.iter().filter_map(shown).collect()
}

/// The same is left, and a field differs: the first in order of weight.
pub(super) fn differing(join: &Join, group: &[Ref], views: &[View]) -> Option<Orphan> {
    let with: Vec<(&View, &Print, Ref)> = views
        .iter()
        .filter_map(|view| view.original.map(|at| (view, join.print(at), at)))
        .collect();
    let ask = |class: &str, cause, field: &str, says: &dyn Fn(&View, &Print) -> Option<Said>| {
        let witnesses: Vec<Witness> = with
            .iter()
            .filter_map(|(view, print, at)| {
                let row = Some(join.row_ref(*at));
                says(view, print).map(|said| Witness {
                    party: view.party,
                    said,
                    row,
                })
            })
            .collect();
        if same(&witnesses) {
            return None;
        }
        let mut one = orphan(join, group, class, cause);
        one.field = Some(field.to_owned());
        one.hops = hops(&witnesses);
        one.owner = odd_one(&witnesses);
        one.witnesses = witnesses;
        Some(one)
    };
    for sum in Sum::ALL {
        let (class, cause) = match sum {
            Sum::Total => ("mismatch:amount", Cause::AmountsDiffer),
            _ => ("mismatch:split", Cause::SplitDiffers),
        };
        let says = |view: &View, print: &Print| {
            print.sum(sum).map(|_| Said::Value(view.paid[sum as usize]))
        };
        if let Some(mut one) = ask(class, cause, sum.name(), &says) {
            one.amount = spread(&one.witnesses);
            return Some(one);
        }
    }
    let person = |_: &View, print: &Print| (print.person != 0).then_some(Said::Text(print.person));
    let pseudonyms: BTreeSet<u64> = with
        .iter()
        .filter(|(_, p, _)| p.person != 0)
        .map(|(_, p, _)| p.person & 1)
        .collect();
    if pseudonyms.len() < 2
        && let Some(one) = ask("mismatch:person", Cause::PersonsDiffer, "psn_no", &person)
    {
        return Some(one);
    }
    type Asked = fn(&Print) -> u64;
    let ids: [(&str, Asked); 3] = [
        ("msgid", |print| print.message),
        ("mdtrt_id", |print| print.visit),
        ("insutype", |print| u64::from(print.insutype)),
    ];
    for (field, of) in ids {
        let says = |_: &View, print: &Print| (of(print) != 0).then(|| Said::Text(of(print)));
        if let Some(one) = ask("mismatch:id", Cause::IdsDiffer, field, &says) {
            return Some(one);
        }
    }
    // Further amounts only where both lists have the same columns.
    let columns: BTreeSet<u32> = with.iter().map(|(_, print, _)| print.rest_names).collect();
    for names in columns.into_iter().filter(|names| *names != 0) {
        let says =
            |_: &View, print: &Print| (print.rest_names == names).then_some(Said::Text(print.rest));
        if let Some(one) = ask("mismatch:split", Cause::SplitDiffers, "fund lines", &says) {
            return Some(one);
        }
    }
    let day = |_: &View, print: &Print| print.day().map(Said::On);
    if let Some(mut one) = ask("residue:reconciliation", Cause::DaysDiffer, "day", &day) {
        one.severity = Severity::S2;
        one.amount = with.first().map(|(view, _, _)| view.total());
        return Some(one);
    }
    let refunds = views
        .iter()
        .filter(|view| view.refunds == 1 && view.refund.is_some());
    let days: Vec<Witness> = refunds
        .filter_map(|view| {
            let at = view.refund?;
            let day = join.print(at).day()?;
            Some(Witness {
                party: view.party,
                said: Said::On(day),
                row: Some(join.row_ref(at)),
            })
        })
        .collect();
    if same(&days) {
        return None;
    }
    let mut one = orphan(join, group, "residue:reconciliation", Cause::DaysDiffer);
    one.severity = Severity::S2;
    one.field = Some("refund day".to_owned());
    one.amount = views.iter().map(View::returned).max();
    (one.hops, one.owner) = (hops(&days), odd_one(&days));
    one.witnesses = days;
    Some(one)
}

/// The party that stands against all others, if one does; else the last one.
pub(in super::super) fn odd_one(witnesses: &[Witness]) -> Option<usize> {
    let words: Vec<(usize, Said)> = witnesses.iter().map(|w| (w.party, w.said)).collect();
    let mut camps = camps(&words);
    camps.sort_by_key(|(_, members)| members.len());
    camps
        .first()
        .and_then(|(_, members)| members.last().copied())
}

/// Largest minus smallest.
pub(in super::super) fn spread(witnesses: &[Witness]) -> Option<i64> {
    let values = || {
        witnesses.iter().filter_map(|witness| match witness.said {
            Said::Value(value) => Some(value),
            _ => None,
        })
    };
    Some(values().max()?.saturating_sub(values().min()?))
}

/// Two lists may name people in two ways; where hardly any number agrees, none was comparable.
pub(super) fn drop_incomparable_persons(
    join: &Join,
    kind: u32,
    found: &mut Vec<Orphan>,
    begun: usize,
) {
    let differ = found[begun..]
        .iter()
        .filter(|one| one.cause == Cause::PersonsDiffer)
        .count() as u64;
    let compared = join
        .compared
        .get(join.names.text(kind))
        .copied()
        .unwrap_or(0);
    if differ >= 10 && differ * 2 > compared {
        let mut place = 0;
        found.retain(|one| {
            place += 1;
            place <= begun || one.cause != Cause::PersonsDiffer
        });
    }
}
