//! 复核与联系 · What people said, what the plan knew and whom to call stand beside what they speak of, and change nothing of it.

use crosswipe_reports::{Lang, case_html, csv, html, markdown, terminal};
use crosswipe_verify::finding_id;
use rstest::rstest;

use crate::page::{between, data, half, insides};
use crate::runs;

/// Signs that the template engine writes otherwise.
fn plain(text: &str) -> String {
    text.replace("&#x2f;", "/").replace("&quot;", "\"")
}

/// The part of a list that speaks of this.
fn row<'a>(list: &'a str, of: &str) -> &'a str {
    let mut rows = list.split("<tr>");
    rows.find(|row| row.contains(of))
        .unwrap_or_else(|| panic!("no row of {of}"))
}

#[rstest]
#[case::zh(Lang::Zh, "zh", ["失败", "改判：原为「失败」，李四 按「通过」看待", "不许这样改判", "厂商在改", "问过温州", "已过期，不再豁免"])]
#[case::en(Lang::En, "en", ["failed", "李四 takes it as \"passed\"", "nobody may take it so", "厂商在改", "问过温州", "overdue, no longer waived"])]
fn what_was_said_stands_beside_what_it_speaks_of(
    #[case] lang: Lang,
    #[case] tongue: &str,
    #[case] words: [&str; 6],
) {
    let [
        failed,
        otherwise,
        never,
        of_finding,
        of_transaction,
        overdue,
    ] = words;
    let run = runs::reviewed();
    let page = html(&run.story(), lang);
    // All of it is there before any script runs.
    let half = plain(&half(page.split("<script>").next().unwrap(), tongue));
    let section = |name: &str| {
        let open = format!("id=\"{tongue}-{name}\"");
        between(&half, &open, "</section>").to_owned()
    };
    let bad = section("bad");
    let wrong = row(&bad, run.case(1).case.as_str());
    assert!(wrong.contains(failed), "what the run says stays: {wrong}");
    assert!(
        wrong.contains(otherwise) && wrong.contains(overdue),
        "{wrong}"
    );
    assert!(wrong.contains("某厂商 王工") && wrong.contains("2017-06-01"));
    let left = row(&bad, run.case(4).case.as_str());
    assert!(
        left.contains(never) && left.contains("class=\"said bad\""),
        "{left}"
    );
    let open = section("open");
    assert!(row(&open, "/1.settle").contains(of_transaction));
    let findings = section("findings");
    assert!(findings.contains(of_finding));
    assert!(findings.contains(&finding_id(&run.judgement.findings[0])));
    let chain = section("review");
    assert_eq!(
        chain.matches("<tr>").count(),
        1 + 7,
        "a head and a line each"
    );
    assert!(chain.contains("整体可以") && !chain.contains("<b>\""));
    let known = section("known");
    assert!(
        known.contains("KI-8") && known.contains("2030-03-02") && known.contains("某厂商 王工")
    );
    // None of it moves a number.
    let numbers = |page: &str| between(page, "<div class=\"four\">", "</section>").to_owned();
    let bare = html(&runs::violated().story(), lang);
    let four = |page: &str| numbers(page).split("<section").next().unwrap().to_owned();
    assert_eq!(four(&page), four(&bare));
}

#[test]
fn a_finding_that_somebody_spoke_of_is_not_folded_up() {
    let mut run = runs::reviewed();
    let folded = |run: &runs::Run| {
        let half = half(&html(&run.story(), Lang::Zh), "zh");
        let findings = between(&half, "id=\"zh-findings\"", "</section>").to_owned();
        [
            findings.matches("<details>").count(),
            findings.matches("<details open>").count(),
        ]
    };
    assert_eq!(folded(&run), [1, 0]);
    let follows = &run.judgement.findings[1];
    let on = crosswipe_verify::Target::Finding {
        id: finding_id(follows),
        class: follows.class.clone(),
    };
    run.review.said[0].line.act = crosswipe_verify::ReviewAct::Comment { on };
    assert_eq!(folded(&run), [0, 1]);
}

#[test]
fn signatures_stand_on_the_sign_off_page_with_what_became_of_them_and_the_boxes_stay() {
    let run = runs::reviewed();
    let page = html(&run.story(), Lang::Zh);
    let sheet = half(&page, "zh");
    let sheet = between(&sheet, "id=\"zh-sign\"", "</section>");
    let signed = between(sheet, "class=\"signed\"", "</table>");
    assert_eq!(signed.matches("<tr>").count(), 3);
    for words in [
        "赵六",
        "复核人",
        "浙江省医保中心",
        "2017-06-06 10:04",
        "违反 L4",
        "带问题签字，未了 2 项",
        "另一版本",
        "又有 1 条复核",
    ] {
        assert!(signed.contains(words), "{words} in {signed}");
    }
    assert!(sheet.contains("复核链尾") && sheet.contains("公章"));
    let clean = html(&runs::clean().story(), Lang::Zh);
    assert!(!clean.contains("class=\"signed\"") && !clean.contains("zh-review"));
}

#[test]
fn a_chain_that_breaks_is_said_on_the_first_screen_and_where_people_sign() {
    let mut run = runs::reviewed();
    run.review.said.truncate(2);
    run.review.defects.push(crosswipe_verify::ReviewDefect {
        part: None,
        line: 3,
        why: "hash differs",
    });
    let half = half(&html(&run.story(), Lang::Zh), "zh");
    for part in ["class=\"verdict", "zh-review\"><h2", "zh-sign"] {
        let section = between(&half, part, "</section>");
        assert!(section.contains("第 3 行起不成立"), "{section}");
    }
}

#[test]
fn the_case_has_it_too_in_the_table_and_on_its_own_page() {
    let run = runs::reviewed();
    let page = html(&run.story(), Lang::Zh);
    let all = insides(&page, 0).concat();
    for words in [
        "按「通过」看待",
        "不许这样改判",
        "厂商在改",
        "问过温州",
        "KI-7",
    ] {
        assert!(all.contains(words), "{words}");
    }
    let data = data(&page);
    let said = data["said"].as_object().unwrap();
    assert_eq!(said.keys().collect::<Vec<_>>(), ["1", "4"]);
    assert!(said["1"][1].to_string().contains("takes it as"));
    let kinds = |row: usize| data["columns"]["review"][row].as_array().unwrap().len();
    assert_eq!([0, 1, 4].map(kinds), [0, 2, 2]);
    let wrong = run.case(1).case;
    let alone = case_html(&run.story_of(&wrong), &wrong, Lang::En).unwrap();
    let alone = plain(&half(&alone, "en"));
    assert!(alone.contains("takes it as \"passed\"") && alone.contains("KI-7"));
    assert!(!alone.contains("问过温州"), "nothing of other cases");
}

fn with_contacts() -> runs::Run {
    let mut run = runs::reviewed();
    let leads = |code: &str, name: &str, phone: &str| crosswipe_reports::Leads {
        code: code.into(),
        name: format!("{code}单位"),
        department: "信息科".into(),
        business: [name.into(), phone.into()],
        systems: Default::default(),
    };
    run.contacts = vec![
        leads("330300", "王工", "0577-1"),
        leads("330400", "陈工", "0573-4"),
        leads("330100", "", ""),
    ];
    run
}

#[rstest]
#[case(
    Lang::Zh,
    "联系 330300单位 信息科：业务 王工 0577-1",
    "未回退清单",
    "发现",
    "未通过的用例"
)]
#[case(
    Lang::En,
    "call 330300单位 信息科: business 王工 0577-1",
    "What is open",
    "Findings",
    "Cases that are not good"
)]
fn whom_to_call_stands_beside_each_failure_in_terminal_and_markdown(
    #[case] lang: Lang,
    #[case] call: &str,
    #[case] open: &str,
    #[case] findings: &str,
    #[case] failed: &str,
) {
    let story = with_contacts().story();
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (told, head) in [
        (terminal(&story, lang, 100), "■ "),
        (markdown(&story, lang), "### "),
    ] {
        for heading in [open, findings, failed] {
            let section = told
                .split(&format!("{head}{heading}"))
                .nth(1)
                .expect(heading);
            let section = squeezed(section.split(head).next().unwrap());
            assert!(
                section.replace('\\', "").contains(call),
                "{heading}: {section}"
            );
        }
        assert!(!told.contains("陈工"), "who has nothing to do with it");
        assert!(!told.contains("330100单位"), "nobody is named there");
    }
    let bare = runs::reviewed().story();
    let word = lang.pick("联系 ", "call 330");
    assert!(!markdown(&bare, lang).contains(word));
}

#[test]
fn what_the_workbook_says_of_a_review_is_one_text() {
    let story = runs::reviewed().story();
    let problems = csv(&story, Lang::Zh);
    let problems = problems.iter().find(|(name, _)| *name == "problems.csv");
    assert!(problems.unwrap().1.contains("厂商在改"));
}
