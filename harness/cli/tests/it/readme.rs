//! 说明书测试 · Every console block of the README is run, and prints what the README shows.
//!
//! `$ crosswipe …` runs the binary in a folder that holds the shipped plans; `? N` is the exit code (0 if
//! not said); `...` stands for any lines, `[..]` for any text within a line. The two commands at the top are run by `.ci/run`, which says
//! so in the same words.

use std::path::Path;
use std::process::Command;

struct Block {
    command: String,
    exit: i32,
    shown: Vec<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for block in text.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let mut lines = block.lines();
        let command = lines
            .next()
            .unwrap()
            .strip_prefix("$ crosswipe ")
            .expect("a block begins with its command");
        let mut shown: Vec<String> = lines.map(str::to_owned).collect();
        let exit = match shown.first().and_then(|line| line.strip_prefix("? ")) {
            Some(code) => {
                let code = code.parse().unwrap();
                shown.remove(0);
                code
            }
            None => 0,
        };
        blocks.push(Block {
            command: command.to_owned(),
            exit,
            shown,
        });
    }
    blocks
}

/// True if `printed` reads like `shown`, where a line `...` stands for any lines.
fn reads_like(shown: &[String], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "..." => {
            (0..=printed.len()).any(|skipped| reads_like(rest, &printed[skipped..]))
        }
        Some((line, rest)) => {
            printed.first().is_some_and(|first| line_like(line, first))
                && reads_like(rest, &printed[1..])
        }
    }
}

fn line_like(shown: &str, printed: &str) -> bool {
    let Some((start, end)) = shown.split_once("[..]") else {
        return shown == printed;
    };
    printed.len() >= start.len() + end.len() && printed.starts_with(start) && printed.ends_with(end)
}

#[test]
fn every_console_block_prints_what_it_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap();
    let text = std::fs::read_to_string(root.join("README.md")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let plan = place.path().join("scenarios");
    std::fs::create_dir(&plan).unwrap();
    copy(&root.join("scenarios/pair-demo"), &plan.join("pair-demo"));
    let blocks = blocks(&text);
    assert!(blocks.len() >= 5, "five commands to a first report");
    for block in blocks {
        let output = Command::new(env!("CARGO_BIN_EXE_crosswipe"))
            .args(block.command.split_whitespace())
            .current_dir(place.path())
            .env("LC_ALL", "C.UTF-8")
            .env_remove("CROSSWIPE_LANG")
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(block.exit),
            "crosswipe {}\n{printed}\n{said}",
            block.command
        );
        let lines: Vec<&str> = printed.lines().collect();
        assert!(
            reads_like(&block.shown, &lines),
            "crosswipe {} prints\n{printed}\nnot\n{}",
            block.command,
            block.shown.join("\n")
        );
        assert!(
            !lines.is_empty(),
            "crosswipe {} prints something",
            block.command
        );
    }
}

#[test]
fn the_two_commands_at_the_top_are_run_by_ci() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let ci = std::fs::read_to_string(root.join(".ci/run")).unwrap();
    let block = readme
        .split("```sh\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    assert_eq!(block.lines().count(), 2);
    for command in block.lines() {
        assert!(ci.contains(command), ".ci/run does not run `{command}`");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
