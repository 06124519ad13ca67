//! 网关 · Signatures as real clients of other people made them, and what a gateway lets through.

use crosswipe_domain::{InfNo, Moment};
use crosswipe_wire::gateway::{
    Dialect, GatewayNote, Key, Nonces, Outbound, Presented, Routed, Rules, address, check, route,
    sign, spoken,
};
use proptest::prelude::*;
use rstest::rstest;

const AK: &str = "testak";
const SK: &str = "testsk";

fn key(id: &str) -> Key {
    Key::new(id, SK)
}

/// What a gateway says to a head and a body.
struct Case<'a> {
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
    other: Option<&'a [u8]>,
    now_ms: i64,
}

impl Case<'_> {
    fn judged(
        &self,
        rules: &Rules,
        keys: &[Key],
        nonces: &mut Nonces,
    ) -> Result<Vec<GatewayNote>, String> {
        let header = |name: &str| {
            let found = self.headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let presented = Presented {
            header: &header,
            body: self.body,
            other_body: self.other,
            now: Moment::from_epoch_ms(self.now_ms),
        };
        let dialect = spoken(header);
        check(dialect, rules, keys, nonces, &presented)
            .map_err(|refusal| refusal.message.to_owned())
    }

    fn first(&self, rules: &Rules, keys: &[Key]) -> Result<Vec<GatewayNote>, String> {
        self.judged(rules, keys, &mut Nonces::default())
    }
}

/// Heads that clients of other people sent in the field, signed with a secret of a test.
#[rstest]
#[case::x_tif(&[("x-tif-paasid", "test_hosp"), ("x-tif-timestamp", "1795296008"), ("x-tif-nonce", "78396652"), ("x-tif-signature", "c1c95c3a2f262d5b9fabd4b3b0f4cef204d13c3c10830eb11c0afcfcbf918804")], "test_hosp", 1_795_296_009_000)]
#[case::csb(&[("_api_name", "9001"), ("_api_version", "1.0.0"), ("_api_timestamp", "1795295954920"), ("_api_access_key", "testak"), ("_api_signature", "jrzSvS3DWhRd6ctP1VZ57OdxCsU=")], AK, 1_795_295_955_000)]
#[case::csb_named_otherwise(&[("_api_name", "api_1101"), ("_api_version", "1.0"), ("_api_timestamp", "1795296327093"), ("_api_access_key", "testak"), ("_api_signature", "FShwAqhQbsX/ItTBHdHUxJSldcs=")], AK, 1_795_296_327_000)]
fn heads_from_the_field_are_let_through(
    #[case] headers: &[(&str, &str)],
    #[case] id: &str,
    #[case] now_ms: i64,
) {
    let case = Case {
        headers,
        body: b"whatever",
        other: None,
        now_ms,
    };
    assert_eq!(case.first(&Rules::STRICT, &[key(id)]), Ok(vec![]));
    let stranger = case.first(&Rules::STRICT, &[key("another")]);
    assert!(stranger.unwrap_err().contains("unknown access key"));
    let forged = case.first(&Rules::STRICT, &[Key::new(id, "another")]);
    assert!(forged.unwrap_err().contains("签名不一致"));
    let late = Case {
        now_ms: now_ms + 31 * 60_000,
        ..case
    };
    assert!(
        late.first(&Rules::STRICT, &[key(id)])
            .unwrap_err()
            .contains("时间戳")
    );
    let noted = late.first(&Rules::TOLERANT, &[key(id)]).unwrap();
    assert!(
        matches!(noted[..], [GatewayNote::Skew(ahead)] if ahead < -30 * 60_000),
        "{noted:?}"
    );
}

/// HMAC-SM3 as OpenSSL computes it.
const BODY: &[u8] = br#"{"infno":"1101"}"#;
const SM3: &str = "02A0AF372E05DE42D43E04D1292162E78B70E7EEAA09E36A6F8C5B8320C9B286";

/// A client that signs its timestamp and does not send it is let in by its signature, noted; a strict gateway wants it sent.
#[rstest]
#[case::at_once(0, true)]
#[case::a_slow_line(90, true)]
#[case::a_clock_ahead(-119, true)]
#[case::too_long_ago(180, false)]
fn a_timestamp_that_is_signed_and_not_sent_is_found(#[case] later_s: i64, #[case] found: bool) {
    let headers = [("x-ca-key", AK), ("x-ca-signature", SM3)];
    let case = Case {
        headers: &headers,
        body: BODY,
        other: None,
        now_ms: 1_642_730_400_000 + later_s * 1_000,
    };
    let noted = case.first(&Rules::TOLERANT, &[key(AK)]);
    let refused = case.first(&Rules::STRICT, &[key(AK)]).unwrap_err();
    match found {
        true => {
            assert_eq!(noted, Ok(vec![GatewayNote::NoTimestamp]));
            assert!(refused.contains("no timestamp"), "{refused}");
        }
        false => {
            assert!(noted.unwrap_err().contains("wrong signature"));
            assert!(refused.contains("wrong signature"), "{refused}");
        }
    }
    let other_key = case.first(&Rules::TOLERANT, &[Key::new(AK, "another")]);
    assert!(other_key.unwrap_err().contains("wrong signature"));
}

#[test]
fn the_body_is_covered_in_zhejiang_and_nowhere_else() {
    let signature = format!("1642730400:{SM3}");
    let headers = [("x-ca-key", AK), ("x-ca-signature", signature.as_str())];
    let case = Case {
        headers: &headers,
        body: BODY,
        other: None,
        now_ms: 1_642_730_400_000,
    };
    assert_eq!(case.first(&Rules::STRICT, &[key(AK)]), Ok(vec![]));
    let changed = Case {
        body: br#"{"infno":"2207"}"#,
        ..case
    };
    assert!(changed.first(&Rules::STRICT, &[key(AK)]).is_err());
    // Signed as the same text in the other encoding: let through, told.
    let recoded = Case {
        other: Some(BODY),
        ..changed
    };
    assert_eq!(
        recoded.first(&Rules::STRICT, &[key(AK)]),
        Ok(vec![GatewayNote::OtherEncoding])
    );
}

#[rstest]
#[case(Dialect::XTif)]
#[case(Dialect::Csb)]
#[case(Dialect::Zhejiang)]
#[case(Dialect::ApiKey)]
#[case(Dialect::Bare)]
fn what_the_harness_signs_is_let_through_and_nothing_else(#[case] dialect: Dialect) {
    let (at, infno) = (Moment::from_epoch_ms(1_795_296_008_123), InfNo::new("2207"));
    let out = Outbound {
        infno: &infno,
        at,
        nonce: "n-1",
        body: BODY,
    };
    let signed = sign(dialect, &key(AK), &out);
    let headers: Vec<(&str, &str)> = signed
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let case = Case {
        headers: &headers,
        body: BODY,
        other: None,
        now_ms: at.epoch_ms() + 500,
    };
    assert_eq!(case.first(&Rules::STRICT, &[key(AK)]), Ok(vec![]));
    // Whatever single header is changed or left out, it is refused, unless it is not signed.
    for (index, (name, value)) in headers.iter().enumerate() {
        let mut changed = headers.clone();
        let other = format!("{value}1");
        changed[index].1 = &other;
        let changed = Case {
            headers: &changed,
            ..case
        };
        assert!(
            changed.first(&Rules::STRICT, &[key(AK)]).is_err(),
            "{name} changed"
        );
        let mut less = headers.clone();
        less.remove(index);
        // Without its only header a message speaks no dialect that asks for one.
        if spoken(|name| {
            less.iter()
                .any(|(known, _)| *known == name)
                .then(String::new)
        }) != dialect
        {
            continue;
        }
        let less = Case {
            headers: &less,
            ..case
        };
        assert!(
            less.first(&Rules::STRICT, &[key(AK)]).is_err(),
            "{name} left out"
        );
    }
}

#[test]
fn a_nonce_is_taken_once_and_forgotten_when_its_time_is_over() {
    let infno = InfNo::new("1101");
    let mut nonces = Nonces::default();
    let mut ask = |rules: &Rules, at_ms: i64, nonce: &str| {
        let at = Moment::from_epoch_ms(at_ms);
        let out = Outbound {
            infno: &infno,
            at,
            nonce,
            body: BODY,
        };
        let signed = sign(Dialect::XTif, &key(AK), &out);
        let headers: Vec<(&str, &str)> = signed
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let case = Case {
            headers: &headers,
            body: BODY,
            other: None,
            now_ms: at_ms,
        };
        case.judged(rules, &[key(AK)], &mut nonces)
    };
    let begin = 1_795_296_008_000;
    assert_eq!(ask(&Rules::STRICT, begin, "a"), Ok(vec![]));
    assert_eq!(ask(&Rules::STRICT, begin, "b"), Ok(vec![]));
    assert!(
        ask(&Rules::STRICT, begin + 1_000, "a")
            .unwrap_err()
            .contains("nonce")
    );
    assert_eq!(
        ask(&Rules::TOLERANT, begin + 1_000, "a"),
        Ok(vec![GatewayNote::Nonce])
    );
    assert_eq!(ask(&Rules::STRICT, begin + 2 * 3_600_000, "a"), Ok(vec![]));
    let long = "x".repeat(37);
    // What was refused has used nothing up.
    assert!(ask(&Rules::STRICT, begin, &long).is_err());
    assert_eq!(
        ask(&Rules::TOLERANT, begin, &long),
        Ok(vec![GatewayNote::NonceForm])
    );
}

#[rstest]
#[case("/ebus/gdyb_api/fsprd/hsa/hgs/2301", None, Some("2301"))]
#[case("/ebus/gdyb_inf/poc/hsa/hgs-2207", None, Some("2207"))]
#[case("/power-csb/powercsb/9001/", None, Some("9001"))]
#[case(
    "/fsi/api/rsfComIfsService/callService/1101",
    Some("api_1101"),
    Some("1101")
)]
#[case("/fsi/api/rsfComIfsService/callService", None, None)]
#[case("/CSB", Some("2206"), Some("2206"))]
#[case(
    "/fsi/api/outpatientSettleService/saveSettletmentV2",
    None,
    Some("2207")
)]
#[case(
    "/fsi/api/outpatientSettleService/saveSettletmentA",
    None,
    Some("2207")
)]
#[case(
    "/gw/fsi/api/OutpatientSettleService/saveSettletment?x=2208",
    None,
    Some("2207")
)]
#[case(
    "/fsi/api/outpatientSettleService/cancleSettletment",
    None,
    Some("2208")
)]
#[case(
    "/fsi/api/outpatientDocInfoService/outpatientRregistration",
    None,
    Some("2201")
)]
#[case("/", None, None)]
#[case("", None, None)]
#[case("/hgs/2203A", None, Some("2203A"))]
#[case("/hgs/7777", None, None)]
fn a_path_names_its_transaction(
    #[case] path: &str,
    #[case] api_name: Option<&str>,
    #[case] expected: Option<&str>,
) {
    let expected = expected.map_or(Routed::Open, |infno| Routed::To(InfNo::new(infno)));
    assert_eq!(route(path, api_name), expected);
}

#[test]
fn every_service_leads_back_to_its_own_transaction() {
    let mut known = 0;
    for one in crosswipe_wire::catalogue().transactions() {
        let infno = InfNo::new(one.infno);
        let appended = address("/hgs/{infno}", &infno).unwrap();
        assert_eq!(route(&appended, None), Routed::To(infno.clone()));
        if let Some(path) = address("/fsi/{service}", &infno) {
            assert_eq!(route(&path, None), Routed::To(infno), "{path}");
            known += 1;
        }
    }
    assert!(known > 30, "{known} services");
}

proptest! {
    #[test]
    fn nothing_that_a_stranger_presents_is_a_panic(
        dialect in 0usize..5,
        values in proptest::collection::vec("\\PC{0,40}", 6),
        body in proptest::collection::vec(any::<u8>(), 0..64),
        now in 0i64..4_000_000_000_000,
    ) {
        let names = [
            ["x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature"],
            ["_api_access_key", "_api_timestamp", "_api_name", "_api_signature"],
            ["x-ca-key", "x-ca-signature", "a", "b"],
            ["apikey", "a", "b", "c"],
            ["a", "b", "c", "d"],
        ][dialect];
        let headers: Vec<(&str, &str)> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
        let case = Case { headers: &headers, body: &body, other: None, now_ms: now };
        let known = [Key::new(values[0].clone(), SK)];
        let said = case.first(&Rules::STRICT, &known);
        // Only whoever needs no signature gets through by chance.
        prop_assert!(said.is_err() || dialect == 4 || (dialect == 3 && values[0] == SK));
        let _ = route(&values[1], Some(&values[2]));
    }
}
