//! 决断 · What to do next about one τ.
//!
//! The procedure of rollback §5: known → its own cancel message; unknown → wait, ask, then 2601 by
//! message id even where a query says «not applied» (it writes the tombstone, and the original may
//! still be in flight); a refusal counts only when a query agrees; a reply alone is never proof, so
//! each undo is followed by a query; the budget ends it. «Already undone» is read as evidence.

use crosswipe_domain::{InfNo, Moment, MsgId, Outcome, Party, Role};
use crosswipe_journal::{Queried, Says, UndoPlan};

use crate::fold::{Attempt, Next, Patience, Tracked};

/// Refusal of a message whose msgid the platform has seen before: about the message, not about the business.
pub const DUPLICATE: &str = "E-DUPMSG";

/// Refusal of an undo of what is undone already.
const UNDONE: &str = "E-UNDONE";

/// The next action for an open τ.
pub(crate) fn next(tracked: &Tracked, patience: &Patience, now: Moment) -> Next {
    match (tracked.attempts.last(), &tracked.outcome) {
        (Some(attempt), _) if attempt.intent.part => after_part(tracked, attempt, patience, now),
        (Some(attempt), _) => after_attempt(tracked, attempt, patience, now),
        (None, Some(Outcome::Ok { .. })) => compensate(tracked, patience),
        (None, Some(Outcome::Refused { .. })) => after_refusal(tracked, patience, now),
        (None, Some(Outcome::Unknown { .. }) | None) => after_unknown(tracked, patience, now),
    }
}

/// A refused original: believed as soon as a query agrees.
fn after_refusal(tracked: &Tracked, patience: &Patience, now: Moment) -> Next {
    match tracked.answers.last() {
        None => Next::Query {
            txid: tracked.intent.txid.clone(),
        },
        Some(answer) => match answer.says {
            Says::NotApplied | Says::Reversed => conclude(tracked, answer),
            Says::Applied => compensate(tracked, patience),
            Says::Unclear => ask_again(tracked, patience, now),
        },
    }
}

/// An original that nobody knows about: wait, ask, then undo it whatever the answer.
fn after_unknown(tracked: &Tracked, patience: &Patience, now: Moment) -> Next {
    if tracked.answers.is_empty() {
        let until = tracked.last_at.plus_ms(patience.grace_ms);
        return if now < until {
            Next::Wait { until }
        } else {
            Next::Query {
                txid: tracked.intent.txid.clone(),
            }
        };
    }
    if tracked.intent.infno.reversible() {
        return compensate(tracked, patience);
    }
    match tracked.answers.last().map(|answer| answer.says) {
        // Whoever was asked books last of all: what stands there stands behind it too, and can be cancelled by name.
        // A second sending would be a second registration at a platform that does not know its messages again.
        Some(Says::Applied) => return compensate(tracked, patience),
        Some(Says::Unclear) => return ask_again(tracked, patience, now),
        _ => {}
    }
    // 2601 does not take it, and a party behind may have booked what the one in front never heard of: the same
    // message again, under its own msgid, brings them all to one state that its own cancel message can undo.
    if tracked.resends < patience.budget {
        let until = tracked
            .last_at
            .plus_ms(delay(tracked, patience, tracked.resends));
        return if now < until {
            Next::Wait { until }
        } else {
            Next::Resend {
                txid: tracked.intent.txid.clone(),
            }
        };
    }
    match tracked.answers.last() {
        Some(answer) if answer.says == Says::NotApplied => conclude(tracked, answer),
        _ => give_up(tracked, "no-answer"),
    }
}

/// Nobody knows how the withdrawal of a part ended: the same message again brings all parties to one state. Without it
/// those behind would refuse the whole, of which they have a part no more.
fn after_part(tracked: &Tracked, attempt: &Attempt, patience: &Patience, now: Moment) -> Next {
    if tracked.answers.is_empty() {
        let until = tracked.last_at.plus_ms(patience.grace_ms);
        return if now < until {
            Next::Wait { until }
        } else {
            Next::Query {
                txid: tracked.intent.txid.clone(),
            }
        };
    }
    let resend = Some(attempt.intent.msgid.clone());
    repeat(tracked, patience, now, attempt.intent.infno.clone(), resend)
}

/// An undo was sent: believe no reply, ask; then conclude, repeat or give up.
fn after_attempt(tracked: &Tracked, attempt: &Attempt, patience: &Patience, now: Moment) -> Next {
    if let Some(reason) = final_refusal(attempt) {
        return match tracked.answers.last() {
            None => Next::Query {
                txid: tracked.intent.txid.clone(),
            },
            Some(answer) if matches!(answer.says, Says::Reversed | Says::NotApplied) => {
                conclude(tracked, answer)
            }
            Some(_) => give_up(tracked, reason),
        };
    }
    let Some(answer) = tracked.answers.last() else {
        let until = tracked
            .last_at
            .plus_ms(wait_before_asking(tracked, attempt, patience));
        return if now < until {
            Next::Wait { until }
        } else {
            Next::Query {
                txid: tracked.intent.txid.clone(),
            }
        };
    };
    if wavers(tracked) {
        return agreed(tracked, attempt, answer, patience, now);
    }
    // «Seen before» says that the undo arrived, not what became of it, and the one in front of whoever says so may never
    // have heard: a new message brings an answer about the books themselves.
    let seen_before =
        matches!(&attempt.outcome, Some(Outcome::Refused { code, .. }) if code == DUPLICATE);
    let may_repeat = attempts_made(tracked) < patience.budget;
    if seen_before && may_repeat && answer.says != Says::Unclear {
        return repeat(tracked, patience, now, undo_for(tracked), None);
    }
    // The one who was asked may know while others on the path do not: the same undo again reaches them too.
    let unknown = matches!(attempt.outcome, None | Some(Outcome::Unknown { .. }));
    match answer.says {
        Says::Reversed | Says::NotApplied if unknown && may_repeat => {
            again(tracked, attempt, patience, now)
        }
        Says::Reversed | Says::NotApplied => conclude(tracked, answer),
        Says::Unclear => ask_again(tracked, patience, now),
        Says::Applied => again(tracked, attempt, patience, now),
    }
}

/// How many equal answers in a row, spread over the quiet period, settle what answers disagreed about.
const AGREEING: usize = 3;

/// An undo was done, a query showed it standing all the same, and the next undo was told that there is nothing left to
/// undo: whoever answers queries is not of one mind.
pub(crate) fn wavers(tracked: &Tracked) -> bool {
    let Some((last, earlier)) = tracked.attempts.split_last() else {
        return false;
    };
    let told_undone =
        matches!(&last.outcome, Some(Outcome::Refused { code, .. }) if code == UNDONE);
    tracked.stood_after_undo && told_undone && earlier.iter().any(Attempt::is_done)
}

/// Nothing more is undone on the word of who wavers: asked at intervals until answers agree.
fn agreed(
    tracked: &Tracked,
    attempt: &Attempt,
    answer: &Queried,
    patience: &Patience,
    now: Moment,
) -> Next {
    let alike = tracked.answers.iter().rev();
    let alike = alike.take_while(|other| other.says == answer.says).count();
    match answer.says {
        Says::Reversed | Says::NotApplied if alike >= AGREEING => conclude(tracked, answer),
        Says::Applied if alike >= AGREEING => again(tracked, attempt, patience, now),
        // The platform itself has said twice that it is undone, and refuses what follows if it is not. Whether that is
        // proof is for the judge, who sees that the answers never agreed.
        Says::Reversed if tracked.rounds > patience.budget * 2 => conclude(tracked, answer),
        _ if tracked.rounds > patience.budget * 3 => give_up(tracked, "no-answer"),
        _ => {
            let until = tracked
                .last_at
                .plus_ms(patience.quiet_ms / (AGREEING as i64 - 1));
            if now < until {
                Next::Wait { until }
            } else {
                Next::Query {
                    txid: tracked.intent.txid.clone(),
                }
            }
        }
    }
}

pub(crate) fn attempts_made(tracked: &Tracked) -> u32 {
    tracked
        .attempts
        .iter()
        .map(|attempt| attempt.intent.attempt)
        .max()
        .unwrap_or(0)
}

/// It still stands after an undo: the same message again where its fate is unknown, else a new one.
fn again(tracked: &Tracked, attempt: &Attempt, patience: &Patience, now: Moment) -> Next {
    if matches!(attempt.outcome, None | Some(Outcome::Unknown { .. })) {
        let resend = Some(attempt.intent.msgid.clone());
        return repeat(tracked, patience, now, attempt.intent.infno.clone(), resend);
    }
    // «Undone already», and yet it stands: somebody behind undid it and those in front never heard. The reversal by
    // message id goes along the whole path and asks each for its own books.
    let undone_behind =
        matches!(&attempt.outcome, Some(Outcome::Refused { code, .. }) if code == UNDONE);
    let infno = if undone_behind && tracked.intent.infno.reversible() {
        InfNo::new("2601")
    } else {
        undo_for(tracked)
    };
    repeat(tracked, patience, now, infno, None)
}

/// One attempt more, after the delay that its number asks for, if the budget has room.
fn repeat(
    tracked: &Tracked,
    patience: &Patience,
    now: Moment,
    infno: InfNo,
    resend: Option<MsgId>,
) -> Next {
    let made = attempts_made(tracked);
    if made >= patience.budget {
        return give_up(tracked, spent(tracked));
    }
    let until = tracked.last_at.plus_ms(delay(tracked, patience, made));
    if now < until {
        return Next::Wait { until };
    }
    Next::Compensate {
        txid: tracked.intent.txid.clone(),
        infno,
        attempt: made + 1,
        resend,
    }
}

fn ask_again(tracked: &Tracked, patience: &Patience, now: Moment) -> Next {
    if tracked.rounds > patience.budget * 2 {
        return give_up(tracked, "no-answer");
    }
    let until = tracked
        .last_at
        .plus_ms(delay(tracked, patience, tracked.rounds));
    if now < until {
        Next::Wait { until }
    } else {
        Next::Query {
            txid: tracked.intent.txid.clone(),
        }
    }
}

fn compensate(tracked: &Tracked, patience: &Patience) -> Next {
    let attempt = tracked.attempts.len() as u32 + 1;
    if attempt > patience.budget {
        return give_up(tracked, spent(tracked));
    }
    Next::Compensate {
        txid: tracked.intent.txid.clone(),
        infno: undo_for(tracked),
        attempt,
        resend: None,
    }
}

/// The undo of a τ: its own cancel message where its answer was read, else 2601 by message id where 2601 takes it.
fn undo_for(tracked: &Tracked) -> InfNo {
    match &tracked.intent.undo {
        UndoPlan::Cancel { infno }
            if answered_ok(tracked) || !tracked.intent.infno.reversible() =>
        {
            infno.clone()
        }
        _ => InfNo::new("2601"),
    }
}

/// A reversal of something nobody was sure of is believed only after the quiet period.
fn wait_before_asking(tracked: &Tracked, attempt: &Attempt, patience: &Patience) -> i64 {
    let original_unknown = !matches!(tracked.outcome, Some(Outcome::Ok { .. }));
    match &attempt.outcome {
        Some(Outcome::Ok { .. } | Outcome::Refused { .. }) if original_unknown => patience.quiet_ms,
        Some(Outcome::Ok { .. } | Outcome::Refused { .. }) => 0,
        Some(Outcome::Unknown { .. }) | None => patience.grace_ms,
    }
}

/// Why the budget ran out: what the last refusal says, where it says something that may yet pass.
fn spent(tracked: &Tracked) -> &'static str {
    let last = tracked
        .attempts
        .iter()
        .rev()
        .find_map(|attempt| match &attempt.outcome {
            Some(Outcome::Refused { code, .. }) => Some(code.as_str()),
            _ => None,
        });
    match last {
        Some("E-STATUS") => "persona-frozen",
        _ => "budget-spent",
    }
}

/// A refusal after which trying again is of no use: a person has to act.
fn final_refusal(attempt: &Attempt) -> Option<&'static str> {
    match &attempt.outcome {
        Some(Outcome::Refused { code, .. }) => match code.as_str() {
            "E-CLEARED" => Some("closed-period"),
            "E-YEAR" => Some("closed-year"),
            "E-LATER" => Some("later-settlement"),
            "E-STALE-EPOCH" => Some("stale-epoch"),
            _ => None,
        },
        _ => None,
    }
}

fn conclude(tracked: &Tracked, answer: &Queried) -> Next {
    let never_applied =
        !(answered_ok(tracked) || tracked.seen_applied || answer.says == Says::Reversed);
    Next::Conclude {
        txid: tracked.intent.txid.clone(),
        never_applied,
        seen: answer.seen.clone(),
    }
}

fn give_up(tracked: &Tracked, reason: &str) -> Next {
    let mut evidence: Vec<String> = Vec::new();
    if let Some(outcome) = &tracked.outcome {
        evidence.push(format!(
            "{} {} {}",
            tracked.intent.infno,
            tracked.intent.msgid,
            outcome.name()
        ));
    }
    for attempt in &tracked.attempts {
        let ended = match &attempt.outcome {
            Some(Outcome::Refused { code, .. }) => format!("refused {code}"),
            Some(outcome) => outcome.name().to_owned(),
            None => "none".to_owned(),
        };
        evidence.push(format!(
            "{} {} #{} {ended}",
            attempt.intent.infno, attempt.intent.msgid, attempt.intent.attempt
        ));
    }
    for answer in &tracked.answers {
        evidence.extend(
            answer
                .seen
                .iter()
                .map(|(what, seen)| format!("{what} {seen}")),
        );
    }
    Next::GiveUp {
        txid: tracked.intent.txid.clone(),
        reason: reason.to_owned(),
        owner: owner(tracked),
        evidence,
    }
}

/// Who has to act: the treatment place, which alone talks to the institution.
fn owner(tracked: &Tracked) -> Party {
    let treatment = tracked
        .intent
        .path
        .iter()
        .find(|party| party.role == Role::Treatment)
        .cloned();
    treatment.unwrap_or_else(|| Party::new(Role::Treatment, tracked.intent.treatment.as_str()))
}

fn answered_ok(tracked: &Tracked) -> bool {
    matches!(tracked.outcome, Some(Outcome::Ok { .. }))
}

/// Doubles from `delay_ms` to `delay_max_ms`, spread by the seed so that people do not retry in step.
fn delay(tracked: &Tracked, patience: &Patience, tries: u32) -> i64 {
    let doubled = patience
        .delay_ms
        .saturating_mul(1 << tries.saturating_sub(1).min(20))
        .min(patience.delay_max_ms);
    let mix = tracked
        .intent
        .txid
        .as_str()
        .bytes()
        .fold(patience.seed ^ u64::from(tries), |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    doubled + (mix % (patience.delay_ms.unsigned_abs() / 4 + 1)) as i64
}
