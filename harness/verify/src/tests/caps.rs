//! 上限之试 · Runs against real systems whose journals show more, or no more, than their plans cap.

use crosswipe_domain::{Caps, Money};
use crosswipe_journal::Payload;
use rstest::rstest;

use crate::evidence::Evidence;
use crate::judgement::Verdict;
use crate::testkit::two_persons;
use crate::tests::{classes, judged, told};

/// Three settlements of 100.00 each, in a run of this transport, under these caps.
fn run(transport: &str, caps: Option<(u32, i64)>, sums: [Option<i64>; 3]) -> Evidence {
    let mut evidence = two_persons(&mut |_| {});
    let mut sums = sums.into_iter();
    for record in &mut evidence.records {
        match &mut record.payload {
            Payload::Run(header) => {
                header.transport = transport.to_owned();
                header.plan.caps = caps.map(|(settlements, fen)| Caps {
                    settlements,
                    amount: Money::from_fen(fen),
                });
            }
            Payload::Intent(intent) if intent.infno.settles() => {
                let sum = sums.next().expect("three settlements");
                let sum = sum.map(|fen| ("medfee_sumamt".to_owned(), Money::from_fen(fen)));
                intent.amounts = sum.into_iter().collect();
            }
            _ => {}
        }
    }
    assert!(
        sums.next().is_none(),
        "fewer settlements than this test counts"
    );
    evidence
}

const ALL: [Option<i64>; 3] = [Some(10_000); 3];

#[rstest]
#[case::at_both_bounds("live", Some((3, 30_000)), None)]
#[case::one_too_many("live", Some((2, 30_000)), Some(("≤ 2 settlements", "3")))]
#[case::two_too_many("live", Some((1, 30_000)), Some(("≤ 1 settlements", "2")))]
#[case::one_fen_too_much("live", Some((3, 29_999)), Some(("299.99", "300.00")))]
#[case::both("live", Some((2, 25_000)), Some(("≤ 2 settlements", "3")))]
#[case::mock_parties("http", Some((1, 1)), None)]
#[case::no_caps("live", None, None)]
fn a_run_that_passes_its_caps_is_violated(
    #[case] transport: &str,
    #[case] caps: Option<(u32, i64)>,
    #[case] expected: Option<(&str, &str)>,
) {
    let judgement = judged(&run(transport, caps, ALL));
    let found: Vec<(&str, &str)> = judgement
        .findings
        .iter()
        .map(|one| (one.expected.as_str(), one.actual.as_str()))
        .collect();
    assert_eq!(found, Vec::from_iter(expected), "{}", told(&judgement));
    if expected.is_some() {
        assert_eq!(classes(&judgement), ["gate:cap"]);
        assert_eq!(judgement.verdict, Verdict::Violated);
        let one = &judgement.findings[0];
        assert!(one.txid.is_some() && one.case.is_some() && !one.uncertain);
    }
}

/// However it ended: nobody knows whether an unknown one has booked, and a resend under its number is the same one.
#[test]
fn what_went_out_counts_once_however_it_ended() {
    let mut evidence = run("live", Some((3, 30_000)), ALL);
    let again = evidence.records.iter().find(
        |record| matches!(&record.payload, Payload::Intent(intent) if intent.infno.settles()),
    );
    let again = again.expect("a settlement").clone();
    let place = evidence.records.len() - 2;
    evidence.records.insert(place, again);
    let judgement = judged(&evidence);
    assert!(!classes(&judgement).contains(&"gate:cap".to_owned()));
    let mut unknown = run("live", Some((2, 30_000)), ALL);
    for record in &mut unknown.records {
        if let Payload::Outcome(ended) = &mut record.payload {
            ended.outcome = crosswipe_domain::Outcome::Unknown { why: "cut".into() };
        }
    }
    assert!(classes(&judged(&unknown)).contains(&"gate:cap".to_owned()));
}

/// A settlement whose sum the journal does not have may have passed the cap: not clean, and no certain breach.
#[test]
fn a_sum_that_nobody_knows_is_never_within_the_cap() {
    let sums = [Some(10_000), None, Some(10_000)];
    let judgement = judged(&run("live", Some((3, 30_000)), sums));
    let unsure: Vec<bool> = judgement
        .findings
        .iter()
        .filter(|one| one.class.as_str() == "gate:cap")
        .map(|one| one.uncertain)
        .collect();
    assert_eq!(unsure, [true], "{}", told(&judgement));
    assert_eq!(judgement.verdict, Verdict::Indeterminate);
}
