//! 归并 · Brings the rows of all parties together by what they are about.
//!
//! Why so: an index of keys is sorted, kind by kind, so memory grows with the rows of one kind and nothing
//! is hashed twice. A refund belongs to what it refunds: by the reference it carries, by that which
//! another party's copy of it carries, or by bearing the same id.
//! Not here: whether what is brought together agrees (`settlement`, `other`).

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Day, Moment, Party, Role};

use super::orphan::{Audit, Coverage, Orphan, Remarked, RowRef, Source};
use super::route::Route;
use super::take::{Names, Print, State, Sum, Take};
use crate::judgement::Verdict;

/// A row by its place: take and position in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ref {
    pub(crate) key: u64,
    pub(crate) take: u32,
    pub(crate) row: u32,
}

/// What is known of a party's reach.
pub(crate) struct Reach {
    /// A whole book.
    pub(crate) whole: bool,
    taken_at: Option<Moment>,
    /// Days of a list, as said or as its rows show them.
    days: Option<(Day, Day)>,
    /// Somebody said the days.
    said: bool,
    /// Kinds of which it has at least one row.
    kinds: BTreeSet<u32>,
    /// It has any row at all.
    pub(crate) any: bool,
    /// It has totals and not one row: it delivered totals alone.
    totals_only: bool,
}

/// Whether a party's list reaches to a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaches {
    Yes,
    /// Out of what the list is said to cover.
    No,
    /// Nobody can say: the list ends before, and nobody said what it covers.
    Unsure,
}

/// Everything of one audit.
pub(crate) struct Join {
    pub(crate) parties: Vec<Party>,
    pub(crate) names: Names,
    pub(crate) takes: Vec<(usize, Take)>,
    /// Place of each take among the sources.
    source_of: Vec<usize>,
    sources: Vec<Source>,
    pub(crate) reach: Vec<Reach>,
    pub(crate) route: Route,
    pub(crate) compared: BTreeMap<String, u64>,
    pub(crate) totals_compared: u64,
    pub(crate) balances_compared: u64,
    /// Balances without a log.
    pub(crate) unfounded: u64,
    pub(crate) standing: Vec<(u64, i64)>,
    pub(crate) uncovered: BTreeMap<(usize, Day), u64>,
    pub(crate) alone: u64,
    pub(crate) undone_unknown: u64,
    pub(crate) unreferenced: u64,
    /// Transactions that at least two parties have.
    pub(crate) shared: u64,
    superseded: u64,
}

impl Join {
    pub(crate) fn of(takes: Vec<Take>) -> Join {
        let mut parties: Vec<Party> = takes.iter().map(|take| take.party.clone()).collect();
        parties.sort();
        parties.dedup();
        let at = |party: &Party| parties.binary_search(party).expect("it was just collected");
        let mut sources: Vec<Source> = takes
            .iter()
            .map(|take| source(take, at(&take.party)))
            .collect();
        for newest in newest_books(&takes).into_values() {
            for (place, take) in takes.iter().enumerate() {
                if take.whole && take.party == takes[newest].party && place != newest {
                    sources[place].counts = false;
                }
            }
        }
        let superseded = sources.iter().filter(|source| !source.counts).count() as u64;
        let mut kept = Vec::new();
        let mut source_of = Vec::new();
        for (place, take) in takes.into_iter().enumerate() {
            if sources[place].counts {
                source_of.push(place);
                kept.push((sources[place].party, take));
            }
        }
        let names = one_book_of_names(&mut kept);
        let reach = (0..parties.len())
            .map(|party| reach(party, &kept))
            .collect();
        let route = Route::learn(&parties, &kept);
        Join {
            standing: vec![(0, 0); parties.len()],
            parties,
            names,
            takes: kept,
            source_of,
            sources,
            reach,
            route,
            compared: BTreeMap::new(),
            totals_compared: 0,
            balances_compared: 0,
            unfounded: 0,
            uncovered: BTreeMap::new(),
            alone: 0,
            undone_unknown: 0,
            unreferenced: 0,
            shared: 0,
            superseded,
        }
    }

    pub(crate) fn print(&self, at: Ref) -> &Print {
        &self.takes[at.take as usize].1.prints[at.row as usize]
    }

    pub(crate) fn party_of(&self, at: Ref) -> usize {
        self.takes[at.take as usize].0
    }

    /// Where the row lies, for whoever can read it again.
    pub(crate) fn row_ref(&self, at: Ref) -> RowRef {
        RowRef {
            source: self.source_of[at.take as usize],
            at: self.print(at).at,
        }
    }

    /// Place among the sources of a take.
    pub(crate) fn source(&self, take: usize) -> usize {
        self.source_of[take]
    }

    /// The number of a code that some row names.
    pub(crate) fn number_of(&self, code: &str) -> Option<u32> {
        self.names.number(code)
    }

    /// All rows of one kind, sorted by the key that `key_of` gives.
    pub(crate) fn index(&self, kind: u32, key_of: impl Fn(&Print) -> u64) -> Vec<Ref> {
        let mut refs = Vec::new();
        for (take, (_, book)) in self.takes.iter().enumerate() {
            for (row, print) in book.prints.iter().enumerate() {
                if print.kind == kind {
                    refs.push(Ref {
                        key: key_of(print),
                        take: u32::try_from(take).expect("files are few"),
                        row: u32::try_from(row).expect("rows of one file fit u32"),
                    });
                }
            }
        }
        refs.sort_unstable();
        refs
    }

    /// Refund id → what it refunds, as far as any party says it.
    pub(crate) fn references(&self) -> Vec<(u64, u64)> {
        let prints = self.takes.iter().flat_map(|(_, take)| &take.prints);
        let mut known: Vec<(u64, u64)> = prints
            .filter(|print| print.state == State::Mirror && print.original != 0)
            .map(|print| (print.key, print.original))
            .collect();
        known.sort_unstable();
        known.dedup_by_key(|(refund, _)| *refund);
        known
    }

    /// Kinds seen anywhere.
    pub(crate) fn kinds(&self) -> BTreeSet<u32> {
        self.reach
            .iter()
            .flat_map(|reach| reach.kinds.iter().copied())
            .collect()
    }

    /// The number of a kind, where any row is of it.
    pub(crate) fn kind(&self, name: &str) -> Option<u32> {
        self.kinds()
            .into_iter()
            .find(|kind| self.names.text(*kind) == name)
    }

    /// Whether a party keeps rows of this kind. A whole book of a platform or hospital always keeps
    /// settlements, and visits but at the hub; of other kinds it keeps what it shows at least one of.
    pub(crate) fn keeps(&self, party: usize, kind: u32) -> bool {
        let reach = &self.reach[party];
        reach.kinds.contains(&kind)
            || reach.whole
                && !reach.totals_only
                && match self.names.text(kind) {
                    "settlement" => true,
                    "visit" => self.parties[party].role != Role::Hub,
                    _ => false,
                }
    }

    /// Whether the list of a party reaches to this moment.
    pub(crate) fn reaches(&self, party: usize, time: i64) -> Reaches {
        let reach = &self.reach[party];
        if time == i64::MIN {
            return Reaches::Yes;
        }
        let moment = Moment::from_epoch_ms(time);
        if reach.whole {
            return match reach.taken_at {
                Some(taken) if moment > taken => Reaches::Unsure,
                _ => Reaches::Yes,
            };
        }
        match reach.days {
            Some((first, last)) if (first..=last).contains(&moment.day()) => Reaches::Yes,
            Some(_) if reach.said => Reaches::No,
            Some(_) => Reaches::Unsure,
            None => Reaches::Yes,
        }
    }

    /// Counts what no second party could be asked about.
    pub(crate) fn not_reached(&mut self, party: usize, time: i64) {
        let day = Moment::from_epoch_ms(time).day();
        *self.uncovered.entry((party, day)).or_default() += 1;
    }

    pub(crate) fn count(&mut self, kind: u32) {
        let name = self.names.text(kind).to_owned();
        *self.compared.entry(name).or_default() += 1;
    }

    /// The result.
    pub(crate) fn conclude(mut self, orphans: Vec<Orphan>) -> Audit {
        let disjoint = self.parties.len() < 2 || self.shared == 0 && self.days_are_disjoint();
        let orphans = if disjoint {
            let of_one = orphans.into_iter().filter(|one| one.cause.is_of_one_book());
            let alone = of_one.map(|one| Orphan {
                follows_from: None,
                ..one
            });
            alone.collect()
        } else {
            orphans
        };
        if disjoint {
            self.compared.clear();
            self.totals_compared = 0;
        }
        let compared = self.totals_compared + self.compared.values().sum::<u64>();
        let verdict = if orphans.iter().any(|orphan| !orphan.uncertain) {
            Verdict::Violated
        } else if !orphans.is_empty() || !self.uncovered.is_empty() || compared == 0 {
            Verdict::Indeterminate
        } else {
            Verdict::Clean
        };
        let mut remarks = Vec::new();
        let mut remark = |count: u64, made: fn(u64) -> Remarked| {
            if count > 0 {
                remarks.push(made(count));
            }
        };
        remark(self.undone_unknown, Remarked::UndoneUnknownToOthers);
        remark(self.alone, Remarked::WithoutCounterpart);
        remark(self.unreferenced, Remarked::RefundsWithoutReference);
        remark(self.superseded, Remarked::Superseded);
        remark(self.unfounded, Remarked::BalancesWithoutLog);
        if self.shared == 0 && orphans.len() > 9 {
            remarks.push(Remarked::NoIdShared);
        }
        let uncovered = self.uncovered.into_iter();
        Audit {
            uncovered: uncovered
                .map(|((party, day), transactions)| Coverage {
                    party,
                    day,
                    transactions,
                })
                .collect(),
            parties: self.parties,
            sources: self.sources,
            verdict,
            compared: self.compared.into_iter().collect(),
            totals_compared: self.totals_compared,
            balances_compared: self.balances_compared,
            standing: self.standing,
            orphans,
            remarks,
        }
    }

    /// No two parties have rows of the same day: whatever they say, they do not speak of the same business.
    fn days_are_disjoint(&self) -> bool {
        let mut spans: Vec<(Day, Day)> = Vec::new();
        for party in 0..self.parties.len() {
            match days_of(party, &self.takes) {
                Some(days) => spans.push(days),
                None if self.reach[party].any => return false,
                None => {}
            }
        }
        spans.sort();
        spans.len() > 1 && spans.windows(2).all(|pair| pair[0].1 < pair[1].0)
    }
}

fn source(take: &Take, party: usize) -> Source {
    let days = take.prints.iter().filter_map(Print::day);
    Source {
        name: take.name.clone(),
        party,
        rows: take.prints.len() as u64,
        totals: take.totals.len() as u64,
        counts: true,
        days: span(days.chain(total_days(take))),
    }
}

fn total_days(take: &Take) -> impl Iterator<Item = Day> {
    take.totals
        .iter()
        .filter_map(|total| Day::parse(total.dims.get("day")?).ok())
}

fn span(days: impl Iterator<Item = Day>) -> Option<(Day, Day)> {
    days.fold(None, |span, day| match span {
        None => Some((day, day)),
        Some((first, last)) => Some((day.min(first), day.max(last))),
    })
}

/// The newest whole book of each party.
fn newest_books(takes: &[Take]) -> BTreeMap<&Party, usize> {
    let mut newest: BTreeMap<&Party, usize> = BTreeMap::new();
    for (place, take) in takes.iter().enumerate().filter(|(_, take)| take.whole) {
        let best = newest.entry(&take.party).or_insert(place);
        let age = |place: usize| (takes[place].taken_at, takes[place].lsn);
        if age(place) > age(*best) {
            *best = place;
        }
    }
    newest
}

/// Renumbers all codes, so that one number means one text in all takes.
fn one_book_of_names(takes: &mut [(usize, Take)]) -> Names {
    let mut names = Names::default();
    for (_, take) in takes {
        let texts: Vec<String> = take.names.texts().cloned().collect();
        let numbers: Vec<u32> = std::iter::once(0)
            .chain(texts.iter().map(|text| names.of(text)))
            .collect();
        let renumber = |number: &mut u32| *number = numbers[*number as usize];
        for print in &mut take.prints {
            renumber(&mut print.origin);
            renumber(&mut print.institution);
            renumber(&mut print.insured);
            renumber(&mut print.insutype);
            renumber(&mut print.clr_type);
            renumber(&mut print.kind);
        }
        take.names = Names::default();
    }
    names
}

fn days_of(party: usize, takes: &[(usize, Take)]) -> Option<(Day, Day)> {
    let own = || {
        takes
            .iter()
            .filter(|(of, _)| *of == party)
            .map(|(_, take)| take)
    };
    let rows = own().flat_map(|take| &take.prints).map(|print| print.time);
    let times = rows.filter(|time| *time != i64::MIN);
    let (first, last) = times.fold((i64::MAX, i64::MIN), |(first, last), time| {
        (first.min(time), last.max(time))
    });
    let day = |time: i64| Moment::from_epoch_ms(time).day();
    let rows = (first <= last).then(|| [day(first), day(last)]);
    span(rows.into_iter().flatten().chain(own().flat_map(total_days)))
}

fn reach(party: usize, takes: &[(usize, Take)]) -> Reach {
    let own = || {
        takes
            .iter()
            .filter(|(of, _)| *of == party)
            .map(|(_, take)| take)
    };
    let said: Option<Vec<(Day, Day)>> = own().map(|take| take.period).collect();
    let mut kinds = BTreeSet::new();
    for take in own() {
        let mut last = 0;
        for print in &take.prints {
            if print.kind != last {
                last = print.kind;
                kinds.insert(last);
            }
        }
    }
    let said = said.filter(|periods| !periods.is_empty());
    let days = match &said {
        Some(periods) => span(periods.iter().flat_map(|(first, last)| [*first, *last])),
        None => days_of(party, takes),
    };
    Reach {
        whole: own().any(|take| take.whole),
        taken_at: own().filter_map(|take| take.taken_at).max(),
        days,
        said: said.is_some(),
        kinds,
        totals_only: own().all(|take| take.prints.is_empty())
            && own().any(|take| !take.totals.is_empty()),
        any: own().any(|take| !take.prints.is_empty() || !take.totals.is_empty()),
    }
}

/// The first amount that a row says, which measures it.
pub(crate) fn measure(said: u8) -> Option<Sum> {
    Sum::ALL
        .into_iter()
        .find(|sum| said & (1 << *sum as usize) != 0)
}
