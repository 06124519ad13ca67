//! 再核 · The certificate holds elsewhere: from journal and exports alone, by us and by a recipe that shares no line with us.
//!
//! The recipe is `reports/recheck/recheck.py`. A machine without `python3` says that it was not checked; in CI (`CI`
//! is set) that is a failure.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crosswipe_domain::sha256_hex;

use super::{Bench, copy, files};

/// Runs the recipe on a run folder: its exit code and what it printed; `None` where there is no `python3`.
#[expect(
    clippy::print_stdout,
    reason = "whoever reads the log must see what was not checked"
)]
fn recheck(run: &Path) -> Option<(Option<i32>, String)> {
    let output = Command::new("python3")
        .arg(recipe())
        .arg(run)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .output();
    match output {
        Ok(output) => {
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(
                output.stderr.is_empty(),
                "a recipe that breaks: {:?}",
                String::from_utf8_lossy(&output.stderr)
            );
            Some((output.status.code(), said))
        }
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "no python3 in CI: {error}"
            );
            println!("the recipe was NOT checked: no python3 on this machine ({error})");
            None
        }
    }
}

fn recipe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/recheck/recheck.py")
}

/// What a step compared and found wrong.
#[track_caller]
fn step(said: &str, name: &str) -> (u64, u64) {
    let line = said
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")));
    let line = line.unwrap_or_else(|| panic!("no step {name}: {said}"));
    let numbers: Vec<u64> = line
        .split([' ', ','])
        .filter_map(|word| word.parse().ok())
        .collect();
    (numbers[0], numbers[1])
}

/// `SHA256SUMS` written anew, as somebody would who wants to be believed.
fn sum_again(run: &Path) {
    let text = fs::read_to_string(run.join("SHA256SUMS")).unwrap();
    let lines = text.lines().map(|line| {
        let name = &line[66..];
        format!(
            "{}  {name}\n",
            sha256_hex(&fs::read(run.join(name)).unwrap())
        )
    });
    fs::write(run.join("SHA256SUMS"), lines.collect::<String>()).unwrap();
}

/// A copy of a run with one text replaced by another of the same length in one file, sums made to fit.
#[track_caller]
fn changed(bench: &Bench, file: &str, from: &str, to: &str) -> Bench {
    let copied = Bench::new();
    copy(&bench.path("run"), &copied.path("run"));
    let path = copied.path("run").join(file);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes
        .windows(from.len())
        .position(|window| window == from.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{file} holds `{from}`"));
    bytes.splice(at..at + from.len(), to.bytes());
    fs::write(&path, bytes).unwrap();
    copied
}

#[test]
fn a_recipe_in_another_language_finds_the_same() {
    let lines = fs::read_to_string(recipe()).unwrap().lines().count();
    assert!(lines <= 155, "{lines} lines are too many to be read");
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let Some((code, said)) = recheck(&bench.path("run")) else {
        return;
    };
    assert_eq!(code, Some(0), "{said}");
    for name in [
        "sums",
        "chain",
        "certificate",
        "exports",
        "R1",
        "R2",
        "R4",
        "R5",
        "totals",
    ] {
        let (compared, wrong) = step(&said, name);
        assert!(compared > 6 && wrong == 0, "{name}: {said}");
    }
    print!("{said}");
    for (file, from, to, finder) in [
        (
            "journal.db",
            "\"kind\":\"COMP_OUTCOME\",\"msgid\":\"H",
            "\"kind\":\"COMP_OUTCOME\",\"msgid\":\"G",
            "chain",
        ),
        (
            "certificate.json",
            "\"verdict\":\"clean\"",
            "\"verdict\":\"clear\"",
            "certificate",
        ),
        (
            "exports/insured-330200.t1.json",
            "\"value\":150000",
            "\"value\":150001",
            "exports",
        ),
        (
            "exports/hub-330000.tm.jsonl",
            "\"entry\":\"posting\"",
            "\"entry\":\"posting \"",
            "exports",
        ),
    ] {
        let copied = changed(&bench, file, from, to);
        let (code, said) = recheck(&copied.path("run")).unwrap();
        assert!(
            code == Some(1) && step(&said, "sums").1 == 1,
            "{file}: {said}"
        );
        sum_again(&copied.path("run"));
        let (code, said) = recheck(&copied.path("run")).unwrap();
        assert_eq!(step(&said, "sums").1, 0, "{file}: {said}");
        assert!(
            code == Some(1) && step(&said, finder).1 >= 1,
            "{file}: {said}"
        );
        assert!(
            file != "journal.db" || said.contains("record "),
            "the first bad record is named: {said}"
        );
    }
    for missing in [
        "certificate.json",
        "journal.db",
        "SHA256SUMS",
        "exports/hub-330000.t1.json",
    ] {
        let copied = Bench::new();
        copy(&bench.path("run"), &copied.path("run"));
        fs::remove_file(copied.path("run").join(missing)).unwrap();
        let (code, said) = recheck(&copied.path("run")).unwrap();
        assert_eq!(code, Some(1), "without {missing}: {said}");
    }
}

/// The recipe's steps that find something wrong, with the judge's rules that do.
#[track_caller]
fn must_both_find(fault: &str, violated: &[&str]) {
    let bench = Bench::new();
    let report = bench
        .run("run", &["--quiet", "--json", "--fault", fault])
        .must_end(1)
        .json();
    let Some((code, said)) = recheck(&bench.path("run")) else {
        return;
    };
    assert_eq!(code, Some(1), "{said}");
    for rule in ["R1", "R2", "R4", "R5"] {
        let wrong = step(&said, rule).1;
        assert_eq!(wrong > 0, violated.contains(&rule), "{rule}: {said}");
        let judged = report["rules"]
            .as_array()
            .unwrap()
            .iter()
            .find(|state| state["rule"] == rule)
            .unwrap();
        assert_eq!(judged["state"] == "violated", wrong > 0, "{rule}: {judged}");
    }
    assert_eq!(
        step(&said, "certificate").1,
        1,
        "its verdict, and nothing else: {said}"
    );
    assert!(
        said.contains("its verdict is violated") && said.contains("bounds/arranged/1.2304"),
        "{said}"
    );
}

#[test]
fn the_recipe_names_what_an_accumulator_kept() {
    must_both_find("accumulator-not-restored", &["R1", "R4"]);
}

#[test]
fn the_recipe_names_what_a_hub_swallowed() {
    must_both_find("hub-drops-forwarded-reversal", &["R1", "R5"]);
}

/// Settled in its midst and at its end, over real HTTP: two bills, whose lines one 2302 takes.
#[test]
fn the_recipe_follows_a_stay_of_two_bills() {
    let bench = Bench::new();
    let plan = bench.changed_plan(
        "bounds.yaml",
        "items: basket/stay.yaml, discharge_last: yes, expect: {outcome: ok}}",
        "items: basket/stay.yaml, name: stay, mid_stay: yes, expect: {outcome: ok}}\n      \
         - {continue: stay, name: rest, items: basket/cold.yaml, expect: {outcome: ok}}",
    );
    let more = ["--quiet", "--json", "--case", "bounds/arranged"];
    let ended = bench.run_plan(&plan, "run", &more).must_end(0).json();
    assert_eq!(ended["verdict"], "clean", "{ended}");
    let journal = fs::read(bench.path("run").join("journal.db")).unwrap();
    let holds = |text: &str| journal.windows(text.len()).any(|w| w == text.as_bytes());
    for once in [r#""mid_setl_flag":"1""#, r#""mid_setl_flag":"0""#] {
        assert!(holds(once), "{once} was sent");
    }
    let Some((code, said)) = recheck(&bench.path("run")) else {
        return;
    };
    assert_eq!(code, Some(0), "{said}");
}

/// On another machine there is no `private/`, no `parties/`, no report, and nothing may be written.
#[test]
fn the_certificate_is_computed_again_elsewhere_to_the_byte() {
    let bench = Bench::new();
    let here = bench.run("run", &["--quiet", "--json"]).must_end(0).json();
    let there = Bench::new();
    let run = there.path("run");
    fs::create_dir(&run).unwrap();
    for name in ["journal.db", "certificate.json", "SHA256SUMS"] {
        fs::copy(bench.path("run").join(name), run.join(name)).unwrap();
    }
    copy(&bench.path("run").join("exports"), &run.join("exports"));
    let before: Vec<_> = files(&run, &[])
        .iter()
        .map(|path| fs::read(path).unwrap())
        .collect();
    // `verify` compares the certificate that it computes with the one that lies there, byte for byte.
    let seen = there.verify("run").must_end(0).json();
    for key in [
        "verdict",
        "rules",
        "cases",
        "transactions",
        "findings",
        "certificate_sha256",
        "journal",
    ] {
        assert_eq!(seen[key], here[key], "{key}");
    }
    let certificate = fs::read(run.join("certificate.json")).unwrap();
    assert_eq!(seen["certificate_sha256"], sha256_hex(&certificate));
    let after: Vec<_> = files(&run, &[])
        .iter()
        .map(|path| fs::read(path).unwrap())
        .collect();
    assert_eq!(before, after, "evidence is read and never touched");
    if let Some((code, said)) = recheck(&run) {
        assert_eq!(code, Some(0), "{said}");
    }
}

/// Which rows an owner may have taken away by order the recipe cannot tell: it says so, and never that all is well.
#[test]
fn a_declared_purge_is_not_checked_by_the_recipe_and_not_called_clean() {
    let bench = Bench::new();
    let order = "margin: 2h\npurge:\n  - {party: \"insured:330100\", method: delete, by: 李四, order: 文号, \
                 at: \"2030-03-03T08:00+08:00\"}\n";
    let plan = bench.changed_plan("plan.yaml", "margin: 2h\n", order);
    bench.run_plan(&plan, "run", &["--quiet"]).must_end(0);
    let Some((code, said)) = recheck(&bench.path("run")) else {
        return;
    };
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("not checked: declared purge of insured:330100\n"),
        "{said}"
    );
    for name in ["R1", "R2", "R4", "R5", "totals"] {
        let (compared, wrong) = step(&said, name);
        assert!(
            compared > 10 && wrong == 0,
            "the other parties are checked: {name}: {said}"
        );
    }
    // Something wrong elsewhere is still something wrong.
    let copied = changed(
        &bench,
        "certificate.json",
        "\"verdict\":\"clean\"",
        "\"verdict\":\"clear\"",
    );
    sum_again(&copied.path("run"));
    let (code, said) = recheck(&copied.path("run")).unwrap();
    assert_eq!(code, Some(1), "{said}");
}
