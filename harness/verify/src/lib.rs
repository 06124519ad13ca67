//! 核验 · The judge: journal + exports → findings, verdict, certificate. Pure and offline.
//!
//! Why apart: the judge shares no code with the doer. It knows words and data (`domain`, `journal`),
//! adds up again in its own plain way, and has one file per rule R1–R14.
//! Called by `cli` right after a run and for any run directory later: the same function.
//! `close` judges all runs of a plan together. Not here: finding files (`cli`), words for people (`reports`).

mod judgement;

pub mod audit;

mod evidence;
mod files;
mod judge;
mod listed;

mod anew;
mod books;
mod bounds;

mod context;
mod courses;
mod purge;
mod review;
mod story;
mod strangers;
mod tally;
mod went;

mod causes;
mod certificate;
mod draft;
mod entered;
mod rules;
mod soundness;
mod statements;
mod totals;
mod verdict;
mod window;

pub use certificate::{JUDGE, certificate, certificate_core_sha256};
pub use courses::Course;
pub use evidence::{Evidence, ExportFile, Instant, JournalFacts, LookLine, PaperFile};
pub use files::{PartyFiles, party_of, read_paper, read_party};
pub use judge::{judge, judge_told};
pub use judgement::{
    BookTotal, Counts, Finding, Held, Judgement, Remark, RuleState, Standing, Statement,
    Transaction, TxState, Verdict,
};
pub use listed::{Claim, IMPORTED, Paired, near, pair};
pub use review::{
    Explained, Matter, Overridden, Review, ReviewAct, ReviewDefect, ReviewHeld, ReviewLine,
    ReviewNow, Said, Signature, SignedAs, Target, finding_id, may_override, open_matters,
    review_held,
};
pub use strangers::{ForeignRows, foreign};

pub use window::{
    CaseLine, Coverage, OpenSwipe, RunLine, RunPapers, SeamCount, Unfit, WindowFinding,
    WindowJudgement, WindowPlan, World, close, merge, unfit, window_anchor, window_foreign,
};

#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;
