//! 闸门全格 · Every cell of the five notices' plans, and of the national rehearsal: instant × business × person × institution. What the notice forbids
//! sends no byte, and what it allows is sent.
//!
//! The oracle is a third reading of the window, beside the gate's and the judge's. Instants lie a second before, at and
//! after every bound: of phases, of the margin, of suspensions, of the refund cut-off and of amendments; the clock of the computer may be set back. A cell that is forbidden is a
//! case of its own, carried out by the runner over a network that counts bytes of messages; looks at books have none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosswipe_domain::{
    Amendment, Business, CaseId, Channel, InfNo, Institution, Level, Moment, Party, Persona,
    PseudonymKey, RunId, Scope, Window,
};
use crosswipe_journal::{CaseResult, Journal, Payload, RunHeader};
use crosswipe_mocks::{MemoryWorld, Setup};
use crosswipe_runner::clock::Clock;
use crosswipe_runner::transport::{Answer, Call, Lost, Transport};
use crosswipe_runner::{MemoryShelf, Patience, Progress, RunConfig, Shelf, Turn, beginning, run};
use crosswipe_scenarios::{Case, Discharge, Expect, Expected, Plan, Step, Swipe};
use crosswipe_sim::Memory;
use rstest::rstest;

const BUSINESSES: [Business; 3] = [
    Business::Outpatient,
    Business::Inpatient,
    Business::Pharmacy,
];

/// Counts what leaves.
struct Counted {
    network: Memory,
    bytes: Arc<AtomicU64>,
}

impl Transport for Counted {
    async fn exchange(&self, to: &Party, call: Call) -> Result<Answer, Lost> {
        let bytes = call.body.as_ref().map_or(0, String::len);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.network.exchange(to, call).await
    }

    fn name(&self) -> &'static str {
        self.network.name()
    }

    fn takes_time(&self) -> bool {
        self.network.takes_time()
    }
}

/// One cell.
#[derive(Clone, Copy)]
struct Cell<'a> {
    at: Moment,
    business: Business,
    persona: &'a Persona,
    institution: &'a Institution,
    channel: Channel,
}

/// All cells of a plan: at each instant each business, of each kind of person, at each institution that can have it.
fn cells(plan: &Plan) -> Vec<Cell<'_>> {
    let channels = channels(plan);
    let mut cells = Vec::new();
    let people = people(plan);
    for at in instants(plan) {
        for business in BUSINESSES {
            for persona in &people {
                for institution in &plan.topology.institutions {
                    let fits = institution.code.is_pharmacy() == (business == Business::Pharmacy);
                    if fits && meets(plan, &people, (persona, institution)) {
                        cells.extend(channels.iter().map(|channel| Cell {
                            at,
                            business,
                            persona,
                            institution,
                            channel: *channel,
                        }));
                    }
                }
            }
        }
    }
    cells
}

/// A second before, at and after each bound.
fn instants(plan: &Plan) -> BTreeSet<Moment> {
    let window = &plan.window;
    let amended = window.amended.iter();
    let moved = amended.flat_map(|one| [one.was, one.to, one.known]);
    let margins = window
        .amended
        .iter()
        .map(|one| one.to.plus_ms(-window.margin_ms));
    let phases = window.phases.iter();
    let mut bounds: Vec<Moment> = phases
        .flat_map(|phase| [Some(phase.from), phase.to])
        .flatten()
        .collect();
    bounds.extend(window.end().map(|end| end.plus_ms(-window.margin_ms)));
    bounds.extend(window.no_refund.map(|rule| rule.from));
    bounds.extend(window.no_self_pay.map(|rule| rule.from));
    bounds.extend(moved.chain(margins));
    let suspended = window.suspended.iter();
    bounds.extend(suspended.flat_map(|one| [Some(one.from), one.to]).flatten());
    let around = |at: &Moment| [-1_000, 0, 1_000].map(|ms| at.plus_ms(ms));
    bounds.iter().flat_map(around).collect()
}

/// Every channel; in the plan of eleven cities, which names none, one in turn would be the same cell three times over.
fn channels(plan: &Plan) -> Vec<Channel> {
    let allows = plan.window.phases.iter().flat_map(|phase| &phase.allow);
    let named = allows.flat_map(|allow| &allow.channels).count() > 0;
    match named || plan.topology.regions.len() < 5 {
        true => Channel::ALL.to_vec(),
        false => vec![Channel::Counter],
    }
}

/// More pairs of a person and an institution than this are not all tried.
const MOST_PAIRS: usize = 2_000;
/// Of so many, this one in turn.
const ONE_OF: usize = 8;

/// Whether a person comes to an institution: in a plan of the whole country everybody to those at home and to one in
/// eight of the others, so that each institution is met from near and from far.
fn meets(plan: &Plan, people: &[&Persona], (persona, at): (&Persona, &Institution)) -> bool {
    let institutions = &plan.topology.institutions;
    if people.len() * institutions.len() <= MOST_PAIRS || persona.insured == at.region {
        return true;
    }
    let who = people.iter().position(|one| one.label == persona.label);
    let place = institutions.iter().position(|one| one.code == at.code);
    who.zip(place)
        .is_some_and(|(who, place)| (who + place).is_multiple_of(ONE_OF))
}

/// One of each class and place, and one whom nobody has filed.
fn people(plan: &Plan) -> Vec<&Persona> {
    let mut kinds = BTreeSet::new();
    let personas = plan.registry.personas.iter();
    personas
        .filter(|one| {
            let place = one.registered.then_some(one.insured);
            kinds.insert((one.registered, place, one.registered.then_some(one.class)))
        })
        .collect()
}

/// A third reading of what was amended: each bound of a phase that lay where the amendment says, from then on.
fn as_known(plan: &Plan, at: Moment) -> Window {
    let mut window = plan.window.clone();
    for one in plan.window.amended.iter().filter(|one| one.known <= at) {
        for phase in &mut window.phases {
            for bound in [Some(&mut phase.from), phase.to.as_mut()]
                .into_iter()
                .flatten()
            {
                if *bound == one.was {
                    *bound = one.to;
                }
            }
        }
    }
    window
}

/// A third reading of the window.
fn allowed(plan: &Plan, cell: &Cell<'_>) -> bool {
    let window = &as_known(plan, cell.at);
    let (insured, treated) = (cell.persona.insured, cell.institution.region);
    let code = cell.institution.code.as_str();
    let mut rules = window
        .phases
        .iter()
        .filter(|phase| phase.from <= cell.at && phase.to.is_none_or(|to| cell.at < to))
        .flat_map(|phase| &phase.allow);
    let in_time = window
        .end()
        .is_none_or(|end| cell.at < end.plus_ms(-window.margin_ms));
    let fits = rules.any(|rule| {
        let place = match rule.scope {
            Scope::Any => true,
            Scope::Local => insured == treated,
            Scope::CrossRegion => insured != treated,
            Scope::Arranged => plan.arranged.contains(&(insured, code.to_owned())),
        };
        place
            && (rule.channels.is_empty() || rule.channels.contains(&cell.channel))
            && (rule.business.is_empty() || rule.business.contains(&cell.business))
            && (rule.classes.is_empty() || rule.classes.contains(&cell.persona.class))
            && (rule.institutions.is_empty() || rule.institutions.iter().any(|one| one == code))
    });
    cell.persona.registered && in_time && fits
}

fn case(plan: &Plan, number: usize, cell: &Cell<'_>, outcome: Expected) -> Case {
    let sells = cell.business == Business::Pharmacy;
    let until = match cell.business {
        Business::Inpatient => "2401",
        _ => "2201",
    };
    let swipe = Swipe {
        name: "swipe".to_owned(),
        business: cell.business,
        persona: cell.persona.label.clone(),
        institution: cell.institution.code.clone(),
        basket: match sells {
            true => "basket/drugs.yaml".to_owned(),
            false => plan.probe_basket.clone(),
        },
        at: Some(cell.at),
        undo_at: None,
        channel: cell.channel,
        account: true,
        disease: None,
        credential: Default::default(),
        discharge: Discharge::First,
        forced: false,
        until: (!sells).then(|| InfNo::new(until)),
        continues: None,
        expect: Expect {
            outcome,
            fields: Vec::new(),
        },
    };
    Case {
        id: CaseId::parse(&format!("cells/{number}")).unwrap(),
        title: String::new(),
        covers: Vec::new(),
        start: Some(cell.at),
        steps: vec![Step::Swipe(swipe)],
        matrix: false,
        pinned: false,
        several_open: false,
    }
}

/// What came of a run over these cells.
struct Came {
    /// Bytes of messages that left.
    bytes: u64,
    gated: usize,
    intents: usize,
    results: BTreeMap<String, CaseResult>,
}

fn carried_out(plan: &Plan, cells: &[Cell<'_>], outcome: &Expected) -> Came {
    carried_out_by(plan, cells, outcome, 0)
}

/// The same on a computer whose clock somebody sets back by so much after each case.
fn carried_out_by(plan: &Plan, cells: &[Cell<'_>], outcome: &Expected, back_ms: i64) -> Came {
    let numbered = cells.iter().enumerate();
    let cases = numbered.map(|(number, cell)| case(plan, number, cell, outcome.clone()));
    let plan = Plan {
        cases: cases.collect(),
        proofs: Vec::new(),
        matrix: Vec::new(),
        ..plan.clone()
    };
    let setup = Setup::new(
        plan.topology.clone(),
        &plan.registry,
        plan.window.clone(),
        plan.arranged.clone(),
        Default::default(),
    );
    let bytes = Arc::new(AtomicU64::new(0));
    let network = Counted {
        network: Memory::calm(Arc::new(MemoryWorld::new(&setup, Vec::new()))),
        bytes: Arc::clone(&bytes),
    };
    let (key, begins) = (PseudonymKey::new([7; 32]), beginning(&plan).unwrap());
    let run_id = RunId::parse("cells").unwrap();
    let header = RunHeader {
        run_id: run_id.clone(),
        tool_version: "0".to_owned(),
        plan: plan.resolved(&key),
        files: BTreeMap::new(),
        seed: plan.seed,
        clock: "simulated".to_owned(),
        transport: "memory".to_owned(),
        parties: (plan.topology.parties().into_iter())
            .map(|party| (party, Level::L4))
            .collect(),
        faults: Vec::new(),
        switches: BTreeMap::new(),
        previous_tail: None,
        world: None,
    };
    let journal = Journal::in_memory_over(header, begins, &|store| store).unwrap();
    let clock = Clock::simulated(begins);
    let set_back = Arc::clone(&clock);
    let config = RunConfig {
        shelf: Shelf::Memory(MemoryShelf::default()),
        run_id,
        patience: Patience::default(),
        selected: (0..plan.cases.len()).collect(),
        plan,
        key,
        turn: Turn::new(0).unwrap(),
        jobs: None,
        after_window: None,
        live: None,
        driven: Default::default(),
        first_look_late: false,
        bulletin: None,
        progress: Arc::new(move |progress| {
            let ended = matches!(progress, Progress::Durable(record) if matches!(record.payload, Payload::CaseFinished(_)));
            if back_ms > 0 && ended {
                set_back.set_host_back(back_ms);
            }
        }),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let work = run(config, clock, journal, network, Arc::default());
    let history = runtime.block_on(work).unwrap().journal.history().unwrap();
    let mut came = Came {
        bytes: bytes.load(Ordering::Relaxed),
        gated: 0,
        intents: 0,
        results: BTreeMap::new(),
    };
    for record in &history.records {
        match &record.payload {
            Payload::Gated(_) => came.gated += 1,
            Payload::Intent(_) | Payload::CompIntent(_) => came.intents += 1,
            Payload::CaseFinished(one) => {
                came.results.insert(one.case.to_string(), one.result);
            }
            _ => {}
        }
    }
    came
}

pub(super) fn shipped(name: &str) -> Plan {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut plan = crosswipe_scenarios::load(&scenarios.join(name)).unwrap();
    plan.files.clear();
    plan
}

#[rstest]
#[case::qianjiang("qianjiang-2021", 400)]
#[case::zhejiang("zhejiang-2017", 15_000)]
#[case::hengyang("hengyang-2021", 200)]
#[case::wenzhou("wenzhou-2022", 150)]
#[case::harbin("harbin-2021", 150)]
#[case::national("national-rehearsal", 8_000)]
fn what_the_notice_forbids_sends_no_byte(#[case] name: &str, #[case] at_least: usize) {
    let plan = shipped(name);
    let (forbidden, all) = nothing_leaves(&plan, at_least);
    println!("{name}: {forbidden} of {all} cells forbidden");
}

/// The same where every bound has moved: nothing of the first dates is left anywhere.
#[rstest]
#[case::qianjiang("qianjiang-2021", 400)]
#[case::hengyang("hengyang-2021", 200)]
fn what_a_moved_notice_forbids_sends_no_byte(#[case] name: &str, #[case] at_least: usize) {
    const MOVED_MS: i64 = 36 * 3_600_000;
    let (before, plan) = (shipped(name), shipped(name).shifted(MOVED_MS));
    let (forbidden, all) = nothing_leaves(&plan, at_least);
    println!("{name}: {forbidden} of {all} cells forbidden");
    // What was allowed by the first dates alone is asked by the new ones.
    let of_then = cells(&before)
        .into_iter()
        .filter(|cell| allowed(&before, cell));
    let shut: Vec<Cell<'_>> = of_then.filter(|cell| !allowed(&plan, cell)).collect();
    assert!(!shut.is_empty());
    let came = carried_out(&plan, &shut, &Expected::Gate { reason: None });
    assert_eq!((came.bytes, came.intents, came.gated), (0, 0, shut.len()));
}

/// The same where test swipes are allowed through some channels only.
#[rstest]
fn what_comes_through_another_channel_sends_no_byte(
    #[values("qianjiang-2021", "harbin-2021")] name: &str,
    #[values(Channel::Counter, Channel::Mobile)] through: Channel,
) {
    let first = shipped(name);
    let mut plan = first.clone();
    for allow in plan
        .window
        .phases
        .iter_mut()
        .flat_map(|phase| &mut phase.allow)
    {
        allow.channels = vec![through, Channel::SelfService];
    }
    let (forbidden, all) = nothing_leaves(&plan, 100);
    println!(
        "{name} {}: {forbidden} of {all} cells forbidden",
        through.name()
    );
    let cells = cells(&plan);
    let shut = cells
        .iter()
        .filter(|cell| allowed(&first, cell) && !allowed(&plan, cell));
    assert!(shut.count() > 0);
    let mut open = cells.clone();
    let mut seen = BTreeSet::new();
    open.retain(|cell| {
        allowed(&plan, cell) && seen.insert((cell.business, cell.persona.class, cell.channel))
    });
    assert!(open.iter().any(|cell| cell.channel == through));
    let came = carried_out(&plan, &open, &Expected::Ok);
    assert_eq!((came.gated, came.results.len()), (0, open.len()));
    assert!(came.results.values().all(|one| *one == CaseResult::Passed));
}

/// The same where one bound moved alone while the tests were under way: an hour before their last phase ends, its end
/// comes to lie half a day later, or an hour earlier than the margin allows for.
#[rstest]
fn what_an_amended_notice_forbids_sends_no_byte(
    #[values("qianjiang-2021", "hengyang-2021", "wenzhou-2022", "harbin-2021")] name: &str,
    #[values(12 * 3_600_000, -3_600_000)] by_ms: i64,
) {
    let first = shipped(name);
    let tested = first
        .window
        .phases
        .iter()
        .rev()
        .find(|phase| !phase.allow.is_empty());
    let tested = tested.unwrap();
    let was = tested.to.unwrap();
    let hour = first.window.margin_ms + 3 * 3_600_000;
    let amendment = Amendment {
        bound: format!("{}.to", tested.id),
        was,
        to: was.plus_ms(by_ms),
        known: was.plus_ms(-hour),
        source: "补充通知".to_owned(),
        who: "值班".to_owned(),
    };
    let plan = first.amended(amendment).unwrap().plan;
    let (forbidden, all) = nothing_leaves(&plan, 100);
    // Cells on which the first window and the amended one differ, either way.
    let cells = cells(&plan);
    let differ: Vec<&Cell<'_>> = cells
        .iter()
        .filter(|cell| allowed(&plan, cell) != allowed(&first, cell))
        .collect();
    println!(
        "{name} {by_ms}: {forbidden} of {all} cells forbidden, {} turned",
        differ.len()
    );
    assert!(!differ.is_empty());
    let mut open: Vec<Cell<'_>> = differ
        .into_iter()
        .filter(|cell| allowed(&plan, cell))
        .copied()
        .collect();
    assert_eq!(open.is_empty(), by_ms < 0);
    let mut seen = BTreeSet::new();
    open.retain(|cell| seen.insert((cell.at, cell.business, cell.persona.class, cell.channel)));
    let came = carried_out(&plan, &open, &Expected::Ok);
    assert_eq!((came.gated, came.results.len()), (0, open.len()));
    assert!(came.results.values().all(|one| *one == CaseResult::Passed));
}

/// A bound that has passed stays passed: on a computer whose clock is set back again and again, what was allowed two
/// seconds ago sends no byte, by the first bounds or by an amended one.
#[rstest]
fn a_clock_that_steps_back_opens_no_cell(
    #[values(
        "qianjiang-2021",
        "zhejiang-2017",
        "hengyang-2021",
        "wenzhou-2022",
        "harbin-2021"
    )]
    name: &str,
    #[values(false, true)] amended: bool,
) {
    const BACK_MS: i64 = 2_000;
    let first = shipped(name);
    let phases = first.window.phases.iter();
    let tested = phases.rev().find(|phase| !phase.allow.is_empty()).unwrap();
    let was = tested.to.unwrap();
    let plan = match amended {
        true => {
            let earlier = Amendment {
                bound: format!("{}.to", tested.id),
                was,
                to: was.plus_ms(-3_600_000),
                known: was.plus_ms(-first.window.margin_ms - 3 * 3_600_000),
                source: "补充通知".to_owned(),
                who: "值班".to_owned(),
            };
            first.amended(earlier).unwrap().plan
        }
        false => first.clone(),
    };
    let mut seen = BTreeSet::new();
    let shut: Vec<Cell<'_>> = cells(&plan)
        .into_iter()
        .filter(|cell| {
            let at = cell.at.plus_ms(-BACK_MS);
            !allowed(&plan, cell) && allowed(&plan, &Cell { at, ..*cell })
        })
        // Whoever is shut out at all is shut out alike.
        .filter(|cell| seen.insert((cell.at, cell.business, cell.persona.class, cell.channel)))
        .collect();
    assert!(shut.len() >= 4, "{name}: {} cells", shut.len());
    let gate = Expected::Gate { reason: None };
    let came = carried_out_by(&plan, &shut, &gate, BACK_MS);
    println!(
        "{name} {amended}: {} cells shut behind a clock set back",
        shut.len()
    );
    assert_eq!((came.bytes, came.intents, came.gated), (0, 0, shut.len()));
    assert!(came.results.values().all(|one| *one == CaseResult::Passed));
}

/// How many cells were forbidden, of how many.
fn nothing_leaves(plan: &Plan, at_least: usize) -> (usize, usize) {
    let all = cells(plan);
    let forbidden: Vec<Cell<'_>> = all
        .iter()
        .filter(|cell| !allowed(plan, cell))
        .copied()
        .collect();
    assert!(forbidden.len() >= at_least, "{}", forbidden.len());
    let came = carried_out(plan, &forbidden, &Expected::Gate { reason: None });
    assert_eq!(came.bytes, 0, "bytes left");
    assert_eq!((came.intents, came.gated), (0, forbidden.len()));
    let passed = came
        .results
        .values()
        .filter(|one| **one == CaseResult::Passed);
    assert_eq!(passed.count(), forbidden.len());
    (forbidden.len(), all.len())
}

/// A gate that lets nobody through would pass the tests above.
#[rstest]
#[case::qianjiang("qianjiang-2021", 15)]
#[case::zhejiang("zhejiang-2017", 10)]
#[case::hengyang("hengyang-2021", 4)]
#[case::wenzhou("wenzhou-2022", 4)]
#[case::harbin("harbin-2021", 4)]
#[case::national("national-rehearsal", 6)]
fn what_the_notice_allows_is_sent(#[case] name: &str, #[case] at_least: usize) {
    let plan = shipped(name);
    let mut seen = BTreeSet::new();
    let mut open: Vec<Cell<'_>> = cells(&plan);
    open.retain(|cell| allowed(&plan, cell));
    let all = open.len();
    // One of each instant, business and class: whoever is swiped at all is swiped alike.
    open.retain(|cell| seen.insert((cell.at, cell.business, cell.persona.class, cell.channel)));
    println!("{name}: {} of {all} allowed cells sent", open.len());
    assert!(open.len() >= at_least, "{}", open.len());
    let came = carried_out(&plan, &open, &Expected::Ok);
    assert_eq!(came.gated, 0);
    assert!(came.bytes > 0 && came.intents >= open.len());
    let failed: Vec<_> = came
        .results
        .iter()
        .filter(|(_, result)| **result != CaseResult::Passed)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(came.results.len(), open.len());
}
