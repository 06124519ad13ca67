//! 不变 · Whatever the platform answers, the fold ends, and it never undoes a settlement before a later one.

use crosswipe_domain::Outcome;
use crosswipe_journal::Says;
use crosswipe_rollback::Next;
use proptest::prelude::*;

use crate::history::{History, ok, refused, unknown};

fn any_outcome() -> impl Strategy<Value = Option<Outcome>> {
    prop_oneof![
        4 => Just(Some(ok())),
        2 => Just(Some(unknown())),
        1 => Just(Some(refused("E-UNDONE"))),
        1 => Just(Some(refused("E-STATUS"))),
        1 => Just(None),
    ]
}

fn any_answer() -> impl Strategy<Value = Says> {
    prop_oneof![
        Just(Says::Applied),
        Just(Says::NotApplied),
        Just(Says::Reversed),
        Just(Says::Unclear)
    ]
}

proptest! {
    #[test]
    fn it_ends_and_goes_newest_first(
        forward in prop::collection::vec(any_outcome(), 1..6),
        undo in prop::collection::vec(any_outcome(), 64),
        answers in prop::collection::vec(any_answer(), 64),
    ) {
        let mut history = History::new();
        let mut visits = Vec::new();
        for (number, outcome) in forward.into_iter().enumerate() {
            let txid = history.intent(&format!("v{number}"), "2207");
            if let Some(outcome) = outcome {
                history.outcome(&txid, outcome);
            }
            visits.push(txid);
        }
        let (mut undo, mut answers) = (undo.into_iter().cycle(), answers.into_iter().cycle());
        let mut closed = 0;
        for step in 0.. {
            prop_assert!(step < 2_000, "it never ends");
            match history.next() {
                Next::Done => break,
                Next::Blocked { .. } => break,
                Next::Wait { .. } => unreachable!("waits are left out"),
                Next::Query { txid } => {
                    prop_assert_eq!(&txid, &visits[visits.len() - 1 - closed], "newest first");
                    let says = answers.next().unwrap();
                    history.answered(&txid, says);
                }
                Next::Resend { txid } => history.resent(&txid, unknown()),
                Next::Compensate { txid, infno, attempt, resend } => {
                    prop_assert_eq!(&txid, &visits[visits.len() - 1 - closed], "newest first");
                    history.compensated(&txid, infno, attempt, resend, undo.next().unwrap());
                }
                Next::Conclude { txid, never_applied, .. } => {
                    closed += 1;
                    history.concluded(&txid, never_applied);
                }
                Next::GiveUp { txid, reason, owner, evidence } => history.given_up(txid, reason, owner, evidence),
            }
        }
    }
}
