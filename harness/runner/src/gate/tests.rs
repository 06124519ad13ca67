//! 闸门测试 · Both sides of every bound of the Zhejiang window, and every reason to refuse.

use super::*;
use crosswipe_domain::{IdNumber, InstitutionCode, Money, PersonNo, PhaseKind, Public};
use rstest::rstest;

fn at(text: &str) -> Moment {
    Moment::parse(&format!("2017-{text}+08:00")).unwrap()
}

fn phase(id: &str, kind: PhaseKind, from: &str, to: Option<&str>, allow: Option<Scope>) -> Phase {
    let rule = |scope| Allow {
        business: vec![Business::Outpatient, Business::Inpatient],
        scope,
        classes: Vec::new(),
        institutions: Vec::new(),
        channels: Vec::new(),
    };
    Phase {
        id: id.to_owned(),
        kind,
        from: at(from),
        to: to.map(at),
        allow: allow.map(rule).into_iter().collect(),
        public: if kind == PhaseKind::Live {
            Public::Open
        } else {
            Public::Closed
        },
        reads: None,
        quote: String::new(),
    }
}

fn window() -> Window {
    Window {
        phases: vec![
            phase(
                "frozen",
                PhaseKind::Frozen,
                "05-31T18:00",
                Some("06-01T09:00"),
                None,
            ),
            phase(
                "joint",
                PhaseKind::Joint,
                "06-01T09:00",
                Some("06-02T09:00"),
                Some(Scope::Arranged),
            ),
            phase(
                "cross",
                PhaseKind::Verify,
                "06-02T09:00",
                Some("06-04T18:00"),
                Some(Scope::CrossRegion),
            ),
            phase("live", PhaseKind::Live, "06-04T18:00", None, None),
        ],
        margin_ms: 2 * 3600 * 1000,
        no_refund: None,
        no_self_pay: None,
        suspended: Vec::new(),
        amended: Vec::new(),
    }
}

fn persona(insured: &str, class: PersonClass, registered: bool) -> Persona {
    Persona {
        label: "p".to_owned(),
        no: PersonNo::new("99000000000000000001"),
        id_number: IdNumber::parse("999999199001010015")
            .or_else(|_| IdNumber::parse("11010519491231002X"))
            .unwrap(),
        name: "测试甲".to_owned(),
        insured: AdmDivision::parse(insured).unwrap(),
        enrolment: Default::default(),
        former: None,
        certificate: Default::default(),
        card_sn: String::new(),
        class,
        balance: Money::ZERO,
        deductible_used: Money::ZERO,
        pool_paid: Money::ZERO,
        registered,
    }
}

fn hospital(region: &str) -> Institution {
    Institution {
        code: InstitutionCode::parse(&format!("H{region}00001")).unwrap(),
        name: "测试医院".to_owned(),
        region: AdmDivision::parse(region).unwrap(),
        tier: 3,
    }
}

#[track_caller]
fn check(
    when: &str,
    infno: &str,
    insured: &str,
    treatment: &str,
    probe: bool,
    expected: Result<(), Denied>,
) {
    let persona = persona(insured, PersonClass::Employee, true);
    let institution = hospital(treatment);
    let question = Question {
        at: at(when),
        infno: &InfNo::new(infno),
        business: None,
        persona: Some(&persona),
        channel: Default::default(),
        institution: &institution,
        probe,
    };
    let arranged = [(
        AdmDivision::parse("330100").unwrap(),
        "H33020000001".to_owned(),
    )];
    assert_eq!(ask(&window(), &arranged, &question), expected);
}

#[rstest]
#[case::migration("06-01T01:00:00", Err(Denied::Window))]
#[case::a_second_before_joint("06-01T08:59:59.999", Err(Denied::Window))]
#[case::joint_opens("06-01T09:00:00", Ok(()))]
#[case::cross_opens("06-02T09:00:00", Ok(()))]
#[case::before_the_margin("06-04T15:59:59.999", Ok(()))]
#[case::margin("06-04T16:00:00", Err(Denied::Margin))]
#[case::a_second_before_live("06-04T17:59:59", Err(Denied::Margin))]
#[case::live("06-04T18:00:00", Err(Denied::Window))]
fn an_arranged_pair_is_held_to_every_bound(
    #[case] when: &str,
    #[case] expected: Result<(), Denied>,
) {
    check(when, "2207", "330100", "330200", false, expected);
}

#[rstest]
#[case::not_arranged("06-01T12:00:00", "330300", "330200", Err(Denied::Institution))]
#[case::cross("06-02T09:00:00", "330300", "330200", Ok(()))]
#[case::a_second_early("06-02T08:59:59", "330300", "330200", Err(Denied::Institution))]
#[case::a_local_swipe_never_reaches_the_platform(
    "06-03T12:00:00",
    "330200",
    "330200",
    Err(Denied::Business)
)]
fn other_pairs_wait_for_the_cross_phase(
    #[case] when: &str,
    #[case] insured: &str,
    #[case] treatment: &str,
    #[case] expected: Result<(), Denied>,
) {
    check(when, "2201", insured, treatment, false, expected);
}

#[rstest]
#[case("06-04T17:00:00", Ok(()))]
#[case("06-04T18:00:00", Err(Denied::Window))]
fn a_probe_is_exempt_from_the_margin_but_not_from_the_window(
    #[case] when: &str,
    #[case] expected: Result<(), Denied>,
) {
    check(when, "2206", "330100", "330200", true, expected);
}

#[rstest]
#[case("2208")]
#[case("2601")]
#[case("2404")]
fn compensation_is_never_refused_by_a_phase(#[case] infno: &str) {
    for when in [
        "05-30T00:00:00",
        "06-01T01:00:00",
        "06-04T23:00:00",
        "07-01T00:00:00",
    ] {
        check(when, infno, "330100", "330200", false, Ok(()));
    }
}

#[rstest]
#[case("05-31T17:59:59", Err(Denied::Window))]
#[case("05-31T18:00:00", Ok(()))]
#[case("06-05T17:59:59", Ok(()))]
#[case("06-05T18:00:00", Err(Denied::Window))]
fn reads_go_from_the_first_phase_to_a_day_after_the_last_begins(
    #[case] when: &str,
    #[case] expected: Result<(), Denied>,
) {
    check(when, "5203", "330100", "330200", false, expected);
}

#[test]
fn who_is_not_on_the_registry_is_never_swiped() {
    let institution = hospital("330200");
    let stranger = persona("330100", PersonClass::Employee, false);
    for persona in [None, Some(&stranger)] {
        let question = Question {
            at: at("06-03T12:00:00"),
            infno: &InfNo::new("2401"),
            business: None,
            persona,
            channel: Default::default(),
            institution: &institution,
            probe: false,
        };
        assert_eq!(ask(&window(), &[], &question), Err(Denied::Persona));
    }
}

#[test]
fn the_nearest_reason_is_given() {
    let mut window = window();
    window.phases[2].allow[0].classes = vec![PersonClass::Resident];
    window.phases[2].allow.push(Allow {
        business: vec![Business::Pharmacy],
        scope: Scope::Any,
        classes: Vec::new(),
        institutions: Vec::new(),
        channels: Vec::new(),
    });
    let (persona, institution) = (
        persona("330100", PersonClass::Employee, true),
        hospital("330200"),
    );
    let question = Question {
        at: at("06-03T12:00:00"),
        infno: &InfNo::new("2207"),
        business: None,
        persona: Some(&persona),
        channel: Default::default(),
        institution: &institution,
        probe: false,
    };
    assert_eq!(ask(&window, &[], &question), Err(Denied::Persona));
}

#[rstest]
#[case::a_mapping("3301")]
#[case::a_confirmation("3261")]
fn what_an_institution_keeps_of_its_own_waits_for_no_phase(#[case] infno: &str) {
    for when in ["06-01T01:00:00", "06-02T09:00:00", "06-04T18:00:00"] {
        check(when, infno, "330100", "330200", false, Ok(()));
    }
}
