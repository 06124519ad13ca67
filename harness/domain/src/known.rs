//! 已知问题 · What somebody owns and will mend by an instant: which failed expectations of which cases it explains.
//!
//! Why expectations alone: what stands in books is judged by R1–R14 and by nobody's word, so a known issue never reaches
//! a finding, an open transaction or the verdict. It makes of a failed case a waived one (豁免), which is told as that,
//! and from its due instant on it makes nothing of anything.
//! Read by `scenarios`, asked by `runner` when a case ends, told again by `reports` from the journal alone.

use serde::{Deserialize, Serialize};

use crate::{AdmDivision, Business, Moment, PlannedCase};

/// 已知问题 · One issue of the plan's `known_issues`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownIssue {
    /// Its id, e.g. `KI-7`.
    pub id: String,
    /// What is wrong, in the plan's words.
    pub text: String,
    /// 负责人 · Who mends it.
    pub owner: String,
    /// 期限 · From this instant on nothing is waived for it.
    pub due: Moment,
    /// 现象 · Names of checks (`outcome`, `setlinfo.psn_cash_pay`) and codes of refusals (`E-NOVISIT`), or patterns of
    /// these; a failed check is explained by any of them.
    pub finding: Vec<String>,
    /// Of which cases.
    pub scope: KnownScope,
}

/// 范围 · Which cases an issue speaks of: each list that is not empty must hold the case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownScope {
    /// Ids, or patterns of ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// 参保地
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub insured: Vec<AdmDivision>,
    /// 就医地
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub treatment: Vec<AdmDivision>,
    /// 机构 · Codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub institutions: Vec<String>,
    /// 业务
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub business: Vec<Business>,
}

impl KnownIssue {
    /// Whether it speaks of this case at all.
    pub fn covers(&self, case: &PlannedCase) -> bool {
        let scope = &self.scope;
        let holds = |list_empty: bool, found: bool| list_empty || found;
        holds(
            scope.cases.is_empty(),
            scope
                .cases
                .iter()
                .any(|pattern| matches_pattern(pattern, case.case.as_str())),
        ) && holds(
            scope.insured.is_empty(),
            case.insured
                .is_some_and(|code| scope.insured.contains(&code)),
        ) && holds(
            scope.treatment.is_empty(),
            case.treatment
                .is_some_and(|code| scope.treatment.contains(&code)),
        ) && holds(
            scope.institutions.is_empty(),
            case.institution
                .as_ref()
                .is_some_and(|code| scope.institutions.contains(code)),
        ) && holds(
            scope.business.is_empty(),
            case.business
                .is_some_and(|business| scope.business.contains(&business)),
        )
    }

    /// Whether a failed check is what it speaks of: by the check's name, or by the code of the refusal that came.
    pub fn explains(&self, what: &str, actual: &str) -> bool {
        let code = actual
            .strip_prefix("refused ")
            .map(|rest| rest.split([' ', '(']).next().unwrap_or(rest));
        let named = |pattern: &String| {
            matches_pattern(pattern, what)
                || code.is_some_and(|code| matches_pattern(pattern, code))
        };
        self.finding.iter().any(named)
    }

    /// Whether nothing is waived for it any more.
    pub fn is_overdue(&self, now: Moment) -> bool {
        now >= self.due
    }
}

/// 豁免与否 · Whether each failed check (its name, and what came) is explained by an issue that is not overdue at this instant.
/// What the judge finds is no check: a waived case whose books are not back stays violated.
pub fn all_known<'a>(
    issues: &[&KnownIssue],
    failed: impl IntoIterator<Item = (&'a str, &'a str)>,
    now: Moment,
) -> bool {
    failed.into_iter().all(|(what, actual)| {
        let mut known = issues.iter().filter(|issue| !issue.is_overdue(now));
        known.any(|issue| issue.explains(what, actual))
    })
}

/// 通配 · `31*` and `?`: any text, any one character; everything else is itself.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => {
            let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            starts.any(|at| matches_pattern(rest, &text[at..]))
        }
        _ => {
            let mut characters = text.chars();
            let next = characters.next();
            next.is_some_and(|next| first == '?' || first == next)
                && matches_pattern(rest, characters.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::CaseId;

    fn case() -> PlannedCase {
        PlannedCase {
            case: CaseId::parse("bounds/at-stop").unwrap(),
            title: String::new(),
            covers: Vec::new(),
            business: Some(Business::Inpatient),
            insured: AdmDivision::parse("330100").ok(),
            treatment: AdmDivision::parse("330300").ok(),
            institution: Some("H33030000001".to_owned()),
            person: None,
            matrix: false,
        }
    }

    fn issue(scope: KnownScope, finding: &[&str]) -> KnownIssue {
        KnownIssue {
            id: "KI-1".to_owned(),
            text: String::new(),
            owner: String::new(),
            due: Moment::parse("2017-06-03T00:00+08:00").unwrap(),
            finding: finding.iter().map(|one| (*one).to_owned()).collect(),
            scope,
        }
    }

    #[rstest]
    #[case(&["bounds/*"], &[], &[], true)]
    #[case(&["verify/*", "bounds/at-????"], &["330300"], &[], true)]
    #[case(&["bounds/at"], &[], &[], false)]
    #[case(&["bounds/*"], &["330100"], &[], false)] // every list must hold it
    #[case(&[], &[], &[Business::Outpatient], false)]
    #[case(&[], &[], &[Business::Outpatient, Business::Inpatient], true)]
    fn every_list_that_says_something_must_hold_the_case(
        #[case] cases: &[&str],
        #[case] treatment: &[&str],
        #[case] business: &[Business],
        #[case] covered: bool,
    ) {
        let scope = KnownScope {
            cases: cases.iter().map(|one| (*one).to_owned()).collect(),
            treatment: treatment
                .iter()
                .map(|code| AdmDivision::parse(code).unwrap())
                .collect(),
            business: business.to_vec(),
            ..KnownScope::default()
        };
        assert_eq!(issue(scope, &["*"]).covers(&case()), covered);
    }

    #[rstest]
    #[case(&["outcome"], "outcome", "ok", true)]
    #[case(&["E-NOVISIT"], "outcome", "refused E-NOVISIT (2207: 无就诊)", true)]
    #[case(&["E-NO"], "outcome", "refused E-NOVISIT (2207: 无就诊)", false)]
    #[case(&["E-LATER"], "outcome", "refused E-NOVISIT (2207: E-LATER)", false)] // the text is nobody's code
    #[case(&["setlinfo.*"], "setlinfo.psn_cash_pay", "12.00", true)]
    #[case(&["setlinfo.psn_cash_pay"], "outcome", "ok", false)]
    fn a_check_is_known_by_its_name_or_by_the_code_that_came(
        #[case] finding: &[&str],
        #[case] what: &str,
        #[case] actual: &str,
        #[case] explained: bool,
    ) {
        let issue = issue(KnownScope::default(), finding);
        assert_eq!(issue.explains(what, actual), explained);
    }

    #[test]
    fn an_issue_is_overdue_from_its_instant_on() {
        let issue = issue(KnownScope::default(), &["*"]);
        assert!(!issue.is_overdue(issue.due.plus_ms(-1)));
        assert!(issue.is_overdue(issue.due));
    }

    #[rstest]
    #[case("33*", "330100", true)]
    #[case("33*", "320100", false)]
    #[case("*宁*", "南宁市", true)]
    #[case("33?100", "330100", true)]
    #[case("", "", true)]
    #[case("a", "", false)]
    #[case("*", "", true)]
    fn a_pattern_matches(#[case] pattern: &str, #[case] text: &str, #[case] wanted: bool) {
        assert_eq!(matches_pattern(pattern, text), wanted);
    }
}
