//! 往返 · Every kind of record comes back from the database as it went in.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Amendment, Channel, FindingClass, InfNo, Outcome, Party, Role};
use crosswipe_journal::{
    AfterWindow, CaseFinished, CaseResult, CaseStarted, Cert, Check, Draft, Ended, ExportDigest,
    Gated, Interrupted, Journal, Listed, Moved, Note, PaperDigest, Payload, Played, Queried, Says,
    Snapshot, TailDigest, Tails, Unresolved, Verified, read,
};
use proptest::prelude::*;

use crate::samples::*;

/// All kinds but RUN and TAKEOVER, which the journal writes itself.
fn every_kind() -> Vec<Payload> {
    let party = Party::new(Role::Insured, "330100");
    let export = ExportDigest {
        sha256: "ab".repeat(32),
        lsn: u64::MAX,
        taken_at: at(7),
    };
    let snapshot = Snapshot {
        exports: BTreeMap::from([(party.clone(), export)]),
        missing: BTreeMap::from([(Party::new(Role::Hub, "330000"), "timeout".to_owned())]),
    };
    let tails = Tails {
        case: case(),
        looks: BTreeMap::from([(
            party.clone(),
            TailDigest {
                from: 0,
                lsn: 9,
                sha256: "cd".repeat(32),
            },
        )]),
        missing: BTreeMap::new(),
    };
    let unknown = Ended {
        outcome: Outcome::Unknown {
            why: "connection reset".into(),
        },
        ..ended()
    };
    let refused = Ended {
        outcome: Outcome::Refused {
            code: "E-WINDOW".into(),
            text: "窗口外".into(),
        },
        ..ended()
    };
    let facts = BTreeMap::from([("5203 refd_setl_flag".to_owned(), "1".to_owned())]);
    let checked = Check {
        step: "1.settle".into(),
        what: "outcome".into(),
        expected: "ok".into(),
        actual: "ok".into(),
        held: true,
    };
    vec![
        Payload::Snap0(snapshot.clone()),
        intent(),
        Payload::Outcome(ended()),
        Payload::Outcome(unknown),
        Payload::Snapm(tails),
        comp_intent(),
        Payload::CompOutcome(refused),
        Payload::Queried(Queried {
            txid: txid(),
            says: Says::Unclear,
            found: facts.clone(),
            seen: facts.clone(),
        }),
        Payload::Verified(Verified {
            txid: txid(),
            never_applied: true,
            seen: facts.clone(),
        }),
        Payload::Unresolved(Unresolved {
            txid: txid(),
            reason: "budget-spent".into(),
            owner: party,
            evidence: vec!["2601 超时".into()],
        }),
        Payload::Gated(Gated {
            case: case(),
            step: "1.settle".into(),
            infno: InfNo::new("2207A"),
            person: None,
            institution: "H33020000001".into(),
            reason: "window".into(),
            phase: Some("frozen".into()),
        }),
        Payload::Played(Played {
            case: case(),
            msgid: msgid(),
            origin: "H33020000001".into(),
            infno: InfNo::new("2207"),
            person: Some(person()),
            insured: None,
            channel: Channel::Mobile,
            outcome: ended().outcome,
        }),
        Payload::CaseStarted(CaseStarted { case: case() }),
        Payload::CaseFinished(CaseFinished {
            case: case(),
            result: CaseResult::Waived,
            checks: vec![checked],
        }),
        Payload::Note(Note {
            code: "late-reply".into(),
            txid: Some(txid()),
            facts,
        }),
        Payload::Interrupted(Interrupted {
            by: "ctrl-c".into(),
        }),
        Payload::AfterWindow(AfterWindow {
            by: "张三".into(),
            reason: "省平台停机".into(),
            ended: at(9),
        }),
        Payload::Window(Moved {
            amendment: Amendment {
                bound: "live.from".into(),
                was: at(8),
                to: at(9),
                known: at(7),
                source: "浙医保〔2017〕20号".into(),
                who: "张三".into(),
            },
            window_sha256: "0a".repeat(32),
        }),
        Payload::Listed(Listed {
            papers: BTreeMap::from([(
                "his-H33010000001.list.json".to_owned(),
                PaperDigest {
                    sha256: "0b".repeat(32),
                    rows: 3,
                    sources: BTreeMap::from([("六月.xlsx!结算".to_owned(), "0c".repeat(32))]),
                },
            )]),
        }),
        Payload::Snap1(snapshot.clone()),
        Payload::Snap2(snapshot),
        Payload::Cert(Cert {
            faults: BTreeMap::from([("response-lost".to_owned(), 1)]),
            verdict: "violated".into(),
            classes: vec![FindingClass::new("residue:accumulator")],
            sha256: "ef".repeat(32),
            judge: "0.1.0+0123456789abcdef".into(),
        }),
    ]
}

/// Fails to compile when a kind is added to the journal, so that it is added to the list above too.
fn counted(payload: &Payload) -> usize {
    match payload {
        Payload::Run(_)
        | Payload::Takeover(_)
        | Payload::Snap0(_)
        | Payload::Intent(_)
        | Payload::Outcome(_) => 23,
        Payload::Snapm(_)
        | Payload::CompIntent(_)
        | Payload::CompOutcome(_)
        | Payload::Queried(_) => 23,
        Payload::Verified(_) | Payload::Unresolved(_) | Payload::Gated(_) | Payload::Played(_) => {
            23
        }
        Payload::CaseStarted(_)
        | Payload::CaseFinished(_)
        | Payload::Note(_)
        | Payload::Interrupted(_) => 23,
        Payload::AfterWindow(_) | Payload::Window(_) | Payload::Listed(_) => 23,
        Payload::Snap1(_) | Payload::Snap2(_) | Payload::Cert(_) => 23,
    }
}

#[test]
fn every_kind_survives_the_database() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
    let mut written = vec![Payload::Run(Box::new(header()))];
    for payload in every_kind() {
        written.push(
            journal
                .append_and_wait(Draft::new(at(1), payload.clone()))
                .unwrap()
                .payload,
        );
        assert_eq!(written.last(), Some(&payload));
    }
    drop(journal);
    let history = Journal::reopen(dir.path(), at(2)).unwrap().1;
    let kinds: BTreeSet<&str> = history
        .records
        .iter()
        .map(|record| record.payload.kind())
        .collect();
    assert_eq!(kinds.len(), counted(&written[0]), "{kinds:?}");
    let read: Vec<Payload> = history
        .records
        .into_iter()
        .map(|record| record.payload)
        .collect();
    assert_eq!(&read[..written.len()], &written);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_a_peer_writes_comes_back_as_it_was(
        texts in prop::collection::vec((any::<String>(), any::<String>(), any::<i64>()), 1..12),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::create(dir.path(), header(), at(0)).unwrap();
        let mut written = Vec::new();
        for (why, reply, amount) in &texts {
            let outcome = Outcome::Refused { code: why.clone(), text: reply.clone() };
            written.push(journal.append_and_wait(with_text(Payload::Outcome(Ended { outcome, ..ended() }), reply)).unwrap());
            let facts = BTreeMap::from([(why.clone(), amount.to_string()), (reply.clone(), why.clone())]);
            let note = Payload::Note(Note { code: reply.clone(), txid: None, facts });
            written.push(journal.append_and_wait(Draft::new(at(amount % 1_000_000_000), note)).unwrap());
        }
        journal.close().unwrap();
        let history = read(dir.path()).unwrap();
        prop_assert_eq!(&history.records[1..], &written[..]);
        let replies: Vec<&String> = history.messages.values().collect();
        prop_assert_eq!(replies, texts.iter().map(|(_, reply, _)| reply).collect::<Vec<_>>());
    }
}
