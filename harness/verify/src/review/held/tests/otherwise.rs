//! What a named person may take otherwise, and what is left for a signer to name.

use crosswipe_domain::{FindingClass, InfNo, Rule, TxId};
use crosswipe_journal::{CaseFinished, CaseStarted, Check};
use rstest::rstest;

use super::*;
use crate::draft::finding;
use crate::testkit::{HIS, clean};

pub(super) fn case(id: &str) -> CaseId {
    CaseId::parse(id).unwrap()
}

pub(super) fn txid(id: &str) -> TxId {
    TxId::parse(id).unwrap()
}

fn add(evidence: &mut Evidence, payload: Payload) {
    let mut record = evidence.records.last().unwrap().clone();
    record.seq += 1;
    record.payload = payload;
    evidence.records.push(record);
}

/// How a case is on record.
#[derive(Clone, Copy)]
pub(super) enum Went {
    NotPlanned,
    Planned,
    Began,
    Ended(CaseResult),
    /// Passed, and nothing was checked.
    Hollow,
}

/// One clean swipe of case `a`, which went like this; `planned` is in the plan and never began.
pub(super) fn run(went: Went) -> (Evidence, Judgement) {
    let mut evidence = clean();
    if let Payload::Run(header) = &mut evidence.records[0].payload {
        let planned = |id: &str| crosswipe_domain::PlannedCase {
            case: case(id),
            title: String::new(),
            covers: Vec::new(),
            business: None,
            insured: None,
            treatment: None,
            institution: None,
            person: None,
            matrix: false,
        };
        let own = (!matches!(went, Went::NotPlanned)).then_some("a");
        header.plan.cases = own.into_iter().chain(["planned"]).map(planned).collect();
    }
    let check = Check {
        step: "1.settle".into(),
        what: "outcome".into(),
        expected: "ok".into(),
        actual: "ok".into(),
        held: true,
    };
    let ended = match went {
        Went::NotPlanned | Went::Planned => None,
        Went::Began => Some(None),
        Went::Ended(result) => Some(Some((result, vec![check]))),
        Went::Hollow => Some(Some((CaseResult::Passed, Vec::new()))),
    };
    if let Some(ended) = ended {
        add(
            &mut evidence,
            Payload::CaseStarted(CaseStarted { case: case("a") }),
        );
        if let Some((result, checks)) = ended {
            let case = case("a");
            let finished = CaseFinished {
                case,
                result,
                checks,
            };
            add(&mut evidence, Payload::CaseFinished(finished));
        }
    }
    let judgement = judged(&evidence);
    assert_eq!(judgement.verdict, Verdict::Clean);
    (evidence, judgement)
}

fn may(said: &str) -> Overridden {
    Overridden::May(said.to_owned())
}

#[rstest]
#[case::failed(Went::Ended(CaseResult::Failed), "failed")]
#[case::error(Went::Ended(CaseResult::Error), "error")]
#[case::blocked(Went::Ended(CaseResult::Blocked), "blocked")]
#[case::passed(Went::Ended(CaseResult::Passed), "passed")]
#[case::waived(Went::Ended(CaseResult::Waived), "waived")]
#[case::never_ended(Went::Began, "error")]
#[case::passed_with_nothing_checked(Went::Hollow, "error")]
fn a_case_that_ran_and_was_brought_back_may_be_taken_as_anything_else(
    #[case] went: Went,
    #[case] was: &str,
) {
    let (evidence, judgement) = run(went);
    let on = Target::Case(case("a"));
    for says in ["passed", "failed", "error", "blocked", "skipped", "waived"] {
        let expected = match says == was {
            true => Overridden::Same,
            false => may(was),
        };
        let said = may_override(&evidence, &judgement, &on, says);
        assert_eq!(said, expected, "{was} as {says}");
    }
}

/// Nothing shows how it would have gone; that it went wrong may be said.
#[rstest]
#[case::planned(Went::Planned)]
#[case::written_down_as_skipped(Went::Ended(CaseResult::Skipped))]
fn a_case_that_never_ran_is_never_taken_for_good(#[case] went: Went) {
    let (evidence, judgement) = run(went);
    let on = Target::Case(case("a"));
    let says = |says| may_override(&evidence, &judgement, &on, says);
    assert_eq!(says("skipped"), Overridden::Same);
    assert_eq!(says("passed"), Overridden::NeverRun);
    assert_eq!(says("waived"), Overridden::NeverRun);
    assert_eq!(says("failed"), may("skipped"));
    // One that nobody planned and nobody began is none, even where messages bear its name.
    let (evidence, judgement) = run(Went::NotPlanned);
    for says in ["passed", "failed", "skipped"] {
        let said = may_override(&evidence, &judgement, &on, says);
        assert_eq!(said, Overridden::NoSuch);
    }
}

/// What the judge found beside a case that failed.
enum Beside {
    State(&'static str, TxState),
    Finding(&'static str, Option<&'static str>, Option<&'static str>),
}

/// Class, case and τ of a finding; a τ and its state. What then stands open of case `a`.
#[rstest]
#[case::left_open(Beside::State("a/2204", TxState::Open), Some("a/2204"))]
#[case::nobody_knows(Beside::State("a/2207", TxState::Unknown), Some("a/2207"))]
#[case::nothing_to_undo(Beside::State("a/2207", TxState::Nothing), None)]
#[case::of_its_books(
    Beside::Finding("residue:accumulator", Some("a"), None),
    Some("residue:accumulator")
)]
#[case::of_a_transaction_of_its(
    Beside::Finding("under-reversal", None, Some("a/2207")),
    Some("under-reversal")
)]
#[case::of_another_case(
    Beside::Finding("residue:accumulator", Some("b"), Some("b/2207")),
    None
)]
#[case::of_no_case(Beside::Finding("residue:accumulator", None, None), None)]
#[case::of_time(Beside::Finding("gate:window", Some("a"), Some("a/2207")), None)]
#[case::of_a_stranger(Beside::Finding("foreign:insured", Some("a"), None), None)]
#[case::of_proof(Beside::Finding("evidence:missing", Some("a"), None), None)]
fn an_open_rollback_is_never_taken_for_good(#[case] beside: Beside, #[case] open: Option<&str>) {
    let (evidence, mut judgement) = run(Went::Ended(CaseResult::Failed));
    let mut of_b = judgement.transactions[0].clone();
    (of_b.case, of_b.txid, of_b.state) = (case("b"), txid("b/2207"), TxState::Open);
    judgement.transactions.push(of_b);
    match beside {
        Beside::State(of, state) => {
            let mut all = judgement.transactions.iter_mut();
            all.find(|one| one.txid == txid(of)).unwrap().state = state;
        }
        Beside::Finding(class, of, about) => {
            let mut one = finding(Rule::R1, class);
            (one.case, one.txid) = (of.map(case), about.map(txid));
            judgement.findings.push(one);
        }
    }
    let on = Target::Case(case("a"));
    for says in ["passed", "waived", "skipped"] {
        let expected = open.map_or(may("failed"), |open| Overridden::Open(open.to_owned()));
        let said = may_override(&evidence, &judgement, &on, says);
        assert_eq!(said, expected, "failed as {says}");
    }
    let said = may_override(&evidence, &judgement, &on, "blocked");
    assert_eq!(said, may("failed"), "that it went otherwise wrong");
    let said = may_override(&evidence, &judgement, &on, "failed");
    assert_eq!(said, Overridden::Same, "told first: there is nothing to do");
}

/// Class, whether uncertain, state of the τ it names.
#[rstest]
#[case::of_time("gate:window", false, None, may("S1"))]
#[case::of_a_closed_transaction("gate:business", false, Some(TxState::Closed), may("S2"))]
#[case::of_one_that_booked_nothing("gate:business", false, Some(TxState::Nothing), may("S2"))]
#[case::of_an_open_transaction("gate:window", false, Some(TxState::Open), Overridden::Open("gate:window".into()))]
#[case::of_one_nobody_knows("gate:window", false, Some(TxState::Unknown), Overridden::Open("gate:window".into()))]
#[case::uncertain("gate:window", true, Some(TxState::Closed), Overridden::Open("gate:window".into()))]
#[case::of_books("residue:reconciliation", false, Some(TxState::Closed), Overridden::Open("residue:reconciliation".into()))]
#[case::of_a_history_that_changed("audit:gap", false, None, may("S1"))]
#[case::of_a_stranger("foreign:insured", false, None, Overridden::Explained)]
#[case::of_proof("evidence:missing", false, None, Overridden::Evidence)]
#[case::of_the_journal("journal:clock", false, None, Overridden::Evidence)]
fn a_finding_is_accepted_only_where_the_books_are_as_before(
    #[case] class: &str,
    #[case] uncertain: bool,
    #[case] state: Option<TxState>,
    #[case] expected: Overridden,
) {
    let (evidence, mut judgement) = run(Went::Planned);
    // Another open transaction says nothing of this finding.
    judgement.transactions[0].state = TxState::Open;
    let mut one = finding(Rule::R12, class);
    one.uncertain = uncertain;
    if let Some(state) = state {
        let last = judgement.transactions.last_mut().unwrap();
        last.state = state;
        one.txid = Some(last.txid.clone());
    }
    let on = Target::Finding {
        id: finding_id(&one),
        class: one.class.clone(),
    };
    judgement.findings.push(finding(Rule::R12, "gate:persona"));
    judgement.findings.push(one);
    let says = |judgement: &Judgement, says| may_override(&evidence, judgement, &on, says);
    assert_eq!(says(&judgement, "accepted"), expected);
    for other in ["passed", "waived", "", "S3"] {
        assert_eq!(says(&judgement, other), Overridden::Never, "{other}");
    }
    judgement.findings.pop();
    assert_eq!(says(&judgement, "accepted"), Overridden::NoSuch);
    for never in [Target::Run, Target::Transaction(txid("a/2207"))] {
        let said = may_override(&evidence, &judgement, &never, "accepted");
        assert_eq!(said, Overridden::Never);
    }
}

/// One id per thing that is wrong: every member that says what, where or of whom is part of it, and no other.
#[test]
fn a_finding_is_called_by_what_it_says_and_not_by_how_it_is_shown() {
    let one = finding(Rule::R12, "gate:window");
    let own = finding_id(&one);
    let digits = own.strip_prefix("F-").unwrap();
    assert_eq!(digits.len(), 10);
    assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let mut ids = BTreeSet::from([own.clone()]);
    type Change = fn(&mut Finding);
    let said: [Change; 10] = [
        |one| one.class = FindingClass::new("gate:persona"),
        |one| one.rule = Rule::R13,
        |one| one.party = Some(crate::testkit::hub()),
        |one| one.answered_by = Some(crate::testkit::hub()),
        |one| one.txid = Some(txid("a/2207")),
        |one| one.case = Some(case("a")),
        |one| one.person = Some(crosswipe_domain::Pseudonym::from_evidence(OTHER)),
        |one| one.location = "2207 sent".into(),
        |one| one.expected = "x".into(),
        |one| one.actual = "x".into(),
    ];
    for change in said {
        let mut other = one.clone();
        change(&mut other);
        assert!(ids.insert(finding_id(&other)), "{other:?}");
    }
    let shown: [Change; 4] = [
        |one| one.witness.push("hub:330000 #1".into()),
        |one| one.follows_from = Some(0),
        |one| one.uncertain = true,
        |one| one.unit = Some(crosswipe_domain::Unit::Fen),
    ];
    for change in shown {
        let mut same = one.clone();
        change(&mut same);
        assert_eq!(finding_id(&same), own, "{same:?}");
    }
}

/// Roots once each, cases that are not good; what was overridden is not open, unless it was taken as something bad.
#[test]
fn a_signer_names_each_open_matter_once_and_none_that_was_taken_otherwise() {
    let (mut evidence, mut judgement) = run(Went::Ended(CaseResult::Failed));
    let [window, persona, follows] =
        ["gate:window", "gate:persona", "gate:order"].map(|class| finding(Rule::R12, class));
    let id = finding_id(&window);
    judgement.findings = vec![window.clone(), persona.clone(), window, follows];
    judgement.findings[3].follows_from = Some(0);
    let open = |evidence: &Evidence| {
        let now = ReviewNow {
            judgement: &judgement,
            certificate_sha256: "",
            by_another: false,
        };
        let matters = open_matters(evidence, &judgement, &review_held(evidence, now));
        let names = matters
            .iter()
            .map(|one| (one.name().to_owned(), one.clone()));
        names.collect::<Vec<_>>()
    };
    let matter = |one: Matter| (one.name().to_owned(), one);
    let of_window = matter(Matter::Finding(id.clone(), "gate:window".into()));
    let of_persona = matter(Matter::Finding(finding_id(&persona), "gate:persona".into()));
    let of_case = |result: &str| matter(Matter::Case("a".into(), result.into()));
    let all = [of_window, of_persona.clone(), of_case("failed")];
    assert_eq!(open(&evidence), all);

    let accepts = |was: &str| ReviewAct::Override {
        on: Target::Finding {
            id: id.clone(),
            class: FindingClass::new("gate:window"),
        },
        was: was.into(),
        says: "accepted".into(),
    };
    let takes = |says: &str| ReviewAct::Override {
        on: Target::Case(case("a")),
        was: "failed".into(),
        says: says.into(),
    };
    say(&mut evidence, accepts("S4"));
    assert_eq!(
        open(&evidence),
        all,
        "an override of something else holds nothing"
    );
    say(&mut evidence, accepts("S1"));
    say(&mut evidence, takes("blocked"));
    assert_eq!(open(&evidence), [of_persona.clone(), of_case("blocked")]);
    say(&mut evidence, takes("waived"));
    assert_eq!(open(&evidence), [of_persona], "the last word counts");
}

#[test]
fn the_run_of_these_tests_is_as_they_take_it() {
    let (_, judgement) = run(Went::Planned);
    let said = judgement.transactions.iter();
    let said: Vec<(&str, TxState)> = said.map(|one| (one.txid.as_str(), one.state)).collect();
    assert!(said.contains(&("a/2207", TxState::Closed)), "{said:?}");
    let first = &judgement.transactions[0];
    assert!(first.msgid.as_str().starts_with(HIS) && first.infno == InfNo::new("2201"));
}
