//! 所述 · Findings word by word: who says what by which row, where it changes, how much, who acts, what follows from it.

use rstest::rstest;

use super::*;

/// `H -  T S@1 | …`: party and word, and the line of its file; texts as a, b, c in the order in which they come.
fn witnesses(audit: &Audit, one: &Orphan) -> String {
    let mut texts: Vec<u64> = Vec::new();
    let mut words = Vec::new();
    for witness in &one.witnesses {
        let word = match witness.said {
            Said::Nothing => "-".to_owned(),
            Said::Stands => "stands".to_owned(),
            Said::PartRefunded(fen) => format!("part {fen}"),
            Said::Undone => "undone".to_owned(),
            Said::RefundAlone(fen) => format!("refund {fen}"),
            Said::InHospital => "lies".to_owned(),
            Said::Value(fen) => format!("={fen}"),
            Said::LogSum(fen) => format!("log {fen}"),
            Said::On(day) => day.to_string(),
            Said::Text(digest) => {
                if !texts.contains(&digest) {
                    texts.push(digest);
                }
                let place = texts.iter().position(|text| *text == digest).unwrap();
                ["a", "b", "c", "d"][place].to_owned()
            }
        };
        let row = witness
            .row
            .map_or_else(String::new, |row| format!("@{}.{}", row.source, row.at));
        let letter = audit.parties[witness.party].role.letter();
        words.push(format!("{letter} {word}{row}"));
    }
    words.join(", ")
}

/// One line per finding.
pub(super) fn told(audit: &Audit) -> Vec<String> {
    let party = |at: usize| audit.parties[at].role.letter();
    let line = |one: &Orphan| {
        let hops: Vec<String> = one
            .hops
            .iter()
            .map(|(a, b)| format!("{}>{}", party(*a), party(*b)))
            .collect();
        let mut line = format!(
            "{} {} {}",
            one.class.as_str(),
            &one.cause.code()["orphan:".len()..],
            one.amount.map_or("?".to_owned(), |fen| fen.to_string()),
        );
        if let Some(day) = one.day {
            line += &format!(" on {}", &day.to_string()[8..]);
        }
        if let Some(field) = &one.field {
            line += &format!(" {field}");
        }
        if let Some(owner) = one.owner {
            line += &format!(" by {}", party(owner));
        }
        line += &format!(" [{}] {}", witnesses(audit, one), hops.join(" "));
        if let Some(cause) = one.follows_from {
            line += &format!(" follows {cause}");
        }
        line.trim_end().to_owned()
    };
    audit.orphans.iter().map(line).collect()
}

#[track_caller]
pub(super) fn tells(audit: &Audit, expected: &[&str]) {
    let told = told(audit);
    assert_eq!(told, expected, "{told:#?}");
}

#[track_caller]
pub(super) fn says(told: String, expected: &str) {
    assert_eq!(told, expected);
}

/// The same settlement at all four but for one thing, and where it was undone the refund on another day.
#[test]
fn each_party_is_shown_by_the_row_that_says_what_it_says() {
    let keeps = [settled("z", 100), settled("a", 2500)];
    let next_day = RowIn {
        time: Some(at(3, 9)),
        ..refund("r", "a", 2500)
    };
    let gave = [settled("z", 100), undone("a", 2500), next_day.clone()];
    let part = [
        settled("z", 100),
        settled("a", 2500),
        RowIn {
            sums: [Some(-700), None, None, None],
            ..next_day.clone()
        },
    ];
    let marked = [settled("z", 100), undone("a", 2500)];
    let alone = [settled("z", 100), next_day];
    tells(
        &four([&keeps, &keeps, &gave, &gave]),
        &[
            "split:HT|NI refund-unheard 2500 on 03 by T [H stands@0.2, T stands@1.2, N undone@2.3, I undone@3.3] T>N",
        ],
    );
    tells(
        &four([&keeps, &keeps, &keeps, &part]),
        &[
            "one-sided:insured refund-unheard 700 on 03 by N [H stands@0.2, T stands@1.2, N stands@2.2, I part 700@3.3] N>I",
        ],
    );
    tells(
        &four([&part, &keeps, &keeps, &keeps]),
        &[
            "one-sided:his refund-stopped 700 on 03 by H [H part 700@0.3, T stands@1.2, N stands@2.2, I stands@3.2] H>T",
        ],
    );
    tells(
        &four([&gave, &part, &part, &part]),
        &[
            "one-sided:his refund-stopped 1800 on 03 by H [H undone@0.3, T part 700@1.3, N part 700@2.3, I part 700@3.3] H>T",
        ],
    );
    tells(
        &four([&keeps, &keeps, &marked, &marked]),
        &[
            "split:HT|NI refund-unheard 2500 on 02 by T [H stands@0.2, T stands@1.2, N undone@2.2, I undone@3.2] T>N",
        ],
    );
    tells(
        &four([&keeps, &keeps, &keeps, &alone]),
        &[
            "one-sided:insured refund-unheard 5000 on 03 by N [H stands@0.2, T stands@1.2, N stands@2.2, I refund 2500@3.2] N>I",
        ],
    );
    tells(
        &four([&gave, &gave, &gave, &alone]),
        &[
            "one-sided:insured refund-stopped 2500 on 03 by N [H undone@0.3, T undone@1.3, N undone@2.3, I refund 2500@3.2] N>I",
        ],
    );
    tells(
        &four([&alone, &alone, &alone, &alone]),
        &[
            "empty-reversal refund-without-original 2500 on 03 [H refund 2500@0.2, T refund 2500@1.2, N refund 2500@2.2, I refund 2500@3.2]",
        ],
    );
}

/// Two words in one row of parties may change more than once: the one in the middle is the odd one.
#[rstest]
#[case::lost([1, 0, 1, 1], &["one-sided:treatment record-lost 2500 on 02 by T [H stands@0.2, T -, N stands@2.2, I stands@3.2] H>T T>N"])]
#[case::lost_twice([1, 0, 1, 0], &["split:HN|TI record-lost 2500 on 02 by T [H stands@0.2, T -, N stands@2.2, I -] H>T T>N N>I"])]
#[case::lost_at_the_end([1, 1, 1, 0], &["one-sided:insured booking-stopped 2500 on 02 by N [H stands@0.2, T stands@1.2, N stands@2.2, I -] N>I"])]
#[case::only_in_front([1, 0, 0, 0], &["one-sided:his booking-stopped 2500 on 02 by H [H stands@0.2, T -, N -, I -] H>T"])]
#[case::only_behind([0, 0, 1, 1], &["split:HT|NI record-lost 2500 on 02 by T [H -, T -, N stands@2.2, I stands@3.2] T>N"])]
fn who_lacks_a_settlement(#[case] has: [u8; 4], #[case] expected: &[&str]) {
    let both = [settled("b", 700), settled("a", 2500)];
    let pick = |at: usize| &both[..1 + usize::from(has[at])];
    tells(&four([pick(0), pick(1), pick(2), pick(3)]), expected);
}

/// Refunds that are not what was paid, by one party's own books; all others say the same.
#[rstest]
#[case::in_two_parts_too_much(&[1500, 1500], true, &["double-reversal refunded-too-much 500 on 02 by H [H =3000@0.2, T =3000@1.2, N =3000@2.2, I =3000@3.2]"])]
#[case::at_once_too_much(&[3000], true, &["over-reversal refunded-too-much 500 on 02 by H [H =3000@0.2, T =3000@1.2, N =3000@2.2, I =3000@3.2]"])]
#[case::too_little(&[2000], true, &["under-reversal refunded-too-little 500 on 02 by H [H =2000@0.2, T =2000@1.2, N =2000@2.2, I =2000@3.2]"])]
#[case::too_little_in_parts(&[1000, 1000], true, &["under-reversal refunded-too-little 500 on 02 by H [H =2000@0.2, T =2000@1.2, N =2000@2.2, I =2000@3.2]"])]
#[case::in_two_parts_just_right(&[1000, 1500], true, &[])]
#[case::a_part_of_what_stands(&[1000], false, &[])]
fn what_came_back_is_held_against_what_was_paid(
    #[case] back: &[i64],
    #[case] marked: bool,
    #[case] expected: &[&str],
) {
    let mut rows = vec![match marked {
        true => undone("a", 2500),
        false => settled("a", 2500),
    }];
    for (id, fen) in ["r", "s"].into_iter().zip(back) {
        rows.push(refund(id, "a", *fen));
    }
    let audit = four([&rows, &rows, &rows, &rows]);
    tells(&audit, expected);
}

/// Undone at one party by a row of its own, at another by nothing but its status: the same is left.
#[test]
fn a_status_alone_is_an_undo_too() {
    let by_row = [undone("a", 2500), refund("r", "a", 2500), settled("b", 700)];
    let by_status = [undone("a", 2500), settled("b", 700)];
    let audit = four([&by_row, &by_status, &by_row, &by_status]);
    assert_eq!(audit.verdict, Verdict::Clean, "{audit:#?}");
    assert_eq!(audit.standing, vec![(1, 700); 4]);
    assert_eq!(audit.compared, vec![("settlement".to_owned(), 2)]);
}

/// A list in which one settlement stands twice under the same id.
#[test]
fn a_settlement_that_one_party_lists_twice() {
    let once = [settled("b", 700), settled("a", 2500)];
    let twice = [settled("b", 700), settled("a", 2500), settled("a", 2500)];
    tells(
        &four([&once, &once, &once, &twice]),
        &[
            "duplicate-settle settled-twice 2500 on 02 by I [H =2500@0.2, T =2500@1.2, N =2500@2.2, I =5000@3.2]",
        ],
    );
    tells(
        &four([&twice, &once, &once, &once]),
        &[
            "duplicate-settle settled-twice 2500 on 02 by H [H =5000@0.2, T =2500@1.2, N =2500@2.2, I =2500@3.2]",
        ],
    );
    tells(&four([&twice, &twice, &twice, &twice]), &[]);
    tells(
        &four([&once[..1], &twice, &twice, &twice]),
        &[
            "one-sided:his record-lost 5000 on 02 by H [H -, T stands@1.2, N stands@2.2, I stands@3.2] H>T",
        ],
    );
}

#[rstest]
#[case::total([Some(2400), Some(2400), Some(0), Some(100)], &["mismatch:amount amounts-differ 100 on 02 medfee_sumamt by N [H =2500@0.2, T =2500@1.2, N =2400@2.2, I =2500@3.2] T>N N>I"])]
#[case::fund([Some(2500), Some(2300), Some(0), Some(100)], &["mismatch:split split-differs 100 on 02 fund_pay_sumamt by N [H =2400@0.2, T =2400@1.2, N =2300@2.2, I =2400@3.2] T>N N>I"])]
#[case::account([Some(2500), Some(2400), Some(60), Some(100)], &["mismatch:split split-differs 60 on 02 acct_pay by N [H =0@0.2, T =0@1.2, N =60@2.2, I =0@3.2] T>N N>I"])]
#[case::cash([Some(2500), Some(2400), Some(0), Some(140)], &["mismatch:split split-differs 40 on 02 psn_cash_pay by N [H =100@0.2, T =100@1.2, N =140@2.2, I =100@3.2] T>N N>I"])]
#[case::not_said([Some(2500), None, None, None], &[])]
#[case::total_not_said([None, Some(2400), Some(0), Some(100)], &[])]
#[case::only_the_cash_and_wrong([None, None, None, Some(140)], &["mismatch:split split-differs 40 on 02 psn_cash_pay by N [H =100@0.2, T =100@1.2, N =140@2.2, I =100@3.2] T>N N>I"])]
fn an_amount_that_differs_is_named(#[case] sums: [Option<i64>; 4], #[case] expected: &[&str]) {
    let meant = [settled("b", 700), settled("a", 2500)];
    let other = [
        settled("b", 700),
        RowIn {
            sums,
            ..settled("a", 2500)
        },
    ];
    tells(&four([&meant, &meant, &other, &meant]), expected);
}

/// Everything of a settlement that is no amount, in the order of its weight.
#[test]
fn a_field_that_differs_is_named() {
    let meant = || settled("a", 2500);
    let columns = |name: &str, fen| {
        let mut rest = crate::audit::Rest::default();
        rest.add("hifp_pay", 2400);
        rest.add(name, fen);
        RowIn { rest, ..meant() }
    };
    let differ = |his: RowIn<'_>, others: RowIn<'_>| {
        let audit = four([
            &[settled("b", 700), his],
            &[settled("b", 700), others.clone()],
            &[others.clone(), settled("b", 700)],
            &[settled("b", 700), others],
        ]);
        told(&audit).join("; ")
    };
    let of = |change: fn(&mut RowIn<'static>)| {
        let mut row = settled("a", 2500);
        change(&mut row);
        differ(row, meant())
    };
    says(
        of(|row| row.person = "P-ffffffffffff"),
        "mismatch:person persons-differ ? on 02 psn_no by H [H a@0.2, T b@1.2, N b@2.1, I b@3.2] H>T",
    );
    // A number is no pseudonym.
    says(of(|row| row.person = "330106199001010000"), "");
    says(of(|row| row.person = ""), "");
    says(
        of(|row| row.msgid = "m2"),
        "mismatch:id ids-differ ? on 02 msgid by H [H a@0.2, T b@1.2, N b@2.1, I b@3.2] H>T",
    );
    // An opening is no message.
    says(of(|row| row.msgid = "opening"), "");
    says(
        of(|row| row.visit = "v2"),
        "mismatch:id ids-differ ? on 02 mdtrt_id by H [H a@0.2, T b@1.2, N b@2.1, I b@3.2] H>T",
    );
    says(
        of(|row| row.insutype = "390"),
        "mismatch:id ids-differ ? on 02 insutype by H [H a@0.2, T b@1.2, N b@2.1, I b@3.2] H>T",
    );
    says(of(|row| row.insutype = ""), "");
    says(
        of(|row| row.time = Some(at(3, 0))),
        "residue:reconciliation days-differ 2500 on 03 day by H [H 2026-05-03@0.2, T 2026-05-02@1.2, N 2026-05-02@2.1, I 2026-05-02@3.2] H>T",
    );
    // The same day.
    says(of(|row| row.time = Some(at(2, 23))), "");
    says(of(|row| row.time = None), "");
    says(
        differ(columns("hifes_pay", 30), columns("hifes_pay", 31)),
        "mismatch:split split-differs ? on 02 fund lines by H [H a@0.2, T b@1.2, N b@2.1, I b@3.2] H>T",
    );
    says(
        differ(columns("hifes_pay", 30), columns("hifes_pay", 30)),
        "",
    );
    // Other columns.
    says(differ(columns("hifes_pay", 30), columns("maf_pay", 30)), "");
    says(differ(columns("hifes_pay", 30), meant()), "");
}

/// Lists may name people in ways that nobody can compare; then that they differ says nothing.
#[rstest]
#[case::one_of_nine(9, 1, 1)]
#[case::nine_of_ten(10, 9, 9)]
#[case::ten_of_eleven(11, 10, 0)]
#[case::ten_of_nineteen(19, 10, 0)]
#[case::ten_of_twenty(20, 10, 10)]
#[case::eleven_of_twenty(20, 11, 0)]
fn people_who_are_nearly_all_others_were_not_comparable(
    #[case] settlements: usize,
    #[case] others: usize,
    #[case] told: usize,
) {
    // One of them differs in its amount: what is of another cause stays.
    let settlements = settlements - 1;
    let ids: Vec<String> = (0..settlements).map(|at| format!("s{at}")).collect();
    let names: Vec<String> = (0..settlements).map(|at| format!("P-{at:012}")).collect();
    let his: Vec<RowIn<'_>> = ids.iter().map(|id| settled(id, 2500)).collect();
    let insured: Vec<RowIn<'_>> = (0..settlements)
        .map(|at| match at < others {
            true => RowIn {
                person: &names[at],
                ..settled(&ids[at], 2500)
            },
            false => settled(&ids[at], 2500),
        })
        .collect();
    let amount = RowIn {
        sums: [Some(1); 4],
        ..settled("amount", 2500)
    };
    let (mut his, mut insured) = (his, insured);
    his.push(settled("amount", 2500));
    insured.push(amount);
    let audit = audit(vec![
        book(Role::His, H, &his),
        book(Role::Insured, "330200", &insured),
    ]);
    let persons = |one: &&Orphan| one.cause == Cause::PersonsDiffer;
    assert_eq!(audit.orphans.iter().filter(persons).count(), told);
    assert_eq!(audit.orphans.len(), told + 1);
}

/// A refund that names nothing is of the visit's only settlement, or of the one that it fits to the cent.
#[test]
fn a_refund_without_reference_among_several() {
    let of_visit = |row: RowIn<'static>| RowIn { visit: "v", ..row };
    let loose = |id: &'static str, fen: i64| {
        of_visit(RowIn {
            original: "",
            sums: [Some(-fen), Some(100 - fen), Some(0), Some(-100)],
            ..refund(id, "", fen)
        })
    };
    let stand = [of_visit(settled("a", 2500)), of_visit(settled("b", 700))];
    let fits = [stand[0].clone(), stand[1].clone(), loose("x", 700)];
    let fits_both = [
        stand[0].clone(),
        of_visit(settled("b", 2500)),
        loose("x", 2500),
    ];
    let fits_none = [stand[0].clone(), stand[1].clone(), loose("x", 600)];
    let own = [stand[0].clone(), stand[1].clone(), loose("b", 600)];
    let elsewhere = [
        stand[0].clone(),
        RowIn {
            visit: "w",
            ..loose("x", 2500)
        },
    ];
    let nowhere = [
        stand[0].clone(),
        RowIn {
            visit: "",
            ..loose("x", 2500)
        },
    ];
    let two = |rows: &[RowIn<'_>]| {
        audit(vec![
            book(Role::His, H, &stand),
            book(Role::Insured, "330200", rows),
        ])
    };
    tells(
        &two(&fits),
        &["split:H|I refund-unheard 700 on 02 by H [H stands@0.2, I undone@1.3] H>I"],
    );
    tells(
        &two(&fits_both),
        &[
            "split:H|I refund-unheard 2500 on 02 by H [H -, I refund 2500@1.3] H>I",
            "mismatch:amount amounts-differ 1800 on 02 medfee_sumamt by H [H =700@0.2, I =2500@1.2] H>I",
        ],
    );
    tells(
        &two(&fits_none),
        &["split:H|I refund-unheard 600 on 02 by H [H -, I refund 600@1.3] H>I"],
    );
    tells(
        &two(&own),
        &["split:H|I refund-unheard 600 on 02 by H [H stands@0.2, I part 600@1.3] H>I"],
    );
    tells(
        &two(&elsewhere),
        &[
            "split:H|I refund-unheard 2500 on 02 by H [H -, I refund 2500@1.2] H>I",
            "split:H|I booking-stopped 700 on 02 by H [H stands@0.2, I -] H>I",
        ],
    );
    tells(
        &two(&nowhere),
        &[
            "split:H|I refund-unheard 2500 on 02 by H [H -, I refund 2500@1.2] H>I",
            "split:H|I booking-stopped 700 on 02 by H [H stands@0.2, I -] H>I",
        ],
    );
}

/// Lists without references, on which all agree: noted, and no finding; a whole book must know.
#[test]
fn a_refund_of_nothing_that_all_parties_have() {
    let rows = [settled("b", 700), refund("r", "gone", 2500)];
    let list = |role, code| Take {
        whole: false,
        ..book(role, code, &rows)
    };
    let audit = |whole: bool| {
        let his = match whole {
            true => book(Role::His, H, &rows),
            false => list(Role::His, H),
        };
        super::super::audit(vec![his, book(Role::Insured, "330200", &rows)])
    };
    tells(
        &audit(true),
        &[
            "empty-reversal refund-without-original 2500 on 02 [H refund 2500@0.2, I refund 2500@1.2]",
        ],
    );
    assert_eq!(audit(true).remarks, vec![]);
    tells(&audit(false), &[]);
    assert_eq!(
        audit(false).remarks,
        vec![Remarked::RefundsWithoutReference(1)]
    );
}

/// Made in a party's own system: no institution sent it, or no message stands where the settlement has one.
#[test]
fn a_refund_made_by_hand_is_of_whoever_made_it() {
    let stands = [settled("b", 700), settled("a", 2500)];
    let by = |origin: &'static str, msgid: &'static str, settled_by: &'static str| {
        let rows = [
            settled("b", 700),
            RowIn {
                msgid: settled_by,
                ..undone("a", 2500)
            },
            RowIn {
                origin,
                msgid,
                ..refund("r", "a", 2500)
            },
        ];
        let stands = [
            stands[0].clone(),
            RowIn {
                msgid: settled_by,
                ..stands[1].clone()
            },
        ];
        told(&four([&stands, &stands, &stands, &rows])).join("; ")
    };
    says(
        by("330200", "m2", "m1"),
        "one-sided:insured refund-direct 2500 on 02 by I [H stands@0.2, T stands@1.2, N stands@2.2, I undone@3.3] N>I",
    );
    says(
        by(H, "", "m1"),
        "one-sided:insured refund-direct 2500 on 02 by I [H stands@0.2, T stands@1.2, N stands@2.2, I undone@3.3] N>I",
    );
    says(
        by(H, "m2", "m1"),
        "one-sided:insured refund-unheard 2500 on 02 by N [H stands@0.2, T stands@1.2, N stands@2.2, I undone@3.3] N>I",
    );
    // A list without messages says nothing.
    says(
        by(H, "", ""),
        "one-sided:insured refund-unheard 2500 on 02 by N [H stands@0.2, T stands@1.2, N stands@2.2, I undone@3.3] N>I",
    );
}

/// Settled twice: by one message under two ids, or once more for one visit and amount.
#[test]
fn settlements_that_are_twins() {
    let row = |id: &'static str, msgid: &'static str, visit: &'static str, fen| RowIn {
        msgid,
        visit,
        ..settled(id, fen)
    };
    let first = row("a", "m1", "v", 2500);
    let keeps = [settled("b", 700), first.clone()];
    let with = |more: RowIn<'static>| [settled("b", 700), first.clone(), more];
    let behind = |rows: &[RowIn<'_>]| told(&four([&keeps, rows, rows, rows])).join("; ");
    says(
        behind(&with(row("c", "m2", "v", 2500))),
        "duplicate-settle settled-twice 2500 on 02 by H [H -, T stands@1.3, N stands@2.3, I stands@3.3] H>T",
    );
    // Another amount.
    says(
        behind(&with(row("c", "m2", "v", 2400))),
        "one-sided:his record-lost 2400 on 02 by H [H -, T stands@1.3, N stands@2.3, I stands@3.3] H>T",
    );
    // Another visit.
    says(
        behind(&with(row("c", "m2", "w", 2500))),
        "one-sided:his record-lost 2500 on 02 by H [H -, T stands@1.3, N stands@2.3, I stands@3.3] H>T",
    );
    // No visit.
    says(
        behind(&with(row("c", "m2", "", 2500))),
        "one-sided:his record-lost 2500 on 02 by H [H -, T stands@1.3, N stands@2.3, I stands@3.3] H>T",
    );
    // Only some of those behind have the first.
    let without = [settled("b", 700), row("c", "m2", "v", 2500)];
    let twice = with(row("c", "m2", "v", 2500));
    tells(
        &four([&keeps[..1], &twice, &twice, &twice]),
        &[
            "one-sided:his record-lost 2500 on 02 by H [H -, T stands@1.2, N stands@2.2, I stands@3.2] H>T",
            "one-sided:his record-lost 2500 on 02 by H [H -, T stands@1.3, N stands@2.3, I stands@3.3] H>T",
        ],
    );
    tells(
        &four([&keeps, &without, &without, &without]),
        &[
            "one-sided:his booking-stopped 2500 on 02 by H [H stands@0.2, T -, N -, I -] H>T",
            "one-sided:his record-lost 2500 on 02 by H [H -, T stands@1.2, N stands@2.2, I stands@3.2] H>T",
        ],
    );
    // One message, two ids.
    let renamed = [settled("b", 700), row("z", "m1", "v", 2500)];
    tells(
        &four([&keeps, &keeps, &renamed, &renamed]),
        &[
            "mismatch:id ids-differ 2500 on 02 setl_id by T [H a@0.2, T a@1.2, N b@2.2, I b@3.2] T>N",
        ],
    );
    tells(
        &four([&keeps, &renamed, &keeps, &keeps]),
        &[
            "mismatch:id ids-differ 2500 on 02 setl_id by T [H a@0.2, T b@1.2, N a@2.2, I a@3.2] H>T T>N",
        ],
    );
    let unsaid = [settled("b", 700), row("z", "", "v", 2500)];
    tells(
        &four([&keeps, &keeps, &unsaid, &unsaid]),
        &[
            "split:HT|NI booking-stopped 2500 on 02 by T [H stands@0.2, T stands@1.2, N -, I -] T>N",
            "split:HT|NI record-lost 2500 on 02 by T [H -, T -, N stands@2.2, I stands@3.2] T>N",
        ],
    );
    let both = with(row("z", "m1", "w", 2500));
    tells(
        &four([&keeps, &keeps, &both, &both]),
        &["split:HT|NI record-lost 2500 on 02 by T [H -, T -, N stands@2.3, I stands@3.3] T>N"],
    );
}
