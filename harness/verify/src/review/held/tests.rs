//! What was said before somebody explained a row: of the run as it stood then, and told as that.

use crosswipe_domain::{Level, sha256_hex};

mod otherwise;
mod parts;
mod speaks;

use super::*;
use crate::testkit::{OTHER, at};
use crate::tests::judged;
use crate::tests::lies_of_window::swipe_by_hand;
use crate::tests::strangers::{asked_late, explained};

fn say(evidence: &mut Evidence, act: ReviewAct) {
    let said = (at("2017-06-05T08:00+08:00"), "李四", "核对过");
    let line = ReviewLine::seal(&evidence.review.lines, "tail", said, act);
    evidence.review.lines.push(line);
}

fn certified(evidence: &Evidence) -> (Judgement, String) {
    let judgement = judged(evidence);
    let certificate = crate::certificate(evidence, &judgement);
    (judgement, sha256_hex(certificate.as_bytes()))
}

fn held(evidence: &Evidence) -> ReviewHeld {
    let (judgement, certificate_sha256) = certified(evidence);
    let now = ReviewNow {
        judgement: &judgement,
        certificate_sha256: &certificate_sha256,
        by_another: false,
    };
    review_held(evidence, now)
}

fn of(held: &ReviewHeld, line: usize) -> (Held, Option<&str>) {
    (held.said[line].state, held.said[line].why)
}

/// A stranger's swipe, of which somebody speaks and which somebody signs, as of this certificate.
fn signed(certificate_sha256: Option<&str>) -> Evidence {
    let mut evidence = asked_late(swipe_by_hand(OTHER, false));
    let (judgement, own) = certified(&evidence);
    let finding = &judgement.findings[0];
    let on = Target::Finding {
        id: finding_id(finding),
        class: finding.class.clone(),
    };
    say(&mut evidence, ReviewAct::Comment { on });
    let signature = Signature {
        role: crate::SignedAs::Reviewer,
        unit: String::new(),
        certificate_sha256: certificate_sha256.unwrap_or(&own).to_owned(),
        journal_tail: evidence.journal.tail.clone(),
        verdict: judgement.verdict,
        level: Level::L4,
        open: 1,
        named: Vec::new(),
        with_findings: true,
    };
    say(&mut evidence, ReviewAct::Sign(signature));
    evidence
}

#[test]
fn a_signature_is_superseded_and_a_finding_gone_once_the_row_is_explained() {
    let evidence = signed(None);
    let before = held(&evidence);
    assert_eq!(before.state, Held::Held);
    assert_eq!(of(&before, 0), (Held::Held, None));
    assert_eq!(of(&before, 1), (Held::Held, None));

    let after = held(&explained(evidence));
    assert_eq!(after.state, Held::Held, "nothing of it is a lie");
    assert_eq!(of(&after, 0), (Held::NotChecked, Some("gone")));
    assert_eq!(of(&after, 1), (Held::NotChecked, Some("superseded")));
    assert_eq!(after.said[1].since, 1);
    assert_eq!(of(&after, 2), (Held::Held, None));
}

#[test]
fn what_was_signed_must_have_been_a_certificate_of_this_run() {
    let invented = signed(Some(&"ab".repeat(32)));
    let other = (Held::Violated, Some("other-certificate"));
    assert_eq!(of(&held(&invented), 1), other);
    assert_eq!(of(&held(&explained(invented)), 1), other);
}
