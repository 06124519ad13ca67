//! Whether a line of the review speaks of this run as it stands: every target and signature, by this judge and another.

use crosswipe_domain::{FindingClass, Rule};
use rstest::rstest;

use super::otherwise::{Went, case, run, txid};
use super::*;
use crate::draft::finding;

const CERTIFICATE: &str = "the certificate";

/// A run in which case `a` failed, case `planned` never began and one finding stands, of which all this is said.
fn told(acts: impl IntoIterator<Item = ReviewAct>, by_another: bool) -> ReviewHeld {
    let (mut evidence, mut judgement) = run(Went::Ended(CaseResult::Failed));
    judgement.findings = vec![finding(Rule::R12, "gate:window")];
    for act in acts {
        say(&mut evidence, act);
    }
    let now = ReviewNow {
        judgement: &judgement,
        certificate_sha256: CERTIFICATE,
        by_another,
    };
    review_held(&evidence, now)
}

fn one(act: ReviewAct, by_another: bool) -> (Held, Option<&'static str>) {
    let held = told([act], by_another);
    let said = &held.said[0];
    let whole = match (said.state, by_another) {
        (Held::Violated, _) => Held::Violated,
        (_, true) => Held::NotChecked,
        (_, false) => Held::Held,
    };
    assert_eq!(held.state, whole, "the review as a whole");
    assert_eq!(held.defects, []);
    (said.state, said.why)
}

fn found(of: &str, class: &str) -> Target {
    Target::Finding {
        id: finding_id(&finding(Rule::R12, of)),
        class: FindingClass::new(class),
    }
}

type Answer = (Held, Option<&'static str>);
const HELD: Answer = (Held::Held, None);
const ANOTHER: Answer = (Held::NotChecked, Some("another-judge"));

fn no(why: &'static str) -> Answer {
    (Held::Violated, Some(why))
}

/// Cases stand in the journal, whoever judges; findings and transactions are a judge's, and another one's may differ.
#[rstest]
#[case::run(Target::Run, HELD, HELD)]
#[case::case_that_began(Target::Case(case("a")), HELD, HELD)]
#[case::case_that_is_planned(Target::Case(case("planned")), HELD, HELD)]
#[case::no_case(Target::Case(case("b")), no("no-such-case"), no("no-such-case"))]
#[case::transaction(Target::Transaction(txid("a/2207")), HELD, HELD)]
#[case::no_transaction(
    Target::Transaction(txid("a/2304")),
    no("no-such-transaction"),
    ANOTHER
)]
#[case::finding(found("gate:window", "gate:window"), HELD, HELD)]
#[case::finding_by_a_wrong_name(
    found("gate:window", "gate:persona"),
    no("no-such-finding"),
    ANOTHER
)]
#[case::no_finding(found("gate:persona", "gate:persona"), no("no-such-finding"), ANOTHER)]
#[case::class_of_one_id_of_none(
    found("gate:persona", "gate:window"),
    no("no-such-finding"),
    ANOTHER
)]
fn what_is_spoken_of_is_in_this_run(
    #[case] on: Target,
    #[case] by_this: Answer,
    #[case] by_another: Answer,
) {
    let comment = || ReviewAct::Comment { on: on.clone() };
    assert_eq!(one(comment(), false), by_this);
    assert_eq!(one(comment(), true), by_another);
}

#[rstest]
#[case::of_a_case(Target::Case(case("a")), "failed", "passed", HELD, HELD)]
#[case::was_otherwise(
    Target::Case(case("a")),
    "error",
    "passed",
    no("was-otherwise"),
    ANOTHER
)]
#[case::says_the_same(Target::Case(case("a")), "failed", "failed", no("may-not-be"), ANOTHER)]
#[case::never_ran(
    Target::Case(case("planned")),
    "skipped",
    "passed",
    no("may-not-be"),
    ANOTHER
)]
#[case::no_case(
    Target::Case(case("b")),
    "failed",
    "passed",
    no("no-such-case"),
    no("no-such-case")
)]
#[case::of_a_finding(found("gate:window", "gate:window"), "S1", "accepted", HELD, HELD)]
#[case::of_another_severity(
    found("gate:window", "gate:window"),
    "S2",
    "accepted",
    no("was-otherwise"),
    ANOTHER
)]
#[case::no_finding(
    found("gate:persona", "gate:persona"),
    "S1",
    "accepted",
    no("no-such-finding"),
    ANOTHER
)]
#[case::of_the_run(Target::Run, "violated", "clean", no("may-not-be"), ANOTHER)]
#[case::of_a_transaction(
    Target::Transaction(txid("a/2207")),
    "open",
    "closed",
    no("may-not-be"),
    ANOTHER
)]
fn an_override_holds_where_it_may_be_given_and_the_run_says_what_it_was(
    #[case] on: Target,
    #[case] was: &str,
    #[case] says: &str,
    #[case] by_this: Answer,
    #[case] by_another: Answer,
) {
    let act = || ReviewAct::Override {
        on: on.clone(),
        was: was.to_owned(),
        says: says.to_owned(),
    };
    assert_eq!(one(act(), false), by_this);
    assert_eq!(one(act(), true), by_another);
    // Only what speaks of this run is counted where findings and cases are told.
    let held = told([act()], false);
    let (line, taken) = held.overridden(on.kind(), on.id()).unzip();
    assert_eq!(taken, (by_this == HELD).then_some(says));
    assert_eq!(line, (by_this == HELD).then(|| &held.said[0].line));
    assert_eq!(held.overridden("other", on.id()), None);
    assert_eq!(held.overridden(on.kind(), "other"), None);
}

#[test]
fn of_several_overrides_the_last_one_counts() {
    let takes = |id: &str, says: &str| ReviewAct::Override {
        on: Target::Case(case(id)),
        was: if id == "a" { "failed" } else { "skipped" }.into(),
        says: says.into(),
    };
    let comment = ReviewAct::Comment {
        on: Target::Case(case("a")),
    };
    let held = told(
        [
            takes("a", "passed"),
            takes("a", "waived"),
            takes("planned", "failed"),
            comment,
        ],
        false,
    );
    let says = |id: &str| held.overridden("case", id).map(|(_, says)| says);
    assert_eq!(
        (says("a"), says("planned")),
        (Some("waived"), Some("failed"))
    );
    let last = held.said.last().unwrap();
    assert_eq!(held.tail(), Some(last.line.sha256.as_str()));
    let since = held.since(3);
    assert_eq!(since.said.as_slice(), std::slice::from_ref(last));
    assert_eq!(since.state, held.state);
    assert_eq!(held.since(4).tail(), None, "nothing was said since");
}

/// Tail, certificate and verdict as they are now or not; then by this judge and by another.
#[rstest]
#[case::all_of_it(true, true, Verdict::Clean, HELD, HELD)]
#[case::another_verdict(true, true, Verdict::Violated, no("other-certificate"), ANOTHER)]
#[case::another_certificate(true, false, Verdict::Clean, no("other-certificate"), ANOTHER)]
#[case::another_run(
    false,
    true,
    Verdict::Clean,
    no("other-certificate"),
    no("other-certificate")
)]
#[case::nothing_of_it(
    false,
    false,
    Verdict::Clean,
    no("other-certificate"),
    no("other-certificate")
)]
fn a_signature_is_of_this_certificate_of_this_run(
    #[case] tail: bool,
    #[case] certificate: bool,
    #[case] verdict: Verdict,
    #[case] by_this: Answer,
    #[case] by_another: Answer,
) {
    assert_eq!(one(signs(tail, certificate, verdict), false), by_this);
    assert_eq!(one(signs(tail, certificate, verdict), true), by_another);
}

fn signs(tail: bool, certificate: bool, verdict: Verdict) -> ReviewAct {
    let journal_tail = match tail {
        true => crate::testkit::clean().journal.tail,
        false => "another run's".to_owned(),
    };
    ReviewAct::Sign(Signature {
        role: crate::SignedAs::Head,
        unit: String::new(),
        certificate_sha256: if certificate { CERTIFICATE } else { "none" }.to_owned(),
        journal_tail,
        verdict,
        level: Level::L4,
        open: 0,
        named: Vec::new(),
        with_findings: false,
    })
}

/// Who signed did not know of it; that others signed too is nothing to know of.
#[test]
fn what_was_said_after_a_signature_is_counted_and_other_signatures_are_not() {
    let comment = || ReviewAct::Comment { on: Target::Run };
    let sign = || signs(true, true, Verdict::Clean);
    let held = told(
        [comment(), sign(), comment(), sign(), comment(), sign()],
        false,
    );
    let said: Vec<_> = held
        .said
        .iter()
        .map(|one| (one.state, one.why, one.since))
        .collect();
    let spoken = (Held::Held, None, 0);
    let since = |count| (Held::Held, Some("said-since"), count);
    assert_eq!(
        said,
        [
            spoken,
            since(2),
            spoken,
            since(1),
            spoken,
            (Held::Held, None, 0)
        ]
    );
    assert_eq!(held.state, Held::Held);
}

/// A certificate of before an explanation, and a verdict that it never bore.
#[test]
fn what_is_superseded_was_at_least_signed_as_it_stood() {
    let mut evidence = signed(None);
    let ReviewAct::Sign(signature) = &mut evidence.review.lines[1].act else {
        unreachable!("the second line signs");
    };
    signature.verdict = Verdict::Clean;
    assert_eq!(of(&held(&explained(evidence)), 1), no("other-certificate"));
}

#[test]
fn each_explanation_is_told_by_what_it_covers_itself() {
    let evidence = explained(asked_late(swipe_by_hand(OTHER, true)));
    assert_eq!(evidence.review.lines.len(), 2);
    let all = held(&evidence);
    assert_eq!([of(&all, 0), of(&all, 1)], [HELD; 2]);
    for bent in [0, 1] {
        let mut evidence = evidence.clone();
        let ReviewAct::ExplainForeign(said) = &mut evidence.review.lines[bent].act else {
            unreachable!("both explain");
        };
        said.rows_sha256 = "00".repeat(32);
        let told = held(&evidence);
        let nothing = (Held::NotChecked, Some("covers-nothing"));
        assert_eq!((of(&told, bent), of(&told, 1 - bent)), (nothing, HELD));
    }
}

#[test]
fn a_broken_chain_is_violated_whatever_its_lines_say() {
    let (mut evidence, judgement) = run(Went::Planned);
    say(&mut evidence, ReviewAct::Comment { on: Target::Run });
    for by_another in [false, true] {
        let now = |judgement| ReviewNow {
            judgement,
            certificate_sha256: CERTIFICATE,
            by_another,
        };
        let mut empty = evidence.clone();
        empty.review = Review::default();
        assert_eq!(review_held(&empty, now(&judgement)), ReviewHeld::default());
        let mut broken = evidence.clone();
        broken.review.defect = Some((2, "hash differs"));
        let told = review_held(&broken, now(&judgement));
        assert_eq!((told.state, of(&told, 0)), (Held::Violated, HELD));
        let defect = ReviewDefect {
            part: None,
            line: 2,
            why: "hash differs",
        };
        assert_eq!(told.defects, [defect]);
    }
}
