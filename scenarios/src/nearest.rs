//! 近似词 · The known word that a slip was probably meant to be.

use crosswipe_domain::{Both, both};

/// The candidate nearest to `word`, if one is near enough to be worth saying.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(meant) = said_in_chinese(word).filter(|meant| candidates.contains(meant)) {
        return Some(meant);
    }
    let limit = (word.chars().count() / 3).max(1);
    let near = candidates
        .iter()
        .copied()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min();
    // Who breaks off in the middle of a long word means the word.
    let begun = || {
        let begins = |candidate: &&str| word.len() > 3 && candidate.starts_with(word);
        candidates
            .iter()
            .copied()
            .filter(begins)
            .min_by_key(|candidate| candidate.len())
    };
    match near {
        Some((1, candidate)) => Some(candidate),
        other => begun().or(other.map(|(_, candidate)| candidate)),
    }
}

/// 中文词 · The files' word for what a tester writes in Chinese.
fn said_in_chinese(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 27] = [
        ("门诊", "outpatient"),
        ("住院", "inpatient"),
        ("药店", "pharmacy"),
        ("购药", "pharmacy"),
        ("备案", "filing"),
        ("成功", "ok"),
        ("通过", "ok"),
        ("拒绝", "refused"),
        ("失败", "refused"),
        ("拦下", "gate"),
        ("闸门", "gate"),
        ("冻结", "frozen"),
        ("停机", "frozen"),
        ("联调", "joint"),
        ("验证", "verify"),
        ("上线", "live"),
        ("准备", "prepare"),
        ("补录", "catchup"),
        ("跨市", "cross-region"),
        ("异地", "cross-region"),
        ("本地", "local"),
        ("约定", "arranged"),
        ("全部", "all"),
        ("任意", "any"),
        ("职工", "310"),
        ("居民", "390"),
        ("开放", "open"),
    ];
    let found = WORDS.iter().find(|(zh, _)| *zh == word);
    found.map(|(_, meant)| *meant)
}

/// Edits between two words; case and the kind of dash do not count.
fn distance(word: &str, candidate: &str) -> usize {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    strsim::damerau_levenshtein(&plain(word), &plain(candidate))
}

/// `did you mean …?`, or the first few of what is known.
pub(crate) fn suggest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<Both> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(word, candidates.iter().copied()) {
        return Some(both!("是否想写 `{near}`?", "did you mean `{near}`?"));
    }
    if candidates.is_empty() {
        return None;
    }
    let more = if candidates.len() > 6 { ", …" } else { "" };
    let some = candidates
        .iter()
        .take(6)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    Some(both!("可选: {some}{more}", "known: {some}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_finds_none() {
        let keys = ["phases", "persons", "pairs"];
        assert_eq!(nearest("pesrons", keys), Some("persons"));
        assert_eq!(nearest("Phases", keys), Some("phases"));
        assert_eq!(nearest("rollback", keys), None);
        let fields = ["setlinfo.psn_name", "setlinfo.psn_cash_pay"];
        assert_eq!(
            nearest("setlinfo.psn_cash", fields),
            Some("setlinfo.psn_cash_pay")
        );
        assert_eq!(
            nearest("门诊", ["inpatient", "outpatient"]),
            Some("outpatient")
        );
        assert_eq!(nearest("门诊", ["ok", "refused"]), None);
    }
}
