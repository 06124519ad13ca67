//! 凭证 · What of a card, a certificate or an e-voucher does not survive the way to another region: a name that was respelt,
//! a card read by an old library, a permit sent as an identity card, a token that was shown for something else.
//!
//! Why so near: whoever is named by number is found by number, and a name that is simply another one is not compared, since
//! institutions send whatever they have. But a name that is the registered one but for a look-alike dot, or for a
//! character that the sender's encoding has not, shows a fault of the sender that another region's platform refuses, and
//! it is refused here with the character named, so that nobody has to guess.
//! Not here: who is enrolled where (`insured`), encodings of a message (`shell`).

use crosswipe_domain::{
    BadIdNumber, CardSn, Certificate, IdNumber, Moment, Persona, Profile, Span, Voucher, VoucherUse,
};
use crosswipe_wire::{Members, Refusal, RefusalCode};

use crate::deed::Hop;
use crate::ledger::Ledger;

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

/// 电子凭证 · Fact of a row: the token that was shown for it.
const VOUCHER: &str = "voucher";
/// How far ahead of the platform's a telephone's clock may be.
const AHEAD_MS: i64 = 60_000;

/// Asks of a read (1101) whether name, document and card are as the register has them.
///
/// # Errors
/// E-PERSON for a name that differs by an encoding, for another document and for a card that is not the one on record,
/// E-FIELD for a card of another region without its `card_sn`.
pub(super) fn check(
    persona: &Persona,
    node: &Members<'_>,
    span: Span,
    profile: &Profile,
) -> Result<(), Refusal> {
    if let Some(name) = node.text("psn_name")
        && let Some(why) = respelt(&name, &persona.name)
    {
        return Err(Refusal::new(RefusalCode::Person, why));
    }
    document(persona, node)?;
    let by_card = node.text("mdtrt_cert_type").as_deref() == Some("03");
    match node.text("card_sn") {
        _ if !by_card || span == Span::Local || profile.card_sn == CardSn::Ignored => Ok(()),
        None => {
            let why = "card_sn 为空: 跨地区用社保卡要带卡识别码, 读卡库太旧读不出时请升级或改用证件号 (02)";
            Err(Refusal::new(RefusalCode::Field, why))
        }
        Some(sent)
            if profile.card_sn == CardSn::Current
                && !persona.card_sn.is_empty()
                && sent != persona.card_sn =>
        {
            let why = "card_sn 与登记的卡识别码不一致: 卡已换发, 或读卡库太旧读出的是旧码; 请升级读卡库或改用证件号 (02)";
            Err(Refusal::new(RefusalCode::Person, why))
        }
        Some(_) => Ok(()),
    }
}

/// Whoever is registered with a permit is not sent as an identity card, nor the other way. Other kinds of documents are
/// sent by habit (`2`, `90`) and say nothing.
fn document(persona: &Persona, node: &Members<'_>) -> Result<(), Refusal> {
    let own = persona.certificate;
    let other = |name: &'static str, all: &[Certificate]| {
        let sent = node.text(name)?;
        let mut all = all.iter();
        let named = all.find(|kind| same_code(&sent, kind.code()))?;
        (*named != own).then_some((name, *named))
    };
    let wrong = other("psn_cert_type", &Certificate::ALL)
        .or_else(|| other("mdtrt_cert_type", &[Certificate::ResidencePermit]));
    let Some((name, sent)) = wrong else {
        return Ok(());
    };
    let why = format!(
        "{name} {} ({}) 与登记的证件类型 {} ({}) 不符",
        sent.code(),
        sent.zh(),
        own.code(),
        own.zh()
    );
    Err(Refusal::new(RefusalCode::Person, why))
}

/// Clients write codes with and without their leading zero.
fn same_code(sent: &str, code: &str) -> bool {
    sent == code || code.strip_prefix('0') == Some(sent)
}

/// Why nobody was found, where the number says it by itself.
pub(super) fn why_unknown(node: &Members<'_>) -> Option<&'static str> {
    let kind = node.text("mdtrt_cert_type").unwrap_or_default();
    if Voucher::parse(&node.text("mdtrt_cert_no").unwrap_or_default()).is_some() {
        return Some("这个电子凭证不是本地参保人的");
    }
    let by_permit = kind == "17" || node.text("psn_cert_type").as_deref() == Some("17");
    let names: &[&str] = match kind.as_ref() {
        "02" | "17" => &["mdtrt_cert_no", "certno"],
        _ => &["certno"],
    };
    let mut numbers = names.iter().filter_map(|name| node.text(name));
    let number = numbers.next()?.to_ascii_uppercase();
    match IdNumber::parse(&number) {
        Err(BadIdNumber::Form) if by_permit => Some("居住证号码应为 17 位数字加 1 位校验码"),
        Err(BadIdNumber::Form) => None,
        Err(BadIdNumber::Checksum) => Some("证件号码的校验位不对, 请核对号码"),
        Ok(number) if by_permit && !number.is_residence_permit() => {
            Some("港澳台居民居住证号码以 81、82 或 83 开头")
        }
        Ok(_) => None,
    }
}

/// The token that a message shows, where it is one.
pub(super) fn shown(node: &Members<'_>) -> Option<Voucher> {
    let by_voucher = node.text("mdtrt_cert_type").as_deref() == Some("01");
    Voucher::parse(&node.text("mdtrt_cert_no").filter(|_| by_voucher)?)
}

/// 电子凭证 · What a row keeps of the token that was shown for it.
pub(crate) fn voucher_fact(node: &Members<'_>) -> Option<(&'static str, String)> {
    shown(node).map(|token| (VOUCHER, token.to_string()))
}

/// Asks whether the token that a message shows is this person's, for this business, still good, and not used: a token is
/// used by the message that books with it, and stays so when that is undone.
///
/// # Errors
/// E-PERSON, E-VOUCHERTYPE, E-VOUCHEROLD, E-VOUCHERUSED.
pub(super) fn check_voucher(
    persona: &Persona,
    node: &Members<'_>,
    (hop, ledger): (&Hop, &Ledger),
    valid_min: u32,
    now: Moment,
) -> Result<(), Refusal> {
    let Some(token) = shown(node) else {
        return Ok(());
    };
    if !token.is_of(&persona.label) {
        let why = "mdtrt_cert_no: 这个电子凭证是别人的";
        return Err(Refusal::new(RefusalCode::Person, why));
    }
    let wanted = VoucherUse::of_message(hop.infno().base());
    if let Some(wanted) = wanted.filter(|wanted| *wanted != token.business) {
        let (shown, wanted) = (token.business, wanted);
        let why = format!(
            "出示的是 {} ({}), 本交易要 {} ({})",
            shown.code(),
            shown.zh(),
            wanted.code(),
            wanted.zh()
        );
        return Err(Refusal::new(RefusalCode::VoucherType, why));
    }
    let age_ms = now.ms_since(token.issued);
    if age_ms > i64::from(valid_min) * 60_000 || age_ms < -AHEAD_MS {
        let why = format!("{} 出示, 有效 {valid_min} 分钟", token.issued.wire());
        return Err(Refusal::new(RefusalCode::VoucherOld, why));
    }
    let text = token.to_string();
    let used = ["visit", "settlement"].into_iter().any(|kind| {
        ledger.rows_of_person(kind, &hop.person).any(|held| {
            let of_another = held.row.cause.msgid != hop.cause.msgid;
            of_another
                && held
                    .row
                    .facts
                    .get(VOUCHER)
                    .is_some_and(|used| *used == text)
        })
    });
    match used && wanted.is_some() {
        true => Err(RefusalCode::VoucherUsed.into()),
        false => Ok(()),
    }
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
