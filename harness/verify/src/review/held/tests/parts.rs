//! Reviews of several runs as they stand in one report.

use rstest::rstest;

use super::*;

/// A review of a run by this name: nothing said, or one line of its own in this state.
fn part(run: &str, state: Option<Held>) -> (RunId, ReviewHeld) {
    let mut evidence = Evidence::default();
    say(&mut evidence, ReviewAct::Comment { on: Target::Run });
    evidence.review.lines[0].by = run.to_owned();
    let review = state.map(|state| ReviewHeld {
        state,
        said: vec![Said {
            line: evidence.review.lines[0].clone(),
            part: None,
            state,
            why: None,
            since: 0,
        }],
        defects: (state == Held::Violated)
            .then_some(ReviewDefect {
                part: None,
                line: 2,
                why: "hash differs",
            })
            .into_iter()
            .collect(),
    });
    (RunId::parse(run).unwrap(), review.unwrap_or_default())
}

const HELD: Option<Held> = Some(Held::Held);
const VIOLATED: Option<Held> = Some(Held::Violated);
const OPEN: Option<Held> = Some(Held::NotChecked);

#[rstest]
#[case::none(&[], Held::NotChecked)]
#[case::nobody_said_anything(&[None, None], Held::NotChecked)]
#[case::one(&[HELD], Held::Held)]
#[case::all(&[HELD, HELD], Held::Held)]
#[case::silence_takes_nothing_away(&[None, HELD, None], Held::Held)]
#[case::one_not_checked(&[HELD, OPEN, HELD], Held::NotChecked)]
#[case::one_violated(&[HELD, VIOLATED], Held::Violated)]
#[case::the_worst_first(&[VIOLATED, OPEN, HELD], Held::Violated)]
#[case::the_worst_last(&[OPEN, HELD, VIOLATED], Held::Violated)]
fn the_worst_of_them_is_the_state_and_each_line_keeps_its_run(
    #[case] states: &[Option<Held>],
    #[case] whole: Held,
) {
    let parts = || {
        let named = states.iter().zip(["run-1", "run-2", "run-3"]);
        named.map(|(state, run)| part(run, *state))
    };
    let put = ReviewHeld::of_parts(parts());
    assert_eq!(put.state, whole);
    let said = |run: &ReviewHeld| -> Vec<(String, String)> {
        let lines = run.said.iter();
        let name = |said: &Said| said.part.as_ref().unwrap().to_string();
        lines
            .map(|said| (name(said), said.line.by.clone()))
            .collect()
    };
    let spoken = parts().filter(|(_, review)| !review.said.is_empty());
    let expected: Vec<_> = spoken
        .map(|(run, _)| (run.to_string(), run.to_string()))
        .collect();
    assert_eq!(said(&put), expected);
    let broken: Vec<String> = put
        .defects
        .iter()
        .map(|defect| defect.part.as_ref().unwrap().to_string())
        .collect();
    let violated = parts().filter(|(_, review)| review.state == Held::Violated);
    let violated: Vec<String> = violated.map(|(run, _)| run.to_string()).collect();
    assert_eq!(broken, violated);
    assert_eq!(put.tail(), None, "several chains have no one end");
    let backwards: Vec<_> = parts().collect();
    let backwards = ReviewHeld::of_parts(backwards.into_iter().rev());
    assert_eq!(backwards, put, "however they were put together");
}
