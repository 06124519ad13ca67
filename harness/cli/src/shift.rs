//! 平移 · `--shift +2d`: a whole plan later or earlier, every bound by the same length.
//!
//! Why so: a notice is postponed by a second notice more often than not, and nobody should have to edit forty instants in
//! a night. What was typed stands in RUN, so that whoever resumes the run moves the plan as far again, and in the title,
//! so that nobody takes the report for one of the first dates.
//! Not here: what moves (`scenarios::Plan::shifted`).

use std::path::Path;
use std::str::FromStr;

use crosswipe_scenarios::Plan;

use crate::complain::Trouble;

/// The switch of RUN that keeps how far the plan was moved.
pub(crate) const SHIFT: &str = "shift";

/// Ten years: farther than any notice was ever moved, and far from where instants end.
const MOST_MS: i64 = 3_650 * 86_400_000;

/// 平移 · A length of time with its sign, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    ms: i64,
    text: String,
}

impl FromStr for Shift {
    type Err = String;

    fn from_str(text: &str) -> Result<Shift, String> {
        let shape = || format!("`{text}`: 形如 +2d、-3h、+30m · write it like +2d, -3h, +30m");
        let sign = match text.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(shape()),
        };
        let unit_ms = match text.as_bytes().last() {
            Some(b'd') => 86_400_000,
            Some(b'h') => 3_600_000,
            Some(b'm') => 60_000,
            Some(b's') => 1_000,
            _ => return Err(shape()),
        };
        let digits = text.get(1..text.len() - 1).unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(shape());
        }
        let count = digits.parse::<i64>().ok();
        let ms = count.and_then(|count| count.checked_mul(unit_ms));
        match ms.filter(|ms| *ms <= MOST_MS) {
            Some(ms) => Ok(Shift {
                ms: sign * ms,
                text: text.to_owned(),
            }),
            None => Err(format!("`{text}`: 最多十年 · at most ten years")),
        }
    }
}

impl Shift {
    /// As typed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// In milliseconds; below 0 is earlier.
    pub(crate) fn ms(&self) -> i64 {
        self.ms
    }

    fn moved(&self, plan: &Plan) -> Plan {
        let mut plan = plan.shifted(self.ms);
        plan.title_zh
            .push_str(&format!("（整体平移 {}）", self.text));
        plan.title_en
            .push_str(&format!(" (moved by {})", self.text));
        plan
    }
}

/// The plan, moved as far as asked for.
///
/// # Errors
/// All problems of the plan.
pub(crate) fn load(path: &Path, shift: Option<&Shift>) -> Result<Plan, Trouble> {
    let plan = crosswipe_scenarios::load(path).map_err(Trouble::Plan)?;
    Ok(moved(plan, shift))
}

/// As far as asked for; where nobody asked, as it is.
pub(crate) fn moved(plan: Plan, shift: Option<&Shift>) -> Plan {
    match shift {
        Some(shift) => shift.moved(&plan),
        None => plan,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("+2d", Some(172_800_000))]
    #[case("-3h", Some(-10_800_000))]
    #[case("+30m", Some(1_800_000))]
    #[case("+1s", Some(1_000))]
    #[case("+3650d", Some(315_360_000_000))]
    #[case("2d", None)]
    #[case("+2", None)]
    #[case("+d", None)]
    #[case("+", None)]
    #[case("", None)]
    #[case("+-2d", None)]
    #[case("+2.5d", None)]
    #[case("+两d", None)]
    #[case("+3651d", None)]
    #[case("+9999999999999999999d", None)]
    fn a_length_has_a_sign_and_a_unit(#[case] text: &str, #[case] expected: Option<i64>) {
        let read = text.parse::<Shift>().ok();
        assert_eq!(read.map(|shift| shift.ms), expected);
    }
}
