//! 地方规则 · The same HIS in front of every shipped profile: signs in, settles, undoes; and one that seals everything.

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use super::{Door, HOSPITAL};
use crate::binary::{DEADLINE, PAUSE, copy, plan};
use crosswipe_runner::clock::Stopwatch;

/// pair-demo with a profile for all its platforms, and a file beside it.
fn planned(profile: &str, file: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("plan");
    copy(Path::new(&plan("pair-demo")), &at);
    let topology = at.join("topology.yaml");
    let text = fs::read_to_string(&topology).unwrap();
    let text = text.replacen("regions:\n", &format!("profile: {profile}\nregions:\n"), 1);
    fs::write(topology, text).unwrap();
    fs::write(at.join("own.yaml"), file).unwrap();
    dir
}

fn door(dir: &TempDir, more: &[&str]) -> Door {
    Door::of_plan(&dir.path().join("plan").display().to_string(), more)
}

/// What stands on the screen, once it is whole.
#[track_caller]
fn notice(door: &Door) -> String {
    let begun = Stopwatch::start();
    loop {
        let told = door.started.said("err");
        if told.contains("kept in") {
            return told;
        }
        assert!(begun.elapsed() < DEADLINE, "{told}");
        std::thread::sleep(PAUSE);
    }
}

#[track_caller]
fn went_through(lines: &[Value]) {
    for line in lines {
        let code = line["code"].to_string();
        assert!(code == "0" || code == "\"0\"", "{line}");
    }
    let last = lines.last().map(|line| &line["infno"]);
    assert_eq!(last, Some(&Value::from("2202")), "{lines:?}");
}

#[rstest]
#[case::national("national", "bare", "national edition")]
#[case::zhejiang("zhejiang", "zhejiang", "one at a time")]
#[case::guangdong("guangdong", "x-tif", "/ebus/gdyb_api/fsprd/hsa/hgs/{infno}")]
#[case::jiangsu("jiangsu", "csb", "0023")]
#[case::hunan("hunan", "csb", "MBS_LOCAL")]
#[case::hebei("hebei", "x-tif", "/fsi/api/{service}")]
#[case::chongqing("chongqing", "bare", "YBXT")]
fn a_his_gets_through_in_every_region_and_is_told_what_it_asks(
    #[case] profile: &str,
    #[case] dialect: &str,
    #[case] asked: &str,
) {
    let dir = planned(profile, "");
    let door = door(&dir, &[]);
    let told = notice(&door);
    assert!(told.contains(asked) && told.contains(profile), "{told}");
    let region = door.of("regions", "code", "330200");
    assert_eq!(region["profile"], profile);
    let Some(lines) = door.his(dialect, &[]) else {
        return;
    };
    went_through(&lines);
    let code = lines[0]["code"].to_string();
    let text = profile == "chongqing";
    assert_eq!(
        code.starts_with('"'),
        text,
        "infcode as the region writes it: {code}"
    );
}

const SEALED: &str = "profile: sealed\ntitle_zh: 封装\ntitle_en: sealed\n\
    gateway: {dialect: x-tif, path: \"/hgs/{infno}\", encoding: gbk}\n\
    envelope: {cainfo: sm2, input: text}\nanswers: {output: sm4, cainfo: sm2}\n";

#[test]
fn a_his_that_signs_and_unseals_gets_through_and_one_that_cannot_is_told() {
    let dir = planned("own.yaml", SEALED);
    let door = door(&dir, &["--mode", "strict"]);
    let hospital = door.of("institutions", "code", HOSPITAL);
    let key = |name: &str| hospital[name].as_str().unwrap().to_owned();
    let (sm2, sm4) = (
        format!("sm2={}", key("sm2_private")),
        format!("sm4={}", key("sm4")),
    );
    let public = format!("pub={}", key("platform_public"));
    let told = notice(&door);
    for shown in ["sm4", "sm2_private", "platform_public"] {
        assert!(told.contains(&key(shown)), "{shown}");
    }
    let Some(lines) = door.his("x-tif", &["gbk", &sm2, &sm4, &public]) else {
        return;
    };
    went_through(&lines);
    // Not signed, signed by somebody else, signed for another text.
    let other = format!("sm2={}", "11".repeat(32));
    for flags in [vec!["text"], vec![&other], vec![&sm2, "forge"]] {
        let flags: Vec<&str> = flags
            .into_iter()
            .map(|flag: &str| flag)
            .chain([sm4.as_str()])
            .collect();
        let lines = door.his("x-tif", &flags).unwrap();
        assert_eq!(lines[0]["status"], 401, "{flags:?}: {lines:?}");
    }
    drop(door);
    let tolerant = self::door(&dir, &[]);
    let lines = tolerant.his("x-tif", &["text", &sm4]).unwrap();
    went_through(&lines);
}
