//! 所及 · Who must have a row: which parties its way leads over, and how far their lists reach.

use rstest::rstest;

use super::super::route::Route;
use super::super::take::Names;
use super::*;

const NATIONAL: &str = "100000";

fn parties(codes: &[(Role, &str)]) -> Vec<Party> {
    let mut parties: Vec<Party> = codes
        .iter()
        .map(|(role, code)| Party::new(*role, *code))
        .collect();
    parties.sort();
    parties
}

/// Codes on the way of a row of this institution and insured place.
fn way(parties: &[Party], institution: &str, insured: &str) -> String {
    let mut names = Names::default();
    let numbers = (names.of(institution), names.of(insured));
    let mut route = Route::learn(parties, &[]);
    let way = route.way(&names, numbers.0, numbers.1).to_vec();
    let on = parties.iter().zip(way).filter(|(_, on)| *on);
    let codes: Vec<String> = on
        .map(|(party, _)| format!("{}{}", party.role.letter(), party.code))
        .collect();
    codes.join(" ")
}

/// Two hospitals and four platforms of three provinces, a hub of one of them and the national one.
#[rstest]
#[case::within_a_city(H, "330100", "HH33010000001 T330100")]
#[case::within_a_province(H, "330200", "HH33010000001 T330100 N330000 I330200")]
#[case::over_two_provinces(H, "310115", "HH33010000001 T330100 N100000 I310000")]
#[case::from_another_province("H31011500001", "330200", "T310000 N100000 I330200")]
#[case::of_a_district("H33010600009", "330203", "T330100 N330000 I330200")]
#[case::both_unknown("", "", "")]
#[case::insured_elsewhere(H, "440300", "HH33010000001 T330100 N100000")]
#[case::insured_place_unsaid(H, "", "HH33010000001 T330100")]
#[case::institution_unsaid("", "330200", "I330200")]
#[case::an_institution_without_division("YY001", "330200", "HYY001 I330200")]
fn a_way_leads_over_those_who_serve_it(
    #[case] institution: &str,
    #[case] insured: &str,
    #[case] expected: &str,
) {
    let parties = parties(&[
        (Role::His, H),
        (Role::His, "YY001"),
        (Role::Treatment, "330100"),
        (Role::Treatment, "310000"),
        (Role::Hub, "330000"),
        (Role::Hub, NATIONAL),
        (Role::Insured, "330200"),
        (Role::Insured, "310000"),
    ]);
    assert_eq!(way(&parties, institution, insured), expected);
}

/// Of hubs of two provinces and one of all, the one of all is known by its code: of no province.
#[rstest]
#[case::the_ministry("100000", "100000")]
#[case::of_no_province("000000", "000000")]
#[case::beyond_all_provinces("990000", "990000")]
#[case::of_a_third_province("440000", "")]
#[case::of_the_first_there_is("110000", "")]
#[case::of_the_last_there_is("820000", "")]
fn who_connects_provinces(#[case] hub: &str, #[case] expected: &str) {
    let parties = parties(&[(Role::Hub, "330000"), (Role::Hub, hub)]);
    let expected = match expected {
        "" => String::new(),
        hub => format!("N{hub}"),
    };
    assert_eq!(way(&parties, H, "310000"), expected);
}

/// With one party of each role, lists that say less still lead somewhere; one hub is everybody's.
#[rstest]
#[case::all_said(H, "330200", "HH33010000001 T330100 N330000 I330200")]
#[case::insured_place_unsaid(H, "", "HH33010000001 T330100 N330000 I330200")]
#[case::institution_unsaid("", "330200", "HH33010000001 T330100 N330000 I330200")]
#[case::nothing_said("", "", "HH33010000001 T330100 N330000 I330200")]
#[case::of_another_hospital("H33010000002", "330200", "T330100 N330000 I330200")]
#[case::of_another_place("H44030000001", "330200", "N330000 I330200")]
#[case::within_the_city(H, "330182", "HH33010000001 T330100")]
#[case::of_no_division("YY001", "330200", "T330100 N330000 I330200")]
fn the_only_one_there_is_is_meant(
    #[case] institution: &str,
    #[case] insured: &str,
    #[case] expected: &str,
) {
    let parties = parties(&[
        (Role::His, H),
        (Role::Treatment, "330100"),
        (Role::Hub, "330000"),
        (Role::Insured, "330200"),
    ]);
    assert_eq!(way(&parties, institution, insured), expected);
}

/// A party that has no code of its own, or one that says nothing, serves whatever comes.
#[rstest]
#[case::unnamed("unnamed", true)]
#[case::a_name("ZJYB", true)]
#[case::eleven_signs("ZJ-YB-00-01", true)]
#[case::twelve_signs("ZJ-YB-00-001", false)]
#[case::an_institution("H33020000001", false)]
#[case::a_division("330300", false)]
fn a_code_that_says_nothing_is_everybodys(#[case] code: &str, #[case] everybodys: bool) {
    for role in [Role::Treatment, Role::Insured] {
        let parties = parties(&[(role, code)]);
        let expected = if everybodys {
            format!("{}{code}", role.letter())
        } else {
            String::new()
        };
        assert_eq!(way(&parties, H, "330200"), expected);
    }
    // It tells nobody where it lies: a hub is asked only where the way is known.
    let parties = parties(&[(Role::Hub, "330000"), (Role::Insured, code)]);
    let to_hub = way(&parties, H, "").contains('N');
    assert_eq!(to_hub, code == "330300");
}

/// Whoever books an institution serves it, whatever their codes say; and what is unsaid is learnt of nobody.
#[test]
fn a_treatment_place_serves_whom_its_book_names() {
    let row = |id, institution| RowIn {
        institution,
        ..settled(id, 2500)
    };
    let elsewhere = row("z", "H32010000001");
    let lists = |named: &[RowIn<'_>], rows: &[RowIn<'_>]| {
        let rows = [rows, std::slice::from_ref(&elsewhere)].concat();
        let audit = audit(vec![
            book(Role::Treatment, "310000", named),
            book(Role::Treatment, "320000", std::slice::from_ref(&elsewhere)),
            book(Role::Insured, "330200", &rows),
        ]);
        super::told::told(&audit).join("; ")
    };
    let both = [row("a", "YY001"), row("b", "YY001")];
    assert_eq!(
        lists(&both[..1], &both),
        "split:T|I record-lost 2500 on 02 by T [T -, I stands@2.2] T>I"
    );
    // Rows of others between its own are learnt too.
    let between = [row("x", "H31010000001"), both[0].clone(), row("y", "YY002")];
    let all = [&between[..], &[both[1].clone(), row("c", "YY002")]].concat();
    assert_eq!(
        lists(&between, &all),
        "split:T|I record-lost 2500 on 02 by T [T -, I stands@2.4] T>I; \
         split:T|I record-lost 2500 on 02 by T [T -, I stands@2.5] T>I"
    );
    let unsaid = RowIn {
        origin: "",
        ..settled("u", 2500)
    };
    let other = RowIn {
        origin: "",
        ..settled("w", 2500)
    };
    assert_eq!(
        lists(std::slice::from_ref(&unsaid), &[unsaid.clone(), other]),
        ""
    );
}

/// Between a book's last moment and the next nobody knows; a list knows its days.
#[rstest]
#[case::a_book_of_that_moment(Some(at(6, 9)), None, Verdict::Violated)]
#[case::a_book_of_the_moment_before(Some(at(6, 9).plus_ms(-1)), None, Verdict::Indeterminate)]
#[case::a_list_of_the_day(None, Some((1, 6)), Verdict::Violated)]
#[case::a_list_from_the_day_on(None, Some((6, 7)), Verdict::Violated)]
#[case::a_list_to_the_day_before(None, Some((1, 5)), Verdict::Clean)]
#[case::a_list_that_says_no_days(None, None, Verdict::Indeterminate)]
fn a_row_is_missed_where_the_list_reaches(
    #[case] taken: Option<Moment>,
    #[case] days: Option<(u32, u32)>,
    #[case] expected: Verdict,
) {
    let first = [settled("a", 2500)];
    let later = RowIn {
        time: Some(at(6, 9)),
        ..settled("b", 700)
    };
    let mut his = book(Role::His, H, &first);
    (his.whole, his.taken_at) = (taken.is_some(), taken);
    his.period = days.map(|(from, to)| (at(from, 0).day(), at(to, 0).day()));
    let audit = audit(vec![
        his,
        book(Role::Insured, "330200", &[first[0].clone(), later]),
    ]);
    assert_eq!(audit.verdict, expected, "{audit:#?}");
    let uncovered: Vec<(usize, String, u64)> = audit
        .uncovered
        .iter()
        .map(|one| (one.party, one.day.to_string(), one.transactions))
        .collect();
    let expected = match expected {
        Verdict::Indeterminate => vec![(0, "2026-05-06".to_owned(), 1)],
        _ => vec![],
    };
    assert_eq!(uncovered, expected);
}

/// Hospitals and platforms keep visits, the hub need not; of other rows each keeps what it shows.
#[test]
fn what_a_party_does_not_keep_it_has_not_lost() {
    let visit = RowIn {
        kind: "visit",
        sums: [None; 4],
        ..settled("v", 0)
    };
    let with = [settled("a", 2500), visit];
    let without = &with[..1];
    let cause = |audit: &Audit| {
        let found = audit.orphans.iter();
        found.map(|one| (one.cause, one.owner)).collect::<Vec<_>>()
    };
    let lost = four([&with, &with, without, &with]);
    assert_eq!(cause(&lost), []);
    let lost = four([&with, without, &with, &with]);
    assert_eq!(cause(&lost), [(Cause::LeftOpen, Some(3))]);
    let invoice = RowIn {
        kind: "invoice",
        ..settled("i", 5)
    };
    let keeps = [settled("a", 2500), invoice];
    assert_eq!(cause(&four([&keeps, without, without, &keeps])), []);
    // A book of totals alone is asked for totals.
    let mut totals = book(Role::His, H, &[]);
    totals.total(TotalIn {
        at: 0,
        dims: Default::default(),
        item: "medfee".into(),
        value: 2500,
    });
    let audit = audit(vec![totals, book(Role::Insured, "330200", without)]);
    assert_eq!(cause(&audit), []);
}

/// Of two whole books the later, of one moment the longer, of one length the first.
#[rstest]
#[case::later((1, 5), (2, 4), 1)]
#[case::earlier((2, 4), (1, 5), 0)]
#[case::longer((1, 4), (1, 5), 1)]
#[case::shorter((1, 5), (1, 4), 0)]
#[case::the_same((1, 5), (1, 5), 0)]
fn one_whole_book_of_a_party_counts(
    #[case] first: (u32, u64),
    #[case] second: (u32, u64),
    #[case] counts: usize,
) {
    let take = |(hour, lsn)| {
        let mut take = book(Role::Insured, "330200", &[settled("a", 2500)]);
        (take.taken_at, take.lsn) = (Some(at(9, hour)), lsn);
        take
    };
    let his = book(Role::His, H, &[settled("a", 2500)]);
    let audit = audit(vec![take(first), his, take(second)]);
    let counting = audit.sources.iter().map(|source| source.counts);
    let mut expected = [false, true, false];
    expected[2 * counts] = true;
    assert_eq!(counting.collect::<Vec<_>>(), expected);
    assert_eq!(audit.remarks, vec![Remarked::Superseded(1)]);
}

/// Rows of a later source are told by their own source.
#[test]
fn a_finding_names_the_source_of_its_rows() {
    let mut old = book(Role::His, H, &[]);
    old.taken_at = Some(at(1, 8));
    let rows = [settled("a", 2500), settled("b", 700)];
    let audit = audit(vec![
        old,
        book(Role::His, H, &rows[..1]),
        book(Role::Insured, "330200", &rows),
    ]);
    super::told::tells(
        &audit,
        &["split:H|I record-lost 700 on 02 by H [H -, I stands@2.2] H>I"],
    );
}

/// Ten rows and more without one common id: another column holds it.
#[rstest]
#[case::nine(9, false)]
#[case::ten(10, true)]
fn no_id_in_common_is_noted(#[case] rows: usize, #[case] noted: bool) {
    let ids: Vec<String> = (0..rows).map(|at| format!("s{at}")).collect();
    let his: Vec<RowIn<'_>> = ids.iter().map(|id| settled(id, 2500)).collect();
    let insured = |more: &[RowIn<'static>]| {
        let mut take = book(Role::Insured, "330200", more);
        take.taken_at = Some(at(20, 8));
        audit(vec![book(Role::His, H, &his), take])
    };
    let remark = |audit: &Audit| audit.remarks.contains(&Remarked::NoIdShared);
    assert_eq!(remark(&insured(&[])), noted);
    assert!(!remark(&insured(&[settled("s0", 2500)])));
}

/// Two lists of different days speak of different business; as soon as they meet on one day they are compared.
#[rstest]
#[case::apart(3, false)]
#[case::on_one_day(2, true)]
fn lists_are_compared_where_their_days_meet(#[case] day: u32, #[case] compared: bool) {
    let list = |role, code: &str, rows: &[RowIn<'_>]| {
        let mut take = book(role, code, rows);
        (take.whole, take.taken_at) = (false, None);
        take
    };
    let his = [settled("a", 2500)];
    let insured = [RowIn {
        time: Some(at(day, 9)),
        ..settled("b", 700)
    }];
    let result = |treatment: Take| {
        audit(vec![
            list(Role::His, H, &his),
            treatment,
            list(Role::Insured, "330200", &insured),
        ])
    };
    // A party without a row or a total is of no days.
    let nothing = result(list(Role::Treatment, "330100", &[]));
    assert_eq!(nothing.nothing_compared(), !compared, "{nothing:#?}");
    assert_eq!(nothing.orphans.is_empty(), !compared);
    // One whose rows have no day may be of any.
    let undated = result(list(
        Role::Treatment,
        "330100",
        &[RowIn {
            time: None,
            ..settled("c", 5)
        }],
    ));
    assert!(!undated.nothing_compared(), "{undated:#?}");
}
