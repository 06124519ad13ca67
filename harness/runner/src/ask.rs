//! 查证 · Asks the platform about one τ and reads from its answers whether it stands.
//!
//! 5203 where the settlement id is known, 5204 where it is not (lines carry it once settled), 5204 for
//! fee lines, 5303 for a discharge, 5301 5302 5304 for a registration, 5201 for a visit (interface §8.1, §8.3); 5201 and
//! then 5204 for a purchase that was never answered. The answer is three-valued:
//! what cannot be read is `unclear`, never «not applied».
//! Called by `compensate`, before a reversal is chosen and after each undo.

use std::collections::BTreeMap;

use crosswipe_domain::{Business, Channel, InfNo, Institution, Outcome, Persona, TxId};
use crosswipe_journal::{Intent, Payload, Purpose, Queried, Says, UndoPlan};
use crosswipe_wire::{Members, Response};

use crate::deliver::{Delivered, Outgoing};
use crate::desk::{Desk, Halt};
use crate::message::{Nodes, query};
use crate::transport::Transport;

/// What one query showed.
struct Shown {
    says: Says,
    found: BTreeMap<String, String>,
    seen: BTreeMap<String, String>,
}

impl<T: Transport> Desk<T> {
    /// One round of queries about τ, written down as QUERIED.
    pub(crate) async fn ask_about(&self, txid: &TxId) -> Result<(), Halt> {
        let (intent, persona, institution) = self.whom(txid)?;
        let id = |name: &str| self.fold(|fold| fold.id(txid, name).map(str::to_owned));
        if intent.infno.base() == "2102" && id("mdtrt_id").is_none() {
            let shown = self
                .look_for_purchase(&intent, persona, institution)
                .await?;
            return self.tell(txid, shown).await;
        }
        let (infno, input) = self.question(&intent, persona, id);
        let reply = self
            .query(&intent, persona, institution, infno.clone(), input)
            .await?;
        let shown = match &reply {
            Reply::Ok(body) => read(&infno, &intent, body, id),
            Reply::Refused(code) => refused(&infno, code),
            Reply::Nothing(why) => unclear(&infno, why),
        };
        self.tell(txid, shown).await
    }

    async fn tell(&self, txid: &TxId, shown: Shown) -> Result<(), Halt> {
        let queried = Queried {
            txid: txid.clone(),
            says: shown.says,
            found: shown.found,
            seen: shown.seen,
        };
        self.record(Payload::Queried(queried), None).await.map(drop)
    }

    /// 购药 · A purchase whose answer was lost has told us no id, and carried none: it is looked for among the visits of
    /// its kind that the pharmacy has of the person, by the serials of its lines.
    async fn look_for_purchase(
        &self,
        intent: &Intent,
        persona: &Persona,
        institution: &Institution,
    ) -> Result<Shown, Halt> {
        let sent = crate::msgid::sent_at(&intent.msgid).unwrap_or_else(|| self.clock.now());
        let by_kind = InfNo::new("5201");
        let input = query::visits(persona, med_type(intent), None, sent);
        let reply = self
            .query(intent, persona, institution, by_kind.clone(), input)
            .await?;
        let body = match reply {
            Reply::Ok(body) => body,
            Reply::Refused(code) => return Ok(refused(&by_kind, &code)),
            Reply::Nothing(why) => return Ok(unclear(&by_kind, &why)),
        };
        let Ok(response) = Response::parse(&body) else {
            return Ok(unclear(&by_kind, "unreadable"));
        };
        let visits = response.nodes("mdtrtinfo");
        let visits: Vec<String> = visits.iter().filter_map(|v| text(v, "mdtrt_id")).collect();
        let by_lines = InfNo::new("5204");
        for mdtrt_id in &visits {
            let input = query::lines(persona, mdtrt_id);
            let reply = self
                .query(intent, persona, institution, by_lines.clone(), input)
                .await?;
            let id = |name: &str| intent.ids.get(name).cloned();
            let shown = match &reply {
                Reply::Ok(body) => read(&by_lines, intent, body, id),
                Reply::Refused(code) => refused(&by_lines, code),
                Reply::Nothing(why) => unclear(&by_lines, why),
            };
            match shown.says {
                // Its lines are not ours.
                Says::Unclear if matches!(&reply, Reply::Ok(_)) => {}
                Says::NotApplied => {}
                Says::Unclear => return Ok(shown),
                Says::Applied | Says::Reversed => {
                    let mut ours = shown;
                    ours.found.insert("mdtrt_id".to_owned(), mdtrt_id.clone());
                    return Ok(ours);
                }
            }
        }
        let looked_at = visits.len().to_string();
        Ok(shown(Says::NotApplied, "5201 purchases", &looked_at))
    }

    /// Which query tells most about this τ.
    fn question(
        &self,
        intent: &Intent,
        persona: &Persona,
        id: impl Fn(&str) -> Option<String>,
    ) -> (InfNo, Nodes) {
        let sent = crate::msgid::sent_at(&intent.msgid).unwrap_or_else(|| self.clock.now());
        let visit = id("mdtrt_id");
        match (intent.infno.base(), visit, id("setl_id")) {
            ("2207" | "2304" | "2102", Some(visit), Some(settlement)) => (
                InfNo::new("5203"),
                query::settlement(persona, &visit, &settlement),
            ),
            ("2207" | "2304" | "2204" | "2301", Some(visit), _) => {
                (InfNo::new("5204"), query::lines(persona, &visit))
            }
            ("2402", Some(_), _) => (InfNo::new("5303"), query::stays(persona, sent)),
            ("2501", ..) => (InfNo::new("5304"), query::filings(persona, "5304", sent)),
            ("2503", ..) => (InfNo::new("5301"), query::filings(persona, "5301", sent)),
            ("2505", ..) => (InfNo::new("5302"), query::filings(persona, "5302", sent)),
            (_, visit, _) => (
                InfNo::new("5201"),
                query::visits(persona, med_type(intent), visit.as_deref(), sent),
            ),
        }
    }

    async fn query(
        &self,
        intent: &Intent,
        persona: &Persona,
        institution: &Institution,
        infno: InfNo,
        input: Nodes,
    ) -> Result<Reply, Halt> {
        let serial = self.clock.now().epoch_ms();
        let txid = TxId::parse(&format!("{}?{infno}@{serial}", intent.txid))
            .map_err(|e| Halt::Bug(e.to_string()))?;
        let out = Outgoing {
            case: &intent.case,
            step: format!("{}?{infno}", intent.step),
            txid,
            infno,
            purpose: Purpose::Query,
            business: intent.business,
            persona: Some(persona),
            institution,
            old: false,
            channel: Channel::Counter,
            insured: intent.insured,
            insutype: intent.insutype.clone(),
            input,
            undo: UndoPlan::Nothing,
            ids: BTreeMap::new(),
            amounts: BTreeMap::new(),
        };
        Ok(match self.deliver(out).await? {
            Delivered::Gated(denied) => Reply::Nothing(format!("gate {denied}")),
            Delivered::NoRoom => Reply::Nothing("disk full".to_owned()),
            Delivered::Sent {
                outcome: Outcome::Ok { .. },
                body: Some(body),
                ..
            } => Reply::Ok(body),
            Delivered::Sent {
                outcome: Outcome::Refused { code, .. },
                ..
            } => Reply::Refused(code),
            Delivered::Sent {
                outcome: Outcome::Unknown { why },
                ..
            } => Reply::Nothing(why),
            Delivered::Sent { .. } => Reply::Nothing("no body".to_owned()),
        })
    }
}

enum Reply {
    Ok(bytes::Bytes),
    Refused(String),
    Nothing(String),
}

fn med_type(intent: &Intent) -> &'static str {
    match intent.infno.business() {
        Some(Business::Outpatient) => "11",
        Some(Business::Pharmacy) => "41",
        _ => "21",
    }
}

/// Reads an answered query.
fn read(infno: &InfNo, intent: &Intent, body: &[u8], id: impl Fn(&str) -> Option<String>) -> Shown {
    let Ok(response) = Response::parse(body) else {
        return unclear(infno, "unreadable");
    };
    match infno.base() {
        "5203" => settlement(&response),
        "5204" => lines(&response, infno, intent, &id),
        "5303" => stay(&response, id("mdtrt_id")),
        "5301" => filing(&response, ("feedetail", "opsp_dise_code"), infno, &id),
        "5302" => filing(&response, ("psnfixmedin", "fix_srt_no"), infno, &id),
        "5304" => filing(&response, ("refmedin", "reflin_medins_no"), infno, &id),
        _ => visit(&response, intent, id("mdtrt_id")),
    }
}

fn settlement(response: &Response<'_>) -> Shown {
    let flag = response
        .node("setlinfo")
        .and_then(|node| text(&node, "refd_setl_flag"));
    let says = match flag.as_deref() {
        Some("1") => Says::Reversed,
        Some("0") => Says::Applied,
        _ => Says::Unclear,
    };
    shown(says, "5203 refd_setl_flag", flag.as_deref().unwrap_or("-"))
}

/// Lines of the visit, those of its own batch: for a settlement what counts is the `setl_id` on them (others may have
/// been paid before, in the midst of a stay), for an upload that they are there.
fn lines(
    response: &Response<'_>,
    infno: &InfNo,
    intent: &Intent,
    id: &impl Fn(&str) -> Option<String>,
) -> Shown {
    let (batch, own) = (id("chrg_bchno"), id("feedetl_sn"));
    let is_ours = |line: &&Members<'_>| {
        let serial = text(line, "feedetl_sn").unwrap_or_default();
        let of_batch = batch
            .as_deref()
            .is_some_and(|batch| serial.starts_with(batch));
        match (&batch, &own) {
            // Written by a scenario without either: all that the visit has.
            (None, None) => true,
            _ => of_batch || own.as_ref() == Some(&serial),
        }
    };
    let lines = response.array();
    let ours: Vec<&Members<'_>> = lines.iter().filter(is_ours).collect();
    if intent.infno.settles() && ours.is_empty() && !lines.is_empty() {
        return unclear(infno, "lines of others only");
    }
    let is = |says: bool| match says {
        true => Says::Applied,
        false => Says::NotApplied,
    };
    if !intent.infno.settles() {
        return shown(is(!ours.is_empty()), "5204 lines", &ours.len().to_string());
    }
    let settled = ours.iter().find_map(|line| text(line, "setl_id"));
    let seen = settled.as_deref().unwrap_or("-");
    let mut answer = shown(is(settled.is_some()), "5204 setl_id", seen);
    let found = settled.map(|settled| ("setl_id".to_owned(), settled));
    answer.found.extend(found);
    answer
}

/// A stay that is listed is not discharged.
fn stay(response: &Response<'_>, mdtrt_id: Option<String>) -> Shown {
    let open = response
        .nodes("data")
        .iter()
        .any(|stay| text(stay, "mdtrt_id") == mdtrt_id);
    shown(
        if open {
            Says::NotApplied
        } else {
            Says::Applied
        },
        "5303 in hospital",
        if open { "1" } else { "0" },
    )
}

/// A registration is found by its number, or, where its answer was lost, by what the institution named in it.
fn filing(
    response: &Response<'_>,
    (node, own): (&str, &str),
    infno: &InfNo,
    id: &impl Fn(&str) -> Option<String>,
) -> Shown {
    const NUMBER: &str = "trt_dcla_detl_sn";
    let by = if id(NUMBER).is_some() { NUMBER } else { own };
    let listed = response.nodes(node);
    let ours = listed
        .iter()
        .find(|row| id(by).is_some() && text(row, by) == id(by));
    let says = match ours {
        Some(_) => Says::Applied,
        // A list that does not tell the number cannot show that it is not there.
        None if listed.iter().any(|row| text(row, by).is_none()) => Says::Unclear,
        None => Says::NotApplied,
    };
    let mut answer = shown(
        says,
        &format!("{infno} registrations"),
        &listed.len().to_string(),
    );
    let number = ours.and_then(|row| text(row, NUMBER));
    answer
        .found
        .extend(number.map(|number| (NUMBER.to_owned(), number)));
    answer
}

/// A visit is found by its id, or, where the registration was never answered, by the institution's own number.
fn visit(response: &Response<'_>, intent: &Intent, mdtrt_id: Option<String>) -> Shown {
    let own_no = intent.ids.get("ipt_otp_no").map(String::as_str);
    let visits = response.nodes("mdtrtinfo");
    let ours = visits.iter().find(|visit| match &mdtrt_id {
        Some(known) => text(visit, "mdtrt_id").as_ref() == Some(known),
        None => own_no.is_some() && text(visit, "ipt_otp_no").as_deref() == own_no,
    });
    let found = ours.and_then(|visit| text(visit, "mdtrt_id"));
    let says = if found.is_some() {
        Says::Applied
    } else {
        Says::NotApplied
    };
    let mut answer = shown(says, "5201 visits", if found.is_some() { "1" } else { "0" });
    answer
        .found
        .extend(found.map(|found| ("mdtrt_id".to_owned(), found)));
    answer
}

/// «No such visit» is an answer; any other refusal tells nothing.
fn refused(infno: &InfNo, code: &str) -> Shown {
    let says = if matches!(code, "E-NOVISIT" | "E-REVNONE") {
        Says::NotApplied
    } else {
        Says::Unclear
    };
    shown(says, &format!("{infno} refused"), code)
}

fn unclear(infno: &InfNo, why: &str) -> Shown {
    shown(Says::Unclear, &format!("{infno} no answer"), why)
}

fn shown(says: Says, what: &str, value: &str) -> Shown {
    let seen = BTreeMap::from([(what.to_owned(), value.to_owned())]);
    Shown {
        says,
        found: BTreeMap::new(),
        seen,
    }
}

fn text(node: &Members<'_>, name: &str) -> Option<String> {
    node.text(name).map(std::borrow::Cow::into_owned)
}
