//! 可见 · What cannot be seen in a text is written out, so that nobody's answer turns a line of the page round or hides in it.
//!
//! Why: a peer's words are shown as they came, and a sign that reverses the order of what follows, or has no shape at all,
//! would show something else than what stands in the evidence. Escaping is the template engine's; this comes before it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The same text, each sign without a shape as `⟦U+202E⟧`; line feeds and tabs stay.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        if is_hidden(sign) {
            let _ = write!(shown, "⟦U+{:04X}⟧", u32::from(sign));
        } else {
            shown.push(sign);
        }
    }
    Cow::Owned(shown)
}

/// Controls, marks and overrides of direction, and blanks of no width.
fn is_hidden(sign: char) -> bool {
    match sign {
        '\n' | '\t' => false,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{61c}' | '\u{feff}' | '\u{2028}' | '\u{2029}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("系统繁忙 <b>", "系统繁忙 <b>")]
    #[case::lines("一\n二\t三", "一\n二\t三")]
    #[case::turned("未\u{202e}回退", "未⟦U+202E⟧回退")]
    #[case::isolated("\u{2066}a\u{2069}", "⟦U+2066⟧a⟦U+2069⟧")]
    #[case::bell("\u{7}\u{1b}[31m", "⟦U+0007⟧⟦U+001B⟧[31m")]
    #[case::of_no_width("E-\u{200b}OTHER\u{feff}", "E-⟦U+200B⟧OTHER⟦U+FEFF⟧")]
    #[case::next_line("a\u{85}b\r", "a⟦U+0085⟧b⟦U+000D⟧")]
    fn what_has_no_shape_is_written_out(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(visible(text), shown);
    }
}
