//! 叫停 · A run that is asked to stop in the midst of a case: no further step begins, and what stands is undone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswipe_journal::Row;
use crosswipe_sim::{Fate, look_through};
use rstest::rstest;
use serde_json::Value;

use super::flows::flow;
use super::points::{Whole, must_be_clean};
use super::scene::Scene;

/// Every so many states of the case.
const EVERY: usize = 3;

#[rstest]
#[case::refund_and_resettle("refund-and-resettle")]
#[case::change_of_admission("change-of-admission")]
fn asked_to_stop_at_any_point_no_further_step_begins_and_nothing_is_left(#[case] case: &str) {
    let flow = flow(case);
    let whole = Whole::of(&flow);
    let begins = whole.is_sent("1101");
    let ends = whole.after_row(|row| row.kind == "CASE_FINISHED");
    let states = whole.states().into_iter();
    let within = states.filter(|point| (begins..ends).contains(point));
    let (mut asked, mut skipped, mut passed) = (0, 0, 0);
    for point in within.step_by(EVERY) {
        let which = || format!("{case}: asked to stop at {point}");
        let scene = Scene::new(&flow);
        let (interrupt, points) = (Arc::clone(&scene.interrupt), AtomicUsize::new(0));
        let fate = Fate::witnessed(Box::new(move |_| {
            if points.fetch_add(1, Ordering::SeqCst) == point {
                interrupt.ask();
            }
        }));
        let ended = scene.run_with(&Arc::new(fate));
        must_be_clean(&scene, &ended, which);
        let found = look_through(&scene.world, &flow.opening);
        assert_eq!(found.residues, 0, "{}", which());
        assert_eq!(found.reversals, found.settlements, "{}", which());
        let rows = scene.disk.rows();
        let stop = rows.iter().position(|row| row.kind == "INTERRUPTED");
        let stop = stop.expect("it is written down");
        let all = steps(&rows);
        assert_eq!(steps(&rows[..stop]), all, "{}", which());
        asked += 1;
        match result(&rows).as_str() {
            "skipped" => skipped += 1,
            "passed" => {
                assert_eq!(all.len(), 3, "{}: every step was taken", which());
                passed += 1;
            }
            other => panic!("{}: {other}", which()),
        }
    }
    println!("{case}: asked to stop {asked} times, {skipped} cut short, {passed} passed");
    assert!(skipped > 3 && passed > 0);
}

/// Steps of the case that sent something that is no read.
fn steps(rows: &[Row]) -> BTreeSet<String> {
    let step = |row: &Row| {
        let payload: Value = serde_json::from_str(&row.payload).unwrap();
        let of_case = match row.kind.as_str() {
            "INTENT" => payload["purpose"] == "business" && payload["nature"] != "read",
            "COMP_INTENT" => true,
            _ => false,
        };
        let step = payload["step"].as_str().filter(|_| of_case)?;
        Some(step.rsplit_once('.')?.0.to_owned())
    };
    rows.iter().filter_map(step).collect()
}

fn result(rows: &[Row]) -> String {
    let finished = rows.iter().find(|row| row.kind == "CASE_FINISHED").unwrap();
    let payload: Value = serde_json::from_str(&finished.payload).unwrap();
    payload["result"].as_str().unwrap().to_owned()
}
