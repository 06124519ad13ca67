//! 范围 · What one page is about: the whole run, one case, the index of a run that is cut by places of care, or one of these.
//!
//! Why cut by the place of care: each page is then what one region's people look at, and no case is on two of them.
//! Links between pages are relative, so that the folder may lie anywhere. Called by all that fill the page.

use std::collections::BTreeMap;

use crosswipe_domain::AdmDivision;

use super::lists::fragment;
use crate::story::{Case, Story};
use crate::wording::{Lang, Word};

/// The index lies where the whole page would; the others in this folder beside it.
pub(super) const INDEX: &str = "report.html";
const FOLDER: &str = "report";

/// 就医地 · Where a case is treated; `None` for messages outside the cases.
pub(super) type Place = Option<AdmDivision>;

/// 范围
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// The run on one page.
    Whole,
    /// One case.
    Case(&'a Case),
    /// The run without its cases, which are on the pages of their places.
    Index,
    /// The cases of one place.
    Place(Place),
}

impl<'a> Scope<'a> {
    /// What the run as a whole comes to stands on it.
    pub(super) fn is_of_run(self) -> bool {
        matches!(self, Scope::Whole | Scope::Index)
    }

    /// The cases that it counts and lists, in the order of the plan.
    pub(super) fn cases(self, story: &'a Story) -> Vec<&'a Case> {
        let all = story.cases.iter();
        match self {
            Scope::Whole | Scope::Index => all.collect(),
            Scope::Case(case) => vec![case],
            Scope::Place(place) => all.filter(|case| case.plan.treatment == place).collect(),
        }
    }

    /// The address that opens a case.
    pub(super) fn link(self, case: &Case) -> String {
        let fragment = fragment(&case.plan.case);
        match self {
            Scope::Index => format!("{}#{fragment}", file(case.plan.treatment)),
            _ => format!("#{fragment}"),
        }
    }

    /// The address of all cases of a pair; where its place has no page, none.
    pub(super) fn link_of_pair(
        self,
        story: &Story,
        [insured, treatment]: [AdmDivision; 2],
    ) -> String {
        let mut cases = story.cases.iter();
        let page = match self {
            Scope::Index if !cases.any(|case| case.plan.treatment == Some(treatment)) => {
                return String::new();
            }
            Scope::Index => file(Some(treatment)),
            _ => String::new(),
        };
        format!("{page}#q={insured}-{treatment}")
    }
}

/// Places of care that have cases, in the order of their codes; what has none last.
pub(super) fn places(story: &Story) -> Vec<(Place, Vec<&Case>)> {
    let mut places: BTreeMap<(bool, Place), Vec<&Case>> = BTreeMap::new();
    for case in &story.cases {
        let place = case.plan.treatment;
        places
            .entry((place.is_none(), place))
            .or_default()
            .push(case);
    }
    let places = places.into_iter();
    places.map(|((_, place), cases)| (place, cases)).collect()
}

/// `report/330100.html`, as the index names it.
pub(super) fn file(place: Place) -> String {
    match place {
        Some(place) => format!("{FOLDER}/{place}.html"),
        None => format!("{FOLDER}/other.html"),
    }
}

/// What a place is called.
pub(super) fn name(story: &Story, place: Place, lang: Lang) -> String {
    match place {
        Some(code) => story.names.region(code.as_str()).to_owned(),
        None => Word::other_messages.say(lang).to_owned(),
    }
}
