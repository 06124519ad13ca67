//! 开门时改期 · A second process moves a bound while a door is open: journal and platforms go by it from the HIS's next
//! message on.

use crosswipe_journal::{Payload, read};

use super::Door;
use crate::binary::crosswipe;

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
