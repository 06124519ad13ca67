//! 稽核速度 · Many rows of four parties: real time and peak memory of `crosswipe audit`, against reading and hashing the files.
//!
//! Why the real binary: what a tester waits for is reading, comparing and printing. The files are made
//! first: settlements, refunds and visits of a day's business, the same at all parties but for three
//! planted orphans, so that the second reading is measured too.
//! Not here: whether findings are right (`verify::audit::tests`).

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use crosswipe_domain::sha256_hex;

use crate::child::call;
use crate::measured::Watch;
use crate::table::{Asked, Row};

const PARTIES: [&str; 4] = [
    "his:H33010000001",
    "treatment:330100",
    "hub:330000",
    "insured:330200",
];

/// So many rows in all, as exports and as lists.
pub(crate) fn rows(rows: usize, rounds: usize) -> Vec<Row> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder of its own");
    let row = |form: &str| {
        let folder = dir.path().join(form);
        fs::create_dir(&folder).expect("a folder in it");
        let each = rows / PARTIES.len();
        let write = if form == "json" { export } else { list };
        let parties = PARTIES.iter().enumerate();
        let bytes: usize = parties
            .map(|(place, party)| write(&folder, party, place, each))
            .sum();
        let mut peak = 0;
        let rounds = (0..rounds).map(|_| {
            let limit = hashed(&folder);
            let (took, most) = audited(&folder);
            peak = peak.max(most);
            (took.as_micros(), limit.as_micros())
        });
        let rounds = rounds.collect();
        Row::paired(
            format!("audit of {rows} rows, {form}"),
            "µs",
            rounds,
            Asked::Times(4_000),
        )
        .with("files, kB", bytes / 1_000)
        .with("peak, kB", peak)
    };
    ["json", "csv"].map(row).into()
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

/// Reading the files and hashing what was read, nothing else.
fn hashed(folder: &Path) -> Duration {
    let watch = Watch::start();
    for entry in fs::read_dir(folder).expect("the folder") {
        let bytes = fs::read(entry.expect("an entry").path()).expect("a file");
        assert_eq!(sha256_hex(&bytes).len(), 64);
    }
    watch.stop().real()
}

/// Runs the binary; time, and peak resident memory in kB where the system tells it.
fn audited(folder: &Path) -> (Duration, u64) {
    let called = call([
        OsStr::new("audit"),
        folder.as_os_str(),
        OsStr::new("--json"),
    ]);
    assert!(
        called.text.contains("\"causes\": 3,"),
        "three orphans were planted: {}",
        called.text
    );
    (called.took, called.peak_kb)
}
