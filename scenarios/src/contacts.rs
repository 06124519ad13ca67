//! 联系人 · Reads `contacts:` of a plan: whom to call at each place, for business and for systems.
//!
//! Why so: a cutover is a night of telephone calls, and the notices collect exactly this: per region and institution one
//! lead for business and one for information. Who is missing is told when the plan is read, not in the night.
//! These are people at work, not persons swiped: they are shown on cards, and are in no journal.
//! Called by `load`. Not here: whom a card names (`cli`).

use std::sync::Arc;

use crosswipe_domain::{Topology, both};

use crate::codes;
use crate::problem::{At, Noun, Problems, Said, noun};
use crate::source::Source;
use crate::table::{Column, read_table};
use crate::words;

/// 联系人 · Whom to call at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Code of the hub, a region or an institution.
    pub place: String,
    /// Department and position.
    pub department: String,
    /// 业务负责人
    pub business: Lead,
    /// 信息负责人
    pub systems: Lead,
}

/// 负责人 · One lead; both texts are empty where nobody is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// Name.
    pub name: String,
    /// Telephone, as written.
    pub phone: String,
}

impl Lead {
    /// True if somebody is named and can be called.
    pub fn is_named(&self) -> bool {
        !self.name.is_empty() && !self.phone.is_empty()
    }
}

const COLUMNS: [Column; 6] = [
    Column {
        en: "place",
        zh: "单位代码",
    },
    Column {
        en: "department",
        zh: "部门职务",
    },
    Column {
        en: "business_lead",
        zh: "业务负责人",
    },
    Column {
        en: "business_phone",
        zh: "业务电话",
    },
    Column {
        en: "systems_lead",
        zh: "信息负责人",
    },
    Column {
        en: "systems_phone",
        zh: "信息电话",
    },
];

/// All contacts, in the order of the table; `at` is where the plan names it.
pub(crate) fn read_contacts(
    source: &Arc<Source>,
    at: &At,
    topology: &Topology,
    problems: &Problems,
) -> Vec<Contact> {
    let rows = read_table(source, &COLUMNS, problems);
    let places: Vec<Said<String>> = rows.iter().map(|row| row.cells[0].clone()).collect();
    words::report_duplicates(noun("联系人", "contact"), &places, problems);
    let known: Vec<String> = expected(topology);
    let mut contacts = Vec::new();
    for row in &rows {
        let text = |index: usize| row.cells[index].value.trim().to_owned();
        let lead = |name: usize| Lead {
            name: text(name),
            phone: text(name + 1),
        };
        if !known.contains(&text(0)) {
            let candidates = known.iter().map(String::as_str);
            let place = &row.cells[0];
            problems.push(words::unknown(
                codes::UNKNOWN_PARTY,
                noun("地点", "place"),
                place,
                candidates,
            ));
            continue;
        }
        contacts.push(Contact {
            place: text(0),
            department: text(1),
            business: lead(2),
            systems: lead(4),
        });
    }
    report_missing(at, &known, &contacts, problems);
    contacts
}

/// Every place of the plan: the hub, the regions, the institutions.
fn expected(topology: &Topology) -> Vec<String> {
    let hub = topology.hub.to_string();
    let regions = topology
        .regions
        .iter()
        .map(|region| region.code.to_string());
    let institutions = topology.institutions.iter();
    let institutions = institutions.map(|institution| institution.code.to_string());
    std::iter::once(hub)
        .chain(regions)
        .chain(institutions)
        .collect()
}

fn report_missing(at: &At, known: &[String], contacts: &[Contact], problems: &Problems) {
    let of = |place: &String| contacts.iter().find(|contact| contact.place == *place);
    let lacks = |pick: fn(&Contact) -> &Lead| -> Vec<&str> {
        let missing = known
            .iter()
            .filter(|place| !of(place).map(pick).is_some_and(Lead::is_named));
        missing.map(String::as_str).collect()
    };
    for (Noun { zh, en }, missing) in [
        (
            noun("业务负责人", "business lead"),
            lacks(|contact| &contact.business),
        ),
        (
            noun("信息负责人", "systems lead"),
            lacks(|contact| &contact.systems),
        ),
    ] {
        if missing.is_empty() {
            continue;
        }
        let message = both!(
            "{} 没有写{zh}和电话",
            "no {en} with a telephone at {}",
            missing.join(", ")
        );
        let help = both!(
            "补上姓名和电话; 切换当夜要找得到人",
            "add name and telephone: somebody must answer in the night of the cutover"
        );
        let problem = at.error(codes::MISSING_CONTACT, message).help(help);
        problems.push(problem.into_warning());
    }
}
