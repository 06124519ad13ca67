//! 缩小 · The smallest part of a recipe that still fails in the same way: fewer cases, fewer troubles.
//!
//! Greedy: half of many cases at a time, then one part at a time, until none can be left out.

use crate::recipe::Recipe;
use crate::scene::play;
use crate::stage::Stage;
use crate::trace::Trace;
use crate::verdict::Judged;

/// 缩小 · What is left, and what it took.
pub struct Shrunk {
    /// The smaller recipe.
    pub recipe: Recipe,
    /// How it fails.
    pub judged: Judged,
    /// Recipes that were tried.
    pub tries: u32,
}

/// From so many cases on, half of them are left out at a time.
const MANY: usize = 4;

/// Leaves out what the failure does not need. `fails` says whether a smaller one is still the same.
pub fn shrink(
    stage: &Stage,
    recipe: &Recipe,
    judged: Judged,
    fails: impl Fn(&Judged, &Judged) -> bool,
) -> Shrunk {
    let mut shrunk = Shrunk {
        recipe: recipe.clone(),
        judged,
        tries: 0,
    };
    loop {
        let Some((smaller, judged)) = smaller(stage, &mut shrunk, &fails) else {
            return shrunk;
        };
        (shrunk.recipe, shrunk.judged) = (smaller, judged);
    }
}

fn smaller(
    stage: &Stage,
    shrunk: &mut Shrunk,
    fails: &impl Fn(&Judged, &Judged) -> bool,
) -> Option<(Recipe, Judged)> {
    let recipe = shrunk.recipe.clone();
    let without_a_case = (0..recipe.cases.len())
        .filter(|_| recipe.cases.len() > 1)
        .map(|at| {
            let mut smaller = recipe.clone();
            smaller.cases.remove(at);
            smaller
        });
    let without_a_trouble = (0..recipe.troubles.len()).map(|at| {
        let mut smaller = recipe.clone();
        smaller.troubles.remove(at);
        smaller
    });
    let half = recipe.cases.len() / 2;
    let halves = [0..half, half..recipe.cases.len()].into_iter();
    let without_half = halves.filter(|_| recipe.cases.len() >= MANY).map(|half| {
        let mut smaller = recipe.clone();
        smaller.cases.drain(half);
        smaller
    });
    for smaller in without_half.chain(without_a_case).chain(without_a_trouble) {
        shrunk.tries += 1;
        let judged = Judged::of(&play(stage, &smaller, &Trace::default()));
        if fails(&shrunk.judged, &judged) {
            return Some((smaller, judged));
        }
    }
    None
}
