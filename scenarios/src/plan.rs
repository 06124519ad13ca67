//! 计划 · A plan after all its files were read, checked and expanded.
//!
//! Why so: one value holds everything a run needs, persons in full; [`Plan::resolved`] gives the same
//! without personal data, for the journal. Made by `load` alone.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crosswipe_domain::{
    AdmDivision, Business, DeclaredPurge, InstitutionCode, KnownIssue, PlannedCase, PlannedPersona,
    PseudonymKey, Registry, ResolvedPlan, Topology, Window,
};

use crate::duties::{Duty, OpenPoint};
use crate::pairwise::Design;
use crate::timing::Timing;
use crate::{Attended, Case, Contact, Cue, Live, Preflight, Proof};

/// 计划 · A cutover, its parties, its persons and its cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id, e.g. `zhejiang-2017`.
    pub id: String,
    /// Chinese title.
    pub title_zh: String,
    /// English title.
    pub title_en: String,
    /// The notice it comes from.
    pub source: String,
    /// 同日政策 · True: a day with a non-zero test net is a violation; false: a note.
    pub same_day: bool,
    /// Phases and margin.
    pub window: Window,
    /// Hub, regions, institutions, catalogue.
    pub topology: Topology,
    /// Persons and baskets.
    pub registry: Registry,
    /// 约定对 · Insured place and institution code, sorted.
    pub arranged: Vec<(AdmDivision, String)>,
    /// In file order; matrix cells by insured place, then treatment place.
    pub cases: Vec<Case>,
    /// 反证 · Cases in worlds of their own, each with a breach that must be found; no case of the run.
    pub proofs: Vec<Proof>,
    /// 候办 · Cases that a person and a system under test carry out, at a door; no case of the run.
    pub attended: Vec<Attended>,
    /// Businesses for which every ordered pair of regions must have a case; empty = no matrix.
    pub matrix: Vec<Business>,
    /// True: one of these businesses is enough for a pair.
    pub in_turn: bool,
    /// 设计 · What a matrix with more dimensions covers; `None` = it has none.
    pub design: Option<Design>,
    /// What no ledger undoes, in the plan's words.
    pub cannot_undo: Vec<String>,
    /// 清除令 · Purges ordered by owners of parties, at most one per party.
    pub purge: Vec<DeclaredPurge>,
    /// 已知问题 · What is waived while its owner mends it.
    pub known_issues: Vec<KnownIssue>,
    /// 待办 · What the notice demands of people.
    pub duties: Vec<Duty>,
    /// 存疑 · Where the notice can be read in two ways.
    pub open_points: Vec<OpenPoint>,
    /// 联系人 · Whom to call, in the order of the table; in no journal.
    pub contacts: Vec<Contact>,
    /// 联通检查 · What sites must be able to reach before the window.
    pub preflight: Option<Preflight>,
    /// 真实目标 · Where a run against real systems may send; a plan without it has mock parties only.
    pub live: Option<Live>,
    /// 外接 HIS · Hospitals' own systems that a run drives through their adapters, and where they stand.
    pub driven: BTreeMap<InstitutionCode, SocketAddr>,
    /// 排班 · Hours, hands, ways of cards: what decides the timetable.
    pub timing: Timing,
    /// R8: the basket of the probe visits; key into the registry's baskets.
    pub probe_basket: String,
    /// The year that the accumulators at the start belong to.
    pub year: String,
    /// Every source file by its path inside the plan, as read.
    pub files: BTreeMap<String, Vec<u8>>,
    /// 展开 · Those scenario files that have fragments or rows, with nothing left to be put in: what a site is cut from.
    pub spelled: BTreeMap<String, Vec<u8>>,
    /// Seed of every choice, unless the command line gives another.
    pub seed: u64,
}

impl Plan {
    /// Which parts say something else than `other`'s; the files that they were read from do not count.
    pub fn differs(&self, other: &Plan) -> Vec<&'static str> {
        let parts = [
            ("plan", self.id == other.id),
            (
                "title",
                (&self.title_zh, &self.title_en) == (&other.title_zh, &other.title_en),
            ),
            ("source", self.source == other.source),
            ("test_net", self.same_day == other.same_day),
            ("phases", self.window == other.window),
            (
                "topology",
                (&self.topology, &self.driven) == (&other.topology, &other.driven),
            ),
            ("persons", self.registry.personas == other.registry.personas),
            ("basket", self.registry.baskets == other.registry.baskets),
            ("pairs", self.arranged == other.arranged),
            (
                "scenarios",
                (&self.cases, &self.proofs, &self.attended)
                    == (&other.cases, &other.proofs, &other.attended),
            ),
            (
                "matrix",
                (&self.matrix, self.in_turn) == (&other.matrix, other.in_turn),
            ),
            ("cannot_undo", self.cannot_undo == other.cannot_undo),
            ("purge", self.purge == other.purge),
            ("known_issues", self.known_issues == other.known_issues),
            ("duties", self.duties == other.duties),
            ("open_points", self.open_points == other.open_points),
            ("contacts", self.contacts == other.contacts),
            ("preflight", self.preflight == other.preflight),
            ("live", self.live == other.live),
            ("schedule", self.timing == other.timing),
            ("probe", self.probe_basket == other.probe_basket),
            (
                "seed",
                (&self.seed, &self.year) == (&other.seed, &other.year),
            ),
        ];
        let differing = parts.into_iter().filter(|(_, same)| !same);
        differing.map(|(part, _)| part).collect()
    }

    /// 计划实录 · The plan for the journal: persons as pseudonyms, everything else as it is.
    pub fn resolved(&self, key: &PseudonymKey) -> ResolvedPlan {
        let topology = &self.topology;
        let (registered, public): (Vec<_>, Vec<_>) = self
            .registry
            .personas
            .iter()
            .partition(|persona| persona.registered);
        ResolvedPlan {
            plan: self.id.clone(),
            title_zh: self.title_zh.clone(),
            title_en: self.title_en.clone(),
            source: self.source.clone(),
            same_day: self.same_day,
            window: self.window.clone(),
            hub: topology.hub,
            regions: topology
                .regions
                .iter()
                .map(|region| (region.code, region.name.clone()))
                .collect(),
            outside: topology
                .regions
                .iter()
                .filter(|region| region.outside)
                .map(|region| region.code)
                .collect(),
            institutions: topology
                .institutions
                .iter()
                .map(|i| (i.code.to_string(), i.name.clone(), i.region))
                .collect(),
            arranged: self.arranged.clone(),
            personas: registered
                .into_iter()
                .map(|persona| PlannedPersona {
                    pseudonym: key.pseudonym(&persona.no),
                    label: persona.label.clone(),
                    class: persona.class,
                    insured: persona.insured,
                })
                .collect(),
            public: public
                .into_iter()
                .map(|persona| key.pseudonym(&persona.no))
                .collect(),
            cases: self
                .cases
                .iter()
                .chain(self.proofs.iter().map(|proof| &proof.case))
                .map(|case| self.planned(case, key))
                .collect(),
            matrix: self.matrix.clone(),
            matrix_in_turn: self.in_turn,
            cannot_undo: self.cannot_undo.clone(),
            purge: self.purge.clone(),
            caps: self.live.as_ref().map(|live| live.caps),
            known_issues: self.known_issues.clone(),
        }
    }

    /// 候办 · What the journal of a door says of its attended cases.
    pub fn planned_attended(&self, key: &PseudonymKey) -> Vec<PlannedCase> {
        let planned = |case: &Attended| {
            let awaited = || {
                case.cues.iter().filter_map(|cue| match cue {
                    Cue::Await(awaited) => Some(awaited),
                    Cue::Human(_) => None,
                })
            };
            let label = awaited().find_map(|one| one.persona.as_deref());
            let persona = label.and_then(|label| self.registry.persona(label));
            let code = awaited().find_map(|one| one.institution.as_ref());
            let institution = code.and_then(|code| self.topology.institution(code));
            PlannedCase {
                case: case.id.clone(),
                title: case.title.clone(),
                covers: case.covers.clone(),
                business: awaited()
                    .map(|one| one.infno.business())
                    .find(Option::is_some)
                    .flatten(),
                insured: persona.map(|persona| persona.insured),
                treatment: institution.map(|institution| institution.region),
                institution: institution.map(|institution| institution.code.to_string()),
                person: persona.map(|persona| key.pseudonym(&persona.no)),
                matrix: false,
            }
        };
        self.attended.iter().map(planned).collect()
    }

    fn planned(&self, case: &Case, key: &PseudonymKey) -> PlannedCase {
        let visit = case.first_visit();
        let persona = visit.and_then(|visit| self.registry.persona(visit.persona));
        PlannedCase {
            person: persona.map(|persona| key.pseudonym(&persona.no)),
            ..self.place_of(case)
        }
    }

    /// The case as planned, without its person.
    pub(crate) fn place_of(&self, case: &Case) -> PlannedCase {
        let visit = case.first_visit();
        let persona = visit.and_then(|visit| self.registry.persona(visit.persona));
        let institution = visit.and_then(|visit| self.topology.institution(visit.institution));
        PlannedCase {
            case: case.id.clone(),
            title: case.title.clone(),
            covers: case.covers.clone(),
            business: visit.map(|visit| visit.business),
            insured: persona.map(|persona| persona.insured),
            treatment: institution.map(|institution| institution.region),
            institution: institution.map(|institution| institution.code.to_string()),
            person: None,
            matrix: case.matrix,
        }
    }
}
