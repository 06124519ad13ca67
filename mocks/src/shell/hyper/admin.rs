//! 管理口 · `GET /__admin/…`: a party shows its books to whoever runs it.
//!
//! Faults are the world's: any party says how often each fired, and `POST` arms them anew for a run that begins.
//! A bound that was moved meanwhile, or the whole window, is told to any party by `POST`, and all of its world go by it.
//! Exports and log tails are what the judge reads; they hold full person numbers, which the runner turns
//! into pseudonyms before anything is written. Who asks in the name of a run is held to its epoch, as with
//! messages: a process that was superseded is shown nothing, and its successor is known from its first question.

use std::io;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use crosswipe_domain::{Amendment, Role};
use crosswipe_wire::Context;
use hyper::Uri;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Node, Out, Silence, adapter, body, respond};

/// Where faults are asked about and armed anew.
pub(super) const FAULTS: &str = "/__admin/faults";

/// Where parties are told of a bound that was moved.
pub(super) const AMEND: &str = "/__admin/amend";

/// Where parties are told how far the whole window was moved.
pub(super) const SHIFT: &str = "/__admin/shift";

/// 平移 · How far a whole window lies from where the plan has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shifted {
    /// Milliseconds later; earlier, if negative.
    ms: i64,
}

/// 改期 · One amendment or one shift as JSON: all parties of the world go by it once this is answered, and after a restart
/// too.
pub(super) async fn moved(node: &Node, path: &str, body: Incoming) -> Out {
    let body = match body::read(&node.room, body).await {
        Ok(body) => body,
        Err(why) => return super::not_taken(&why),
    };
    let told = match path {
        SHIFT => serde_json::from_slice::<Shifted>(&body)
            .map_err(io::Error::from)
            .and_then(|shifted| node.told.shift(shifted.ms)),
        _ => serde_json::from_slice::<Amendment>(&body)
            .map_err(io::Error::from)
            .and_then(|amendment| node.told.take(amendment)),
    };
    let said = |error: io::Error| Bytes::from(json!({"message": error.to_string()}).to_string());
    match told {
        Ok(()) => respond(200, Bytes::from_static(b"{}")),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => respond(400, said(error)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => respond(400, said(error)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => respond(400, said(error)),
        Err(error) => respond(500, said(error)),
    }
}

/// A run begins: every fault waits for its first message again.
pub(super) fn arm_anew(node: &Node) -> Out {
    let carried = node.lock();
    carried.rigged.board().arm_anew();
    node.fired.keep(carried.rigged.board());
    respond(200, Bytes::from_static(b"{}"))
}

pub(super) fn answer(node: &Node, uri: &Uri, context: Option<&Context>) -> Result<Out, Silence> {
    if let Err(refusal) = node.hear(context)? {
        let said = json!({"message": refusal.err_msg()});
        return Ok(respond(409, Bytes::from(said.to_string())));
    }
    let now = node.now(context);
    let parts: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let found = match parts.as_slice() {
        ["__admin", "health"] => {
            let in_flight = node.in_flight.load(Ordering::SeqCst);
            let mut health = json!({"status": "ok", "in_flight": in_flight});
            if node.role == Role::His {
                adapter::introduce(node, &mut health);
            }
            json(Some(health))
        }
        ["__admin", "faults"] => {
            let fired = node.lock().rigged.board().counts();
            json(Some(json!({"fired": fired})))
        }
        ["__admin", "export", role] => role_of(role).and_then(|role| {
            let export = node.lock().rigged.export(role, now);
            json(export)
        }),
        ["__admin", "log", role] => role_of(role).and_then(|role| {
            let look = node.lock().rigged.machine().look(role, from(uri), now);
            json(look)
        }),
        _ => None,
    };
    Ok(match found {
        Some(body) => respond(200, Bytes::from(body)),
        None => respond(404, Bytes::from_static(br#"{"message":"not found"}"#)),
    })
}

fn role_of(name: &str) -> Option<Role> {
    [Role::His, Role::Treatment, Role::Hub, Role::Insured]
        .into_iter()
        .find(|role| role.name() == name)
}

fn from(uri: &Uri) -> u64 {
    let query = uri.query().unwrap_or_default();
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("from=")?.parse().ok())
        .unwrap_or(0)
}

fn json<T: Serialize>(value: Option<T>) -> Option<Vec<u8>> {
    serde_json::to_vec(&value?).ok()
}
