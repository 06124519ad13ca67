//! 稽核 · `crosswipe audit EXPORT…`: parties' exports against each other, without a journal of ours.
//!
//! Reads, compares, prints. Nothing comparable is «nothing was checked», never clean.

use crosswipe_reports::{audit_json, audit_shown, audit_terminal};
use crosswipe_verify::Verdict;
use crosswipe_verify::audit::{self, audit as compare};

use crate::args::Audit;
use crate::books::gather;
use crate::command::verify::WIDTH;
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;

/// Reads all files, compares, prints.
pub(crate) fn audit(args: &Audit) -> Result<Exit, Trouble> {
    let mut books = gather(&args.exports, args.map.as_deref()).map_err(Trouble::Books)?;
    let result = compare(std::mem::take(&mut books.takes));
    let exit = of_audit(&result);
    let words = books.words(&audit_shown(&result, args.json));
    to_stdout(&if args.json {
        audit_json(&result, &words, exit.code())
    } else {
        audit_terminal(&result, &words, args.common.lang(), WIDTH)
    })?;
    Ok(exit)
}

fn of_audit(result: &audit::Audit) -> Exit {
    match result.verdict {
        Verdict::Violated => Exit::Violated,
        _ if result.nothing_compared() => Exit::Nothing,
        Verdict::Indeterminate => Exit::Indeterminate,
        Verdict::Clean => Exit::Clean,
    }
}
