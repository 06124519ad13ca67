//! 其他账册 · Visits, fee lines, payments, clearing entries and whatever else parties keep rows of; queues.
//!
//! A row that is open at one party and closed or unknown at another is what blocks the next admission or
//! the next catalogue day. What hangs on an undone settlement must not stand. Kinds that one party alone
//! keeps (invoices, stock) have nobody to agree with and are asked only whether they were undone with it.
//! Not here: settlements (`settlement`), totals (`totals`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{FindingClass, Severity};

use super::compare::{camps, class, hops, nothing_left, same};
use super::join::{Join, Reaches, Ref};
use super::orphan::{Cause, Orphan, RowRef, Said, Witness};
use super::settlement::{odd_one, orphan, spread, way};
use super::take::{Print, State, Sum};

/// All kinds but settlements.
pub(crate) fn check(join: &mut Join, found: &mut Vec<Orphan>) {
    for kind in join.kinds() {
        if join.names.text(kind) == "settlement" {
            continue;
        }
        // Entries and payments have an id of their own at each party; they share the settlement's.
        let by_settlement = matches!(join.names.text(kind), "clearing" | "payment");
        let refs = join.index(kind, |print| {
            if by_settlement && print.link != 0 {
                print.link
            } else {
                print.key
            }
        });
        for group in refs.chunk_by(|a, b| a.key == b.key) {
            one(join, kind, group, found);
        }
    }
    not_undone_with(join, found);
    flags(join, found);
}

fn one(join: &mut Join, kind: u32, group: &[Ref], found: &mut Vec<Orphan>) {
    let (institution, insured) = way(join, group);
    let expected = join.route.way(&join.names, institution, insured).to_vec();
    let time = group
        .iter()
        .map(|at| join.print(*at).time)
        .max()
        .unwrap_or(i64::MIN);
    let mut witnesses = Vec::new();
    let mut totals: Vec<Witness> = Vec::new();
    for (party, on_its_way) in expected.iter().enumerate() {
        let own: Vec<Ref> = group
            .iter()
            .copied()
            .filter(|at| join.party_of(*at) == party)
            .collect();
        if own.is_empty() {
            if !on_its_way || !join.keeps(party, kind) {
                continue;
            }
            match join.reaches(party, time) {
                Reaches::Yes => witnesses.push(Witness {
                    party,
                    said: Said::Nothing,
                    row: None,
                }),
                Reaches::No => {}
                Reaches::Unsure => join.not_reached(party, time),
            }
            continue;
        }
        let said = own
            .iter()
            .map(|at| says(join.print(*at)))
            .max()
            .unwrap_or(Said::Nothing);
        let shown = own.iter().find(|at| says(join.print(**at)) == said);
        let row = shown.map(|at| join.row_ref(*at));
        witnesses.push(Witness { party, said, row });
        let paid = own
            .iter()
            .map(|at| join.print(*at))
            .filter_map(|print| print.sum(Sum::Total));
        if own
            .iter()
            .all(|at| join.print(*at).sum(Sum::Total).is_some())
        {
            totals.push(Witness {
                party,
                said: Said::Value(paid.sum()),
                row,
            });
        }
    }
    if witnesses.len() < 2 {
        return;
    }
    join.count(kind);
    if group
        .iter()
        .any(|at| join.party_of(*at) != join.party_of(group[0]))
    {
        join.shared += 1;
    }
    if same(&witnesses) || witnesses.iter().all(|witness| nothing_left(witness.said)) {
        if !same(&totals) {
            let mut one = orphan(join, group, "mismatch:amount", Cause::AmountsDiffer);
            one.severity = Severity::S2;
            one.field = Some(Sum::Total.name().to_owned());
            (one.amount, one.hops) = (spread(&totals), hops(&totals));
            one.owner = odd_one(&totals);
            one.witnesses = totals;
            found.push(one);
        }
        return;
    }
    found.push(disagreement(join, group, witnesses));
}

fn says(print: &Print) -> Said {
    match print.state {
        State::Stands => Said::Stands,
        State::InHospital => Said::InHospital,
        State::Undone | State::Mirror => Said::Undone,
    }
}

fn disagreement(join: &Join, group: &[Ref], witnesses: Vec<Witness>) -> Orphan {
    let leveled: Vec<Witness> = witnesses
        .iter()
        .map(|witness| match witness.said {
            Said::Undone => Witness {
                said: Said::Nothing,
                ..*witness
            },
            _ => *witness,
        })
        .collect();
    let words: Vec<(usize, Said)> = leveled.iter().map(|w| (w.party, w.said)).collect();
    let class = class(&join.parties, &camps(&words));
    let visit = join.names.text(join.print(group[0]).kind) == "visit";
    let in_hospital = leveled
        .iter()
        .any(|witness| witness.said == Said::InHospital);
    let undone = witnesses.iter().any(|witness| witness.said == Said::Undone);
    let keeper = leveled
        .iter()
        .rev()
        .find(|witness| witness.said != Said::Nothing);
    let first_without = leveled.iter().find(|witness| witness.said == Said::Nothing);
    let upstream_lacks = leveled.first().is_some_and(|w| w.said == Said::Nothing);
    let (cause, owner) = match () {
        () if in_hospital => (Cause::BlocksAdmission, keeper),
        () if visit || undone => (Cause::LeftOpen, keeper),
        () if upstream_lacks => (Cause::RecordLost, first_without),
        () => (Cause::BookingStopped, first_without),
    };
    let mut one = orphan(join, group, class.as_str(), cause);
    if in_hospital {
        one.book = "in-hospital".to_owned();
    }
    one.severity = Severity::S2;
    one.owner = owner.map(|witness| witness.party);
    let amounts = group
        .iter()
        .filter_map(|at| join.print(*at).sum(Sum::Total));
    one.amount = amounts.max();
    (one.hops, one.witnesses) = (hops(&leveled), witnesses);
    one
}

/// An invoice, payment or entry that stands while the settlement it belongs to was undone at the same party.
fn not_undone_with(join: &Join, found: &mut Vec<Orphan>) {
    let rows = || {
        join.takes
            .iter()
            .enumerate()
            .flat_map(|(take, (party, book))| {
                book.prints.iter().enumerate().map(move |(row, print)| {
                    let at = Ref {
                        key: print.key,
                        take: take as u32,
                        row: row as u32,
                    };
                    (*party, at, print)
                })
            })
    };
    let hanging: Vec<(usize, u64, Ref)> = rows()
        .filter(|(_, _, print)| print.link != 0 && print.state == State::Stands)
        .map(|(party, at, print)| (party, print.link, at))
        .collect();
    if hanging.is_empty() {
        return;
    }
    let wanted: BTreeSet<(usize, u64)> = hanging.iter().map(|(p, link, _)| (*p, *link)).collect();
    let undone: BTreeSet<(usize, u64)> = rows()
        .filter(|(_, _, print)| print.link == 0 && print.state == State::Undone)
        .map(|(party, _, print)| (party, print.key))
        .filter(|key| wanted.contains(key))
        .collect();
    for (party, link, at) in hanging
        .into_iter()
        .filter(|(p, link, _)| undone.contains(&(*p, *link)))
    {
        let mut one = orphan(join, &[at], "residue", Cause::NotUndoneWith);
        one.class = FindingClass::new(format!("residue:{}", one.book));
        one.severity = Severity::S2;
        one.amount = join.print(at).sum(Sum::Total);
        one.owner = Some(party);
        one.witnesses = vec![Witness {
            party,
            said: Said::Stands,
            row: Some(join.row_ref(at)),
        }];
        debug_assert_ne!(link, 0);
        found.push(one);
    }
}

/// In-hospital flags beside the visits of the same book: a flag without its visit blocks the next admission.
fn flags(join: &mut Join, found: &mut Vec<Orphan>) {
    let mut lying: BTreeMap<(usize, u64), i64> = BTreeMap::new();
    let mut flagged: BTreeMap<(usize, u64), i64> = BTreeMap::new();
    for (party, take) in join.takes.iter().filter(|(_, take)| take.whole) {
        for (person, value) in &take.in_hospital {
            *flagged.entry((*party, *person)).or_default() += value;
        }
        if take.in_hospital.is_empty() {
            continue;
        }
        for print in take
            .prints
            .iter()
            .filter(|print| print.state == State::InHospital)
        {
            *lying.entry((*party, print.person)).or_default() += 1;
        }
    }
    let book = "in-hospital";
    let asked: BTreeSet<(usize, u64)> = flagged.keys().chain(lying.keys()).copied().collect();
    *join.compared.entry(book.to_owned()).or_default() += asked.len() as u64;
    for (party, person) in asked {
        let flag = flagged.get(&(party, person)).copied().unwrap_or(0);
        let visits = lying.get(&(party, person)).copied().unwrap_or(0);
        if flag == visits {
            continue;
        }
        let mut one = orphan(join, &[], "residue:in-hospital", Cause::BlocksAdmission);
        one.book = book.to_owned();
        one.severity = Severity::S2;
        one.person = person;
        one.owner = Some(party);
        one.witnesses = vec![Witness {
            party,
            said: Said::InHospital,
            row: None,
        }];
        found.push(one);
    }
    join.compared.retain(|_, count| *count > 0);
}

/// Messages that wait: whoever waits for them has not booked what the sender has.
pub(crate) fn queues(join: &mut Join, found: &mut Vec<Orphan>) {
    let mut waiting = Vec::new();
    for (party, take) in &join.takes {
        for item in &take.waiting {
            waiting.push((*party, item.clone()));
        }
    }
    for (party, item) in waiting {
        let mut one = orphan(join, &[], "residue:queue", Cause::MessageWaiting);
        one.book = "queue".to_owned();
        one.severity = Severity::S2;
        one.message = super::take::digest(&item.msgid);
        one.day = Some(item.since.day());
        one.place = Some(format!("{} {} → {}", item.infno, item.msgid, item.to));
        one.owner = Some(party);
        let to = join.parties.iter().position(|known| *known == item.to);
        one.hops = to.map(|to| (party, to)).into_iter().collect();
        one.witnesses = vec![Witness {
            party,
            said: Said::Stands,
            row: None::<RowRef>,
        }];
        found.push(one);
    }
}
