//! 收尾 · How a run ends: judged, certified, closed, told. Whatever stands in the journal is reported.
//!
//! Called by `command::run` and `command::resume`. Not here: the judging (`verify`), the words (`reports`).

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crosswipe_journal::{Cert, Draft, History, JournalError, Payload};
use crosswipe_reports::{Lang, Story, json, terminal};
use crosswipe_runner::{Finished, Halt};
use crosswipe_verify::{JUDGE, certificate, certificate_core_sha256};

use crate::command::report::write_all;
use crate::command::verify::{Judged, Sealed, WIDTH, by_another_judge, judged, judged_on, story};
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;
use crate::{private, rundir, seal};

/// How the end is told on stdout.
#[derive(Clone, Copy)]
pub(crate) struct Telling {
    /// Nothing is printed: whoever called tells it in a document of its own.
    pub(crate) silent: bool,
    /// One JSON document instead of text.
    pub(crate) json: bool,
    /// Language of people's words.
    pub(crate) lang: Lang,
}

/// Whether the report's files are written too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// They are.
    Written,
    /// The run folder is left as it is.
    Untouched,
}

/// Judges, certifies, closes, reports.
pub(crate) fn certify(
    telling: Telling,
    dir: &Path,
    plan: &str,
    finished: Finished,
    fired: &[(String, u64)],
) -> Result<Exit, Trouble> {
    let sealed = seal_up(dir, finished, fired)?;
    private::remember_tail(dir, plan, &sealed.history)?;
    let judged = &sealed.judged;
    tell(telling, dir, &sealed.history, judged, fired, Files::Written)?;
    if sealed.short_of_room {
        // Everything is undone and judged, and yet the plan was not run.
        return Err(Trouble::Journal(JournalError::DiskFull {
            reserve_used: true,
        }));
    }
    Ok(judged.exit)
}

/// A run with its certificate written and its journal closed.
pub(crate) struct SealedUp {
    pub(crate) history: History,
    pub(crate) judged: Judged,
    /// Stopped before its end because the disk was full.
    short_of_room: bool,
}

/// Judges, certifies, closes; nothing is told.
pub(crate) fn seal_up(
    dir: &Path,
    finished: Finished,
    fired: &[(String, u64)],
) -> Result<SealedUp, Trouble> {
    let history = finished.journal.history()?;
    let mut evidence = rundir::evidence(dir, &history, None)?;
    let mut first = judged_on(dir, &history, &evidence, fired)?;
    // All records are read again when the last one stands: no second copy meanwhile.
    drop(history);
    let mut classes: Vec<_> = first
        .judgement
        .findings
        .iter()
        .map(|finding| finding.class.clone())
        .collect();
    classes.sort();
    classes.dedup();
    let cert = Cert {
        verdict: first.judgement.verdict.name().to_owned(),
        faults: fired.iter().cloned().collect(),
        classes,
        sha256: certificate_core_sha256(&first.certificate).unwrap_or_default(),
        judge: JUDGE.to_owned(),
    };
    // It is written anew, with the journal's last record.
    first.certificate = String::new();
    // What is open is known by now, and whoever reads «the disk is full» wants to know that.
    let open = usize::try_from(first.judgement.counts.unresolved).unwrap_or(usize::MAX);
    let told = |error: JournalError| {
        if error.is_full() {
            Trouble::Halt(Halt::DiskFull {
                path: dir.join("journal.db"),
                open,
            })
        } else {
            Trouble::from(error)
        }
    };
    let draft = Draft {
        at: finished.at,
        payload: Payload::Cert(cert),
        message: None,
    };
    finished.journal.append_and_wait(draft).map_err(told)?;
    let short_of_room = finished.short_of_room;
    finished.close().map_err(told)?;
    let history = crosswipe_journal::read(dir)?;
    rundir::extend(&mut evidence, &history);
    // The judge looks at nothing behind CERT, so its judgement stands; only the journal's tail has moved.
    let last = Judged {
        certificate: certificate(&evidence, &first.judgement),
        ..first
    };
    rundir::write(&dir.join(rundir::CERTIFICATE), last.certificate.as_bytes())?;
    seal::write_sums(dir)?;
    Ok(SealedUp {
        history,
        judged: last,
        short_of_room,
    })
}

/// A process may have died between CERT and the files that stand beside it: what it certified is written down then, if
/// journal and exports still amount to it. True if something was missing, and could be written.
pub(crate) fn complete(dir: &Path, history: &History, judged: &Judged) -> Result<bool, Trouble> {
    let missing = |name: &str| !dir.join(name).exists();
    if judged.sealed == Sealed::Changed || !(missing(rundir::CERTIFICATE) || missing(seal::SUMS)) {
        return Ok(false);
    }
    if missing(rundir::CERTIFICATE) {
        if by_another_judge(history).is_some() {
            // Only who certified can write what was certified.
            return Ok(false);
        }
        rundir::write(
            &dir.join(rundir::CERTIFICATE),
            judged.certificate.as_bytes(),
        )?;
    }
    seal::write_sums(dir)?;
    Ok(true)
}

/// An interrupted run has a report, too: written where there is none yet. A folder that cannot be written is left as
/// it is; whoever asked is told on stdout all the same.
pub(crate) fn leave_a_report(dir: &Path, story: &Story, lang: Lang) {
    for (name, text) in crate::command::report::rendered_files(story, lang) {
        let path = dir.join(&name);
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        let file = folder.and_then(|()| {
            fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)
        });
        // A run under way writes its own, later and better: hence never over one that stands.
        if let Ok(mut file) = file
            && file.write_all(text.as_bytes()).is_err()
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// A run that stopped in the middle still has a report of what stands; then the trouble is said. Who stopped at the
/// window's end and is violated already ends as that.
pub(crate) fn report_what_stands(
    telling: Telling,
    dir: &Path,
    fired: &[(String, u64)],
    halt: Halt,
) -> Result<Exit, Trouble> {
    if matches!(halt, Halt::TakenOver(_)) {
        // The folder is another's now; its reports are his.
        return Err(Trouble::Halt(halt));
    }
    let mut exit = None;
    let reported = crosswipe_journal::read(dir)
        .map_err(Trouble::from)
        .and_then(|history| {
            let judged = judged(dir, &history, fired)?;
            let stands = Judged {
                exit: match halt {
                    Halt::WindowOver { .. } if judged.exit == Exit::Violated => Exit::Violated,
                    Halt::WindowOver { .. } => Exit::Indeterminate,
                    _ => Exit::Harness,
                },
                ..judged
            };
            exit = Some(stands.exit);
            tell(telling, dir, &history, &stands, fired, Files::Written)
        });
    if let Err(trouble) = reported {
        crate::complain::besides(&trouble);
    }
    let halted = Trouble::Halt(halt);
    if exit == Some(Exit::Violated) {
        crate::complain::said(&halted);
        return Ok(Exit::Violated);
    }
    Err(halted)
}

/// Prints the report, and writes its files unless nothing is to be changed.
pub(crate) fn tell(
    telling: Telling,
    dir: &Path,
    history: &History,
    judged: &Judged,
    fired: &[(String, u64)],
    files: Files,
) -> Result<(), Trouble> {
    let Telling {
        silent,
        json: as_json,
        lang,
    } = telling;
    let story = story(dir, history, judged, fired)?;
    // Printed first: on a full disk it is all that a person gets.
    let printed = match (silent, as_json) {
        (true, _) => Ok(()),
        (false, true) => to_stdout(&json(&story)),
        (false, false) => to_stdout(&terminal(&story, lang, WIDTH)),
    };
    if files == Files::Written {
        write_all(dir, &story, lang)?;
    }
    printed
}
