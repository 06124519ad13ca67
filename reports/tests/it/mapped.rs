//! 三目 · What messages and tables say of each item, state by state; what nobody was told stays unknown.

use crosswipe_domain::Outcome;
use crosswipe_journal::Payload;
use crosswipe_reports::{CatalogueLine, Lang, Mappings, catalogue};
use rstest::rstest;

use crate::runs::Run;

fn ok() -> Option<Outcome> {
    Some(Outcome::Ok {
        ids: Default::default(),
        amounts: Default::default(),
    })
}

fn refused() -> Option<Outcome> {
    Some(Outcome::Refused {
        code: "E-FIELD".into(),
        text: "no".into(),
    })
}

fn lost() -> Option<Outcome> {
    Some(Outcome::Unknown {
        why: "timeout".into(),
    })
}

/// Own code, kind, national code, first and last day.
type Item<'a> = [&'a str; 5];

fn item<'a>(local: &'a str, code: &'a str) -> Item<'a> {
    [local, "101", code, "", ""]
}

/// What one message carries.
fn data(infno: &str, [local, kind, code, from, to]: Item<'_>) -> String {
    match infno {
        "2204" => format!(
            r#"{{"feedetail":[{{"medins_list_codg":"{local}","med_list_codg":"{code}"}}]}}"#
        ),
        _ => format!(
            r#"{{"data":{{"fixmedins_hilist_id":"{local}","fixmedins_hilist_name":"甲","list_type":"{kind}","med_list_codg":"{code}","begndate":"{from}","enddate":"{to}"}}}}"#
        ),
    }
}

type Sent<'a> = (&'a str, Item<'a>, Option<Outcome>);

/// A run whose first institution sent these, in this order.
fn run(sent: &[Sent<'_>]) -> Run {
    let mut run = Run::new(2);
    for (at, (infno, item, outcome)) in sent.iter().enumerate() {
        run.forward(0, infno, &format!("{at}.{infno}"), outcome.clone());
        let intents = run.records.iter().rev();
        let mut intents = intents.filter(|one| matches!(one.payload, Payload::Intent(_)));
        let seq = intents.next().expect("an intent").seq;
        let text = format!(r#"{{"infno":"{infno}","input":{}}}"#, data(infno, *item));
        run.messages.insert(seq, text);
    }
    run
}

/// Own code, national code, state and reasons of each row.
fn rows(all: &Mappings, of: Option<&str>) -> Vec<[String; 4]> {
    let text = catalogue(all, of, Lang::Zh).markdown();
    let rows = text.lines().filter(|line| line.starts_with("| M-"));
    rows.map(|line| {
        let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        [2, 5, 6, 7].map(|at| cells[at].replace('\\', ""))
    })
    .collect()
}

#[rstest]
#[case::uploaded(&[("3301", item("L1", "X1"), ok())], &[("X1", "✓ 已对照", "")])]
#[case::refused(&[("3301", item("L1", "X1"), refused())], &[("X1", "✗ 未对照", "被拒")])]
#[case::no_answer(&[("3301", item("L1", "X1"), lost())], &[("X1", "? 不明", "无从得知")])]
#[case::no_outcome(&[("3301", item("L1", "X1"), None)], &[("X1", "? 不明", "无从得知")])]
#[case::told_later(&[("3301", item("L1", "X1"), lost()), ("3301", item("L1", "X1"), ok())], &[("X1", "✓ 已对照", "")])]
#[case::refused_after_unknown(&[("3301", item("L1", "X1"), lost()), ("3301", item("L1", "X1"), refused())], &[("X1", "? 不明", "")])]
#[case::sent_twice(&[("3301", item("L1", "X1"), ok()), ("3301", item("L1", "X1"), lost())], &[("X1", "✓ 已对照", "")])]
#[case::taken_out(&[("3301", item("L1", "X1"), ok()), ("3302", item("L1", "X1"), ok())], &[("X1", "✗ 未对照", "已撤销")])]
#[case::not_taken_out(&[("3301", item("L1", "X1"), ok()), ("3302", item("L1", "X1"), refused())], &[("X1", "✓ 已对照", "")])]
#[case::perhaps_taken_out(&[("3301", item("L1", "X1"), ok()), ("3302", item("L1", "X1"), lost())], &[("X1", "? 不明", "无从得知")])]
#[case::another_is_taken_out(&[("3301", item("L1", "X1"), ok()), ("3302", item("L1", "X9"), ok())], &[("X1", "✓ 已对照", ""), ("X9", "✗ 未对照", "已撤销")])]
#[case::changed(&[("3301", item("L1", "X1"), ok()), ("3302", item("L1", "X1"), ok()), ("3301", item("L1", "X2"), ok())], &[("X1", "✗ 未对照", "已撤销"), ("X2", "✓ 已对照", "")])]
#[case::double(&[("3301", item("L1", "X1"), ok()), ("3301", item("L1", "X2"), ok())], &[("X1", "✗ 一对多", "X2"), ("X2", "✗ 一对多", "X1")])]
#[case::two_items_on_one_code(&[("3301", item("L1", "X1"), ok()), ("3301", item("L2", "X1"), ok())], &[("X1", "✓ 已对照", ""), ("X1", "✓ 已对照", "")])]
#[case::one_after_the_other(&[("3301", ["L1", "101", "X1", "2021-01-01", "2021-05-31"], ok()), ("3301", ["L1", "101", "X2", "2021-06-01", ""], ok())], &[("X1", "✓ 已对照", ""), ("X2", "✓ 已对照", "")])]
#[case::both_on_one_day(&[("3301", ["L1", "101", "X1", "2021-01-01", "2021-06-01"], ok()), ("3301", ["L1", "101", "X2", "2021-06-01", ""], ok())], &[("X1", "✗ 一对多", ""), ("X2", "✗ 一对多", "")])]
#[case::perhaps_double(&[("3301", item("L1", "X1"), ok()), ("3301", item("L1", "X2"), lost())], &[("X1", "? 不明", "或许又对 X2"), ("X2", "? 不明", "")])]
#[case::blank_in_it(&[("3301", item("L1", "X 1"), ok())], &[("X 1", "✗ 编码不合规", "med_list_codg")])]
#[case::full_width(&[("3301", item("L1", "X１"), ok())], &[("X１", "✗ 编码不合规", "全角")])]
#[case::too_long(&[("3301", item("L1", "X12345678901234567890123456789012345678901234567890"), ok())], &[("X12345678901234567890123456789012345678901234567890", "✗ 编码不合规", "51 位，最长 50 位")])]
#[case::as_long_as_allowed(&[("3301", item("L1", "X1234567890123456789012345678901234567890123456789"), ok())], &[("X1234567890123456789012345678901234567890123456789", "✓ 已对照", "")])]
#[case::unknown_kind(&[("3301", ["L1", "999", "X1", "", ""], ok())], &[("X1", "✗ 编码不合规", "999 不在码表")])]
#[case::no_code(&[("3301", item("L1", ""), ok())], &[("", "✗ 未对照", "没有医疗目录编码")])]
#[case::charged_only(&[("2204", item("L1", "X1"), ok())], &[("X1", "✗ 未对照", "费用明细用过 1 次")])]
#[case::charged_and_mapped(&[("2204", item("L1", "X1"), ok()), ("3301", item("L1", "X1"), ok())], &[("X1", "✓ 已对照", "")])]
#[case::charged_on_another(&[("3301", item("L1", "X1"), ok()), ("2204", item("L1", "X2"), ok())], &[("X2", "✗ 一对多", "X1"), ("X1", "✗ 一对多", "X2")])]
#[case::charged_before_the_change(&[("3301", item("L1", "X1"), ok()), ("2204", item("L1", "X1"), ok()), ("3302", item("L1", "X1"), ok()), ("3301", item("L1", "X2"), ok())], &[("X1", "✗ 未对照", "费用明细用过 1 次"), ("X2", "✓ 已对照", "")])]
fn each_state_by_what_was_answered(
    #[case] sent: &[Sent<'_>],
    #[case] expected: &[(&str, &str, &str)],
) {
    let run = run(sent);
    let all = Mappings::of_runs(&[run.source()]);
    let rows = rows(&all, None);
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    for (row, (code, state, why)) in rows.iter().zip(expected) {
        assert_eq!(
            (row[1].as_str(), row[2].as_str()),
            (*code, *state),
            "{row:?}"
        );
        assert!(row[3].contains(why), "{row:?}");
        assert_eq!(row[3].is_empty(), row[2].contains('✓'), "{row:?}");
    }
}

fn line(institution: &str, local: &str, code: &str) -> CatalogueLine {
    CatalogueLine {
        institution: institution.into(),
        local: local.into(),
        kind: "101".into(),
        code: code.into(),
        ..CatalogueLine::default()
    }
}

#[test]
fn a_table_stands_beside_what_was_uploaded_and_each_institution_alone() {
    let run = run(&[
        ("3301", item("L1", "X1"), ok()),
        ("3301", item("L2", "X2"), ok()),
        ("3302", item("L2", "X2"), ok()),
    ]);
    let mut all = Mappings::of_runs(&[run.source()]);
    let [here, there] = [0, 1].map(|at| run.header.plan.institutions[at].0.clone());
    let origin = run.case(0).institution.expect("an institution");
    let other = if origin == here { &there } else { &here };
    all.add_table(&[
        line(&origin, "L1", "X9"),
        line(&origin, "L2", "X2"),
        line(&origin, "L3", ""),
        line(other, "L1", "X5"),
    ]);
    let told: Vec<_> = rows(&all, Some(&origin))
        .into_iter()
        .map(|[local, code, state, _]| format!("{local} {code} {state}"))
        .collect();
    let expected = [
        "L1 X1 ✗ 一对多",
        "L1 X9 ✗ 一对多",
        "L2 X2 ✗ 未对照",
        "L3  ✗ 未对照",
    ];
    assert_eq!(told, expected);
    let others = rows(&all, Some(other));
    assert_eq!((others.len(), others[0][2].as_str()), (1, "✓ 已对照"));
    let text = catalogue(&all, Some(&origin), Lang::Zh).markdown();
    for sum in ["对照条数: 4", "未对照: 2", "一对多: 2", "已对照: 0"] {
        assert!(text.contains(&format!("- {sum}\n")), "{sum} in {text}");
    }
    let english = catalogue(&all, Some(&origin), Lang::En).markdown();
    assert!(english.contains("✗ on two codes") && !english.contains("一对多"));
}

#[test]
fn a_later_run_takes_out_what_an_earlier_one_mapped_and_what_is_unreadable_is_counted() {
    let first = run(&[("3301", item("L1", "X1"), ok())]);
    let mut second = run(&[
        ("3302", item("L1", "X1"), ok()),
        ("3301", item("L2", "X2"), ok()),
    ]);
    for record in &mut second.records {
        record.at = record.at.plus_ms(86_400_000);
    }
    let last = second.messages.keys().rev();
    let unreadable = last
        .copied()
        .find(|seq| second.messages[seq].contains("3301"));
    second.messages.remove(&unreadable.expect("a message"));
    // In whatever order they are given.
    let all = Mappings::of_runs(&[second.source(), first.source()]);
    let told = rows(&all, None);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0][2], "✗ 未对照");
    let text = catalogue(&all, None, Lang::Zh).markdown();
    assert!(text.contains("读不出的对照报文（未计入）: 1"), "{text}");
    let nothing = run(&[("2201", item("L1", "X1"), ok())]);
    assert!(catalogue(&Mappings::of_runs(&[nothing.source()]), None, Lang::Zh).is_empty());
}
