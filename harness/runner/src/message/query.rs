//! 查询 · Inputs of 1101, 9001 and the queries that clear up or prove: 5201, 5203, 5204, 5206, 530x.

use crosswipe_domain::{Moment, Persona, VoucherUse};
use crosswipe_scenarios::{Operator, Shows};
use crosswipe_wire::ObjectText;

use super::{Nodes, Visit, shown};

/// A day either way: a visit of the run lies within it.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// 9001 签到
pub(crate) fn sign_in(operator: &Operator) -> Nodes {
    let node = ObjectText::new()
        .text("opter_no", &operator.no)
        .text("mac", &operator.mac)
        .text("ip", &operator.ip.to_string());
    vec![("signIn", node.finish())]
}

/// 9002 签退
pub(crate) fn sign_off(operator: &Operator, sign_no: &str) -> Nodes {
    let node = ObjectText::new()
        .text("sign_no", sign_no)
        .text("opter_no", &operator.no);
    vec![("signOut", node.finish())]
}

/// 1101 人员基本信息, with what a cross-region read sends besides the number.
pub(crate) fn person(visit: &Visit<'_>, business: VoucherUse) -> Nodes {
    let (persona, credential) = (visit.persona, &visit.credential);
    let document = credential.document.as_deref();
    let name = credential.name.as_ref().unwrap_or(&persona.name);
    let node = visit.credential(ObjectText::new(), business);
    let node = node.opt_text("card_sn", shown::card_sn(persona, credential));
    // Who shows a token is known by it alone.
    let node = match credential.shows {
        Shows::Voucher { .. } => node,
        _ => node
            .text(
                "psn_cert_type",
                document.unwrap_or(persona.certificate.code()),
            )
            .text("certno", &shown::certno(persona, credential)),
    };
    vec![("data", node.text("psn_name", name).finish())]
}

/// 5201 就诊信息查询, around `at`.
pub(crate) fn visits(
    persona: &Persona,
    med_type: &str,
    mdtrt_id: Option<&str>,
    at: Moment,
) -> Nodes {
    let node = ObjectText::new()
        .text("psn_no", persona.no.reveal())
        .text("begntime", &at.plus_ms(-DAY_MS).wire())
        .text("endtime", &at.plus_ms(DAY_MS).wire())
        .text("med_type", med_type)
        .opt_text("mdtrt_id", mdtrt_id);
    vec![("data", node.finish())]
}

/// 5203 结算信息查询
pub(crate) fn settlement(persona: &Persona, mdtrt_id: &str, setl_id: &str) -> Nodes {
    let node = ObjectText::new()
        .text("psn_no", persona.no.reveal())
        .text("setl_id", setl_id)
        .text("mdtrt_id", mdtrt_id);
    vec![("data", node.finish())]
}

/// 5204 费用明细查询
pub(crate) fn lines(persona: &Persona, mdtrt_id: &str) -> Nodes {
    vec![(
        "data",
        ObjectText::new()
            .text("psn_no", persona.no.reveal())
            .text("mdtrt_id", mdtrt_id)
            .finish(),
    )]
}

/// 5301, 5302, 5304: a person's registrations of one kind.
pub(crate) fn filings(persona: &Persona, infno: &str, at: Moment) -> Nodes {
    let node = ObjectText::new().text("psn_no", persona.no.reveal());
    let node = match infno {
        "5302" => node.text("biz_appy_type", "08"),
        "5304" => node
            .text("begntime", &at.plus_ms(-DAY_MS).wire())
            .text("endtime", &at.plus_ms(DAY_MS).wire()),
        _ => node,
    };
    vec![("data", node.finish())]
}

/// 5303 在院信息查询, around `at`.
pub(crate) fn stays(persona: &Persona, at: Moment) -> Nodes {
    let node = ObjectText::new()
        .text("psn_no", persona.no.reveal())
        .text("begntime", &at.plus_ms(-DAY_MS).wire())
        .text("endtime", &at.plus_ms(DAY_MS).wire());
    vec![("data", node.finish())]
}
