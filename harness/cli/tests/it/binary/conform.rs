//! 接口核对 · `crosswipe conform`: one morning of a HIS, kept in every form that recordings have, is judged alike.

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ended, crosswipe, plan};

const HOSPITAL: &str = "H33019900001";
/// Nobody's numbers.
const PERSON: &str = "99990000000000000000000077";
const ID_NUMBER: &str = "99999919900101077X";

/// 来往 · Address, message and answer.
struct Exchange {
    path: String,
    at: String,
    message: String,
    answer: Option<String>,
}

fn exchange(serial: u32, infno: &str, input: Value, output: Option<Value>) -> Exchange {
    let at = format!("2026-06-05 10:15:{:02}", serial % 60);
    let message = json!({
        "infno": infno, "msgid": format!("{HOSPITAL}20260605101500{serial:04}"), "mdtrtarea_admvs": "330100",
        "insuplc_admdvs": "330200", "recer_sys_code": "FSI_LOCAL", "infver": "V1.0", "opter_type": "1", "opter": "0001",
        "opter_name": "测试员", "inf_time": at, "fixmedins_code": HOSPITAL, "fixmedins_name": "测试医院",
        "sign_no": "", "input": input,
    });
    let answer = output.map(|output| {
        json!({
            "infcode": 0, "inf_refmsgid": "330100202606051015000000000001", "refmsg_time": "20260605101500100",
            "respond_time": "20260605101500200", "err_msg": "", "output": output,
        })
        .to_string()
    });
    Exchange {
        path: format!("/hgs/{infno}"),
        at,
        message: message.to_string(),
        answer,
    }
}

/// A read with a short code, a settlement with an amount in quotes whose answer does not add up, an undo whose id is
/// empty and that nobody answered, and a read sent to another address.
fn morning() -> Vec<Exchange> {
    let read = |kind: &str| {
        json!({"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": ID_NUMBER, "psn_cert_type": kind, "certno": ID_NUMBER,
            "psn_name": "测试甲"}})
    };
    let person = json!({"baseinfo": {"psn_no": PERSON, "psn_cert_type": "01", "certno": ID_NUMBER, "psn_name": "测试甲"},
        "insuinfo": [{"insutype": "310", "psn_insu_stas": "1", "balc": 0}], "idetinfo": []});
    let bill = json!({"data": {"psn_no": PERSON, "mdtrt_cert_type": "02", "mdtrt_cert_no": ID_NUMBER, "med_type": "11",
        "medfee_sumamt": "50.00", "psn_setlway": "01", "mdtrt_id": "M1", "chrg_bchno": "B1", "insutype": "310",
        "acct_used_flag": "0", "fulamt_ownpay_amt": 0, "overlmt_selfpay": 0, "preselfpay_amt": 5.00,
        "inscp_scp_amt": 45.00}});
    let settled = json!({"setldetail": [], "setlinfo": {"setl_id": "T1", "mdtrt_id": "M1", "medfee_sumamt": 50,
        "fund_pay_sumamt": 0, "psn_part_amt": 40, "acct_pay": 0, "psn_cash_pay": 40, "hosp_part_amt": 0,
        "medins_setl_id": format!("{HOSPITAL}202606051015000002")}});
    let undo = json!({"data": {"setl_id": "", "psn_no": PERSON, "mdtrt_id": "M1"}});
    let mut elsewhere = exchange(4, "1101", read("01"), Some(person.clone()));
    elsewhere.path = "/hgs/5206".to_owned();
    vec![
        exchange(1, "1101", read("1"), Some(person)),
        exchange(2, "2207", bill, Some(settled)),
        exchange(3, "2208", undo, None),
        elsewhere,
    ]
}

fn har(all: &[Exchange]) -> String {
    let entry = |one: &Exchange| {
        let status = if one.answer.is_some() { 200 } else { 0 };
        let content = one.answer.as_deref().unwrap_or_default();
        json!({"startedDateTime": format!("{}.000+08:00", one.at.replace(' ', "T")),
            "request": {"method": "POST", "url": format!("http://10.0.0.1:8080{}", one.path),
                "headers": [{"name": "Content-Type", "value": "application/json"}],
                "postData": {"mimeType": "application/json", "text": one.message}},
            "response": {"status": status, "headers": [], "content": {"mimeType": "application/json", "text": content}}})
    };
    let entries: Vec<Value> = all.iter().map(entry).collect();
    json!({"log": {"version": "1.2", "creator": {"name": "proxy"}, "entries": entries}}).to_string()
}

fn pair_of(one: &Exchange) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let mut pair = json!({"time": one.at, "url": one.path, "request": parsed(&one.message)});
    if let Some(answer) = &one.answer {
        pair["response"] = parsed(answer);
    }
    pair
}

fn pairs_in_lines(all: &[Exchange]) -> String {
    let lines = all.iter().map(|one| format!("{}\n", pair_of(one)));
    lines.collect()
}

fn pairs_in_a_list(all: &[Exchange]) -> String {
    let pairs: Vec<Value> = all.iter().map(pair_of).collect();
    serde_json::to_string_pretty(&pairs).unwrap()
}

/// Messages and answers as texts inside members that are called otherwise.
fn texts(all: &[Exchange]) -> String {
    let line = |one: &Exchange| {
        format!(
            "{}\n",
            json!({"@timestamp": one.at, "uri": one.path, "出参": one.answer, "入参": one.message})
        )
    };
    all.iter().map(line).collect()
}

fn log(all: &[Exchange]) -> String {
    let mut text = "2026-06-05 10:14:59 INFO  启动 {profile=prod, threads=[1, 2]}\r\n".to_owned();
    for one in all {
        text += &format!(
            "{} INFO [http-1] POST {} 入参: {}\r\n",
            one.at, one.path, one.message
        );
        text += &match &one.answer {
            Some(answer) => format!("{} INFO [http-1] 出参: {answer} 耗时 12ms\r\n", one.at),
            None => format!("{} WARN [http-1] 超时 read timed out\r\n", one.at),
        };
    }
    text
}

fn raw_http(all: &[Exchange]) -> String {
    let mut text = String::new();
    for one in all {
        text += &format!(
            "POST {} HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Type: application/json\r\n\r\n{}\r\n",
            one.path, one.message
        );
        if let Some(answer) = &one.answer {
            text += &format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}\r\n",
                answer.len()
            );
        }
    }
    text
}

/// One file each, as a folder keeps them.
fn samples(all: &[Exchange], dir: &Path) {
    for (at, one) in all.iter().enumerate() {
        let body: Value = serde_json::from_str(&one.message).unwrap();
        let request = json!({"infno": body["infno"], "direction": "request", "headers": {}, "path": one.path,
            "body_raw": one.message, "oddities": ["has an infno and an infcode in its notes"]});
        fs::write(dir.join(format!("{at}-request.json")), request.to_string()).unwrap();
        if let Some(answer) = &one.answer {
            let answer: Value = serde_json::from_str(answer).unwrap();
            let response = json!({"infno": body["infno"], "direction": "response", "body": answer});
            fs::write(
                dir.join(format!("{at}-response.json")),
                response.to_string(),
            )
            .unwrap();
        }
    }
    fs::write(dir.join("README.txt"), "nothing of ours").unwrap();
}

#[track_caller]
fn conformed(path: &Path, code: i32) -> Ended {
    crosswipe(&["conform", &path.display().to_string(), "--json"]).must_end(code)
}

/// Codes with their fields, and how many of each.
fn told(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut told: Vec<String> = findings
        .map(|one| {
            format!(
                "{} {} {} {}",
                one["infno"], one["of"], one["code"], one["field"]
            )
            .replace('"', "")
        })
        .collect();
    told.sort();
    told
}

const EXPECTED: [&str; 5] = [
    "1101 message code-form data.psn_cert_type",
    "1101 message path-not-infno http.path",
    "2207 answer amounts-differ setlinfo.medfee_sumamt",
    "2207 message number-as-text data.medfee_sumamt",
    "2208 message undo-id-empty data.setl_id",
];

#[rstest]
#[case::har("har", "har", har)]
#[case::a_pair_a_line("json-lines", "jsonl", pairs_in_lines)]
#[case::pairs_in_a_list("json", "json", pairs_in_a_list)]
#[case::texts_under_other_names("json-lines", "txt", texts)]
#[case::a_log("text", "log", log)]
#[case::raw_http("text", "dump", raw_http)]
fn one_morning_is_judged_alike_in_every_form(
    #[case] form: &str,
    #[case] ending: &str,
    #[case] written: fn(&[Exchange]) -> String,
    #[values(false, true)] gbk: bool,
) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("kept.{ending}"));
    let text = written(&morning());
    match gbk {
        true => fs::write(&path, encoding_rs::GBK.encode(&text).0).unwrap(),
        false => fs::write(&path, &text).unwrap(),
    }
    let ended = conformed(&path, 1);
    let report = ended.json();
    assert_eq!(report["schema"], "crosswipe.conform/1");
    assert_eq!(report["files"][0]["form"], form);
    assert_eq!(
        (&report["messages"], &report["answers"]),
        (&json!(4), &json!(3)),
        "{report:#}"
    );
    assert_eq!(told(&report), EXPECTED);
    assert_eq!(report["unanswered"][0]["infno"], "2208");
    assert_eq!(
        report["standing"],
        json!([{"institution": HOSPITAL, "setl_id": "T1", "medfee_sumamt": "50.00"}])
    );
    for finding in report["findings"].as_array().unwrap() {
        for words in ["expected", "actual", "rule", "remedy"] {
            assert!(
                finding[words]["zh"].is_string() && finding[words]["en"].is_string(),
                "{finding}"
            );
        }
        assert_ne!(finding["remedy"]["zh"], "", "{finding}");
    }
    nobody_is_named(&ended);
    let table = crosswipe(&["conform", &path.display().to_string(), "--lang", "en"]).must_end(1);
    assert!(
        table.out.contains("5 findings") && table.out.contains("number-as-text"),
        "{}",
        table.out
    );
    nobody_is_named(&table);
}

#[track_caller]
fn nobody_is_named(ended: &Ended) {
    for number in [PERSON, ID_NUMBER, "测试甲"] {
        assert!(
            !ended.out.contains(number) && !ended.err.contains(number),
            "{number} in {}",
            ended.out
        );
    }
}

#[test]
fn a_folder_of_halves_is_one_recording() {
    let dir = tempfile::tempdir().unwrap();
    samples(&morning(), dir.path());
    let report = conformed(dir.path(), 1).json();
    assert_eq!(
        (
            &report["messages"],
            &report["answers"],
            &report["answers_alone"]
        ),
        (&json!(4), &json!(3), &json!(0))
    );
    assert_eq!(told(&report), EXPECTED);
}

/// Two counters at once: an answer is for the message that it fits, or for none.
#[test]
fn answers_that_overtake_each_other_find_their_messages() {
    let all = morning();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("two.log");
    let answer = |at: usize| all[at].answer.clone().unwrap();
    let lines = [
        all[0].message.clone(),
        all[1].message.clone(),
        answer(1),
        answer(0),
    ];
    fs::write(&path, lines.join("\n")).unwrap();
    let report = conformed(&path, 1).json();
    assert_eq!(report["answers_alone"], 0, "{report:#}");
    assert_eq!(told(&report), [EXPECTED[0], EXPECTED[2], EXPECTED[3]]);
}

#[test]
fn what_platforms_forgive_is_a_note_when_asked_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("one.json");
    fs::write(&path, &morning()[0].message).unwrap();
    let ended = crosswipe(&[
        "conform",
        &path.display().to_string(),
        "--json",
        "--mode",
        "tolerant",
    ])
    .must_end(0);
    assert_eq!(ended.json()["findings"][0]["weight"], "note");
    conformed(&path, 1);
}

const TO_COME: &str = "profile: to-come
title_zh: 新版
title_en: to come
base: national
gateway: {dialect: csb, path: \"/csb/{infno}\"}
envelope: {sign_in: require}
names: {settlement_node: mdtrtinfo}
";

/// The interface-change check: what both editions mind is not told, what only the new one does is, by its own code.
#[test]
fn only_what_the_new_edition_breaks_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (edition, kept) = (dir.path().join("to-come.yaml"), dir.path().join("kept.har"));
    fs::write(&edition, TO_COME).unwrap();
    fs::write(&kept, har(&morning())).unwrap();
    let (edition, kept) = (edition.display().to_string(), kept.display().to_string());
    let from_to = |old: &str, new: &str| {
        ["conform", &kept, "--old", old, "--new", new, "--json"].map(str::to_owned)
    };
    let args = from_to("national", &edition);
    let report = crosswipe(&args.each_ref().map(String::as_str))
        .must_end(1)
        .json();
    let mut breaks: Vec<String> = report["counts"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(code, times)| format!("{code} {times}"))
        .collect();
    breaks.sort();
    assert_eq!(
        breaks,
        ["dialect-differs 4", "node-name 1", "sign-no-missing 4"]
    );
    assert_eq!(
        report["change"]["healed"].as_array().unwrap().len(),
        3,
        "three went to no address of the old one: {report:#}"
    );
    let knobs = report["change"]["knobs"].as_array().unwrap().iter();
    let mut knobs: Vec<&str> = knobs.map(|knob| knob["name"].as_str().unwrap()).collect();
    knobs.sort_unstable();
    assert_eq!(
        knobs,
        [
            "envelope.sign_in",
            "gateway.dialect",
            "gateway.path",
            "names.settlement_node"
        ]
    );
    // The other way round all of that heals.
    let args = from_to(&edition, "national");
    let back = crosswipe(&args.each_ref().map(String::as_str)).json();
    assert_eq!(
        back["change"]["healed"].as_array().unwrap().len(),
        9,
        "{back:#}"
    );
    assert_eq!(back["counts"], json!({"address-differs": 3}));
    // Of one edition to itself nothing is told.
    let args = from_to(&edition, &edition);
    let same = crosswipe(&args.each_ref().map(String::as_str))
        .must_end(0)
        .json();
    assert_eq!(
        (&same["findings"], &same["change"]["knobs"]),
        (&json!([]), &json!([]))
    );
    let whole = crosswipe(&["conform", &kept, "--profile", &edition, "--json"])
        .must_end(1)
        .json();
    assert_eq!(whole["profile"], "to-come");
    assert_eq!(
        whole["findings"].as_array().unwrap().len(),
        EXPECTED.len() + 10
    );
}

#[rstest]
#[case::no_such_edition(&["--profile", "zhejang"], "zhejiang")]
#[case::half_a_change(&["--old", "hunan"], "--new")]
#[case::both_at_once(&["--old", "hunan", "--new", "hebei", "--profile", "national"], "--profile")]
fn an_edition_that_is_not_there_is_told_with_the_nearest(
    #[case] more: &[&str],
    #[case] said: &str,
) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("one.json");
    fs::write(&path, &morning()[0].message).unwrap();
    let path = path.display().to_string();
    crosswipe(&[&["conform", path.as_str()], more].concat())
        .must_end(64)
        .must_say(&[said]);
}

/// What our own runner sends breaks nothing, and what its journal hides is no finding.
#[test]
fn a_run_of_ours_has_no_finding_at_all() {
    let out = TempDir::new().unwrap();
    let run = out.path().join("run");
    let run = run.to_str().unwrap();
    crosswipe(&["run", &plan("pair-demo"), "--out", run, "-q"]).must_end(0);
    let report = conformed(Path::new(run), 0).json();
    assert_eq!(report["findings"], json!([]));
    assert!(
        report["messages"].as_u64() > Some(200) && report["messages"] == report["answers"],
        "{report:#}"
    );
}

#[rstest]
#[case::a_picture("page.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice())]
#[case::prose("letter.txt", "关于系统切换的通知".as_bytes())]
#[case::another_json("package.json", b"{\"name\":\"his\",\"dependencies\":{\"a\":[1,2]}}".as_slice())]
#[case::nothing("empty.log", b"".as_slice())]
fn what_is_no_recording_is_told_in_one_sentence(#[case] name: &str, #[case] bytes: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    let ended = conformed(&path, 64).must_say(&["error[cli::traffic]", name, "help:"]);
    assert_eq!(ended.out, "");
    let folder = crosswipe(&["conform", &dir.path().display().to_string()]).must_end(64);
    folder.must_say(&["error[cli::traffic]", "help:"]);
}

#[test]
fn an_archive_of_other_pages_is_nothing_checked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.har");
    fs::write(&path, har(&[])).unwrap();
    let ended = conformed(&path, 5);
    assert_eq!(
        ended.json()["sentence"]["en"],
        "0 messages and 0 answers held against the interface: nothing to check"
    );
}

/// A message that the recording cut was not checked: never clean.
#[test]
fn a_cut_message_is_not_clean() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.log");
    let all = morning();
    // The last one has no slip of its own.
    let whole = &all[3].message;
    fs::write(&path, format!("入参 {whole}\n入参 {}\n", &whole[..200])).unwrap();
    let report = conformed(&path, 2).json();
    assert_eq!(report["unread"].as_array().unwrap().len(), 1, "{report:#}");
    assert!(
        report["unread"][0]["place"]
            .as_str()
            .unwrap()
            .ends_with(":2")
    );
}

#[test]
fn a_file_that_is_not_there_is_bad_usage() {
    crosswipe(&["conform", "no/such/file.har"])
        .must_end(64)
        .must_say(&["no/such/file.har"]);
}
