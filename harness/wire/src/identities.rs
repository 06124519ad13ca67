//! 金额恒等式 · What must hold between the amounts of an answer: I1–I8 and I10, to the fen.
//!
//! Why so: an answer that does not add up is a finding of its own, long before books are compared.
//! Pure checks on amounts by interface name; an amount that is not there counts as 0 where the
//! interface says so, and otherwise leaves its identity unchecked. No tolerance.
//! Called by `runner` on every answer. Not here: the judge's R3 (`verify`, with its own code).

use std::collections::BTreeMap;
use std::fmt;

use crosswipe_domain::{Money, Quantity, Ratio, UnitPrice};

/// 恒等式 · The identities of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// 总额 = 全自费 + 超限价 + 先行自付 + 政策范围内
    I1,
    /// 总额 = 基金支付 + 个人负担 + 医院负担
    I2,
    /// 个人负担 = 个人账户 + 共济 + 现金
    I3,
    /// 基金支付 = 各项基金之和
    I4,
    /// 结算明细之和 = 基金支付 + 个人账户 + 医院负担
    I5,
    /// 明细金额 = 全自费 + 超限价 + 先行自付 + 政策范围内
    I6,
    /// 明细金额 = 单价 × 数量, 先行自付 = (金额 − 超限价) × 自付比例
    I7,
    /// 明细之和 = 结算金额
    I8,
    /// 撤销 = 原结算的相反数, 余额复原
    I10,
}

impl Identity {
    /// `I1` … `I10`.
    pub const fn code(self) -> &'static str {
        match self {
            Identity::I1 => "I1",
            Identity::I2 => "I2",
            Identity::I3 => "I3",
            Identity::I4 => "I4",
            Identity::I5 => "I5",
            Identity::I6 => "I6",
            Identity::I7 => "I7",
            Identity::I8 => "I8",
            Identity::I10 => "I10",
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// 不平 · An identity that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which one.
    pub identity: Identity,
    /// The amount that was measured, e.g. `medfee_sumamt`, `line 3 preselfpay_amt`.
    pub what: String,
    /// What it should be.
    pub expected: Money,
    /// What it is.
    pub actual: Money,
}

/// 明细行 · A fee line as it was sent and as the treatment place split it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineAmounts {
    /// `pric`
    pub price: UnitPrice,
    /// `cnt`
    pub count: Quantity,
    /// `selfpay_prop`; absent = 0.
    pub selfpay: Option<Ratio>,
    /// `det_item_fee_sumamt fulamt_ownpay_amt overlmt_amt preselfpay_amt inscp_scp_amt` by name.
    pub amounts: BTreeMap<String, Money>,
}

const SPLIT: [&str; 4] = [
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
];
const LINE_SPLIT: [&str; 4] = [
    "fulamt_ownpay_amt",
    "overlmt_amt",
    "preselfpay_amt",
    "inscp_scp_amt",
];
const FUNDS: [&str; 8] = [
    "hifp_pay",
    "cvlserv_pay",
    "hifes_pay",
    "hifmi_pay",
    "hifob_pay",
    "hifdm_pay",
    "maf_pay",
    "oth_pay",
];
const PERSON_PARTS: [&str; 3] = ["acct_pay", "acct_mulaid_pay", "psn_cash_pay"];

/// The same amount under the names that other transactions and regions give it.
const SPELLINGS: [(&str, &[&str]); 2] = [
    ("psn_part_amt", &["psn_pay"]),
    (
        "psn_cash_pay",
        &["pdn_cash_pay", "cash_payamt", "cashPayamt"],
    ),
];

/// I1–I5 on the amounts of a settlement, a trial or an undo; fund lines as `fund:<code>`.
pub fn check_settlement(amounts: &BTreeMap<String, Money>) -> Vec<Broken> {
    let Some(total) = get(amounts, "medfee_sumamt") else {
        return Vec::new();
    };
    let fund = get(amounts, "fund_pay_sumamt");
    let hospital = or_zero(amounts, "hosp_part_amt");
    let parts = sum_present(amounts, &PERSON_PARTS);
    let person = get(amounts, "psn_part_amt");
    let mut broken = Vec::new();
    if let Some(split) = sum_present(amounts, &SPLIT) {
        expect(&mut broken, Identity::I1, "medfee_sumamt", split, total);
    }
    if let (Some(fund), Some(person)) = (fund, person.map(wide).or(parts)) {
        expect(
            &mut broken,
            Identity::I2,
            "medfee_sumamt",
            wide(fund) + person + wide(hospital),
            total,
        );
    }
    if let (Some(person), Some(parts)) = (person, parts) {
        expect(&mut broken, Identity::I3, "psn_part_amt", parts, person);
    }
    if let (Some(fund), Some(funds)) = (fund, sum_present(amounts, &FUNDS)) {
        expect(&mut broken, Identity::I4, "fund_pay_sumamt", funds, fund);
    }
    broken.extend(fund.and_then(|fund| check_fund_lines(amounts, fund, hospital)));
    broken
}

/// I5. An answer without a single line is measured only if a fund paid: below the deductible there is nothing to list.
fn check_fund_lines(
    amounts: &BTreeMap<String, Money>,
    fund: Money,
    hospital: Money,
) -> Option<Broken> {
    let mut lines = amounts
        .iter()
        .filter(|(name, _)| name.starts_with("fund:"))
        .peekable();
    if lines.peek().is_none() && fund.is_zero() {
        return None;
    }
    let sum: i128 = lines.map(|(_, amount)| wide(*amount)).sum();
    let expected = wide(fund) + wide(or_zero(amounts, "acct_pay")) + wide(hospital);
    (sum != expected).then(|| Broken {
        identity: Identity::I5,
        what: "setldetail".to_owned(),
        expected: narrow(expected),
        actual: narrow(sum),
    })
}

/// I6 and I7 on each fee line.
pub fn check_lines(lines: &[LineAmounts]) -> Vec<Broken> {
    let mut broken = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let name = |field: &str| format!("line {} {field}", index + 1);
        let Some(amount) = get(&line.amounts, "det_item_fee_sumamt") else {
            continue;
        };
        if let Some(split) = sum_present(&line.amounts, &LINE_SPLIT) {
            expect(
                &mut broken,
                Identity::I6,
                &name("det_item_fee_sumamt"),
                split,
                amount,
            );
        }
        // Beyond 14 digits it is no amount at all, and none that was sent can equal it.
        let product = Money::of(line.price, line.count).map_or(i128::MAX, wide);
        expect(
            &mut broken,
            Identity::I7,
            &name("det_item_fee_sumamt"),
            product,
            amount,
        );
        // A line that is wholly self-financed has nothing left to pay up front, whatever its ratio says.
        let in_catalogue = or_zero(&line.amounts, "fulamt_ownpay_amt").is_zero();
        if let (true, Some(upfront)) = (in_catalogue, get(&line.amounts, "preselfpay_amt")) {
            let base = narrow(wide(amount) - wide(or_zero(&line.amounts, "overlmt_amt")));
            let share = base.share(line.selfpay.unwrap_or(Ratio::ZERO));
            expect(
                &mut broken,
                Identity::I7,
                &name("preselfpay_amt"),
                wide(share),
                upfront,
            );
        }
    }
    broken
}

/// I8: the lines of a batch or stay add up to the five amounts of its settlement.
pub fn check_line_sums(lines: &[LineAmounts], settlement: &BTreeMap<String, Money>) -> Vec<Broken> {
    let mut broken = Vec::new();
    let pairs = [("medfee_sumamt", "det_item_fee_sumamt")]
        .into_iter()
        .chain(SPLIT.into_iter().zip(LINE_SPLIT));
    for (settled, line_name) in pairs {
        if let Some(actual) = get(settlement, settled) {
            let sum: i128 = lines
                .iter()
                .map(|line| wide(or_zero(&line.amounts, line_name)))
                .sum();
            expect(&mut broken, Identity::I8, settled, sum, actual);
        }
    }
    broken
}

/// I10: every amount of an undo is the negative of the original, and the account balance is back.
///
/// `balc_before` is the balance before the original settlement, where it is known. Platforms may leave
/// `psn_part_amt` and `hosp_part_amt` null in an undo; any other amount that is not there counts as 0.
pub fn check_undo(
    original: &BTreeMap<String, Money>,
    undo: &BTreeMap<String, Money>,
    balc_before: Option<Money>,
) -> Vec<Broken> {
    let mut broken = Vec::new();
    let original = canonical(original);
    let undo_amounts = canonical(undo);
    let mut names: Vec<&str> = original
        .keys()
        .chain(undo_amounts.keys())
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let may_be_null =
            matches!(name, "psn_part_amt" | "hosp_part_amt") && !undo_amounts.contains_key(name);
        if name == "balc" || may_be_null || is_limit(name) {
            continue;
        }
        expect(
            &mut broken,
            Identity::I10,
            name,
            -wide(or_zero(&original, name)),
            or_zero(&undo_amounts, name),
        );
    }
    if let (Some(before), Some(after)) = (balc_before, undo_amounts.get("balc")) {
        expect(&mut broken, Identity::I10, "balc", wide(before), *after);
    }
    broken
}

/// Amounts that say what would be possible, not what was booked.
fn is_limit(name: &str) -> bool {
    name == "crt_payb_lmt_amt"
}

/// The amounts under one spelling each.
fn canonical(amounts: &BTreeMap<String, Money>) -> BTreeMap<String, Money> {
    let mut out = amounts.clone();
    for (name, others) in SPELLINGS {
        for other in others {
            if let Some(amount) = out.remove(*other) {
                out.entry(name.to_owned()).or_insert(amount);
            }
        }
    }
    out
}

fn get(amounts: &BTreeMap<String, Money>, name: &str) -> Option<Money> {
    let others = SPELLINGS
        .iter()
        .find(|(canonical, _)| *canonical == name)
        .map_or(&[][..], |(_, others)| others);
    [name]
        .iter()
        .chain(others)
        .find_map(|name| amounts.get(*name))
        .copied()
}

fn or_zero(amounts: &BTreeMap<String, Money>, name: &str) -> Money {
    get(amounts, name).unwrap_or_default()
}

/// The sum of those that are there; `None` if none is.
fn sum_present(amounts: &BTreeMap<String, Money>, names: &[&str]) -> Option<i128> {
    let mut present = names
        .iter()
        .filter_map(|name| get(amounts, name))
        .map(wide)
        .peekable();
    present.peek()?;
    Some(present.sum())
}

fn expect(broken: &mut Vec<Broken>, identity: Identity, what: &str, expected: i128, actual: Money) {
    if expected != wide(actual) {
        broken.push(Broken {
            identity,
            what: what.to_owned(),
            expected: narrow(expected),
            actual,
        });
    }
}

/// Sums of a stranger's amounts are taken in 128 bits: they may not overflow, whatever was sent.
fn wide(amount: Money) -> i128 {
    i128::from(amount.fen())
}

fn narrow(fen: i128) -> Money {
    Money::from_fen(i64::try_from(fen).unwrap_or(if fen < 0 { -i64::MAX } else { i64::MAX }))
}
