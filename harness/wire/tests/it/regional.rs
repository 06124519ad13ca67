//! 地方规则 · What is regular in one region and told in another: each knob that a check reads, on and off.

use crosswipe_domain::{Dialect, Gateway, GatewayCheck, InfNo, Moment, Profile};
use crosswipe_wire::gateway::{
    Key, Nonces, Outbound, Presented, Rules, check as at_the_gate, sign,
};
use crosswipe_wire::{Mode, Request, check};
use rstest::rstest;

fn codes(text: &str, profile: &Profile) -> Vec<&'static str> {
    let request = Request::parse(text.as_bytes()).unwrap();
    let findings = check(&request, Mode::Strict, profile);
    findings.iter().map(|finding| finding.code).collect()
}

fn message(infno: &str, input: &str) -> String {
    format!(
        r#"{{"infno":"{infno}","msgid":"H33019900001201706020915000001","mdtrtarea_admvs":"330100","insuplc_admdvs":"330200","recer_sys_code":"FSI_LOCAL","infver":"V1.0","opter_type":"1","opter":"1","opter_name":"n","inf_time":"2017-06-02 09:15:00","fixmedins_code":"H33019900001","fixmedins_name":"h","input":{input}}}"#
    )
}

fn with(change: impl FnOnce(&mut Profile)) -> Profile {
    let mut profile = Profile::default();
    change(&mut profile);
    profile
}

type Change = fn(&mut Profile);

/// A message that is told of under one edition for this, and not under the other.
#[rstest]
#[case::infver("9001", r#"{"signIn":{"opter_no":"1","mac":"m","ip":"i"}}"#, |p: &mut Profile| p.envelope.infver = vec!["1.0".into()], "infver-form", true)]
#[case::node("2207", r#"{"mdtrtinfo":{"psn_no":"1"}}"#, |p: &mut Profile| p.names.settlement_node = "mdtrtinfo".into(), "node-name", false)]
#[case::mapping("3301", r#"{"catalogcompin":[{"list_type":"101"}]}"#, |p: &mut Profile| p.names.mapping_node = "catalogcompin".into(), "node-name", false)]
#[case::stay_number("2401", r#"{"mdtrtinfo":{"ipt_otp_no":"7"}}"#, |p: &mut Profile| p.names.stay_number = "ipt_otp_no".into(), "unknown-key", false)]
#[case::reversible("2601", r#"{"data":{"psn_no":"1","omsgid":"2","oinfno":"2208"}}"#, |p: &mut Profile| p.reversible = vec![InfNo::new("2207")], "reversal-not-allowed", true)]
#[case::recorded("4101", r#"{"data":{}}"#, |p: &mut Profile| p.recorded = vec![InfNo::new("4101")], "infno-unknown", false)]
#[case::input("9001", r#""{\"signIn\":{\"opter_no\":\"1\",\"mac\":\"m\",\"ip\":\"i\"}}""#, |p: &mut Profile| p.envelope.input_as_text = true, "input-as-text", false)]
fn what_is_regular_is_the_region_s_affair(
    #[case] infno: &str,
    #[case] input: &str,
    #[case] change: Change,
    #[case] code: &str,
    #[case] told_there: bool,
) {
    let text = message(infno, input);
    let here = codes(&text, &Profile::default()).contains(&code);
    let there = codes(&text, &with(change)).contains(&code);
    assert_eq!((here, there), (!told_there, told_there), "{code}");
}

/// What a gateway checks is switched one by one, and so is how far clocks may be off.
#[test]
fn each_check_of_a_gateway_is_a_switch_of_its_own() {
    let (infno, now) = (InfNo::new("2207"), Moment::from_epoch_ms(1_795_296_008_000));
    let key = Key::new("a", "secret");
    let refused = |gateway: &Gateway, key_sent: &Key, late_min: i64, twice: bool| {
        let out = Outbound {
            infno: &infno,
            at: now.plus_ms(-late_min * 60_000),
            nonce: "n",
            body: b"{}",
        };
        let headers = sign(Dialect::XTif, key_sent, &out);
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        let presented = Presented {
            header: &header,
            body: b"{}",
            other_body: None,
            now,
        };
        let (rules, mut nonces) = (Rules::strict(gateway), Nonces::default());
        let mut ask = || {
            at_the_gate(
                Dialect::XTif,
                &rules,
                std::slice::from_ref(&key),
                &mut nonces,
                &presented,
            )
        };
        if twice {
            let _ = ask();
        }
        ask().is_err()
    };
    let (stranger, forger) = (Key::new("b", "secret"), Key::new("a", "other"));
    let all = Profile::default().gateway;
    let without = |check| {
        let mut gateway = all.clone();
        gateway.checks.retain(|one| *one != check);
        gateway
    };
    for (check, sent, late, twice) in [
        (GatewayCheck::Key, &stranger, 0, false),
        (GatewayCheck::Signature, &forger, 0, false),
        (GatewayCheck::Timestamp, &key, 31, false),
        (GatewayCheck::Nonce, &key, 0, true),
    ] {
        assert!(refused(&all, sent, late, twice), "{check:?}");
        assert!(!refused(&without(check), sent, late, twice), "{check:?}");
    }
    let wider = Gateway {
        clock_min: 40,
        ..all.clone()
    };
    assert!(!refused(&wider, &key, 31, false));
    let narrower = Gateway {
        clock_min: 5,
        ..all
    };
    assert!(refused(&narrower, &key, 6, false));
}
