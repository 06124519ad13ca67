//! 凭证里的手误 · What a person shows: how it is written, what is no sense, and documents that do not fit their numbers.

use crosswipe_domain::{Certificate, VoucherUse};
use crosswipe_scenarios::{Credential, Shows, Step, Written};
use rstest::rstest;

use crate::fixture::{planted, read, told};

const SWIPE: &str = "        items: basket/cold.yaml
        expect: {outcome: ok, setlinfo.psn_cash_pay: {le: 25.00}}
";

fn shown(written: &str) -> (Option<Credential>, String) {
    let steps = format!("        credential: {written}\n{SWIPE}");
    let folder = planted(&[("day.yaml", SWIPE, &steps)]);
    let (plan, problems) = read(folder.path());
    let credential = plan.map(|plan| match &plan.cases[0].steps[0] {
        Step::Swipe(swipe) => swipe.credential.clone(),
        other => panic!("{other:?}"),
    });
    (credential, told(&problems))
}

#[test]
fn what_a_person_shows_is_read_by_word_or_in_full() {
    let read = |written: &str| match shown(written) {
        (Some(credential), problems) if problems.is_empty() => credential,
        (_, problems) => panic!("{written}: {problems}"),
    };
    assert_eq!(read("id-card"), Credential::default());
    assert_eq!(read("社保卡").shows, Shows::Card);
    assert_eq!(read("residence-permit").shows, Shows::Permit);
    let anew = Shows::Voucher {
        issued: None,
        business: None,
    };
    assert_eq!(read("e-voucher").shows, anew);
    let card = read("{type: card, card_sn: none, name: 测试丁, number: wrong-check}");
    assert_eq!(card.card_sn.as_deref(), Some(""));
    assert_eq!(card.name.as_deref(), Some("测试丁"));
    assert_eq!(card.number, Written::WrongCheck);
    let one = read("{type: e-voucher, issued: \"2030-03-02T12:00+08:00\", for: pharmacy}");
    let Shows::Voucher { issued, business } = one.shows else {
        panic!("{one:?}");
    };
    assert_eq!(business, Some(VoucherUse::Pharmacy));
    assert_eq!(issued.unwrap().wire(), "2030-03-02 12:00:00");
}

#[rstest]
#[case::no_kind("passport", "unknown_word: unknown credential `passport`")]
#[case::a_slip_in_a_key("{tipe: card}", "unknown_key")]
#[case::a_card_code_of_a_voucher("{type: e-voucher, card_sn: none}", "`card_sn` says nothing")]
#[case::an_instant_of_a_card(
    "{type: card, issued: \"2030-03-02T12:00+08:00\"}",
    "`issued` says nothing"
)]
#[case::a_business_of_the_default("{for: settlement}", "`for` says nothing")]
#[case::no_business("{type: e-voucher, for: birth}", "unknown for `birth`")]
#[case::no_way_to_write("{number: roman}", "unknown number `roman`")]
fn a_slip_in_a_credential_is_told_at_its_place(#[case] written: &str, #[case] expected: &str) {
    let (plan, problems) = shown(written);
    assert!(plan.is_none(), "{written}");
    assert!(problems.contains(expected), "{problems}");
    assert!(problems.starts_with("day.yaml:9:"), "{problems}");
}

const HEAD: &str = "起付线已用,统筹已付,用途\n";
const JIA: &str =
    "jia,99993301000000000000000001,999999195102020012,测试甲,330100,310,1200.00,0.00,0.00,专用\n";

fn person(id: &str, document: &str, card: &str) -> (Option<Certificate>, String) {
    let head = HEAD.replace('\n', ",证件类型,卡识别码\n");
    let row = JIA
        .replace("999999195102020012", id)
        .replace('\n', &format!(",{document},{card}\n"));
    // The others say nothing of it.
    let folder = planted(&[
        ("persons.csv", HEAD, &head),
        ("persons.csv", JIA, &row),
        (
            "persons.csv",
            "0.00,0.00,0.00,专用\nlu",
            "0.00,0.00,0.00,专用,,\nlu",
        ),
        ("persons.csv", "0.00,公众\n", "0.00,公众,,\n"),
    ]);
    let (plan, problems) = read(folder.path());
    let certificate = plan.map(|plan| plan.registry.personas[0].certificate);
    (certificate, told(&problems))
}

#[rstest]
#[case::a_card("999999195102020012", "", "A1", Ok(Certificate::IdCard))]
#[case::a_permit("819999198506060016", "17", "", Ok(Certificate::ResidencePermit))]
#[case::permanent("999999195102020012", "07", "", Ok(Certificate::PermanentResidence))]
#[case::a_permit_called_a_card("819999198506060016", "01", "", Err("is none of a document 01"))]
#[case::a_card_called_a_permit("999999195102020012", "17", "", Err("is none of a document 17"))]
#[case::somebodys_permit("810000198506060017", "17", "", Err("real_id_number"))]
#[case::a_wrong_check("819999198506060017", "17", "", Err("check character"))]
#[case::no_document("999999195102020012", "99", "", Err("unknown certificate `99`"))]
#[case::no_card_code("999999195102020012", "", "A-1", Err("no card identification code"))]
fn a_document_fits_its_number(
    #[case] id: &str,
    #[case] document: &str,
    #[case] card: &str,
    #[case] expected: Result<Certificate, &str>,
) {
    let (certificate, problems) = person(id, document, card);
    match expected {
        Ok(expected) => assert_eq!((certificate, problems.as_str()), (Some(expected), "")),
        Err(expected) => {
            assert!(problems.contains(expected), "{problems}");
            assert!(!problems.contains(id), "{problems}");
        }
    }
}
