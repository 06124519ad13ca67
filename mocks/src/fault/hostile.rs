//! 恶意应答 · Answers that are made to hurt whoever reads them: of a message that was carried out all the same.
//!
//! Whoever waits must come through: refuse to read, know nothing of the outcome, and find out by other means.
//! Not here: what a client may send to a mock platform (`shell::hyper` enforces the limits).

use super::FaultOrder;
use super::answers::is_success;
use super::trouble::{Departure, Leg, Scene, Trouble};
use crate::machine::Answer;

/// Longer than any answer to a message may be.
const LONG: usize = 16 * 1024 * 1024;
/// Deeper than any reader goes down.
const DEEP: usize = 10_000;
/// More members than any object may have.
const MANY: usize = 1_000_000;

/// `hostile-body`: the answer has another text than the machine gave.
struct Hostile {
    order: FaultOrder,
}

pub(super) fn answer(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Hostile {
        order: order.clone(),
    })
}

impl Trouble for Hostile {
    fn depart(&mut self, scene: &mut Scene<'_>, answer: &mut Answer) -> Departure {
        let leg = match self.order.choice("at") {
            "his" => Leg::Counter,
            _ => Leg::HisTreatment,
        };
        if scene.message.leg == leg && is_success(answer) && scene.hits() {
            answer.body = text(self.order.choice("form"), &answer.body);
        }
        Departure::Whole
    }
}

fn text(form: &str, honest: &str) -> String {
    let within = |members: &str| match honest.strip_prefix('{') {
        Some(rest) => format!("{{{members},{rest}"),
        None => members.to_owned(),
    };
    match form {
        "deep" => within(&format!("\"x\":{}{}", "[".repeat(DEEP), "]".repeat(DEEP))),
        "long" => within(&format!("\"x\":\"{}\"", "x".repeat(LONG))),
        "keys" => {
            let members: Vec<String> = (0..MANY).map(|key| format!("\"{key}\":0")).collect();
            within(&members.join(","))
        }
        "number" => within("\"x\":1e999,\"y\":99999999999999999999.99,\"z\":NaN"),
        "twice" => within("\"infcode\":-1,\"err_msg\":\"\""),
        "nul" => format!("\0{honest}\0"),
        _ => format!("\u{feff}\u{feff}{honest}"),
    }
}
