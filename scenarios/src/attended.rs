//! 候办 · Cases whose messages somebody else sends: steps tell a person what to do, or wait for the system under test.
//!
//! Why apart from the plan's cases: nothing of them is ours to send, so a run cannot carry them out; they are lines of the
//! acceptance list of a door (`crosswipe serve`), which plays them while it is open. Every wait is bounded, by real time,
//! because people and hospital systems live in it whatever the plan's clock says.
//! Read by `cases`, played by `mocks::acceptance`. Not here: what came (`runner::expect` judges it).

use crosswipe_domain::{Both, CaseId, InfNo, InstitutionCode, Moment, Nature, both};
use crosswipe_wire::catalogue;

use crate::codes;
use crate::fields::{Fields, items};
use crate::node::{Node, Value};
use crate::problem::{At, Problem, Problems, noun};
use crate::steps::{ReadSteps, Reader};
use crate::words;
use crate::{Expect, Expected};

/// The longest that anybody waits for one step.
const LONGEST_MS: i64 = 24 * 3_600_000;
/// Fields by which a message says whom it is about.
const NUMBERS: [&str; 3] = ["psn_no", "certno", "mdtrt_cert_no"];
/// How a message of somebody else can end, the usual way first.
const ANSWERED: [&str; 2] = ["ok", "refused"];

/// 候办用例 · A case that a person and a system under test carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attended {
    /// `<scenario>/<case>`.
    pub id: CaseId,
    /// For people.
    pub title: String,
    /// Clauses and scenarios of the notice that it covers.
    pub covers: Vec<String>,
    /// When, as written; `None` = whenever a door is open.
    pub start: Option<Moment>,
    /// In order; at least one is awaited.
    pub cues: Vec<Cue>,
}

/// 候办步骤 · One step of an [`Attended`] case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cue {
    /// A person is told what to do.
    Human(Human),
    /// A message has to come.
    Await(Await),
}

impl Cue {
    /// Unique in its case.
    pub fn name(&self) -> &str {
        match self {
            Cue::Human(human) => &human.name,
            Cue::Await(awaited) => &awaited.name,
        }
    }
}

/// 人工步骤 · What a person is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Human {
    /// Unique in its case.
    pub name: String,
    /// Chinese.
    pub zh: String,
    /// English; the Chinese text where only that is written.
    pub en: String,
    /// Real time in ms that the person has; `None` = as long as the door is open.
    pub within_ms: Option<i64>,
}

/// 等待步骤 · A message that the system under test is to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Await {
    /// Unique in its case.
    pub name: String,
    /// Which; `2203` stands for `2203A` too.
    pub infno: InfNo,
    /// Label of the person it is about; `None` = anybody.
    pub persona: Option<String>,
    /// Who sends it; `None` = any institution.
    pub institution: Option<InstitutionCode>,
    /// Real time in ms from the end of the step before it.
    pub within_ms: i64,
    /// What its answer is expected to be.
    pub expect: Expect,
}

/// True if some step of the list waits or tells somebody something.
pub(crate) fn is_attended(node: &Node) -> bool {
    let Value::List(steps) = &node.value else {
        return false;
    };
    let says = |step: &Node| match &step.value {
        Value::Map(entries) => entries
            .iter()
            .any(|(key, _)| matches!(key.value.as_str(), "await" | "human")),
        _ => false,
    };
    steps.iter().any(says)
}

/// Why nobody is told and nothing is awaited in a matrix or a `parallel`: a run sends every message of those itself.
pub(crate) fn attended_here(at: &At, message: Both) -> Problem {
    let help = both!(
        "矩阵和 parallel 里的报文都由 run 发出并逐笔回退, 没有人和 HIS 可等; 写成 cases 下单独的一例, 由 crosswipe serve 来演",
        "every message of a matrix or a `parallel` is sent and undone by the run: write what a person or a HIS is to do as a case of its own under `cases`, which `crosswipe serve` plays"
    );
    at.error(codes::ATTENDED_HERE, message).help(help)
}

/// What undoes a settlement, as a HIS may do it.
fn undoes(settlement: &InfNo, infno: &InfNo) -> bool {
    let own = settlement.cancelled_by();
    infno.base() == "2601" || own.is_some_and(|own| own.base() == infno.base())
}

/// A settlement that is awaited stands until the HIS undoes it: whoever does not wait for that leaves it standing.
fn report_not_undone(cues: &[(Cue, At)], problems: &Problems) {
    for (index, (cue, at)) in cues.iter().enumerate() {
        let Cue::Await(settled) = cue else { continue };
        if !settled.infno.settles() || settled.expect.outcome != Expected::Ok {
            continue;
        }
        let same = |one: &Await| {
            let differ =
                |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
            let place = |one: &Await| one.institution.as_ref().map(ToString::to_string);
            !differ(&one.persona, &settled.persona) && !differ(&place(one), &place(settled))
        };
        let undone = cues[index + 1..].iter().any(|(later, _)| match later {
            Cue::Await(later) => {
                let done = later.expect.outcome == Expected::Ok;
                done && undoes(&settled.infno, &later.infno) && same(later)
            }
            Cue::Human(_) => false,
        });
        if !undone {
            let undo = settled.infno.cancelled_by();
            let undo = undo.map_or_else(|| "2601".to_owned(), |undo| undo.to_string());
            let message = both!(
                "步骤 `{}` 等一笔结算 ({}), 之后却没有步骤等它撤销",
                "step `{}` waits for a settlement ({}), and no later step for its undo",
                settled.name,
                settled.infno
            );
            let help = both!(
                "HIS 不退就一直留着, 收工时是 violated: 之后加一步 {{await: \"{undo}\", within: 5m}}",
                "it stands until the HIS undoes it, and the run ends violated: add a step {{await: \"{undo}\", within: 5m}}"
            );
            let problem = at.error(codes::AWAITED_WITHOUT_UNDO, message).help(help);
            problems.push(problem.into_warning());
        }
    }
}

impl Reader<'_, '_> {
    /// Reads the steps of an attended case; `None` if anything in them cannot be read, which is reported.
    pub(crate) fn cues(&mut self, node: &Node, at: &At) -> Option<Vec<Cue>> {
        let mut read = ReadSteps::default();
        let mut whole = true;
        let mut cues = Vec::new();
        for (index, node) in items(node, self.problems).iter().enumerate() {
            match self.cue(node, &(index + 1).to_string(), &mut read) {
                Some(cue) => cues.push((cue, node.at.clone())),
                None => whole = false,
            }
        }
        if !whole {
            return None;
        }
        if !cues.iter().any(|(cue, _)| matches!(cue, Cue::Await(_))) {
            let message = both!(
                "告诉了人要做什么, 却没有等任何结果",
                "a person is told what to do, and nothing is awaited of it"
            );
            let help = both!(
                "之后加一步 await, 如 {{await: \"2207\", within: 5m}}",
                "then add an await step, e.g. {{await: \"2207\", within: 5m}}"
            );
            let problem = at.error(codes::NOTHING_CHECKED, message);
            self.problems.push(problem.help(help));
            return None;
        }
        report_not_undone(&cues, self.problems);
        Some(cues.into_iter().map(|(cue, _)| cue).collect())
    }

    fn cue(&mut self, node: &Node, ordinal: &str, read: &mut ReadSteps) -> Option<Cue> {
        let fields = Fields::of(node, noun("步骤", "step"), self.problems)?;
        let cue = match (fields.has("human"), fields.has("await")) {
            (true, false) => {
                let name = self.name(&fields, ordinal, node, read)?;
                self.human(&fields, name).map(Cue::Human)
            }
            (false, true) => {
                let name = self.name(&fields, ordinal, node, read)?;
                self.awaited(&fields, name, read).map(Cue::Await)
            }
            (both, _) => {
                let message = match both {
                    true => both!(
                        "一步只能是 human 或 await 之一",
                        "a step is only one of human, await"
                    ),
                    false => both!(
                        "本工具发送的步骤与等待 HIS 的步骤写在了同一例里",
                        "steps that we send stand beside steps that we wait for"
                    ),
                };
                let help = both!(
                    "有 human 或 await 的用例由 HIS 发报文 (crosswipe serve), 各步只写 human 或 await; 其余步骤另起一例",
                    "the messages of a case with `human` or `await` come from the HIS (crosswipe serve): it has no other steps; put those into a case of their own"
                );
                let problem = fields.at.error(codes::WRONG_SHAPE, message);
                self.problems.push(problem.help(help));
                return None;
            }
        };
        fields.done();
        cue
    }

    fn human(&self, fields: &Fields<'_>, name: String) -> Option<Human> {
        let node = fields.optional("human");
        let texts = node.and_then(|node| match &node.value {
            Value::Map(_) => {
                let texts = Fields::of(node, noun("human", "human"), self.problems)?;
                let text = |key: &'static str, help: Both| {
                    let node = texts.required(key, help)?;
                    words::told(node, self.problems).map(|said| said.value)
                };
                let zh = text("zh", both!("写上中文", "give the Chinese text"));
                let en = text("en", both!("写上英文", "give the English text"));
                texts.done();
                Some((zh?, en?))
            }
            _ => {
                let said = words::told(node, self.problems)?;
                Some((said.value.clone(), said.value))
            }
        });
        let within = match fields.has("within") {
            true => self.within(fields).map(Some),
            false => Some(None),
        };
        let (zh, en) = texts?;
        let within_ms = within?;
        Some(Human {
            name,
            zh,
            en,
            within_ms,
        })
    }

    fn awaited(
        &mut self,
        fields: &Fields<'_>,
        name: String,
        read: &mut ReadSteps,
    ) -> Option<Await> {
        let infno = fields
            .optional("await")
            .and_then(|node| words::word(node, self.problems))
            .and_then(|said| {
                let infno = InfNo::new(&said.value);
                let known = infno.nature() != Nature::Unknown;
                if !known {
                    let help = both!("四位交易编号, 如 2207", "a transaction number, e.g. 2207");
                    let message = both!(
                        "没有 `{}` 这个交易编号",
                        "unknown transaction number `{}`",
                        said.value
                    );
                    let problem = said.at.error(codes::UNKNOWN_WORD, message);
                    self.problems.push(problem.help(help));
                }
                known.then_some(infno)
            });
        let within = self.within(fields);
        let expect = self.expect(fields, &ANSWERED, infno.as_ref(), &name, read);
        let persona = match fields.has("person") {
            true => self.persona(fields, None, false).map(Some),
            false => Some(None),
        };
        let institution = match fields.has("institution") {
            true => self.institution(fields, None, false).map(Some),
            false => Some(None),
        };
        let (infno, expect, persona) = (infno?, expect?, persona?);
        let nodes = catalogue().transaction(&infno).map(|one| &one.input);
        let names = |field: &&str| {
            let first = nodes.and_then(|nodes| nodes.first());
            first.is_some_and(|node| node.field(field).is_some())
        };
        if let (Some(at), true) = (fields.key_at("person"), nodes.is_some())
            && !NUMBERS.iter().any(names)
        {
            let message = both!(
                "`{infno}` 的报文里没有人员, 等不到某个 `person` 的",
                "a message `{infno}` names no person, so none of `person` comes"
            );
            let help = both!(
                "删去 person, 或只写 institution",
                "drop `person`, or name the institution only"
            );
            let problem = at.error(codes::UNKNOWN_FIELD, message);
            self.problems.push(problem.help(help));
            return None;
        }
        if let Some(persona) = &persona {
            self.report_unregistered(persona, &expect, true);
        }
        Some(Await {
            name,
            infno,
            persona: persona.map(|said| said.value),
            institution: institution?,
            within_ms: within?,
            expect,
        })
    }

    fn within(&self, fields: &Fields<'_>) -> Option<i64> {
        let help = both!(
            "写上最多等多久, 如 `within: 5m`",
            "say how long at most, e.g. `within: 5m`"
        );
        let said = words::duration_ms(fields.required("within", help.clone())?, self.problems)?;
        if !(1..=LONGEST_MS).contains(&said.value) {
            let message = both!(
                "等待的时长要大于零, 不超过一天",
                "a wait is longer than nothing and no longer than a day"
            );
            let problem = said.at.error(codes::BAD_DURATION, message);
            self.problems.push(problem.help(help));
            return None;
        }
        Some(said.value)
    }
}
