//! 合计 · Totals per day, institution, insurance type and clearing type: against a party's own rows and against others.
//!
//! Why two questions: where rows are there, totals are right when they add up from rows that agree; where a
//! party delivers totals alone, they are laid beside what the others say or add up to. Totals are compared
//! at the finest grain that both sides have, since a sum over days hides two errors that cancel.
//! Not here: which row makes the difference where both sides have rows (`settlement`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Day, FindingClass, Role, Severity};

use super::join::{Join, Reaches};
use super::orphan::{Cause, Orphan, RowRef, Said, Witness};
use super::settlement::{orphan, spread};
use super::take::{Print, State, Sum};

type Dims = BTreeMap<String, String>;
/// Item → total by its dimensions, with the row that says it.
type Figures = BTreeMap<String, BTreeMap<Dims, (i64, Option<RowRef>)>>;

/// Day, institution, insurance type and clearing type.
type Cell = (Option<Day>, u32, u32, u32);
/// Amounts, number of rows, and which amounts all rows say.
type Sums = ([i64; 4], i64, u8);

/// Items in the order in which a difference is told; money before numbers.
const ORDER: [&str; 5] = ["medfee", "fund", "acct", "cash", "count"];

/// All totals.
pub(crate) fn check(join: &mut Join, found: &mut Vec<Orphan>) {
    let said: Vec<Figures> = (0..join.parties.len())
        .map(|party| said(join, party))
        .collect();
    if said.iter().all(BTreeMap::is_empty) {
        return;
    }
    let rows: Vec<Figures> = (0..join.parties.len())
        .map(|party| added(join, party))
        .collect();
    for party in 0..join.parties.len() {
        if !said[party].is_empty() && !rows[party].is_empty() {
            let sides = [(vec![party], &said[party]), (vec![party], &rows[party])];
            compare(join, &sides, Cause::TotalsNotOfRows, found);
        }
    }
    let roles: Vec<Role> = {
        let roles: BTreeSet<Role> = join.parties.iter().map(|party| party.role).collect();
        roles.into_iter().collect()
    };
    let layers: Vec<(Vec<usize>, Figures, bool)> = roles
        .iter()
        .map(|role| layer(join, *role, &said, &rows))
        .collect();
    let layers: Vec<_> = layers
        .into_iter()
        .filter(|(_, figures, _)| !figures.is_empty())
        .collect();
    for pair in layers.windows(2) {
        let [(near, left, left_only), (far, right, right_only)] = pair else {
            continue;
        };
        if *left_only || *right_only {
            let sides = [(near.clone(), left), (far.clone(), right)];
            compare(join, &sides, Cause::TotalsUnexplained, found);
        }
    }
}

/// What the parties of a role say together, and whether one of them has totals without rows.
fn layer(
    join: &Join,
    role: Role,
    said: &[Figures],
    rows: &[Figures],
) -> (Vec<usize>, Figures, bool) {
    let members: Vec<usize> = (0..join.parties.len())
        .filter(|party| join.parties[*party].role == role)
        .collect();
    let mut figures = Figures::new();
    let mut totals_only = false;
    for party in &members {
        totals_only |= rows[*party].is_empty() && !said[*party].is_empty();
        let own = if rows[*party].is_empty() {
            &said[*party]
        } else {
            &rows[*party]
        };
        for (item, cells) in own {
            let into = figures.entry(item.clone()).or_default();
            for (dims, (value, row)) in cells {
                let cell = into.entry(dims.clone()).or_insert((0, *row));
                cell.0 = cell.0.saturating_add(*value);
            }
        }
    }
    (members, figures, totals_only)
}

/// What a party says itself.
fn said(join: &Join, party: usize) -> Figures {
    let mut figures = Figures::new();
    for (take, (of, book)) in join.takes.iter().enumerate() {
        if *of != party {
            continue;
        }
        for total in &book.totals {
            let cells = figures.entry(total.item.clone()).or_default();
            let at = RowRef {
                source: join.source(take),
                at: total.at,
            };
            let cell = cells.entry(total.dims.clone()).or_insert((0, Some(at)));
            cell.0 = cell.0.saturating_add(total.value);
        }
    }
    figures
}

/// What a party's settlements add up to; an undo counts on its own day, or with its original where it has no row.
fn added(join: &Join, party: usize) -> Figures {
    let mut figures = Figures::new();
    let Some(kind) = join.kind("settlement") else {
        return figures;
    };
    let prints = || {
        let own = join.takes.iter().filter(|(of, _)| *of == party);
        own.flat_map(|(_, take)| &take.prints)
            .filter(|print| print.kind == kind)
    };
    let mirrored: BTreeSet<u64> = prints()
        .filter(|print| print.state == State::Mirror)
        .map(|print| {
            if print.original == 0 {
                print.key
            } else {
                print.original
            }
        })
        .collect();
    let mut sums: BTreeMap<Cell, Sums> = BTreeMap::new();
    for print in prints() {
        if print.state == State::Undone && !mirrored.contains(&print.key) {
            continue;
        }
        let key = (
            print.day(),
            print.institution,
            print.insutype,
            print.clr_type,
        );
        let (sum, count, known) = sums.entry(key).or_insert(([0; 4], 0, u8::MAX));
        *known &= print.said;
        *count += if print.state == State::Mirror { -1 } else { 1 };
        sum.iter_mut()
            .zip(print.sums)
            .for_each(|(sum, fen)| *sum = sum.saturating_add(fen));
    }
    for ((day, institution, insutype, clr_type), (sum, count, known)) in sums {
        let mut dims = Dims::new();
        let texts = [
            ("institution", institution),
            ("insutype", insutype),
            ("clr_type", clr_type),
        ];
        for (name, number) in texts.into_iter().filter(|(_, number)| *number != 0) {
            dims.insert(name.to_owned(), join.names.text(number).to_owned());
        }
        if let Some(day) = day {
            dims.insert("day".to_owned(), day.to_string());
        }
        let mut put = |item: &str, value| {
            figures
                .entry(item.to_owned())
                .or_default()
                .insert(dims.clone(), (value, None));
        };
        for item in Sum::ALL
            .into_iter()
            .filter(|item| known & (1 << *item as usize) != 0)
        {
            put(item.item(), sum[item as usize]);
        }
        put("count", count);
    }
    figures
}

/// Dimensions that every total of these figures has.
fn grain(cells: &BTreeMap<Dims, (i64, Option<RowRef>)>) -> BTreeSet<&str> {
    let mut all = cells
        .keys()
        .map(|dims| dims.keys().map(String::as_str).collect::<BTreeSet<_>>());
    let first = all.next().unwrap_or_default();
    all.fold(first, |common, names| {
        common.intersection(&names).copied().collect()
    })
}

fn at_grain(
    cells: &BTreeMap<Dims, (i64, Option<RowRef>)>,
    grain: &BTreeSet<&str>,
) -> BTreeMap<Dims, (i64, Option<RowRef>)> {
    let mut coarse = BTreeMap::new();
    for (dims, (value, row)) in cells {
        let kept: Dims = dims
            .iter()
            .filter(|(name, _)| grain.contains(name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let cell: &mut (i64, Option<RowRef>) = coarse.entry(kept).or_insert((0, *row));
        cell.0 = cell.0.saturating_add(*value);
    }
    coarse
}

fn compare(
    join: &mut Join,
    sides: &[(Vec<usize>, &Figures); 2],
    cause: Cause,
    found: &mut Vec<Orphan>,
) {
    let [(near, left), (far, right)] = sides;
    let items = left.keys().filter(|item| right.contains_key(*item));
    let rank = |item: &str| {
        ORDER
            .iter()
            .position(|known| *known == item)
            .unwrap_or(ORDER.len())
    };
    let mut items: Vec<&String> = items.collect();
    items.sort_by_key(|item| (rank(item), item.as_str()));
    let mut told: BTreeSet<Dims> = BTreeSet::new();
    for item in items {
        let common: BTreeSet<&str> = grain(&left[item])
            .intersection(&grain(&right[item]))
            .copied()
            .collect();
        let (ours, theirs) = (
            at_grain(&left[item], &common),
            at_grain(&right[item], &common),
        );
        let keys: BTreeSet<&Dims> = ours.keys().chain(theirs.keys()).collect();
        for dims in keys {
            if !in_scope(join, near, dims) || !reached(join, near, far, dims) {
                continue;
            }
            join.totals_compared += 1;
            let value = |cells: &BTreeMap<Dims, (i64, Option<RowRef>)>| {
                cells.get(dims).copied().unwrap_or((0, None))
            };
            let (a, b) = (value(&ours), value(&theirs));
            if a.0 != b.0 && told.insert(dims.clone()) {
                found.push(differ(join, (near, a), (far, b), item, dims, cause));
            }
        }
    }
}

/// A hospital has totals of its own alone.
fn in_scope(join: &Join, near: &[usize], dims: &Dims) -> bool {
    let Some(institution) = dims.get("institution") else {
        return true;
    };
    let his = near
        .iter()
        .map(|party| &join.parties[*party])
        .filter(|p| p.role == Role::His);
    let mut codes = his.map(|party| party.code.as_str()).peekable();
    codes.peek().is_none() || codes.any(|code| code == institution || code == super::route::UNNAMED)
}

/// Whether both lists reach to that day.
fn reached(join: &mut Join, near: &[usize], far: &[usize], dims: &Dims) -> bool {
    let Some(day) = dims.get("day").and_then(|day| Day::parse(day).ok()) else {
        return true;
    };
    let noon = day.start().epoch_ms();
    let mut all = true;
    for party in near.iter().chain(far).copied().collect::<BTreeSet<_>>() {
        match join.reaches(party, noon) {
            Reaches::Yes => {}
            Reaches::No => all = false,
            Reaches::Unsure => {
                join.not_reached(party, noon);
                all = false;
            }
        }
    }
    all
}

/// The one row of that day that alone makes the whole difference, where there is but one.
fn makes_it(join: &Join, members: &[usize], dims: &Dims, item: &str, fen: i64) -> Option<RowRef> {
    let sum = Sum::ALL.into_iter().find(|sum| sum.item() == item)?;
    let day = dims.get("day")?;
    let fits = |print: &Print| {
        print.sum(sum) == Some(fen)
            && print.day().is_some_and(|of| of.to_string() == *day)
            && dims
                .get("institution")
                .is_none_or(|code| join.names.text(print.institution) == code)
    };
    let mut rows = join
        .takes
        .iter()
        .enumerate()
        .filter(|(_, (of, _))| members.contains(of))
        .flat_map(|(take, (_, book))| {
            let source = join.source(take);
            book.prints
                .iter()
                .filter(|print| fits(print))
                .map(move |print| RowRef {
                    source,
                    at: print.at,
                })
        });
    match (rows.next(), rows.next()) {
        (Some(row), None) => Some(row),
        _ => None,
    }
}

fn differ(
    join: &Join,
    near: (&Vec<usize>, (i64, Option<RowRef>)),
    far: (&Vec<usize>, (i64, Option<RowRef>)),
    item: &str,
    dims: &Dims,
    cause: Cause,
) -> Orphan {
    let mut one = orphan(join, &[], "residue:reconciliation", cause);
    one.class = FindingClass::new("residue:reconciliation");
    one.book = "reconciliation".to_owned();
    one.severity = Severity::S2;
    one.field = Some(item.to_owned());
    one.day = dims.get("day").and_then(|day| Day::parse(day).ok());
    let place: Vec<String> = dims
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    one.place = Some(place.join(" "));
    let witness = |(members, (value, row)): (&Vec<usize>, (i64, Option<RowRef>))| Witness {
        party: members[0],
        said: Said::Value(value),
        row,
    };
    one.witnesses = vec![witness(near), witness(far)];
    if cause == Cause::TotalsUnexplained {
        let apart = near.1.0.saturating_sub(far.1.0);
        let alone = [(near.0, apart), (far.0, apart.saturating_neg())];
        for (witness, (members, fen)) in one.witnesses.iter_mut().zip(alone) {
            witness.row = witness
                .row
                .or_else(|| makes_it(join, members, dims, item, fen));
        }
    }
    if near.0 != far.0 {
        one.hops = near
            .0
            .last()
            .zip(far.0.first())
            .map(|(a, b)| (*a, *b))
            .into_iter()
            .collect();
    }
    one.amount = spread(&one.witnesses).filter(|_| item != "count");
    one.owner = near.0.first().copied();
    let institution = dims
        .get("institution")
        .and_then(|code| join.number_of(code))
        .unwrap_or(0);
    one.cell = one.day.map(|day| (day, institution));
    one
}
