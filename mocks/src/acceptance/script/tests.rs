//! 候办测试 · One thing at a time, each in its time; silence passes nothing, and what comes late is said to have come.

use std::sync::Arc;

use rstest::rstest;

use super::super::{Acceptance, Line, Work};
use super::*;

fn at(seconds: i64) -> Moment {
    let opened = Moment::parse("2030-03-01T09:00:00+08:00").unwrap();
    opened.plus_ms(seconds * 1_000)
}

fn tell(step: &str) -> Cue {
    Cue::Tell {
        step: step.to_owned(),
        zh: "刷卡".to_owned(),
        en: "swipe".to_owned(),
        within_ms: None,
    }
}

/// Whoever is `P1`, at `H1`, within a minute; what is refused is not what was expected.
fn wait(step: &str, infno: &str) -> Cue {
    let judge = |told: &Told| {
        vec![Held {
            step: "judged".to_owned(),
            what: "outcome".to_owned(),
            expected: "ok".to_owned(),
            actual: if told.ok { "ok" } else { "refused" }.to_owned(),
            held: told.ok,
        }]
    };
    Cue::Await {
        step: step.to_owned(),
        infno: InfNo::new(infno),
        institution: "H1".to_owned(),
        person: Some((
            vec![PersonNo::new("P1"), PersonNo::new("ID1")],
            "one".to_owned(),
        )),
        within_ms: 60_000,
        judge: Judge(Arc::new(judge)),
    }
}

fn list(scripts: Vec<Vec<Cue>>) -> Acceptance {
    let lines = scripts.into_iter().enumerate().map(|(number, cues)| Line {
        number: (number + 1).to_string(),
        title: String::new(),
        work: Work::Script(cues),
        not_applicable: String::new(),
    });
    Acceptance::new(lines.collect())
}

/// `H1 P1 2207`, a `!` behind it is a refusal, a `?` a flaw.
fn told(text: &str) -> Told {
    let words: Vec<&str> = text.split(' ').collect();
    Told {
        institution: words[0].to_owned(),
        names: vec![PersonNo::new(words[1])],
        infno: words[2].trim_end_matches(['!', '?']).to_owned(),
        ok: !text.ends_with('!'),
        trouble: if text.ends_with('?') { "odd" } else { "" }.to_owned(),
        ..Told::default()
    }
}

#[rstest]
#[case::nothing(&[], Mark::Open, 0)]
#[case::in_time(&[(30, "H1 P1 2207"), (80, "H1 P1 2208")], Mark::Passed, 2)]
#[case::each_wait_has_its_own_minute(&[(59, "H1 P1 2207"), (118, "H1 P1 2208")], Mark::Passed, 2)]
#[case::at_the_last_moment(&[(60, "H1 P1 2207")], Mark::Open, 1)]
#[case::by_the_number_of_a_paper(&[(1, "H1 ID1 2207"), (2, "H1 P1 2208")], Mark::Passed, 2)]
#[case::another_person(&[(1, "H1 P2 2207")], Mark::Open, 0)]
#[case::another_place(&[(1, "H2 P1 2207")], Mark::Open, 0)]
#[case::out_of_order(&[(1, "H1 P1 2208"), (2, "H1 P1 2207")], Mark::Open, 1)]
#[case::refused(&[(1, "H1 P1 2207!")], Mark::Failed, 0)]
#[case::refused_and_mended(&[(1, "H1 P1 2207!"), (2, "H1 P1 2207"), (3, "H1 P1 2208")], Mark::Passed, 2)]
#[case::mended_too_late(&[(1, "H1 P1 2207!"), (61, "H1 P1 2207")], Mark::Failed, 0)]
#[case::flawed(&[(1, "H1 P1 2207?"), (2, "H1 P1 2208")], Mark::Failed, 2)]
#[case::too_late(&[(61, "H1 P1 2207"), (62, "H1 P1 2208")], Mark::Failed, 0)]
#[case::the_second_too_late(&[(1, "H1 P1 2207"), (62, "H1 P1 2208")], Mark::Failed, 1)]
fn what_is_awaited_has_to_come_in_its_time(
    #[case] messages: &[(i64, &str)],
    #[case] mark: Mark,
    #[case] done: usize,
) {
    let mut list = list(vec![vec![wait("a", "2207"), wait("b", "2208")]]);
    list.tick(at(0));
    for (second, text) in messages {
        list.take(at(*second), &told(text));
    }
    let last = messages.last().map_or(0, |(second, _)| *second);
    let one = list.standings(at(last)).remove(0);
    assert_eq!((one.mark, one.done, one.of), (mark, done, 2), "{one:?}");
    assert_eq!(
        one.held.iter().all(|held| held.held),
        mark != Mark::Failed || !one.why.contains("expected")
    );
}

#[test]
fn who_waits_in_vain_fails_by_the_clock_alone_and_what_comes_late_is_told() {
    let mut list = list(vec![vec![wait("a", "2207")], vec![wait("a", "2207")]]);
    assert_eq!(
        list.standings(at(0))[0].missing,
        ["2207 one H1 ≤ 1 min (还有 left 1 min)"]
    );
    assert_eq!(list.asks(at(60)).len(), 1);
    let silent = list.standings(at(61));
    assert_eq!((silent[0].mark, silent[1].mark), (Mark::Failed, Mark::Open));
    assert!(
        silent[0].why.contains("not in time: 2207 one H1"),
        "{silent:?}"
    );
    assert!(!silent[0].held[0].held && silent[0].held[0].actual == "-");
    // The next one waits now, and is served first; only a second message is the first one's, and late.
    list.take(at(70), &told("H1 P1 2207"));
    let served = list.standings(at(70));
    assert_eq!(
        (served[0].mark, served[1].mark),
        (Mark::Failed, Mark::Passed)
    );
    list.take(at(75), &told("H1 P1 2207"));
    let late = list.standings(at(75)).remove(0);
    assert_eq!(late.mark, Mark::Failed);
    assert_eq!(
        (late.held[0].actual.as_str(), late.held[0].held),
        ("2207 1 min 15 s", false)
    );
}

/// The answer may take longer than the wait: what counts is when the message came.
#[test]
fn a_slow_answer_makes_no_message_late() {
    let mut list = list(vec![vec![wait("a", "2207")]]);
    list.tick(at(0));
    assert_eq!(list.standings(at(65))[0].mark, Mark::Failed);
    list.take(at(59), &told("H1 P1 2207"));
    assert_eq!(list.standings(at(65))[0].mark, Mark::Passed);
}

#[test]
fn without_anybody_a_persons_step_is_never_done() {
    let mut list = list(vec![vec![tell("do"), wait("a", "2207"), tell("sign")]]);
    let [(line, _, Cue::Tell { .. })] = &list.asks(at(0))[..] else {
        panic!("a person is asked")
    };
    assert_eq!(line, "1");
    let later = list.standings(at(100_000)).remove(0);
    assert_eq!(
        (later.mark, later.done, later.confirm),
        (Mark::Open, 0, true)
    );
    assert_eq!(
        list.confirm(at(100_000), Some("2"), "page"),
        None,
        "nobody asked there"
    );
    assert_eq!(
        list.confirm(at(100_000), Some("1"), "page").as_deref(),
        Some("1")
    );
    assert_eq!(
        list.confirm(at(100_000), None, "enter"),
        None,
        "it waits for a message now"
    );
    list.take(at(100_030), &told("H1 P1 2207"));
    let half = list.standings(at(100_030)).remove(0);
    assert_eq!(
        (half.mark, half.done),
        (Mark::Open, 2),
        "the last step is a person's"
    );
    list.confirm(at(100_040), None, "enter").unwrap();
    let whole = list.standings(at(100_040)).remove(0);
    assert_eq!(whole.mark, Mark::Passed);
    let by: Vec<&str> = (whole.held.iter())
        .filter(|held| held.what == "done")
        .map(|held| held.actual.as_str())
        .collect();
    assert_eq!(by, ["page", "enter"]);
}

#[test]
fn the_message_that_follows_shows_that_a_person_did_it() {
    let mut list = list(vec![
        vec![tell("do"), wait("a", "2207")],
        vec![tell("do"), wait("a", "2207")],
    ]);
    list.tick(at(0));
    list.take(at(500), &told("H1 P1 2207"));
    let both = list.standings(at(500));
    assert_eq!((both[0].mark, both[1].mark), (Mark::Passed, Mark::Open));
    assert_eq!(
        (
            both[0].held[0].what.as_str(),
            both[0].held[0].actual.as_str()
        ),
        ("done", "2207")
    );
    assert_eq!(
        both[1].done, 0,
        "nobody was told the second yet when it came"
    );
}

#[test]
fn a_persons_step_may_have_its_time_too() {
    let cue = Cue::Tell {
        step: "do".to_owned(),
        zh: "刷卡".to_owned(),
        en: "swipe".to_owned(),
        within_ms: Some(10_000),
    };
    let mut list = list(vec![vec![cue, wait("a", "2207")]]);
    list.tick(at(0));
    assert_eq!(list.confirm(at(11), None, "enter"), None);
    assert_eq!(list.standings(at(11))[0].mark, Mark::Failed);
}
