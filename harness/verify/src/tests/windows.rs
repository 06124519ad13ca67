//! 窗口之试 · Several runs of a plan judged together: what one left, what is missing, what does not belong together.

use crosswipe_domain::{
    CaseId, Cause, Entry, InfNo, Moment, PlannedCase, Pseudonym, ResolvedPlan, Role, TxId,
};
use crosswipe_journal::{CaseFinished, CaseResult, CaseStarted, Check, Payload, RunHeader};

use crate::evidence::{Evidence, Instant};
use crate::judgement::{Held, Judgement, Verdict};
use crate::testkit::{Group, HIS, History, Keeper, OTHER, PERSON, insured, plan, reseal};
use crate::{RunPapers, Unfit, WindowFinding, WindowJudgement, WindowPlan, close, judge, unfit};

/// Nothing is bent.
pub(super) fn honest(_: &mut Group) {}

/// One swipe of a person, undone; every group bent.
pub(super) fn business(
    history: &mut History,
    case: &str,
    person: &str,
    bend: &mut dyn FnMut(&mut Group),
) {
    history.export(Instant::T0);
    let swipe = history.swipe(case, person, bend);
    history.look(case);
    history.unswipe(&swipe, bend);
    history.close();
}

/// Runs one after the other on the same books, each bent in its own way.
pub(super) fn runs(bends: &mut [&mut dyn FnMut(&mut Group)]) -> Vec<Evidence> {
    let mut done = Vec::new();
    let mut history = History::begin(plan());
    for (place, bend) in bends.iter_mut().enumerate() {
        let person = if place % 2 == 0 { PERSON } else { OTHER };
        business(&mut history, &format!("case-{place}"), person, bend);
        let (evidence, next) = history.next_run();
        done.push(evidence);
        history = next;
    }
    done
}

pub(super) fn three_clean() -> Vec<Evidence> {
    runs(&mut [&mut honest, &mut honest, &mut honest])
}

pub(super) fn window() -> WindowPlan {
    WindowPlan {
        plan: plan(),
        files: Default::default(),
        last_begun: Vec::new(),
        review: Default::default(),
    }
}

/// Judges a set of runs, each by itself first; the order of the papers must not matter.
#[track_caller]
pub(super) fn closed(window: &WindowPlan, evidence: &[&Evidence]) -> WindowJudgement {
    let judged: Vec<(String, &Evidence, Judgement)> = evidence
        .iter()
        .map(|evidence| {
            let name = header(evidence).run_id.to_string();
            (format!("runs/{name}"), *evidence, judge(evidence))
        })
        .collect();
    let mut papers: Vec<RunPapers<'_>> = judged
        .iter()
        .map(|(dir, evidence, judgement)| RunPapers {
            dir,
            evidence,
            judgement,
        })
        .collect();
    let whole = close(window, &papers);
    papers.reverse();
    assert_eq!(close(window, &papers), whole, "the order given matters");
    papers.rotate_left(1);
    assert_eq!(close(window, &papers), whole, "the order given matters");
    whole
}

fn header(evidence: &Evidence) -> &RunHeader {
    match &evidence.records[0].payload {
        Payload::Run(header) => header,
        _ => panic!("record 0 is RUN"),
    }
}

fn header_mut(evidence: &mut Evidence) -> &mut RunHeader {
    match &mut evidence.records[0].payload {
        Payload::Run(header) => header,
        _ => panic!("record 0 is RUN"),
    }
}

pub(super) fn all(evidence: &[Evidence]) -> Vec<&Evidence> {
    evidence.iter().collect()
}

pub(super) fn classes(window: &WindowJudgement) -> Vec<&str> {
    let classes: std::collections::BTreeSet<&str> = window
        .findings
        .iter()
        .map(|one| one.finding.class.as_str())
        .collect();
    classes.into_iter().collect()
}

#[track_caller]
pub(super) fn found<'w>(window: &'w WindowJudgement, class: &str) -> &'w WindowFinding {
    window
        .findings
        .iter()
        .find(|one| one.finding.class.as_str() == class)
        .unwrap_or_else(|| panic!("no {class} in {:#?}", window.findings))
}

#[test]
fn three_clean_runs_on_the_same_books_are_a_clean_window() {
    let runs = three_clean();
    let window = closed(&window(), &all(&runs));
    assert_eq!(
        classes(&window),
        Vec::<&str>::new(),
        "{:#?}",
        window.findings
    );
    assert_eq!(window.verdict, Verdict::Clean, "{window:#?}");
    let places: Vec<(usize, Option<usize>)> = window
        .runs
        .iter()
        .map(|run| (run.place, run.after))
        .collect();
    assert_eq!(places, [(1, None), (2, Some(1)), (3, Some(2))]);
    assert_eq!(window.worlds.len(), 1);
    assert_eq!(
        window.worlds[0].compared.seams, 8,
        "two seams at four parties"
    );
    assert!(window.worlds[0].compared.cells >= 16);
    assert!(
        window
            .rules
            .iter()
            .all(|rule| rule.state == Held::Held || rule.rule == crosswipe_domain::Rule::R8),
        "{:#?}",
        window.rules
    );
}

/// What could not be looked at between two runs stands on the certificate beside what no run could look at.
#[test]
fn what_is_not_checked_is_told_of_runs_and_of_seams() {
    let mut runs = three_clean();
    let unseen = closed(&window(), &all(&runs)).not_checked;
    assert_eq!(unseen, ["R8"], "no run had a probe");
    runs[1]
        .exports
        .get_mut(&Instant::T0)
        .unwrap()
        .remove(&insured());
    let unseen = closed(&window(), &all(&runs)).not_checked;
    assert!(
        unseen.contains(&"seam:1-2:insured:330200".to_owned()),
        "{unseen:?}"
    );
}

/// Of three regions each ordered pair has to be seen; one with itself is no pair.
#[test]
fn pairs_are_of_two_different_regions() {
    let mut window = window();
    let third = crate::testkit::division("330300");
    window.plan.regions.push((third, "温州".into()));
    window.plan.matrix = vec![crosswipe_domain::Business::Outpatient];
    let coverage = closed(&window, &all(&three_clean())).coverage;
    assert_eq!((coverage.pairs, coverage.pairs_covered), (6, 0));
}

#[test]
fn what_an_earlier_run_left_is_not_the_next_ones_baseline() {
    let mut forgets = |group: &mut Group| {
        if group.is(Role::Insured, "2208") {
            group.drop_kind("accumulator");
        }
    };
    let runs = runs(&mut [&mut forgets, &mut honest]);
    assert_eq!(judge(&runs[1]).verdict, Verdict::Clean, "alone it is clean");
    let window = closed(&window(), &all(&runs));
    assert_eq!(window.verdict, Verdict::Violated);
    assert_eq!(found(&window, "window:run-violated").runs, [1]);
    let residue = window.findings.iter().find(|one| {
        one.finding.class.family() == "residue" || one.finding.class.as_str() == "under-reversal"
    });
    assert_eq!(residue.unwrap().runs, [1], "{:#?}", window.findings);
}

#[test]
fn a_book_that_moved_between_two_runs_without_a_row_is_stale_with_its_cell_and_both_runs() {
    let mut runs = three_clean();
    let export = runs[1]
        .exports
        .get_mut(&Instant::T0)
        .and_then(|files| files.get_mut(&insured()))
        .and_then(|file| file.export.as_mut().ok())
        .unwrap();
    let cell = export
        .cells
        .iter_mut()
        .find(|cell| cell.key.kind == "personal-account")
        .unwrap();
    cell.value += 7;
    let key = cell.key.to_string();
    reseal(&mut runs[1]);
    let window = closed(&window(), &all(&runs));
    assert!(window.verdict >= Verdict::Indeterminate);
    let stale = found(&window, "evidence:stale");
    assert_eq!(stale.runs, [1, 2]);
    assert_eq!(stale.finding.party, Some(insured()));
    assert_eq!(stale.finding.location, format!("{key} @run-1 → run-2"));
    assert_eq!(
        (
            stale.finding.expected.as_str(),
            stale.finding.actual.as_str()
        ),
        ("1000.00", "1000.07")
    );
}

#[test]
fn a_log_that_was_cut_or_rewritten_between_two_runs_is_found() {
    for (class, bend) in [
        ("audit:mutated", 0_usize),
        ("audit:erased", 1),
        ("audit:gap", 2),
    ] {
        let mut history = History::begin(plan());
        business(&mut history, "a", PERSON, &mut honest);
        let (first, mut history) = history.next_run();
        let log = &mut history.books.get_mut(&insured()).unwrap().log;
        match bend {
            0 => log[3].person = Some("P-000000000000".into()),
            1 => {
                std::sync::Arc::make_mut(&mut log[5].cause).msgid = "another".into();
            }
            _ => log.truncate(9),
        }
        history.export(Instant::T0);
        history.close();
        let (second, _) = history.next_run();
        let window = closed(&window(), &[&first, &second]);
        let one = found(&window, class);
        assert_eq!(one.finding.party, Some(insured()), "{class}");
        assert_eq!(window.verdict, Verdict::Violated, "{class}");
    }
}

#[test]
fn a_run_left_out_of_the_middle_is_noticed_and_so_are_the_first_and_the_last() {
    let runs = three_clean();
    let middle = closed(&window(), &[&runs[0], &runs[2]]);
    assert_eq!(middle.verdict, Verdict::Indeterminate);
    let missing = found(&middle, "window:missing-run");
    assert_eq!(
        (missing.runs.as_slice(), missing.finding.location.as_str()),
        (&[2][..], "before run-3")
    );
    let first = closed(&window(), &[&runs[1], &runs[2]]);
    assert_eq!(
        found(&first, "window:missing-run").finding.location,
        "before run-2"
    );
    let mut remembered = window();
    remembered.last_begun = vec![runs[2].journal.tail.clone()];
    assert_eq!(closed(&remembered, &all(&runs)).verdict, Verdict::Clean);
    let last = closed(&remembered, &[&runs[0], &runs[1]]);
    assert_eq!(last.verdict, Verdict::Indeterminate);
    assert_eq!(
        found(&last, "window:missing-run").finding.location,
        "last at its site"
    );
}

#[test]
fn a_run_that_died_and_was_left_open_is_violated_and_one_that_sent_nothing_cannot_tell() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let open = history.evidence.clone();
    history.swipe("a", PERSON, &mut honest);
    let died = history.evidence.clone();
    let (_, mut next) = history.next_run();
    // The next run names the one that died by the record it had then.
    header_mut(&mut next.evidence).previous_tail = Some(died.journal.head.clone());
    business(&mut next, "b", OTHER, &mut honest);
    let (after, _) = next.next_run();
    let window = closed(&window(), &[&died, &after]);
    assert_eq!(window.verdict, Verdict::Violated);
    let unfinished = found(&window, "window:unfinished");
    assert!(!unfinished.finding.uncertain);
    assert_eq!(unfinished.runs, [1]);
    assert!(
        window.open.iter().any(|one| one.run == 1),
        "{:#?}",
        window.open
    );

    let window = closed(&super::windows::window(), &[&open]);
    assert_eq!(window.verdict, Verdict::Indeterminate);
    assert!(found(&window, "window:unfinished").finding.uncertain);
}

#[test]
fn runs_of_two_worlds_are_told_apart_and_neither_clean_nor_a_flood() {
    let mut one = three_clean();
    let mut other = three_clean();
    for (evidence, world) in one.iter_mut().zip(["a", "a", "a"]) {
        header_mut(evidence).world = Some(world.into());
    }
    for evidence in &mut other {
        header_mut(evidence).world = Some("b".into());
        evidence.journal.head.replace_range(0..1, "f");
        for record in &mut evidence.records {
            record.sha256.replace_range(0..1, "f");
        }
        if let Some(tail) = &mut header_mut(evidence).previous_tail {
            tail.replace_range(0..1, "f");
        }
    }
    let papers: Vec<&Evidence> = one.iter().chain(&other).collect();
    let window = closed(&window(), &papers);
    assert_eq!(
        window.verdict,
        Verdict::Indeterminate,
        "{:#?}",
        window.findings
    );
    assert_eq!(classes(&window), ["window:worlds"]);
    assert_eq!(window.findings.len(), 1);
    assert_eq!(window.worlds.len(), 2);
    assert!(
        window
            .worlds
            .iter()
            .all(|world| world.verdict == Verdict::Clean)
    );
}

#[test]
fn a_site_with_another_pseudonym_key_is_noticed() {
    let mut runs = three_clean();
    for persona in &mut header_mut(&mut runs[2]).plan.personas {
        if persona.pseudonym.as_str() == OTHER {
            persona.pseudonym = Pseudonym::from_evidence("P-333333333333");
        }
    }
    let window = closed(&window(), &all(&runs));
    assert!(window.verdict >= Verdict::Indeterminate);
    let names = found(&window, "window:names");
    assert_eq!(
        (names.runs.as_slice(), names.finding.location.as_str()),
        (&[1, 3][..], "person P-222222222222")
    );
    assert_eq!(window.worlds.len(), 2, "they are not taken as one");
}

#[test]
fn settlements_of_two_runs_undone_out_of_order_are_found_across_the_runs() {
    // The first site swipes, the second swipes the same person after it, the first undoes under the second's feet.
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let first = history.swipe("a", PERSON, &mut honest);
    history.look("a");
    let (mut one, mut history) = history.next_run();
    one.records.pop();
    history.export(Instant::T0);
    let second = history.swipe("a", PERSON, &mut honest);
    history.look("a");
    let mut other = std::mem::take(&mut history.evidence);
    history.evidence = one;
    history.unswipe(&first, &mut honest);
    history.close();
    history.certify();
    let one = std::mem::replace(&mut history.evidence, std::mem::take(&mut other));
    history.unswipe(&second, &mut honest);
    history.close();
    history.certify();
    let other = history.evidence;
    let window = closed(&window(), &[&one, &other]);
    let order = found(&window, "gate:order");
    assert!(!order.finding.uncertain, "{order:#?}");
    assert_eq!(window.verdict, Verdict::Violated);
    assert!(
        window.notes.iter().any(|note| note.code == "runs-overlap"),
        "{:#?}",
        window.notes
    );
    assert!(
        !classes(&window).contains(&"evidence:stale"),
        "{:#?}",
        window.findings
    );
}

pub(super) fn planned(case: &str) -> PlannedCase {
    PlannedCase {
        case: CaseId::parse(case).unwrap(),
        title: case.to_owned(),
        covers: Vec::new(),
        business: None,
        insured: None,
        treatment: None,
        institution: None,
        person: None,
        matrix: false,
    }
}

/// Puts cases before CERT, checked once each.
pub(super) fn went(evidence: &mut Evidence, results: &[(&str, CaseResult)]) {
    let end = evidence.records.pop().unwrap();
    for (case, result) in results {
        let case = CaseId::parse(case).unwrap();
        let check = Check {
            step: "1.settle".into(),
            what: "outcome".into(),
            expected: "ok".into(),
            actual: "ok".into(),
            held: true,
        };
        for payload in [
            Payload::CaseStarted(CaseStarted { case: case.clone() }),
            Payload::CaseFinished(CaseFinished {
                case: case.clone(),
                result: *result,
                checks: vec![check.clone()],
            }),
        ] {
            let mut record = end.clone();
            record.payload = payload;
            evidence.records.push(record);
        }
    }
    evidence.records.push(end);
}

#[test]
fn every_case_of_the_plan_stands_in_one_list() {
    let mut runs = three_clean();
    use CaseResult::{Blocked, Failed, Passed, Skipped, Waived};
    went(
        &mut runs[0],
        &[
            ("good", Passed),
            ("late", Failed),
            ("worse", Passed),
            ("off", Skipped),
            ("known", Failed),
        ],
    );
    went(&mut runs[1], &[("late", Blocked), ("gone", Passed)]);
    went(
        &mut runs[2],
        &[("late", Passed), ("worse", Failed), ("known", Waived)],
    );
    let mut window = window();
    window.plan.cases = ["good", "late", "worse", "off", "known", "never"]
        .map(planned)
        .to_vec();
    let coverage = closed(&window, &all(&runs)).coverage;
    let names = |lines: &[crate::CaseLine]| -> Vec<String> {
        lines.iter().map(|line| line.case.to_string()).collect()
    };
    assert_eq!((coverage.planned, coverage.passed), (6, 1));
    assert_eq!(names(&coverage.passed_later), ["late"]);
    assert_eq!(
        coverage.passed_later[0].history,
        [(1, Failed), (2, Blocked), (3, Passed)]
    );
    assert_eq!(names(&coverage.failed), ["worse"]);
    assert_eq!(names(&coverage.waived), ["known"]);
    assert_eq!(names(&coverage.never_run), ["off", "never"]);
    assert_eq!(coverage.not_in_plan, [CaseId::parse("gone").unwrap()]);
}

#[test]
fn a_plan_that_changed_is_named_with_its_files() {
    let mut runs = three_clean();
    header_mut(&mut runs[1]).files = [("persons.csv".to_owned(), "ab".repeat(32))].into();
    let window = closed(&window(), &all(&runs));
    assert_eq!(window.verdict, Verdict::Indeterminate);
    let changed = found(&window, "window:plan-changed");
    assert_eq!(
        (changed.runs.as_slice(), changed.finding.location.as_str()),
        (&[2][..], "persons.csv")
    );
}

#[test]
fn what_cannot_be_judged_together_is_refused_by_name() {
    let runs = three_clean();
    let mut stranger = runs[1].clone();
    header_mut(&mut stranger).plan = ResolvedPlan {
        plan: "another".into(),
        ..plan()
    };
    let nobody = Evidence::default();
    let judgement = judge(&runs[0]);
    let papers = |dir, evidence| RunPapers {
        dir,
        evidence,
        judgement: &judgement,
    };
    let given = [
        papers("one", &runs[0]),
        papers("copy", &runs[0]),
        papers("other", &stranger),
        papers("none", &nobody),
    ];
    assert_eq!(
        unfit(&window(), &given),
        [
            Unfit::Twice {
                first: "one".into(),
                second: "copy".into()
            },
            Unfit::OtherPlan {
                dir: "other".into(),
                ran: "another".into(),
                closing: "test".into()
            },
            Unfit::NoRun { dir: "none".into() },
        ]
    );
    assert_eq!(unfit(&window(), &given[..1]), []);
}

#[test]
fn taking_a_run_away_never_makes_a_window_cleaner() {
    let mut forgets = |group: &mut Group| {
        if group.is(Role::Insured, "2208") {
            group.drop_kind("accumulator");
        }
    };
    let mut subsets = 0;
    for bad in 0..3 {
        let mut honest_one = honest;
        let mut honest_two = honest;
        let mut bends: Vec<&mut dyn FnMut(&mut Group)> = vec![&mut honest_one, &mut honest_two];
        bends.insert(bad, &mut forgets);
        let runs = runs(&mut bends);
        let mut window = window();
        window.last_begun = vec![runs[2].journal.tail.clone()];
        assert_eq!(closed(&window, &all(&runs)).verdict, Verdict::Violated);
        for mask in 0..7_u32 {
            let given: Vec<&Evidence> = (0..3)
                .filter(|place| mask & (1 << place) != 0)
                .map(|place| &runs[place])
                .collect();
            let verdict = closed_in_any_order(&window, &given).verdict;
            assert_ne!(verdict, Verdict::Clean, "bad run {bad}, given {mask:03b}");
            subsets += 1;
        }
    }
    println!("subsets of runs: {subsets}");
    assert!(subsets >= 21);
}

#[track_caller]
fn closed_in_any_order(window: &WindowPlan, given: &[&Evidence]) -> WindowJudgement {
    if given.is_empty() {
        return close(window, &[]);
    }
    closed(window, given)
}

#[test]
fn a_second_reversal_in_a_later_run_is_seen_over_both() {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut honest);
    history.look("a");
    history.unswipe(&swipe, &mut honest);
    history.close();
    let (first, mut history) = history.next_run();
    history.export(Instant::T0);
    let again = history.swipe("b", PERSON, &mut honest);
    history.look("b");
    history.unswipe(&again, &mut honest);
    // Somebody undoes the first run's settlement once more, inside the second run.
    let keeper: &mut Keeper = history.books.get_mut(&insured()).unwrap();
    let negation: Vec<Entry> = keeper.negation(swipe[3].msgid.as_str());
    let cause = Cause {
        origin: HIS.into(),
        msgid: swipe[3].msgid.as_str().into(),
        infno: "2208".into(),
    };
    let now: Moment = history.now;
    keeper.append(now, &cause, Some(PERSON), negation);
    history.close();
    let (second, _) = history.next_run();
    let window = closed(&window(), &[&first, &second]);
    assert_eq!(window.verdict, Verdict::Violated);
    assert!(
        window
            .findings
            .iter()
            .any(|one| !one.finding.uncertain && one.runs == [1]),
        "{:#?}",
        window.findings
    );
}

#[test]
fn a_number_that_a_read_of_one_run_and_a_booking_of_another_share_belongs_to_the_booking() {
    let mut runs = three_clean();
    let booking = runs[1]
        .records
        .iter()
        .find_map(|record| match &record.payload {
            Payload::Intent(intent) => Some(intent.clone()),
            _ => None,
        })
        .unwrap();
    let mut read = booking.clone();
    read.infno = InfNo::new("5201");
    read.nature = read.infno.nature();
    read.txid = TxId::parse("asked").unwrap();
    let end = runs[0].records.pop().unwrap();
    let mut record = end.clone();
    record.payload = Payload::Intent(read);
    runs[0].records.extend([record, end]);
    let window = closed(&window(), &all(&runs));
    assert_eq!(window.verdict, Verdict::Clean, "{:#?}", window.findings);
}

#[test]
fn a_run_whose_business_time_begins_before_the_last_one_ended_is_no_clock_set_back() {
    let mut history = History::begin(plan());
    let began = history.now;
    business(&mut history, "a", PERSON, &mut honest);
    let (first, mut history) = history.next_run();
    // A rehearsal plays the same window again on the books that the first left.
    history.now = began.plus_ms(5);
    history.evidence.records[0].at = history.now;
    business(&mut history, "a", OTHER, &mut honest);
    let (second, _) = history.next_run();
    let window = closed(&window(), &[&first, &second]);
    assert!(
        !classes(&window).contains(&"journal:clock"),
        "{:#?}",
        window.findings
    );
}
