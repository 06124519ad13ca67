//! 一览与角色卡 · What a plan says to a role at an instant: the same as its gate, to the second on both sides of a bound.

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::Value;

use super::{Bench, crosswipe, in_english, plan};

fn card(name: &str, role: &str, at: &str) -> Value {
    let shipped = plan(name);
    let args = ["plan", &shipped, "--role", role, "--at", at, "--json"];
    crosswipe(&args).must_end(0).json()["card"].clone()
}

fn says(lines: &Value, word: &str) -> bool {
    let lines = lines.as_array().unwrap();
    lines
        .iter()
        .any(|line| line["zh"].as_str().unwrap().contains(word))
}

/// Both sides of each bound of the verification phases and of the public's.
#[rstest]
#[case::before_tests("qianjiang-2021", "2021-07-30T18:29:59+08:00", false, true)]
#[case::first_second("qianjiang-2021", "2021-07-30T18:30:00+08:00", true, false)]
#[case::last_second("qianjiang-2021", "2021-08-03T21:59:59+08:00", true, false)]
#[case::margin("qianjiang-2021", "2021-08-03T22:00:00+08:00", false, false)]
#[case::live("qianjiang-2021", "2021-08-04T00:00:00+08:00", false, true)]
#[case::stop("zhejiang-2017", "2017-05-31T17:59:59+08:00", false, true)]
#[case::stopped("zhejiang-2017", "2017-05-31T18:00:00+08:00", false, false)]
#[case::cross("zhejiang-2017", "2017-06-02T09:00:00+08:00", true, false)]
#[case::midnight("hengyang-2021", "2021-10-31T00:00:00+08:00", false, false)]
#[case::before_midnight("hengyang-2021", "2021-10-25T23:59:59+08:00", false, true)]
#[case::harbin("harbin-2021", "2021-10-31T07:59:59+08:00", false, false)]
#[case::harbin_live("harbin-2021", "2021-10-31T08:00:00+08:00", false, true)]
fn a_card_says_what_the_gate_says(
    #[case] name: &str,
    #[case] at: &str,
    #[case] tests: bool,
    #[case] public: bool,
) {
    for role in ["hospital", "pharmacy", "agency", "province"] {
        let card = card(name, role, at);
        let (allowed, forbidden) = (&card["allowed"], &card["forbidden"]);
        assert_eq!(says(allowed, "测试刷卡"), tests, "{card}");
        assert_eq!(says(allowed, "公众刷卡"), public, "{card}");
        assert_eq!(says(forbidden, "公众刷卡"), !public, "{card}");
        assert!(tests || says(forbidden, "测试刷卡"), "{card}");
        // Undo goes on as long as the window does.
        let over = !says(allowed, "回退本次测试");
        assert_eq!(
            over,
            name != "zhejiang-2017" && public && !at.contains("10-25") && !at.contains("07-30"),
            "{card}"
        );
    }
}

/// Nobody asks before the window, and nobody a day after go-live.
#[rstest]
#[case::before("2017-05-31T17:59:59+08:00", false)]
#[case::first("2017-05-31T18:00:00+08:00", true)]
#[case::a_day_after("2017-06-05T17:59:59+08:00", true)]
#[case::later("2017-06-05T18:00:00+08:00", false)]
fn queries_end_a_day_after_the_last_phase_begins(#[case] at: &str, #[case] allowed: bool) {
    let card = card("zhejiang-2017", "hospital", at);
    assert_eq!(says(&card["allowed"], "查询类交易"), allowed, "{card}");
    assert_eq!(says(&card["forbidden"], "查询类交易"), !allowed);
}

#[test]
fn a_card_names_what_stands_still_duties_and_people() {
    let of_hospital = card("qianjiang-2021", "hospital", "2021-07-27T00:00:00+08:00");
    assert!(says(&of_hospital["forbidden"], "2401"), "{of_hospital}");
    let next = &of_hospital["bounds"][0];
    assert!(
        next["at"].as_str().unwrap().starts_with("2021-07-30T18:00"),
        "{next}"
    );
    let duties = of_hospital["duties"].as_array().unwrap();
    let days = |clause: &str| {
        let duty = duties.iter().find(|duty| duty["clause"] == clause).unwrap();
        duty["days_left"].as_i64()
    };
    // Past due by a second or by days, due in days, and without a date.
    assert_eq!(
        (days("QJ2"), days("QJ9"), days("QJ8")),
        (Some(-7), Some(3), None)
    );
    assert!(
        duties.iter().all(|duty| duty["clause"] != "QJ4"),
        "the agency's alone"
    );
    let contacts = of_hospital["contacts"].as_array().unwrap();
    assert_eq!(contacts.len(), 2, "the hub and the region: {contacts:?}");
    let of_agency = card("qianjiang-2021", "agency", "2021-07-27T00:00:00+08:00");
    let clauses = of_agency["duties"].as_array().unwrap();
    assert!(clauses.iter().any(|duty| duty["clause"] == "QJ4"));
}

#[test]
fn a_card_is_one_page_that_asks_no_network_for_anything() {
    let bench = Bench::new();
    let (shipped, file) = (plan("zhejiang-2017"), bench.text("card.html"));
    for lang in ["zh", "en"] {
        let args = [
            "plan",
            &shipped,
            "--role",
            "hospital",
            "--at",
            "2017-06-02T09:00+08:00",
            "--html",
            &file,
            "--lang",
            lang,
        ];
        crosswipe(&args).must_end(0);
        let page = fs::read_to_string(&file).unwrap();
        assert!(page.contains("default-src 'none'") && page.contains("size:A4"));
        for word in ["<script", "src=", "href=", "url("] {
            assert!(!page.contains(word), "{word}");
        }
    }
    // Moved by two days, the card moves too.
    let args = [
        "plan",
        &shipped,
        "--at",
        "2017-06-04T09:00+08:00",
        "--shift",
        "+2d",
        "--json",
    ];
    let moved = crosswipe(&args).must_end(0).json();
    assert_eq!(moved["card"]["phase"], "cross");
    crosswipe(&["plan", &shipped, "--role", "province", "--at", "now"]).must_end(0);
}

#[rstest]
#[case::no_hour(&["--at", "2017-06-02"], "error[cli::instant]")]
#[case::hour_24(&["--at", "2017-06-02T24:00+08:00"], "error[cli::instant]")]
#[case::no_role(&["--role", "doctor"], "possible values")]
#[case::nothing_to_print(&["--html", "card.html"], "error[cli::instant]")]
#[case::no_length(&["--shift", "2d"], "+2d")]
fn a_slip_of_the_hand_is_told(#[case] args: &[&str], #[case] words: &str) {
    let shipped = plan("pair-demo");
    crosswipe(&[&["plan", shipped.as_str()], args].concat())
        .must_end(64)
        .must_say(&[words]);
}

#[test]
fn who_is_missing_among_the_contacts_is_told_when_the_plan_is_read() {
    let bench = Bench::new();
    let folder = bench.copied_plan("qianjiang-2021");
    let file = Path::new(&folder).join("contacts.csv");
    let text = fs::read_to_string(&file).unwrap();
    let without_phone = text.replacen("023-00000002", "", 1);
    let lines = without_phone
        .lines()
        .filter(|line| !line.starts_with("H50011400003"));
    fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let told = in_english(&["lint", &folder]).must_end(0).must_say(&[
        "warning[scenario::missing_contact]",
        "no business lead with a telephone at 500114, H50011400003",
        "no systems lead with a telephone at H50011400003",
    ]);
    assert_eq!(
        told.err
            .matches("warning[scenario::missing_contact]")
            .count(),
        2
    );
    let strange = text.replacen("H50011400003", "H50011400009", 1);
    fs::write(&file, strange).unwrap();
    crosswipe(&["lint", &folder]).must_end(64).must_say(&[
        "error[scenario::unknown_party]",
        "contacts.csv:",
        "H50011400009",
    ]);
}
