//! 公众业务 · What the mock world plays beside the run.
//!
//! Played traffic has no intent of ours and is never compensated; PLAYED records let the judge tell
//! it from strangers. A stranger is played too, and nobody writes him down: the judge has to find him.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Business, Channel, InfNo, Institution, MsgId, Outcome, Persona, SignIn};
use crosswipe_journal::{Payload, Played};
use crosswipe_scenarios::{Afterwards, Case, Play};
use crosswipe_wire::Response;

use crate::case::Gathered;
use crate::clock::{Busy, Patient};
use crate::desk::{Desk, Halt};
use crate::message::{Nodes, Visit, inpatient, outpatient, pharmacy, undo};
use crate::swipe::{End, Walked};
use crate::transport::{Answer, Transport};

/// 在办 · A visit of the public as far as it went.
#[derive(Clone)]
pub(crate) struct OnTheWay<'d> {
    visit: Visit<'d>,
    /// Ids that were given or made, by their names.
    known: BTreeMap<String, String>,
    /// Numbers of the messages that were taken.
    done: BTreeSet<&'static str>,
}

impl<T: Transport> Desk<T> {
    /// Somebody who is no test person goes to hospital, or goes on with what an earlier step began.
    pub(crate) async fn play<'d>(
        &'d self,
        busy: &Busy,
        case: &Case,
        play: &Play,
        gathered: &mut Gathered<'d>,
    ) -> Result<(), Halt> {
        let (persona, institution) = self.place(&play.persona, &play.institution)?;
        let before = play
            .of
            .as_ref()
            .and_then(|of| gathered.captures.played.get(of).cloned());
        let mut way = match before {
            Some(way) => way,
            None => self.sets_out(play, persona)?,
        };
        let mut walked = Walked {
            end: End::Ok,
            last: None,
            checks: Vec::new(),
        };
        for number in &play.messages {
            let infno = InfNo::new(number);
            let input = played_input(number, &way.visit);
            let (outcome, reply) = self
                .played_message(case, play, &infno, (persona, institution), |_| Some(input))
                .await?
                .expect("it needs nothing that was not answered");
            match outcome {
                Outcome::Ok { ids, .. } => {
                    way.done.insert(number);
                    way.known.extend(ids);
                    let body = reply.map(|answer| answer.body);
                    if let Some(body) = &body
                        && way.visit.mdtrt_id.is_empty()
                    {
                        way.visit.mdtrt_id = visit_id(body).unwrap_or_default();
                    }
                    walked.last = body;
                }
                Outcome::Refused { code, text } => {
                    walked.end = End::Refused { infno, code, text };
                    break;
                }
                Outcome::Unknown { why } => {
                    walked.end = End::Unknown { infno, why };
                    break;
                }
            }
        }
        let undone = play.stranger == Some(Afterwards::Undone) || play.refund_at.is_some();
        if undone && matches!(walked.end, End::Ok) {
            if let Some(refund_at) = play.refund_at {
                busy.sleep_until(refund_at, Patient::No).await;
            }
            way.known
                .insert("mdtrt_id".to_owned(), way.visit.mdtrt_id.clone());
            walked.end = self
                .play_undo(case, play, (persona, institution), &way)
                .await?;
        }
        let expect = self.expected(case, &play.name, &play.expect);
        gathered.judge(&play.name, &expect, walked);
        gathered.captures.played.insert(play.name.clone(), way);
        Ok(())
    }

    /// A visit of the public that begins now.
    fn sets_out<'d>(&'d self, play: &Play, persona: &'d Persona) -> Result<OnTheWay<'d>, Halt> {
        let basket = self.config.plan.registry.baskets.get(&play.basket);
        let basket = basket.ok_or_else(|| Halt::Bug(format!("no basket {}", play.basket)))?;
        let now = self.clock.now();
        let own_no = format!("PB{}{:04}", now.compact_ms(), self.own_number());
        let visit = Visit {
            persona,
            insutype: persona.class.insutype().to_owned(),
            batch: own_no.clone(),
            own_no,
            mdtrt_id: String::new(),
            basket,
            account: true,
            mid_stay: false,
            disease: None,
            credential: Default::default(),
            now,
            began: play.treated.unwrap_or(now),
            split: Vec::new(),
            withdrawn: BTreeSet::new(),
        };
        let known = BTreeMap::from([
            ("chrg_bchno".to_owned(), visit.batch.clone()),
            ("ipt_otp_no".to_owned(), visit.own_no.clone()),
        ]);
        Ok(OnTheWay {
            visit,
            known,
            done: BTreeSet::new(),
        })
    }

    /// What was played is taken back, step by step; the first step that is not taken ends it.
    async fn play_undo(
        &self,
        case: &Case,
        play: &Play,
        (persona, institution): (&Persona, &Institution),
        way: &OnTheWay<'_>,
    ) -> Result<End, Halt> {
        let numbers: &[(&str, &str)] = match play.business {
            Business::Inpatient => &[
                ("2304", "2305"),
                ("2402", "2405"),
                ("2301", "2302"),
                ("2401", "2404"),
            ],
            Business::Pharmacy => &[("2102", "2103")],
            _ => &[("2207", "2208"), ("2204", "2205"), ("2201", "2202")],
        };
        let left = numbers.iter().filter(|(done, _)| way.done.contains(done));
        for (_, number) in left {
            let infno = InfNo::new(number);
            let id = |name: &str| way.known.get(name).cloned();
            let input = |msgid: &MsgId| {
                let composed = undo::compose(&infno, persona, (msgid, &infno), id);
                composed.map(|(input, _)| input)
            };
            let sent = self
                .played_message(case, play, &infno, (persona, institution), input)
                .await?;
            match sent {
                Some((Outcome::Ok { .. }, _)) => {}
                Some((Outcome::Refused { code, text }, _)) => {
                    return Ok(End::Refused { infno, code, text });
                }
                Some((Outcome::Unknown { why }, _)) => return Ok(End::Unknown { infno, why }),
                None => {
                    let why = "an id was never answered".to_owned();
                    return Ok(End::Unknown { infno, why });
                }
            }
        }
        Ok(End::Ok)
    }

    /// One message of what is played, written down unless a stranger sends it; `None` if it could not be written.
    async fn played_message(
        &self,
        case: &Case,
        play: &Play,
        infno: &InfNo,
        (persona, institution): (&Persona, &Institution),
        input: impl FnOnce(&MsgId) -> Option<Nodes>,
    ) -> Result<Option<(Outcome, Option<Answer>)>, Halt> {
        let at = self.clock.now();
        self.take_up(at).await?;
        let msgid = match play.stranger {
            Some(_) => self.strange_msgids.next(&institution.code, at),
            None => self.msgids.next(&institution.code, at),
        };
        let Some(input) = input(&msgid) else {
            return Ok(None);
        };
        let (outcome, reply) = self
            .of_the_world(infno, &msgid, (institution, play.channel), persona, &input)
            .await?;
        if play.stranger.is_none() {
            let played = Played {
                case: case.id.clone(),
                msgid,
                origin: institution.code.to_string(),
                infno: infno.clone(),
                person: Some(self.pseudonym(&persona.no)),
                insured: Some(persona.insured),
                channel: play.channel,
                outcome: outcome.clone(),
            };
            self.record(Payload::Played(played), None).await?;
        }
        Ok(Some((outcome, reply)))
    }

    /// Sends what the mock world sends of its own accord.
    async fn of_the_world(
        &self,
        infno: &InfNo,
        msgid: &MsgId,
        (institution, channel): (&Institution, Channel),
        persona: &Persona,
        input: &Nodes,
    ) -> Result<(Outcome, Option<Answer>), Halt> {
        let at = self.clock.tick();
        let insured = Some(persona.insured);
        // The public's own clerk has signed in where the platform asks for it; nobody knows with what.
        let sign_no = match self.profile(institution).envelope.sign_in {
            SignIn::Ignored => None,
            _ => self.session(institution).await?,
        };
        let body = self.envelope(
            infno,
            msgid,
            institution,
            (insured, channel),
            sign_no,
            input,
        );
        let context = self.context_of_the_world(at);
        let (outcome, _, reply) = self
            .exchange(institution, infno, msgid, context, body)
            .await?;
        Ok((outcome, reply))
    }
}

fn played_input(infno: &str, visit: &Visit<'_>) -> Nodes {
    match infno {
        "2201" => outpatient::register(visit),
        "2203" => outpatient::diagnose(visit),
        "2204" => outpatient::charge(visit),
        "2207" => outpatient::settle(visit),
        "2102" => pharmacy::settle(visit),
        "2401" => inpatient::admit(visit),
        "2301" => inpatient::charge(visit),
        "2402" => inpatient::discharge(visit, visit.began),
        _ => inpatient::settle(visit),
    }
}

fn visit_id(body: &[u8]) -> Option<String> {
    let response = Response::parse(body).ok()?;
    let nodes = ["data", "result", "setlinfo"];
    let node = nodes.into_iter().find_map(|id| response.node(id))?;
    node.text("mdtrt_id").map(std::borrow::Cow::into_owned)
}
