//! 出示凭证 · What stands in `mdtrt_cert_type`, `mdtrt_cert_no`, `certno` and `card_sn` for what a person shows.
//!
//! Why here: a scenario says it in words (`scenarios::Credential`), and only the registry knows the numbers.
//! A token of an e-voucher is made for one message: for its business, at its instant, with the visit's own serial.

use crosswipe_domain::{IdNumber, Moment, Persona, Voucher, VoucherUse};
use crosswipe_scenarios::{Credential, Shows, Written};

/// `mdtrt_cert_type`
pub(crate) fn kind(credential: &Credential) -> &'static str {
    match credential.shows {
        Shows::IdCard => "02",
        Shows::Voucher { .. } => "01",
        Shows::Card => "03",
        Shows::Permit => "17",
    }
}

/// `mdtrt_cert_no`; `serial` keeps the tokens of two visits of one instant apart.
pub(crate) fn number(
    persona: &Persona,
    (credential, business, now): (&Credential, VoucherUse, Moment),
    serial: &str,
) -> String {
    match credential.shows {
        Shows::Voucher {
            issued,
            business: of,
        } => {
            // Who names the instant wants the very token of that instant.
            let serial = issued.map_or(serial, |_| "");
            let (at, business) = (issued.unwrap_or(now), of.unwrap_or(business));
            Voucher::new(&persona.label, business, at, serial).to_string()
        }
        _ => certno(persona, credential),
    }
}

/// `certno`, as the scenario has it written.
pub(crate) fn certno(persona: &Persona, credential: &Credential) -> String {
    let number = persona.id_number.reveal();
    match credential.number {
        Written::AsIs => number.to_owned(),
        Written::Small => number.to_ascii_lowercase(),
        Written::WrongCheck => {
            let body = &number[..number.len() - 1];
            let mut ends = "0123456789".chars().map(|end| format!("{body}{end}"));
            ends.find(|wrong| IdNumber::parse(wrong).is_err())
                .unwrap_or_default()
        }
    }
}

/// `card_sn`: of a card only; empty where its library reads none.
pub(crate) fn card_sn<'a>(persona: &'a Persona, credential: &'a Credential) -> Option<&'a str> {
    let own = || Some(persona.card_sn.as_str()).filter(|sn| !sn.is_empty());
    match credential.shows {
        Shows::Card => credential.card_sn.as_deref().or_else(own),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswipe_domain::{AdmDivision, Money, PersonClass, PersonNo};

    fn persona() -> Persona {
        let mut ends = "0123456789X".chars();
        let id = ends.find_map(|end| IdNumber::parse(&format!("99999919900101001{end}")).ok());
        Persona {
            label: "one".to_owned(),
            no: PersonNo::new("99000000000000000001"),
            id_number: id.unwrap(),
            certificate: Default::default(),
            card_sn: "SN1".to_owned(),
            name: "测试甲".to_owned(),
            insured: AdmDivision::parse("330100").unwrap(),
            enrolment: Default::default(),
            former: None,
            class: PersonClass::Employee,
            balance: Money::ZERO,
            deductible_used: Money::ZERO,
            pool_paid: Money::ZERO,
            registered: true,
        }
    }

    #[test]
    fn a_token_is_anew_for_each_message_unless_its_instant_is_named() {
        let (one, now) = (
            persona(),
            Moment::parse("2030-03-02T12:00:00+08:00").unwrap(),
        );
        let shows = |issued| Credential {
            shows: Shows::Voucher {
                issued,
                business: None,
            },
            ..Credential::default()
        };
        let shown = |credential: &Credential, at, serial: &str| {
            number(&one, (credential, VoucherUse::Registration, at), serial)
        };
        let later = now.plus_ms(1);
        let anew = shows(None);
        assert_ne!(shown(&anew, now, "CW0001"), shown(&anew, later, "CW0001"));
        assert_ne!(shown(&anew, now, "CW0001"), shown(&anew, now, "CW0002"));
        let named = shows(Some(now));
        assert_eq!(shown(&named, now, "CW0001"), shown(&named, later, "CW0002"));
        let read = Voucher::parse(&shown(&anew, now, "CW0001")).unwrap();
        assert!(read.is_of("one") && read.issued == now);
        assert_eq!(read.business, VoucherUse::Registration);
    }

    #[test]
    fn a_number_is_written_as_a_careless_client_writes_it() {
        let one = persona();
        let written = |number| {
            let credential = Credential {
                number,
                ..Credential::default()
            };
            certno(&one, &credential)
        };
        assert_eq!(written(Written::AsIs), one.id_number.reveal());
        let wrong = written(Written::WrongCheck);
        assert_eq!(wrong[..17], one.id_number.reveal()[..17]);
        assert!(IdNumber::parse(&wrong).is_err());
        assert!(!written(Written::Small).contains('X'));
    }

    #[test]
    fn a_card_has_its_code_unless_the_library_reads_none() {
        let one = persona();
        let card = |card_sn: Option<&str>| Credential {
            shows: Shows::Card,
            card_sn: card_sn.map(str::to_owned),
            ..Credential::default()
        };
        assert_eq!(card_sn(&one, &card(None)), Some("SN1"));
        assert_eq!(card_sn(&one, &card(Some(""))), Some(""));
        assert_eq!(card_sn(&one, &Credential::default()), None);
    }
}
