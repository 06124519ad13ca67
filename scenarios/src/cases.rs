//! 场景文件 · Reads a scenario file into cases: its own steps, a list of cases, or one per matrix cell.
//!
//! Called by `load` for each file that the plan lists. Not here: single steps (`steps`), whether a case
//! fits the window (`checks`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosswipe_domain::{AdmDivision, Business, CaseId, Moment, Persona, Window, both};

use crate::amend;
use crate::attended::{attended_here, is_attended};
use crate::checks::Checker;
use crate::codes;
use crate::fields::{Fields, items};
use crate::fragments::{self, expand};
use crate::matrix::{Cell, cells};
use crate::node::{Node, read_yaml};
use crate::pairwise::Drawn;
use crate::problem::{At, Said, noun};
use crate::proof::{Proves, read_proves};
use crate::schedule::Schedule;
use crate::sites;
use crate::source::Source;
use crate::steps::{ReadSteps, Reader};
use crate::words;
use crate::{Attended, Case, Credential, Proof, Step};

/// What reading scenario files needs to know, and what it gathers.
pub(crate) struct CaseReader<'a, 'b> {
    pub(crate) steps: Reader<'a, 'b>,
    pub(crate) window: Option<&'a Window>,
    pub(crate) arranged: &'a [(AdmDivision, String)],
    /// Businesses of the plan's matrix.
    pub(crate) matrix: &'a [Business],
    /// Its cells, where they are drawn pairwise.
    pub(crate) drawn: Option<&'a Drawn<'a>>,
    /// Ids of the notice's clauses.
    pub(crate) clauses: &'a BTreeSet<String>,
    /// Names of scenarios read so far.
    pub(crate) scenarios: Vec<Said<String>>,
    /// Businesses whose matrix some scenario fills.
    pub(crate) filled: Vec<Business>,
    pub(crate) cases: Vec<Case>,
    pub(crate) proofs: Vec<Proof>,
    /// Cases that expect what the window said before a bound was moved.
    pub(crate) old: Vec<CaseId>,
    pub(crate) attended: Vec<Attended>,
}

/// The keys that a scenario and a case have in common.
struct Head {
    id: Said<String>,
    title: String,
    covers: Vec<String>,
    start: Option<Moment>,
    pinned: bool,
    several_open: bool,
    proves: Option<Proves>,
}

impl Head {
    /// `<scenario>/<case>`, or the scenario alone.
    fn id_in(&self, scenario: Option<&Head>) -> CaseId {
        let id = scenario.map_or(self.id.value.clone(), |scenario| {
            format!("{}/{}", scenario.id.value, self.id.value)
        });
        CaseId::parse(&id).expect("ids are short and printable")
    }

    fn covers_in(&self, scenario: Option<&Head>) -> Vec<String> {
        let of_scenario = scenario.map_or(&[][..], |scenario| &scenario.covers);
        of_scenario.iter().chain(&self.covers).cloned().collect()
    }
}

impl CaseReader<'_, '_> {
    /// Reads one scenario file.
    pub(crate) fn read(&mut self, source: &Arc<Source>) {
        let problems = self.steps.problems;
        let folder = self.steps.baskets.folder;
        let Some(node) = read_yaml(source, problems) else {
            return;
        };
        let is_short = fragments::is_short(&node);
        let Some(node) = expand(node, folder, problems) else {
            return;
        };
        if is_short {
            folder.spell_out(&source.shown_path, sites::spelled(&node));
        }
        let Some(fields) = Fields::of(&node, noun("场景", "scenario"), problems) else {
            return;
        };
        let head = self.head(&fields, "scenario");
        self.scenarios
            .extend(head.as_ref().map(|head| head.id.clone()));
        let for_what = fields
            .optional("for")
            .and_then(|node| words::word(node, problems));
        let for_matrix = for_what
            .and_then(|said| {
                words::one_of(&said, noun("`for`", "`for`"), &[("matrix", ())], problems)
            })
            .is_some();
        // Those stand in the steps by now.
        fields.optional("fragments");
        let (steps, cases) = (fields.optional("steps"), fields.optional("cases"));
        match (steps, cases, for_matrix) {
            (Some(steps), None, true) => self.matrix_cases(&fields, head, steps),
            (Some(steps), None, false) => self.one_case(&fields.at, head, None, steps),
            (None, Some(cases), false) => self.listed_cases(head, cases),
            (None, Some(cases), true) => {
                let help = both!("矩阵场景只写 steps", "a matrix scenario has `steps` only");
                problems.push(
                    cases
                        .at
                        .error(
                            codes::WRONG_SHAPE,
                            both!(
                                "矩阵场景里写了 `cases`",
                                "`cases` in a scenario for the matrix"
                            ),
                        )
                        .help(help),
                );
            }
            (Some(_), Some(cases), _) => {
                problems.push(
                    cases
                        .at
                        .error(
                            codes::WRONG_SHAPE,
                            both!("`steps` 与 `cases` 同时写了", "both `steps` and `cases`"),
                        )
                        .help(both!("两者取一", "keep one of them")),
                );
            }
            (None, None, _) => {
                let help = both!(
                    "写 steps, 或写 cases 列出多个用例",
                    "write `steps`, or `cases` for several"
                );
                problems.push(
                    fields
                        .at
                        .error(
                            codes::MISSING_KEY,
                            both!(
                                "场景: `steps` 与 `cases` 都没有写",
                                "scenario: neither `steps` nor `cases`"
                            ),
                        )
                        .help(help),
                );
            }
        }
        fields.done();
    }

    fn head(&self, fields: &Fields<'_>, key: &'static str) -> Option<Head> {
        let problems = self.steps.problems;
        let id = fields
            .required(key, both!("起一个名字", "give it a name"))
            .and_then(|node| words::id(node, problems));
        let title = fields
            .optional("title")
            .and_then(|node| words::told(node, problems))
            .map(|said| said.value);
        let covers = fields
            .optional("covers")
            .map(|node| words::words(node, problems))
            .unwrap_or_default();
        covers.iter().for_each(|said| {
            // A scenario of the notice has no entry of its own.
            if !is_scenario(&said.value) {
                words::report_clause(said, self.clauses, problems);
            }
        });
        let phase = fields
            .optional("phase")
            .and_then(|node| words::word(node, problems))
            .and_then(|said| self.phase_start(&said));
        let start = fields
            .optional("start")
            .and_then(|node| amend::instant(node, self.window, problems))
            .map(|said| said.value);
        if let (Some(at), true) = (fields.key_at("phase"), fields.has("start")) {
            problems.push(
                at.error(
                    codes::WRONG_SHAPE,
                    both!("`phase` 与 `start` 同时写了", "both `phase` and `start`"),
                )
                .help(both!("两者取一", "keep one of them")),
            );
        }
        let several_open = fields
            .optional("several_open")
            .map_or(Some(false), |node| words::yes_no(node, problems));
        // A scenario as a whole proves nothing: each breach has a case and a world of its own.
        let proves = match (key, fields.optional("proves")) {
            ("case", Some(node)) => Some(read_proves(node, problems)),
            ("scenario", Some(node)) => {
                let help = both!("写到 cases 的某一例里", "write it in one of the `cases`");
                let problem = node.at.error(
                    codes::WRONG_SHAPE,
                    both!("整个场景写了 `proves`", "`proves` of a whole scenario"),
                );
                problems.push(problem.help(help));
                None
            }
            _ => None,
        };
        let proves = match proves {
            Some(read) => Some(read?),
            None => None,
        };
        let id = id?;
        Some(Head {
            title: title.unwrap_or_else(|| id.value.clone()),
            covers: covers.into_iter().map(|said| said.value).collect(),
            pinned: start.is_some(),
            start: start.or(phase),
            several_open: several_open?,
            proves,
            id,
        })
    }

    fn phase_start(&self, said: &Said<String>) -> Option<Moment> {
        let window = self.window?.latest();
        let phases = &window.phases;
        let found = phases.iter().find(|phase| phase.id == said.value);
        if found.is_none() {
            let known = phases.iter().map(|phase| phase.id.as_str());
            self.steps.problems.push(words::unknown(
                codes::UNKNOWN_PHASE,
                noun("阶段", "phase"),
                said,
                known,
            ));
        }
        found.map(|phase| phase.from)
    }

    /// A clause is one of the plan's; a scenario of the notice is written like `zj-01`.
    fn listed_cases(&mut self, scenario: Option<Head>, node: &Node) {
        let problems = self.steps.problems;
        let listed = items(node, problems);
        if listed.is_empty() {
            problems.push(
                node.at
                    .error(
                        codes::NO_CASES,
                        both!("`cases` 下一个用例也没有", "a list of no cases"),
                    )
                    .help(both!("至少写一个用例", "write at least one case")),
            );
        }
        let mut ids = Vec::new();
        for node in listed {
            let Some(fields) = Fields::of(node, noun("用例", "case"), problems) else {
                continue;
            };
            let head = self.head(&fields, "case");
            fields.optional("rows");
            ids.extend(head.as_ref().map(|head| head.id.clone()));
            if let Some(steps) = fields.required("steps", both!("写上步骤", "write its steps"))
            {
                self.one_case(&fields.at, head, scenario.as_ref(), steps);
            }
            fields.done();
        }
        words::report_duplicates(noun("用例", "case"), &ids, problems);
    }

    fn one_case(&mut self, at: &At, head: Option<Head>, scenario: Option<&Head>, node: &Node) {
        if is_attended(node) {
            return self.attended_case(at, head, scenario, node);
        }
        let read = self.steps.steps(node, None);
        let Some(head) = head else {
            return;
        };
        let case = Case {
            id: head.id_in(scenario),
            covers: head.covers_in(scenario),
            start: head.start.or(scenario.and_then(|scenario| scenario.start)),
            pinned: head.pinned,
            title: head.title,
            steps: read.steps.clone(),
            matrix: false,
            several_open: head.several_open
                || scenario.is_some_and(|scenario| scenario.several_open),
        };
        self.keep(case, head.proves, &read, at);
    }

    /// A case that a person and a system under test carry out.
    fn attended_case(&mut self, at: &At, head: Option<Head>, scenario: Option<&Head>, node: &Node) {
        let problems = self.steps.problems;
        let cues = self.steps.cues(node, at);
        let (Some(head), Some(cues)) = (head, cues) else {
            return;
        };
        if head.proves.is_some() || head.several_open {
            let key = if head.proves.is_some() {
                "proves"
            } else {
                "several_open"
            };
            let message = both!(
                "由 HIS 发报文的用例写了 `{key}`",
                "`{key}` of a case whose messages a HIS sends"
            );
            let help = both!(
                "有 human 或 await 的用例不写它",
                "leave it out where a case has `human` or `await`"
            );
            problems.push(at.error(codes::WRONG_SHAPE, message).help(help));
            return;
        }
        self.attended.push(Attended {
            id: head.id_in(scenario),
            covers: head.covers_in(scenario),
            start: head.start.or(scenario.and_then(|scenario| scenario.start)),
            title: head.title,
            cues,
        });
    }

    fn matrix_cases(&mut self, fields: &Fields<'_>, head: Option<Head>, node: &Node) {
        let problems = self.steps.problems;
        let topology = self.steps.topology;
        if is_attended(node) {
            let message = both!(
                "矩阵场景里写了 `human` 或 `await`",
                "`human` or `await` in a scenario for the matrix"
            );
            problems.push(attended_here(&node.at, message));
            return;
        }
        // Read once in the first cell's seat, then given every other cell's seat.
        let seats = |business| cells(topology, self.steps.persons, business, 0);
        let mut seats = [Business::Outpatient, Business::Pharmacy]
            .into_iter()
            .flat_map(seats);
        let Some(first) = seats.next() else {
            return; // the holes of the matrix are reported by the plan
        };
        let read = self.steps.steps(node, Some(&first.seat));
        let Some(business) = read
            .steps
            .iter()
            .find_map(Step::visit)
            .map(|visit| visit.business)
        else {
            if read.whole {
                let help = both!("矩阵场景至少有一步 swipe", "a matrix scenario has a swipe");
                problems.push(
                    fields
                        .at
                        .error(
                            codes::NOTHING_CHECKED,
                            both!(
                                "矩阵场景没有一步是刷卡",
                                "a scenario for the matrix that swipes nobody"
                            ),
                        )
                        .help(help),
                );
            }
            return;
        };
        let Some(turn) = self
            .matrix
            .iter()
            .position(|demanded| *demanded == business)
        else {
            let help = both!(
                "在 plan.yaml 的 matrix 里写上这项业务",
                "name the business in `matrix` of plan.yaml"
            );
            let message = both!(
                "写了 `for: matrix`, 但计划的 matrix 没有 `{business}` 这项业务",
                "`for: matrix`, but the plan's matrix does not name `{business}`"
            );
            problems.push(
                fields
                    .key_at("for")
                    .unwrap_or(&fields.at)
                    .error(codes::EMPTY_MATRIX_CELL, message)
                    .help(help),
            );
            return;
        };
        self.filled.push(business);
        let Some(head) = head else {
            return;
        };
        let cells = match self.drawn {
            Some(drawn) => {
                self.report_credential(&read);
                drawn.cells(business)
            }
            None => cells(topology, self.steps.persons, business, turn),
        };
        for cell in cells {
            let before = problems.len();
            self.keep(matrix_case(&head, &cell, &read), None, &read, &fields.at);
            if problems.len() > before {
                return; // the same slip in every cell is one slip
            }
        }
    }

    /// What persons show is drawn with the cells.
    fn report_credential(&self, read: &ReadSteps) {
        let written = read.steps.iter().find(
            |step| matches!(step, Step::Swipe(swipe) if swipe.credential != Credential::default()),
        );
        if let Some(step) = written {
            let at = step.name().and_then(|name| read.places.get(name));
            let message = both!(
                "出示什么 (`credential`) 由矩阵的格子定",
                "`credential` comes from the cell of the matrix"
            );
            let help = both!(
                "删去这一项, 或从 matrix 去掉 credential",
                "drop it here, or drop `credential` from `matrix`"
            );
            let problem = at.map(|at| at.error(codes::UNKNOWN_KEY, message).help(help));
            problem
                .into_iter()
                .for_each(|one| self.steps.problems.push(one));
        }
    }

    /// Keeps a case that could be read; what is wrong with it as a whole is reported.
    fn keep(&mut self, mut case: Case, proves: Option<Proves>, read: &ReadSteps, at: &At) {
        let problems = self.steps.problems;
        if !read.whole {
            return;
        }
        if read.checked.is_empty() && proves.is_none() {
            let message = both!(
                "用例 `{}` 什么也没有检查",
                "case `{}` checks nothing",
                case.id
            );
            let help = both!(
                "至少给一步写 expect, 如 `expect: {{outcome: ok}}`",
                "give at least one step an `expect`, e.g. `expect: {{outcome: ok}}`"
            );
            problems.push(at.error(codes::NOTHING_CHECKED, message).help(help));
            return;
        }
        let personas: BTreeMap<&str, &Persona> = self
            .steps
            .persons
            .iter()
            .rev() // of two with one label, the first counts
            .map(|person| (person.persona.label.as_str(), &person.persona))
            .collect();
        if let Some(window) = self.window {
            let schedule = Schedule {
                window,
                topology: self.steps.topology,
                arranged: self.arranged,
            };
            Checker {
                schedule,
                personas: &personas,
                places: &read.places,
                at,
                problems,
            }
            .check(&mut case, &mut self.old);
        }
        match proves {
            Some(proves) => self.proofs.push(proves.of(case)),
            None => self.cases.push(case),
        }
    }
}

fn matrix_case(head: &Head, cell: &Cell<'_>, read: &ReadSteps) -> Case {
    let id = format!("{}/{}", head.id.value, cell.name());
    Case {
        id: CaseId::parse(&id).expect("ids are short and printable"),
        title: format!(
            "{} {} → {}",
            head.title, cell.insured.name, cell.treatment.name
        ),
        covers: head.covers.clone(),
        start: head.start,
        pinned: false,
        steps: read.steps.iter().map(|step| step.seated(cell)).collect(),
        matrix: true,
        several_open: head.several_open,
    }
}

impl Step {
    /// The same step for another cell of the matrix.
    fn seated(&self, cell: &Cell<'_>) -> Step {
        let seat = &cell.seat;
        let mut step = self.clone();
        match &mut step {
            Step::Swipe(swipe) => {
                swipe.persona.clone_from(&seat.persona);
                swipe.institution.clone_from(&seat.institution);
                if let Some(shows) = &cell.shows {
                    swipe.credential.shows.clone_from(shows);
                }
            }
            Step::Call(call) => {
                call.persona = Some(seat.persona.clone());
                call.institution.clone_from(&seat.institution);
            }
            Step::Parallel(branches) => {
                for step in branches.iter_mut().flatten() {
                    *step = step.seated(cell);
                }
            }
            Step::Play(_) | Step::Office(_) => {}
        }
        step
    }
}

/// `zj-01`: a scenario of the notice; its clauses are `ZJ1` and so on.
pub(crate) fn is_scenario(text: &str) -> bool {
    text.split_once('-').is_some_and(|(notice, number)| {
        let lower = !notice.is_empty() && notice.bytes().all(|b| b.is_ascii_lowercase());
        lower && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    })
}
