//! From what leaves to what is undone, record by record.

use std::collections::BTreeMap;
use std::time::Duration;

use crosswipe_domain::{AdmDivision, CaseId, Moment};
use crosswipe_journal::Record;
use crosswipe_reports::Lang;
use rstest::rstest;
use serde_json::{Value, json};

use super::{Lane, Tally};
use crate::progress::lines;

fn record(payload: Value) -> Record {
    Record {
        seq: 0,
        epoch: 0,
        at: Moment::parse("2030-03-02T09:00+08:00").unwrap(),
        payload: serde_json::from_value(payload).unwrap(),
        prev_sha256: String::new(),
        sha256: String::new(),
    }
}

fn sent(txid: &str, infno: &str, treatment: &str) -> Value {
    json!({"kind": "INTENT", "txid": txid, "msgid": "H33020000001203003020900000001", "origin": "H33020000001",
        "infno": infno, "nature": "forward", "purpose": "business", "case": "a", "step": "1.settle", "person": null,
        "insured": null, "treatment": treatment, "business": null, "insutype": null, "path": [], "undo": {"undo": "nothing"},
        "digest": "", "message": ""})
}

fn answered(txid: &str, outcome: Value) -> Value {
    json!({"kind": "OUTCOME", "txid": txid, "msgid": "H33020000001203003020900000001", "outcome": outcome,
        "took_ms": 1, "reply": null})
}

fn ok(fen: i64) -> Value {
    json!({"outcome": "ok", "amounts": {"medfee_sumamt": fen}})
}

fn verified(txid: &str) -> Value {
    json!({"kind": "VERIFIED", "txid": txid, "never_applied": false, "seen": {}})
}

fn late(txid: &str) -> Value {
    json!({"kind": "NOTE", "code": "late-apply", "txid": txid, "facts": {}})
}

fn finished(case: &str, result: &str) -> Value {
    json!({"kind": "CASE_FINISHED", "case": case, "result": result, "checks": []})
}

fn tally(places: &[(&str, Option<&str>)]) -> Tally {
    let place = |code: &str| AdmDivision::parse(code).unwrap();
    let names = [("330100", "杭州"), ("330200", "宁波")];
    let names = names.map(|(code, name)| (place(code), name.to_owned()));
    let places = places
        .iter()
        .map(|(case, code)| (CaseId::parse(case).unwrap(), code.map(place)));
    Tally::new(BTreeMap::from(names), places.collect())
}

#[rstest]
#[case::sent(vec![sent("a/1.2207", "2207", "330100")], 1, 0, 1)]
#[case::a_read_opens_nothing(vec![sent("a/1.1101", "1101", "330100"), answered("a/1.1101", ok(100))], 0, 0, 0)]
#[case::settled(vec![sent("a/1.2207", "2207", "330100"), answered("a/1.2207", ok(12_345))], 1, 12_345, 0)]
#[case::refused(vec![sent("a/1.2207", "2207", "330100"), answered("a/1.2207", json!({"outcome": "refused", "code": "-1", "text": "no"}))], 0, 0, 0)]
#[case::unknown_stays_open(vec![sent("a/1.2207", "2207", "330100"), answered("a/1.2207", json!({"outcome": "unknown", "why": "timeout"}))], 1, 0, 1)]
#[case::undone(vec![sent("a/1.2207", "2207", "330100"), answered("a/1.2207", ok(100)), verified("a/1.2207")], 0, 0, 0)]
#[case::never_applied(vec![sent("a/1.2207", "2207", "330100"), answered("a/1.2207", json!({"outcome": "unknown", "why": "timeout"})), verified("a/1.2207")], 0, 0, 0)]
#[case::undone_twice_is_once(vec![sent("a/1.2207", "2207", "330100"), answered("a/1.2207", ok(100)), verified("a/1.2207"), verified("a/1.2207")], 0, 0, 0)]
#[case::standing_after_all(vec![sent("a/1.2207", "2207", "330100"), answered("a/1.2207", ok(100)), verified("a/1.2207"), late("a/1.2207")], 1, 100, 0)]
#[case::sent_again_is_the_same(vec![sent("a/1.2207", "2207", "330100"), sent("a/1.2207", "2207", "330100"), answered("a/1.2207", ok(100)), answered("a/1.2207", ok(100))], 1, 100, 0)]
#[case::a_drug_store(vec![sent("a/1.2102", "2102A", "330100"), answered("a/1.2102", ok(7))], 1, 7, 0)]
fn what_may_stand_is_open(
    #[case] records: Vec<Value>,
    #[case] open: i64,
    #[case] fen: i64,
    #[case] unpriced: i64,
) {
    let mut tally = tally(&[("a", Some("330100"))]);
    for payload in records {
        tally.apply(&record(payload));
    }
    let lane = Lane {
        total: 1,
        open,
        open_fen: fen,
        unpriced,
        ..Lane::default()
    };
    assert_eq!(tally.whole(), lane);
}

#[test]
fn each_place_has_its_cases_and_its_money() {
    let mut tally = tally(&[
        ("a", Some("330100")),
        ("b", Some("330200")),
        ("c", Some("330200")),
        ("d", None),
    ]);
    let told = [
        sent("a/1.2207", "2207", "330200"),
        answered("a/1.2207", ok(123_456)),
        finished("b", "passed"),
        finished("c", "failed"),
        finished("stranger", "failed"),
    ];
    told.into_iter()
        .for_each(|payload| tally.apply(&record(payload)));
    let lanes: Vec<String> = lines::bars(&tally, 8, Lang::Zh);
    assert_eq!(
        lanes,
        [
            "合计     ████████████░░░░░░░░░░░░ 2/4  未回退 1 笔 ¥1234.56  不通过 1",
            "不分地区 ░░░░░░░░░░░░░░░░░░░░░░░░ 0/1  未回退 0 笔 ¥0.00",
            "杭州     ░░░░░░░░░░░░░░░░░░░░░░░░ 0/1  未回退 0 笔 ¥0.00",
            "宁波     ████████████████████████ 2/2  未回退 1 笔 ¥1234.56  不通过 1",
        ]
    );
    let others = lines::bars(&tally, 1, Lang::En);
    assert_eq!(
        others,
        [
            "all      ████████████░░░░░░░░░░░░ 2/4  open 1 ¥1234.56  not passed 1",
            "宁波     ████████████████████████ 2/2  open 1 ¥1234.56  not passed 1",
            "2 others ░░░░░░░░░░░░░░░░░░░░░░░░ 0/2  open 0 ¥0.00",
        ]
    );
    assert_eq!(
        lines::plain(&tally, Duration::from_millis(20_900), Lang::Zh),
        "+20 s · 用例 2/4 · 不通过 1 · 未回退 1 笔 ¥1234.56"
    );
}

#[test]
fn a_run_that_plays_nothing_new_tells_what_is_open() {
    let mut tally = tally(&[]);
    tally.apply(&record(sent("a/1.2207", "2207", "330100")));
    assert_eq!(
        lines::plain(&tally, Duration::ZERO, Lang::En),
        "+0 s · open 1 ¥0.00+?"
    );
    assert_eq!(lines::bars(&tally, 8, Lang::En), ["all open 1 ¥0.00+?"]);
}
