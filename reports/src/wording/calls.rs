//! 联系 · Whom to call about a failure, as every report says it beside the failure.
//!
//! They come from the plan's list of contacts, copied beside the run; where nobody is named, nothing is said.

use crosswipe_domain::{Party, Role};

use super::{Lang, terms};
use crate::story::{Case, Story};

/// `杭州市医保中心：业务 王工 0571-…；信息 李工 0571-…`; empty where nobody is named.
pub(crate) fn place(story: &Story, code: &str, lang: Lang) -> String {
    let Some(leads) = story.contacts.get(code) else {
        return String::new();
    };
    let lead = |word: &str, [name, phone]: &[String; 2]| {
        let told = format!("{name} {phone}");
        (!told.trim().is_empty()).then(|| format!("{word} {}", told.trim()))
    };
    let both = [
        lead(lang.pick("业务", "business"), &leads.business),
        lead(lang.pick("信息", "systems"), &leads.systems),
    ];
    let both: Vec<String> = both.into_iter().flatten().collect();
    if both.is_empty() {
        return String::new();
    }
    // A hub has no name but what it is.
    let is_hub = code == story.header.plan.hub.as_str();
    let name = match is_hub {
        true => terms::role(Role::Hub, lang),
        false => &leads.name,
    };
    let unit = [name, leads.department.as_str()];
    let unit: Vec<&str> = unit.into_iter().filter(|part| !part.is_empty()).collect();
    format!(
        "{}{}{}",
        unit.join(" "),
        lang.pick("：", ": "),
        both.join(lang.pick("；", "; "))
    )
}

/// Of a party: the place that it belongs to.
pub(crate) fn party(story: &Story, party: Option<&Party>, lang: Lang) -> String {
    party.map_or_else(String::new, |party| place(story, &party.code, lang))
}

/// About a case: its institution, then the places of care and of insurance; nobody for a good case.
pub(crate) fn of_case(story: &Story, case: &Case, lang: Lang) -> Vec<String> {
    if case.is_good() {
        return Vec::new();
    }
    let plan = &case.plan;
    let regions = [&plan.treatment, &plan.insured].into_iter().flatten();
    let places = plan.institution.as_deref().into_iter();
    let places = places.chain(regions.map(|code| code.as_str()));
    places
        .map(|code| place(story, code, lang))
        .filter(|call| !call.is_empty())
        .collect()
}
