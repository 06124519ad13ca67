//! 执行 · The only crate that waits: gate → intent → send → outcome; clock, transports, looks at the books.
//!
//! Why so: everything else in the project is a pure function or a plain value. The runner cannot tell
//! a mock party from a real one, and knows neither the mocks nor the judge.
//! Called by `cli`. Not here: what to undo next (`rollback`), whether it worked (`verify`).

mod amounts;
mod ask;
mod books;
mod call;
mod caps;
mod captures;
mod case;
pub mod clock;
mod compensate;
mod deliver;
mod desk;
mod driven;
mod evidence;
mod expect;
mod gate;
mod given;
mod lanes;
mod late;
mod message;
mod msgid;
mod notice;
mod office;
mod play;
pub mod preflight;
mod probe;
mod relay;
mod resume;
mod run;
mod seen;
mod session;
mod shelf;
mod swipe;
pub mod transport;
mod underway;

pub use crosswipe_rollback::Patience;
pub use desk::{Halt, Permit, Progress, RunConfig, Watcher};
pub use driven::Driven;
pub use expect::judge_answer;
pub use gate::{Denied, Question, ask as ask_gate};
pub use msgid::Turn;
pub use notice::Bulletin;
pub use resume::{people_with_open, resume};
pub use run::{Finished, Interrupt, beginning, run};
pub use seen::{PlanTime, Watch, Watched};
pub use shelf::{MemoryShelf, Shelf};
