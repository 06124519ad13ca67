//! 性质 · What must hold of the judge itself, whatever it is given.

use proptest::prelude::*;

use crate::evidence::{Evidence, Instant};
use crate::judge;
use crate::judgement::Verdict;
use crate::testkit::{Group, clean, faulty, path, two_persons};

/// Takes evidence away: records from the end, exports and looks at random.
fn blinded(mut evidence: Evidence, keep: usize, hidden: &[bool]) -> Evidence {
    let keep = keep.min(evidence.records.len());
    evidence.records.truncate(keep);
    let mut hide = hidden.iter().copied().chain(std::iter::repeat(false));
    for party in path() {
        for instant in [Instant::T0, Instant::T1, Instant::T2] {
            if hide.next() == Some(true) {
                evidence.exports.get_mut(&instant).unwrap().remove(&party);
            }
        }
        if hide.next() == Some(true) {
            evidence.looks.remove(&party);
        }
    }
    evidence
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn less_evidence_is_never_a_better_verdict(keep in 1usize..80, hidden in proptest::collection::vec(proptest::bool::weighted(0.2), 16)) {
        let whole = clean();
        let complete = keep >= whole.records.len() && !hidden.contains(&true);
        let verdict = judge(&blinded(whole, keep, &hidden)).verdict;
        prop_assert_eq!(verdict, if complete { Verdict::Clean } else { Verdict::Indeterminate });
    }

    #[test]
    fn a_broken_run_is_clean_to_nobody_however_little_he_sees(
        role in 0usize..4,
        at in 0usize..6,
        keep in 1usize..80,
        hidden in proptest::collection::vec(proptest::bool::weighted(0.15), 16),
    ) {
        let infno = ["2201", "2204", "2207", "2208", "2205", "2202"][at];
        let lie = faulty(&mut |group: &mut Group| {
            if group.party == path()[role] && group.infno == infno {
                group.times = 0;
            }
        });
        let verdict = judge(&blinded(lie, keep, &hidden)).verdict;
        prop_assert_ne!(verdict, Verdict::Clean);
    }

    #[test]
    fn any_amount_changed_in_any_undo_is_found(role in 0usize..4, place in 0usize..12, by in prop_oneof![-5i64..0, 1i64..6]) {
        let mut changed = false;
        let lie = faulty(&mut |group: &mut Group| {
            if group.party == path()[role] && group.infno == "2208" {
                let mut amounts: Vec<&mut i64> = group.entries.iter_mut().filter_map(|entry| match entry {
                    crosswipe_domain::Entry::Posting { amount, .. } => Some(amount),
                    _ => None,
                }).collect();
                let place = place % amounts.len();
                *amounts[place] += by;
                changed = true;
            }
        });
        prop_assert!(changed);
        prop_assert_eq!(judge(&lie).verdict, Verdict::Violated);
    }
}

#[test]
fn the_certificate_record_changes_nothing_about_the_judgement() {
    let evidence = two_persons(&mut |_| {});
    let before = judge(&evidence);
    let core = crate::certificate_core_sha256(&crate::certificate(&evidence, &before)).unwrap();
    let mut after = evidence.clone();
    let mut last = after.records.last().unwrap().clone();
    last.seq += 1;
    last.at = last.at.plus_ms(86_400_000 * 30);
    let cert = crosswipe_journal::Cert {
        faults: Default::default(),
        verdict: before.verdict.name().into(),
        classes: vec![],
        sha256: core.clone(),
        judge: crate::JUDGE.into(),
    };
    last.payload = crosswipe_journal::Payload::Cert(cert);
    after.records.push(last);
    after.journal.length += 1;
    after.journal.tail = "f".repeat(64);
    assert_eq!(judge(&after), before);
    let text = crate::certificate(&after, &before);
    assert_ne!(
        text,
        crate::certificate(&evidence, &before),
        "the tail has moved"
    );
    assert_eq!(crate::certificate_core_sha256(&text).unwrap(), core);
}

#[test]
fn a_certificate_is_canonical_and_changes_with_any_fact() {
    let evidence = clean();
    let judgement = judge(&evidence);
    let text = crate::certificate(&evidence, &judgement);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text, crosswipe_domain::canonical_json(&value) + "\n");
    assert_eq!(
        (
            value["verdict"].as_str(),
            value["transactions"][3]["checks"]["R4"].as_str()
        ),
        (Some("clean"), Some("held"))
    );
    assert_eq!(
        value["snapshots"]["t1"]["exports"]
            .as_object()
            .unwrap()
            .len(),
        4
    );
    let mut other = judgement.clone();
    other.counts.reversed += 1;
    assert_ne!(
        crate::certificate_core_sha256(&crate::certificate(&evidence, &other)),
        crate::certificate_core_sha256(&text)
    );
    assert_eq!(crate::certificate_core_sha256("no certificate"), None);
}

#[test]
fn the_books_show_what_was_on_the_move() {
    let judgement = judge(&clean());
    let pool = judgement
        .books
        .iter()
        .find(|book| book.role == "insured" && book.book == "pool-fund")
        .unwrap();
    assert_eq!(
        (pool.t0, pool.peak, pool.t1, pool.others),
        (5_000_000, 4_994_000, 5_000_000, 0)
    );
}
