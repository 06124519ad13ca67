//! 一致性 · Holds what a HIS sends against the interface: each message alone, and with all that came before it.
//!
//! Why here and pure: a live door and a file of recorded traffic must say the same of the same messages, so both hand
//! in exchanges, oldest first, and get findings. Nothing is asked of a platform's books; what is known is what was sent
//! and answered. What cannot be known is never a finding: of traffic that was not recorded from its beginning, an id
//! that nobody has seen proves nothing.
//! Used by the door of the mock platforms (`mocks`). Not here: what a platform does with a message, whether books are
//! back (`verify`).

mod answer;
mod bill;
mod reversal;
mod sent;
mod totals;
mod transport;

use std::collections::BTreeMap;

use crosswipe_domain::{InfNo, Moment, Money, Nature, Outcome, Profile, sha256_hex};

use crate::catalogue::catalogue;
use crate::check::{Found, Mode, check, path};
use crate::classify::{Sent as Answered, classify};
use crate::finding::{FieldPath, Finding, Said};
use crate::gateway::{Dialect, GatewayNote};
use crate::mask::is_private;
use crate::regional::national_amounts;
use crate::request::Request;
use crate::response::Response;

use self::bill::Visit;
use self::sent::{Sent, SignIn};
use self::totals::Settlement;

/// 范围 · How much of the traffic is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of it, from the institution's first message on: an id that was never given is nobody's.
    Whole,
    /// A part, as in a recording: what came before it is not known.
    Part,
}

/// 一次来往 · One message and its answer, as they were read.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// When it came.
    pub at: Moment,
    /// The transaction that its address names, where it names one.
    pub named: Option<&'a InfNo>,
    /// What the gateway noted of its head; empty for recordings without heads.
    pub gateway: &'a [GatewayNote],
    /// The message in UTF-8.
    pub request: &'a [u8],
    /// By which region's edition it is measured.
    pub profile: &'a Profile,
    /// HTTP status and body in UTF-8; `None` where the sender got none.
    pub answer: Option<(u16, &'a [u8])>,
    /// How it was carried, where that is to be held against the region's gateway.
    pub carried: Option<Carried<'a>>,
    /// Values that name persons or open something were replaced when it was kept: nothing is said of their form.
    pub masked: bool,
}

/// 载体 · What a head says of the gateway that its sender had in mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried<'a> {
    /// The dialect that it speaks.
    pub dialect: Dialect,
    /// Where it was sent; empty where that was not kept.
    pub path: &'a str,
}

/// 判定 · What is worth saying of one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Of the message.
    pub request: Vec<Finding>,
    /// Of the answer.
    pub answer: Vec<Finding>,
}

/// 一致性 · What was sent and answered so far. Holds person numbers, and shows none.
#[derive(Debug)]
pub struct Conform {
    mode: Mode,
    scope: Scope,
    /// By institution and msgid.
    sent: BTreeMap<(String, String), Sent>,
    /// By institution and sign-in number.
    signed: BTreeMap<(String, String), SignIn>,
    /// By `mdtrt_id`.
    visits: BTreeMap<String, Visit>,
    /// By `setl_id`.
    settled: BTreeMap<String, Settlement>,
}

/// What a gateway says against the head of a message that it did not let in; nothing else of it is looked at.
pub fn refused_at_gateway(note: GatewayNote, mode: Mode) -> Vec<Finding> {
    let mut found = Found::new(mode);
    transport::noted(&note, &mut found);
    found.findings
}

/// What is worth saying of an answer whose message nobody kept; its transaction, where that is known.
pub fn answer_alone(
    infno: Option<&InfNo>,
    body: &[u8],
    mode: Mode,
    profile: &Profile,
) -> Vec<Finding> {
    let mut found = Found::new(mode);
    if let Ok(response) = Response::parse(body) {
        answer::alone(infno, &response, &profile.answers, &mut found);
    }
    found.findings
}

/// What is said of a message whose address names another transaction.
pub fn other_path(named: &InfNo, infno: &InfNo, mode: Mode) -> Vec<Finding> {
    let mut found = Found::new(mode);
    transport::path_differs(named, infno, &mut found);
    found.findings
}

/// One message as the parts of this look at it.
struct Look<'a, 'r> {
    at: Moment,
    request: &'a Request<'r>,
    outcome: &'a Outcome,
    response: Option<&'a Response<'a>>,
    profile: &'a Profile,
}

impl Look<'_, '_> {
    fn origin(&self) -> String {
        self.request.fixmedins_code.trim().to_owned()
    }

    fn base(&self) -> &str {
        self.request.infno.base()
    }

    /// A text of the node `data`.
    fn text(&self, name: &str) -> Option<String> {
        Some(self.request.node("data")?.text(name)?.into_owned())
    }

    /// A field of the node `data`, with its Chinese name.
    fn field(&self, name: &str) -> FieldPath {
        let spec = catalogue().field(&self.request.infno, "data", name);
        path("data", None, name, spec.map_or("", |spec| spec.zh))
    }

    fn is_ok(&self) -> bool {
        matches!(self.outcome, Outcome::Ok { .. })
    }
}

impl Conform {
    /// Nothing seen yet.
    pub fn new(mode: Mode, scope: Scope) -> Conform {
        Conform {
            mode,
            scope,
            sent: BTreeMap::new(),
            signed: BTreeMap::new(),
            visits: BTreeMap::new(),
            settled: BTreeMap::new(),
        }
    }

    /// What is worth saying of an exchange; those before it were handed in before it.
    pub fn judge(&mut self, exchange: &Exchange<'_>) -> Judged {
        let mut found = Found::new(self.mode);
        let request = match Request::parse(exchange.request) {
            Ok(request) => request,
            Err(why) => {
                let at = FieldPath::default();
                found.add(
                    "unreadable",
                    at,
                    Said::words("一笔报文", "a message"),
                    why.said(),
                );
                return Judged {
                    request: found.findings,
                    answer: Vec::new(),
                };
            }
        };
        found.findings = check(&request, self.mode, exchange.profile);
        transport::check(exchange, &request.infno, &mut found);
        let outcome = outcome(&request, exchange);
        let response = exchange
            .answer
            .and_then(|(_, body)| Response::parse(body).ok());
        let look = Look {
            at: exchange.at,
            request: &request,
            outcome: &outcome,
            response: response.as_ref(),
            profile: exchange.profile,
        };
        let answer = self.answer(&look);
        let digest = sha256_hex(exchange.request);
        if self.first_time(&look, &digest, &mut found) {
            // A hidden sign-in number is any of them.
            if !exchange.masked {
                self.session(&look, &mut found);
            }
            self.bill(&look, &mut found);
            self.undo(&look, &mut found);
            self.reverse(&look, &mut found);
            self.totals(&look, &mut found);
        }
        let hidden = |finding: &Finding| !is_of_hidden(finding, &request, exchange.masked);
        found.findings.retain(hidden);
        Judged {
            request: found.findings,
            answer,
        }
    }

    /// 未撤 · Settlements that were answered and that nobody was seen to undo, oldest first by their id.
    pub fn standing(&self) -> impl Iterator<Item = Standing<'_>> {
        let standing = self.settled.iter().filter(|(_, one)| !one.undone);
        standing.map(|(setl_id, one)| Standing {
            origin: &one.origin,
            msgid: &one.msgid,
            setl_id,
            mdtrt_id: &one.mdtrt_id,
            total: one.amounts.get("medfee_sumamt").copied(),
        })
    }

    /// 结果未知 · Messages that book or undo and that nobody answered, by institution and msgid.
    pub fn unanswered(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let books = |infno: &str| {
            let nature = InfNo::new(infno).nature();
            matches!(nature, Nature::Forward | Nature::Undo)
        };
        let sent = self.sent.iter();
        let unknown = sent.filter(move |(_, one)| !one.known && !one.undone && books(&one.infno));
        unknown.map(|((origin, msgid), one)| (origin.as_str(), msgid.as_str(), one.infno.as_str()))
    }
}

/// 未撤的结算 · A settlement that stands as far as was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// 定点医药机构编号
    pub origin: &'a str,
    /// Of the settling message.
    pub msgid: &'a str,
    /// 结算ID
    pub setl_id: &'a str,
    /// 就诊ID
    pub mdtrt_id: &'a str,
    /// 医疗费总额
    pub total: Option<Money>,
}

/// Codes that compare persons, which pseudonyms can be too.
const OF_PERSONS: [&str; 3] = ["psn-no-differs", "undo-of-other-person", "reversal-psn-no"];

/// True if a finding speaks of the form of a value that was hidden before it was kept.
fn is_of_hidden(finding: &Finding, request: &Request<'_>, masked: bool) -> bool {
    let field = finding.path.field.as_str();
    if !is_private(field) || OF_PERSONS.contains(&finding.code) {
        return false;
    }
    let starred = || {
        let nodes = match finding.path.node.as_str() {
            "" => vec![request.envelope.clone()],
            node => request.nodes(node),
        };
        let element = nodes.get(finding.path.index.unwrap_or(0));
        let value = element.and_then(|element| element.text(field));
        value.is_some_and(|value| value.contains("***"))
    };
    masked || starred()
}

fn outcome(request: &Request<'_>, exchange: &Exchange<'_>) -> Outcome {
    let Some((status, body)) = exchange.answer else {
        return Outcome::Unknown {
            why: "no answer".to_owned(),
        };
    };
    let sent = Answered {
        infno: &request.infno,
        msgid: &request.msgid,
    };
    let mut outcome = classify(&sent, status, body);
    if let Outcome::Ok { amounts, .. } = &mut outcome {
        national_amounts(&exchange.profile.answers, amounts);
    }
    outcome
}

#[cfg(test)]
mod tests;
