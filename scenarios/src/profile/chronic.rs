//! 慢特病目录 · `policy.chronic` of a profile: the diseases that an insured place pays, each with its yearly quota and drugs.

use crosswipe_domain::{Chronic, both};

use super::kind::amount;
use crate::codes;
use crate::fields::{Fields, items};
use crate::node::Node;
use crate::problem::{Problems, noun};
use crate::words;

/// The list; `None` if something is wrong with it.
pub(super) fn read(node: &Node, problems: &Problems) -> Option<Vec<Chronic>> {
    let all = items(node, problems);
    let mut read: Vec<Chronic> = Vec::new();
    for node in all.iter() {
        let one = disease(node, problems)?;
        if read.iter().any(|known| known.code == one.code) {
            let message = both!("病种 `{}` 写了两次", "disease `{}` stands twice", one.code);
            let help = both!("保留其中一个", "keep one of them");
            problems.push(node.at.error(codes::DUPLICATE_ID, message).help(help));
            return None;
        }
        read.push(one);
    }
    Some(read)
}

fn disease(node: &Node, problems: &Problems) -> Option<Chronic> {
    let fields = Fields::of(node, noun("病种", "disease"), problems)?;
    let code = fields.required(
        "code",
        both!("写上病种编码, 如 M03900", "give its code, e.g. M03900"),
    );
    let code = words::word(code?, problems)?;
    if !Chronic::is_code(&code.value) {
        let message = both!(
            "`{}` 不是慢特病病种编码",
            "`{}` is no code of a chronic disease",
            code.value
        );
        let help = both!("M 加 5 位数字, 如 M03900", "M and five digits, e.g. M03900");
        problems.push(code.at.error(codes::BAD_ID, message).help(help));
        return None;
    }
    let name = fields.required("name", both!("写上病种名称", "give its name"));
    let name = words::prose(name?, problems)?.value;
    let quota = match fields.optional("quota") {
        Some(node) => Some(amount(node, problems)?),
        None => None,
    };
    let drugs = fields.optional("drugs");
    let drugs = drugs.map_or_else(Vec::new, |node| words::words(node, problems));
    fields.done();
    Some(Chronic {
        code: code.value,
        name,
        quota,
        drugs: drugs.into_iter().map(|said| said.value).collect(),
    })
}

/// One disease as a file writes it.
pub(super) fn shown(one: &Chronic) -> String {
    let mut text = format!("{{code: {}, name: {}", one.code, one.name);
    if let Some(quota) = one.quota {
        text += &format!(", quota: {quota}");
    }
    if !one.drugs.is_empty() {
        text += &format!(", drugs: [{}]", one.drugs.join(", "));
    }
    text + "}"
}
