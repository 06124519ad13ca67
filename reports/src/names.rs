//! 名称 · Codes → the names that people know: cities, institutions, parties.
//!
//! Why so: the names come from the plan as it was run (RUN record), never from today's files, and a
//! code without a name stays a code: nothing is guessed.

use std::collections::BTreeMap;

use pinyin::ToPinyin as _;

use crosswipe_domain::{Party, ResolvedPlan, Role};

use crate::Lang;
use crate::wording::terms;

/// 名册 · Names by code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    regions: BTreeMap<String, String>,
    institutions: BTreeMap<String, String>,
}

impl Names {
    pub(crate) fn of(plan: &ResolvedPlan) -> Names {
        Names {
            regions: plan
                .regions
                .iter()
                .map(|(code, name)| (code.as_str().to_owned(), name.clone()))
                .collect(),
            institutions: plan
                .institutions
                .iter()
                .map(|(code, name, _)| (code.clone(), name.clone()))
                .collect(),
        }
    }

    /// `杭州`, or the code where the plan has no name for it.
    pub(crate) fn region<'a>(&'a self, code: &'a str) -> &'a str {
        self.regions.get(code).map_or(code, String::as_str)
    }

    /// `杭州市第一医院`, or the code.
    pub(crate) fn institution<'a>(&'a self, code: &'a str) -> &'a str {
        self.institutions.get(code).map_or(code, String::as_str)
    }

    /// `温州 参保地平台（insured:330300）`.
    pub(crate) fn party(&self, party: &Party, lang: Lang) -> String {
        let role = terms::role(party.role, lang);
        let name = match party.role {
            Role::His => self.institution(&party.code),
            Role::Hub => "",
            Role::Treatment | Role::Insured => self.region(&party.code),
        };
        let who = if name.is_empty() || name == party.code {
            role.to_owned()
        } else {
            format!("{name} {role}")
        };
        match lang {
            Lang::Zh => format!("{who}（{party}）"),
            Lang::En => format!("{who} ({party})"),
        }
    }
}

/// `杭州市` → `杭州`: the table has no room for what every column says.
pub(crate) fn short(name: &str) -> &str {
    let suffixes = [
        "壮族自治区",
        "回族自治区",
        "维吾尔自治区",
        "自治区",
        "特别行政区",
        "省",
        "市",
    ];
    let cut = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix));
    cut.filter(|rest| rest.chars().count() >= 2).unwrap_or(name)
}

/// `宁波市第一医院` → `nbsdyyy`: what people type who have no Chinese keyboard at hand. A sign with several readings gives the
/// most common one.
pub(crate) fn initials(name: &str) -> String {
    let letters = name.to_pinyin().flatten();
    letters.map(|sign| sign.first_letter()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("杭州市", "杭州")]
    #[case("杭州", "杭州")]
    #[case("广西壮族自治区", "广西")]
    #[case("沙市", "沙市")] // the name itself ends so
    fn a_name_is_cut_only_where_enough_is_left(#[case] name: &str, #[case] cut: &str) {
        assert_eq!(short(name), cut);
    }

    #[rstest]
    #[case("宁波市第一医院", "nbsdyyy")]
    #[case("H330100 杭州", "hz")]
    #[case("", "")]
    fn a_name_is_found_by_its_letters(#[case] name: &str, #[case] letters: &str) {
        assert_eq!(initials(name), letters);
    }
}
