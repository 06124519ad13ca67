//! 一例的要求 · What a case asks of people, desks and time, read off its steps.
//!
//! Why here: a case is a tree of steps; a timetable needs one length, one set of places and persons, and the spans in which
//! the window lets all of it happen. Called by `planner::place`. Not here: what other cases take.

use std::collections::BTreeMap;

use crosswipe_domain::{AdmDivision, Business, InstitutionCode, Moment};

use super::spans::{Spans, meet};
use crate::schedule::Schedule;
use crate::timing::{Minute, minute_down, minute_up};
use crate::{Case, Expected, Plan, Step};

/// 一例的要求 · What one case takes.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// Index into the plan's cases.
    pub(super) case: usize,
    /// Minutes at the desk.
    pub(super) length: Minute,
    /// Minutes for which it stays open after that: the plan undoes it later.
    pub(super) open: Minute,
    /// Where the plan itself says when.
    pub(super) fixed: Option<Minute>,
    /// Not before this minute.
    pub(super) earliest: Minute,
    /// What the window allows of it; everything where it is fixed, since `lint` has held it against the window.
    pub(super) window: Spans,
    /// Labels, each once.
    pub(super) persons: Vec<String>,
    /// Each once.
    pub(super) institutions: Vec<InstitutionCode>,
    /// Insured and treatment places, each once.
    pub(super) regions: Vec<AdmDivision>,
    /// 卡的行程 · Where each card is needed first and last, by label; people's hands only.
    pub(super) cards: BTreeMap<String, Option<(AdmDivision, AdmDivision)>>,
    /// True: people swipe in it.
    pub(super) by_hand: bool,
}

/// What `case` takes; `None` = nobody sends anything of it, so it takes nothing.
pub(super) fn job(
    plan: &Plan,
    schedule: &Schedule<'_>,
    bounds: &[Moment],
    index: usize,
) -> Option<Job> {
    let case = &plan.cases[index];
    let sent: Vec<Part<'_>> = case.leaves().filter_map(Part::of).collect();
    if sent.is_empty() {
        return None;
    }
    let cards = cards(plan, &sent);
    let way: Minute = inner_ways(plan, &sent);
    let mut job = Job {
        case: index,
        length: length(plan, &case.steps) + way,
        open: 0,
        fixed: None,
        earliest: case.start.map_or(Minute::MIN, minute_up),
        window: window(plan, schedule, bounds, &sent),
        persons: Vec::new(),
        institutions: Vec::new(),
        regions: Vec::new(),
        cards,
        by_hand: plan.by_hand(&plan.cases[index]),
    };
    for part in &sent {
        once(&mut job.institutions, part.institution.clone());
        let place = plan.topology.institution(part.institution);
        place
            .into_iter()
            .for_each(|place| once(&mut job.regions, place.region));
        let persona = part.person.and_then(|label| plan.registry.persona(label));
        if let Some(persona) = persona {
            once(&mut job.persons, persona.label.clone());
            once(&mut job.regions, persona.insured);
        }
    }
    fix(case, &mut job);
    Some(job)
}

/// Where the plan names an instant, the case begins when it says, and stays open until its last instant.
fn fix(case: &Case, job: &mut Job) {
    let instants = case.leaves().flat_map(|step| {
        let undo = match step {
            Step::Swipe(swipe) => swipe.undo_at,
            _ => None,
        };
        step.at().into_iter().chain(undo)
    });
    let instants: Vec<Moment> = instants.collect();
    let Some(last) = instants.iter().max() else {
        return;
    };
    let begins = instants.iter().chain(&case.start).min();
    let begins = minute_down(*begins.unwrap_or(last));
    job.open = minute_down(*last) - begins;
    job.fixed = Some(begins);
    job.window = vec![(begins, begins + job.length)];
}

/// 一笔 · A step of which something leaves.
struct Part<'a> {
    person: Option<&'a str>,
    institution: &'a InstitutionCode,
    /// The swipe that the window has to allow.
    asked: Option<&'a Step>,
}

impl<'a> Part<'a> {
    /// What the gate is expected to stop leaves nowhere, and what the public does is nobody's work.
    fn of(step: &'a Step) -> Option<Part<'a>> {
        match step {
            Step::Swipe(swipe) if matches!(swipe.expect.outcome, Expected::Gate { .. }) => None,
            Step::Swipe(swipe) => Some(Part {
                person: Some(&swipe.persona),
                institution: &swipe.institution,
                asked: (!swipe.forced).then_some(step),
            }),
            Step::Call(call) if matches!(call.expect.outcome, Expected::Gate { .. }) => None,
            Step::Call(call) => Some(Part {
                person: call.persona.as_deref(),
                institution: &call.institution,
                asked: None,
            }),
            Step::Play(_) | Step::Office(_) | Step::Parallel(_) => None,
        }
    }
}

/// Where something of a case leaves from.
pub(super) fn institutions(case: &Case) -> impl Iterator<Item = &InstitutionCode> {
    case.leaves()
        .filter_map(|step| Part::of(step).map(|part| part.institution))
}

fn once<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Steps one after the other, branches side by side; a single message takes a minute.
fn length(plan: &Plan, steps: &[Step]) -> Minute {
    let one = |step: &Step| match step {
        Step::Parallel(branches) => {
            let branches = branches.iter().map(|branch| length(plan, branch));
            branches.max().unwrap_or(0)
        }
        Step::Swipe(swipe) if Part::of(step).is_some() => {
            let desk = plan.timing.desks.get(&swipe.institution);
            let desk = desk.cloned().unwrap_or_default();
            Minute::from(desk.minutes(swipe.business))
        }
        Step::Call(_) if Part::of(step).is_some() => 1,
        _ => 0,
    };
    steps.iter().map(one).sum()
}

/// Where real cards are needed, in the order of the steps; `None` = a way in it that nobody knows.
fn cards(plan: &Plan, sent: &[Part<'_>]) -> BTreeMap<String, Option<(AdmDivision, AdmDivision)>> {
    let mut cards: BTreeMap<String, Option<(AdmDivision, AdmDivision)>> = BTreeMap::new();
    for (label, place) in stops(plan, sent) {
        let stay = cards
            .entry(label.to_owned())
            .or_insert(Some((place, place)));
        if let Some((first, last)) = *stay {
            let way = plan.timing.travel.minutes(last, place);
            *stay = way.map(|_| (first, place));
        }
    }
    cards
}

/// Minutes that cards travel within the case.
fn inner_ways(plan: &Plan, sent: &[Part<'_>]) -> Minute {
    let mut at: BTreeMap<&str, AdmDivision> = BTreeMap::new();
    let mut minutes = 0;
    for (label, place) in stops(plan, sent) {
        if let Some(before) = at.insert(label, place) {
            let way = plan.timing.travel.minutes(before, place);
            minutes += way.map_or(0, Minute::from);
        }
    }
    minutes
}

fn stops<'a>(plan: &'a Plan, sent: &'a [Part<'a>]) -> impl Iterator<Item = (&'a str, AdmDivision)> {
    let manual = sent
        .iter()
        .filter(|part| plan.timing.is_manual(part.institution));
    manual.filter_map(|part| {
        let place = plan.topology.institution(part.institution)?;
        Some((part.person?, place.region))
    })
}

/// The spans in which the gate lets every swipe of the case pass. What the gate says changes at the window's bounds only.
fn window(plan: &Plan, schedule: &Schedule<'_>, bounds: &[Moment], sent: &[Part<'_>]) -> Spans {
    let whole = match (bounds.first(), bounds.last()) {
        (Some(first), Some(last)) => vec![(minute_up(*first), minute_down(*last))],
        _ => Spans::new(),
    };
    let mut asked: Vec<(&str, &InstitutionCode, Business)> = Vec::new();
    let mut spans = whole;
    for step in sent.iter().filter_map(|part| part.asked) {
        let Some(visit) = step.visit() else { continue };
        let Some(persona) = plan.registry.persona(visit.persona) else {
            continue;
        };
        let Some(swiped) = schedule.swiped(visit, persona) else {
            continue;
        };
        let key = (visit.persona, visit.institution, visit.business);
        if asked.contains(&key) {
            continue;
        }
        asked.push(key);
        let mut allowed = Spans::new();
        for pair in bounds.windows(2) {
            let open = matches!(schedule.refusal(&swiped, pair[0]), None | Some("persona"));
            let (from, to) = (minute_up(pair[0]), minute_down(pair[1]));
            match allowed.last_mut() {
                _ if !open || from >= to => {}
                Some(last) if last.1 == from => last.1 = to,
                _ => allowed.push((from, to)),
            }
        }
        spans = meet(&spans, &allowed);
    }
    spans
}
