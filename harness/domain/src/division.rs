//! 行政区划 · Six-digit administrative divisions, and which path lies between two of them.
//!
//! Why here: the path of a message (local, through the province, through the nation) is decided by
//! region codes alone (interface §10.1), and both the doer and the judge need the same words for it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 行政区划代码 · A six-digit administrative division, e.g. `330100` 杭州市.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AdmDivision([u8; 6]);

impl AdmDivision {
    /// Reads six digits, the first not 0.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<AdmDivision, BadDivision> {
        match <[u8; 6]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_digit) && code[0] != b'0' => {
                Ok(AdmDivision(code))
            }
            _ => Err(BadDivision {
                text: text.to_owned(),
            }),
        }
    }

    /// 省级代码 · The province this division belongs to, e.g. `330000`.
    #[must_use]
    pub fn province(self) -> AdmDivision {
        AdmDivision([self.0[0], self.0[1], b'0', b'0', b'0', b'0'])
    }

    /// 地级代码 · The city whose pool this division belongs to, e.g. `330106` → `330100`.
    #[must_use]
    pub fn city(self) -> AdmDivision {
        AdmDivision([self.0[0], self.0[1], self.0[2], self.0[3], b'0', b'0'])
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("six ASCII digits")
    }

    /// Which kind of swipe it is when a person insured here is treated in `treatment` (interface §10.1).
    pub fn span_to(self, treatment: AdmDivision) -> Span {
        let municipality = matches!(&self.0[..2], b"11" | b"12" | b"31" | b"50");
        if self.0[..2] != treatment.0[..2] {
            Span::CrossProvince
        } else if municipality || self.0[..4] == treatment.0[..4] {
            Span::Local
        } else {
            Span::CrossCity
        }
    }
}

/// How far apart insured place and treatment place are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// 本地 · One pooling area: no hub on the way.
    Local,
    /// 省内异地 · Two cities of one province: the provincial platform is the hub.
    CrossCity,
    /// 跨省异地 · Two provinces: the national hub.
    CrossProvince,
}

impl fmt::Display for AdmDivision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AdmDivision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<AdmDivision> for String {
    fn from(code: AdmDivision) -> String {
        code.as_str().to_owned()
    }
}

impl TryFrom<String> for AdmDivision {
    type Error = BadDivision;
    fn try_from(text: String) -> Result<AdmDivision, BadDivision> {
        AdmDivision::parse(&text)
    }
}

/// Text that is no administrative division.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a six-digit administrative division")]
pub struct BadDivision {
    /// As it was written.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("330100", "330106", Span::Local)]
    #[case("330100", "330200", Span::CrossCity)]
    #[case("330100", "500100", Span::CrossProvince)]
    #[case("500101", "500200", Span::Local)] // a municipality is one pool
    fn the_region_codes_decide_the_path(
        #[case] insured: &str,
        #[case] treatment: &str,
        #[case] span: Span,
    ) {
        let parse = |text| AdmDivision::parse(text).unwrap();
        assert_eq!(parse(insured).span_to(parse(treatment)), span);
    }

    #[rstest]
    #[case("33O100")]
    #[case("33010")]
    #[case("030100")]
    fn a_slip_is_no_division(#[case] text: &str) {
        assert!(AdmDivision::parse(text).is_err());
    }
}
