//! 窗口所述 · Windows as their reviewer is told them, for `word_for_word`; cases that count, and how runs are numbered.

use crosswipe_domain::{Business, CaseId, Role};
use crosswipe_journal::{CaseFinished, CaseResult, CaseStarted, Payload};

use super::windows::{all, closed, honest, planned, runs, three_clean, went, window};
use crate::WindowJudgement;
use crate::evidence::{Evidence, Instant};
use crate::testkit::{Group, division, insured, reseal};

/// A window as its reviewer is told it: findings with their runs, seams, cases, what was not checked.
fn told(window: &WindowJudgement) -> String {
    let mut lines = vec![window.verdict.name().to_owned()];
    for run in &window.runs {
        lines.push(format!(
            "run {} {} after {:?}: {}, finished {}",
            run.place,
            run.run_id,
            run.after,
            run.verdict.name(),
            run.finished
        ));
    }
    for world in &window.worlds {
        lines.push(format!(
            "world {}: {:?}",
            world.verdict.name(),
            world.compared
        ));
    }
    for one in &window.findings {
        let found = &one.finding;
        let party = found.party.as_ref().map(ToString::to_string);
        lines.push(format!(
            "{:?} {:?} {} {} {} {}{}: {} / {}",
            one.runs,
            found.severity,
            found.rule,
            found.class,
            party.unwrap_or_default(),
            found.location,
            if found.uncertain { " unsure" } else { "" },
            found.expected,
            found.actual
        ));
    }
    for one in &window.open {
        lines.push(format!("open {one:?}"));
    }
    for note in &window.notes {
        lines.push(format!("note {} {:?}", note.code, note.facts));
    }
    let rules = window.rules.iter();
    let rules: Vec<String> = rules
        .map(|state| format!("{} {:?} {}", state.rule, state.state, state.compared))
        .collect();
    lines.push(rules.join(", "));
    lines.push(format!("not checked: {}", window.not_checked.join(" ")));
    lines.join("\n")
}

/// One party's books of one run at one instant, changed before anybody looks.
fn retouched(
    runs: &mut [Evidence],
    place: usize,
    instant: Instant,
    change: impl Fn(&mut crosswipe_domain::Export),
) {
    let files = runs[place].exports.get_mut(&instant).unwrap();
    let export = files.get_mut(&insured()).unwrap().export.as_mut().unwrap();
    change(export);
    reseal(&mut runs[place]);
}

/// What is done to an export before anybody looks.
type Retouch = fn(&mut crosswipe_domain::Export);

/// Windows in which one thing is not as it should be, each as it is told.
pub(super) fn told_windows() -> Vec<(&'static str, String)> {
    let mut all_told = Vec::new();
    let mut tell = |name, runs: &[Evidence]| {
        all_told.push((name, told(&closed(&window(), &all(runs)))));
    };
    tell("a window of three clean runs", &three_clean());
    let mut forgets = |group: &mut Group| {
        if group.is(Role::Insured, "2208") {
            group.drop_kind("accumulator");
        }
    };
    tell(
        "a window whose second run forgot a sum",
        &runs(&mut [&mut honest, &mut forgets, &mut honest]),
    );
    let cells: [(&str, Retouch); 8] = [
        ("a window with a cell moved between two runs", |export| {
            export.cells[0].value += 7;
        }),
        ("a window with a cell gone between two runs", |export| {
            export.cells.remove(0);
        }),
        ("a window with a cell of another unit", |export| {
            export.cells[0].unit = crosswipe_domain::Unit::Count;
        }),
        ("a window with a row gone between two runs", |export| {
            export.rows.remove(0);
        }),
        (
            "a window with a row open again between two runs",
            |export| {
                export.rows[0].status = "charged".into();
            },
        ),
        ("a window with a row retouched between two runs", |export| {
            export.rows[0].amounts.insert("medfee_sumamt", 1);
        }),
        (
            "a window with a log row rewritten between two runs",
            |export| {
                let row = std::sync::Arc::make_mut(&mut export.log[4]);
                row.person = Some("P-000000000000".into());
            },
        ),
        ("a window with a log row gone between two runs", |export| {
            export.log.remove(4);
        }),
    ];
    for (name, change) in cells {
        let mut runs = three_clean();
        retouched(&mut runs, 1, Instant::T0, change);
        tell(name, &runs);
    }
    let runs = three_clean();
    tell(
        "a window without its second run",
        &[runs[0].clone(), runs[2].clone()],
    );
    let mut unseen = three_clean();
    let files = unseen[1].exports.get_mut(&Instant::T0).unwrap();
    files.remove(&insured());
    tell("a window with a start that was not looked at", &unseen);
    let mut twice = three_clean();
    went(
        &mut twice[0],
        &[("late", CaseResult::Failed), ("good", CaseResult::Passed)],
    );
    went(&mut twice[1], &[("late", CaseResult::Passed)]);
    tell("a window whose case failed first", &twice);
    all_told
}

/// A case that was begun and never finished, or that checked nothing, was not carried out; a pair of regions is covered
/// by each business of the matrix, passed at last.
#[test]
fn what_counts_for_a_case_and_for_a_pair_of_regions() {
    let mut runs = three_clean();
    let case = |name: &str| CaseId::parse(name).unwrap();
    let finished = |name: &str, checks| {
        Payload::CaseFinished(CaseFinished {
            case: case(name),
            result: CaseResult::Passed,
            checks,
        })
    };
    went(&mut runs[0], &[("there", CaseResult::Failed)]);
    went(
        &mut runs[1],
        &[("there", CaseResult::Passed), ("drugs", CaseResult::Passed)],
    );
    let end = runs[1].records.pop().unwrap();
    for payload in [
        finished("unchecked", Vec::new()),
        Payload::CaseStarted(CaseStarted {
            case: case("begun"),
        }),
    ] {
        let mut record = end.clone();
        record.payload = payload;
        runs[1].records.push(record);
    }
    runs[1].records.push(end);
    let mut window = window();
    let (here, there) = (division("330100"), division("330200"));
    let of = |name, business, treatment| {
        let mut case = planned(name);
        (case.matrix, case.business) = (true, Some(business));
        (case.insured, case.treatment) = (Some(here), Some(treatment));
        case
    };
    window.plan.cases = vec![
        of("there", Business::Outpatient, there),
        of("drugs", Business::Pharmacy, there),
        of("unchecked", Business::Outpatient, here),
        of("begun", Business::Outpatient, here),
    ];
    window.plan.matrix = vec![Business::Outpatient];
    let coverage = closed(&window, &all(&runs)).coverage;
    assert_eq!((coverage.pairs, coverage.pairs_covered), (2, 1));
    assert_eq!((coverage.planned, coverage.passed), (4, 1));
    let failed: Vec<&str> = coverage
        .failed
        .iter()
        .map(|one| one.case.as_str())
        .collect();
    assert_eq!(failed, ["unchecked", "begun"]);
    assert_eq!(coverage.passed_later.len(), 1);
    window.plan.matrix.push(Business::Pharmacy);
    let both = closed(&window, &all(&runs)).coverage;
    assert_eq!((both.pairs, both.pairs_covered), (2, 1));
    window.plan.matrix.push(Business::Inpatient);
    let more = closed(&window, &all(&runs)).coverage;
    assert_eq!((more.pairs, more.pairs_covered), (2, 0));
}

/// Two sites that begin at one instant, by clocks that say the same: descent decides, else the books do.
#[test]
fn runs_of_one_instant_are_ordered_by_descent() {
    let mut runs = three_clean();
    let began = runs[0].records[0].at;
    for run in &mut runs {
        run.records[0].at = began;
    }
    // By its name alone the last would be the first.
    for (run, name) in runs.iter_mut().zip(["c", "b", "a"]) {
        if let Payload::Run(header) = &mut run.records[0].payload {
            header.run_id = crosswipe_domain::RunId::parse(name).unwrap();
        }
    }
    let order = |runs: &[Evidence]| -> Vec<String> {
        let closed = closed(&window(), &all(runs));
        closed.runs.iter().map(|run| run.run_id.clone()).collect()
    };
    assert_eq!(order(&runs), ["c", "b", "a"]);
}
