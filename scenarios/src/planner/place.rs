//! 排位 · Puts cases into the first minute at which window, hours, hands, persons and cards let them.
//!
//! How: one case after the other takes its first free start; each bound is asked in turn for the first start that it allows
//! until all say the same. What found no place goes first in the next round, a few rounds long, and the best round is kept.
//! Why this order: cases of one distance between insured and treatment place form a round in which every place receives and
//! sends about once, so neither places nor cards wait for each other. Nothing is drawn but by the seed.
//! Called by `planner`. Not here: what a case takes (`job`).

use std::collections::BTreeMap;

use crosswipe_domain::{AdmDivision, InstitutionCode};

use super::job::Job;
use super::spans::{Spans, Taken, first_in, meet, starts};
use super::{Unplaced, Why};
use crate::Plan;
use crate::timing::{Minute, minute_down, minute_up};

/// How often the rest is tried first.
const ROUNDS: usize = 4;

/// 排好的 · Where each job went: its start, or why nowhere.
pub(super) struct Placed {
    /// Job by its number, and its start.
    pub(super) starts: Vec<(usize, Minute)>,
    pub(super) left: Vec<Unplaced>,
}

/// Places all jobs.
pub(super) fn place(plan: &Plan, jobs: &[Job], (from, to): (Minute, Minute)) -> Placed {
    let mut staffed: BTreeMap<&InstitutionCode, Spans> = BTreeMap::new();
    for (code, desk) in &plan.timing.desks {
        if let Some(hours) = &desk.staffed {
            staffed.insert(code, hours.spans(from, to));
        }
    }
    let hours: Vec<Spans> = jobs.iter().map(|job| hours(job, &staffed)).collect();
    let cards: Vec<Spans> = jobs
        .iter()
        .zip(&hours)
        .map(|(job, hours)| held(plan, job, hours, (from, to)))
        .collect();
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_cached_key(|index| key(plan, &jobs[*index], &cards[*index]));
    let mut best: Option<Placed> = None;
    for _ in 0..ROUNDS {
        let mut desk = Desks::of(plan, jobs);
        let (mut placed, mut left) = (Vec::new(), Vec::new());
        for index in &order {
            match desk.first(plan, &jobs[*index], &cards[*index]) {
                Some(start) => {
                    desk.take(plan, &jobs[*index], start);
                    placed.push((*index, start));
                }
                None => left.push(*index),
            }
        }
        let better = best
            .as_ref()
            .is_none_or(|best| left.len() < best.left.len());
        if better {
            let told = left.iter().map(|index| {
                let (hours, cards) = (&hours[*index], &cards[*index]);
                let why = desk.why(plan, &jobs[*index], hours, cards);
                Unplaced {
                    case: jobs[*index].case,
                    why,
                }
            });
            best = Some(Placed {
                left: told.collect(),
                starts: placed,
            });
        }
        if left.is_empty() {
            break;
        }
        // What stands still stays first.
        order.retain(|index| !left.contains(index));
        let fixed = order
            .iter()
            .take_while(|index| jobs[**index].fixed.is_some());
        let at = fixed.count();
        order.splice(at..at, left);
    }
    best.expect("at least one round")
}

/// What stands still first, then what has a start of its own, then what has few starts, then by rounds of one distance, then as the seed says.
fn key(plan: &Plan, job: &Job, cards: &Spans) -> (bool, bool, Minute, u32, usize, u64) {
    let choices = starts(cards, job.length).max(0).unsigned_abs();
    let regions = &plan.topology.regions;
    let place = |code: &AdmDivision| regions.iter().position(|region| region.code == *code);
    let round = match (job.regions.first(), job.regions.get(1)) {
        (Some(treatment), Some(insured)) => {
            let (to, from) = (place(treatment).unwrap_or(0), place(insured).unwrap_or(0));
            (to + regions.len() - from) % regions.len().max(1)
        }
        _ => 0,
    };
    let drawn = drawn(plan.seed, plan.cases[job.case].id.as_str());
    let at = job.fixed.unwrap_or(0);
    // Twice as many starts are about as many.
    let choices = u64::BITS - choices.leading_zeros();
    let pinned = plan.cases[job.case].pinned;
    (job.fixed.is_none(), !pinned, at, choices, round, drawn)
}

/// A number that depends on the seed and the name alone (FNV-1a).
fn drawn(seed: u64, name: &str) -> u64 {
    let bytes = seed.to_be_bytes().into_iter().chain(name.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Window and staffed hours of all desks.
fn hours(job: &Job, staffed: &BTreeMap<&InstitutionCode, Spans>) -> Spans {
    let desks = job.institutions.iter().filter_map(|code| staffed.get(code));
    desks.fold(job.window.clone(), |spans, desk| meet(&spans, desk))
}

/// What is left of the hours while every card is where the plan says.
fn held(plan: &Plan, job: &Job, hours: &Spans, (from, to): (Minute, Minute)) -> Spans {
    let mut spans = hours.clone();
    for (label, stay) in &job.cards {
        let said: Vec<_> = (plan.timing.cards.iter())
            .filter(|card| card.persona == *label)
            .collect();
        if said.is_empty() {
            continue;
        }
        let here = said.iter().filter(|card| {
            stay.is_some_and(|(first, last)| card.place == first && card.place == last)
        });
        let mut there: Spans = here
            .map(|card| {
                let comes = card.from.map_or(from, minute_up);
                (comes, card.to.map_or(to, minute_down))
            })
            .collect();
        there.sort_unstable();
        spans = meet(&spans, &there);
    }
    spans
}

/// 卡的停留 · From when to when a card is where, first and last.
type Stay = (Minute, Minute, AdmDivision, AdmDivision);

/// 已排 · What the placed cases take.
struct Desks {
    institutions: BTreeMap<InstitutionCode, Taken>,
    regions: BTreeMap<AdmDivision, Taken>,
    persons: BTreeMap<String, Taken>,
    cards: BTreeMap<String, Vec<Stay>>,
}

impl Desks {
    fn of(plan: &Plan, jobs: &[Job]) -> Desks {
        let mut desks = Desks {
            institutions: BTreeMap::new(),
            regions: BTreeMap::new(),
            persons: BTreeMap::new(),
            cards: BTreeMap::new(),
        };
        for job in jobs {
            for code in &job.institutions {
                let most = plan.timing.at_once(code).map(Taken::up_to);
                desks
                    .institutions
                    .extend(most.map(|taken| (code.clone(), taken)));
            }
            for code in &job.regions {
                let most = plan.timing.at_once_in(*code).map(Taken::up_to);
                desks.regions.extend(most.map(|taken| (*code, taken)));
            }
            let persons = job.persons.iter();
            desks
                .persons
                .extend(persons.map(|label| (label.clone(), Taken::up_to(1))));
        }
        desks
    }

    /// The first start that everything allows.
    fn first(&self, plan: &Plan, job: &Job, spans: &Spans) -> Option<Minute> {
        self.settled(job, spans, |desks, start| {
            let start = desks.crowd(job, start);
            desks.people(plan, job, start)
        })
    }

    /// The first start in `spans` that `bound` leaves where it is.
    fn settled(
        &self,
        job: &Job,
        spans: &Spans,
        bound: impl Fn(&Desks, Minute) -> Option<Minute>,
    ) -> Option<Minute> {
        let mut start = job.fixed.unwrap_or(job.earliest);
        loop {
            let open = first_in(spans, start, job.length)?;
            let free = bound(self, open)?;
            if job.fixed.is_some_and(|fixed| free != fixed) {
                return None;
            }
            if free == open {
                return Some(open);
            }
            start = free;
        }
    }

    /// The first start at which neither an institution nor a region has too many.
    fn crowd(&self, job: &Job, mut start: Minute) -> Minute {
        loop {
            let institutions = job.institutions.iter();
            let institutions = institutions.filter_map(|code| self.institutions.get(code));
            let regions = job.regions.iter().filter_map(|code| self.regions.get(code));
            let free = institutions
                .chain(regions)
                .fold(start, |start, taken| taken.first_free(start, job.length));
            if free == start {
                return start;
            }
            start = free;
        }
    }

    /// The first start at which every person is free and every card can be there; `None` = a card never can.
    fn people(&self, plan: &Plan, job: &Job, mut start: Minute) -> Option<Minute> {
        loop {
            let persons = job
                .persons
                .iter()
                .filter_map(|label| self.persons.get(label));
            let free = persons.fold(start, |start, taken| {
                taken.first_free(start, job.length + job.open)
            });
            let mut there = free;
            for (label, stay) in &job.cards {
                let stays = self.cards.get(label).map_or(&[][..], Vec::as_slice);
                there = there.max(arrives(plan, stays, (*stay)?, free, job.length + job.open)?);
            }
            if there == start {
                return Some(start);
            }
            start = there;
        }
    }

    fn take(&mut self, plan: &Plan, job: &Job, start: Minute) {
        let _ = plan;
        let end = start + job.length;
        for code in &job.institutions {
            if let Some(taken) = self.institutions.get_mut(code) {
                taken.take(start, end);
            }
        }
        for code in &job.regions {
            if let Some(taken) = self.regions.get_mut(code) {
                taken.take(start, end);
            }
        }
        for label in &job.persons {
            if let Some(taken) = self.persons.get_mut(label) {
                taken.take(start, end + job.open);
            }
        }
        for (label, stay) in &job.cards {
            if let Some((first, last)) = *stay {
                let stays = self.cards.entry(label.clone()).or_default();
                stays.push((start, end + job.open, first, last));
                stays.sort_unstable();
            }
        }
    }

    /// Why the job has no place: the first bound that leaves it none by itself.
    fn why(&self, plan: &Plan, job: &Job, hours: &Spans, cards: &Spans) -> Why {
        let fits = |spans: &Spans| {
            first_in(spans, job.fixed.unwrap_or(job.earliest), job.length).is_some()
        };
        if !fits(&job.window) {
            return Why::Window {
                minutes: job.length,
            };
        }
        let institutions = || job.institutions.iter().map(ToString::to_string).collect();
        if !fits(hours) {
            return Why::Hours {
                institutions: institutions(),
                minutes: job.length,
            };
        }
        if !fits(cards) {
            return Why::CardElsewhere {
                persons: job.cards.keys().cloned().collect(),
            };
        }
        if job.cards.values().any(Option::is_none) {
            return Why::CardWay {
                persons: job.cards.keys().cloned().collect(),
            };
        }
        let crowd = self.settled(job, cards, |desks, start| Some(desks.crowd(job, start)));
        if crowd.is_none() {
            return self.full(job, cards);
        }
        let people = self.settled(job, cards, |desks, start| desks.people(plan, job, start));
        let mut busy: Vec<(usize, String)> = job
            .persons
            .iter()
            .filter_map(|label| Some((self.persons.get(label)?.uses(), label.clone())))
            .collect();
        busy.sort();
        let persons = busy
            .into_iter()
            .rev()
            .take(1)
            .map(|(_, label)| label)
            .collect();
        match people {
            None if !job.cards.is_empty() => Why::CardWay { persons },
            None => Why::Person { persons },
            Some(_) => self.full(job, cards),
        }
    }

    /// What is full: the place that by itself leaves no start, else the one that is used most.
    fn full(&self, job: &Job, cards: &Spans) -> Why {
        let institutions = job
            .institutions
            .iter()
            .filter_map(|code| Some((code.to_string(), self.institutions.get(code)?)));
        let regions = job
            .regions
            .iter()
            .filter_map(|code| Some((code.to_string(), self.regions.get(code)?)));
        let all: Vec<(String, &Taken)> = institutions.chain(regions).collect();
        let alone = all.iter().find(|(_, taken)| {
            let free = self.settled(job, cards, |_, start| {
                Some(taken.first_free(start, job.length))
            });
            free.is_none()
        });
        let most = || all.iter().max_by_key(|(_, taken)| taken.uses());
        let (place, taken) = match alone.or_else(most) {
            Some((place, taken)) => (place.clone(), taken.uses()),
            None => (String::new(), 0),
        };
        Why::Concurrency { place, taken }
    }
}

/// The first start at or after `start` at which a card can be there in time and go on in time; `None` = never.
fn arrives(
    plan: &Plan,
    stays: &[Stay],
    (first, last): (AdmDivision, AdmDivision),
    mut start: Minute,
    length: Minute,
) -> Option<Minute> {
    loop {
        let before = stays.iter().rev().find(|stay| stay.0 < start + length);
        let after = stays.iter().find(|stay| stay.0 >= start + length);
        let way = |from, to| plan.timing.travel.minutes(from, to).map(Minute::from);
        let comes = match before {
            Some(stay) => match way(stay.3, first) {
                Some(way) => stay.1 + way,
                // Nobody knows the way; before that stay it may fit.
                None => after?.1,
            },
            None => start,
        };
        if comes > start {
            start = comes;
            continue;
        }
        match after {
            Some(stay) => match way(last, stay.2) {
                Some(way) if start + length + way <= stay.0 => return Some(start),
                _ => start = stay.1,
            },
            None => return Some(start),
        }
    }
}
