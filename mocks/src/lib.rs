//! 模拟 · Mock parties: ledger, platform, hub, HIS, faults and shells.
//!
//! A party is a pure machine with books; shells carry it. For the reader of this crate: `README.md`.

mod acceptance;
mod answer;
mod books;
mod closing;
pub mod deed;
mod desk;
mod epochs;
pub mod fault;
pub mod his;
pub mod hub;
pub mod ledger;
pub mod machine;
pub mod region;
mod rules;
pub mod settlement;
pub mod setup;
pub mod shell;
mod world;

pub use acceptance::{
    Acceptance, Cue, Held, Judge, Judging, Line, Mark, Part, Standing, Told, Work,
};
pub use epochs::Epochs;
pub use fault::{BadFault, FaultClass, FaultOrder, Faults, Group};
pub use machine::{Answer, HOP_PATH, Lost, Machine, Step, Ticket};
pub use settlement::Policy;
pub use setup::{MsgidMode, Setup};
pub use shell::hyper::{
    Behind, Front, FrontConfig, Gate, HIS_ADAPTER, Leap, PlanClock, Quiet, ROUTES, Reset, Seen,
    Taken, Token, Unwritten, Witness, Writing, tokens,
};
pub use shell::memory::{Journey, Leg, MemoryWorld, Whereabouts};
pub use shell::{HoldFn, TimeFn, amended_before, fired_before};
pub use world::{FREE, World, WorldConfig};
