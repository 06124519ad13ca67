//! 开门时改期 · A second process moves a bound while a door is open: journal and platforms go by it from the HIS's next
//! message on.

use crosswipe_journal::{Payload, read};

use crosswipe_runner::clock::Stopwatch;
use serde_json::json;

use super::Door;
use crate::binary::{DEADLINE, PAUSE, crosswipe, plan};

#[test]
fn a_bound_that_moves_while_a_door_is_open_is_taken_up_with_the_next_message() {
    let door = Door::open(&[]);
    let run = door.runs.path().join("run");
    let windows = || {
        let history = read(&run).unwrap();
        let places = history.records.iter().enumerate();
        let moved = places.filter(|(_, one)| matches!(one.payload, Payload::Window(_)));
        moved.map(|(place, _)| place).collect::<Vec<_>>()
    };
    let header = read(&run).unwrap().header().clone();
    let to = header.plan.window.end().unwrap().plus_ms(-3_600_000);
    crosswipe(&[
        "amend",
        &run.display().to_string(),
        "--bound",
        "live.from",
        "--to",
        &to.to_string(),
        "--source",
        "省局电话通知",
        "--who",
        "值班",
    ])
    .must_end(0);
    assert_eq!(
        windows(),
        Vec::<usize>::new(),
        "nobody has sent anything yet"
    );
    if door.his("bare", &[]).is_none() {
        return;
    }
    let history = read(&run).unwrap();
    let sent = history
        .records
        .iter()
        .position(|one| matches!(one.payload, Payload::Intent(_)));
    let moved = windows();
    assert_eq!(moved.len(), 1);
    assert!(
        moved[0] < sent.unwrap(),
        "before the first message under it"
    );
}

/// Whoever looks at the clock sees the phases as the next message meets them, and the journal knows of it by then.
#[test]
fn the_clock_shows_the_phases_as_amended() {
    let door = Door::open(&[]);
    let run = door.runs.path().join("run");
    let live = || {
        let told = door.got("/__admin/clock");
        let phases = told["phases"].as_array().unwrap().iter();
        phases.last().unwrap().clone()
    };
    let was = live()["from"].clone();
    let header = read(&run).unwrap().header().clone();
    let end = header.plan.window.end().unwrap();
    let to = end.plus_ms(-3_600_000).to_string();
    let run_dir = run.display().to_string();
    let by = ["--source", "省局电话通知", "--who", "值班"];
    crosswipe(
        &[
            &["amend", &run_dir, "--bound", "live.from", "--to", &to][..],
            &by,
        ]
        .concat(),
    )
    .must_end(0);
    assert_eq!(live(), json!({"id": "live", "from": to, "was": was}));
    let history = read(&run).unwrap();
    let moved = history.records.iter();
    let moved = moved.filter(|one| matches!(one.payload, Payload::Window(_)));
    assert_eq!(moved.count(), 1);
    // A leap to the phase goes where it lies now.
    let (status, told) = door.posted("/__admin/clock", r#"{"phase": "live"}"#);
    assert_eq!((status, &told["phase"]), (200, &json!("live")), "{told}");
    assert!(told["now"].as_str().unwrap() < was.as_str().unwrap());
}

/// Where the platform of before the cutover is met, in which dialect and until when: on the screen and for programs.
#[test]
fn the_door_of_the_old_platform_is_told() {
    let open = |phase: &str| Door::of_plan(&plan("qianjiang-2021"), &["--at", phase]);
    for (phase, stopped) in [("drain", false), ("verify", true)] {
        let door = open(phase);
        let regions = door.notice["regions"].as_array().unwrap();
        let of = |code: &str| &regions.iter().find(|one| one["code"] == code).unwrap()["old"];
        assert!(of("422800").is_null(), "it keeps none");
        let (old, address) = (of("500114"), door.notice["address"].as_str().unwrap());
        let at = format!("{address}/old/fsi/api/rsfComIfsService/callService");
        assert_eq!(
            (&old["dialect"], &old["address"], &old["stopped"]),
            (&json!("csb"), &json!(at), &json!(stopped))
        );
        let run = read(&door.runs.path().join("run")).unwrap();
        let stops = run.header().plan.window.old_stops().unwrap();
        assert_eq!(old["until"], stops.to_string());
        // The screen comes after what programs read.
        let begun = Stopwatch::start();
        while !door.started.said("err").contains("kept in") && begun.elapsed() < DEADLINE {
            std::thread::sleep(PAUSE);
        }
        let said = door.started.said("err");
        assert!(
            said.contains(&format!("csb {at}")) && said.contains(&stops.short()),
            "{said}"
        );
        assert_eq!(said.contains("stopped: answers questions"), stopped);
    }
}
