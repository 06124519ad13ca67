//! 样例 · Small records and journals that the tests share.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crosswipe_domain::{
    AdmDivision, Allow, Business, CaseId, InfNo, Level, Moment, Money, MsgId, Nature, Outcome,
    Party, PersonClass, Phase, PhaseKind, PlannedCase, PlannedPersona, Pseudonym, Public,
    ResolvedPlan, Role, RunId, Scope, TxId, Window,
};
use crosswipe_journal::{
    CompIntent, Draft, Ended, Intent, Journal, Note, Payload, Purpose, RunHeader, UndoPlan,
};

pub(crate) const REQUEST: &str = r#"{"infno":"2207","psn_no":"33**********01"}"#;
pub(crate) const REPLY: &str = r#"{"infcode":"0","setl_id":"S1"}"#;

pub(crate) fn at(ms: i64) -> Moment {
    Moment::parse("2017-06-02T09:00+08:00").unwrap().plus_ms(ms)
}

pub(crate) fn place(code: &str) -> AdmDivision {
    AdmDivision::parse(code).unwrap()
}

pub(crate) fn txid() -> TxId {
    TxId::parse("outpatient/330100-330200/1.settle").unwrap()
}

pub(crate) fn msgid() -> MsgId {
    MsgId::parse("H33020000001201706020900050007").unwrap()
}

pub(crate) fn case() -> CaseId {
    CaseId::parse("outpatient/330100-330200").unwrap()
}

pub(crate) fn person() -> Pseudonym {
    Pseudonym::from_evidence("P-0123456789ab")
}

pub(crate) fn header() -> RunHeader {
    RunHeader {
        run_id: RunId::parse("zhejiang-2017-1").unwrap(),
        tool_version: "0.1.0".into(),
        plan: plan(),
        files: BTreeMap::from([("plan.yaml".into(), "ab".repeat(32))]),
        seed: u64::MAX,
        clock: "simulated".into(),
        transport: "memory".into(),
        parties: BTreeMap::from([(Party::new(Role::Insured, "330100"), Level::L4)]),
        faults: vec!["response-lost:2207".into()],
        switches: Default::default(),
        previous_tail: None,
        world: None,
    }
}

fn plan() -> ResolvedPlan {
    let allow = Allow {
        business: vec![Business::Outpatient],
        scope: Scope::CrossRegion,
        classes: vec![PersonClass::Employee],
        institutions: vec![],
        channels: vec![],
    };
    let phase = Phase {
        id: "cross".into(),
        kind: PhaseKind::Verify,
        from: at(0),
        to: Some(at(3_600_000)),
        allow: vec![allow],
        public: Public::Closed,
        reads: Some(true),
        quote: "跨统筹区交叉刷卡".into(),
    };
    let planned = PlannedCase {
        case: case(),
        title: "杭州 → 宁波 门诊".into(),
        covers: vec!["zj-01".into()],
        business: Some(Business::Outpatient),
        insured: Some(place("330100")),
        treatment: Some(place("330200")),
        institution: Some("H33020000001".into()),
        person: Some(person()),
        matrix: true,
    };
    ResolvedPlan {
        plan: "zhejiang-2017".into(),
        title_zh: "浙江省异地就医平台升级切换".into(),
        title_en: "Zhejiang cross-region platform switch".into(),
        source: "浙医保〔2017〕19号".into(),
        same_day: true,
        window: Window {
            phases: vec![phase],
            margin_ms: 7_200_000,
            no_refund: None,
            no_self_pay: None,
            suspended: Vec::new(),
            amended: Vec::new(),
        },
        hub: place("330000"),
        regions: vec![(place("330100"), "杭州".into())],
        outside: vec![],
        institutions: vec![("H33020000001".into(), "宁波一院".into(), place("330200"))],
        arranged: vec![(place("330100"), "H33020000001".into())],
        personas: vec![PlannedPersona {
            pseudonym: person(),
            label: "hangzhou-employee".into(),
            class: PersonClass::Employee,
            insured: place("330100"),
        }],
        public: vec![],
        cases: vec![planned],
        matrix: vec![Business::Outpatient],
        matrix_in_turn: false,
        cannot_undo: vec!["短信".into()],
        purge: vec![],
        caps: None,
        known_issues: Vec::new(),
    }
}

pub(crate) fn intent() -> Payload {
    Payload::Intent(Box::new(Intent {
        txid: txid(),
        msgid: msgid(),
        origin: "H33020000001".into(),
        infno: InfNo::new("2207"),
        nature: Nature::Forward,
        purpose: Purpose::Business,
        case: case(),
        step: "1.settle".into(),
        person: Some(person()),
        insured: Some(place("330100")),
        treatment: place("330200"),
        business: Some(Business::Outpatient),
        insutype: Some("310".into()),
        channel: Default::default(),
        path: vec![
            Party::new(Role::His, "H33020000001"),
            Party::new(Role::Insured, "330100"),
        ],
        undo: UndoPlan::Cancel {
            infno: InfNo::new("2208"),
        },
        ids: BTreeMap::from([("mdtrt_id".into(), "V1".into())]),
        amounts: BTreeMap::from([("medfee_sumamt".into(), Money::from_fen(12_345))]),
        digest: "cd".repeat(32),
        message: String::new(),
    }))
}

pub(crate) fn comp_intent() -> Payload {
    Payload::CompIntent(Box::new(CompIntent {
        txid: txid(),
        msgid: msgid(),
        origin: "H33020000001".into(),
        infno: InfNo::new("2208"),
        undoes_msgid: msgid(),
        undoes_infno: InfNo::new("2207"),
        attempt: 1,
        case: case(),
        step: Some("2.2208".to_owned()),
        part: false,
        person: Some(person()),
        path: vec![Party::new(Role::Insured, "330100")],
        ids: BTreeMap::from([("setl_id".into(), "S1".into())]),
        digest: "ef".repeat(32),
        message: String::new(),
    }))
}

pub(crate) fn ended() -> Ended {
    let outcome = Outcome::Ok {
        ids: BTreeMap::from([("setl_id".into(), "S1".into())]),
        amounts: BTreeMap::from([("psn_cash_pay".into(), Money::from_fen(-5))]),
    };
    Ended {
        txid: txid(),
        msgid: msgid(),
        outcome,
        took_ms: 12,
        reply: None,
    }
}

pub(crate) fn note(code: &str) -> Draft {
    Draft::new(
        at(1),
        Payload::Note(Note {
            code: code.into(),
            txid: None,
            facts: BTreeMap::new(),
        }),
    )
}

pub(crate) fn with_text(payload: Payload, text: &str) -> Draft {
    Draft {
        at: at(2),
        payload,
        message: Some(text.into()),
    }
}

/// A settlement and its undo: five records and four texts after RUN.
pub(crate) fn one_swipe(journal: &Journal) {
    let drafts = [
        with_text(intent(), REQUEST),
        with_text(Payload::Outcome(ended()), REPLY),
        note("response-lost"),
        with_text(comp_intent(), REQUEST),
        with_text(Payload::CompOutcome(ended()), REPLY),
    ];
    for draft in drafts {
        journal.append_and_wait(draft).unwrap();
    }
}

/// Copies a run as a crash would leave it: the files of the evidence, not the shared memory beside them.
pub(crate) fn copy_run(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in [
        "journal.head",
        "journal.lock",
        "journal.db",
        "journal.db-wal",
    ] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// Every file of a folder with its bytes.
pub(crate) fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}
