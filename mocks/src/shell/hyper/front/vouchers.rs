//! 出示电子凭证 · Fresh tokens of the test persons' e-vouchers, for whoever types them into a HIS.
//!
//! Why here: a token follows from the person's label, the business and the instant, which nobody computes by hand, and it
//! is good for minutes only. So the door makes them when it is asked, at plan time; they are of mock persons and stand
//! nowhere but in what was asked for. Called by `admin` and, at start, by `cli`.
//! Not here: what a platform says to a token (`region::credential`), the form of one (`domain::Voucher`).

use crosswipe_domain::{Institution, Moment, Persona, Topology, Voucher, VoucherUse};
use serde::Serialize;

/// 电子凭证 · One token, as it may be typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Label of the person in `persons.csv`.
    pub person: String,
    /// 01101, 01301 or 02121.
    pub business: &'static str,
    /// The business, Chinese.
    pub business_zh: &'static str,
    /// What stands in `mdtrt_cert_no`, with `mdtrt_cert_type` 01.
    pub token: String,
    /// When it was shown, plan time.
    pub issued: Moment,
    /// The last instant at which it is taken, plan time.
    pub until: Moment,
}

/// 电子凭证 · One token per registered person and business that there is, shown at `now` of the plan; `round` keeps those
/// of one instant apart.
pub fn tokens(persons: &[Persona], topology: &Topology, now: Moment, round: u64) -> Vec<Token> {
    let sells = |institution: &Institution| institution.code.is_pharmacy();
    let pharmacies = topology.institutions.iter().any(sells);
    let businesses = VoucherUse::ALL.into_iter();
    let businesses: Vec<VoucherUse> = businesses
        .filter(|business| pharmacies || *business != VoucherUse::Pharmacy)
        .collect();
    let shown = persons.iter().filter(|persona| persona.registered);
    let shown = shown.flat_map(|persona| {
        let region = topology.region(persona.insured);
        let minutes = region.map_or(0, |region| region.profile.voucher_min);
        let until = now.plus_ms(i64::from(minutes) * 60_000);
        let of = move |business: &VoucherUse| Token {
            person: persona.label.clone(),
            business: business.code(),
            business_zh: business.zh(),
            token: Voucher::new(
                &persona.label,
                *business,
                now,
                &format!("{:04}", round % 10_000),
            )
            .to_string(),
            issued: now,
            until,
        };
        businesses.iter().map(of).collect::<Vec<_>>()
    });
    shown.collect()
}
