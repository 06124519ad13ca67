//! 签到签退 · 9001 and 9002, and what a region demands of `sign_no`.
//!
//! Many clients leave it empty for ever, so nothing is demanded unless the profile says so. A number says by itself
//! when and to whom it was given, so it holds over a restart of the platform; only what was signed off is remembered,
//! and which operator has a sign-in open where no second one may be: a restart signs everybody off.
//! The fence comes before: a message that was taken is answered again whatever has become of its sign-in.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{AdmDivision, Moment, SignIn, sha256_hex};
use crosswipe_wire::{ObjectText, Refusal, RefusalCode, Request, write_ok};

use super::{Ask, Region};
use crate::machine::{Answer, Step};

/// 签到册 · What is remembered of sign-ins; no book hangs on it.
#[derive(Default)]
pub(super) struct SignIns {
    /// Numbers that were signed off.
    ended: BTreeSet<String>,
    /// The open one of an institution's operator.
    open: BTreeMap<(String, String), String>,
}

impl Region {
    pub(super) fn session(&mut self, ask: &Ask<'_>) -> Result<Step, Refusal> {
        let institution = ask.hop.cause.origin.clone();
        let operator = ask.node.text("opter_no").unwrap_or_default().into_owned();
        let who = (institution.clone(), operator);
        let time = ObjectText::new().text("sign_time", &ask.now.wire());
        let node = match ask.request.infno.base() {
            "9001" => {
                self.may_sign_in(&who)?;
                let serial = self.desk.receipt(ask.now).serial;
                let number = number(self.code, &institution, &ask.now.compact(), serial);
                self.signed.open.insert(who, number.clone());
                ("signinoutb", time.text("sign_no", &number).finish())
            }
            _ => {
                let named = ask.node.text("sign_no").unwrap_or_default().into_owned();
                self.signed.open.retain(|_, open| *open != named);
                self.signed.ended.insert(named);
                ("signoutoutb", time.finish())
            }
        };
        let receipt = self.desk.receipt(ask.now);
        Ok(Step::Reply(Answer::ok(write_ok(&receipt, &[node]))))
    }

    /// 单一签到 · Where the region wants it, an operator signs off before signing in again.
    fn may_sign_in(&self, who: &(String, String)) -> Result<(), Refusal> {
        match (self.profile().envelope.sign_in, self.signed.open.get(who)) {
            (SignIn::Single, Some(open)) => {
                let why = format!("操作员 {} 已签到, 请先签退 (9002) {open}", who.1);
                Err(Refusal::new(RefusalCode::Sign, why))
            }
            _ => Ok(()),
        }
    }

    /// Whether a local person's settlement carries the card's PIN, where the region wants one. It is sealed by the reader for
    /// the real platform, so that nobody here can open it: any text will do.
    pub(super) fn ask_pin(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let insured = request
            .insuplc_admdvs
            .as_deref()
            .and_then(|code| AdmDivision::parse(code).ok());
        let wanted = self
            .profile()
            .envelope
            .wants_pin(request.infno.base(), self.code, insured);
        let empty = request
            .cainfo
            .as_deref()
            .is_none_or(|cainfo| cainfo.trim().is_empty());
        if wanted && empty {
            let why = format!(
                "cainfo 为空: 本地参保人 {} 要带读卡器加密的卡密码",
                request.infno.as_str()
            );
            return Err(Refusal::new(RefusalCode::Field, why));
        }
        Ok(())
    }

    /// Whether the message carries the sign-in that the region demands; 9001 and 9002 carry none yet or any more.
    pub(super) fn ask_sign_in(&self, now: Moment, request: &Request<'_>) -> Result<(), Refusal> {
        let mode = self.profile().envelope.sign_in;
        if mode == SignIn::Ignored || matches!(request.infno.base(), "9001" | "9002") {
            return Ok(());
        }
        let refuse = |why: String| Err(Refusal::new(RefusalCode::Sign, why));
        let Some(sign_no) = request.sign_no.as_deref() else {
            return refuse("sign_no 为空, 请先签到 (9001)".to_owned());
        };
        let issued = issued_at(self.code, &request.fixmedins_code, sign_no);
        let Some(day) = issued.filter(|_| !self.signed.ended.contains(sign_no)) else {
            return refuse(format!("sign_no {sign_no} 不是本平台所发或已签退"));
        };
        match mode {
            SignIn::Daily if day != now.compact()[..8] => {
                refuse(format!("sign_no {sign_no} 不是当日签到"))
            }
            _ => Ok(()),
        }
    }
}

/// 签到编号 · Division (6), instant (14), four digits that say whose it is, serial (6).
fn number(code: AdmDivision, institution: &str, time: &str, serial: u64) -> String {
    let serial = format!("{:06}", serial % 1_000_000);
    let mark = mark(code, institution, time, &serial);
    format!("{code}{time}{mark}{serial}")
}

/// The day on which a number was given to this institution here; `None` if it was not.
fn issued_at(code: AdmDivision, institution: &str, sign_no: &str) -> Option<String> {
    let digits = sign_no.len() == 30 && sign_no.bytes().all(|b| b.is_ascii_digit());
    if !digits || &sign_no[..6] != code.as_str() {
        return None;
    }
    let (time, given, serial) = (&sign_no[6..20], &sign_no[20..24], &sign_no[24..]);
    (mark(code, institution, time, serial) == given).then(|| time[..8].to_owned())
}

fn mark(code: AdmDivision, institution: &str, time: &str, serial: &str) -> String {
    let text = format!("sign-in/{code}/{institution}/{time}/{serial}");
    let digest = sha256_hex(text.as_bytes());
    let number = u32::from_str_radix(&digest[..8], 16).unwrap_or(0);
    format!("{:04}", number % 10_000)
}
