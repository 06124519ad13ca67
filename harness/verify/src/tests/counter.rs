//! 窗口办理 · Cases that undo by themselves: they are looked at more than once, and may undo a part.

use crosswipe_domain::InfNo;
use crosswipe_journal::{Payload, Purpose, UndoPlan};
use rstest::rstest;

use super::{classes, judged, told};
use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict;
use crate::testkit::{History, PERSON, hub, path, plan};

fn cancelled_by(infno: &str) -> UndoPlan {
    UndoPlan::Cancel {
        infno: InfNo::new(infno),
    }
}

/// A visit that is looked at before it is settled and after it; the hub books the settlement in time or too late.
fn settled_after_a_look(in_time: bool) -> Evidence {
    let honest = &mut |_: &mut crate::testkit::Group| {};
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let visit = history.step("a", "2201", PERSON, cancelled_by("2202"), honest);
    let txid = visit.txid.clone();
    let diagnosis = history.step("a", "2203", PERSON, UndoPlan::With { txid }, honest);
    let line = history.step("a", "2204", PERSON, cancelled_by("2205"), honest);
    history.look("a");
    let purpose = Purpose::Business;
    let settlement = history.intent("a", "2207", "2207", PERSON, purpose, cancelled_by("2208"));
    for party in path().iter().rev() {
        if in_time || *party != hub() {
            history.book(&settlement, party, honest);
        }
    }
    history.ok(
        &settlement,
        &[("mdtrt_id", "M-a"), ("setl_id", "S-a")],
        &[("medfee_sumamt", 10_000)],
    );
    history.look("a");
    if !in_time {
        history.book(&settlement, &hub(), honest);
    }
    history.unswipe(&[visit, diagnosis, line, settlement], honest);
    history.close();
    history.evidence
}

/// What was answered after the first look is held against the next one, however equal all end.
#[rstest]
#[case::booked_in_time(true, &[])]
#[case::booked_too_late(false, &["one-sided:hub"])]
fn what_was_answered_after_a_look_is_compared_at_the_next(
    #[case] in_time: bool,
    #[case] expected: &[&str],
) {
    let judgement = judged(&settled_after_a_look(in_time));
    assert_eq!(classes(&judgement), expected, "{}", told(&judgement));
    let clean = judgement.verdict == Verdict::Clean;
    assert_eq!(clean, in_time);
}

/// An undo that took a part and was answered ok has not undone the whole.
#[rstest]
#[case::the_whole(false)]
#[case::a_part(true)]
fn a_part_that_was_answered_ok_confirms_no_undo(#[case] part: bool) {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    let comp = history.compensation(&swipe[2], "2205");
    if let Some(Payload::CompIntent(written)) = history
        .evidence
        .records
        .last_mut()
        .map(|record| &mut record.payload)
    {
        written.part = part;
    }
    history.undone(&comp);
    history.close();
    let judgement = judged(&history.evidence);
    let lines = judgement
        .transactions
        .iter()
        .find(|one| one.infno.base() == "2204")
        .unwrap();
    assert_eq!(lines.reversed_by, (!part).then_some(comp.msgid));
}
