//! 上限 · What a run against real systems may settle at most, counted before the first byte.
//!
//! Why so: a plan with a slip in it (a matrix over all persons, a basket with one zero too many) must not become a
//! bill on somebody's live books. What is counted is what is sent, however it ends: an unknown outcome may have booked.
//! Called by `deliver`, above the gate. Not here: the caps themselves (`scenarios::Live`).

use crosswipe_domain::Money;
use crosswipe_scenarios::Caps;

use crate::deliver::Outgoing;

/// 已用 · What was sent so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    settlements: u32,
    fen: i64,
}

impl Spent {
    /// Whether a message keeps within the caps; a settlement that does is counted from then on. A trial settlement that
    /// could not be followed by a settlement is not made either. A sum of fees that nobody knows keeps within none.
    pub(crate) fn admits(&mut self, caps: &Caps, out: &Outgoing<'_>) -> bool {
        let settles = out.infno.settles();
        let total = out.amounts.get("medfee_sumamt").copied();
        let Some(total) = total.or((!settles).then_some(Money::ZERO)) else {
            return false;
        };
        if !settles && total == Money::ZERO {
            return true;
        }
        let fen = self.fen.checked_add(total.fen().max(0));
        let fits =
            self.settlements < caps.settlements && fen.is_some_and(|fen| fen <= caps.amount.fen());
        if let (true, true, Some(fen)) = (fits, settles, fen) {
            self.settlements += 1;
            self.fen = fen;
        }
        fits
    }
}
