//! 交叉矩阵 · Who of which city is swiped where: one seat per ordered pair of regions.
//!
//! Why so: pair (i, j) takes its person and its hospital by the distance d = j − i, so that each person
//! gets as many swipes as any other (they run one after the other), and employees and residents each
//! meet both businesses and both hospitals, without 110 rows in a file.

use crosswipe_domain::{Business, Institution, Region, Topology, both};

use crate::Shows;
use crate::codes;
use crate::pairwise::{Design, Hole};
use crate::persons::{Person, Use};
use crate::problem::{At, Noun, Problems, noun};
use crate::seats::Seat;

/// 格 · A cell of the matrix.
#[derive(Clone, Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) insured: &'a Region,
    pub(crate) treatment: &'a Region,
    pub(crate) seat: Seat,
    /// What the person shows, where that is not as the scenario says.
    pub(crate) shows: Option<Shows>,
    /// True: the institution itself is the place.
    pub(crate) of_institution: bool,
    /// Which case of its pair and business it is, from 1.
    pub(crate) ordinal: usize,
}

impl Cell<'_> {
    /// `330100-330200`, `330100-H33020000001`, and `330100-330200-2` for a second case.
    pub(crate) fn name(&self) -> String {
        let to = match self.of_institution {
            true => self.seat.institution.to_string(),
            false => self.treatment.code.to_string(),
        };
        let more = match self.ordinal {
            1 => String::new(),
            ordinal => format!("-{ordinal}"),
        };
        format!("{}-{to}{more}", self.insured.code)
    }
}

/// All cells that have somebody to swipe and a place to go, by insured place, then treatment place. `turn` is the
/// number of the business in the plan: the next business gives each pair its other person.
pub(crate) fn cells<'a>(
    topology: &'a Topology,
    persons: &[Person],
    business: Business,
    turn: usize,
) -> Vec<Cell<'a>> {
    let count = topology.regions.len();
    let mut cells = Vec::new();
    for (i, insured) in topology.regions.iter().enumerate() {
        for (j, treatment) in topology.regions.iter().enumerate().filter(|(j, _)| *j != i) {
            let distance = (j + count - i) % count;
            let place = place(topology, treatment, business, distance);
            let person = person(persons, insured, distance, turn);
            let seat = place.zip(person).map(|(place, person)| Seat {
                persona: person.persona.label.clone(),
                institution: place.code.clone(),
            });
            cells.extend(seat.map(|seat| Cell {
                insured,
                treatment,
                seat,
                shows: None,
                of_institution: false,
                ordinal: 1,
            }));
        }
    }
    cells
}

fn person<'a>(
    persons: &'a [Person],
    insured: &Region,
    distance: usize,
    turn: usize,
) -> Option<&'a Person> {
    let people: Vec<&Person> = matrix_persons(persons, insured).collect();
    people.get((distance + turn) % people.len().max(1)).copied()
}

fn place<'a>(
    topology: &'a Topology,
    treatment: &Region,
    business: Business,
    distance: usize,
) -> Option<&'a Institution> {
    let places: Vec<&Institution> = places(topology, treatment, business).collect();
    places.get((distance / 2) % places.len().max(1)).copied()
}

/// Drugs are bought at pharmacies, all else is done at hospitals.
fn places<'a>(
    topology: &'a Topology,
    region: &Region,
    business: Business,
) -> impl Iterator<Item = &'a Institution> {
    let (code, pharmacy) = (region.code, business == Business::Pharmacy);
    let places = topology.institutions.iter();
    places.filter(move |place| place.region == code && place.code.is_pharmacy() == pharmacy)
}

fn matrix_persons<'a>(persons: &'a [Person], region: &Region) -> impl Iterator<Item = &'a Person> {
    persons.iter().filter(move |person| {
        person.purpose == Use::Matrix && person.persona.insured == region.code
    })
}

/// Reports regions that leave cells empty, and businesses for which no scenario fills any.
pub(crate) fn report_holes(
    at: &At,
    topology: &Topology,
    persons: &[Person],
    (demanded, each): (&[Business], bool),
    filled: &[Business],
    problems: &Problems,
) {
    for region in &topology.regions {
        if matrix_persons(persons, region).next().is_none() {
            let message = both!(
                "`{}` {} 没有矩阵用的参保人员, 矩阵里这一行是空的",
                "no matrix person is insured in `{}` {}, so its row of the matrix stays empty",
                region.code,
                region.name
            );
            let help = both!(
                "在名册里为该地加一名用途为 matrix 的人员",
                "add a person of that place whose `use` is `matrix`"
            );
            problems.push(at.error(codes::EMPTY_MATRIX_CELL, message).help(help));
        }
        let nowhere = |business: &&Business| places(topology, region, **business).next().is_none();
        // Where one business for a pair will do, a place need not have all.
        let missing = demanded.iter().filter(|_| each).find(nowhere);
        if let Some(business) = missing {
            let (Noun { zh, en }, help) = match business {
                Business::Pharmacy => (
                    noun("药店", "pharmacy"),
                    both!(
                        "在拓扑里为该地加一家药店 (编号以 P 开头)",
                        "add a pharmacy there in the topology (a code that begins with P)"
                    ),
                ),
                _ => (
                    noun("机构", "institution"),
                    both!(
                        "在拓扑里为该地加一家机构",
                        "add an institution there in the topology"
                    ),
                ),
            };
            let message = both!(
                "`{}` {} 没有{zh}, 矩阵里这一列是空的",
                "`{}` {} has no {en}, so its column of the matrix stays empty",
                region.code,
                region.name
            );
            problems.push(at.error(codes::EMPTY_MATRIX_CELL, message).help(help));
        }
    }
    for business in demanded
        .iter()
        .filter(|business| !filled.contains(business))
    {
        let message = both!(
            "没有 `for: matrix` 的场景刷 `{business}`, 矩阵里这项业务是空的",
            "no scenario `for: matrix` swipes `{business}`, so its cells stay empty"
        );
        let help = both!(
            "加一个 for: matrix 的场景, 或从 matrix 去掉这项业务",
            "add a scenario `for: matrix`, or drop the business from `matrix`"
        );
        problems.push(at.error(codes::EMPTY_MATRIX_CELL, message).help(help));
    }
}

/// Reports pairs at which nothing may happen, each with the rule; a business that a pair cannot have beside others is only
/// told by the plan's overview.
pub(crate) fn report_bare(at: &At, design: &Design, problems: &Problems) {
    for hole in &design.holes {
        let others = hole.business.is_some() && design.filled > 0 && {
            let same = |other: &&Hole| {
                (other.insured, &other.treatment) == (hole.insured, &hole.treatment)
            };
            design.holes.iter().filter(same).count() < design.businesses
        };
        if others {
            continue;
        }
        let (zh, en) = (&hole.zh, &hole.en);
        let message = both!(
            "`{}` 的人在 `{}` 一项也不能刷: {zh}",
            "nothing may be swiped from `{}` at `{}`: {en}",
            hole.insured,
            hole.treatment
        );
        let help = both!(
            "改窗口、名册或 except",
            "change the window, the registry or `except`"
        );
        problems.push(at.error(codes::EMPTY_MATRIX_CELL, message).help(help));
    }
}
