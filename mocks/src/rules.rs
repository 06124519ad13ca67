//! 业务规则 · Whether a deed fits the state that a party's own books show.
//!
//! Why here: the treatment place asks before it sends a deed on, the insured place asks again on its own
//! mirror before it books, so two messages in flight at once cannot both be taken. Codes and grounds are
//! those of the interface's life cycles. Not here: windows, fields, who the person is (`region`).

use crosswipe_domain::{Business, FenceState, InfNo, Name};
use crosswipe_wire::{Refusal, RefusalCode};

use crate::deed::{Deed, Hop};
use crate::ledger::{Held, Ledger, Original};

/// Asks a party's books whether `hop` may be booked.
///
/// # Errors
/// The refusal, by its stable code.
pub(crate) fn check(ledger: &Ledger, hop: &Hop) -> Result<(), Refusal> {
    match &hop.deed {
        Deed::Register { .. } if hop.infno().base() == "2401" => no_open_stay(ledger, hop),
        Deed::Register { .. }
        | Deed::File { .. }
        | Deed::Ask
        | Deed::Seek
        | Deed::Migrate { .. } => Ok(()),
        Deed::Unfile { filing } => filed(ledger, hop, filing),
        // Asked by the treatment place alone, which keeps them (`region::mapping`, `region::clearing`).
        Deed::Map { .. } | Deed::Unmap { .. } => Ok(()),
        Deed::Confirm { .. } | Deed::Unconfirm { .. } => Ok(()),
        Deed::Describe { mdtrt_id, .. } => described(ledger, hop, mdtrt_id),
        Deed::Charge { mdtrt_id, lines } => charged(
            ledger,
            hop,
            mdtrt_id,
            lines.iter().map(|line| line.id.as_str()),
        ),
        Deed::Withdraw { mdtrt_id, lines } => withdrawn(ledger, hop, mdtrt_id, lines),
        Deed::Discharge { mdtrt_id, .. } => in_hospital(ledger, hop, mdtrt_id),
        Deed::Readmit { mdtrt_id } => readmitted(ledger, hop, mdtrt_id),
        Deed::Cancel { mdtrt_id } => cancelled(ledger, hop, mdtrt_id),
        // A sale opens its visit itself, under an id that was never given before.
        Deed::Settle(bill) if bill.sale.is_some() => Ok(()),
        Deed::Settle(bill) => lines_unsettled(ledger, hop, &bill.mdtrt_id, &bill.lines),
        Deed::Unsettle(unbill) => {
            settlement(ledger, hop, &unbill.mdtrt_id, &unbill.setl_id).map(|_| ())
        }
        Deed::Reverse { omsgid, oinfno } => reversed(ledger, hop, omsgid, oinfno),
    }
}

fn refuse<T>(code: RefusalCode, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(code, detail))
}

/// A registration of this person, opened by this institution and still active.
fn filed(ledger: &Ledger, hop: &Hop, filing: &str) -> Result<(), Refusal> {
    let held = ledger.row("filing", filing).filter(|held| {
        held.row.person.as_deref() == Some(&hop.person) && held.row.cause.origin == hop.cause.origin
    });
    let detail = || format!("trt_dcla_detl_sn {filing}");
    match held {
        None => refuse(RefusalCode::NoVisit, detail()),
        Some(held) if held.row.is_terminal() => refuse(RefusalCode::Undone, detail()),
        Some(_) => Ok(()),
    }
}

/// The open visit of this person at this institution.
///
/// # Errors
/// E-NOVISIT.
pub(crate) fn visit<'a>(
    ledger: &'a Ledger,
    hop: &Hop,
    mdtrt_id: &str,
) -> Result<&'a Held, Refusal> {
    let held = ledger.row("visit", mdtrt_id).filter(|held| {
        let row = &held.row;
        !row.is_terminal()
            && row.person.as_deref() == Some(&hop.person)
            && row.cause.origin == hop.cause.origin
            && same_family(hop, &row.cause.infno)
    });
    held.ok_or_else(|| Refusal::new(RefusalCode::NoVisit, format!("mdtrt_id {mdtrt_id}")))
}

/// An outpatient message does not find an inpatient visit, nor the other way; 2601 finds both.
fn same_family(hop: &Hop, born_by: &str) -> bool {
    let (asked, born) = (hop.infno().business(), InfNo::new(born_by).business());
    asked.is_none() || asked == born
}

/// The settlement that an undo names, still settled.
///
/// # Errors
/// E-NOVISIT if it is unknown or somebody else's, E-UNDONE if it is undone.
pub(crate) fn settlement<'a>(
    ledger: &'a Ledger,
    hop: &Hop,
    mdtrt_id: &str,
    setl_id: &str,
) -> Result<&'a Held, Refusal> {
    let unknown = || Refusal::new(RefusalCode::NoVisit, format!("setl_id {setl_id}"));
    let held = ledger.row("settlement", setl_id).ok_or_else(unknown);
    match &held {
        // The visit of a sale is gone with its settlement; that it is undone is the better word.
        Ok(held) if is_own_sale(hop, held) => {}
        _ => drop(visit(ledger, hop, mdtrt_id)?),
    }
    let held = held?;
    if held.row.facts.get("mdtrt_id").map(Name::as_str) != Some(mdtrt_id) {
        return Err(unknown());
    }
    if held.row.status == "settled" {
        Ok(held)
    } else {
        refuse(RefusalCode::Undone, format!("setl_id {setl_id}"))
    }
}

/// A sale of this person at this institution.
fn is_own_sale(hop: &Hop, held: &Held) -> bool {
    let row = &held.row;
    hop.infno().business() == Some(Business::Pharmacy)
        && same_family(hop, &row.cause.infno)
        && row.person.as_deref() == Some(&hop.person)
        && row.cause.origin == hop.cause.origin
}

fn no_open_stay(ledger: &Ledger, hop: &Hop) -> Result<(), Refusal> {
    match ledger
        .standing_of_person("visit", &hop.person)
        .find(|held| held.row.status == "admitted")
    {
        Some(open) => refuse(
            RefusalCode::OpenStay,
            format!("在院机构 {}", open.row.cause.origin),
        ),
        None => Ok(()),
    }
}

fn described(ledger: &Ledger, hop: &Hop, mdtrt_id: &str) -> Result<(), Refusal> {
    visit(ledger, hop, mdtrt_id)?;
    if hop.infno().base() == "2403" && settled_once(ledger, mdtrt_id) {
        return refuse(RefusalCode::Settled, "");
    }
    Ok(())
}

fn charged<'l>(
    ledger: &Ledger,
    hop: &Hop,
    mdtrt_id: &str,
    ids: impl Iterator<Item = &'l str>,
) -> Result<(), Refusal> {
    if visit(ledger, hop, mdtrt_id)?.row.status == "discharged" {
        return refuse(RefusalCode::Discharged, "");
    }
    for id in ids {
        if ledger.row("fee-detail", id).is_some() {
            return refuse(RefusalCode::DupLine, id.rsplit('/').next().unwrap_or(id));
        }
    }
    Ok(())
}

fn withdrawn(ledger: &Ledger, hop: &Hop, mdtrt_id: &str, lines: &[Name]) -> Result<(), Refusal> {
    visit(ledger, hop, mdtrt_id)?;
    for held in lines.iter().filter_map(|id| ledger.row("fee-detail", id)) {
        match held.row.status.as_str() {
            "settled" => return refuse(RefusalCode::Settled, ""),
            "charged" => {}
            _ => return refuse(RefusalCode::Undone, "费用明细已撤销"),
        }
    }
    Ok(())
}

fn in_hospital(ledger: &Ledger, hop: &Hop, mdtrt_id: &str) -> Result<(), Refusal> {
    match visit(ledger, hop, mdtrt_id)?.row.status.as_str() {
        "discharged" => refuse(RefusalCode::Discharged, ""),
        _ => Ok(()),
    }
}

fn readmitted(ledger: &Ledger, hop: &Hop, mdtrt_id: &str) -> Result<(), Refusal> {
    let held = visit(ledger, hop, mdtrt_id)?;
    if settled_once(ledger, mdtrt_id) {
        return refuse(RefusalCode::Settled, "");
    }
    if held.row.status == "discharged" {
        Ok(())
    } else {
        refuse(RefusalCode::NotDisch, "")
    }
}

fn cancelled(ledger: &Ledger, hop: &Hop, mdtrt_id: &str) -> Result<(), Refusal> {
    let held = visit(ledger, hop, mdtrt_id)?;
    if settled_once(ledger, mdtrt_id) {
        return refuse(RefusalCode::Settled, "");
    }
    if held.row.status == "discharged" {
        return refuse(RefusalCode::Discharged, "");
    }
    match ledger
        .rows_of_visit("fee-detail", mdtrt_id)
        .filter(|held| !held.row.is_terminal())
        .count()
    {
        0 => Ok(()),
        n => refuse(RefusalCode::HasLines, format!("{n} 条")),
    }
}

fn lines_unsettled(
    ledger: &Ledger,
    hop: &Hop,
    mdtrt_id: &str,
    lines: &[Name],
) -> Result<(), Refusal> {
    visit(ledger, hop, mdtrt_id)?;
    let stands = |id: &Name| {
        ledger
            .row("fee-detail", id)
            .is_some_and(|held| held.row.status == "charged")
    };
    if lines.iter().all(stands) {
        Ok(())
    } else {
        refuse(RefusalCode::Settled, "")
    }
}

fn settled_once(ledger: &Ledger, mdtrt_id: &str) -> bool {
    ledger
        .rows_of_visit("settlement", mdtrt_id)
        .any(|held| held.row.status == "settled")
}

/// An original that is applied is reversed under the rules of its own undo; what was never seen, or is
/// undone already, has nothing that could stand in the way.
fn reversed(ledger: &Ledger, hop: &Hop, omsgid: &str, oinfno: &str) -> Result<(), Refusal> {
    let original = InfNo::new(oinfno);
    let known = match ledger.original(&hop.cause.origin, omsgid, oinfno) {
        Original::One(known) if known.state == FenceState::Applied => known,
        Original::Several(count) => {
            let detail = format!("omsgid {omsgid}: {count} 笔; 按 setl_id 用 2208/2305/2103 撤");
            return refuse(RefusalCode::RevDup, detail);
        }
        Original::One(_) | Original::Unheard => return Ok(()),
    };
    if InfNo::new(&known.infno).base() != original.base() {
        return refuse(RefusalCode::RevType, format!("原交易为 {}", known.infno));
    }
    let group = ledger.group(known.group);
    if group
        .first()
        .is_some_and(|row| row.person.as_deref() != Some(&hop.person))
    {
        return refuse(RefusalCode::Person, "psn_no 与原交易不符");
    }
    if original.base() == "2401" {
        let opened = ledger
            .rows_born_in(known.group, "visit")
            .find(|held| held.row.person.as_deref() == Some(&hop.person));
        return opened.map_or(Ok(()), |held| cancelled(ledger, hop, &held.row.id));
    }
    Ok(())
}
