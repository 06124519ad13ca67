//! 台架 · A small province and a counter that writes the messages of a HIS.
//!
//! Messages are filled up from the interface catalogue, so that a test names only what it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use crosswipe_domain::*;
use crosswipe_mocks::{Answer, FaultOrder, Lost, MemoryWorld, MsgidMode, WorldConfig};
use crosswipe_wire::{Context, FieldKind, Need, NodeKind, RefusalCode, catalogue};
use serde_json::{Map, Value, json};

pub(crate) const HANGZHOU: &str = "330100";
pub(crate) const NINGBO: &str = "330200";
pub(crate) const WENZHOU: &str = "330300";
pub(crate) const H_HANGZHOU: &str = "H33010000001";
pub(crate) const H_NINGBO: &str = "H33020000001";
/// Pharmacies.
pub(crate) const P_HANGZHOU: &str = "P33010000001";
pub(crate) const P_NINGBO: &str = "P33020000001";
/// 杭州职工, 杭州居民, 宁波职工, and one of the public.
pub(crate) const EMPLOYEE: &str = "99990000000000000000000001";
pub(crate) const RESIDENT: &str = "99990000000000000000000002";
pub(crate) const OTHER: &str = "99990000000000000000000003";
pub(crate) const PUBLIC: &str = "99990000000000000000000009";

pub(crate) fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

pub(crate) fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

pub(crate) fn division(code: &str) -> AdmDivision {
    AdmDivision::parse(code).unwrap()
}

/// An identity number of nobody: area 999999, with its check character found by trying.
fn identity(serial: u32) -> IdNumber {
    let body = format!("99999919900228{serial:03}");
    "0123456789X"
        .chars()
        .find_map(|check| IdNumber::parse(&format!("{body}{check}")).ok())
        .unwrap()
}

fn persona(no: &str, insured: &str, class: PersonClass, serial: u32, registered: bool) -> Persona {
    Persona {
        label: format!("p{serial}"),
        no: PersonNo::new(no),
        id_number: identity(serial),
        name: format!("测试{serial}"),
        insured: division(insured),
        enrolment: Default::default(),
        former: None,
        certificate: Default::default(),
        card_sn: String::new(),
        class,
        balance: yuan("1200.00"),
        deductible_used: yuan("760.00"),
        pool_paid: Money::ZERO,
        registered,
    }
}

fn tariff(code: &str, class: ItemClass, ceiling: Option<&str>, selfpay: i64) -> Tariff {
    let ceiling = ceiling.map(|text| UnitPrice::parse(text).unwrap());
    Tariff {
        code: code.into(),
        name: code.into(),
        class,
        ceiling,
        selfpay: Ratio::from_scaled(selfpay),
        coded: true,
        drug: code.starts_with("drug"),
    }
}

/// The items of both worked examples: code, price, count.
pub(crate) const OUTPATIENT: [(&str, &str, &str); 5] = [
    ("consultation", "25.00", "1"),
    ("drug-a", "18.60", "2"),
    ("drug-b", "26.75", "3"),
    ("ct", "380.00", "1"),
    ("vitamin", "45.50", "1"),
];
pub(crate) const OUTPATIENT_TOTAL: &str = "567.95";

fn phase(
    id: &str,
    kind: PhaseKind,
    from: &str,
    to: Option<&str>,
    scope: Option<Scope>,
    public: Public,
) -> Phase {
    let allow = |scope| Allow {
        business: vec![
            Business::Outpatient,
            Business::Inpatient,
            Business::Pharmacy,
        ],
        scope,
        classes: vec![],
        institutions: vec![],
        channels: vec![],
    };
    Phase {
        id: id.into(),
        kind,
        from: at(from),
        to: to.map(at),
        allow: scope.map(allow).into_iter().collect(),
        public,
        reads: None,
        quote: String::new(),
    }
}

fn window() -> Window {
    let frozen = phase(
        "frozen",
        PhaseKind::Frozen,
        "2017-05-31T18:00+08:00",
        Some("2017-06-01T09:00+08:00"),
        None,
        Public::Closed,
    );
    let joint = phase(
        "joint",
        PhaseKind::Joint,
        "2017-06-01T09:00+08:00",
        Some("2017-06-02T09:00+08:00"),
        Some(Scope::Arranged),
        Public::Closed,
    );
    let cross = phase(
        "cross",
        PhaseKind::Verify,
        "2017-06-02T09:00+08:00",
        Some("2017-06-04T18:00+08:00"),
        Some(Scope::CrossRegion),
        Public::Closed,
    );
    let local = phase(
        "local",
        PhaseKind::Verify,
        "2017-06-04T18:00+08:00",
        Some("2017-06-05T18:00+08:00"),
        Some(Scope::Local),
        Public::Closed,
    );
    let live = phase(
        "live",
        PhaseKind::Live,
        "2017-06-05T18:00+08:00",
        None,
        None,
        Public::Open,
    );
    Window {
        phases: vec![frozen, joint, cross, local, live],
        margin_ms: 7_200_000,
        no_refund: None,
        no_self_pay: None,
        suspended: Vec::new(),
        amended: Vec::new(),
    }
}

pub(crate) fn config(faults: &[&str]) -> WorldConfig {
    let region = |code: &str, name: &str| Region {
        code: division(code),
        name: name.into(),
        profile: Arc::new(Profile {
            recorded: vec![InfNo::new("4101")],
            ..Profile::default()
        }),
        old: None,
        outside: false,
    };
    let institution = |code: &str, region: &str| Institution {
        code: InstitutionCode::parse(code).unwrap(),
        name: code.into(),
        region: division(region),
        tier: 3,
    };
    let topology = Topology {
        old_platforms: false,
        hub: division("330000"),
        regions: vec![
            region(HANGZHOU, "杭州"),
            region(NINGBO, "宁波"),
            region(WENZHOU, "温州"),
        ],
        institutions: vec![
            institution(H_HANGZHOU, HANGZHOU),
            institution(H_NINGBO, NINGBO),
            institution(P_HANGZHOU, HANGZHOU),
            institution(P_NINGBO, NINGBO),
        ],
        tariffs: vec![
            tariff("consultation", ItemClass::A, Some("22.00"), 0),
            tariff("drug-a", ItemClass::A, None, 0),
            tariff("drug-b", ItemClass::B, None, 500),
            tariff("ct", ItemClass::B, Some("360.00"), 1000),
            tariff("vitamin", ItemClass::C, None, 0),
        ],
    };
    let personas = vec![
        persona(EMPLOYEE, HANGZHOU, PersonClass::Employee, 1, true),
        persona(RESIDENT, HANGZHOU, PersonClass::Resident, 2, true),
        persona(OTHER, NINGBO, PersonClass::Employee, 3, true),
        persona(PUBLIC, HANGZHOU, PersonClass::Employee, 9, false),
    ];
    WorldConfig {
        topology,
        registry: Registry {
            personas,
            baskets: BTreeMap::new(),
        },
        window: window(),
        arranged: vec![(division(HANGZHOU), H_NINGBO.to_owned())],
        msgid_mode: MsgidMode::Replay,
        purge: Vec::new(),
        faults: faults
            .iter()
            .map(|text| text.parse::<FaultOrder>().unwrap())
            .collect(),
        gates: Default::default(),
        elsewhere: Default::default(),
        parties_dir: None,
        time: Arc::new(|| at("2017-06-02T10:00+08:00")),
    }
}

/// How an exchange ended, as a test sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    Ok(Value),
    Refused(RefusalCode),
    Unknown,
}

impl Said {
    #[track_caller]
    pub(crate) fn output(self) -> Value {
        match self {
            Said::Ok(output) => output,
            other => panic!("expected success, got {other:?}"),
        }
    }
}

/// What carries a counter's messages.
pub(crate) trait Carrier {
    fn exchange(
        &self,
        now: Moment,
        party: &Party,
        context: Option<&Context>,
        body: &str,
    ) -> Result<Answer, Lost>;
    fn export(&self, party: &Party) -> Export;
}

impl Carrier for MemoryWorld {
    fn exchange(
        &self,
        now: Moment,
        party: &Party,
        context: Option<&Context>,
        body: &str,
    ) -> Result<Answer, Lost> {
        MemoryWorld::exchange(self, now, party, "/", context, body.as_bytes())
    }
    fn export(&self, party: &Party) -> Export {
        MemoryWorld::export(self, party, at("2017-06-03T00:00+08:00")).unwrap()
    }
}

/// 柜台 · Writes and sends a hospital's messages.
pub(crate) struct Counter<'w> {
    pub(crate) world: &'w dyn Carrier,
    pub(crate) party: Party,
    pub(crate) institution: String,
    pub(crate) person: String,
    pub(crate) insured: String,
    pub(crate) insutype: String,
    pub(crate) now: Moment,
    pub(crate) serial: u16,
    pub(crate) last_msgid: String,
    pub(crate) last_body: String,
}

impl<'w> Counter<'w> {
    pub(crate) fn new(world: &'w dyn Carrier, institution: &str, person: &str) -> Counter<'w> {
        let insured = if person == OTHER { NINGBO } else { HANGZHOU };
        let insutype = if person == RESIDENT { "390" } else { "310" };
        Counter {
            world,
            party: Party::new(Role::His, institution),
            institution: institution.into(),
            person: person.into(),
            insured: insured.into(),
            insutype: insutype.into(),
            now: at("2017-06-02T10:00+08:00"),
            serial: 0,
            last_msgid: String::new(),
            last_body: String::new(),
        }
    }

    pub(crate) fn treatment(&self) -> &str {
        &self.institution[1..7]
    }

    pub(crate) fn path(&self) -> Vec<Party> {
        let config = config(&[]);
        let institution = config
            .topology
            .institution(&InstitutionCode::parse(&self.institution).unwrap())
            .unwrap()
            .clone();
        config.topology.path(&institution, division(&self.insured))
    }

    pub(crate) fn new_msgid(&mut self) -> String {
        self.serial += 1;
        MsgId::compose(
            &InstitutionCode::parse(&self.institution).unwrap(),
            self.now,
            self.serial,
        )
        .as_str()
        .to_owned()
    }

    /// Sends a message; `with` gives its nodes, the catalogue fills in what is mandatory beside.
    pub(crate) fn send(&mut self, infno: &str, with: Value) -> Said {
        let msgid = self.new_msgid();
        let body = self.message(infno, &msgid, with);
        self.send_body(&msgid, body)
    }

    pub(crate) fn send_body(&mut self, msgid: &str, body: String) -> Said {
        (self.last_msgid, self.last_body) = (msgid.to_owned(), body.clone());
        said(self.world.exchange(self.now, &self.party, None, &body))
    }

    pub(crate) fn message(&self, infno: &str, msgid: &str, with: Value) -> String {
        let spec = catalogue()
            .transaction(&InfNo::new(infno))
            .map_or(&[][..], |t| &t.input);
        let mut input = Map::new();
        for node in spec {
            let given = with.get(node.id).cloned();
            if given.is_none() && !node.required {
                continue;
            }
            let items = match given {
                Some(Value::Array(items)) => items,
                Some(item) => vec![item],
                None => vec![json!({})],
            };
            let mut filled: Vec<Value> = items
                .into_iter()
                .map(|item| self.fill(node, item))
                .collect();
            let value = if node.kind == NodeKind::List {
                Value::Array(filled)
            } else {
                filled.remove(0)
            };
            input.insert(node.id.to_owned(), value);
        }
        json!({
            "infno": infno, "msgid": msgid, "mdtrtarea_admvs": self.treatment(), "insuplc_admdvs": self.insured,
            "recer_sys_code": "FSI_LOCAL", "infver": "1.0", "opter_type": "1", "opter": "01", "opter_name": "t",
            "inf_time": self.now.wire(), "fixmedins_code": self.institution, "fixmedins_name": "t", "input": input,
        })
        .to_string()
    }

    fn fill(&self, node: &crosswipe_wire::NodeSpec, given: Value) -> Value {
        let mut item = given.as_object().unwrap().clone();
        for field in node.fields.iter().filter(|field| field.need == Need::Yes) {
            let default = match (field.name, field.kind) {
                ("psn_no", _) => json!(self.person),
                ("insutype", _) => json!(self.insutype),
                ("mdtrt_cert_type", _) => json!("02"),
                ("mdtrt_cert_no", _) => json!(self.person),
                ("med_type", _) => json!("11"),
                ("acct_used_flag", _) => json!("1"),
                ("mid_setl_flag", _) => json!("0"),
                ("endtime" | "stmt_enddate", _) => json!("2017-06-30 00:00:00"),
                (_, FieldKind::Number { .. }) => json!(0),
                (_, FieldKind::Date) => json!("2017-06-01"),
                (_, FieldKind::DateTime) => json!("2017-06-02 09:30:00"),
                _ => json!("1"),
            };
            item.entry(field.name).or_insert(default);
        }
        Value::Object(item)
    }

    /// Lines of a basket, numbered from `first`.
    pub(crate) fn lines(
        &self,
        visit: &str,
        batch: &str,
        basket: &[(&str, &str, &str)],
        first: usize,
    ) -> Value {
        let line = |(i, (code, price, count)): (usize, &(&str, &str, &str))| {
            let amount = Money::of(
                UnitPrice::parse(price).unwrap(),
                Quantity::parse(count).unwrap(),
            )
            .unwrap();
            json!({"feedetl_sn": format!("L{}", first + i), "mdtrt_id": visit, "chrg_bchno": batch, "med_list_codg": code,
                "medins_list_codg": code, "pric": price, "cnt": count, "det_item_fee_sumamt": amount.to_string(), "hosp_appr_flag": "1"})
        };
        json!({ "feedetail": basket.iter().enumerate().map(line).collect::<Vec<_>>() })
    }

    /// 2201 2203 2204: a visit with the example's basket.
    #[track_caller]
    pub(crate) fn charged_visit(&mut self) -> String {
        let visit = text(&self.send("2201", json!({})).output()["data"]["mdtrt_id"]);
        self.send("2203", json!({"mdtrtinfo": {"mdtrt_id": visit}}))
            .output();
        let lines = self.lines(&visit, "B1", &OUTPATIENT, 1);
        self.send("2204", lines).output();
        visit
    }

    pub(crate) fn bill(&self, visit: &str) -> Value {
        json!({"data": {"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": OUTPATIENT_TOTAL}})
    }

    /// 2401 2301 2402: a stay with the same basket, discharged.
    #[track_caller]
    pub(crate) fn charged_stay(&mut self) -> String {
        let stay = text(
            &self
                .send("2401", json!({"mdtrtinfo": {"med_type": "21"}}))
                .output()["result"]["mdtrt_id"],
        );
        let lines = self.lines(&stay, "", &OUTPATIENT, 1);
        self.send("2301", lines).output();
        stay
    }

    pub(crate) fn discharge(&mut self, stay: &str) -> Said {
        let diagnosis = json!({"mdtrt_id": stay, "maindiag_flag": "1"});
        self.send("2402", json!({"dscginfo": {"mdtrt_id": stay, "endtime": "2017-06-03 09:00:00"}, "diseinfo": [diagnosis]}))
    }
}

pub(crate) fn said(answer: Result<Answer, Lost>) -> Said {
    let Ok(Answer {
        status: 200, body, ..
    }) = answer
    else {
        return Said::Unknown;
    };
    let Ok(value) = serde_json::from_str::<Value>(&body) else {
        return Said::Unknown;
    };
    match value["infcode"].as_i64() {
        Some(0) => Said::Ok(value["output"].clone()),
        _ => match RefusalCode::of_err_msg(value["err_msg"].as_str().unwrap_or_default()) {
            Some(RefusalCode::Downstream) | None => Said::Unknown,
            Some(code) => Said::Refused(code),
        },
    }
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// Books of every party of the small province.
pub(crate) fn books(world: &dyn Carrier) -> BTreeMap<Party, Export> {
    config(&[])
        .topology
        .parties()
        .into_iter()
        .map(|party| (party.clone(), world.export(&party)))
        .collect()
}

/// Every cell as at the start; every log longer or equal, and what was there unchanged; the log adds up to the cells.
#[track_caller]
pub(crate) fn check_rolled_back(before: &BTreeMap<Party, Export>, after: &BTreeMap<Party, Export>) {
    for (party, after) in after {
        let before = &before[party];
        assert_eq!(before.cells, after.cells, "{party}");
        assert_eq!(
            before.log,
            after.log[..before.log.len()],
            "{party}: history was touched"
        );
        for row in after.rows.iter().filter(|row| row.cause.infno != "open") {
            assert!(
                row.is_terminal(),
                "{party}: {} {} is {}",
                row.kind,
                row.id,
                row.status
            );
        }
        check_adds_up(after);
    }
}

/// The log adds up to the cells, and the money of each group to zero.
#[track_caller]
pub(crate) fn check_adds_up(export: &Export) {
    let (mut cells, mut groups) = (BTreeMap::new(), BTreeMap::new());
    for row in &export.log {
        if let Entry::Posting {
            cell, unit, amount, ..
        } = &row.entry
        {
            *cells.entry((cell.clone(), *unit)).or_insert(0) += amount;
            *groups.entry(row.group).or_insert(0) += if *unit == Unit::Fen { *amount } else { 0 };
        }
    }
    let shown: Vec<Cell> = cells
        .into_iter()
        .filter(|(_, v)| *v != 0)
        .map(|((key, unit), value)| Cell { key, unit, value })
        .collect();
    assert_eq!(shown, export.cells, "{}", export.party);
    assert!(
        groups.values().all(|net| *net == 0),
        "{}: a group is off balance",
        export.party
    );
}
