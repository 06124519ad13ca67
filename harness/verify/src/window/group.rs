//! 分组 · Which runs share books and names of persons, and in what order they stood.
//!
//! Why so: every mock run stands up a world of its own, so the parties of two runs may have nothing in common but
//! their codes. Compared all the same, they would drown a reader in differences that mean nothing; taken as one, they
//! would prove nothing. A world says who it is in RUN. The same goes for persons: with another pseudonym key a person
//! has another name, and «open at two sites» cannot be seen.
//! Called by `window`. Not here: what is compared inside a group.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{Party, Rule};
use crosswipe_journal::{Payload, Record};

use super::{Member, RunPapers, WindowFinding};
use crate::draft::finding;

/// The runs by time of their first record; those of one instant by descent, then by id.
pub(super) fn in_order<'a>(papers: &[RunPapers<'a>]) -> Vec<Member<'a>> {
    let mut members: Vec<Member<'a>> = papers
        .iter()
        .filter_map(|papers| {
            let first = papers.evidence.records.first()?;
            let Payload::Run(header) = &first.payload else {
                return None;
            };
            Some(Member {
                place: 0,
                papers: *papers,
                header,
                began: first.at,
            })
        })
        .collect();
    let depths = depths(&members);
    let key = |member: &Member<'a>| {
        (
            member.began,
            depths.get(head(member)).copied().unwrap_or(0),
            member.header.run_id.clone(),
            head(member),
        )
    };
    members.sort_by(|a, b| key(a).cmp(&key(b)));
    for (index, member) in members.iter_mut().enumerate() {
        member.place = index + 1;
    }
    members
}

fn head<'a>(member: &Member<'a>) -> &'a str {
    &member.papers.evidence.journal.head
}

/// How many of the given runs were begun before each at its site, by the head of its chain.
fn depths<'a>(members: &[Member<'a>]) -> BTreeMap<&'a str, usize> {
    let mut owner: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        let records: &[Record] = &member.papers.evidence.records;
        owner.extend(records.iter().map(|record| (record.sha256.as_str(), index)));
    }
    let before = |index: usize| {
        let hash = members[index].header.previous_tail.as_deref()?;
        owner.get(hash).copied()
    };
    let depth = |start: usize| {
        // A forged circle ends too.
        let steps = std::iter::successors(before(start), |index| before(*index));
        steps.take(members.len()).count()
    };
    (0..members.len())
        .map(|index| (head(&members[index]), depth(index)))
        .collect()
}

/// Indices of the runs that stood on the same books and name persons alike; inside a group in order of their books.
pub(super) fn groups(members: &[Member<'_>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for index in 0..members.len() {
        let fits = |group: &&mut Vec<usize>| {
            let first = &members[group[0]];
            // What was read in has no books to share.
            !members[index].is_listed()
                && !first.is_listed()
                && first.header.world == members[index].header.world
                && group
                    .iter()
                    .all(|other| names_agree(&members[*other], &members[index]))
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    for group in &mut groups {
        sort_by_books(members, group);
    }
    groups
}

/// A later t0 shows longer logs: where clocks say the same, the books know.
fn sort_by_books(members: &[Member<'_>], group: &mut [usize]) {
    let lsns = |index: usize| -> BTreeMap<&Party, u64> {
        let records = &members[index].papers.evidence.records;
        let t0 = records.iter().find_map(|record| match &record.payload {
            Payload::Snap0(snapshot) => Some(snapshot),
            _ => None,
        });
        t0.iter()
            .flat_map(|snapshot| &snapshot.exports)
            .map(|(party, digest)| (party, digest.lsn))
            .collect()
    };
    let shown: BTreeMap<usize, BTreeMap<&Party, u64>> =
        group.iter().map(|index| (*index, lsns(*index))).collect();
    let common: BTreeSet<&Party> = match shown.values().next() {
        Some(first) => first
            .keys()
            .copied()
            .filter(|party| shown.values().all(|lsns| lsns.contains_key(party)))
            .collect(),
        None => return,
    };
    group.sort_by_key(|index| {
        let length: u64 = common
            .iter()
            .map(|party| shown[index].get(party).copied().unwrap_or(0))
            .sum();
        (length, *index)
    });
}

fn names_agree(one: &Member<'_>, other: &Member<'_>) -> bool {
    different_name(one, other).is_none()
}

/// The first label that two runs name differently.
fn different_name<'a>(one: &Member<'a>, other: &Member<'a>) -> Option<(&'a str, &'a str, &'a str)> {
    let names: BTreeMap<&str, &str> = one
        .header
        .plan
        .personas
        .iter()
        .map(|persona| (persona.label.as_str(), persona.pseudonym.as_str()))
        .collect();
    other.header.plan.personas.iter().find_map(|persona| {
        let name = names.get(persona.label.as_str())?;
        (*name != persona.pseudonym.as_str()).then_some((
            persona.label.as_str(),
            *name,
            persona.pseudonym.as_str(),
        ))
    })
}

/// Says that the runs fall apart: into worlds, or by the names of persons.
pub(super) fn apart(members: &[Member<'_>], groups: &[Vec<usize>]) -> Vec<WindowFinding> {
    let mut findings = Vec::new();
    let worlds: BTreeSet<&Option<String>> = members
        .iter()
        .filter(|member| !member.is_listed())
        .map(|member| &member.header.world)
        .collect();
    if worlds.len() > 1 {
        let told: Vec<String> = groups
            .iter()
            .map(|group| {
                let runs: Vec<String> = group
                    .iter()
                    .map(|index| members[*index].header.run_id.to_string())
                    .collect();
                runs.join(" + ")
            })
            .collect();
        let one = finding(Rule::R1, "window:worlds")
            .location("books")
            .values("one set of books", format!("{} sets", worlds.len()));
        let mut one = one.unsure();
        one.witness = told;
        findings.push(WindowFinding {
            runs: members.iter().map(|member| member.place).collect(),
            finding: one,
        });
    }
    let first = members.first();
    for member in members {
        let Some((label, name, other)) = first.and_then(|first| different_name(first, member))
        else {
            continue;
        };
        let one = finding(Rule::R11, "window:names")
            .location(format!("person {label}"))
            .values(name, other);
        findings.push(WindowFinding {
            runs: vec![members[0].place, member.place],
            finding: one.unsure(),
        });
    }
    findings
}
