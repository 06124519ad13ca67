//! 接口核对 · `crosswipe conform FILE…`: recorded traffic against the interface, offline.
//!
//! The same judge as at the door of a mock province, fed from files: what a HIS sent to anybody, ours or a real platform.
//! A recording is a part of the traffic (what came before it is not known); a run of ours hides persons, so nothing is
//! said of the form of such values. What was not read is never clean.
//! Not here: how recordings are read (`traffic`), what a finding is (`wire::conform`), how it is told (`reports`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{InfNo, Moment, Profile};
use crosswipe_reports::{
    Conformed, ConformedChange, ConformedFile, ConformedFinding, Knob, Lang, conform_json,
    conform_terminal,
};
use crosswipe_scenarios::{knobs_of, profile};
use crosswipe_wire::conform::{Carried, Conform as Judge, Exchange, Scope, answer_alone};
use crosswipe_wire::gateway::{GatewayNote, Nonces, Routed, head_alone, route, spoken};
use crosswipe_wire::{Finding, Mode, Request, catalogue, without_strangers};

use crate::args::{Conform, Strictness};
use crate::command::verify::WIDTH;
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;
use crate::explain;
use crate::traffic::{Recorded, Traffic, gather};

/// Reads all files, judges every message, prints.
pub(crate) fn conform(args: &Conform) -> Result<Exit, Trouble> {
    let traffic = gather(&args.files)?;
    let mode = match args.mode {
        Strictness::Strict => Mode::Strict,
        Strictness::Tolerant => Mode::Tolerant,
    };
    let came = match (&args.old, &args.new, &args.profile) {
        (Some(old), Some(new), _) => {
            let (old, new) = (edition(old)?, edition(new)?);
            changed(&traffic, mode, &old, &new)
        }
        (_, _, Some(name)) => judged(&traffic, mode, &*edition(name)?, true),
        // Nobody has said whose gateway it is to be.
        _ => judged(&traffic, mode, &Profile::default(), false),
    };
    let exit = of_conformed(&came);
    to_stdout(&if args.json {
        conform_json(&came, exit.code())
    } else {
        conform_terminal(&came, args.common.lang(), WIDTH)
    })?;
    Ok(exit)
}

fn edition(name: &str) -> Result<Arc<Profile>, Trouble> {
    profile(name).map_err(Trouble::Plan)
}

/// What the new edition finds that the old one did not, and the other way round. Answers are the old platform's own.
fn changed(traffic: &Traffic, mode: Mode, old: &Profile, new: &Profile) -> Conformed {
    let before = judged(traffic, mode, old, true);
    let mut after = judged(traffic, mode, new, true);
    let key = |one: &ConformedFinding| {
        (
            one.place.clone(),
            one.finding.code,
            one.finding.path.to_string(),
        )
    };
    let of_messages = |came: &mut Conformed| {
        let all = std::mem::take(&mut came.findings).into_iter();
        all.filter(|one| !one.of_answer).collect::<Vec<_>>()
    };
    let mut before = before;
    let (was, is) = (of_messages(&mut before), of_messages(&mut after));
    let known: BTreeSet<_> = was.iter().map(key).collect();
    let found: BTreeSet<_> = is.iter().map(key).collect();
    after.findings = is
        .into_iter()
        .filter(|one| !known.contains(&key(one)))
        .collect();
    let healed = was
        .into_iter()
        .filter(|one| !found.contains(&key(one)))
        .collect();
    let knobs = knobs_of(old).into_iter().zip(knobs_of(new));
    let knobs = knobs.filter(|((.., was), (.., is))| was != is);
    after.change = Some(ConformedChange {
        old: old.id.clone(),
        healed,
        knobs: knobs
            .map(|((name, zh, en, was), (.., is))| Knob {
                name,
                zh,
                en,
                was,
                is,
            })
            .collect(),
    });
    after.remedies = remedies(&after.findings);
    after
}

/// A defect is certain; what was not read is not known; nothing at all is not checked.
fn of_conformed(came: &Conformed) -> Exit {
    match came.messages + came.answers {
        _ if came.has_defects() => Exit::Violated,
        _ if !came.unread.is_empty() => Exit::Indeterminate,
        0 => Exit::Nothing,
        _ => Exit::Clean,
    }
}

/// `carried`: their gateway is held against the region's too.
fn judged(traffic: &Traffic, mode: Mode, profile: &Profile, carried: bool) -> Conformed {
    let mut judge = Judge::new(mode, Scope::Part);
    let mut nonces = Nonces::default();
    let mut came = Conformed {
        mode: match mode {
            Mode::Strict => "strict",
            Mode::Tolerant => "tolerant",
        },
        files: traffic
            .files
            .iter()
            .map(|file| ConformedFile {
                name: file.name.clone(),
                form: file.form.name(),
                messages: file.messages,
                answers: file.answers,
            })
            .collect(),
        profile: profile.id.clone(),
        messages: traffic.exchanges.len(),
        orphans: traffic.orphans.len(),
        unread: traffic
            .unread
            .iter()
            .map(|flaw| {
                [
                    flaw.place.clone(),
                    flaw.what.to_string(),
                    flaw.mend.to_string(),
                ]
            })
            .collect(),
        ..Conformed::default()
    };
    for one in &traffic.exchanges {
        came.answers += usize::from(one.answer.is_some());
        let named = named(one);
        let notes = notes(one, &mut nonces);
        let judged = judge.judge(&Exchange {
            at: sent_at(one),
            named: named.as_ref(),
            gateway: &notes,
            request: one.request.as_bytes(),
            profile,
            carried: carried_by(one).filter(|_| carried),
            answer: one
                .answer
                .as_ref()
                .map(|(status, body)| (*status, body.as_bytes())),
            masked: one.around.masked,
        });
        let about = About::of(one);
        came.findings.extend(
            judged
                .request
                .into_iter()
                .map(|finding| about.found(finding, false)),
        );
        came.findings.extend(
            judged
                .answer
                .into_iter()
                .map(|finding| about.found(finding, true)),
        );
    }
    for orphan in &traffic.orphans {
        came.answers += 1;
        let about = About {
            place: &orphan.place,
            infno: orphan.infno.clone(),
            msgid: String::new(),
        };
        let found = answer_alone(orphan.infno.as_ref(), orphan.body.as_bytes(), mode, profile);
        came.findings
            .extend(found.into_iter().map(|finding| about.found(finding, true)));
    }
    came.unknown = judge
        .unanswered()
        .map(|(origin, msgid, infno)| [safe(origin), safe(msgid), safe(infno)])
        .collect();
    came.standing = judge
        .standing()
        .map(|one| {
            let total = one.total.map(|total| total.to_string()).unwrap_or_default();
            [safe(one.origin), safe(one.setl_id), total]
        })
        .collect();
    came.remedies = remedies(&came.findings);
    came
}

/// What strangers wrote may be anything, a number of a person too.
fn safe(text: &str) -> String {
    without_strangers(text).into_owned()
}

/// 所指 · Whose finding it is.
struct About<'a> {
    place: &'a str,
    infno: Option<InfNo>,
    msgid: String,
}

impl<'a> About<'a> {
    fn of(one: &'a Recorded) -> About<'a> {
        let request = Request::parse(one.request.as_bytes()).ok();
        About {
            place: &one.place,
            infno: request.as_ref().map(|request| request.infno.clone()),
            msgid: request
                .map(|request| request.msgid.into_owned())
                .unwrap_or_default(),
        }
    }

    fn found(&self, finding: Finding, of_answer: bool) -> ConformedFinding {
        let known = self
            .infno
            .as_ref()
            .and_then(|infno| catalogue().transaction(infno));
        ConformedFinding {
            place: self.place.to_owned(),
            infno: self
                .infno
                .as_ref()
                .map(|infno| safe(infno.as_str()))
                .unwrap_or_default(),
            name: known.map_or("", |one| one.zh),
            msgid: safe(&self.msgid),
            of_answer,
            finding,
        }
    }
}

/// When it was sent: as the recording says, else as the message does.
fn sent_at(one: &Recorded) -> Moment {
    let own = || {
        let request = Request::parse(one.request.as_bytes()).ok()?;
        Moment::parse_wire(request.inf_time.trim()).ok()
    };
    one.around
        .at
        .or_else(own)
        .unwrap_or(Moment::from_epoch_ms(0))
}

/// The transaction that its address names.
fn named(one: &Recorded) -> Option<InfNo> {
    let path = one.around.path.as_deref().unwrap_or_default();
    match route(
        path,
        one.around.headers.get("_api_name").map(String::as_str),
    ) {
        Routed::To(infno) => Some(infno),
        Routed::Open => None,
    }
}

/// The gateway that it was made for; nothing of a message whose head was not kept.
fn carried_by(one: &Recorded) -> Option<Carried<'_>> {
    let header = |name: &str| one.around.headers.get(name).cloned();
    let path = one.around.path.as_deref().unwrap_or_default();
    let kept = !one.around.headers.is_empty();
    kept.then(|| Carried {
        dialect: spoken(header),
        path,
    })
}

/// What its head says against itself; signatures need a secret that a recording has not.
fn notes(one: &Recorded, nonces: &mut Nonces) -> Vec<GatewayNote> {
    let header = |name: &str| one.around.headers.get(name).cloned();
    let dialect = spoken(header);
    head_alone(dialect, nonces, &header, one.around.at)
}

/// What to do about each code that was found: the page's own words.
fn remedies(findings: &[ConformedFinding]) -> BTreeMap<&'static str, [String; 2]> {
    let codes = findings.iter().map(|one| one.finding.code);
    codes
        .filter_map(|code| {
            let page = explain::page(code)?;
            let line = |lang: Lang, word: &str| {
                let mut lines = page.body(lang).lines();
                lines
                    .find_map(|line| line.strip_prefix(word))
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            };
            Some((code, [line(Lang::Zh, "办法:"), line(Lang::En, "Remedy:")]))
        })
        .collect()
}
