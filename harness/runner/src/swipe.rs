//! 刷卡 · One visit of a person as messages: outpatient 1101 2201 2203 2204 2206 2207, inpatient 1101 2401
//! 2301 2402 2303 2304 (2402 after 2304 where the scenario says so).
//!
//! Why so: each message takes ids and amounts from the answers before it and stops the visit when one
//! is gated, refused or unknown; what it booked up to there is undone by `compensate`, which needs
//! nothing from here but the journal. The identities of money are checked on every answer.
//! Not here: what a scenario expected of the visit (`case`).

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use crosswipe_domain::{Business, CaseId, InfNo, Institution, Money, Outcome, Persona, TxId};
use crosswipe_journal::{Check, Purpose, UndoPlan};
use crosswipe_wire::{LineAmounts, Members, Response};

use crate::amounts;
use crate::deliver::{Delivered, Outgoing};
use crate::desk::{Desk, Halt};
use crate::gate::Denied;
use crate::message::{Nodes, SPLIT, Visit, inpatient, outpatient, query};
use crate::transport::Transport;

/// What kind of visit, where and by whom.
pub(crate) struct Plan<'a> {
    pub(crate) case: &'a CaseId,
    pub(crate) name: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) business: Business,
    pub(crate) persona: &'a Persona,
    pub(crate) institution: &'a Institution,
    pub(crate) basket: &'a [crosswipe_domain::BasketLine],
    pub(crate) account: bool,
    pub(crate) discharge_last: bool,
    /// Stop after the trial: a probe settles nothing.
    pub(crate) trial_only: bool,
}

/// How a visit's forward part ended.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) end: End,
    /// The last answer that was ok, for field expectations.
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
    /// Walks a visit forward.
    pub(crate) async fn walk(&self, plan: &Plan<'_>) -> Result<Walked, Halt> {
        let mut walk = Walk::new(self, plan);
        let end = match walk.all().await {
            Ok(()) => End::Ok,
            Err(Stop::End(end)) => end,
            Err(Stop::Halt(halt)) => return Err(halt),
        };
        Ok(Walked {
            end,
            last: walk.last,
            checks: walk.checks,
        })
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
struct Walk<'a, T> {
    desk: &'a Desk<T>,
    plan: &'a Plan<'a>,
    visit: Visit<'a>,
    last: Option<Bytes>,
    checks: Vec<Check>,
    lines: Vec<LineAmounts>,
    /// Amounts of the last ok answer.
    amounts: BTreeMap<String, Money>,
}

impl<'a, T: Transport> Walk<'a, T> {
    fn new(desk: &'a Desk<T>, plan: &'a Plan<'a>) -> Walk<'a, T> {
        let began = desk.clock.now();
        let own_no = format!("CW{}{:04}", began.compact_ms(), desk.own_number());
        let visit = Visit {
            persona: plan.persona,
            insutype: plan.persona.class.insutype().to_owned(),
            batch: own_no.clone(),
            own_no,
            mdtrt_id: String::new(),
            basket: plan.basket,
            account: plan.account,
            began,
            split: Vec::new(),
        };
        Walk {
            desk,
            plan,
            visit,
            last: None,
            checks: Vec::new(),
            lines: Vec::new(),
            amounts: BTreeMap::new(),
        }
    }

    async fn all(&mut self) -> Result<(), Stop> {
        self.ask_gate_first().await?;
        self.read_person().await?;
        match self.plan.business {
            Business::Inpatient => self.inpatient().await,
            _ => self.outpatient().await,
        }
    }

    /// A swipe that the gate refuses sends nothing at all, not even the read of the person.
    async fn ask_gate_first(&self) -> Result<(), Stop> {
        if self.plan.purpose == Purpose::Forced {
            return Ok(());
        }
        let infno = InfNo::new(if self.plan.business == Business::Inpatient {
            "2304"
        } else {
            "2207"
        });
        let (plan, desk) = (self.plan, self.desk);
        let asked = desk.ask_gate(
            &infno,
            Some(plan.business),
            Some(plan.persona),
            plan.institution,
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
        let body = self
            .send(
                "1101",
                query::person(self.plan.persona),
                UndoPlan::Nothing,
                BTreeMap::new(),
            )
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
                && text(row, "insutype").as_deref() == Some(self.visit.insutype.as_str())
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

    async fn outpatient(&mut self) -> Result<(), Stop> {
        let registered = self
            .register("2201", outpatient::register(&self.visit))
            .await?;
        let goes_with = UndoPlan::With { txid: registered };
        self.send(
            "2203",
            outpatient::diagnose(&self.visit),
            goes_with,
            self.ids(),
        )
        .await?;
        let lines = self
            .send(
                "2204",
                outpatient::charge(&self.visit),
                cancelled_by("2205"),
                self.ids(),
            )
            .await?;
        self.take_split("2204", &lines)?;
        let trial = self
            .pay("2206", outpatient::price(&self.visit), UndoPlan::Nothing)
            .await?;
        if self.plan.trial_only {
            return Ok(());
        }
        let settled = self
            .pay(
                "2207",
                outpatient::settle(&self.visit),
                cancelled_by("2208"),
            )
            .await?;
        self.checks
            .push(amounts::check_trial(&self.step("2207"), &trial, &settled));
        Ok(())
    }

    async fn inpatient(&mut self) -> Result<(), Stop> {
        self.register("2401", inpatient::admit(&self.visit)).await?;
        let lines = self
            .send(
                "2301",
                inpatient::charge(&self.visit),
                cancelled_by("2302"),
                self.ids(),
            )
            .await?;
        self.take_split("2301", &lines)?;
        if !self.plan.discharge_last {
            self.discharge().await?;
        }
        let trial = self
            .pay("2303", inpatient::price(&self.visit), UndoPlan::Nothing)
            .await?;
        let settled = self
            .pay("2304", inpatient::settle(&self.visit), cancelled_by("2305"))
            .await?;
        self.checks
            .push(amounts::check_trial(&self.step("2304"), &trial, &settled));
        if self.plan.discharge_last {
            self.discharge().await?;
        }
        Ok(())
    }

    async fn discharge(&mut self) -> Result<(), Stop> {
        let input = inpatient::discharge(&self.visit, self.desk.clock.now());
        self.send("2402", input, cancelled_by("2405"), self.ids())
            .await
            .map(drop)
    }

    /// 2201 or 2401: the answer names the visit.
    async fn register(&mut self, infno: &str, input: Nodes) -> Result<TxId, Stop> {
        let undo = UndoPlan::Cancel {
            infno: InfNo::new(infno)
                .cancelled_by()
                .expect("registrations have an undo of their own"),
        };
        let body = self.send(infno, input, undo, self.ids()).await?;
        let infno = InfNo::new(infno);
        let response = parsed(&infno, &body)?;
        let node = response.node("data").or_else(|| response.node("result"));
        match node.and_then(|node| text(&node, "mdtrt_id")) {
            Some(mdtrt_id) => self.visit.mdtrt_id = mdtrt_id,
            None => {
                return Err(Stop::End(End::Unknown {
                    infno,
                    why: "no mdtrt_id in the answer".to_owned(),
                }));
            }
        }
        Ok(self.txid(&infno))
    }

    async fn send(
        &mut self,
        infno: &str,
        input: Nodes,
        undo: UndoPlan,
        ids: BTreeMap<String, String>,
    ) -> Result<Bytes, Stop> {
        let infno = InfNo::new(infno);
        let out = self.outgoing(&infno, input, undo, ids);
        match self.desk.deliver(out).await? {
            Delivered::Gated(denied) => Err(Stop::End(End::Gated(denied))),
            Delivered::NoRoom => Err(Stop::End(End::NoRoom)),
            Delivered::Sent {
                outcome: Outcome::Ok { amounts, .. },
                body: Some(body),
                ..
            } => {
                if infno.settles() {
                    let total = amounts.get("medfee_sumamt").copied().unwrap_or(Money::ZERO);
                    self.desk.open_fen.fetch_add(total.fen(), Ordering::Relaxed);
                }
                self.amounts = amounts;
                self.last = Some(body.clone());
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
        let trial_or_settle = infno.settles() || matches!(infno.base(), "2206" | "2303");
        let amounts = if trial_or_settle {
            BTreeMap::from([("medfee_sumamt".to_owned(), self.visit.total())])
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
            insured: Some(plan.persona.insured),
            insutype: Some(self.visit.insutype.clone()),
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
        let visit = &self.visit;
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

    /// A trial or settlement: its amounts, their identities checked.
    async fn pay(
        &mut self,
        infno: &str,
        input: Nodes,
        undo: UndoPlan,
    ) -> Result<BTreeMap<String, Money>, Stop> {
        self.send(infno, input, undo, self.ids()).await?;
        let amounts = std::mem::take(&mut self.amounts);
        self.checks.extend(amounts::check_payment(
            &self.step(infno),
            &amounts,
            &self.lines,
        ));
        Ok(amounts)
    }

    /// The split that the treatment place answered line by line, and its sums for the settlement.
    fn take_split(&mut self, infno: &str, body: &[u8]) -> Result<(), Stop> {
        self.lines = amounts::lines(&parsed(&InfNo::new(infno), body)?);
        self.checks.extend(amounts::check_split(
            &self.step(infno),
            &self.lines,
            self.visit.basket.len(),
        ));
        let sum = |name: &str| {
            self.lines
                .iter()
                .filter_map(|line| line.amounts.get(name))
                .copied()
                .sum()
        };
        let of_line = |name: &'static str| {
            if name == "overlmt_selfpay" {
                "overlmt_amt"
            } else {
                name
            }
        };
        self.visit.split = SPLIT
            .into_iter()
            .map(|name| (name, sum(of_line(name))))
            .collect();
        Ok(())
    }

    fn step(&self, infno: &str) -> String {
        format!("{}.{infno}", self.plan.name)
    }
}

fn cancelled_by(infno: &str) -> UndoPlan {
    UndoPlan::Cancel {
        infno: InfNo::new(infno),
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
