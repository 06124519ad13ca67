//! 稽核速度 · A million rows of four parties: real time and peak memory of `crosswipe audit`, against the bare reading of the files.
//!
//! Why the real binary: what a tester waits for is reading, comparing and printing. The files are made
//! first: settlements, refunds and visits of a day's business, the same at all parties but for three
//! planted orphans, so that the second reading is measured too. `cargo bench -p crosswipe --bench audit`;
//! `-- 100000` for another number of rows. Not here: whether findings are right (`verify::audit::tests`).
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROWS: usize = 1_000_000;
const PARTIES: [&str; 4] = [
    "his:H33010000001",
    "treatment:330100",
    "hub:330000",
    "insured:330200",
];

fn main() {
    let typed = std::env::args().find_map(|argument| argument.parse().ok());
    let rows: usize = typed.unwrap_or(ROWS);
    let dir = tempfile::tempdir().expect("a folder of its own");
    for form in ["json", "csv"] {
        let folder = dir.path().join(form);
        fs::create_dir(&folder).expect("a folder in it");
        let mut bytes = 0;
        for (place, party) in PARTIES.iter().enumerate() {
            bytes += match form {
                "json" => export(&folder, party, place, rows / PARTIES.len()),
                _ => list(&folder, party, place, rows / PARTIES.len()),
            };
        }
        let bare = bare(&folder);
        let (took, peak, out) = audited(&folder);
        let causes = out
            .split("\"causes\": ")
            .nth(1)
            .and_then(|rest| rest.split(',').next());
        println!(
            "{form:<5} {rows} rows  {} MB  audit {} ms  peak {} MB  causes {}  (bare reading {} ms)",
            bytes / 1_000_000,
            took.as_millis(),
            peak / 1_000,
            causes.unwrap_or("?"),
            bare.as_millis()
        );
    }
}

/// One party's rows: of ten, six settlements that stand, one that was refunded with its refund, two visits.
fn export(folder: &Path, party: &str, place: usize, rows: usize) -> usize {
    let path = folder.join(format!("{}.json", party.replace(':', "-")));
    let mut out = BufWriter::new(File::create(&path).expect("a file"));
    let head = format!(
        "{{\"schema\":\"crosswipe.export/1\",\"party\":\"{party}\",\"taken_at\":\"2026-06-30T08:00:00.000+08:00\",\"lsn\":0,\"cells\":[],\"rows\":["
    );
    out.write_all(head.as_bytes()).expect("room");
    let mut first = true;
    for n in 0..rows {
        if planted(n, place, rows) {
            continue;
        }
        if !first {
            out.write_all(b",\n").expect("room");
        }
        first = false;
        let (day, total) = (n % 28 + 1, 1000 + (n * 37) % 90_000);
        let id = format!(
            "3301002026{:020}",
            n / 10 * 10 + if n % 10 == 8 { 7 } else { n % 10 }
        );
        let (kind, status, sign, own) = match n % 10 {
            7 => ("settlement", "reversed", "", id.clone()),
            8 => ("settlement", "reversal", "-", format!("R{id}")),
            0 | 9 => ("visit", "registered", "", id.clone()),
            _ => ("settlement", "settled", "", id.clone()),
        };
        let total = if n % 10 == 8 {
            1000 + ((n - 1) * 37) % 90_000
        } else {
            total
        };
        let original = if n % 10 == 8 {
            format!("\"original\":\"{id}\",")
        } else {
            String::new()
        };
        write!(
            out,
            "{{\"amounts\":{{\"acct_pay\":0,\"fund_pay_sumamt\":{sign}{half},\"medfee_sumamt\":{sign}{total},\"psn_cash_pay\":{sign}{rest},\"hifp_pay\":{sign}{half},\"psn_part_amt\":{sign}{rest}}},\"cause\":{{\"infno\":\"2207\",\"msgid\":\"H33010000001202606{day:02}090000{n:08}\",\"origin\":\"H33010000001\"}},\"facts\":{{{original}\"insuplc_admdvs\":\"330200\",\"insutype\":\"310\",\"clr_type\":\"11\",\"mdtrt_id\":\"V{visit:012}\",\"setl_id\":\"{own}\",\"setl_time\":\"2026-06-{day:02} 09:00:00\"}},\"id\":\"{own}\",\"kind\":\"{kind}\",\"person\":\"P-{person:012x}\",\"status\":\"{status}\"}}",
            half = total / 2,
            rest = total - total / 2,
            visit = n / 10,
            person = n / 50,
        )
        .expect("room");
    }
    out.write_all(b"],\"log\":[],\"queues\":[]}\n")
        .expect("room");
    out.flush().expect("room");
    fs::metadata(&path).map_or(0, |meta| usize::try_from(meta.len()).unwrap_or(0))
}

/// The same business as a list.
fn list(folder: &Path, party: &str, place: usize, rows: usize) -> usize {
    let path = folder.join(format!("{}.csv", party.replace(':', "-")));
    let mut out = BufWriter::new(File::create(&path).expect("a file"));
    writeln!(
        out,
        "结算号,就诊号,机构编号,参保地,险种,结算时间,总金额,基金支付,现金支付"
    )
    .expect("room");
    for n in (0..rows).filter(|n| !planted(*n, place, rows)) {
        let (day, total) = (n % 28 + 1, 1000 + (n * 37) % 90_000);
        let yuan = |fen: usize| format!("{}.{:02}", fen / 100, fen % 100);
        writeln!(
            out,
            "3301002026{n:020},V{n:012},H33010000001,330200,职工,2026-06-{day:02} 09:00:00,{},{},{}",
            yuan(total),
            yuan(total / 2),
            yuan(total - total / 2)
        )
        .expect("room");
    }
    out.flush().expect("room");
    fs::metadata(&path).map_or(0, |meta| usize::try_from(meta.len()).unwrap_or(0))
}

/// Three settlements that one party lacks.
fn planted(n: usize, place: usize, rows: usize) -> bool {
    [
        (rows / 4 / 10 * 10 + 1, 0),
        (rows / 2 / 10 * 10 + 2, 3),
        (rows / 4 * 3 / 10 * 10 + 3, 2),
    ]
    .contains(&(n, place))
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// Reading the files and nothing else.
fn bare(folder: &Path) -> Duration {
    let begun = now();
    let mut buffer = vec![0; 1 << 18];
    for entry in fs::read_dir(folder).expect("the folder") {
        let mut file = File::open(entry.expect("an entry").path()).expect("a file");
        while file.read(&mut buffer).expect("bytes") > 0 {}
    }
    begun.elapsed()
}

/// Runs the binary; time, peak resident memory in kB where the system tells it, and what it printed.
fn audited(folder: &Path) -> (Duration, u64, String) {
    let begun = now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_crosswipe"))
        .arg("audit")
        .arg(folder)
        .arg("--json")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut out = child.stdout.take().expect("it is piped");
    let printed = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("a child").is_none() {
        peak = peak.max(peak_kb(&fs::read_to_string(&status).unwrap_or_default()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = begun.elapsed();
    let text = printed.join().expect("the reader ends").expect("text");
    (took, peak, text)
}

fn peak_kb(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
