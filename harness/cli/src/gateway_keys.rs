//! 网关密钥 · With which key each institution speaks to its gateway: from a file of the site, else the mock province's own.
//!
//! Why a file: keys are no part of a plan, which is shown to everybody, and no part of a run, which is sealed and kept. So
//! they lie in `private/PLAN.keys.csv` next to the run folders, a line each: institution, key, secret, and the
//! public key with which its platform signs answers, where it does. Without that file
//! the keys follow from plan and institution and protect nothing, so that a HIS is set up once.
//! Handed to mock gateways (`mocks::Gate`) and to whoever speaks to them (`runner::Speech`); stands in no record.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crosswipe_domain::{Institution, Party, Profile, Region, Role, sha256_hex};
use crosswipe_mocks::Gate;
use crosswipe_runner::transport::Speech;
use crosswipe_scenarios::Plan;
use crosswipe_wire::gateway::Key;

use crate::complain::Trouble;
use crate::private;

/// 网关密钥 · By institution.
pub(crate) struct GatewayKeys {
    keys: BTreeMap<String, Key>,
}

impl GatewayKeys {
    /// Those of the site of a run or world folder.
    ///
    /// # Errors
    /// A key file that cannot be read, or lines that are none.
    pub(crate) fn of_site(dir: &Path, plan: &Plan) -> Result<GatewayKeys, Trouble> {
        let institutions = plan.topology.institutions.iter();
        let mut keys: BTreeMap<String, Key> = institutions
            .map(|one| (one.code.to_string(), own(plan, one)))
            .collect();
        let path = private::keys_file(dir, &plan.id);
        match fs::read(&path) {
            Ok(bytes) => keys.extend(read(&path, &bytes, &keys)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(&path, &format!("cannot be read: {}", error.kind()))),
        }
        Ok(GatewayKeys { keys })
    }

    /// The key of an institution of the plan.
    pub(crate) fn of(&self, institution: &Institution) -> &Key {
        let key = self.keys.get(institution.code.as_str());
        key.expect("every institution of the plan has a key")
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Key> {
        self.keys.values().cloned().collect()
    }

    /// The own gateways of hospitals whose platform speaks a dialect.
    pub(crate) fn gates(&self, plan: &Plan) -> BTreeMap<Party, Arc<Gate>> {
        let old: BTreeMap<Party, (Arc<Profile>, Key)> = self.old_speakers(plan).collect();
        let new: BTreeMap<Party, (Arc<Profile>, Key)> = self.speakers(plan).collect();
        let parties = new.keys().chain(old.keys()).cloned();
        let parties: std::collections::BTreeSet<Party> = parties.collect();
        parties
            .into_iter()
            .map(|party| {
                let gate = Gate::new(new.get(&party).cloned(), old.get(&party).cloned());
                (party, Arc::new(gate))
            })
            .collect()
    }

    /// How the harness speaks to them.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn speeches(&self, plan: &Plan) -> Result<BTreeMap<Party, Speech>, Trouble> {
        spoken(self.speakers(plan))
    }

    /// How the harness speaks to them where the platform of before the cutover is meant.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn old_speeches(&self, plan: &Plan) -> Result<BTreeMap<Party, Speech>, Trouble> {
        spoken(self.old_speakers(plan))
    }

    fn speakers<'p>(&'p self, plan: &'p Plan) -> impl Iterator<Item = Speaker> + 'p {
        self.speaking(plan, |region| Some(&region.profile))
    }

    fn old_speakers<'p>(&'p self, plan: &'p Plan) -> impl Iterator<Item = Speaker> + 'p {
        self.speaking(plan, |region| region.old.as_ref())
    }

    /// Whose platform speaks a dialect, of one generation.
    fn speaking<'p>(
        &'p self,
        plan: &'p Plan,
        of: impl Fn(&'p Region) -> Option<&'p Arc<Profile>> + 'p,
    ) -> impl Iterator<Item = Speaker> + 'p {
        let institutions = plan.topology.institutions.iter();
        institutions.filter_map(move |one| {
            let profile = of(plan.topology.region(one.region)?)?;
            let party = Party::new(Role::His, one.code.as_str());
            let key = self.of(one).clone();
            (!profile.is_plain()).then(|| (party, (Arc::clone(profile), key)))
        })
    }
}

/// An institution, how its platform wants to be spoken to, and its key there.
type Speaker = (Party, (Arc<Profile>, Key));

fn spoken(speakers: impl Iterator<Item = Speaker>) -> Result<BTreeMap<Party, Speech>, Trouble> {
    let mut speeches = BTreeMap::new();
    for (party, (profile, key)) in speakers {
        let mut salt = [0u8; 8];
        getrandom::fill(&mut salt).map_err(|error| Trouble::Runtime(io::Error::other(error)))?;
        speeches.insert(party, Speech::new(profile, key, salt));
    }
    Ok(speeches)
}

/// The key of an institution at the mock province: its code, and a secret that protects nothing.
fn own(plan: &Plan, institution: &Institution) -> Key {
    let text = format!("crosswipe mock gateway/{}/{}", plan.id, institution.code);
    let secret = sha256_hex(text.as_bytes())[..32].to_owned();
    Key::new(institution.code.as_str(), secret)
}

fn read(
    path: &Path,
    bytes: &[u8],
    known: &BTreeMap<String, Key>,
) -> Result<BTreeMap<String, Key>, Trouble> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(wrong(path, "is not UTF-8"));
    };
    let mut keys = BTreeMap::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let line = line.trim();
        if line.is_empty()
            || line.starts_with('#')
            || number == 1 && line.starts_with("institution")
        {
            continue;
        }
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        // The line itself is not repeated: it holds a secret.
        let (institution, key, secret, public) = match cells[..] {
            [institution, key, secret] => (institution, key, secret, ""),
            [institution, key, secret, public] => (institution, key, secret, public),
            _ => {
                let what = format!("line {number} has not three or four cells");
                return Err(wrong(path, &what));
            }
        };
        if !known.contains_key(institution) {
            let what = format!("line {number}: the plan has no institution `{institution}`");
            return Err(wrong(path, &what));
        }
        if key.is_empty() || secret.is_empty() {
            return Err(wrong(
                path,
                &format!("line {number}: key and secret may not be empty"),
            ));
        }
        let key = Key::new(key, secret).of(institution);
        let key = match public {
            "" => key,
            public => key.answered_by(public).ok_or_else(|| {
                let what = format!(
                    "line {number}: the fourth cell is no SM2 public key (hex, 128 digits or 130 with 04)"
                );
                wrong(path, &what)
            })?,
        };
        if keys.insert(institution.to_owned(), key).is_some() {
            let what = format!("line {number}: `{institution}` stands twice");
            return Err(wrong(path, &what));
        }
    }
    Ok(keys)
}

fn wrong(path: &Path, what: &str) -> Trouble {
    Trouble::Usage {
        code: "cli::key_file",
        what: format!("密钥文件 `{0}` 不行: {what} · the key file `{0}` {what}", path.display()),
        help: "每行: 机构编号,密钥,秘密[,平台公钥] · a line each: institution,key,secret[,the platform's public key]".to_owned(),
    }
}
