//! 风暴 · Several faults at once, drawn from all that a party can do, and all healed after a while.
//!
//! What is drawn follows from the order's own `seed`, so that the order as written is all that a replay needs.
//! Not here: which of them met anything: each counts for itself, and the storm counts what its parts did.

use super::FaultOrder;
use super::catalogue::{CATALOGUE, Seat};

/// After how long each part heals where the order does not say.
const HEALED_MS: i64 = 30_000;
/// Fewest and most parts.
const PARTS: (u32, u32) = (2, 5);

impl FaultOrder {
    /// The orders that stand for this one: itself, or what a storm has drawn.
    pub fn parts(&self) -> Vec<FaultOrder> {
        if !self.draws() {
            return vec![self.clone()];
        }
        let mut left: Vec<_> = CATALOGUE
            .iter()
            .filter(|class| matches!(class.seat, Seat::Party(_)))
            .filter(|class| class.keys.iter().all(|key| !key.needed))
            .collect();
        let mut state = u64::from(self.number("seed"));
        let parts = self.number("count").clamp(PARTS.0, PARTS.1);
        let mut drawn = Vec::new();
        for _ in 0..parts {
            let class = left.remove((next(&mut state) % left.len() as u64) as usize);
            let mut order = FaultOrder::plain(class);
            order.nth = 1 + (next(&mut state) % 3) as u32;
            order.heal_after_ms = Some(self.heal_after_ms.unwrap_or(HEALED_MS));
            drawn.push(order);
        }
        drawn
    }

    /// Whether it stands for others, which it draws.
    pub fn draws(&self) -> bool {
        matches!(self.class.seat, Seat::Several)
    }

    /// The same storm drawn from another seed, unless it names its own.
    pub fn seeded(mut self, seed: u64) -> FaultOrder {
        if self.draws() && !self.is_given("seed") {
            // A key holds no more than a u32, and no 0.
            let seed = u32::try_from(seed).unwrap_or((seed >> 32) as u32);
            self.give("seed", seed.max(1).to_string());
        }
        self
    }
}

/// splitmix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
