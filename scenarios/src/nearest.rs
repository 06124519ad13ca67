//! 近似词 · The known word that a slip was probably meant to be.

/// The candidate nearest to `word`, if one is near enough to be worth saying.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
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
) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(word, candidates.iter().copied()) {
        return Some(format!("是否想写 `{near}`? · did you mean `{near}`?"));
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
    Some(format!("可选 · known: {some}{more}"))
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
    }
}
