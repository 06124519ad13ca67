//! 来历不明 · Somebody swipes beside the run: found on every party's books, explained by name, never excused.
//!
//! The mock world plays the stranger, and nobody writes him down (`play: …, stranger: left|undone`).

use std::fs;

use serde_json::Value;

use super::{Bench, Ended, classes, copy, crosswipe, plan, rules};

const REASON: &str = "排练时误刷";

/// pair-demo, and beside it a stranger who swipes a test person's card.
fn with_stranger(bench: &Bench, afterwards: &str) -> String {
    copy(plan("pair-demo").as_ref(), &bench.path("plan"));
    let bounds = bench.path("plan").join("bounds.yaml");
    let step = format!(
        "  - case: beside\n    title: 测试之外的刷卡\n    steps:\n      - {{play: outpatient, person: left, \
         institution: H33020000001, items: basket/cold.yaml, at: \"2030-03-02T16:00+08:00\", \
         stranger: {afterwards}, expect: {{outcome: accepted}}}}\n"
    );
    let text = fs::read_to_string(&bounds).unwrap() + &step;
    fs::write(&bounds, text).unwrap();
    bench.text("plan")
}

fn foreign(bench: &Bench) -> Vec<Value> {
    let listed = crosswipe(&["review", &bench.text("run"), "--json"]).must_be_civil();
    listed.json()["foreign"].as_array().unwrap().clone()
}

fn explain(bench: &Bench, party: &str, row: &str, by: &str) -> Ended {
    let run = bench.text("run");
    let args = ["review", &run, "--explain-foreign", party, row, "--by", by];
    crosswipe(&[&args[..], &["--reason", REASON, "--json"]].concat()).must_be_civil()
}

const ROLES: [&str; 4] = [
    "foreign:his",
    "foreign:hub",
    "foreign:insured",
    "foreign:treatment",
];

#[test]
fn a_swipe_beside_the_run_left_standing_is_violated_at_every_party() {
    let bench = Bench::new();
    let plan = with_stranger(&bench, "left");
    let report = bench.run_plan(&plan, "run", &["--json"]).must_end(1).json();
    assert_eq!(classes(&report), ROLES, "{:#}", report["findings"]);
    assert_eq!(rules(&report, "violated"), ["R11"]);
    assert_eq!(
        rules(&report, "not_checked"),
        ["R1"],
        "X holds nothing unexplained"
    );
    assert_eq!(report["cases"]["failed"], 0, "the stranger had his way");
    let journal = crosswipe_journal::read(&bench.path("run")).unwrap();
    let strange = foreign(&bench);
    assert!(
        strange.len() >= 16,
        "four messages at four parties: {}",
        strange.len()
    );
    for record in &journal.records {
        let text = serde_json::to_string(&record.payload).unwrap();
        for rows in &strange {
            let msgid = rows["msgid"].as_str().unwrap();
            assert!(
                !text.contains(msgid),
                "nobody wrote the stranger down: {text}"
            );
        }
    }
}

#[test]
fn undone_by_hand_it_is_undecided_until_a_named_person_explains_it() {
    let bench = Bench::new();
    let plan = with_stranger(&bench, "undone");
    let report = bench.run_plan(&plan, "run", &["--json"]).must_end(2).json();
    assert_eq!(
        (&report["verdict"], classes(&report)),
        (&"indeterminate".into(), ROLES.map(str::to_owned).to_vec())
    );
    let sealed = fs::read(bench.path("run").join("certificate.json")).unwrap();
    let strange = foreign(&bench);
    let person = strange[0]["person"].as_str().unwrap().to_owned();

    // One party's books are not all parties' books.
    let his = explain(&bench, "his:H33020000001", &person, "张三")
        .must_end(2)
        .json();
    assert_eq!(classes(&his), &ROLES[1..]);
    let first = format!(
        "#{}",
        strange
            .iter()
            .find(|rows| rows["party"] == "hub:330000")
            .unwrap()["rows"][0]
    );
    explain(&bench, "hub:330000", &first, "张三").must_end(2);
    let report = explain(&bench, "all", &person, "张三").must_end(0).json();
    assert_eq!(
        (&report["verdict"], classes(&report)),
        (&"clean".into(), vec![])
    );
    assert_eq!(
        report["statements"].as_array().unwrap().len(),
        strange.len()
    );
    assert!(
        report["sentence"]["zh"]
            .as_str()
            .unwrap()
            .contains("由 张三 说明")
    );

    let verified = bench.verify("run").must_end(0).json();
    assert_eq!(verified, report, "verify sees what review saw");
    let certificate =
        fs::read_to_string(bench.path("run").join("certificate.reviewed.json")).unwrap();
    assert!(certificate.contains("张三") && certificate.contains(REASON));
    assert_eq!(
        fs::read(bench.path("run").join("certificate.json")).unwrap(),
        sealed,
        "what was certified stays"
    );
    let again = explain(&bench, "all", &person, "李四").must_end(0).json();
    assert_eq!(
        again["statements"], report["statements"],
        "nothing is explained twice"
    );
}

#[test]
fn a_changed_review_is_found_and_a_removed_one_too() {
    let bench = Bench::new();
    let plan = with_stranger(&bench, "undone");
    bench.run_plan(&plan, "run", &["--quiet"]).must_end(2);
    let person = foreign(&bench)[0]["person"].as_str().unwrap().to_owned();
    explain(&bench, "all", &person, "张三").must_end(0);
    let path = bench.path("run").join("review.jsonl");
    let whole = fs::read(&path).unwrap();
    let must_be_found = |bytes: Option<&[u8]>, why: &str| {
        match bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let ended = bench.verify("run").must_end(1);
        let found = classes(&ended.json());
        assert!(
            found.contains(&"evidence:tampered".to_owned()),
            "{why}: {found:?}"
        );
        fs::write(&path, &whole).unwrap();
    };
    for place in [0, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        must_be_found(Some(&flipped), "a flipped bit");
    }
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap();
    must_be_found(Some(&whole[..=last]), "the last line cut off");
    must_be_found(None, "the file gone");
    let mut other = whole.clone();
    other[0] ^= 1;
    fs::write(&path, &other).unwrap();
    explain(&bench, "all", &person, "李四")
        .must_end(64)
        .must_say(&["cli::review_changed", "review.jsonl"]);
    assert_eq!(
        fs::read(&path).unwrap(),
        other,
        "nothing is written on changed evidence"
    );
    fs::write(&path, &whole).unwrap();
    bench.verify("run").must_end(0);
}

#[test]
fn what_is_no_strangers_is_not_explained() {
    let bench = Bench::new();
    bench.run("run", &["--quiet"]).must_end(0);
    let journal = crosswipe_journal::read(&bench.path("run")).unwrap();
    let msgid = journal
        .records
        .iter()
        .find_map(|record| match &record.payload {
            crosswipe_journal::Payload::Intent(intent) if intent.infno.settles() => {
                Some(intent.msgid.to_string())
            }
            _ => None,
        });
    let files = super::files(&bench.path("run"), &[]).len();
    for (party, row) in [
        ("all", msgid.unwrap().as_str()),
        ("insured:330100", "#0"),
        ("insured:330100", "#90"),
        ("nobody", "x"),
    ] {
        explain(&bench, party, row, "张三")
            .must_end(64)
            .must_say(&["cli::not_foreign"]);
    }
    explain(&bench, "all", "x", " ")
        .must_end(64)
        .must_say(&["cli::review_nameless"]);
    let run = bench.text("run");
    crosswipe(&["review", &run, "--explain-foreign", "all", "x"]).must_end(64);
    crosswipe(&["review", &run, "--by", "张三"]).must_end(64);
    assert_eq!(
        super::files(&bench.path("run"), &[]).len(),
        files,
        "nothing was written"
    );
    assert!(foreign(&bench).is_empty());
    bench.verify("run").must_end(0);
}

/// A patient whom nobody told of the test settles after it, at a platform that undoes the newest first.
#[test]
fn a_real_later_settlement_keeps_ours_from_being_undone_and_is_left_alone() {
    let bench = Bench::new();
    copy(plan("pair-demo").as_ref(), &bench.path("plan"));
    let swipe = "person: left, institution: H33020000001, items: basket/cold.yaml";
    let case = format!(
        "  - case: patient\n    title: 测试之后此人真的看了病\n    several_open: yes\n    steps:\n      \
         - {{swipe: outpatient, {swipe}, at: \"2030-03-02T13:00+08:00\", undo_at: \"2030-03-02T17:00+08:00\", \
         expect: {{outcome: ok}}}}\n      - {{play: outpatient, {swipe}, at: \"2030-03-02T16:00+08:00\", \
         stranger: left, expect: {{outcome: accepted}}}}\n"
    );
    for (file, from, to) in [
        (
            "topology.yaml",
            "regions:\n",
            "profile: {later_settlement: refuse}\nregions:\n",
        ),
        ("bounds.yaml", "cases:\n", &format!("cases:\n{case}")),
    ] {
        let path = bench.path("plan").join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    let args = ["--json", "--case", "patient"];
    let report = bench
        .run_plan(&bench.text("plan"), "run", &args)
        .must_end(1)
        .json();
    assert_eq!(report["verdict"], "violated", "our settlement stands");
    let findings = report["findings"].as_array().unwrap();
    let class = "unresolved later-settlement";
    let stuck = findings
        .iter()
        .find(|found| found["class"] == class)
        .unwrap();
    assert_eq!(stuck["txid"], "bounds/patient/1.2207");
    assert_eq!(stuck["party"], "treatment:330200", "whom to ask");
    assert!(
        stuck["witness"].to_string().contains("refused E-LATER"),
        "{stuck}"
    );
    for role in ROLES {
        assert!(classes(&report).contains(&role.to_owned()), "{role}");
    }
    let told = crosswipe(&["report", &bench.text("run"), "--lang", "zh"]);
    let next = "宁波 就";
    assert!(
        told.out.contains("later-settlement") && told.out.contains(next),
        "{}",
        told.out
    );

    // Whatever was undone, it was ours: no message of the run names the stranger's settlement, and it stands everywhere.
    let strange = foreign(&bench);
    let journal = crosswipe_journal::read(&bench.path("run")).unwrap();
    for rows in &strange {
        let msgid = rows["msgid"].as_str().unwrap();
        for record in &journal.records {
            let text = serde_json::to_string(&record.payload).unwrap();
            assert!(!text.contains(msgid), "{text}");
        }
    }
    let settled = strange.iter().filter(|rows| rows["infno"] == "2207");
    let mut parties = 0;
    for rows in settled {
        let party = rows["party"].as_str().unwrap().replace(':', "-");
        let path = bench.path("run").join(format!("exports/{party}.t2.json"));
        let export: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let of =
            |row: &&Value| row["kind"] == "settlement" && row["cause"]["msgid"] == rows["msgid"];
        let row = export["rows"].as_array().unwrap().iter().find(of).unwrap();
        assert_eq!(row["status"], "settled", "{party}");
        parties += 1;
    }
    assert_eq!(parties, 4, "his, treatment place, hub, insured place");
    // A person whose chain stands still gets no further visit, which could not be undone either.
    let probes = journal
        .records
        .iter()
        .filter(|record| match &record.payload {
            crosswipe_journal::Payload::Intent(intent) => intent.case.as_str() == "probe-last/left",
            _ => false,
        });
    assert_eq!(probes.count(), 0);
    let notes = report["notes"].as_array().unwrap();
    assert!(
        notes.iter().any(|note| note["code"] == "probe-failed"),
        "{notes:?}"
    );
}

/// The review and the certificate that follows from it are two files: a process that dies between them leaves no lie.
#[test]
fn a_death_between_the_two_files_of_a_review_is_no_tampering_and_is_mended() {
    let bench = Bench::new();
    let plan = with_stranger(&bench, "undone");
    bench.run_plan(&plan, "run", &["-q"]).must_end(2);
    let person = foreign(&bench)[0]["person"].as_str().unwrap().to_owned();
    explain(&bench, "his:H33020000001", &person, "张三").must_end(2);
    let path = |name: &str| bench.path("run").join(name);
    let first = fs::read(path("certificate.reviewed.json")).unwrap();
    let report = explain(&bench, "all", &person, "张三").must_end(0).json();
    let reviewed = fs::read(path("certificate.reviewed.json")).unwrap();
    assert_ne!(first, reviewed);

    // Died after the review was written: the old certificate is gone already, the new one is not there yet.
    fs::remove_file(path("certificate.reviewed.json")).unwrap();
    let verified = bench.verify("run").must_end(0).json();
    assert_eq!(
        (&verified["verdict"], classes(&verified)),
        (&report["verdict"], vec![])
    );
    assert!(
        !path("certificate.reviewed.json").exists(),
        "verify writes nothing"
    );
    crosswipe(&["review", &bench.text("run")]).must_end(0);
    let again = fs::read(path("certificate.reviewed.json")).unwrap();
    assert_eq!(again, reviewed, "computed again to the byte");

    // A certificate of another review is somebody's doing, as ever.
    fs::write(path("certificate.reviewed.json"), first).unwrap();
    let verified = bench.verify("run").must_end(1).json();
    assert_eq!(classes(&verified), ["evidence:tampered"]);
    crosswipe(&["review", &bench.text("run")]).must_end(1);
}
