//! 包裹 · Messages that reach a machine once more, or only when nobody expects them any more.

use crosswipe_domain::{Entry, FenceState, Role};
use crosswipe_wire::Request;

use super::FaultOrder;
use super::again;
use super::answers::is_success;
use super::trouble::{Arrival, Departure, Fitting, Parcel, Scene, Trouble};
use crate::machine::Answer;

/// `request-duplicated`, `reversal-duplicated` at a platform that knows a repetition: the same bytes come twice.
struct Twice {
    order: FaultOrder,
}

/// The same bytes once more, after `gap`; a platform that is not idempotent books them once more.
pub(super) fn twice(order: &FaultOrder) -> Box<dyn Trouble> {
    if order.choice("idempotent") == "no" {
        return again::everywhere();
    }
    Box::new(Twice {
        order: order.clone(),
    })
}

impl Trouble for Twice {
    fn arrive(&mut self, scene: &mut Scene<'_>, carried: &mut Parcel) -> Arrival {
        if scene.is_from_institution() && scene.hits() {
            let due = scene.now().plus_ms(self.order.span("gap"));
            scene.post(Parcel {
                due,
                ..carried.clone()
            });
        }
        Arrival::Taken
    }
}

/// `his-double-cancel`: a second counter cancels the same settlement under a number of its own.
struct SecondCounter;

/// A platform that looks at the message alone, and not at the settlement, books it once more.
pub(super) fn second_counter(order: &FaultOrder) -> Box<dyn Trouble> {
    if order.choice("idempotent") == "no" {
        return again::everywhere();
    }
    Box::new(SecondCounter)
}

impl Trouble for SecondCounter {
    fn arrive(&mut self, scene: &mut Scene<'_>, carried: &mut Parcel) -> Arrival {
        if scene.is_from_institution() && scene.hits() {
            let own = &scene.message.cause.msgid;
            // The last serial of the second: nobody has come so far in this one.
            let other = format!("{}9999", &own[..own.len().saturating_sub(4)]);
            let body = String::from_utf8_lossy(&carried.body).replace(own.as_str(), &other);
            scene.post(Parcel {
                due: scene.now(),
                body: body.into_bytes(),
                ..carried.clone()
            });
        }
        Arrival::Taken
    }
}

/// `settle-arrives-after-reversal`: somebody in between holds a settlement back until its reversal is through.
struct Parked {
    order: FaultOrder,
    /// Its msgid, and the message until it is let go.
    held: Option<(String, Parcel)>,
}

pub(super) fn parked(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Parked {
        order: order.clone(),
        held: None,
    })
}

impl Trouble for Parked {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        if self.order.choice("fence") == "kept" {
            return;
        }
        for role in [Role::Treatment, Role::Hub, Role::Insured] {
            rig.bend(role, |group, draft| {
                draft.entries.retain(|entry| {
                    !matches!(entry, Entry::Fence { msgid, state: FenceState::Tombstone, .. } if group.is_marked(msgid))
                });
            });
        }
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, carried: &mut Parcel) -> Arrival {
        if self.held.is_some() || !scene.is_from_institution() || !scene.hits() {
            return Arrival::Taken;
        }
        let msgid = scene.message.cause.msgid.clone();
        scene.board.mark(scene.which, msgid.clone());
        self.held = Some((msgid, carried.clone()));
        Arrival::Lost
    }

    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        let named = scene.message.omsgid.as_ref();
        let reversed = scene.is_from_institution() && is_success(answer);
        if let Some((_, parcel)) = self
            .held
            .take_if(|(msgid, _)| reversed && named == Some(msgid))
        {
            let due = scene.now();
            scene.post(Parcel { due, ..parcel });
        }
        Departure::Whole
    }
}

/// `reversal-wrong-original`: the platform takes the person's latest settlement for the one that is named.
struct Mistaken;

pub(super) fn wrong_original(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Mistaken)
}

impl Trouble for Mistaken {
    fn arrive(&mut self, scene: &mut Scene<'_>, carried: &mut Parcel) -> Arrival {
        if let Some(body) = mistaken(scene, &carried.body)
            && scene.hits()
        {
            carried.body = body;
        }
        Arrival::Taken
    }
}

/// The same undo of the person's latest settlement; `None` if that is the one it names.
fn mistaken(scene: &Scene<'_>, body: &[u8]) -> Option<Vec<u8>> {
    if !scene.is_from_institution() {
        return None;
    }
    let request = Request::parse(body).ok()?;
    let node = request.node("data")?;
    let ledger = scene.machine.ledger(Role::Treatment)?;
    let person = scene.message.person.as_deref()?;
    let settled = ledger.rows_of_person("settlement", person);
    let latest = settled.filter(|held| held.row.status == "settled").last()?;
    let named: [(&str, &str); 3] = [
        ("setl_id", &latest.row.id),
        ("mdtrt_id", latest.row.facts.get("mdtrt_id")?),
        ("omsgid", &latest.row.cause.msgid),
    ];
    let mut text = String::from_utf8(body.to_vec()).ok()?;
    let before = text.clone();
    for (name, latest) in named {
        if let Some(old) = node.text(name) {
            text = text.replace(&format!("\"{old}\""), &format!("\"{latest}\""));
        }
    }
    (text != before).then(|| text.into_bytes())
}
