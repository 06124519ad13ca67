//! What we write, we read back; and others read it too.

use crosswipe_domain::{
    AdmDivision, Channel, InfNo, InstitutionCode, Moment, Money, MsgId, Outcome,
};
use crosswipe_wire::{
    Envelope, Infcode, Mode, ObjectText, Output, Receipt, Refusal, RefusalCode, Request, Response,
    Sent, check, classify, list_text, missing_mandatory, write_ok, write_ok_array, write_refusal,
    write_request,
};
use proptest::prelude::*;

fn envelope(infno: &str) -> Envelope {
    let at = Moment::parse("2017-06-02T09:15:00+08:00").unwrap();
    let fixmedins_code = InstitutionCode::parse("H33019900001").unwrap();
    Envelope {
        infno: InfNo::new(infno),
        msgid: MsgId::compose(&fixmedins_code, at, 1),
        mdtrtarea_admvs: AdmDivision::parse("330100").unwrap(),
        insuplc_admdvs: Some(AdmDivision::parse("330200").unwrap()),
        recer_sys_code: "FSI_LOCAL".to_owned(),
        opter: "0001".to_owned(),
        opter_name: "测试员".to_owned(),
        inf_time: at,
        fixmedins_code,
        fixmedins_name: "测试医院".to_owned(),
        channel: Channel::Counter,
        sign_no: Some("T1".to_owned()),
        infver: "V1.0".to_owned(),
        cainfo: "",
    }
}

fn receipt() -> Receipt {
    Receipt {
        division: AdmDivision::parse("330100").unwrap(),
        at: Moment::parse("2017-06-02T09:15:01+08:00").unwrap(),
        serial: 9,
    }
}

#[test]
fn our_own_request_is_regular_to_the_letter() {
    let data = ObjectText::new()
        .text("psn_no", "99990000000000000000000077")
        .text("insutype", "310")
        .text("begntime", "2017-06-02 09:15:00")
        .text("mdtrt_cert_type", "02")
        .text("mdtrt_cert_no", "99999919900101077X")
        .text("ipt_otp_no", "O1")
        .text("atddr_no", "D1")
        .text("dr_name", "医生甲")
        .text("dept_code", "A03")
        .text("dept_name", "内科")
        .text("caty", "A03")
        .finish();
    let hop = ObjectText::new().text("from", "330100").finish();
    let body = write_request(&envelope("2201"), &[("data", data)], Some(&hop));
    let request = Request::parse(body.as_bytes()).unwrap();
    assert_eq!(
        check(
            &request,
            Mode::Strict,
            &crosswipe_domain::Profile::default()
        ),
        []
    );
    assert_eq!(missing_mandatory(&request), []);
    assert_eq!(request.msgid, "H33019900001201706020915000001");
    assert_eq!(request.insuplc_admdvs.as_deref(), Some("330200"));
    assert_eq!(
        request.node("data").unwrap().text("dr_name").as_deref(),
        Some("医生甲")
    );
    assert_eq!(request.hop.unwrap().text("from").as_deref(), Some("330100"));
}

#[test]
fn a_refusal_comes_back_with_its_code_and_words() {
    let body = write_refusal(
        &receipt(),
        &Refusal::new(RefusalCode::Window, "\"阶段\" frozen"),
    );
    let response = Response::parse(body.as_bytes()).unwrap();
    assert_eq!(response.infcode, Infcode::Failed("-1".to_owned()));
    assert_eq!(
        response.inf_refmsgid.as_deref(),
        Some("330100201706020915010000000009")
    );
    assert_eq!(response.refmsg_time.as_deref(), Some("20170602091501000"));
    let outcome = classify(
        &Sent {
            infno: &InfNo::new("2207"),
            msgid: "m",
        },
        200,
        body.as_bytes(),
    );
    let text = "[E-WINDOW] 系统切换期间暂停服务: \"阶段\" frozen".to_owned();
    assert_eq!(
        outcome,
        Outcome::Refused {
            code: "E-WINDOW".to_owned(),
            text
        }
    );
}

#[test]
fn answers_without_and_with_output_come_back() {
    let body = write_ok(&receipt(), &[]);
    assert!(matches!(
        Response::parse(body.as_bytes()).unwrap().output,
        Output::None
    ));
    let body = write_ok_array(
        &receipt(),
        &list_text(["{\"a\":1}".to_owned(), "{\"a\":2}".to_owned()]),
    );
    assert_eq!(Response::parse(body.as_bytes()).unwrap().array().len(), 2);
    let keys = [
        "output",
        "infcode",
        "warn_msg",
        "cainfo",
        "err_msg",
        "refmsg_time",
        "signtype",
        "respond_time",
        "inf_refmsgid",
    ];
    let response = Response::parse(body.as_bytes()).unwrap();
    assert_eq!(
        response
            .envelope
            .iter()
            .map(|(key, _)| key)
            .collect::<Vec<_>>(),
        keys
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(text in "\\PC{0,30}", fen in -99_999_999_999_999i64..99_999_999_999_999, names in prop::collection::vec("\\PC{0,12}", 0..6)) {
        let mut object = ObjectText::new().text("text", &text).money("amount", Money::from_fen(fen));
        for (index, name) in names.iter().enumerate() {
            object = object.text(&format!("n{index}"), name);
        }
        let body = write_ok(&receipt(), &[("setlinfo", object.finish())]);
        let node = Response::parse(body.as_bytes()).unwrap().node("setlinfo").unwrap();
        prop_assert_eq!(node.money("amount"), Ok(Some(Money::from_fen(fen))));
        let expected = Some(text.trim()).filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("null"));
        let read = node.text("text");
        prop_assert_eq!(read.as_deref(), expected);
        prop_assert_eq!(node.len(), names.len() + 2);
    }
}
