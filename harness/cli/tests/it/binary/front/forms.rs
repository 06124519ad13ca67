//! 各种写法 · What real clients send, point by point and drawn together: taken and noted, or in strict mode told exactly.
//!
//! Each form is bent into one message of a regular visit that goes over HTTP through the door, from registration to its
//! undo; all other messages of the visit are regular and must have no finding at all. The tolerant door answers every one
//! normally. A machine without this variety would be tried by nobody: hospitals do not read our tables.

mod table;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::table::{FIRST_NONCE, FORMS};
use super::{Door, HOSPITAL, PERSON};
use crate::binary::crosswipe;

/// The four parts of a bill, and what 2204 calls them.
const PARTS: [(&str, &str); 4] = [
    ("fulamt_ownpay_amt", "fulamt_ownpay_amt"),
    ("overlmt_selfpay", "overlmt_amt"),
    ("preselfpay_amt", "preselfpay_amt"),
    ("inscp_scp_amt", "inscp_scp_amt"),
];

/// 发文 · A message before it is put on the line.
struct Out {
    message: Value,
    path: String,
    headers: Vec<(String, String)>,
    /// What is done to the text once it is written.
    text: Vec<fn(String) -> String>,
    chunked: bool,
    gbk: bool,
    /// Access key and secret.
    key: (String, String),
}

impl Out {
    fn data(&mut self) -> &mut Value {
        let input = self.message["input"].as_object_mut().unwrap();
        let (_, node) = input.iter_mut().next().unwrap();
        match node.is_array() {
            true => &mut node[0],
            false => node,
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        let data = self.data().as_object_mut().unwrap();
        let value = data.remove(from).unwrap();
        data.insert(to.to_owned(), value);
    }

    fn header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Signs as x-tif, so many ms off, with a nonce.
    fn x_tif(&mut self, off_ms: i64, in_ms: bool, nonce: Option<&str>) {
        let now = crosswipe_runner::clock::real_now().epoch_ms() + off_ms;
        let stamp = if in_ms {
            now.to_string()
        } else {
            (now / 1_000).to_string()
        };
        let own = self.message["msgid"].as_str().unwrap();
        let nonce = nonce.unwrap_or(own).to_owned();
        let (id, secret) = &self.key;
        let text = format!("{stamp}{secret}{nonce}{stamp}");
        let signature = crosswipe_domain::sha256_hex(text.as_bytes());
        let id = id.clone();
        for (name, value) in [
            ("paasid", &id),
            ("timestamp", &stamp),
            ("nonce", &nonce),
            ("signature", &signature),
        ] {
            self.header(&format!("x-tif-{name}"), value);
        }
    }
}

/// 写法 · One point: in which message, what is done, and what must be told of it; `""` where nothing is wrong with it.
struct Form {
    name: &'static str,
    infno: &'static str,
    /// Forms of one place do not go together.
    place: &'static str,
    codes: &'static [&'static str],
    bend: fn(&mut Out),
}

const fn form(
    name: &'static str,
    infno: &'static str,
    place: &'static str,
    codes: &'static [&'static str],
    bend: fn(&mut Out),
) -> Form {
    Form {
        name,
        infno,
        place,
        codes,
        bend,
    }
}

/// 柜台 · A HIS in this process.
struct Till<'d> {
    door: &'d Door,
    serial: u64,
    seen: u64,
    messages: usize,
}

impl<'d> Till<'d> {
    fn at(door: &'d Door) -> Till<'d> {
        Till {
            door,
            serial: 0,
            seen: 0,
            messages: 0,
        }
    }

    /// A regular message.
    fn out(&mut self, infno: &str, input: Value) -> Out {
        let now = crosswipe_runner::clock::real_now();
        self.serial += 1;
        let hospital = self.door.of("institutions", "code", HOSPITAL);
        let person = self.door.of("persons", "label", PERSON);
        // Numbers of this till are told apart by their last six digits.
        let (second, serial) = (self.serial / 10_000, self.serial % 10_000);
        let msgid = format!("{HOSPITAL}{}{second:02}{serial:04}", &now.compact()[..12]);
        Out {
            message: json!({
                "infno": infno, "msgid": msgid, "mdtrtarea_admvs": hospital["region"], "insuplc_admdvs": person["insured"],
                "recer_sys_code": "HIS", "dev_no": "", "dev_safe_info": "", "cainfo": "", "signtype": "", "infver": "V1.0",
                "opter_type": "1", "opter": "1", "opter_name": "窗口甲", "inf_time": now.wire(), "fixmedins_code": HOSPITAL,
                "fixmedins_name": "虚构医院", "sign_no": "", "input": input,
            }),
            path: format!("/hgs/{infno}"),
            headers: vec![(
                "content-type".to_owned(),
                "application/json;charset=utf-8".to_owned(),
            )],
            text: Vec::new(),
            chunked: false,
            gbk: false,
            key: ["key", "secret"]
                .map(|name| hospital[name].as_str().unwrap().to_owned())
                .into(),
        }
    }

    fn send(&mut self, out: &Out) -> Value {
        let text = out
            .text
            .iter()
            .fold(out.message.to_string(), |text, bend| bend(text));
        let bytes = match out.gbk {
            true => encoding_rs::GBK.encode(&text).0.into_owned(),
            false => text.into_bytes(),
        };
        let mut head = format!("POST {} HTTP/1.1\r\nhost: x\r\n", out.path);
        if !out.headers.iter().any(|(name, _)| name == "connection") {
            head += "connection: close\r\n";
        }
        for (name, value) in &out.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut wire = head.into_bytes();
        match out.chunked {
            true => {
                wire.extend(b"transfer-encoding: chunked\r\n\r\n");
                for part in bytes.chunks(97) {
                    wire.extend(format!("{:x}\r\n", part.len()).bytes());
                    wire.extend(part);
                    wire.extend(b"\r\n");
                }
                wire.extend(b"0\r\n\r\n");
            }
            false => {
                wire.extend(format!("content-length: {}\r\n\r\n", bytes.len()).bytes());
                wire.extend(bytes);
            }
        }
        self.messages += 1;
        let said = self.door.answer(&wire);
        let text = encoding_rs::GB18030.decode(&said).0;
        let text = std::str::from_utf8(&said).unwrap_or(&text);
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// What the door found in what came since it was asked last.
    fn found(&mut self) -> Vec<Vec<(String, String)>> {
        let said = self.door.got(&format!("/__admin/seen?from={}", self.seen));
        let seen = said["seen"].as_array().unwrap();
        self.seen += seen.len() as u64;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let of = |one: &Value| {
            let found = one["findings"].as_array().unwrap().iter();
            found
                .map(|one| (text(&one["code"]), text(&one["weight"])))
                .collect()
        };
        seen.iter().map(of).collect()
    }

    /// A visit up to the last message that is bent, and back; each message with what it was bent by.
    #[track_caller]
    fn visit(&mut self, forms: &[&Form], weight: &str) {
        const ORDER: [&str; 7] = ["1101", "2201", "2203", "2204", "2206", "2207", "2208"];
        let person = self.door.of("persons", "label", PERSON).clone();
        let place = |infno: &str| ORDER.iter().position(|one| *one == infno).unwrap();
        let last = forms
            .iter()
            .map(|form| place(form.infno))
            .max()
            .unwrap_or(6);
        let (psn_no, card) = (&person["psn_no"], &person["id_number"]);
        let own = format!("T{}", self.serial);
        let now = crosswipe_runner::clock::real_now().wire();
        let mut given: BTreeMap<&str, Value> = BTreeMap::new();
        let names: Vec<&str> = forms.iter().map(|form| form.name).collect();
        let mut expected = Vec::new();
        for infno in &ORDER[..=last] {
            let visit = given.get("mdtrt_id").cloned().unwrap_or_default();
            let mut bill = json!({
                "psn_no": psn_no, "mdtrt_cert_type": "02", "mdtrt_cert_no": card, "med_type": "11", "medfee_sumamt": 50,
                "psn_setlway": "01", "mdtrt_id": visit, "chrg_bchno": own, "acct_used_flag": "0", "insutype": "310"});
            if *infno == "2207" {
                bill["invono"] = json!(own);
                for (sent, told) in PARTS {
                    bill[sent] = given[told].clone();
                }
            }
            let input = match *infno {
                "1101" => {
                    json!({"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": card, "card_sn": "", "begntime": now,
                    "psn_cert_type": "01", "certno": card, "psn_name": person["name"]}})
                }
                "2201" => {
                    json!({"data": {"psn_no": psn_no, "insutype": "310", "begntime": now, "mdtrt_cert_type": "02",
                    "mdtrt_cert_no": card, "ipt_otp_no": own, "atddr_no": "D1", "dr_name": "甲", "dept_code": "A03",
                    "dept_name": "内科", "caty": "A03"}})
                }
                "2203" => {
                    json!({"mdtrtinfo": {"mdtrt_id": visit, "psn_no": psn_no, "med_type": "11", "begntime": now},
                    "diseinfo": [{"diag_type": "1", "diag_srt_no": 1, "diag_code": "J06.900", "diag_name": "上呼吸道感染",
                        "diag_dept": "内科", "dise_dor_no": "D1", "dise_dor_name": "甲", "diag_time": now, "vali_flag": "1"}]})
                }
                "2204" => {
                    json!({"feedetail": [{"feedetl_sn": format!("{own}L"), "mdtrt_id": visit, "psn_no": psn_no,
                    "chrg_bchno": own, "rx_circ_flag": "0", "fee_ocur_time": now, "med_list_codg": "CS0001",
                    "medins_list_codg": "Y1", "cnt": 2, "pric": 25, "det_item_fee_sumamt": 50, "bilg_dept_codg": "A03",
                    "bilg_dept_name": "内科", "bilg_dr_codg": "D1", "bilg_dr_name": "甲", "hosp_appr_flag": "1"}]})
                }
                "2208" => {
                    json!({"data": {"setl_id": given["setl_id"], "psn_no": psn_no, "mdtrt_id": visit}})
                }
                _ => json!({"data": bill}),
            };
            let mut out = self.out(infno, input);
            let mut codes: Vec<(String, String)> = Vec::new();
            for form in forms.iter().filter(|form| form.infno == *infno) {
                (form.bend)(&mut out);
                codes.extend(
                    form.codes
                        .iter()
                        .map(|code| ((*code).to_owned(), weight.to_owned())),
                );
            }
            codes.sort();
            codes.dedup();
            expected.push(codes);
            let answer = self.send(&out);
            assert_eq!(answer["infcode"], 0, "{names:?}: {infno} {answer}");
            let output = &answer["output"];
            match *infno {
                "2201" => drop(given.insert("mdtrt_id", output["data"]["mdtrt_id"].clone())),
                "2204" => {
                    for (_, name) in PARTS {
                        given.insert(name, output["result"][0][name].clone());
                    }
                }
                "2207" => drop(given.insert("setl_id", output["setlinfo"]["setl_id"].clone())),
                _ => {}
            }
        }
        let visit = given.get("mdtrt_id").cloned().unwrap_or_default();
        let back = [
            (
                5..6,
                "2208",
                json!({"setl_id": given.get("setl_id"), "psn_no": psn_no, "mdtrt_id": visit}),
            ),
            (
                3..9,
                "2205",
                json!({"mdtrt_id": visit, "chrg_bchno": own, "psn_no": psn_no}),
            ),
            (
                1..9,
                "2202",
                json!({"psn_no": psn_no, "mdtrt_id": visit, "ipt_otp_no": own}),
            ),
        ];
        for (when, infno, data) in back {
            if when.contains(&last) {
                let out = self.out(infno, json!({"data": data}));
                let answer = self.send(&out);
                assert_eq!(answer["infcode"], 0, "{names:?}: {infno} {answer}");
                expected.push(Vec::new());
            }
        }
        let mut found = self.found();
        for findings in &mut found {
            findings.sort();
            findings.dedup();
        }
        assert_eq!(found, expected, "{names:?}");
    }
}

/// A seed's own sequence of numbers.
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(mixed).unwrap() % below
    }
}

/// Three to six forms that go together: of each place in a message at most one.
fn together(draw: &mut Draw) -> Vec<&'static Form> {
    let wanted = 3 + draw.next(4);
    let mut chosen: Vec<&Form> = Vec::new();
    while chosen.len() < wanted {
        let one = &FORMS[draw.next(FORMS.len())];
        // A message that is no object any more has no members to bend, and one key is found under one name.
        let whole = |form: &Form| {
            matches!(
                form.place,
                "input"
                    | "node"
                    | "lists"
                    | "keys"
                    | "layout"
                    | "mark"
                    | "head"
                    | "repeated"
                    | "twice"
            )
        };
        let clash = |other: &&Form| {
            other.infno == one.infno && (other.place == one.place || whole(other) && whole(one))
        };
        if !chosen.iter().any(clash) {
            chosen.push(one);
        }
    }
    // Bends of members first, those of the whole after them.
    chosen.sort_by_key(|form| matches!(form.place, "node" | "lists" | "input"));
    chosen.sort_by_key(|form| form.place == "signed");
    chosen
}

#[expect(
    clippy::print_stdout,
    reason = "whoever reads the log must see that they ran"
)]
fn every_form(mode: &str, weight: &str, combined: usize, seed: u64) {
    let door = Door::open(&["--mode", mode]);
    let mut till = Till::at(&door);
    till.visit(&[], weight);
    till.visit(&[&FIRST_NONCE], weight);
    // What a strict gateway does not let in is told in a test of its own.
    let let_in = |form: &&Form| {
        mode == "tolerant"
            || !matches!(
                form.codes,
                ["nonce" | "timestamp-outside" | "path-not-infno"]
            )
    };
    let single: Vec<&Form> = FORMS.iter().filter(let_in).collect();
    for form in &single {
        till.visit(&[form], weight);
    }
    let mut draw = Draw(seed);
    for _ in 0..combined {
        let forms: Vec<&Form> = together(&mut draw).into_iter().filter(let_in).collect();
        till.visit(&forms, weight);
    }
    println!(
        "{mode}: {} forms alone, {combined} drawn together, {} messages",
        single.len(),
        till.messages
    );
    assert!(
        single.len() >= 60 && till.messages > 400,
        "{} {}",
        single.len(),
        till.messages
    );
    let (runs, left, ended) = door.closed();
    assert_eq!(left["moved"], json!({}), "{left}");
    let dir = runs.path().join("run").display().to_string();
    let judged = crosswipe(&["verify", &dir, "--json"]).json();
    assert_eq!(judged["findings"], json!([]));
    ended.must_end(0);
}

#[test]
fn a_tolerant_door_takes_every_form_and_notes_it() {
    every_form("tolerant", "note", 80, 20_260_605);
}

#[test]
fn a_strict_door_tells_every_form_by_its_code_and_nothing_else() {
    every_form("strict", "defect", 20, 7);
}

/// Numbers of nobody and messages without content: a business refusal that says which, and nothing falls over.
#[test]
fn what_nobody_can_carry_out_is_refused_by_name() {
    let door = Door::open(&[]);
    let mut till = Till::at(&door);
    for infno in ["9999", "22011", "ABCD", "S001", "2299A", "交易"] {
        let out = till.out(infno, json!({"data": {"psn_no": "1"}}));
        let answer = till.send(&out);
        let said = answer["err_msg"].as_str().unwrap();
        assert_eq!(answer["infcode"], -1);
        assert!(
            said.contains("E-UNSUPPORTED") && said.contains(infno),
            "{said}"
        );
        assert_eq!(till.found()[0][0].0, "infno-unknown");
    }
    for input in [
        json!({}),
        json!([]),
        json!(null),
        json!(""),
        json!("{}"),
        json!({"data": {}}),
        json!({"data": []}),
        json!(7),
    ] {
        for infno in ["1101", "2201", "2207", "2208", "2601"] {
            let mut out = till.out(infno, input.clone());
            out.message["input"] = input.clone();
            let answer = till.send(&out);
            let said = answer["err_msg"].as_str().unwrap();
            assert!(
                answer["infcode"] == -1 && said.contains("[E-"),
                "{infno} {input}: {answer}"
            );
        }
    }
    assert!(till.found().iter().all(|found| !found.is_empty()));
    // What was refused has left nothing, and the door still opens.
    till.visit(&[], "note");
    let (left, ended) = door.close();
    assert_eq!(left["moved"], json!({}), "{left}");
    // The acceptance list counts a refused registration as tried.
    ended.must_end(1).must_say(&["nothing stands"]);
}

/// What the door shows to be typed is taken as it is typed, for its business alone and once; it is another the next time,
/// and stands in nothing that the run tells.
#[test]
fn a_token_that_the_door_shows_is_good_and_told_nobody() {
    let door = Door::open(&[]);
    let mut till = Till::at(&door);
    let person = door.of("persons", "label", PERSON).clone();
    let shown = |list: &Value, business: &str| -> String {
        let mut all = list.as_array().unwrap().iter();
        let own = all.find(|one| one["person"] == PERSON && one["business"] == business);
        own.unwrap()["token"].as_str().unwrap().to_owned()
    };
    let first = door.notice["vouchers"].clone();
    let fresh = door.got("/__admin/vouchers")["vouchers"].clone();
    // Two businesses for each of the eight, no pharmacy in this plan.
    assert_eq!(
        (
            first.as_array().unwrap().len(),
            fresh.as_array().unwrap().len()
        ),
        (16, 16)
    );
    let good = [shown(&first, "01101"), shown(&fresh, "01101")];
    assert_ne!(good[0], good[1]);
    let mut registered = |token: &str, own: &str| {
        let out = till.out("2201", json!({"data": {"psn_no": person["psn_no"], "insutype": "310",
            "begntime": crosswipe_runner::clock::real_now().wire(), "mdtrt_cert_type": "01", "mdtrt_cert_no": token,
            "ipt_otp_no": own, "atddr_no": "D1", "dr_name": "甲", "dept_code": "A03", "dept_name": "内科", "caty": "A03"}}));
        till.send(&out)
    };
    let said = |answer: &Value| answer["err_msg"].as_str().unwrap_or_default().to_owned();
    let settlement = shown(&fresh, "01301");
    assert!(said(&registered(&settlement, "V0")).contains("E-VOUCHERTYPE"));
    let mut visits = Vec::new();
    for (nth, token) in good.iter().enumerate() {
        let answer = registered(token, &format!("V{}", nth + 1));
        assert_eq!(answer["infcode"], 0, "{answer}");
        visits.push(answer["output"]["data"]["mdtrt_id"].clone());
    }
    assert!(said(&registered(&good[0], "V9")).contains("E-VOUCHERUSED"));
    for visit in visits {
        let out = till.out(
            "2202",
            json!({"data": {"psn_no": person["psn_no"], "mdtrt_id": visit, "ipt_otp_no": "V"}}),
        );
        assert_eq!(till.send(&out)["infcode"], 0);
    }
    let (runs, _, _) = door.closed();
    let mut told = Vec::new();
    for name in [
        "journal.db",
        "report.json",
        "report.html",
        "junit.xml",
        "certificate.json",
    ] {
        let bytes = std::fs::read(runs.path().join("run").join(name)).unwrap();
        told.push((name.to_owned(), bytes));
    }
    for (name, bytes) in told {
        for token in good.iter().chain([&settlement]) {
            let mut places = bytes.windows(token.len());
            assert!(!places.any(|part| part == token.as_bytes()), "{name}");
        }
    }
}

/// Another message under a used number: carried out, found, and nobody can agree with its sender any more.
#[test]
fn a_number_used_twice_is_carried_out_found_and_judged() {
    let door = Door::open(&[]);
    let mut till = Till::at(&door);
    let person = door.of("persons", "label", PERSON).clone();
    let mut visits = Vec::new();
    let first = till.out("2201", json!({"data": {"psn_no": person["psn_no"], "insutype": "310", "begntime": "2026-06-05 10:00:00",
        "mdtrt_cert_type": "02", "mdtrt_cert_no": person["id_number"], "ipt_otp_no": "A1", "atddr_no": "D1", "dr_name": "甲",
        "dept_code": "A03", "dept_name": "内科", "caty": "A03"}}));
    visits.push(till.send(&first)["output"]["data"]["mdtrt_id"].clone());
    let again = till.send(&first)["output"]["data"]["mdtrt_id"].clone();
    assert_eq!(again, visits[0], "the same message");
    let mut second = first;
    second.data()["ipt_otp_no"] = json!("A2");
    visits.push(till.send(&second)["output"]["data"]["mdtrt_id"].clone());
    assert_ne!(visits[0], visits[1]);
    let shown = door.got("/__admin/books");
    let insured = shown["parties"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["party"] == "insured:330100");
    let balances = insured.unwrap()["balances"].as_array().unwrap().clone();
    let visits_open = balances.iter().find(|one| one["kind"] == "visit").unwrap();
    assert_eq!(
        (&visits_open["value"], &visits_open["dims"]),
        (&json!(2), &json!({})),
        "nobody is named"
    );
    assert!(
        balances
            .iter()
            .any(|one| one["kind"] == "pool-fund" && one["unit"] == "fen")
    );
    let found = till.found();
    assert_eq!(found[..2], [vec![], vec![]]);
    assert_eq!(found[2], [("msgid-reuse".to_owned(), "defect".to_owned())]);
    for visit in &visits {
        let out = till.out(
            "2202",
            json!({"data": {"psn_no": person["psn_no"], "mdtrt_id": visit, "ipt_otp_no": "A"}}),
        );
        assert_eq!(till.send(&out)["infcode"], 0);
    }
    let (runs, left, ended) = door.closed();
    assert_eq!(left["moved"], json!({}), "both are back: {left}");
    ended.must_end(1);
    let dir = runs.path().join("run").display().to_string();
    let judged = crosswipe(&["verify", &dir, "--json"]).must_end(1).json();
    let classes: Vec<&Value> = judged["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["class"])
        .collect();
    assert!(classes.contains(&&json!("mismatch:id")), "{judged:#}");
}
