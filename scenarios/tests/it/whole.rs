//! 整体 · All problems at once, nothing hidden behind another, nothing private shown.

use std::path::Path;

use crosswipe_scenarios::{CODES, Discharge, Given, Op, Severity, Step, load};

use crate::fixture::{FILES, planted, read, told};

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let folder = planted(&[
        ("plan.yaml", "rollback: all\n", ""),
        ("plan.yaml", "margin: 2h", "margn: 2h"),
        ("plan.yaml", "20:00+08:00\", allow", "24:00+08:00\", allow"),
        ("topology.yaml", "tier: 2", "tier: two"),
        ("persons.csv", "1200.00", "1200.005"),
        ("pairs.csv", "330100,", "33O100,"),
        ("basket/cold.yaml", "price: 25.00", "price: free"),
        ("day.yaml", "person: yi", "person: yyi"),
        ("day.yaml", "outcome: ok", "outcome: fine"),
    ]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    assert_eq!(
        told(&problems),
        "\
plan.yaml:2:1 scenario::missing_key: plan: `rollback` is missing
plan.yaml:9:67 scenario::hour_24: `2030-03-02T24:00+08:00` says hour 24, which reads both as this day and as the next
plan.yaml:11:1 scenario::unknown_key: plan: unknown key `margn`
topology.yaml:11:50 scenario::unknown_word: unknown tier `two`
persons.csv:2:66 scenario::bad_amount: `1200.005` has more than 2 decimals
pairs.csv:2:1 scenario::unknown_division: unknown administrative division `33O100`
cold.yaml:2:27 scenario::bad_amount: `free` is not a decimal number
day.yaml:10:27 scenario::unknown_word: unknown outcome `fine`
day.yaml:22:17 scenario::unknown_person: unknown person `yyi`
"
    );
}

#[test]
fn a_slip_in_the_topology_is_not_told_again_for_everybody_who_lives_there() {
    let slip = ("topology.yaml", "code: 330100", "code: 33010");
    let once =
        "topology.yaml:4:11 scenario::unknown_division: unknown administrative division `33010`\n";
    assert_eq!(told(&read(planted(&[slip]).path()).1), once);
    // A slip of its own is told all the same.
    let folder = planted(&[slip, ("pairs.csv", "330100,", "33O100,")]);
    let both = format!(
        "{once}pairs.csv:2:1 scenario::unknown_division: unknown administrative division `33O100`\n"
    );
    assert_eq!(told(&read(folder.path()).1), both);
}

#[test]
fn regions_and_institutions_are_sorted_however_they_are_written() {
    let written = FILES[1].1;
    let second = &written[written.find("  - code: 330200").unwrap()..];
    let folder = planted(&[]);
    let swapped = written
        .replace(second, "")
        .replace("regions:\n", &format!("regions:\n{second}"));
    std::fs::write(folder.path().join("topology.yaml"), swapped).unwrap();
    let topology = read(folder.path()).0.unwrap().topology;
    assert_eq!(topology, read(planted(&[]).path()).0.unwrap().topology);
}

#[test]
fn columns_count_characters_and_spans_count_bytes() {
    let folder = planted(&[(
        "plan.yaml",
        "{zh: 小计划, en: Small plan}",
        "{zh: 小计划, en: Small plan, fr: Petit}",
    )]);
    let problem = read(folder.path()).1.remove(0);
    assert_eq!(problem.line_column(), Some((3, 34)));
    assert_eq!(&problem.source[problem.span.clone().unwrap()], "fr");
}

#[test]
fn a_file_in_gbk_is_named_and_the_others_are_read() {
    let folder = planted(&[("plan.yaml", "margin: 2h", "margin: 2x")]);
    // 「标识」 in GBK, then ASCII.
    std::fs::write(
        folder.path().join("persons.csv"),
        b"\xb1\xea\xca\xb6,psn_no\nx,99993301000000000000000001\n",
    )
    .unwrap();
    let (_, problems) = read(folder.path());
    assert_eq!(
        told(&problems),
        "plan.yaml:12:9 scenario::bad_duration: `2x` is no length of time\n\
         persons.csv:1:1 scenario::not_utf8: the file is not UTF-8 from here on; it may be GBK\n"
    );
    assert!(
        !problems[1].source.contains("9999"),
        "readable numbers are hidden: {}",
        problems[1].source
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_no_place() {
    let folder = planted(&[
        ("persons.csv", "1200.00", "1200.005"),
        ("day.yaml", "outcome: ok", "outcome: fine"),
    ]);
    for name in ["persons.csv", "day.yaml"] {
        let path = folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    }
    assert_eq!(
        told(&read(folder.path()).1),
        "persons.csv:2:66 scenario::bad_amount: `1200.005` has more than 2 decimals\n\
         day.yaml:10:27 scenario::unknown_word: unknown outcome `fine`\n"
    );
}

#[test]
fn nobody_is_shown_by_a_problem_of_the_persons_file() {
    let folder = planted(&[
        ("persons.csv", "1200.00", "1200.005"),
        ("persons.csv", "999999195203030025", "999999195203030026"),
        ("persons.csv", "0.00,公众", "公众"), // a row that cannot be cut into its cells
    ]);
    let (_, problems) = read(folder.path());
    assert_eq!(problems.len(), 3);
    for problem in &problems {
        let shown = format!(
            "{} {} {}",
            problem.message.en,
            problem.source,
            problem.help.as_ref().unwrap()
        );
        for private in ["9999330", "99999919", "测试甲", "测试乙", "路人丙"] {
            assert!(!shown.contains(private), "{private} in {shown}");
        }
        assert_eq!(
            problem.source.len(),
            FILES[3].1.len() + 1 - 5,
            "places stay right"
        );
    }
    assert!(
        problems[0].source.contains("330100,310,1200.005"),
        "what is wrong stays readable"
    );
}

#[test]
fn a_path_that_leads_to_no_plan_says_which_plan_was_meant() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, message, help) in [
        ("zhejiang-2071", "there is no plan at", "zhejiang-2017"),
        ("basket", "there is no plan at", "pair-demo, qianjiang-2021"),
        (
            "zhejiang-2017/outpatient.yaml",
            "is no plan; a plan is a folder",
            "plan.yaml",
        ),
        ("src", "has no `plan.yaml`", "plan.yaml"),
    ] {
        let problems = load(&shipped.join(path)).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, "scenario::no_such_plan");
        assert!(
            problems[0].message.en.contains(message),
            "{}",
            problems[0].message
        );
        assert!(
            problems[0]
                .help
                .as_ref()
                .unwrap()
                .to_string()
                .contains(help),
            "{:?}",
            problems[0].help
        );
    }
}

#[test]
fn a_plan_is_its_folder_or_its_plan_file() {
    let folder = planted(&[]);
    assert_eq!(
        load(folder.path()).unwrap(),
        load(&folder.path().join("plan.yaml")).unwrap()
    );
}

#[test]
fn a_folder_where_a_file_belongs_is_no_panic() {
    let folder = planted(&[]);
    std::fs::remove_file(folder.path().join("day.yaml")).unwrap();
    std::fs::create_dir(folder.path().join("day.yaml")).unwrap();
    assert_eq!(
        told(&read(folder.path()).1),
        "plan.yaml:17:13 scenario::unreadable_file: the file `day.yaml` is a folder\n"
    );
}

#[test]
fn codes_and_ids_keep_their_text() {
    let folder = planted(&[(
        "day.yaml",
        "{setl_id: 0310}",
        "{setl_id: 0310, psn_no: 999999199001010017, mdtrt_id: '007', expContent: yes}",
    )]);
    let (plan, problems) = read(folder.path());
    let plan = plan.unwrap();
    let Step::Call(call) = &plan.cases[2].steps[0] else {
        panic!("a call")
    };
    let text = |name: &str| match &call.with[name] {
        Given::Text(text) => text.as_str(),
        Given::Captured(capture) => panic!("{capture}"),
    };
    assert_eq!(text("setl_id"), "0310");
    assert_eq!(text("psn_no"), "999999199001010017");
    assert_eq!(text("mdtrt_id"), "007");
    assert_eq!(text("expContent"), "yes");
    // The interface does not know the last field: said, but a negative test may want it.
    assert!(
        problems
            .iter()
            .all(|problem| problem.severity == Severity::Warning),
        "{}",
        told(&problems)
    );
}

#[test]
fn expectations_are_read_as_written() {
    let folder = planted(&[("day.yaml", "{le: 25.00}", "{ge: 1, lt: 25.00}")]);
    let plan = read(folder.path()).0.unwrap();
    let Step::Swipe(swipe) = &plan.cases[0].steps[0] else {
        panic!("a swipe")
    };
    let fields: Vec<_> = swipe
        .expect
        .fields
        .iter()
        .map(|field| (field.path.as_str(), field.op, field.value.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            ("setlinfo.psn_cash_pay", Op::Ge, "1"),
            ("setlinfo.psn_cash_pay", Op::Lt, "25.00")
        ]
    );
    assert_eq!(swipe.name, "1");
    assert!(swipe.account && !swipe.forced && swipe.discharge == Discharge::First);
}

#[test]
fn a_case_without_an_instant_begins_as_soon_as_its_phase_allows() {
    // Arranged: from the joint phase on. Not arranged: when the cross tests begin.
    let start = |slips: &[(&str, &str, &str)]| {
        let folder = planted(slips);
        read(folder.path()).0.unwrap().cases[0]
            .start
            .unwrap()
            .wire()
    };
    assert_eq!(start(&[]), "2030-03-02 09:00:00");
    assert_eq!(
        start(&[("pairs.csv", "330100,H33020000001", "330200,H33010000001")]),
        "2030-03-02 12:00:00"
    );
    assert_eq!(
        start(&[("day.yaml", "    covers: [zj-01]", "    phase: cross")]),
        "2030-03-02 12:00:00"
    );
    assert_eq!(
        start(&[(
            "day.yaml",
            "    covers: [zj-01]",
            "    start: \"2030-03-02T15:00+08:00\""
        )]),
        "2030-03-02 15:00:00"
    );
    // Arranged with the hospital next door is not arranged with this one.
    let next_door = "tier: 2}\n      - {code: H33020000002, name: 隔壁虚构医院, tier: 2}";
    assert_eq!(
        start(&[
            ("topology.yaml", "tier: 2}", next_door),
            ("pairs.csv", "H33020000001", "H33020000002")
        ]),
        "2030-03-02 12:00:00"
    );
}

#[test]
fn a_second_swipe_after_the_first_was_undone_is_one_open_swipe() {
    let second = "      - {swipe: inpatient, person: jia, institution: H33020000001, items: basket/cold.yaml, at: \"2030-03-02T14:00+08:00\"}\n  - case: public";
    let times = "at: \"2030-03-02T13:00+08:00\"\n        undo_at: \"2030-03-02T14:00+08:00\"\n        items: basket/cold.yaml";
    let folder = planted(&[
        ("day.yaml", "items: basket/cold.yaml", times),
        ("day.yaml", "  - case: public", second),
    ]);
    assert_eq!(told(&read(folder.path()).1), "");
    let asked = planted(&[
        ("day.yaml", "    covers: [zj-01]", "    several_open: yes"),
        ("day.yaml", "  - case: public", second),
    ]);
    assert_eq!(told(&read(asked.path()).1), "");
}

#[test]
fn every_code_has_one_form_and_stands_once() {
    let mut seen = CODES.to_vec();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), CODES.len());
    assert!(CODES.iter().all(|code| code.starts_with("scenario::")));
}

#[test]
fn chinese_prose_may_use_chinese_punctuation() {
    let folder = planted(&[
        (
            "plan.yaml",
            "{zh: 小计划, en: Small plan}",
            "{zh: “小”计划：两市，一日, en: Small：plan}",
        ),
        (
            "plan.yaml",
            "source: 虚构公告",
            "source: 虚构公告（试行）：第一号，“样本” # 注：说明",
        ),
    ]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    assert_eq!(plan.unwrap().title_zh, "“小”计划：两市，一日");
}

/// Goal: no text makes the reader panic, and whatever it cannot use it explains. Method: every file of the small
/// plan is cut off, and every character in turn replaced by what slips in most easily; a prime stride keeps it short.
#[test]
fn no_spoiled_text_makes_the_reader_panic() {
    const STRIDE: usize = 7;
    let slips = [
        "",
        "：",
        "，",
        "\t",
        "\"",
        "'",
        "{",
        "]",
        "&a ",
        "*a",
        "!!int ",
        "|",
        "#",
        "\n",
        "，\u{3000}",
        "%",
        "９",
    ];
    let folder = planted(&[]);
    let mut spoiled = 0;
    for (file, text) in FILES {
        let path = folder.path().join(file);
        for (turn, (at, character)) in text.char_indices().enumerate().step_by(STRIDE) {
            let slip = slips[(turn / STRIDE) % slips.len()];
            let after = &text[at + character.len_utf8()..];
            for version in [
                text[..at].to_owned(),
                format!("{}{slip}{after}", &text[..at]),
            ] {
                std::fs::write(&path, &version).unwrap();
                let (plan, problems) = read(folder.path());
                assert!(plan.is_some() || !problems.is_empty(), "{file} at {at}");
                for problem in &problems {
                    let inside = problem
                        .span
                        .clone()
                        .is_none_or(|span| problem.source.get(span).is_some());
                    assert!(inside, "a span outside its text: {problem:?}");
                    assert!(
                        !problem.message.to_string().contains("u64"),
                        "no type names: {}",
                        problem.message
                    );
                }
                spoiled += 1;
            }
        }
        std::fs::write(&path, text).unwrap();
    }
    assert!(spoiled > 400, "{spoiled}");
}

/// Whatever instant a plan can speak of, it moves with the plan.
#[test]
fn no_instant_of_a_plan_stays_behind_when_it_is_moved() {
    const DAYS_MS: i64 = 1_000 * 24 * 3_600_000;
    let folder = planted(&[
        (
            "plan.yaml",
            "margin: 2h",
            "margin: 2h\nno_refund: {from: \"2030-03-02T08:00+08:00\", settled_before: \"2030-03-01T18:00+08:00\"}\nclauses: {XX1: 暂停}\nsuspend: [{clause: XX1, from: \"2030-03-02T21:00+08:00\", to: \"2030-03-02T22:00+08:00\"}]\nduties: [{clause: XX1, who: hospital, from: \"2030-03-01T07:00+08:00\", due: \"2030-03-01T08:00+08:00\", text: 知悉}]",
        ),
        (
            "day.yaml",
            "        at: \"2030-03-02T10:00+08:00\"\n",
            "        at: \"2030-03-01T10:00+08:00\"\n        refund_at: \"2030-03-02T09:00+08:00\"\n",
        ),
        (
            "day.yaml",
            "        expect: {outcome: ok",
            "        at: \"2030-03-02T13:00+08:00\"\n        undo_at: \"2030-03-02T14:00+08:00\"\n        expect: {outcome: ok",
        ),
        (
            "day.yaml",
            "  - case: public",
            "  - case: entered\n    steps:\n      - {play: outpatient, person: lu, institution: H33020000001, items: basket/cold.yaml, at: \"2030-03-02T20:30+08:00\", treated: \"2030-03-02T10:00+08:00\", expect: {outcome: accepted}}\n  - case: public",
        ),
    ]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let plan = plan.unwrap();
    let instants = |plan: &crosswipe_scenarios::Plan| {
        let text = format!(
            "{:?} {:?} {:?} {:?}",
            plan.window, plan.cases, plan.purge, plan.duties
        );
        let words = text.split([' ', '(', ')', ',', '}', '{', '[', ']']);
        let read = |word: &str| crosswipe_domain::Moment::parse(word).ok();
        words.filter_map(read).collect::<Vec<_>>()
    };
    let (before, after) = (instants(&plan), instants(&plan.shifted(DAYS_MS)));
    assert!(before.len() > 15, "{before:?}");
    let moved: Vec<_> = before.iter().map(|at| at.plus_ms(DAYS_MS)).collect();
    assert_eq!(after, moved);
}
