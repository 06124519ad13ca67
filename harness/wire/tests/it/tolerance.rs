//! What real clients and platforms send, each oddity once, in invented messages.

use crosswipe_domain::Money;
use crosswipe_wire::{Infcode, Output, Request, Response};
use rstest::rstest;

fn request(infno: &str, input: &str) -> String {
    format!(r#"{{"infno":"{infno}","msgid":"H33019900001201706020915000001","input":{input}}}"#)
}

#[test]
fn an_envelope_is_read_field_by_field() {
    let body = "\u{feff}{\n \"infno\": \"2203A\", \"msgid\": \"C6CC2F53BEE7428AB42439C8E5B8E0\", \"mdtrtarea_admvs\": 330100,
        \"insuplc_admdvs\": \"NULL\", \"sign_no\": \"\", \"dev_no\": \"null\", \"opter\": \" 01 \", \"infver\": 1.0, \"FIXMEDINS_CODE\": \"H1\",
        \"fixmedinsName\": \"\\u533b\\u9662\", \"hop\": {\"from\": \"330000\"}, \"opter\": \"02\" }";
    let request = Request::parse(body.as_bytes()).unwrap();
    assert_eq!(request.infno.as_str(), "2203A");
    assert_eq!(request.msgid, "C6CC2F53BEE7428AB42439C8E5B8E0");
    assert_eq!(request.mdtrtarea_admvs, "330100");
    assert_eq!(
        (
            request.insuplc_admdvs.as_deref(),
            request.sign_no.as_deref(),
            request.dev_no.as_deref()
        ),
        (None, None, None)
    );
    assert_eq!(
        (request.opter.as_ref(), request.infver.as_ref()),
        ("02", "1.0")
    );
    assert_eq!(
        (
            request.fixmedins_code.as_ref(),
            request.fixmedins_name.as_ref()
        ),
        ("H1", "医院")
    );
    assert_eq!(request.hop.unwrap().text("from").as_deref(), Some("330000"));
    assert_eq!(request.opter_name, "", "missing is empty, not an error");
    let notes: Vec<_> = request
        .notes
        .iter()
        .map(|note| (note.code, note.path.field.as_str()))
        .collect();
    assert_eq!(notes, [("byte-order-mark", ""), ("duplicate-key", "opter")]);
}

#[rstest]
#[case::plain("2207", r#"{"data":{"setl_id":"S1"}}"#, "data")]
#[case::older_draft("2207", r#"{"mdtrtinfo":{"setl_id":"S1"}}"#, "data")]
#[case::newer_for_older("2401", r#"{"data":{"setl_id":"S1"},"diseinfo":[]}"#, "mdtrtinfo")]
#[case::discharge("2402", r#"{"data":{"setl_id":"S1"}}"#, "dscginfo")]
#[case::fee_info("2204", r#"{"feeinfo":{"setl_id":"S1"}}"#, "feedetail")]
#[case::no_node_level("2208", r#"{"setl_id":"S1","mdtrt_id":"M1"}"#, "data")]
#[case::list_for_object("2208", r#"{"data":[{"setl_id":"S1"}]}"#, "data")]
#[case::input_as_text("2208", r#""{\"data\":{\"setl_id\":\"S1\"}}""#, "data")]
#[case::node_as_text("2208", r#"{"data":"{\"setl_id\":\"S1\"}"}"#, "data")]
#[case::bare_list("2302", r#"[{"setl_id":"S1"}]"#, "data")]
#[case::node_case("9001", r#"{"signin":{"setl_id":"S1"}}"#, "signIn")]
#[case::key_case("2208", r#"{"DATA":{"setlId":"S1"}}"#, "data")]
#[case::repeated("2208", r#"{"data":{"setl_id":"S0","setl_id":"S1"}}"#, "data")]
fn a_node_is_found_in_every_dress(#[case] infno: &str, #[case] input: &str, #[case] id: &str) {
    let body = request(infno, input);
    let request = Request::parse(body.as_bytes()).unwrap();
    assert_eq!(
        request
            .node(id)
            .and_then(|node| node.text("setl_id"))
            .as_deref(),
        Some("S1")
    );
    assert_eq!(request.nodes(id).len(), 1);
}

#[rstest]
#[case::absent_diagnoses("2203", r#"{"mdtrtinfo":{"a":1}}"#, "diseinfo")]
#[case::agent_is_no_draft("2401", r#"{"mdtrtinfo":{"a":1}}"#, "agnterinfo")]
#[case::bare_of_two_nodes("2203", r#"{"mdtrt_id":"M1"}"#, "mdtrtinfo")]
#[case::null("2208", r#"{"data":null}"#, "data")]
#[case::empty("2208", "{}", "data")]
#[case::number("2208", "7", "data")]
fn a_node_that_is_not_there_is_not_made_up(
    #[case] infno: &str,
    #[case] input: &str,
    #[case] id: &str,
) {
    let body = request(infno, input);
    let request = Request::parse(body.as_bytes()).unwrap();
    assert!(request.node(id).is_none());
    assert!(request.nodes(id).is_empty());
}

#[test]
fn values_are_read_by_what_they_should_be() {
    let body = request(
        "2204",
        r#"{"feedetail":[{"det_item_fee_sumamt":"2","cnt":1,"pric":"2.123456","r":0.05,"n":null,"e":"","o":{},
        "fee_ocur_time":"2026-11-21 21:20:08","d":"2026-11-21","big":1.2E+3,"bad":"1,2","f":0.30000000000000004,"b":true}]}"#,
    );
    let line = Request::parse(body.as_bytes())
        .unwrap()
        .node("feedetail")
        .unwrap();
    assert_eq!(
        line.money("det_item_fee_sumamt"),
        Ok(Some(Money::from_fen(200)))
    );
    assert_eq!(line.quantity("cnt").unwrap().unwrap().scaled(), 10_000);
    assert_eq!(line.price("pric").unwrap().unwrap().to_string(), "2.123456");
    assert_eq!(line.ratio("r").unwrap().unwrap().to_string(), "0.05");
    assert_eq!(
        (line.money("n"), line.money("e"), line.money("gone")),
        (Ok(None), Ok(None), Ok(None))
    );
    assert_eq!(line.money("big"), Ok(Some(Money::from_fen(120_000))));
    assert_eq!(
        line.moment("fee_ocur_time").unwrap().unwrap().wire(),
        "2026-11-21 21:20:08"
    );
    assert_eq!(
        line.moment("d").unwrap().unwrap().wire(),
        "2026-11-21 00:00:00"
    );
    assert_eq!(line.text("b").as_deref(), Some("true"));
    for bad in ["bad", "f", "o"] {
        assert_eq!(
            line.money(bad).unwrap_err().field,
            bad,
            "never rounded, never guessed"
        );
    }
    assert!(line.moment("bad").is_err());
    assert_eq!(line.raw("pric"), Some("\"2.123456\""));
}

#[test]
fn text_inside_text_is_read_under_either_spelling() {
    let body = request(
        "2207",
        r#"{"data":{"exp_content":"{\"TRUM_FLAG\":\"0\"}"}}"#,
    );
    let node = Request::parse(body.as_bytes())
        .unwrap()
        .node("data")
        .unwrap();
    assert_eq!(
        node.object("expContent")
            .unwrap()
            .text("TRUM_FLAG")
            .as_deref(),
        Some("0")
    );
}

#[rstest]
#[case::object(r#"{"data":{"mdtrt_id":"M1"}}"#)]
#[case::text(r#""{\"data\":{\"mdtrt_id\":\"M1\"}}""#)]
#[case::padded_text(r#"" {\"data\":{\"mdtrt_id\":\"M1\"}} ""#)]
fn an_output_is_read_as_object_or_text(#[case] output: &str) {
    let body = format!(r#"{{"output":{output},"infcode":"0","err_msg":null}}"#);
    let response = Response::parse(body.as_bytes()).unwrap();
    assert_eq!(response.infcode, Infcode::Ok);
    assert_eq!(
        response.node("data").unwrap().text("mdtrt_id").as_deref(),
        Some("M1")
    );
}

#[rstest]
#[case::null("null")]
#[case::empty_text(r#""""#)]
#[case::null_text(r#""null""#)]
fn no_output_is_no_output(#[case] output: &str) {
    let body = format!(r#"{{"output":{output},"infcode":0}}"#);
    let response = Response::parse(body.as_bytes()).unwrap();
    assert!(
        matches!(response.output, Output::None),
        "{:?}",
        response.output
    );
    assert!(response.node("data").is_none());
}

#[rstest]
#[case::bare(r#"[{"feedetl_sn":"F1"},{"feedetl_sn":"F2"}]"#)]
#[case::as_text(r#""[{\"feedetl_sn\":\"F1\"},{\"feedetl_sn\":\"F2\"}]""#)]
#[case::wrapped(r#"{"result":[{"feedetl_sn":"F1"},{"feedetl_sn":"F2"}],"total":2}"#)]
fn a_bare_list_is_read_as_rows(#[case] output: &str) {
    let body = format!(r#"{{"infcode":0,"output":{output}}}"#);
    let rows = Response::parse(body.as_bytes()).unwrap().array();
    let serials: Vec<_> = rows
        .iter()
        .map(|row| row.text("feedetl_sn").unwrap().into_owned())
        .collect();
    assert_eq!(serials, ["F1", "F2"]);
}

#[test]
fn a_scalar_output_is_kept_as_such() {
    let body = r#"{"infcode":0,"output":"c2VhbGVk"}"#;
    let response = Response::parse(body.as_bytes()).unwrap();
    assert!(
        matches!(&response.output, Output::Scalar(text) if text == "c2VhbGVk"),
        "{:?}",
        response.output
    );
}
