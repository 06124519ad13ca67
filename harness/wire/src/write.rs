//! 报文书写 · Writes requests and answers as text, amounts digit by digit.
//!
//! Why so: an amount is a JSON number with exactly two decimals, and no float may come near it, so
//! text is written and not a tree. The same values always give the same bytes: a resend is byte-equal.
//! Called by `runner` (requests) and `mocks` (answers, and what a hub sends on).

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use crosswipe_domain::{
    AdmDivision, Channel, InfNo, InstitutionCode, Moment, Money, MsgId, push_json_string,
};

use crate::Refusal;

/// 对象 · A JSON object under construction; members stand in the order in which they are added.
#[derive(Clone, Debug)]
#[must_use]
pub struct ObjectText {
    text: String,
    /// Text members that stand in the place of those of the same name, whatever is added later.
    instead: BTreeMap<String, String>,
}

impl Default for ObjectText {
    fn default() -> ObjectText {
        ObjectText::new()
    }
}

impl ObjectText {
    /// An empty object.
    pub fn new() -> ObjectText {
        ObjectText {
            text: String::from("{"),
            instead: BTreeMap::new(),
        }
    }

    /// An empty object in which these text members stand instead of those of the same name; the others come last.
    pub fn with_instead(instead: BTreeMap<String, String>) -> ObjectText {
        ObjectText {
            instead,
            ..ObjectText::new()
        }
    }

    /// A text member.
    pub fn text(mut self, name: &str, value: &str) -> ObjectText {
        if self.key(name) {
            push_json_string(&mut self.text, value);
        }
        self
    }

    /// A text member that is left out if there is no value.
    pub fn opt_text(self, name: &str, value: Option<&str>) -> ObjectText {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// A member that is `null`.
    pub fn null(self, name: &str) -> ObjectText {
        self.raw(name, "null")
    }

    /// An amount as a number with two decimals.
    pub fn money(self, name: &str, value: Money) -> ObjectText {
        self.number(name, value)
    }

    /// A number in its own printing: counts, unit prices, quantities, ratios.
    pub fn number(mut self, name: &str, value: impl Display) -> ObjectText {
        if self.key(name) {
            write!(self.text, "{value}").expect("writing to a String cannot fail");
        }
        self
    }

    /// A member whose value is JSON text already.
    pub fn raw(mut self, name: &str, json: &str) -> ObjectText {
        if self.key(name) {
            self.text.push_str(json);
        }
        self
    }

    /// The finished object.
    pub fn finish(mut self) -> String {
        while let Some((name, value)) = self.instead.pop_first() {
            self = self.text(&name, &value);
        }
        self.text.push('}');
        self.text
    }

    /// Writes a member's name; false if another value stands there already.
    fn key(&mut self, name: &str) -> bool {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        push_json_string(&mut self.text, name);
        self.text.push(':');
        match self.instead.remove(name) {
            Some(value) => {
                push_json_string(&mut self.text, &value);
                false
            }
            None => true,
        }
    }
}

/// A JSON array of finished items.
pub fn list_text(items: impl IntoIterator<Item = String>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&item);
    }
    text.push(']');
    text
}

/// 信封 · The envelope of a request as we send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// 交易编号
    pub infno: InfNo,
    /// 发送方报文ID
    pub msgid: MsgId,
    /// 就医地
    pub mdtrtarea_admvs: AdmDivision,
    /// 参保地; required once the input names a person.
    pub insuplc_admdvs: Option<AdmDivision>,
    /// 接收方系统代码, a regional constant.
    pub recer_sys_code: String,
    /// 经办人
    pub opter: String,
    /// 经办人姓名
    pub opter_name: String,
    /// 交易时间
    pub inf_time: Moment,
    /// 定点医药机构编号
    pub fixmedins_code: InstitutionCode,
    /// 定点医药机构名称
    pub fixmedins_name: String,
    /// 经办人类别 · Through which channel it is sent.
    pub channel: Channel,
    /// 签到编号, from 9001.
    pub sign_no: Option<String>,
    /// 接口版本号
    pub infver: String,
    /// 数字签名信息 · What the reader says of the card; empty where nothing is asked. A signature comes on the way.
    pub cainfo: &'static str,
}

/// 卡密码的代用 · What our readers send in the place of a sealed PIN: a text of that form that opens nothing.
pub const STAND_IN_PIN: &str = "Y3Jvc3N3aXBlIHN0YW5kLWluIFBJTiAwMDAwMDA=";

/// Writes a request: the envelope, `input` with one member per node, and the hop record if it is sent on.
pub fn write_request(envelope: &Envelope, input: &[(&str, String)], hop: Option<&str>) -> String {
    let text = ObjectText::new()
        .text("infno", envelope.infno.as_str())
        .text("msgid", envelope.msgid.as_str())
        .text("mdtrtarea_admvs", envelope.mdtrtarea_admvs.as_str())
        .text(
            "insuplc_admdvs",
            envelope
                .insuplc_admdvs
                .as_ref()
                .map_or("", AdmDivision::as_str),
        )
        .text("recer_sys_code", &envelope.recer_sys_code)
        .text("dev_no", "")
        .text("dev_safe_info", "")
        .text("cainfo", envelope.cainfo)
        .text("signtype", "")
        .text("infver", &envelope.infver)
        .text("opter_type", envelope.channel.opter_type())
        .text("opter", &envelope.opter)
        .text("opter_name", &envelope.opter_name)
        .text("inf_time", &envelope.inf_time.wire())
        .text("fixmedins_code", envelope.fixmedins_code.as_str())
        .text("fixmedins_name", &envelope.fixmedins_name)
        .text("sign_no", envelope.sign_no.as_deref().unwrap_or(""))
        .raw("input", &members_text(input));
    match hop {
        Some(hop) => text.raw("hop", hop).finish(),
        None => text.finish(),
    }
}

/// 回执 · Who answers, when, and the how-many-th time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The answering platform.
    pub division: AdmDivision,
    /// Business time of the answer.
    pub at: Moment,
    /// Serial of the receipt; ten digits are written.
    pub serial: u64,
}

impl Receipt {
    /// 接收方报文ID · Division (6), time (14), serial (10).
    pub fn inf_refmsgid(&self) -> String {
        format!(
            "{}{}{:010}",
            self.division,
            self.at.compact(),
            self.serial % 10_000_000_000
        )
    }
}

/// Writes a success; an empty slice gives `output` null, as transactions without output answer.
pub fn write_ok(receipt: &Receipt, output: &[(&str, String)]) -> String {
    if output.is_empty() {
        answer(receipt, "null", "0", None)
    } else {
        answer(receipt, &members_text(output), "0", None)
    }
}

/// Writes a success whose `output` is a bare list (5204).
pub fn write_ok_array(receipt: &Receipt, items_json: &str) -> String {
    answer(receipt, items_json, "0", None)
}

/// Writes the answer to a message that is taken and not looked into: a success without output that says so.
pub fn write_received(receipt: &Receipt, warn_msg: &str) -> String {
    let mut warning = String::new();
    push_json_string(&mut warning, warn_msg);
    envelope(receipt, "null", "0", None, &warning)
}

/// Writes a business refusal.
pub fn write_refusal(receipt: &Receipt, refusal: &Refusal) -> String {
    answer(receipt, "null", "-1", Some(&refusal.err_msg()))
}

/// The keys and the numeric `infcode` that every known client reads.
fn answer(receipt: &Receipt, output: &str, infcode: &str, err_msg: Option<&str>) -> String {
    envelope(receipt, output, infcode, err_msg, "null")
}

/// The same with a warning, as JSON text.
fn envelope(
    receipt: &Receipt,
    output: &str,
    infcode: &str,
    err_msg: Option<&str>,
    warn_msg: &str,
) -> String {
    let time = receipt.at.compact_ms();
    let text = ObjectText::new()
        .raw("output", output)
        .raw("infcode", infcode)
        .raw("warn_msg", warn_msg)
        .null("cainfo");
    let text = match err_msg {
        Some(err_msg) => text.text("err_msg", err_msg),
        None => text.null("err_msg"),
    };
    text.text("refmsg_time", &time)
        .null("signtype")
        .text("respond_time", &time)
        .text("inf_refmsgid", &receipt.inf_refmsgid())
        .finish()
}

fn members_text(members: &[(&str, String)]) -> String {
    members
        .iter()
        .fold(ObjectText::new(), |text, (name, json)| text.raw(name, json))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswipe_domain::{Quantity, UnitPrice};

    #[test]
    fn amounts_keep_their_two_decimals_and_prices_their_six() {
        let text = ObjectText::new()
            .money("medfee_sumamt", Money::from_fen(-120_000))
            .number("pric", UnitPrice::parse("36.483333").unwrap())
            .number("cnt", Quantity::parse("2").unwrap())
            .finish();
        assert_eq!(
            text,
            r#"{"medfee_sumamt":-1200.00,"pric":36.483333,"cnt":2.00}"#
        );
    }

    #[test]
    fn text_is_escaped_so_that_any_reader_gets_it_back() {
        let nasty = "a\"b\\c\nd\u{1}e\u{7f}医保\u{2028}";
        let text = ObjectText::new()
            .text("x\"", nasty)
            .opt_text("gone", None)
            .null("n")
            .finish();
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["x\""], nasty);
        assert_eq!(back["n"], serde_json::Value::Null);
        assert!(back.get("gone").is_none());
    }

    #[test]
    fn what_stands_instead_takes_the_place_of_its_name_once_and_the_rest_comes_last() {
        let instead =
            [("b", "二"), ("d", "四")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let text = ObjectText::with_instead(instead.into())
            .text("a", "1")
            .money("b", Money::from_fen(200))
            .raw("c", "[]")
            .finish();
        assert_eq!(text, r#"{"a":"1","b":"二","c":[],"d":"四"}"#);
    }

    #[test]
    fn a_receipt_has_thirty_characters() {
        let receipt = Receipt {
            division: AdmDivision::parse("330100").unwrap(),
            at: Moment::parse("2017-06-02T09:00:00.123+08:00").unwrap(),
            serial: 17,
        };
        assert_eq!(receipt.inf_refmsgid(), "330100201706020900000000000017");
        let late = Receipt {
            serial: u64::MAX,
            ..receipt
        };
        assert_eq!(late.inf_refmsgid().len(), 30);
    }
}
