//! Two hundred clients at once: nobody is answered with another's row.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crosswipe_runner::clock::Stopwatch;
use serde_json::Value;

use super::super::DEADLINE;
use super::Door;

/// 客户端 · One of many: its own connection, its own person, its own numbers.
struct Client {
    line: BufReader<TcpStream>,
    hospital: String,
    place: String,
    person: Value,
    number: usize,
}

impl Client {
    /// Sends a message and reads the answer on the same connection.
    #[track_caller]
    fn call(&mut self, infno: &str, round: usize, data: &Value) -> Value {
        let step = usize::from(infno == "2202");
        let (hour, minute) = (self.number / 60, self.number % 60);
        let msgid = format!(
            "{}20260101{hour:02}{minute:02}{:02}{:04}",
            self.hospital,
            round % 60,
            round / 60 * 2 + step
        );
        let body = serde_json::json!({
            "infno": infno, "msgid": msgid, "mdtrtarea_admvs": self.place, "insuplc_admdvs": self.person["insured"],
            "recer_sys_code": "HIS", "infver": "V1.0", "opter_type": "1", "opter": "1", "opter_name": "甲",
            "inf_time": "2026-01-01 08:00:00", "fixmedins_code": self.hospital, "fixmedins_name": "院",
            "sign_no": "", "input": {"data": data},
        })
        .to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let line = self.line.get_mut();
        line.write_all((head + &body).as_bytes()).unwrap();
        let (mut length, mut text) = (0, String::new());
        loop {
            text.clear();
            assert!(
                self.line.read_line(&mut text).unwrap() > 0,
                "the door hung up"
            );
            let lower = text.trim_end().to_ascii_lowercase();
            if let Some(said) = lower.strip_prefix("content-length:") {
                length = said.trim().parse().unwrap();
            }
            if lower.is_empty() {
                break;
            }
        }
        let mut bytes = vec![0; length];
        self.line.read_exact(&mut bytes).unwrap();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(answer["infcode"], 0, "{infno}: {answer}");
        answer["output"].clone()
    }

    /// Registers and cancels until the time is over: visits that it was given, and answers that were not its own.
    fn work(mut self, begun: &Stopwatch, lasts: Duration) -> (Vec<String>, usize) {
        let (mut visits, mut strange) = (Vec::new(), 0);
        let psn_no = self.person["psn_no"].clone();
        for round in 0.. {
            if begun.elapsed() > lasts {
                break;
            }
            let own = format!("C{:03}-{round:05}", self.number);
            let given = self.call("2201", round, &serde_json::json!({
                "psn_no": psn_no, "insutype": "310", "begntime": "2026-01-01 08:00:00", "mdtrt_cert_type": "02",
                "mdtrt_cert_no": self.person["id_number"], "ipt_otp_no": own, "atddr_no": "D1", "dr_name": "甲",
                "dept_code": "A03", "dept_name": "内科", "caty": "A03"}));
            let given = &given["data"];
            strange +=
                usize::from(given["ipt_otp_no"] != own.as_str() || given["psn_no"] != psn_no);
            let visit = given["mdtrt_id"].as_str().unwrap().to_owned();
            self.call(
                "2202",
                round,
                &serde_json::json!({
                "psn_no": psn_no, "mdtrt_id": visit, "ipt_otp_no": own}),
            );
            visits.push(visit);
        }
        (visits, strange)
    }
}

/// Two hundred at once, a few seconds in CI; `DOOR_SECONDS=60` is the minute on demand.
#[test]
fn two_hundred_clients_at_once_never_see_each_others_rows() {
    const CLIENTS: usize = 200;
    let seconds = std::env::var("DOOR_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let lasts = Duration::from_secs(seconds.unwrap_or(5));
    let door = Door::open(&[]);
    let address = door.notice["address"].as_str().unwrap();
    let address = address.strip_prefix("http://").unwrap().to_owned();
    let hospitals = door.notice["institutions"].as_array().unwrap();
    let clients: Vec<Client> = (0..CLIENTS)
        .map(|number| {
            let hospital = &hospitals[number % hospitals.len()];
            let mut persons = door.notice["persons"].as_array().unwrap().iter();
            let away = |one: &&Value| {
                one["insured"] != hospital["region"]
                    && one["label"].as_str().unwrap().ends_with("employee")
            };
            let person = persons.find(away).unwrap().clone();
            let line = TcpStream::connect(&address).unwrap();
            line.set_read_timeout(Some(DEADLINE)).unwrap();
            line.set_nodelay(true).unwrap();
            Client {
                line: BufReader::new(line),
                hospital: hospital["code"].as_str().unwrap().to_owned(),
                place: hospital["region"].as_str().unwrap().to_owned(),
                person,
                number,
            }
        })
        .collect();
    let begun = Stopwatch::start();
    let worked: Vec<(Vec<String>, usize)> = std::thread::scope(|scope| {
        let begun = &begun;
        let started: Vec<_> = clients
            .into_iter()
            .map(|client| scope.spawn(move || client.work(begun, lasts)))
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let strange: usize = worked.iter().map(|(_, strange)| strange).sum();
    let mut visits: Vec<&String> = worked.iter().flat_map(|(visits, _)| visits).collect();
    let rounds = visits.len();
    visits.sort_unstable();
    visits.dedup();
    println!(
        "{CLIENTS} clients, {} messages in {lasts:?}, {strange} mixed up",
        2 * rounds
    );
    assert_eq!(
        (strange, visits.len()),
        (0, rounds),
        "mixed up, visits given twice"
    );
    assert!(rounds >= CLIENTS, "everybody came through: {rounds}");
    assert!(worked.iter().all(|(visits, _)| !visits.is_empty()));
    assert_eq!(door.got("/__admin/books")["open_fen"], 0);
    let (runs, left, ended) = door.closed();
    assert_eq!(left["open"], serde_json::json!([]));
    assert_eq!(left["messages"].as_u64(), Some(2 * rounds as u64));
    let report = std::fs::read(runs.path().join("run/report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["findings"], serde_json::json!([]));
    ended.must_end(0);
    assert_eq!(
        report["transactions"]["reversed"].as_u64(),
        Some(rounds as u64)
    );
}
