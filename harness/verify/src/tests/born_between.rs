//! 两次运行之间的行之试 · Rows that nobody's run booked, born when one run was over and the next had not begun.

use crosswipe_domain::{Cause, Unit};

use super::windows::{all, business, classes, closed, found, honest, window};
use crate::evidence::{Evidence, Instant};
use crate::judgement::{Judgement, Verdict};
use crate::testkit::{HIS, History, OTHER, PERSON, insured, plan, posting};
use crate::{
    Explained, ReviewAct, ReviewLine, RunPapers, close, judge, window_anchor, window_foreign,
};

/// Real patients between two runs: their rows explain every cell that they moved.
fn with_rows_between(msgid: &str, ours: bool) -> Vec<Evidence> {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut honest);
    history.look("a");
    history.unswipe(&swipe, &mut honest);
    history.close();
    let cause = Cause {
        origin: HIS.into(),
        msgid: if ours {
            swipe[3].msgid.as_str().into()
        } else {
            msgid.into()
        },
        infno: "2207".into(),
    };
    let (first, mut history) = history.next_run();
    let account = posting(
        "personal-account",
        &[("person", OTHER), ("insutype", "310")],
        Unit::Fen,
        -500,
    );
    let fund = posting("pool-fund", &[("fund", "310100")], Unit::Fen, 500);
    let now = history.now;
    history.books.get_mut(&insured()).unwrap().append(
        now,
        &cause,
        Some(OTHER),
        vec![account, fund],
    );
    business(&mut history, "b", PERSON, &mut honest);
    let (second, _) = history.next_run();
    vec![first, second]
}

#[test]
fn rows_of_others_between_two_runs_explain_what_they_moved() {
    let window = closed(
        &window(),
        &all(&with_rows_between("H3301000000120170603120000001", false)),
    );
    assert!(
        !classes(&window).contains(&"evidence:stale"),
        "{:#?}",
        window.findings
    );
}

#[test]
fn a_stranger_between_two_runs_is_undecided_until_a_named_person_explains_him() {
    let runs = with_rows_between("H3301000000120170603120000001", false);
    let judged: Vec<Judgement> = runs.iter().map(judge).collect();
    let papers: Vec<RunPapers<'_>> = runs
        .iter()
        .zip(&judged)
        .map(|(evidence, judgement)| RunPapers {
            dir: "one",
            evidence,
            judgement,
        })
        .collect();
    let mut plan = window();
    let before = close(&plan, &papers);
    assert_eq!(found(&before, "foreign:insured").runs, [1, 2]);
    let strange = window_foreign(&plan, &papers);
    assert_eq!(
        (strange.len(), strange[0].explained),
        (1, false),
        "{strange:?}"
    );
    let explain = |rows_sha256: &str| {
        let act = ReviewAct::ExplainForeign(Explained {
            party: strange[0].party.clone(),
            origin: strange[0].origin.clone(),
            msgid: strange[0].msgid.clone(),
            infno: strange[0].infno.clone(),
            rows: strange[0].rows.clone(),
            rows_sha256: rows_sha256.to_owned(),
        });
        let said = (runs[1].records[0].at, "张三", "急诊病人");
        ReviewLine::seal(&[], &window_anchor(&papers), said, act)
    };
    // Other rows under the same message are not covered.
    plan.review.lines = vec![explain(&"0".repeat(64))];
    let wrong = close(&plan, &papers);
    assert!(classes(&wrong).contains(&"foreign:insured") && !wrong.statements[0].holds);
    plan.review.lines = vec![explain(&strange[0].rows_sha256)];
    let after = close(&plan, &papers);
    assert!(
        !classes(&after).contains(&"foreign:insured"),
        "{:#?}",
        after.findings
    );
    assert!(
        after
            .statements
            .iter()
            .any(|said| said.by == "张三" && said.holds)
    );
    assert!(window_foreign(&plan, &papers)[0].explained);
    // A line that somebody changed explains nothing and is a finding.
    plan.review.defect = Some((1, "hash differs"));
    assert!(classes(&close(&plan, &papers)).contains(&"evidence:tampered"));
}

#[test]
fn rows_of_a_run_that_was_over_explain_nothing() {
    let window = closed(&window(), &all(&with_rows_between("", true)));
    let stale = found(&window, "evidence:stale");
    assert_eq!(stale.runs, [1, 2]);
    assert!(!stale.finding.witness.is_empty(), "the late row is shown");
    assert_eq!(window.verdict, Verdict::Violated, "it stands at the end");
}
