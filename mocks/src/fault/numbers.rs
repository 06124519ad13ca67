//! 重号 · A hospital whose serials began anew after a restart: it names a message as it has named another one.
//!
//! `his-msgid-reused`. The hospital sends the second message under the number of the first; the treatment place takes
//! it for a repetition without looking at what it says, and answers with the first one's result. The hospital knows its
//! own number again in that answer and believes it.

use std::collections::BTreeMap;

use crosswipe_domain::{Entry, Party, Role};

use super::FaultOrder;
use super::answers::is_success;
use super::trouble::{Arrival, Departure, Fitting, Onward, Parcel, Scene, Trouble};
use crate::machine::{Answer, Lost, Machine};

/// A hospital, and the treatment place that it meets.
struct Reused {
    /// At the hospital: own number and the one that it went out under.
    sent_as: BTreeMap<String, String>,
}

pub(super) fn reused(_: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Reused {
        sent_as: BTreeMap::new(),
    })
}

/// Under which word the board keeps numbers and answers of one institution's messages of one kind.
fn kind(what: &str, scene: &Scene<'_>) -> String {
    let cause = &scene.message.cause;
    format!("{what} {} {}", cause.origin, scene.message.infno.base())
}

/// Word that a message went out under another's number.
fn again(own: &str) -> String {
    format!("again {own}")
}

impl Trouble for Reused {
    fn install(&mut self, rig: &mut Fitting<'_>) {
        // The hospital has a record of that id already: the second gets a number of its own behind it.
        rig.bend(Role::His, |group, draft| {
            if !group.is_marked(&again(&draft.cause.msgid)) {
                return;
            }
            for entry in &mut draft.entries {
                if let Entry::Row { id, was: None, .. } = entry {
                    *id = format!("{id}-2").into();
                }
            }
        });
    }

    fn forward(&mut self, scene: &mut Scene<'_>, _: &mut Party, body: &mut String) -> Onward {
        let own = &scene.message.cause.msgid;
        if !matches!(scene.machine, Machine::His(_)) || self.sent_as.contains_key(own) {
            return Onward::Sent;
        }
        let first = scene
            .board
            .kept(scene.which, &kind("number", scene), own)
            .filter(|_| scene.board.fits(scene.which, scene.message));
        if let Some(first) = first
            && scene.hits()
        {
            *body = body.replace(&format!("\"{own}\""), &format!("\"{first}\""));
            scene.board.mark(scene.which, first.clone());
            scene.board.mark(scene.which, again(own));
            self.sent_as.insert(own.clone(), first);
        }
        Onward::Sent
    }

    fn back(&mut self, scene: &mut Scene<'_>, answer: &mut Result<Answer, Lost>) {
        if let (Some(first), Ok(answer)) = (self.sent_as.get(&scene.message.cause.msgid), answer) {
            answer.body = answer
                .body
                .replace(first.as_str(), &scene.message.cause.msgid);
        }
    }

    fn arrive(&mut self, scene: &mut Scene<'_>, _: &mut Parcel) -> Arrival {
        let own = &scene.message.cause.msgid;
        if !scene.is_from_institution() || !scene.board.is_marked(scene.which, own) {
            return Arrival::Taken;
        }
        match scene.board.kept(scene.which, &kind("answer", scene), "") {
            Some(first) => Arrival::Answered(Answer::ok(first)),
            None => Arrival::Taken,
        }
    }

    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        if scene.is_from_institution() && is_success(answer) {
            let own = scene.message.cause.msgid.clone();
            let (number, text) = (kind("number", scene), kind("answer", scene));
            scene.board.keep(scene.which, &number, &own, &own);
            scene.board.keep(scene.which, &text, &own, &answer.body);
        }
        Departure::Whole
    }
}
