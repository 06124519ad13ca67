//! 词义 · What the words of a list mean: states, flags of a refund, insurance types, the office's own sum line.
//!
//! Pure and without memory of their own, since a list asks for each line. Called by `list`. Not here: words that only a
//! mapping knows (`mapping`).

use std::borrow::Cow;

use crosswipe_sheets::CellRef;
use crosswipe_verify::audit::State;

/// In small letters; a word that has no others stays where it stands.
fn lower(word: &str) -> Cow<'_, str> {
    if word.chars().all(|c| c.to_lowercase().eq([c])) {
        word.into()
    } else {
        word.to_lowercase().into()
    }
}

/// Whether a flag says «refund», which it does in many words; `None` = the word is not known.
pub(super) fn refunds(flag: &str) -> Option<bool> {
    match &*lower(flag) {
        "" | "0" | "0.0" | "否" | "n" | "no" | "false" | "正常" | "未退" | "未退费" | "收费" => {
            Some(false)
        }
        "1" | "1.0" | "是" | "y" | "yes" | "true" | "退费" | "已退" | "已退费" | "退款"
        | "冲正" | "refund" => Some(true),
        _ => None,
    }
}

/// The state in our words, and whether the word says that the row itself is a refund; `None` = the word is not known.
pub(super) fn stands(word: &str, kind: &str) -> Option<(State, bool)> {
    match &*lower(word) {
        "退费" | "退款" | "冲正" | "红冲" | "refund" | "reversal" => {
            Some((State::Stands, true))
        }
        "" | "正常" | "有效" | "成功" | "已结算" | "结算" | "已收费" | "收费" | "已支付"
        | "已登记" | "出院" | "已出院" | "settled" | "charged" | "valid" | "active" | "paid"
        | "ok" | "registered" | "discharged" | "pending" => Some((State::Stands, false)),
        "已退" | "已退费" | "已退款" | "已冲正" | "已撤销" | "撤销" | "已取消" | "取消"
        | "作废" | "已作废" | "已红冲" | "无效" | "reversed" | "cancelled" | "canceled"
        | "refunded" | "void" => Some((State::Undone, false)),
        "在院" | "已入院" | "入院" | "admitted" | "in hospital" => {
            let lies = if kind == "visit" {
                State::InHospital
            } else {
                State::Stands
            };
            Some((lies, false))
        }
        _ => None,
    }
}

/// `职工` and `310` are one insurance type.
pub(super) fn insutype(word: Cow<'_, str>) -> Cow<'_, str> {
    match &*word {
        "职工" | "城镇职工" | "职工医保" | "职工基本医疗保险" => "310".into(),
        "居民" | "城乡居民" | "居民医保" | "城乡居民基本医疗保险" => {
            "390".into()
        }
        _ => word,
    }
}

/// Whether a cell names the office's own sum: `合 计：` as well as `Total`.
pub(super) fn says_sum(cell: CellRef<'_>) -> bool {
    let said = cell.words();
    let bare = said.chars().filter(|c| !matches!(c, ' ' | ':' | '：'));
    let lower = bare.flat_map(char::to_lowercase);
    let words = ["合计", "总计", "小计", "total", "sum"];
    words.iter().any(|word| lower.clone().eq(word.chars()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("合计", true)]
    #[case(" 合 计：", true)]
    #[case("小计:", true)]
    #[case("ＴＯＴＡＬ", true)]
    #[case("Sum", true)]
    #[case("合计金额", false)]
    #[case("合", false)]
    #[case("totals", false)]
    #[case("", false)]
    fn the_offices_own_sum_is_known_by_its_word_alone(#[case] text: &str, #[case] sum: bool) {
        assert_eq!(says_sum(CellRef::Text(text)), sum);
    }

    #[test]
    fn words_mean_the_same_in_large_letters_and_small_ones() {
        assert_eq!(refunds("YES"), Some(true));
        assert_eq!(refunds("No"), Some(false));
        assert_eq!(refunds("maybe"), None);
        assert_eq!(
            stands("Refunded", "settlement"),
            Some((State::Undone, false))
        );
        assert_eq!(
            stands("REVERSAL", "settlement"),
            Some((State::Stands, true))
        );
        assert_eq!(stands("在院", "visit"), Some((State::InHospital, false)));
        assert_eq!(stands("在院", "settlement"), Some((State::Stands, false)));
        assert_eq!(stands("不详", "settlement"), None);
    }
}
