//! 换主 · A harness that stood still is taken over, and comes back: nobody serves it any more.
//!
//! Two ways: both processes live in one world, the old one stands still at a point and comes back at a point
//! of the new one; and every leg of every message that the old one ever sent reaches its party again while
//! the new one works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosswipe_mocks::Journey;
use rstest::rstest;

use super::flows::flow;
use super::network::{is_refused_as_stale, lsns};
use super::points::{Whole, must_be_clean};
use super::scene::{Ended, Scene};
use super::twice::Dice;
use crosswipe_sim::look_through;
use crosswipe_sim::{Fate, Point};

/// Interleavings of two living processes per flow.
const REVIVED: usize = 40;
/// Legs of the old process that reach a party at each point of the new one.
const LEGS_PER_POINT: usize = 3;

#[rstest]
#[case::outpatient("outpatient")]
#[case::inpatient("inpatient")]
#[case::local("local")]
fn who_was_taken_over_and_comes_back_is_served_by_nobody(#[case] case: &str) {
    let flow = flow(case);
    let whole = Whole::of(&flow);
    let begins = whole.is_sent("1101");
    let stops: Vec<usize> = (begins..whole.marks.len())
        .filter(|point| {
            !matches!(
                whole.marks[*point].kind,
                Point::BeforeWrite | Point::AfterWrite
            )
        })
        .collect();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut stale, mut halted) = (0, 0);
    for _ in 0..REVIVED {
        let (stop, back) = (stops[dice.below(stops.len())], dice.below(220) as u64);
        let which = || format!("{case}: stopped at {stop}, back at {back} of the new process");
        let scene = Scene::new(&flow);
        let old = Arc::new(Fate::stopping_at(stop as u64));
        let new = {
            let (old, points) = (Arc::clone(&old), AtomicU64::new(0));
            Arc::new(Fate::witnessed(Box::new(move |_| {
                if points.fetch_add(1, Ordering::SeqCst) == back {
                    old.revive();
                }
            })))
        };
        let (first, later) = scene.both(&old, &new);
        assert!(
            matches!(first, Ended::Halted(_)),
            "{}: the old one noticed",
            which()
        );
        halted += 1;
        must_be_clean(&scene, &later, which);
        let traffic = scene.traffic.lock().unwrap();
        assert!(
            traffic.served.is_empty(),
            "{}: {:?}",
            which(),
            traffic.served
        );
        stale += traffic.stale;
        let found = look_through(&scene.world, &flow.opening);
        assert_eq!(found.residues, 0, "{}", which());
        assert_eq!(found.reversals, found.settlements, "{}", which());
    }
    println!("{case}: {REVIVED} came back, {halted} halted, {stale} messages refused as stale");
    assert!(stale > 0, "some came back with a message under way");
}

#[rstest]
#[case::outpatient("outpatient")]
#[case::inpatient("inpatient")]
fn no_leg_of_the_old_process_is_taken_by_any_party_while_the_new_one_works(#[case] case: &str) {
    let flow = flow(case);
    let whole = Whole::of(&flow);
    let states = whole.states();
    let begins = whole.is_sent("1101");
    let states: Vec<usize> = states.into_iter().filter(|state| *state > begins).collect();
    let mut interleavings = 0;
    for nth in 1..=3 {
        let stop = states[states.len() * nth / 4];
        let scene = Scene::new(&flow);
        scene.run(Some(stop as u64));
        let legs = scene.traffic.lock().unwrap().legs.clone();
        assert!(legs.len() > 10);
        let delivered = Arc::new(AtomicU64::new(0));
        let witness = {
            let (world, traffic) = (Arc::clone(&scene.world), Arc::clone(&scene.traffic));
            let delivered = Arc::clone(&delivered);
            Box::new(move |_| {
                if !traffic.lock().unwrap().told {
                    return;
                }
                for _ in 0..LEGS_PER_POINT {
                    let number = delivered.fetch_add(1, Ordering::SeqCst) as usize;
                    let leg = &legs[number * 7 % legs.len()];
                    let before = lsns(&world);
                    let context = Some(&leg.context);
                    let mut journey = Journey::new(leg.now, &leg.to, &leg.path, context, &leg.body);
                    journey.step(&world);
                    assert!(is_refused_as_stale(&journey), "{} took it", leg.to);
                    assert_eq!(lsns(&world), before, "{} booked it", leg.to);
                }
            })
        };
        let ended = scene.resume_with(&Arc::new(Fate::witnessed(witness)));
        must_be_clean(&scene, &ended.unwrap(), || {
            format!("{case} taken over at {stop}")
        });
        assert_eq!(look_through(&scene.world, &flow.opening).residues, 0);
        interleavings += delivered.load(Ordering::SeqCst);
    }
    println!("{case}: {interleavings} interleavings, all refused as stale, nothing booked");
    assert!(interleavings >= 1_000);
}
