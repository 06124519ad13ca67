//! 接口 · The national interface on the wire: envelope, catalogue, nodes, reading and writing.
//!
//! Why so: strangers' systems send and read these messages, so reading forgives what they do and
//! tells it, writing is exact, and the field tables are data. No socket, clock or file in here.
//! Used by `runner`, `mocks`, `scenarios`, `reports`. Not here: when a message may be sent (`runner`),
//! what a platform does with it (`mocks`).

mod catalogue;
mod check;
mod classify;
pub mod conform;
pub mod context;
mod finding;
pub mod gateway;
mod identities;
mod json;
mod mask;
mod members;
mod refusal;
pub mod regional;
mod request;
mod response;
mod rule;
mod write;

pub use catalogue::{
    Catalogue, CodeList, FieldKind, FieldSpec, Need, NodeKind, NodeSpec, OutputSpec, Shape,
    Transaction, catalogue,
};
pub use check::{Mode, check, missing_mandatory};
pub use classify::{Sent, classify};
pub use context::{BadContext, Context};
pub use finding::{FieldPath, Finding, Said, Weight};
pub use identities::{
    Broken, Identity, LineAmounts, check_line_sums, check_lines, check_settlement, check_undo,
};
pub use json::{MAX_DEPTH, MAX_MEMBERS, MAX_TEXT, WireError};
pub use mask::{Masker, without_likely_strangers, without_strangers};
pub use members::{BadField, Members};
pub use refusal::{Refusal, RefusalCode};
pub use request::Request;
pub use response::{Infcode, Output, Response};
pub use rule::{CODES, FindingRule, rule};
pub use write::{
    Envelope, ObjectText, Receipt, STAND_IN_PIN, list_text, write_ok, write_ok_array,
    write_received, write_refusal, write_request,
};
