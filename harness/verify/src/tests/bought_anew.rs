//! 再购再结 · What a hospital or pharmacy sends once more under a number of its own, and what merely looks like it.
//!
//! Goal: the second effect of one intent is told as that, and a stranger's business is never taken for the run's.

use crosswipe_domain::{Cause, Entry, FenceState};
use crosswipe_journal::{Purpose, UndoPlan};
use rstest::rstest;

use super::lies_of_hospitals::settled_anew_as;
use crate::evidence::{Evidence, Instant};
use crate::judgement::Judgement;
use crate::testkit::{HIS, History, Keeper, OTHER, PERSON, hub, insured, path, plan, treatment};
use crate::tests::{classes, judged, told};

/// One message of a purchase, as books show it.
#[derive(Clone, Copy)]
struct Bought {
    origin: &'static str,
    infno: &'static str,
    person: &'static str,
    /// The pharmacy's own serials of its lines.
    serials: &'static [&'static str],
    /// The lines were there before, and this message only changed them.
    changed: bool,
    /// What its record says.
    status: &'static str,
}

const AS_IT_WAS: Bought = Bought {
    origin: HIS,
    infno: "2102",
    person: PERSON,
    serials: &["L1", "L2"],
    changed: false,
    status: "settled",
};

impl Bought {
    /// Rows of visit and ids of its own, since each purchase is given these.
    fn entries(&self, own: &str, msgid: &str) -> Vec<Entry> {
        let row = |kind: &str, id: String, status: &str, fact: (&str, &str), was: Option<&str>| {
            Entry::Row {
                kind: kind.into(),
                id: id.into(),
                status: status.into(),
                was: was.map(Into::into),
                facts: [(fact.0.to_owned(), fact.1.to_owned())]
                    .into_iter()
                    .collect(),
                amounts: Default::default(),
            }
        };
        let was = self.changed.then_some("held");
        let lines = self.serials.iter().map(|serial| {
            let id = format!("F-{own}-{serial}");
            row("fee-detail", id, "charged", ("feedetl_sn", serial), was)
        });
        let mut entries: Vec<Entry> = lines.collect();
        let visit = format!("M-{own}");
        let id = format!("S-{own}");
        entries.push(row(
            "settlement",
            id,
            self.status,
            ("mdtrt_id", &visit),
            None,
        ));
        entries.push(Keeper::fence(self.origin, msgid, FenceState::Applied));
        entries
    }

    fn cause(&self, msgid: &str) -> Cause {
        Cause {
            origin: self.origin.into(),
            msgid: msgid.into(),
            infno: self.infno.into(),
        }
    }
}

/// A purchase of the run; a second one by a number that no journal knows, before or after the first is taken back.
fn bought(first: Bought, second: Option<Bought>, before_the_undo: bool) -> Judgement {
    let mut plan = plan();
    plan.window.phases[1].allow[0].business.clear();
    let mut history = History::begin(plan);
    history.export(Instant::T0);
    let undo = UndoPlan::Cancel {
        infno: crosswipe_domain::InfNo::new("2103"),
    };
    let intent = history.intent(
        "a",
        "2102",
        first.infno,
        first.person,
        Purpose::Business,
        undo,
    );
    let now = history.now;
    for party in path() {
        let msgid = intent.msgid.as_str();
        let entries = first.entries("1", msgid);
        let keeper = history.books.get_mut(&party).unwrap();
        keeper.append(now, &first.cause(msgid), Some(first.person), entries);
    }
    history.ok(&intent, &[("mdtrt_id", "M-1"), ("setl_id", "S-1")], &[]);
    let anew = |history: &mut History| {
        let Some(second) = second else {
            return;
        };
        let now = history.now;
        for party in [insured(), hub(), treatment()] {
            let keeper = history.books.get_mut(&party).unwrap();
            let entries = second.entries("2", "anew");
            keeper.append(now, &second.cause("anew"), Some(second.person), entries);
        }
    };
    if before_the_undo {
        anew(&mut history);
    }
    history.look("a");
    history.undo(&intent, "2103", &[], &mut |_| {});
    if !before_the_undo {
        anew(&mut history);
    }
    history.close();
    judged(&history.evidence)
}

/// Whether it is taken for the run's own, settled twice, and whether for a stranger's.
fn taken(judgement: &Judgement) -> (bool, bool) {
    let found = classes(judgement);
    let twice = found.contains(&"duplicate-settle".to_owned());
    (
        twice,
        found.iter().any(|class| class.starts_with("foreign")),
    )
}

const TWICE: (bool, bool) = (true, false);
const A_STRANGERS: (bool, bool) = (false, true);

#[rstest]
#[case::the_same_lines(AS_IT_WAS, AS_IT_WAS, TWICE)]
#[case::in_another_order(AS_IT_WAS, Bought { serials: &["L2", "L1"], ..AS_IT_WAS }, TWICE)]
#[case::of_another_person(AS_IT_WAS, Bought { person: OTHER, ..AS_IT_WAS }, A_STRANGERS)]
#[case::at_another_pharmacy(AS_IT_WAS, Bought { origin: "P33010000002", ..AS_IT_WAS }, A_STRANGERS)]
#[case::a_line_less(AS_IT_WAS, Bought { serials: &["L1"], ..AS_IT_WAS }, A_STRANGERS)]
#[case::a_line_more(AS_IT_WAS, Bought { serials: &["L1", "L2", "L3"], ..AS_IT_WAS }, A_STRANGERS)]
#[case::other_lines(AS_IT_WAS, Bought { serials: &["L3", "L4"], ..AS_IT_WAS }, A_STRANGERS)]
#[case::no_lines(AS_IT_WAS, Bought { serials: &[], ..AS_IT_WAS }, A_STRANGERS)]
#[case::no_lines_on_either_side(Bought { serials: &[], ..AS_IT_WAS }, Bought { serials: &[], ..AS_IT_WAS }, A_STRANGERS)]
#[case::lines_that_were_there(AS_IT_WAS, Bought { changed: true, ..AS_IT_WAS }, A_STRANGERS)]
#[case::over_a_counter_of_a_hospital(AS_IT_WAS, Bought { infno: "2207", ..AS_IT_WAS }, A_STRANGERS)]
#[case::after_a_counter_of_a_hospital(Bought { infno: "2207", ..AS_IT_WAS }, AS_IT_WAS, A_STRANGERS)]
#[case::a_record_that_does_not_stand(AS_IT_WAS, Bought { status: "reversed", ..AS_IT_WAS }, A_STRANGERS)]
fn a_second_purchase_is_the_runs_only_if_it_is_of_the_very_lines(
    #[case] first: Bought,
    #[case] second: Bought,
    #[case] expected: (bool, bool),
) {
    let alone = bought(first, None, true);
    assert_eq!(taken(&alone), (false, false), "{}", told(&alone));
    let judgement = bought(first, Some(second), true);
    assert_eq!(taken(&judgement), expected, "{}", told(&judgement));
}

#[test]
fn what_is_bought_again_after_it_was_taken_back_is_a_strangers() {
    let judgement = bought(AS_IT_WAS, Some(AS_IT_WAS), false);
    assert_eq!(taken(&judgement), A_STRANGERS, "{}", told(&judgement));
}

/// What the second message says of its record, and of rows that bear the number of the first.
#[rstest]
#[case::it_stands("settled", None, None, TWICE)]
#[case::it_never_stood("reversed", None, None, A_STRANGERS)]
#[case::it_was_there_before("settled", Some("held"), None, A_STRANGERS)]
#[case::a_voucher_of_the_same_number("settled", None, Some("printed"), TWICE)]
fn only_a_record_that_is_born_standing_settles_again(
    #[case] status: &'static str,
    #[case] was: Option<&'static str>,
    #[case] voucher: Option<&'static str>,
    #[case] expected: (bool, bool),
) {
    let evidence: Evidence = settled_anew_as(true, &|_, entry| match entry {
        Entry::Row {
            kind,
            status: own,
            was: before,
            ..
        } if kind == "settlement" => {
            *own = status.into();
            *before = was.map(Into::into);
        }
        // It stands before the record in its group.
        Entry::Posting { cell, .. } if cell.kind == "settlement" => {
            if let Some(voucher) = voucher {
                *entry = Entry::Row {
                    kind: "voucher".into(),
                    id: "S-a".into(),
                    status: voucher.into(),
                    was: Some("drawn".into()),
                    facts: Default::default(),
                    amounts: Default::default(),
                };
            }
        }
        _ => {}
    });
    let judgement = judged(&evidence);
    assert_eq!(taken(&judgement), expected, "{}", told(&judgement));
}
