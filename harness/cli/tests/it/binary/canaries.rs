//! 金丝雀 · Forty values that nobody may ever read: planted wherever strangers can write, searched in all that comes out.
//!
//! A platform stands in front of the hospitals and gossips: in error texts, in extra members, in pages of its gateway,
//! in headers, in books. The plan itself holds more. Whatever the run prints, keeps or tells afterwards, outside
//! the two private folders, is searched for each value as it is, in hex, base64 at all three alignments,
//! URL-encoded, as JSON escapes, and in GBK.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use encoding_rs::GBK;

use super::hostile::platform::{Gossip, Hostile};
use super::world::World;
use super::{Bench, Ended, copy, crosswipe, files, legible, plan, start};

/// What gossip says, and where; `{}` stands for the value. No value may be the end of an instant before a number that
/// begins with zeros: ids of the mocks are that, and `…1139` before `0000000010` would be heard as a telephone.
const SAID: [(&str, &str); 34] = [
    ("11010519491231002X", "err_msg: 证件{}不存在"),
    ("320102196209147311", "err_msg: 身份证号:{}"),
    ("440305198702251186", "member: id_card"),
    ("510107199304302261", "page"),
    ("110105620914731", "err_msg: 旧证件{}"),
    ("13987654321", "err_msg: 请致电{}"),
    ("138-9876-5432", "err_msg: 手机 {}"),
    ("18698765432", "member: tel"),
    ("8613798765432", "page"),
    ("0571-88887777", "err_msg: 值班{}"),
    ("欧阳金雀", "member: psn_name"),
    ("慕容画眉", "err_msg: 姓名：{}"),
    ("司马鹧鸪", "member: coner_name"),
    ("金雀路四十七号三单元", "member: addr"),
    ("画眉巷九号", "err_msg: 住址: {}"),
    ("A98765432", "member: card_sn"),
    ("B12345678", "err_msg: 社保卡{}"),
    ("99998888777766665555444433", "member: psn_no"),
    ("88887777666655554444333322", "err_msg: 人员{}已在院"),
    ("6222020200112230004", "err_msg: 卡号{}"),
    ("4367420088123459", "page"),
    (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.cAnArY-sig_1",
        "err_msg: {}",
    ),
    ("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "err_msg: trace {}"),
    ("dG9rZW4tY2FuYXJ5LTAwMDE9MTIzNDU2Nzg5", "member: ec_token"),
    ("canary-hunter2", "err_msg: password={}"),
    ("canary-access-key", "member: access_key"),
    ("canary-app-secret", "member: app_secret"),
    ("canary-cookie-77", "header: set-cookie"),
    ("canary-authorization-78", "header: authorization"),
    ("ops:canary-in-url", "page-url"),
    ("canary-medical-record", "member: medrcdno"),
    ("1949-10-01", "member: brdy"),
    ("canary-employer", "member: emp_name"),
    ("canary-agent-no", "member: agnter_certno"),
];
/// What stands in the plan beside its people.
const PLANNED: [&str; 3] = [
    "canary-card-token-0001",
    "320102196209147311",
    "13987654321",
];

/// 说法 · One value in the forms in which it might come out.
fn forms(value: &str) -> BTreeMap<&'static str, Vec<u8>> {
    let bytes = value.as_bytes();
    let hex = |upper: bool| -> Vec<u8> {
        let digit = |byte: &u8| {
            if upper {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            }
        };
        bytes.iter().map(digit).collect::<String>().into_bytes()
    };
    let percent = |upper: bool| -> Vec<u8> {
        let escaped = |byte: &u8| match byte.is_ascii_alphanumeric() {
            true => char::from(*byte).to_string(),
            false if upper => format!("%{byte:02X}"),
            false => format!("%{byte:02x}"),
        };
        bytes.iter().map(escaped).collect::<String>().into_bytes()
    };
    let escapes = value
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect::<String>();
    let mut forms = BTreeMap::from([
        ("as it is", bytes.to_vec()),
        ("hex", hex(false)),
        ("HEX", hex(true)),
        ("URL", percent(true)),
        ("url", percent(false)),
        ("JSON escapes", escapes.into_bytes()),
        ("GBK", GBK.encode(value).0.into_owned()),
    ]);
    for (name, shift) in [("base64", 0), ("base64 +1", 1), ("base64 +2", 2)] {
        forms.insert(name, base64_core(bytes, shift));
    }
    forms
}

/// The characters of base64 that depend on these bytes alone, if `shift` others stand before them.
fn base64_core(bytes: &[u8], shift: usize) -> Vec<u8> {
    const TABLE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded = [&vec![0; shift], bytes].concat();
    let bits: Vec<u8> = padded
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let from = (shift * 8).div_ceil(6);
    let whole = bits.chunks_exact(6).skip(from);
    whole
        .map(|six| TABLE[six.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit))])
        .collect()
}

/// Where any of these values is told, in any form; and how many searches that took.
fn leaks(values: &[String], told: &[(String, Vec<u8>)]) -> (Vec<String>, usize) {
    let sought: Vec<(&str, &str, Vec<u8>)> = values
        .iter()
        .flat_map(|value| {
            forms(value)
                .into_iter()
                .map(move |(form, needle)| (value.as_str(), form, needle))
        })
        .collect();
    // One look per byte of what is searched; only where a form may begin is it compared.
    let mut starts: Vec<Vec<usize>> = vec![Vec::new(); 1 << 16];
    for (place, (_, _, needle)) in sought.iter().enumerate() {
        starts[usize::from(needle[0]) << 8 | usize::from(needle[1])].push(place);
    }
    let mut found = BTreeSet::new();
    for (place, bytes) in told {
        for at in 0..bytes.len().saturating_sub(1) {
            let pair = usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1]);
            for (value, form, needle) in starts[pair].iter().map(|place| &sought[*place]) {
                if bytes[at..].starts_with(needle) {
                    found.insert(format!("{place} tells `{value}` ({form})"));
                }
            }
        }
    }
    (found.into_iter().collect(), sought.len() * told.len())
}

fn said(name: &str, ended: &Ended) -> [(String, Vec<u8>); 2] {
    [
        (format!("stdout of {name}"), ended.out.clone().into_bytes()),
        (format!("stderr of {name}"), ended.err.clone().into_bytes()),
    ]
}

/// pair-demo with tokens in a scenario, where a tester may put them.
fn planted_plan(bench: &Bench) -> String {
    copy(
        std::path::Path::new(&plan("pair-demo")),
        &bench.path("plan"),
    );
    let path = bench.path("plan").join("bounds.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let [token, id, phone] = PLANNED;
    let case = format!(
        "  - case: planted\n    title: 卡号 {id} 电话 {phone}\n    steps:\n      - {{call: \"1101\", person: left, institution: H33020000001, with: {{mdtrt_cert_no: \"{token}\"}}, at: \"2030-03-02T13:30+08:00\", expect: {{outcome: ok}}}}\n  - case: too-early\n"
    );
    fs::write(&path, text.replacen("  - case: too-early\n", &case, 1)).unwrap();
    bench.text("plan")
}

#[test]
fn forty_canaries_are_planted_and_none_is_heard() {
    let bench = Bench::new();
    let plan = planted_plan(&bench);
    let world = World::serve_plan(bench.path("world"), &plan);
    let hostile = Hostile::gossip(&world, Gossip::new(&SAID));
    let out = bench.text("run");
    let run = start(&["run", &plan, "--out", &out, "--served", &world.dir()])
        .end()
        .must_be_civil();
    let played = hostile.played();
    hostile.stop(&world);
    let mut told: Vec<(String, Vec<u8>)> = said("run", &run).into();
    for lang in ["zh", "en"] {
        let report = crosswipe(&[
            "report", &out, "--format", "text", "--format", "html", "--format", "junit",
            "--format", "xlsx", "--format", "csv", "--format", "md", "--lang", lang,
        ]);
        told.extend(said("report", &report.must_be_civil()));
    }
    told.extend(said(
        "verify",
        &crosswipe(&["verify", &out, "--json"]).must_be_civil(),
    ));
    told.extend(said(
        "close",
        &crosswipe(&["close", &plan, &out, "--out", &bench.text("window")]).must_be_civil(),
    ));
    told.extend(said(
        "audit",
        &crosswipe(&["audit", &format!("{out}/exports")]).must_be_civil(),
    ));
    let traced = crosswipe(&["sim", &plan, "--seed", "7", "--trace"]);
    told.extend(said("sim", &traced.must_be_civil()));
    let kept = files(&bench.path("run"), &["private", "parties"]);
    let window = bench
        .path("window")
        .is_dir()
        .then(|| files(&bench.path("window"), &["private"]));
    for path in kept.into_iter().chain(window.into_iter().flatten()) {
        told.push((path.display().to_string(), legible(&path)));
    }
    let persons = super::secrets::known();
    let values: Vec<String> = SAID
        .iter()
        .map(|(value, _)| (*value).to_owned())
        .chain(PLANNED.map(str::to_owned))
        .chain(persons)
        .collect();
    let (found, searched) = leaks(&values, &told);
    println!(
        "{} values planted, {played:?}; {} outputs, {searched} searches, {} leaks; the run ended {:?}",
        values.len(),
        told.len(),
        found.len(),
        run.code
    );
    assert!(
        played.values().all(|times| *times > 0) && played.len() == 4,
        "{played:?}"
    );
    assert!(
        values.len() >= 40 && told.len() > 40,
        "{} {}",
        values.len(),
        told.len()
    );
    assert!(
        found.is_empty(),
        "{} leaks:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// A search that finds nothing must be able to find something.
#[test]
fn each_form_is_found_where_it_stands() {
    let value = "测试canary1".to_owned();
    for (form, needle) in forms(&value) {
        assert!(needle.len() > 7, "{form}");
        let told = [(
            "here".to_owned(),
            [b"..", needle.as_slice(), b".."].concat(),
        )];
        let (found, _) = leaks(std::slice::from_ref(&value), &told);
        assert!(
            found.iter().any(|found| found.contains(form)),
            "{form}: {found:?}"
        );
    }
    assert_eq!(base64_core(b"canary", 0), b"Y2FuYXJ5");
    assert_eq!(base64_core(b"canary", 1), b"NhbmFye");
}
