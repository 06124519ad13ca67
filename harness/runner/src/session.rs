//! 签到 · The sign-in number of each institution: signed in at its first message, again where the region wants it daily,
//! signed off at the end where it allows one sign-in at a time.
//!
//! Why so: most platforms ignore the number, some refuse whoever has none. A refused or lost sign-in leaves it empty:
//! platforms that ask for one say so in their answers. Whoever takes a run over goes on with the numbers that the
//! journal shows, since a platform that allows one at a time still holds them open.
//! Called by `deliver` and `compensate`. Not here: what a platform demands (`domain::SignIn`).

use std::collections::BTreeMap;

use crosswipe_domain::{
    CaseId, Channel, Day, InfNo, Institution, InstitutionCode, Moment, Nature, Outcome, SignIn,
    TxId,
};
use crosswipe_journal::{Ended, Payload, Purpose, UndoPlan};

use crate::deliver::Outgoing;
use crate::desk::{Desk, Halt};
use crate::message::{Nodes, query};
use crate::transport::Transport;

/// 签到册 · What each institution signed in with, and on which day; `None` where that was refused or lost.
pub(crate) type Sessions = BTreeMap<InstitutionCode, (Option<String>, Day)>;

/// τ of a session: no case's.
const SESSION: &str = "session";

impl<T: Transport> Desk<T> {
    /// The sign-in number of an institution; signs in at its first message.
    pub(crate) async fn session(&self, institution: &Institution) -> Result<Option<String>, Halt> {
        let mut sessions = self.sessions.lock().await;
        let daily = self.profile(institution).envelope.sign_in == SignIn::Daily;
        if let Some((known, day)) = sessions.get(&institution.code)
            && !(daily && *day < self.clock.now().day())
        {
            return Ok(known.clone());
        }
        let infno = InfNo::new("9001");
        let at = self.clock.tick();
        if self
            .ask_gate(
                &infno,
                None,
                None,
                (institution, Channel::Counter),
                at,
                Purpose::Query,
            )
            .is_err()
        {
            // Only a message that is forced past the gate comes here when no read may be sent.
            return Ok(None);
        }
        let input = query::sign_in(&self.operator);
        let outcome = self
            .of_session(institution, at, infno, None, &input)
            .await?;
        let sign_no = outcome.id("sign_no").map(str::to_owned);
        let signed = (sign_no.clone(), at.day());
        sessions.insert(institution.code.clone(), signed);
        Ok(sign_no)
    }

    /// What an undo is sent with: what the institution has signed in with, if it has, and a new sign-in where its
    /// platform refuses whoever has none.
    pub(crate) async fn sign_no(&self, institution: &Institution) -> Result<Option<String>, Halt> {
        if self.profile(institution).envelope.sign_in != SignIn::Ignored {
            return self.session(institution).await;
        }
        let sessions = self.sessions.lock().await;
        let known = sessions.get(&institution.code);
        Ok(known.and_then(|(known, _)| known.clone()))
    }

    /// 签退 · Where an operator may be signed in once only, whoever comes next must be able to.
    pub(crate) async fn sign_off(&self) -> Result<(), Halt> {
        let mut sessions = self.sessions.lock().await;
        for institution in &self.config.plan.topology.institutions {
            if self.profile(institution).envelope.sign_in != SignIn::Single {
                continue;
            }
            if let Some((Some(sign_no), _)) = sessions.remove(&institution.code) {
                let input = query::sign_off(&self.operator, &sign_no);
                let infno = InfNo::new("9002");
                let at = self.clock.tick();
                self.of_session(institution, at, infno, Some(sign_no), &input)
                    .await?;
            }
        }
        Ok(())
    }

    /// A sign-in that the journal shows, for whoever takes the run over.
    pub(crate) async fn recall_session(&self, ended: &Ended) {
        let code = ended.txid.as_str().strip_prefix(SESSION);
        let code = code.and_then(|rest| InstitutionCode::parse(rest.strip_prefix('/')?).ok());
        let institution = code.and_then(|code| self.config.plan.topology.institution(&code));
        let (Some(institution), Some(at)) = (institution, crate::msgid::sent_at(&ended.msgid))
        else {
            return;
        };
        if let (Some(number), true) = (
            ended.outcome.id("sign_no"),
            self.profile(institution).envelope.sign_in != SignIn::Ignored,
        ) {
            let signed = (Some(number.to_owned()), at.day());
            let mut sessions = self.sessions.lock().await;
            sessions.insert(institution.code.clone(), signed);
        }
    }

    async fn of_session(
        &self,
        institution: &Institution,
        at: Moment,
        infno: InfNo,
        sign_no: Option<String>,
        input: &Nodes,
    ) -> Result<Outcome, Halt> {
        let msgid = self.msgids.next(&institution.code, at);
        let body = self.envelope(
            &infno,
            &msgid,
            institution,
            (None, Channel::Counter),
            sign_no,
            input,
        );
        let case = CaseId::parse(SESSION).expect("a short word is an id");
        let name = format!("{SESSION}/{}", institution.code);
        let txid = TxId::parse(&name).expect("codes are short");
        let out = Outgoing {
            case: &case,
            step: infno.to_string(),
            txid: txid.clone(),
            infno: infno.clone(),
            purpose: Purpose::Query,
            business: None,
            persona: None,
            institution,
            old: false,
            channel: Channel::Counter,
            insured: None,
            insutype: None,
            input: Vec::new(),
            undo: UndoPlan::Nothing,
            ids: BTreeMap::new(),
            amounts: BTreeMap::new(),
        };
        self.write_intent(&out, &msgid, &body, Nature::Session, false)
            .await?;
        let (outcome, took_ms, reply) = self
            .exchange(institution, &infno, &msgid, self.context(at), body)
            .await?;
        let masked = self.kept(reply.as_ref());
        let ended = Ended {
            txid,
            msgid,
            outcome: outcome.clone(),
            took_ms,
            reply: None,
        };
        self.record_lazily(Payload::Outcome(ended), masked);
        Ok(outcome)
    }
}
