//! 计划里的手误 · Slips in `plan.yaml` and its phases: each has one message of its own, at its place.

use rstest::rstest;

use crate::fixture::{check_slip, planted, read, told};

/// Steps of the public that build upon each other, in the place of the small plan's own.
fn check_played(steps: &str, expected: &str) {
    let own = "      - play: outpatient\n        person: lu\n        institution: H33020000001\n        items: basket/cold.yaml\n        at: \"2030-03-02T10:00+08:00\"\n        expect: {outcome: refused}\n";
    check_slip("day.yaml", own, steps, expected);
}

#[rstest]
#[case::nobody_has_begun_it(
    "      - {play: outpatient, of: visit, at: \"2030-03-02T20:00+08:00\", expect: {outcome: accepted}}\n",
    "day.yaml:13:32 scenario::unknown_capture: unknown earlier play `visit`"
)]
#[case::it_went_as_far_already(
    "      - {play: outpatient, name: visit, person: lu, institution: H33020000001, items: basket/cold.yaml, at: \"2030-03-02T20:00+08:00\", expect: {outcome: accepted}}\n      - {play: outpatient, of: visit, at: \"2030-03-02T20:01+08:00\", until: \"2204\", expect: {outcome: accepted}}\n",
    "day.yaml:14:10 scenario::nothing_to_continue: nothing of the visit is left to send until `2204`"
)]
#[case::it_was_another_business(
    "      - {play: outpatient, name: visit, person: lu, institution: H33020000001, items: basket/cold.yaml, at: \"2030-03-02T20:00+08:00\", until: \"2203\", expect: {outcome: accepted}}\n      - {play: inpatient, of: visit, at: \"2030-03-02T20:01+08:00\", expect: {outcome: accepted}}\n",
    "day.yaml:14:31 scenario::wrong_shape: the visit of `visit` is outpatient"
)]
#[case::a_message_that_is_none_of_its(
    "      - {play: outpatient, person: lu, institution: H33020000001, items: basket/cold.yaml, at: \"2030-03-02T20:00+08:00\", until: \"2206\", expect: {outcome: accepted}}\n",
    "day.yaml:13:129 scenario::unknown_word: unknown message of such a visit `2206`"
)]
fn a_visit_of_the_public_in_several_steps(#[case] steps: &str, #[case] expected: &str) {
    check_played(steps, expected);
}

#[rstest]
#[case::a_suspension_while_everything_stands_still(
    "margin: 2h\nclauses: {XX1: 暂停}\nsuspend: [{clause: XX1, from: \"2030-03-01T18:00+08:00\", to: \"2030-03-02T20:00+08:00\"}]",
    "plan.yaml:14:31 scenario::suspends_nothing: the public is closed to all the while, so nothing is left to suspend"
)]
#[case::a_clause_that_nothing_speaks_of(
    "margin: 2h\nclauses: {XX1: 暂停}",
    "plan.yaml:13:1 scenario::idle_clause: no case, suspension or duty speaks of XX1"
)]
fn what_is_only_warned_of_leaves_the_plan_usable(#[case] keys: &str, #[case] expected: &str) {
    let folder = planted(&[("plan.yaml", "margin: 2h", keys)]);
    let (plan, problems) = read(folder.path());
    assert!(told(&problems).starts_with(expected), "{}", told(&problems));
    assert!(plan.is_some());
}

#[test]
fn the_small_plan_has_no_slip() {
    let folder = planted(&[]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    assert_eq!(plan.unwrap().cases.len(), 3);
}

#[rstest]
#[case::rollback_is_never_a_default(
    "plan.yaml",
    "rollback: all\n",
    "",
    "plan.yaml:2:1 scenario::missing_key: plan: `rollback` is missing"
)]
#[case::only_everything_can_be_rolled_back(
    "plan.yaml",
    "rollback: all",
    "rollback: some",
    "plan.yaml:5:11 scenario::unknown_word: unknown rollback rule `some`"
)]
#[case::a_live_day_without_its_hour(
    "plan.yaml",
    "{id: live, from: \"2030-03-02T20:00+08:00\"",
    "{id: live, from: \"2030-03-02\"",
    "plan.yaml:11:22 scenario::bad_instant: `2030-03-02` is no instant"
)]
#[case::cross_swipe_is_never_a_default(
    "plan.yaml",
    "cross_swipe: [outpatient, inpatient]\n",
    "",
    "plan.yaml:2:1 scenario::missing_key: plan: `cross_swipe` is missing"
)]
#[case::an_unknown_business(
    "plan.yaml",
    "[outpatient, inpatient]",
    "[outpatient, inpateint]",
    "plan.yaml:6:27 scenario::unknown_word: unknown business `inpateint`"
)]
#[case::a_key_with_a_slip(
    "plan.yaml",
    "margin: 2h",
    "margn: 2h",
    "plan.yaml:12:1 scenario::unknown_key: plan: unknown key `margn`"
)]
#[case::a_key_twice(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nmargin: 1h",
    "plan.yaml:13:1 scenario::duplicate_key: `margin` stands twice here, first in line 12"
)]
#[case::a_length_of_time_without_unit(
    "plan.yaml",
    "margin: 2h",
    "margin: 2",
    "plan.yaml:12:9 scenario::bad_duration: `2` is no length of time"
)]
#[case::a_refund_that_is_cut_off_before_it_is_settled(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nno_refund: {from: \"2030-03-01T08:00+08:00\", settled_before: \"2030-03-01T09:00+08:00\"}",
    "plan.yaml:13:61 scenario::instants_backwards: what is settled before `2030-03-01T09:00:00+08:00` cannot be refunded from `2030-03-01T08:00:00+08:00` on, when it may not be settled yet"
)]
#[case::a_cut_off_that_the_tests_would_meet(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nno_refund: {from: \"2030-03-02T10:00+08:00\", settled_before: \"2030-03-02T09:00:01+08:00\"}",
    "plan.yaml:13:61 scenario::outside_window: test swipes of phase `joint` are settled before `2030-03-02T09:00:01+08:00` and could not be undone"
)]
#[case::a_cut_off_without_its_second_instant(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nno_refund: {from: \"2030-03-02T10:00+08:00\"}",
    "plan.yaml:13:13 scenario::missing_key: no_refund: `settled_before` is missing"
)]
#[case::stays_that_cannot_have_begun(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nno_self_pay: {from: \"2030-03-01T08:00+08:00\", admitted_before: \"2030-03-01T08:00:01+08:00\"}",
    "plan.yaml:13:64 scenario::instants_backwards: stays from before `2030-03-01T08:00:01+08:00` are not turned into self-pay from `2030-03-01T08:00:00+08:00` on, when they may not have begun yet"
)]
#[case::stays_since_nobody_knows_when(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nno_self_pay: {from: \"2030-03-02T10:00+08:00\"}",
    "plan.yaml:13:15 scenario::missing_key: no_self_pay: `admitted_before` is missing"
)]
#[case::a_suspension_without_its_clause(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nsuspend: [{from: \"2030-03-02T20:00+08:00\"}]",
    "plan.yaml:13:12 scenario::missing_key: suspend: `clause` is missing"
)]
#[case::a_suspension_of_an_unknown_clause(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nclauses: {XX1: 暂停}\nsuspend: [{clause: XX2, from: \"2030-03-02T20:00+08:00\"}]\nduties: [{clause: XX1, who: hospital, text: 知悉}]",
    "plan.yaml:14:20 scenario::unknown_clause: unknown clause `XX2`"
)]
#[case::undoing_is_never_suspended(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nclauses: {XX1: 暂停}\nsuspend: [{clause: XX1, from: \"2030-03-02T20:00+08:00\", messages: \"2208\"}]",
    "plan.yaml:14:67 scenario::unknown_word: `2208` is no transaction that could be suspended"
)]
#[case::a_suspension_that_ends_before_it_begins(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nclauses: {XX1: 暂停}\nsuspend: [{clause: XX1, from: \"2030-03-02T21:00+08:00\", to: \"2030-03-02T20:30+08:00\"}]",
    "plan.yaml:14:61 scenario::phase_backwards: suspended until `2030-03-02T20:30:00+08:00`, not after it begins"
)]
#[case::a_suspension_of_a_distance_that_is_none(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nclauses: {XX1: 暂停}\nsuspend: [{clause: XX1, from: \"2030-03-02T20:00+08:00\", span: far}]",
    "plan.yaml:14:63 scenario::unknown_word: unknown distance `far`"
)]
#[case::a_duty_of_nobody(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nclauses: {XX1: 暂停}\nduties: [{clause: XX1, who: hospitl, text: 知悉}]",
    "plan.yaml:14:29 scenario::unknown_word: unknown audience `hospitl`"
)]
#[case::a_duty_that_is_due_before_it_begins(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nclauses: {XX1: 暂停}\nduties: [{clause: XX1, who: hospital, from: \"2030-03-02T20:00+08:00\", due: \"2030-03-02T20:00+08:00\", text: 知悉}]",
    "plan.yaml:14:76 scenario::instants_backwards: due before it begins"
)]
#[case::an_open_point_without_the_other_reading(
    "plan.yaml",
    "margin: 2h",
    "margin: 2h\nclauses: {XX1: 暂停}\nduties: [{clause: XX1, who: hospital, text: 知悉}]\nopen_points: [{clause: XX1, text: 几时, chosen: 零时}]",
    "plan.yaml:15:16 scenario::missing_key: open_points: `other` is missing"
)]
#[case::a_rule_of_a_platform_with_a_slip(
    "topology.yaml",
    "regions:",
    "profile: {cross_yaer: refuse}\nregions:",
    "topology.yaml:3:11 scenario::unknown_key: profile: unknown key `cross_yaer`"
)]
#[case::a_rule_that_is_none(
    "topology.yaml",
    "regions:",
    "profile: {later_settlement: refused}\nregions:",
    "topology.yaml:3:29 scenario::unknown_word: unknown later_settlement `refused`"
)]
#[case::a_time_that_no_day_has(
    "topology.yaml",
    "regions:",
    "profile: {cleared: day, cleared_at: \"24:30\"}\nregions:",
    "topology.yaml:3:37 scenario::unknown_word: `24:30` is no time of the day"
)]
#[case::when_but_not_how_often(
    "topology.yaml",
    "regions:",
    "profile: {cleared_at: \"20:00\"}\nregions:",
    "topology.yaml:3:23 scenario::missing_key: `cleared_at` says when, but nothing says how often it is cleared"
)]
#[case::a_value_forgotten(
    "plan.yaml",
    "margin: 2h",
    "margin:",
    "plan.yaml:12:1 scenario::missing_key: `margin` has no value"
)]
#[case::a_title_without_english(
    "plan.yaml",
    "{zh: 小计划, en: Small plan}",
    "{zh: 小计划}",
    "plan.yaml:3:9 scenario::missing_key: title: `en` is missing"
)]
#[case::text_where_a_list_belongs(
    "plan.yaml",
    "scenarios: [day.yaml]",
    "scenarios: day.yaml",
    "plan.yaml:17:12 scenario::wrong_shape: a list belongs here, not text"
)]
#[case::a_file_that_is_not_there(
    "plan.yaml",
    "persons: persons.csv",
    "persons: person.csv",
    "plan.yaml:14:10 scenario::unreadable_file: the file `person.csv` does not exist"
)]
#[case::a_file_outside_the_plan(
    "plan.yaml",
    "[day.yaml]",
    "[../day.yaml]",
    "plan.yaml:17:13 scenario::unreadable_file: `../day.yaml` leads out of the plan's folder"
)]
#[case::a_full_width_colon(
    "plan.yaml",
    "margin: 2h",
    "margin： 2h",
    "plan.yaml:12:7 scenario::full_width: full-width `：` stands where `:` belongs"
)]
#[case::a_full_width_comma_in_a_list(
    "plan.yaml",
    "[outpatient, inpatient]",
    "[outpatient， inpatient]",
    "plan.yaml:6:25 scenario::full_width: full-width `，` stands where `,` belongs"
)]
#[case::a_full_width_digit_in_a_value(
    "plan.yaml",
    "margin: 2h",
    "margin: ２h",
    "plan.yaml:12:9 scenario::full_width: full-width `２` in `２h`"
)]
#[case::a_tab(
    "plan.yaml",
    "  - {id: frozen",
    "\t- {id: frozen",
    "plan.yaml:8:1 scenario::tab: a tab stands here; YAML is indented with spaces"
)]
#[case::no_yaml(
    "plan.yaml",
    "scenarios: [day.yaml]",
    "scenarios: [day.yaml",
    "plan.yaml:17:12 scenario::bad_yaml: this is no YAML: unclosed bracket '['"
)]
#[case::a_colon_too_many(
    "plan.yaml",
    "source: 虚构公告",
    "source: 虚构: 公告",
    "plan.yaml:4:11 scenario::bad_yaml: this is no YAML: mapping values are not allowed in this context"
)]
#[case::a_number_is_no_seed(
    "plan.yaml",
    "margin: 2h",
    "seed: many",
    "plan.yaml:12:7 scenario::unknown_word: `many` is no seed"
)]
fn slips_in_plan(#[case] file: &str, #[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    check_slip(file, from, to, expected);
}

#[rstest]
#[case::phases_that_overlap(
    "plan.yaml",
    "{id: joint, from: \"2030-03-02T09:00+08:00\"",
    "{id: joint, from: \"2030-03-02T08:59:59+08:00\"",
    "plan.yaml:9:23 scenario::phases_overlap: phase `joint` begins at `2030-03-02T08:59:59+08:00`, before phase `frozen` ends at `2030-03-02T09:00:00+08:00`"
)]
#[case::phases_with_a_hole(
    "plan.yaml",
    "{id: joint, from: \"2030-03-02T09:00+08:00\"",
    "{id: joint, from: \"2030-03-02T09:00:01+08:00\"",
    "plan.yaml:9:23 scenario::phases_hole: phase `joint` begins at `2030-03-02T09:00:01+08:00`, after phase `frozen` ends at `2030-03-02T09:00:00+08:00`"
)]
#[case::hour_24(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: \"2030-03-02T24:00+08:00\"",
    "plan.yaml:10:67 scenario::hour_24: `2030-03-02T24:00+08:00` says hour 24, which reads both as this day and as the next"
)]
#[case::a_missing_offset(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: \"2030-03-02T20:00\"",
    "plan.yaml:10:67 scenario::missing_offset: `2030-03-02T20:00` has no offset"
)]
#[case::a_missing_offset_and_a_blank(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: \"2030-03-02 20:00\"",
    "plan.yaml:10:67 scenario::missing_offset: `2030-03-02 20:00` has no offset"
)]
#[case::no_instant(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: 3月2日20时",
    "plan.yaml:10:67 scenario::bad_instant: `3月2日20时` is no instant"
)]
#[case::a_day_that_does_not_exist(
    "plan.yaml",
    "to: \"2030-03-02T20:00+08:00\"",
    "to: \"2030-02-30T20:00+08:00\"",
    "plan.yaml:10:67 scenario::bad_instant: `2030-02-30T20:00+08:00` is no instant"
)]
#[case::a_phase_that_ends_before_it_begins(
    "plan.yaml",
    "{id: frozen, from: \"2030-03-01T18:00",
    "{id: frozen, from: \"2030-03-02T18:00",
    "plan.yaml:8:54 scenario::phase_backwards: phase `frozen` ends at `2030-03-02T09:00:00+08:00`, not after it begins"
)]
#[case::a_phase_of_no_length(
    "plan.yaml",
    "{id: frozen, from: \"2030-03-01T18:00",
    "{id: frozen, from: \"2030-03-02T09:00",
    "plan.yaml:8:54 scenario::phase_backwards: phase `frozen` ends at `2030-03-02T09:00:00+08:00`, not after it begins"
)]
#[case::an_end_left_out_in_the_middle(
    "plan.yaml",
    ", to: \"2030-03-02T12:00+08:00\"",
    "",
    "plan.yaml:9:10 scenario::phase_backwards: phase `joint` has no end, but another follows it"
)]
#[case::a_window_without_end(
    "plan.yaml",
    "  - {id: live, from: \"2030-03-02T20:00+08:00\", public: open}",
    "  - {id: prepare, from: \"2030-03-02T20:00+08:00\"}",
    "plan.yaml:8:3 scenario::window_without_end: the window never ends"
)]
#[case::a_phase_of_no_kind(
    "plan.yaml",
    "id: cross, kind: verify",
    "id: cross",
    "plan.yaml:10:10 scenario::missing_key: phase `cross`: `kind` is missing, and its name is no kind"
)]
#[case::an_unknown_kind(
    "plan.yaml",
    "kind: verify",
    "kind: verfy",
    "plan.yaml:10:23 scenario::unknown_word: unknown kind of phase `verfy`"
)]
#[case::test_swipes_while_frozen(
    "plan.yaml",
    "to: \"2030-03-02T09:00+08:00\"}",
    "to: \"2030-03-02T09:00+08:00\", allow: [{business: any, scope: any}]}",
    "plan.yaml:8:80 scenario::allow_outside_test_phase: test swipes in a phase that may not have them"
)]
#[case::a_business_that_cross_swipe_does_not_name(
    "plan.yaml",
    "{business: any, scope: cross-region}",
    "{business: pharmacy, scope: cross-region}",
    "plan.yaml:10:112 scenario::allow_beyond_cross_swipe: `pharmacy` is allowed here, but `cross_swipe` does not name it"
)]
#[case::arranged_without_pairs(
    "plan.yaml",
    "pairs: pairs.csv\n",
    "",
    "plan.yaml:9:110 scenario::missing_key: this phase allows arranged pairs, but the plan names no `pairs` file"
)]
#[case::a_phase_twice(
    "plan.yaml",
    "id: live, from",
    "id: frozen, kind: live, from",
    "plan.yaml:11:10 scenario::duplicate_id: phase `frozen` stands twice, first in line 8"
)]
fn slips_in_phases(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    check_slip(file, from, to, expected);
}

const PURGE: &str = "purge:\n  - {party: \"insured:330100\", method: delete, by: 李四, order: 三号令, at: \"2030-03-03T08:00+08:00\"}\n";

#[test]
fn a_purge_is_read_with_name_order_and_instant() {
    let slip = format!("margin: 2h\n{PURGE}");
    let folder = planted(&[("plan.yaml", "margin: 2h\n", &slip)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(told(&problems), "");
    let plan = plan.unwrap();
    let purge = &plan.purge[0];
    assert_eq!(
        (
            purge.party.to_string().as_str(),
            purge.method.name(),
            purge.by.as_str(),
            purge.order.as_str()
        ),
        ("insured:330100", "delete", "李四", "三号令")
    );
    let key = crosswipe_domain::PseudonymKey::new([1; 32]);
    assert_eq!(
        plan.resolved(&key).purge,
        plan.purge,
        "the journal keeps it"
    );
}

#[rstest]
#[case::nobody("by: 李四, ", "", "purge: `by` is missing")]
#[case::no_order("order: 三号令, ", "", "purge: `order` is missing")]
#[case::no_instant(", at: \"2030-03-03T08:00+08:00\"", "", "purge: `at` is missing")]
#[case::another_method("delete", "truncate", "unknown method `truncate`")]
#[case::nobody_of_the_plan("insured:330100", "insured:330900", "unknown party `insured:330900`")]
#[case::another_key("method", "methd", "purge: unknown key `methd`")]
#[case::before_the_window(
    "2030-03-03T08:00",
    "2030-02-28T08:00",
    "a purge before the window opens can purge nothing of the tests"
)]
#[case::no_party("party: \"insured:330100\", ", "", "purge: `party` is missing")]
#[case::twice(
    "  - {",
    "  - {party: \"insured:330100\", method: restore, by: 李四, order: 四号令, at: \"2030-03-03T09:00+08:00\"}\n  - {",
    "purge of `insured:330100` stands twice, first in line 14"
)]
fn a_purge_with_a_slip_is_told(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    let purge = PURGE.replacen(from, to, 1);
    assert_ne!(purge, PURGE);
    let slip = format!("margin: 2h\n{purge}");
    let folder = planted(&[("plan.yaml", "margin: 2h\n", &slip)]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    assert!(told(&problems).contains(expected), "{}", told(&problems));
    assert!(problems.iter().all(|problem| problem.help.is_some()));
}

#[rstest]
#[case::a_test_person_may("person: lu", "person: jia", "left", true)]
#[case::and_undo_it("person: lu", "person: jia", "undone", true)]
#[case::nobody_knows_that_way("person: lu", "person: jia", "gone", false)]
fn a_stranger_may_swipe_a_test_persons_card(
    #[case] from: &str,
    #[case] to: &str,
    #[case] way: &str,
    #[case] fine: bool,
) {
    let (whole, stranger) = (
        format!("{from}\n"),
        format!("{to}\n        stranger: {way}\n"),
    );
    let folder = planted(&[("day.yaml", &whole, &stranger)]);
    let (plan, problems) = read(folder.path());
    assert_eq!(plan.is_some(), fine, "{}", told(&problems));
    let folder = planted(&[("day.yaml", from, to)]);
    assert!(
        read(folder.path()).0.is_none(),
        "without `stranger` he plays the public"
    );
}

/// A plan with everything wrong at once: each slip is told, none hides another, and nothing can be sent.
#[test]
fn all_slips_of_a_window_are_told_at_once() {
    let folder = planted(&[
        (
            "plan.yaml",
            "from: \"2030-03-02T09:00+08:00\", to: \"2030-03-02T12:00+08:00\"",
            "from: \"2030-03-02T08:00+08:00\", to: \"2030-03-02T11:00+08:00\"",
        ),
        ("topology.yaml", "code: 330200", "code: 330100"),
        (
            "persons.csv",
            "99993302000000000000000002,999999195203030025",
            "99993301000000000000000001,330100195203030029",
        ),
    ]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let told = told(&problems);
    for expected in [
        "scenario::phases_overlap: phase `joint` begins at `2030-03-02T08:00:00+08:00`",
        "scenario::phases_hole: phase `cross` begins at `2030-03-02T12:00:00+08:00`",
        "scenario::duplicate_id: region `330100` stands twice",
        "scenario::duplicate_id: person number",
        "scenario::real_id_number: identity number `33**************29` may belong to somebody",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
}

/// Channels are words of their own, and a list of none is no list.
#[rstest]
#[case::of_an_allow(
    "allow: [{business: any, scope: cross-region}]",
    "allow: [{business: any, scope: cross-region, channels: [telephone]}]"
)]
#[case::of_a_suspension(
    "margin: 2h",
    "margin: 2h\nclauses: {XX1: 暂停}\nsuspend: [{clause: XX1, from: \"2030-03-01T10:00+08:00\", channels: [telephone]}]"
)]
fn an_unknown_channel_is_told(#[case] from: &str, #[case] to: &str) {
    let folder = planted(&[("plan.yaml", from, to)]);
    let (plan, problems) = read(folder.path());
    assert!(plan.is_none());
    let told = told(&problems);
    assert!(told.contains("unknown channel `telephone`"), "{told}");
}

/// What cannot be read for want of the topology is not called unknown.
#[test]
fn a_topology_without_its_hub_is_one_slip() {
    check_slip(
        "topology.yaml",
        "hub: 330000",
        "# hub: 330000",
        "topology.yaml:2:1 scenario::missing_key: topology: `hub` is missing",
    );
}
