//! 验收清单测试 · A line moves on with what fits it, and says what it waits for.

use rstest::rstest;

use super::*;

fn part(institution: &str, person: Option<&str>, transactions: &str) -> Part {
    Part {
        institution: institution.to_owned(),
        person: person.map(|no| (PersonNo::new(no), format!("label-{no}"))),
        transactions: transactions.split(' ').map(InfNo::new).collect(),
    }
}

fn list(parts: Vec<Part>) -> Acceptance {
    Acceptance::new(vec![Line {
        number: "1".to_owned(),
        title: "门诊".to_owned(),
        work: Work::Visits(parts),
        not_applicable: String::new(),
    }])
}

/// So many seconds after the door opened.
fn at(seconds: i64) -> Moment {
    let opened = Moment::parse("2030-03-01T09:00:00+08:00").unwrap();
    opened.plus_ms(seconds * 1_000)
}

/// `H1 P1 2207`, `H1 - 9001`; a `!` behind it is a refusal, a `?` a flaw in what was answered.
fn told(text: &str) -> Told {
    let words: Vec<&str> = text.split(' ').collect();
    let infno = words[2].trim_end_matches(['!', '?']);
    let odd = infno.len() < words[2].len();
    Told {
        institution: words[0].to_owned(),
        person: (words[1] != "-").then(|| PersonNo::new(words[1])),
        infno: infno.to_owned(),
        ok: !words[2].ends_with('!'),
        trouble: if odd { "why" } else { "" }.to_owned(),
        ..Told::default()
    }
}

#[rstest]
#[case::nothing(&[], Mark::Open, 0, "")]
#[case::half(&["H1 P1 2201", "H1 P1 2204"], Mark::Open, 2, "")]
#[case::whole(&["H1 P1 2201", "H1 P1 2204", "H1 P1 2207"], Mark::Passed, 3, "")]
#[case::others_between(&["H1 P1 2201", "H1 P1 5201", "H1 P1 2204", "H1 P1 2206", "H1 P1 2207"], Mark::Passed, 3, "")]
#[case::out_of_order(&["H1 P1 2204", "H1 P1 2201", "H1 P1 2207"], Mark::Open, 1, "")]
#[case::two_halves_are_no_whole(&["H1 P1 2201", "H1 P1 2204", "H1 P2 2207"], Mark::Open, 2, "")]
#[case::two_places_are_no_whole(&["H1 P1 2201", "H1 P1 2204", "H2 P1 2207"], Mark::Open, 2, "")]
#[case::refused(&["H1 P1 2201", "H1 P1 2204!"], Mark::Failed, 1, "2204: why")]
#[case::refused_and_mended(&["H1 P1 2201", "H1 P1 2204!", "H1 P1 2204", "H1 P1 2207"], Mark::Passed, 3, "")]
#[case::flawed(&["H1 P1 2201", "H1 P1 2204?", "H1 P1 2207"], Mark::Failed, 3, "2204: why")]
#[case::flawed_and_once_more(
    &["H1 P1 2201", "H1 P1 2204?", "H1 P1 2207", "H1 P1 2201", "H1 P1 2204", "H1 P1 2207"], Mark::Passed, 3, "")]
#[case::passed_stays(&["H1 P1 2201", "H1 P1 2204", "H1 P1 2207", "H1 P1 2201", "H1 P1 2204!"], Mark::Passed, 3, "")]
#[case::begun_anew(&["H1 P1 2201", "H1 P1 2201", "H1 P1 2204", "H1 P1 2207"], Mark::Passed, 3, "")]
fn a_line_moves_on_with_what_fits_it(
    #[case] messages: &[&str],
    #[case] mark: Mark,
    #[case] done: usize,
    #[case] why: &str,
) {
    let mut list = list(vec![part("", None, "2201 2204 2207A")]);
    messages
        .iter()
        .for_each(|text| list.take(at(0), &told(text)));
    let [one] = &list.standings(at(0))[..] else {
        panic!("one line")
    };
    assert_eq!((one.mark, one.done, one.why.as_str()), (mark, done, why));
    assert_eq!(one.of, 3);
    assert_eq!(one.missing.is_empty(), done == 3);
}

#[test]
fn a_sign_in_is_everybodys_at_its_institution() {
    let mut list = list(vec![part("", None, "9001 1101 9002")]);
    for text in ["H1 - 9001", "H2 P2 1101", "H1 P1 1101", "H2 - 9002"] {
        list.take(at(0), &told(text));
    }
    assert_eq!(list.standings(at(0))[0].mark, Mark::Open);
    list.take(at(0), &told("H1 - 9002"));
    assert_eq!(list.standings(at(0))[0].mark, Mark::Passed);
}

#[test]
fn a_line_of_two_persons_says_which_half_is_open() {
    let mut list = list(vec![
        part("H1", Some("P1"), "2201 2207"),
        part("H2", Some("P2"), "2201 2207"),
    ]);
    for text in ["H1 P1 2201", "H1 P1 2207", "H1 P2 2201", "H2 P2 2201"] {
        list.take(at(0), &told(text));
    }
    let one = list.standings(at(0)).remove(0);
    assert_eq!((one.mark, one.done, one.of), (Mark::Open, 3, 4));
    assert_eq!(one.missing, ["label-P2 H2: 2207"]);
    assert!(!format!("{one:?}").contains("\"P2\""), "{one:?}");
}

#[test]
fn what_does_not_apply_stays_so_with_its_reason() {
    let mut list = Acceptance::new(vec![Line {
        number: "2".to_owned(),
        title: "药店".to_owned(),
        work: Work::Visits(vec![part("", None, "2102")]),
        not_applicable: "没有药店".to_owned(),
    }]);
    list.take(at(0), &told("H1 P1 2102"));
    let one = list.standings(at(0)).remove(0);
    assert_eq!(
        (one.mark, one.why.as_str()),
        (Mark::NotApplicable, "没有药店")
    );
}
