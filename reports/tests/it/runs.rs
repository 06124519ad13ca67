//! 样例运行 · Small runs made by hand: records and judgement as the other crates would write them.
//!
//! Why by hand: what a report says must not depend on what the runner happens to do today.

mod notice;
mod told;

pub(crate) use told::{clean, eleven_cities, indeterminate, reviewed, ten_thousand, violated};

use std::collections::BTreeMap;

use notice::window;

use crosswipe_domain::*;
use crosswipe_journal::*;
use crosswipe_reports::{Source, Story};
use crosswipe_verify::*;

/// A run under construction.
pub(crate) struct Run {
    pub(crate) header: RunHeader,
    pub(crate) records: Vec<Record>,
    pub(crate) messages: BTreeMap<u64, String>,
    pub(crate) judgement: Judgement,
    pub(crate) faults: Vec<(String, u64)>,
    pub(crate) contacts: Vec<crosswipe_reports::Leads>,
    pub(crate) certificate: Option<String>,
    pub(crate) review: ReviewHeld,
    pub(crate) courses: Vec<Course>,
    pub(crate) exit: i32,
    now: Moment,
}

pub(crate) const CITIES: [(&str, &str); 11] = [
    ("330100", "杭州市"),
    ("330200", "宁波市"),
    ("330300", "温州市"),
    ("330400", "嘉兴市"),
    ("330500", "湖州市"),
    ("330600", "绍兴市"),
    ("330700", "金华市"),
    ("330800", "衢州市"),
    ("330900", "舟山市"),
    ("331000", "台州市"),
    ("331100", "丽水市"),
];

pub(crate) fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

pub(crate) fn institution(city: &str) -> String {
    format!("H{city}00001")
}

fn person(city: &str) -> Pseudonym {
    Pseudonym::from_evidence(&format!("P-{city}a1b2c3"))
}

impl Run {
    /// The plan of the Zhejiang switch for the first `cities` cities, every ordered pair, outpatient.
    pub(crate) fn new(cities: usize) -> Run {
        Run::repeated(cities, 1)
    }

    /// The same plan with every pair of cities this many times.
    pub(crate) fn repeated(cities: usize, times: usize) -> Run {
        let regions: Vec<(AdmDivision, String)> = CITIES[..cities]
            .iter()
            .map(|(code, name)| (AdmDivision::parse(code).unwrap(), (*name).to_owned()))
            .collect();
        let mut cases = Vec::new();
        for (insured, from) in &regions {
            for (treatment, to) in regions.iter().filter(|(code, _)| code != insured) {
                for time in 0..times {
                    let title = format!("{from}参保人在{to}第一医院门诊");
                    let mut case = planned(*insured, *treatment, &title, true);
                    if time > 0 {
                        case.case = CaseId::parse(&format!("{}-{time}", case.case)).unwrap();
                    }
                    cases.push(case);
                }
            }
        }
        cases.push(PlannedCase {
            case: CaseId::parse("bounds/zj-08-before-migration-ends").unwrap(),
            title: "迁移结束前不得测试刷卡".into(),
            covers: vec!["ZJ4".into(), "zj-08".into()],
            matrix: false,
            ..planned(regions[0].0, regions[1].0, "", false)
        });
        let parties: Vec<(Party, Level)> = regions
            .iter()
            .flat_map(|(code, _)| {
                [
                    (Party::new(Role::His, institution(code.as_str())), Level::L4),
                    (Party::new(Role::Treatment, code.as_str()), Level::L4),
                    (Party::new(Role::Insured, code.as_str()), Level::L4),
                ]
            })
            .chain([(Party::new(Role::Hub, "330000"), Level::L4)])
            .collect();
        let header = RunHeader {
            run_id: RunId::parse("zj2017-0001").unwrap(),
            tool_version: "0.1.0".into(),
            plan: ResolvedPlan {
                plan: "zhejiang-2017".into(),
                title_zh: "浙江省异地就医平台升级切换".into(),
                title_en: "Zhejiang cross-region platform switch".into(),
                source: "浙医保〔2017〕19号".into(),
                same_day: true,
                window: window(),
                hub: AdmDivision::parse("330000").unwrap(),
                outside: Vec::new(),
                institutions: regions
                    .iter()
                    .map(|(code, name)| {
                        (institution(code.as_str()), format!("{name}第一医院"), *code)
                    })
                    .collect(),
                regions,
                arranged: vec![],
                personas: vec![],
                public: vec![],
                cases,
                matrix: vec![Business::Outpatient],
                matrix_in_turn: false,
                cannot_undo: vec!["已发出的短信".into()],
                purge: vec![],
                caps: None,
                known_issues: Vec::new(),
            },
            files: BTreeMap::new(),
            seed: 7,
            clock: "simulated".into(),
            transport: "http".into(),
            parties: parties.into_iter().collect(),
            faults: vec![],
            switches: Default::default(),
            previous_tail: None,
            world: None,
        };
        let mut run = Run {
            judgement: judgement(&header),
            header: header.clone(),
            records: vec![],
            messages: BTreeMap::new(),
            faults: vec![],
            contacts: vec![],
            certificate: Some("c".repeat(64)),
            review: ReviewHeld::default(),
            courses: vec![],
            exit: 0,
            now: at("2017-06-02T08:59:00+08:00"),
        };
        run.put(Payload::Run(Box::new(header)));
        run.put(Payload::Snap0(Snapshot {
            exports: BTreeMap::new(),
            missing: BTreeMap::new(),
        }));
        run.now = at("2017-06-02T09:00:00+08:00");
        run
    }

    pub(crate) fn put(&mut self, payload: Payload) -> u64 {
        let seq = self.records.len() as u64;
        let hash = |seq: u64| sha256_hex(&seq.to_be_bytes());
        let prev_sha256 = if seq == 0 {
            "0".repeat(64)
        } else {
            hash(seq - 1)
        };
        self.records.push(Record {
            seq,
            epoch: 0,
            at: self.now,
            payload,
            prev_sha256,
            sha256: hash(seq),
        });
        seq
    }

    pub(crate) fn later(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    pub(crate) fn planned(&self) -> usize {
        self.header.plan.cases.len()
    }

    pub(crate) fn case(&self, index: usize) -> PlannedCase {
        self.header.plan.cases[index].clone()
    }

    pub(crate) fn start(&mut self, index: usize) {
        let case = self.case(index).case;
        self.put(Payload::CaseStarted(CaseStarted { case }));
    }

    pub(crate) fn finish(&mut self, index: usize, result: CaseResult, checks: Vec<Check>) {
        let case = self.case(index).case;
        self.put(Payload::CaseFinished(CaseFinished {
            case,
            result,
            checks,
        }));
    }

    /// One forward message of a case and how it ended.
    pub(crate) fn forward(
        &mut self,
        index: usize,
        infno: &str,
        step: &str,
        outcome: Option<Outcome>,
    ) -> TxId {
        let case = self.case(index);
        let infno = InfNo::new(infno);
        let txid = TxId::parse(&format!("{}/{step}", case.case)).unwrap();
        let origin = case.institution.clone().unwrap();
        let msgid = self.msgid(&origin);
        let undo = match infno.cancelled_by() {
            Some(infno) => UndoPlan::Cancel { infno },
            None => UndoPlan::Nothing,
        };
        let seq = self.put(Payload::Intent(Box::new(Intent {
            txid: txid.clone(),
            msgid: msgid.clone(),
            origin: origin.clone(),
            nature: infno.nature(),
            purpose: Purpose::Business,
            case: case.case.clone(),
            step: step.into(),
            person: case.person.clone(),
            insured: case.insured,
            treatment: case.treatment.unwrap(),
            business: case.business,
            insutype: Some("310".into()),
            channel: Default::default(),
            path: vec![],
            undo,
            ids: BTreeMap::new(),
            amounts: if infno.settles() {
                BTreeMap::from([("medfee_sumamt".to_owned(), Money::from_fen(56_795))])
            } else {
                BTreeMap::new()
            },
            digest: String::new(),
            message: String::new(),
            infno: infno.clone(),
        })));
        self.messages.insert(
            seq,
            format!(r#"{{"infno":"{infno}","msgid":"{msgid}","fixmedins_code":"{origin}","input":{{"data":{{"psn_no":"99**********************01"}}}}}}"#),
        );
        let tells = outcome.as_ref().map_or("none", Outcome::name).to_owned();
        let ids = match &outcome {
            Some(Outcome::Ok { ids, .. }) => ids.clone(),
            _ => BTreeMap::new(),
        };
        if matches!(infno.nature(), Nature::Forward) {
            self.judgement.transactions.push(Transaction {
                txid: txid.clone(),
                case: case.case,
                msgid: msgid.clone(),
                infno,
                at: self.now,
                person: case.person,
                ids,
                outcome: tells,
                reversed_by: None,
                at_parties: BTreeMap::new(),
                state: TxState::Open,
            });
        }
        self.later(1);
        if let Some(outcome) = outcome {
            self.ended(&txid, &msgid, outcome, false);
        }
        txid
    }

    fn ended(&mut self, txid: &TxId, msgid: &MsgId, outcome: Outcome, undo: bool) {
        let text = match &outcome {
            Outcome::Ok { .. } => Some(format!(
                r#"{{"infcode":"0","inf_refmsgid":"{msgid}","err_msg":"","output":{{}}}}"#
            )),
            Outcome::Refused { text, .. } => Some(format!(
                r#"{{"infcode":"-1","inf_refmsgid":"{msgid}","err_msg":"{text}"}}"#
            )),
            Outcome::Unknown { .. } => None,
        };
        let ended = Ended {
            txid: txid.clone(),
            msgid: msgid.clone(),
            outcome,
            took_ms: 3,
            reply: None,
        };
        let seq = self.put(if undo {
            Payload::CompOutcome(ended)
        } else {
            Payload::Outcome(ended)
        });
        self.messages.extend(text.map(|text| (seq, text)));
    }

    fn msgid(&self, origin: &str) -> MsgId {
        let serial = u16::try_from(self.records.len() % 10_000).unwrap();
        MsgId::compose(&InstitutionCode::parse(origin).unwrap(), self.now, serial)
    }

    /// The undo of a τ, and how it ended.
    pub(crate) fn undo(&mut self, txid: &TxId, infno: &str, outcome: Option<Outcome>) {
        let transaction = self
            .judgement
            .transactions
            .iter()
            .rfind(|t| t.txid == *txid)
            .unwrap()
            .clone();
        let origin = transaction.msgid.as_str()[..12].to_owned();
        let msgid = self.msgid(&origin);
        let seq = self.put(Payload::CompIntent(Box::new(CompIntent {
            txid: txid.clone(),
            msgid: msgid.clone(),
            origin,
            infno: InfNo::new(infno),
            undoes_msgid: transaction.msgid,
            undoes_infno: transaction.infno,
            attempt: 1,
            case: transaction.case,
            step: None,
            part: false,
            person: transaction.person,
            path: vec![],
            ids: transaction.ids,
            digest: String::new(),
            message: String::new(),
        })));
        self.messages
            .insert(seq, format!(r#"{{"infno":"{infno}","msgid":"{msgid}"}}"#));
        self.later(1);
        let closed = outcome.as_ref().is_some_and(Outcome::is_ok);
        if let Some(outcome) = outcome {
            self.ended(txid, &msgid, outcome, true);
        }
        let transaction = self
            .judgement
            .transactions
            .iter_mut()
            .rfind(|t| t.txid == *txid)
            .unwrap();
        if closed {
            transaction.state = TxState::Closed;
            transaction.reversed_by = Some(msgid);
        }
    }

    /// 门诊 · A whole outpatient case, undone.
    pub(crate) fn outpatient(&mut self, index: usize) {
        let case = self.case(index);
        let visit = format!("{}V{index:04}", case.treatment.unwrap());
        let settlement = format!("{}S{index:04}", case.treatment.unwrap());
        self.start(index);
        self.forward(index, "1101", "1.person", Some(ok(&[], &[])));
        let registered = self.forward(
            index,
            "2201",
            "1.register",
            Some(ok(&[("mdtrt_id", &visit)], &[])),
        );
        let uploaded = self.forward(
            index,
            "2204",
            "1.upload",
            Some(ok(&[("mdtrt_id", &visit)], &[])),
        );
        self.forward(index, "2206", "1.trial", Some(ok(&[], &BILL)));
        let ids = [
            ("mdtrt_id", visit.as_str()),
            ("setl_id", settlement.as_str()),
        ];
        let settled = self.forward(index, "2207", "1.settle", Some(ok(&ids, &BILL)));
        self.undo(&settled, "2208", Some(ok(&ids, &MIRROR)));
        self.undo(&uploaded, "2205", Some(ok(&[], &[])));
        self.undo(&registered, "2202", Some(ok(&[], &[])));
        self.put(Payload::Verified(Verified {
            txid: settled.clone(),
            never_applied: false,
            seen: BTreeMap::from([("5203 refd_setl_flag".into(), "1".into())]),
        }));
        let path = [
            Party::new(Role::His, case.institution.clone().unwrap()),
            Party::new(Role::Treatment, case.treatment.unwrap().as_str()),
            Party::new(Role::Hub, "330000"),
            Party::new(Role::Insured, case.insured.unwrap().as_str()),
        ];
        let standing = Standing {
            applied: 1,
            reversed: 1,
            tombstone: false,
        };
        let settled = self
            .judgement
            .transactions
            .iter_mut()
            .rfind(|t| t.txid == settled)
            .unwrap();
        settled.at_parties = path.into_iter().map(|party| (party, standing)).collect();
        self.finish(
            index,
            CaseResult::Passed,
            vec![check("1.settle", "outcome", "ok", "ok")],
        );
        self.later(1000);
    }

    /// The case just ended failed an expectation.
    pub(crate) fn fails(&mut self, index: usize) {
        let case = self.case(index).case;
        let ended = self.records.iter_mut().rev();
        let ended = ended.map(|record| &mut record.payload);
        let finished = ended.filter_map(|payload| match payload {
            Payload::CaseFinished(finished) if finished.case == case => Some(finished),
            _ => None,
        });
        let finished = finished.take(1).last().unwrap();
        finished.result = CaseResult::Failed;
        finished.checks = vec![check(
            "1.settle",
            "setlinfo.psn_cash_pay",
            "100.00",
            "148.21",
        )];
    }

    /// 边界 · A case that the gate stops, as it should.
    pub(crate) fn gated(&mut self, index: usize) {
        let case = self.case(index);
        self.start(index);
        self.put(Payload::Gated(Gated {
            case: case.case,
            step: "1.settle".into(),
            infno: InfNo::new("2201"),
            person: case.person,
            institution: case.institution.unwrap(),
            reason: "window".into(),
            phase: Some("frozen".into()),
        }));
        self.finish(
            index,
            CaseResult::Passed,
            vec![check("1.settle", "outcome", "gated", "gated")],
        );
    }

    /// t1 and t2, and the counts of the judge.
    pub(crate) fn close(&mut self) {
        self.now = at("2017-06-04T17:30:00+08:00");
        self.put(Payload::Snap1(Snapshot {
            exports: BTreeMap::new(),
            missing: BTreeMap::new(),
        }));
        self.now = at("2017-06-05T00:05:00+08:00");
        self.put(Payload::Snap2(Snapshot {
            exports: BTreeMap::new(),
            missing: BTreeMap::new(),
        }));
        self.count();
    }

    /// 逐格 · The judge's totals spread over the parties of their role, the last of which keeps what is left; two cells each.
    pub(crate) fn spread(&mut self) {
        self.courses.clear();
        for total in &self.judgement.books {
            let parties = self.header.parties.keys();
            let parties: Vec<&Party> = parties
                .filter(|party| party.role.name() == total.role)
                .collect();
            for (place, party) in parties.iter().enumerate() {
                let (last, others) = (place + 1 == parties.len(), parties.len() as i64 - 1);
                let share = |sum: i64| match last {
                    true => sum - sum / (others + 1) * others,
                    false => sum / (others + 1),
                };
                let t0 = share(total.t0);
                let t1 = t0 + if last { total.left() } else { 0 };
                let whole = Course {
                    party: (*party).clone(),
                    book: total.book.clone(),
                    unit: total.unit.clone(),
                    cell: None,
                    t0,
                    peak: t0 + share(total.peak - total.t0),
                    t1: Some(t1),
                    t2: Some(t1),
                    others: 0,
                };
                let moved = Course {
                    cell: Some(format!("{}[person=P-330300a1b2c3 year=2017]", total.book)),
                    ..whole.clone()
                };
                let rests = Course {
                    cell: Some(format!("{}[person=P-330100a1b2c3 year=2017]", total.book)),
                    t0: 0,
                    peak: 0,
                    t1: Some(0),
                    t2: Some(0),
                    ..whole.clone()
                };
                self.courses.extend([whole, moved, rests]);
            }
        }
    }

    pub(crate) fn count(&mut self) {
        let transactions = &self.judgement.transactions;
        let number = |wanted: fn(&Transaction) -> bool| {
            transactions.iter().filter(|t| wanted(t)).count() as u64
        };
        self.judgement.counts = Counts {
            intended: transactions.len() as u64,
            ok: number(|t| t.outcome == "ok"),
            refused: number(|t| t.outcome == "refused"),
            unknown: number(|t| t.outcome == "unknown" || t.outcome == "none"),
            never_applied: 0,
            reversed: number(|t| t.state == TxState::Closed),
            unresolved: number(|t| matches!(t.state, TxState::Open | TxState::Unknown)),
        };
    }

    pub(crate) fn rule(&mut self, rule: Rule, state: Held, why_not: Option<&str>) {
        let line = self
            .judgement
            .rules
            .iter_mut()
            .find(|line| line.rule == rule)
            .unwrap();
        line.state = state;
        line.why_not = why_not.map(str::to_owned);
        if state == Held::NotChecked {
            line.compared = 0;
        }
    }

    pub(crate) fn story(&self) -> Story {
        Story::build(&self.source()).unwrap()
    }

    pub(crate) fn story_of(&self, case: &CaseId) -> Story {
        Story::of_case(&self.source(), case).unwrap()
    }

    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            records: &self.records,
            messages: &self.messages,
            judgement: &self.judgement,
            certificate_sha256: self.certificate.as_deref(),
            journal_head: &self.records[0].sha256,
            journal_tail: &self.records[self.records.len() - 1].sha256,
            dir: "runs/zj2017-0001",
            parts: &[],
            matched_faults: &self.faults,
            review: &self.review,
            contacts: &self.contacts,
            courses: &self.courses,
            exit: self.exit,
        }
    }
}

fn planned(insured: AdmDivision, treatment: AdmDivision, title: &str, matrix: bool) -> PlannedCase {
    PlannedCase {
        case: CaseId::parse(&format!("outpatient/{insured}-{treatment}")).unwrap(),
        title: title.into(),
        covers: vec!["ZJ8".into(), "zj-02".into()],
        business: Some(Business::Outpatient),
        insured: Some(insured),
        treatment: Some(treatment),
        institution: Some(institution(treatment.as_str())),
        person: Some(person(insured.as_str())),
        matrix,
    }
}

fn judgement(header: &RunHeader) -> Judgement {
    let book = |role: &str, book: &str, unit: &str, t0, peak| BookTotal {
        role: role.into(),
        book: book.into(),
        unit: unit.into(),
        t0,
        peak,
        t1: t0,
        others: 0,
        cells: 6,
    };
    Judgement {
        run_id: header.run_id.clone(),
        verdict: Verdict::Clean,
        level: Level::L4,
        rules: Rule::ALL
            .iter()
            .map(|&rule| RuleState {
                rule,
                state: Held::Held,
                level: Level::L4,
                compared: 120,
                qualified: None,
                why_not: None,
            })
            .collect(),
        findings: vec![],
        transactions: vec![],
        counts: Counts::default(),
        books: vec![
            book("his", "cash", "fen", 0, 148_926),
            book("his", "visit", "count", 0, 6),
            book("treatment", "clearing", "memo_fen", 0, 191_844),
            book("insured", "pool-fund", "fen", 600_000_000, 599_808_156),
            book("insured", "personal-account", "fen", 3_000_000, 2_890_000),
            book("insured", "accumulator", "memo_fen", 1_200_000, 1_391_844),
        ],
        notes: vec![],
        statements: vec![],
        not_checked: vec![],
    }
}

pub(crate) fn ok(ids: &[(&str, &str)], amounts: &[(&str, i64)]) -> Outcome {
    Outcome::Ok {
        ids: ids
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        amounts: amounts
            .iter()
            .map(|(k, v)| ((*k).to_owned(), Money::from_fen(*v)))
            .collect(),
    }
}

pub(crate) const BILL: [(&str, i64); 4] = [
    ("medfee_sumamt", 56_795),
    ("fund_pay_sumamt", 31_974),
    ("acct_pay", 10_000),
    ("psn_cash_pay", 14_821),
];
pub(crate) const MIRROR: [(&str, i64); 4] = [
    ("medfee_sumamt", -56_795),
    ("fund_pay_sumamt", -31_974),
    ("acct_pay", -10_000),
    ("psn_cash_pay", -14_821),
];

pub(crate) fn check(step: &str, what: &str, expected: &str, actual: &str) -> Check {
    Check {
        step: step.into(),
        what: what.into(),
        expected: expected.into(),
        actual: actual.into(),
        held: expected == actual,
    }
}

pub(crate) fn finding(
    class: &str,
    rule: Rule,
    party: Party,
    location: &str,
    expected: &str,
    actual: &str,
) -> Finding {
    // Read from its evidence form: a field that the judge adds later has a default there.
    let class = FindingClass::new(class);
    serde_json::from_value(serde_json::json!({
        "class": class, "severity": Severity::S1, "rule": rule, "uncertain": false, "party": party, "txid": null, "case": null,
        "person": null, "location": location, "expected": expected, "actual": actual, "witness": [],
    }))
    .unwrap()
}
