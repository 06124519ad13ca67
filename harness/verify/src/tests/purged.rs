//! 清除之试 · Books that somebody had cleared by order: exactly the run's rows, declared, and seen before.

use std::sync::Arc;

use crosswipe_domain::{
    Cause, DeclaredPurge, Entry, Export, LogRow, Moment, Party, PurgeMethod, Rule, Unit,
};
use crosswipe_journal::Payload;
use proptest::prelude::*;
use rstest::rstest;

use crate::evidence::{Evidence, Instant};
use crate::judgement::{Judgement, Verdict};
use crate::testkit::{BYSTANDER, HIS, History, PERSON, at, insured, plan, posting, reseal};
use crate::tests::{classes, judged, told};

const ORDER: &str = "2017-06-03T00:00+08:00";

fn declare(method: PurgeMethod) -> DeclaredPurge {
    DeclaredPurge {
        party: insured(),
        method,
        by: "李四".into(),
        order: "甬医保信〔2017〕3号".into(),
        at: at(ORDER),
    }
}

fn public(history: &mut History, msgid: &str, when: Moment) {
    let cause = Cause {
        origin: "C33029999999".into(),
        msgid: msgid.into(),
        infno: "2207".into(),
    };
    let entries = vec![
        posting("pool-fund", &[("fund", "310100")], Unit::Fen, -300),
        posting("payable", &[], Unit::Fen, 300),
    ];
    let keeper = history.books.get_mut(&insured()).unwrap();
    keeper.append(when, &cause, Some(BYSTANDER), entries);
}

/// A clean run with somebody else's business in its midst; then the insured place clears its books after t1.
fn run(purge: Vec<DeclaredPurge>) -> Evidence {
    let mut history = History::begin(crosswipe_domain::ResolvedPlan { purge, ..plan() });
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    let now = history.now;
    public(&mut history, "public-1", now);
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    history.close();
    history.evidence
}

fn is_ours(row: &LogRow) -> bool {
    row.cause.msgid.starts_with(HIS)
}

/// What the insured place shows at an instant is changed by its owner and sealed again.
fn cleared(mut evidence: Evidence, instant: Instant, change: impl Fn(&mut Export)) -> Evidence {
    let files = evidence.exports.get_mut(&instant).unwrap();
    let file = files.get_mut(&insured()).unwrap();
    change(file.export.as_mut().unwrap());
    reseal(&mut evidence);
    evidence
}

fn delete(export: &mut Export) {
    export.log.retain(|row| !is_ours(row));
    export.rows.retain(|row| !row.cause.msgid.starts_with(HIS));
}

fn restore(export: &mut Export) {
    delete(export);
    export.lsn = export.log.last().map_or(0, |row| row.seq + 1);
}

#[track_caller]
fn must_be(evidence: &Evidence, verdict: Verdict, expected: &[&str]) -> Judgement {
    let judgement = judged(evidence);
    assert_eq!(
        (judgement.verdict, classes(&judgement)),
        (verdict, expected.iter().map(|c| (*c).to_owned()).collect()),
        "{}",
        told(&judgement)
    );
    judgement
}

fn qualified(judgement: &Judgement) -> Option<&str> {
    judgement.rules[Rule::R2 as usize].qualified.as_deref()
}

#[rstest]
#[case::deleted(PurgeMethod::Delete, delete)]
#[case::deleted_and_the_last_numbers_too(PurgeMethod::Delete, restore)]
#[case::restored(PurgeMethod::Restore, restore)]
fn a_declared_purge_of_exactly_the_runs_rows_holds_and_says_so(
    #[case] method: PurgeMethod,
    #[case] change: fn(&mut Export),
) {
    let evidence = cleared(run(vec![declare(method)]), Instant::T2, change);
    let judgement = must_be(&evidence, Verdict::Clean, &[]);
    assert_eq!(qualified(&judgement), Some("purged"));
    let said = &judgement.statements[0];
    assert_eq!(
        (
            said.kind.as_str(),
            said.by.as_str(),
            said.reason.as_str(),
            said.holds
        ),
        ("purge", "李四", "甬医保信〔2017〕3号", true)
    );
    assert!(said.rows > 20, "rows of the run: {}", said.rows);
    let certificate = crate::certificate(&evidence, &judgement);
    assert!(certificate.contains("李四") && certificate.contains("甬医保信〔2017〕3号"));
}

#[test]
fn undeclared_it_is_erased() {
    let evidence = cleared(run(vec![]), Instant::T2, delete);
    let judgement = judged(&evidence);
    assert_eq!(judgement.verdict, Verdict::Violated);
    assert!(
        classes(&judgement).contains(&"audit:erased".to_owned()),
        "{}",
        told(&judgement)
    );
    assert_eq!(qualified(&judgement), None);
}

#[test]
fn declared_for_another_party_or_a_later_day_it_is_erased() {
    let elsewhere = DeclaredPurge {
        party: crate::testkit::hub(),
        ..declare(PurgeMethod::Delete)
    };
    let later = DeclaredPurge {
        at: at("2017-06-04T00:00+08:00"),
        ..declare(PurgeMethod::Delete)
    };
    for purge in [elsewhere, later] {
        let judgement = judged(&cleared(run(vec![purge]), Instant::T2, delete));
        assert_eq!(judgement.verdict, Verdict::Violated);
        assert!(classes(&judgement).contains(&"audit:erased".to_owned()));
    }
}

#[test]
fn a_purge_that_was_ordered_and_not_carried_out_leaves_the_log_as_it_was() {
    let judgement = must_be(
        &run(vec![declare(PurgeMethod::Delete)]),
        Verdict::Clean,
        &[],
    );
    assert_eq!(qualified(&judgement), None);
    assert!(!judgement.statements[0].holds);
}

#[rstest]
#[case(PurgeMethod::Delete)]
#[case(PurgeMethod::Restore)]
fn one_row_of_somebody_else_gone_is_erased(#[case] method: PurgeMethod) {
    let mut seen = 0;
    let whole = run(vec![declare(method)]);
    let total = whole.exports[&Instant::T2][&insured()]
        .export
        .as_ref()
        .unwrap()
        .log
        .len();
    for gone in 0..total as u64 {
        let foreign = |row: &LogRow| row.seq == gone && !is_ours(row);
        let evidence = cleared(whole.clone(), Instant::T2, |export| {
            delete(export);
            export.log.retain(|row| !foreign(row));
        });
        let log = &whole.exports[&Instant::T1][&insured()]
            .export
            .as_ref()
            .unwrap()
            .log;
        if !log.iter().any(|row| foreign(row)) {
            continue;
        }
        let judgement = judged(&evidence);
        assert_eq!(judgement.verdict, Verdict::Violated, "#{gone}");
        assert!(
            classes(&judgement).contains(&"audit:erased".to_owned()),
            "{}",
            told(&judgement)
        );
        seen += 1;
    }
    println!("{seen} foreign rows taken out one by one, all found");
    assert!(seen >= 9);
}

#[test]
fn one_row_of_the_run_left_is_a_residue() {
    let whole = run(vec![declare(PurgeMethod::Delete)]);
    let log = &whole.exports[&Instant::T1][&insured()]
        .export
        .as_ref()
        .unwrap()
        .log;
    let ours: Vec<LogRow> = log
        .iter()
        .filter(|row| is_ours(row))
        .map(|row| LogRow::clone(row))
        .collect();
    let mut seen = 0;
    for left in &ours {
        let evidence = cleared(whole.clone(), Instant::T2, |export| {
            delete(export);
            export.log.push(std::sync::Arc::new(left.clone()));
            export.log.sort_by_key(|row| row.seq);
        });
        let judgement = judged(&evidence);
        assert_eq!(judgement.verdict, Verdict::Violated, "#{}", left.seq);
        let residues = judgement
            .findings
            .iter()
            .filter(|found| found.rule == Rule::R2 && found.class.family() == "residue");
        assert_eq!(residues.count(), 1, "{}", told(&judgement));
        seen += 1;
    }
    println!("{seen} rows of the run left one by one, all found");
    assert!(seen > 20);
}

#[test]
fn a_row_of_the_business_tables_left_is_a_residue_too() {
    let evidence = cleared(
        run(vec![declare(PurgeMethod::Delete)]),
        Instant::T2,
        |export| {
            export.log.retain(|row| !is_ours(row));
        },
    );
    let judgement = judged(&evidence);
    assert_eq!(judgement.verdict, Verdict::Violated);
    assert!(
        classes(&judgement).contains(&"residue:settlement".to_owned()),
        "{}",
        told(&judgement)
    );
}

#[test]
fn somebody_elses_row_changed_by_the_way_is_mutated() {
    let evidence = cleared(
        run(vec![declare(PurgeMethod::Delete)]),
        Instant::T2,
        |export| {
            delete(export);
            for row in &mut export.log {
                let row = std::sync::Arc::make_mut(row);
                if let ("public-1", Entry::Posting { amount, .. }) =
                    (row.cause.msgid.as_str(), &mut row.entry)
                {
                    *amount *= 2;
                }
            }
        },
    );
    let judgement = judged(&evidence);
    assert!(
        classes(&judgement).contains(&"audit:mutated".to_owned()),
        "{}",
        told(&judgement)
    );
    assert_eq!(judgement.verdict, Verdict::Violated);
}

#[test]
fn without_an_export_from_before_it_nobody_can_tell_what_was_purged() {
    // Purged before t1: the looks at tm know the swipe, nobody ever saw its undo.
    let early = DeclaredPurge {
        at: at("2017-06-02T10:00:10+08:00"),
        ..declare(PurgeMethod::Delete)
    };
    let evidence = cleared(run(vec![early]), Instant::T1, delete);
    let evidence = cleared(evidence, Instant::T2, delete);
    let judgement = judged(&evidence);
    assert_ne!(judgement.verdict, Verdict::Clean);
    assert!(
        classes(&judgement).contains(&"evidence:missing".to_owned()),
        "{}",
        told(&judgement)
    );
    // Purged between t1 and t2, and the export from before is lost.
    let mut lost = cleared(run(vec![declare(PurgeMethod::Delete)]), Instant::T2, delete);
    lost.exports
        .get_mut(&Instant::T1)
        .unwrap()
        .remove(&insured());
    let judgement = judged(&lost);
    assert_ne!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
    assert!(classes(&judgement).contains(&"evidence:missing".to_owned()));
}

#[test]
fn a_number_that_nobody_saw_before_the_purge_is_a_gap() {
    let evidence = cleared(
        run(vec![declare(PurgeMethod::Delete)]),
        Instant::T2,
        |export| {
            delete(export);
            let mut row = LogRow::clone(export.log.last().unwrap());
            row.seq = export.lsn + 5;
            row.at = at("2017-06-03T00:00:30+08:00");
            row.entry = posting("points", &[], Unit::Count, 0);
            export.log.push(row.into());
            export.lsn += 6;
        },
    );
    let judgement = judged(&evidence);
    assert!(
        classes(&judgement).contains(&"audit:gap".to_owned()),
        "{}",
        told(&judgement)
    );
    assert_eq!(judgement.verdict, Verdict::Violated);
}

#[rstest]
#[case::after_a_restore_the_numbers_are_used_again(PurgeMethod::Restore, Verdict::Clean, &[])]
#[case::after_a_deletion_never(PurgeMethod::Delete, Verdict::Violated, &["audit:erased"])]
fn new_business_under_old_numbers(
    #[case] method: PurgeMethod,
    #[case] verdict: Verdict,
    #[case] expected: &[&str],
) {
    let evidence = cleared(run(vec![declare(method)]), Instant::T2, |export| {
        restore(export);
        let (first, _) = (export.lsn, export.log.len());
        let when = at("2017-06-03T00:00:30+08:00");
        for (seq, amount, kind) in [(first, -300, "pool-fund"), (first + 1, 300, "payable")] {
            let mut row = LogRow::clone(export.log.last().unwrap());
            (row.seq, row.at, row.group) = (seq, when, 900);
            Arc::make_mut(&mut row.cause).msgid = "public-2".into();
            let dims: &[(&str, &str)] = if kind == "pool-fund" {
                &[("fund", "310100")]
            } else {
                &[]
            };
            row.entry = posting(kind, dims, Unit::Fen, amount);
            export.log.push(row.into());
            for cell in &mut export.cells {
                if cell.key.kind == kind && (kind == "payable" || cell.key.dims["fund"] == "310100")
                {
                    cell.value += amount;
                }
            }
        }
        export.lsn = first + 2;
    });
    must_be(&evidence, verdict, expected);
}

#[test]
fn a_cell_that_the_purge_moved_is_a_residue() {
    let evidence = cleared(
        run(vec![declare(PurgeMethod::Delete)]),
        Instant::T2,
        |export| {
            delete(export);
            export.cells[0].value += 1;
        },
    );
    assert_ne!(judged(&evidence).verdict, Verdict::Clean);
}

#[test]
fn a_stranger_seen_before_the_purge_is_foreign_after_it() {
    let mut history = History::begin(crosswipe_domain::ResolvedPlan {
        purge: vec![declare(PurgeMethod::Delete)],
        ..plan()
    });
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    let cause = Cause {
        origin: HIS.into(),
        msgid: "by-hand".into(),
        infno: "2207".into(),
    };
    let now = history.now;
    let keeper = history.books.get_mut(&insured()).unwrap();
    keeper.append(
        now,
        &cause,
        Some(PERSON),
        vec![posting("visit", &[("person", PERSON)], Unit::Count, 1)],
    );
    keeper.append(
        now,
        &cause,
        Some(PERSON),
        vec![posting("visit", &[("person", PERSON)], Unit::Count, -1)],
    );
    history.close();
    let judgement = judged(&cleared(history.evidence, Instant::T2, delete));
    assert!(
        classes(&judgement).contains(&"foreign:insured".to_owned()),
        "{}",
        told(&judgement)
    );
    assert_ne!(judgement.verdict, Verdict::Clean);
}

fn paths() -> Vec<Party> {
    crate::testkit::path()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn less_evidence_about_a_purge_is_never_a_better_verdict(
        keep in 1usize..40, hidden in proptest::collection::vec(proptest::bool::weighted(0.15), 16), declared in proptest::bool::weighted(0.8),
    ) {
        let mut evidence = cleared(run(vec![declare(PurgeMethod::Delete)]), Instant::T2, delete);
        prop_assert_eq!(judged(&evidence).verdict, Verdict::Clean);
        let complete = keep >= evidence.records.len() && !hidden.contains(&true) && declared;
        evidence.records.truncate(keep);
        if let (false, Some(Payload::Run(header))) = (declared, evidence.records.first_mut().map(|r| &mut r.payload)) {
            header.plan.purge.clear();
        }
        let mut hide = hidden.iter();
        for party in paths() {
            for instant in [Instant::T0, Instant::T1, Instant::T2] {
                if hide.next() == Some(&true) {
                    evidence.exports.get_mut(&instant).unwrap().remove(&party);
                }
            }
            if hide.next() == Some(&true) {
                evidence.looks.remove(&party);
            }
        }
        prop_assert_eq!(judged(&evidence).verdict == Verdict::Clean, complete);
    }
}
