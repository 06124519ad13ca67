//! 医院与平台之误 · What hospitals do wrong with numbers, names and lines, and platforms with windows and ways, and what
//! the judge calls it.

use crosswipe_domain::{Cause, Entry, FenceState, InfNo, Level, Money, Outcome, Party};
use crosswipe_journal::{Intent, Payload, Purpose, UndoPlan};

use rstest::rstest;

use crate::evidence::{Evidence, Instant};
use crate::judgement::Verdict;
use crate::testkit::{
    Group, HIS, History, Keeper, PERSON, at, clean, division, faulty, his, hub, insured, plan,
    treatment, two_persons,
};
use crate::tests::{classes, judged, told};

/// Changes what the journal says of each message with this number.
fn intents(evidence: &mut Evidence, infno: &str, mut change: impl FnMut(&mut Intent)) {
    for record in &mut evidence.records {
        if let Payload::Intent(intent) = &mut record.payload
            && intent.infno.as_str() == infno
        {
            change(intent);
        }
    }
}

/// Books that note messages at all note those that book nothing, too: one that nobody got was answered out of thin air.
#[rstest]
#[case::nobody_got_it(&["his", "treatment", "hub", "insured"], &["one-sided:his"])]
#[case::it_went_no_further(&["hub", "insured"], &[])]
#[case::everybody_noted_it(&[], &[])]
fn what_is_answered_and_was_never_sent_is_made_up(
    #[case] never_heard: &[&str],
    #[case] told_as: &[&str],
) {
    let evidence = faulty(&mut |group: &mut Group| {
        if group.infno == "2203" && never_heard.contains(&group.party.role.name()) {
            group.times = 0;
        }
    });
    let judgement = judged(&evidence);
    assert_eq!(classes(&judgement), told_as, "{}", told(&judgement));
    if let Some(first) = judgement.findings.first() {
        assert_eq!(first.party, Some(his()));
        assert_eq!(judgement.verdict, Verdict::Violated);
    }
}

#[test]
fn a_settlement_of_another_total_than_was_sent_is_no_agreement_however_well_all_agree() {
    let mut evidence = clean();
    let sent = |fen: i64| {
        move |intent: &mut Intent| {
            intent
                .amounts
                .insert("medfee_sumamt".into(), Money::from_fen(fen));
        }
    };
    intents(&mut evidence, "2207", sent(10_000));
    let judgement = judged(&evidence);
    assert_eq!(judgement.verdict, Verdict::Clean, "{}", told(&judgement));
    intents(&mut evidence, "2207", sent(12_000));
    let judgement = judged(&evidence);
    assert_eq!(
        classes(&judgement),
        ["mismatch:amount"],
        "{}",
        told(&judgement)
    );
    assert_eq!(judgement.findings[0].party, Some(treatment()));
    // A trial that answers so announces it, though nothing is booked.
    let mut evidence = clean();
    intents(&mut evidence, "2206", |intent| {
        intent
            .amounts
            .insert("psn_cash_pay".into(), Money::from_fen(1));
    });
    let judgement = judged(&evidence);
    assert_eq!(
        classes(&judgement),
        ["mismatch:amount"],
        "{}",
        told(&judgement)
    );
}

#[test]
fn one_settlement_id_for_two_business_intents_is_a_mistaken_identity() {
    let mut evidence = two_persons(&mut |_| {});
    for record in &mut evidence.records {
        if let Payload::Outcome(ended) = &mut record.payload
            && let Outcome::Ok { ids, .. } = &mut ended.outcome
            && ids.get("setl_id").is_some_and(|id| id == "S-b")
        {
            ids.insert("setl_id".into(), "S-a".into());
        }
    }
    let judgement = judged(&evidence);
    assert_eq!(classes(&judgement), ["mismatch:id"], "{}", told(&judgement));
    let given = |one: &&crate::Finding| one.expected == "an id of its own";
    let given = judgement.findings.iter().find(given).expect("it is told");
    assert_eq!(given.actual, "that of a/2207");
}

#[test]
fn another_name_for_the_same_person_is_another_person() {
    let named = |garbled: Option<Party>| {
        faulty(&mut |group: &mut Group| {
            for entry in &mut group.entries {
                if let Entry::Row {
                    kind,
                    was: None,
                    facts,
                    ..
                } = entry
                    && kind == "visit"
                {
                    let odd = Some(&group.party) == garbled.as_ref();
                    let name = if odd { "P-b" } else { "P-a" };
                    facts.insert("psn_name", name);
                }
            }
        })
    };
    assert_eq!(judged(&named(None)).verdict, Verdict::Clean);
    let judgement = judged(&named(Some(insured())));
    assert_eq!(
        classes(&judgement),
        ["mismatch:person"],
        "{}",
        told(&judgement)
    );
    assert_eq!(judgement.findings[0].party, Some(insured()));
}

/// One swipe whose settlement the hospital sends once more under a number that no journal knows.
fn settled_anew(before_the_undo: bool) -> Evidence {
    settled_anew_as(before_the_undo, &|_, _| {})
}

/// The same, with what its second message says changed.
pub(super) fn settled_anew_as(
    before_the_undo: bool,
    change: &dyn Fn(&mut Cause, &mut Entry),
) -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    let anew = |history: &mut History| {
        for party in [insured(), hub(), treatment()] {
            let keeper = history.books.get_mut(&party).unwrap();
            let own = swipe[3].msgid.as_str();
            let of_first = keeper.log.iter().filter(|row| row.cause.msgid == own);
            let mut entries: Vec<Entry> = of_first.map(|row| row.entry.clone()).collect();
            entries.retain(|entry| !matches!(entry, Entry::Fence { .. }));
            for entry in &mut entries {
                if let Entry::Row { id, .. } = entry {
                    *id = format!("{id}-2").into();
                }
            }
            let mut cause = Cause {
                origin: HIS.into(),
                msgid: format!("{HIS}201706021000009999"),
                infno: "2207".into(),
            };
            for entry in &mut entries {
                change(&mut cause, entry);
            }
            let fence = Keeper::fence(&cause.origin, &cause.msgid, FenceState::Applied);
            entries.push(fence);
            keeper.append(history.now, &cause, Some(PERSON), entries);
        }
    };
    if before_the_undo {
        anew(&mut history);
    }
    history.look("a");
    history.unswipe(&swipe, &mut |_| {});
    if !before_the_undo {
        anew(&mut history);
    }
    history.close();
    history.evidence
}

#[test]
fn lines_that_are_settled_once_more_under_another_number_are_settled_twice() {
    let judgement = judged(&settled_anew(true));
    let found = classes(&judgement);
    assert!(
        found.contains(&"duplicate-settle".to_owned()),
        "{}",
        told(&judgement)
    );
    assert!(
        !found.iter().any(|class| class.starts_with("foreign")),
        "{}",
        told(&judgement)
    );
}

/// What both say of the lines that they settle: a visit, and a batch of it.
type Named = (Option<&'static str>, Option<&'static str>);

/// Same hospital, same kind of settlement, same visit, and the same batch where both name one: else nobody can know
/// that the run was meant.
#[rstest]
#[case::the_same_visit(HIS, "2207", (Some("M-a"), None), (Some("M-a"), None), true)]
#[case::the_same_batch(HIS, "2207", (Some("M-a"), Some("1")), (Some("M-a"), Some("1")), true)]
#[case::a_batch_that_the_run_did_not_name(HIS, "2207", (Some("M-a"), None), (Some("M-a"), Some("1")), true)]
#[case::no_batch_where_the_run_named_one(HIS, "2207", (Some("M-a"), Some("1")), (Some("M-a"), None), true)]
#[case::another_batch(HIS, "2207", (Some("M-a"), Some("1")), (Some("M-a"), Some("2")), false)]
#[case::another_visit(HIS, "2207", (Some("M-a"), None), (Some("M-b"), None), false)]
#[case::no_visit(HIS, "2207", (Some("M-a"), None), (None, None), false)]
#[case::no_visit_on_either_side(HIS, "2207", (None, None), (None, None), false)]
#[case::of_another_hospital("H33010000002", "2207", (Some("M-a"), None), (Some("M-a"), None), false)]
#[case::of_a_stay(HIS, "2304", (Some("M-a"), None), (Some("M-a"), None), false)]
fn a_second_message_is_of_the_run_only_if_it_settles_its_lines(
    #[case] origin: &str,
    #[case] infno: &str,
    #[case] sent: Named,
    #[case] booked: Named,
    #[case] ours: bool,
) {
    let named = |(visit, batch): Named| {
        let visit = visit.map(|visit| ("mdtrt_id".to_owned(), visit.to_owned()));
        let batch = batch.map(|batch| ("chrg_bchno".to_owned(), batch.to_owned()));
        visit.into_iter().chain(batch)
    };
    let mut evidence = settled_anew_as(true, &|cause, entry| {
        (cause.origin, cause.infno) = (origin.to_owned(), infno.to_owned());
        if let Entry::Row { kind, facts, .. } = entry
            && kind == "settlement"
        {
            facts.remove("mdtrt_id");
            facts.extend(named(booked));
        }
    });
    intents(&mut evidence, "2207", |intent| {
        intent.ids = named(sent).collect();
    });
    let judgement = judged(&evidence);
    let found = classes(&judgement);
    let strange = found.iter().any(|class| class.starts_with("foreign"));
    assert_eq!(strange, !ours, "{}", told(&judgement));
}

#[test]
fn what_is_settled_again_after_it_was_taken_back_is_a_strangers() {
    let judgement = judged(&settled_anew(false));
    let found = classes(&judgement);
    assert!(
        !found.contains(&"duplicate-settle".to_owned()),
        "{}",
        told(&judgement)
    );
    assert!(
        found.contains(&"foreign:insured".to_owned()),
        "{}",
        told(&judgement)
    );
}

/// A registration that the treatment place refuses as outside the window, under this stamp.
fn refused_as_outside(stamp: &str) -> Evidence {
    let mut history = History::begin(plan());
    history.export(Instant::T0);
    let undo = UndoPlan::Cancel {
        infno: InfNo::new("2202"),
    };
    let intent = history.intent("a", "2201", "2201", PERSON, Purpose::Business, undo);
    let cause = Cause {
        origin: HIS.into(),
        msgid: intent.msgid.as_str().into(),
        infno: "2201".into(),
    };
    for party in [treatment(), his()] {
        let refused = vec![Keeper::fence(
            HIS,
            intent.msgid.as_str(),
            FenceState::Refused,
        )];
        let keeper = history.books.get_mut(&party).unwrap();
        keeper.append(at(stamp), &cause, Some(PERSON), refused);
    }
    history.refused(&intent, "E-WINDOW");
    history.look("a");
    history.close();
    history.evidence
}

#[test]
fn who_says_outside_under_a_stamp_from_inside_has_read_another_window() {
    let judgement = judged(&refused_as_outside("2017-06-02T10:00:01+08:00"));
    assert_eq!(classes(&judgement), ["gate:window"], "{}", told(&judgement));
    assert_eq!(judgement.findings[0].party, Some(treatment()));
    // A clock that is slow says so in good faith.
    let judgement = judged(&refused_as_outside("2017-06-02T08:59:59+08:00"));
    assert_eq!(classes(&judgement), [""; 0], "{}", told(&judgement));
}

#[test]
fn who_was_passed_by_is_told_with_whom_the_message_went_to_instead() {
    let old = Party::old_platform(division("330200"));
    let mut history = History::begin(plan());
    history.books.insert(old.clone(), Keeper::open(old.clone()));
    if let Payload::Run(header) = &mut history.evidence.records[0].payload {
        header.parties.insert(old.clone(), Level::L4);
    }
    history.export(Instant::T0);
    let swipe = history.swipe("a", PERSON, &mut |_| {});
    history.look("a");
    let comp = history.compensation(&swipe[3], "2208");
    for party in [his(), treatment(), hub(), old.clone()] {
        history.book_undo(&comp, &party, &[], &mut |_| {});
    }
    history.undone(&comp);
    history.close();
    let judgement = judged(&history.evidence);
    let one_sided = |one: &&crate::Finding| one.class.as_str() == "one-sided:insured";
    let one = judgement
        .findings
        .iter()
        .find(one_sided)
        .expect("it is told");
    assert_eq!(one.party, Some(insured()));
    let named = |party: &Party| {
        let name = party.to_string();
        one.witness
            .iter()
            .any(|line| line.starts_with(&format!("{name} ")))
    };
    assert!(named(&insured()) && named(&old), "{:?}", one.witness);
}
