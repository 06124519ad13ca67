//! 骰 · The one source of choice: the same throws for the same seed, on every machine and in every build.
//!
//! splitmix64 (Steele, Lea, Flood 2014): a counter and a mixing function, no state to get wrong. One stream per purpose,
//! so that a new choice in one place does not move all others.

/// 骰 · A stream of choices.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The stream of a seed for one purpose.
    pub fn of(seed: u64, purpose: &str) -> Dice {
        let mixed = purpose.bytes().fold(seed, |hash, byte| {
            mix(hash.wrapping_add(GAMMA) ^ u64::from(byte))
        });
        Dice(mix(mixed))
    }

    /// Any number.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// 0 to `bound` − 1; 0 where there is no choice.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.throw() % (bound.max(1) as u64)) as usize
    }

    /// `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// True once in so many throws.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// So many bytes, e.g. for a key.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| (self.throw() & 0xff) as u8)
    }
}

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_and_purposes_are_apart() {
        let throws = |seed, purpose| {
            let mut dice = Dice::of(seed, purpose);
            [dice.throw(), dice.throw(), dice.throw()]
        };
        assert_eq!(throws(7, "cases"), throws(7, "cases"));
        assert_ne!(throws(7, "cases"), throws(8, "cases"));
        assert_ne!(throws(7, "cases"), throws(7, "order"));
        // The published first output of splitmix64 for the state 1234567.
        assert_eq!(Dice(1_234_567).throw(), 6_457_827_717_110_365_317);
    }

    #[test]
    fn every_side_of_the_die_comes_up() {
        let mut dice = Dice::of(1, "sides");
        let mut seen = [0; 6];
        (0..6_000).for_each(|_| seen[dice.below(6)] += 1);
        assert!(
            seen.iter().all(|times| (800..1_200).contains(times)),
            "{seen:?}"
        );
        let mut order = [1, 2, 3, 4, 5];
        dice.shuffle(&mut order);
        order.sort_unstable();
        assert_eq!(order, [1, 2, 3, 4, 5]);
    }
}
