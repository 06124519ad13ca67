//! 配对 · Which answer belongs to which message, where a recording keeps them one after the other.
//!
//! Only what is certain is paired: the one message that is open, or the one that the answer fits by its nodes and by an
//! id that both carry. A wrong pair would accuse somebody; an answer that stays alone is told as such.

use std::collections::BTreeSet;

use crosswipe_domain::Outcome;
use crosswipe_wire::{Request, Sent, classify};

use super::{Orphan, Piece, Recorded, Traffic};
use crate::books::Flaw;

/// Ids by which an answer shows whose it is.
const IDS: [&str; 11] = [
    "psn_no",
    "certno",
    "mdtrt_cert_no",
    "mdtrt_id",
    "setl_id",
    "ipt_otp_no",
    "feedetl_sn",
    "chrg_bchno",
    "medins_setl_id",
    "sign_no",
    "opter_no",
];

/// How many messages before an answer it may belong to.
const HORIZON: usize = 200;

/// Takes what one file holds, in its order.
pub(super) fn pair(groups: Vec<Vec<Piece>>, traffic: &mut Traffic) {
    let mut own = Paired::default();
    // What stands alone, message or answer, finds its half among the others that do.
    let mut loose = Paired::default();
    let mut order = 0;
    for group in groups {
        let messages = group
            .iter()
            .filter(|piece| matches!(piece, Piece::Message { .. }))
            .count();
        let answers = group
            .iter()
            .filter(|piece| matches!(piece, Piece::Answer { .. }))
            .count();
        let mut alone = Paired::default();
        let taker = match messages > 0 && answers > 0 {
            true => &mut alone,
            false => &mut loose,
        };
        for piece in group {
            order += 1;
            taker.take(piece, order, &mut traffic.unread);
        }
        alone.turn();
        own.exchanges.append(&mut alone.exchanges);
        own.orphans.append(&mut alone.orphans);
    }
    own.exchanges.append(&mut loose.exchanges);
    own.orphans.append(&mut loose.orphans);
    own.exchanges.sort_by_key(|(order, _)| *order);
    traffic
        .exchanges
        .extend(own.exchanges.into_iter().map(|(_, one)| one));
    traffic.orphans.extend(own.orphans);
}

/// 配好的 · Exchanges by their place in the file, and answers that belong to none.
#[derive(Default)]
struct Paired {
    exchanges: Vec<(usize, Recorded)>,
    orphans: Vec<Orphan>,
}

impl Paired {
    fn take(&mut self, piece: Piece, order: usize, unread: &mut Vec<Flaw>) {
        match piece {
            Piece::Message {
                place,
                around,
                body,
            } => {
                let one = Recorded {
                    place,
                    around,
                    request: body,
                    answer: None,
                };
                self.exchanges.push((order, one));
            }
            Piece::Answer {
                place,
                around,
                body,
            } => {
                let answer = (around.status.unwrap_or(200), body);
                match self.owner(&answer.1) {
                    Some(one) => one.answer = Some(answer),
                    None => self.orphans.push(Orphan {
                        place,
                        infno: around.infno,
                        body: answer.1,
                    }),
                }
            }
            Piece::Unread(flaw) => unread.push(flaw),
        }
    }

    /// One of each, the answer first: a document may name its members in any order.
    fn turn(&mut self) {
        if let ([orphan], [(_, only)]) = (&self.orphans[..], &mut self.exchanges[..])
            && only.answer.is_none()
        {
            only.answer = Some((200, orphan.body.clone()));
            self.orphans.clear();
        }
    }

    /// The message that an answer belongs to, among those that have none.
    fn owner(&mut self, answer: &str) -> Option<&mut Recorded> {
        let from = self.exchanges.len().saturating_sub(HORIZON);
        let mut open: Vec<&mut Recorded> = self.exchanges[from..]
            .iter_mut()
            .map(|(_, one)| one)
            .filter(|one| one.answer.is_none())
            .collect();
        if open.len() < 2 {
            return open.pop();
        }
        open.retain(|one| fits(&one.request, answer));
        if open.len() > 1 {
            let ids = ids_in(answer);
            open.retain(|one| !ids_in(&one.request).is_disjoint(&ids));
        }
        match open.len() {
            1 => open.pop(),
            _ => None,
        }
    }
}

/// Whether it can be the answer to this message: with all that its transaction promises; a refusal fits any.
fn fits(request: &str, answer: &str) -> bool {
    let Ok(request) = Request::parse(request.as_bytes()) else {
        return true;
    };
    let sent = Sent {
        infno: &request.infno,
        msgid: &request.msgid,
    };
    !matches!(
        classify(&sent, 200, answer.as_bytes()),
        Outcome::Unknown { .. }
    )
}

/// Ids anywhere in a text, and the message's own number, which a settlement's answer repeats.
fn ids_in(text: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        collect(&value, &mut ids);
    }
    ids
}

fn collect(value: &serde_json::Value, ids: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                match member.as_str() {
                    Some(text)
                        if (key == "msgid" || IDS.contains(&key.as_str())) && text.len() > 3 =>
                    {
                        ids.insert(text.to_owned());
                    }
                    _ => collect(member, ids),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        _ => {}
    }
}

/// Messages and answers that lie in two files whose names differ by that word alone.
pub(super) fn pair_by_name(traffic: &mut Traffic) {
    let orphans = std::mem::take(&mut traffic.orphans);
    for orphan in orphans {
        let stem = stem(&orphan.place);
        let mut open = traffic
            .exchanges
            .iter_mut()
            .filter(|one| one.answer.is_none() && self::stem(&one.place) == stem);
        match (open.next(), open.next()) {
            (Some(one), None) if fits(&one.request, &orphan.body) => {
                one.answer = Some((200, orphan.body))
            }
            _ => traffic.orphans.push(orphan),
        }
    }
}

/// A file's name without the word that says which half it is.
fn stem(place: &str) -> String {
    let file = place
        .rsplit_once([':', '#'])
        .map_or(place, |(file, _)| file);
    let mut stem = file.to_lowercase();
    for word in [
        "request", "response", "answer", "resp", "req", "rsp", "res", "入参", "出参", "请求",
        "应答", "响应",
    ] {
        if stem.contains(word) {
            stem = stem.replacen(word, "", 1);
            break;
        }
    }
    stem
}
