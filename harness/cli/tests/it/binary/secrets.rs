//! 个人信息 · No person number, id number or name leaves the two folders that may hold them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rstest::rstest;

use super::{Bench, Ended, crosswipe, files, legible, plan};

/// What persons.csv says of people: number, id number, name.
pub(super) fn known() -> BTreeSet<String> {
    let text = fs::read_to_string(Path::new(&plan("pair-demo")).join("persons.csv")).unwrap();
    let rows = text.lines().skip(1).filter(|line| !line.is_empty());
    rows.flat_map(|line| {
        line.split(',')
            .skip(1)
            .take(3)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    })
    .collect()
}

#[track_caller]
fn must_not_tell(what: &str, bytes: &[u8], secrets: &BTreeSet<String>) {
    for secret in secrets {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{what} tells {secret}");
    }
}

#[track_caller]
fn must_keep_the_secrets(dir: &Path, said: &[&Ended]) {
    let secrets = known();
    assert_eq!(secrets.len(), 9 * 3);
    let open = files(dir, &["private", "parties"]);
    assert!(open.len() > 30, "{open:?}");
    for path in open {
        must_not_tell(&path.display().to_string(), &legible(&path), &secrets);
    }
    for ended in said {
        must_not_tell("stdout", ended.out.as_bytes(), &secrets);
        must_not_tell("stderr", ended.err.as_bytes(), &secrets);
    }
}

#[rstest]
#[case::clean(&[], 0)]
#[case::asked_about(&["--fault", "response-lost"], 0)]
#[case::violated(&["--fault", "hub-drops-forwarded-reversal"], 1)]
fn nobody_is_named_outside_the_private_folders(#[case] more: &[&str], #[case] code: i32) {
    let bench = Bench::new();
    let run = bench.run("run", more).must_end(code);
    let dir = bench.text("run");
    let told = crosswipe(&[
        "report", &dir, "--format", "text", "--format", "html", "--format", "junit", "--format",
        "xlsx", "--format", "csv", "--format", "md", "--lang", "en",
    ]);
    must_keep_the_secrets(
        &bench.path("run"),
        &[&run, &told.must_end(code), &bench.verify("run")],
    );
}

#[test]
fn a_refusal_that_repeats_what_it_was_sent_is_masked() {
    let bench = Bench::new();
    let plan = bench.changed_plan(
        "bounds.yaml",
        "  - case: too-early\n",
        "  - case: no-visit\n    steps:\n      - {call: \"2208\", person: left, institution: H33020000001, with: {setl_id: \"999999199308160430\", mdtrt_id: \"1\"}, at: \"2030-03-02T13:30+08:00\", expect: {outcome: refused}}\n  - case: too-early\n",
    );
    let run = bench.run_plan(&plan, "run", &[]).must_be_civil();
    assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
    must_keep_the_secrets(&bench.path("run"), &[&run]);
}

#[cfg(unix)]
#[test]
fn the_private_folders_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&bench.path("run").join("private")), 0o700);
    assert_eq!(
        mode(&bench.path("run").join("private/pseudonym.key")),
        0o600
    );
    assert_eq!(
        mode(&bench.path("private")),
        0o700,
        "the site's own, beside the runs"
    );
    assert_eq!(mode(&bench.path("private").join("pair-demo.key")), 0o600);
    assert!(
        fs::read(
            bench
                .path("run")
                .join("parties")
                .join("his-H33010000001.log.jsonl")
        )
        .is_ok()
    );
}
