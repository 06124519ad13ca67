//! 手写经过 · Hand-made histories for the judge's own tests: journal records and books that fit together.
//!
//! Why so: a checker that never failed a test proves nothing. Five small builders (`intent`, `ok`, `refused`,
//! `unknown`, `export`) write journal and exports; a group of postings can be bent before it is booked, which is
//! how a test makes a party lie. Nothing here is shared with the mocks: the shapes alone are.

mod keeper;
mod outpatient;

use std::collections::BTreeMap;
use std::sync::Arc;

use crosswipe_domain::{
    AdmDivision, Allow, Business, CaseId, InfNo, Level, Look, Moment, Money, MsgId, Outcome, Party,
    PersonClass, Phase, PhaseKind, PlannedPersona, Pseudonym, Public, ResolvedPlan, Role, RunId,
    Scope, TxId, Window, canonical_json, sha256_hex,
};
use crosswipe_journal::{
    Cert, CompIntent, Ended, ExportDigest, Intent, Payload, Played, Purpose, Record, RunHeader,
    Snapshot, TailDigest, Tails, UndoPlan,
};

pub(crate) use keeper::{Group, Keeper, posting};
pub(crate) use outpatient::{clean, clean_on, faulty, two_persons};

use crate::evidence::{Evidence, ExportFile, Instant, LookLine};

pub(crate) const HIS: &str = "H33010000001";
pub(crate) const PERSON: &str = "P-111111111111";
pub(crate) const OTHER: &str = "P-222222222222";
pub(crate) const BYSTANDER: &str = "P-999999999999";

pub(crate) fn his() -> Party {
    Party::new(Role::His, HIS)
}
pub(crate) fn treatment() -> Party {
    Party::new(Role::Treatment, "330100")
}
pub(crate) fn hub() -> Party {
    Party::new(Role::Hub, "330000")
}
pub(crate) fn insured() -> Party {
    Party::new(Role::Insured, "330200")
}
pub(crate) fn path() -> Vec<Party> {
    vec![his(), treatment(), hub(), insured()]
}
pub(crate) fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}
pub(crate) fn division(code: &str) -> AdmDivision {
    AdmDivision::parse(code).unwrap()
}

/// A history being written.
pub(crate) struct History {
    pub(crate) evidence: Evidence,
    pub(crate) books: BTreeMap<Party, Keeper>,
    pub(crate) now: Moment,
    serial: u32,
    looked: BTreeMap<Party, u64>,
    /// How many runs were on these books before; part of every hash.
    runs_before: u32,
}

impl History {
    /// RUN record written, books opened.
    pub(crate) fn begin(plan: ResolvedPlan) -> History {
        History::begin_at(plan, at("2017-06-02T10:00+08:00"))
    }

    /// As [`History::begin`], from this instant on.
    pub(crate) fn begin_at(plan: ResolvedPlan, now: Moment) -> History {
        let books = path()
            .into_iter()
            .map(|party| (party.clone(), Keeper::open(party)))
            .collect();
        let mut history = History {
            evidence: Evidence::default(),
            books,
            now,
            serial: 0,
            looked: BTreeMap::new(),
            runs_before: 0,
        };
        history.open_journal(plan, "run-1", None);
        history
    }

    fn open_journal(&mut self, plan: ResolvedPlan, run_id: &str, previous_tail: Option<String>) {
        let parties = path().into_iter().map(|party| (party, Level::L4)).collect();
        self.write(Payload::Run(Box::new(RunHeader {
            run_id: RunId::parse(run_id).unwrap(),
            tool_version: "0.1.0".into(),
            plan,
            files: BTreeMap::new(),
            seed: 1,
            clock: "simulated".into(),
            transport: "memory".into(),
            parties,
            faults: Vec::new(),
            switches: Default::default(),
            previous_tail,
            world: None,
        })));
    }

    /// The run is over and certified; the next one of the plan stands on the books that it left.
    pub(crate) fn next_run(mut self) -> (Evidence, History) {
        self.certify();
        let run = self.runs_before + 2;
        let plan = match &self.evidence.records[0].payload {
            Payload::Run(header) => header.plan.clone(),
            _ => unreachable!("record 0 is RUN"),
        };
        let mut next = History {
            evidence: Evidence::default(),
            books: self.books,
            now: self.now.plus_ms(60_000),
            serial: self.serial,
            looked: BTreeMap::new(),
            runs_before: self.runs_before + 1,
        };
        let tail = self.evidence.journal.tail.clone();
        next.open_journal(plan, &format!("run-{run}"), Some(tail));
        (self.evidence, next)
    }

    /// CERT, as it stands at the end of a finished run.
    pub(crate) fn certify(&mut self) {
        self.write(Payload::Cert(Cert {
            verdict: String::new(),
            faults: BTreeMap::new(),
            classes: Vec::new(),
            sha256: String::new(),
            judge: String::new(),
        }));
    }

    pub(crate) fn write(&mut self, payload: Payload) {
        let seq = self.evidence.records.len() as u64;
        self.evidence.journal.length = seq + 1;
        let run = self.runs_before;
        self.evidence.journal.tail = format!("{run:032}{seq:032}");
        self.evidence.journal.head = format!("{run:032}{:032}", 0);
        self.evidence.records.push(Record {
            seq,
            epoch: 1,
            at: self.now,
            payload,
            prev_sha256: String::new(),
            sha256: self.evidence.journal.tail.clone(),
        });
    }

    fn tick(&mut self) {
        self.now = self.now.plus_ms(1);
        self.serial += 1;
    }

    /// Something is about to be sent.
    pub(crate) fn intent(
        &mut self,
        case: &str,
        step: &str,
        infno: &str,
        person: &str,
        purpose: Purpose,
        undo: UndoPlan,
    ) -> Intent {
        self.tick();
        // All but the first message of a visit name it.
        let visit = ("mdtrt_id".to_owned(), format!("M-{case}"));
        let names_visit = matches!(infno, "2203" | "2204" | "2207" | "2301");
        let intent = Intent {
            txid: TxId::parse(&format!("{case}/{step}")).unwrap(),
            msgid: MsgId::parse(&format!("{HIS}20170602100000{:04}", self.serial)).unwrap(),
            origin: HIS.into(),
            infno: InfNo::new(infno),
            nature: InfNo::new(infno).nature(),
            purpose,
            case: CaseId::parse(case).unwrap(),
            step: step.into(),
            person: Some(Pseudonym::from_evidence(person)),
            insured: Some(division("330200")),
            treatment: division("330100"),
            business: InfNo::new(infno).business().or(Some(Business::Outpatient)),
            insutype: Some("310".into()),
            channel: Default::default(),
            path: path(),
            undo,
            ids: names_visit.then_some(visit).into_iter().collect(),
            amounts: BTreeMap::new(),
            digest: String::new(),
            message: String::new(),
        };
        self.write(Payload::Intent(Box::new(intent.clone())));
        intent
    }

    /// A compensation is about to be sent.
    pub(crate) fn compensation(&mut self, of: &Intent, infno: &str) -> CompIntent {
        self.tick();
        let comp = CompIntent {
            txid: of.txid.clone(),
            msgid: MsgId::parse(&format!("{HIS}20170602100000{:04}", self.serial)).unwrap(),
            origin: HIS.into(),
            infno: InfNo::new(infno),
            undoes_msgid: of.msgid.clone(),
            undoes_infno: of.infno.clone(),
            attempt: 1,
            case: of.case.clone(),
            step: None,
            part: false,
            person: of.person.clone(),
            path: of.path.clone(),
            ids: BTreeMap::new(),
            digest: String::new(),
            message: String::new(),
        };
        self.write(Payload::CompIntent(Box::new(comp.clone())));
        comp
    }

    fn ended(&mut self, txid: &TxId, msgid: &MsgId, outcome: Outcome, comp: bool) {
        self.tick();
        let ended = Ended {
            txid: txid.clone(),
            msgid: msgid.clone(),
            outcome,
            took_ms: 0,
            reply: None,
        };
        self.write(if comp {
            Payload::CompOutcome(ended)
        } else {
            Payload::Outcome(ended)
        });
    }

    pub(crate) fn ok(&mut self, intent: &Intent, ids: &[(&str, &str)], amounts: &[(&str, i64)]) {
        let ids = ids
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let amounts = amounts
            .iter()
            .map(|(k, v)| ((*k).to_owned(), Money::from_fen(*v)))
            .collect();
        self.ended(
            &intent.txid,
            &intent.msgid,
            Outcome::Ok { ids, amounts },
            false,
        );
    }

    pub(crate) fn refused(&mut self, intent: &Intent, code: &str) {
        self.ended(
            &intent.txid,
            &intent.msgid,
            Outcome::Refused {
                code: code.into(),
                text: String::new(),
            },
            false,
        );
    }

    pub(crate) fn unknown(&mut self, intent: &Intent) {
        self.ended(
            &intent.txid,
            &intent.msgid,
            Outcome::Unknown {
                why: "reset".into(),
            },
            false,
        );
    }

    pub(crate) fn undone(&mut self, comp: &CompIntent) {
        let outcome = Outcome::Ok {
            ids: BTreeMap::new(),
            amounts: BTreeMap::new(),
        };
        self.ended(&comp.txid, &comp.msgid, outcome, true);
    }

    pub(crate) fn refused_undo(&mut self, comp: &CompIntent, code: &str) {
        let outcome = Outcome::Refused {
            code: code.into(),
            text: String::new(),
        };
        self.ended(&comp.txid, &comp.msgid, outcome, true);
    }

    /// Public traffic: written down, not ours.
    pub(crate) fn played(&mut self, msgid: &str, infno: &str, person: &str) {
        self.write(Payload::Played(Played {
            case: CaseId::parse("public").unwrap(),
            msgid: MsgId::parse(msgid).unwrap(),
            origin: HIS.into(),
            infno: InfNo::new(infno),
            person: Some(Pseudonym::from_evidence(person)),
            insured: None,
            channel: Default::default(),
            outcome: Outcome::Ok {
                ids: BTreeMap::new(),
                amounts: BTreeMap::new(),
            },
        }));
    }

    /// tm of a case at all parties.
    pub(crate) fn look(&mut self, case: &str) {
        self.tick();
        let mut looks = BTreeMap::new();
        for (party, keeper) in &self.books {
            let from = self.looked.get(party).copied().unwrap_or(0);
            let rows = keeper
                .log
                .iter()
                .filter(|row| row.seq >= from)
                .cloned()
                .map(Arc::new);
            let rows = rows.collect();
            let lsn = keeper.next();
            let look = Look {
                party: party.clone(),
                case: case.into(),
                taken_at: self.now,
                from,
                lsn,
                rows,
            };
            let sha256 = sha256_hex(canonical_json(&look).as_bytes());
            looks.insert(
                party.clone(),
                TailDigest {
                    from,
                    lsn,
                    sha256: sha256.clone(),
                },
            );
            self.evidence
                .looks
                .entry(party.clone())
                .or_default()
                .push(LookLine {
                    sha256,
                    look: Ok(look),
                });
            self.looked.insert(party.clone(), lsn);
        }
        self.write(Payload::Snapm(Tails {
            case: CaseId::parse(case).unwrap(),
            looks,
            missing: BTreeMap::new(),
        }));
    }

    /// t0, t1 or t2 of all parties.
    pub(crate) fn export(&mut self, instant: Instant) {
        self.tick();
        let mut digests = BTreeMap::new();
        for (party, keeper) in &self.books {
            let export = keeper.export(self.now);
            let sha256 = sha256_hex(canonical_json(&export).as_bytes());
            digests.insert(
                party.clone(),
                ExportDigest {
                    sha256: sha256.clone(),
                    lsn: export.lsn,
                    taken_at: export.taken_at,
                },
            );
            self.evidence.exports.entry(instant).or_default().insert(
                party.clone(),
                ExportFile {
                    sha256,
                    export: Ok(export),
                },
            );
            if instant == Instant::T0 {
                self.looked.insert(party.clone(), keeper.next());
            }
        }
        let snapshot = Snapshot {
            exports: digests,
            missing: BTreeMap::new(),
        };
        self.write(match instant {
            Instant::T0 => Payload::Snap0(snapshot),
            Instant::T1 => Payload::Snap1(snapshot),
            Instant::T2 => Payload::Snap2(snapshot),
        });
    }
}

/// Two registered persons, one hospital, one window.
pub(crate) fn plan() -> ResolvedPlan {
    let phase = |id: &str, kind, from: &str, to: Option<&str>, allow, public| Phase {
        id: id.into(),
        kind,
        from: at(from),
        to: to.map(at),
        allow,
        public,
        reads: None,
        quote: String::new(),
    };
    let swipes = Allow {
        business: vec![Business::Outpatient],
        scope: Scope::CrossRegion,
        classes: vec![PersonClass::Employee],
        institutions: vec![],
        channels: vec![],
    };
    let (opens, closes) = ("2017-06-02T09:00+08:00", "2017-06-04T18:00+08:00");
    let persona = |pseudonym: &str| PlannedPersona {
        pseudonym: Pseudonym::from_evidence(pseudonym),
        label: pseudonym.into(),
        class: PersonClass::Employee,
        insured: division("330200"),
    };
    ResolvedPlan {
        plan: "test".into(),
        title_zh: "试".into(),
        title_en: "test".into(),
        source: "none".into(),
        same_day: true,
        window: Window {
            phases: vec![
                phase(
                    "frozen",
                    PhaseKind::Frozen,
                    "2017-05-31T18:00+08:00",
                    Some(opens),
                    vec![],
                    Public::Closed,
                ),
                phase(
                    "cross",
                    PhaseKind::Verify,
                    opens,
                    Some(closes),
                    vec![swipes],
                    Public::Closed,
                ),
                phase("live", PhaseKind::Live, closes, None, vec![], Public::Open),
            ],
            margin_ms: 2 * 3600 * 1000,
            no_refund: None,
            no_self_pay: None,
            suspended: Vec::new(),
            amended: Vec::new(),
        },
        hub: division("330000"),
        regions: vec![
            (division("330100"), "杭州".into()),
            (division("330200"), "宁波".into()),
        ],
        outside: vec![],
        institutions: vec![(HIS.into(), "一院".into(), division("330100"))],
        arranged: vec![],
        personas: vec![persona(PERSON), persona(OTHER)],
        public: vec![Pseudonym::from_evidence(BYSTANDER)],
        cases: vec![],
        matrix: vec![],
        matrix_in_turn: false,
        cannot_undo: vec![],
        purge: vec![],
        caps: None,
        known_issues: Vec::new(),
    }
}

/// Seals an export anew after a test has changed it: its digest in the journal, its own counts.
pub(crate) fn reseal(evidence: &mut Evidence) {
    for record in &mut evidence.records {
        let (instant, snapshot) = match &mut record.payload {
            Payload::Snap0(snapshot) => (Instant::T0, snapshot),
            Payload::Snap1(snapshot) => (Instant::T1, snapshot),
            Payload::Snap2(snapshot) => (Instant::T2, snapshot),
            _ => continue,
        };
        for (party, file) in evidence.exports.get_mut(&instant).into_iter().flatten() {
            let Ok(export) = &mut file.export else {
                continue;
            };
            file.sha256 = sha256_hex(canonical_json(export).as_bytes());
            let digest = ExportDigest {
                sha256: file.sha256.clone(),
                lsn: export.lsn,
                taken_at: export.taken_at,
            };
            snapshot.exports.insert(party.clone(), digest);
        }
    }
}
