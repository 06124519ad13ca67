//! 流程 · The canonical flows: one case of a small plan each, some with a trouble on the way.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use crosswipe_domain::{
    Business, CaseId, Export, InstitutionCode, Moment, NoRefund, Party, PersonClass, Phase,
    PhaseKind, PseudonymKey, Public, Role,
};
use crosswipe_journal::Row;
use crosswipe_mocks::{FaultOrder, MemoryWorld, Setup};
use crosswipe_runner::beginning;
use crosswipe_scenarios::{Case, Expect, Expected, Plan, Play, Step};
use crosswipe_sim::Dice;

use super::network::{Cut, Trouble};
use super::scene::Scene;

const PLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/simulation/plan");

/// 流程 · What is run, in which world, and what is to go wrong.
pub(super) struct Flow {
    pub(super) name: String,
    pub(super) plan: Plan,
    pub(super) setup: Arc<Setup>,
    pub(super) troubles: Vec<Trouble>,
    /// What the parties are ordered to do wrong.
    pub(super) faults: Vec<FaultOrder>,
    /// The first look at the books is taken when the swipe has gone through.
    pub(super) first_look_late: bool,
    pub(super) key: PseudonymKey,
    /// Every party's books before anything happens.
    pub(super) opening: Vec<(Party, Export)>,
}

/// The flow of this case, with nothing in its way.
pub(super) fn flow(case: &str) -> Flow {
    with(case, case, Vec::new())
}

/// The flow of this case in a window that opens between midnight and eight: days of UTC are others then.
pub(super) fn at_night(case: &str) -> Flow {
    of_plan(nightly(), case, case, Vec::new())
}

fn nightly() -> Plan {
    let mut plan = plan();
    plan.window.phases[0].from = Moment::parse("2030-03-02T01:00:00+08:00").unwrap();
    let opens = plan.window.phases[0].from;
    for case in &mut plan.cases {
        case.start = case.start.map(|_| opens);
    }
    plan
}

/// The flow of this case as a seed draws it: when it begins, how long the harness waits before it asks again, and whether
/// the other person swipes the same beside it.
///
/// What may be drawn changes nothing of what a fault does or of what must be found.
pub(super) fn drawn(case: &str, seed: u64) -> Flow {
    let (case, mut plan) = match case.strip_suffix(" at night") {
        Some(case) => (case, nightly()),
        None => (case, plan()),
    };
    let id = format!("flow/{case}");
    plan.cases.retain(|of_plan| of_plan.id.as_str() == id);
    plan.seed = seed;
    let alone = !matches!(case, "outpatient" | "inpatient" | "local");
    if !alone && seed % 2 == 1 {
        let beside = beside(&plan.cases[0]);
        plan.cases.push(beside);
    }
    let mut dice = Dice::of(seed, "starts");
    for case in &mut plan.cases {
        // At night the days of UTC are others for seven hours.
        let later_ms = dice.between(0, 7_200_000);
        case.start = case.start.map(|start| start.plus_ms(later_ms));
    }
    of_cases(plan, case, Vec::new())
}

/// The same by the other person, at a hospital that is to him as the first one's is to the first.
fn beside(case: &Case) -> Case {
    let mut case = case.clone();
    case.id = CaseId::parse(&format!("{}-beside", case.id)).unwrap();
    for step in &mut case.steps {
        let Step::Swipe(swipe) = step else {
            unreachable!("a plain flow swipes once")
        };
        swipe.persona = "ningbo".to_owned();
        let other = match swipe.institution.as_str() {
            "H33020000001" => "H33010000001",
            _ => "H33020000001",
        };
        swipe.institution = InstitutionCode::parse(other).unwrap();
    }
    case
}

/// The flow of this case past the gate: in a window that shuts it out for one reason, and sent all the same.
pub(super) fn by_force(case: &str, shut: &str) -> Flow {
    let mut flow = shut_out(case, shut);
    for step in flow.plan.cases.iter_mut().flat_map(|case| &mut case.steps) {
        if let Step::Swipe(swipe) = step {
            swipe.forced = true;
        }
    }
    flow
}

/// The flow of this case in a plan that drains all business of the platform before.
pub(super) fn after_a_drain(case: &str) -> Flow {
    let mut plan = plan();
    let opens = plan.window.phases[0].from;
    let drain = Phase {
        id: "drain".to_owned(),
        kind: PhaseKind::Drain,
        from: opens.plus_ms(-3_600_000),
        to: Some(opens),
        allow: Vec::new(),
        public: Public::Closed,
        reads: None,
        quote: String::new(),
    };
    plan.window.phases.insert(0, drain);
    of_plan(plan, &format!("{case}, after a drain"), case, Vec::new())
}

/// The flow of this case in a window that shuts it out for one reason.
pub(super) fn shut_out(case: &str, shut: &str) -> Flow {
    let mut plan = plan();
    let allow = &mut plan.window.phases[0].allow[0];
    match shut {
        "person" => {
            let personas = plan.registry.personas.iter_mut();
            personas.for_each(|persona| persona.registered = false);
        }
        // Whoever goes to hospital in these flows is an employee.
        "class" => allow.classes = vec![PersonClass::Resident],
        "business" => {
            allow.business = vec![match case {
                "inpatient" => Business::Outpatient,
                _ => Business::Inpatient,
            }];
        }
        "institution" => allow.institutions = vec!["H33020000002".to_owned()],
        other => panic!("nobody is shut out for `{other}`"),
    }
    of_plan(plan, &format!("{case}, {shut} shut out"), case, Vec::new())
}

/// The flow of this case where each region's platform of before the cutover still answers.
pub(super) fn beside_the_old(case: &str) -> Flow {
    let mut plan = plan();
    plan.topology.old_platforms = true;
    of_plan(plan, case, case, Vec::new())
}

/// 退费 · The flow of this case, and somebody who was settled at eight and is refunded at half past ten, in a window from
/// whose opening on nothing of before half past eight is refunded.
pub(super) fn with_an_old_refund(case: &str) -> Flow {
    let mut plan = plan();
    let of_day = |time: &str| Moment::parse(&format!("2030-03-02T{time}:00+08:00")).unwrap();
    plan.window.no_refund = Some(NoRefund {
        from: of_day("09:00"),
        settled_before: of_day("08:30"),
    });
    let refund_at = Some(of_day("10:30"));
    let refused = Expected::Refused {
        code: Some("E-WINDOW".to_owned()),
    };
    let play = |at, expected| Play {
        refund_at,
        ..played(&plan, case, of_day(at), expected)
    };
    // What was settled at half past eight is refunded.
    let plays = [play("08:00", refused), play("08:30", Expected::Accepted)];
    let both = plays.map(|play| vec![Step::Play(play)]);
    beside_plays(plan, case, [vec![Step::Parallel(both.into())]])
}

/// 补录 · The flow of this case, and somebody who was treated the day before and within the window, and is entered after it:
/// the second time first.
pub(super) fn with_entries_out_of_turn(case: &str) -> Flow {
    with_entries(case, ["02T14:00", "01T11:00"], "E-LATER")
}

/// 补录两遍 · The flow of this case, and somebody who was treated within the window and is entered twice after it.
pub(super) fn with_an_entry_twice(case: &str) -> Flow {
    with_entries(case, ["02T14:00", "02T14:00"], "E-SETTLED")
}

fn with_entries(case: &str, treated: [&str; 2], code: &str) -> Flow {
    let plan = plan();
    let instant = |time: &str| Moment::parse(&format!("2030-03-{time}:00+08:00")).unwrap();
    let refused = Expected::Refused {
        code: Some(code.to_owned()),
    };
    let play = |at, treated, expected| Play {
        treated: Some(instant(treated)),
        ..played(&plan, case, instant(at), expected)
    };
    let plays = [
        play("02T20:30", treated[0], Expected::Accepted),
        play("02T21:00", treated[1], refused),
    ];
    beside_plays(plan, case, plays.map(|play| vec![Step::Play(play)]))
}

/// What the public does at the hospital of a case.
fn played(plan: &Plan, case: &str, at: Moment, outcome: Expected) -> Play {
    let id = format!("flow/{case}");
    let own = plan.cases.iter().find(|own| own.id.as_str() == id).unwrap();
    let Some(Step::Swipe(swipe)) = own.steps.first() else {
        unreachable!("a plain flow begins with a swipe")
    };
    Play {
        name: format!("public-{}", at.compact_ms()),
        persona: "passer-by".to_owned(),
        institution: swipe.institution.clone(),
        business: swipe.business,
        basket: swipe.basket.clone(),
        at: Some(at),
        channel: Default::default(),
        of: None,
        messages: Play::whole(swipe.business).to_vec(),
        treated: None,
        refund_at: None,
        stranger: None,
        expect: Expect {
            outcome,
            fields: Vec::new(),
        },
    }
}

/// The flow of this case, and plays in cases of their own.
fn beside_plays<const N: usize>(mut plan: Plan, case: &str, plays: [Vec<Step>; N]) -> Flow {
    let id = format!("flow/{case}");
    plan.cases.retain(|of_plan| of_plan.id.as_str() == id);
    for (number, steps) in plays.into_iter().enumerate() {
        let mut own = plan.cases[0].clone();
        own.id = CaseId::parse(&format!("flow/public-{number}")).unwrap();
        own.steps = steps;
        own.start = own.leaves().filter_map(Step::at).min();
        plan.cases.push(own);
    }
    of_cases(plan, case, Vec::new())
}

/// The flow of this case in a window that closes at 24:00 of the day.
pub(super) fn on_the_last_day(case: &str) -> Flow {
    let mut plan = plan();
    let closes = plan.window.phases[0].from.day().next().start();
    plan.window.phases[0].to = Some(closes);
    plan.window.phases[1].from = closes;
    of_plan(plan, case, case, Vec::new())
}

/// The flow of this case, with troubles on its way.
pub(super) fn with(name: &str, case: &str, troubles: Vec<Trouble>) -> Flow {
    of_plan(plan(), name, case, troubles)
}

fn plan() -> Plan {
    static LOADED: OnceLock<Plan> = OnceLock::new();
    let load = || {
        let mut plan = crosswipe_scenarios::load(Path::new(PLAN)).expect("the plan is sound");
        plan.files.clear();
        plan
    };
    LOADED.get_or_init(load).clone()
}

fn of_plan(mut plan: Plan, name: &str, case: &str, troubles: Vec<Trouble>) -> Flow {
    let id = format!("flow/{case}");
    plan.cases.retain(|of_plan| of_plan.id.as_str() == id);
    assert_eq!(plan.cases.len(), 1, "the plan has `{id}`");
    of_cases(plan, name, troubles)
}

fn of_cases(mut plan: Plan, name: &str, troubles: Vec<Trouble>) -> Flow {
    keep_only_who_takes_part(&mut plan);
    let setup = Setup::new(
        plan.topology.clone(),
        &plan.registry,
        plan.window.clone(),
        plan.arranged.clone(),
        Default::default(),
    );
    let world = MemoryWorld::new(&setup, Vec::new());
    let begins = beginning(&plan).expect("the plan has a window");
    let opening = plan
        .topology
        .parties()
        .into_iter()
        .map(|party| (party.clone(), world.export(&party, begins).unwrap()))
        .collect();
    Flow {
        name: name.to_owned(),
        plan,
        setup,
        troubles,
        faults: Vec::new(),
        first_look_late: false,
        key: PseudonymKey::new([7; 32]),
        opening,
    }
}

/// Books that nobody touches cost time and prove nothing more.
fn keep_only_who_takes_part(plan: &mut Plan) {
    let cases = plan.cases.clone();
    let takes_part = |step: &Step| match step {
        Step::Call(call) => Some((call.persona.clone()?, call.institution.clone())),
        step => {
            let visit = step.visit()?;
            Some((visit.persona.to_owned(), visit.institution.clone()))
        }
    };
    let leaves = cases.iter().flat_map(|case| case.leaves());
    let parts: Vec<_> = leaves.filter_map(takes_part).collect();
    let personas = &mut plan.registry.personas;
    personas.retain(|persona| parts.iter().any(|(label, _)| *label == persona.label));
    let institutions = &mut plan.topology.institutions;
    institutions.retain(|kept| parts.iter().any(|(_, code)| *code == kept.code));
}

/// One trouble, met by the case's first message of a number. The probe before it has sent one of each that it knows.
pub(super) fn of_the_case(infno: &'static str, cut: Cut, late: Option<u32>) -> Vec<Trouble> {
    let of_the_probe = matches!(infno, "2201" | "2203" | "2204" | "2206" | "2205" | "2202");
    vec![Trouble {
        infno,
        nth: 1 + u32::from(of_the_probe),
        cut,
        late,
    }]
}

/// The flow of this case in a window that takes no more business right before its first message of this number.
pub(super) fn cut_short(case: &str, before: &str) -> Flow {
    let mut flow = flow(case);
    let scene = Scene::new(&flow);
    scene.run(None);
    let of_the_case = |row: &&Row| {
        row.payload.contains(&format!("\"infno\":\"{before}\""))
            && row.payload.contains("\"purpose\":\"business\"")
    };
    let rows = scene.disk.rows();
    let message = rows.iter().find(of_the_case).expect("it is sent");
    let closes = Moment::parse(&message.at).unwrap();
    let window = &mut flow.plan.window;
    window.margin_ms = window.end().unwrap().epoch_ms() - closes.epoch_ms();
    flow.name = format!("{case}, nothing from {before} on");
    flow
}

/// Every place at which an exchange across cities can be cut.
pub(super) const HOPS: [Cut; 8] = [
    Cut::To(Role::His),
    Cut::To(Role::Treatment),
    Cut::To(Role::Hub),
    Cut::To(Role::Insured),
    Cut::BackTo(Role::Hub),
    Cut::BackTo(Role::Treatment),
    Cut::BackTo(Role::His),
    Cut::Home,
];
