//! 文件与明细账 · 9101 9102 in both directions, 1301, and what 3202 tells of each line that differs.

use std::io::{Cursor, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crosswipe_mocks::MemoryWorld;
use crosswipe_wire::RefusalCode as Code;
use rstest::rstest;
use serde_json::{Value, json};
use zip::{ZipArchive, ZipWriter};

use crate::bench::*;

fn world() -> MemoryWorld {
    MemoryWorld::new(&config(&[]).setup(), vec![])
}

fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn text_of(bytes: Vec<u8>) -> String {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn upload(counter: &mut Counter, bytes: &[u8]) -> Said {
    let file = json!({"in": STANDARD.encode(bytes), "filename": "lines.txt", "fixmedins_code": counter.institution});
    counter.send("9101", json!({ "fsUploadIn": file }))
}

fn ticket(said: Said) -> String {
    text(&said.output()["file_qury_no"])
}

/// What 9102 answers: the file, or a refusal in an envelope.
fn fetched(counter: &mut Counter, ticket: &str) -> Result<Vec<u8>, Said> {
    let msgid = counter.new_msgid();
    let asked = json!({"fsDownloadIn": {"file_qury_no": ticket, "filename": "plc", "fixmedins_code": counter.institution}});
    let body = counter.message("9102", &msgid, asked);
    let answer = counter
        .world
        .exchange(counter.now, &counter.party, None, &body);
    match answer.clone().unwrap().file {
        Some(bytes) => Ok(bytes),
        None => Err(said(answer)),
    }
}

#[rstest]
#[case::base64(|bytes: &[u8]| json!(STANDARD.encode(bytes)))]
#[case::bytes(|bytes: &[u8]| json!(bytes))]
#[case::bytes_of_java(|bytes: &[u8]| json!(bytes.iter().map(|byte| byte.cast_signed()).collect::<Vec<_>>()))]
fn a_file_comes_back_as_it_was_sent(#[case] written: fn(&[u8]) -> Value) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    // Larger than any other text of a message may be.
    let mut dice = 1u32;
    let mut noise = vec![0u8; 20_000];
    noise.fill_with(|| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        dice.to_be_bytes()[0]
    });
    let bytes = zip_of(&[("lines.txt", &noise)]);
    assert!(bytes.len() > 4_000);
    let file = json!({"in": written(&bytes), "filename": "lines.txt", "fixmedins_code": H_NINGBO});
    let ticket = ticket(counter.send("9101", json!({ "fsUploadIn": file })));
    assert_eq!(fetched(&mut counter, &ticket), Ok(bytes));
}

#[test]
fn a_ticket_is_good_for_a_day_and_for_its_institution() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let bytes = zip_of(&[("lines.txt", b"")]);
    let ticket = ticket(upload(&mut counter, &bytes));
    let mut other = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let gone = Err(Said::Refused(Code::Field));
    assert_eq!(fetched(&mut other, &ticket), gone);
    assert_eq!(fetched(&mut counter, "nowhere"), gone);
    counter.now = at("2017-06-03T09:59:59+08:00");
    assert_eq!(fetched(&mut counter, &ticket), Ok(bytes));
    counter.now = at("2017-06-03T10:00:00+08:00");
    assert_eq!(fetched(&mut counter, &ticket), gone);
}

#[rstest]
#[case::no_base64(json!("%%%"))]
#[case::no_zip(json!(STANDARD.encode("setl_id\tmdtrt_id")))]
#[case::no_bytes(json!([1, 2, 999]))]
#[case::a_number(json!(7))]
fn what_is_no_file_is_not_taken(#[case] bytes: Value) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let file = json!({"in": bytes, "filename": "f", "fixmedins_code": H_NINGBO});
    assert_eq!(
        counter.send("9101", json!({ "fsUploadIn": file })),
        Said::Refused(Code::Field)
    );
}

#[test]
fn the_catalogue_is_fetched_as_a_file() {
    let world = world();
    let mut counter = Counter::new(&world, P_NINGBO, EMPLOYEE);
    let told = counter.send("1301", json!({"data": {"ver": "0"}})).output();
    assert_eq!(
        (&told["data_cnt"], &told["filename"]),
        (&json!(2), &json!("plc"))
    );
    let lines = text_of(fetched(&mut counter, &text(&told["file_qury_no"])).unwrap());
    assert_eq!(
        lines,
        "drug-a\tdrug-a\t01\t\t0.00\ndrug-b\tdrug-b\t02\t\t0.05\n"
    );
}

/// One settlement as a line of the institution's file.
fn line(info: &Value, person: &str, flag: &str) -> String {
    let field = |name: &str| {
        info[name]
            .as_str()
            .map_or_else(|| info[name].to_string(), str::to_owned)
    };
    let ids = [field("setl_id"), field("mdtrt_id"), person.to_owned()];
    let amounts = ["medfee_sumamt", "fund_pay_sumamt", "acct_pay"].map(field);
    format!("{}\t{}\t{flag}\n", ids.join("\t"), amounts.join("\t"))
}

struct Sums {
    medfee: String,
    fund: String,
    count: String,
}

fn reconcile(counter: &mut Counter, bytes: &[u8], sums: &Sums) -> Said {
    let ticket = ticket(upload(counter, bytes));
    let data = json!({"setl_optins": NINGBO, "file_qury_no": ticket, "stmt_begndate": "2017-06-02", "stmt_enddate": "2017-06-02",
        "medfee_sumamt": sums.medfee, "fund_pay_sumamt": sums.fund, "cash_payamt": 0, "fixmedins_setl_cnt": sums.count});
    counter.send("3202", json!({ "data": data }))
}

/// Sums of a file as the institution declares them.
fn declared(text: &str) -> Sums {
    let column = |number: usize| {
        let amounts = text
            .lines()
            .map(|line| yuan(line.split('\t').nth(number).unwrap()));
        amounts.sum::<crosswipe_domain::Money>().to_string()
    };
    Sums {
        medfee: column(3),
        fund: column(4),
        count: text.lines().count().to_string(),
    }
}

/// `setl_id stmt_rslt msgid` of each line that differs.
fn differing(counter: &mut Counter, text: &str) -> Vec<[String; 3]> {
    let bytes = zip_of(&[("lines.txt", text.as_bytes())]);
    let told = reconcile(counter, &bytes, &declared(text)).output();
    let ticket = crate::bench::text(&told["fileinfo"]["file_qury_no"]);
    let lines = text_of(fetched(counter, &ticket).unwrap());
    let columns = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        assert_eq!(columns.len(), 10, "{line}");
        [2, 4, 3].map(|number| columns[number].to_owned())
    };
    lines.lines().map(columns).collect()
}

#[test]
fn every_line_that_differs_is_told_with_the_message_that_made_it() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let mut settled = Vec::new();
    for person in [EMPLOYEE, RESIDENT] {
        counter.person = person.into();
        counter.insutype = if person == RESIDENT { "390" } else { "310" }.into();
        let visit = counter.charged_visit();
        let bill = counter.bill(&visit);
        let info = counter.send("2207", bill).output()["setlinfo"].clone();
        settled.push((info, person, counter.last_msgid.clone()));
    }
    let lines: Vec<String> = settled
        .iter()
        .map(|(info, person, _)| line(info, person, "0"))
        .collect();
    let id = |number: usize| text(&settled[number].0["setl_id"]);
    assert_eq!(
        differing(&mut counter, &lines.concat()),
        Vec::<[String; 3]>::new(),
        "all of it"
    );
    assert_eq!(
        differing(&mut counter, &lines[0]),
        [[id(1), "000101".to_owned(), settled[1].2.clone()]],
        "the platform has one more, by its msgid"
    );
    let beyond = "S-X\tM-X\t1\t1.00\t0.00\t0.00\t\n";
    let told = differing(&mut counter, &format!("{}{beyond}", lines.concat()));
    assert_eq!(
        told,
        [["S-X".to_owned(), "000102".to_owned(), String::new()]]
    );
    let other = lines[0].replacen("567.95", "567.94", 1) + &lines[1];
    let told = differing(&mut counter, &other);
    assert_eq!(told, [[id(0), "000103".to_owned(), settled[0].2.clone()]]);
    // What was refunded stands with its mirror; what was reversed does not stand at all.
    let undo = json!({"data": {"mdtrt_id": settled[1].0["mdtrt_id"], "setl_id": id(1)}});
    let undone = counter.send("2208", undo).output()["setlinfo"].clone();
    let both = format!("{}{}{}", lines[0], lines[1], line(&undone, RESIDENT, "1"));
    assert_eq!(differing(&mut counter, &both), Vec::<[String; 3]>::new());
    counter.person = EMPLOYEE.into();
    let named = json!({"data": {"omsgid": settled[0].2, "oinfno": "2207"}});
    counter.send("2601", named).output();
    let told = differing(&mut counter, &both);
    assert_eq!(told, [[id(0), "000102".to_owned(), String::new()]]);
    let mirror = lines[1].clone() + &line(&undone, RESIDENT, "1");
    assert_eq!(differing(&mut counter, &mirror), Vec::<[String; 3]>::new());
}

#[rstest]
#[case::too_few_columns("S\tM\t1\t1.00\n", Code::Field)]
#[case::too_many_columns("S\tM\t1\t1.00\t0.00\t0.00\t0\tx\n", Code::Field)]
#[case::no_amount("S\tM\t1\tone\t0.00\t0.00\t0\n", Code::Field)]
#[case::twice(
    "S\tM\t1\t1.00\t0.00\t0.00\t0\nS\tM\t1\t1.00\t0.00\t0.00\t0\n",
    Code::Field
)]
#[case::another_sum("S\tM\t1\t2.00\t0.00\t0.00\t0\n", Code::Split)]
fn a_file_that_cannot_be_read_is_refused_with_its_line(#[case] lines: &str, #[case] code: Code) {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let sums = Sums {
        medfee: "1.00".to_owned(),
        fund: "0.00".to_owned(),
        count: "1".to_owned(),
    };
    let bytes = zip_of(&[("lines.txt", lines.as_bytes())]);
    assert_eq!(reconcile(&mut counter, &bytes, &sums), Said::Refused(code));
}

#[test]
fn a_zip_that_holds_too_much_or_not_one_text_is_refused() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let sums = Sums {
        medfee: "0".to_owned(),
        fund: "0".to_owned(),
        count: "0".to_owned(),
    };
    let bomb = vec![b'0'; (64 << 20) + 1];
    let bombs = zip_of(&[("lines.txt", &bomb)]);
    assert!(bombs.len() < 200_000, "a small file: {}", bombs.len());
    let mut broken = zip_of(&[("lines.txt", b"S\tM")]);
    let end = broken.len();
    broken.truncate(end - 10);
    let files = [
        bombs,
        broken,
        zip_of(&[]),
        zip_of(&[("a", b""), ("b", b"")]),
        zip_of(&[("gbk.txt", b"\xd0\xd5\xc3\xfb")]),
    ];
    for bytes in files {
        let said = reconcile(&mut counter, &bytes, &sums);
        assert_eq!(said, Said::Refused(Code::Field), "{} bytes", bytes.len());
    }
}

#[test]
fn files_are_no_books() {
    let world = world();
    let mut counter = Counter::new(&world, H_NINGBO, EMPLOYEE);
    let before = books(&world);
    let bytes = zip_of(&[("lines.txt", b"")]);
    differing(&mut counter, "");
    upload(&mut counter, &bytes).output();
    assert_eq!(before, books(&world));
}
