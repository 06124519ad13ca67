//! 地方写法 · Between what the tables say and what one region writes: names of nodes and fields, form of an answer.
//!
//! Why so: inside the project a message has the tables' names and a settlement the national meaning of its sums; a region
//! differs at the edge alone, and in few places, so each of them is turned here, both ways, and nowhere else.
//! Used by `check` and `conform` (what is regular where), `runner` (sends so), `mocks` (answer so).
//! Not here: which region does what (`domain::profile`), gateways (`gateway`).

use std::collections::BTreeMap;

use crosswipe_domain::{AnswerForm, InfNo, Money, Names, push_json_string};

use crate::members::Members;
use crate::write::ObjectText;

/// Settlements whose node regions call by two names.
const SETTLEMENTS: [&str; 2] = ["2207", "2304"];
/// The two names of the stay number, the tables' own first.
const STAY_NUMBERS: [&str; 2] = ["ipt_no", "ipt_otp_no"];

/// What restricts a reconciliation to refund records, in the tables.
const REFUND_FLAG: &str = "refd_setl_flag";

/// The upload of a visit's diagnoses, which has two numbers.
const DIAGNOSES: &str = "2203";

/// The number under which a region takes a transaction of the tables.
pub fn number(names: &Names, infno: &InfNo) -> InfNo {
    let own = names.diagnosis_numbers.first();
    match own.filter(|_| infno.as_str() == DIAGNOSES) {
        Some(own) => InfNo::new(own),
        None => infno.clone(),
    }
}

/// Whether a number of the upload is one that the region uses; every other number is.
pub fn is_regular_number(names: &Names, infno: &InfNo) -> bool {
    let mut numbers = names.diagnosis_numbers.iter();
    infno.base() != DIAGNOSES || numbers.any(|number| number == infno.as_str())
}

/// What a region calls a node of the tables.
pub fn node_name<'n>(names: &'n Names, infno: &InfNo, node: &'n str) -> &'n str {
    match (infno.base(), node) {
        (base, "data") if SETTLEMENTS.contains(&base) => &names.settlement_node,
        ("3301", "data") => &names.mapping_node,
        _ => node,
    }
}

/// What a region calls a field of the tables.
pub fn field_name<'n>(names: &'n Names, infno: &InfNo, field: &'n str) -> &'n str {
    match (infno.base(), field) {
        ("2401", field) if field == STAY_NUMBERS[0] => &names.stay_number,
        ("3201" | "3202", REFUND_FLAG) => &names.refund_flag,
        _ => field,
    }
}

/// A node's text with its fields as a region calls them.
pub fn fields_named(names: &Names, infno: &InfNo, node: &str) -> String {
    let same = STAY_NUMBERS[0] == names.stay_number && names.refund_flag == REFUND_FLAG;
    let renames = matches!(infno.base(), "2401" | "3201" | "3202") && !same;
    match Members::parse(node) {
        Ok(members) if renames => members
            .iter()
            .filter(|(name, _)| !field_name(names, infno, name).is_empty())
            .fold(ObjectText::new(), |text, (name, raw)| {
                text.raw(field_name(names, infno, name), raw)
            })
            .finish(),
        _ => node.to_owned(),
    }
}

/// The sums of a settlement in their national meaning: without the personal account in `fund_pay_sumamt`.
pub fn national_amounts(form: &AnswerForm, amounts: &mut BTreeMap<String, Money>) {
    if form.account_in_fund {
        shift_account(amounts, |fund, account| fund.fen().checked_sub(account));
    }
}

/// The sums of a settlement as a region writes them.
pub fn regional_amounts(form: &AnswerForm, amounts: &mut BTreeMap<String, Money>) {
    if form.account_in_fund {
        shift_account(amounts, |fund, account| fund.fen().checked_add(account));
    }
}

fn shift_account(amounts: &mut BTreeMap<String, Money>, sum: impl Fn(Money, i64) -> Option<i64>) {
    let part = |name: &str| amounts.get(name).map_or(0, |amount| amount.fen());
    let account = part("acct_pay").checked_add(part("acct_mulaid_pay"));
    if let (Some(account), Some(fund)) = (account, amounts.get_mut("fund_pay_sumamt"))
        && let Some(shifted) = sum(*fund, account)
    {
        *fund = Money::from_fen(shifted);
    }
}

/// An answer in a region's form: `infcode` and `output` as it writes them. What is no envelope stays as it is.
pub fn in_form(form: &AnswerForm, answer: String) -> String {
    if !form.infcode_as_text && !form.output_as_text {
        return answer;
    }
    let Ok(envelope) = Members::parse(&answer) else {
        return answer;
    };
    if envelope.raw("infcode").is_none() {
        return answer;
    }
    let as_text = |json: &str| {
        let mut text = String::new();
        push_json_string(&mut text, json);
        text
    };
    let written = envelope
        .iter()
        .fold(ObjectText::new(), |text, (name, raw)| {
            let changes = match name {
                "infcode" => form.infcode_as_text && !raw.starts_with('"'),
                "output" => form.output_as_text && raw.starts_with(['{', '[']),
                _ => false,
            };
            match changes {
                true => text.raw(name, &as_text(raw)),
                false => text.raw(name, raw),
            }
        });
    written.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::{Infcode, Response};

    fn plain() -> AnswerForm {
        crosswipe_domain::Profile::default().answers
    }

    #[test]
    fn an_answer_in_another_form_says_the_same() {
        let answer =
            r#"{"output":{"setlinfo":{"setl_id":"1","note":"a\"b"}},"infcode":0,"err_msg":null}"#;
        let forms = [(false, true), (true, false), (true, true)];
        for (infcode_as_text, output_as_text) in forms {
            let form = AnswerForm {
                infcode_as_text,
                output_as_text,
                ..plain()
            };
            let text = in_form(&form, answer.to_owned());
            assert_eq!(text.contains(r#""infcode":"0""#), infcode_as_text, "{text}");
            assert_eq!(text.contains(r#""output":"{"#), output_as_text, "{text}");
            let response = Response::parse(text.as_bytes()).unwrap();
            assert_eq!(response.infcode, Infcode::Ok);
            let node = response.node("setlinfo").unwrap();
            assert_eq!(node.text("note").as_deref(), Some("a\"b"));
        }
        assert_eq!(in_form(&plain(), answer.to_owned()), answer);
        let form = AnswerForm {
            infcode_as_text: true,
            ..plain()
        };
        let refused = r#"{"code":401,"message":"no"}"#;
        assert_eq!(in_form(&form, refused.to_owned()), refused);
        assert_eq!(in_form(&form, "<html>".to_owned()), "<html>");
    }

    #[test]
    fn a_region_has_its_own_number_for_the_upload_of_diagnoses() {
        let mut names = crosswipe_domain::Profile::default().names;
        let of = |names: &Names, text: &str| number(names, &InfNo::new(text)).to_string();
        assert_eq!(
            (of(&names, "2203"), of(&names, "2207")),
            ("2203A".into(), "2207".into())
        );
        let regular = |names: &Names, text: &str| is_regular_number(names, &InfNo::new(text));
        assert!(regular(&names, "2203") && regular(&names, "2203A") && regular(&names, "2207A"));
        assert!(!regular(&names, "2203B"));
        names.diagnosis_numbers = vec!["2203".to_owned()];
        assert_eq!(of(&names, "2203"), "2203");
        assert!(regular(&names, "2203") && !regular(&names, "2203A"));
    }

    #[test]
    fn the_account_goes_into_the_fund_and_out_of_it_again() {
        let form = AnswerForm {
            account_in_fund: true,
            ..plain()
        };
        let own = [
            ("fund_pay_sumamt", 1000),
            ("acct_pay", 250),
            ("acct_mulaid_pay", 30),
        ];
        let own: BTreeMap<String, Money> = own
            .map(|(name, fen)| (name.to_owned(), Money::from_fen(fen)))
            .into();
        let mut there = own.clone();
        regional_amounts(&form, &mut there);
        assert_eq!(there["fund_pay_sumamt"], Money::from_fen(1280));
        national_amounts(&form, &mut there);
        assert_eq!(there, own);
        national_amounts(&plain(), &mut there);
        assert_eq!(there, own);
    }
}
