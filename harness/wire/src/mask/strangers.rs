//! 生人 · Values in free text that name somebody whom nobody here knows, or that open something: told by their form.
//!
//! Why so: a platform may write into an error text whatever it has at hand: identity numbers, phones, cards, tokens of
//! people who are in no registry. The second net of known values does not hold them. Ids of visits, settlements and
//! messages must stay readable, so only forms that they do not have are hidden.
//! Called by `mask` for texts that others wrote. Not here: fields that name a person by their name (`mask`).

use std::borrow::Cow;

use crosswipe_domain::IdNumber;

/// What stands for what is hidden.
pub(super) const HIDDEN: &str = "***";

/// Words behind which a value stands that is nobody's business, in lower case.
const LABELS: [&str; 44] = [
    "password",
    "passwd",
    "pwd",
    "token",
    "access_token",
    "ectoken",
    "secret",
    "app_secret",
    "appkey",
    "app_key",
    "access_key",
    "accesskey",
    "secret_key",
    "api_key",
    "apikey",
    "x-api-key",
    "ak",
    "sk",
    "authorization",
    "cookie",
    "session",
    "sign",
    "signature",
    "name",
    "phone",
    "mobile",
    "tel",
    "address",
    "id_card",
    "idcard",
    "certno",
    "密码",
    "口令",
    "令牌",
    "密钥",
    "签名",
    "姓名",
    "手机号",
    "手机",
    "电话",
    "住址",
    "地址",
    "身份证号",
    "身份证",
];
/// Keys of JSON whose values open something.
const SECRET_KEYS: [&str; 14] = [
    "token",
    "accesstoken",
    "refreshtoken",
    "secret",
    "appsecret",
    "appkey",
    "accesskey",
    "secretkey",
    "apikey",
    "privatekey",
    "authorization",
    "cookie",
    "passwd",
    "pwd",
];
/// What ends a value.
const ENDS: &str = " \t\r\n\"'`,;&<>(){}[]|，；。、（）《》「」";

/// How much is hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Persons, and whatever stands behind a label.
    Persons,
    /// Persons, also where a number of theirs was mistyped or typed in groups: by people, in a line of their own.
    Typed,
    /// Long numbers and tokens too: nothing in the text is an id that anybody needs.
    All,
}

/// True for a key of JSON whose value opens something.
pub(super) fn is_secret_key(key: &str) -> bool {
    let letters = || key.bytes().filter(u8::is_ascii_alphanumeric);
    let length = letters().count();
    let alike = |secret: &str| letters().map(|c| c.to_ascii_lowercase()).eq(secret.bytes());
    SECRET_KEYS
        .iter()
        .filter(|secret| secret.len() == length)
        .any(|secret| alike(secret))
}

/// The text without them.
pub(super) fn hide(text: &str, form: Form) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let begins = bytes[at] == b':' || !before.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let hidden = if begins {
            secret_at(text, at, form)
        } else {
            None
        };
        match hidden {
            Some((from, to)) => {
                out.push_str(&text[copied..from]);
                out.push_str(HIDDEN);
                (copied, at) = (to, to.max(at + 1));
            }
            None if begins && bytes[at].is_ascii_alphanumeric() => at += run(&bytes[at..]),
            None => at += 1,
        }
    }
    if copied == 0 && out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// ASCII letters and digits from here on.
fn run(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count()
}

/// What is to be hidden of what begins at a place: from where to where.
fn secret_at(text: &str, at: usize, form: Form) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    if bytes[at..].starts_with(b"://") {
        return credentials(text, at + 3);
    }
    if let Some(found) = labelled(text, at) {
        return Some(found);
    }
    if !bytes[at].is_ascii_alphanumeric() {
        return None;
    }
    let end = at + run(&bytes[at..]);
    if let Some(length) = phone(&bytes[at..]) {
        return Some((at, at + length));
    }
    if form == Form::Typed
        && let Some(length) = grouped(&bytes[at..])
    {
        return Some((at, at + length));
    }
    let word = &text[at..end];
    if word.starts_with("eyJ") && word.len() >= 12 {
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        return Some((
            at,
            at + bytes[at..].iter().take_while(|byte| part(byte)).count(),
        ));
    }
    let hidden = is_person(word)
        || form == Form::All && is_long(word)
        || form == Form::Typed && is_like_an_identity(word.as_bytes());
    hidden.then_some((at, end))
}

/// `user:password` of an address.
fn credentials(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = &text[from..];
    let end = rest
        .find(|c: char| c == '/' || c.is_whitespace() || c == '"')
        .unwrap_or(rest.len());
    let at = rest[..end].rfind('@')?;
    (at > 0).then_some((from, from + at))
}

/// The value behind a label and a sign between them.
fn labelled(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    let first = rest.as_bytes().first()?.to_ascii_lowercase();
    let label = LABELS
        .into_iter()
        .filter(|label| label.as_bytes()[0] == first)
        .find(|label| {
            let begins = rest
                .get(..label.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(label));
            begins && !label.is_empty() && sign(&rest[label.len()..]).is_some()
        })?;
    let from = label.len() + sign(&rest[label.len()..])?;
    let value = &rest[from..];
    let end = value
        .find(|c: char| ENDS.contains(c))
        .unwrap_or(value.len());
    let known = value[..end].starts_with("P-") || value[..end].starts_with(HIDDEN);
    (end > 0 && !known).then_some((at + from, at + from + end))
}

/// Length of `=`, `:` or `：` with what may stand around it.
fn sign(text: &str) -> Option<usize> {
    let blank = |c: char| matches!(c, ' ' | '"' | '\'');
    let rest = text.trim_start_matches(blank);
    let rest = rest
        .strip_prefix(['=', ':', '：'])?
        .trim_start_matches(blank);
    let rest = ["Bearer ", "Basic ", "bearer ", "basic "]
        .iter()
        .find_map(|scheme| rest.strip_prefix(scheme))
        .unwrap_or(rest);
    Some(text.len() - rest.len())
}

/// Length of a telephone number: `13912345678`, `139-1234-5678`, `+8613912345678`, `0571-88886666`.
fn phone(bytes: &[u8]) -> Option<usize> {
    let shapes: [&str; 6] = [
        "1m999999999",
        "1m9-9999-9999",
        "1m9 9999 9999",
        "861m999999999",
        "099-99999999",
        "0999-99999999",
    ];
    let fits = |shape: &str, short: usize| {
        let length = shape.len() - short;
        let whole = bytes.get(..length)?;
        let same = whole
            .iter()
            .zip(shape.bytes())
            .all(|(byte, shape)| match shape {
                b'9' => byte.is_ascii_digit(),
                b'm' => (b'3'..=b'9').contains(byte),
                shape => *byte == shape,
            });
        let ends = !bytes.get(length).is_some_and(u8::is_ascii_alphanumeric);
        (same && ends).then_some(length)
    };
    let land = |shape: &str| shape.starts_with('0');
    shapes
        .iter()
        .find_map(|shape| fits(shape, 0).or_else(|| land(shape).then(|| fits(shape, 1)).flatten()))
}

/// Length of an identity number or a card number in one piece or in groups: `110101 19900307 0070`, `6222-0202-0011-2230-004`.
fn grouped(bytes: &[u8]) -> Option<usize> {
    let mut signs = Vec::new();
    let mut length = 0;
    for (place, byte) in bytes.iter().enumerate() {
        let next = bytes.get(place + 1);
        match byte {
            b'0'..=b'9' | b'X' | b'x' => {
                signs.push(*byte);
                length = place + 1;
            }
            b' ' | b'-' if next.is_some_and(u8::is_ascii_digit) => {}
            byte if byte.is_ascii_alphanumeric() => return None,
            _ => break,
        }
    }
    let digits = signs.iter().all(u8::is_ascii_digit);
    let card = matches!(signs.len(), 16 | 17 | 19) && digits && is_card(&signs);
    (card || is_like_an_identity(&signs)).then_some(length)
}

/// Eighteen signs with a day of birth where it stands in an identity number, whatever the check character says.
fn is_like_an_identity(signs: &[u8]) -> bool {
    let [digits @ .., check] = signs else {
        return false;
    };
    if digits.len() != 17 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let part = |from: usize| (digits[from] - b'0') * 10 + digits[from + 1] - b'0';
    matches!(check, b'0'..=b'9' | b'X' | b'x')
        && (18..=20).contains(&part(6))
        && (1..=12).contains(&part(10))
        && (1..=31).contains(&part(12))
}

/// Identity numbers of both lengths, and the number on a social security card.
fn is_person(word: &str) -> bool {
    let bytes = word.as_bytes();
    let digits = bytes.iter().all(u8::is_ascii_digit);
    match bytes.len() {
        18 => IdNumber::parse(&word.to_ascii_uppercase()).is_ok(),
        15 if digits => {
            let part = |from: usize| word[from..from + 2].parse::<u8>().unwrap_or_default();
            (1..=12).contains(&part(8))
                && (1..=31).contains(&part(10))
                && (11..=82).contains(&part(0))
        }
        16 | 17 | 19 if digits => is_card(bytes),
        9 => bytes[0].is_ascii_uppercase() && bytes[1..].iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The check digit of bank cards; what begins like an instant of this century is one.
fn is_card(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10) && !digits.starts_with(b"20") && !digits.starts_with(b"0")
}

/// Person numbers (shorter than any message number), and tokens.
fn is_long(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    match word.len() {
        22..=28 => digits == word.len(),
        32.. => digits > 0 && digits < word.len(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::identity("证件11010519491231002X不存在", "证件***不存在")]
    #[case::old_identity("旧证110105491231002!", "旧证***!")]
    #[case::mobile("请联系13912345678。", "请联系***。")]
    #[case::grouped("139-1234-5678, 139 1234 5678", "***, ***")]
    #[case::abroad("+8613912345678", "+***")]
    #[case::landline("0571-88886666/010-8888666", "***/***")]
    #[case::bank("卡6222020200112230004 ", "卡*** ")]
    #[case::card("社保卡A12345678挂失", "社保卡***挂失")]
    #[case::person("人员99990000000000000000000077已在院", "人员***已在院")]
    #[case::token("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s-_1", "Bearer ***")]
    #[case::hex("key 0a1b2c3d4e5f60718293a4b5c6d7e8f9", "key ***")]
    #[case::address("http://ops:s3cret@10.0.0.1/x", "http://***@10.0.0.1/x")]
    #[case::labels(
        "password=hunter2&user=ops 姓名：张三，住址: 某路1号",
        "password=***&user=ops 姓名：***，住址: ***"
    )]
    #[case::header("Authorization: Bearer abc.def", "Authorization: Bearer ***")]
    #[case::json(r#"{"token":"abc"}"#, r#"{"token":"***"}"#)]
    fn what_names_or_opens_is_hidden(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(hide(text, Form::All), shown);
    }

    #[rstest]
    // The last character is wrong, and so it names nobody, or the one whom somebody mistyped.
    #[case::mistyped("患者110101199003070071 12 次来过", "患者*** 12 次来过")]
    #[case::lower("11010519491231003x", "***")]
    #[case::in_groups("110101 19900307 0070，110101-19900307-0071", "***，***")]
    #[case::card_in_groups("卡 6222 0202 0011 2230 004。", "卡 ***。")]
    #[case::mobile("致电13912345678或 139 1234 5678", "致电***或 ***")]
    fn what_somebody_typed_is_hidden_where_it_merely_looks_so(
        #[case] text: &str,
        #[case] shown: &str,
    ) {
        assert_eq!(hide(text, Form::Typed), shown);
    }

    #[rstest]
    #[case("msgid H33010000001203003021300000001 330100203003021300000000000007")]
    #[case("结算ID 33010020300302000001, 机构 H33010000001, 业务 330100203003020001234")]
    #[case("2030-03-02 13:00:00 至 2030-03-02 15:00, 20300302130000000")]
    #[case("链尾 4864 b62d 59c6 df94 6a39 4505 a654 836b, F-1a2b3c4d5e, 12 3456 789")]
    #[case("1234 5678 9012 3456 7890 1234 5678 9012, 110101199013070070, 21,915.06")]
    fn ids_stay_in_what_somebody_typed(#[case] text: &str) {
        assert_eq!(hide(text, Form::Typed), text);
    }

    #[rstest]
    #[case("未查到就诊信息 330100203003021300000000000007")]
    #[case("msgid H33010000001203003021300000001 重复")]
    #[case("结算ID 33010020300302000001, 机构 H33010000001")]
    #[case("[E-SPLIT] 上传金额与明细汇总不一致: medfee_sumamt: 应为 567.95")]
    #[case("2030-03-02 13:00:00 20300302130000000 20300302130000")]
    #[case("HTTP 502, no answer within 10000 ms; status=409")]
    #[case("P-ed30c3de1b65 姓名: P-ed30c3de1b65-NAME")]
    fn what_a_tester_needs_stays(#[case] text: &str) {
        assert_eq!(hide(text, Form::All), text);
    }
}
