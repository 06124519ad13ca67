//! 泳道 · Which cases run side by side: one lane per chain of persons, one case at a time in each.
//!
//! Why so: two open swipes of one person would be computed on top of each other, so cases that share
//! a person never overlap; all others may. A lane's order is that of start instants, then of the file.

use std::collections::BTreeMap;

use crosswipe_domain::Moment;
use crosswipe_scenarios::Case;

/// Indices of cases by lane, at most `most` lanes; every index of `wanted` stands in exactly one.
pub(crate) fn lanes(cases: &[Case], wanted: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut people: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    for &index in wanted {
        let labels: Vec<&str> = cases[index].people().collect();
        let mut shared: Vec<usize> = labels
            .iter()
            .filter_map(|label| people.get(label).copied())
            .collect();
        shared.sort_unstable();
        shared.dedup();
        let lane = shared.first().copied().unwrap_or_else(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        for other in shared.into_iter().skip(1) {
            let moved = std::mem::take(&mut lanes[other]);
            lanes[lane].extend(moved);
            people
                .values_mut()
                .filter(|of| **of == other)
                .for_each(|of| *of = lane);
        }
        lanes[lane].push(index);
        people.extend(labels.into_iter().map(|label| (label, lane)));
    }
    lanes.retain(|lane| !lane.is_empty());
    merged(lanes, most.max(1), |index| (cases[index].start, index))
}

/// Puts lanes together until no more than `most` are left, each in order of time.
fn merged(
    lanes: Vec<Vec<usize>>,
    most: usize,
    key: impl Fn(usize) -> (Option<Moment>, usize),
) -> Vec<Vec<usize>> {
    let mut merged: Vec<Vec<usize>> = vec![Vec::new(); most.min(lanes.len())];
    let count = merged.len();
    for (number, lane) in lanes.into_iter().enumerate() {
        merged[number % count].extend(lane);
    }
    merged
        .iter_mut()
        .for_each(|lane| lane.sort_by_key(|index| key(*index)));
    merged
}
