//! 每一点 · The harness is killed at every point of every canonical flow, and resumed: nothing is left.
//!
//! Method: a flow is run once with a witness, who writes down at every point how far journal, logs and files
//! reach. Points between which nothing became durable leave the same behind, so each state is resumed once:
//! with parties that died too and came back from their logs, and with parties that lived on, where a message
//! under way is lost on its link, goes on to its end, or comes late, in the midst of the resumption.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crosswipe_domain::Role;
use crosswipe_journal::Row;
use crosswipe_verify::{Finding, Verdict};
use rstest::rstest;

use super::flows::{Flow, HOPS, cut_short, flow, of_the_case, with};
use super::network::Cut;
use super::scene::{Ended, Kept, Reach, Scene};
use crosswipe_sim::look_through;
use crosswipe_sim::{Fate, Point};

/// What was seen at a point of the whole run.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) kind: Point,
    pub(super) reach: Reach,
    /// A message was under way.
    pub(super) busy: bool,
}

/// 全程 · A flow from its beginning to its end, with what was left behind at every point.
pub(super) struct Whole<'f> {
    pub(super) flow: &'f Flow,
    pub(super) marks: Vec<Mark>,
    pub(super) kept: Kept,
}

impl<'f> Whole<'f> {
    /// Runs the flow to its end, which must be clean.
    pub(super) fn of(flow: &'f Flow) -> Whole<'f> {
        let scene = Scene::new(flow);
        let marks: Arc<Mutex<Vec<Mark>>> = Arc::default();
        let (reach, flight, into) = (scene.reach(), Arc::clone(&scene.flight), Arc::clone(&marks));
        let fate = Fate::witnessed(Box::new(move |kind| {
            let busy = flight.lock().unwrap().is_busy();
            let reach = reach();
            into.lock().unwrap().push(Mark { kind, reach, busy });
        }));
        let ended = scene.run_with(&Arc::new(fate));
        must_be_clean(&scene, &ended, || format!("{} undisturbed", flow.name));
        assert_eq!(
            scene.flight.lock().unwrap().met() as usize,
            flow.troubles.len(),
            "{}: its trouble came true",
            flow.name
        );
        let marks = std::mem::take(&mut *marks.lock().unwrap());
        Whole {
            flow,
            marks,
            kept: scene.kept(),
        }
    }

    /// Numbers of the points at which something other than before would be left behind, or would be under way.
    /// Records that nobody waits for do not count: they are of messages that book nothing, and may be lost anyway.
    pub(super) fn states(&self) -> Vec<usize> {
        let awaited = awaited(&self.kept.rows);
        let left = |mark: &Mark| {
            let Reach { rows, logs, files } = &mark.reach;
            (awaited[*rows], logs.clone(), files.clone())
        };
        let differs = |number: &usize| {
            *number == 0 || left(&self.marks[*number - 1]) != left(&self.marks[*number])
        };
        (0..self.marks.len()).filter(differs).collect()
    }

    /// The first point at which a record of this kind is durable.
    pub(super) fn after_row(&self, wanted: impl Fn(&Row) -> bool) -> usize {
        let row = self.kept.rows.iter().position(wanted);
        let row = row.expect("it is written");
        let reaches = |mark: &Mark| mark.reach.rows > row;
        self.marks.iter().position(reaches).unwrap()
    }

    /// The first point after the intent of the case's own message of this number, or of an undo.
    pub(super) fn is_sent(&self, infno: &str) -> usize {
        let (infno, purpose) = (format!("\"infno\":\"{infno}\""), "\"purpose\":\"business\"");
        self.after_row(|row| match row.kind.as_str() {
            "INTENT" => row.payload.contains(&infno) && row.payload.contains(purpose),
            "COMP_INTENT" => row.payload.contains(&infno) && row.payload.contains("flow/"),
            _ => false,
        })
    }

    /// How many points after this one a message is about to reach its first party.
    fn leaves_after(&self, point: usize) -> usize {
        let later = &self.marks[point..];
        later.iter().position(|mark| mark.busy).unwrap_or(0)
    }

    /// What is left if everything dies at a point.
    pub(super) fn left_at(&self, point: usize) -> Scene<'f> {
        Scene::of(self.flow, self.kept.up_to(&self.marks[point].reach))
    }
}

/// How many of the first n records somebody waited for, for every n.
fn awaited(rows: &[Row]) -> Vec<usize> {
    let mut silent = BTreeSet::new();
    let mut counts = vec![0];
    for row in rows {
        let payload: serde_json::Value = serde_json::from_str(&row.payload).unwrap();
        let text = |key: &str| payload[key].as_str().unwrap_or_default().to_owned();
        let books_nothing = match row.kind.as_str() {
            "INTENT" => {
                let silently = matches!(text("nature").as_str(), "read" | "trial" | "session");
                silently && silent.insert(text("msgid"))
            }
            "OUTCOME" => silent.contains(&text("msgid")),
            _ => false,
        };
        counts.push(counts[counts.len() - 1] + usize::from(!books_nothing));
    }
    counts
}

/// What all deaths of a flow came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) points: usize,
    pub(super) states: usize,
    pub(super) resumed: usize,
    pub(super) reversals: u64,
    pub(super) residues: u64,
}

/// Resumes to the end, and holds the end against what must be.
pub(super) fn must_end_clean(scene: &Scene<'_>, tally: &mut Tally, which: impl Fn() -> String) {
    tally.resumed += 1;
    match scene.resume(None) {
        None => {}
        // Where nothing was ever to be booked there is nothing to be clean about, and nothing may be called so.
        Some((Ended::Certified(judgement), _))
            if !scene.disk.rows().iter().any(books_something) =>
        {
            assert_eq!(judgement.verdict, Verdict::Indeterminate, "{}", which());
        }
        Some((ended, _)) => must_be_clean(scene, &ended, &which),
    }
    for journey in scene.flight.lock().unwrap().never_came() {
        let _ = journey.finish(&scene.world);
    }
    let found = look_through(&scene.world, &scene.flow.opening);
    assert_eq!(found.residues, 0, "{}", which());
    assert_eq!(found.reversals, found.settlements, "{}", which());
    tally.residues += found.residues;
    tally.reversals += found.reversals;
}

/// Findings, one line each.
fn told(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        format!(
            "  {} {:?} {:?} {} expected {} actual {} {:?}\n",
            finding.class,
            finding.party,
            finding.txid,
            finding.location,
            finding.expected,
            finding.actual,
            finding.witness
        )
    };
    findings.iter().take(6).map(line).collect()
}

/// What a failed test needs to be understood: the journal, one line each, without the texts.
fn diary(scene: &Scene<'_>) -> String {
    let rows = scene.disk.rows();
    let word = |row: &Row, key: &str| {
        let text = row.payload.split_once(&format!("\"{key}\":"))?.1;
        Some(text.chars().take(60).collect::<String>())
    };
    let line = |row: &Row| {
        let words = ["infno", "txid", "outcome", "says", "msgid"].map(|key| word(row, key));
        let words: Vec<String> = words.into_iter().flatten().collect();
        format!(
            "  {} e{} {} {}\n",
            row.seq,
            row.epoch,
            row.kind,
            words.join(" | ")
        )
    };
    rows.iter().skip(1).map(line).collect()
}

fn books_something(row: &Row) -> bool {
    row.kind == "INTENT" && row.payload.contains("\"nature\":\"forward\"")
}

#[track_caller]
pub(super) fn must_be_clean(scene: &Scene<'_>, ended: &Ended, which: impl Fn() -> String) {
    match ended {
        Ended::Certified(judgement) => assert!(
            judgement.verdict == Verdict::Clean,
            "{}: {:?}\n{}not checked {:?}; books {:?}\n{}",
            which(),
            judgement.verdict,
            told(&judgement.findings),
            judgement.not_checked,
            look_through(&scene.world, &scene.flow.opening),
            diary(scene),
        ),
        Ended::Halted(why) => panic!("{}: {why}", which()),
        Ended::Died => panic!("{}: it died", which()),
    }
}

/// Which points of a flow are tried.
#[derive(Clone, Copy)]
struct Part {
    /// From the first message of this number on; `None` = from the beginning.
    from: Option<&'static str>,
    /// Up to the end of the case; what comes then (last probes, last looks) is the same in every flow.
    to_end_of_case: bool,
    /// Every so many states, beginning with this one.
    every: (usize, usize),
}

const WHOLE: Part = Part {
    from: None,
    to_end_of_case: false,
    every: (1, 0),
};

/// Kills the flow at every point of a part of it, once per state, and resumes.
#[expect(
    clippy::print_stdout,
    reason = "a reader of the tests sees how much was tried"
)]
fn kill_everywhere(flow: &Flow, part: Part) {
    let whole = Whole::of(flow);
    let from = part.from.map_or(0, |infno| whole.is_sent(infno));
    let until = match part.to_end_of_case {
        true => whole.after_row(|row| row.kind == "CASE_FINISHED"),
        false => whole.marks.len(),
    };
    let mut tally = Tally::default();
    let states: Vec<usize> = whole.states();
    let within = |point: &usize| (from..until).contains(point);
    let tried = states.iter().copied().filter(within);
    for point in tried.skip(part.every.1).step_by(part.every.0) {
        tally.states += 1;
        // All points up to the next state leave the same behind.
        let next = states.iter().find(|later| **later > point);
        tally.points += next.copied().unwrap_or(until).min(until) - point;
        let mark = &whole.marks[point];
        let which = |how: &str| format!("{}: killed at {point} {:?}, {how}", flow.name, mark.kind);
        must_end_clean(&whole.left_at(point), &mut tally, || {
            which("parties died too")
        });
        for after in Aftermath::of(&whole, point) {
            let scene = Scene::new(flow);
            // A message goes on only once it has left.
            let dies = match after {
                Aftermath::Lost => point,
                _ => point + whole.leaves_after(point),
            } as u64;
            let (ended, fate) = scene.run(Some(dies));
            assert!(
                matches!(ended, Ended::Died) && fate.passed() == dies + 1,
                "{}",
                which("the same order every time")
            );
            after.comes_over(&scene);
            must_end_clean(&scene, &mut tally, || which(&format!("{after:?}")));
        }
    }
    println!(
        "{}: {} points ({} states) of {}, {} kills and resumptions, {} residues, {} reversals",
        flow.name,
        tally.points,
        tally.states,
        until - from,
        tally.resumed,
        tally.residues,
        tally.reversals
    );
    assert!(tally.states > 0 && tally.resumed >= tally.states);
}

/// 身后 · What becomes of messages under way when the harness is dead and the parties live on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// Nothing was under way, or it is lost on its link; whoever waits for it sees the connection close.
    Lost,
    /// It goes on to its end.
    Delivered,
    /// It goes on after so many messages of the resumption.
    Late(u64),
}

impl Aftermath {
    /// What is worth a try at a point where the parties live on: where some party has just booked something, and where
    /// a message that will book something is about to leave.
    fn of(whole: &Whole<'_>, point: usize) -> Vec<Aftermath> {
        let marks = &whole.marks;
        let booked = point > 0 && marks[point - 1].reach.logs != marks[point].reach.logs;
        let leaves = marks[point].kind == Point::AfterWrite
            && matches!(
                whole.kept.rows[marks[point].reach.rows - 1].kind.as_str(),
                "INTENT" | "COMP_INTENT"
            );
        match (booked, leaves) {
            (true, _) => vec![Aftermath::Lost],
            (false, true) if point.is_multiple_of(2) => vec![Aftermath::Delivered],
            (false, true) => vec![Aftermath::Late(1 + point as u64 % 5)],
            (false, false) => Vec::new(),
        }
    }

    pub(super) fn comes_over(self, scene: &Scene<'_>) {
        let mut flight = scene.flight.lock().unwrap();
        for mut journey in flight.orphans() {
            match self {
                Aftermath::Late(messages) => flight.delay(journey, messages),
                Aftermath::Delivered => drop(journey.finish(&scene.world)),
                Aftermath::Lost => {
                    journey.lose();
                    drop(journey.finish(&scene.world));
                }
            }
        }
    }
}

/// A probe is a flow of its own: registration, lines and a trial that is never settled.
#[test]
fn killed_at_every_point_of_a_whole_run_nothing_is_left() {
    kill_everywhere(&flow("outpatient"), WHOLE);
}

#[rstest]
#[case::inpatient("inpatient", "1101")]
#[case::discharge_last("discharge-last", "2304")]
#[case::two_persons("two-persons", "1101")]
#[case::two_hospitals("two-hospitals", "2207")]
#[case::local("local", "1101")]
#[case::pharmacy("pharmacy", "1101")]
#[case::pharmacy_at_home("pharmacy-at-home", "2102")]
fn killed_at_every_point_of_a_case_nothing_is_left(#[case] case: &str, #[case] from: &'static str) {
    let part = Part {
        from: Some(from),
        to_end_of_case: true,
        ..WHOLE
    };
    kill_everywhere(&flow(case), part);
}

/// What a counter does in the midst of a visit: the case itself undoes, withdraws or changes, and goes on.
#[rstest]
#[case::refund_and_resettle("refund-and-resettle", "2208", 0)]
#[case::withdraw_a_batch("withdraw-a-batch", "2205", 1)]
#[case::change_of_admission("change-of-admission", "2403", 2)]
#[case::withdraw_a_line("withdraw-a-line", "2302", 0)]
#[case::refuse_out_of_order("refuse-out-of-order", "2205", 1)]
#[case::reverse_by_message("reverse-by-message", "2601", 2)]
#[case::mid_stay("mid-stay", "2304", 3)]
#[case::mid_stay_refunds("mid-stay-refunds", "2305", 0)]
#[case::pharmacy_refund("pharmacy-refund", "2103", 1)]
#[case::pharmacy_then_hospital("pharmacy-then-hospital", "2103", 2)]
fn killed_at_points_of_what_a_counter_does_nothing_is_left(
    #[case] case: &str,
    #[case] from: &'static str,
    #[case] first: usize,
) {
    let part = Part {
        from: Some(from),
        to_end_of_case: true,
        every: (4, first),
    };
    let flow = flow(case);
    must_pass(&flow);
    kill_everywhere(&flow, part);
}

/// Undisturbed by deaths, the case itself gives what it is expected to give.
#[track_caller]
fn must_pass(flow: &Flow) {
    let scene = Scene::new(flow);
    scene.run(None);
    let rows = scene.disk.rows();
    let finished = rows.iter().find(|row| row.kind == "CASE_FINISHED").unwrap();
    assert!(
        finished.payload.contains("\"result\":\"passed\""),
        "{}: {}",
        flow.name,
        finished.payload
    );
}

/// The step of the case itself is lost or cut on every hop: it is cleared up, the case passes all the same, and a
/// death on the way leaves nothing.
#[rstest]
#[case::refund("refund-and-resettle", "2208")]
#[case::withdrawal("withdraw-a-batch", "2205")]
#[case::change("change-of-admission", "2403")]
#[case::one_line("withdraw-a-line", "2302")]
fn killed_at_points_of_a_trouble_at_the_counter_nothing_is_left(
    #[case] case: &str,
    #[case] infno: &'static str,
) {
    for (hop, cut) in HOPS.into_iter().enumerate() {
        let name = format!("{case}, {infno} lost {cut:?}");
        let flow = with(&name, case, of_the_case(infno, cut, None));
        let part = Part {
            from: Some(infno),
            to_end_of_case: true,
            every: (4 * HOPS.len(), 4 * hop),
        };
        must_pass(&flow);
        kill_everywhere(&flow, part);
    }
}

/// The window closes in the midst of a visit: what is registered, charged or priced by then is all there is.
#[rstest]
#[case::registration_only("outpatient", "2203", "2201")]
#[case::charged_only("outpatient", "2206", "2204")]
#[case::priced_only("outpatient", "2207", "2206")]
#[case::admission_only("inpatient", "2301", "2401")]
#[case::mid_stay("inpatient", "2402", "2301")]
#[case::discharged_only("inpatient", "2304", "2402")]
fn killed_at_every_point_of_a_visit_that_is_cut_short_nothing_is_left(
    #[case] case: &str,
    #[case] before: &str,
    #[case] from: &'static str,
) {
    let part = Part {
        from: Some(from),
        to_end_of_case: true,
        ..WHOLE
    };
    kill_everywhere(&cut_short(case, before), part);
}

/// Each message that books something, and each undo, is lost or cut on every hop, there and back. Between them the
/// eight hops meet every state of the flow.
#[rstest]
#[case::settlement("outpatient", "2207")]
#[case::undo_of_a_settlement("outpatient", "2208")]
#[case::registration("outpatient", "2201")]
#[case::undo_of_lines("outpatient", "2205")]
#[case::stay("inpatient", "2304")]
fn killed_at_every_point_of_a_trouble_on_any_hop_nothing_is_left(
    #[case] case: &str,
    #[case] infno: &'static str,
) {
    for (hop, cut) in HOPS.into_iter().enumerate() {
        let name = format!("{case}, {infno} lost {cut:?}");
        let flow = with(&name, case, of_the_case(infno, cut, None));
        let part = Part {
            from: Some(infno),
            to_end_of_case: true,
            every: (2 * HOPS.len(), hop),
        };
        kill_everywhere(&flow, part);
    }
}

/// The harness has given up waiting, and undoes; then the message goes on after all.
#[rstest]
#[case::before_it_is_asked_about("2207", 1)]
#[case::before_its_undo("2207", 2)]
#[case::after_its_undo("2207", 4)]
#[case::an_undo_that_was_sent_again("2208", 3)]
#[case::a_registration_that_was_sent_again("2201", 3)]
fn killed_at_every_point_of_a_late_arrival_nothing_is_left(
    #[case] infno: &'static str,
    #[case] messages: u32,
) {
    for cut in [Cut::To(Role::His), Cut::To(Role::Insured), Cut::Home] {
        let name = format!("outpatient, {infno} late by {messages} {cut:?}");
        let flow = with(&name, "outpatient", of_the_case(infno, cut, Some(messages)));
        let part = Part {
            from: Some(infno),
            to_end_of_case: true,
            every: (12, messages as usize),
        };
        kill_everywhere(&flow, part);
    }
}
