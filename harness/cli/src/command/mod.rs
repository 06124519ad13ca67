//! 命令 · One file per command; each takes what was typed and gives an exit code or a trouble.

pub(crate) mod amend;
pub(crate) mod audit;
pub(crate) mod close;
pub(crate) mod compare;
pub(crate) mod conform;
pub(crate) mod explain;
pub(crate) mod form;
pub(crate) mod front;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod merge;
pub(crate) mod plan;
pub(crate) mod preflight;
pub(crate) mod report;
pub(crate) mod resume;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod select;
pub(crate) mod serve;
pub(crate) mod sim;
pub(crate) mod verify;
