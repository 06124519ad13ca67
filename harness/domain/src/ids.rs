//! 标识 · One type for each kind of id, so that swapping two of them does not compile.
//!
//! Not here: person numbers (`person`), which mask themselves.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Moment;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            ///
            /// # Errors
            /// Empty text, text over the interface's length, control characters.
            pub fn parse(text: &str) -> Result<$name, BadId> {
                if text.is_empty() || text.chars().count() > $max || text.chars().any(char::is_control) {
                    return Err(BadId { kind: stringify!($name), text: text.chars().take(64).collect() });
                }
                Ok($name(text.to_owned()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

text_id! {
    /// 业务意图 · One thing the run wants booked (τ). Made by us, never sent: `<case>/<step>`.
    TxId, 120
}
text_id! {
    /// 发送方报文ID · One message: institution (12) + `yyyyMMddHHmmss` + 4-digit serial.
    MsgId, 30
}
text_id! {
    /// 结算ID · `setl_id`, issued by the treatment place.
    SettlementId, 30
}
text_id! {
    /// 就诊ID · `mdtrt_id`, issued by the treatment place.
    VisitId, 30
}
text_id! {
    /// 定点医药机构编号 · `fixmedins_code`: `H` or `P`, division (6), 5 characters.
    InstitutionCode, 30
}
text_id! {
    /// 用例 · A case of a plan, e.g. `outpatient/330100-330200`.
    CaseId, 100
}
text_id! {
    /// 运行 · One run of a plan; also the name of its directory.
    RunId, 64
}

macro_rules! numbered_by_run {
    ($($name:ident)*) => {$(
        impl $name {
            /// The same id as one of several runs: `2:<id>`. Where runs are judged together, two of them may have named
            /// their business alike.
            pub fn of_run(&self, run: usize) -> $name {
                $name(format!("{run}:{}", self.0))
            }

            /// Number of the run and the id as the run wrote it; no number where it has none.
            pub fn split_run(&self) -> (Option<usize>, $name) {
                let numbered = self.0.split_once(':').and_then(|(run, id)| Some((run.parse().ok()?, id)));
                match numbered {
                    Some((run, id)) => (Some(run), $name(id.to_owned())),
                    None => (None, self.clone()),
                }
            }
        }
    )*};
}

numbered_by_run!(TxId CaseId);

impl InstitutionCode {
    /// 定点零售药店 · True for a pharmacy: national codes of pharmacies begin with `P`, those of hospitals with `H`.
    pub fn is_pharmacy(&self) -> bool {
        self.as_str().starts_with('P')
    }
}

impl MsgId {
    /// The msgid of the `serial`-th message that `institution` sends in the second of `at`.
    /// The caller moves on to the next second after 10 000 of them.
    ///
    /// # Panics
    /// If the institution code is empty or longer than the interface allows, or serial > 9999.
    pub fn compose(institution: &InstitutionCode, at: Moment, serial: u16) -> MsgId {
        assert!(serial <= 9999, "10 000 messages per institution and second");
        MsgId::parse(&format!(
            "{:0<12}{}{serial:04}",
            institution.as_str(),
            at.compact()
        ))
        .expect("30 characters")
    }
}

/// Text that is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a usable {kind}")]
pub struct BadId {
    /// Which kind of id was asked for.
    pub kind: &'static str,
    /// As it was written, cut at 64 characters.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_msgid_has_thirty_characters() {
        let institution = InstitutionCode::parse("H33010000001").unwrap();
        let at = Moment::parse("2017-06-02T09:00:05+08:00").unwrap();
        assert_eq!(
            MsgId::compose(&institution, at, 7).as_str(),
            "H33010000001201706020900050007"
        );
    }

    #[test]
    fn an_id_of_a_run_is_split_again_as_it_was() {
        let txid = TxId::parse("outpatient/330100-330200/1.settle").unwrap();
        assert_eq!(txid.of_run(12).split_run(), (Some(12), txid.clone()));
        assert_eq!(txid.split_run(), (None, txid.clone()));
        let odd = CaseId::parse("day 1: morning").unwrap();
        assert_eq!(odd.of_run(2).split_run(), (Some(2), odd.clone()));
        assert_eq!(odd.split_run(), (None, odd));
    }

    #[test]
    fn an_id_longer_than_the_interface_allows_is_refused() {
        assert!(MsgId::parse(&"9".repeat(31)).is_err());
        assert!(SettlementId::parse("").is_err());
        assert!(VisitId::parse("a\nb").is_err());
    }
}
