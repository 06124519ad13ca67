//! 起步与换形式 · A plan to start from passes at once in both forms, and a conversion leaves nothing behind and nothing over.

use std::fs;
use std::path::Path;

use rstest::rstest;

use super::{Bench, crosswipe, plan};

/// Three commands to a clean verdict, with no word typed into a file.
#[rstest]
#[case::folder(&[], "plan.yaml")]
#[case::workbook(&["--workbook"], "plan.xlsx")]
fn a_plan_to_start_from_runs_at_once(#[case] more: &[&str], #[case] file: &str) {
    let bench = Bench::new();
    let dir = bench.text("demo");
    let args: Vec<&str> = ["init", &dir].iter().chain(more).copied().collect();
    crosswipe(&args).must_end(0);
    assert!(Path::new(&dir).join(file).is_file());
    crosswipe(&["lint", &dir]).must_end(0);
    let out = bench.text("run");
    let ran = crosswipe(&["run", &dir, "--out", &out, "--json"])
        .must_end(0)
        .json();
    assert_eq!(ran["verdict"], "clean");
    assert_eq!(ran["cases"]["passed"], ran["cases"]["planned"]);
    // What was run is kept as files, whichever form it came from.
    crosswipe(&["verify", &out]).must_end(0);
}

#[test]
fn nothing_that_stands_is_written_over() {
    let bench = Bench::new();
    let dir = bench.text("mine");
    fs::create_dir(&dir).unwrap();
    fs::write(format!("{dir}/notes.txt"), "mine").unwrap();
    for args in [
        vec!["init", &dir],
        vec!["init", &dir, "--workbook"],
        vec!["plan", "PLAN", "--convert", &dir],
    ] {
        let shipped = plan("pair-demo");
        let args: Vec<&str> = args
            .into_iter()
            .map(|arg| if arg == "PLAN" { &shipped } else { arg })
            .collect();
        crosswipe(&args)
            .must_end(64)
            .must_say(&["error[cli::output_busy]", "mine"]);
    }
    let left: Vec<_> = fs::read_dir(&dir).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn a_folder_becomes_a_workbook_and_a_folder_again() {
    let bench = Bench::new();
    let (book, back) = (bench.text("q.xlsx"), bench.text("back"));
    let shipped = plan("qianjiang-2021");
    crosswipe(&["plan", &shipped, "--convert", &book]).must_end(0);
    crosswipe(&["plan", &book, "--convert", &back]).must_end(0);
    let timeline = |path: &str| crosswipe(&["plan", path, "--json"]).must_end(0).json();
    assert_eq!(timeline(&shipped), timeline(&book));
    assert_eq!(timeline(&shipped), timeline(&back));
}

#[test]
fn two_forms_in_one_folder_are_asked_about() {
    let bench = Bench::new();
    let dir = bench.text("both");
    crosswipe(&["init", &dir]).must_end(0);
    let book = format!("{dir}/plan.xlsx");
    crosswipe(&["plan", &dir, "--convert", &book]).must_end(0);
    crosswipe(&["lint", &dir]).must_end(64).must_say(&[
        "error[scenario::two_plans]",
        "plan.yaml",
        "plan.xlsx",
    ]);
    crosswipe(&["lint", &book]).must_end(0);
}

#[rstest]
#[case::no_workbook("plan.xlsx", "not a workbook", &["error[scenario::unreadable_file]", "plan.xlsx"])]
#[case::a_list("list.csv", "a,b", &["error[scenario::no_such_plan]"])]
fn what_is_no_plan_is_told(#[case] name: &str, #[case] bytes: &str, #[case] words: &[&str]) {
    let bench = Bench::new();
    let path = bench.text(name);
    fs::write(&path, bytes).unwrap();
    crosswipe(&["lint", &path]).must_end(64).must_say(words);
}

/// Editors find the schema of each file beside the plan, without a network.
#[rstest]
#[case("plan.yaml", "schema/plan.schema.json", "plan")]
#[case("topology.yaml", "schema/topology.schema.json", "topology")]
#[case("outpatient.yaml", "schema/scenario.schema.json", "scenario")]
#[case("basket/cold.yaml", "../schema/basket.schema.json", "basket")]
fn each_file_names_its_schema(#[case] file: &str, #[case] named: &str, #[case] kind: &str) {
    let bench = Bench::new();
    let dir = bench.text("demo");
    crosswipe(&["init", &dir]).must_end(0);
    let text = fs::read_to_string(format!("{dir}/{file}")).unwrap();
    let line = format!("# yaml-language-server: $schema={named}\n");
    assert!(text.starts_with(&line), "{text}");
    let path = Path::new(&dir).join(file).parent().unwrap().join(named);
    let printed = crosswipe(&["schema", kind]).must_end(0);
    assert_eq!(fs::read_to_string(path).unwrap(), printed.out);
    assert_eq!(
        printed.json()["$schema"],
        "http://json-schema.org/draft-07/schema#"
    );
}
