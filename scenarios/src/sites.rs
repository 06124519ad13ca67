//! 分站点 · A plan cut into one folder per site: what is swiped at an institution, or whose insured are swiped, with its
//! persons, its slots and its endpoint, and nothing of others.
//!
//! What an office does by itself is at no institution, so it is in the folder of its region alone.
//! Why from the files and not from the values: what a site reads and changes should look like what the province wrote; so
//! each file is read as it stands, and lines of others are taken out. Every folder is a plan of its own, and the cases of
//! all sites together are those of the whole.
//! Called by `cli` (`plan --by-site`). Not here: whether the folders load again (`cli` reads each back).

mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{AdmDivision, InstitutionCode, Party, sha256_hex};

use self::yaml::{Yaml, document, read};
use crate::folder::PLAN_FILE;
use crate::node::Node;
use crate::source::decode;
use crate::table::cells_of;
use crate::{Case, Plan, Shows, Step, Timetable};

/// A scenario with its fragments put in and its rows turned into cases, as a file: a site gets its own lines and no table
/// of others.
pub(crate) fn spelled(node: &Node) -> Vec<u8> {
    let tree = yaml::tree(node);
    let Yaml::Map(mut entries) = tree else {
        return document(&tree);
    };
    entries.retain(|(key, _)| key != "fragments");
    for (key, value) in &mut entries {
        if key == "cases" {
            let cases = std::mem::replace(value, Yaml::List(Vec::new()));
            *value = cases.each(|case| Some(case.without("rows", true)));
        }
    }
    document(&Yaml::Map(entries))
}

/// 站点 · One site's share of a plan.
#[derive(Clone, Debug)]
pub struct Site {
    /// Code of the institution, or of the region whose insured are swiped.
    pub code: String,
    /// Indices into the plan's cases.
    pub cases: Vec<usize>,
    /// The plan's files for it, by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// All sites of a plan, institutions first. Proofs stay where they are (each has a world of its own), and so do cases that
/// a person and a HIS carry out together.
pub fn sites(plan: &Plan, table: &Timetable) -> Vec<Site> {
    let mut institutions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut regions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, case) in plan.cases.iter().enumerate() {
        let places = case.leaves().filter_map(place);
        if let Some(code) = places.into_iter().next() {
            institutions
                .entry(code.to_string())
                .or_default()
                .push(index);
        }
        let persona = case.leaves().find_map(Step::person);
        if let Some(persona) = persona.and_then(|label| plan.registry.persona(label)) {
            regions
                .entry(persona.insured.to_string())
                .or_default()
                .push(index);
        }
    }
    let all = institutions.into_iter().chain(regions);
    all.map(|(code, cases)| Site {
        files: Cut::of(plan, table, &cases).files(),
        code,
        cases,
    })
    .collect()
}

fn place(step: &Step) -> Option<&InstitutionCode> {
    match step {
        Step::Call(call) => Some(&call.institution),
        other => other.visit().map(|visit| visit.institution),
    }
}

/// 裁剪 · What of a plan some cases need.
struct Cut<'a> {
    plan: &'a Plan,
    /// By id.
    cases: BTreeMap<&'a str, &'a Case>,
    /// When the timetable begins a case that the plan does not time itself.
    starts: BTreeMap<&'a str, String>,
    persons: BTreeSet<&'a str>,
    institutions: BTreeSet<&'a str>,
    regions: BTreeSet<AdmDivision>,
    baskets: BTreeSet<&'a str>,
}

impl<'a> Cut<'a> {
    fn of(plan: &'a Plan, table: &Timetable, indices: &[usize]) -> Cut<'a> {
        let mut cut = Cut {
            plan,
            cases: BTreeMap::new(),
            starts: BTreeMap::new(),
            persons: BTreeSet::new(),
            institutions: BTreeSet::new(),
            regions: BTreeSet::new(),
            baskets: BTreeSet::from([plan.probe_basket.as_str()]),
        };
        for index in indices {
            let case = &plan.cases[*index];
            cut.cases.insert(case.id.as_str(), case);
            for step in case.leaves() {
                cut.institutions
                    .extend(place(step).map(InstitutionCode::as_str));
                cut.persons.extend(step.person());
                match step {
                    Step::Swipe(swipe) => cut.baskets.insert(&swipe.basket),
                    Step::Play(play) => cut.baskets.insert(&play.basket),
                    Step::Office(office) => {
                        cut.regions.insert(office.region);
                        let declares = office.declares.as_ref();
                        cut.institutions
                            .extend(declares.map(|(place, _)| place.as_str()));
                        office.claim.as_ref().is_some_and(|claim| {
                            cut.institutions.insert(claim.institution.as_str());
                            cut.baskets.insert(&claim.basket)
                        })
                    }
                    Step::Call(_) | Step::Parallel(_) => false,
                };
            }
        }
        for slot in &table.slots {
            let case = &plan.cases[slot.case];
            if plan.timing.written && !slot.fixed && cut.cases.contains_key(case.id.as_str()) {
                cut.starts
                    .insert(case.id.as_str(), crate::phases::shown(slot.from));
            }
        }
        for persona in &plan.registry.personas {
            if cut.persons.contains(persona.label.as_str()) {
                cut.regions.insert(persona.insured);
                cut.regions.extend(persona.former);
            }
        }
        // A phase that allows listed institutions only stays shut to others by naming one of them.
        let allowed = plan.window.phases.iter().flat_map(|phase| &phase.allow);
        for allow in allowed.filter(|allow| !allow.institutions.is_empty()) {
            let known = |code: &String| cut.institutions.contains(code.as_str());
            if !allow.institutions.iter().any(known) {
                cut.institutions
                    .extend(allow.institutions.first().map(String::as_str));
            }
        }
        for institution in &plan.topology.institutions {
            if cut.institutions.contains(institution.code.as_str()) {
                cut.regions.insert(institution.region);
            }
        }
        cut
    }

    /// Whether a code names something of this site; other words are none of its business.
    fn knows(&self, code: &str) -> bool {
        let regions = &self.regions;
        self.institutions.contains(code) || regions.iter().any(|region| region.as_str() == code)
    }

    fn knows_party(&self, party: &str) -> bool {
        let parties = self.plan.topology.parties();
        let found: Option<&Party> = parties.iter().find(|one| one.to_string() == party);
        found.is_some_and(|found| {
            found.code == self.plan.topology.hub.as_str() || self.knows(&found.code)
        })
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let plan = &self.plan.files;
        let head = plan.get(PLAN_FILE).and_then(|bytes| read(bytes));
        let head = head.unwrap_or(Yaml::Map(Vec::new()));
        let named = |key: &str| head.get(key).and_then(Yaml::text);
        let [topology, persons, contacts, pairs, live, preflight] = [
            "topology",
            "persons",
            "contacts",
            "pairs",
            "live",
            "preflight",
        ]
        .map(named);
        let scenarios = head.get("scenarios").map(Yaml::texts).unwrap_or_default();
        let mut files = BTreeMap::new();
        let mut kept = Vec::new();
        let mut people = Vec::new();
        let tables = self.tables(&scenarios);
        for (path, bytes) in plan {
            let bytes = self.plan.spelled.get(path).unwrap_or(bytes);
            let is = |name: &Option<String>| name.as_ref() == Some(path);
            let made = if path == PLAN_FILE || is(&live) {
                continue; // they say what became of the others
            } else if is(&topology) {
                self.topology(bytes)
            } else if is(&persons) {
                let kept = table(bytes, |row| {
                    self.persons.contains(row("label", "标识").as_str())
                });
                people.clone_from(&kept);
                Some(kept)
            } else if is(&contacts) {
                let hub = self.plan.topology.hub;
                Some(table(bytes, |row| {
                    let place = row("place", "单位代码");
                    place == hub.as_str() || self.knows(&place)
                }))
            } else if is(&pairs) {
                Some(table(bytes, |row| {
                    self.knows(&row("insured", "参保地"))
                        && self.knows(&row("institution", "医疗机构"))
                }))
            } else if is(&preflight) {
                read(bytes).map(|node| document(&self.signed_in_here(node)))
            } else if scenarios.contains(path) {
                let made = self.scenario(bytes);
                kept.extend(made.is_some().then(|| path.clone()));
                made
            } else if self.plan.registry.baskets.contains_key(path) {
                self.baskets.contains(path.as_str()).then(|| bytes.clone())
            } else if tables.contains(path) {
                None // its lines stand in the scenarios by now
            } else {
                Some(bytes.clone())
            };
            files.extend(made.map(|made| (path.clone(), made)));
        }
        let addressed = live.and_then(|path| {
            let made = self.live(plan.get(&path)?, &people)?;
            files.insert(path, made);
            Some(())
        });
        // In the order of the plan.
        let kept: Vec<Yaml> = scenarios
            .into_iter()
            .filter(|path| kept.contains(path))
            .map(Yaml::Text)
            .collect();
        let head = head.without("live", addressed.is_none());
        files.insert(PLAN_FILE.to_owned(), self.head(head, kept));
        files
    }

    /// Files that scenarios take fragments and rows from.
    fn tables(&self, scenarios: &[String]) -> BTreeSet<String> {
        let files = scenarios
            .iter()
            .filter_map(|path| self.plan.files.get(path));
        let mut named = BTreeSet::new();
        for node in files.filter_map(|bytes| read(bytes)) {
            named.extend(node.get("fragments").and_then(Yaml::text));
            if let Some(Yaml::List(cases)) = node.get("cases") {
                let rows = cases.iter().filter_map(|case| case.get("rows"));
                let files = rows.filter_map(Yaml::text);
                named.extend(
                    files.map(|file| file.split('!').next().unwrap_or_default().to_owned()),
                );
            }
        }
        named
    }

    /// `plan.yaml` with what is of this site.
    fn head(&self, head: Yaml, scenarios: Vec<Yaml>) -> Vec<u8> {
        let Yaml::Map(entries) = head else {
            return Vec::new();
        };
        let mut kept: Vec<(String, Yaml)> = Vec::new();
        for (key, value) in entries {
            let value = match key.as_str() {
                "matrix" => None,
                "scenarios" => Some(Yaml::List(scenarios.clone())),
                "phases" => Some(value.each(|phase| Some(self.phase(phase)))),
                "suspend" | "known_issues" => Some(value.each(|one| self.limited(one))),
                "purge" => Some(value.each(|one| {
                    let of = one.get("party").and_then(Yaml::text);
                    of.is_none_or(|party| self.knows_party(&party))
                        .then_some(one)
                })),
                "schedule" => Some(self.schedule(value)),
                _ => Some(value),
            };
            kept.extend(value.map(|value| (key, value)));
        }
        let empty = |value: &Yaml| matches!(value, Yaml::List(list) if list.is_empty());
        kept.retain(|(key, value)| key == "scenarios" || !empty(value));
        let spoken = self.spoken(&kept);
        for (key, value) in &mut kept {
            if let (true, Yaml::Map(clauses)) = (key == "clauses", value) {
                clauses.retain(|(clause, _)| spoken.contains(clause));
            }
        }
        document(&Yaml::Map(kept))
    }

    /// Clauses of which something is left here.
    fn spoken(&self, kept: &[(String, Yaml)]) -> BTreeSet<String> {
        let mut spoken: BTreeSet<String> = self
            .cases
            .values()
            .flat_map(|case| case.covers.clone())
            .collect();
        for (key, value) in kept {
            if let (true, Yaml::List(list)) = (
                matches!(key.as_str(), "suspend" | "duties" | "open_points"),
                value,
            ) {
                for one in list {
                    spoken.extend(one.get("clause").and_then(Yaml::text));
                    spoken.extend(one.get("covers").map(Yaml::texts).unwrap_or_default());
                }
            }
        }
        spoken
    }

    /// A phase allows what of its institutions is left.
    fn phase(&self, phase: Yaml) -> Yaml {
        let Yaml::Map(entries) = phase else {
            return phase;
        };
        let one = |(key, value): (String, Yaml)| match key.as_str() {
            "allow" => {
                let left = value.each(|allow| self.limited(allow));
                let none = matches!(&left, Yaml::List(list) if list.is_empty());
                (!none).then_some((key, left))
            }
            _ => Some((key, value)),
        };
        Yaml::Map(entries.into_iter().filter_map(one).collect())
    }

    /// What names places names those of this site; `None` if it names others only, since an empty list would mean all.
    fn limited(&self, entry: Yaml) -> Option<Yaml> {
        let Yaml::Map(entries) = entry else {
            return Some(entry);
        };
        let mut left = Vec::new();
        for (key, value) in entries {
            let places = matches!(
                key.as_str(),
                "institutions" | "institution" | "insured" | "treatment"
            );
            if !places {
                left.push((key, value));
                continue;
            }
            let mut codes = value.texts();
            codes.retain(|code| self.knows(code));
            if codes.is_empty() {
                return None;
            }
            left.push((key, Yaml::List(codes.into_iter().map(Yaml::Text).collect())));
        }
        Some(Yaml::Map(left))
    }

    fn schedule(&self, schedule: Yaml) -> Yaml {
        let Yaml::Map(entries) = schedule else {
            return schedule;
        };
        let of = |node: &Yaml, key: &str| node.get(key).and_then(Yaml::text).unwrap_or_default();
        let one = |(key, value): (String, Yaml)| {
            let value = match (key.as_str(), value) {
                ("agreed", Yaml::Map(agreed)) => Yaml::Map(
                    agreed
                        .into_iter()
                        .filter(|(key, _)| {
                            matches!(key.as_str(), "region" | "institution") || self.knows(key)
                        })
                        .collect(),
                ),
                ("cards", value) => value.each(|card| {
                    let kept = self.persons.contains(of(&card, "person").as_str())
                        && self.knows(&of(&card, "place"));
                    kept.then_some(card)
                }),
                ("travel", Yaml::Map(travel)) => Yaml::Map(
                    travel
                        .into_iter()
                        .map(|(key, value)| match key.as_str() {
                            "between" => {
                                let kept = value.each(|way| {
                                    let here = self.knows(&of(&way, "from"))
                                        && self.knows(&of(&way, "to"));
                                    here.then_some(way)
                                });
                                (key, kept)
                            }
                            _ => (key, value),
                        })
                        .collect(),
                ),
                (_, value) => value,
            };
            (key, value)
        };
        Yaml::Map(entries.into_iter().map(one).collect())
    }

    /// The regions that the cases touch, and of their institutions those that the cases name.
    fn topology(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let Yaml::Map(entries) = read(bytes)? else {
            return None;
        };
        let code = |node: &Yaml| node.get("code").and_then(Yaml::text).unwrap_or_default();
        let region = |region: Yaml| {
            if !self.knows(&code(&region)) {
                return None;
            }
            let Yaml::Map(entries) = region else {
                return None;
            };
            let kept = entries.into_iter().map(|(key, value)| match key.as_str() {
                "institutions" => {
                    let kept = value.each(|one| {
                        self.institutions
                            .contains(code(&one).as_str())
                            .then_some(one)
                    });
                    (key, kept)
                }
                _ => (key, value),
            });
            Some(Yaml::Map(kept.collect()))
        };
        let kept = entries.into_iter().map(|(key, value)| match key.as_str() {
            "regions" => (key, value.each(region)),
            _ => (key, value),
        });
        Some(document(&Yaml::Map(kept.collect())))
    }

    /// Where this site's messages go; the registry's digest is that of its own list. `None` if it has no address there.
    fn live(&self, bytes: &[u8], people: &[u8]) -> Option<Vec<u8>> {
        let Yaml::Map(entries) = read(bytes)? else {
            return None;
        };
        let kept = entries.into_iter().map(|(key, value)| {
            let value = match key.as_str() {
                "registry" => Yaml::Text(sha256_hex(people)),
                "institutions" => value.each(|one| {
                    let code = one.get("code").and_then(Yaml::text).unwrap_or_default();
                    self.institutions.contains(code.as_str()).then_some(one)
                }),
                "books" => value.each(|one| {
                    let party = one.get("party").and_then(Yaml::text).unwrap_or_default();
                    self.knows_party(&party).then_some(one)
                }),
                _ => value,
            };
            (key, value)
        });
        let kept = Yaml::Map(kept.collect());
        let none = matches!(kept.get("institutions"), Some(Yaml::List(list)) if list.is_empty());
        (!none).then(|| document(&kept))
    }

    /// 签到 · Who signs in before the window is an institution of this site.
    fn signed_in_here(&self, node: Yaml) -> Yaml {
        match node {
            Yaml::Map(entries) => {
                let one = |(key, value): (String, Yaml)| {
                    let code = value.text().filter(|_| key == "institution");
                    let others =
                        code.is_some_and(|code| !self.institutions.contains(code.as_str()));
                    match self.institutions.first().filter(|_| others) {
                        Some(own) => (key, Yaml::Text((*own).to_owned())),
                        None => (key, self.signed_in_here(value)),
                    }
                };
                Yaml::Map(entries.into_iter().map(one).collect())
            }
            Yaml::List(list) => Yaml::List(
                list.into_iter()
                    .map(|one| self.signed_in_here(one))
                    .collect(),
            ),
            other => other,
        }
    }

    /// A scenario file with the cases of this site; `None` if it has none.
    fn scenario(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let Yaml::Map(entries) = read(bytes)? else {
            return None;
        };
        let node = Yaml::Map(entries);
        let scenario = node.get("scenario").and_then(Yaml::text)?;
        let for_matrix = node.get("for").is_some();
        let mut cases: Vec<Yaml> = Vec::new();
        let listed = node.get("cases").cloned();
        if let Some(Yaml::List(listed)) = listed {
            for case in listed {
                let id = format!("{scenario}/{}", case.get("case").and_then(Yaml::text)?);
                if self.cases.contains_key(id.as_str()) && case.get("proves").is_none() {
                    cases.push(self.timed(case, &id));
                }
            }
        } else if for_matrix {
            let steps = node.get("steps")?.clone();
            let prefix = format!("{scenario}/");
            for (id, case) in &self.cases {
                if let (Some(name), true) = (id.strip_prefix(prefix.as_str()), case.matrix) {
                    let seated = Yaml::Map(vec![
                        ("case".to_owned(), Yaml::Text(name.to_owned())),
                        ("title".to_owned(), Yaml::Text(case.title.clone())),
                        ("steps".to_owned(), seat(steps.clone(), case)),
                    ]);
                    cases.push(self.timed(seated, id));
                }
            }
        } else if self.cases.contains_key(scenario.as_str()) {
            return Some(document(&self.timed(node, &scenario)));
        }
        if cases.is_empty() {
            return None;
        }
        let Yaml::Map(entries) = node else {
            return None;
        };
        let mut kept: Vec<(String, Yaml)> = entries
            .into_iter()
            .filter(|(key, _)| !matches!(key.as_str(), "for" | "cases" | "steps"))
            .collect();
        kept.push(("cases".to_owned(), Yaml::List(cases)));
        Some(document(&Yaml::Map(kept)))
    }

    /// The case at its slot: what the timetable says stands in place of the case's own bound.
    fn timed(&self, case: Yaml, id: &str) -> Yaml {
        let (Some(start), Yaml::Map(mut entries)) = (self.starts.get(id), case.clone()) else {
            return case;
        };
        entries.retain(|(key, _)| !matches!(key.as_str(), "start" | "phase"));
        let at = entries.len().saturating_sub(1);
        entries.insert(at, ("start".to_owned(), Yaml::Text(start.clone())));
        Yaml::Map(entries)
    }
}

/// Every swipe and call of a matrix scenario gets the person and the place of its case.
fn seat(steps: Yaml, case: &Case) -> Yaml {
    let first = case.leaves().find_map(Step::visit);
    let shows = case.leaves().find_map(|step| match step {
        Step::Swipe(swipe) => Some(swipe.credential.shows.clone()),
        _ => None,
    });
    steps.each(|step| {
        let Yaml::Map(mut entries) = step else {
            return Some(step);
        };
        if let Some((_, branches)) = entries.iter_mut().find(|(key, _)| key == "parallel") {
            let inside = std::mem::replace(branches, Yaml::List(Vec::new()));
            *branches = inside.each(|branch| {
                Some(match branch {
                    Yaml::List(_) => seat(branch, case),
                    one => match seat(Yaml::List(vec![one]), case) {
                        Yaml::List(mut only) => only.pop()?,
                        other => other,
                    },
                })
            });
            return Some(Yaml::Map(entries));
        }
        let takes = |kind: &str| entries.iter().any(|(key, _)| key == kind);
        let (swipe, call) = (takes("swipe"), takes("call"));
        if let (Some(visit), true) = (first, swipe || call) {
            entries.push(("person".to_owned(), Yaml::Text(visit.persona.to_owned())));
            entries.push((
                "institution".to_owned(),
                Yaml::Text(visit.institution.to_string()),
            ));
        }
        let shown = match &shows {
            Some(Shows::Voucher { .. }) => Some("e-voucher"),
            Some(Shows::Card) => Some("card"),
            Some(Shows::Permit) => Some("residence-permit"),
            _ => None,
        };
        let written = entries.iter().any(|(key, _)| key == "credential");
        if let (Some(shown), true, false) = (shown, swipe, written) {
            entries.push(("credential".to_owned(), Yaml::Text(shown.to_owned())));
        }
        Some(Yaml::Map(entries))
    })
}

/// The rows of a table that `keep` says yes to; it asks for a cell by the column's English and Chinese name.
fn table(bytes: &[u8], keep: impl Fn(&dyn Fn(&str, &str) -> String) -> bool) -> Vec<u8> {
    let text = decode(bytes).unwrap_or_default();
    let mut lines = cells_of(text).into_iter();
    let head = lines.next().unwrap_or_default();
    let mut out = String::from("\u{feff}");
    let mut write = |cells: &[String]| {
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| match cell.contains([',', '"', '#']) {
                true => format!("\"{}\"", cell.replace('"', "\"\"")),
                false => cell.clone(),
            })
            .collect();
        out += &cells.join(",");
        out.push('\n');
    };
    write(&head);
    for cells in lines {
        let cell = |en: &str, zh: &str| -> String {
            let at = head.iter().position(|name| name == en || name == zh);
            at.and_then(|at| cells.get(at)).cloned().unwrap_or_default()
        };
        if keep(&cell) {
            write(&cells);
        }
    }
    out.into_bytes()
}
