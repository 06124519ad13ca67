//! 分片 · A fair share of the seeds of a campaign: of N shards the I-th has every N-th seed, from the I-th on.
//!
//! Why not in blocks: neighbours in a range may be alike to whoever drew it; dealt out like cards, all shards take as
//! long. A seed is in exactly one shard, whatever the range. Called by `campaign`. Not here: who plays which (`cli`).

use std::ops::Range;

/// 分片 · The `number`-th of `of`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// All seeds.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// `None` unless 1 ≤ `number` ≤ `of`.
    pub fn new(number: u64, of: u64) -> Option<Shard> {
        (1..=of).contains(&number).then_some(Shard { number, of })
    }

    /// Which, from 1.
    pub fn number(self) -> u64 {
        self.number
    }

    /// Of how many.
    pub fn of(self) -> u64 {
        self.of
    }

    /// Its seed of a range in this place, from 0; `None` behind its last.
    pub fn seed(self, seeds: &Range<u64>, place: u64) -> Option<u64> {
        let step = place.checked_mul(self.of)?.checked_add(self.number - 1)?;
        seeds
            .start
            .checked_add(step)
            .filter(|seed| seeds.contains(seed))
    }

    /// How many seeds of a range it has.
    pub fn len(self, seeds: &Range<u64>) -> u64 {
        let all = seeds.end.saturating_sub(seeds.start);
        all / self.of + u64::from(all % self.of >= self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_in_exactly_one_shard_and_all_are_as_long() {
        let mut ranges = 0;
        for seeds in [0..100, 7..20, 5..6, 3..3, u64::MAX - 5..u64::MAX] {
            for of in 1..=13 {
                let mut dealt: Vec<u64> = Vec::new();
                let mut lengths = Vec::new();
                for number in 1..=of {
                    let shard = Shard::new(number, of).unwrap();
                    let own = (0..).map_while(|place| shard.seed(&seeds, place));
                    let own: Vec<u64> = own.collect();
                    assert_eq!(own.len() as u64, shard.len(&seeds), "{seeds:?} {shard:?}");
                    lengths.push(own.len());
                    dealt.extend(own);
                }
                dealt.sort_unstable();
                assert_eq!(dealt, seeds.clone().collect::<Vec<u64>>());
                let (least, most) = (lengths.iter().min(), lengths.iter().max());
                assert!(most.unwrap() - least.unwrap() <= 1, "{lengths:?}");
                ranges += 1;
            }
        }
        assert_eq!(ranges, 65);
    }

    #[test]
    fn there_is_no_shard_before_the_first_or_behind_the_last() {
        assert_eq!(Shard::new(0, 4), None);
        assert_eq!(Shard::new(5, 4), None);
        assert_eq!(Shard::new(1, 0), None);
        assert_eq!(Shard::new(1, 1), Some(Shard::WHOLE));
    }
}
