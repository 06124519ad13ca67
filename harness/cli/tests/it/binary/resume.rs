//! 续跑 · A run that is killed at any instant, and whose resumption is killed too, still ends clean.
//!
//! Real kills of the real binary over real HTTP; the mock parties die with it and come back from their
//! own logs. The instants are taken from how far the journal has come, so that they spread over the run.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Waits until the journal has grown past `bytes`, or the process has ended, or patience is over.
fn wait_for(journal: &Path, bytes: u64, child: &mut Child) {
    for _ in 0..2_000 {
        let wal = std::fs::metadata(journal.with_extension("db-wal")).map_or(0, |file| file.len());
        let db = std::fs::metadata(journal).map_or(0, |file| file.len());
        if wal + db > bytes || child.try_wait().unwrap().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("the run made no progress");
}

fn crosswipe(args: &[&str], at: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosswipe"));
    command
        .args(args)
        .current_dir(at)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn json_of(run: &str, at: &Path, args: &[&str]) -> (Option<i32>, serde_json::Value) {
    let output = crosswipe(&[args, &[run, "--json"]].concat(), at)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output.status.code(), json)
}

#[test]
fn a_run_killed_anywhere_and_again_while_resuming_ends_clean() {
    let place = tempfile::tempdir().unwrap();
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/pair-demo");
    let (mut kills, mut reversed) = (0, 0);
    for round in 0..10u64 {
        let run = format!("r{round}");
        let dir = place.path().join(&run);
        let mut first = crosswipe(&["run", plan, "--out", &run, "-q"], place.path())
            .spawn()
            .unwrap();
        wait_for(
            &dir.join("journal.db"),
            120_000 + round * 110_000,
            &mut first,
        );
        first.kill().unwrap();
        first.wait().unwrap();
        if dir.join("certificate.json").exists() {
            continue; // it was faster than the kill
        }
        kills += 1;
        let (code, before) = json_of(&run, place.path(), &["verify"]);
        assert_ne!(
            (code, &before["verdict"]),
            (Some(0), &"clean".into()),
            "a killed run is not clean before its end"
        );
        if round % 2 == 0 {
            let mut second = crosswipe(&["resume", &run, "-q"], place.path())
                .spawn()
                .unwrap();
            let grown = std::fs::metadata(dir.join("journal.db-wal")).map_or(0, |file| file.len())
                + std::fs::metadata(dir.join("journal.db")).map_or(0, |file| file.len());
            wait_for(&dir.join("journal.db"), grown + 20_000 * round, &mut second);
            second.kill().unwrap();
            second.wait().unwrap();
            kills += 1;
        }
        let (_, after) = json_of(&run, place.path(), &["resume"]);
        assert_eq!(after["verdict"], "clean", "{run}: {:#}", after["findings"]);
        assert_eq!(after["transactions"]["unresolved"], 0);
        reversed += after["transactions"]["reversed"].as_u64().unwrap();
        let certificate = std::fs::read(dir.join("certificate.json")).unwrap();
        let (_, again) = json_of(&run, place.path(), &["resume"]);
        assert_eq!(again["verdict"], "clean");
        assert_eq!(
            std::fs::read(dir.join("certificate.json")).unwrap(),
            certificate,
            "a finished run is left as it is"
        );
    }
    println!("{kills} kills, {reversed} transactions reversed, 0 left");
    assert!(reversed > 50, "the kills came after business had begun");
}
