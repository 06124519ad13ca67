//! What is taken from a folder of exports, by name and by content, and that a run so read is judged as the run itself.

use crosswipe_domain::{LISTING_SCHEMA, Listing, canonical_json};
use rstest::rstest;

use super::*;
use crate::judge;
use crate::judgement::Verdict;
use crate::testkit::{clean, hub, insured};
use crate::tests::told;

#[rstest]
#[case::t0("hub-330000.t0.json", Some("hub:330000"))]
#[case::tm("his-H33010000001.tm.jsonl", Some("his:H33010000001"))]
#[case::t1("insured-330300.t1.json", Some("insured:330300"))]
#[case::t2("treatment-330100.t2.json", Some("treatment:330100"))]
#[case::no_such_look("hub-330000.t3.json", None)]
#[case::looks_are_lines("hub-330000.tm.json", None)]
#[case::books_are_not("hub-330000.t1.jsonl", None)]
#[case::no_code("hub.t0.json", None)]
#[case::no_such_role("x-1.t0.json", None)]
#[case::a_copy("hub-330000.t0.json.bak", None)]
#[case::papers("his-H33010000001.list.json", None)]
#[case::anything("notes.txt", None)]
fn a_file_is_known_by_its_name_and_no_other_is_taken(
    #[case] file: &str,
    #[case] party: Option<&str>,
) {
    let known = party_of(file).map(|party| party.to_string());
    assert_eq!(known.as_deref(), party);
}

/// The files of a run, as its runner would have written them.
fn written(evidence: &Evidence) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let stem = |party: &Party| party.to_string().replace(':', "-");
    for (instant, exports) in &evidence.exports {
        for (party, file) in exports {
            let name = format!("{}.{}.json", stem(party), instant.name());
            let text = canonical_json(file.export.as_ref().unwrap());
            files.insert(name, text.into_bytes());
        }
    }
    for (party, lines) in &evidence.looks {
        let texts = lines.iter();
        let texts = texts.map(|line| canonical_json(line.look.as_ref().unwrap()) + "\n");
        let text: String = texts.collect();
        files.insert(format!("{}.tm.jsonl", stem(party)), text.into_bytes());
    }
    files
}

fn history(evidence: &Evidence) -> History {
    History {
        records: evidence.records.clone(),
        messages: BTreeMap::new(),
        head: None,
        dir: None,
    }
}

#[test]
fn a_run_is_judged_by_its_files_as_it_was_in_memory() {
    let run = clean();
    let read = Evidence::of_files(&history(&run), &written(&run));
    assert_eq!(read.journal, run.journal);
    let judgement = judge(&read);
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
    assert_eq!(judgement, judge(&run));
}

/// Every file counts: without it, and with one byte of it changed, the run is no longer clean.
#[test]
fn no_file_of_a_run_can_be_lost_or_changed_unseen() {
    let run = clean();
    let files = written(&run);
    assert_eq!(files.len(), 4 * 4, "four parties, four looks");
    for name in files.keys() {
        let mut lost = files.clone();
        lost.remove(name);
        let judgement = judge(&Evidence::of_files(&history(&run), &lost));
        assert_ne!(judgement.verdict, Verdict::Clean, "without {name}");
        let mut changed = files.clone();
        let bytes = changed.get_mut(name).unwrap();
        let digit = bytes.iter().rposition(u8::is_ascii_digit).unwrap();
        bytes[digit] ^= 1;
        let judgement = judge(&Evidence::of_files(&history(&run), &changed));
        assert_ne!(judgement.verdict, Verdict::Clean, "another {name}");
    }
}

#[test]
fn what_cannot_be_read_is_kept_with_its_digest_where_it_stood() {
    let run = clean();
    let files = written(&run);
    let bytes = |which: &str| files[&format!("insured-330200.{which}")].as_slice();
    let mut looks = b"\n".to_vec();
    looks.extend_from_slice(bytes("tm.jsonl"));
    looks.extend_from_slice(b"no look\n\n");
    looks.extend_from_slice(bytes("tm.jsonl").trim_ascii_end());
    let read = read_party(&[
        ("insured-330200.t2.json", bytes("t2.json")),
        ("insured-330200.tm.jsonl", &looks),
        ("insured-330200.t1.json", b"{}"),
        ("insured-330200.t0.json", bytes("t0.json")),
        ("insured-330200.t9.json", bytes("t0.json")),
    ]);
    let shown: Vec<_> = read.exports.iter().collect();
    let instants: Vec<Instant> = shown.iter().map(|(instant, _)| **instant).collect();
    assert_eq!(instants, [Instant::T0, Instant::T1, Instant::T2]);
    for (instant, file) in shown {
        let own: &[u8] = match instant {
            Instant::T0 => bytes("t0.json"),
            Instant::T1 => b"{}",
            Instant::T2 => bytes("t2.json"),
        };
        assert_eq!(file.sha256, sha256_hex(own));
        let of_run = run.exports[instant][&insured()].export.as_ref();
        match instant {
            Instant::T1 => assert!(!file.export.as_ref().unwrap_err().is_empty()),
            _ => assert_eq!(file.export.as_ref().unwrap(), of_run.unwrap()),
        }
    }
    let lines = read.looks.unwrap();
    let own = run.looks[&insured()][0].look.as_ref().unwrap();
    let same: Vec<bool> = lines
        .iter()
        .map(|line| line.look.as_ref().is_ok_and(|look| look == own))
        .collect();
    assert_eq!(same, [true, false, true], "empty lines are none");
    assert_eq!(lines[1].sha256, sha256_hex(b"no look"));
    assert_eq!(
        lines[0].sha256,
        sha256_hex(bytes("tm.jsonl").trim_ascii_end())
    );
    assert_eq!(lines[0].sha256, lines[2].sha256);
    let none = read_party(&[("insured-330200.t0.json", bytes("t0.json"))]);
    assert!(none.looks.is_none(), "no file of looks is not an empty one");
}

#[test]
fn papers_are_known_by_their_name_and_kept_beside_the_books() {
    let listing = Listing {
        schema: LISTING_SCHEMA.into(),
        party: hub(),
        form: ListForm::List,
        sources: Vec::new(),
        rows: Vec::new(),
    };
    let text = canonical_json(&listing).into_bytes();
    let run = clean();
    let mut files = written(&run);
    files.insert("hub-330000.list.json".into(), text.clone());
    files.insert("hub-330000.sheet.json".into(), b"no paper".to_vec());
    files.insert("hub-330000.ledger.json".into(), text.clone());
    let read = Evidence::of_files(&history(&run), &files);
    let names: Vec<&str> = read.papers.keys().map(String::as_str).collect();
    assert_eq!(names, ["hub-330000.list.json", "hub-330000.sheet.json"]);
    let list = &read.papers["hub-330000.list.json"];
    assert_eq!(list.listing.as_ref(), Ok(&listing));
    assert_eq!(list.sha256, sha256_hex(&text));
    let sheet = &read.papers["hub-330000.sheet.json"];
    assert!(!sheet.listing.as_ref().unwrap_err().is_empty());
    assert_eq!(sheet.sha256, sha256_hex(b"no paper"));
    assert_eq!(read.exports[&Instant::T0].len(), 4, "and its books as well");
}
