//! 两两覆盖 · The matrix with more dimensions: every ordered pair has a case, and every two values of two dimensions meet in
//! one, with as few cases as the pairs need.
//!
//! How: each pair takes of all that may happen there what brings most new meetings, and of equals what was used least; what
//! then has not met yet gets a case more where it may. What a rule excludes is kept with the rule, to be said.
//! Why not the whole product: 992 pairs with two businesses, two insurance types, three credentials and two tiers would be
//! 23 808 cases, and a window has hours. Called by `cases`; the demand is read by `matrix_keys`. Not here: which case goes when.

use std::collections::{BTreeMap, BTreeSet};

use crosswipe_domain::{
    AdmDivision, Business, Certificate, Channel, Institution, InstitutionCode, Persona, Topology,
};

use crate::Shows;
use crate::matrix::Cell;
use crate::matrix_keys::Demand;
use crate::persons::{Person, Use};
use crate::schedule::{Schedule, Swiped};
use crate::seats::Seat;

/// 维 · What is met pairwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// 业务
    Business,
    /// 险种 (310 职工, 390 居民): the class of a person follows from it.
    Insutype,
    /// 凭证
    Credential,
    /// 机构等级
    Tier,
}

impl Dimension {
    /// All of them, in reading order.
    pub const ALL: [Dimension; 4] = [
        Dimension::Business,
        Dimension::Insutype,
        Dimension::Credential,
        Dimension::Tier,
    ];

    /// As plans write it.
    pub const fn name(self) -> &'static str {
        match self {
            Dimension::Business => "business",
            Dimension::Insutype => "insutype",
            Dimension::Credential => "credential",
            Dimension::Tier => "tier",
        }
    }
}

/// 值 · One value of one dimension, as plans write it.
pub type Value = (Dimension, &'static str);

/// 排除 · Something that no case of the matrix may be, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// The two values that never meet.
    pub values: [Value; 2],
    /// Why, in Chinese.
    pub zh: String,
    /// Why, in English.
    pub en: String,
}

/// 设计 · What a matrix with more dimensions covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Design {
    /// Ordered pairs (by region, or region and institution), times the businesses that each of them has.
    pub slots: usize,
    /// Those of them with a case.
    pub filled: usize,
    /// Pairs of values that may meet.
    pub meetings: usize,
    /// Those of them that meet.
    pub met: usize,
    /// Every value that was asked for or is there, by dimension.
    pub values: Vec<Value>,
    /// Businesses of the matrix.
    pub businesses: usize,
    /// Cases of the matrix.
    pub cases: usize,
    /// Cases of the full product of pairs and values.
    pub product: usize,
    /// Pairs of values that no rule lets meet.
    pub excluded: Vec<Excluded>,
    /// Slots where nothing may happen: what, and why, in both languages.
    pub holes: Vec<Hole>,
}

/// 空格 · A slot where nothing may happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Insured place.
    pub insured: AdmDivision,
    /// Treatment place, or the institution.
    pub treatment: String,
    /// The business, where each pair has every business.
    pub business: Option<Business>,
    /// Why, in Chinese.
    pub zh: String,
    /// Why, in English.
    pub en: String,
}

/// The design, and its cells.
#[derive(Debug, Default)]
pub(crate) struct Drawn<'a> {
    pub(crate) design: Design,
    cells: Vec<(Business, Cell<'a>)>,
}

impl<'a> Drawn<'a> {
    /// The cells of a business, by insured place, then treatment place.
    pub(crate) fn cells(&self, business: Business) -> Vec<Cell<'a>> {
        let cells = self.cells.iter();
        let cells = cells.filter(|(of, _)| *of == business);
        cells.map(|(_, cell)| cell.clone()).collect()
    }
}

/// 可能的一例 · Who shows what where for which business.
struct Candidate<'a> {
    person: &'a Persona,
    institution: &'a Institution,
    business: Business,
    shows: &'static str,
    values: [&'static str; 4],
}

impl Candidate<'_> {
    /// The six pairs of its values.
    fn meetings(&self) -> impl Iterator<Item = [Value; 2]> + '_ {
        let value = |at: usize| (Dimension::ALL[at], self.values[at]);
        (0..4).flat_map(move |one| (one + 1..4).map(move |other| [value(one), value(other)]))
    }
}

/// A rule by which a candidate is no case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bar {
    Gate,
    Permit,
    NoPermit,
    NoCard,
    Said(String),
}

impl Bar {
    fn told(&self) -> (String, String) {
        let (zh, en) = match self {
            Bar::Gate => ("窗口的任何阶段都不许", "no phase of the window allows it"),
            Bar::Permit => (
                "名册上的证件是居住证, 不出示身份证",
                "the registry has a residence permit, not an identity card",
            ),
            Bar::NoPermit => ("名册上没有居住证", "the registry has no residence permit"),
            Bar::NoCard => (
                "名册上没有卡识别码 (card_sn)",
                "the registry has no card_sn",
            ),
            Bar::Said(text) => {
                return (
                    format!("计划的 except: {text}"),
                    format!("`except` of the plan: {text}"),
                );
            }
        };
        (zh.to_owned(), en.to_owned())
    }
}

/// 一格 · An ordered pair that has to have a case.
struct Slot<'a> {
    insured: usize,
    treatment: usize,
    institution: Option<&'a InstitutionCode>,
    business: Option<Business>,
}

/// What everything is chosen from.
struct Stock<'a, 'b> {
    topology: &'a Topology,
    persons: &'a [Person],
    demand: &'b Demand,
    schedule: Option<Schedule<'b>>,
}

/// Draws the matrix.
pub(crate) fn draw<'a>(
    topology: &'a Topology,
    persons: &'a [Person],
    demand: &Demand,
    schedule: Option<Schedule<'_>>,
    seed: u64,
) -> Drawn<'a> {
    let stock = Stock {
        topology,
        persons,
        demand,
        schedule,
    };
    let slots = stock.slots();
    let mut gate = BTreeMap::new();
    let mut barred: BTreeMap<[Value; 2], BTreeSet<Bar>> = BTreeMap::new();
    let mut possible: Vec<Vec<Candidate<'a>>> = Vec::new();
    let mut holes = Vec::new();
    for slot in &slots {
        let mut bars = BTreeSet::new();
        let mut fit = Vec::new();
        for candidate in stock.candidates(slot) {
            match stock.bar(&candidate, &mut gate) {
                None => fit.push(candidate),
                Some(bar) => {
                    for meeting in candidate.meetings() {
                        barred.entry(meeting).or_default().insert(bar.clone());
                    }
                    bars.insert(bar);
                }
            }
        }
        if fit.is_empty() {
            holes.push(stock.hole(slot, &bars));
        }
        possible.push(fit);
    }
    let meetings: BTreeSet<[Value; 2]> = possible
        .iter()
        .flatten()
        .flat_map(Candidate::meetings)
        .collect();
    let mut choice = Choice {
        missing: meetings.clone(),
        uses: BTreeMap::new(),
        seed,
    };
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    for (at, fit) in possible.iter().enumerate() {
        if let Some(best) = choice.best(at, fit) {
            choice.take(&fit[best]);
            chosen.push((at, best));
        }
    }
    let filled = chosen.len();
    // What has not met yet gets a case more, at the slot where it brings most.
    while !choice.missing.is_empty() {
        let best = possible
            .iter()
            .enumerate()
            .flat_map(|(at, fit)| (0..fit.len()).map(move |one| (at, one)))
            .max_by_key(|(at, one)| {
                (
                    choice.brings(&possible[*at][*one]),
                    std::cmp::Reverse((*at, *one)),
                )
            });
        let Some((at, one)) = best.filter(|(at, one)| choice.brings(&possible[*at][*one]) > 0)
        else {
            break;
        };
        choice.take(&possible[at][one]);
        chosen.push((at, one));
    }
    chosen.sort_unstable();
    let design = Design {
        slots: slots.len(),
        filled,
        meetings: meetings.len(),
        met: meetings.len() - choice.missing.len(),
        values: stock.values_of_all(),
        businesses: demand.business.len(),
        cases: chosen.len(),
        product: stock.product(),
        excluded: stock.excluded(&meetings, &barred),
        holes,
    };
    let mut ordinals: BTreeMap<(usize, usize, Option<&InstitutionCode>, Business), usize> =
        BTreeMap::new();
    let cells = chosen.into_iter().map(|(at, one)| {
        let (slot, candidate) = (&slots[at], &possible[at][one]);
        let key = (
            slot.insured,
            slot.treatment,
            slot.institution,
            candidate.business,
        );
        let ordinal = ordinals.entry(key).or_default();
        *ordinal += 1;
        let cell = Cell {
            insured: &topology.regions[slot.insured],
            treatment: &topology.regions[slot.treatment],
            seat: Seat {
                persona: candidate.person.label.clone(),
                institution: candidate.institution.code.clone(),
            },
            shows: shown(candidate.shows),
            of_institution: slot.institution.is_some(),
            ordinal: *ordinal,
        };
        (candidate.business, cell)
    });
    Drawn {
        cells: cells.collect(),
        design,
    }
}

/// The words of `credential:` that a matrix can ask for, and what each shows.
pub(crate) const CREDENTIALS: [&str; 4] = ["id-card", "e-voucher", "card", "residence-permit"];

fn shown(word: &str) -> Option<Shows> {
    match word {
        "e-voucher" => Some(Shows::Voucher {
            issued: None,
            business: None,
        }),
        "card" => Some(Shows::Card),
        "residence-permit" => Some(Shows::Permit),
        _ => None,
    }
}

impl<'a> Stock<'a, '_> {
    /// Every ordered pair of regions, or of a region and an institution elsewhere; each business apart unless one will do.
    fn slots(&self) -> Vec<Slot<'a>> {
        let mut slots = Vec::new();
        let businesses: Vec<Option<Business>> = match self.demand.in_turn {
            true => vec![None],
            false => self.demand.business.iter().copied().map(Some).collect(),
        };
        let count = self.topology.regions.len();
        for insured in 0..count {
            for treatment in (0..count).filter(|treatment| *treatment != insured) {
                let code = self.topology.regions[treatment].code;
                let here = self
                    .topology
                    .institutions
                    .iter()
                    .filter(|one| one.region == code);
                let places: Vec<Option<&Institution>> = match self.demand.by_institution {
                    true => here.map(Some).collect(),
                    false => vec![None],
                };
                for place in places {
                    for &business in &businesses {
                        // A pharmacy sells and nothing else: no case is asked for there that cannot be.
                        let fits = place
                            .zip(business)
                            .is_none_or(|(place, business)| sells(place, business));
                        if fits {
                            slots.push(Slot {
                                insured,
                                treatment,
                                institution: place.map(|place| &place.code),
                                business,
                            });
                        }
                    }
                }
            }
        }
        slots
    }

    fn candidates(&self, slot: &Slot<'_>) -> Vec<Candidate<'a>> {
        let regions = &self.topology.regions;
        let (insured, treatment) = (regions[slot.insured].code, regions[slot.treatment].code);
        let people = || {
            let people = self.persons.iter();
            people
                .filter(|person| person.purpose == Use::Matrix && person.persona.insured == insured)
        };
        let mut candidates = Vec::new();
        for &business in &self.demand.business {
            if slot.business.is_some_and(|only| only != business) {
                continue;
            }
            let places = self.topology.institutions.iter().filter(|place| {
                place.region == treatment
                    && slot.institution.is_none_or(|only| *only == place.code)
                    && sells(place, business)
            });
            for institution in places {
                for person in people() {
                    for shows in &self.demand.credentials {
                        candidates.push(Candidate {
                            person: &person.persona,
                            institution,
                            business,
                            shows,
                            values: [
                                business.name(),
                                person.persona.class.insutype(),
                                shows,
                                tier(institution),
                            ],
                        });
                    }
                }
            }
        }
        candidates
    }

    /// Why the candidate is no case; `None` = it may be one.
    fn bar(
        &self,
        candidate: &Candidate<'_>,
        gate: &mut BTreeMap<(String, InstitutionCode, Business), bool>,
    ) -> Option<Bar> {
        let permit = candidate.person.certificate != Certificate::IdCard;
        match candidate.shows {
            "id-card" if permit => return Some(Bar::Permit),
            "residence-permit" if !permit => return Some(Bar::NoPermit),
            "card" if candidate.person.card_sn.is_empty() => return Some(Bar::NoCard),
            _ => {}
        }
        let said = self.demand.except.iter().find(|except| {
            except.of.iter().all(|(dimension, words)| {
                let at = Dimension::ALL
                    .iter()
                    .position(|one| one == dimension)
                    .unwrap_or(0);
                words.iter().any(|word| word == candidate.values[at])
            })
        });
        if let Some(except) = said {
            return Some(Bar::Said(except.text.clone()));
        }
        let schedule = self.schedule.as_ref()?;
        let key = (
            candidate.person.label.clone(),
            candidate.institution.code.clone(),
            candidate.business,
        );
        let open = *gate.entry(key).or_insert_with(|| {
            let swiped = Swiped {
                persona: candidate.person,
                institution: candidate.institution,
                business: candidate.business,
                channel: Channel::Counter,
            };
            schedule.earliest(&[swiped]).is_some()
        });
        (!open).then_some(Bar::Gate)
    }

    fn hole(&self, slot: &Slot<'_>, bars: &BTreeSet<Bar>) -> Hole {
        let regions = &self.topology.regions;
        let (zh, en) = reasons(bars);
        Hole {
            insured: regions[slot.insured].code,
            treatment: slot.institution.map_or_else(
                || regions[slot.treatment].code.to_string(),
                ToString::to_string,
            ),
            business: slot.business,
            zh,
            en,
        }
    }

    /// The values that the dimensions have at all.
    fn values(&self) -> [BTreeSet<&'static str>; 4] {
        let matrix = self
            .persons
            .iter()
            .filter(|person| person.purpose == Use::Matrix);
        [
            self.demand
                .business
                .iter()
                .map(|business| business.name())
                .collect(),
            matrix
                .map(|person| person.persona.class.insutype())
                .collect(),
            self.demand.credentials.iter().copied().collect(),
            self.topology.institutions.iter().map(tier).collect(),
        ]
    }

    fn values_of_all(&self) -> Vec<Value> {
        let all = Dimension::ALL.into_iter().zip(self.values());
        all.flat_map(|(of, values)| values.into_iter().map(move |value| (of, value)))
            .collect()
    }

    /// How many cases all values at every pair would be; an institution has its own tier.
    fn product(&self) -> usize {
        let count = self.topology.regions.len();
        let [business, insutype, credential, tiers] = self.values().map(|values| values.len());
        let pairs = match self.demand.by_institution {
            true => self.topology.institutions.len() * count.saturating_sub(1),
            false => count * count.saturating_sub(1) * tiers,
        };
        pairs * business * insutype * credential
    }

    /// Pairs of values that never meet, with the rules that are in the way.
    fn excluded(
        &self,
        meetings: &BTreeSet<[Value; 2]>,
        barred: &BTreeMap<[Value; 2], BTreeSet<Bar>>,
    ) -> Vec<Excluded> {
        let values = self.values();
        let mut excluded = Vec::new();
        for one in 0..4 {
            for other in one + 1..4 {
                for a in &values[one] {
                    for b in &values[other] {
                        let pair = [(Dimension::ALL[one], *a), (Dimension::ALL[other], *b)];
                        if meetings.contains(&pair) {
                            continue;
                        }
                        let bars = barred.get(&pair).cloned().unwrap_or_default();
                        let (zh, en) = reasons(&bars);
                        excluded.push(Excluded {
                            values: pair,
                            zh,
                            en,
                        });
                    }
                }
            }
        }
        excluded
    }
}

fn reasons(bars: &BTreeSet<Bar>) -> (String, String) {
    if bars.is_empty() {
        return (
            "没有这样的机构和人员".to_owned(),
            "no institution and person are like that".to_owned(),
        );
    }
    let told: Vec<(String, String)> = bars.iter().map(Bar::told).collect();
    let zh: Vec<&str> = told.iter().map(|(zh, _)| zh.as_str()).collect();
    let en: Vec<&str> = told.iter().map(|(_, en)| en.as_str()).collect();
    (zh.join("; "), en.join("; "))
}

/// Drugs are bought at pharmacies, all else is done at hospitals.
fn sells(place: &Institution, business: Business) -> bool {
    place.code.is_pharmacy() == (business == Business::Pharmacy)
}

fn tier(institution: &Institution) -> &'static str {
    match institution.tier {
        1 => "1",
        2 => "2",
        _ => "3",
    }
}

/// 取舍 · What has not met yet, and how often what was used.
struct Choice {
    missing: BTreeSet<[Value; 2]>,
    uses: BTreeMap<(String, &'static str), u32>,
    seed: u64,
}

impl Choice {
    fn brings(&self, candidate: &Candidate<'_>) -> usize {
        let meetings = candidate.meetings();
        meetings
            .filter(|meeting| self.missing.contains(meeting))
            .count()
    }

    /// What a candidate uses: each value at both places, the person, the institution.
    fn keys(candidate: &Candidate<'_>) -> Vec<(String, &'static str)> {
        let from = format!("from {}", candidate.person.insured);
        let to = format!("to {}", candidate.institution.region);
        let values = candidate.values.iter();
        values
            .flat_map(|value| [(from.clone(), *value), (to.clone(), *value)])
            .chain([
                (candidate.person.label.clone(), ""),
                (candidate.institution.code.to_string(), ""),
            ])
            .collect()
    }

    /// The candidate that brings most, and of equals the one whose values were used least.
    fn best(&self, slot: usize, fit: &[Candidate<'_>]) -> Option<usize> {
        let used = |candidate: &Candidate<'_>| -> u32 {
            let keys = Choice::keys(candidate);
            keys.iter()
                .map(|key| self.uses.get(key).copied().unwrap_or(0))
                .sum()
        };
        let turn = (self.seed as usize).wrapping_add(slot);
        (0..fit.len()).min_by_key(|one| {
            let candidate = &fit[*one];
            let brings = std::cmp::Reverse(self.brings(candidate));
            (brings, used(candidate), (one + turn) % fit.len())
        })
    }

    fn take(&mut self, candidate: &Candidate<'_>) {
        for meeting in candidate.meetings() {
            self.missing.remove(&meeting);
        }
        for key in Choice::keys(candidate) {
            *self.uses.entry(key).or_default() += 1;
        }
    }
}
