//! 时段运算 · Spans of minutes, `from ≤ t < to`: where they meet, and what is taken of them.
//!
//! Called by `planner::place`. Not here: why a minute is free or taken.

use crate::timing::Minute;

/// 时段 · Spans in order, none touching the next.
pub(super) type Spans = Vec<(Minute, Minute)>;

/// What both have.
pub(super) fn meet(one: &[(Minute, Minute)], other: &[(Minute, Minute)]) -> Spans {
    let mut spans = Spans::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        let (from, to) = (a.0.max(b.0), a.1.min(b.1));
        if from < to {
            spans.push((from, to));
        }
        match a.1 < b.1 {
            true => i += 1,
            false => j += 1,
        }
    }
    spans
}

/// The first start at or after `from` of a span so long that lies in one of these.
pub(super) fn first_in(spans: &[(Minute, Minute)], from: Minute, length: Minute) -> Option<Minute> {
    spans
        .iter()
        .map(|(opens, closes)| (from.max(*opens), *closes))
        .find(|(start, closes)| start + length <= *closes)
        .map(|(start, _)| start)
}

/// How many starts there are for a span so long.
pub(super) fn starts(spans: &[(Minute, Minute)], length: Minute) -> Minute {
    let of_one = |(opens, closes): &(Minute, Minute)| (closes - opens - length + 1).max(0);
    spans.iter().map(of_one).sum()
}

/// 占用 · What is taken of something that so many may use at a time.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    most: usize,
    /// In order of their beginning.
    by: Spans,
}

impl Taken {
    pub(super) fn up_to(most: u32) -> Taken {
        Taken {
            most: most as usize,
            by: Spans::new(),
        }
    }

    pub(super) fn take(&mut self, from: Minute, to: Minute) {
        let at = self.by.partition_point(|span| *span <= (from, to));
        self.by.insert(at, (from, to));
    }

    /// How many use it at some time of the span.
    pub(super) fn uses(&self) -> usize {
        self.by.len()
    }

    /// The first start at or after `from` at which one more fits for so long.
    pub(super) fn first_free(&self, from: Minute, length: Minute) -> Minute {
        let mut start = from;
        loop {
            let meets = |span: &&(Minute, Minute)| span.0 < start + length && span.1 > start;
            let met: Vec<&(Minute, Minute)> = self.by.iter().filter(meets).collect();
            if met.len() < self.most {
                return start;
            }
            // Use changes only where somebody begins.
            let instants = met.iter().map(|span| span.0.max(start));
            let full = instants.filter_map(|at| {
                let there = met.iter().filter(|span| span.0 <= at && at < span.1);
                let ends: Vec<Minute> = there.map(|span| span.1).collect();
                (ends.len() >= self.most).then(|| ends.into_iter().min())?
            });
            match full.min() {
                Some(freed) => start = freed,
                None => return start,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_meet_where_both_have_time() {
        let one = [(0, 10), (20, 30), (40, 50)];
        let other = [(5, 25), (28, 45)];
        assert_eq!(meet(&one, &other), [(5, 10), (20, 25), (28, 30), (40, 45)]);
        assert_eq!(first_in(&one, 5, 5), Some(5));
        assert_eq!(first_in(&one, 6, 5), Some(20));
        assert_eq!(first_in(&one, 0, 11), None);
        assert_eq!(starts(&one, 10), 3);
        assert_eq!(starts(&one, 11), 0);
    }

    /// Against counting minute by minute.
    #[test]
    fn the_first_free_start_is_the_first() {
        let mut seed = 7_u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((seed >> 33) % below) as Minute
        };
        for _ in 0..300 {
            let most = 1 + draw(3) as u32;
            let mut taken = Taken::up_to(most);
            for _ in 0..draw(9) {
                let from = draw(40);
                taken.take(from, from + 1 + draw(9));
            }
            let (from, length) = (draw(40), 1 + draw(8));
            let uses = |at: Minute| {
                taken
                    .by
                    .iter()
                    .filter(move |span| span.0 <= at && at < span.1)
            };
            let free =
                |start: Minute| (start..start + length).all(|at| uses(at).count() < most as usize);
            let first = (from..).find(|start| free(*start)).unwrap();
            assert_eq!(
                taken.first_free(from, length),
                first,
                "{taken:?} {from} {length}"
            );
        }
    }
}
