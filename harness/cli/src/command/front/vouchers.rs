//! 电子凭证一览 · The tokens that a door shows at its start: per person and business, and how long they are good.
//!
//! They go with the minutes; fresh ones are on the page. Not here: how a token is made (`mocks`).

use crosswipe_mocks::Token;
use crosswipe_reports::Lang;

use super::table;

/// A table, one line a token.
pub(super) fn text(tokens: &[Token], lang: Lang) -> String {
    if tokens.is_empty() {
        return String::new();
    }
    let mut businesses: Vec<&str> = tokens.iter().map(|one| one.business).collect();
    businesses.sort_unstable();
    businesses.dedup();
    let mut text = String::new();
    for business in businesses {
        let of_business = |one: &&Token| one.business == business;
        let rows: Vec<[String; 3]> = tokens
            .iter()
            .filter(of_business)
            .map(|one| [one.person.clone(), one.token.clone(), one.until.short()])
            .collect();
        let zh = tokens
            .iter()
            .find(of_business)
            .map_or("", |one| one.business_zh);
        let token = match lang {
            Lang::Zh => format!("电子凭证 {business} {zh} (mdtrt_cert_type 01)"),
            Lang::En => format!("e-voucher {business} (mdtrt_cert_type 01)"),
        };
        let head = [
            lang.pick("测试人员", "test person"),
            &token,
            lang.pick("有效到", "good until"),
        ];
        text.push_str(&table(head, &rows));
        text.push('\n');
    }
    let fresh = lang.pick(
        "令牌各用一次, 过期或用过的到页面上取新的 (GET /__admin/vouchers)",
        "each token books once; fresh ones are on the page (GET /__admin/vouchers)",
    );
    format!("{text}{fresh}\n")
}
