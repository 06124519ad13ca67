//! 复核 · `crosswipe review RUN`: what nobody knows in a certified run, and who explains it.
//!
//! An explanation is a line of `review.jsonl`, a chain that hangs on the tail of the journal, so that the evidence
//! itself is never written to again; what it comes to stands in a certificate of its own beside the first one.
//! Without a name and a reason nothing is explained, and what is not a stranger's is not explained at all.
//! Not here: what an explanation is good for (`verify`).

use std::path::Path;

use crosswipe_journal::{History, Payload};
use crosswipe_reports::Lang;
use crosswipe_runner::clock::real_now;
use crosswipe_verify::{Evidence, ForeignRows, ReviewAct, ReviewLine, foreign};

use crate::args::Review;
use crate::command::verify::{Sealed, changed_since_certified, faults_met, judged_on};
use crate::complain::{Trouble, to_stdout};
use crate::conclude::{Files, Telling, tell};
use crate::exit::Exit;
use crate::rundir;
use crate::seal::Broken;

/// Lists what nobody knows, or explains some of it.
pub(crate) fn review(args: &Review) -> Result<Exit, Trouble> {
    let history = crosswipe_journal::read(&args.run)?;
    if !history
        .records
        .iter()
        .any(|record| matches!(record.payload, Payload::Cert(_)))
    {
        return Err(Trouble::Usage {
            code: "cli::review_unfinished",
            what: "这次运行还没有办完, 没有可说明的证书 · this run has not ended: there is no certificate to review yet".to_owned(),
            help: format!("crosswipe resume {}", args.run.display()),
        });
    }
    let mut evidence = rundir::evidence(&args.run, &history, None)?;
    let telling = Telling {
        silent: false,
        json: args.json,
        lang: args.common.lang(),
    };
    let Some(said) = Said::of(&args.explain_foreign, &args.by, &args.reason)? else {
        let faults = faults_met(&history);
        let judged = judged_on(&args.run, &history, &evidence, &faults)?;
        if judged.exit != Exit::Harness && judged.sealed != Sealed::Changed {
            certify_again(&args.run, &evidence)?;
        }
        to_stdout(&listed(&evidence, telling))?;
        return Ok(judged.exit);
    };
    untouched(&args.run, &history, &evidence)?;
    let known = evidence.review.lines.len();
    for pair in args.explain_foreign.chunks(2) {
        let [party, row] = pair else { continue };
        let chosen = chosen(&foreign(&evidence), party, row)?;
        for rows in chosen.into_iter().filter(|rows| !rows.explained) {
            let (lines, tail) = (&evidence.review.lines, &evidence.journal.tail);
            let line = ReviewLine::seal(lines, tail, (real_now(), said.by, said.reason), act(rows));
            evidence.review.lines.push(line);
        }
    }
    let text: String = evidence
        .review
        .lines
        .iter()
        .map(ReviewLine::to_text)
        .collect();
    if evidence.review.lines.len() > known {
        // The certificate follows from the review, and may be missing: whoever dies here leaves nothing that contradicts.
        rundir::remove(&args.run.join(rundir::REVIEWED))?;
        rundir::write_whole(&args.run.join(rundir::REVIEW), text.as_bytes())?;
    }
    concluded(&args.run, &history, &evidence, telling)
}

/// Whoever explained may have died before the certificate that follows from it: it is computed then.
fn certify_again(dir: &Path, evidence: &Evidence) -> Result<(), Trouble> {
    let path = dir.join(rundir::REVIEWED);
    if evidence.review.lines.is_empty() || path.exists() {
        return Ok(());
    }
    let certificate = crosswipe_verify::certificate(evidence, &crosswipe_verify::judge(evidence));
    rundir::write_whole(&path, certificate.as_bytes())
}

/// Judges with what was said, and writes the certificate that says so.
fn concluded(
    dir: &Path,
    history: &History,
    evidence: &Evidence,
    telling: Telling,
) -> Result<Exit, Trouble> {
    let faults = faults_met(history);
    let certificate = crosswipe_verify::certificate(evidence, &crosswipe_verify::judge(evidence));
    rundir::write_whole(&dir.join(rundir::REVIEWED), certificate.as_bytes())?;
    let judged = judged_on(dir, history, evidence, &faults)?;
    tell(telling, dir, history, &judged, &faults, Files::Written)?;
    Ok(judged.exit)
}

/// Who says why.
pub(crate) struct Said<'a> {
    pub(crate) by: &'a str,
    pub(crate) reason: &'a str,
}

impl Said<'_> {
    /// Nothing where nothing is explained.
    pub(crate) fn of<'a>(
        explained: &[String],
        by: &'a Option<String>,
        reason: &'a Option<String>,
    ) -> Result<Option<Said<'a>>, Trouble> {
        if explained.is_empty() {
            return Ok(None);
        }
        let [by, reason] = [by, reason].map(|typed| typed.as_deref().unwrap_or(""));
        for (option, typed) in [("--by", by), ("--reason", reason)] {
            if typed.trim().is_empty() {
                return Err(Trouble::Usage {
                    code: "cli::review_nameless",
                    what: format!(
                        "`{option}` 是空的: 说明要写姓名和原因 · `{option}` is empty: an explanation needs a name and a reason"
                    ),
                    help: "--by 姓名 --reason 原因 · --by NAME --reason TEXT".to_owned(),
                });
            }
        }
        Ok(Some(Said {
            by: by.trim(),
            reason: reason.trim(),
        }))
    }
}

/// Nobody explains evidence that was changed after it had been certified.
fn untouched(dir: &Path, history: &History, evidence: &Evidence) -> Result<(), Trouble> {
    let changed = changed_since_certified(dir, history, evidence)?.map(|broken| match broken {
        Broken::Changed(what) | Broken::Gone(what) => what,
    });
    let broken = evidence
        .review
        .defect
        .map(|(line, why)| format!("{} line {line}: {why}", rundir::REVIEW));
    match changed.or(broken) {
        None => Ok(()),
        Some(what) => Err(Trouble::Usage {
            code: "cli::review_changed",
            what: format!(
                "`{what}` 与封存时不同, 什么也没有写 · `{what}` is not what it was when it was sealed: nothing was written"
            ),
            help: format!("crosswipe verify {}", dir.display()),
        }),
    }
}

/// The stranger's messages that were named: by row number at one party; or by msgid, or by the person they are about,
/// at one party or at `all`.
pub(crate) fn chosen(
    all: &[ForeignRows],
    party: &str,
    row: &str,
) -> Result<Vec<ForeignRows>, Trouble> {
    let number: Option<u64> = row.trim_start_matches('#').parse().ok();
    let named = |rows: &ForeignRows| {
        let by_number = party != "all" && number.is_some_and(|number| rows.rows.contains(&number));
        let by_name = rows.msgid == row || rows.person.as_deref() == Some(row);
        (party == "all" || rows.party.to_string() == party) && (by_number || by_name)
    };
    let found: Vec<ForeignRows> = all.iter().filter(|rows| named(rows)).cloned().collect();
    if found.is_empty() {
        let known: Vec<String> = all.iter().take(3).map(place).collect();
        let help = if known.is_empty() {
            "这里没有来历不明的行 · no row here is a stranger's".to_owned()
        } else {
            format!("来历不明的有 · strangers' rows: {}", known.join(", "))
        };
        return Err(Trouble::Usage {
            code: "cli::not_foreign",
            what: format!(
                "`{party}` `{row}` 不是他人的行: 本次运行的、计划里公众的, 都不用说明 · `{party}` `{row}` is no stranger's row: rows of the run, and public traffic that the plan plays, are not explained away"
            ),
            help,
        });
    }
    Ok(found)
}

pub(crate) fn act(rows: ForeignRows) -> ReviewAct {
    ReviewAct::ExplainForeign {
        party: rows.party,
        origin: rows.origin,
        msgid: rows.msgid,
        infno: rows.infno,
        rows: rows.rows,
        rows_sha256: rows.rows_sha256,
    }
}

fn place(rows: &ForeignRows) -> String {
    let first = rows.rows.first().copied().unwrap_or_default();
    format!("{} #{first}", rows.party)
}

/// One line per stranger's message and party.
fn listed(evidence: &Evidence, telling: Telling) -> String {
    let all = foreign(evidence);
    if telling.json {
        let rows: Vec<serde_json::Value> = all
            .iter()
            .map(|rows| {
                serde_json::json!({
                    "party": rows.party, "origin": rows.origin, "msgid": rows.msgid, "infno": rows.infno,
                    "person": rows.person, "at": rows.at,
                    "rows": rows.rows, "explained": rows.explained,
                })
            })
            .collect();
        return format!("{}\n", serde_json::json!({ "foreign": rows }));
    }
    let zh = telling.lang == Lang::Zh;
    if all.is_empty() {
        let none = ["没有来历不明的行\n", "no row is a stranger's\n"];
        return none[usize::from(!zh)].to_owned();
    }
    let state = |explained: bool| match (explained, zh) {
        (true, true) => "已说明",
        (true, false) => "explained",
        (false, true) => "未说明",
        (false, false) => "not explained",
    };
    let count = |rows: &ForeignRows| match zh {
        true => format!("{} 行", rows.rows.len()),
        false => format!("{} rows", rows.rows.len()),
    };
    all.iter()
        .map(|rows| {
            format!(
                "{}  {}  {}  {}  {}  {}  {}\n",
                place(rows),
                rows.infno,
                rows.person.as_deref().unwrap_or("-"),
                rows.origin,
                rows.msgid,
                count(rows),
                state(rows.explained)
            )
        })
        .collect()
}
