//! 信封检查 · The envelope against its table, and the few rules that tie its fields together.

use super::{Found, check_fields, path};
use crate::catalogue::catalogue;
use crate::finding::Said;
use crate::request::Request;
use crosswipe_domain::{AdmDivision, Moment, Profile};

/// Members of the envelope that carry other things than fields.
const BODIES: [&str; 2] = ["input", "hop"];

pub(super) fn check(request: &Request<'_>, profile: &Profile, found: &mut Found) {
    let from = found.findings.len();
    let of = (&profile.names, &request.infno);
    check_fields(
        &request.envelope,
        &catalogue().request,
        of,
        ("", None),
        found,
    );
    // `parse` has told repeated keys already; `input` and `hop` are no fields.
    let tail = found.findings.split_off(from);
    found.findings.extend(tail.into_iter().filter(|finding| {
        let body = finding.code == "unknown-key" && BODIES.contains(&finding.path.field.as_str());
        !body && finding.code != "duplicate-key"
    }));
    check_msgid(request, found);
    let version = request.infver.as_ref();
    if !version.is_empty() && profile.envelope.infver.iter().all(|form| form != version) {
        found.add(
            "infver-form",
            path("", None, "infver", "接口版本号"),
            profile.envelope.infver.join(" / "),
            version,
        );
    }
    check_insured_place(request, found);
}

/// Institution (12), `yyyyMMddHHmmss` (14), serial (4).
fn check_msgid(request: &Request<'_>, found: &mut Found) {
    let msgid = request.msgid.as_ref();
    let at = || path("", None, "msgid", "发送方报文ID");
    if msgid.is_empty() {
        return;
    }
    if msgid.chars().count() != 30 {
        found.add(
            "msgid-length",
            at(),
            Said::length(30),
            Said::length(msgid.chars().count()),
        );
        return;
    }
    if !msgid.starts_with(request.fixmedins_code.as_ref()) {
        found.add(
            "msgid-prefix",
            at(),
            request.fixmedins_code.as_ref(),
            msgid.get(..12).unwrap_or(msgid),
        );
    }
    if !msgid.get(12..26).is_some_and(is_compact_time) {
        found.add(
            "msgid-date",
            at(),
            "yyyyMMddHHmmss",
            msgid.get(12..26).unwrap_or(msgid),
        );
    }
}

fn is_compact_time(text: &str) -> bool {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let wire = format!(
        "{}-{}-{} {}:{}:{}",
        &text[..4],
        &text[4..6],
        &text[6..8],
        &text[8..10],
        &text[10..12],
        &text[12..14]
    );
    Moment::parse_wire(&wire).is_ok()
}

/// Required once the input names a person, and then a pool, not a whole province.
fn check_insured_place(request: &Request<'_>, found: &mut Found) {
    let at = || path("", None, "insuplc_admdvs", "参保地医保区划");
    match request.insuplc_admdvs.as_deref() {
        Some(place) => match AdmDivision::parse(place) {
            Ok(code) if code.province() == code && !is_municipality(code) => {
                let pool = Said::words("统筹区", "a pooling area");
                found.add("insuplc-not-pooling-area", at(), pool, place);
            }
            Ok(_) => {}
            Err(_) => found.add(
                "unknown-code",
                at(),
                Said::words("6 位数字", "six digits"),
                place,
            ),
        },
        None if names_a_person(request) => found.add(
            "psn-no-without-insuplc",
            at(),
            Said::words("人员的参保地", "the person's insured place"),
            "",
        ),
        None => {}
    }
}

/// 北京 天津 上海 重庆: the whole municipality is one pool.
fn is_municipality(code: AdmDivision) -> bool {
    matches!(&code.as_str()[..2], "11" | "12" | "31" | "50")
}

fn names_a_person(request: &Request<'_>) -> bool {
    let nodes = request
        .input
        .iter()
        .flat_map(|(key, _)| request.input.list(key));
    nodes
        .chain([request.input.clone()])
        .any(|node| node.text("psn_no").is_some())
}
