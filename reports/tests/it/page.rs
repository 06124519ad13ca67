//! 网页 · The page loads nothing, runs nothing but ours, and shows hostile text as text.

use crosswipe_domain::sha256_hex;
use crosswipe_journal::{CaseResult, Payload};
use crosswipe_reports::{Lang, html};

use crate::runs::{self, Run};

fn page(run: &Run) -> String {
    html(&run.story(), Lang::Zh)
}

/// What stands between two tags, once.
fn between<'a>(page: &'a str, open: &str, close: &str) -> &'a str {
    let (_, rest) = page.split_once(open).unwrap();
    rest.split_once(close).unwrap().0
}

#[test]
fn the_page_asks_nothing_of_any_network() {
    for run in [runs::clean(), runs::violated(), runs::indeterminate()] {
        let page = page(&run);
        for word in [
            "http:",
            "https:",
            "src=",
            "url(",
            "@import",
            "<link",
            "<iframe",
            "<img",
            "fetch(",
            "XMLHttpRequest",
            "javascript:",
        ] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(
            page.split("href=\"")
                .skip(1)
                .all(|rest| rest.starts_with('#')),
            "every link stays in the page"
        );
    }
}

#[test]
fn only_our_own_style_and_script_may_run() {
    let page = page(&runs::clean());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\">")
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    for (text, directive) in [
        (between(&page, "<style>", "</style>"), "style-src"),
        (between(&page, "<script>", "</script>"), "script-src"),
    ] {
        let allowed = between(&policy, &format!("{directive} 'sha256-"), "'");
        assert_eq!(
            hex_of_base64(allowed),
            sha256_hex(text.as_bytes()),
            "{directive} names another text"
        );
    }
    assert!(
        !page.contains(" style="),
        "an inline style would be refused by the policy"
    );
    assert!(!page.contains(" onclick="));
}

/// The test's own way back, by bits.
fn hex_of_base64(text: &str) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: String = text
        .trim_end_matches('=')
        .chars()
        .map(|c| format!("{:06b}", letters.find(c).unwrap()))
        .collect();
    let bytes = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap());
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn hostile_text_is_shown_and_not_run() {
    let mut run = runs::indeterminate();
    let hostile = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>";
    let Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    header.plan.regions[0].1 = hostile.into();
    header.plan.title_zh = hostile.into();
    header.plan.cases[2].title = hostile.into();
    header.faults = vec![hostile.into()];
    run.faults = vec![(hostile.into(), 1)];
    run.judgement.findings[0].actual = hostile.into();
    run.judgement.findings[0].witness = vec![hostile.into()];
    for text in run.messages.values_mut() {
        text.push_str(hostile);
    }
    let page = page(&run);
    assert_eq!(page.matches("<script>").count(), 1, "ours alone");
    assert!(!page.contains("<img"));
    assert!(
        page.contains("&lt;script&gt;alert(1)"),
        "and the text is still there to read"
    );
}

#[test]
fn without_script_the_verdict_and_the_open_list_are_on_the_page() {
    let page = page(&runs::violated());
    let plain = page.split("<script>").next().unwrap();
    for text in [
        "违反：没有回退干净",
        "未回退清单",
        "¥319.74",
        "温州市 参保地平台（insured:330300）",
        "85.7%",
    ] {
        assert!(plain.contains(text), "{text}");
    }
    assert!(
        !page.contains("<details class=\"case\" hidden"),
        "no row waits for a script"
    );
}

#[test]
fn zero_is_green_only_where_the_judge_says_clean() {
    let number = |run: &Run| between(&page(run), "<span>未回退</span><b class=\"", "\"").to_owned();
    assert_eq!(number(&runs::clean()), "good");
    let mut unsure = runs::clean();
    unsure.judgement.verdict = crosswipe_verify::Verdict::Indeterminate;
    assert_eq!(number(&unsure), "unsure");
    assert!(!page(&unsure).contains("每笔交易都已回退并核验"));
    assert_eq!(number(&runs::violated()), "bad");
}

#[test]
fn messages_stand_in_full_for_bad_cases_and_one_good_case_of_each_business() {
    let mut run = runs::clean();
    let full = |run: &Run| page(run).matches("<details class=\"raw\">").count();
    assert_eq!(full(&run), 1);
    let wrong = run.case(3).case;
    for record in &mut run.records {
        if let Payload::CaseFinished(finished) = &mut record.payload
            && finished.case == wrong
        {
            finished.result = CaseResult::Failed;
        }
    }
    assert_eq!(full(&run), 2);
}

#[test]
fn every_case_is_a_row_and_every_transaction_a_chain() {
    let run = runs::eleven_cities();
    let page = page(&run);
    assert_eq!(page.matches("<details class=\"case").count(), 111);
    for transaction in &run.judgement.transactions {
        let undo = transaction.reversed_by.as_ref().unwrap();
        assert!(page.contains(transaction.msgid.as_str()) && page.contains(undo.as_str()));
    }
}

#[test]
fn ten_thousand_cases_would_stay_within_reach_of_an_old_browser() {
    // 5 MB per 10 000 cases is the aim of the page with compressed data; plain rows may take ten times that.
    let page = page(&runs::eleven_cities());
    assert!(
        page.len() / 111 < 5_000,
        "{} bytes a case",
        page.len() / 111
    );
}

#[test]
fn a_picture_shows_where_a_message_stopped_and_a_ticket_fits_into_a_chat() {
    let mut run = runs::violated();
    // The insured place never took the undo of the first settlement.
    let settled = run
        .judgement
        .transactions
        .iter_mut()
        .find(|transaction| transaction.infno.settles() && transaction.reversed_by.is_some())
        .unwrap();
    let (_, insured) = settled
        .at_parties
        .iter_mut()
        .find(|(party, _)| party.role == crosswipe_domain::Role::Insured)
        .unwrap();
    let before = page(&runs::violated()).matches("class=\"gap\"").count();
    insured.reversed = 0;
    let told = page(&run);
    assert_eq!(told.matches("class=\"gap\"").count(), before + 1);
    assert!(told.contains("没有冲回") && told.contains("class=\"sequence\""));

    let tickets: Vec<&str> = told
        .split("data-copy=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let bad = told.matches("data-good=\"0\"").count();
    assert_eq!(tickets.len(), bad, "one for each case that is not good");
    assert!(bad > 0);
    for ticket in tickets {
        assert!(ticket.starts_with("【交叉刷卡】"), "{ticket}");
        assert!(ticket.chars().count() <= 300, "{ticket}");
        for words in ["→", "运行 ", "应为 "] {
            assert!(ticket.contains(words), "{words} in {ticket}");
        }
    }
    assert!(
        page(&runs::clean()).matches("data-copy").count() <= 1,
        "a good case is nobody's ticket"
    );
}
