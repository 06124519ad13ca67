//! 待办与存疑 · Reads `duties:` and `open_points:`: what a notice demands of people, and where it says two things.
//!
//! Why so: half of a notice can be judged on no books (reconcile before the stop, switch card libraries, print
//! declarations), and must not be lost for that; and where a notice leaves an instant open, a plan has chosen one reading:
//! it names the other one, so that nobody takes the choice for the notice. Each clause that neither a case nor a
//! suspension nor a duty speaks of is told.
//! Called by `load`. Not here: who is shown what (`cli`).

use std::collections::BTreeSet;

use crosswipe_domain::{Both, Moment, Window, both};

use crate::cases::is_scenario;
use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::problem::{At, Problems, Said, noun};
use crate::words;

/// 角色 · Whom a notice speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// 省平台
    Province,
    /// 医保经办: the region's own office.
    Agency,
    /// 医院
    Hospital,
    /// 药店
    Pharmacy,
    /// 用人单位、税务
    Employer,
    /// 参保人
    Public,
}

impl Audience {
    /// All of them, with their names in plan files.
    pub const ALL: [(&'static str, Audience); 6] = [
        ("province", Audience::Province),
        ("agency", Audience::Agency),
        ("hospital", Audience::Hospital),
        ("pharmacy", Audience::Pharmacy),
        ("employer", Audience::Employer),
        ("public", Audience::Public),
    ];

    /// The name in plan files and JSON.
    pub fn name(self) -> &'static str {
        let mut all = Audience::ALL.iter();
        let found = all.find(|(_, audience)| *audience == self);
        found.map_or("", |(name, _)| name)
    }
}

/// 待办 · What a notice demands of somebody by an instant, which no books can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The notice's clause.
    pub clause: String,
    /// Of whom.
    pub who: Vec<Audience>,
    /// From when on; `None` = at once.
    pub from: Option<Moment>,
    /// Before which instant; `None` = the notice does not say.
    pub due: Option<Moment>,
    /// What is to be done.
    pub text: String,
    /// The notice's own words.
    pub quote: String,
    /// Scenarios of the notice, e.g. `qj-12`, that come to this: no books can show them.
    pub covers: Vec<String>,
    /// 账上看不出 · Why not; empty where it covers none.
    pub unseen: String,
}

/// 存疑 · A place where the notice can be read in two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPoint {
    /// The notice's clause.
    pub clause: String,
    /// What it leaves open.
    pub text: String,
    /// How this plan reads it.
    pub chosen: String,
    /// How else it can be read.
    pub other: String,
}

impl Duty {
    /// The same duty so many ms later.
    pub(crate) fn shifted(&self, ms: i64) -> Duty {
        Duty {
            from: self.from.map(|at| at.plus_ms(ms)),
            due: self.due.map(|at| at.plus_ms(ms)),
            ..self.clone()
        }
    }
}

/// All duties, in the plan's order; `None` if one could not be read.
pub(crate) fn read_duties(
    plan: &Fields<'_>,
    clauses: &BTreeSet<String>,
    problems: &Problems,
) -> Option<Vec<Duty>> {
    all(plan, "duties", problems, |node| {
        duty(node, clauses, problems)
    })
}

/// All open points, in the plan's order; `None` if one could not be read.
pub(crate) fn read_open_points(
    plan: &Fields<'_>,
    clauses: &BTreeSet<String>,
    problems: &Problems,
) -> Option<Vec<OpenPoint>> {
    all(plan, "open_points", problems, |node| {
        let fields = Fields::of(node, noun("open_points", "open_points"), problems)?;
        let clause = clause(&fields, clauses, problems);
        let said = |key: &'static str, help: Both| {
            let node = fields.required(key, help)?;
            words::told(node, problems).map(|said| said.value)
        };
        let text = said(
            "text",
            both!("写上公告哪里没有说定", "say what the notice leaves open"),
        );
        let chosen = said(
            "chosen",
            both!("写上本计划取哪种读法", "say how this plan reads it"),
        );
        let other = said(
            "other",
            both!("写上另一种读法", "say how else it can be read"),
        );
        fields.done();
        Some(OpenPoint {
            clause: clause?,
            text: text?,
            chosen: chosen?,
            other: other?,
        })
    })
}

fn all<T>(
    plan: &Fields<'_>,
    key: &'static str,
    problems: &Problems,
    read: impl Fn(&Node) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(node) = plan.optional(key) else {
        return Some(Vec::new());
    };
    let listed = items(node, problems);
    let values: Vec<T> = listed.iter().filter_map(read).collect();
    (values.len() == listed.len()).then_some(values)
}

fn clause(fields: &Fields<'_>, clauses: &BTreeSet<String>, problems: &Problems) -> Option<String> {
    let help = both!(
        "写上公告条款, 如 QJ6",
        "name the clause of the notice, e.g. QJ6"
    );
    let said = words::word(fields.required("clause", help)?, problems)?;
    words::report_clause(&said, clauses, problems);
    Some(said.value)
}

fn duty(node: &Node, clauses: &BTreeSet<String>, problems: &Problems) -> Option<Duty> {
    let fields = Fields::of(node, noun("须办事项", "duties"), problems)?;
    let clause = clause(&fields, clauses, problems);
    let who = fields
        .required(
            "who",
            both!(
                "写上谁办: hospital、agency 等",
                "say who: hospital, agency, …"
            ),
        )
        .map(|node| words::words(node, problems))
        .unwrap_or_default();
    let audience = |said: &Said<String>| {
        words::one_of(said, noun("角色", "audience"), &Audience::ALL, problems)
    };
    let read: Vec<Audience> = who.iter().filter_map(audience).collect();
    let instant = |key: &'static str| match fields.optional(key) {
        Some(node) => words::instant(node, problems).map(Some),
        None => Some(None),
    };
    let (from, due) = (instant("from"), instant("due"));
    let text = fields
        .required("text", both!("写上要办什么", "say what is to be done"))
        .and_then(|node| words::told(node, problems));
    let quote = fields
        .optional("quote")
        .and_then(|node| words::told(node, problems))
        .map_or(String::new(), |said| said.value);
    let covers = fields
        .optional("covers")
        .map(|node| words::words(node, problems))
        .unwrap_or_default();
    let strange = covers.iter().filter(|said| !is_scenario(&said.value));
    strange.for_each(|said| {
        let message = both!(
            "`{}` 不是公告场景的编号",
            "`{}` is no scenario of a notice",
            said.value
        );
        let help = both!(
            "形如 qj-12; 条款写在 clause",
            "write it like qj-12; the clause stands in `clause`"
        );
        problems.push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
    });
    let unseen = match fields.has("covers") {
        true => fields
            .required(
                "unseen",
                both!("写上为什么账上看不出", "say why no books can show it"),
            )
            .and_then(|node| words::told(node, problems))
            .map(|said| said.value),
        false => Some(String::new()),
    };
    fields.done();
    let (from, due) = (from?, due?);
    if let (Some(from), Some(due)) = (&from, &due)
        && due.value <= from.value
    {
        let help = both!("due 应晚于 from", "let `due` be after `from`");
        let problem = due.at.error(
            codes::INSTANTS_BACKWARDS,
            both!("完成期限早于开始时刻", "due before it begins"),
        );
        problems.push(problem.help(help));
    }
    if read.len() != who.len() || read.is_empty() {
        return None;
    }
    Some(Duty {
        clause: clause?,
        who: read,
        from: from.map(|said| said.value),
        due: due.map(|said| said.value),
        text: text?.value,
        quote,
        covers: covers.into_iter().map(|said| said.value).collect(),
        unseen: unseen?,
    })
}

/// Tells which clauses nothing in the plan speaks of.
pub(crate) fn report_idle_clauses(
    at: &At,
    clauses: &BTreeSet<String>,
    (window, covers, duties): (&Window, &[&String], &[Duty]),
    problems: &Problems,
) {
    let of_cases = covers.iter().copied();
    let of_window = window.suspended.iter().map(|one| &one.clause);
    let of_duties = duties.iter().map(|duty| &duty.clause);
    let spoken_of: BTreeSet<&String> = of_cases.chain(of_window).chain(of_duties).collect();
    let idle: Vec<&str> = clauses
        .iter()
        .filter(|clause| !spoken_of.contains(clause))
        .map(String::as_str)
        .collect();
    if idle.is_empty() {
        return;
    }
    let message = both!(
        "没有用例、暂停或须办事项落实 {}",
        "no case, suspension or duty speaks of {}",
        idle.join(", ")
    );
    let help = both!(
        "写一个用例 (covers), 或写进 duties",
        "write a case that `covers` it, or one of the `duties`"
    );
    let problem = at.error(codes::IDLE_CLAUSE, message);
    problems.push(problem.help(help).into_warning());
}
