//! 分录 · What a party leaves out of a group, or books otherwise than the honest machine had written it.
//!
//! One table of bends: in whose book, which entries, and what becomes of them. A group without such an entry is none
//! that the fault could hit.

use crosswipe_domain::{Entry, Role};

use super::FaultOrder;
use super::trouble::{Fitting, Trouble};
use crate::ledger::Draft;

/// What becomes of a group's entries; `None` if the group has none that it is about.
type Rewrite = fn(&FaultOrder, &[Entry]) -> Option<Vec<Entry>>;

struct Bent {
    order: FaultOrder,
    role: Role,
    rewrite: Rewrite,
}

fn bent(order: &FaultOrder, role: Role, rewrite: Rewrite) -> Box<dyn Trouble> {
    Box::new(Bent {
        order: order.clone(),
        role,
        rewrite,
    })
}

impl Trouble for Bent {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let (order, rewrite) = (self.order.clone(), self.rewrite);
        rig.bend(self.role, move |group, draft: &mut Draft| {
            if let Some(entries) = rewrite(&order, &draft.entries)
                && group.hits(draft)
            {
                draft.entries = entries;
            }
        });
    }
}

/// Entries that a group can do without, dropped; `None` if there is none.
fn without(entries: &[Entry], dropped: impl Fn(&Entry) -> bool) -> Option<Vec<Entry>> {
    let kept: Vec<Entry> = entries
        .iter()
        .filter(|entry| !dropped(entry))
        .cloned()
        .collect();
    (kept.len() < entries.len()).then_some(kept)
}

/// A posting that negates one of these books.
fn gives_back(entry: &Entry, kind: &str) -> bool {
    matches!(entry, Entry::Posting { cell, reverses: Some(_), .. } if cell.kind == kind)
}

fn is_posting(entry: &Entry) -> bool {
    matches!(entry, Entry::Posting { .. })
}

fn is_row(entry: &Entry, of: &str) -> bool {
    matches!(entry, Entry::Row { kind, .. } if kind == of)
}

/// All but the fence entry: the party thinks that it has done it.
fn all_but_fence(_: &FaultOrder, entries: &[Entry]) -> Option<Vec<Entry>> {
    without(entries, |entry| !matches!(entry, Entry::Fence { .. }))
}

pub(super) fn accumulator_not_restored(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Insured, |_, entries| {
        without(entries, |entry| gives_back(entry, "accumulator"))
    })
}

pub(super) fn account_not_restored(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Insured, |_, entries| {
        without(entries, |entry| gives_back(entry, "personal-account"))
    })
}

pub(super) fn pool_not_restored(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Insured, |_, entries| {
        without(entries, |entry| gives_back(entry, "pool-fund"))
    })
}

pub(super) fn hub_clearing_residue(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Hub, |_, entries| {
        without(entries, |entry| gives_back(entry, "clearing"))
    })
}

pub(super) fn hub_prefund_left(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Hub, |_, entries| {
        without(entries, |entry| gives_back(entry, "prefund"))
    })
}

pub(super) fn cash_not_refunded(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::His, |_, entries| {
        without(entries, |entry| gives_back(entry, "cash"))
    })
}

pub(super) fn invoice_not_offset(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::His, |_, entries| {
        without(entries, |entry| {
            gives_back(entry, "invoice") || is_row(entry, "invoice")
        })
    })
}

/// `his-counts-reversed`: the hospital's day totals take one side of a settled and reversed pair only, or count it as 1.
pub(super) fn his_counts_reversed(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::His, |order, entries| {
        let as_one = order.choice("pair") == "one";
        without(entries, |entry| {
            let counts = matches!(entry, Entry::Posting { cell, .. } if cell.dims.get("item").is_some_and(|item| item == "count"));
            gives_back(entry, "reconciliation") && (counts || !as_one)
        })
    })
}

pub(super) fn stock_not_returned(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::His, |_, entries| {
        without(entries, |entry| gives_back(entry, "inventory"))
    })
}

pub(super) fn trace_code_left(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::His, |_, entries| {
        without(entries, |entry| {
            gives_back(entry, "trace-code") || is_row(entry, "trace-code")
        })
    })
}

pub(super) fn visit_left_open(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Treatment, all_but_fence)
}

/// The insured place answers that the registration is withdrawn, and keeps it.
pub(super) fn filing_left(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Insured, all_but_fence)
}

pub(super) fn discharge_state_left(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Treatment, all_but_fence)
}

/// `lines`: all of them, or only those behind the 100th.
pub(super) fn fee_details_left(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Treatment, |order, entries| {
        let spared = if order.choice("lines") == "past-100" {
            100
        } else {
            0
        };
        let mut line = 0;
        let kept = entries.iter().filter(|entry| {
            line += usize::from(is_row(entry, "fee-detail"));
            line <= spared || !(is_row(entry, "fee-detail") || gives_back(entry, "fee-detail"))
        });
        let kept: Vec<Entry> = kept.cloned().collect();
        (kept.len() < entries.len()).then_some(kept)
    })
}

/// `refd_setl_flag` is set, no amount moves.
pub(super) fn flag_only(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Insured, |_, entries| {
        without(entries, is_posting)
    })
}

/// Amounts move, the record stays as it was.
pub(super) fn postings_only(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Insured, |_, entries| {
        without(entries, |entry| is_row(entry, "settlement"))
    })
}

/// The hospital's own transaction fails after the platform's answer: nothing of it is booked.
pub(super) fn nothing_at_his(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::His, |_, entries| without(entries, |_| true))
}

/// The treatment place answers, and nothing of it was durable.
pub(super) fn nothing_at_treatment(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, Role::Treatment, |_, entries| {
        without(entries, |_| true)
    })
}

/// The book that a leg is kept in.
fn leg(order: &FaultOrder) -> &'static str {
    match order.choice("leg_of") {
        "account" => "personal-account",
        "accumulator" => "accumulator",
        "payable" => "payable",
        _ => "pool-fund",
    }
}

/// `partial-reversal`: a leg is left out, or is short by `short` fen.
pub(super) fn partial(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, book_of(order), |order, entries| {
        let kind = leg(order);
        match order.given_number("short") {
            None => without(entries, |entry| gives_back(entry, kind)),
            Some(short) => first_moved(entries, kind, -i64::from(short)),
        }
    })
}

/// `over-reversal`: a leg is booked twice, or is `by` fen too much.
pub(super) fn over(order: &FaultOrder) -> Box<dyn Trouble> {
    bent(order, book_of(order), |order, entries| {
        first_moved(entries, leg(order), i64::from(order.number("by")))
    })
}

fn book_of(order: &FaultOrder) -> Role {
    if leg(order) == "payable" {
        Role::Treatment
    } else {
        Role::Insured
    }
}

/// The first negation in one of these books, moved away from zero by so many fen.
fn first_moved(entries: &[Entry], kind: &str, by: i64) -> Option<Vec<Entry>> {
    let mut entries = entries.to_vec();
    let first = entries.iter_mut().find(|entry| gives_back(entry, kind))?;
    if let Entry::Posting { amount, .. } = first {
        *amount += amount.signum() * by;
    }
    Some(entries)
}
