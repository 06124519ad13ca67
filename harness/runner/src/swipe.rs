//! 刷卡 · One visit of a person as messages: outpatient 1101 2201 2203 2204 2206 2207, inpatient 1101 2401
//! 2301 2402 2303 2304 (2402 after 2304 where the scenario says so), pharmacy 1101 2101 2102.
//!
//! Why so: each message takes ids and amounts from the answers before it and stops the visit when one
//! is gated, refused or unknown; what it booked up to there is undone by `compensate`, which needs
//! nothing from here but the journal. The identities of money are checked on every answer.
//! Not here: what a scenario expected of the visit (`case`).

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use crosswipe_domain::{
    Business, CaseId, Channel, InfNo, Institution, Moment, Money, Outcome, Persona, TxId,
    VoucherUse,
};
use crosswipe_journal::{Check, Purpose, UndoPlan};
use crosswipe_scenarios::Credential;
use crosswipe_wire::{Members, Response};

use crate::amounts;
use crate::deliver::{Delivered, Outgoing};
use crate::desk::{Desk, Halt};
use crate::gate::Denied;
use crate::message::{Nodes, Visit, inpatient, outpatient, pharmacy, query};
use crate::transport::Transport;
use crate::underway::Underway;

/// What kind of visit, where and by whom.
pub(crate) struct Plan<'n, 'd> {
    pub(crate) case: &'n CaseId,
    pub(crate) name: &'n str,
    pub(crate) purpose: Purpose,
    pub(crate) business: Business,
    pub(crate) persona: &'d Persona,
    pub(crate) institution: &'d Institution,
    /// Through what it is sent.
    pub(crate) channel: Channel,
    pub(crate) basket: &'d [crosswipe_domain::BasketLine],
    pub(crate) account: bool,
    /// 慢特病 · The disease that it is for.
    pub(crate) disease: Option<&'n str>,
    /// 凭证 · What the person shows.
    pub(crate) credential: &'n Credential,
    /// 中途结算 · Its settlement is one in the midst of a stay.
    pub(crate) mid_stay: bool,
    /// Numbers of its messages, in the order in which they are sent.
    pub(crate) messages: &'n [&'static str],
}

/// How a visit's forward part ended.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) end: End,
    /// The answer that field expectations speak of: to the settlement, or to the last message of a shorter walk.
    pub(crate) last: Option<Bytes>,
    /// Identities of money, one line per answer that has amounts.
    pub(crate) checks: Vec<Check>,
}

impl Walked {
    /// A visit of which nothing was answered.
    pub(crate) fn nowhere(end: End) -> Walked {
        Walked {
            end,
            last: None,
            checks: Vec::new(),
        }
    }
}

/// Where it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every message was answered with success.
    Ok,
    /// The gate refused one; nothing of it was sent.
    Gated(Denied),
    /// The disk is full, so the rest of it was not sent.
    NoRoom,
    /// It builds upon something that an earlier step was never given, so it was not sent.
    Lacking {
        /// What, as the scenario names it.
        what: String,
    },
    /// The platform refused one.
    Refused {
        /// Transaction number.
        infno: InfNo,
        /// Stable code.
        code: String,
        /// The peer's words, masked.
        text: String,
    },
    /// Nobody knows how one ended.
    Unknown {
        /// Transaction number.
        infno: InfNo,
        /// What was seen.
        why: String,
    },
}

impl<T: Transport> Desk<T> {
    /// Walks a visit forward: `from` where an earlier step left it, else from its beginning. What of it stands is not
    /// sent again.
    pub(crate) async fn walk<'d>(
        &'d self,
        plan: &Plan<'_, 'd>,
        from: Option<Underway<'d>>,
    ) -> Result<(Walked, Underway<'d>), Halt> {
        let mut walk = Walk::new(self, plan, from);
        let end = match walk.all().await {
            Ok(()) => End::Ok,
            Err(Stop::End(end)) => end,
            Err(Stop::Halt(halt)) => return Err(halt),
        };
        let walked = Walked {
            end,
            last: walk.last,
            checks: walk.checks,
        };
        Ok((walked, walk.way))
    }
}

enum Stop {
    End(End),
    Halt(Halt),
}

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Stop {
        Stop::Halt(halt)
    }
}

/// A visit on its way.
struct Walk<'a, 'd, T> {
    desk: &'d Desk<T>,
    plan: &'a Plan<'a, 'd>,
    way: Underway<'d>,
    /// It was begun by an earlier step.
    goes_on: bool,
    last: Option<Bytes>,
    checks: Vec<Check>,
    /// Amounts of the last ok answer.
    amounts: BTreeMap<String, Money>,
    /// Amounts of the last trial.
    trial: BTreeMap<String, Money>,
}

impl<'a, 'd, T: Transport> Walk<'a, 'd, T> {
    fn new(
        desk: &'d Desk<T>,
        plan: &'a Plan<'a, 'd>,
        from: Option<Underway<'d>>,
    ) -> Walk<'a, 'd, T> {
        let began = desk.clock.now();
        let goes_on = from.is_some();
        let mut way = from.unwrap_or_else(|| {
            let own_no = own_no(desk, began);
            Underway {
                visit: Visit {
                    persona: plan.persona,
                    insutype: plan.persona.class.insutype().to_owned(),
                    batch: own_no.clone(),
                    own_no,
                    mdtrt_id: String::new(),
                    basket: plan.basket,
                    account: plan.account,
                    mid_stay: plan.mid_stay,
                    disease: plan.disease.map(str::to_owned),
                    credential: plan.credential.clone(),
                    now: began,
                    began,
                    split: Vec::new(),
                    withdrawn: BTreeSet::new(),
                },
                sent: BTreeMap::new(),
                lines: Vec::new(),
                earlier: Vec::new(),
            }
        });
        way.go_on(desk, || own_no(desk, began));
        way.visit.mid_stay = plan.mid_stay;
        way.visit.account = plan.account;
        way.visit.credential = plan.credential.clone();
        way.visit.basket = plan.basket;
        Walk {
            desk,
            plan,
            way,
            goes_on,
            last: None,
            checks: Vec::new(),
            amounts: BTreeMap::new(),
            trial: BTreeMap::new(),
        }
    }

    async fn all(&mut self) -> Result<(), Stop> {
        self.ask_gate_first().await?;
        if !self.goes_on {
            self.read_person().await?;
        }
        let goal = goal(self.plan.messages);
        for number in self.plan.messages {
            if self.stands(number) {
                continue;
            }
            let body = self.one(number).await?;
            if Some(*number) == goal {
                self.last = Some(body);
            }
        }
        Ok(())
    }

    /// Whether a message of the visit stands already; a trial counts as long as the settlement that it was for.
    fn stands(&self, number: &str) -> bool {
        let number = match number {
            "2206" => "2207",
            "2303" => "2304",
            "2101" => "2102",
            number => number,
        };
        let sent = self.way.sent.get(number);
        sent.is_some_and(|(txid, _)| self.desk.fold(|fold| fold.is_open(txid)))
    }

    /// One message of the visit.
    async fn one(&mut self, number: &'static str) -> Result<Bytes, Stop> {
        self.way.visit.now = self.desk.clock.now();
        match number {
            "2201" => {
                self.register(number, outpatient::register(&self.way.visit))
                    .await
            }
            "2401" => {
                self.register(number, inpatient::admit(&self.way.visit))
                    .await
            }
            "2203" => {
                let registered = self.way.sent.get("2201").map(|(txid, _)| txid.clone());
                let undo = registered.map_or(UndoPlan::Nothing, |txid| UndoPlan::With { txid });
                let input = outpatient::diagnose(&self.way.visit);
                self.send(number, input, undo, self.ids()).await
            }
            "2204" | "2301" => self.charge(number).await,
            "2402" => {
                let input = inpatient::discharge(&self.way.visit, self.desk.clock.now());
                self.send(number, input, cancelled(number), self.ids())
                    .await
            }
            "2206" => self.price(number, outpatient::price(&self.way.visit)).await,
            "2303" => self.price(number, inpatient::price(&self.way.visit)).await,
            "2304" => {
                self.settle(number, inpatient::settle(&self.way.visit))
                    .await
            }
            "2101" | "2102" => self.purchase(number).await,
            _ => {
                self.settle(number, outpatient::settle(&self.way.visit))
                    .await
            }
        }
    }

    /// A swipe that the gate refuses sends nothing at all, not even the read of the person.
    async fn ask_gate_first(&self) -> Result<(), Stop> {
        if self.plan.purpose == Purpose::Forced && self.desk.config.live.is_none() {
            return Ok(());
        }
        let infno = InfNo::new(match self.plan.business {
            Business::Inpatient => "2304",
            Business::Pharmacy => "2102",
            _ => "2207",
        });
        let (plan, desk) = (self.plan, self.desk);
        let asked = desk.ask_gate(
            &infno,
            Some(plan.business),
            Some(plan.persona),
            (plan.institution, plan.channel),
            desk.clock.now(),
            plan.purpose,
        );
        match asked {
            Ok(()) => Ok(()),
            Err(denied) => {
                let out = self.outgoing(&infno, Vec::new(), UndoPlan::Nothing, BTreeMap::new());
                desk.gated(&out, denied).await?;
                Err(Stop::End(End::Gated(denied)))
            }
        }
    }

    /// 1101: the person number that comes back must be the one on the registry.
    async fn read_person(&mut self) -> Result<(), Stop> {
        let infno = InfNo::new("1101");
        let business = match self.plan.business {
            Business::Pharmacy => VoucherUse::Pharmacy,
            _ => VoucherUse::Registration,
        };
        let input = query::person(&self.way.visit, business);
        let body = self
            .send("1101", input, UndoPlan::Nothing, BTreeMap::new())
            .await?;
        let response = parsed(&infno, &body)?;
        let number = response
            .node("baseinfo")
            .and_then(|node| text(&node, "psn_no"));
        if number.as_deref() != Some(self.plan.persona.no.reveal()) {
            let out = self.outgoing(&infno, Vec::new(), UndoPlan::Nothing, BTreeMap::new());
            self.desk.gated(&out, Denied::Persona).await?;
            return Err(Stop::End(End::Gated(Denied::Persona)));
        }
        // A person may hold several enrolments: the one of the registry's place and type counts.
        let place = self.plan.persona.insured.as_str();
        let of_registry = |row: &Members<'_>| {
            text(row, "insuplc_admdvs").as_deref() == Some(place)
                && text(row, "insutype").as_deref() == Some(self.way.visit.insutype.as_str())
        };
        if !response.nodes("insuinfo").iter().any(of_registry) {
            let why =
                "1101 shows no enrolment at the place and of the type on the registry".to_owned();
            return Err(Stop::End(End::Refused {
                infno,
                code: "E-PERSON".to_owned(),
                text: why,
            }));
        }
        Ok(())
    }

    /// 2201 or 2401: the answer names the visit.
    async fn register(&mut self, number: &'static str, input: Nodes) -> Result<Bytes, Stop> {
        let body = self
            .send(number, input, cancelled(number), self.ids())
            .await?;
        let infno = InfNo::new(number);
        let response = parsed(&infno, &body)?;
        let node = response.node("data").or_else(|| response.node("result"));
        match node.and_then(|node| text(&node, "mdtrt_id")) {
            Some(mdtrt_id) => self.way.visit.mdtrt_id = mdtrt_id,
            None => {
                return Err(Stop::End(End::Unknown {
                    infno,
                    why: "no mdtrt_id in the answer".to_owned(),
                }));
            }
        }
        Ok(body)
    }

    /// 2204 or 2301: lines that were withdrawn are charged anew in a batch of their own.
    async fn charge(&mut self, number: &'static str) -> Result<Bytes, Stop> {
        if self.way.sent.contains_key(number) {
            self.way.visit.batch = own_no(self.desk, self.desk.clock.now());
        }
        let input = match number {
            "2301" => inpatient::charge(&self.way.visit),
            _ => outpatient::charge(&self.way.visit),
        };
        let body = self
            .send(number, input, cancelled(number), self.ids())
            .await?;
        self.take_split(number, &body)?;
        Ok(body)
    }

    /// 2101 or 2102: one message opens, charges and settles; its answer has all that three answers have elsewhere.
    async fn purchase(&mut self, number: &'static str) -> Result<Bytes, Stop> {
        if self.way.sent.contains_key(number) {
            // What was taken back is bought anew, with serials of its own.
            self.way.visit.batch = own_no(self.desk, self.desk.clock.now());
        }
        let trial = number == "2101";
        let (input, undo) = match trial {
            true => (pharmacy::price(&self.way.visit), UndoPlan::Nothing),
            false => (pharmacy::settle(&self.way.visit), cancelled(number)),
        };
        let mut ids = self.ids();
        // It names no visit, and none that was bought before.
        ids.remove("mdtrt_id");
        ids.remove("ipt_otp_no");
        let body = self.send(number, input, undo, ids).await?;
        self.take_split(number, &body)?;
        let step = self.step(number);
        let paid = amounts::check_payment(&step, &self.amounts, &self.way.standing());
        self.checks.extend(paid);
        let amounts = std::mem::take(&mut self.amounts);
        if trial {
            self.trial = amounts;
            return Ok(body);
        }
        self.way.visit.mdtrt_id = parsed(&InfNo::new(number), &body)?
            .node("setlinfo")
            .and_then(|node| text(&node, "mdtrt_id"))
            .unwrap_or_default();
        self.checks
            .push(amounts::check_trial(&step, &self.trial, &amounts));
        Ok(body)
    }

    async fn price(&mut self, number: &'static str, input: Nodes) -> Result<Bytes, Stop> {
        let body = self.pay(number, input, UndoPlan::Nothing).await?;
        self.trial = std::mem::take(&mut self.amounts);
        Ok(body)
    }

    async fn settle(&mut self, number: &'static str, input: Nodes) -> Result<Bytes, Stop> {
        let body = self.pay(number, input, cancelled(number)).await?;
        let settled = std::mem::take(&mut self.amounts);
        let step = self.step(number);
        self.checks
            .push(amounts::check_trial(&step, &self.trial, &settled));
        Ok(body)
    }

    async fn send(
        &mut self,
        number: &'static str,
        input: Nodes,
        undo: UndoPlan,
        ids: BTreeMap<String, String>,
    ) -> Result<Bytes, Stop> {
        let infno = InfNo::new(number);
        let out = self.outgoing(&infno, input, undo, ids);
        match self.desk.deliver(out).await? {
            Delivered::Gated(denied) => Err(Stop::End(End::Gated(denied))),
            Delivered::NoRoom => Err(Stop::End(End::NoRoom)),
            Delivered::Sent {
                outcome: Outcome::Ok { amounts, .. },
                body: Some(body),
                msgid,
            } => {
                self.amounts = amounts;
                self.way.sent.insert(number, (self.txid(&infno), msgid));
                Ok(body)
            }
            Delivered::Sent {
                outcome: Outcome::Refused { code, text },
                ..
            } => Err(Stop::End(End::Refused { infno, code, text })),
            Delivered::Sent {
                outcome: Outcome::Unknown { why },
                ..
            } => Err(Stop::End(End::Unknown { infno, why })),
            Delivered::Sent { .. } => Err(Stop::Halt(Halt::Bug(
                "an ok answer without a body".to_owned(),
            ))),
        }
    }

    fn outgoing(
        &self,
        infno: &InfNo,
        input: Nodes,
        undo: UndoPlan,
        ids: BTreeMap<String, String>,
    ) -> Outgoing<'a> {
        let plan = self.plan;
        let trial_or_settle = infno.settles() || matches!(infno.base(), "2206" | "2303" | "2101");
        let amounts = if trial_or_settle {
            BTreeMap::from([("medfee_sumamt".to_owned(), self.way.visit.total())])
        } else {
            BTreeMap::new()
        };
        Outgoing {
            case: plan.case,
            step: format!("{}.{infno}", plan.name),
            txid: self.txid(infno),
            infno: infno.clone(),
            purpose: plan.purpose,
            business: Some(plan.business),
            persona: Some(plan.persona),
            institution: plan.institution,
            old: false,
            channel: plan.channel,
            insured: Some(plan.persona.insured),
            insutype: Some(self.way.visit.insutype.clone()),
            input,
            undo,
            ids,
            amounts,
        }
    }

    fn txid(&self, infno: &InfNo) -> TxId {
        TxId::parse(&format!("{}/{}.{infno}", self.plan.case, self.plan.name))
            .expect("case and step names are short")
    }

    /// Ids that the messages of this visit carry.
    fn ids(&self) -> BTreeMap<String, String> {
        let visit = &self.way.visit;
        let known = [
            ("mdtrt_id", &visit.mdtrt_id),
            ("chrg_bchno", &visit.batch),
            ("ipt_otp_no", &visit.own_no),
        ];
        known
            .into_iter()
            .filter(|(_, id)| !id.is_empty())
            .map(|(name, id)| (name.to_owned(), id.clone()))
            .collect()
    }

    /// A trial or settlement: the identities of its amounts are checked.
    async fn pay(
        &mut self,
        number: &'static str,
        input: Nodes,
        undo: UndoPlan,
    ) -> Result<Bytes, Stop> {
        let body = self.send(number, input, undo, self.ids()).await?;
        self.checks.extend(amounts::check_payment(
            &self.step(number),
            &self.amounts,
            &self.way.standing(),
        ));
        Ok(body)
    }

    /// The split that the treatment place answered line by line.
    fn take_split(&mut self, infno: &str, body: &[u8]) -> Result<(), Stop> {
        self.way.lines = amounts::lines(&parsed(&InfNo::new(infno), body)?);
        self.way.visit.withdrawn.clear();
        self.way.add_up();
        let sent = self.way.visit.basket.len();
        let step = self.step(infno);
        let split = amounts::check_split(&step, &self.way.standing(), sent);
        self.checks.extend(split);
        Ok(())
    }

    fn step(&self, infno: &str) -> String {
        format!("{}.{infno}", self.plan.name)
    }
}

/// The number whose answer expectations speak of: the settlement, else the last one.
fn goal(messages: &[&'static str]) -> Option<&'static str> {
    let settlement = messages.iter().find(|number| InfNo::new(number).settles());
    settlement.or(messages.last()).copied()
}

/// The institution's own number of a visit or a batch.
fn own_no<T: Transport>(desk: &Desk<T>, at: Moment) -> String {
    format!("CW{}{:04}", at.compact_ms(), desk.own_number())
}

fn cancelled(number: &str) -> UndoPlan {
    UndoPlan::Cancel {
        infno: InfNo::new(number)
            .cancelled_by()
            .expect("registrations, lines, discharges and settlements have an undo of their own"),
    }
}

fn parsed<'b>(infno: &InfNo, body: &'b [u8]) -> Result<Response<'b>, Stop> {
    Response::parse(body).map_err(|error| {
        Stop::End(End::Unknown {
            infno: infno.clone(),
            why: error.to_string(),
        })
    })
}

fn text(node: &Members<'_>, name: &str) -> Option<String> {
    node.text(name).map(std::borrow::Cow::into_owned)
}
