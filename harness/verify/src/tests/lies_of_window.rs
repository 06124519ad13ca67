//! 窗口之谎 · Histories in which somebody acts who should not, or when he should not.
//!
//! Strangers, public traffic, wrong phase, class, institution or order of time. `faults` says what each must be called.

use crosswipe_domain::{Cause, Role, Unit};
use crosswipe_journal::{Purpose, UndoPlan};

use crate::evidence::{Evidence, Instant};

use super::lies_of_books::bent;
use crate::testkit::{
    BYSTANDER, HIS, History, OTHER, PERSON, at, clean_on, his, hub, insured, plan, treatment,
};

pub(crate) fn swipe_by_hand(person: &str, undone: bool) -> Evidence {
    by_hand_at(&insured(), person, undone)
}

/// Somebody swipes by hand what shows at one party only.
fn by_hand_at(party: &crosswipe_domain::Party, person: &str, undone: bool) -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    let cause = Cause {
        origin: HIS.into(),
        msgid: "by-hand".into(),
        infno: "2207".into(),
    };
    let booked = || {
        vec![
            crate::testkit::posting("pool-fund", &[("fund", "310100")], Unit::Fen, -700),
            crate::testkit::posting("clearing", &[("insured", "330200")], Unit::Fen, 700),
        ]
    };
    let now = history.now;
    let keeper = history.books.get_mut(party).unwrap();
    keeper.append(now, &cause, Some(person), booked());
    if undone {
        let back = keeper.negation("by-hand");
        keeper.append(
            now,
            &Cause {
                msgid: "by-hand-2".into(),
                ..cause
            },
            Some(person),
            back,
        );
    }
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

pub(super) fn stranger_at_a_listed_hospital() -> Evidence {
    swipe_by_hand(BYSTANDER, false)
}

pub(super) fn stranger_in_the_hospitals_own_books() -> Evidence {
    by_hand_at(&his(), BYSTANDER, false)
}

pub(super) fn stranger_at_the_treatment_place() -> Evidence {
    by_hand_at(&treatment(), BYSTANDER, false)
}

pub(super) fn stranger_at_the_hub() -> Evidence {
    by_hand_at(&hub(), BYSTANDER, false)
}

pub(super) fn test_person_swiped_by_hand() -> Evidence {
    swipe_by_hand(OTHER, false)
}

pub(super) fn test_person_swiped_by_hand_and_the_window_is_over() -> Evidence {
    Evidence {
        as_of: Some(at("2017-06-04T18:00+08:00")),
        ..swipe_by_hand(OTHER, false)
    }
}

pub(super) fn test_person_swiped_by_hand_and_undone() -> Evidence {
    Evidence {
        as_of: Some(at("2017-06-04T18:00+08:00")),
        ..swipe_by_hand(OTHER, true)
    }
}

pub(super) fn public_served_while_suspended() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.played("public-1", "2207", BYSTANDER);
    let cause = Cause {
        origin: HIS.into(),
        msgid: "public-1".into(),
        infno: "2207".into(),
    };
    let now = history.now;
    let entries = vec![crate::testkit::posting(
        "visit",
        &[("person", BYSTANDER)],
        Unit::Count,
        1,
    )];
    history
        .books
        .get_mut(&treatment())
        .unwrap()
        .append(now, &cause, Some(BYSTANDER), entries);
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

pub(super) fn swipe_before_the_window() -> Evidence {
    clean_on(plan(), at("2017-06-02T08:59:00+08:00"))
}

pub(super) fn swipe_of_a_suspended_business() -> Evidence {
    let mut plan = plan();
    plan.window.phases[1].allow[0].business = vec![crosswipe_domain::Business::Pharmacy];
    clean_on(plan, at("2017-06-02T10:00+08:00"))
}

pub(super) fn swipe_of_the_wrong_class() -> Evidence {
    let mut plan = plan();
    plan.window.phases[1].allow[0].classes = vec![crosswipe_domain::PersonClass::Resident];
    clean_on(plan, at("2017-06-02T10:00+08:00"))
}

pub(super) fn swipe_at_an_institution_not_ready() -> Evidence {
    let mut plan = plan();
    plan.window.phases[1].allow[0].scope = crosswipe_domain::Scope::Arranged;
    clean_on(plan, at("2017-06-02T10:00+08:00"))
}

/// The hub has it in a queue, and books it when the window is over: nobody saw it there before.
pub(super) fn booked_when_the_window_was_over() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |group| {
        if group.is(Role::Hub, "2201") {
            group.times = 0;
        }
    });
    history.unswipe(&swipe, &mut |group| {
        if group.is(Role::Hub, "2202") {
            group.times = 0;
        }
    });
    history.close();
    history.now = at("2017-06-04T18:00:01+08:00");
    history.book(&swipe[0], &hub(), &mut |_| {});
    history.export(Instant::T2);
    history.evidence
}

/// A stamp of the hub that no look bears out: by then the row had long been seen.
pub(super) fn booked_by_a_fast_clock() -> Evidence {
    bent(Role::Hub, "2207", |group| {
        group.at = at("2017-06-04T18:00:00+08:00")
    })
}

/// The hub's clock is an hour ahead, and between the sending and the look the window opened or closed.
pub(super) fn booked_by_a_fast_clock_at_the_closing_bell() -> Evidence {
    let mut plan = plan();
    plan.window.margin_ms = 0;
    let mut history = History::begin_at(plan, at("2017-06-04T17:59:59.900+08:00"));
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |group| {
        if group.is(Role::Hub, "2207") {
            group.at = group.at.plus_ms(3_600_000);
        }
    });
    history.unswipe(&swipe, &mut |_| {});
    history.now = at("2017-06-04T18:00:00+08:00");
    history.export(Instant::T1);
    history.look("a");
    history.now = at("2017-06-05T00:01:00+08:00");
    history.export(Instant::T2);
    history.evidence
}

pub(super) fn booked_before_it_was_sent() -> Evidence {
    bent(Role::Hub, "2207", |group| {
        group.at = at("2017-06-02T08:00:00+08:00")
    })
}

pub(super) fn swipe_inside_the_margin() -> Evidence {
    clean_on(plan(), at("2017-06-04T16:30:00+08:00"))
}

pub(super) fn probe_differs() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    history.probe(PERSON, Purpose::ProbeFirst, 2_500);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.probe(PERSON, Purpose::ProbeLast, 2_400);
    history.close();
    history.evidence
}

pub(super) fn a_trial_books() -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    let trial = history.intent(
        "a",
        "trial",
        "2206",
        PERSON,
        Purpose::Business,
        UndoPlan::Nothing,
    );
    let cause = Cause {
        origin: HIS.into(),
        msgid: trial.msgid.as_str().into(),
        infno: "2206".into(),
    };
    let (up, down) = (1, -1);
    let now = history.now;
    for by in [up, down] {
        let entries = vec![crate::testkit::posting(
            "hold",
            &[("person", PERSON)],
            Unit::Count,
            by,
        )];
        history
            .books
            .get_mut(&insured())
            .unwrap()
            .append(now, &cause, Some(PERSON), entries);
    }
    history.ok(&trial, &[], &[]);
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

pub(super) fn forced_swipe_accepted() -> Evidence {
    let mut history = History::begin_at(plan(), at("2017-06-02T08:00+08:00"));
    history.export(Instant::T0);
    let intent = history.intent(
        "a",
        "2201",
        "2201",
        PERSON,
        Purpose::Forced,
        UndoPlan::Cancel {
            infno: crosswipe_domain::InfNo::new("2202"),
        },
    );
    for party in [insured(), hub(), treatment(), his()] {
        history.book(&intent, &party, &mut |_| {});
    }
    history.ok(&intent, &[], &[]);
    history.look("a");
    history.undo(&intent, "2202", &[], &mut |_| {});
    history.close();
    history.evidence
}

/// A query sent at an instant, after a whole clean swipe.
fn read_at(reads: Option<bool>, when: &str, forced: bool) -> Evidence {
    let mut plan = plan();
    for phase in &mut plan.window.phases {
        phase.reads = reads.filter(|_| phase.id != "frozen");
    }
    let mut history = History::begin(plan);
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.now = at(when).plus_ms(-1);
    let purpose = if forced {
        Purpose::Forced
    } else {
        Purpose::Query
    };
    let read = history.intent("a", "q", "5203", PERSON, purpose, UndoPlan::Nothing);
    history.ok(&read, &[], &[]);
    history.now = at("2017-06-02T10:10+08:00");
    history.close();
    history.evidence
}

#[rstest::rstest]
#[case::the_first_instant(None, "2017-05-31T18:00+08:00", true)]
#[case::a_moment_earlier(None, "2017-05-31T17:59:59.999+08:00", false)]
#[case::a_day_after_the_last_phase_began(None, "2017-06-05T17:59:59.999+08:00", true)]
#[case::a_moment_later(None, "2017-06-05T18:00+08:00", false)]
#[case::the_phase_says_no(Some(false), "2017-06-02T10:05+08:00", false)]
#[case::a_phase_that_says_no_begins(Some(false), "2017-06-02T09:00+08:00", false)]
#[case::a_moment_before_it_begins(Some(false), "2017-06-02T08:59:59.999+08:00", true)]
#[case::the_last_phase_that_says_no_begins(Some(false), "2017-06-04T18:00+08:00", false)]
#[case::the_phase_says_yes(Some(true), "2017-06-02T10:05+08:00", true)]
#[case::an_open_phase_that_says_yes_has_no_last_day(Some(true), "2017-06-09T10:05+08:00", true)]
fn reads_have_their_own_place_in_the_gate(
    #[case] reads: Option<bool>,
    #[case] when: &str,
    #[case] allowed: bool,
) {
    let judgement = super::judged(&read_at(reads, when, false));
    let found: Vec<_> = judgement
        .findings
        .iter()
        .filter(|found| found.location.starts_with("5203"))
        .map(|found| (found.class.as_str(), found.rule))
        .collect();
    let expected = [("gate:window", crosswipe_domain::Rule::R12)];
    assert_eq!(found, if allowed { &[][..] } else { &expected[..] });
    let forced = super::judged(&read_at(reads, when, true));
    assert!(
        forced
            .findings
            .iter()
            .all(|f| !f.location.starts_with("5203"))
    );
}

#[test]
fn an_undo_that_a_case_sends_after_the_window_is_late_too() {
    let late = |when: &str| {
        let mut history = History::begin(plan());
        history.export(Instant::T0);
        let swipe = history.swipe("a", PERSON, &mut |_| {});
        history.look("a");
        history.unswipe(&swipe, &mut |_| {});
        history.now = at(when).plus_ms(-1);
        let step = history.intent(
            "a",
            "u",
            "2208",
            PERSON,
            Purpose::Business,
            UndoPlan::Nothing,
        );
        history.refused(&step, "E-NOVISIT");
        history.now = at("2017-06-02T10:10+08:00");
        history.close();
        let judgement = super::judged(&history.evidence);
        judgement.findings.iter().any(|found| {
            (found.class.as_str(), found.rule) == ("gate:window", crosswipe_domain::Rule::R14)
        })
    };
    assert!(late("2017-06-04T18:00+08:00"));
    assert!(!late("2017-06-04T17:59:59.999+08:00"));
}
