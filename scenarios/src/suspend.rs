//! 暂停 · Reads `suspend:` of a plan: what of the public's business stands still beside what the phases say.
//!
//! Why apart from phases: a notice stops admissions a week before it stops everything, and lets remote business return
//! days after the local one. Such a rule has instants of its own and cuts across phases; phases must join end to end.
//! Called by `load`. Not here: whether a played visit meets one (`schedule`).

use std::collections::BTreeSet;

use crosswipe_domain::{
    AdmDivision, InfNo, Nature, OfficeAct, Phase, Public, Span, Suspension, Topology, both,
};

use crate::allow::{business, channels};
use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::phases::shown;
use crate::problem::{Problems, Said, noun};
use crate::words;

/// How far apart two places can be, as written.
const SPANS: [(&str, Span); 3] = [
    ("local", Span::Local),
    ("cross-city", Span::CrossCity),
    ("cross-province", Span::CrossProvince),
];

/// What reading a suspension needs to know.
pub(crate) struct Context<'a> {
    pub(crate) phases: &'a [Phase],
    pub(crate) topology: Option<&'a Topology>,
    /// Ids of the notice's clauses.
    pub(crate) clauses: &'a BTreeSet<String>,
    pub(crate) problems: &'a Problems,
}

/// All suspensions of a plan, in its order; `None` if one could not be read.
pub(crate) fn read_suspensions(
    plan: &Fields<'_>,
    context: &Context<'_>,
) -> Option<Vec<Suspension>> {
    let Some(node) = plan.optional("suspend") else {
        return Some(Vec::new());
    };
    let listed = items(node, context.problems);
    let read: Vec<Suspension> = listed
        .iter()
        .filter_map(|node| suspension(node, context))
        .collect();
    (read.len() == listed.len()).then_some(read)
}

fn suspension(node: &Node, context: &Context<'_>) -> Option<Suspension> {
    let problems = context.problems;
    let fields = Fields::of(node, noun("暂停", "suspend"), problems)?;
    let clause = fields
        .required(
            "clause",
            both!(
                "写上公告条款, 如 QJ6",
                "name the clause of the notice, e.g. QJ6"
            ),
        )
        .and_then(|node| words::word(node, problems));
    let from = fields
        .required(
            "from",
            both!("写上何时起暂停", "from when on it is suspended"),
        )
        .and_then(|node| words::instant(node, problems));
    let to_node = fields.optional("to");
    let to = to_node.map(|node| words::instant(node, problems));
    let family = list(&fields, "business", problems, |said| {
        business(said, problems)
    });
    let messages = list(&fields, "messages", problems, |said| number(said, problems));
    let except = list(&fields, "except", problems, |said| number(said, problems));
    let span = list(&fields, "span", problems, |said| {
        words::one_of(said, noun("范围", "distance"), &SPANS, problems)
    });
    let insured = list(&fields, "insured", problems, |said| region(said, context));
    let treatment = list(&fields, "treatment", problems, |said| region(said, context));
    let institutions = list(&fields, "institutions", problems, |said| {
        institution(said, context)
    });
    let channels = channels(&fields, problems);
    let entries = match fields.optional("entries") {
        Some(node) => words::yes_no(node, problems),
        None => Some(false),
    };
    let quote = fields
        .optional("quote")
        .and_then(|node| words::told(node, problems))
        .map_or(String::new(), |said| said.value);
    fields.done();
    let (clause, from) = (clause?, from?);
    words::report_clause(&clause, context.clauses, problems);
    let to = match to {
        Some(read) => Some(read?),
        None => None,
    };
    if let Some(to) = to.as_ref().filter(|to| to.value <= from.value) {
        let message = both!(
            "暂停到 `{}`, 不晚于开始时刻",
            "suspended until `{}`, not after it begins",
            shown(to.value)
        );
        let help = both!("结束时刻应晚于开始时刻", "end it after it begins");
        problems.push(to.at.error(codes::PHASE_BACKWARDS, message).help(help));
    }
    let read = Suspension {
        clause: clause.value,
        from: from.value,
        to: to.map(|to| to.value),
        business: family?,
        messages: messages?,
        except: except?,
        span: span?,
        insured: insured?,
        treatment: treatment?,
        institutions: institutions?,
        channels: channels?,
        entries: entries?,
        quote,
    };
    let of_the_office = |word: &String| OfficeAct::named(word).is_some();
    let of_visits = !read.business.is_empty()
        || !read.span.is_empty()
        || !read.treatment.is_empty()
        || !read.institutions.is_empty()
        || read.entries;
    if read.messages.iter().any(of_the_office) && of_visits {
        let message = both!(
            "经办业务只能整项暂停, 至多限定参保地",
            "an act of the office is suspended as a whole, for people of a place at most"
        );
        let help = both!(
            "经办业务另写一条 suspend, 只可加 insured",
            "give it a `suspend` of its own, with `insured` at most"
        );
        let problem = from.at.error(codes::WRONG_SHAPE, message);
        problems.push(problem.help(help));
    }
    if !meets_an_open_phase(&read, context.phases) {
        let message = both!(
            "这段时间公众业务本来就全停, 没有可暂停的",
            "the public is closed to all the while, so nothing is left to suspend"
        );
        let help = both!(
            "核对时刻, 或把阶段写成 public: open",
            "look at its instants, or let the phase be `public: open`"
        );
        let problem = from.at.error(codes::SUSPENDS_NOTHING, message);
        problems.push(problem.help(help).into_warning());
    }
    Some(read)
}

/// Whether the public is served at any instant of it: before the first phase it is.
fn meets_an_open_phase(one: &Suspension, phases: &[Phase]) -> bool {
    let begins = phases.first().map(|phase| phase.from);
    let before = begins.is_none_or(|begins| one.from < begins);
    let meets = |phase: &Phase| {
        phase.public == Public::Open
            && one.to.is_none_or(|to| phase.from < to)
            && phase.to.is_none_or(|to| one.from < to)
    };
    before || phases.iter().any(meets)
}

fn list<T>(
    fields: &Fields<'_>,
    key: &'static str,
    problems: &Problems,
    read: impl Fn(&Said<String>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(node) = fields.optional(key) else {
        return Some(Vec::new());
    };
    let said = words::words(node, problems);
    let values: Vec<T> = said.iter().filter_map(read).collect();
    (values.len() == said.len() && !said.is_empty()).then_some(values)
}

/// A transaction that the public could be kept from, or an act that an office could: undoing and asking never is.
fn number(said: &Said<String>, problems: &Problems) -> Option<String> {
    let infno = InfNo::new(&said.value);
    let act = OfficeAct::of(&infno).is_some_and(|act| !act.takes_back());
    if act || matches!(infno.nature(), Nature::Forward | Nature::Trial) {
        return Some(infno.base().to_owned());
    }
    let message = both!(
        "`{}` 不是能暂停的交易",
        "`{}` is no transaction that could be suspended",
        said.value
    );
    let help = both!(
        "写办理类的四位交易编号, 如 2401, 或经办业务, 如 manual-claim; 撤销和查询不停",
        "a number that books or tries, e.g. 2401, or an act of the office, e.g. manual-claim; undoing and asking goes on"
    );
    problems.push(said.at.error(codes::UNKNOWN_WORD, message).help(help));
    None
}

fn institution(said: &Said<String>, context: &Context<'_>) -> Option<String> {
    let topology = context.topology?;
    let mut codes = topology
        .institutions
        .iter()
        .map(|institution| institution.code.as_str());
    if codes.clone().any(|code| code == said.value) {
        return Some(said.value.clone());
    }
    let known: Vec<&str> = codes.by_ref().collect();
    let problem = words::unknown(
        codes::UNKNOWN_INSTITUTION,
        noun("机构", "institution"),
        said,
        known,
    );
    context.problems.push(problem);
    None
}

fn region(said: &Said<String>, context: &Context<'_>) -> Option<AdmDivision> {
    let code = words::division(said, context.problems)?;
    let topology = context.topology?;
    if topology.region(code.value).is_none() {
        let known = topology.regions.iter().map(|region| region.code.as_str());
        let known: Vec<&str> = known.collect();
        let problem = words::unknown(
            codes::UNKNOWN_DIVISION,
            noun("统筹区", "region"),
            said,
            known,
        );
        context.problems.push(problem);
        return None;
    }
    Some(code.value)
}
