//! 进门 · Takes the dialect off a message: encoding, signature, path. Pure: a head and bytes in, a message out.

use std::sync::Arc;

use bytes::Bytes;
use crosswipe_domain::{AdmDivision, GatewayCheck, InfNo, Moment, Profile};
use crosswipe_wire::conform::{other_path, refused_at_gateway};
use crosswipe_wire::gateway::{
    Dialect, GatewayNote, GatewayRefusal, Key, Nonces, Presented, Routed, Rules, check, route,
    sealed_answer, signed_answer, signs_its_input, spoken,
};
use crosswipe_wire::{Finding, Mode, Receipt, Refusal, Request as Message, write_refusal};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request};
use serde_json::json;

use super::{Out, respond};
use crate::machine::is_file;

/// 条件 · What a gateway goes by.
pub(super) struct Terms<'a> {
    /// The one dialect that is spoken; `None` = whichever a message speaks.
    pub(super) dialect: Option<Dialect>,
    pub(super) mode: Mode,
    pub(super) keys: &'a [Key],
}

/// 报头 · What came before the body.
pub(super) struct Head {
    headers: HeaderMap,
    pub(super) path: String,
}

impl Head {
    pub(super) fn of<B>(request: &Request<B>) -> Head {
        Head {
            headers: request.headers().clone(),
            path: request.uri().path().to_owned(),
        }
    }

    /// A header as text, blanks around it taken off; bytes beyond ASCII as they are in UTF-8 or GBK do not occur in any.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?;
        Some(value.trim().to_owned())
    }

    /// The transaction that the address names.
    pub(super) fn named(&self) -> Option<InfNo> {
        match route(&self.path, self.get("_api_name").as_deref()) {
            Routed::To(infno) => Some(infno),
            Routed::Open => None,
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        spoken(|name| self.get(name))
    }
}

/// 已进门 · A message as every platform takes it.
pub(super) struct Admitted {
    /// UTF-8.
    pub(super) body: Bytes,
    /// It came in GBK, and wants its answer so.
    pub(super) gbk: bool,
    pub(super) notes: Vec<GatewayNote>,
    /// Of the region that it is for.
    pub(super) profile: Arc<Profile>,
    /// What its answer is signed and sealed with, where its region does either.
    seal: Option<Key>,
    /// What its path says, where the envelope says otherwise.
    pub(super) other_path: Option<InfNo>,
}

impl Admitted {
    /// An answer as it was asked for: signed and sealed where the region does that, in the encoding of the message.
    pub(super) fn dressed(&self, status: u16, body: Bytes) -> Out {
        let as_it_is = self.seal.is_none() && !self.gbk;
        if as_it_is || is_file(&body) {
            return respond(status, body);
        }
        let mut text = String::from_utf8_lossy(&body).into_owned();
        if let Some(key) = &self.seal {
            text = signed_answer(&self.profile.answers, key, text);
            text = sealed_answer(&self.profile.answers, key, text);
        }
        if !self.gbk {
            return respond(status, Bytes::from(text));
        }
        // GB18030 holds GBK and every other character besides.
        let (bytes, ..) = encoding_rs::GB18030.encode(&text);
        let mut response = respond(status, Bytes::from(bytes.into_owned()));
        let kind = HeaderValue::from_static("application/json;charset=GBK");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }

    /// A refusal by nobody's platform.
    pub(super) fn refuse(&self, refusal: &Refusal, now: Moment) -> String {
        let division = Message::parse(&self.body)
            .ok()
            .and_then(|message| AdmDivision::parse(message.mdtrtarea_admvs.trim()).ok());
        let nowhere = || AdmDivision::parse("100000").expect("the nation");
        let receipt = Receipt {
            division: division.unwrap_or_else(nowhere),
            at: now,
            serial: 0,
        };
        write_refusal(&receipt, refusal)
    }
}

/// 门外 · Not let in: definitely not executed.
pub(super) struct NotAdmitted {
    pub(super) status: u16,
    pub(super) body: String,
    /// For the diary.
    pub(super) why: String,
    /// What the interface says to it.
    pub(super) findings: Vec<Finding>,
}

/// Lets a message in, or says why not in the gateway's own form.
pub(super) fn admit(
    terms: &Terms<'_>,
    nonces: &mut Nonces,
    head: &Head,
    body: &Bytes,
    now: Moment,
    profile_of: impl Fn(&Message<'_>) -> Arc<Profile>,
) -> Result<Admitted, NotAdmitted> {
    let (text, other, gbk) = decoded(head, body)?;
    let header = |name: &str| head.get(name);
    let presented = Presented {
        header: &header,
        body,
        other_body: other.as_deref(),
        now,
    };
    let message = Message::parse(&text);
    let profile = message.as_ref().map(profile_of).unwrap_or_default();
    let gateway = &profile.gateway;
    let (rules, regional) = match terms.mode {
        // Where the region has a dialect of its own, another one is no signature at all.
        Mode::Strict => (Rules::strict(gateway), Some(gateway.dialect)),
        Mode::Tolerant => (Rules::tolerant(gateway), None),
    };
    let regional = regional.filter(|dialect| *dialect != Dialect::Bare);
    let dialect = terms.dialect.or(regional);
    let dialect = dialect.unwrap_or_else(|| head.dialect());
    let notes = check(dialect, &rules, terms.keys, nonces, &presented);
    let mut notes = notes.map_err(|refusal| NotAdmitted::by_gateway(&refusal, terms.mode))?;
    let key = message.as_ref().ok().and_then(|message| {
        let code = message.fixmedins_code.trim();
        terms.keys.iter().find(|key| key.owner == code)
    });
    let signed = || {
        let text = std::str::from_utf8(&text).unwrap_or_default();
        key.is_some_and(|key| signs_its_input(key, text))
    };
    if profile.envelope.signed && !signed() {
        let refuses = gateway.checks.contains(&GatewayCheck::Cainfo);
        if refuses && terms.mode == Mode::Strict {
            let refusal = GatewayRefusal::unsigned();
            return Err(NotAdmitted::by_gateway(&refusal, terms.mode));
        }
        notes.push(GatewayNote::Cainfo);
    }
    let sealing = profile.answers.output_sealed || profile.answers.signed;
    let seal = key.filter(|_| sealing).cloned();
    let envelope = message.map(|message| message.infno);
    let other_path = match (head.named(), &envelope) {
        (Some(named), Ok(infno)) if named.base() != infno.base() => Some(named),
        _ => None,
    };
    if let (Some(named), Mode::Strict, Ok(infno)) = (&other_path, terms.mode, &envelope) {
        return Err(NotAdmitted::by_path(named, infno));
    }
    Ok(Admitted {
        body: text.clone(),
        gbk,
        notes,
        profile,
        seal,
        other_path,
    })
}

type Decoded = (Bytes, Option<Vec<u8>>, bool);

/// The body in UTF-8, the same text in the other encoding, and whether it came in GBK.
fn decoded(head: &Head, body: &Bytes) -> Result<Decoded, NotAdmitted> {
    let kind = head.get(CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let says_gbk = ["gbk", "gb2312", "gb18030"]
        .iter()
        .any(|name| kind.contains(name));
    match std::str::from_utf8(body) {
        // Pure ASCII is both; whoever says GBK wants to be answered so.
        Ok(text) if !says_gbk || text.is_ascii() => {
            let (other, ..) = encoding_rs::GB18030.encode(text);
            let other = (!text.is_ascii()).then(|| other.into_owned());
            Ok((body.clone(), other, says_gbk))
        }
        _ => {
            let (text, _, broken) = encoding_rs::GB18030.decode(body);
            if broken {
                return Err(NotAdmitted::unreadable());
            }
            let text = Bytes::from(text.into_owned());
            Ok((text.clone(), Some(text.to_vec()), true))
        }
    }
}

impl NotAdmitted {
    fn by_gateway(refusal: &GatewayRefusal, mode: Mode) -> NotAdmitted {
        NotAdmitted {
            status: refusal.code,
            body: refusal.body(),
            why: refusal.to_string(),
            findings: refused_at_gateway(refusal.note, mode),
        }
    }

    /// Sent to the platform of the other generation.
    pub(super) fn by_door(why: String) -> NotAdmitted {
        let body = json!({"type": "error", "infcode": -1, "err_msg": why}).to_string();
        NotAdmitted {
            status: 200,
            body,
            why,
            findings: Vec::new(),
        }
    }

    fn by_path(named: &InfNo, infno: &InfNo) -> NotAdmitted {
        let why = format!("路径 {named} 与报文 {infno} 不一致 (path and infno disagree)");
        let body = json!({"type": "error", "infcode": -1, "err_msg": why}).to_string();
        NotAdmitted {
            status: 200,
            body,
            why,
            findings: other_path(named, infno, Mode::Strict),
        }
    }

    fn unreadable() -> NotAdmitted {
        let why = "报文既不是 UTF-8 也不是 GBK (neither UTF-8 nor GBK)".to_owned();
        let body = json!({"code": 400, "message": why}).to_string();
        NotAdmitted {
            status: 400,
            body,
            why,
            findings: Vec::new(),
        }
    }
}
