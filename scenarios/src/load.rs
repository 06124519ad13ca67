//! 读计划 · Reads a plan folder: everything, or all that is wrong with it.
//!
//! Why so: files lean on each other (cases on persons, persons on regions), so they are read in that
//! order; what could not be read is left out and reading goes on, so that one slip does not hide the
//! next, and what merely follows from a slip is not told. Called by `cli`. Not here: single files.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use crosswipe_domain::{
    AdmDivision, Both, InstitutionCode, Moment, Registry, Scope, Topology, Window, both,
};

use crate::amend::{read_amendments, report_old};
use crate::cases::CaseReader;
use crate::catalogue::{Baskets, read_catalogue};
use crate::codes;
use crate::contacts::{Contact, read_contacts};
use crate::duties::{read_duties, read_open_points, report_idle_clauses};
use crate::fields::{Fields, items, line_of};
use crate::folder::{Folder, PLAN_FILE};
use crate::head::Head;
use crate::known::{read_known_issues, report_idle};
use crate::live::{Live, read_live};
use crate::matrix::{report_bare, report_holes};
use crate::node::{Node, Value, read_yaml};
use crate::pairs::read_pairs;
use crate::pairwise::{Design, draw};
use crate::persons::{Person, Use, read_persons};
use crate::phases::read_window;
use crate::preflight::{Preflight, read_preflight};
use crate::problem::{At, Problems, Said, noun};
use crate::purge::read_purge;
use crate::schedule::Schedule;
use crate::steps::Reader;
use crate::timing::{DeskSaid, read_timing};
use crate::topology::{self, read_topology};
use crate::words;
use crate::{Attended, Case, Cue, Plan, Problem, Proof, Severity};

const PERSONS_HELP: Both = Both::new(
    "写上名册文件, 如 `persons: persons.csv`",
    "name the persons file, e.g. `persons: persons.csv`",
);

/// Reads the plan at `path` (a plan folder or its `plan.yaml`).
///
/// # Errors
/// All problems at once; nothing was sent.
pub fn load(path: &Path) -> Result<Plan, Vec<Problem>> {
    match check(path) {
        (Some(plan), _) => Ok(plan),
        (None, problems) => Err(problems),
    }
}

/// Reads the plan at `path` and gives warnings too; the plan is there unless something is wrong with it.
pub fn check(path: &Path) -> (Option<Plan>, Vec<Problem>) {
    let problems = Problems::default();
    let Some(folder) = Folder::find(path, &problems) else {
        return (None, problems.into_list());
    };
    let plan = read_plan(&folder, &problems);
    let mut problems = problems.into_list();
    in_reading_order(&mut problems);
    let problems = folder.placed(problems);
    let [files, spelled] = folder.into_files();
    let plan = plan.map(|plan| Plan {
        files,
        spelled,
        ..plan
    });
    let usable = problems
        .iter()
        .all(|problem| problem.severity == Severity::Warning);
    assert!(
        plan.is_some() || !usable,
        "a plan that cannot be read says why"
    );
    (plan.filter(|_| usable), problems)
}

/// Files in the order in which they first have a problem, problems in the order of their text.
fn in_reading_order(problems: &mut Vec<Problem>) {
    let mut ranks: BTreeMap<String, usize> = BTreeMap::new();
    for problem in problems.iter() {
        let next = ranks.len();
        ranks.entry(problem.file.clone()).or_insert(next);
    }
    problems.sort_by_key(|problem| {
        (
            ranks.get(&problem.file).copied(),
            problem.span.as_ref().map(|span| span.start),
        )
    });
    problems.dedup();
}

fn read_plan(folder: &Folder, problems: &Problems) -> Option<Plan> {
    let source = folder.open(PLAN_FILE, None, problems)?;
    let node = read_yaml(&source, problems)?;
    let fields = Fields::of(&node, noun("计划", "plan"), problems)?;
    let reading = Reading {
        fields: &fields,
        folder,
        problems,
    };
    let head = Head::read(&fields, problems);
    let read = reading.topology();
    let (topology, driven, desks) = match read {
        Some((topology, driven, desks)) => (Some(topology), Some(driven), desks),
        None => (None, None, BTreeMap::new()),
    };
    let window = read_window(
        &fields,
        &head.cross_swipe,
        topology.as_ref(),
        &head.clauses,
        problems,
    );
    let persons = reading.persons(topology.as_ref());
    let mut window = window;
    let amend = read_amendments(&fields, window.as_mut().map(|(window, _)| window), problems);
    let arranged = reading.pairs(topology.as_ref(), window.as_ref());
    let window = window.map(|(window, _)| window);
    if let (Some(topology), Some(window)) = (&topology, &window) {
        reading.year_end(topology, window);
    }
    let purge = read_purge(&fields, topology.as_ref(), window.as_ref(), problems);
    let duties = read_duties(&fields, &head.clauses, problems);
    let open_points = read_open_points(&fields, &head.clauses, problems);
    let known = read_known_issues(&fields, topology.as_ref(), window.as_ref(), problems);
    let contacts = reading.contacts(topology.as_ref());
    let preflight = reading.preflight(topology.as_ref());
    let live = reading.live(topology.as_ref());
    let timing = read_timing(
        &fields,
        topology.as_ref(),
        persons.as_deref(),
        &desks,
        problems,
    );
    let scenarios = fields.required(
        "scenarios",
        both!("列出场景文件", "list the scenario files"),
    );
    let mark = problems.len();
    let gathered = reading.cases(
        topology.as_ref(),
        persons.as_deref(),
        window.as_ref(),
        &arranged,
        &head,
        (scenarios, amend.as_ref()),
    );
    let nobody = |persons: &Vec<Person>| !persons.iter().any(|one| one.persona.registered);
    if persons.as_ref().is_some_and(nobody) && !problems.lost_anything() {
        reading.report_nobody(mark);
    }
    let clauses_at = fields.key_at("clauses").cloned();
    fields.done();
    let (topology, window, gathered) = (topology?, window?, gathered?);
    let duties = duties?;
    if let Some(at) = clauses_at {
        let of_proofs = gathered.proofs.iter().map(|proof| &proof.case);
        let cases = gathered.cases.iter().chain(of_proofs);
        let of_attended = gathered.attended.iter().flat_map(|case| &case.covers);
        let covers: Vec<&String> = cases
            .flat_map(|case| &case.covers)
            .chain(of_attended)
            .collect();
        let spoken = (&window, covers.as_slice(), duties.as_slice());
        report_idle_clauses(&at, &head.clauses, spoken, problems);
    }
    let known = known?;
    let plan = Plan {
        id: head.id?,
        title_zh: head.title_zh?,
        title_en: head.title_en?,
        source: head.source?,
        same_day: head.same_day?,
        year: window.start()?.day().year(),
        window,
        topology,
        registry: Registry {
            personas: persons?.into_iter().map(|person| person.persona).collect(),
            baskets: gathered.baskets,
        },
        arranged,
        cases: gathered.cases,
        proofs: gathered.proofs,
        attended: gathered.attended,
        in_turn: (head.matrix.as_ref()).is_some_and(|said| said.value.in_turn),
        matrix: (head.matrix.map(|said| said.value.business)).unwrap_or_default(),
        design: gathered.design,
        cannot_undo: head.cannot_undo,
        purge: purge?,
        known_issues: known.iter().map(|(issue, _)| issue.clone()).collect(),
        duties,
        open_points: open_points?,
        contacts,
        preflight,
        live,
        driven: driven?,
        timing,
        probe_basket: gathered.probe?,
        files: BTreeMap::new(),
        spelled: BTreeMap::new(),
        seed: head.seed?,
    };
    report_idle(&plan, &known, problems);
    Some(plan)
}

/// A plan while its files are read.
struct Reading<'a> {
    fields: &'a Fields<'a>,
    folder: &'a Folder,
    problems: &'a Problems,
}

/// The topology, whose HIS is driven where, and what is said of desks.
type TopologyRead = (
    Topology,
    BTreeMap<InstitutionCode, SocketAddr>,
    BTreeMap<InstitutionCode, DeskSaid>,
);

/// Cases and the baskets they name.
struct Gathered {
    cases: Vec<Case>,
    proofs: Vec<Proof>,
    attended: Vec<Attended>,
    design: Option<Design>,
    baskets: BTreeMap<String, Vec<crosswipe_domain::BasketLine>>,
    probe: Option<String>,
}

impl Reading<'_> {
    fn path(&self, key: &'static str, help: Both) -> Option<(Said<String>, String)> {
        let said = words::prose(self.fields.required(key, help)?, self.problems)?;
        let path = self.folder.inside(&said, self.problems)?;
        Some((said, path))
    }

    /// The topology with its catalogue, which hospitals' own systems are driven, and what institutions say of their desks.
    fn topology(&self) -> Option<TopologyRead> {
        let (said, path) = self.path(
            "topology",
            both!(
                "写上拓扑文件, 如 `topology: topology.yaml`",
                "name the topology file, e.g. `topology: topology.yaml`"
            ),
        )?;
        let source = self.folder.open(&path, Some(&said.at), self.problems)?;
        let node = read_yaml(&source, self.problems)?;
        let topology::Read {
            mut topology,
            catalogue,
            driven,
            desks,
        } = read_topology(&node, self.folder, self.problems)?;
        if let Some(said) = catalogue
            && let Some(path) = self.folder.inside(&said, self.problems)
            && let Some(source) = self.folder.open(&path, Some(&said.at), self.problems)
        {
            topology.tariffs = read_catalogue(&source, self.problems);
        } else {
            self.problems.lost_some(codes::UNKNOWN_ITEM);
        }
        Some((topology, driven, desks))
    }

    /// Whatever is left standing at midnight of the last day of a year cannot be undone where that is refused.
    fn year_end(&self, topology: &Topology, window: &Window) {
        let years = |moment: Option<Moment>| moment.map(|moment| moment.day().year());
        let (from, to) = (years(window.start()), years(window.end()));
        let strict = topology
            .regions
            .iter()
            .find(|region| region.profile.refuses_last_year);
        let (Some(from), Some(to), Some(strict), Some(at)) =
            (from, to, strict, self.fields.key_at("phases"))
        else {
            return;
        };
        if from == to {
            return;
        }
        let message = both!(
            "窗口跨 {from}、{to} 两年, 而 `{}` 不撤上一年的结算",
            "the window runs from {from} into {to}, and `{}` takes nothing of last year back",
            strict.code
        );
        let help = both!(
            "{from} 年的刷卡须在年末前全部回退",
            "undo every swipe of {from} before the year ends"
        );
        let problem = at.error(codes::YEAR_END, message).help(help);
        self.problems.push(problem.into_warning());
    }

    /// What is to be reached before the window; a plan need not say.
    fn preflight(&self, topology: Option<&Topology>) -> Option<Preflight> {
        let said = words::prose(self.fields.optional("preflight")?, self.problems)?;
        let path = self.folder.inside(&said, self.problems)?;
        let source = self.folder.open(&path, Some(&said.at), self.problems)?;
        let node = read_yaml(&source, self.problems)?;
        read_preflight(&node, self.folder, topology, self.problems)
    }

    /// The real systems that a run may send to; a plan need not have any.
    fn live(&self, topology: Option<&Topology>) -> Option<Live> {
        let said = words::prose(self.fields.optional("live")?, self.problems)?;
        let path = self.folder.inside(&said, self.problems)?;
        let source = self.folder.open(&path, Some(&said.at), self.problems)?;
        let node = read_yaml(&source, self.problems)?;
        let (_, persons) = self.path("persons", PERSONS_HELP)?;
        let persons = self.folder.bytes(&persons);
        read_live(&node, topology, persons.as_deref(), self.problems)
    }

    /// A plan with test phases has somebody to swipe.
    /// Told where a case or the matrix misses somebody, in the place of each of them.
    fn report_nobody(&self, mark: usize) {
        let missed = [
            codes::PERSON_NOT_REGISTERED,
            codes::EMPTY_MATRIX_CELL,
            codes::UNKNOWN_PERSON,
        ];
        let Some(persons) = self.fields.optional("persons") else {
            return;
        };
        if !self.problems.has_since(mark, &missed) {
            return;
        }
        let phases = self.fields.optional("phases").map(|node| &node.value);
        let Some(Value::List(phases)) = phases else {
            return;
        };
        let tests = |phase: &&Node| match &phase.value {
            Value::Map(entries) => entries.iter().any(|(key, _)| key.value == "allow"),
            _ => false,
        };
        let Some(phase) = phases.iter().find(tests) else {
            return;
        };
        let line = line_of(&phase.at);
        let message = both!(
            "名册里没有一名测试人员, 而第 {line} 行的阶段放行测试刷卡",
            "the registry has no test person, and the phase in line {line} allows test swipes"
        );
        let help = both!(
            "在名册里加上用途为 `matrix` 或 `named` (矩阵、专用) 的人员",
            "add persons to it whose `use` is `matrix` or `named`"
        );
        let problem = persons.at.error(codes::NOBODY_REGISTERED, message);
        self.problems.push(problem.help(help));
        missed
            .into_iter()
            .for_each(|code| self.problems.lost_since(mark, code));
    }

    /// The registry; without regions nobody is insured anywhere, and only whether the file is there is told.
    fn persons(&self, topology: Option<&Topology>) -> Option<Vec<Person>> {
        let (said, path) = self.path("persons", PERSONS_HELP)?;
        let source = self.folder.open(&path, Some(&said.at), self.problems)?;
        Some(read_persons(&source, topology?, self.problems))
    }

    /// The table of contacts, if the plan names one.
    fn contacts(&self, topology: Option<&Topology>) -> Vec<Contact> {
        let said = self
            .fields
            .optional("contacts")
            .and_then(|node| words::prose(node, self.problems));
        let read = said.zip(topology).and_then(|(said, topology)| {
            let path = self.folder.inside(&said, self.problems)?;
            let source = self.folder.open(&path, Some(&said.at), self.problems)?;
            Some(read_contacts(&source, &said.at, topology, self.problems))
        });
        read.unwrap_or_default()
    }

    /// The arranged pairs; a phase that speaks of them needs their file.
    fn pairs(
        &self,
        topology: Option<&Topology>,
        window: Option<&(Window, Vec<Said<Scope>>)>,
    ) -> Vec<(AdmDivision, String)> {
        let arranged = window
            .and_then(|(_, scopes)| scopes.iter().find(|scope| scope.value == Scope::Arranged));
        if let (Some(scope), false) = (arranged, self.fields.has("pairs")) {
            let help = both!(
                "在 plan.yaml 写 `pairs: pairs.csv`",
                "write `pairs: pairs.csv` in plan.yaml"
            );
            let message = both!(
                "这个阶段按约定对放行, 但计划没有写 `pairs` 文件",
                "this phase allows arranged pairs, but the plan names no `pairs` file"
            );
            self.problems
                .push(scope.at.error(codes::MISSING_KEY, message).help(help));
        }
        let said = self
            .fields
            .optional("pairs")
            .and_then(|node| words::prose(node, self.problems));
        let read = said.zip(topology).and_then(|(said, topology)| {
            let path = self.folder.inside(&said, self.problems)?;
            let source = self.folder.open(&path, Some(&said.at), self.problems)?;
            Some(read_pairs(&source, topology, self.problems))
        });
        read.unwrap_or_default()
    }

    fn cases(
        &self,
        topology: Option<&Topology>,
        persons: Option<&[Person]>,
        window: Option<&Window>,
        arranged: &[(AdmDivision, String)],
        head: &Head,
        (scenarios, amend): (Option<&Node>, Option<&At>),
    ) -> Option<Gathered> {
        let probe_help = both!(
            "写上探针费用清单, 如 `probe: basket/probe.yaml`",
            "name the basket of the probe visits, e.g. `probe: basket/probe.yaml`"
        );
        let probe = self.path("probe", probe_help);
        let (topology, persons) = (topology?, persons?);
        let mut baskets = Baskets {
            folder: self.folder,
            tariffs: &topology.tariffs,
            read: BTreeMap::new(),
        };
        let probe = probe.and_then(|(said, _)| baskets.key(&said, self.problems));
        let steps = Reader {
            window,
            topology,
            persons,
            baskets: &mut baskets,
            problems: self.problems,
        };
        let demand = head.matrix.as_ref().map(|said| &said.value);
        let demanded = demand.map_or(&[][..], |demand| &demand.business);
        let schedule = window.map(|window| Schedule {
            window,
            topology,
            arranged,
        });
        let seed = head.seed.unwrap_or_default();
        let drawn = demand
            .filter(|demand| demand.drawn)
            .map(|demand| draw(topology, persons, demand, schedule, seed));
        let mut reader = CaseReader {
            steps,
            window,
            arranged,
            matrix: demanded,
            drawn: drawn.as_ref(),
            clauses: &head.clauses,
            scenarios: Vec::new(),
            filled: Vec::new(),
            cases: Vec::new(),
            proofs: Vec::new(),
            old: Vec::new(),
            attended: Vec::new(),
        };
        let before = self.problems.len();
        self.scenario_files(scenarios, &mut reader);
        let (cases, proofs, filled) = (reader.cases, reader.proofs, reader.filled);
        let old = reader.old;
        let attended = reader.attended;
        if self.problems.len() == before && !self.problems.lost_anything() {
            if let Some(matrix) = &head.matrix {
                report_holes(
                    &matrix.at,
                    topology,
                    persons,
                    (demanded, !matrix.value.in_turn),
                    &filled,
                    self.problems,
                );
                if let Some(drawn) = &drawn {
                    report_bare(&matrix.at, &drawn.design, self.problems);
                }
            }
            self.report_unused(persons, &cases, &proofs, &attended);
        }
        if let Some(at) = amend {
            report_old(at, &old, self.problems);
        }
        Some(Gathered {
            cases,
            proofs,
            attended,
            design: drawn.map(|drawn| drawn.design),
            baskets: baskets.read,
            probe,
        })
    }

    fn scenario_files(&self, scenarios: Option<&Node>, reader: &mut CaseReader<'_, '_>) {
        let Some(node) = scenarios else {
            return;
        };
        let before = self.problems.len();
        let files: Vec<Said<String>> = items(node, self.problems)
            .iter()
            .filter_map(|node| words::prose(node, self.problems))
            .collect();
        words::report_duplicates(noun("文件", "file"), &files, self.problems);
        for (index, said) in files.iter().enumerate() {
            let twice = files[..index].iter().any(|one| one.value == said.value);
            if !twice
                && let Some(path) = self.folder.inside(said, self.problems)
                && let Some(source) = self.folder.open(&path, Some(&said.at), self.problems)
            {
                reader.read(&source);
            }
        }
        words::report_duplicates(noun("场景", "scenario"), &reader.scenarios, self.problems);
        if reader.cases.is_empty() && reader.attended.is_empty() && self.problems.len() == before {
            let help = both!("至少写一个场景", "write at least one scenario");
            self.problems.push(
                node.at
                    .error(
                        codes::NO_CASES,
                        both!("计划里一个用例也没有", "the plan has no case"),
                    )
                    .help(help),
            );
        }
    }

    /// A person filed for named cases whom no case names was filed in vain.
    fn report_unused(
        &self,
        persons: &[Person],
        cases: &[Case],
        proofs: &[Proof],
        attended: &[Attended],
    ) {
        let Some(at) = self.fields.key_at("persons") else {
            return;
        };
        for person in persons
            .iter()
            .filter(|person| person.purpose != Use::Matrix)
        {
            let label = &person.persona.label;
            let of_proofs = proofs.iter().map(|proof| &proof.case);
            let mut leaves = cases.iter().chain(of_proofs).flat_map(Case::leaves);
            let named = leaves.any(|step| step.person() == Some(label.as_str()));
            let mut cues = attended.iter().flat_map(|case| &case.cues);
            let awaited = cues
                .any(|cue| matches!(cue, Cue::Await(one) if one.persona.as_ref() == Some(label)));
            if !named && !awaited {
                let message = both!(
                    "没有用例用到人员 `{label}`",
                    "no case names the person `{label}`"
                );
                let help = both!(
                    "从名册删去, 或在用例里使用",
                    "drop the person or use it in a case"
                );
                self.problems.push(
                    at.error(codes::UNUSED_PERSON, message)
                        .help(help)
                        .into_warning(),
                );
            }
        }
    }
}
