//! 稽核 · `crosswipe audit` by fate: the shipped field cases, exports of our own runs, and what cannot be compared.

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::Value;

use super::{Bench, copy, crosswipe, in_english, plan};

fn case(name: &str) -> String {
    plan(&format!("audit/{name}"))
}

#[track_caller]
fn audited(path: &str, code: i32) -> Value {
    crosswipe(&["audit", path, "--json"]).must_end(code).json()
}

#[track_caller]
fn head(report: &Value) -> &Value {
    assert_eq!(
        (&report["schema"], &report["causes"]),
        (&"crosswipe.audit/1".into(), &1.into()),
        "{report:#}"
    );
    &report["findings"][0]
}

#[rstest]
#[case::only_the_insurer_knows(
    "refund-known-only-to-insurer",
    "orphan:refund-unheard",
    2500,
    "settlement"
)]
#[case::made_by_hand("refund-made-at-insurer", "orphan:refund-direct", 36000, "settlement")]
fn a_refund_of_the_field_is_explained(
    #[case] name: &str,
    #[case] cause: &str,
    #[case] fen: i64,
    #[case] book: &str,
) {
    let report = audited(&case(name), 1);
    let found = head(&report);
    assert_eq!(
        (&found["class"], &found["cause"]),
        (&"one-sided:insured".into(), &cause.into())
    );
    assert_eq!(
        (&found["amount_fen"], &found["book"]),
        (&fen.into(), &book.into())
    );
    assert_eq!(
        found["hop"][0],
        serde_json::json!(["hub:330000", "insured:330200"])
    );
    assert_eq!(found["refunded"], serde_json::json!(["insured:330200"]));
}

#[test]
fn a_leftover_admission_names_who_keeps_it_and_what_hangs_on_it() {
    let report = audited(&case("leftover-blocks-admission"), 1);
    let found = head(&report);
    assert_eq!(
        (&found["cause"], &found["book"]),
        (&"orphan:blocks-admission".into(), &"in-hospital".into())
    );
    assert_eq!(found["has"], serde_json::json!(["insured:330200"]));
    assert_eq!(report["findings_total"], 4, "three fee lines follow");
    for follower in &report["findings"].as_array().unwrap()[1..] {
        assert_eq!(follower["follows_from"], 0);
    }
}

#[rstest]
#[case::chinese("zh", &["25.00 元", "停在：", "可能原因：", "下一步：", "责任方："])]
#[case::english("en", &["25.00 yuan", "stopped at: ", "likely cause: ", "next step: ", "owner: "])]
fn both_languages_name_hop_cause_next_step_and_owner(#[case] lang: &str, #[case] words: &[&str]) {
    let ended = crosswipe(&[
        "audit",
        &case("refund-known-only-to-insurer"),
        "--lang",
        lang,
    ])
    .must_end(1);
    for word in words {
        assert!(ended.out.contains(word), "no `{word}` in {}", ended.out);
    }
    if lang == "en" {
        assert!(
            ended.out.replace(['✗', '■', '…', '·', '→'], "").is_ascii(),
            "{}",
            ended.out
        );
    }
}

#[test]
fn exports_of_a_clean_run_agree_and_one_dropped_reversal_names_its_hop() {
    let bench = Bench::new();
    bench.run("clean", &["-q"]).must_end(0);
    let report = audited(&bench.text("clean"), 0);
    assert_eq!(
        (&report["verdict"], &report["findings_total"]),
        (&"clean".into(), &0.into())
    );
    assert!(
        report["compared"]["by_book"]["settlement"]
            .as_u64()
            .unwrap()
            >= 7
    );
    bench
        .run("broken", &["-q", "--fault", "hub-drops-forwarded-reversal"])
        .must_end(1);
    let report = audited(&bench.text("broken"), 1);
    let found = head(&report);
    assert_eq!(
        (&found["class"], &found["cause"]),
        (&"one-sided:insured".into(), &"orphan:refund-stopped".into())
    );
    assert_eq!(found["hop"][0][0], "hub:330000");
    // t0 alone holds no business: nothing is compared, and nothing is clean.
    let exports = bench.path("clean").join("exports");
    for entry in fs::read_dir(&exports).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".t0.json") {
            fs::remove_file(path).unwrap();
        }
    }
    audited(&exports.display().to_string(), 5);
}

#[test]
fn what_an_undo_forgot_in_a_book_is_found_though_all_rows_agree() {
    let bench = Bench::new();
    let fault = "accumulator-not-restored";
    bench.run("broken", &["-q", "--fault", fault]).must_end(1);
    let report = audited(&bench.text("broken"), 1);
    let found = &report["findings"][0];
    assert_eq!(
        (&found["class"], &found["cause"]),
        (
            &"residue:accumulator".into(),
            &"orphan:book-not-undone".into()
        ),
        "{report:#}"
    );
    assert!(found["owner"].as_str().unwrap().starts_with("insured:"));
    assert!(found["where"].as_str().unwrap().starts_with("accumulator["));
    assert!(found["amount_fen"].as_i64() > Some(0));
    assert!(found["id"].is_string() && found["person"].as_str().unwrap().starts_with("P-"));
    let told = crosswipe(&["audit", &bench.text("broken"), "--lang", "zh"]).must_end(1);
    assert!(
        told.out.contains("年度累计") && told.out.contains("没有全部冲回"),
        "{}",
        told.out
    );
}

#[test]
fn a_balance_set_by_hand_is_told_with_what_the_log_adds_up_to() {
    let bench = Bench::new();
    bench.run("clean", &["-q"]).must_end(0);
    let path = bench.path("clean").join("exports/insured-330100.t2.json");
    let mut export: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let cells = export["cells"].as_array_mut().unwrap();
    let is_account = |cell: &&mut Value| cell["kind"] == "personal-account";
    let cell = cells.iter_mut().find(is_account).unwrap();
    let was = cell["value"].as_i64().unwrap();
    cell["value"] = (was - 700).into();
    fs::write(&path, export.to_string()).unwrap();
    let report = audited(&bench.text("clean"), 1);
    let found = head(&report);
    assert_eq!(
        (&found["cause"], &found["amount_fen"]),
        (&"orphan:balance-not-of-log".into(), &700.into())
    );
    let says = found["says"].as_array().unwrap();
    let amounts: Vec<_> = says.iter().map(|one| &one["amount_fen"]).collect();
    assert_eq!(amounts, [was - 700, was]);
    assert!(
        found["id"]
            .as_str()
            .unwrap()
            .starts_with("personal-account")
    );
    assert!(found["person"].as_str().unwrap().starts_with("P-"));
}

#[test]
fn one_party_alone_or_days_apart_check_nothing() {
    let bench = Bench::new();
    copy(
        Path::new(&case("refund-known-only-to-insurer")),
        &bench.path("set"),
    );
    let his = bench.path("set").join("his-H33010000001.json");
    let report = audited(&his.display().to_string(), 5);
    assert_ne!(report["verdict"], "clean");
    let text = fs::read_to_string(&his).unwrap();
    let apart = text
        .replace("2026-05-0", "2026-03-0")
        .replace("2605", "2603");
    fs::write(&his, apart.replace("20260", "20990")).unwrap();
    let insured = bench.path("set").join("insured-330200.json");
    crosswipe(&[
        "audit",
        &his.display().to_string(),
        &insured.display().to_string(),
    ])
    .must_end(5);
}

#[rstest]
#[case::cut_in_the_middle(|text: &str| text[..text.len() / 2].to_owned(), "insured-330200.json:")]
#[case::another_schema(|text: &str| text.replace("export/1", "export/9"), "crosswipe.export/9")]
#[case::no_party(|text: &str| text.replace("\"party\":", "\"parti\":"), "has no party")]
#[case::amounts_with_decimals(|text: &str| text.replace(":2500,", ":25.00,"), "whole fen")]
#[case::no_json(|_: &str| "\u{feff}不是".to_owned(), "insured-330200.json:1")]
fn a_bad_export_is_one_clear_message(#[case] spoil: fn(&str) -> String, #[case] words: &str) {
    let bench = Bench::new();
    copy(
        Path::new(&case("refund-known-only-to-insurer")),
        &bench.path("set"),
    );
    let path = bench.path("set").join("insured-330200.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, spoil(&text)).unwrap();
    in_english(&["audit", &bench.text("set")])
        .must_end(64)
        .must_say(&["error[cli::books]", words, "help:"]);
}

#[test]
fn a_real_person_number_is_masked_everywhere() {
    let bench = Bench::new();
    copy(
        Path::new(&case("refund-known-only-to-insurer")),
        &bench.path("set"),
    );
    let number = "330106199001011234";
    for entry in fs::read_dir(bench.path("set")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("P-3c4d5e6f7081"));
        fs::write(&path, text.replace("P-3c4d5e6f7081", number)).unwrap();
    }
    for more in [&[][..], &["--json"][..]] {
        let ended = crosswipe(&[&["audit", &bench.text("set")], more].concat()).must_end(1);
        assert!(!ended.out.contains(number) && !ended.err.contains(number));
        assert!(ended.out.contains("33**************34"), "{}", ended.out);
    }
}
