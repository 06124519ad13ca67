//! 门禁 · A platform that lets in whom the window shuts out: for one reason, one person at a time.
//!
//! Whoever was let in once is let in with everything of that business that follows: half a visit would prove less. A
//! platform of before the cutover that has not stopped lets everybody in from then on.
//! `on` names the business by any of its messages, since the door is shut to the first of them already.
//! What comes of the mock world's own public (who is treated while it is suspended, refunded after the cut-off, entered
//! out of turn or twice) and what comes of tests are let in by classes of their own.

use crosswipe_domain::InfNo;

use super::FaultOrder;
use super::trouble::{Door, Fitting, Trouble};
use crate::region::Shut;

/// 放行 · Lets in those whom the window shuts out for one of these reasons.
struct LetIn {
    /// The reason, and whether it shuts out the public that the mock world plays, or somebody's test.
    whom: &'static [(Shut, bool)],
    /// The order's `on`.
    on: Option<InfNo>,
}

/// What stays open once the door was opened.
fn mark_of(door: &Door<'_>, infno: &InfNo) -> String {
    match door.knock.shut {
        // A platform that has not stopped serves everybody.
        Shut::Stopped => "open".to_owned(),
        _ => format!("{} {:?}", door.knock.person, infno.business()),
    }
}

pub(super) fn unregistered(order: &FaultOrder) -> Box<dyn Trouble> {
    let_in(order, &[(Shut::Stranger, false)])
}

pub(super) fn wrong_class(order: &FaultOrder) -> Box<dyn Trouble> {
    let_in(order, &[(Shut::Class, false)])
}

/// A business that no phase opens to tests, or that stands still for the public; a plan that was voided is collected.
pub(super) fn suspended(order: &FaultOrder) -> Box<dyn Trouble> {
    let whom = &[
        (Shut::Business, false),
        (Shut::Suspended, true),
        (Shut::Ended, true),
    ];
    let_in(order, whom)
}

pub(super) fn unready(order: &FaultOrder) -> Box<dyn Trouble> {
    let_in(order, &[(Shut::Institution, false)])
}

/// At the platform of before the cutover: `old-platform-still-open` has messages come there in the first place.
pub(super) fn stopped(order: &FaultOrder) -> Box<dyn Trouble> {
    let_in(order, &[(Shut::Stopped, false)])
}

pub(super) fn cutoff_refund(order: &FaultOrder) -> Box<dyn Trouble> {
    let_in(order, &[(Shut::CutOff, true)])
}

pub(super) fn out_of_order(order: &FaultOrder) -> Box<dyn Trouble> {
    let_in(order, &[(Shut::OutOfOrder, true)])
}

pub(super) fn entered_twice(order: &FaultOrder) -> Box<dyn Trouble> {
    let_in(order, &[(Shut::Twice, true)])
}

pub(super) fn real_traffic(order: &FaultOrder) -> Box<dyn Trouble> {
    let_in(order, &[(Shut::Stranger, true)])
}

fn let_in(order: &FaultOrder, whom: &'static [(Shut, bool)]) -> Box<dyn Trouble> {
    Box::new(LetIn {
        whom,
        on: order.on.clone(),
    })
}

impl Trouble for LetIn {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        let (whom, on) = (self.whom, self.on.clone());
        rig.guard(move |door| {
            whom.contains(&(door.knock.shut, door.of_the_world)) && lets_in(door, on.as_ref())
        });
    }
}

fn lets_in(door: &Door<'_>, on: Option<&InfNo>) -> bool {
    let knock = door.knock;
    let infno = InfNo::new(&knock.cause.infno);
    if on.is_some_and(|on| on.business() != infno.business()) {
        return false;
    }
    let mark = mark_of(door, &infno);
    if door.board.is_marked(door.which, &mark) {
        return door.board.goes_on(door.which, knock.now);
    }
    let hits = door.hits(on.unwrap_or(&infno).clone());
    if hits {
        door.board.mark(door.which, mark);
    }
    hits
}
