//! 差异 · Two texts with what differs between them marked: the part between what they begin and end with alike.

use serde::Serialize;

/// A text in three parts, the middle one being what differs.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Marked {
    before: String,
    differs: String,
    after: String,
}

impl Marked {
    /// Nothing differs.
    pub(super) fn plain(text: &str) -> Marked {
        Marked {
            before: text.to_owned(),
            differs: String::new(),
            after: String::new(),
        }
    }
}

/// Both, each with its own part marked. A number is marked whole: `148.21` beside `148.12` is another amount, not another digit.
pub(super) fn marked(left: &str, right: &str) -> (Marked, Marked) {
    let (a, b): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let in_number = |sign: &char| sign.is_ascii_digit() || matches!(sign, '.' | ',' | '-');
    while head > 0 && in_number(&a[head - 1]) {
        head -= 1;
    }
    let most = a.len().min(b.len()) - head;
    let pairs = a.iter().rev().zip(b.iter().rev()).take(most);
    let mut tail = pairs.take_while(|(a, b)| a == b).count();
    while tail > 0 && in_number(&a[a.len() - tail]) {
        tail -= 1;
    }
    let part = |text: &[char]| Marked {
        before: text[..head].iter().collect(),
        differs: text[head..text.len() - tail].iter().collect(),
        after: text[text.len() - tail..].iter().collect(),
    };
    (part(&a), part(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("ok", "refused", "|ok|", "|refused|")]
    #[case("100.00", "148.21", "|100.00|", "|148.21|")]
    #[case(
        "person=P1 year=2017",
        "person=P1 year=2018",
        "person=P1 year=|2017|",
        "person=P1 year=|2018|"
    )]
    #[case("已回退", "未回退", "|已|回退", "|未|回退")]
    #[case("", "", "||", "||")]
    #[case("aa", "aaa", "aa||", "aa|a|")]
    #[case("≤ 100.00", "148.21", "|≤ 100.00|", "|148.21|")]
    fn what_differs_is_marked(
        #[case] left: &str,
        #[case] right: &str,
        #[case] left_told: &str,
        #[case] right_told: &str,
    ) {
        let told =
            |marked: &Marked| format!("{}|{}|{}", marked.before, marked.differs, marked.after);
        let (a, b) = marked(left, right);
        assert_eq!(
            (told(&a).as_str(), told(&b).as_str()),
            (left_told, right_told)
        );
    }
}
