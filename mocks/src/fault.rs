//! 故障 · What can be made to go wrong, and where: wrappers round honest machines and their links.
//!
//! Why so: a mock that lies by itself proves nothing when it tells the truth. A machine here never knows
//! of a fault. A fault does one of three things, and all others can be said in these words too:
//! it **intercepts a step** that a machine has taken (answer in another's stead, change it, feed something
//! back), it **cuts a link** (the answer never leaves), it **bends a group** right before it is booked (also:
//! books it later), or it **ends the machine**, and a new one stands up in its place.
//! Which message it hits is chosen by number: the `nth` that fits, and `times` in a row.
//! Carried by [`Rigged`], which every shell uses in place of a bare machine.

mod late;
mod order;
mod rigged;

pub use order::{BadFault, Books, FaultOrder, Faults, Fence, Until};
pub use rigged::{Motion, Rigged};

#[cfg(test)]
mod tests;
