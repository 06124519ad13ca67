//! 自洽 · Holds a case against the window of its own plan, and its swipes against each other.
//!
//! Why so: a swipe expected to succeed where the gate refuses, or the other way round, is a slip in the
//! plan; found here it costs a minute, found in the window it costs the window. Called by `cases`.

use std::collections::BTreeMap;

use crosswipe_domain::{Business, CaseId, InfNo, Moment, Nature, Persona, both};

use crate::codes;
use crate::phases::shown;
use crate::problem::{At, Noun, Problems, noun};
use crate::schedule::{Schedule, Swiped};
use crate::turned::turned;
use crate::{Call, Case, Expected, Office, Play, Step, Swipe};

/// What checking a case needs to know.
pub(crate) struct Checker<'a> {
    pub(crate) schedule: Schedule<'a>,
    pub(crate) personas: &'a BTreeMap<&'a str, &'a Persona>,
    /// Where each step was written, by its name.
    pub(crate) places: &'a BTreeMap<String, At>,
    /// The case as a whole.
    pub(crate) at: &'a At,
    pub(crate) problems: &'a Problems,
}

impl Checker<'_> {
    /// Fills the case's start if nobody wrote it, then checks every step.
    /// A case that expects what the window said before a bound was moved is held to what it says now, and put on `old`.
    pub(crate) fn check(&self, case: &mut Case, old: &mut Vec<CaseId>) {
        if case.start.is_none() {
            case.start = self.start_of(case);
        }
        if !self.schedule.window.amended.is_empty() {
            let before = self.schedule.window.first_said();
            let first = Schedule {
                window: &before,
                ..self.schedule
            };
            if turned(case, (first, self.schedule), self.personas) {
                old.push(case.id.clone());
            }
        }
        let before = self.problems.len();
        if let Some(start) = case.start {
            self.walk(&case.steps, start);
        }
        // Which is open when cannot be said of steps whose instants are wrong.
        if !case.several_open && self.problems.len() == before {
            self.walk_open(&case.steps, &mut BTreeMap::new());
        }
    }

    /// The instant of the first timed step; without one, the earliest that the window allows.
    fn start_of(&self, case: &Case) -> Option<Moment> {
        if let Some(first) = case.leaves().filter_map(Step::at).min() {
            return Some(first);
        }
        let visits: Vec<Swiped<'_>> = case
            .leaves()
            .filter(
                |step| matches!(step, Step::Swipe(swipe) if swipe.expect.outcome == Expected::Ok),
            )
            .filter_map(|step| self.swiped(step))
            .collect();
        let earliest = self.schedule.earliest(&visits);
        if earliest.is_none() {
            let message = both!(
                "窗口里没有一个阶段放行 `{}` 的刷卡",
                "no phase of the window allows the swipes of `{}`",
                case.id
            );
            let help = both!(
                "核对 phases 的 allow、约定对和 margin",
                "look at the `allow` of the phases, the pairs and the margin"
            );
            self.problems
                .push(self.at.error(codes::OUTSIDE_WINDOW, message).help(help));
        }
        earliest
    }

    fn swiped(&self, step: &Step) -> Option<Swiped<'_>> {
        let visit = step.visit()?;
        self.schedule
            .swiped(visit, self.personas.get(visit.persona)?)
    }

    fn place(&self, name: &str) -> &At {
        self.places.get(name).unwrap_or(self.at)
    }

    /// Goes through the steps in order; gives the instant at which the last of them happens.
    fn walk(&self, steps: &[Step], start: Moment) -> Moment {
        let mut now = start;
        for step in steps {
            now = match step {
                Step::Parallel(branches) => branches
                    .iter()
                    .map(|branch| self.walk(branch, now))
                    .max()
                    .unwrap_or(now),
                leaf => self.step(leaf, now),
            };
        }
        now
    }

    fn step(&self, step: &Step, now: Moment) -> Moment {
        let at = step.at().unwrap_or(now);
        if at < now {
            let message = both!(
                "这一步在 `{}`, 早于它前面一步的 `{}`",
                "this step is at `{}`, before what comes before it at `{}`",
                shown(at),
                shown(now)
            );
            let help = both!("按时间先后排列各步", "put the steps in the order of time");
            self.problems.push(
                self.place(step.name().unwrap_or_default())
                    .error(codes::INSTANTS_BACKWARDS, message)
                    .help(help),
            );
        }
        match step {
            Step::Swipe(swipe) => self.swipe(swipe, step, at),
            Step::Play(play) => self.play(play, step, at),
            Step::Office(office) => self.office(office, at),
            Step::Call(call) => self.filing(call, at),
            Step::Parallel(_) => {}
        }
        at.max(now)
    }

    /// 备案 · A registration is business of its own, which the gate lets through only where the plan names it.
    fn filing(&self, call: &Call, at: Moment) {
        let files = call.infno.business() == Some(Business::Filing)
            && call.infno.nature() == Nature::Forward
            && call.expect.outcome == Expected::Ok;
        let persona = call.persona.as_deref();
        let persona = persona.and_then(|label| self.personas.get(label));
        let institution = self.schedule.topology.institution(&call.institution);
        let (Some(persona), Some(institution), true) = (persona, institution, files) else {
            return;
        };
        let swiped = Swiped {
            persona,
            institution,
            business: Business::Filing,
            channel: call.channel,
        };
        // Who is not registered is told where the person is named.
        let refusal = self.schedule.refusal(&swiped, at);
        let Some(reason) = refusal.filter(|reason| *reason != "persona") else {
            return;
        };
        let zh = reason_zh(reason);
        let message = both!(
            "`{}` 预期成功, 但在 `{}` 闸门不放行 ({zh})",
            "`{}` is expected ok, but at `{}` the gate refuses it ({reason})",
            call.infno,
            shown(at)
        );
        let named = self.schedule.allows_ever(Business::Filing);
        let help = match named {
            false => both!(
                "备案 (2501 2503 2505) 是单独的业务: 在 plan.yaml 的 cross_swipe 里写上 filing, 阶段的 allow 也要放行",
                "a registration (2501 2503 2505) is business of its own: name `filing` in `cross_swipe` of plan.yaml, and let a phase allow it"
            ),
            true => match self.schedule.earliest(&[swiped]) {
                Some(earliest) => {
                    both!("最早可在 `{0}`", "the earliest is `{0}`", shown(earliest))
                }
                None => both!("核对 phases 的 allow", "look at the `allow` of the phases"),
            },
        };
        let problem = self.place(&call.name).error(codes::OUTSIDE_WINDOW, message);
        self.problems.push(problem.help(help));
    }

    fn swipe(&self, swipe: &Swipe, step: &Step, at: Moment) {
        let Some(swiped) = self.swiped(step) else {
            return;
        };
        let refusal = self.schedule.refusal(&swiped, at);
        if refusal == Some("persona") && swipe.expect.outcome == Expected::Ok {
            return; // told where the person is named
        }
        let place = self.place(&swipe.name);
        let instant = shown(at);
        let (code, message, help) = match (&swipe.expect.outcome, refusal) {
            (Expected::Ok, Some(reason)) => {
                let zh = reason_zh(reason);
                let message = both!(
                    "预期成功, 但在 `{instant}` 闸门不放行 ({zh})",
                    "expected ok, but at `{instant}` the gate refuses it ({reason})"
                );
                let help = match self.schedule.earliest(&[swiped]).map(shown) {
                    Some(earliest) => {
                        both!("最早可在 `{earliest}`", "the earliest is `{earliest}`")
                    }
                    None => both!("核对 phases 的 allow", "look at the `allow` of the phases"),
                };
                (codes::OUTSIDE_WINDOW, message, help)
            }
            (Expected::Gate { .. }, None) => (
                codes::GATE_SAYS_OTHERWISE,
                both!(
                    "预期被闸门拦下, 但窗口在 `{instant}` 是放行的",
                    "expected to be stopped by the gate, but at `{instant}` the window allows it"
                ),
                both!(
                    "改时刻、改预期, 或核对 phases",
                    "change the instant or the expectation, or look at the phases"
                ),
            ),
            (
                Expected::Gate {
                    reason: Some(expected),
                },
                Some(reason),
            ) if is_plain(reason) && expected != reason => {
                let message = both!(
                    "闸门在 `{instant}` 因 `{reason}` 拦下, 不是因 `{expected}`",
                    "at `{instant}` the gate refuses for `{reason}`, not for `{expected}`"
                );
                let help = both!("写成 reason: {reason}", "write reason: {reason}");
                (codes::GATE_SAYS_OTHERWISE, message, help)
            }
            (Expected::Refused { .. }, Some(reason)) if !swipe.forced => {
                let zh = reason_zh(reason);
                let message = both!(
                    "预期由平台拒绝, 但在 `{instant}` 先被闸门拦下 ({zh})",
                    "expected to be refused by the platform, but at `{instant}` the gate stops it first ({reason})"
                );
                let help = both!(
                    "写 forced: yes 越过闸门 (仅限模拟平台), 或预期 gate",
                    "write forced: yes (mocks only), or expect the gate"
                );
                (codes::GATE_SAYS_OTHERWISE, message, help)
            }
            _ => return self.undo(swipe, &swiped, at, place),
        };
        self.problems.push(place.error(code, message).help(help));
    }

    /// What is undone after the window's end was not undone in time (R14).
    fn undo(&self, swipe: &Swipe, swiped: &Swiped<'_>, at: Moment, place: &At) {
        if let Some(undo_at) = swipe.undo_at {
            self.closed_by_then(swiped, at, undo_at, place);
        }
        let end = |at| self.schedule.holds(at).end();
        if let (Some(undo_at), Some(end)) = (swipe.undo_at, swipe.undo_at.and_then(end))
            && undo_at >= end
        {
            let message = both!(
                "在 `{}` 才回退, 而窗口在 `{}` 已经结束",
                "undone at `{}`, but the window ends at `{}`",
                shown(undo_at),
                shown(end)
            );
            let help = both!("在窗口结束前回退", "undo it before the window ends");
            self.problems
                .push(place.error(codes::OUTSIDE_WINDOW, message).help(help));
        }
    }

    /// A platform of the plan would refuse the undo: a plan may want to see that, so it is only warned.
    fn closed_by_then(&self, swiped: &Swiped<'_>, at: Moment, undo_at: Moment, place: &At) {
        let places = [swiped.persona.insured, swiped.institution.region];
        let regions = places
            .into_iter()
            .filter_map(|code| self.schedule.topology.region(code));
        for region in regions {
            let profile = &region.profile;
            let cleared = profile
                .clearing
                .map(|clearing| clearing.after(at))
                .filter(|since| *since <= undo_at);
            let message = match cleared {
                Some(since) => both!(
                    "在 `{}` 才回退, 但 `{}` 在 `{}` 清算, 此后不再撤",
                    "undone at `{}`, but `{}` clears it at `{}` and refuses from then on",
                    shown(undo_at),
                    region.code,
                    shown(since)
                ),
                None if profile.refuses_last_year && at.day().year() != undo_at.day().year() => {
                    both!(
                        "{} 年结算、{} 年才撤, `{}` 不办跨年撤销",
                        "settled in {} and undone in {}, which `{}` refuses",
                        at.day().year(),
                        undo_at.day().year(),
                        region.code
                    )
                }
                None => continue,
            };
            let help = both!(
                "提前 undo_at, 否则将未回退",
                "let `undo_at` be earlier, or it will stay open"
            );
            let problem = place.error(codes::CLOSED_BEFORE_UNDO, message).help(help);
            self.problems.push(problem.into_warning());
            return;
        }
    }

    fn play(&self, play: &Play, step: &Step, at: Moment) {
        if play.stranger.is_some() {
            // Whether a platform takes a swipe beside the run is what such a step is there to find out.
            return;
        }
        let Some(swiped) = self.swiped(step) else {
            return;
        };
        let mut numbers = play.messages.iter();
        let bars = |treated| self.schedule.bars_entry(&swiped, treated, at);
        let open = numbers.all(|number| self.schedule.serves_public(&swiped, number, at))
            && !play.treated.is_some_and(bars);
        if open && play.treated.is_some() {
            // Whether it comes in its turn, and once, depends on what was entered before it.
            return;
        }
        let for_another_reason = matches!(&play.expect.outcome,
            Expected::Refused { code: Some(code) } if code != "E-WINDOW");
        if open && for_another_reason {
            // The window lets it pass; what else a platform minds is not told by instants.
            return;
        }
        if let (true, Some(refund_at)) = (open, play.refund_at.filter(|refund| at <= *refund)) {
            return self.refund(play, at, refund_at);
        }
        let Noun { zh, en } = match open {
            true => noun("照办", "open to"),
            false => noun("停办", "closed to"),
        };
        if open != (play.expect.outcome == Expected::Accepted) {
            let message = both!(
                "平台在 `{}` 对公众{zh}, 不会是这个结果",
                "at `{}` the platforms are {en} the public, so this cannot be expected",
                shown(at)
            );
            let help = both!(
                "改时刻、改预期, 或核对阶段的 public",
                "change the instant or the expectation, or look at `public` of the phase"
            );
            self.problems.push(
                self.place(&play.name)
                    .error(codes::PUBLIC_AGAINST_WINDOW, message)
                    .help(help),
            );
        }
    }

    fn office(&self, office: &Office, at: Moment) {
        let act = (office.act, office.old);
        let open = self.schedule.opens_office(office.region, act, at);
        let for_another_reason = matches!(&office.expect.outcome,
            Expected::Refused { code: Some(code) } if code != "E-WINDOW");
        // Whether the same was claimed or ended before is not told by instants.
        let fits = match open {
            true => {
                office.expect.outcome == Expected::Accepted
                    || for_another_reason
                    || office.of.is_some()
            }
            false => matches!(office.expect.outcome, Expected::Refused { .. }),
        };
        if !fits {
            let Noun { zh, en } = match open {
                true => noun("办理", "open"),
                false => noun("停办", "closed"),
            };
            let message = both!(
                "经办在 `{}` {zh}这项业务, 不会是这个结果",
                "at `{}` the office is {en} to this, so this cannot be expected",
                shown(at)
            );
            let help = both!(
                "改时刻、改预期, 或核对阶段的 public 与 suspend",
                "change the instant or the expectation, or look at `public` of the phase and at `suspend`"
            );
            let place = self.place(&office.name);
            let problem = place.error(codes::PUBLIC_AGAINST_WINDOW, message);
            self.problems.push(problem.help(help));
        }
    }

    fn refund(&self, play: &Play, at: Moment, refund_at: Moment) {
        let Some(persona) = self.personas.get(play.persona.as_str()) else {
            return;
        };
        let shut = !self.schedule.takes_back(play, persona.insured, refund_at);
        if shut == (play.expect.outcome == Expected::Accepted) {
            let Noun { zh, en } = match shut {
                true => noun("不再", "no longer"),
                false => noun("仍可", "still"),
            };
            let settles = play
                .messages
                .iter()
                .any(|number| InfNo::new(number).settles());
            let message = match settles {
                true => both!(
                    "`{}` 的结算到 `{}` {zh}退费, 不会是这个结果",
                    "what was settled at `{}` is {en} refunded at `{}`, so this cannot be expected",
                    shown(at),
                    shown(refund_at)
                ),
                false => both!(
                    "`{}` 办的到 `{}` {zh}撤, 不会是这个结果",
                    "what was begun at `{}` is {en} cancelled at `{}`, so this cannot be expected",
                    shown(at),
                    shown(refund_at)
                ),
            };
            let help = both!(
                "改时刻、改预期, 或核对计划的 no_refund 与 no_self_pay",
                "change an instant or the expectation, or look at `no_refund` and `no_self_pay` of the plan"
            );
            let place = self.place(&play.name);
            self.problems.push(
                place
                    .error(codes::PUBLIC_AGAINST_WINDOW, message)
                    .help(help),
            );
        }
    }

    /// Reports a swipe of a person who has another one open. `open` holds when each is undone at the latest known.
    fn walk_open(&self, steps: &[Step], open: &mut BTreeMap<String, Option<Moment>>) {
        for step in steps {
            match step {
                Step::Swipe(swipe) if swipe.expect.outcome == Expected::Ok => {
                    self.open(swipe, open)
                }
                Step::Parallel(branches) => self.walk_branches(branches, open),
                _ => {}
            }
        }
    }

    fn open(&self, swipe: &Swipe, open: &mut BTreeMap<String, Option<Moment>>) {
        // A visit that goes on is the one that is open.
        let opens = swipe.continues.is_none();
        if let (true, Some(undone)) = (opens, open.get(&swipe.persona)) {
            let closed = matches!((undone, swipe.at), (Some(undone), Some(at)) if *undone <= at);
            if !closed {
                self.problems.push(self.two_open(swipe));
            }
        }
        open.insert(swipe.persona.clone(), swipe.undo_at);
    }

    fn walk_branches(&self, branches: &[Vec<Step>], open: &mut BTreeMap<String, Option<Moment>>) {
        let before = open.clone();
        for branch in branches {
            // What another branch opened is open beside this one, whatever its undo says.
            let mut beside: BTreeMap<String, Option<Moment>> = before.clone();
            beside.extend(
                open.iter()
                    .filter(|(person, _)| !before.contains_key(*person))
                    .map(|(person, _)| (person.clone(), None)),
            );
            self.walk_open(branch, &mut beside);
            open.extend(beside);
        }
    }

    fn two_open(&self, swipe: &Swipe) -> crate::Problem {
        let message = both!(
            "`{}` 刷卡时, 这个人前一笔还没有回退",
            "`{}` is swiped while another swipe of the same person is open",
            swipe.persona
        );
        let help = both!(
            "换一个人, 给前一笔写 undo_at, 或写明 several_open: yes",
            "another person, an `undo_at` before it, or several_open: yes"
        );
        self.place(&swipe.name)
            .error(codes::TWO_OPEN_SWIPES, message)
            .help(help)
    }
}

/// Reasons that gate and schedule call by the same word.
/// What the gate refuses for, in Chinese with the plan's own word.
fn reason_zh(reason: &str) -> &'static str {
    match reason {
        "window" => "窗口未开放 window",
        "margin" => "已进收口边际 margin",
        "persona" => "不在名册 persona",
        _ => "业务、地点或人员不在放行之列",
    }
}

fn is_plain(reason: &str) -> bool {
    matches!(reason, "window" | "persona" | "margin")
}
