//! 外接 HIS · Hospitals' own systems that a run drives: told that it begins, and missed when they go.
//!
//! Why so: messages go to such a system as to any hospital of ours. Two things are its own: nobody else tells it where the
//! platforms of this run are, and nobody but its owner stands it up again. So a run whose HIS takes no connection stops and
//! keeps its journal open, instead of coming to an end without the one thing it is about; `resume` says again that it
//! begins, and goes on.
//! Not here: where it stands, what it shows (`cli::driven`); the contract (`mocks/his-adapter.json`).

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crosswipe_domain::{Moment, Party};
use serde_json::json;

use crate::desk::{Desk, Halt};
use crate::transport::{Answer, Call, Lost, Transport};

/// 外接 HIS · What a run knows of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Driven {
    /// Where the platform stands to which it is to speak.
    pub platform: SocketAddr,
    /// 出账 · Whether it shows its books.
    pub books: bool,
}

/// How a HIS answers an order of a run that it knows nothing of: nothing was done.
const NOT_BEGUN: u16 = 409;

impl<T: Transport> Desk<T> {
    /// Tells every driven HIS that the run begins, or goes on in a new epoch.
    pub(crate) async fn begin_driven(&self) -> Result<(), Halt> {
        let now = self.clock.now();
        for (party, driven) in &self.config.driven {
            let call = Call {
                path: "/__admin/begin".to_owned(),
                context: Some(self.context(now)),
                body: Some(self.begins(party, driven, now)),
            };
            self.still_ours()?;
            match self.transport.exchange(party, call).await {
                Ok(answer) if answer.status == 200 => {}
                Ok(answer) => return Err(gone(party, format!("begin: status {}", answer.status))),
                Err(lost) => return Err(gone(party, format!("begin: {lost}"))),
            }
        }
        Ok(())
    }

    fn begins(&self, party: &Party, driven: &Driven, now: Moment) -> String {
        let begin = json!({
            "institution": party.code,
            "platform": format!("http://{}", driven.platform),
            "run": self.called(),
            "epoch": self.journal.epoch(),
            "now": now.to_string(),
        });
        begin.to_string()
    }

    /// A driven HIS that takes no connection, or has forgotten the run, ends it for now.
    pub(crate) fn must_be_there(
        &self,
        party: &Party,
        answer: &Result<Answer, Lost>,
    ) -> Result<(), Halt> {
        if !self.config.driven.contains_key(party) {
            return Ok(());
        }
        let ended = match answer {
            Err(lost @ Lost::Connect(_)) => Err(gone(party, lost.to_string())),
            Ok(answer) if answer.status == NOT_BEGUN => Err(gone(
                party,
                format!("status {NOT_BEGUN}: it knows of no run"),
            )),
            _ => Ok(()),
        };
        self.stop_all_if_failed(ended)
    }

    /// The same for looks: of those whose books are missing, who does not even say that it is well.
    pub(crate) async fn must_still_be_there(
        &self,
        missing: &BTreeMap<Party, String>,
    ) -> Result<(), Halt> {
        for (party, why) in missing {
            if self.config.driven.contains_key(party)
                && self.get(party, "/__admin/health".to_owned()).await.is_err()
            {
                return self.stop_all_if_failed(Err(gone(party, why.clone())));
            }
        }
        Ok(())
    }
}

fn gone(party: &Party, why: String) -> Halt {
    Halt::HisGone {
        institution: party.code.clone(),
        why,
    }
}
