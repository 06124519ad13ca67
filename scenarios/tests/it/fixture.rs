//! 小计划 · A small plan without a slip, to plant slips in.

use std::fmt::Write as _;
use std::path::Path;

use crosswipe_scenarios::{Plan, Problem, check};
use tempfile::TempDir;

const PLAN: &str = r#"# 小计划
plan: small
title: {zh: 小计划, en: Small plan}
source: 虚构公告
rollback: all
cross_swipe: [outpatient, inpatient]
phases:
  - {id: frozen, from: "2030-03-01T18:00+08:00", to: "2030-03-02T09:00+08:00"}
  - {id: joint, from: "2030-03-02T09:00+08:00", to: "2030-03-02T12:00+08:00", allow: [{business: any, scope: arranged}]}
  - {id: cross, kind: verify, from: "2030-03-02T12:00+08:00", to: "2030-03-02T20:00+08:00", allow: [{business: any, scope: cross-region}]}
  - {id: live, from: "2030-03-02T20:00+08:00", public: open}
margin: 2h
topology: topology.yaml
persons: persons.csv
pairs: pairs.csv
probe: basket/cold.yaml
scenarios: [day.yaml]
"#;

const TOPOLOGY: &str = "hub: 330000
catalogue: catalogue.csv
regions:
  - code: 330100
    name: 杭州
    institutions:
      - {code: H33010000001, name: 杭州虚构医院, tier: 3}
  - code: 330200
    name: 宁波
    institutions:
      - {code: H33020000001, name: 宁波虚构医院, tier: 2}
";

const PERSONS: &str = "标识,人员编号,证件号码,姓名,参保地,险种,账户余额,起付线已用,统筹已付,用途
jia,99993301000000000000000001,999999195102020012,测试甲,330100,310,1200.00,0.00,0.00,专用
yi,99993302000000000000000002,999999195203030025,测试乙,330200,390,0.00,0.00,0.00,专用
lu,99993301000000000000000003,999999195304040038,路人丙,330100,310,0.00,0.00,0.00,公众
";

const BASKET: &str = "lines:
  - {item: CS0001, price: 25.00, count: 2}
  - {item: CS0001, price: 25.00, count: -1, refunds: 1}
";

const DAY: &str = r#"scenario: day
cases:
  - case: there
    covers: [zj-01]
    steps:
      - swipe: outpatient
        person: jia
        institution: H33020000001
        items: basket/cold.yaml
        expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}
  - case: public
    steps:
      - play: outpatient
        person: lu
        institution: H33020000001
        items: basket/cold.yaml
        at: "2030-03-02T10:00+08:00"
        expect: {outcome: refused}
  - case: unknown-settlement
    steps:
      - call: "2208"
        person: yi
        institution: H33010000001
        with: {setl_id: 0310}
        expect: {outcome: refused, code: E-NOVISIT}
"#;

/// The files of the small plan.
pub(crate) const FILES: [(&str, &str); 7] = [
    ("plan.yaml", PLAN),
    ("topology.yaml", TOPOLOGY),
    (
        "catalogue.csv",
        "项目编码,项目名称,等级,限价,先行自付比例\nCS0001,诊查费,甲,22.00,\n",
    ),
    ("persons.csv", PERSONS),
    ("pairs.csv", "参保地,医疗机构\n330100,H33020000001\n"),
    ("basket/cold.yaml", BASKET),
    ("day.yaml", DAY),
];

/// The small plan with `from` replaced by `to` in each named file; `from` must stand there.
pub(crate) fn planted(slips: &[(&str, &str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("basket")).unwrap();
    for (name, text) in FILES {
        let mut text = text.to_owned();
        for (_, from, to) in slips.iter().filter(|(file, ..)| *file == name) {
            assert!(text.contains(from), "`{from}` stands in {name}");
            text = text.replacen(from, to, 1);
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// What is wrong with the plan in `folder`, and the plan.
pub(crate) fn read(folder: &Path) -> (Option<Plan>, Vec<Problem>) {
    check(folder)
}

/// Problems as lines `file:line:column code: message`, files by their last name.
pub(crate) fn told(problems: &[Problem]) -> String {
    let mut lines = String::new();
    for problem in problems {
        assert_told_in_both(problem);
        let (line, column) = problem.line_column().unwrap_or((0, 0));
        let file = problem.file.rsplit('/').next().unwrap_or(&problem.file);
        writeln!(
            lines,
            "{file}:{line}:{column} {}: {}",
            problem.code, problem.message.en
        )
        .unwrap();
    }
    lines
}

/// Prose, without the words that stand in backticks as they are written in the file.
fn prose(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// Each problem speaks Chinese in Chinese and English in English, and says how to mend it in both.
#[track_caller]
pub(crate) fn assert_told_in_both(problem: &Problem) {
    let chinese = |text: &str| {
        prose(text)
            .chars()
            .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    };
    let latin = |text: &str| prose(text).chars().any(|c| c.is_ascii_lowercase());
    let said = &problem.message;
    assert!(chinese(&said.zh), "{}: {}", problem.code, said.zh);
    assert!(
        !chinese(&said.en) && latin(&said.en),
        "{}: {}",
        problem.code,
        said.en
    );
    let help = problem
        .help
        .as_ref()
        .unwrap_or_else(|| panic!("{}: no help", said.en));
    assert!(!help.zh.trim().is_empty() && !help.en.trim().is_empty());
}

/// One slip gives exactly one problem, and it says where and what.
#[track_caller]
pub(crate) fn check_slip(file: &str, from: &str, to: &str, expected: &str) {
    let folder = planted(&[(file, from, to)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems).trim_end(), expected);
    assert!(plan.is_none());
    assert!(
        problems.iter().all(|problem| problem.help.is_some()),
        "each says how to mend it"
    );
}
