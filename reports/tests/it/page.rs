//! 网页 · The page loads nothing, runs nothing but ours, and shows hostile text as text.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crosswipe_domain::{CaseId, sha256_hex};
use crosswipe_journal::{CaseResult, Payload};
use crosswipe_reports::{Lang, case_html, html};

use crate::runs::{self, Run};

fn page(run: &Run) -> String {
    html(&run.story(), Lang::Zh)
}

/// The block of all cases, unpacked by other means than the browser's.
pub(crate) fn data(page: &str) -> serde_json::Value {
    let packed = between(page, "id=\"data\">", "</script>");
    let bytes = STANDARD.decode(packed).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Insides of the cases that are told in full, in this language (0 Chinese, 1 English).
pub(crate) fn insides(page: &str, tongue: usize) -> Vec<String> {
    let data = data(page);
    let full = data["full"].as_object().unwrap().values();
    full.map(|one| one["inside"][tongue].as_str().unwrap().to_owned())
        .collect()
}

/// The part of the page in one language.
pub(crate) fn half(page: &str, tongue: &str) -> String {
    let open = format!("<div class=\"only-{tongue}\"");
    let parts = page.split(&open).skip(1);
    let other = if tongue == "zh" { "en" } else { "zh" };
    parts
        .map(|part| {
            let other = format!("<div class=\"only-{other}\"");
            let ends = [other.as_str(), "<section id=\"cases\"", "<script"];
            let end = ends.into_iter().filter_map(|end| part.find(end)).min();
            part[..end.unwrap()].to_owned()
        })
        .collect()
}

/// What stands between two tags, once.
pub(crate) fn between<'a>(page: &'a str, open: &str, close: &str) -> &'a str {
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
        for inside in insides(&page, 0) {
            assert!(!inside.contains("href") && !inside.contains(" style="));
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
    for tongue in [0, 1] {
        let insides = insides(&page, tongue).concat();
        assert!(!insides.contains("<script") && !insides.contains("<img"));
    }
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
        "未通过的用例",
        "outpatient/330100-330300",
        "setlinfo.psn_cash_pay · 应为 ≤ 100.00 · 实为 148.21",
        "--format xlsx",
    ] {
        let shown = plain.replace("&#x2f;", "/");
        assert!(shown.contains(text), "{text}");
    }
}

#[test]
fn each_language_is_whole_and_without_the_other() {
    for run in [runs::clean(), runs::violated(), runs::indeterminate()] {
        let page = page(&run);
        let [zh, en] = ["zh", "en"].map(|tongue| half(&page, tongue));
        assert_eq!(
            zh.matches("<section").count(),
            en.matches("<section").count()
        );
        assert_eq!(zh.matches("<tr").count(), en.matches("<tr").count());
        // What exists in Chinese only: names, titles, quotes of the plan, and what a peer said; and the other's own switch.
        let plan = &run.header.plan;
        let mut names: Vec<&str> = vec![&plan.source, "系统繁忙", "中文"];
        names.extend(plan.cannot_undo.iter().map(String::as_str));
        names.extend(
            plan.window
                .phases
                .iter()
                .map(|phase| phase.quote.as_str())
                .filter(|quote| !quote.is_empty()),
        );
        names.extend(["第一医院", "温州", "宁波", "杭州", "市"]);
        let mut left = en.clone();
        for case in &plan.cases {
            left = left.replace(&case.title, "");
        }
        for name in names {
            left = left.replace(name, "");
        }
        let left: String = left
            .chars()
            .filter(|sign| ('\u{4e00}'..='\u{9fff}').contains(sign))
            .collect();
        assert_eq!(left, "", "Chinese left in the English half");
        for words in ["rolled back", "insured at", "Certificate", "Files", " the "] {
            assert!(en.contains(words), "{words}");
            assert!(!zh.contains(words), "{words} in the Chinese half");
        }
    }
}

#[test]
fn the_language_asked_for_is_shown_first() {
    let story = runs::violated().story();
    for (lang, root) in [
        (Lang::Zh, "<html lang=\"zh-CN\" class=\"zh\">"),
        (Lang::En, "<html lang=\"en\" class=\"en\">"),
    ] {
        assert!(html(&story, lang).contains(root));
    }
}

#[test]
fn a_failed_undo_and_one_that_was_never_sent_are_rows_of_their_own() {
    let zh = half(&page(&runs::indeterminate()), "zh");
    let list = between(&zh, "id=\"zh-undos\"", "</section>");
    // Two 2601 that did not work, and the registration of which no undo was sent.
    assert_eq!(list.matches("<tr>").count() - 1, 3, "{list}");
    for words in ["E-OTHER", "第 1 次", "没有发出撤销"] {
        assert!(list.contains(words), "{words}");
    }
    assert!(!list.contains("class=\"good"), "never green");
    assert!(!page(&runs::clean()).contains("id=\"zh-undos\""));
}

#[test]
fn the_page_of_one_case_has_it_in_full_and_nothing_of_others() {
    let run = runs::violated();
    let [this, other] = [3, 2].map(|index| run.case(index).case);
    let page = case_html(&run.story_of(&this), &this, Lang::Zh).unwrap();
    let plain = page.split("<script>").next().unwrap();
    let shown = plain.replace("&#x2f;", "/").replace("&quot;", "\"");
    assert!(shown.contains(this.as_str()) && !shown.contains(other.as_str()));
    assert!(shown.contains("→ {\"infno\":\"2207\"") && shown.contains("违反：没有回退干净"));
    let data = data(&page);
    assert!(data.get("columns").is_none(), "no other case is packed");
    assert_eq!(data["fields"]["names"]["infno"][0], "交易编号");
    let none = CaseId::parse("outpatient/nowhere").unwrap();
    assert!(case_html(&run.story(), &none, Lang::Zh).is_none());
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
    let full = |run: &Run| data(&page(run))["full"].as_object().unwrap().len();
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
fn every_case_is_a_row_by_all_its_ids_and_every_column_is_as_long() {
    let run = runs::eleven_cities();
    let data = data(&page(&run));
    let columns = data["columns"].as_object().unwrap();
    for (name, column) in columns {
        assert_eq!(column.as_array().unwrap().len(), 111, "{name}");
    }
    let all = data["columns"]["messages"].to_string();
    for transaction in &run.judgement.transactions {
        let undo = transaction.reversed_by.as_ref().unwrap();
        assert!(all.contains(transaction.msgid.as_str()) && all.contains(undo.as_str()));
    }
    assert_eq!(data["columns"]["amount"][0], 56_795);
    assert!(
        data["columns"]["amount"][110].is_null(),
        "it settled nothing"
    );
    let letters: Vec<&str> = data["letters"]
        .as_object()
        .unwrap()
        .values()
        .map(|letters| letters.as_str().unwrap())
        .collect();
    assert!(
        letters.contains(&"nbs") && letters.contains(&"hzsdyyy"),
        "{letters:?}"
    );
}

#[test]
fn ten_thousand_cases_are_five_megabytes_at_most() {
    let run = runs::ten_thousand();
    let page = page(&run);
    eprintln!("{} cases: {} bytes", run.planned(), page.len());
    assert!(
        run.planned() > 10_000 && page.len() < 5_000_000,
        "{}",
        page.len()
    );
    assert_eq!(
        data(&page)["columns"]["id"].as_array().unwrap().len(),
        run.planned()
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
    let told = |run: &Run| insides(&page(run), 0).concat();
    let before = told(&runs::violated()).matches("class=\"gap\"").count();
    insured.reversed = 0;
    let told = told(&run);
    assert_eq!(told.matches("class=\"gap\"").count(), before + 1);
    assert!(told.contains("没有冲回") && told.contains("class=\"sequence\""));

    let tickets: Vec<&str> = told
        .split("data-copy=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let good = data(&page(&run))["columns"]["good"].clone();
    let good = good.as_array().unwrap();
    let bad = good.iter().filter(|good| **good == 0).count();
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
        !insides(&page(&runs::clean()), 0)
            .concat()
            .contains("data-copy"),
        "a good case is nobody's ticket"
    );
}

#[test]
fn certificate_and_sign_off_carry_every_rule_the_hashes_and_empty_boxes() {
    let run = runs::violated();
    for (tongue, boxes) in [
        ("zh", ["经办人", "复核人", "单位负责人", "公章"]),
        ("en", ["prepared by", "checked by", "head of unit", "stamp"]),
    ] {
        let half = half(&page(&run), tongue);
        let sheet = |name: &str| {
            between(&half, &format!("id=\"{tongue}-{name}\""), "</section>").to_owned()
        };
        let certificate = sheet("rules");
        for rule in 1..=14 {
            let cell = format!(">R{rule}</td>");
            assert!(certificate.contains(&cell), "R{rule}");
        }
        let hash = run.certificate.as_deref().unwrap();
        assert!(certificate.contains(hash) && sheet("sign").contains(hash));
        assert!(certificate.contains("insured:330300"));
        for name in boxes {
            assert!(sheet("sign").contains(name), "{name}");
        }
        assert!(
            sheet("sign").contains("319.74"),
            "what is open is signed too"
        );
    }
}

#[test]
fn what_differs_is_marked_and_what_holds_is_not() {
    let insides = insides(&page(&runs::violated()), 0).concat();
    assert!(
        insides.contains("<mark>148.21</mark>"),
        "the check that failed"
    );
    assert!(!insides.contains("<mark>ok"), "the one that holds");
}

#[test]
fn a_chain_names_the_record_that_shows_it_and_the_balance_as_answered() {
    let mut run = runs::clean();
    let case = run.case(0).case;
    let told = |run: &Run| case_html(&run.story_of(&case), &case, Lang::Zh).unwrap();
    let verified = run.records.iter().find(|record| {
        matches!(&record.payload, Payload::Verified(verified) if verified.txid.as_str().starts_with(case.as_str()))
    });
    let verified = verified.unwrap();
    let shown = format!("#{} {}", verified.seq, &verified.sha256[..16]);
    assert!(told(&run).contains(&shown), "{shown}");
    assert!(
        !told(&run).contains("账户余额"),
        "nobody answered with a balance"
    );
    // The account paid 100.00; once the undo answers with what was there before, once with a fen less.
    for (after, mark) in [(30_000, "300.00 ✓"), (29_999, "299.99 ✗")] {
        for record in &mut run.records {
            let (Payload::Outcome(ended) | Payload::CompOutcome(ended)) = &mut record.payload
            else {
                continue;
            };
            if let crosswipe_domain::Outcome::Ok { amounts, .. } = &mut ended.outcome
                && let Some(paid) = amounts.get("acct_pay")
            {
                let fen = if paid.fen() > 0 { 20_000 } else { after };
                amounts.insert("balc".into(), crosswipe_domain::Money::from_fen(fen));
            }
        }
        let told = told(&run);
        assert!(told.contains("300.00 → 200.00 → <b"), "before and after");
        assert!(told.contains(mark), "{mark}");
    }
}

#[test]
fn beside_a_failure_stands_whom_to_call() {
    let mut run = runs::violated();
    let leads = |code: &str, name: &str, phone: &str| crosswipe_reports::Leads {
        code: code.into(),
        name: format!("{code}单位"),
        department: "信息科".into(),
        business: [name.into(), phone.into()],
        systems: Default::default(),
    };
    run.contacts = vec![
        leads("330300", "王工", "0577-1"),
        leads("330200", "李工", "0574-2"),
        leads("330100", "", ""),
    ];
    let page = page(&run);
    let zh = half(&page, "zh");
    let open = between(&zh, "id=\"zh-open\"", "</section>");
    assert!(
        open.contains("330300单位 信息科：业务 王工 0577-1"),
        "{open}"
    );
    assert!(
        !open.contains("信息 </") && !open.contains("李工"),
        "only who answers for it"
    );
    let insides = insides(&page, 1).concat();
    assert!(insides.contains("call 330300单位 信息科: business 王工 0577-1"));
    assert!(!insides.contains("330100单位"), "nobody is named there");
}

#[test]
fn cells_and_books_of_parties_add_up_to_the_totals_that_stand_above_them() {
    let run = runs::violated();
    let page = page(&run);
    let data = data(&page);
    let cells = &data["cells"];
    let column = |name: &str| cells[name].as_array().unwrap().clone();
    let (parties, books, names) = (column("party"), column("book"), column("cell"));
    let key = |number: &serde_json::Value| {
        data["strings"][number.as_u64().unwrap() as usize][2]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for total in &run.judgement.books {
        for (name, sum) in [
            ("t0", total.t0),
            ("t1", total.t1),
            ("t2", total.t1),
            ("left", total.left()),
        ] {
            for whole in [true, false] {
                let of = |place: &usize| {
                    key(&parties[*place]).starts_with(&format!("{}:", total.role))
                        && key(&books[*place]) == total.book
                        && (names[*place] == "") == whole
                };
                let values = column(name);
                let own = (0..parties.len()).filter(of);
                let told: i64 = own.map(|place| values[place].as_i64().unwrap()).sum();
                assert_eq!(told, sum, "{} {} {name} {whole}", total.role, total.book);
            }
        }
    }
    let zh = half(&page, "zh");
    let section = between(&zh, "id=\"zh-books\"", "</section>");
    assert!(
        section.contains("t2 日切后")
            && section.contains("<td class=\"num\">12,319.74</td><td class=\"num\">12,319.74</td>"),
        "{section}"
    );
}

#[test]
fn a_run_without_cases_and_one_that_had_only_begun_have_a_page_that_claims_nothing() {
    let mut none = runs::clean();
    let Payload::Run(header) = &mut none.records[0].payload else {
        unreachable!()
    };
    header.plan.cases.clear();
    none.records.truncate(2);
    none.judgement.transactions.clear();
    none.judgement.verdict = crosswipe_verify::Verdict::Indeterminate;
    none.count();
    let mut begun = runs::clean();
    begun.records.truncate(1);
    begun.judgement.transactions.clear();
    begun.judgement.verdict = crosswipe_verify::Verdict::Indeterminate;
    begun.certificate = None;
    for run in [none, begun] {
        let page = page(&run);
        assert!(!page.contains("<b class=\"good\">") && page.contains("不能判定"));
        assert!(page.contains("<b class=\"unsure\">0.0%"), "nothing passed");
        let data = data(&page);
        let rows = data["columns"]["id"].as_array().unwrap().len();
        assert!(rows == 0 || rows == 7, "{rows}");
    }
}

#[test]
fn what_a_peer_hides_in_its_words_is_written_out_wherever_it_is_shown() {
    let mut run = runs::indeterminate();
    let hidden = "\u{202e}系统\u{200b}繁忙\u{7}";
    for record in &mut run.records {
        if let Payload::CompOutcome(ended) = &mut record.payload
            && let crosswipe_domain::Outcome::Refused { text, .. } = &mut ended.outcome
        {
            *text = hidden.into();
        }
    }
    let Payload::Run(header) = &mut run.records[0].payload else {
        unreachable!()
    };
    header.plan.cases[2].title = hidden.into();
    header.plan.institutions[0].1 = hidden.into();
    for text in run.messages.values_mut() {
        text.push_str(hidden);
    }
    let case = run.case(2).case;
    let alone = case_html(&run.story_of(&case), &case, Lang::Zh).unwrap();
    for page in [page(&run), alone] {
        let told = format!("{page}{}", data(&page));
        for sign in ['\u{202e}', '\u{200b}', '\u{7}'] {
            assert!(!told.contains(sign), "{sign:?}");
        }
        assert!(told.contains("⟦U+202E⟧系统⟦U+200B⟧繁忙⟦U+0007⟧"));
        assert!(!told.contains("\\u202e") && !told.contains("\\u0007"));
    }
}

#[test]
fn a_case_that_waited_for_a_hospital_names_the_visits_that_hold_its_messages() {
    let mut run = runs::clean();
    let waited = run.case(3);
    let code = waited.institution.clone().unwrap();
    let visit = CaseId::parse(&format!("his/{code}/1.2201")).unwrap();
    for record in &mut run.records {
        match &mut record.payload {
            Payload::Intent(intent) if intent.case == waited.case => intent.case = visit.clone(),
            Payload::CompIntent(undo) if undo.case == waited.case => undo.case = visit.clone(),
            _ => {}
        }
    }
    for transaction in &mut run.judgement.transactions {
        if transaction.case == waited.case {
            transaction.case = visit.clone();
        }
    }
    let alone = |run: &Run, case: &CaseId| {
        let page = case_html(&run.story_of(case), case, Lang::Zh).unwrap();
        half(&page, "zh").replace("&#x2f;", "/")
    };
    let told = alone(&run, &waited.case);
    assert!(
        told.contains("本用例等的是") && told.contains(visit.as_str()),
        "{told}"
    );
    assert!(!told.contains("class=\"raw\""), "they are not shown twice");
    assert!(alone(&run, &visit).contains("class=\"raw\""));
    let other = run.case(2).case;
    assert!(!alone(&run, &other).contains("本用例等的是"));
    // Of somebody else's visit nothing is claimed.
    for transaction in &mut run.judgement.transactions {
        if transaction.case == visit {
            transaction.person = None;
        }
    }
    assert!(!alone(&run, &waited.case).contains("本用例等的是"));
}
