//! 管理口 · What the door shows beside the messages: page, list, books, clock, faults; `mocks/openapi.json` describes it.
//!
//! Books hold numbers of persons and the page the keys, so beyond loopback whoever asks must know the token. What is
//! summed up here names nobody. Not here: the parties' own administration, which says more (`hyper::admin`).

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use crosswipe_domain::{Export, Role, Row};
use crosswipe_wire::catalogue;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::super::{ANSWER_LIMIT, respond};
use super::{Node, Reset, Run, Shown, lock, page};

/// What is no message of a HIS begins so.
pub(super) const ROOT: &str = "/__admin/";

/// Every route of the door that is no message: method, path.
pub const ROUTES: [(&str, &str); 14] = [
    ("GET", "/"),
    ("GET", "/__admin/acceptance"),
    ("GET", "/__admin/books"),
    ("GET", "/__admin/clock"),
    ("POST", "/__admin/clock"),
    ("POST", "/__admin/confirm"),
    ("GET", "/__admin/events"),
    ("GET", "/__admin/faults"),
    ("POST", "/__admin/faults"),
    ("GET", "/__admin/fields"),
    ("GET", "/__admin/openapi.json"),
    ("POST", "/__admin/reset"),
    ("GET", "/__admin/seen"),
    ("GET", "/__admin/vouchers"),
];

const OPENAPI: &str = include_str!("../../../../openapi.json");
/// What is asked of the clock fits into this many bytes.
const CLOCK_LIMIT: usize = 4 << 10;
/// Rows of a party that are shown as open.
const MOST_OPEN: usize = 200;

/// Answers whatever is no message.
pub(super) async fn answer(node: &std::sync::Arc<Node>, request: Request<Incoming>) -> Shown {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let method = &head.method;
    let query: BTreeMap<&str, &str> = head
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = &node.config.token {
        let given = header("x-crosswipe-token").or(query.get("token").copied());
        if !given.is_some_and(|given| same(token, given)) {
            return said(
                401,
                json!({"message": "要启动时打印的令牌: ?token=… · the token printed at start is needed"}),
            );
        }
    }
    let known = |method: &str| ROUTES.contains(&(method, path));
    if !known(method.as_str()) {
        let (status, words) = match known("GET") || known("POST") {
            true => (405, "方法不对 · another method"),
            false => (
                404,
                "POST 报文到此, GET / 看页面 · POST messages here, GET / shows the page",
            ),
        };
        return said(status, json!({"message": words}));
    }
    let from: Option<u64> = query.get("from").and_then(|from| from.parse().ok());
    match (method, path) {
        (_, "/") => {
            let run = node.run.read().await;
            page::page(run.notice.get().map_or("", String::as_str)).map(Either::Left)
        }
        (_, "/__admin/events") => {
            let last = header("last-event-id").and_then(|id| id.parse::<u64>().ok());
            let from = last.map(|last| last + 1).or(from).unwrap_or(0);
            let kept = std::sync::Arc::clone(node);
            let seen = move |from| lock(&kept.diary).from(from);
            page::events(from, node.news.subscribe(), seen).map(Either::Right)
        }
        (_, "/__admin/acceptance") => {
            let run = node.run.read().await;
            let lines = lock(&run.acceptance).standings((node.time)());
            said(200, json!({"lines": lines}))
        }
        (_, "/__admin/confirm") => {
            // A number that nobody can read is asked for as it stands, and is nobody's.
            let number = query.get("line").map(|typed| unescaped(typed));
            match node.confirm(number.as_deref(), "page").await {
                Some(line) => said(200, json!({"line": line})),
                None => said(
                    409,
                    json!({"message": "没有在等人的步骤 · no step waits for a person there"}),
                ),
            }
        }
        (_, "/__admin/seen") => {
            let seen = lock(&node.diary).from(from.unwrap_or(0));
            said(200, json!({"seen": seen}))
        }
        (_, "/__admin/vouchers") => said(200, json!({"vouchers": node.vouchers().await})),
        (&Method::POST, "/__admin/clock") => set_clock(node, body).await,
        (_, "/__admin/clock") => {
            let run = node.run.read().await;
            hear(&run).await;
            said(200, clock(&run))
        }
        (_, "/__admin/fields") => said(200, fields()),
        (_, "/__admin/openapi.json") => {
            respond(200, Bytes::from_static(OPENAPI.as_bytes())).map(Either::Left)
        }
        (_, "/__admin/books") => said(200, books(node).await),
        (&Method::POST, "/__admin/reset") => reset(node).await,
        (_, _) => faults(node, method).await,
    }
}

/// `%2F` and the like as they were typed; what is no such thing stays.
fn unescaped(typed: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), typed.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = &after[if byte.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn said(status: u16, body: Value) -> Shown {
    respond(status, Bytes::from(body.to_string())).map(Either::Left)
}

/// Takes the same time however many characters agree.
fn same(token: &str, given: &str) -> bool {
    let differ = token.bytes().zip(given.bytes());
    token.len() == given.len() && differ.fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Whatever was ordered meanwhile holds before it is shown. What cannot be written down holds for nobody yet; the next
/// message says so.
async fn hear(run: &Run) {
    let _ = run.witness.hears().await;
}

/// Plan time, and which run it is the time of, so that a page sees that another has begun.
fn clock(run: &Run) -> Value {
    let mut told = run.clock.told(&run.setup.whole_window());
    told["run"] = run.number.into();
    told
}

/// Plan time leaps once no message is under way, and once it is written down.
async fn set_clock(node: &Node, body: Incoming) -> Shown {
    let body = Limited::new(body, CLOCK_LIMIT).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let run = node.run.write().await;
    hear(&run).await;
    let leap = match run.clock.asked(&body, &run.setup.whole_window()) {
        Ok(leap) => leap,
        Err((status, why)) => return said(status, json!({"message": why})),
    };
    if run.witness.leaps(leap).await.is_err() {
        return said(
            503,
            json!({"message": "日志写不进, 时间没有动 · the journal cannot be written, and the clock was not moved"}),
        );
    }
    run.clock.leap(leap);
    said(200, clock(&run))
}

/// The run is ended and another begun by whoever keeps it; the answer says how the one ended and where the other is kept.
async fn reset(node: &Node) -> Shown {
    let failed = |status: u16, why: &str| said(status, json!({"message": why}));
    if node.resetting.swap(true, Ordering::SeqCst) {
        return failed(409, "正在重开 · a reset is under way");
    }
    let (answer, told) = oneshot::channel();
    if node.resets.send(Reset { answer }).await.is_err() {
        return failed(503, "门正在关 · the door is being closed");
    }
    match told.await {
        Ok(told) => said(200, told),
        Err(_) => failed(
            500,
            "重开没有成功, 门已关: 看终端 · it did not succeed and the door is closed: see the terminal",
        ),
    }
}

/// Chinese names of fields, for pages.
fn fields() -> Value {
    let catalogue = catalogue();
    let of_nodes = catalogue.transactions().flat_map(|one| {
        let nodes = one.input.iter().chain(&one.output.nodes);
        nodes.flat_map(|node| &node.fields)
    });
    let all = of_nodes
        .chain(&catalogue.request)
        .chain(&catalogue.response);
    let names: BTreeMap<&str, &str> = all.map(|field| (field.name, field.zh)).collect();
    json!(names)
}

/// What stands open at every party, and how long its log is; nobody is named.
async fn books(node: &Node) -> Value {
    let mut parties = Vec::new();
    let mut open_fen = 0;
    let platforms = node.run.read().await.platforms.clone();
    for (party, address) in &platforms {
        let path = format!("/__admin/export/{}", party.role.name());
        let told = ask(node, Method::GET, *address, &path).await;
        let export = told.and_then(|body| serde_json::from_slice::<Export>(&body).ok());
        let Some(export) = export else {
            parties.push(json!({"party": party.to_string(), "answers": false}));
            continue;
        };
        let open: Vec<&Row> = export
            .rows
            .iter()
            .filter(|row| !row.is_terminal())
            .collect();
        if party.role == Role::Treatment {
            let settled = open.iter().filter(|row| row.kind == "settlement");
            open_fen += settled
                .filter_map(|row| row.amounts.get("medfee_sumamt"))
                .sum::<i64>();
        }
        let shown = open.iter().take(MOST_OPEN).map(|row| {
            let total = row.amounts.get("medfee_sumamt");
            let total = total.or_else(|| row.amounts.get("det_item_fee_sumamt"));
            json!({
                "kind": row.kind, "id": row.id, "status": row.status, "institution": row.cause.origin,
                "infno": row.cause.infno, "fen": total,
            })
        });
        parties.push(json!({
            "party": party.to_string(), "answers": true, "rows": export.rows.len(), "log": export.lsn,
            "balances": balances(&export),
            "open": shown.collect::<Vec<_>>(), "open_in_all": open.len(),
        }));
    }
    json!({"open_fen": open_fen, "parties": parties})
}

/// What stands on the cells of a book, by kind and by whatever names nobody: persons are summed up.
fn balances(export: &Export) -> Vec<Value> {
    let mut sums: BTreeMap<(&str, BTreeMap<&str, &str>, String), i64> = BTreeMap::new();
    for cell in &export.cells {
        let dims = cell
            .key
            .dims
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let dims = dims.filter(|(name, _)| *name != "person").collect();
        let unit = json!(cell.unit).as_str().unwrap_or_default().to_owned();
        let sum = sums
            .entry((cell.key.kind.as_str(), dims, unit))
            .or_default();
        *sum = sum.saturating_add(cell.value);
    }
    let shown = sums.into_iter().map(|((kind, dims, unit), value)| {
        json!({"kind": kind, "dims": dims, "unit": unit, "value": value})
    });
    shown.collect()
}

/// Faults are the world's: any platform counts and arms them.
async fn faults(node: &Node, method: &Method) -> Shown {
    let first = node.run.read().await.platforms.values().next().copied();
    let told = match first {
        Some(address) => ask(node, method.clone(), address, "/__admin/faults").await,
        None => None,
    };
    match told {
        Some(body) => respond(200, body).map(Either::Left),
        None => said(
            502,
            json!({"message": "平台没有应答 · no platform answers"}),
        ),
    }
}

async fn ask(
    node: &Node,
    method: Method,
    address: std::net::SocketAddr,
    path: &str,
) -> Option<Bytes> {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"))
        .body(Full::new(Bytes::new()))
        .ok()?;
    let exchange = async {
        let response = node.client.request(request).await.ok()?;
        let body = Limited::new(response.into_body(), ANSWER_LIMIT).collect();
        Some(body.await.ok()?.to_bytes())
    };
    tokio::time::timeout(super::HOP_TIMEOUT, exchange)
        .await
        .ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The description names every route, with its method, and no other.
    #[test]
    fn the_description_names_the_routes_that_are() {
        let told: Value = serde_json::from_str(OPENAPI).unwrap();
        let mut described = Vec::new();
        for (path, methods) in told["paths"].as_object().unwrap() {
            for (method, what) in methods.as_object().unwrap() {
                assert!(what["summary"].as_str().unwrap().contains(" · "), "{path}");
                assert!(!what["responses"].as_object().unwrap().is_empty(), "{path}");
                described.push((method.to_uppercase(), path.clone()));
            }
        }
        described.sort();
        let routes = ROUTES
            .iter()
            .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
        let mut routes: Vec<_> = routes.collect();
        routes.sort();
        // A HIS's messages go to any other path.
        described.retain(|(_, path)| path != "/{path}");
        assert_eq!(described, routes);
    }
}
