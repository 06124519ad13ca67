//! What each act is called, what it speaks of, and who may leave out why.

use crosswipe_domain::{CaseId, FindingClass, Level, Moment, Party, TxId};
use rstest::rstest;

use super::*;
use crate::review::{Review, ReviewLine};

fn case() -> Target {
    Target::Case(CaseId::parse("zj-01").unwrap())
}

fn transaction() -> Target {
    Target::Transaction(TxId::parse("zj-01/2207").unwrap())
}

fn finding() -> Target {
    Target::Finding {
        id: "F-1a2b3c4d5e".into(),
        class: FindingClass::new("gate:window"),
    }
}

fn explains() -> ReviewAct {
    ReviewAct::ExplainForeign(Explained {
        party: Party::try_from("insured:330200".to_owned()).unwrap(),
        origin: "H33010000001".into(),
        msgid: "by-hand".into(),
        infno: "2207".into(),
        rows: vec![7],
        rows_sha256: "ab".repeat(32),
    })
}

fn comments(on: Target) -> ReviewAct {
    ReviewAct::Comment { on }
}

fn overrides(on: Target) -> ReviewAct {
    let (was, says) = ("failed".to_owned(), "waived".to_owned());
    ReviewAct::Override { on, was, says }
}

fn signs() -> ReviewAct {
    ReviewAct::Sign(Signature {
        role: SignedAs::Reviewer,
        unit: String::new(),
        certificate_sha256: "cd".repeat(32),
        journal_tail: "ef".repeat(32),
        verdict: Verdict::Clean,
        level: Level::L4,
        open: 0,
        named: Vec::new(),
        with_findings: false,
    })
}

/// Kind of the act, kind and id of what it speaks of; whether it counts where it says no reason; whether the judge hears it.
#[rstest]
#[case::explanation(explains(), "explain", None, false, true)]
#[case::comment_on_the_run(comments(Target::Run), "comment", Some(("run", "")), false, false)]
#[case::comment_on_a_case(comments(case()), "comment", Some(("case", "zj-01")), false, false)]
#[case::comment_on_a_transaction(comments(transaction()), "comment", Some(("transaction", "zj-01/2207")), false, false)]
#[case::comment_on_a_finding(comments(finding()), "comment", Some(("finding", "F-1a2b3c4d5e")), false, false)]
#[case::override_of_a_case(overrides(case()), "override", Some(("case", "zj-01")), false, false)]
#[case::override_of_a_finding(overrides(finding()), "override", Some(("finding", "F-1a2b3c4d5e")), false, false)]
#[case::signature(signs(), "sign", Some(("run", "")), true, false)]
fn an_act_is_called_and_speaks_of_what_it_says_and_wants_its_reason(
    #[case] act: ReviewAct,
    #[case] kind: &str,
    #[case] on: Option<(&str, &str)>,
    #[case] without_reason: bool,
    #[case] heard: bool,
) {
    assert_eq!(act.kind(), kind);
    let target = act.target().map(|target| (target.kind(), target.id()));
    assert_eq!(target, on);

    let read = |by: &str, reason: &str| {
        let at = Moment::parse("2017-06-05T09:00:00+08:00").unwrap();
        let line = ReviewLine::seal(&[], "tail", (at, by, reason), act.clone());
        Review::read(line.to_text().as_bytes(), "tail")
    };
    let whole = read("张三", "核对过");
    assert_eq!((whole.lines.len(), whole.defect), (1, None));
    assert_eq!(whole.lines[0].act, act, "as it was sealed");
    assert_eq!(whole.is_heard(), heard);
    let why = Some((1, "says neither who nor why"));
    for blank in ["", " \u{3000}"] {
        assert_eq!(read(blank, "核对过").defect, why, "nobody can be asked");
        let silent = read("张三", blank);
        assert_eq!(silent.defect, why.filter(|_| !without_reason));
        assert!(
            silent.is_heard() != without_reason,
            "a broken chain is told"
        );
    }
}

/// What the file says and what programs read in a report is one word.
#[test]
fn a_role_has_one_name_everywhere() {
    let names = SignedAs::ALL.map(SignedAs::name);
    assert_eq!(names, ["handler", "reviewer", "head"]);
    for role in SignedAs::ALL {
        assert_eq!(serde_json::to_value(role).unwrap(), role.name());
    }
}
