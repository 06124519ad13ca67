//! 来往记录 · What came in at the front door, for whoever sits at the HIS and wonders: no personal values.

use std::collections::VecDeque;

use crosswipe_domain::{InfNo, Moment};
use crosswipe_wire::gateway::GatewayNote;
use crosswipe_wire::{
    Finding, Infcode, Masker, Request as Message, Response as Reply, Weight, catalogue, rule,
};
use serde::Serialize;

use super::super::admit::{Admitted, Head, NotAdmitted};
use super::near;

/// How many are kept; older ones are forgotten.
const KEPT: usize = 2_000;
/// Bytes that are kept of a body.
const LONGEST: usize = 8 << 10;
/// Findings that are kept of one message.
const FINDINGS: usize = 40;

/// 一次来往 · One message and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// From 0.
    pub number: u64,
    /// When it came.
    pub at: String,
    /// The dialect that its head speaks.
    pub dialect: &'static str,
    /// Where it was sent.
    pub path: String,
    /// 交易编号
    pub infno: String,
    /// Its Chinese name; empty where the interface has no such transaction.
    pub zh: &'static str,
    /// 发送方报文ID
    pub msgid: String,
    /// 定点医药机构编号
    pub institution: String,
    /// Which platform took it; empty = none.
    pub platform: String,
    /// `gbk` or `utf-8`.
    pub encoding: &'static str,
    /// `ok`, `refused`, `gateway` (not let in) or `none` (no answer).
    pub outcome: &'static str,
    /// The refusal's words; empty for `ok`.
    pub said: String,
    /// What the gateway let pass.
    pub notes: Vec<String>,
    /// What differs from the interface.
    pub findings: Vec<Found>,
    /// The nearest known transaction where the number is none; empty otherwise.
    pub near: String,
    /// The message in UTF-8, values that name persons hidden by their fields; cut where it is long.
    pub request: String,
    /// The answer, likewise.
    pub answer: String,
}

/// 发现 · One thing that differs from the interface, with its rule, so that a page needs no table of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Stable code; `crosswipe explain CODE` has its page.
    pub code: &'static str,
    /// `note`: answered normally; `defect`: it breaks the interface.
    pub weight: &'static str,
    /// Where, e.g. `feedetail[1].pric`.
    pub field: String,
    /// Chinese name of the field; empty where the interface has none.
    pub name: &'static str,
    /// What the interface asks for, Chinese.
    pub expected: String,
    /// The same, English.
    pub expected_en: String,
    /// What stands there, Chinese; a personal value only by its length.
    pub actual: String,
    /// The same, English.
    pub actual_en: String,
    /// The rule, Chinese.
    pub rule_zh: &'static str,
    /// The rule, English.
    pub rule_en: &'static str,
}

impl Found {
    fn of(finding: Finding) -> Found {
        let rule = rule(finding.code);
        let mut at = finding.path;
        let name = std::mem::take(&mut at.zh);
        Found {
            code: finding.code,
            weight: match finding.weight {
                Weight::Note => "note",
                Weight::Defect => "defect",
            },
            field: at.to_string(),
            name,
            expected: finding.expected.zh().to_owned(),
            expected_en: finding.expected.en().to_owned(),
            actual: finding.actual.zh().to_owned(),
            actual_en: finding.actual.en().to_owned(),
            rule_zh: rule.map_or("", |rule| rule.zh),
            rule_en: rule.map_or("", |rule| rule.en),
        }
    }
}

impl Seen {
    pub(super) fn at(now: Moment, head: &Head) -> Seen {
        Seen {
            at: now.to_string(),
            dialect: head.dialect().name(),
            path: head.path.clone(),
            ..Seen::default()
        }
        .about(head.named())
    }

    fn about(mut self, infno: Option<InfNo>) -> Seen {
        if let Some(infno) = infno {
            self.zh = catalogue().transaction(&infno).map_or("", |one| one.zh);
            if self.zh.is_empty() {
                let near = near::transaction(infno.as_str());
                self.near = near.map_or_else(String::new, |(infno, zh)| format!("{infno} {zh}"));
            }
            self.infno = infno.to_string();
        }
        self
    }

    pub(super) fn refused(&mut self, refusal: &NotAdmitted) {
        self.outcome = "gateway";
        self.said.clone_from(&refusal.why);
        self.find(refusal.findings.clone());
    }

    /// Both texts, as they may be shown.
    pub(super) fn told(&mut self, request: &[u8], answer: Option<&[u8]>) {
        self.request = shown(request);
        self.answer = answer.map(shown).unwrap_or_default();
    }

    /// What a message breaks; told beside it.
    pub(super) fn find(&mut self, findings: Vec<Finding>) {
        let room = FINDINGS.saturating_sub(self.findings.len());
        let findings = findings.into_iter().take(room).map(Found::of);
        self.findings.extend(findings);
    }

    pub(super) fn admitted(&mut self, admitted: &Admitted) {
        self.encoding = if admitted.gbk { "gbk" } else { "utf-8" };
        self.notes = admitted.notes.iter().map(word).collect();
        if let Some(path) = &admitted.other_path {
            self.notes.push(format!("path:{path}"));
        }
        let Ok(message) = Message::parse(&admitted.body) else {
            return;
        };
        *self = std::mem::take(self).about(Some(message.infno.clone()));
        self.msgid = message.msgid.to_string();
        self.institution = message.fixmedins_code.to_string();
    }

    pub(super) fn answered(&mut self, status: u16, reply: Option<&Reply<'_>>) {
        let ok = reply.is_some_and(|reply| reply.infcode == Infcode::Ok);
        self.outcome = if ok { "ok" } else { "refused" };
        self.said = match reply {
            Some(_) if ok => String::new(),
            Some(reply) => reply.err_msg.clone().unwrap_or_default().into_owned(),
            None => format!("HTTP {status}"),
        };
    }

    pub(super) fn unanswered(&mut self) {
        self.outcome = "none";
    }
}

/// A body as it may be shown: values that name persons hidden by their fields, cut where it is long.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST)]);
    let mut text = Masker::new([]).mask_json(&text);
    if body.len() > LONGEST {
        text.push('…');
    }
    text
}

/// `skew:-1800000`, `unknown-key`, …
fn word(note: &GatewayNote) -> String {
    match note {
        GatewayNote::UnknownKey => "unknown-key".to_owned(),
        GatewayNote::Signature => "signature".to_owned(),
        GatewayNote::OtherEncoding => "signed-in-other-encoding".to_owned(),
        GatewayNote::NoTimestamp => "no-timestamp".to_owned(),
        GatewayNote::Skew(ms) => format!("skew:{ms}"),
        GatewayNote::Nonce => "nonce-repeated".to_owned(),
        GatewayNote::NonceForm => "nonce-form".to_owned(),
        GatewayNote::Cainfo => "cainfo".to_owned(),
    }
}

/// 来往记录 · The last exchanges.
#[derive(Default)]
pub(super) struct Diary {
    kept: VecDeque<Seen>,
    count: u64,
    taken: u64,
}

impl Diary {
    /// Takes one in; how many there were by then.
    pub(super) fn add(&mut self, mut seen: Seen) -> u64 {
        seen.number = self.count;
        self.count += 1;
        self.taken += u64::from(!seen.platform.is_empty());
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(seen);
        self.count
    }

    /// Another run begins: what was kept is of the one before. Numbers go on, so that a page goes on, too.
    pub(super) fn begin_anew(&mut self) {
        self.kept.clear();
        self.taken = 0;
    }

    /// Messages that a platform took.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    pub(super) fn from(&self, number: u64) -> Vec<Seen> {
        let later = self.kept.iter().filter(|seen| seen.number >= number);
        later.cloned().collect()
    }
}
