//! 单笔报文 · One message as a scenario writes it: raw, or about a visit that an earlier step opened.
//!
//! Why so: what a case undoes by itself and what the rollback undoes are one thing. So an undo that names something of
//! the run goes out as its undo (COMP_INTENT, proved, never twice); whatever else a message books is an ordinary intent
//! and undone in the end. Called by `case`. Not here: what a visit sends by itself (`swipe`).

use std::collections::BTreeMap;

use crosswipe_domain::{Business, InfNo, Nature, Outcome, Persona, TxId};
use crosswipe_journal::{Purpose, UndoPlan};
use crosswipe_scenarios::{Call, Case, Expected};
use crosswipe_wire::{ObjectText, catalogue};

use crate::captures::Captures;
use crate::case::Gathered;
use crate::clock::Busy;
use crate::deliver::{Delivered, Outgoing};
use crate::desk::{Desk, Halt};
use crate::message::{Nodes, inpatient, undo};
use crate::swipe::{End, Walked};
use crate::transport::Transport;
use crate::underway::Underway;

/// Ids that an intent keeps of what its message carries.
const CARRIED: [&str; 10] = [
    "mdtrt_id",
    "setl_id",
    "chrg_bchno",
    "ipt_otp_no",
    "feedetl_sn",
    "omsgid",
    "trt_dcla_detl_sn",
    "fix_srt_no",
    "opsp_dise_code",
    "reflin_medins_no",
];

/// What a message holds.
struct Input {
    nodes: Nodes,
    /// Its fields that are text, by interface name, as far as they say what it is about.
    fields: BTreeMap<String, String>,
}

impl<T: Transport> Desk<T> {
    /// One message as the scenario writes it; `name` is that of the step in this pass.
    pub(crate) async fn call<'d>(
        &'d self,
        busy: &Busy,
        case: &Case,
        call: &Call,
        name: &str,
        gathered: &mut Gathered<'d>,
    ) -> Result<(), Halt> {
        let plan = &self.config.plan;
        let persona = call
            .persona
            .as_deref()
            .and_then(|label| plan.registry.persona(label));
        let institution = plan.topology.institution(&call.institution);
        let institution =
            institution.ok_or_else(|| Halt::Bug(format!("no institution {}", call.institution)))?;
        let input = match self.input(call, persona, &gathered.captures) {
            Ok(input) => input,
            Err(what) => {
                let walked = Walked::nowhere(End::Lacking { what });
                gathered.judge(&call.name, &call.expect, walked);
                return Ok(());
            }
        };
        let files = call.infno.business() == Some(Business::Filing);
        let gated = matches!(call.expect.outcome, Expected::Gate { .. });
        if let Some(persona) = persona.filter(|_| files && !gated) {
            // The undo of a probe that came later would take the registration back, before anything was done with it.
            self.probe_first(busy, persona, (institution, call.channel))
                .await?;
        }
        let field = |name: &str| input.fields.get(name).cloned();
        let origin = institution.code.as_str();
        let undoes = match call.infno.nature() {
            Nature::Undo => self.fold(|fold| fold.named(origin, &call.infno, field)),
            _ => None,
        };
        let describes =
            || field("mdtrt_id").and_then(|id| self.fold(|fold| fold.visit(origin, &id)));
        let undo = match (call.infno.nature(), call.infno.cancelled_by()) {
            (Nature::Forward, Some(infno)) => UndoPlan::Cancel { infno },
            (Nature::Forward, None) => {
                describes().map_or(UndoPlan::Nothing, |txid| UndoPlan::With { txid })
            }
            _ => UndoPlan::Nothing,
        };
        let ids = CARRIED.into_iter().filter_map(|name| {
            let value = input.fields.get(name)?;
            Some((name.to_owned(), self.masker.mask_field(name, value)))
        });
        let txid = TxId::parse(&format!("{}/{name}.{}", case.id, call.infno))
            .map_err(|e| Halt::Bug(e.to_string()))?;
        let out = Outgoing {
            case: &case.id,
            step: format!("{name}.{}", call.infno),
            txid,
            infno: call.infno.clone(),
            purpose: Purpose::Business,
            business: call.infno.business(),
            persona,
            institution,
            old: call.old,
            channel: call.channel,
            insured: persona.map(|persona| persona.insured),
            insutype: persona.map(|persona| persona.class.insutype().to_owned()),
            ids: ids.collect(),
            input: input.nodes,
            undo,
            amounts: BTreeMap::new(),
        };
        let delivered = match &undoes {
            Some(named) => self.undo_by_step(busy, out, named).await?,
            None => self.deliver(out).await?,
        };
        if let Delivered::Sent { outcome, msgid, .. } = &delivered {
            gathered.captures.answered(&call.name, msgid, outcome);
            if outcome.is_ok() && undoes.as_ref().is_some_and(|named| named.part) {
                gathered.captures.withdraw(&input.fields);
            }
        }
        gathered.judge(&call.name, &call.expect, walked(delivered, &call.infno));
        self.touched(
            gathered,
            persona,
            self.path(institution, persona.map(|persona| persona.insured)),
        );
        Ok(())
    }

    /// What the message holds, or the capture that was never given.
    fn input(
        &self,
        call: &Call,
        persona: Option<&Persona>,
        captures: &Captures<'_>,
    ) -> Result<Input, String> {
        let with = captures.resolve(&call.with);
        let with = with.map_err(|capture| capture.to_string())?;
        if let Some(root) = &call.of {
            let way = captures.visits.get(root);
            let input = way.and_then(|way| self.of_visit(call, way, with));
            return input.ok_or_else(|| format!("of: {root}"));
        }
        let node = catalogue()
            .transaction(&call.infno)
            .and_then(|t| t.input.first())
            .map_or("data", |node| node.id);
        let mut input = ObjectText::new();
        if let Some(persona) = persona.filter(|_| !with.contains_key("psn_no")) {
            input = input.text("psn_no", persona.no.reveal());
        }
        for (name, value) in &with {
            input = input.text(name, value);
        }
        let text = match call.infno.base() {
            // The one undo whose node is a list.
            "2302" => crosswipe_wire::list_text([input.finish()]),
            _ => input.finish(),
        };
        Ok(Input {
            nodes: vec![(node, text)],
            fields: with,
        })
    }

    /// A message about a visit as its own client would write it, but for what the scenario says.
    fn of_visit(
        &self,
        call: &Call,
        way: &Underway<'_>,
        with: BTreeMap<String, String>,
    ) -> Option<Input> {
        let node = ObjectText::with_instead(with.clone());
        let id = |name: &str| with.get(name).cloned().or_else(|| way.id(self, name));
        if call.infno.base() == "2403" {
            let mut fields = with.clone();
            fields.extend(id("mdtrt_id").map(|id| ("mdtrt_id".to_owned(), id)));
            let nodes = inpatient::change(&way.visit, node);
            return Some(Input { nodes, fields });
        }
        // No message id is asked for: 2601 is written raw.
        let (_, (_, msgid)) = way.sent.first_key_value()?;
        let undoes = (msgid, &call.infno);
        let composed = undo::compose_in(node, &call.infno, way.visit.persona, undoes, id);
        let (nodes, ids) = composed?;
        let mut fields: BTreeMap<String, String> = ids
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        if call.infno.base() == "2302" {
            fields.insert("feedetl_sn".to_owned(), undo::ALL_LINES.to_owned());
        }
        fields.extend(with);
        Some(Input { nodes, fields })
    }
}

fn walked(delivered: Delivered, infno: &InfNo) -> Walked {
    let (outcome, body) = match delivered {
        Delivered::Gated(denied) => return Walked::nowhere(End::Gated(denied)),
        Delivered::NoRoom => return Walked::nowhere(End::NoRoom),
        Delivered::Sent { outcome, body, .. } => (outcome, body),
    };
    let infno = infno.clone();
    let end = match outcome {
        Outcome::Ok { .. } => End::Ok,
        Outcome::Refused { code, text } => End::Refused { infno, code, text },
        Outcome::Unknown { why } => End::Unknown { infno, why },
    };
    Walked {
        end,
        last: body,
        checks: Vec::new(),
    }
}
