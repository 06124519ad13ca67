//! Both worked examples of the benefit model and the variant, to the cent.

use crosswipe_domain::{
    Business, ItemClass, Money, PersonClass, Quantity, Ratio, Span, Tariff, UnitPrice,
};
use proptest::prelude::*;

use super::*;

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

/// `class price count ceiling selfpay` → the split.
#[track_caller]
fn line(text: &str) -> Split {
    let parts: Vec<&str> = text.split(' ').collect();
    let tariff = Tariff {
        code: String::new(),
        name: String::new(),
        class: ItemClass::parse(parts[0]).unwrap(),
        ceiling: (parts[3] != "-").then(|| UnitPrice::parse(parts[3]).unwrap()),
        selfpay: if parts[4] == "-" {
            Ratio::ZERO
        } else {
            Ratio::parse(parts[4]).unwrap()
        },
        coded: true,
        drug: false,
    };
    split(
        &tariff,
        UnitPrice::parse(parts[1]).unwrap(),
        Quantity::parse(parts[2]).unwrap(),
        true,
    )
    .unwrap()
}

fn sums(lines: &[&str]) -> Sums {
    lines.iter().map(|text| line(text)).sum()
}

#[track_caller]
fn check_sums(sums: Sums, expected: [&str; 5]) {
    let shown =
        [sums.amount, sums.full, sums.over, sums.upfront, sums.scope].map(|m| m.to_string());
    assert_eq!(shown, expected);
}

/// deductible, fund, person, account, cash, balance, then the funds as `code amount`.
#[track_caller]
fn check_paid(paid: &Paid, expected: [&str; 6], funds: &[&str]) {
    let shown = [
        paid.deductible,
        paid.fund_sum,
        paid.person,
        paid.account,
        paid.cash,
        paid.balance,
    ]
    .map(|m| m.to_string());
    assert_eq!(shown, expected);
    assert_eq!(
        paid.funds
            .iter()
            .map(|f| format!("{} {}", f.fund, f.amount))
            .collect::<Vec<_>>(),
        funds
    );
}

const OUTPATIENT: [&str; 5] = [
    "01 25.00 1 22.00 -",
    "01 18.60 2 - -",
    "02 26.75 3 - 0.05",
    "02 380.00 1 360.00 0.10",
    "03 45.50 1 - -",
];

const INPATIENT: [&str; 10] = [
    "01 80.00 9 50.00 -",
    "01 26.00 9 - -",
    "01 4860.00 1 - -",
    "02 168.35 2 - 0.10",
    "01 42.15 18 - -",
    "02 36.48 27 - 0.05",
    "01 1325.00 1 - -",
    "02 5200.00 2 4500.00 0.20",
    "03 2380.00 1 - -",
    "01 42.15 -2 - -",
];

fn stay(policy: &Policy) -> Paid {
    let claim = Claim {
        sums: sums(&INPATIENT),
        class: PersonClass::Employee,
        business: Business::Inpatient,
        tier: 3,
        span: Span::CrossProvince,
        stay: 1,
        deductible_used: yuan("0"),
        pool_paid: yuan("111500.00"),
        above_paid: yuan("0"),
        quota: None,
        account: Account {
            balance: yuan("2640.18"),
            used: true,
        },
    };
    pay(policy, &claim)
}

#[test]
fn the_local_outpatient_example_is_met_to_the_cent() {
    let sums = sums(&OUTPATIENT);
    check_sums(sums, ["567.95", "45.50", "23.00", "40.01", "459.44"]);
    let claim = Claim {
        sums,
        class: PersonClass::Employee,
        business: Business::Outpatient,
        tier: 3,
        span: Span::Local,
        stay: 1,
        deductible_used: yuan("760.00"),
        pool_paid: yuan("0"),
        above_paid: yuan("0"),
        quota: None,
        account: Account {
            balance: yuan("1200.00"),
            used: true,
        },
    };
    let paid = pay(&Policy::default(), &claim);
    check_paid(
        &paid,
        ["240.00", "164.58", "403.37", "357.87", "45.50", "842.13"],
        &["310100 164.58"],
    );
}

#[test]
fn the_cross_province_stay_is_met_to_the_cent() {
    check_sums(
        sums(&INPATIENT),
        ["21915.06", "2380.00", "1670.00", "1882.92", "15982.14"],
    );
    let paid = stay(&Policy::default());
    assert_eq!(paid.base.to_string(), "14782.14");
    check_paid(
        &paid,
        [
            "1200.00", "11843.78", "10071.28", "2640.18", "7431.10", "0.00",
        ],
        &["310100 8500.00", "330100 3343.78"],
    );
}

#[test]
fn the_variant_without_registration_is_met_to_the_cent() {
    let paid = stay(&Policy {
        filing: Filing::Unregistered,
        ..Policy::default()
    });
    check_paid(
        &paid,
        [
            "1200.00", "10681.88", "11233.18", "2640.18", "8593.00", "0.00",
        ],
        &["310100 8500.00", "330100 2181.88"],
    );
}

#[test]
fn restricted_use_without_approval_is_wholly_self_financed() {
    let tariff = Tariff {
        code: String::new(),
        name: String::new(),
        class: ItemClass::A,
        ceiling: None,
        selfpay: Ratio::ZERO,
        coded: true,
        drug: false,
    };
    let line = split(
        &tariff,
        UnitPrice::parse("3").unwrap(),
        Quantity::parse("2").unwrap(),
        false,
    )
    .unwrap();
    assert_eq!((line.full, line.scope), (yuan("6.00"), Money::ZERO));
}

#[test]
fn subsidies_take_their_share_of_what_is_left_in_order() {
    let subsidies = Subsidies {
        civil_servant: Some(Ratio::from_scaled(5000)),
        enterprise: None,
        medical_aid: Some(Ratio::from_scaled(7000)),
    };
    let paid = stay(&Policy {
        subsidies,
        ..Policy::default()
    });
    // In scope 15982.14, pooled and large-amount funds 11843.78: 4138.36 is left; half of it, then 0.70 of the rest.
    let funds = [
        "310100 8500.00",
        "330100 3343.78",
        "320100 2069.18",
        "610100 1448.43",
    ];
    assert_eq!(
        paid.funds
            .iter()
            .map(|f| format!("{} {}", f.fund, f.amount))
            .collect::<Vec<_>>(),
        funds
    );
}

#[test]
fn each_stay_of_a_year_costs_less_at_the_door() {
    let policy = Policy::default();
    let line = |stay| {
        policy
            .deductible(PersonClass::Employee, Business::Inpatient, 3, stay)
            .to_string()
    };
    assert_eq!(
        [line(1), line(2), line(3), line(7)],
        ["1200.00", "900.00", "600.00", "600.00"]
    );
}

proptest! {
    #[test]
    fn whatever_is_claimed_every_fen_is_borne_by_somebody(
        scope in 0i64..60_000_000, full in 0i64..1_000_000, balance in 0i64..1_000_000, pool_paid in 0i64..13_000_000,
        used in any::<bool>(), inpatient in any::<bool>(), employee in any::<bool>(), tier in 1u8..=3, away in any::<bool>(),
    ) {
        let sums = Sums { amount: Money::from_fen(scope + full), full: Money::from_fen(full), scope: Money::from_fen(scope), ..Sums::default() };
        let claim = Claim {
            sums,
            class: if employee { PersonClass::Employee } else { PersonClass::Resident },
            business: if inpatient { Business::Inpatient } else { Business::Outpatient },
            tier,
            span: if away { Span::CrossCity } else { Span::Local },
            stay: 1,
            deductible_used: Money::ZERO,
            pool_paid: Money::from_fen(pool_paid),
            above_paid: Money::ZERO,
            quota: None,
        account: Account { balance: Money::from_fen(balance), used },
        };
        let paid = pay(&Policy::default(), &claim);
        prop_assert_eq!(paid.fund_sum + paid.account + paid.cash, sums.amount);
        prop_assert_eq!(paid.funds.iter().map(|f| f.amount).sum::<Money>(), paid.fund_sum);
        prop_assert!(paid.fund_sum <= sums.scope && paid.deductible <= sums.scope);
        prop_assert!(paid.cash >= Money::ZERO && paid.account >= Money::ZERO && paid.balance >= Money::ZERO);
        let pool = paid.funds.iter().filter(|f| f.field == "hifp_pay").map(|f| f.amount).sum::<Money>();
        prop_assert!(pool.fen() + pool_paid <= 12_000_000.max(pool_paid));
    }
}
