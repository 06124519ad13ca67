//! 适配口 · A mock hospital as a run of another world drives it: who it is, and to which platform it is to speak.
//!
//! Why so: a hospital's own system is driven through the few routes that mock hospitals speak anyway, and one more: the
//! run that begins (or goes on) tells the platform's address. `mocks/his-adapter.json` describes all of them; a test
//! holds it against these machines, and another drives one of them through a whole run.
//! Not here: messages (`hyper`), books and health (`admin`).

use std::net::SocketAddr;
use std::sync::PoisonError;

use bytes::Bytes;
use crosswipe_domain::Role;
use crosswipe_wire::Context;
use http_body_util::{BodyExt, Limited};
use hyper::Request;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Node, Out, Silence, respond};

/// Where a run says that it begins or goes on.
pub(super) const BEGIN: &str = "/__admin/begin";

/// 适配口契约 · How a hospital's own system is driven, as OpenAPI.
pub const HIS_ADAPTER: &str = include_str!("../../../his-adapter.json");

/// The contract that this machine speaks.
const ADAPTER: &str = "crosswipe.his/1";

/// What begins fits into this many bytes.
const LIMIT: usize = 16 << 10;

/// 开场 · What a run says when it begins or goes on.
#[derive(Deserialize)]
struct Begin {
    institution: String,
    platform: String,
}

/// Adds who this is to what a machine says of its health.
pub(super) fn introduce(node: &Node, health: &mut Value) {
    health["adapter"] = json!(ADAPTER);
    health["institution"] = json!(node.code);
    health["books"] = json!(true);
}

/// A run begins or goes on: from now on messages go to its platform.
pub(super) async fn begin(
    node: &Node,
    request: Request<Incoming>,
    context: Option<&Context>,
) -> Result<Out, Silence> {
    let refused = |status: u16, why: String| {
        let said = json!({"message": why}).to_string();
        Ok(respond(status, Bytes::from(said)))
    };
    if node.role != Role::His {
        return refused(404, "不是医疗机构 · no hospital".to_owned());
    }
    if let Err(refusal) = node.hear(context)? {
        return refused(409, refusal.err_msg());
    }
    let body = Limited::new(request.into_body(), LIMIT).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let Ok(begin) = serde_json::from_slice::<Begin>(&body) else {
        return refused(
            400,
            "要有 institution 与 platform · institution and platform must be there".to_owned(),
        );
    };
    if begin.institution != node.code {
        return refused(409, format!("本机构为 · this is {}", node.code));
    }
    let at = begin.platform.strip_prefix("http://");
    let at = at.and_then(|at| at.trim_end_matches('/').parse().ok());
    // Messages of a mock name persons in full: they stay on this machine.
    let Some(at) = at.filter(|at: &SocketAddr| at.ip().is_loopback()) else {
        return refused(
            400,
            "platform 形如 http://127.0.0.1:8080 · platform is like http://127.0.0.1:8080"
                .to_owned(),
        );
    };
    *node.platform.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    let mut said = json!({});
    introduce(node, &mut said);
    Ok(respond(200, Bytes::from(said.to_string())))
}
