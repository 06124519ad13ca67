//! 上限 · What a run against real systems may settle at most, counted before the first byte.
//!
//! Why so: a plan with a slip in it (a matrix over all persons, a basket with one zero too many) must not become a
//! bill on somebody's live books. What is counted is what is sent, however it ends: an unknown outcome may have booked.
//! Called by `deliver`, above the gate. Not here: the caps themselves (`scenarios::Live`), the judge's count (`verify`).

use crosswipe_domain::{Caps, InfNo, Money};

/// 已用 · What was sent so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    settlements: u32,
    fen: i64,
}

impl Spent {
    /// Whether a message with this sum of fees keeps within the caps; a settlement that does is counted from then on. A
    /// trial that could not be followed by a settlement is not made either. A settlement whose sum nobody knows keeps
    /// within none.
    pub(crate) fn admits(&mut self, caps: &Caps, infno: &InfNo, total: Option<Money>) -> bool {
        let settles = infno.settles();
        let Some(total) = total else {
            return !settles;
        };
        let fen = self.fen.checked_add(total.fen().max(0));
        let Some(fen) = fen.filter(|fen| *fen <= caps.amount.fen()) else {
            return false;
        };
        if self.settlements >= caps.settlements {
            return false;
        }
        if settles {
            self.settlements += 1;
            self.fen = fen;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPS: Caps = Caps {
        settlements: 3,
        amount: Money::from_fen(10_000),
    };

    fn asked(spent: &mut Spent, infno: &str, fen: i64) -> bool {
        spent.admits(&CAPS, &InfNo::new(infno), Some(Money::from_fen(fen)))
    }

    #[test]
    fn the_last_that_fits_goes_and_the_next_does_not() {
        let mut spent = Spent::default();
        assert!(
            ["2207", "2304", "2102"]
                .iter()
                .all(|infno| asked(&mut spent, infno, 1))
        );
        assert!(!asked(&mut spent, "2207", 1), "a fourth");
        assert!(
            !asked(&mut spent, "2206", 1),
            "nothing could follow this trial"
        );
    }

    #[test]
    fn a_sum_may_reach_the_cap_and_not_pass_it() {
        let mut spent = Spent::default();
        assert!(!asked(&mut spent, "2207", 10_001));
        assert!(asked(&mut spent, "2207", 9_999));
        assert!(!asked(&mut spent, "2207", 2));
        assert!(asked(&mut spent, "2207", 1));
        assert!(!asked(&mut spent, "2206", 1));
        assert!(!asked(&mut spent, "2207", i64::MAX), "nor by overflow");
        assert!(!asked(&mut Spent::default(), "2207", i64::MAX));
    }

    #[test]
    fn trials_are_not_counted_and_a_negative_sum_gives_nothing_back() {
        let mut spent = Spent::default();
        assert!((0..9).all(|_| asked(&mut spent, "2206", 10_000)));
        assert!(asked(&mut spent, "2207", 10_000));
        assert!(asked(&mut spent, "2207", -5_000));
        assert!(!asked(&mut spent, "2207", 1));
    }

    #[test]
    fn a_settlement_of_an_unknown_sum_is_not_sent() {
        let mut spent = Spent::default();
        assert!(!spent.admits(&CAPS, &InfNo::new("2207"), None));
        assert!(spent.admits(&CAPS, &InfNo::new("2201"), None));
        assert_eq!(spent, Spent::default());
    }
}
