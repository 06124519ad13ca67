//! 群 · Many seeds of each mix end as they must, the same on one thread and on two.

use std::path::Path;

use crosswipe_sim::{Campaign, Judged, Line, Mix, Recipe, Stage, Sums, Trace, campaign, play};

const PLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/pair-demo");

const TRANSPORT: Mix = Mix {
    transport: true,
    parties: false,
};

/// The demo, with these faults armed in every seed.
fn stage(faults: &[&str]) -> Stage {
    let plan = crosswipe_scenarios::load(Path::new(PLAN)).unwrap();
    let faults = faults.iter().map(|text| text.parse().unwrap());
    Stage::new(plan, faults.collect()).unwrap()
}

fn played(stage: &Stage, mix: Mix, seeds: u64, jobs: usize) -> (Sums, Vec<Line>) {
    let mut lines = Vec::new();
    let seeds = 0..seeds;
    let campaign_of = Campaign {
        stage,
        mix,
        seeds,
        jobs,
    };
    let sums = campaign(&campaign_of, |line| lines.push(line.clone()));
    (sums, lines)
}

#[test]
fn the_same_seed_gives_the_same_bytes_however_many_threads_play() {
    let stage = stage(&[]);
    let (one, first) = played(&stage, TRANSPORT, 12, 1);
    let (two, second) = played(&stage, TRANSPORT, 12, 2);
    let tails = |lines: &[Line]| -> Vec<(u64, String)> {
        let told = lines.iter();
        told.map(|line| (line.seed, line.tail.clone())).collect()
    };
    assert_eq!(tails(&first), tails(&second));
    assert_eq!(one, two);
    assert!(first.iter().all(|line| line.tail.len() == 64));
    assert_eq!(one.seeds, 12);
}

#[test]
fn undisturbed_seeds_are_clean_and_everything_settled_is_reversed() {
    let (sums, _) = played(&stage(&[]), Mix::default(), 20, 2);
    println!(
        "{} seeds, {} settled, {} reversed, {:?}",
        sums.seeds, sums.settled, sums.reversed, sums.verdicts
    );
    assert_eq!((sums.seeds, sums.verdicts["clean"]), (20, 20));
    assert!(sums.settled >= 80 && sums.settled == sums.reversed);
    assert!(sums.failures.is_empty(), "{:?}", sums.failures);
}

/// Found by seeds: a link was down for seconds while a probe was made, and all its tries fell into the same millisecond;
/// in 650 what was lost after the link was up again took the tries that were left.
#[test]
fn a_probe_outlasts_a_link_that_is_down_for_a_while() {
    let stage = stage(&[]);
    for seed in [650, 696, 709, 838, 970, 1_096] {
        let recipe = Recipe::draw(&stage, TRANSPORT, seed);
        let played = play(&stage, &recipe, &Trace::default());
        assert!(!played.met.is_empty(), "seed {seed} meets its troubles");
        let judged = Judged::of(&played);
        assert_eq!(judged.failure, None, "seed {seed}: {judged:?}");
    }
}
