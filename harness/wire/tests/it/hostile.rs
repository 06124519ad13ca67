//! Whatever bytes arrive: an answer or an error, never a panic, never without end.

use crosswipe_domain::{InfNo, Outcome};
use crosswipe_wire::{
    MAX_DEPTH, MAX_MEMBERS, Masker, Mode, Request, Response, Sent, WireError, check, classify,
    missing_mandatory,
};
use proptest::prelude::*;
use rstest::rstest;

const SETTLE: &str = r#"{"infno":"2204","msgid":"H33019900001201706020915000001","insuplc_admdvs":"330200","input":"{\"feedetail\":[{\"pric\":1e2,\"cnt\":\"-1\"}]}",
"INFVER":1.0,"opter":"null","hop":{"a":[{}]},"fixmedins_code":"H33019900001","inf_time":"2017-06-02","inf_time":7}"#;
const ANSWER: &str = r#"{"infcode":"0","err_msg":"\u6210\u529f","output":{"setlinfo":[{"setl_id":"S1","mdtrt_id":"M1","balc":-0.10}],
"setldetail":{"fund_pay_type":"310100","fund_payamt":"1.00"}},"inf_refmsgid":"330100201706020900000000000001"}"#;

fn try_all(bytes: &[u8]) {
    if let Ok(request) = Request::parse(bytes) {
        for node in ["data", "feedetail", "diseinfo", "mdtrtinfo", "signIn"] {
            let _ = request.node(node);
            for line in request.nodes(node) {
                let _ = (
                    line.text("psn_no"),
                    line.money("pric"),
                    line.price("pric"),
                    line.quantity("cnt"),
                );
                let _ = (
                    line.ratio("cnt"),
                    line.moment("begntime"),
                    line.object("expContent"),
                    line.list("x"),
                );
            }
        }
        let _ = (
            missing_mandatory(&request),
            check(
                &request,
                Mode::Strict,
                &crosswipe_domain::Profile::default(),
            ),
        );
    }
    if let Ok(response) = Response::parse(bytes) {
        let _ = (
            response.node("setlinfo"),
            response.nodes("setldetail"),
            response.array(),
        );
    }
    for infno in ["2207", "5204", "9102", "x"] {
        for status in [200, 401, 502] {
            let _ = classify(
                &Sent {
                    infno: &InfNo::new(infno),
                    msgid: "m",
                },
                status,
                bytes,
            );
        }
    }
    let masker = Masker::new([
        ("S1\"M".to_owned(), "P-1".to_owned()),
        ("66666".to_owned(), String::new()),
    ]);
    let _ = masker.mask_json(&String::from_utf8_lossy(bytes));
}

/// A message with bytes cut out, put in or doubled.
fn mangled(base: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        prop::sample::select(vec![
            "{", "}", "[", "]", "\"", ":", ",", "\\", "null", "-", "e", "\u{feff}", "\\ud800",
            "\\u00"
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, pieces), 0..6).prop_map(
        move |edits| {
            let mut bytes = base.as_bytes().to_vec();
            for (at, cut, put) in edits {
                let at = at.index(bytes.len() + 1);
                let end = (at + cut).min(bytes.len());
                bytes.splice(at..end, put);
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        try_all(&bytes);
    }

    #[test]
    fn no_mangled_request_makes_it_panic(bytes in mangled(SETTLE)) {
        try_all(&bytes);
    }

    #[test]
    fn no_mangled_answer_makes_it_panic(bytes in mangled(ANSWER)) {
        try_all(&bytes);
    }

    #[test]
    fn a_cut_answer_is_unknown_wherever_it_was_cut(at in 0..ANSWER.len()) {
        let outcome = classify(&Sent { infno: &InfNo::new("2207"), msgid: "m" }, 200, &ANSWER.as_bytes()[..at]);
        prop_assert!(matches!(outcome, Outcome::Unknown { .. }), "{:?}", outcome);
    }
}

#[test]
fn the_base_messages_are_read() {
    assert!(Request::parse(SETTLE.as_bytes()).is_ok());
    let outcome = classify(
        &Sent {
            infno: &InfNo::new("2207"),
            msgid: "m",
        },
        200,
        ANSWER.as_bytes(),
    );
    assert!(outcome.is_ok(), "{outcome:?}");
}

fn bomb(depth: usize) -> String {
    format!(
        r#"{{"infno":"2207","infcode":0,"input":{}1{}}}"#,
        "[".repeat(depth),
        "]".repeat(depth)
    )
}

#[rstest]
#[case(bomb(MAX_DEPTH - 1), Ok(()))]
#[case(bomb(MAX_DEPTH), Err(WireError::TooDeep))]
#[case(bomb(1_000_000), Err(WireError::TooDeep))]
#[case(format!(r#"{{"infno":"2207",{}"x":1}}"#, r#""k":1,"#.repeat(MAX_MEMBERS)), Err(WireError::TooMany))]
#[case(format!(r#"{{"infno":"2207","input":[{}1]}}"#, "1,".repeat(MAX_MEMBERS)), Err(WireError::TooMany))]
#[case(String::new(), Err(WireError::NotJson { line: 1, column: 0 }))]
#[case("[]".to_owned(), Err(WireError::NotAnObject))]
#[case(r#"{"msgid":"1"}"#.to_owned(), Err(WireError::NoInfno))]
#[case(r#"{"infno":" "}"#.to_owned(), Err(WireError::NoInfno))]
fn a_body_beyond_the_limits_is_told_from_broken_json(
    #[case] body: String,
    #[case] expected: Result<(), WireError>,
) {
    assert_eq!(Request::parse(body.as_bytes()).map(|_| ()), expected);
}

#[test]
fn a_bomb_inside_text_is_no_input() {
    let inner = format!("{}1{}", r#"{\"a\":"#.repeat(200), "}".repeat(200));
    let body = format!(r#"{{"infno":"2207","input":"{inner}"}}"#);
    let request = Request::parse(body.as_bytes()).unwrap();
    assert!(request.input.is_empty());
    try_all(body.as_bytes());
}

#[test]
fn ten_thousand_repeated_keys_are_settled_at_once() {
    let body = format!(
        r#"{{"infno":"2207",{}"k":"last"}}"#,
        r#""k":1,"#.repeat(MAX_MEMBERS - 2)
    );
    let request = Request::parse(body.as_bytes()).unwrap();
    assert_eq!(request.envelope.text("k").as_deref(), Some("last"));
    assert_eq!(
        request.notes.len(),
        1,
        "one note per key, not per repetition"
    );
}

#[test]
fn gbk_bytes_are_named_as_such() {
    let body = [
        br#"{"infno":"1101","opter_name":""#.as_slice(),
        &[0xB2, 0xE2, 0xCA, 0xD4],
        br#""}"#,
    ]
    .concat();
    assert_eq!(
        Request::parse(&body).map(|_| ()),
        Err(WireError::NotUtf8 { at: 30 })
    );
}
