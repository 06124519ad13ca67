//! The same parties behind real HTTP on loopback.

use std::net::SocketAddr;

use bytes::Bytes;
use crosswipe_domain::{Export, Look, Moment, Party, Role};
use crosswipe_mocks::{Answer, Lost, World, WorldConfig};
use crosswipe_wire::{Context, RefusalCode as Code, context};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rstest::rstest;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::bench::*;

/// A running world and a client of it.
pub(crate) struct Http {
    runtime: Runtime,
    pub(crate) world: World,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Http {
    pub(crate) fn start(config: WorldConfig) -> Http {
        let runtime = Runtime::new().unwrap();
        let world = runtime.block_on(World::start(config)).unwrap();
        let client = Client::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .build_http();
        Http {
            runtime,
            world,
            client,
        }
    }

    pub(crate) fn address(&self, party: &Party) -> SocketAddr {
        self.world.address(party).unwrap()
    }

    pub(crate) fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, Lost> {
        self.runtime.block_on(async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|error| Lost::new(error.to_string()))?;
            let status = response.status().as_u16();
            let body = response
                .into_body()
                .collect()
                .await
                .map_err(|error| Lost::new(error.to_string()))?
                .to_bytes();
            Ok(Answer::read(status, body.into()).unwrap())
        })
    }

    fn get(&self, party: &Party, path: &str) -> Answer {
        let uri = format!("http://{}{path}", self.address(party));
        self.send(Request::get(uri).body(Full::default()).unwrap())
            .unwrap()
    }

    pub(crate) fn stop(self) {
        self.runtime.block_on(self.world.stop());
    }
}

impl Carrier for Http {
    fn exchange(
        &self,
        now: Moment,
        party: &Party,
        context: Option<&Context>,
        body: &str,
    ) -> Result<Answer, Lost> {
        let context = context.cloned().unwrap_or(Context {
            run: "r".into(),
            epoch: 1,
            now: Some(now),
        });
        let uri = format!(
            "http://{}/fsi/api/rsfComIfsService/callService",
            self.address(party)
        );
        let request = Request::post(uri).header(context::NAME, context.to_text());
        self.send(request.body(Full::from(body.to_owned())).unwrap())
    }

    fn export(&self, party: &Party) -> Export {
        let answer = self.get(party, &format!("/__admin/export/{}", party.role.name()));
        let mut export: Export = serde_json::from_str(&answer.body).unwrap();
        export.taken_at = at("2017-06-03T00:00+08:00");
        export
    }
}

fn swipe_and_undo(counter: &mut Counter) {
    let visit = counter.charged_visit();
    let bill = counter.bill(&visit);
    let setl_id = text(&counter.send("2207", bill).output()["setlinfo"]["setl_id"]);
    counter
        .send(
            "2208",
            json!({"data": {"mdtrt_id": visit, "setl_id": setl_id}}),
        )
        .output();
    counter
        .send(
            "2205",
            json!({"data": {"mdtrt_id": visit, "chrg_bchno": "0000"}}),
        )
        .output();
    counter
        .send("2202", json!({"data": {"mdtrt_id": visit}}))
        .output();
}

fn stay_and_undo(counter: &mut Counter) {
    let stay = counter.charged_stay();
    let bill = json!({"data": {"mdtrt_id": stay, "medfee_sumamt": OUTPATIENT_TOTAL}});
    let setl_id = text(&counter.send("2304", bill).output()["setlinfo"]["setl_id"]);
    counter.discharge(&stay).output();
    counter
        .send(
            "2305",
            json!({"data": {"mdtrt_id": stay, "setl_id": setl_id}}),
        )
        .output();
    counter
        .send("2405", json!({"data": {"mdtrt_id": stay}}))
        .output();
    counter
        .send(
            "2302",
            json!({"data": [{"mdtrt_id": stay, "feedetl_sn": "0000"}]}),
        )
        .output();
    counter
        .send("2404", json!({"data": {"mdtrt_id": stay}}))
        .output();
}

#[test]
fn over_http_a_swipe_in_another_city_leaves_nothing_once_undone() {
    let http = Http::start(config(&[]));
    let before = books(&http);
    let mut counter = Counter::new(&http, H_NINGBO, EMPLOYEE);
    swipe_and_undo(&mut counter);
    stay_and_undo(&mut counter);
    check_rolled_back(&before, &books(&http));
    http.stop();
}

#[test]
fn over_http_and_in_memory_the_same_messages_make_the_same_books() {
    let http = Http::start(config(&[]));
    let memory = crosswipe_mocks::MemoryWorld::new(&config(&[]).setup(), vec![]);
    swipe_and_undo(&mut Counter::new(&http, H_NINGBO, EMPLOYEE));
    swipe_and_undo(&mut Counter::new(&memory, H_NINGBO, EMPLOYEE));
    assert_eq!(books(&http), books(&memory));
    http.stop();
}

#[test]
fn a_lost_response_closes_the_connection_and_the_hospital_says_504() {
    let http = Http::start(config(&["response-lost"]));
    let mut counter = Counter::new(&http, H_NINGBO, EMPLOYEE);
    let visit = counter.charged_visit();
    let msgid = counter.new_msgid();
    let body = counter.message("2207", &msgid, counter.bill(&visit));
    let answer = Carrier::exchange(&http, counter.now, &counter.party, None, &body).unwrap();
    assert_eq!(answer.status, 504);
    assert!(!answer.body.contains("infcode"), "{}", answer.body);
    // Sent to the platform itself, the same message finds its first answer; a cut link shows only once.
    let treatment = Party::new(Role::Treatment, NINGBO);
    assert!(matches!(
        said(Carrier::exchange(
            &http,
            counter.now,
            &treatment,
            None,
            &body
        )),
        Said::Ok(_)
    ));
    assert_eq!(http.world.fired()[0].1, 1);
    http.stop();
}

#[test]
fn a_log_tail_is_shown_from_where_it_is_asked() {
    let http = Http::start(config(&[]));
    Counter::new(&http, H_NINGBO, EMPLOYEE).charged_visit();
    let party = Party::new(Role::Insured, HANGZHOU);
    let look = |from: u64| {
        serde_json::from_str::<Look>(
            &http
                .get(&party, &format!("/__admin/log/insured?from={from}"))
                .body,
        )
        .unwrap()
    };
    let (whole, tail) = (look(0), look(3));
    assert_eq!(
        (whole.rows.len() as u64, &whole.rows[3..], tail.lsn),
        (whole.lsn, &tail.rows[..], whole.lsn)
    );
    assert_eq!(http.get(&party, "/__admin/health").status, 200);
    assert_eq!(http.get(&party, "/__admin/export/his").status, 404);
    http.stop();
}

#[test]
fn a_world_started_again_takes_over_the_books_that_were_kept() {
    let dir = std::env::temp_dir().join(format!("crosswipe-mocks-{}", std::process::id()));
    let with_dir = || WorldConfig {
        parties_dir: Some(dir.clone()),
        ..config(&[])
    };
    let http = Http::start(with_dir());
    let visit = Counter::new(&http, H_NINGBO, EMPLOYEE).charged_visit();
    let before = books(&http);
    http.stop();
    // A torn last line, as a dying process leaves it.
    let log = dir.join(format!("his-{H_NINGBO}.log.jsonl"));
    let kept = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, format!("{kept}{{\"seq\":9")).unwrap();
    let http = Http::start(with_dir());
    assert_eq!(books(&http), before);
    let mut counter = Counter {
        serial: 500,
        ..Counter::new(&http, H_NINGBO, EMPLOYEE)
    };
    let second = text(&counter.send("2201", json!({})).output()["data"]["mdtrt_id"]);
    assert_ne!(second, visit);
    let bill = counter.bill(&visit);
    counter.send("2207", bill).output();
    let (msgid, body) = (counter.last_msgid.clone(), counter.last_body.clone());
    let refused = counter.send(
        "2201",
        json!({"mdtrtinfo": {"insutype": "999"}, "data": {"insutype": "999"}}),
    );
    assert!(matches!(refused, Said::Refused(_)), "{refused:?}");
    let (no, no_body) = (counter.last_msgid.clone(), counter.last_body.clone());
    http.stop();
    // A repetition is known by its bytes too: the same ones get the first answer, others are another message.
    let http = Http::start(with_dir());
    let mut counter = Counter {
        serial: 700,
        ..Counter::new(&http, H_NINGBO, EMPLOYEE)
    };
    let settled = counter.send_body(&msgid, body.clone()).output();
    assert_eq!(settled["setlinfo"]["medins_setl_id"], json!(msgid));
    let other = body.replacen("\"opter_name\"", "\"opter_Name\"", 1);
    assert_ne!(other, body);
    let again = counter.send_body(&msgid, other);
    assert_eq!(again, Said::Refused(Code::Settled), "its lines are");
    assert_eq!(counter.send_body(&msgid, body).output(), settled);
    assert_eq!(counter.send_body(&no, no_body.clone()), refused);
    let other = no_body.replace("\"insutype\":\"999\"", "\"insutype\":\"310\"");
    assert_ne!(other, no_body);
    counter.send_body(&no, other).output();
    http.stop();
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_superseded_process_is_shown_nothing_and_books_nothing_also_after_a_restart() {
    let dir = std::env::temp_dir().join(format!("crosswipe-epochs-{}", std::process::id()));
    let with_dir = || WorldConfig {
        parties_dir: Some(dir.clone()),
        ..config(&[])
    };
    let http = Http::start(with_dir());
    let his = Party::new(Role::His, H_NINGBO);
    let of_epoch = |epoch| Context {
        run: "r".into(),
        epoch,
        now: None,
    };
    let ask = |http: &Http, epoch| {
        let uri = format!("http://{}/__admin/health", http.address(&his));
        let request = Request::get(uri).header(context::NAME, of_epoch(epoch).to_text());
        http.send(request.body(Full::default()).unwrap()).unwrap()
    };
    let health: serde_json::Value = serde_json::from_str(&ask(&http, 1).body).unwrap();
    assert_eq!(
        (&health["status"], &health["in_flight"]),
        (&json!("ok"), &json!(0))
    );
    // Nothing but a question of the new process, and the old one is known for what it is.
    assert_eq!(ask(&http, 2).status, 200);
    assert_eq!(ask(&http, 1).status, 409);
    http.stop();
    let http = Http::start(with_dir());
    let before = books(&http);
    let mut counter = Counter::new(&http, H_NINGBO, EMPLOYEE);
    let msgid = counter.new_msgid();
    let body = counter.message("2201", &msgid, json!({}));
    let answer = Carrier::exchange(&http, counter.now, &his, Some(&of_epoch(1)), &body);
    assert_eq!(said(answer), Said::Refused(Code::StaleEpoch));
    assert_eq!(books(&http), before);
    http.stop();
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn parties_stand_where_they_are_told_and_on_loopback_only() {
    let runtime = Runtime::new().unwrap();
    let first = runtime.block_on(World::start(config(&[]))).unwrap();
    let hub = Party::new(Role::Hub, "330000");
    let at = first.address(&hub).unwrap();
    let place = |party: &Party| {
        if *party == hub {
            at
        } else {
            crosswipe_mocks::FREE
        }
    };
    let taken = runtime.block_on(World::start_at(config(&[]), place));
    let said = taken.err().unwrap().to_string();
    assert!(said.contains(&at.to_string()), "which address: {said}");
    runtime.block_on(first.stop());
    let again = runtime
        .block_on(World::start_at(config(&[]), place))
        .unwrap();
    assert_eq!(again.address(&hub), Some(at));
    runtime.block_on(again.stop());
    let open = |_: &Party| SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = runtime.block_on(World::start_at(config(&[]), open));
    assert!(refused.err().unwrap().to_string().contains("loopback"));
}

/// How a client goes away that does not wait for its answer.
#[derive(Clone, Copy, PartialEq)]
enum Leaves {
    /// It closes the connection right behind its last byte.
    Closing,
    /// Its machine resets the connection while the message is being worked on.
    Resetting,
}

impl Http {
    fn in_flight(&self, party: &Party) -> u64 {
        let health = self.get(party, "/__admin/health").body;
        let health: serde_json::Value = serde_json::from_str(&health).unwrap();
        health["in_flight"].as_u64().unwrap()
    }

    fn knows(&self, party: &Party, msgid: &str) -> bool {
        let log = self.export(party).log;
        log.iter().any(|row| row.cause.msgid == msgid)
    }

    /// Sends a message and never waits for a byte of the answer; true if it was being worked on when its sender left.
    fn send_and_leave(&self, party: &Party, msgid: &str, body: &str, leaves: Leaves) -> bool {
        let head = format!(
            "POST /fsi/api/rsfComIfsService/callService HTTP/1.1\r\nhost: his\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let cable = self.runtime.block_on(async {
            let mut cable = TcpStream::connect(self.address(party)).await.unwrap();
            cable.set_zero_linger().unwrap();
            cable.write_all((head + body).as_bytes()).await.unwrap();
            if leaves == Leaves::Closing {
                cable.shutdown().await.unwrap();
            }
            cable
        });
        if leaves == Leaves::Closing {
            return true;
        }
        // Reset earlier, it would not have arrived.
        while self.in_flight(party) == 0 {
            if self.knows(party, msgid) {
                return false;
            }
        }
        drop(cable);
        true
    }
}

/// Goal: a party ends what it has begun, as a real one does. Method: its client goes away behind the last byte of a
/// settlement; all parties must book it all the same, and say that nothing is under way any more.
#[rstest]
#[case::closing(Leaves::Closing)]
#[case::resetting(Leaves::Resetting)]
fn a_settlement_whose_sender_goes_away_is_booked_by_all_parties(#[case] leaves: Leaves) {
    let http = Http::start(config(&[]));
    let mut counter = Counter::new(&http, H_NINGBO, EMPLOYEE);
    let path = counter.path();
    let (mut left, mut booked) = (0, 0);
    // Some are done before anybody can go away.
    while left < 4 && booked < 50 * path.len() {
        let visit = counter.charged_visit();
        let bill = counter.bill(&visit);
        let msgid = counter.new_msgid();
        let body = counter.message("2207", &msgid, bill);
        left += u64::from(http.send_and_leave(&path[0], &msgid, &body, leaves));
        // The institution is done last.
        for _ in 0..500 {
            if http.knows(&path[0], &msgid) && http.in_flight(&path[0]) == 0 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        for party in &path {
            assert!(http.knows(party, &msgid), "{party} lost {msgid}");
            assert_eq!(http.in_flight(party), 0, "{party}");
            booked += 1;
        }
    }
    println!("{left} senders gone before the answer, {booked} bookings of what they sent");
    assert!(left >= 1 && booked >= 4 * path.len());
    http.stop();
}

#[test]
fn an_oversized_message_is_not_read_as_one() {
    let http = Http::start(config(&[]));
    let party = Party::new(Role::Treatment, NINGBO);
    let answer = Carrier::exchange(
        &http,
        at("2017-06-02T10:00+08:00"),
        &party,
        None,
        &"x".repeat((2 << 20) + 1),
    )
    .unwrap();
    assert_eq!(answer.status, 413);
    http.stop();
}

#[test]
fn the_documents_show_an_export_as_it_is() {
    let readme = include_str!("../../README.md");
    let example = readme
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let export: Export = serde_json::from_str(example).unwrap();
    check_adds_up(&export);
    let again =
        crosswipe_mocks::ledger::Ledger::replay(export.party.clone(), export.log.clone()).unwrap();
    assert_eq!(again.export(export.taken_at), export);
    // The schema names every member that an export has, and no other.
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../export.schema.json")).unwrap();
    let written = serde_json::to_value(&export).unwrap();
    let names = |value: &serde_json::Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(&schema["properties"]), names(&written));
    assert_eq!(
        names(&schema["$defs"]["row"]["properties"]),
        names(&written["rows"][0])
    );
    assert_eq!(
        names(&schema["$defs"]["cell"]["properties"]),
        names(&written["cells"][0])
    );
}
