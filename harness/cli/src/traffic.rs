//! 录下的来往 · Reads recorded traffic in whatever form it was kept, into exchanges for the judge of messages.
//!
//! Why a room of its own: nobody's recording looks like another's. So nothing is asked of names or of a schema: a message
//! is known by its envelope, wherever in a document it stands, and what surrounds it (address, headers, instant) is read
//! off on the way. What cannot be told apart is left apart: an answer that may belong to two messages belongs to none.
//! Called by `command::conform`. Not here: what a message should look like (`wire::conform`).

mod decode;
mod gather;
mod journal;
mod pair;
mod text;
mod tree;

use std::collections::BTreeMap;

use crosswipe_domain::{InfNo, Moment};

use crate::books::Flaw;

pub(crate) use gather::gather;

/// 录音 · All that was read of some files.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// The files, in the order of their names.
    pub(crate) files: Vec<Recording>,
    /// Exchanges, oldest first as far as it is known.
    pub(crate) exchanges: Vec<Recorded>,
    /// Answers whose message is not there, or that may belong to several.
    pub(crate) orphans: Vec<Orphan>,
    /// What looks like a message and could not be read because the recording is cut or damaged.
    pub(crate) unread: Vec<Flaw>,
}

/// 文件 · One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recording {
    /// As it was typed or found.
    pub(crate) name: String,
    /// What it is.
    pub(crate) form: Form,
    /// Messages in it.
    pub(crate) messages: usize,
    /// Answers in it.
    pub(crate) answers: usize,
}

/// 形式 · How traffic was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Journal of a run of ours.
    Journal,
    /// What the door of a mock province lists (`/__admin/seen`).
    Seen,
    /// HTTP archive of a browser or proxy.
    Har,
    /// One JSON document.
    Json,
    /// A JSON document a line, or several in a row.
    JsonLines,
    /// Any text with messages in it: a log, or raw HTTP.
    Text,
}

impl Form {
    /// Stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Form::Journal => "journal",
            Form::Seen => "seen",
            Form::Har => "har",
            Form::Json => "json",
            Form::JsonLines => "json-lines",
            Form::Text => "text",
        }
    }
}

/// 周边 · What stood around a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Around {
    /// When it was sent, as the recording says.
    pub(crate) at: Option<Moment>,
    /// Where it was sent, without the host.
    pub(crate) path: Option<String>,
    /// Headers by their names in small letters.
    pub(crate) headers: BTreeMap<String, String>,
    /// HTTP status.
    pub(crate) status: Option<u16>,
    /// The transaction that the recording names for it.
    pub(crate) infno: Option<InfNo>,
    /// Values that name persons were replaced when it was kept.
    pub(crate) masked: bool,
}

/// 来往 · A message and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// `file:line`, `file#3`.
    pub(crate) place: String,
    pub(crate) around: Around,
    /// In UTF-8.
    pub(crate) request: String,
    /// Status and body in UTF-8.
    pub(crate) answer: Option<(u16, String)>,
}

/// 孤立应答 · An answer without its message.
#[derive(Clone, Debug)]
pub(crate) struct Orphan {
    pub(crate) place: String,
    pub(crate) infno: Option<InfNo>,
    pub(crate) body: String,
}

/// What a reader comes upon, in the order of the recording.
#[derive(Clone, Debug)]
enum Piece {
    Message {
        place: String,
        around: Around,
        body: String,
    },
    Answer {
        place: String,
        around: Around,
        body: String,
    },
    Unread(Flaw),
}
