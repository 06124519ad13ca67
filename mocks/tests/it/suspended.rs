//! 暂停与窗口外 · What of the public's business stands still beside the phases, and who does not know the notice.

use std::sync::Arc;

use crosswipe_domain::{Business, Channel, Party, Role, Span, Suspension};
use crosswipe_mocks::{MemoryWorld, Setup};
use crosswipe_wire::RefusalCode as Code;
use rstest::rstest;
use serde_json::json;

use crate::bench::{
    Carrier, Counter, EMPLOYEE, H_HANGZHOU, H_NINGBO, HANGZHOU, NINGBO, PUBLIC, Said, at, config,
    division,
};

/// When the public is served again; from then on nothing but the suspension shuts anybody out.
const LIVE: &str = "2017-06-05T18:00+08:00";

fn nothing() -> Suspension {
    Suspension {
        clause: "XX1".into(),
        from: at(LIVE),
        to: Some(at("2017-06-06T18:00+08:00")),
        business: vec![],
        messages: vec![],
        except: vec![],
        span: vec![],
        insured: vec![],
        treatment: vec![],
        institutions: vec![],
        channels: vec![],
        entries: false,
        quote: String::new(),
    }
}

fn setup(suspended: Suspension, outside: &[&str]) -> Arc<Setup> {
    let mut config = config(&[]);
    config.window.suspended = vec![suspended];
    for region in &mut config.topology.regions {
        region.outside = outside.contains(&region.code.as_str());
    }
    config.setup()
}

/// Whether somebody of Hangzhou is registered for treatment at an institution then.
fn served(suspended: Suspension, institution: &str, now: &str, person: &str) -> bool {
    let world = MemoryWorld::new(&setup(suspended, &[]), vec![]);
    let mut counter = Counter::new(&world, institution, person);
    counter.now = at(now);
    match counter.send("2201", json!({})) {
        Said::Ok(_) => true,
        said => {
            assert_eq!(said, Said::Refused(Code::Window));
            false
        }
    }
}

#[rstest]
#[case::all_of_it(nothing(), false)]
#[case::this_message(Suspension { messages: vec!["2201".into()], ..nothing() }, false)]
#[case::another_message(Suspension { messages: vec!["2401".into()], ..nothing() }, true)]
#[case::all_but_this(Suspension { except: vec!["2201".into()], ..nothing() }, true)]
#[case::this_business(Suspension { business: vec![Business::Outpatient], ..nothing() }, false)]
#[case::another_business(Suspension { business: vec![Business::Inpatient], ..nothing() }, true)]
#[case::this_distance(Suspension { span: vec![Span::CrossCity], ..nothing() }, false)]
#[case::another_distance(Suspension { span: vec![Span::Local, Span::CrossProvince], ..nothing() }, true)]
#[case::whose_people(Suspension { insured: vec![division(HANGZHOU)], ..nothing() }, false)]
#[case::other_people(Suspension { insured: vec![division(NINGBO)], ..nothing() }, true)]
#[case::whose_hospitals(Suspension { treatment: vec![division(NINGBO)], ..nothing() }, false)]
#[case::other_hospitals(Suspension { treatment: vec![division(HANGZHOU)], ..nothing() }, true)]
#[case::the_counter(Suspension { channels: vec![Channel::Counter], ..nothing() }, false)]
#[case::mobile(Suspension { channels: vec![Channel::Mobile], ..nothing() }, true)]
#[case::this_hospital(Suspension { institutions: vec![H_NINGBO.into()], ..nothing() }, false)]
#[case::another_hospital(Suspension { institutions: vec!["H33020000009".into()], ..nothing() }, true)]
fn only_what_it_names_stands_still(#[case] suspended: Suspension, #[case] expected: bool) {
    assert_eq!(served(suspended, H_NINGBO, LIVE, PUBLIC), expected);
}

#[rstest]
#[case::a_moment_before("2017-06-05T18:59:59.999+08:00", true)]
#[case::its_first_instant("2017-06-05T19:00+08:00", false)]
#[case::its_last("2017-06-06T17:59:59.999+08:00", false)]
#[case::the_first_after("2017-06-06T18:00+08:00", true)]
fn it_holds_from_its_first_instant_up_to_its_last(#[case] now: &str, #[case] expected: bool) {
    let suspended = Suspension {
        from: at("2017-06-05T19:00+08:00"),
        ..nothing()
    };
    assert_eq!(served(suspended.clone(), H_NINGBO, now, PUBLIC), expected);
    let for_ever = Suspension {
        to: None,
        ..suspended
    };
    let begun = at(now) >= for_ever.from;
    assert_eq!(served(for_ever, H_NINGBO, now, PUBLIC), !begun);
}

/// Tests have phases of their own; a suspension is about the public.
#[test]
fn a_registered_person_meets_no_suspension() {
    let all_along = Suspension {
        from: at("2017-06-01T00:00+08:00"),
        ..nothing()
    };
    assert!(served(
        all_along,
        H_NINGBO,
        "2017-06-02T10:00+08:00",
        EMPLOYEE
    ));
}

/// 就医地在窗口外: its platform serves whomever it always served; the insured place refuses, and nobody keeps a row.
#[test]
fn a_place_outside_serves_everybody_and_the_insured_place_refuses() {
    let world = MemoryWorld::new(&setup(nothing(), &[NINGBO]), vec![]);
    let mut counter = Counter::new(&world, H_NINGBO, PUBLIC);
    counter.now = at("2017-06-03T10:00+08:00");
    let rows = |role, code: &str| {
        let books = Carrier::export(&world, &Party::new(role, code));
        let of_visits = books.rows.iter().filter(|row| row.kind == "visit");
        (of_visits.count(), books.cells.len())
    };
    let before = [
        rows(Role::Treatment, NINGBO),
        rows(Role::Hub, "330000"),
        rows(Role::Insured, HANGZHOU),
    ];
    let said = counter.send("2201", json!({}));
    assert_eq!(said, Said::Refused(Code::Window));
    let after = [
        rows(Role::Treatment, NINGBO),
        rows(Role::Hub, "330000"),
        rows(Role::Insured, HANGZHOU),
    ];
    assert_eq!(after, before);
    // The refusal is the insured place's own: it remembers the message.
    let books = Carrier::export(&world, &Party::new(Role::Insured, HANGZHOU));
    let remembers = |msgid: &str| books.log.iter().any(|row| row.cause.msgid == msgid);
    assert!(remembers(&counter.last_msgid));
    // Among themselves, people outside go on as ever.
    let inside = MemoryWorld::new(&setup(nothing(), &[]), vec![]);
    for (world, expected) in [
        (
            MemoryWorld::new(&setup(nothing(), &[NINGBO, HANGZHOU]), vec![]),
            true,
        ),
        (inside, false),
    ] {
        let mut counter = Counter::new(&world, H_HANGZHOU, PUBLIC);
        counter.now = at("2017-06-03T10:00+08:00");
        assert_eq!(
            matches!(counter.send("2201", json!({})), Said::Ok(_)),
            expected
        );
    }
}
