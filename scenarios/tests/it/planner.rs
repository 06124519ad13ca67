//! 排程 · A timetable against brute force: minute by minute, with code of its own, whatever the schedule asks for.

use std::collections::BTreeMap;
use std::path::Path;

use crosswipe_domain::{AdmDivision, Business, Day, InstitutionCode, Moment, PhaseKind, Scope};
use crosswipe_scenarios::{
    CardStay, Desk, Expected, Hands, Hours, Plan, Slot, Step, Swipe, Timing, Why, load, timetable,
};
use rstest::rstest;

const MINUTE_MS: i64 = 60_000;

/// A draw below `below`, the same for the same seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn shipped(name: &str) -> Plan {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a shipped plan")
}

/// A schedule that somebody might write: some places by hand, hours, bounds, ways, and where some cards are.
fn drawn(plan: &Plan, draw: &mut Draw) -> Timing {
    let mut timing = Timing {
        written: true,
        ..Timing::default()
    };
    timing.travel.minutes = (draw.below(4) > 0).then(|| 20 + draw.below(200) as u32);
    timing.agreed.region = (draw.below(3) > 0).then(|| 1 + draw.below(5) as u32);
    timing.agreed.institution = (draw.below(3) > 0).then(|| 1 + draw.below(2) as u32);
    let mut days: Vec<Day> = Vec::new();
    let mut day = plan.window.start().unwrap().day();
    while day.start() < plan.window.end().unwrap() {
        days.push(day);
        day = day.next();
    }
    for institution in &plan.topology.institutions {
        let manual = draw.below(3) > 0;
        let opens = 8 * 60 + draw.below(120) as u32;
        let mut hours = Hours {
            daily: vec![
                (opens, 12 * 60),
                (13 * 60 + 30, 20 * 60 + draw.below(60) as u32),
            ],
            days: BTreeMap::new(),
        };
        if draw.below(3) == 0 {
            let day = days[draw.below(days.len() as u64) as usize];
            let only = match draw.below(2) {
                0 => Vec::new(),
                _ => vec![(14 * 60, 19 * 60)],
            };
            hours.days.insert(day, only);
        }
        let mut minutes = BTreeMap::new();
        if draw.below(2) == 0 {
            minutes.insert(Business::Outpatient, 5 + draw.below(120) as u32);
        }
        let desk = Desk {
            hands: [Hands::Driven, Hands::Manual][usize::from(manual)],
            staffed: (draw.below(5) > 0).then_some(hours),
            minutes,
        };
        timing.desks.insert(institution.code.clone(), desk);
    }
    for persona in &plan.registry.personas {
        if draw.below(6) == 0 {
            let regions = &plan.topology.regions;
            let place = |draw: &mut Draw| regions[draw.below(regions.len() as u64) as usize].code;
            let noon = days[days.len() / 2].start().plus_ms(12 * 60 * MINUTE_MS);
            let way = i64::from(timing.travel.minutes.unwrap_or(600)) * MINUTE_MS;
            let stay = |place, from, to| CardStay {
                persona: persona.label.clone(),
                place,
                from,
                to,
            };
            timing.cards.push(stay(place(draw), None, Some(noon)));
            timing
                .cards
                .push(stay(place(draw), Some(noon.plus_ms(way)), None));
        }
    }
    timing
}

/// 一笔 · Label, institution, swipe.
type Part<'a> = (Option<&'a str>, &'a InstitutionCode, Option<&'a Swipe>);

/// Everything that leaves in a case: label, institution, swipe.
fn sent(plan: &Plan, case: usize) -> Vec<Part<'_>> {
    let leaves = plan.cases[case].leaves();
    leaves
        .filter_map(|step| match step {
            Step::Swipe(swipe) if !matches!(swipe.expect.outcome, Expected::Gate { .. }) => Some((
                Some(swipe.persona.as_str()),
                &swipe.institution,
                Some(swipe),
            )),
            Step::Call(call) if !matches!(call.expect.outcome, Expected::Gate { .. }) => {
                Some((call.persona.as_deref(), &call.institution, None))
            }
            _ => None,
        })
        .collect()
}

fn region_of(plan: &Plan, code: &InstitutionCode) -> AdmDivision {
    plan.topology.institution(code).unwrap().region
}

/// Insured and treatment places of a case.
fn regions(plan: &Plan, case: usize) -> Vec<AdmDivision> {
    let mut regions: Vec<AdmDivision> = Vec::new();
    for (label, code, _) in sent(plan, case) {
        regions.push(region_of(plan, code));
        regions.extend(
            label
                .and_then(|label| plan.registry.persona(label))
                .map(|one| one.insured),
        );
    }
    regions.sort();
    regions.dedup();
    regions
}

/// Whether the window lets a swipe pass at an instant; plans of this test have the scopes `any` and `cross-region` only.
fn allowed(plan: &Plan, swipe: &Swipe, at: Moment) -> bool {
    let end = plan.window.end().unwrap();
    if at >= end.plus_ms(-plan.window.margin_ms) {
        return false;
    }
    let phases = plan.window.phases.iter();
    let mut now = phases.filter(|phase| phase.from <= at && phase.to.is_none_or(|to| at < to));
    let Some(phase) = now.next() else {
        return false;
    };
    assert!(phase.allow.is_empty() || matches!(phase.kind, PhaseKind::Verify | PhaseKind::Joint));
    let persona = plan.registry.persona(&swipe.persona).unwrap();
    let across = persona.insured.as_str()[..4] != region_of(plan, &swipe.institution).as_str()[..4];
    phase.allow.iter().any(|allow| {
        let place = match allow.scope {
            Scope::Any => true,
            Scope::CrossRegion => across,
            Scope::Local => !across,
            Scope::Arranged => plan.arranged.iter().any(|(from, to)| {
                *from == persona.insured && to.as_str() == swipe.institution.as_str()
            }),
        };
        place
            && (allow.business.is_empty() || allow.business.contains(&swipe.business))
            && (allow.classes.is_empty() || allow.classes.contains(&persona.class))
            && (allow.institutions.is_empty()
                || allow
                    .institutions
                    .iter()
                    .any(|code| code == swipe.institution.as_str()))
    })
}

fn staffed(timing: &Timing, code: &InstitutionCode, at: Moment) -> bool {
    let Some(hours) = timing
        .desks
        .get(code)
        .and_then(|desk| desk.staffed.as_ref())
    else {
        return true;
    };
    let minute = (at.ms_since(at.day().start()) / MINUTE_MS) as u32;
    let today = hours.days.get(&at.day()).unwrap_or(&hours.daily);
    today
        .iter()
        .any(|(opens, closes)| *opens <= minute && minute < *closes)
}

fn most(timing: &Timing, place: &str, manual: bool) -> usize {
    let single = timing.agreed.single.get(place).copied();
    let of_kind = match place.starts_with(['H', 'P']) {
        true => timing.agreed.institution.or(manual.then_some(1)),
        false => timing.agreed.region,
    };
    single.or(of_kind).map_or(usize::MAX, |most| most as usize)
}

fn minutes(slot: &Slot) -> impl Iterator<Item = Moment> {
    let count = slot.to.ms_since(slot.from) / MINUTE_MS;
    let from = slot.from;
    (0..count).map(move |minute| from.plus_ms(minute * MINUTE_MS))
}

/// Where real cards are: label, first place, last place.
fn cards(plan: &Plan, case: usize) -> Vec<(String, AdmDivision, AdmDivision)> {
    let mut cards: Vec<(String, AdmDivision, AdmDivision)> = Vec::new();
    for (label, code, _) in sent(plan, case) {
        let manual = plan
            .timing
            .desks
            .get(code)
            .is_some_and(|desk| desk.hands == Hands::Manual);
        let Some(label) = label.filter(|_| manual) else {
            continue;
        };
        let place = region_of(plan, code);
        match cards.iter_mut().find(|card| card.0 == label) {
            Some(card) => card.2 = place,
            None => cards.push((label.to_owned(), place, place)),
        }
    }
    cards
}

/// What is wrong with one slot among the others; empty = nothing.
fn wrong(plan: &Plan, slots: &[&Slot], slot: &Slot) -> Vec<String> {
    let timing = &plan.timing;
    let mut wrong = Vec::new();
    let id = &plan.cases[slot.case].id;
    let here = sent(plan, slot.case);
    let institutions: Vec<&InstitutionCode> = here.iter().map(|(_, code, _)| *code).collect();
    let mut places: Vec<(String, bool)> = regions(plan, slot.case)
        .iter()
        .map(|code| (code.to_string(), false))
        .collect();
    for code in institutions {
        let manual = timing
            .desks
            .get(code)
            .is_some_and(|desk| desk.hands == Hands::Manual);
        if !places.iter().any(|(place, _)| place == code.as_str()) {
            places.push((code.to_string(), manual));
        }
    }
    if let Some(start) = plan.cases[slot.case].start
        && slot.from < start
        && !slot.fixed
    {
        wrong.push(format!("{id}: before its start"));
    }
    let meets: Vec<&&Slot> = slots
        .iter()
        .filter(|other| other.case != slot.case && other.from < slot.to && slot.from < other.to)
        .collect();
    for at in minutes(slot) {
        for (_, code, swipe) in &here {
            if !staffed(timing, code, at) {
                wrong.push(format!("{id}: nobody at {code} at {at}"));
            }
            if let Some(swipe) = swipe
                && !slot.fixed
                && !swipe.forced
                && !allowed(plan, swipe, at)
            {
                wrong.push(format!("{id}: not allowed at {at}"));
            }
        }
        for (place, manual) in &places {
            let there = meets.iter().filter(|other| {
                other.from <= at
                    && at < other.to
                    && (regions(plan, other.case)
                        .iter()
                        .any(|code| code.as_str() == place)
                        || sent(plan, other.case)
                            .iter()
                            .any(|(_, code, _)| code.as_str() == place))
            });
            if there.count() + 1 > most(timing, place, *manual) {
                wrong.push(format!("{id}: too many at {place} at {at}"));
            }
        }
        if !wrong.is_empty() {
            return wrong;
        }
    }
    let labels: Vec<&str> = here.iter().filter_map(|(label, _, _)| *label).collect();
    for other in slots.iter().filter(|other| other.case != slot.case) {
        let theirs = sent(plan, other.case);
        let shared = theirs
            .iter()
            .any(|(label, _, _)| label.is_some_and(|label| labels.contains(&label)));
        if shared && other.from < slot.open_until && slot.from < other.open_until {
            wrong.push(format!("{id}: two open swipes of one person"));
        }
    }
    for (label, first, last) in cards(plan, slot.case) {
        let stays = timing.cards.iter().filter(|stay| stay.persona == label);
        if stays.clone().next().is_some() {
            let held = stays.clone().any(|stay| {
                (stay.place, stay.place) == (first, last)
                    && stay.from.is_none_or(|from| from <= slot.from)
                    && stay.to.is_none_or(|to| slot.to <= to)
            });
            if !held {
                wrong.push(format!("{id}: the card of {label} is elsewhere"));
            }
        }
        let mut all: Vec<(Moment, Moment, AdmDivision, AdmDivision)> = slots
            .iter()
            .filter(|other| other.case != slot.case)
            .flat_map(|other| {
                cards(plan, other.case)
                    .into_iter()
                    .map(move |card| (card, other))
            })
            .filter(|((theirs, _, _), _)| *theirs == label)
            .map(|((_, first, last), other)| (other.from, other.open_until, first, last))
            .collect();
        all.push((slot.from, slot.open_until, first, last));
        all.sort();
        for pair in all.windows(2) {
            let (leaves, comes) = (pair[0].1, pair[1].0);
            let fits = match plan.timing.travel.minutes(pair[0].3, pair[1].2) {
                Some(way) => leaves.plus_ms(i64::from(way) * MINUTE_MS) <= comes,
                None => false,
            };
            if !fits {
                wrong.push(format!("{id}: the card of {label} is not there in time"));
            }
        }
    }
    wrong
}

/// Nothing is broken, nothing is lost, and what was left out fits nowhere.
#[rstest]
#[case("starter", 10)]
#[case("pair-demo", 4)]
#[case("zhejiang-2017", 2)]
#[case("harbin-2021", 2)]
fn no_assignment_breaks_a_bound(#[case] name: &str, #[case] rounds: u64) {
    let base = shipped(name);
    let (mut placed, mut left) = (0, 0);
    for round in 0..rounds {
        let mut draw = Draw(round * 7 + 1);
        let mut plan = base.clone();
        plan.timing = drawn(&plan, &mut draw);
        plan.seed = round;
        plan.window.margin_ms = (1 + draw.below(7) as i64) * 60 * MINUTE_MS;
        let table = timetable(&plan);
        assert_eq!(table, timetable(&plan), "the same plan, the same timetable");
        let mut all: Vec<usize> = (table.slots.iter().map(|slot| slot.case))
            .chain(table.unplaced.iter().map(|one| one.case))
            .chain(table.idle.iter().copied())
            .collect();
        all.sort_unstable();
        let cases: Vec<usize> = (0..plan.cases.len()).collect();
        assert_eq!(all, cases, "every case once");
        let slots: Vec<&Slot> = table.slots.iter().collect();
        for slot in &table.slots {
            assert_eq!(
                wrong(&plan, &slots, slot),
                Vec::<String>::new(),
                "{name} {round}"
            );
            assert_eq!(slot.by_hand, plan.by_hand(&plan.cases[slot.case]));
        }
        placed += table.slots.len();
        left += table.unplaced.len();
        // What was left out fits nowhere beside the others.
        for one in table.unplaced.iter().take(4) {
            let case = &plan.cases[one.case];
            let fixed = case.leaves().any(|step| step.at().is_some());
            if fixed
                || case.leaves().count() > 1
                || case.leaves().any(|step| step.visit().is_none())
            {
                continue;
            }
            let (_, code, swipe) = sent(&plan, one.case)[0];
            let length = plan.timing.desk(code).minutes(swipe.unwrap().business);
            let (mut at, end) = (plan.window.start().unwrap(), plan.window.end().unwrap());
            while at < end {
                let to = at.plus_ms(i64::from(length) * MINUTE_MS);
                let slot = Slot {
                    case: one.case,
                    from: at,
                    to,
                    open_until: to,
                    fixed: false,
                    by_hand: false,
                };
                assert_ne!(
                    wrong(&plan, &slots, &slot),
                    Vec::<String>::new(),
                    "{} fits at {at}: {:?}",
                    case.id,
                    one.why
                );
                at = at.plus_ms(MINUTE_MS);
            }
        }
    }
    assert!(placed > 0);
    assert!(
        left > 0 || name == "harbin-2021",
        "{name}: the draws are hard enough to leave something out"
    );
}

/// Each bound is named where it alone is in the way.
#[rstest]
#[case::window("window", "starter", |timing: &mut Timing| {
    timing.desks.values_mut().for_each(|desk| { desk.minutes.insert(Business::Outpatient, 9_000); });
})]
#[case::hours("hours", "starter", |timing: &mut Timing| {
    let short = Hours { daily: vec![(540, 541)], days: BTreeMap::new() };
    timing.desks.values_mut().for_each(|desk| {
        desk.staffed = Some(short.clone());
        desk.minutes.insert(Business::Outpatient, 2);
    });
})]
#[case::concurrency("concurrency", "starter", |timing: &mut Timing| {
    timing.agreed.region = Some(1);
    timing.desks.values_mut().for_each(|desk| { desk.minutes.insert(Business::Outpatient, 200); });
})]
#[case::card("card", "zhejiang-2017", |timing: &mut Timing| {
    timing.desks.values_mut().for_each(|desk| desk.hands = Hands::Manual);
})]
fn what_does_not_fit_says_why(
    #[case] name: &str,
    #[case] base: &str,
    #[case] bend: fn(&mut Timing),
) {
    let mut plan = shipped(base);
    for institution in &plan.topology.institutions {
        plan.timing
            .desks
            .insert(institution.code.clone(), Desk::default());
    }
    bend(&mut plan.timing);
    let table = timetable(&plan);
    let names: Vec<&str> = table.unplaced.iter().map(|one| one.why.name()).collect();
    assert!(names.contains(&name), "{names:?}");
    if name == "concurrency" {
        let places: Vec<&Why> = table.unplaced.iter().map(|one| &one.why).collect();
        assert!(
            matches!(places[0], Why::Concurrency { place, taken } if place.starts_with("33") && *taken > 0),
            "{places:?}"
        );
    }
}

/// 992 pairs, each region with four cases at a time and each hospital with one.
#[test]
fn a_whole_nation_fits_into_three_days() {
    let mut plan = shipped("national-rehearsal");
    plan.timing.written = true;
    plan.timing.agreed.region = Some(4);
    plan.timing.travel.minutes = Some(300);
    let hours = Hours {
        daily: vec![(9 * 60, 12 * 60), (13 * 60, 18 * 60)],
        days: BTreeMap::new(),
    };
    for institution in &plan.topology.institutions {
        let desk = Desk {
            hands: Hands::Driven,
            staffed: Some(hours.clone()),
            minutes: BTreeMap::from([(Business::Outpatient, 15)]),
        };
        plan.timing.desks.insert(institution.code.clone(), desk);
    }
    plan.timing.agreed.institution = Some(1);
    let table = timetable(&plan);
    assert_eq!((table.slots.len(), table.unplaced.len()), (992, 0));
    let slots: Vec<&Slot> = table.slots.iter().collect();
    for slot in table.slots.iter().step_by(37) {
        assert_eq!(wrong(&plan, &slots, slot), Vec::<String>::new());
    }
}
