//! 证据之谎 · Histories in which the proof is bad: logs cut or rewritten, exports torn, stale or gone.
//!
//! What a party shows is changed and sealed again, or the journal about it is. `faults` says what each must be called.

use std::sync::Arc;

use crosswipe_domain::{Cause, Entry, Party, QueueItem};
use crosswipe_journal::Payload;

use crate::evidence::{Evidence, Instant};

use crate::testkit::{HIS, Keeper, at, clean, hub, insured, reseal, treatment};

/// The export of a party at t1 and t2 is changed and sealed again: the party itself lies.
pub(super) fn retold(
    party: &Party,
    mut change: impl FnMut(&mut crosswipe_domain::Export),
) -> Evidence {
    let mut evidence = clean();
    for instant in [Instant::T1, Instant::T2] {
        let file = evidence
            .exports
            .get_mut(&instant)
            .unwrap()
            .get_mut(party)
            .unwrap();
        change(file.export.as_mut().unwrap());
    }
    reseal(&mut evidence);
    evidence
}

pub(super) fn history_deleted() -> Evidence {
    // The settlement and its reversal are gone without a trace; the cells are as they should be.
    retold(&insured(), |export| {
        export
            .log
            .retain(|row| !matches!(row.cause.infno.as_str(), "2207" | "2208"));
        export.rows.retain(|row| row.kind != "settlement");
    })
}

pub(super) fn history_cut_off() -> Evidence {
    retold(&insured(), |export| {
        // Back to the opening balances, as if the run had never been.
        let opened = Keeper::open(insured());
        *export = opened.export(export.taken_at);
    })
}

pub(super) fn history_rewritten() -> Evidence {
    retold(&insured(), |export| {
        for row in &mut export.log {
            let row = Arc::make_mut(row);
            if let Entry::Posting { cell, amount, .. } = &mut row.entry
                && cell.kind == "personal-account"
                && matches!(row.cause.infno.as_str(), "2207" | "2208")
            {
                *amount = 0;
            }
        }
    })
}

pub(super) fn opening_row_rewritten() -> Evidence {
    retold(&insured(), |export| {
        Arc::make_mut(&mut export.log[0]).at = at("2017-06-01T00:00:01+08:00")
    })
}

pub(super) fn torn_export() -> Evidence {
    retold(&insured(), |export| export.cells[0].value += 1)
}

pub(super) fn one_bit_of_an_export() -> Evidence {
    let mut evidence = clean();
    evidence
        .exports
        .get_mut(&Instant::T1)
        .unwrap()
        .get_mut(&hub())
        .unwrap()
        .sha256 = "0".repeat(64);
    evidence
}

pub(super) fn one_bit_of_a_look() -> Evidence {
    let mut evidence = clean();
    evidence.looks.get_mut(&hub()).unwrap()[0].sha256 = "0".repeat(64);
    evidence
}

pub(super) fn insured_place_shows_no_books_at_t1() -> Evidence {
    let mut evidence = clean();
    evidence
        .exports
        .get_mut(&Instant::T1)
        .unwrap()
        .remove(&insured());
    for record in &mut evidence.records {
        if let Payload::Snap1(snapshot) = &mut record.payload {
            snapshot.exports.remove(&insured());
            snapshot.missing.insert(insured(), "503".into());
        }
    }
    evidence
}

pub(super) fn t0_without_the_hub() -> Evidence {
    let mut evidence = clean();
    for record in &mut evidence.records {
        if let Payload::Snap0(snapshot) = &mut record.payload {
            snapshot.exports.remove(&hub());
        }
    }
    evidence
}

pub(super) fn t0_after_the_first_swipe() -> Evidence {
    let mut evidence = clean();
    let place = evidence
        .records
        .iter()
        .position(|record| matches!(record.payload, Payload::Snap0(_)))
        .unwrap();
    let payload = evidence.records[place].payload.clone();
    evidence.records[place].payload = evidence.records[place + 1].payload.clone();
    evidence.records[place + 1].payload = payload;
    evidence
}

pub(super) fn an_older_process_still_writes() -> Evidence {
    let mut evidence = clean();
    evidence.records[4].epoch = 2;
    evidence
}

pub(super) fn the_clock_was_set_back() -> Evidence {
    let mut evidence = clean();
    evidence.records[4].at = evidence.records[3].at.plus_ms(-60_000);
    evidence
}

/// The same undo was sent twice under one number, and not with the same bytes.
pub(super) fn one_number_for_two_undos() -> Evidence {
    let mut evidence = clean();
    let (place, mut again) = evidence
        .records
        .iter()
        .enumerate()
        .find_map(|(place, record)| match &record.payload {
            Payload::CompIntent(_) => Some((place, record.clone())),
            _ => None,
        })
        .unwrap();
    if let Payload::CompIntent(comp) = &mut again.payload {
        comp.digest = "f".repeat(64);
    }
    evidence.records.insert(place + 1, again);
    evidence
}

pub(super) fn message_stuck_in_a_queue() -> Evidence {
    let cause = Cause {
        origin: HIS.into(),
        msgid: "m".into(),
        infno: "2208".into(),
    };
    retold(&hub(), |export| {
        export.queues.push(QueueItem {
            to: insured(),
            cause: cause.clone(),
            since: export.taken_at,
        })
    })
}

pub(super) fn message_stuck_beyond_the_window() -> Evidence {
    let mut evidence = message_stuck_in_a_queue();
    evidence.as_of = Some(at("2017-06-04T18:00+08:00"));
    evidence
}

pub(super) fn resurrected_after_restart() -> Evidence {
    // At t2 the treatment place comes back with the log it had before the reversal.
    let mut evidence = clean();
    let file = evidence
        .exports
        .get_mut(&Instant::T2)
        .unwrap()
        .get_mut(&treatment())
        .unwrap();
    let export = file.export.as_mut().unwrap();
    let cut = export
        .log
        .iter()
        .position(|row| row.cause.infno == "2208")
        .unwrap();
    let mut keeper = Keeper::open(treatment());
    keeper.log = export.log[..cut]
        .iter()
        .map(|row| (**row).clone())
        .collect();
    *export = keeper.export(export.taken_at);
    reseal(&mut evidence);
    evidence
}

pub(super) fn broken_chain() -> Evidence {
    let mut evidence = clean();
    evidence.journal.defect = Some("journal:corrupt seq 9: hash differs".into());
    evidence
}
