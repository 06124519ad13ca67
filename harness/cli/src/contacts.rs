//! 联系人 · Whom to call at each place, kept beside a run so that its reports can name them next to a failure.
//!
//! Why beside it: they are people of institutions, not persons swiped, and no evidence; the journal holds none of them. Written
//! when a run begins, read by whoever tells it later. Not here: the form that collects them (`command::form`).

use std::fs;
use std::io;
use std::path::Path;

use crosswipe_reports::Leads;
use crosswipe_scenarios::{Lead, Plan};

use crate::complain::Trouble;
use crate::rundir;

/// Their file in the run folder.
const CONTACTS: &str = "contacts.json";

/// Every place of the plan, whether somebody is named there or not.
pub(crate) fn of(plan: &Plan) -> Vec<Leads> {
    let regions = plan.topology.regions.iter();
    let institutions = plan.topology.institutions.iter();
    let mut places: Vec<(String, String)> =
        vec![(plan.topology.hub.to_string(), "省平台 hub".to_owned())];
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

/// Keeps those of a plan that names any.
pub(crate) fn keep(dir: &Path, plan: &Plan) -> Result<(), Trouble> {
    if plan.contacts.is_empty() {
        return Ok(());
    }
    let mut text = serde_json::to_string_pretty(&of(plan)).expect("plain texts are JSON");
    text.push('\n');
    rundir::write(&dir.join(CONTACTS), text.as_bytes())
}

/// Those that were kept; none where the plan named none.
pub(crate) fn kept(dir: &Path) -> Result<Vec<Leads>, Trouble> {
    let path = dir.join(CONTACTS);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| Trouble::file("read", &path, error))?,
    };
    serde_json::from_str(&text)
        .map_err(|error| Trouble::file("read", &path, io::Error::other(error)))
}
