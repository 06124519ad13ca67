//! 外接 HIS · Hospitals' own systems of a plan (`his:`): who is there, what it shows, and where its messages are to go.
//!
//! Why asked before anything else: what a system shows decides what the run can prove, and stands in its first record; and
//! an address at which nobody is, or somebody else's system, is told before a folder is made or a message written.
//! Called by `command::run` and `resume`. Not here: what is said in a run (`runner::driven`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crosswipe_domain::{InstitutionCode, Level, Party, Role};
use crosswipe_runner::transport::{Call, Http, Transport};
use crosswipe_runner::{Driven, Halt};
use crosswipe_scenarios::Plan;
use serde::Deserialize;

use crate::complain::Trouble;
use crate::stage::Parties;

/// The contract that is spoken; `crosswipe schema his-adapter` prints it.
const ADAPTER: &str = "crosswipe.his/1";

/// Who takes no connection by then is not there.
const THERE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(10);

/// 外接 HIS · Those of a run, each with its address and whether it shows its books.
#[derive(Clone, Default)]
pub(crate) struct Hospitals(BTreeMap<Party, (SocketAddr, bool)>);

/// 自报 · What an adapter says of itself.
#[derive(Deserialize)]
struct Introduced {
    adapter: String,
    institution: String,
    books: bool,
}

impl Hospitals {
    /// Asks each system of the plan who it is; nothing else is sent to it.
    ///
    /// # Errors
    /// Nobody is there, or it is none of this contract or of this institution.
    pub(crate) async fn greet(plan: &Plan) -> Result<Hospitals, Trouble> {
        let mut hospitals = Hospitals::default();
        for (code, at) in &plan.driven {
            let party = Party::new(Role::His, code.as_str());
            let said = introduced(&party, code, *at).await?;
            hospitals.0.insert(party, (*at, said.books));
        }
        Ok(hospitals)
    }

    /// Those of which no mock is stood up.
    pub(crate) fn parties(&self) -> impl Iterator<Item = &Party> {
        self.0.keys()
    }

    /// Whether the run drives this one.
    pub(crate) fn has(&self, party: &Party) -> bool {
        self.0.contains_key(party)
    }

    /// Where they stand.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (Party, SocketAddr)> {
        self.0.iter().map(|(party, (at, _))| (party.clone(), *at))
    }

    /// What they let be seen: their books as they show them, or their answers alone.
    pub(crate) fn levels(&self) -> impl Iterator<Item = (Party, Level)> {
        let level = |books: &bool| if *books { Level::L3 } else { Level::L0 };
        self.0
            .iter()
            .map(move |(party, (_, books))| (party.clone(), level(books)))
    }

    /// What the runner knows of them, the platforms being these.
    pub(crate) fn of_run(&self, plan: &Plan, parties: &Parties) -> BTreeMap<Party, Driven> {
        let known = |(party, (_, books)): (&Party, &(SocketAddr, bool))| {
            let mut all = plan.topology.institutions.iter();
            let institution = all.find(|one| one.code.as_str() == party.code)?;
            let platform = Party::new(Role::Treatment, institution.region.as_str());
            let platform = parties.address(&platform)?;
            Some((
                party.clone(),
                Driven {
                    platform,
                    books: *books,
                },
            ))
        };
        self.0.iter().filter_map(known).collect()
    }
}

async fn introduced(
    party: &Party,
    code: &InstitutionCode,
    at: SocketAddr,
) -> Result<Introduced, Trouble> {
    let gone = |why: String| {
        Trouble::Halt(Halt::HisGone {
            institution: code.to_string(),
            why: format!("{at}: {why}"),
        })
    };
    match tokio::time::timeout(THERE, tokio::net::TcpStream::connect(at)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(gone(error.kind().to_string())),
        Err(_) => return Err(gone(format!("no connection within {} s", THERE.as_secs()))),
    }
    let call = Call {
        path: "/__admin/health".to_owned(),
        context: None,
        body: None,
    };
    let http = Http::new(BTreeMap::from([(party.clone(), at)]), PATIENCE);
    let answer = http.exchange(party, call).await;
    let answer = answer.map_err(|lost| gone(lost.to_string()))?;
    let wrong = |what: String| Trouble::Usage {
        code: "cli::his_adapter",
        what: format!("`{code}` 的 `his: {at}` 不行: {what} · `his: {at}` of `{code}`: {what}"),
        help: "契约: crosswipe schema his-adapter · the contract: crosswipe schema his-adapter"
            .to_owned(),
    };
    let said = serde_json::from_slice::<Introduced>(&answer.body).ok();
    match said.filter(|_| answer.status == 200) {
        None => Err(wrong(format!(
            "GET /__admin/health does not say adapter, institution and books (status {})",
            answer.status
        ))),
        Some(said) if said.adapter != ADAPTER => Err(wrong(format!(
            "it speaks `{:.40}`, and not `{ADAPTER}`",
            said.adapter
        ))),
        Some(said) if said.institution != code.as_str() => Err(wrong(format!(
            "it is the HIS of `{:.40}`",
            said.institution
        ))),
        Some(said) => Ok(said),
    }
}
