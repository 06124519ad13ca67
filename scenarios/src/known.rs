//! 已知问题 · Reads `known_issues:`: what is known to fail, whose it is, and until when that is put up with.
//!
//! Why strict: an issue without an owner, an end, a phenomenon and a place would waive whatever happens to fail. What
//! the judge finds in books cannot be named here at all: nobody's word brings money back.
//! Called by `load`. Not here: what an issue covers and explains (`domain::KnownIssue`), who asks it (`runner`).

use crosswipe_domain::{KnownIssue, KnownScope, Topology, Window, both, matches_pattern};

use crate::allow::business;
use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::persons::region;
use crate::problem::{At, Problems, Said, noun};
use crate::seats::institution;
use crate::{Case, Plan, words};

/// Families of what the judge finds: rules, not expectations.
const RULES: [&str; 19] = [
    "residue",
    "one-sided",
    "split",
    "duplicate-settle",
    "double-reversal",
    "under-reversal",
    "empty-reversal",
    "late-apply",
    "wrong-target",
    "mismatch",
    "gate",
    "audit",
    "cross-day",
    "evidence",
    "journal",
    "foreign",
    "unresolved",
    "secret-leak",
    "resource",
];

/// The issues that the plan knows, each with where it stands; `None` where one of them could not be read.
pub(crate) fn read_known_issues(
    plan: &Fields<'_>,
    topology: Option<&Topology>,
    window: Option<&Window>,
    problems: &Problems,
) -> Option<Vec<(KnownIssue, At)>> {
    let Some(node) = plan.optional("known_issues") else {
        return Some(Vec::new());
    };
    let read: Vec<Option<(Said<String>, KnownIssue)>> = items(node, problems)
        .iter()
        .map(|node| entry(node, (topology, window), problems))
        .collect();
    let ids = read.iter().flatten().map(|(id, _)| id);
    words::report_duplicates(noun("已知问题", "known issue"), ids, problems);
    read.into_iter()
        .map(|entry| entry.map(|(id, issue)| (issue, id.at)))
        .collect()
}

fn entry(
    node: &Node,
    (topology, window): (Option<&Topology>, Option<&Window>),
    problems: &Problems,
) -> Option<(Said<String>, KnownIssue)> {
    let fields = Fields::of(node, noun("已知问题", "known_issues"), problems)?;
    let id = fields
        .required(
            "id",
            both!("给问题编号, 如 KI-7", "number the issue, e.g. KI-7"),
        )
        .and_then(|node| words::id(node, problems));
    let text = fields
        .required("text", both!("写上什么不对", "say what is wrong"))
        .and_then(|node| words::told(node, problems));
    let owner = fields
        .required("owner", both!("写上谁负责改好", "name who is to mend it"))
        .and_then(|node| words::told(node, problems));
    let due = fields
        .required(
            "due",
            both!(
                "写上期限: 到那一刻就不再豁免",
                "say until when: from that instant on nothing is waived"
            ),
        )
        .and_then(|node| words::instant(node, problems));
    let finding = fields
        .required(
            "finding",
            both!(
                "写上哪个检查不符或哪个拒绝代码, 如 setlinfo.psn_cash_pay、E-NOVISIT、outcome",
                "name the check that fails or the code of the refusal, e.g. setlinfo.psn_cash_pay, E-NOVISIT, outcome"
            ),
        )
        .map(|node| words::words(node, problems));
    for said in finding.iter().flatten() {
        report_rule(said, problems);
    }
    let listed = |key: &'static str| {
        fields
            .optional(key)
            .map(|node| words::words(node, problems))
            .unwrap_or_default()
    };
    let named = ["case", "insured", "treatment", "institution", "business"]
        .into_iter()
        .any(|key| fields.has(key));
    let (cases, insured, treatment) = (listed("case"), listed("insured"), listed("treatment"));
    let (institutions, of_business) = (listed("institution"), listed("business"));
    fields.done();
    if !named {
        let help = both!(
            "写 case (可用 * ?)、insured、treatment、institution、business 之一",
            "write one of case (with * and ?), insured, treatment, institution, business"
        );
        let message = both!(
            "没有写是哪些用例的问题",
            "of which cases it is the issue is not said"
        );
        problems.push(node.at.error(codes::MISSING_KEY, message).help(help));
    }
    let count =
        cases.len() + insured.len() + treatment.len() + institutions.len() + of_business.len();
    let regions = |said: &[Said<String>]| -> Option<Vec<_>> {
        let topology = topology?;
        let read = said.iter().map(|said| region(said, topology, problems));
        read.collect()
    };
    let scope = KnownScope {
        cases: cases.into_iter().map(|said| said.value).collect(),
        insured: regions(&insured)?,
        treatment: regions(&treatment)?,
        institutions: institutions
            .iter()
            .map(|said| Some(institution(said, topology?, problems)?.to_string()))
            .collect::<Option<_>>()?,
        business: of_business
            .iter()
            .map(|said| business(said, problems))
            .collect::<Option<_>>()?,
    };
    let due = due?;
    if let Some(opens) = window.and_then(Window::start)
        && due.value <= opens
    {
        let message = both!(
            "期限在窗口开始之前, 什么也豁免不了",
            "it ends before the window opens and waives nothing"
        );
        let help = both!(
            "问题改好了就删去, 没改好就由负责人改期",
            "drop it if it is mended; else its owner gives a new date"
        );
        let problem = due.at.error(codes::IDLE_KNOWN_ISSUE, message);
        problems.push(problem.help(help).into_warning());
    }
    let finding: Vec<String> = finding?.into_iter().map(|said| said.value).collect();
    if !named || count == 0 || finding.is_empty() {
        return None;
    }
    let id = id?;
    let issue = KnownIssue {
        id: id.value.clone(),
        text: text?.value,
        owner: owner?.value,
        due: due.value,
        finding,
        scope,
    };
    Some((id, issue))
}

/// A class of the judge's stands for books, and those are nobody's to waive.
fn report_rule(said: &Said<String>, problems: &Problems) {
    let family = said.value.split(':').next().unwrap_or_default();
    let is_rule = {
        let mut rest = said.value.chars();
        rest.next() == Some('R') && rest.clone().count() > 0 && rest.all(|c| c.is_ascii_digit())
    };
    let anything = said.value.chars().all(|c| matches!(c, '*' | '?' | '.'));
    if !anything && !is_rule && !said.value.contains(':') && !RULES.contains(&family) {
        return;
    }
    let message = both!(
        "`{}` 是账册上的发现, 不能豁免",
        "`{}` is found in books and cannot be waived",
        said.value
    );
    let message = match anything {
        true => both!(
            "`{}` 什么都豁免, 没有说是哪里不符",
            "`{}` waives whatever fails and says nothing of what is wrong",
            said.value
        ),
        false => message,
    };
    let help = both!(
        "能豁免的只有用例的预期: 写检查名 (如 setlinfo.psn_cash_pay) 或拒绝代码 (如 E-NOVISIT)",
        "only expectations of cases can be: name a check (e.g. setlinfo.psn_cash_pay) or the code of a refusal (e.g. E-NOVISIT)"
    );
    problems.push(said.at.error(codes::CANNOT_WAIVE, message).help(help));
}

/// An issue that speaks of no case of the plan waives nothing.
pub(crate) fn report_idle(plan: &Plan, known: &[(KnownIssue, At)], problems: &Problems) {
    for (issue, at) in known {
        if plan
            .cases
            .iter()
            .any(|case| issue.covers(&plan.place_of(case)))
        {
            continue;
        }
        let near = issue.scope.cases.first().and_then(|pattern| {
            let ids = plan.cases.iter().map(|case| case.id.as_str());
            crate::nearest::nearest(pattern, ids)
        });
        let help = match near {
            Some(near) => both!("是否想写 `{near}`?", "did you mean `{near}`?"),
            None => both!(
                "用 crosswipe run 计划 --list 看用例",
                "see the cases with `crosswipe run PLAN --list`"
            ),
        };
        let message = both!(
            "已知问题 `{}` 说的用例, 计划里一个也没有",
            "no case of the plan is one that the known issue `{}` speaks of",
            issue.id
        );
        let problem = at.error(codes::IDLE_KNOWN_ISSUE, message).help(help);
        problems.push(problem.into_warning());
    }
}

impl Plan {
    /// The issues that speak of a case, whether or not they are overdue.
    pub fn known_of(&self, case: &Case) -> Vec<&KnownIssue> {
        if self.known_issues.is_empty() {
            return Vec::new();
        }
        let place = self.place_of(case);
        let known = self.known_issues.iter();
        known.filter(|issue| issue.covers(&place)).collect()
    }

    /// The issues whose ids fit a pattern.
    pub fn known_called<'a>(&'a self, pattern: &'a str) -> impl Iterator<Item = &'a KnownIssue> {
        let known = self.known_issues.iter();
        known.filter(move |issue| matches_pattern(pattern, &issue.id))
    }
}
