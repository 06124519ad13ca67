//! 写法表 · The forms themselves, one a line: in which message, what is bent, and what must be told of it.

use serde_json::{Value, json};

use super::{Form, Out, form};

#[rustfmt::skip]
pub(super) const FORMS: &[Form] = &[
    // Transport.
    form("no content type", "1101", "head", &[], |out| out.headers.clear()),
    form("plain text", "1101", "head", &[], |out| out.header("content-type", "text/plain")),
    form("no charset", "2201", "head", &[], |out| out.header("content-type", "application/json")),
    form("a charset in capitals", "2204", "head", &[], |out| out.header("content-type", "application/json; charset=UTF-8")),
    form("gbk", "2203", "head", &[], |out| { out.gbk = true; out.header("content-type", "application/json;charset=GBK"); }),
    form("gb2312 without saying so", "2201", "head", &[], |out| out.gbk = true),
    form("expects 100-continue", "2204", "expect", &[], |out| out.header("expect", "100-continue")),
    form("chunked", "2207", "length", &[], |out| out.chunked = true),
    form("kept alive", "1101", "alive", &[], |out| out.header("connection", "keep-alive")),
    form("pretty-printed", "2204", "layout", &[], |out| out.text.push(|text| {
        let value: Value = serde_json::from_str(&text).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    })),
    form("line feeds round it", "2201", "layout", &[], |out| out.text.push(|text| format!("\r\n{text}\r\n"))),
    form("byte order mark", "1101", "mark", &["byte-order-mark"], |out| out.text.push(|text| format!("\u{feff}{text}"))),
    form("seven hours behind", "1101", "signed", &["timestamp-outside"], |out| out.x_tif(-7 * 3_600_000, false, None)),
    form("seven hours ahead", "2207", "signed", &["timestamp-outside"], |out| out.x_tif(7 * 3_600_000, false, None)),
    form("twenty minutes off", "1101", "signed", &[], |out| out.x_tif(20 * 60_000, false, None)),
    form("milliseconds for seconds", "1101", "signed", &[], |out| out.x_tif(0, true, None)),
    form("a nonce twice", "2201", "signed", &["nonce"], |out| out.x_tif(0, false, Some("1"))),
    form("a nonce of forty characters", "1101", "signed", &["nonce"], |out| out.x_tif(0, false, Some(&"7".repeat(40)))),
    form("another number in the path", "2206", "path", &["path-not-infno"], |out| out.path = "/hgs/2207".to_owned()),
    form("a path of nobody", "1101", "path", &[], |out| out.path = "/some/where/else".to_owned()),
    // Envelope.
    form("no optional member", "2201", "optional", &[], |out| {
        for name in ["dev_no", "dev_safe_info", "cainfo", "signtype", "sign_no"] {
            out.message.as_object_mut().unwrap().remove(name);
        }
    }),
    form("null for optional members", "1101", "optional", &[], |out| {
        for name in ["dev_no", "dev_safe_info", "cainfo", "signtype", "sign_no"] {
            out.message[name] = Value::Null;
        }
    }),
    form("a key of the region", "1101", "extra", &["unknown-key"], |out| out.message["his_vendor"] = json!("甲")),
    form("null as text", "1101", "null", &["null-text"], |out| out.message["dev_no"] = json!("null")),
    form("NULL as text", "2201", "null", &["null-text"], |out| out.message["dev_safe_info"] = json!("NULL")),
    form("version 1", "1101", "version", &["infver-form"], |out| out.message["infver"] = json!("1")),
    form("version 1.0", "2204", "version", &[], |out| out.message["infver"] = json!("1.0")),
    form("version 1.0.0", "2207", "version", &[], |out| out.message["infver"] = json!("1.0.0")),
    form("version as number", "1101", "version", &["infver-form", "text-as-number"], |out| out.message["infver"] = json!(1)),
    form("msgid of twenty", "2201", "msgid", &["msgid-length"], |out| shorten(out, 20)),
    form("msgid of twenty-six", "2204", "msgid", &["msgid-length"], |out| shorten(out, 26)),
    form("msgid of twenty-nine", "1101", "msgid", &["msgid-length"], |out| shorten(out, 29)),
    form("a uuid for a msgid", "2203", "msgid", &["msgid-date", "msgid-prefix"], |out| {
        let own = out.message["msgid"].as_str().unwrap();
        let uuid = format!("C6CC2F53BEE7428AB42439C8{}", &own[own.len() - 6..]);
        out.message["msgid"] = json!(uuid);
    }),
    form("msgid of a sister house", "2207", "msgid", &["msgid-prefix"], |out| {
        let own = out.message["msgid"].as_str().unwrap();
        let other = format!("H99990000001{}", &own[12..]);
        out.message["msgid"] = json!(other);
    }),
    form("no sign-in", "2207", "sign-in", &[], |out| out.message["sign_no"] = json!("")),
    form("a sign-in of nobody", "2201", "sign-in", &["sign-no-not-issued"], |out| out.message["sign_no"] = json!("12345678")),
    form("no insured place", "2206", "insured", &["psn-no-without-insuplc"], |out| out.message["insuplc_admdvs"] = json!("")),
    form("a province for an insured place", "2207", "insured", &["insuplc-not-pooling-area"], |out| out.message["insuplc_admdvs"] = json!("330000")),
    form("junk for a signature", "2204", "cainfo", &["cainfo-unverifiable"], |out| out.message["cainfo"] = json!("1")),
    form("2203A", "2203", "suffix", &[], |out| out.message["infno"] = json!("2203A")),
    form("2207A", "2207", "suffix", &[], |out| out.message["infno"] = json!("2207A")),
    form("a repeated member of the envelope", "2201", "repeated", &["duplicate-key"], |out| out.text.push(|text| {
        text.replacen("\"opter\":\"1\"", "\"opter\":\"2\",\"opter\":\"1\"", 1)
    })),
    // Body.
    form("amounts as text", "2207", "numbers", &["number-as-text"], |out| out.data()["medfee_sumamt"] = json!("50.00")),
    form("prices as text, counts as numbers", "2204", "numbers", &["number-as-text"], |out| out.data()["pric"] = json!("25.00")),
    form("codes as numbers", "2201", "codes", &["text-as-number"], |out| {
        let code: i64 = out.data()["insutype"].as_str().unwrap().parse().unwrap();
        out.data()["insutype"] = json!(code);
    }),
    form("a kind of certificate without its zero", "1101", "codes", &["code-form"], |out| out.data()["psn_cert_type"] = json!("1")),
    form("one object for a list of diagnoses", "2203", "lists", &["object-for-list"], |out| {
        let one = out.message["input"]["diseinfo"][0].clone();
        out.message["input"]["diseinfo"] = one;
    }),
    form("one object for a list of lines", "2204", "lists", &["object-for-list"], |out| {
        let one = out.message["input"]["feedetail"][0].clone();
        out.message["input"]["feedetail"] = one;
    }),
    form("a list for an object", "2208", "lists", &["list-for-object"], |out| {
        let one = out.message["input"]["data"].clone();
        out.message["input"]["data"] = json!([one]);
    }),
    form("a date for an instant", "2201", "dates", &["date-form"], |out| cut_date(out, "begntime")),
    form("an instant with a T", "2203", "dates", &["date-form"], |out| {
        let at = out.data()["begntime"].as_str().unwrap().replace(' ', "T");
        out.data()["begntime"] = json!(at);
    }),
    form("slashes and no seconds", "2201", "dates", &["date-form"], |out| {
        let at = out.data()["begntime"].as_str().unwrap()[..16].replace('-', "/");
        out.data()["begntime"] = json!(at);
    }),
    form("parts of a second", "1101", "dates", &["date-form"], |out| {
        let at = format!("{}.123", out.data()["begntime"].as_str().unwrap());
        out.data()["begntime"] = json!(at);
    }),
    form("digits alone for an instant", "2204", "dates", &["date-form"], |out| {
        let at: String = out.data()["fee_ocur_time"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
        out.data()["fee_ocur_time"] = json!(at);
    }),
    form("stray blanks", "2207", "blanks", &["stray-blank"], |out| {
        let visit = format!(" {} ", out.data()["mdtrt_id"].as_str().unwrap());
        out.data()["mdtrt_id"] = json!(visit);
    }),
    form("no node level", "2208", "node", &["node-level"], |out| {
        let data = out.message["input"]["data"].clone();
        out.message["input"] = data;
    }),
    form("the level of the input twice", "1101", "node", &["node-level"], |out| {
        let input = out.message["input"].clone();
        out.message["input"] = json!({"input": input});
    }),
    form("a node within itself", "2206", "node", &["node-level"], |out| {
        let input = out.message["input"].clone();
        out.message["input"] = json!({"data": input});
    }),
    form("the node's older name", "2201", "node", &["node-name"], |out| {
        let data = out.message["input"]["data"].clone();
        out.message["input"] = json!({"mdtrtinfo": data});
    }),
    form("another older name", "2207", "node", &["node-name"], |out| {
        let data = out.message["input"]["data"].clone();
        out.message["input"] = json!({"mdtrtinfo": data});
    }),
    form("feeinfo for feedetail", "2204", "node", &["node-name"], |out| {
        let lines = out.message["input"]["feedetail"].clone();
        out.message["input"] = json!({"feeinfo": lines});
    }),
    form("capitals", "2207", "keys", &["key-case"], |out| out.rename("psn_no", "PSN_NO")),
    form("camel case", "2201", "keys", &["key-case"], |out| out.rename("psn_no", "psnNo")),
    form("a key of the vendor", "2206", "more", &["unknown-key"], |out| out.data()["his_ver"] = json!("5.1")),
    form("a repeated key", "2201", "twice", &["duplicate-key"], |out| out.text.push(|text| {
        text.replacen("\"dept_code\":", "\"dept_code\":\"Z99\",\"dept_code\":", 1)
    })),
    form("input as text", "2203", "input", &["input-as-text"], |out| {
        let text = out.message["input"].to_string();
        out.message["input"] = json!(text);
    }),
    form("the four parts left out", "2207", "parts", &["computed-missing"], |out| {
        for name in ["fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"] {
            out.data().as_object_mut().unwrap().remove(name);
        }
    }),
    form("the four parts wrong", "2207", "parts", &["split-differs"], |out| {
        out.data()["fulamt_ownpay_amt"] = json!(50);
    }),
    form("extension content as text", "2207", "content", &[], |out| {
        out.data()["exp_content"] = json!("{\"MDTRT_GRP_TYPE\":\"1\",\"TRUM_FLAG\":\"0\"}");
    }),
    form("extension content as object", "2203", "content", &[], |out| {
        out.data()["expContent"] = json!({"TRUM_FLAG": "0"});
    }),
];

/// Whose nonce comes again later.
pub(super) const FIRST_NONCE: Form = form("a nonce", "2201", "signed", &[], |out| {
    out.x_tif(0, false, Some("1"));
});

fn shorten(out: &mut Out, length: usize) {
    let own = out.message["msgid"].as_str().unwrap();
    // The end of it is what tells it from others.
    let short = format!("{}{}", &own[..length - 6], &own[own.len() - 6..]);
    out.message["msgid"] = json!(short);
}

fn cut_date(out: &mut Out, name: &str) {
    let day = out.data()[name].as_str().unwrap()[..10].to_owned();
    out.data()[name] = json!(day);
}
