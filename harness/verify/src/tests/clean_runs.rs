//! 无误之例 · Histories in which nothing is wrong: no false alarm, and every rule compared something.

use crate::judgement::{Held, TxState, Verdict};
use crate::testkit::{clean, two_persons};
use crate::tests::{classes, judged};

#[test]
fn a_swipe_undone_everywhere_is_clean_and_every_rule_has_compared_something() {
    let judgement = judged(&clean());
    assert_eq!(
        classes(&judgement),
        Vec::<String>::new(),
        "{:#?}",
        judgement.findings
    );
    for rule in &judgement.rules {
        assert!(rule.state == Held::Held && rule.compared > 0, "{rule:?}");
    }
    assert_eq!(judgement.verdict, Verdict::Clean);
    assert!(
        judgement
            .transactions
            .iter()
            .all(|one| one.state == TxState::Closed),
        "{:#?}",
        judgement.transactions
    );
    assert_eq!(
        (
            judgement.counts.intended,
            judgement.counts.reversed,
            judgement.counts.unresolved
        ),
        (4, 4, 0)
    );
    assert_eq!(judgement.not_checked, Vec::<String>::new());
}

#[test]
fn two_swipes_of_one_person_beside_another_person_are_clean_when_undone_newest_first() {
    let judgement = judged(&two_persons(&mut |_| {}));
    assert_eq!(
        judgement.verdict,
        Verdict::Clean,
        "{:#?} {:#?}",
        judgement.findings,
        judgement.rules
    );
    assert_eq!(judgement.not_checked, ["R8"], "no probe was sent");
}
