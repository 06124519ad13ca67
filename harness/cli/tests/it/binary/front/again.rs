//! A door at which the run is ended and another begun, and at which plan time is set.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crosswipe_domain::Moment;
use crosswipe_journal::Payload;
use crosswipe_runner::clock::Stopwatch;
use serde_json::{Value, json};

use super::super::{DEADLINE, PAUSE, classes, crosswipe};
use super::{Door, HOSPITAL, PERSON};

impl Door {
    /// Status and document of what is asked by POST.
    #[track_caller]
    pub(super) fn posted(&self, path: &str, body: &str) -> (u16, Value) {
        let asked = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let said = self.raw(asked.as_bytes());
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    fn run(&self, name: &str) -> String {
        self.runs.path().join(name).display().to_string()
    }
}

/// How much of the acceptance list is done.
fn done(door: &Door) -> u64 {
    let list = door.got("/__admin/acceptance");
    let lines = list["lines"].as_array().unwrap().iter();
    lines.map(|line| line["done"].as_u64().unwrap()).sum()
}

/// The first run settles and undoes, the second goes home with a settlement: each has its own verdict, folder and chain.
#[test]
fn a_reset_certifies_the_run_and_begins_another_at_the_same_address() {
    let papers = tempfile::tempdir().unwrap();
    let list = papers.path().join("list.csv");
    std::fs::write(&list, "编号,名称,交易\nA1,门诊,2201 2207 2208\n").unwrap();
    let door = Door::open(&["--acceptance", &list.display().to_string()]);
    let Some(lines) = door.his("bare", &[]) else {
        return;
    };
    assert!(lines.iter().all(|line| line["code"] == 0), "{lines:?}");
    assert_eq!(done(&door), 3);
    let (status, told) = door.posted("/__admin/reset", "");
    assert_eq!(status, 200, "{told}");
    assert_eq!(
        told["ended"],
        json!({"run": door.run("run"), "verdict": "clean", "exit": 0})
    );
    assert_eq!(
        (&told["run"], &told["phase"]),
        (&json!(door.run("run-2")), &json!("cross"))
    );
    // Judged from its folder while the door goes on.
    let first = crosswipe(&["verify", &door.run("run"), "--json"]).must_end(0);
    assert_eq!(first.json()["transactions"]["reversed"], 4);
    assert_eq!((done(&door), door.seen().len()), (0, 0));
    let books = door.got("/__admin/books");
    let parties = books["parties"].as_array().unwrap();
    assert!(parties.iter().all(|party| party["rows"] == 0), "{books}");
    assert_eq!(door.got("/__admin/clock")["run"], 1);
    // The same keys, the same persons, the same address.
    let lines = door.his("x-tif", &["leave"]).unwrap();
    assert!(lines.iter().all(|line| line["code"] == 0), "{lines:?}");
    let (second, first) = (door.run("run-2"), door.run("run"));
    let (_runs, left, ended) = door.closed();
    assert_eq!(
        (&left["settlements"], &left["dir"]),
        (&json!(1), &json!(second))
    );
    let heads: Vec<&str> = ended.err.matches("chain head").collect();
    assert!(heads.len() >= 2, "{ended:?}");
    ended.must_end(1);
    crosswipe(&["verify", &second, "--json"]).must_end(1);
    // Each run names the one before it.
    let header = |dir: &str| {
        crosswipe_journal::read(dir.as_ref())
            .unwrap()
            .header()
            .clone()
    };
    assert_ne!(header(&second).previous_tail, header(&first).previous_tail);
    assert_ne!(header(&second).world, header(&first).world);
}

#[test]
fn a_run_in_which_nothing_came_is_ended_as_such_and_a_folder_that_is_there_is_left_alone() {
    let door = Door::open(&[]);
    std::fs::create_dir(door.runs.path().join("run-2")).unwrap();
    let (status, told) = door.posted("/__admin/reset", "");
    assert_eq!((status, &told["ended"]["exit"]), (200, &json!(5)), "{told}");
    assert_eq!(told["run"], door.run("run-3"));
    let (status, told) = door.posted("/__admin/reset", "");
    assert_eq!(
        (status, &told["run"]),
        (200, &json!(door.run("run-4"))),
        "{told}"
    );
    door.close().1.must_end(5);
}

/// Registers visits, one after the other, until it is told to stop; how many were answered as done.
fn register(address: &str, person: &Value, number: usize, stop: &AtomicBool, done: &AtomicU64) {
    for round in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let msgid = format!(
            "{HOSPITAL}2026010108{number:02}{:02}{:04}",
            round / 10_000,
            round % 10_000
        );
        let body = json!({
            "infno": "2201", "msgid": msgid, "mdtrtarea_admvs": "330200", "insuplc_admdvs": person["insured"],
            "recer_sys_code": "HIS", "infver": "V1.0", "opter_type": "1", "opter": "1", "opter_name": "甲",
            "inf_time": "2026-01-01 08:00:00", "fixmedins_code": HOSPITAL, "fixmedins_name": "院", "sign_no": "",
            "input": {"data": {
                "psn_no": person["psn_no"], "insutype": "310", "begntime": "2026-01-01 08:00:00", "mdtrt_cert_type": "02",
                "mdtrt_cert_no": person["id_number"], "ipt_otp_no": format!("C{number}-{round}"), "atddr_no": "D1",
                "dr_name": "甲", "dept_code": "A03", "dept_name": "内科", "caty": "A03"}},
        })
        .to_string();
        let mut line = TcpStream::connect(address).unwrap();
        line.set_read_timeout(Some(DEADLINE)).unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        line.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("\"infcode\":0"), "{answer}");
        done.fetch_add(1, Ordering::SeqCst);
    }
}

/// Visits in a run's books of the treatment place, by its last look.
fn visits(dir: &str) -> u64 {
    let path = std::path::Path::new(dir).join("exports/treatment-330200.t1.json");
    let export: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let rows = export["rows"].as_array().unwrap().iter();
    rows.filter(|row| row["kind"] == "visit").count() as u64
}

/// Whoever sends meanwhile gets an answer, and what was answered stands in the books of the one run or of the other.
#[test]
fn messages_under_way_are_finished_before_a_run_ends_and_none_is_lost_between_two() {
    let door = Door::open(&[]);
    let address = door.notice["address"].as_str().unwrap();
    let address = address.strip_prefix("http://").unwrap().to_owned();
    let person = door.of("persons", "label", PERSON).clone();
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let enough = |more: u64| {
        let (begun, from) = (Stopwatch::start(), done.load(Ordering::SeqCst));
        while done.load(Ordering::SeqCst) < from + more {
            assert!(begun.elapsed() < DEADLINE, "nobody is answered any more");
            std::thread::sleep(PAUSE);
        }
    };
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (address, person, stop, done) = (&address, &person, &stop, &done);
            scope.spawn(move || register(address, person, number, stop, done));
        }
        enough(20);
        let (status, told) = door.posted("/__admin/reset", "");
        assert_eq!(status, 200, "{told}");
        enough(20);
        let (status, told) = door.posted("/__admin/clock", r#"{"speed": 2}"#);
        assert_eq!((status, &told["speed"]), (200, &json!(2)), "{told}");
        enough(20);
        stop.store(true, Ordering::SeqCst);
    });
    let (first, second) = (door.run("run"), door.run("run-2"));
    let (_runs, _, ended) = door.closed();
    ended.must_be_civil();
    assert_eq!(
        visits(&first) + visits(&second),
        done.load(Ordering::SeqCst)
    );
    assert!(visits(&first) >= 20 && visits(&second) >= 40);
    for dir in [first, second] {
        // Left standing, and nothing of it is unclear.
        let report = crosswipe(&["verify", &dir, "--json"]).must_end(1).json();
        assert_eq!(report["verdict"], "violated", "{report}");
    }
}

/// From a phase in which nobody may be swiped to the one that allows it: what was refused is taken, the journal knows when
/// time leapt, and the judge agrees with both.
#[test]
fn plan_time_is_set_forward_and_the_judge_agrees() {
    let door = Door::open(&["--at", "frozen"]);
    let Some(lines) = door.his("bare", &[]) else {
        return;
    };
    let last = lines.last().unwrap();
    assert!(
        last["said"].as_str().unwrap().contains("E-WINDOW"),
        "{lines:?}"
    );
    let clock = door.got("/__admin/clock");
    let now = Moment::parse(clock["now"].as_str().unwrap()).unwrap();
    let (status, told) = door.posted("/__admin/clock", r#"{"phase": "cross"}"#);
    assert_eq!((status, &told["phase"]), (200, &json!("cross")), "{told}");
    let later = Moment::parse(told["now"].as_str().unwrap()).unwrap();
    let later = later.plus_ms(3_600_000).to_string();
    let (status, told) = door.posted("/__admin/clock", &json!({"to": later}).to_string());
    assert_eq!((status, &told["phase"]), (200, &json!("cross")), "{told}");
    assert!(told["now"].as_str() >= Some(&later), "{told}");
    let lines = door.his("bare", &[]).unwrap();
    assert!(lines.iter().all(|line| line["code"] == 0), "{lines:?}");
    for back in [json!({"to": now.to_string()}), json!({"phase": "joint"})] {
        let (status, told) = door.posted("/__admin/clock", &back.to_string());
        assert_eq!(status, 409, "{told}");
        assert!(told["message"].as_str().unwrap().contains("forward only"));
    }
    assert_eq!(door.got("/__admin/clock")["phase"], "cross");
    let dir = door.run("run");
    let (_runs, _, ended) = door.closed();
    assert_eq!(ended.err.matches("plan time").count(), 2, "{ended:?}");
    ended.must_end(0);
    let history = crosswipe_journal::read(dir.as_ref()).unwrap();
    let mut leaps = 0;
    for pair in history.records.windows(2) {
        assert!(pair[0].at <= pair[1].at, "time goes on");
        if let Payload::Note(note) = &pair[0].payload
            && note.code == "clock-set"
        {
            leaps += 1;
            let to = Moment::parse(&note.facts["to"]).unwrap();
            assert!(pair[0].at < to, "{note:?}");
        }
    }
    assert_eq!(leaps, 2);
}

/// What is not closed before the window's end is not closed in time, whoever let that instant come.
#[test]
fn plan_time_that_is_set_beyond_the_window_closes_nothing_in_time() {
    let door = Door::open(&[]);
    let (status, told) = door.posted("/__admin/clock", r#"{"phase": "live"}"#);
    assert_eq!((status, &told["phase"]), (200, &json!("live")), "{told}");
    let Some(lines) = door.his("bare", &[]) else {
        return;
    };
    let last = lines.last().unwrap();
    assert!(
        last["said"].as_str().unwrap().contains("E-WINDOW"),
        "{lines:?}"
    );
    let (status, told) = door.posted("/__admin/reset", "");
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["ended"]["verdict"], "violated");
    let report = crosswipe(&["verify", &door.run("run"), "--json"]).must_end(1);
    assert_eq!(classes(&report.json()), ["gate:window"]);
    // The plan begins anew.
    assert_eq!(door.got("/__admin/clock")["phase"], "cross");
    door.close().1.must_end(5);
}
