//! 全程速度 · What a case costs: swipe, undo and proof over real HTTP, against a bare hyper echo in the same run.
//!
//! Why so: cases per second say more about the machine than about the harness. Beside them stand figures
//! that no neighbour on the machine can bend (exchanges, bytes, records, syncs), and the same exchanges
//! once more with nothing behind them: as many, as large, as many at a time. Three sizes show that the
//! cost of a case does not grow with their number. `cargo bench -p crosswipe --bench run`, and
//! `-- --quick` for the smallest two sizes.
//! Not here: the journal alone (`journal/benches/commit.rs`).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod bare;
mod counted;
mod inmemory;
mod measured;
mod proof;
mod whole;

use measured::Measured;
use whole::{Network, Ran};

/// Cases of each size; the plan has 220 of its own, more are the same persons again.
const SIZES: [usize; 3] = [60, 240, 960];
const QUICK: usize = 2;
const WARM_UP: usize = 12;

/// All that was seen at one size.
struct Size {
    http: Ran,
    memory: Ran,
    bare: Measured,
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let sizes = if quick { &SIZES[..QUICK] } else { &SIZES };
    whole::run(WARM_UP, Network::Http);
    let seen: Vec<Size> = sizes.iter().map(|cases| at_size(*cases)).collect();
    println!(
        "zhejiang-2017, cells of the matrix with their undo: HIS, treatment place, hub, insured place"
    );
    println!("every message over HTTP on loopback, every intent durable before its first byte\n");
    line("cases", &seen, |size| size.http.cases.to_string());
    println!("over HTTP");
    line("  cases/s", &seen, |size| {
        hundredths(size.http.took.per_second_hundredths(size.http.cases))
    });
    line("  messages/s (exchanges of all hops)", &seen, |size| {
        size.http.took.per_second(exchanges(size)).to_string()
    });
    line("  real time, ms", &seen, |size| {
        size.http.took.real_ms().to_string()
    });
    line("  processor time, ms", &seen, |size| {
        size.http.took.processor_ms()
    });
    line("  processor time, µs per message", &seen, |size| {
        size.http.took.processor_us_per(exchanges(size))
    });
    println!("bare hyper echo, same sizes, same number in flight");
    line("  messages/s", &seen, |size| {
        size.bare.per_second(exchanges(size)).to_string()
    });
    line("  processor time, µs per message", &seen, |size| {
        size.bare.processor_us_per(exchanges(size))
    });
    line("  the run reaches of it", &seen, |size| {
        format!("{} %", share(size))
    });
    println!("without sockets: the same cases, parties called in memory");
    line("  real time, ms", &seen, |size| {
        size.memory.took.real_ms().to_string()
    });
    line("  processor time, ms", &seen, |size| {
        size.memory.took.processor_ms()
    });
    println!("what no other machine changes");
    line("  messages of the harness", &seen, |size| {
        size.http.sent.messages.to_string()
    });
    line("  looks at books (GET)", &seen, |size| {
        size.http.sent.looks.to_string()
    });
    line("  HTTP exchanges, all hops", &seen, |size| {
        exchanges(size).to_string()
    });
    line("  bytes per exchange, there + back", &seen, |size| {
        let (there, back) = size
            .memory
            .exchanges
            .iter()
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        format!("{} + {}", there / exchanges(size), back / exchanges(size))
    });
    line("  most in flight", &seen, |size| {
        size.http.sent.most_in_flight.to_string()
    });
    line("  journal records", &seen, |size| {
        size.http.journal.records.to_string()
    });
    line("  syncs", &seen, |size| {
        size.http.journal.commits.to_string()
    });
    line("  journal bytes per record", &seen, |size| {
        (size.http.journal.bytes / size.http.journal.records).to_string()
    });
    line("  bytes of exports and looks per case", &seen, |size| {
        (size.http.export_bytes / size.http.cases as u64).to_string()
    });
    println!("proof: journal and exports read back, then judged");
    line("  reading, ms", &seen, |size| {
        size.http.proof.reading.real_ms().to_string()
    });
    line("  judging, ms", &seen, |size| {
        size.http.proof.judging.real_ms().to_string()
    });
    line("  both, µs per record", &seen, |size| {
        let proof = &size.http.proof;
        ((proof.reading.real_us() + proof.judging.real_us()) / proof.records as u128).to_string()
    });
    println!("growth: one more case, between this size and the one before");
    grows("  processor time, µs", &seen, |size| {
        size.http.took.processor_or_real_us()
    });
    grows("  proof, µs", &seen, |size| {
        size.http.proof.reading.processor_or_real_us()
            + size.http.proof.judging.processor_or_real_us()
    });
    grows("  HTTP exchanges", &seen, |size| exchanges(size) as u128);
}

fn at_size(cases: usize) -> Size {
    let http = whole::run(cases, Network::Http);
    let memory = whole::run(cases, Network::Memory);
    assert_eq!(
        (http.sent.messages, http.sent.looks),
        (memory.sent.messages, memory.sent.looks),
        "the hops counted in memory are those of the run over HTTP"
    );
    let bare = bare::exchange(&memory.exchanges, http.sent.most_in_flight);
    Size { http, memory, bare }
}

/// HTTP exchanges of the run over all hops.
fn exchanges(size: &Size) -> usize {
    size.memory.exchanges.len()
}

/// The run's messages per second as a percentage of the bare exchange.
fn share(size: &Size) -> u128 {
    size.bare.real_us() * 100 / size.http.took.real_us().max(1)
}

fn line(what: &str, seen: &[Size], figure: impl Fn(&Size) -> String) {
    let figures: String = seen
        .iter()
        .map(|size| format!("{:>16}", figure(size)))
        .collect();
    println!("{what:<40}{figures}");
}

/// The difference between neighbouring sizes, per case; the first has no neighbour before it.
fn grows(what: &str, seen: &[Size], figure: impl Fn(&Size) -> u128) {
    let per_case = |pair: &[Size]| {
        let more = figure(&pair[1]).saturating_sub(figure(&pair[0]));
        format!(
            "{:>16}",
            more / (pair[1].http.cases - pair[0].http.cases) as u128
        )
    };
    let figures: String = seen.windows(2).map(per_case).collect();
    println!("{what:<40}{:>16}{figures}", "");
}

fn hundredths(figure: u128) -> String {
    format!("{}.{:02}", figure / 100, figure % 100)
}
