//! 柜台 · A small place, its people, and the messages of its hospital: what the bench of a platform sends.
//!
//! Messages are filled up from the interface's own catalogue. The place is open to its public and all swipes are local,
//! so that nothing goes any further than the one platform.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crosswipe_domain::{
    InfNo, Institution, InstitutionCode, Moment, MsgId, Party, PersonClass, PersonNo, Phase,
    PhaseKind, Public, Registry, Role, Topology, Window,
};
use crosswipe_mocks::WorldConfig;
use crosswipe_wire::{FieldKind, Need, NodeKind, NodeSpec, catalogue};
use serde_json::{Map, Value, json};

use crate::whole::PLAN;

/// Five lines: item, price, count, amount.
const BASKET: [(&str, &str); 5] = [
    ("3.10", "2"),
    ("8.40", "1"),
    ("12.00", "3"),
    ("0.95", "10"),
    ("25.00", "1"),
];
const AMOUNTS: [&str; 5] = ["6.20", "8.40", "36.00", "9.50", "25.00"];
const TOTAL: &str = "85.10";
/// Serials of one second of business time.
const SERIALS: u64 = 9_000;

/// 柜台 · Writes a hospital's messages.
pub(crate) struct Counter {
    institution: InstitutionCode,
    region: String,
    items: Vec<String>,
    now: Moment,
    written: u64,
}

/// One region, one hospital, so many people.
pub(crate) fn place(people: usize) -> (WorldConfig, Counter) {
    let plan = crosswipe_scenarios::load(Path::new(PLAN)).expect("the shipped plan is sound");
    let now = plan
        .window
        .start()
        .expect("the plan has a window")
        .plus_ms(36_000_000);
    let institution: Institution = plan.topology.institutions[0].clone();
    let region = institution.region;
    let local = plan
        .topology
        .regions
        .iter()
        .filter(|one| one.code == region)
        .cloned();
    let mut everybody = plan.registry.personas.iter();
    let somebody =
        everybody.find(|one| one.insured == region && one.class == PersonClass::Employee);
    let somebody = somebody.expect("somebody is insured there");
    let personas = (0..people).map(|number| {
        let mut one = somebody.clone();
        one.no = PersonNo::new(&person(number));
        one.label = format!("p{number}");
        one.registered = false;
        one
    });
    let live = Phase {
        id: "live".to_owned(),
        kind: PhaseKind::Live,
        from: now.plus_ms(-36_000_000),
        to: None,
        allow: Vec::new(),
        public: Public::Open,
        reads: None,
        quote: String::new(),
    };
    let items = plan
        .topology
        .tariffs
        .iter()
        .filter(|item| item.coded && item.ceiling.is_none());
    let items: Vec<String> = items
        .map(|item| item.code.clone())
        .take(BASKET.len())
        .collect();
    assert_eq!(items.len(), BASKET.len(), "the plan has items for a basket");
    let config = WorldConfig {
        topology: Topology {
            regions: local.collect(),
            institutions: vec![institution.clone()],
            ..plan.topology.clone()
        },
        registry: Registry {
            personas: personas.collect(),
            baskets: BTreeMap::new(),
        },
        window: Window {
            phases: vec![live],
            margin_ms: 0,
            no_refund: None,
            no_self_pay: None,
            suspended: Vec::new(),
            amended: Vec::new(),
        },
        arranged: Vec::new(),
        msgid_mode: Default::default(),
        purge: Vec::new(),
        faults: Vec::new(),
        gates: Default::default(),
        elsewhere: Default::default(),
        parties_dir: None,
        time: Arc::new(move || now),
    };
    let counter = Counter {
        institution: institution.code.clone(),
        region: region.as_str().to_owned(),
        items,
        now,
        written: 0,
    };
    (config, counter)
}

fn person(number: usize) -> String {
    format!("9999{number:022}")
}

impl Counter {
    /// The platform that is asked.
    pub(crate) fn platform(&self) -> Party {
        Party::new(Role::Treatment, self.region.clone())
    }

    /// 2201 of a person.
    pub(crate) fn visit(&mut self, person: usize) -> String {
        self.message("2201", person, &json!({}))
    }

    /// 2203 of a visit.
    pub(crate) fn diagnosed(&mut self, person: usize, visit: &str) -> String {
        self.message("2203", person, &json!({"mdtrtinfo": {"mdtrt_id": visit}}))
    }

    /// 2204 of a visit: the whole basket.
    pub(crate) fn charged(&mut self, person: usize, visit: &str) -> String {
        let line = |(number, item): (usize, &String)| {
            json!({"feedetl_sn": format!("L{}", number + 1), "mdtrt_id": visit, "chrg_bchno": "B1",
                "med_list_codg": item, "medins_list_codg": item, "pric": BASKET[number].0, "cnt": BASKET[number].1,
                "det_item_fee_sumamt": AMOUNTS[number], "hosp_appr_flag": "1"})
        };
        let lines: Vec<Value> = self.items.iter().enumerate().map(line).collect();
        self.message("2204", person, &json!({ "feedetail": lines }))
    }

    /// 2207 of a visit.
    pub(crate) fn settled(&mut self, person: usize, visit: &str) -> String {
        let bill = json!({"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": TOTAL});
        self.message("2207", person, &json!({ "data": bill }))
    }

    /// 1101: who the person is; books nothing.
    pub(crate) fn read(&mut self, person: usize) -> String {
        self.message("1101", person, &json!({}))
    }

    fn message(&mut self, infno: &str, who: usize, with: &Value) -> String {
        let second = self
            .now
            .plus_ms(i64::try_from(self.written / SERIALS).expect("few") * 1_000);
        let serial = u16::try_from(self.written % SERIALS + 1).expect("four digits");
        self.written += 1;
        let msgid = MsgId::compose(&self.institution, second, serial);
        let known = catalogue()
            .transaction(&InfNo::new(infno))
            .expect("the interface has it");
        let mut input = Map::new();
        for node in &known.input {
            let given = with.get(node.id).cloned();
            if given.is_none() && !node.required {
                continue;
            }
            let value = match given.unwrap_or_else(|| json!({})) {
                Value::Array(items) => Value::Array(
                    items
                        .into_iter()
                        .map(|one| filled(node, one, who))
                        .collect(),
                ),
                one if node.kind == NodeKind::List => json!([filled(node, one, who)]),
                one => filled(node, one, who),
            };
            input.insert(node.id.to_owned(), value);
        }
        let institution = self.institution.as_str();
        json!({
            "infno": infno, "msgid": msgid.as_str(), "mdtrtarea_admvs": self.region, "insuplc_admdvs": self.region,
            "recer_sys_code": "FSI_LOCAL", "infver": "1.0", "opter_type": "1", "opter": "01", "opter_name": "t",
            "inf_time": self.now.wire(), "fixmedins_code": institution, "fixmedins_name": "t", "input": input,
        })
        .to_string()
    }
}

/// A node with all that the interface demands of it.
fn filled(node: &NodeSpec, given: Value, who: usize) -> Value {
    let Value::Object(mut item) = given else {
        panic!("a node is an object");
    };
    for field in node.fields.iter().filter(|field| field.need == Need::Yes) {
        let usual = match (field.name, field.kind) {
            ("psn_no" | "mdtrt_cert_no", _) => json!(person(who)),
            ("insutype", _) => json!("310"),
            ("mdtrt_cert_type", _) => json!("02"),
            ("med_type", _) => json!("11"),
            ("acct_used_flag", _) => json!("1"),
            ("mid_setl_flag", _) => json!("0"),
            (_, FieldKind::Number { .. }) => json!(0),
            (_, FieldKind::Date) => json!("2017-06-01"),
            (_, FieldKind::DateTime) => json!("2017-06-01 09:30:00"),
            _ => json!("1"),
        };
        item.entry(field.name).or_insert(usual);
    }
    Value::Object(item)
}
