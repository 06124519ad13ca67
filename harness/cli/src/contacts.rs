//! 联系人 · Whom to call at each place, kept beside a run so that its reports can name them next to a failure.
//!
//! Why beside it: they are people of institutions, not persons swiped, and no evidence; the journal holds none of them. Written
//! when a run begins, read by whoever tells it later. Not here: the form that collects them (`command::form`).

use std::fs;
use std::io;
use std::path::Path;

use crosswipe_reports::Leads;
use crosswipe_scenarios::{Lead, Plan};

use crate::complain::{Trouble, to_stderr};
use crate::rundir;

/// Their file in the run folder.
const CONTACTS: &str = "contacts.json";

/// Every place of the plan, whether somebody is named there or not; the hub, which has no name of its own, under this one.
pub(crate) fn of(plan: &Plan, hub: &str) -> Vec<Leads> {
    let regions = plan.topology.regions.iter();
    let institutions = plan.topology.institutions.iter();
    let mut places: Vec<(String, String)> = vec![(plan.topology.hub.to_string(), hub.to_owned())];
    places.extend(regions.map(|one| (one.code.to_string(), one.name.clone())));
    places.extend(institutions.map(|one| (one.code.to_string(), one.name.clone())));
    let lead = |lead: Option<&Lead>| {
        lead.map_or_else(Default::default, |lead| {
            [lead.name.clone(), lead.phone.clone()]
        })
    };
    let leads = |(code, name): (String, String)| {
        let named = plan.contacts.iter().find(|contact| contact.place == code);
        Leads {
            department: named.map_or_else(String::new, |one| one.department.clone()),
            business: lead(named.map(|one| &one.business)),
            systems: lead(named.map(|one| &one.systems)),
            code,
            name,
        }
    };
    places.into_iter().map(leads).collect()
}

/// What the hub is called in the file; reports call it by their own language.
const HUB: &str = "省平台";

/// Keeps those of a plan that names any.
pub(crate) fn keep(dir: &Path, plan: &Plan) -> Result<(), Trouble> {
    if plan.contacts.is_empty() {
        return Ok(());
    }
    let mut text = serde_json::to_string_pretty(&of(plan, HUB)).expect("plain texts are JSON");
    text.push('\n');
    rundir::write(&dir.join(CONTACTS), text.as_bytes())
}

/// Those that were kept; none where the plan named none, and none in a bundle. What cannot be read is said and is no reason
/// not to judge: they are no evidence.
pub(crate) fn kept(dir: &Path) -> Vec<Leads> {
    let path = dir.join(CONTACTS);
    let read = fs::read(&path).and_then(|text| Ok(serde_json::from_slice(&text)?));
    read.unwrap_or_else(|error: io::Error| {
        use io::ErrorKind::{NotADirectory, NotFound};
        if !matches!(error.kind(), NotFound | NotADirectory) {
            to_stderr(&format!(
                "联系人读不懂, 报告里不列 · contacts cannot be read, so the reports name none: {}: {error}\n",
                path.display()
            ));
        }
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const ONE: &str = r#"[{"code": "330100", "name": "杭州", "department": "", "business": ["张三", ""], "systems": ["", ""]}]"#;

    #[rstest]
    #[case::none(None, 0)]
    #[case::one(Some(ONE), 1)]
    #[case::cut_off(Some(&ONE[..40]), 0)]
    #[case::of_another_shape(Some("{}"), 0)]
    fn contacts_never_stand_in_the_way(#[case] text: Option<&str>, #[case] named: usize) {
        let dir = tempfile::tempdir().unwrap();
        if let Some(text) = text {
            fs::write(dir.path().join(CONTACTS), text).unwrap();
        }
        assert_eq!(kept(dir.path()).len(), named);
    }

    #[test]
    fn a_bundle_has_none() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(kept(file.path()).is_empty());
    }
}
