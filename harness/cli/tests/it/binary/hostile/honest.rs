//! 老实人 · A client that opens a visit for somebody of another city and cancels it, again and again, over one connection.
//!
//! So each exchange passes four parties, books rows, and takes them back.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crosswipe_domain::{InfNo, InstitutionCode, Moment, MsgId};
use crosswipe_wire::{Context, FieldKind, Need, catalogue, context};
use serde_json::{Map, Value, json};

/// Whoever waits longer than this was not served.
const PATIENCE: Duration = Duration::from_secs(10);
const INSTITUTION: &str = "H33010000001";
const PERSON: &str = "99993302000000000000000041";
const INSURED: &str = "330200";
const BEGIN: &str = "2030-03-02T13:00:00+08:00";

/// What a client has done.
#[derive(Default)]
pub(super) struct Work {
    pub(super) done: u64,
    pub(super) failed: Vec<String>,
}

/// Between two visits. What honest work books stays in the books, and is no growth that strangers cause.
const PACE: Duration = Duration::from_millis(500);

impl Work {
    /// Works until told to stop; at most one failure is noted, since after one nothing is as it should be.
    pub(super) fn until(mut self, at: SocketAddr, client: u32, stop: impl Fn(u64) -> bool) -> Work {
        let mut line = None;
        for second in 0.. {
            if stop(self.done) || !self.failed.is_empty() {
                break;
            }
            std::thread::sleep(PACE);
            // Each client has seconds of its own, so that no message number is used twice.
            let now = Moment::parse(BEGIN)
                .unwrap()
                .plus_ms(i64::from(client) * 1_000 + second * 100_000 % 20_000_000);
            match visit(&mut line, at, now, second, client) {
                Ok(()) => self.done += 2,
                Err(why) => self.failed.push(why),
            }
        }
        self
    }
}

type Line = BufReader<TcpStream>;

fn visit(
    line: &mut Option<Line>,
    at: SocketAddr,
    now: Moment,
    round: i64,
    client: u32,
) -> Result<(), String> {
    let serial = u16::try_from(round / 200 * 2 + 1).map_err(|_| "too many rounds".to_owned())?;
    let opened = exchange(
        line,
        at,
        now,
        &message("2201", now, serial, json!({})),
        client,
    )?;
    let visit = opened["output"]["data"]["mdtrt_id"].clone();
    if visit.is_null() {
        return Err(format!("2201: {opened}"));
    }
    let closed = exchange(
        line,
        at,
        now,
        &message("2202", now, serial + 1, json!({"mdtrt_id": visit})),
        client,
    )?;
    match &closed["infcode"] {
        code if *code == 0 => Ok(()),
        _ => Err(format!("2202: {closed}")),
    }
}

/// A whole message, its mandatory fields filled in from the interface's own tables.
pub(super) fn message(infno: &str, now: Moment, serial: u16, with: Value) -> String {
    let spec = catalogue().transaction(&InfNo::new(infno)).unwrap();
    let mut input = Map::new();
    for node in spec.input.iter().filter(|node| node.required) {
        let mut fields = with.as_object().unwrap().clone();
        for field in node.fields.iter().filter(|field| field.need == Need::Yes) {
            let value = match (field.name, field.kind) {
                ("psn_no" | "mdtrt_cert_no", _) => json!(PERSON),
                ("insutype", _) => json!("310"),
                ("mdtrt_cert_type", _) => json!("02"),
                (_, FieldKind::Number { .. }) => json!(0),
                (_, FieldKind::Date) => json!("2030-03-02"),
                (_, FieldKind::DateTime) => json!(now.wire()),
                _ => json!("1"),
            };
            fields.entry(field.name).or_insert(value);
        }
        input.insert(node.id.to_owned(), Value::Object(fields));
    }
    let institution = InstitutionCode::parse(INSTITUTION).unwrap();
    json!({
        "infno": infno, "msgid": MsgId::compose(&institution, now, serial).as_str(),
        "mdtrtarea_admvs": "330100", "insuplc_admdvs": INSURED, "recer_sys_code": "FSI_LOCAL", "infver": "1.0",
        "opter_type": "1", "opter": "01", "opter_name": "t", "inf_time": now.wire(),
        "fixmedins_code": INSTITUTION, "fixmedins_name": "t", "input": input,
    })
    .to_string()
}

/// The head of a message of this body.
pub(super) fn head(now: Moment, run: &str, length: usize) -> String {
    let context = Context {
        run: run.to_owned(),
        epoch: 1,
        now: Some(now),
    };
    format!(
        "POST /fsi/api/rsfComIfsService/callService HTTP/1.1\r\nhost: his\r\n{}: {}\r\ncontent-length: {length}\r\n\r\n",
        context::NAME,
        context.to_text()
    )
}

/// One exchange over the connection at hand. A connection that was closed while it rested is opened anew, as every
/// client does; one that is closed after a byte was sent is a failure.
fn exchange(
    line: &mut Option<Line>,
    at: SocketAddr,
    now: Moment,
    body: &str,
    client: u32,
) -> Result<Value, String> {
    let failed = |what: &str, error: std::io::Error| format!("{what}: {error}");
    if line.is_none() {
        let stream = TcpStream::connect(at).map_err(|error| failed("connect", error))?;
        stream
            .set_nodelay(true)
            .map_err(|error| failed("connect", error))?;
        stream
            .set_read_timeout(Some(PATIENCE))
            .map_err(|error| failed("connect", error))?;
        *line = Some(BufReader::new(stream));
    }
    let reader = line.as_mut().expect("it was opened right above");
    let whole = head(now, &format!("honest-{client}"), body.len()) + body;
    reader
        .get_mut()
        .write_all(whole.as_bytes())
        .map_err(|error| failed("send", error))?;
    let (mut status, mut length) = (String::new(), 0);
    reader
        .read_line(&mut status)
        .map_err(|error| failed("answer", error))?;
    loop {
        let mut header = String::new();
        reader
            .read_line(&mut header)
            .map_err(|error| failed("answer", error))?;
        match header.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(|_| header.clone())?;
            }
            Some(_) => {}
            None => break,
        }
    }
    if !status.starts_with("HTTP/1.1 200") {
        return Err(format!("status `{}`", status.trim_end()));
    }
    let mut answer = vec![0; length];
    reader
        .read_exact(&mut answer)
        .map_err(|error| failed("answer", error))?;
    serde_json::from_slice(&answer).map_err(|error| error.to_string())
}
