//! 前置门 · Somebody else's HIS, in another language, comes through the door of a mock province in each dialect.
//!
//! The HIS is `tests/his/his.py`: it shares no line with us. A machine without `python3` says that it was not checked; in
//! CI (`CI` is set) that is a failure.

mod again;
mod amended;
mod attended;
mod clients;
mod forms;
mod list;
mod profiles;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crosswipe_runner::clock::Stopwatch;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use super::{Bench, DEADLINE, Ended, PAUSE, Started, crosswipe, plan, start};

const HOSPITAL: &str = "H33020000001";
const PERSON: &str = "hangzhou-employee";

/// 门 · A `serve` for a HIS.
struct Door {
    started: Started,
    notice: Value,
    runs: TempDir,
}

impl Door {
    #[track_caller]
    fn open(more: &[&str]) -> Door {
        Door::of_plan(&plan("pair-demo"), more)
    }

    #[track_caller]
    fn of_plan(plan: &str, more: &[&str]) -> Door {
        let runs = tempfile::tempdir().unwrap();
        let out = runs.path().join("run").display().to_string();
        let args = ["serve", plan, "--json", "--lang", "en", "--out", &out];
        let mut started = start(&[&args, more].concat());
        let begun = Stopwatch::start();
        while !started.said("out").ends_with("}\n") {
            assert!(
                started.lives() && begun.elapsed() < DEADLINE,
                "{}",
                started.said("err")
            );
            std::thread::sleep(PAUSE);
        }
        let notice = serde_json::from_str(&started.said("out")).unwrap();
        Door {
            started,
            notice,
            runs,
        }
    }

    fn of<'v>(&'v self, list: &str, key: &str, value: &str) -> &'v Value {
        let mut all = self.notice[list].as_array().unwrap().iter();
        all.find(|one| one[key] == value).unwrap()
    }

    /// Lines that the HIS wrote, one a message; `None` where there is no `python3`.
    #[track_caller]
    #[expect(
        clippy::print_stdout,
        reason = "whoever reads the log must see what was not checked"
    )]
    fn his(&self, dialect: &str, flags: &[&str]) -> Option<Vec<Value>> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (hospital, person) = (
            self.of("institutions", "code", HOSPITAL),
            self.of("persons", "label", PERSON),
        );
        let his = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/his/his.py");
        let output = Command::new("python3")
            .arg(his)
            .args([text(&self.notice["address"]), dialect.to_owned()])
            .args([text(&hospital["code"]), text(&hospital["key"])])
            .args([text(&hospital["secret"]), text(&hospital["region"])])
            .args([text(&person["insured"]), text(&person["psn_no"])])
            .arg(text(&person["id_number"]))
            .args(flags)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output();
        match output {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(!said.contains("Traceback"), "{said}");
                let lines = String::from_utf8(output.stdout).unwrap();
                let lines = lines
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap());
                Some(lines.collect())
            }
            Err(error) => {
                assert!(
                    std::env::var_os("CI").is_none(),
                    "no python3 in CI: {error}"
                );
                println!("the dialects were NOT checked: no python3 on this machine ({error})");
                None
            }
        }
    }

    /// What is answered to a message by hand, without its head.
    #[track_caller]
    fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        let mut line = self.line();
        line.write_all(bytes).unwrap();
        let (mut answer, mut part) = (Vec::new(), [0; 4096]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        loop {
            let read = line.read(&mut part).unwrap();
            answer.extend(&part[..read]);
            let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
            let Some(end) = end else {
                assert!(read > 0, "the door hung up: {}", text(&answer));
                continue;
            };
            let head = text(&answer[..end]).to_ascii_lowercase();
            // 100 Continue goes before the answer.
            if head.starts_with("http/1.1 100") {
                answer.drain(..end + 4);
                continue;
            }
            let length = head.split("content-length: ").nth(1).unwrap();
            let length = length
                .lines()
                .next()
                .unwrap()
                .trim()
                .parse::<usize>()
                .unwrap();
            if answer.len() >= end + 4 + length {
                return answer[end + 4..end + 4 + length].to_vec();
            }
            assert!(read > 0, "cut: {head}");
        }
    }

    fn line(&self) -> TcpStream {
        let address = self.notice["address"].as_str().unwrap();
        let (_, port) = address.rsplit_once(':').unwrap();
        let line = TcpStream::connect(("127.0.0.1", port.parse::<u16>().unwrap())).unwrap();
        line.set_read_timeout(Some(DEADLINE)).unwrap();
        line
    }

    /// A message by hand, or a question.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut line = self.line();
        line.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn got(&self, path: &str) -> Value {
        let asked = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let said = self.raw(asked.as_bytes());
        let (_, body) = said.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    fn seen(&self) -> Vec<Value> {
        let said = self.got("/__admin/seen?from=0");
        said["seen"].as_array().unwrap().clone()
    }

    /// SIGINT; what was left, and how it ended.
    #[track_caller]
    fn close(self) -> (Value, Ended) {
        let (_runs, left, ended) = self.closed();
        (left, ended)
    }

    /// The same, and its run folder while it is held.
    #[track_caller]
    fn closed(self) -> (TempDir, Value, Ended) {
        self.started.signal("-INT");
        let ended = self.started.end();
        let last = ended.out.lines().last().unwrap().to_owned();
        (self.runs, serde_json::from_str(&last).unwrap(), ended)
    }
}

fn numbers(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["infno"].as_str().unwrap())
        .collect()
}

/// With today's date, and no option at all.
#[test]
fn a_his_of_somebody_else_settles_and_undoes_in_every_dialect() {
    let door = Door::open(&[]);
    let mut messages = 0;
    for (dialect, flags) in [
        ("x-tif", &[][..]),
        ("csb", &[]),
        ("zhejiang", &[]),
        ("zhejiang", &["gbk"]),
        ("apikey", &[]),
        ("bare", &[]),
        ("x-tif", &["elsewhere"]),
    ] {
        let Some(lines) = door.his(dialect, flags) else {
            return;
        };
        let all_ok = lines.iter().all(|line| line["code"] == 0);
        assert!(
            all_ok && lines.len() == 10,
            "{dialect} {flags:?}: {lines:?}"
        );
        messages += lines.len();
        let seen = door.seen();
        assert_eq!(seen.len(), messages);
        let own = &seen[messages - lines.len()..];
        let encoding = if flags == ["gbk"] { "gbk" } else { "utf-8" };
        for one in own {
            assert_eq!(one["dialect"], dialect, "{one}");
            assert_eq!(one["encoding"], encoding, "{one}");
            assert_eq!(one["outcome"], "ok", "{one}");
            // A regular message gives no finding at all; amounts as text are forgiven, and told.
            let findings = one["findings"].as_array().unwrap();
            let as_text = dialect == "zhejiang" && one["infno"] == "2204";
            let elsewhere = flags == ["elsewhere"] && one["infno"] != "2208";
            let mut codes: Vec<_> = findings.iter().map(|one| one["code"].as_str()).collect();
            codes.dedup();
            let expected = match (as_text, elsewhere) {
                (true, _) => vec![Some("number-as-text")],
                (_, true) => vec![Some("path-not-infno")],
                _ => vec![],
            };
            assert_eq!(codes, expected, "{one}");
        }
        let noted = own
            .iter()
            .filter(|one| one["notes"][0] == "path:2208")
            .count();
        assert_eq!(noted, if flags == ["elsewhere"] { 9 } else { 0 });
    }
    let (left, ended) = door.close();
    ended
        .must_end(0)
        .must_say(&["70 messages", "nothing stands"]);
    assert_eq!(
        (&left["settlements"], &left["moved"]),
        (&0.into(), &serde_json::json!({}))
    );
}

#[test]
fn what_a_his_left_standing_is_named_when_the_door_closes() {
    let door = Door::open(&[]);
    for flags in [&[][..], &["leave"], &["gbk"]] {
        let Some(lines) = door.his("zhejiang", flags) else {
            return;
        };
        assert!(lines.iter().all(|line| line["code"] == 0), "{lines:?}");
    }
    let (left, ended) = door.close();
    assert_eq!(left["settlements"], 1, "three settled, two undone");
    let open = left["open"].as_array().unwrap();
    let settlement = open
        .iter()
        .find(|row| row["party"] == "treatment:330200" && row["kind"] == "settlement");
    let settlement = settlement.unwrap();
    assert_eq!(
        (&settlement["person"], &settlement["total"]),
        (&PERSON.into(), &"50.00".into())
    );
    for party in ["treatment:330200", "hub:330000", "insured:330100"] {
        assert!(
            open.iter().any(|row| row["party"] == party),
            "{party}: {left}"
        );
        assert!(left["moved"][party].as_u64() > Some(0), "{party}: {left}");
    }
    ended
        .must_end(1)
        .must_say(&["standing: 1 settlement,", PERSON, "50.00"]);
}

/// What a HIS left is judged as a run is, offline and again: the same verdict, no number of a person anywhere.
#[test]
fn the_run_behind_a_door_is_judged_like_any_other() {
    let door = Door::open(&[]);
    for flags in [&[][..], &["leave"]] {
        if door.his("csb", flags).is_none() {
            return;
        }
    }
    let number = door.of("persons", "label", PERSON)["psn_no"].clone();
    let (runs, left, ended) = door.closed();
    ended.must_end(1);
    let dir = runs.path().join("run");
    assert_eq!(
        (&left["exit"], &left["dir"]),
        (&1.into(), &dir.display().to_string().into())
    );
    let verified = crosswipe(&["verify", &dir.display().to_string(), "--json"]).must_end(1);
    let verified = verified.json();
    assert_eq!(verified["verdict"], "violated");
    let count = |name: &str| verified["transactions"][name].as_u64().unwrap();
    assert_eq!(
        (count("intended"), count("ok"), count("reversed")),
        (8, 8, 4)
    );
    let text = verified.to_string();
    for word in ["residue:settlement", HOSPITAL, "P-"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // Whoever resumes finds nobody to undo anything at; what was certified stays so.
    crosswipe(&["resume", &dir.display().to_string()]).must_end(1);
    let mut looked = 0;
    for name in [
        "journal.db",
        "certificate.json",
        "report.html",
        "report.json",
        "junit.xml",
        "exports",
    ] {
        let path = dir.join(name);
        let files = match path.is_dir() {
            true => std::fs::read_dir(&path)
                .unwrap()
                .map(|one| one.unwrap().path())
                .collect(),
            false => vec![path],
        };
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            let number = number.as_str().unwrap().as_bytes();
            let found = bytes.windows(number.len()).any(|window| window == number);
            assert!(!found, "{}", file.display());
            looked += 1;
        }
    }
    assert!(looked > 15, "{looked}");
}

/// The process is killed: what came until then is on record, and nobody can undo it any more.
#[cfg(unix)]
#[test]
fn a_door_that_was_killed_leaves_what_came_on_record() {
    let door = Door::open(&[]);
    if door.his("bare", &["leave"]).is_none() {
        return;
    }
    let Door { started, runs, .. } = door;
    started.signal("-KILL");
    started.end();
    let dir = runs.path().join("run").display().to_string();
    let verified = crosswipe(&["verify", &dir, "--json"]).json();
    assert_eq!(verified["transactions"]["intended"], 4, "{verified}");
    assert_ne!(verified["verdict"], "clean");
    crosswipe(&["resume", &dir])
        .must_end(64)
        .must_say(&["cli::memory_gone"]);
}

#[rstest]
#[case::wrong_signature("x-tif", "forge", "wrong signature")]
#[case::wrong_signature_csb("csb", "forge", "wrong signature")]
#[case::wrong_signature_body("zhejiang", "forge", "wrong signature")]
#[case::wrong_constant("apikey", "forge", "unknown access key")]
#[case::three_days_late("x-tif", "late", "timestamp expired")]
#[case::three_days_late_csb("csb", "late", "timestamp expired")]
fn whoever_is_not_let_in_has_done_nothing(
    #[case] dialect: &str,
    #[case] flag: &str,
    #[case] words: &str,
) {
    let door = Door::open(&[]);
    let Some(lines) = door.his(dialect, &[flag]) else {
        return;
    };
    assert_eq!(
        (lines.len(), &lines[0]["code"]),
        (1, &401.into()),
        "{lines:?}"
    );
    assert!(
        lines[0]["said"].as_str().unwrap().contains(words),
        "{lines:?}"
    );
    let seen = door.seen();
    assert_eq!(
        (&seen[0]["outcome"], &seen[0]["platform"]),
        (&"gateway".into(), &"".into())
    );
    let (left, ended) = door.close();
    assert_eq!(left["open"], serde_json::json!([]));
    ended.must_end(5).must_say(&["nothing was checked"]);
}

#[test]
fn strict_is_one_dialect_one_path_and_no_nonce_twice() {
    let door = Door::open(&["--mode", "strict", "--dialect", "x-tif"]);
    let (Some(elsewhere), Some(bare)) = (door.his("x-tif", &["elsewhere"]), door.his("bare", &[]))
    else {
        return;
    };
    assert_eq!(
        (elsewhere.len(), &elsewhere[0]["code"]),
        (1, &(-1).into()),
        "{elsewhere:?}"
    );
    assert!(
        elsewhere[0]["said"]
            .as_str()
            .unwrap()
            .contains("path and infno disagree")
    );
    assert!(
        bare[0]["said"]
            .as_str()
            .unwrap()
            .contains("access key missing"),
        "{bare:?}"
    );
    let whole = door.his("x-tif", &[]).unwrap();
    assert_eq!(whole.len(), 10, "{whole:?}");
    door.close().1.must_end(0);
}

/// Tolerant: another province's gateway is forgiven and said; the region's own is not worth a word.
#[test]
fn another_gateway_than_the_region_s_is_forgiven_and_said() {
    let bench = Bench::new();
    let plan = bench.changed_plan("topology.yaml", "regions:\n", "profile: hunan\nregions:\n");
    let door = Door::of_plan(&plan, &[]);
    let (Some(bare), Some(own)) = (door.his("bare", &[]), door.his("csb", &[])) else {
        return;
    };
    assert_eq!((bare.len(), own.len()), (10, 10), "{bare:?} {own:?}");
    let seen = door.seen();
    let said = |one: &Value| {
        let mut found = one["findings"].as_array().unwrap().iter();
        found.any(|one| one["code"] == "dialect-differs")
    };
    assert!(seen[..10].iter().all(said), "{:?}", seen[0]);
    assert!(!seen[10..].iter().any(said), "{:?}", seen[10]);
    door.close().1.must_end(0);
}

/// One page that loads nothing, and the exchanges as they come; a browser that lost the line goes on where it was.
#[test]
fn a_browser_watches_what_comes() {
    let door = Door::open(&[]);
    let get = |path: &str, more: &str| {
        door.raw(
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n").as_bytes(),
        )
    };
    let page = get("/", "");
    for word in ["default-src 'none'", "text/html", HOSPITAL, "EventSource"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(!page.contains("src=") && !page.contains("href="), "{page}");
    assert!(get("/nothing", "").starts_with("HTTP/1.1 404"));
    for number in 0..3 {
        let body =
            format!(r#"{{"infno":"1101","msgid":"{number}","fixmedins_code":"{HOSPITAL}<b>"}}"#);
        let head = format!(
            "POST /hgs/1101 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        assert!(door.raw((head + &body).as_bytes()).contains("E-FIELD"));
    }
    // The last of a message's findings is its own, and so is the rule beside it.
    let seen = door.seen();
    let missing = |one: &Value| one["code"] == "mandatory-missing" && one["field"] == "inf_time";
    let found = seen[2]["findings"].as_array().unwrap();
    let found = found.iter().find(|one| missing(one)).unwrap();
    assert_eq!(found["name"], "交易时间");
    assert_eq!(
        (&found["weight"], &found["rule_zh"]),
        (&"defect".into(), &"必填字段有值".into())
    );
    for (more, first, count) in [("", 0, 3), ("last-event-id: 1\r\n", 2, 1)] {
        let address = door.notice["address"].as_str().unwrap();
        let mut line = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
        line.set_read_timeout(Some(DEADLINE)).unwrap();
        let asked = format!("GET /__admin/events HTTP/1.1\r\nhost: x\r\n{more}\r\n");
        line.write_all(asked.as_bytes()).unwrap();
        let mut said = String::new();
        while !said.contains("id: 2\n") || !said.ends_with("\n\n\r\n") {
            let mut some = [0; 4096];
            let read = line.read(&mut some).unwrap();
            assert!(read > 0, "it goes on: {said}");
            said.push_str(&String::from_utf8_lossy(&some[..read]));
        }
        assert!(
            said.contains("text/event-stream") && said.contains(&format!("id: {first}\n")),
            "{said}"
        );
        assert_eq!(said.matches("data: {").count(), count, "{said}");
    }
    door.close().1.must_end(5);
}

/// Whoever names a place that the plan has not is told which it has; one message is no plural.
#[test]
fn a_place_that_nobody_knows_is_named_beside_those_that_exist() {
    let door = Door::open(&[]);
    let body = format!(
        r#"{{"infno":"9001","msgid":"1","mdtrtarea_admvs":"510100","fixmedins_code":"{HOSPITAL}","input":{{}}}}"#
    );
    let head = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let said = door.raw(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes());
    for word in ["E-FIELD", "510100", "330100", "330200", "宁波"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    // A whole province is where the institution stands.
    let body = body.replace("510100", "330000");
    let said = door.raw(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert!(!said.contains("places"), "{said}");
    assert_eq!(door.seen()[1]["platform"], "treatment:330200");
    door.close().1.must_end(5);
}

/// Beyond loopback whoever looks must know the token; a HIS need not.
#[test]
fn beyond_this_machine_page_and_books_need_the_token() {
    let door = Door::open(&["--listen", "0.0.0.0:0"]);
    let token = door.notice["token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 32);
    let get = |path: &str, more: &str| {
        let asked = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n");
        let said = door.raw(asked.as_bytes());
        said.split(' ').nth(1).unwrap().to_owned()
    };
    let wrong = "0".repeat(32);
    for path in ["/", "/__admin/books", "/__admin/seen", "/__admin/clock"] {
        let with = |token: &str| format!("{path}?token={token}");
        assert_eq!(get(path, ""), "401", "{path}");
        assert_eq!(get(&with(&wrong), ""), "401", "{path}");
        assert_eq!(get(&with(&token), ""), "200", "{path}");
        let header = format!("x-crosswipe-token: {token}\r\n");
        assert_eq!(get(path, &header), "200", "{path}");
    }
    for path in ["faults", "clock", "reset", "confirm"] {
        let asked = format!(
            "POST /__admin/{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        );
        let said = door.raw(asked.as_bytes());
        assert!(said.starts_with("HTTP/1.1 401"), "{path}: {said}");
    }
    let body = format!(r#"{{"infno":"9001","msgid":"1","fixmedins_code":"{HOSPITAL}"}}"#);
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    assert!(door.raw((head + &body).as_bytes()).contains("infcode"));
    let (_, ended) = door.close();
    ended.must_end(5).must_say(&[&format!("/?token={token}")]);
}

/// An hour of the plan in a second; what is asked of the door is described where it is asked.
#[test]
fn the_plan_goes_on_as_fast_as_it_is_told_to() {
    let door = Door::open(&["--speed", "3600", "--fault", "response-lost:on=2207"]);
    let first = door.got("/__admin/clock");
    assert_eq!(
        (&first["speed"], &first["phase"]),
        (&3600.into(), &"cross".into())
    );
    let begun = Stopwatch::start();
    while door.got("/__admin/clock")["phase"] != "live" {
        assert!(begun.elapsed() < DEADLINE, "eight hours are eight seconds");
        std::thread::sleep(PAUSE);
    }
    assert!(
        begun.elapsed() > Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(
        door.got("/__admin/faults"),
        serde_json::json!({"fired": [0]})
    );
    let post = |path: &str| {
        door.raw(
            format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
            .as_bytes(),
        )
    };
    for (path, status) in [
        ("/__admin/faults", "200"),
        ("/__admin/clock", "400"),
        ("/__admin/books", "405"),
        ("/__admin/x", "404"),
    ] {
        assert!(
            post(path).starts_with(&format!("HTTP/1.1 {status}")),
            "{path}"
        );
    }
    assert_eq!(door.got("/__admin/fields")["psn_no"], "人员编号");
    assert_eq!(door.got("/__admin/openapi.json")["openapi"], "3.0.3");
    door.close();
}

/// The phase in which nobody may be swiped yet.
#[test]
fn the_phase_that_is_asked_for_begins_now() {
    let door = Door::open(&["--at", "frozen"]);
    assert_eq!(door.notice["phase"], "frozen");
    let Some(lines) = door.his("bare", &[]) else {
        return;
    };
    let last = lines.last().unwrap();
    assert_eq!(last["code"], -1, "{lines:?}");
    assert!(
        last["said"].as_str().unwrap().contains("E-WINDOW"),
        "{lines:?}"
    );
    assert!(!numbers(&lines).contains(&"2207"), "{lines:?}");
    door.close().1.must_end(0);
}

#[test]
fn where_nothing_came_nothing_was_checked() {
    let door = Door::open(&[]);
    let unread = door.raw(
        b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\n\xff\xff\xff",
    );
    assert!(unread.starts_with("HTTP/1.1 400"), "{unread}");
    let (_, ended) = door.close();
    ended.must_end(5).must_say(&["nothing was checked"]);
}

#[rstest]
#[case(&["--at", "nowhen"], &["cli::no_such_phase", "nowhen", "cross"])]
#[case(&["--dialect", "latin"], &["latin", "x-tif"])]
#[case(&["--books", "world", "--listen", "0.0.0.0:0"], &["cli::loopback_only"])]
#[case(&["--speed", "0"], &["--speed"])]
#[case(&["--books", "world", "--mode", "strict"], &["--mode", "--books"])]
fn what_cannot_be_served_is_said_in_one_sentence(#[case] more: &[&str], #[case] words: &[&str]) {
    let plan = plan("pair-demo");
    crosswipe(&[&["serve", plan.as_str()], more].concat())
        .must_end(64)
        .must_say(words);
}

/// A taken address is one sentence, and nothing of a run is left behind.
#[test]
fn a_port_in_use_leaves_nothing() {
    let bench = Bench::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (plan, out) = (plan("pair-demo"), bench.text("run"));
    crosswipe(&["serve", &plan, "--listen", &address, "--out", &out])
        .must_end(4)
        .must_say(&["error[cli::world]", &address, "choose another address"]);
    assert!(!bench.path("run").exists());
}
