//! 另一版本 · A run that another version certified: told in one sentence, judged anew, and nothing turns clean by it.

use std::fs;
use std::path::Path;

use crosswipe_domain::{canonical_json, sha256_hex};
use crosswipe_journal::read;
use crosswipe_verify::{JUDGE, certificate_core_sha256};
use rstest::rstest;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Bench, Ended, classes, crosswipe};

const ANOTHER: &str = "0.0.9+00000000000000aa";

/// Makes a certified run what another version would have left: its certificate, its record, chain, head and sums agree
/// with one another.
fn certify_as_another(run: &Path, judge: &str, change: impl Fn(&mut Value)) {
    let path = run.join("certificate.json");
    let mut certificate: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut certificate);
    let database = Connection::open(run.join("journal.db")).unwrap();
    let last = "SELECT seq, epoch, at, payload, prev_sha256 FROM record ORDER BY seq DESC LIMIT 1";
    let (seq, epoch, at, payload, prev): (i64, i64, String, String, String) = database
        .query_row(last, [], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .unwrap();
    let mut cert: Value = serde_json::from_str(&payload).unwrap();
    cert["judge"] = json!(judge);
    if judge.is_empty() {
        // From before the name was noted.
        cert.as_object_mut().unwrap().remove("judge");
    }
    cert["verdict"] = certificate["verdict"].clone();
    cert["sha256"] = json!(certificate_core_sha256(&canonical_json(&certificate)).unwrap());
    let payload = canonical_json(&cert);
    let frame: String = [
        &seq.to_string(),
        &epoch.to_string(),
        &at,
        "CERT",
        &payload,
        &prev,
    ]
    .iter()
    .map(|field| format!("{}:{field},", field.len()))
    .collect();
    let tail = sha256_hex(frame.as_bytes());
    let guard = "SELECT sql FROM sqlite_master WHERE name = 'record_stands'";
    let guard: String = database.query_row(guard, [], |row| row.get(0)).unwrap();
    database
        .execute_batch("DROP TRIGGER record_stands")
        .unwrap();
    database
        .execute(
            "UPDATE record SET payload = ?1, sha256 = ?2 WHERE seq = ?3",
            (&payload, &tail, seq),
        )
        .unwrap();
    database.execute_batch(&guard).unwrap();
    drop(database);
    fs::write(run.join("journal.head"), format!("{seq} {tail}\n")).unwrap();
    certificate["journal"]["tail"] = json!(tail);
    fs::write(&path, canonical_json(&certificate) + "\n").unwrap();
    seal(run);
}

/// Sums of what lies there now.
fn seal(run: &Path) {
    let sums = fs::read_to_string(run.join("SHA256SUMS")).unwrap();
    let sums: String = sums
        .lines()
        .map(|line| line.split_once("  ").unwrap().1)
        .map(|name| {
            format!(
                "{}  {name}\n",
                sha256_hex(&fs::read(run.join(name)).unwrap())
            )
        })
        .collect();
    fs::write(run.join("SHA256SUMS"), sums).unwrap();
}

#[track_caller]
fn noted(ended: &Ended) -> Value {
    let report = ended.json();
    let notes = report["notes"].as_array().unwrap();
    let found = notes
        .iter()
        .find(|note| note["code"] == "judged-by-another");
    found.unwrap_or_else(|| panic!("{notes:#?}"))["facts"].clone()
}

fn untouched(_: &mut Value) {}

/// The rest of the certificate may read as it likes: another version has other members.
fn reworded(certificate: &mut Value) {
    certificate["member_of_another_version"] = json!(1);
}

#[test]
fn a_run_names_the_judge_that_certified_it() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let history = read(&bench.path("run")).unwrap();
    assert!(
        canonical_json(&history.last().payload).contains(&format!("\"judge\":\"{JUDGE}\"")),
        "{:?}",
        history.last()
    );
    let report = bench.verify("run").must_end(0).json();
    assert!(!report["notes"].to_string().contains("judged-by-another"));
}

#[rstest]
#[case::same_words(ANOTHER, ANOTHER, untouched)]
#[case::other_words(ANOTHER, ANOTHER, reworded)]
#[case::before_it_was_noted("", "unnamed", reworded)]
fn who_certified_is_told_and_the_evidence_is_judged_anew(
    #[case] judge: &str,
    #[case] named: &str,
    #[case] change: fn(&mut Value),
) {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    certify_as_another(&bench.path("run"), judge, change);
    let verified = bench.verify("run").must_end(0);
    assert_eq!(classes(&verified.json()), Vec::<String>::new());
    let expected =
        json!({"certified": "clean", "certified_by": named, "judged": "clean", "judged_by": JUDGE});
    assert_eq!(noted(&verified), expected);
    let run = bench.text("run");
    for (lang, words) in [
        ("zh", "由另一版本出证"),
        ("en", "certified by another version"),
    ] {
        let told = crosswipe(&["verify", &run, "--lang", lang]).must_end(0);
        assert!(
            told.out.contains(words) && told.out.contains(named),
            "{}",
            told.out
        );
    }
    let resumed = crosswipe(&["resume", &run, "--lang", "en"]).must_end(0);
    assert!(
        resumed.err.contains("nothing was changed"),
        "{}",
        resumed.err
    );
}

#[test]
fn what_was_changed_after_another_had_certified_is_found() {
    let spoils: [(&str, &str, &str); 4] = [
        ("certificate.json", "\"rules\":", "\"rulez\":"),
        ("certificate.json", "\"length\":", "\"length\":1"),
        ("certificate.json", "{", "{ "),
        ("exports/insured-330200.t1.json", "\"lsn\":", "\"lsn\":1"),
    ];
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    certify_as_another(&bench.path("run"), ANOTHER, reworded);
    for (file, from, to) in spoils {
        let path = bench.path("run").join(file);
        let whole = fs::read_to_string(&path).unwrap();
        assert!(whole.contains(from), "{file}: {from}");
        fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        for sums_made_to_fit in [false, true] {
            if sums_made_to_fit {
                seal(&bench.path("run"));
            }
            let found = bench.verify("run").must_end(1).json();
            assert!(
                classes(&found).contains(&"evidence:tampered".to_owned()),
                "{file} {to} {sums_made_to_fit}: {:#}",
                found["findings"]
            );
        }
        fs::write(&path, whole).unwrap();
        seal(&bench.path("run"));
    }
    bench.verify("run").must_end(0);
}

/// A certificate that is gone is not written anew by who did not certify.
#[test]
fn only_who_certified_can_write_a_missing_certificate() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    certify_as_another(&bench.path("run"), ANOTHER, reworded);
    fs::remove_file(bench.path("run/certificate.json")).unwrap();
    fs::remove_file(bench.path("run/SHA256SUMS")).unwrap();
    let resumed = crosswipe(&["resume", &bench.text("run"), "--json"]).must_end(1);
    assert_eq!(classes(&resumed.json()), ["evidence:missing"]);
    assert!(!bench.path("run/certificate.json").exists());
}

#[rstest]
#[case::it_was_called_violated(&[], 0, "violated", 2)]
#[case::it_was_called_indeterminate(&[], 0, "indeterminate", 2)]
#[case::it_was_called_clean(&["--fault", "hub-clearing-residue"], 1, "clean", 1)]
fn two_judges_that_differ_are_a_conflict(
    #[case] faults: &[&str],
    #[case] ends: i32,
    #[case] certified: &str,
    #[case] verified: i32,
) {
    let bench = Bench::new();
    bench
        .run("run", &[&["--quiet"], faults].concat())
        .must_end(ends);
    certify_as_another(&bench.path("run"), ANOTHER, |certificate| {
        certificate["verdict"] = json!(certified);
    });
    let report = bench.verify("run").must_end(verified);
    let found = report.json();
    let conflict = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["class"] == "evidence:conflict")
        .unwrap_or_else(|| panic!("{:#}", found["findings"]));
    assert_eq!(conflict["expected"], certified);
    assert_eq!(noted(&report)["certified"], certified);
}
