//! 两次运行之间的清除 · Books that an owner had cleared when one run was over and the next had not begun.

use crosswipe_domain::{Cause, DeclaredPurge, Entry, LogRow, Moment, PurgeMethod, Rule, Unit};
use rstest::rstest;

use crosswipe_journal::Payload;

use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict;
use crate::testkit::{
    BYSTANDER, Group, HIS, History, Keeper, OTHER, PERSON, insured, plan, posting,
};
use crate::{RunPapers, WindowJudgement, WindowPlan, close, judge};

fn is_ours(row: &LogRow) -> bool {
    row.cause.msgid.starts_with(HIS)
}

fn honest(_: &mut Group) {}

fn public(keeper: &mut Keeper, msgid: &str, when: Moment) {
    let cause = Cause {
        origin: "C33029999999".into(),
        msgid: msgid.into(),
        infno: "2207".into(),
    };
    let entries = vec![
        posting("pool-fund", &[("fund", "310100")], Unit::Fen, -300),
        posting("payable", &[], Unit::Fen, 300),
    ];
    keeper.append(when, &cause, Some(BYSTANDER), entries);
}

/// A swipe and its undo, with somebody else's business between the two.
fn business(history: &mut History, case: &str, person: &str, bend: &mut dyn FnMut(&mut Group)) {
    history.export(Instant::T0);
    let swipe = history.swipe(case, person, bend);
    let now = history.now;
    public(
        history.books.get_mut(&insured()).unwrap(),
        &format!("public-{case}"),
        now,
    );
    history.look(case);
    history.unswipe(&swipe, bend);
    history.close();
}

/// What a window of two runs and a purge between them may be made of.
struct Window {
    method: PurgeMethod,
    /// Whether the order stands in the plan.
    declared: bool,
    /// How long after the first run the order speaks.
    after_ms: i64,
    /// Runs before the purge.
    before: usize,
}

const PLAIN: Window = Window {
    method: PurgeMethod::Delete,
    declared: true,
    after_ms: 10_000,
    before: 1,
};

/// The plan of a run declares these.
fn know<'a>(evidence: &mut Evidence, purges: impl Iterator<Item = &'a DeclaredPurge>) {
    if let Payload::Run(header) = &mut evidence.records[0].payload {
        header.plan.purge = purges.cloned().collect();
    }
}

/// The runs and the purge that was ordered; `owner` does to the insured place's books what the order made of it.
fn purged(
    window: &Window,
    first: &mut dyn FnMut(&mut Group),
    owner: &dyn Fn(&mut Keeper),
) -> (Vec<Evidence>, Option<DeclaredPurge>) {
    let mut done = Vec::new();
    let mut history = History::begin(plan());
    for place in 0..window.before {
        let bend: &mut dyn FnMut(&mut Group) = if place == 0 { first } else { &mut honest };
        business(&mut history, &format!("before-{place}"), PERSON, bend);
        let (evidence, next) = history.next_run();
        done.push(evidence);
        history = next;
    }
    let ended = done[done.len() - 1].records.last().unwrap().at;
    let order = DeclaredPurge {
        party: insured(),
        method: window.method,
        by: "李四".into(),
        order: "甬医保信〔2017〕3号".into(),
        at: ended.plus_ms(window.after_ms),
    };
    let order = window.declared.then_some(order);
    owner(history.books.get_mut(&insured()).unwrap());
    know(&mut history.evidence, order.iter());
    business(&mut history, "after", OTHER, &mut honest);
    let (evidence, _) = history.next_run();
    done.push(evidence);
    (done, order)
}

/// Closes, the runs given in both orders.
fn closed(runs: &[Evidence], purge: Option<DeclaredPurge>) -> WindowJudgement {
    let judged: Vec<_> = runs.iter().map(judge).collect();
    let mut papers: Vec<RunPapers<'_>> = runs
        .iter()
        .zip(&judged)
        .map(|(evidence, judgement)| RunPapers {
            dir: "runs/one",
            evidence,
            judgement,
        })
        .collect();
    let window = WindowPlan {
        plan: crosswipe_domain::ResolvedPlan {
            purge: purge.into_iter().collect(),
            ..plan()
        },
        files: Default::default(),
        last_begun: Vec::new(),
        review: Default::default(),
    };
    let whole = close(&window, &papers);
    papers.reverse();
    assert_eq!(close(&window, &papers), whole, "the order given matters");
    whole
}

fn roots(window: &WindowJudgement) -> Vec<&str> {
    let all = window.findings.iter();
    let all: std::collections::BTreeSet<&str> = all.map(|one| one.finding.class.as_str()).collect();
    all.into_iter().collect()
}

fn delete(keeper: &mut Keeper) {
    keeper.purge(false, is_ours);
}

fn restore(keeper: &mut Keeper) {
    keeper.purge(true, is_ours);
}

#[rstest]
#[case::deleted(PurgeMethod::Delete, delete, 1)]
#[case::restored(PurgeMethod::Restore, restore, 1)]
#[case::deleted_after_two_runs(PurgeMethod::Delete, delete, 2)]
#[case::restored_after_two_runs(PurgeMethod::Restore, restore, 2)]
fn exactly_the_rows_of_the_runs_before_may_be_gone(
    #[case] method: PurgeMethod,
    #[case] owner: fn(&mut Keeper),
    #[case] before: usize,
) {
    let window = Window {
        method,
        before,
        ..PLAIN
    };
    let (runs, order) = purged(&window, &mut honest, &owner);
    let judged = closed(&runs, order);
    assert_eq!(judged.verdict, Verdict::Clean, "{:#?}", judged.findings);
    assert_eq!(
        judged.rules[Rule::R2 as usize].qualified.as_deref(),
        Some("purged")
    );
    let said = &judged.statements[0];
    assert_eq!(
        (said.kind.as_str(), said.by.as_str(), said.holds),
        ("purge", "李四", true)
    );
    assert!(said.rows > 20 * before as u64, "{}", said.rows);
    assert!(judged.worlds[0].compared.seams >= 4 * before as u64);
}

#[test]
fn undeclared_or_before_its_instant_it_is_erased() {
    let undeclared = Window {
        declared: false,
        ..PLAIN
    };
    let too_early = Window {
        after_ms: 3_600_000_000,
        ..PLAIN
    };
    for window in [undeclared, too_early] {
        let (runs, order) = purged(&window, &mut honest, &delete);
        let judged = closed(&runs, order);
        assert_eq!(judged.verdict, Verdict::Violated);
        assert!(
            roots(&judged).contains(&"audit:erased"),
            "{:?}",
            roots(&judged)
        );
        assert!(judged.statements.iter().all(|said| !said.holds));
    }
}

#[test]
fn a_row_of_somebody_else_gone_is_erased_each_of_them() {
    let whole = std::cell::RefCell::new(Vec::new());
    purged(&PLAIN, &mut honest, &|keeper| {
        let foreign = keeper.log.iter().filter(|row| !is_ours(row));
        whole.borrow_mut().extend(foreign.map(|row| row.seq));
    });
    let mut seen = 0;
    for gone in whole.into_inner() {
        let (runs, order) = purged(&PLAIN, &mut honest, &|keeper| {
            keeper.purge(false, |row| is_ours(row) || row.seq == gone);
        });
        let judged = closed(&runs, order);
        assert_eq!(judged.verdict, Verdict::Violated, "#{gone}");
        assert!(
            roots(&judged).contains(&"audit:erased"),
            "#{gone} {:?}",
            roots(&judged)
        );
        seen += 1;
    }
    println!("{seen} foreign rows taken out one by one between two runs, all found");
    assert!(seen >= 9);
}

#[test]
fn a_row_of_a_run_left_is_a_residue_each_of_them() {
    let ours = std::cell::RefCell::new(Vec::new());
    purged(&PLAIN, &mut honest, &|keeper| {
        let rows = keeper.log.iter().filter(|row| is_ours(row));
        ours.borrow_mut().extend(rows.map(|row| row.seq));
    });
    let mut seen = 0;
    for left in ours.into_inner() {
        let (runs, order) = purged(&PLAIN, &mut honest, &|keeper| {
            keeper.purge(false, |row| is_ours(row) && row.seq != left);
        });
        let judged = closed(&runs, order);
        assert_eq!(judged.verdict, Verdict::Violated, "#{left}");
        let residues = roots(&judged);
        assert!(
            residues.iter().any(|class| class.starts_with("residue")),
            "#{left} {residues:?}"
        );
        assert!(!residues.contains(&"audit:erased"), "#{left} {residues:?}");
        seen += 1;
    }
    println!("{seen} rows of the run left one by one between two runs, all found");
    assert!(seen > 20);
}

#[test]
fn somebody_elses_row_changed_by_the_way_is_mutated() {
    let (runs, order) = purged(&PLAIN, &mut honest, &|keeper| {
        delete(keeper);
        for row in &mut keeper.log {
            if let Entry::Posting { amount, .. } = &mut row.entry
                && row.cause.msgid.starts_with("public")
            {
                *amount *= 2;
            }
        }
    });
    let judged = closed(&runs, order);
    assert_eq!(judged.verdict, Verdict::Violated);
    assert!(
        roots(&judged).contains(&"audit:mutated"),
        "{:?}",
        roots(&judged)
    );
}

#[test]
fn what_the_first_run_left_goes_with_its_rows_and_the_run_stays_violated() {
    let mut forgets = |group: &mut Group| {
        if group.is(crosswipe_domain::Role::Insured, "2208") {
            group.drop_kind("accumulator");
        }
    };
    let (runs, order) = purged(&PLAIN, &mut forgets, &delete);
    let judged = closed(&runs, order);
    assert_eq!(judged.verdict, Verdict::Violated);
    assert!(
        !roots(&judged).contains(&"evidence:stale"),
        "the purge explains the cell: {:#?}",
        judged.findings
    );
}

#[test]
fn without_an_export_from_before_the_purge_nobody_can_tell() {
    let (mut runs, order) = purged(&PLAIN, &mut honest, &delete);
    for instant in [Instant::T1, Instant::T2] {
        runs[0]
            .exports
            .get_mut(&instant)
            .unwrap()
            .remove(&insured());
    }
    let judged = closed(&runs, order);
    assert_ne!(judged.verdict, Verdict::Clean);
    assert!(
        roots(&judged).contains(&"evidence:missing"),
        "{:?}",
        roots(&judged)
    );
}

#[test]
fn an_order_that_came_when_a_run_was_over_does_not_change_its_plan() {
    let (mut runs, order) = purged(&PLAIN, &mut honest, &delete);
    let order = order.unwrap();
    let declares = |evidence: &mut Evidence, text: &str, purge: Vec<DeclaredPurge>| {
        if let Payload::Run(header) = &mut evidence.records[0].payload {
            header.files = [("plan.yaml".to_owned(), text.repeat(32))].into();
            header.plan.purge = purge;
        }
    };
    declares(&mut runs[0], "ab", vec![]);
    declares(&mut runs[1], "cd", vec![order.clone()]);
    let judge_with = |runs: &[Evidence], files: &str, purge: Vec<DeclaredPurge>| {
        let judged: Vec<_> = runs.iter().map(judge).collect();
        let papers: Vec<RunPapers<'_>> = runs
            .iter()
            .zip(&judged)
            .map(|(evidence, judgement)| RunPapers {
                dir: "one",
                evidence,
                judgement,
            })
            .collect();
        let window = WindowPlan {
            plan: crosswipe_domain::ResolvedPlan { purge, ..plan() },
            files: [("plan.yaml".to_owned(), files.repeat(32))].into(),
            last_begun: Vec::new(),
            review: Default::default(),
        };
        close(&window, &papers)
    };
    let judged = judge_with(&runs, "cd", vec![order.clone()]);
    assert_eq!(judged.verdict, Verdict::Clean, "{:#?}", judged.findings);
    // More than the order was changed, or the order speaks of a time when the run still went on.
    if let Payload::Run(header) = &mut runs[0].records[0].payload {
        header.plan.window.margin_ms += 1;
    }
    let judged = judge_with(&runs, "cd", vec![order.clone()]);
    assert!(roots(&judged).contains(&"window:plan-changed"));
    if let Payload::Run(header) = &mut runs[0].records[0].payload {
        header.plan.window.margin_ms -= 1;
    }
    let early = DeclaredPurge {
        at: runs[0].records[0].at,
        ..order
    };
    declares(&mut runs[1], "cd", vec![early.clone()]);
    let judged = judge_with(&runs, "cd", vec![early]);
    assert!(roots(&judged).contains(&"window:plan-changed"));
}

#[test]
fn a_rehearsal_begun_on_purged_books_began_after_the_purge_whatever_its_clock_says() {
    let mut history = History::begin(plan());
    let began = history.now;
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut honest);
    history.look("a");
    history.unswipe(&swipe, &mut honest);
    history.export(Instant::T1);
    let order = DeclaredPurge {
        party: insured(),
        method: PurgeMethod::Delete,
        by: "李四".into(),
        order: "甬医保信〔2017〕3号".into(),
        at: history.now.plus_ms(1),
    };
    delete(history.books.get_mut(&insured()).unwrap());
    know(&mut history.evidence, std::iter::once(&order));
    history.export(Instant::T2);
    let (first, mut history) = history.next_run();
    history.now = began.plus_ms(5);
    history.evidence.records[0].at = history.now;
    history.export(Instant::T0);
    let swipe = history.swipe("a", OTHER, &mut honest);
    history.look("a");
    history.unswipe(&swipe, &mut honest);
    history.close();
    let (second, _) = history.next_run();
    let judged = closed(&[first, second], Some(order));
    assert_eq!(judged.verdict, Verdict::Clean, "{:#?}", judged.findings);
    assert!(judged.statements[0].holds);
}
