//! 已发报文 · Which numbers an institution has used, and which sign-ins it was given.

use crosswipe_domain::{Moment, Outcome, SignIn as Demand};

use super::{Conform, Look, Scope};
use crate::check::{Found, path};
use crate::finding::Said;

const DAY_MS: i64 = 24 * 3_600_000;

/// 已发报文 · What is kept of a message under its number.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) infno: String,
    digest: String,
    /// Whom it names.
    pub(super) person: Option<String>,
    /// Its sender got an answer that says what became of it.
    pub(super) known: bool,
    /// It was taken back.
    pub(super) undone: bool,
}

/// 签到 · A sign-in number that was given.
#[derive(Debug)]
pub(super) struct SignIn {
    at: Moment,
    signed_off: bool,
}

impl Conform {
    /// Keeps the message under its number. False for a repetition to the byte: it is the same message again.
    pub(super) fn first_time(
        &mut self,
        look: &Look<'_, '_>,
        digest: &str,
        found: &mut Found,
    ) -> bool {
        let msgid = look.request.msgid.trim();
        if msgid.is_empty() {
            return true;
        }
        let key = (look.origin(), msgid.to_owned());
        let known = !matches!(look.outcome, Outcome::Unknown { .. });
        if let Some(before) = self.sent.get_mut(&key) {
            if before.digest == digest {
                let late = known && !before.known;
                before.known |= known;
                // Sent again because nobody had answered: only now it is known what it did.
                return late;
            }
            let actual = Said::words(
                format!("{} 用过, 内容不同", before.infno),
                format!("used by {}, with other content", before.infno),
            );
            let at = path("", None, "msgid", "发送方报文ID");
            found.add(
                "msgid-reuse",
                at,
                Said::words("只用一次", "used once"),
                actual,
            );
        }
        let sent = Sent {
            infno: look.base().to_owned(),
            digest: digest.to_owned(),
            person: look.text("psn_no"),
            known,
            undone: false,
        };
        self.sent.insert(key, sent);
        true
    }

    /// Whether the sign-in number is one that was given and still holds.
    pub(super) fn session(&mut self, look: &Look<'_, '_>, found: &mut Found) {
        let origin = look.origin();
        let number = look.request.sign_no.as_deref().map(str::to_owned);
        if let (Some(number), true) = (&number, look.base() != "9001") {
            let at = || path("", None, "sign_no", "签到流水号");
            match self.signed.get(&(origin.clone(), number.clone())) {
                None if self.scope == Scope::Whole => {
                    let expected = Said::words("9001 给的编号", "a number from 9001");
                    found.add("sign-no-not-issued", at(), expected, number);
                }
                None => {}
                Some(given) if given.signed_off => {
                    found.add(
                        "sign-no-expired",
                        at(),
                        holds(),
                        Said::words("已签退", "signed off"),
                    );
                }
                Some(given) if look.at.epoch_ms() - given.at.epoch_ms() > DAY_MS => {
                    found.add(
                        "sign-no-expired",
                        at(),
                        Said::words("24 小时以内", "at most 24 h old"),
                        Said::words("更早", "older"),
                    );
                }
                Some(_) => {}
            }
        }
        let demands = look.profile.envelope.sign_in != Demand::Ignored;
        if number.is_none() && demands && !matches!(look.base(), "9001" | "9002") {
            let at = path("", None, "sign_no", "签到流水号");
            let expected = Said::words("9001 给的编号", "a number from 9001");
            found.add("sign-no-missing", at, expected, "");
        }
        let Outcome::Ok { ids, .. } = look.outcome else {
            return;
        };
        match look.base() {
            "9001" => {
                if let Some(given) = ids.get("sign_no") {
                    let sign_in = SignIn {
                        at: look.at,
                        signed_off: false,
                    };
                    self.signed.insert((origin, given.clone()), sign_in);
                }
            }
            "9002" => {
                let named = look.request.node("signOut");
                let named = named.and_then(|node| Some(node.text("sign_no")?.into_owned()));
                if let Some(number) = named.or(number)
                    && let Some(given) = self.signed.get_mut(&(origin, number))
                {
                    given.signed_off = true;
                }
            }
            _ => {}
        }
    }
}

fn holds() -> Said {
    Said::words("仍有效的签到", "a sign-in that holds")
}
