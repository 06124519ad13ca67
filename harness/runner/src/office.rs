//! 经办业务 · What the mock world has the insured place's own office do beside the run.
//!
//! Like a visit of the public it is written down as PLAYED and never compensated. It goes to the insured place straight, in
//! the interface's envelope with the word of the act where a transaction number would stand: what an agency's counter speaks
//! to its own platform is in no public document.
//! Called by `case`. Not here: what it moves (`mocks::region::office`), how it is judged (`verify`).

use bytes::Bytes;
use crosswipe_domain::{Channel, Institution, OfficeAct, Outcome, Party, Persona, Role};
use crosswipe_journal::{Payload, Played};
use crosswipe_scenarios::{Case, HandClaim, Office};
use crosswipe_wire::{ObjectText, Response};

use crate::case::Gathered;
use crate::desk::{Desk, Halt};
use crate::message::{Nodes, Visit, outpatient};
use crate::swipe::{End, Walked};
use crate::transport::Transport;

/// Where a platform takes what its own office does.
const PATH: &str = "/office";

impl<T: Transport> Desk<T> {
    /// An office enters, takes or ends something.
    pub(crate) async fn office(
        &self,
        case: &Case,
        office: &Office,
        gathered: &mut Gathered<'_>,
    ) -> Result<(), Halt> {
        let persona = self.about(office)?;
        let expect = self.expected(case, &office.name, &office.expect);
        let before = office.of.as_ref();
        let item = before.map(|of| gathered.captures.items.get(of).cloned());
        if let Some(None) = item {
            let what = format!("office: {}", before.map_or("", String::as_str));
            let walked = Walked::nowhere(End::Lacking { what });
            gathered.judge(&office.name, &expect, walked);
            return Ok(());
        }
        let input = self.office_input(office, persona, item.flatten().as_deref())?;
        let (outcome, body) = self.office_message(case, office, persona, &input).await?;
        let mut walked = Walked {
            end: End::Ok,
            last: body,
            checks: Vec::new(),
        };
        let infno = office.act.infno();
        match outcome {
            Outcome::Ok { .. } => {
                let item = walked.last.as_deref().and_then(item_id);
                let named = item.map(|item| (office.name.clone(), item));
                gathered.captures.items.extend(named);
            }
            Outcome::Refused { code, text } => walked.end = End::Refused { infno, code, text },
            Outcome::Unknown { why } => walked.end = End::Unknown { infno, why },
        }
        gathered.judge(&office.name, &expect, walked);
        Ok(())
    }

    /// Whom it is about; nobody, where it is about a place alone.
    fn about(&self, office: &Office) -> Result<Option<&Persona>, Halt> {
        let registry = &self.config.plan.registry;
        let label = office.persona.as_ref();
        let found = label.map(|label| {
            let persona = registry.persona(label);
            persona.ok_or_else(|| Halt::Bug(format!("no person {label}")))
        });
        found.transpose()
    }

    /// Sends it and writes it down.
    async fn office_message(
        &self,
        case: &Case,
        office: &Office,
        persona: Option<&Persona>,
        input: &Nodes,
    ) -> Result<(Outcome, Option<Bytes>), Halt> {
        let at = self.clock.now();
        self.take_up(at).await?;
        let infno = office.act.infno();
        let counter = Institution {
            code: OfficeAct::office_of(office.region),
            name: "经办".to_owned(),
            region: office.region,
            tier: 0,
        };
        let msgid = self.msgids.next(&counter.code, at);
        let at = self.clock.tick();
        let insured = Some(office.region);
        let body = self.envelope(
            &infno,
            &msgid,
            &counter,
            (insured, Channel::Counter),
            None,
            input,
        );
        let to = match office.old {
            true => Party::old_platform(office.region),
            false => Party::new(Role::Insured, office.region.as_str()),
        };
        let context = self.context_of_the_world(at);
        let (outcome, _, reply) = self
            .exchange_with((&to, PATH), &counter, &infno, &msgid, context, body)
            .await?;
        let played = Played {
            case: case.id.clone(),
            msgid,
            origin: counter.code.to_string(),
            infno,
            person: persona.map(|persona| self.pseudonym(&persona.no)),
            insured,
            channel: Channel::Counter,
            outcome: outcome.clone(),
        };
        self.record(Payload::Played(played), None).await?;
        Ok((outcome, reply.map(|answer| answer.body)))
    }

    fn office_input(
        &self,
        office: &Office,
        persona: Option<&Persona>,
        item: Option<&str>,
    ) -> Result<Nodes, Halt> {
        let declares = office.declares.as_ref();
        let mut node = ObjectText::new()
            .opt_text("psn_no", persona.map(|persona| persona.no.reveal()))
            .opt_text("insutype", persona.map(|persona| persona.class.insutype()))
            .opt_text("fixmedins_code", declares.map(|(place, _)| place.as_str()))
            .opt_text("month", declares.map(|(_, month)| month.as_str()))
            .opt_text("item_id", item)
            .opt_text("scheme", office.scheme.as_deref());
        if let Some(amount) = office.amount {
            node = node.money("amount", amount);
        }
        let (Some(claim), Some(persona)) = (&office.claim, persona) else {
            return Ok(vec![("data", node.finish())]);
        };
        let visit = self.claimed(claim, persona)?;
        let node = node
            .text("fixmedins_code", claim.institution.as_str())
            .text("clr_type", claim.business.clearing_type())
            .text("begntime", &claim.treated.wire())
            .money("medfee_sumamt", visit.total());
        let mut nodes = vec![("data", node.finish())];
        nodes.extend(outpatient::charge(&visit));
        Ok(nodes)
    }

    /// The bill that somebody brings along, as the lines of a visit.
    fn claimed<'d>(&'d self, claim: &HandClaim, persona: &'d Persona) -> Result<Visit<'d>, Halt> {
        let basket = self.config.plan.registry.baskets.get(&claim.basket);
        let basket = basket.ok_or_else(|| Halt::Bug(format!("no basket {}", claim.basket)))?;
        let now = self.clock.now();
        let own_no = format!("JB{}{:04}", now.compact_ms(), self.own_number());
        Ok(Visit {
            persona,
            insutype: persona.class.insutype().to_owned(),
            batch: own_no.clone(),
            mdtrt_id: own_no.clone(),
            own_no,
            basket,
            account: false,
            mid_stay: false,
            disease: None,
            credential: Default::default(),
            now,
            began: claim.treated,
            split: Vec::new(),
            withdrawn: Default::default(),
        })
    }
}

/// What the platform calls what was begun.
fn item_id(body: &[u8]) -> Option<String> {
    let response = Response::parse(body).ok()?;
    let node = response.node("result")?;
    node.text("item_id").map(std::borrow::Cow::into_owned)
}
