//! 凭证 · What of a card or certificate does not survive the way to another region: a name that was respelt, a card read by
//! an old library.
//!
//! Why so near: whoever is named by number is found by number, and a name that is simply another one is not compared, since
//! institutions send whatever they have. But a name that is the registered one but for a look-alike dot, or for a
//! character that the sender's encoding has not, shows a fault of the sender that another region's platform refuses, and
//! it is refused here with the character named, so that nobody has to guess.
//! Not here: who is enrolled where (`insured`), encodings of a message (`shell`).

use crosswipe_domain::{Persona, Span};
use crosswipe_wire::{Members, Refusal, RefusalCode};

/// 间隔号 · U+00B7, as names are registered with it, and what programs put in its place.
const DOTS: [char; 12] = [
    '\u{00B7}', '\u{2022}', '\u{30FB}', '\u{FF65}', '\u{2027}', '\u{22C5}', '\u{2219}', '\u{0387}',
    '\u{1427}', '\u{FF0E}', '.', '\u{25CF}',
];

/// What an encoding puts for a character that it has not.
fn is_lost(char: char) -> bool {
    matches!(
        char,
        '?' | '\u{FF1F}' | '\u{25A1}' | '\u{3013}' | '\u{FFFD}' | '\u{E000}'..='\u{F8FF}'
    )
}

/// Asks of a read (1101) whether name and card are as the register has them.
///
/// # Errors
/// E-PERSON for a name that differs by an encoding, E-FIELD for a card of another region without its `card_sn`.
pub(super) fn check(persona: &Persona, node: &Members<'_>, span: Span) -> Result<(), Refusal> {
    if let Some(name) = node.text("psn_name")
        && let Some(why) = respelt(&name, &persona.name)
    {
        return Err(Refusal::new(RefusalCode::Person, why));
    }
    let by_card = node.text("mdtrt_cert_type").as_deref() == Some("03");
    if by_card && span != Span::Local && node.text("card_sn").is_none() {
        let why =
            "card_sn 为空: 跨地区用社保卡要带卡识别码, 读卡库太旧读不出时请升级或改用证件号 (02)";
        return Err(Refusal::new(RefusalCode::Field, why));
    }
    Ok(())
}

/// Where a name is the registered one but for an encoding; `None` for the same name and for another one.
fn respelt(given: &str, registered: &str) -> Option<String> {
    let mut rest = given.trim().chars().peekable();
    let mut first: Option<(usize, char, char)> = None;
    for (at, own) in registered.trim().chars().enumerate() {
        let given = rest.next()?;
        if given == own {
            continue;
        }
        let dots = DOTS.contains(&given) && DOTS.contains(&own);
        if !dots && !is_lost(given) {
            return None;
        }
        first.get_or_insert((at, given, own));
        // A character of four bytes may leave several marks.
        while !dots && rest.next_if(|next| is_lost(*next)).is_some() {}
    }
    let (at, given, own) = first.filter(|_| rest.peek().is_none())?;
    let how = match DOTS.contains(&own) {
        true => "间隔号请统一用 U+00B7「·」",
        false => "对方编码没有这个字, 请按 GB18030 或 UTF-8 发送",
    };
    Some(format!(
        "psn_name 第 {} 字是 U+{:04X}「{given}」, 登记的是 U+{:04X}: {how}",
        at + 1,
        u32::from(given),
        u32::from(own)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::the_same("买买提·艾力", "买买提·艾力", None)]
    #[case::blanks_around(" 测试甲 ", "测试甲", None)]
    #[case::another_name("测试乙", "测试甲", None)]
    #[case::a_longer_name("测试甲甲", "测试甲", None)]
    #[case::no_name("", "测试甲", None)]
    #[case::a_bullet("买买提•艾力", "买买提·艾力", Some("第 4 字是 U+2022"))]
    #[case::katakana("买买提・艾力", "买买提·艾力", Some("U+30FB"))]
    #[case::half_width("买买提･艾力", "买买提·艾力", Some("U+FF65"))]
    #[case::a_full_stop("买买提.艾力", "买买提·艾力", Some("U+002E"))]
    #[case::a_full_width_stop("买买提．艾力", "买买提·艾力", Some("U+FF0E"))]
    #[case::lost_in_gbk("测试?", "测试𠮷", Some("登记的是 U+20BB7"))]
    #[case::two_marks_for_one("测试??", "测试𠮷", Some("第 3 字是 U+003F"))]
    #[case::a_box("测□甲", "测㛃甲", Some("U+25A1"))]
    #[case::the_private_area("测\u{E863}甲", "测䶮甲", Some("U+E863"))]
    #[case::a_mark_too_many("测试甲?", "测试甲", None)]
    fn a_name_that_an_encoding_changed_is_told_by_its_character(
        #[case] given: &str,
        #[case] registered: &str,
        #[case] said: Option<&str>,
    ) {
        let why = respelt(given, registered);
        match said {
            None => assert_eq!(why, None),
            Some(said) => assert!(
                why.as_ref().is_some_and(|why| why.contains(said)),
                "{why:?}"
            ),
        }
    }
}
