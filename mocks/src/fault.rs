//! 故障 · What can be made to go wrong, and where: wrappers round honest machines and their links.
//!
//! Why so: a mock that lies by itself proves nothing when it tells the truth. A machine here never knows of a fault.
//! The **catalogue** names all classes, what each is about and which keys it takes; an **order** is one of them as
//! typed; the **board** is what all orders of a world have seen and done, and says whether one hits; a **trouble** is
//! the wrapper itself, with one method per place at which it may meddle: a message arrives, is sent on, is answered by
//! the party behind, leaves; a group is booked; books are shown. All of it is carried by [`Rigged`], which every
//! shell uses in place of a bare machine.
//! A new fault is a line of the catalogue and, if no trouble that stands can do it, one file beside these.
//! Not here: faults of the harness itself, of its journal and its clock (group H: the harness wraps those).

mod again;
mod answers;
mod board;
mod catalogue;
mod clearing;
mod clock;
mod crossed;
mod death;
mod empty;
mod flaps;
mod gates;
mod history;
mod holds;
mod hostile;
mod late;
mod lies;
mod midnight;
mod names;
mod nodes;
mod numbers;
mod order;
mod overtaken;
mod params;
mod parcels;
mod postings;
mod refusals;
mod rigged;
mod routes;
mod storm;
mod torn;
mod transit;
mod trouble;

pub use board::Faults;
pub use catalogue::{FaultClass, Group};
pub use death::Books;
pub use order::{BadFault, FaultOrder};
pub use rigged::{Delivery, Motion, Rigged, Spoil};

#[cfg(test)]
mod tests;
