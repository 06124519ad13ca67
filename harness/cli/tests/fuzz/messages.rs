//! 报文 · Requests, answers and whole conversations, as a platform and as the harness read them.

use std::path::Path;
use std::sync::Arc;

use crosswipe_domain::{InfNo, Moment, Party, Role};
use crosswipe_mocks::{MemoryWorld, WorldConfig};
use crosswipe_wire::{
    Context, Masker, Mode, Request, Response, Sent, check, classify, missing_mandatory,
};

use super::drive::drive;
use super::mutate::corpus;

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "null",
    "\"\"",
    "true",
    "{}",
    "[]",
    "\u{feff}",
    "\\ud800",
    "\\u0000",
    "\"infno\":\"2601\"",
    "\"infno\":\"2304\"",
    "\"input\":",
    "\"data\":[",
    "\"psn_no\":",
    "\"infcode\":0",
    "\"hop\":{}",
    "\"output\":null",
    "\"setlinfo\":",
    "\"feedetail\":[{",
    "\"cnt\":\"-1\"",
    "\"mdtrt_id\":\"$VISIT\"",
    "宁",
    "\n",
];

fn kept(folder: &str) -> Vec<Vec<u8>> {
    corpus(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fuzz/corpus")
            .join(folder),
    )
}

/// Everything that is read of a request.
fn request(bytes: &[u8]) -> bool {
    let masker = Masker::new([
        ("99993302000000000000000041".to_owned(), "P-1".to_owned()),
        ("测试".to_owned(), "P-2".to_owned()),
    ]);
    let masked = masker.mask_json(&String::from_utf8_lossy(bytes));
    assert!(!masked.contains("99993302000000000000000041"), "{masked}");
    let Ok(request) = Request::parse(bytes) else {
        return false;
    };
    for node in ["data", "feedetail", "diseinfo", "mdtrtinfo", "signIn"] {
        drop(request.node(node));
        for line in request.nodes(node) {
            let _ = (
                line.text("psn_no"),
                line.money("pric"),
                line.price("pric"),
                line.quantity("cnt"),
            );
            let _ = (
                line.ratio("cnt"),
                line.moment("begntime"),
                line.object("expContent"),
                line.list("x"),
            );
        }
    }
    let _ = (
        missing_mandatory(&request),
        check(
            &request,
            Mode::Strict,
            &crosswipe_domain::Profile::default(),
        ),
        check(
            &request,
            Mode::Tolerant,
            &crosswipe_domain::Profile::default(),
        ),
    );
    true
}

/// Everything that is read of an answer.
fn answer(bytes: &[u8]) -> bool {
    for infno in ["2207", "5204", "9102", "x"] {
        for status in [200, 401] {
            let sent = Sent {
                infno: &InfNo::new(infno),
                msgid: "m",
            };
            let _ = classify(&sent, status, bytes);
        }
    }
    let Ok(response) = Response::parse(bytes) else {
        return false;
    };
    let _ = (
        response.node("setlinfo"),
        response.nodes("setldetail"),
        response.array(),
    );
    true
}

#[test]
fn no_request_makes_a_reader_panic() {
    println!(
        "{:?}",
        drive("request", &kept("message"), 2_500, WORDS, request).must_be_calm()
    );
}

#[test]
fn no_answer_makes_a_reader_panic() {
    println!(
        "{:?}",
        drive("answer", &kept("answer"), 2_500, WORDS, answer).must_be_calm()
    );
}

/// Conversations per world; its books grow with each.
const CONVERSATIONS: u64 = 50;

/// 对话 · A conversation with a hospital of the demo's world, a message a line; what an answer gave stands for
/// `$VISIT` and `$SETL` in later lines.
struct Talk {
    config: WorldConfig,
    world: MemoryWorld,
    talks: u64,
}

impl Talk {
    fn new() -> Talk {
        let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/pair-demo");
        let plan = crosswipe_scenarios::load(&plan).unwrap();
        let noon = Moment::parse("2030-03-02T13:00:00+08:00").unwrap();
        let config = WorldConfig {
            topology: plan.topology,
            registry: plan.registry,
            window: plan.window,
            arranged: plan.arranged,
            msgid_mode: Default::default(),
            purge: Vec::new(),
            faults: Vec::new(),
            gates: Default::default(),
            elsewhere: Default::default(),
            parties_dir: None,
            time: Arc::new(move || noon),
        };
        let world = MemoryWorld::new(&config.setup(), Vec::new());
        Talk {
            config,
            world,
            talks: 0,
        }
    }

    /// True if the whole conversation went well up to a settlement.
    fn go(&mut self, lines: &[u8]) -> bool {
        if self.talks.is_multiple_of(CONVERSATIONS) {
            self.world = MemoryWorld::new(&self.config.setup(), Vec::new());
        }
        self.talks += 1;
        let now = Moment::parse("2030-03-02T13:00:00+08:00")
            .unwrap()
            .plus_ms(1_000 * (self.talks as i64 % 9_000));
        let hospital = Party::new(Role::His, "H33010000001");
        let (mut visit, mut settlement) = (Vec::new(), Vec::new());
        for (place, line) in lines.split(|byte| *byte == b'\n').take(24).enumerate() {
            let compact = now.compact();
            let msgid = format!("{compact}{place:04}");
            let line = replaced(line, b"$VISIT", &visit);
            let line = replaced(&line, b"$SETL", &settlement);
            let line = replaced(&line, b"$NO", msgid.as_bytes());
            let context = Context {
                run: "fuzz".to_owned(),
                epoch: 1,
                now: Some(now),
            };
            let answer = self
                .world
                .exchange(now, &hospital, "/", Some(&context), &line);
            let Ok(answer) = answer else { continue };
            let read = Response::parse(answer.body.as_bytes());
            let Ok(read) = read else {
                assert_eq!(answer.status, 400, "{}", answer.body);
                continue;
            };
            let text = |node: &str, name: &str| {
                Some(read.node(node)?.text(name)?.into_owned().into_bytes())
            };
            visit = text("data", "mdtrt_id").unwrap_or(visit);
            settlement = text("setlinfo", "setl_id").unwrap_or(settlement);
        }
        if self.talks.is_multiple_of(CONVERSATIONS) {
            self.adds_up(now);
        }
        !settlement.is_empty()
    }

    /// Whatever was said, every book is the sum of its log.
    fn adds_up(&self, now: Moment) {
        for (party, _) in self.world.logs() {
            let export = self.world.export(&party, now).unwrap();
            let again = crosswipe_mocks::ledger::Ledger::replay(party, export.log.clone()).unwrap();
            assert_eq!(again.export(export.taken_at).cells, export.cells);
        }
    }
}

fn replaced(line: &[u8], name: &[u8], by: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len() + by.len());
    let mut rest = line;
    while let Some(at) = rest.windows(name.len()).position(|window| window == name) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(by);
        rest = &rest[at + name.len()..];
    }
    out.extend_from_slice(rest);
    out
}

#[test]
fn no_conversation_makes_a_platform_panic() {
    let mut talk = Talk::new();
    let tried = drive("conversation", &kept("flow"), 150, WORDS, |lines| {
        talk.go(lines)
    });
    println!("{:?}", tried.must_be_calm());
}
