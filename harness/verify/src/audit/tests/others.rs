//! 随附之行 · Rows that are no settlements, word by word: visits, fee lines, payments, invoices, in-hospital flags.

use rstest::rstest;

use super::told::{says, told};
use super::*;

/// Visits, fee lines and payments: not all have them, or have them otherwise.
#[test]
fn rows_that_are_no_settlements() {
    let visit = |state| RowIn {
        kind: "visit",
        state,
        sums: [None; 4],
        ..settled("v", 0)
    };
    let line = |id: &'static str, fen, state| RowIn {
        kind: "fee-detail",
        id,
        state,
        visit: "v",
        sums: [Some(fen), None, None, None],
        ..settled("v", 0)
    };
    let ends = |his: &[RowIn<'_>], others: &[RowIn<'_>], insured: &[RowIn<'_>]| {
        told(&four([his, others, others, insured])).join("; ")
    };
    let lies = [visit(State::InHospital)];
    let stands = [visit(State::Stands)];
    let closed = [visit(State::Undone)];
    says(ends(&stands, &stands, &stands), "");
    says(
        ends(&closed, &closed, &stands),
        "one-sided:insured left-open ? on 02 by I [H undone@0.1, T undone@1.1, N undone@2.1, I stands@3.1] N>I",
    );
    says(
        ends(&stands, &closed, &closed),
        "one-sided:his left-open ? on 02 by H [H stands@0.1, T undone@1.1, N undone@2.1, I undone@3.1] H>T",
    );
    says(
        ends(&lies, &closed, &closed),
        "one-sided:his blocks-admission ? on 02 by H [H lies@0.1, T undone@1.1, N undone@2.1, I undone@3.1] H>T",
    );
    says(
        ends(&stands, &stands, &lies),
        "one-sided:insured blocks-admission ? on 02 by I [H stands@0.1, T stands@1.1, N stands@2.1, I lies@3.1] N>I",
    );
    let lines = |fen, state| [line("v/1", 100, State::Stands), line("v/2", fen, state)];
    let (two, other) = (lines(200, State::Stands), lines(230, State::Stands));
    let gone = lines(200, State::Undone);
    says(
        ends(&two, &two, &other),
        "mismatch:amount amounts-differ 30 on 02 medfee_sumamt by I [H =200@0.2, T =200@1.2, N =200@2.2, I =230@3.2] N>I",
    );
    says(
        ends(&gone, &gone, &lines(230, State::Undone)),
        "mismatch:amount amounts-differ 30 on 02 medfee_sumamt by I [H =200@0.2, T =200@1.2, N =200@2.2, I =230@3.2] N>I",
    );
    says(
        ends(&two, &two, &gone),
        "one-sided:insured left-open 200 on 02 by N [H stands@0.2, T stands@1.2, N stands@2.2, I undone@3.2] N>I",
    );
    says(
        ends(&gone, &gone, &two),
        "one-sided:insured left-open 200 on 02 by I [H undone@0.2, T undone@1.2, N undone@2.2, I stands@3.2] N>I",
    );
    says(
        ends(&two, &two[..1], &two[..1]),
        "one-sided:his booking-stopped 200 on 02 by T [H stands@0.2, T -, N -, I -] H>T",
    );
    says(
        ends(&two[..1], &two, &two),
        "one-sided:his record-lost 200 on 02 by H [H -, T stands@1.2, N stands@2.2, I stands@3.2] H>T",
    );
    says(ends(&two[..1], &gone, &gone), "");
    // Two rows of one id are added up, and a list may tell an undo by a row of its own.
    let doubled = [two[0].clone(), two[1].clone(), two[1].clone()];
    says(
        ends(&two, &two, &doubled),
        "mismatch:amount amounts-differ 200 on 02 medfee_sumamt by I [H =200@0.2, T =200@1.2, N =200@2.2, I =400@3.2] N>I",
    );
    let half = [two[0].clone(), gone[1].clone(), two[1].clone()];
    says(
        ends(&gone, &gone, &half),
        "mismatch:amount amounts-differ 200 on 02 medfee_sumamt by I [H =200@0.2, T =200@1.2, N =200@2.2, I =400@3.2] N>I",
    );
    // No amount said: nothing to compare.
    let silent = [
        two[0].clone(),
        RowIn {
            sums: [None; 4],
            ..two[1].clone()
        },
    ];
    says(ends(&two, &two, &silent), "");
}

/// Payments have an id of their own at each party and share the settlement's.
#[test]
fn payments_are_brought_together_by_their_settlement() {
    let paid = |id: &'static str, settlement: &'static str, fen| RowIn {
        kind: "payment",
        id,
        settlement,
        visit: "",
        sums: [Some(fen), None, None, None],
        ..settled("p", 0)
    };
    let two = |his: &[RowIn<'_>], insured: &[RowIn<'_>]| {
        let mut rows = (vec![settled("a", 2500)], vec![settled("a", 2500)]);
        rows.0.extend(his.to_vec());
        rows.1.extend(insured.to_vec());
        let audit = audit(vec![
            book(Role::His, H, &rows.0),
            book(Role::Insured, "330200", &rows.1),
        ]);
        (told(&audit).join("; "), audit.compared)
    };
    let compared = |payments: u64| {
        let mut all = vec![
            ("payment".to_owned(), payments),
            ("settlement".to_owned(), 1),
        ];
        all.retain(|(_, count)| *count > 0);
        all
    };
    let same = two(&[paid("p1", "a", 5)], &[paid("q7", "a", 5)]);
    assert_eq!(same, (String::new(), compared(1)));
    let differ = two(&[paid("p1", "a", 5)], &[paid("q7", "a", 6)]);
    assert_eq!(
        differ,
        (
            "mismatch:amount amounts-differ 1 on 02 medfee_sumamt by H [H =5@0.2, I =6@1.2] H>I"
                .to_owned(),
            compared(1)
        )
    );
    let unlinked = two(&[paid("p1", "", 5)], &[paid("p1", "", 5)]);
    assert_eq!(unlinked, (String::new(), compared(1)));
}

/// What stands while its settlement was undone at the same party.
#[rstest]
#[case::its_own("a", State::Stands, 1)]
#[case::undone_with_it("a", State::Undone, 0)]
#[case::of_no_settlement("", State::Stands, 0)]
#[case::of_one_that_stands("b", State::Stands, 0)]
fn an_invoice_beside_an_undone_settlement(
    #[case] settlement: &str,
    #[case] state: State,
    #[case] left: usize,
) {
    let gone = [settled("b", 700), undone("a", 2500)];
    let invoice = RowIn {
        kind: "invoice",
        settlement,
        state,
        ..settled("i", 2500)
    };
    let his = [gone[0].clone(), gone[1].clone(), invoice];
    let told = told(&four([&his, &gone, &gone, &gone]));
    assert_eq!(told.len(), left, "{told:?}");
    let expected = "residue:invoice not-undone-with 2500 on 02 by H [H stands@0.3]";
    assert!(told.iter().all(|line| line == expected), "{told:?}");
}

/// In-hospital flags and visits of one book, person by person.
#[rstest]
#[case::a_flag_and_its_visit(&[("P-1", 1)], &["P-1"], 0)]
#[case::two_flags_in_one(&[("P-1", 1), ("P-1", 1)], &["P-1", "P-1"], 0)]
#[case::a_flag_of_nought(&[("P-1", 0), ("P-2", 1)], &["P-2"], 0)]
#[case::a_flag_too_many(&[("P-1", 2)], &["P-1"], 1)]
#[case::a_flag_alone(&[("P-1", 1), ("P-2", 1)], &["P-2"], 1)]
#[case::a_visit_alone(&[("P-2", 1)], &["P-1", "P-2"], 1)]
#[case::of_another(&[("P-1", 1)], &["P-2"], 2)]
#[case::who_keeps_no_flags(&[], &["P-1"], 0)]
fn flags_are_those_of_visits(
    #[case] flags: &[(&str, i64)],
    #[case] visits: &[&str],
    #[case] left: usize,
) {
    let ids = ["v1", "v2"];
    let rows: Vec<RowIn<'_>> = visits
        .iter()
        .zip(ids)
        .map(|(person, id)| RowIn {
            kind: "visit",
            person,
            state: State::InHospital,
            sums: [None; 4],
            ..settled(id, 0)
        })
        .collect();
    let mut takes = vec![
        book(Role::His, H, &rows),
        book(Role::Insured, "330200", &rows),
    ];
    for (person, value) in flags {
        takes[1].in_hospital(person, *value);
    }
    let audit = audit(takes);
    assert_eq!(audit.orphans.len(), left, "{:?}", told(&audit));
    let asked = audit
        .compared
        .iter()
        .find(|(kind, _)| kind == "in-hospital");
    let people: std::collections::BTreeSet<&str> = flags
        .iter()
        .map(|(person, _)| *person)
        .chain(visits.iter().copied())
        .collect();
    let expected = if flags.is_empty() {
        0
    } else {
        people.len() as u64
    };
    assert_eq!(asked.map_or(0, |(_, count)| *count), expected);
}
