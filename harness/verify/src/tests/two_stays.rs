//! 两次住院 · One cancellation of a stay's fee lines (2302, `0000`) takes all its uploads, and those of no other stay.
//!
//! Why so: a hospital uploads day by day and withdraws at once. So an undo may negate what other messages booked: of the
//! same stay and by uploads alone. What reaches into another stay of the person is somebody else's undo.

use crosswipe_domain::{Business, InfNo, Party};
use crosswipe_journal::{Intent, Payload, Purpose, UndoPlan};
use rstest::rstest;

use super::{classes, judged, told};
use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict;
use crate::testkit::{Group, History, PERSON, path, plan};

fn honest(_: &mut Group) {}

/// A message of a stay that is cancelled by another, booked by all.
fn sent(history: &mut History, case: &str, step: &str, infno: &str, cancel: &str) -> Intent {
    let undo = UndoPlan::Cancel {
        infno: InfNo::new(cancel),
    };
    let intent = history.intent(case, step, infno, PERSON, Purpose::Business, undo);
    for party in path().iter().rev() {
        history.book(&intent, party, &mut honest);
    }
    history.ok(&intent, &[("mdtrt_id", &format!("M-{case}"))], &[]);
    intent
}

/// Withdraws an upload and with it others, naming this visit.
fn withdrawn(
    history: &mut History,
    infno: &str,
    upload: &Intent,
    also: &[&Intent],
    visit: Option<&str>,
) {
    let comp = history.compensation(upload, infno);
    let written = history.evidence.records.last_mut();
    if let Some(Payload::CompIntent(written)) = written.map(|record| &mut record.payload) {
        let ids = visit.map(|visit| ("mdtrt_id".to_owned(), visit.to_owned()));
        written.ids = ids.into_iter().collect();
    }
    let all: Vec<Party> = path();
    for party in all.iter().rev() {
        history.book_undo(&comp, party, also, &mut honest);
    }
    history.undone(&comp);
}

/// Who is withdrawn by the second upload of the first stay.
#[derive(Clone, Copy)]
enum Takes {
    ItsStay,
    AnotherStay,
    AnAdmission,
}

fn two_stays(infno: &str, takes: Takes, visit: Option<&str>) -> Evidence {
    let mut plan = plan();
    for phase in &mut plan.window.phases {
        for allow in &mut phase.allow {
            allow.business.push(Business::Inpatient);
        }
    }
    let mut history = History::begin(plan);
    history.export(Instant::T0);
    let admission = sent(&mut history, "a", "in", "2401", "2404");
    let first = sent(&mut history, "a", "day-1", "2301", "2302");
    let second = sent(&mut history, "a", "day-2", "2301", "2302");
    let other_admission = sent(&mut history, "b", "in", "2401", "2404");
    let other = sent(&mut history, "b", "day-1", "2301", "2302");
    history.look("a");
    history.look("b");
    let (also, rest): (&Intent, Option<&Intent>) = match takes {
        Takes::ItsStay => (&first, Some(&other)),
        Takes::AnotherStay => (&other, Some(&first)),
        Takes::AnAdmission => (&admission, None),
    };
    withdrawn(&mut history, infno, &second, &[also], visit);
    if let Some(rest) = rest {
        let of = format!("M-{}", rest.case);
        withdrawn(&mut history, "2302", rest, &[], Some(&of));
    } else {
        withdrawn(&mut history, "2302", &other, &[], Some("M-b"));
        withdrawn(&mut history, "2302", &first, &[], Some("M-a"));
    }
    history.undo(&other_admission, "2404", &[], &mut honest);
    if !matches!(takes, Takes::AnAdmission) {
        history.undo(&admission, "2404", &[], &mut honest);
    }
    history.close();
    history.evidence
}

#[rstest]
#[case::all_uploads_of_its_stay("2302", Takes::ItsStay, Some("M-a"), false)]
#[case::an_upload_of_another_stay("2302", Takes::AnotherStay, Some("M-a"), true)]
#[case::of_no_stay_that_it_names("2302", Takes::ItsStay, None, true)]
#[case::of_another_than_it_names("2302", Takes::ItsStay, Some("M-b"), true)]
#[case::by_another_message("2205", Takes::ItsStay, Some("M-a"), true)]
#[case::more_than_uploads("2302", Takes::AnAdmission, Some("M-a"), true)]
fn a_withdrawal_takes_the_uploads_of_its_stay(
    #[case] infno: &str,
    #[case] takes: Takes,
    #[case] visit: Option<&str>,
    #[case] wrong: bool,
) {
    let judgement = judged(&two_stays(infno, takes, visit));
    let classes = classes(&judgement);
    assert_eq!(
        classes.contains(&"wrong-target".to_owned()),
        wrong,
        "{}",
        told(&judgement)
    );
    if !wrong {
        assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
        assert_eq!(classes, Vec::<String>::new());
    }
}
