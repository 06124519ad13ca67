//! 证据摘要 · What the evidence of many seeds comes to: a sum of hashes, one per seed.
//!
//! Why a sum: seeds are played on many threads and shards on many machines, each stopped and taken up again; whatever
//! the order and however they were dealt out, the same seeds with the same bytes come to the same sum, and the sums of
//! the shards add up to that of the whole. It tells two campaigns apart; it guards nothing against who makes it up.
//! Not here: what a seed's own hash covers (`campaign::Line::tail`).

use std::fmt;

use crosswipe_domain::sha256_hex;

/// 证据摘要 · A sum of SHA-256 hashes modulo 2²⁵⁶; of no seeds at all it is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes one seed in, by the tail of its journal.
    pub fn add(&mut self, seed: u64, tail: &str) {
        let hash = sha256_hex(format!("{seed}\n{tail}\n").as_bytes());
        self.merge(&Digest::parse(&hash).expect("a SHA-256 has 64 digits"));
    }

    /// Takes in all seeds of another sum.
    pub fn merge(&mut self, other: &Digest) {
        let mut carry = 0;
        let bytes = self.0.iter_mut().zip(&other.0);
        for (own, theirs) in bytes.rev() {
            let [high, low] = (u16::from(*own) + u16::from(*theirs) + carry).to_be_bytes();
            (carry, *own) = (u16::from(high), low);
        }
    }

    /// Reads what [`fmt::Display`] writes: 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Digest> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
        }
        Some(Digest(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seeds: &[u64]) -> Digest {
        let mut digest = Digest::default();
        for seed in seeds {
            digest.add(*seed, "tail");
        }
        digest
    }

    #[test]
    fn the_order_does_not_matter_and_shards_add_up() {
        let whole = of(&[1, 2, 3, 4, 5]);
        assert_eq!(of(&[5, 3, 1, 2, 4]), whole);
        let mut shards = of(&[2, 4]);
        shards.merge(&of(&[1, 3, 5]));
        assert_eq!(shards, whole);
        assert_eq!(Digest::parse(&whole.to_string()), Some(whole));
    }

    #[test]
    fn a_seed_more_or_less_or_another_byte_is_seen() {
        let whole = of(&[1, 2, 3]);
        let mut other = of(&[1, 2]);
        assert_ne!(other, whole);
        other.add(3, "tail of another run");
        assert_ne!(other, whole);
        assert_ne!(of(&[1, 2, 2]), of(&[1, 1, 2]));
    }

    #[test]
    fn sums_carry_over_all_bytes() {
        let mut all = Digest([0xff; 32]);
        let mut one = Digest::default();
        one.0[31] = 1;
        all.merge(&one);
        assert_eq!(all, Digest::default());
        let mut half = Digest::default();
        half.0[31] = 0xff;
        half.merge(&one);
        assert_eq!((half.0[30], half.0[31]), (1, 0));
        assert_eq!(Digest::parse(&"g".repeat(64)), None);
        assert_eq!(Digest::parse("00"), None);
    }
}
