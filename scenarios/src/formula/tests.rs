//! 公式的检验 · Worked out beside big integers that share nothing with it, and by hand where a rule is at stake.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_bigint::BigInt;
use proptest::prelude::*;
use rstest::rstest;

use super::read::{Names, is_formula, read_formula};
use super::*;
use crate::problem::{At, Problems, Said};
use crate::scope::Scope;
use crate::source::Source;
use crosswipe_domain::InfNo;

const FIELDS: [&str; 4] = [
    "medfee_sumamt",
    "fund_pay_sumamt",
    "acct_pay",
    "psn_cash_pay",
];

fn read(text: &str) -> (Option<Formula>, Problems) {
    let said = Said {
        value: text.to_owned(),
        at: At {
            source: Arc::new(Source::new("day.yaml".to_owned(), text)),
            span: 0..text.len(),
        },
    };
    let problems = Problems::default();
    let scope = Scope::default();
    let infno = InfNo::new("2207");
    let names = Names {
        infno: Some(&infno),
        node: "setlinfo",
        scope: &scope,
    };
    (read_formula(&said, &names, &problems), problems)
}

fn amounts(fen: &[i64]) -> BTreeMap<String, Money> {
    let named = FIELDS.iter().map(|field| format!("setlinfo.{field}"));
    named
        .zip(fen.iter().map(|fen| Money::from_fen(*fen)))
        .collect()
}

fn value(text: &str, fen: &[i64]) -> Result<String, NoValue> {
    let (formula, problems) = read(text);
    let formula = formula.unwrap_or_else(|| panic!("{text}: {problems:?}"));
    let amounts = amounts(fen);
    formula
        .value(&|at: &AmountAt| amounts.get(&at.path).copied())
        .map(|value| value.to_string())
}

#[rstest]
#[case("half_up(total * 70%) - 10.00", "387.57")] // 397.565
#[case("half_even(total * 70%) - 10.00", "387.56")]
#[case("floor(total * 70%)", "397.56")]
#[case("ceiling(total * 70%)", "397.57")]
#[case("half_up(-total * 70%)", "-397.57")] // a refund mirrors what it refunds
#[case("floor(-total * 70%)", "-397.57")]
#[case("half_even(-total * 70%)", "-397.56")]
#[case("总额 - 基金", "467.95")]
#[case("total − 2 × setlinfo.fund_pay_sumamt ÷ 4", "517.95")]
#[case("max(total - 600.00, 0)", "0.00")]
#[case("min(total, fund + cash)", "100.00")]
#[case("fund / total * 567.95", "100.00")]
#[case("四舍五入(total / 3)", "189.32")]
#[case("total / 3", "11359/60")]
#[case("-(fund - total)", "467.95")]
#[case("2 * 3 * fund", "600.00")]
#[case("fund * 0.5 + 10", "60.00")]
fn a_formula_comes_to_what_a_hand_works_out(#[case] text: &str, #[case] wanted: &str) {
    assert_eq!(value(text, &[56_795, 10_000, 0, 0]), Ok(wanted.to_owned()));
}

#[rstest]
#[case("fund / cash", &[1, 1, 1, 0], NoValue::DividedByZero)]
#[case("total - fund", &[1], NoValue::Missing(AmountAt { step: None, path: "setlinfo.fund_pay_sumamt".to_owned() }))]
fn what_has_no_value_says_why(#[case] text: &str, #[case] fen: &[i64], #[case] why: NoValue) {
    let text = format!("total * ({text})");
    let text = if matches!(why, NoValue::Missing(_)) {
        "total - fund"
    } else {
        &text
    };
    assert_eq!(value(text, fen), Err(why));
}

#[test]
fn numbers_beyond_all_amounts_are_told_and_never_cut_off() {
    let text = format!("total{}", " * 99999999999999".repeat(4));
    assert_eq!(
        value(&text, &[9_999_999_999_999_999]),
        Err(NoValue::TooLarge)
    );
}

#[rstest]
#[case("567.95", false)]
#[case("-25.00", false)]
#[case("12.3O", false)] // an amount with a slip in it
#[case("total", true)]
#[case("1-2", true)]
#[case("总额", true)]
fn a_formula_is_known_by_its_signs(#[case] text: &str, #[case] formula: bool) {
    assert_eq!(is_formula(text), formula);
}

/// A formula as the test makes it up.
#[derive(Clone, Debug)]
enum Made {
    Field(usize),
    Fen(i64),
    Minus(Box<Made>),
    Plus(Box<Made>, Box<Made>),
    Less(Box<Made>, Box<Made>),
    /// Times so many ten-thousandths, written as a percentage.
    Share(Box<Made>, u32),
    Over(Box<Made>, u32),
    Call(&'static str, Box<Made>),
    Of(&'static str, Box<Made>, Box<Made>),
}

impl Made {
    fn text(&self) -> String {
        match self {
            Made::Field(field) => FIELDS[*field].to_owned(),
            Made::Fen(fen) => format!("{}.{:02}", fen / 100, fen % 100),
            Made::Minus(inner) => format!("-({})", inner.text()),
            Made::Plus(left, right) => format!("{} + ({})", left.text(), right.text()),
            Made::Less(left, right) => format!("{} - ({})", left.text(), right.text()),
            Made::Share(inner, share) => {
                format!("({}) * {}.{:02}%", inner.text(), share / 100, share % 100)
            }
            Made::Over(inner, by) => format!("({})/{by}", inner.text()),
            Made::Call(name, inner) => format!("{name}({})", inner.text()),
            Made::Of(name, left, right) => format!("{name}({}, {})", left.text(), right.text()),
        }
    }

    /// Fen as a fraction that is never reduced.
    fn worked(&self, fen: &[i64]) -> (BigInt, BigInt) {
        let one = || BigInt::from(1);
        match self {
            Made::Field(field) => (BigInt::from(fen[*field]), one()),
            Made::Fen(fen) => (BigInt::from(*fen), one()),
            Made::Minus(inner) => {
                let (above, below) = inner.worked(fen);
                (-above, below)
            }
            Made::Plus(left, right) => {
                let ((a, b), (c, d)) = (left.worked(fen), right.worked(fen));
                (a * &d + c * &b, b * d)
            }
            Made::Less(left, right) => {
                let ((a, b), (c, d)) = (left.worked(fen), right.worked(fen));
                (a * &d - c * &b, b * d)
            }
            Made::Share(inner, share) => {
                let (above, below) = inner.worked(fen);
                (above * *share, below * 10_000)
            }
            Made::Over(inner, by) => {
                let (above, below) = inner.worked(fen);
                (above, below * *by)
            }
            Made::Of(name, left, right) => {
                let ((a, b), (c, d)) = (left.worked(fen), right.worked(fen));
                let smaller = &a * &d <= &c * &b;
                if smaller == (*name == "min") {
                    (a, b)
                } else {
                    (c, d)
                }
            }
            Made::Call(name, inner) => {
                let (above, below) = inner.worked(fen);
                (rounded(name, &above, &below), one())
            }
        }
    }
}

/// By the distance to both neighbours, not by remainders.
fn rounded(how: &str, above: &BigInt, below: &BigInt) -> BigInt {
    let mut low = above / below;
    while &low * below > *above {
        low -= 1;
    }
    let high: BigInt = &low + 1;
    if &low * below == *above {
        return low;
    }
    let (down, up) = (above - &low * below, &high * below - above);
    let negative = *above < BigInt::from(0);
    match how {
        "floor" => low,
        "ceiling" => high,
        _ if down < up => low,
        _ if up < down => high,
        "half_even" if &low % 2 == BigInt::from(0) => low,
        "half_even" => high,
        _ if negative => low,
        _ => high,
    }
}

fn made() -> impl Strategy<Value = Made> {
    let leaf = prop_oneof![
        (0..FIELDS.len()).prop_map(Made::Field),
        (0..1_000_000_i64).prop_map(Made::Fen),
    ];
    leaf.prop_recursive(4, 12, 2, |inner| {
        let boxed = inner.prop_map(Box::new).boxed();
        let two = || (boxed.clone(), boxed.clone());
        let call = prop::sample::select(vec!["half_up", "half_even", "floor", "ceiling"]);
        let of = prop::sample::select(vec!["min", "max"]);
        prop_oneof![
            boxed.clone().prop_map(Made::Minus),
            two().prop_map(|(left, right)| Made::Plus(left, right)),
            two().prop_map(|(left, right)| Made::Less(left, right)),
            (boxed.clone(), 0..30_000_u32).prop_map(|(inner, share)| Made::Share(inner, share)),
            (boxed.clone(), 1..13_u32).prop_map(|(inner, by)| Made::Over(inner, by)),
            (call, boxed.clone()).prop_map(|(name, inner)| Made::Call(name, inner)),
            (of, two()).prop_map(|(name, (left, right))| Made::Of(name, left, right)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn big_integers_come_to_the_same(made in made(), fen in prop::collection::vec(-9_999_999_999_999_i64..9_999_999_999_999, 4)) {
        // What names no amount must be whole fen; that is another test's.
        let text = format!("total - total + {}", made.text());
        let (formula, problems) = read(&text);
        let formula = formula.unwrap_or_else(|| panic!("{text}: {problems:?}"));
        let amounts = amounts(&fen);
        let value = formula.value(&|at: &AmountAt| amounts.get(&at.path).copied());
        let (above, below) = made.worked(&fen);
        let nearest = rounded("floor", &above, &below);
        let whole = &nearest * &below == above;
        let value = value.unwrap_or_else(|why| panic!("{text}: {why}"));
        prop_assert_eq!(value.is_whole_fen(), whole, "{}", &text);
        let fen: i64 = nearest.to_string().parse().unwrap();
        let ordering = value.compared_with(Money::from_fen(fen)).unwrap();
        prop_assert_eq!(ordering.is_eq(), whole, "{}", &text);
        prop_assert!(ordering.is_le(), "{}: {} < {}", &text, value, fen);
        prop_assert!(value.compared_with(Money::from_fen(fen + 1)).unwrap().is_gt());
    }

    /// Whatever is typed, it is read or told, and nothing breaks.
    #[test]
    fn anything_typed_is_read_or_told(text in "[-+*/×÷()%$., a-z总额0-9_]{1,40}") {
        let (formula, problems) = read(&text);
        prop_assert!(formula.is_some() || problems.len() > 0, "{}", text);
    }
}
