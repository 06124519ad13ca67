//! 布置 · What a mock party is told before it starts: places, persons, tariffs, window, policies.
//!
//! Shared and never changed, but for the window: its author moves bounds meanwhile ([`Setup::amend`]), and whoever runs the
//! plan may move it as a whole ([`Setup::put_off`]). All parties hear of it at once. Everything else that changes is in a
//! ledger.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use crosswipe_domain::{
    AdmDivision, Amendment, InfNo, Institution, InstitutionCode, Moment, Party, Persona, Profile,
    Registry, Role, Tariff, Topology, Window,
};

use crate::deed::PersonFacts;

/// 布置 · The world as every party is told it.
pub struct Setup {
    /// Hub, regions, institutions, tariffs.
    pub topology: Topology,
    /// Phases as they were first said.
    window: Window,
    /// 改期 · The same as it was moved since; `None` = it stands as it was said.
    moved: RwLock<Option<Arc<Window>>>,
    /// 约定对 · Arranged pairs: insured place, institution code.
    pub arranged: Vec<(AdmDivision, String)>,
    /// What a repeated msgid meets.
    pub msgid_mode: MsgidMode,
    /// Instant of the opening balances.
    pub opened_at: Moment,
    /// For places that the topology does not have.
    national: Profile,
    persons: BTreeMap<String, Persona>,
    /// 按证件号 · Numbers of the persons with an identity number, its letter a capital.
    by_id: BTreeMap<String, BTreeSet<String>>,
    tariffs: BTreeMap<String, Tariff>,
}

/// 报文ID重复时 · What a platform does with a msgid that it has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MsgidMode {
    /// The same bytes get the first answer again; other bytes are another message and are carried out.
    #[default]
    Replay,
    /// Refused in any case.
    Refuse,
    /// Processed again: a platform that is not idempotent.
    Process,
}

impl MsgidMode {
    /// All of them.
    pub const ALL: [MsgidMode; 3] = [MsgidMode::Refuse, MsgidMode::Replay, MsgidMode::Process];

    /// `refuse`, `replay` or `process`.
    pub fn name(self) -> &'static str {
        match self {
            MsgidMode::Replay => "replay",
            MsgidMode::Refuse => "refuse",
            MsgidMode::Process => "process",
        }
    }

    /// The mode with this name.
    pub fn named(name: &str) -> Option<MsgidMode> {
        MsgidMode::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

impl Setup {
    /// Puts the world's tables in order.
    pub fn new(
        topology: Topology,
        registry: &Registry,
        window: Window,
        arranged: Vec<(AdmDivision, String)>,
        msgid_mode: MsgidMode,
    ) -> Arc<Setup> {
        let opened_at = window
            .start()
            .map_or(Moment::from_epoch_ms(0), |start| start.day().start());
        let persons: BTreeMap<String, Persona> = registry
            .personas
            .iter()
            .map(|persona| (persona.no.reveal().to_owned(), persona.clone()))
            .collect();
        let mut by_id: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (no, persona) in &persons {
            let id_number = persona.id_number.reveal().to_ascii_uppercase();
            by_id.entry(id_number).or_default().insert(no.clone());
        }
        let tariffs = topology
            .tariffs
            .iter()
            .map(|tariff| (tariff.code.clone(), tariff.clone()))
            .collect();
        Arc::new(Setup {
            topology,
            window,
            moved: RwLock::default(),
            arranged,
            msgid_mode,
            opened_at,
            national: Profile::default(),
            persons,
            by_id,
            tariffs,
        })
    }

    /// The phases with the bounds in force at an instant.
    pub fn window(&self, at: Moment) -> Cow<'_, Window> {
        match self.moved() {
            None => self.window.in_force(at),
            Some(moved) => Cow::Owned(moved.in_force(at).into_owned()),
        }
    }

    /// The phases as they were first said, with all that was amended since.
    pub fn whole_window(&self) -> Window {
        self.moved()
            .map_or_else(|| self.window.clone(), |moved| (*moved).clone())
    }

    /// 改期 · A bound was moved by whom it belongs to: told to all parties at once.
    pub fn amend(&self, amendment: Amendment) {
        let mut window = self.whole_window();
        window.amended.push(amendment);
        window.amended.sort_by_key(|one| one.known);
        self.go_by(Some(window));
    }

    /// 平移 · The whole window lies so many ms later than the plan says (earlier, if negative), told to all parties at once.
    /// What was amended since the beginning is forgotten.
    pub fn put_off(&self, by_ms: i64) {
        self.go_by((by_ms != 0).then(|| self.window.shifted(by_ms)));
    }

    fn moved(&self) -> Option<Arc<Window>> {
        self.moved
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn go_by(&self, window: Option<Window>) {
        *self.moved.write().unwrap_or_else(PoisonError::into_inner) = window.map(Arc::new);
    }

    /// A person by number.
    pub fn person(&self, no: &str) -> Option<&Persona> {
        self.persons.get(no)
    }

    /// All persons, by number.
    pub fn persons(&self) -> impl Iterator<Item = &Persona> {
        self.persons.values()
    }

    /// Persons insured at a place, by number.
    pub fn persons_of(&self, insured: AdmDivision) -> impl Iterator<Item = &Persona> {
        self.persons()
            .filter(move |persona| persona.insured == insured)
    }

    /// Whoever has this person number or this identity number, whose check character may be written as `x` too. What it
    /// costs does not grow with the number of persons.
    pub fn persons_named<'s>(
        &'s self,
        number: &str,
    ) -> impl Iterator<Item = &'s Persona> + use<'s> {
        let of_id = self.by_id.get(&number.to_ascii_uppercase());
        let of_id = of_id.into_iter().flatten();
        let of_id = of_id.filter_map(|no| self.person(no));
        self.person(number).into_iter().chain(of_id)
    }

    /// An item of the treatment places' catalogue.
    pub fn tariff(&self, code: &str) -> Option<&Tariff> {
        self.tariffs.get(code)
    }

    /// An institution by code.
    pub fn institution(&self, code: &str) -> Option<&Institution> {
        self.topology
            .institution(&InstitutionCode::parse(code).ok()?)
    }

    /// 统筹区 · The region that a division code of any grain belongs to.
    pub fn region_of(&self, code: &str) -> Option<AdmDivision> {
        let code = AdmDivision::parse(code).ok()?;
        [code, code.city(), code.province()]
            .into_iter()
            .find(|code| self.topology.region(*code).is_some())
    }

    /// 地方规则 · What a region's platform does in its own way.
    pub fn profile(&self, region: AdmDivision) -> &Profile {
        let region = self.topology.region(region);
        region.map_or(&self.national, |region| &region.profile)
    }

    /// 旧平台 · What a region's platform of before the cutover does in its own way.
    pub fn old_profile(&self, region: AdmDivision) -> &Profile {
        let old = self
            .topology
            .region(region)
            .and_then(|one| one.old.as_deref());
        old.unwrap_or_else(|| self.profile(region))
    }

    /// 新旧并存 · Whether a region's platform of before the cutover stands beside the new one.
    pub fn keeps_old(&self, region: AdmDivision) -> bool {
        let region = self.topology.region(region);
        region.is_some_and(|region| self.topology.keeps_old(region))
    }

    /// 仅接收 · Whether a region's platform takes a transaction beyond the catalogue without looking into it.
    pub fn records(&self, region: AdmDivision, infno: &InfNo) -> bool {
        let region = self.topology.region(region);
        region.is_some_and(|region| region.profile.recorded.contains(infno))
    }

    /// 窗口外 · Whether a region's cutover is not the plan's.
    pub fn is_outside(&self, region: AdmDivision) -> bool {
        let region = self.topology.region(region);
        region.is_some_and(|region| region.outside)
    }

    /// The hub as a party.
    pub fn hub(&self) -> Party {
        Party::new(Role::Hub, self.topology.hub.as_str())
    }
}

impl PersonFacts {
    /// What answers say of a persona; sex and birthday stand in the identity number.
    pub fn of(persona: &Persona, now: Moment) -> PersonFacts {
        let id = persona.id_number.reveal();
        let birthday = format!("{}-{}-{}", &id[6..10], &id[10..12], &id[12..14]);
        let year = |text: &str| text.parse::<i64>().unwrap_or(0);
        let had_birthday = now.day().to_string()[5..] >= birthday[5..];
        let age = year(&now.day().year()) - year(&id[6..10]) - i64::from(!had_birthday);
        let male = id.as_bytes()[16] % 2 == 1;
        PersonFacts {
            name: persona.name.clone(),
            certno: id.to_owned(),
            certificate: persona.certificate.code().to_owned(),
            gender: if male { "1" } else { "2" }.to_owned(),
            birthday,
            age,
            kind: match persona.class {
                crosswipe_domain::PersonClass::Employee => "1101",
                crosswipe_domain::PersonClass::Resident => "1501",
            }
            .to_owned(),
        }
    }
}
