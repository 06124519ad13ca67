//! 电子凭证 · E-voucher tokens of the mock world: for one person, one kind of business, and a short while.
//!
//! Why so: a real token comes out of a person's telephone and says nothing by itself, so nobody could test with one.
//! Ours tells by its form what a platform has to know: which business it was shown for and when; for whom is told by a
//! digest over the person's label in the plan, so a token holds nothing of a person and may stand in evidence.
//! A value of any other form is none of ours and is not looked into. Made by whoever swipes, read by the insured place.
//! Not here: how long it is good, whether it was used (`mocks::region::credential`).

use std::fmt;

use crate::Moment;
use crate::export::sha256_hex;

/// 电子凭证 · One token: `DZ`, business (5), instant (17), serial (4), digest (16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// 用途
    pub business: VoucherUse,
    /// When it was shown, to the millisecond.
    pub issued: Moment,
    serial: String,
    digest: String,
}

/// 用途 · The business that a token was shown for (interface §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherUse {
    /// 01101 挂号、入院
    Registration,
    /// 01301 结算
    Settlement,
    /// 02121 药店购药
    Pharmacy,
}

impl VoucherUse {
    /// All of them.
    pub const ALL: [VoucherUse; 3] = [
        VoucherUse::Registration,
        VoucherUse::Settlement,
        VoucherUse::Pharmacy,
    ];

    /// `01101`, `01301` or `02121`.
    pub const fn code(self) -> &'static str {
        match self {
            VoucherUse::Registration => "01101",
            VoucherUse::Settlement => "01301",
            VoucherUse::Pharmacy => "02121",
        }
    }

    /// Chinese name.
    pub const fn zh(self) -> &'static str {
        match self {
            VoucherUse::Registration => "挂号",
            VoucherUse::Settlement => "结算",
            VoucherUse::Pharmacy => "购药",
        }
    }

    /// What a message has to show; `None` = any (1101), or it shows none.
    pub fn of_message(base: &str) -> Option<VoucherUse> {
        match base {
            "2201" | "2401" => Some(VoucherUse::Registration),
            "2206" | "2207" | "2303" | "2304" => Some(VoucherUse::Settlement),
            "2101" | "2102" => Some(VoucherUse::Pharmacy),
            _ => None,
        }
    }
}

const MARK: &str = "DZ";
const DIGEST: usize = 16;
/// Mark, business, instant, serial, digest.
const LENGTH: usize = 2 + 5 + 17 + 4 + DIGEST;
/// What stands for a token that is not shown.
const HIDDEN: &str = "DZ***";

impl Voucher {
    /// The token that a person shows; `serial` keeps two of one instant apart and is four digits.
    pub fn new(label: &str, business: VoucherUse, issued: Moment, serial: &str) -> Voucher {
        let digits = serial.bytes().filter(u8::is_ascii_digit).map(char::from);
        let digits: String = digits.collect();
        let serial = format!("{digits:0>4}");
        let serial = serial[serial.len() - 4..].to_owned();
        Voucher {
            business,
            issued,
            digest: digest(label, business, issued, &serial),
            serial,
        }
    }

    /// A token of this form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Voucher> {
        let rest = text.strip_prefix(MARK).filter(|_| text.is_ascii())?;
        let (business, rest) = rest.split_at_checked(5)?;
        let (issued, rest) = rest.split_at_checked(17)?;
        let (serial, digest) = rest.split_at_checked(4)?;
        let mut known = VoucherUse::ALL.into_iter();
        let business = known.find(|known| known.code() == business)?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let formed = digest.len() == DIGEST && digest.bytes().all(hex);
        if !formed || !serial.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Voucher {
            business,
            issued: read_instant(issued)?,
            serial: serial.to_owned(),
            digest: digest.to_owned(),
        })
    }

    /// A text in which every token is only named as one: for what tells what others sent, and never sends it again.
    pub fn hidden_in(text: &str) -> String {
        let mut told = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(MARK) {
            let (before, from) = rest.split_at(at);
            told.push_str(before);
            let token = from
                .get(..LENGTH)
                .filter(|token| Voucher::parse(token).is_some());
            let (shown, taken) = match token {
                Some(_) => (HIDDEN, LENGTH),
                None => (MARK, MARK.len()),
            };
            told.push_str(shown);
            rest = &from[taken..];
        }
        told + rest
    }

    /// Whether it was shown by the person with this label.
    pub fn is_of(&self, label: &str) -> bool {
        self.digest == digest(label, self.business, self.issued, &self.serial)
    }
}

impl fmt::Display for Voucher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (business, at) = (self.business.code(), self.issued.compact_ms());
        write!(f, "{MARK}{business}{at}{}{}", self.serial, self.digest)
    }
}

fn digest(label: &str, business: VoucherUse, issued: Moment, serial: &str) -> String {
    let (business, at) = (business.code(), issued.compact_ms());
    let whole = sha256_hex(format!("{label}|{business}|{at}|{serial}").as_bytes());
    whole[..DIGEST].to_owned()
}

/// `yyyyMMddHHmmssSSS`
fn read_instant(text: &str) -> Option<Moment> {
    let part = |from: usize, to: usize| text.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let ms = part(14, 17)?;
    Moment::parse(&format!(
        "{year}-{month}-{day}T{hour}:{minute}:{second}.{ms}+08:00"
    ))
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_whose_it_is_for_what_and_when_and_nothing_else_is_one() {
        let at = Moment::parse("2030-03-02T12:00:00.007+08:00").unwrap();
        let token = Voucher::new("hangzhou-employee", VoucherUse::Settlement, at, "CW123456");
        let text = token.to_string();
        assert!(text.starts_with("DZ01301203003021200000073456"), "{text}");
        assert!(text.len() <= 50, "the interface's length of mdtrt_cert_no");
        let read = Voucher::parse(&text).unwrap();
        assert_eq!(read, token);
        assert!(read.is_of("hangzhou-employee") && !read.is_of("ningbo-employee"));
        let broken = [
            text[..text.len() - 1].to_owned(),
            text.replace("DZ01301", "DZ01302"),
            text.replace("20300302", "20301302"),
            format!("{text}0"),
            "99999919900101077X".to_owned(),
            "DZ".to_owned(),
            format!("DZ01301{}", "电".repeat(20)),
            String::new(),
        ];
        for text in broken {
            assert_eq!(Voucher::parse(&text), None, "{text}");
        }
        // Another digest is another's token, not another form.
        let last = if text.ends_with('0') { "1" } else { "0" };
        let forged = format!("{}{last}", &text[..text.len() - 1]);
        assert!(!Voucher::parse(&forged).unwrap().is_of("hangzhou-employee"));
    }

    #[test]
    fn a_token_within_a_text_is_not_shown_and_nothing_else_of_it_is_hidden() {
        let at = Moment::parse("2030-03-02T12:00:00+08:00").unwrap();
        let token = Voucher::new("one", VoucherUse::Settlement, at, "7").to_string();
        assert_eq!(token.len(), LENGTH);
        for (text, told) in [
            (
                format!("{{\"a\":\"{token}\",\"b\":\"DZ\"}}"),
                "{\"a\":\"DZ***\",\"b\":\"DZ\"}",
            ),
            (format!("{token}{token}字"), "DZ***DZ***字"),
            (format!("DZ{token}"), "DZDZ***"),
            (
                "DZ01101字字字字字字字字字字字字字字字".to_owned(),
                "DZ01101字字字字字字字字字字字字字字字",
            ),
            (token[..LENGTH - 1].to_owned(), &token[..LENGTH - 1]),
            (String::new(), ""),
        ] {
            assert_eq!(Voucher::hidden_in(&text), told);
        }
    }
}
