//! 样例 · The four runs that the samples tell: clean, violated, indeterminate, eleven cities.

use super::*;

/// 干净 · Three cities, every pair, undone; one lost reply cleared up.
pub(crate) fn clean() -> Run {
    let mut run = Run::new(3);
    for index in 0..6 {
        run.outpatient(index);
    }
    run.gated(6);
    run.close();
    let txid = run.judgement.transactions[2].txid.clone();
    run.faults = vec![("response-lost".into(), 1)];
    run.judgement.notes = vec![Remark {
        code: "response-lost".into(),
        txid: Some(txid),
        facts: BTreeMap::new(),
    }];
    run.spread();
    run
}

/// 违反 · The insured place 温州 forgot to give the yearly accumulator back; one case failed an expectation.
pub(crate) fn violated() -> Run {
    let mut run = Run::new(3);
    for index in 0..6 {
        run.outpatient(index);
    }
    run.gated(6);
    run.close();
    run.exit = 1;
    run.faults = vec![("accumulator-not-restored:at=330300".into(), 1)];
    let wenzhou = Party::new(Role::Insured, "330300");
    let case = run.case(4).case;
    let txid = TxId::parse(&format!("{case}/1.settle")).unwrap();
    let mut cause = finding(
        "residue:accumulator",
        Rule::R1,
        wenzhou.clone(),
        "accumulator[code=D310101 person=P-330300a1b2c3 year=2017]",
        "200.00",
        "519.74",
    );
    cause.txid = Some(txid.clone());
    cause.case = Some(case.clone());
    cause.person = Some(person("330300"));
    cause.witness = vec![
        "insured:330300 #41 2207 H330100000012017060209000400330 accumulator[code=D310101 person=P-330300a1b2c3 year=2017] +319.74".into(),
        "insured:330300 #57 2208 H330100000012017060209000400370 no posting on this cell".into(),
    ];
    let mut missing_leg = finding(
        "under-reversal",
        Rule::R4,
        wenzhou.clone(),
        "posting #41",
        "one reversal of -319.74",
        "none",
    );
    missing_leg.txid = Some(txid.clone());
    missing_leg.case = Some(case);
    missing_leg.follows_from = Some(0);
    let mut probe = finding(
        "residue:accumulator",
        Rule::R8,
        wenzhou,
        "probe person=P-330300a1b2c3 setlinfo.fund_pay_sumamt",
        "319.74",
        "310.02",
    );
    probe.person = Some(person("330300"));
    probe.follows_from = Some(1);
    run.judgement.findings = vec![cause, missing_leg, probe];
    for rule in [Rule::R1, Rule::R4, Rule::R8] {
        run.rule(rule, Held::Violated, None);
    }
    run.judgement.verdict = Verdict::Violated;
    run.judgement.books[5].t1 += 31_974;
    run.spread();
    let failed = vec![
        check("1.settle", "setlinfo.psn_cash_pay", "≤ 100.00", "148.21"),
        check("1.settle", "outcome", "ok", "ok"),
    ];
    let wrong = run.case(1).case;
    for record in &mut run.records {
        if let Payload::CaseFinished(finished) = &mut record.payload
            && finished.case == wrong
        {
            finished.result = CaseResult::Failed;
            finished.checks = failed.clone();
        }
    }
    run
}

/// 不能判定 · Stopped by Ctrl-C in the third case: a settlement without an answer, no books of 宁波 afterwards.
pub(crate) fn indeterminate() -> Run {
    let mut run = Run::new(3);
    run.outpatient(0);
    run.outpatient(1);
    run.start(2);
    run.forward(2, "1101", "1.person", Some(ok(&[], &[])));
    let registered = run.forward(
        2,
        "2201",
        "1.register",
        Some(ok(&[("mdtrt_id", "330100V0002")], &[])),
    );
    let settled = run.forward(
        2,
        "2207",
        "1.settle",
        Some(Outcome::Unknown {
            why: "connection reset".into(),
        }),
    );
    run.put(Payload::Interrupted(Interrupted {
        by: "ctrl-c".into(),
    }));
    run.put(Payload::Queried(Queried {
        txid: settled.clone(),
        says: Says::Unclear,
        found: BTreeMap::new(),
        seen: BTreeMap::from([("5203".into(), "timeout".into())]),
    }));
    run.undo(
        &settled,
        "2601",
        Some(Outcome::Unknown {
            why: "timeout after 2000 ms".into(),
        }),
    );
    run.undo(
        &settled,
        "2601",
        Some(Outcome::Refused {
            code: "E-OTHER".into(),
            text: "<script>alert(1)</script>系统繁忙".into(),
        }),
    );
    run.put(Payload::Unresolved(Unresolved {
        txid: settled.clone(),
        reason: "budget-spent".into(),
        owner: Party::new(Role::Insured, "330200"),
        evidence: vec![
            "5203 timeout".into(),
            "2601 unknown".into(),
            "2601 E-OTHER".into(),
        ],
    }));
    run.judgement
        .transactions
        .iter_mut()
        .filter(|t| t.txid == settled)
        .for_each(|t| t.state = TxState::Unknown);
    assert!(
        run.judgement
            .transactions
            .iter()
            .any(|t| t.txid == registered && t.state == TxState::Open)
    );
    run.later(60_000);
    run.put(Payload::Snap1(Snapshot {
        exports: BTreeMap::new(),
        missing: BTreeMap::new(),
    }));
    run.count();
    let mut unresolved = finding(
        "unresolved budget-spent",
        Rule::R5,
        Party::new(Role::Insured, "330200"),
        "settlement",
        "undone or never applied",
        "no answer",
    );
    unresolved.txid = Some(settled);
    unresolved.uncertain = true;
    run.judgement.findings = vec![unresolved];
    run.judgement.verdict = Verdict::Indeterminate;
    run.judgement.not_checked = vec!["t2".into(), "export:insured:330200".into(), "R8".into()];
    run.rule(Rule::R8, Held::NotChecked, Some("interrupted"));
    run.rule(Rule::R5, Held::NotChecked, Some("export:insured:330200"));
    run.certificate = None;
    run.exit = 2;
    run
}

/// 十一市 · All cities of Zhejiang, swiped and undone.
pub(crate) fn eleven_cities() -> Run {
    let mut run = Run::new(11);
    for index in 0..110 {
        run.outpatient(index);
    }
    run.gated(110);
    run.close();
    run
}

/// 一万例 · Eleven cities, every pair ninety-one times: 10 010 cases swiped and undone, every hundredth failed.
pub(crate) fn ten_thousand() -> Run {
    let mut run = Run::repeated(11, 91);
    let last = run.planned() - 1;
    for index in 0..last {
        run.outpatient(index);
        if index % 100 == 7 {
            run.fails(index);
        }
    }
    run.gated(last);
    run.close();
    run.exit = 1;
    run
}

/// 复核过 · The violated run, known to the plan in part, about which named persons said what they may and what they may not.
pub(crate) fn reviewed() -> Run {
    let mut run = violated();
    let wrong = run.case(1).case;
    let open = run.case(4).case;
    let issue = |id: &str, due: &str| KnownIssue {
        id: id.into(),
        text: "现金多算".into(),
        owner: "某厂商 王工".into(),
        due: at(due),
        finding: vec!["setlinfo.psn_cash_pay".into()],
        scope: KnownScope {
            cases: vec![wrong.to_string()],
            ..KnownScope::default()
        },
    };
    let Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    header.plan.known_issues = vec![
        issue("KI-7", "2017-06-01T19:00:00+08:00"),
        KnownIssue {
            scope: KnownScope {
                cases: vec!["bounds/*".into()],
                ..KnownScope::default()
            },
            ..issue("KI-8", "2030-03-02T19:00:00+08:00")
        },
    ];
    let cause = &run.judgement.findings[0];
    let (id, class) = (finding_id(cause), cause.class.clone());
    let txid = cause.txid.clone().unwrap();
    let otherwise = |on: Target, was: &str, says: &str| ReviewAct::Override {
        on,
        was: was.into(),
        says: says.into(),
    };
    let signature = |with_findings: bool| {
        ReviewAct::Sign(Signature {
            role: SignedAs::Reviewer,
            unit: "浙江省医保中心".into(),
            certificate_sha256: "c".repeat(64),
            journal_tail: "d".repeat(64),
            verdict: Verdict::Violated,
            level: Level::L4,
            open: 2,
            named: vec![],
            with_findings,
        })
    };
    let said = [
        (
            "张三",
            "厂商在改",
            ReviewAct::Comment {
                on: Target::Finding { id, class },
            },
            (Held::Held, None),
        ),
        (
            "李四",
            "期望写错 <b>",
            otherwise(Target::Case(wrong), "failed", "passed"),
            (Held::Held, None),
        ),
        (
            "王五",
            "看着没事",
            otherwise(Target::Case(open), "passed", "waived"),
            (Held::Violated, Some("may-not-be")),
        ),
        (
            "张三",
            "问过温州",
            ReviewAct::Comment {
                on: Target::Transaction(txid),
            },
            (Held::Held, None),
        ),
        (
            "赵六",
            "",
            signature(true),
            (Held::NotChecked, Some("another-judge")),
        ),
        (
            "赵六",
            "再签",
            signature(true),
            (Held::Held, Some("said-since")),
        ),
        (
            "孙七",
            "整体可以",
            ReviewAct::Comment { on: Target::Run },
            (Held::Held, None),
        ),
    ];
    let mut lines: Vec<ReviewLine> = Vec::new();
    let mut told = Vec::new();
    for (place, (by, reason, act, (state, why))) in said.into_iter().enumerate() {
        let when = at("2017-06-06T10:00:00+08:00").plus_ms(60_000 * place as i64);
        let line = ReviewLine::seal(&lines, "tail", (when, by, reason), act);
        lines.push(line.clone());
        told.push(Said {
            line,
            part: None,
            state,
            why,
            since: 1,
        });
    }
    run.review = ReviewHeld {
        state: Held::Violated,
        said: told,
        defects: Vec::new(),
    };
    run
}
