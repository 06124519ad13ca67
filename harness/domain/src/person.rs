//! 人员 · Person numbers that mask themselves, pseudonyms, checked identity numbers.
//!
//! Why so: a full number must not reach a log, journal or report. Masking is by type: `Display` and
//! `Debug` both mask, the full value comes only from `reveal()`, and a search for `reveal()` shows
//! every reader. Pseudonyms are keyed per plan, so a person has one name in all runs of a window.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// 人员编号 · A person number (`psn_no`), or any other number that names a person on the wire.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonNo(String);

impl PersonNo {
    /// Takes the text as it is.
    pub fn new(text: &str) -> PersonNo {
        PersonNo(text.to_owned())
    }

    /// The full number, for the wire alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&masked(&self.0))
    }
}

impl fmt::Debug for PersonNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

/// Keeps the first and the last two characters of long text, nothing of short text.
pub(crate) fn masked(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() < 8 {
        return "*".repeat(characters.len());
    }
    let tail: String = characters[characters.len() - 2..].iter().collect();
    let head: String = characters[..2].iter().collect();
    format!("{head}{}{tail}", "*".repeat(characters.len() - 4))
}

/// 化名 · What a person is called in journal, exports and reports: `P-` and 12 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// A pseudonym read back from evidence.
    pub fn from_evidence(text: &str) -> Pseudonym {
        Pseudonym(text.to_owned())
    }

    /// The pseudonym as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The key that makes pseudonyms: one per plan, kept in `private/`, apart from every report.
#[derive(Clone)]
pub struct PseudonymKey([u8; 32]);

impl PseudonymKey {
    /// A key from 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> PseudonymKey {
        PseudonymKey(bytes)
    }

    /// The key's bytes, to be written to `private/` alone.
    pub const fn reveal(&self) -> &[u8; 32] {
        &self.0
    }

    /// The name of this person in all evidence: HMAC-SHA-256 of the number, first 12 hex digits.
    pub fn pseudonym(&self, person: &PersonNo) -> Pseudonym {
        Pseudonym(format!("P-{}", &self.digest(person.0.as_bytes())[..12]))
    }

    /// A keyed digest of bytes (hex), to recognise a resend without keeping what was sent.
    pub fn digest(&self, bytes: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(bytes);
        crate::export::hex(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

/// 公民身份号码 · An 18-character identity number with a valid checksum (GB 11643).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdNumber(String);

impl IdNumber {
    /// Reads 17 digits and a check character.
    ///
    /// # Errors
    /// Another length or character, or a wrong check character.
    pub fn parse(text: &str) -> Result<IdNumber, BadIdNumber> {
        let bytes = text.as_bytes();
        if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
            return Err(BadIdNumber::Form);
        }
        if check_character(&bytes[..17]) == bytes[17] {
            Ok(IdNumber(text.to_owned()))
        } else {
            Err(BadIdNumber::Checksum)
        }
    }

    /// The full number, for the wire alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// True for a number in an area that belongs to no place and so to nobody: 999999, and of residence permits 819999,
    /// 829999 and 839999 as well.
    pub fn belongs_to_nobody(&self) -> bool {
        let nobodys = ["999999", "819999", "829999", "839999"];
        nobodys.iter().any(|area| self.0.starts_with(area))
    }

    /// 居住证 · True if it has the form of a residence permit for people of Hong Kong, Macau and Taiwan: areas 81, 82, 83.
    pub fn is_residence_permit(&self) -> bool {
        ["81", "82", "83"]
            .iter()
            .any(|area| self.0.starts_with(area))
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Display for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&masked(&self.0))
    }
}

/// GB 11643: weights 2^(17−i) mod 11, check characters 1 0 X 9 8 7 6 5 4 3 2.
fn check_character(digits: &[u8]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    b"10X98765432"[(sum % 11) as usize]
}

/// 证件类型 · The document that a person is registered with (`psn_cert_type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// 01 居民身份证
    #[default]
    IdCard,
    /// 07 外国人永久居留证, of the generation whose number has 18 characters and begins with 9.
    PermanentResidence,
    /// 17 港澳台居民居住证
    ResidencePermit,
}

impl Certificate {
    /// All of them.
    pub const ALL: [Certificate; 3] = [
        Certificate::IdCard,
        Certificate::PermanentResidence,
        Certificate::ResidencePermit,
    ];

    /// `psn_cert_type`: 01, 07 or 17.
    pub const fn code(self) -> &'static str {
        match self {
            Certificate::IdCard => "01",
            Certificate::PermanentResidence => "07",
            Certificate::ResidencePermit => "17",
        }
    }

    /// Chinese name.
    pub const fn zh(self) -> &'static str {
        match self {
            Certificate::IdCard => "居民身份证",
            Certificate::PermanentResidence => "外国人永久居留证",
            Certificate::ResidencePermit => "港澳台居民居住证",
        }
    }

    /// English name.
    pub const fn en(self) -> &'static str {
        match self {
            Certificate::IdCard => "identity card",
            Certificate::PermanentResidence => "foreigner's permanent residence card",
            Certificate::ResidencePermit => "residence permit of Hong Kong, Macao and Taiwan",
        }
    }

    /// Whether a number can be one of this document. Identity cards and permits share form and check character
    /// (GB 11643); only the beginning tells them apart.
    pub fn fits(self, number: &IdNumber) -> bool {
        match self {
            Certificate::IdCard => !number.is_residence_permit(),
            Certificate::PermanentResidence => number.0.starts_with('9'),
            Certificate::ResidencePermit => number.is_residence_permit(),
        }
    }
}

/// Why a text is no identity number. The text itself is not repeated: it may be somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIdNumber {
    /// Not 17 digits and one check character.
    #[error("an identity number has 17 digits and a check character")]
    Form,
    /// The check character is wrong.
    #[error("the check character of the identity number is wrong")]
    Checksum,
}

/// 人员类别 · Employees (职工, insurance type 310) and residents (居民, 390).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonClass {
    /// 职工
    Employee,
    /// 居民
    Resident,
}

impl PersonClass {
    /// 险种类型 · `insutype`: 310 or 390.
    pub const fn insutype(self) -> &'static str {
        match self {
            PersonClass::Employee => "310",
            PersonClass::Resident => "390",
        }
    }

    /// The class of an insurance type, if it is one of ours.
    pub fn of_insutype(insutype: &str) -> Option<PersonClass> {
        match insutype {
            "310" => Some(PersonClass::Employee),
            "390" => Some(PersonClass::Resident),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_number_never_prints_in_full() {
        let person = PersonNo::new("99990000000000000000000001");
        assert_eq!(
            format!("{person} {person:?}"),
            "99**********************01 99**********************01"
        );
        assert_eq!(format!("{}", PersonNo::new("1234567")), "*******");
    }

    #[test]
    fn one_person_has_one_name_per_plan() {
        let key = PseudonymKey::new([7; 32]);
        let person = PersonNo::new("99990000000000000000000001");
        assert_eq!(key.pseudonym(&person), key.pseudonym(&person.clone()));
        assert_ne!(
            key.pseudonym(&person),
            PseudonymKey::new([8; 32]).pseudonym(&person)
        );
        assert_eq!(key.pseudonym(&person).as_str().len(), 14);
    }

    #[test]
    fn the_check_character_is_checked() {
        // 11010519491231002X is the example printed in GB 11643 itself.
        assert!(IdNumber::parse("11010519491231002X").is_ok());
        assert_eq!(
            IdNumber::parse("110105194912310021"),
            Err(BadIdNumber::Checksum)
        );
        assert_eq!(IdNumber::parse("1101051949123100"), Err(BadIdNumber::Form));
    }

    #[test]
    fn a_document_is_known_by_how_its_number_begins() {
        let number = |text: &str| {
            let mut ends = "0123456789X".chars();
            ends.find_map(|end| IdNumber::parse(&format!("{text}{end}")).ok())
                .unwrap()
        };
        let fits = |text: &str| Certificate::ALL.map(|kind| kind.fits(&number(text)));
        assert_eq!(fits("99999919900101001"), [true, true, false]);
        assert_eq!(fits("81999919900101001"), [false, false, true]);
        assert_eq!(fits("11010519491231002"), [true, false, false]);
        assert!(number("83999919900101001").belongs_to_nobody());
        assert!(!number("83000019900101001").belongs_to_nobody());
    }
}
