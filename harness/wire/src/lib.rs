//! 接口 · The national interface on the wire: envelope, catalogue, nodes, reading and writing.
//!
//! Why so: strangers' systems send and read these messages, so reading forgives what they do and
//! tells it, writing is exact, and the field tables are data. No socket, clock or file in here.
//! Used by `runner`, `mocks`, `scenarios`, `reports`. Not here: when a message may be sent (`runner`),
//! what a platform does with it (`mocks`).

pub mod catalogue;
pub mod classify;
pub mod context;
mod finding;
mod json;
mod members;
pub mod refusal;
mod request;
mod response;
pub mod write;

pub use catalogue::{
    Catalogue, CodeList, FieldKind, FieldSpec, Need, NodeKind, NodeSpec, OutputSpec, Shape,
    Transaction, catalogue,
};
pub use classify::{Sent, classify};
pub use context::{BadContext, Context};
pub use finding::{FieldPath, Finding, Weight};
pub use json::{MAX_DEPTH, MAX_MEMBERS, WireError};
pub use members::{BadField, Members};
pub use refusal::{Refusal, RefusalCode};
pub use request::Request;
pub use response::{Infcode, Output, Response};
pub use write::{
    Envelope, ObjectText, Receipt, list_text, write_ok, write_ok_array, write_refusal,
    write_request,
};
