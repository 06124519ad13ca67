//! 速度 · Every figure of the harness beside its bare limit, measured in the same run on the same machine.
//!
//! Why so: how fast something is says more about the machine and its neighbours than about the harness. So each figure stands
//! beside the same bytes, hops and commits with nothing behind them, round by round in turn, with median, spread and ratio;
//! beside the times stand counters that no neighbour bends. Each file says what its limit does and what it leaves out.
//!
//! `cargo bench -p crosswipe --bench speed -- --quick` is a minute of two idle cores; without `--quick` books and runs are
//! ten to thirty times as large, and with `--far` the last run has 100 000 cases, which is hours.
//! `--out DIR` says where `speed.json` and `growth.svg` go, a word like `journal` measures rows of that group alone.
//! Not here: from a fresh clone to the first verdict, which is a build of some minutes (README); instruction counts (`.ci`).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod answers;
mod audit;
mod bare;
mod child;
mod client;
mod commits;
mod counted;
mod counter;
mod growth;
mod inmemory;
mod listening;
mod measured;
mod platform;
mod proof;
mod runner;
mod simulated;
mod table;
mod verified;
mod whole;

use std::fs;
use std::path::PathBuf;

use growth::Point;
use measured::forget_peak;
use serde_json::json;
use table::{Asked, Row};
use whole::{Network, Ran};

/// As the binary has it, for the limits too.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How large everything is.
struct Sizes {
    rounds: usize,
    platform: platform::Size,
    /// Cases of the flows that are held against the bare exchange.
    flows: usize,
    seeds: u64,
    per_writer: usize,
    audited: usize,
    /// Cases of the runner against one fast server.
    steps: usize,
    verified: verified::Sets,
}

const QUICK: Sizes = Sizes {
    rounds: 3,
    platform: platform::Size {
        requests: 400,
        rounds: 3,
        few: 100,
        many: 10_000,
        filled: 2_000,
    },
    flows: 50,
    seeds: 15,
    per_writer: 200,
    audited: 100_000,
    steps: 60,
    verified: ["from(11*)", "from(1*)"],
};

const FULL: Sizes = Sizes {
    rounds: 5,
    platform: platform::Size {
        requests: 5_000,
        rounds: 5,
        few: 100,
        many: 10_000,
        filled: 80_000,
    },
    flows: 400,
    seeds: 300,
    per_writer: 2_000,
    audited: 1_000_000,
    steps: 600,
    verified: ["from(1*)", "from(*)"],
};

/// Reports of so many cases are asked for.
const REPORTED: u128 = 10_000;

fn main() {
    let typed: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let quick = typed.iter().any(|word| word == "--quick");
    let sizes = if quick { &QUICK } else { &FULL };
    let far = typed.iter().any(|word| word == "--far");
    let growth = match (quick, far) {
        (_, true) => &[100, 1_000, 10_000, 100_000][..],
        (true, false) => &[30, 100, 300],
        (false, false) => &[100, 300, 1_000, 3_000],
    };
    let out = typed
        .iter()
        .position(|word| word == "--out")
        .and_then(|place| typed.get(place + 1));
    let out = out.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let groups: Vec<&String> = typed
        .iter()
        .filter(|word| GROUPS.contains(&word.as_str()))
        .collect();
    let wanted = |group: &str| groups.is_empty() || groups.iter().any(|word| *word == group);
    let (mut rows, mut points) = (Vec::new(), Vec::new());
    for group in GROUPS.into_iter().filter(|group| wanted(group)) {
        rows.extend(match group {
            "platform" => platform::rows(&sizes.platform),
            "flow" => flow(sizes),
            "simulation" => simulated::rows(sizes.seeds, sizes.rounds),
            "journal" => commits::rows(sizes.per_writer, sizes.rounds),
            "runner" => runner::rows(sizes.steps, sizes.rounds),
            "verify" => verified::rows(&sizes.verified, sizes.rounds),
            "audit" => audit::rows(sizes.audited, sizes.rounds),
            "listening" => listening::rows(sizes.rounds),
            _ => grown(growth, &mut points),
        });
    }
    println!("{}", table::shown(&rows));
    for point in &points {
        println!("{point:?}");
    }
    fs::create_dir_all(&out).expect("a folder that can be written");
    let grown: Vec<_> = points
        .iter()
        .map(|point| json!({"cases": point.cases, "cases_per_second_hundredths": point.per_second, "peak_kb": point.peak_kb}))
        .collect();
    let all = json!({"schema": "crosswipe.speed/1", "quick": quick, "rows": table::json_of(&rows), "growth": grown});
    let text = serde_json::to_string_pretty(&all).expect("text keys");
    fs::write(out.join("speed.json"), text).expect("a folder that can be written");
    if !points.is_empty() {
        fs::write(out.join("growth.svg"), growth::svg(&points))
            .expect("a folder that can be written");
    }
    println!("{}", out.join("speed.json").display());
}

const GROUPS: [&str; 9] = [
    "platform",
    "flow",
    "runner",
    "simulation",
    "journal",
    "verify",
    "audit",
    "listening",
    "growth",
];

/// Swipe and undo on four parties over HTTP, beside as many, as large exchanges and commits.
fn flow(sizes: &Sizes) -> Vec<Row> {
    let memory = whole::run(sizes.flows, Network::Memory);
    whole::run(12, Network::Http);
    let mut last: Option<Ran> = None;
    let rounds = (0..sizes.rounds).map(|_| {
        let http = whole::run(sizes.flows, Network::Http);
        let sent = (http.sent.messages, http.sent.looks);
        assert_eq!(
            sent,
            (memory.sent.messages, memory.sent.looks),
            "the hops counted in memory are those of the run over HTTP"
        );
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("a folder for temporary files");
        let bare = bare::exchange(
            &memory.trips,
            &http.records,
            http.sent.most_in_flight,
            folder.path(),
        );
        let rate = http.took.per_second_hundredths(http.cases);
        last = Some(http);
        (rate, bare.per_second_hundredths(sizes.flows))
    });
    let rounds = rounds.collect();
    let ran = last.expect("a round at least");
    let exchanges: usize = memory.trips.iter().map(inmemory::Trip::exchanges).sum();
    let bytes = memory.trips.iter().map(inmemory::Trip::bytes);
    let (there, back) = bytes.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let threads = ran
        .threads
        .map_or_else(|| "-".to_owned(), |threads| threads.to_string());
    let row = Row::paired(
        "swipe + undo over HTTP, four parties, durable",
        "cases/100 s",
        rounds,
        Asked::Share(500),
    )
    .with("messages a case", ran.sent.messages / ran.cases)
    .with("looks a case", ran.sent.looks / ran.cases)
    .with("exchanges a case, all hops", exchanges / ran.cases)
    .with(
        "bytes an exchange",
        format!("{} + {}", there / exchanges, back / exchanges),
    )
    .with("records a case", ran.journal.records / ran.cases as u64)
    .with(
        "syncs a case, hundredths",
        ran.journal.commits * 100 / ran.cases as u64,
    )
    .with(
        "journal bytes a message",
        ran.journal.bytes / ran.sent.messages as u64,
    )
    .with(
        "bytes of exports and looks a case",
        ran.export_bytes / ran.cases as u64,
    )
    .with("most in flight", ran.sent.most_in_flight)
    .with(
        "processor, µs a message",
        ran.took.processor_us_per(ran.sent.messages),
    )
    .with("threads", threads);
    vec![row]
}

/// Runs of growing size, and what telling of the largest costs.
fn grown(sizes: &[usize], points: &mut Vec<Point>) -> Vec<Row> {
    let mut proofs = Vec::new();
    for cases in sizes {
        forget_peak();
        let ran = whole::run(*cases, Network::Http);
        points.push(Point {
            cases: *cases,
            per_second: ran.took.per_second_hundredths(*cases),
            peak_kb: ran.peak_kb,
        });
        proofs.push((*cases, ran.proof));
    }
    let Some((cases, proof)) = proofs.last() else {
        return Vec::new();
    };
    let share = |whole: u128| whole * *cases as u128 / REPORTED;
    let told = Row::alone(
        format!("page, JSON and JUnit of {cases} cases"),
        "µs",
        vec![proof.telling.real_us()],
        Asked::AtMost(share(3_000_000)),
    )
    .with("asked of 10000 cases, µs", 3_000_000)
    .with("bytes", proof.told);
    let memory = format!("the same, memory for {cases} cases");
    let memory = match proof.telling_kb {
        Some(kb) => Row::alone(
            memory,
            "kB",
            vec![u128::from(kb)],
            Asked::AtMost(share(200_000)),
        )
        .with("asked of 10000 cases, kB", 200_000),
        None => Row::unmeasured(memory, "the system tells no resident memory"),
    };
    vec![told, memory]
}
