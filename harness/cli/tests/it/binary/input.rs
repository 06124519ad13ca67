//! 坏输入 · One clear sentence each, the right exit code, nothing left behind, no panic.

use std::fs;

use rstest::rstest;

use super::{Bench, crosswipe, plan};

#[rstest]
#[case::no_plan(&["run", "no/such/plan"], 64, &["error[scenario::no_such_plan]", "no/such/plan", "plan.yaml"])]
#[case::no_plan_to_lint(&["lint", "no/such/plan"], 64, &["error[scenario::no_such_plan]"])]
#[case::unknown_region(&["run", "PLAN", "--from", "宁坡"], 64, &["error[cli::unknown_region]", "宁坡", "did you mean `宁波`"])]
#[case::unknown_region_code(&["run", "PLAN", "--to", "330109"], 64, &["error[cli::unknown_region]", "did you mean `330100`"])]
#[case::unknown_business(&["run", "PLAN", "--kind", "outpatent"], 64, &["error[cli::unknown_business]", "did you mean `outpatient`"])]
#[case::unknown_fault(&["run", "PLAN", "--fault", "respons-lost"], 64, &["error[cli::fault]", "did you mean `response-lost`"])]
#[case::wall_clock(&["run", "PLAN", "--clock", "wall", "--fault", "disk-full"], 64, &["error[cli::live]", "`--fault` is for simulated time"])]
#[case::no_job(&["run", "PLAN", "--jobs", "0"], 64, &["--jobs", "0"])]
#[case::no_number(&["run", "PLAN", "--seed", "many"], 64, &["--seed", "many"])]
#[case::unknown_command(&["rum", "PLAN"], 64, &["rum", "'run'"])]
#[case::unknown_flag(&["run", "PLAN", "--form", "杭州"], 64, &["--form", "--from"])]
#[case::no_command(&[], 64, &["Usage"])]
#[case::no_run(&["verify", "no/such/run"], 64, &["error[journal:not_a_run]", "no/such/run"])]
#[case::a_plan_is_no_run(&["verify", "PLAN"], 64, &["error[journal:not_a_run]"])]
#[case::no_run_to_report(&["report", "no/such/run"], 64, &["error[journal:not_a_run]"])]
#[case::unknown_code(&["explain", "R15"], 64, &["error[cli::unknown_code]", "did you mean `R1`"])]
#[case::unknown_class(&["explain", "residu"], 64, &["did you mean `residue`"])]
#[case::unknown_language(&["explain", "R1", "--lang", "fr"], 64, &["fr", "zh", "en"])]
fn a_slip_of_the_hand_is_answered_in_words(
    #[case] args: &[&str],
    #[case] code: i32,
    #[case] words: &[&str],
) {
    let plan = plan("pair-demo");
    let args: Vec<&str> = args
        .iter()
        .map(|arg| if *arg == "PLAN" { plan.as_str() } else { *arg })
        .collect();
    let ended = crosswipe(&args).must_end(code).must_say(words);
    assert_eq!(ended.out, "", "stdout is for data");
    assert!(
        ended.err.matches("error[").count() <= 1,
        "one sentence: {}",
        ended.err
    );
}

#[rstest]
#[case::unclosed_quote("plan.yaml", "margin: 2h", "margin: \"2h", &["plan.yaml:"])]
#[case::tab("plan.yaml", "  - {id: frozen", "\t- {id: frozen", &["plan.yaml:11:1", "^"])]
#[case::unknown_key("plan.yaml", "margin: 2h", "margn: 2h", &["plan.yaml:8:1", "margn", "^", "margin"])]
#[case::letter_in_a_code("topology.yaml", "code: 330200", "code: 33O200", &["topology.yaml:11:11", "33O200", "^"])]
#[case::unknown_region("topology.yaml", "hub: 330000", "hub: 999999", &["topology.yaml:", "999999"])]
#[case::somebody_unregistered("bounds.yaml", "person: early", "person: earli", &["bounds.yaml:15:", "earli", "^", "early"])]
#[case::unknown_institution("bounds.yaml", "institution: H33010000001, items: basket/stay.yaml", "institution: H33010000009, items: basket/stay.yaml", &["bounds.yaml:19:", "H33010000009", "^"])]
#[case::no_check("bounds.yaml", ", discharge_last: yes, expect: {outcome: ok}", ", discharge_last: yes", &["bounds.yaml:", "^"])]
#[case::full_width_colon("bounds.yaml", "outcome: gate", "outcome： gate", &["bounds.yaml:15:", "^"])]
#[case::no_such_basket("bounds.yaml", "items: basket/stay.yaml", "items: basket/stey.yaml", &["bounds.yaml:", "stey"])]
#[case::wrong_id_number("persons.csv", "999999198904120393", "999999198904120394", &["persons.csv:2", "^"])]
#[case::a_real_place_of_birth("persons.csv", "999999198904120393", "330102198904120396", &["persons.csv:2"])]
#[case::three_decimals("persons.csv", "1200.00", "1200.005", &["persons.csv:2", "1200.005"])]
#[case::a_day_that_never_was("plan.yaml", "2030-03-02T12:00", "2030-02-30T12:00", &["plan.yaml:", "2030-02-30"])]
#[case::no_rollback("plan.yaml", "rollback: all\n", "", &["plan.yaml", "rollback"])]
fn an_unreadable_plan_is_shown_where_it_is_wrong(
    #[case] file: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] words: &[&str],
) {
    let bench = Bench::new();
    let plan = bench.changed_plan(file, from, to);
    let ended = bench
        .run_plan(&plan, "run", &[])
        .must_end(64)
        .must_say(words);
    assert_eq!(ended.out, "");
    assert!(!bench.path("run").exists(), "nothing was begun");
    let linted = crosswipe(&["lint", &plan]).must_end(64);
    assert_eq!(linted.err, ended.err, "lint says what run says");
}

#[test]
fn all_problems_are_told_at_once() {
    let bench = Bench::new();
    let plan = bench.changed_plan("plan.yaml", "margin: 2h", "margn: 2h");
    let persons = bench.path("plan").join("persons.csv");
    let text = fs::read_to_string(&persons).unwrap().replacen(
        "330100,310,1200.00",
        "330100,315,1200.00",
        1,
    );
    fs::write(&persons, text).unwrap();
    let ended = crosswipe(&["lint", &plan])
        .must_end(64)
        .must_say(&["margn", "315"]);
    assert!(ended.err.matches("error[").count() >= 2, "{}", ended.err);
}

#[rstest]
#[case::gbk(&[0xb2, 0xe2, 0xca, 0xd4])]
#[case::binary(&[0x00, 0xff, 0xfe, 0x00])]
fn a_file_that_is_no_utf8_gets_its_own_sentence(#[case] bytes: &[u8]) {
    let bench = Bench::new();
    let plan = bench.changed_plan("plan.yaml", "margin: 2h", "margin: 2h");
    fs::write(bench.path("plan").join("bounds.yaml"), bytes).unwrap();
    crosswipe(&["lint", &plan])
        .must_end(64)
        .must_say(&["error[scenario::", "bounds.yaml"]);
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let bench = Bench::new();
    fs::create_dir(bench.path("run")).unwrap();
    fs::write(bench.path("run").join("thesis.txt"), "all I have").unwrap();
    bench.run("run", &[]).must_end(64).must_say(&[
        "error[cli::output_busy]",
        "is not empty",
        "--out",
    ]);
    assert_eq!(fs::read_dir(bench.path("run")).unwrap().count(), 1);
    assert_eq!(
        fs::read_to_string(bench.path("run").join("thesis.txt")).unwrap(),
        "all I have"
    );
    assert!(
        !bench.path("private").exists(),
        "nothing is made beside it either"
    );
}

#[test]
fn a_finished_run_is_never_written_over() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    bench
        .run("run", &["--quiet"])
        .must_end(64)
        .must_say(&["error[cli::output_busy]"]);
    bench.verify("run").must_end(0);
}

#[test]
fn a_file_is_no_output_folder() {
    let bench = Bench::new();
    fs::write(bench.path("taken"), "a file").unwrap();
    let ended = bench
        .run("taken", &[])
        .must_be_civil()
        .must_say(&["error[cli::file]", "taken"]);
    assert!(matches!(ended.code, Some(4 | 64)), "{ended:?}");
    assert_eq!(
        ended.err.matches("os error").count(),
        1,
        "said once: {}",
        ended.err
    );
    assert_eq!(fs::read_to_string(bench.path("taken")).unwrap(), "a file");
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    fs::create_dir(bench.path("locked")).unwrap();
    fs::set_permissions(bench.path("locked"), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(bench.path("locked").join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write anywhere");
        return;
    }
    bench
        .run("locked/run", &[])
        .must_end(4)
        .must_say(&["error[cli::file]", "locked/run"]);
}

#[test]
fn help_and_version_are_no_mistakes() {
    for args in [
        &["--help"][..],
        &["run", "--help"],
        &["--version"],
        &["help", "verify"],
    ] {
        let ended = crosswipe(args).must_end(0);
        assert!(!ended.out.is_empty() && ended.err.is_empty(), "{ended:?}");
    }
    let codes = crosswipe(&["--help"]).out;
    for code in [
        "0 clean",
        "1 violated",
        "2 indeterminate",
        "3 refused",
        "4 harness",
        "5 nothing",
        "64 bad",
        "130 interrupted",
    ] {
        assert!(codes.contains(code), "{code}");
    }
}

#[test]
fn every_word_of_a_report_can_be_looked_up() {
    let bench = Bench::new();
    let report = bench
        .run(
            "run",
            &["--json", "--fault", "hub-drops-forwarded-reversal"],
        )
        .must_end(1)
        .json();
    let codes = super::classes(&report)
        .into_iter()
        .chain(super::all_rules())
        .chain(["hub-drops-forwarded-reversal".to_owned()]);
    for code in codes {
        // A class may carry a word of its own after a blank, as in `unresolved budget-spent`.
        let code = code.split(' ').next().unwrap().to_owned();
        for lang in ["zh", "en"] {
            let page = crosswipe(&["explain", &code, "--lang", lang])
                .must_end(0)
                .out;
            assert!(page.lines().count() >= 3, "{code}: {page}");
        }
    }
}

#[test]
fn a_file_in_the_place_of_the_run_folder_is_a_mistake_of_the_command_line() {
    let bench = Bench::new();
    std::fs::write(bench.path("run"), "something of mine").unwrap();
    bench
        .run("run", &["--quiet"])
        .must_end(64)
        .must_say(&["error[cli::file]", "--out"]);
    assert_eq!(
        std::fs::read_to_string(bench.path("run")).unwrap(),
        "something of mine"
    );
}

#[test]
fn a_fault_on_a_transaction_that_is_none_names_those_that_are() {
    let bench = Bench::new();
    bench
        .run("run", &["--fault", "response-lost:on=99"])
        .must_end(64)
        .must_say(&["error[cli::fault]", "on=2207", "on=2304"]);
}
