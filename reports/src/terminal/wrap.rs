//! 折行 · Breaks a line at a width counted in terminal columns.
//!
//! Why own: Chinese text has no blanks to break at, and a code or id should not be torn if a blank or
//! a Chinese character stands before it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` with `indent` blanks before it and `hang` before each further line, every line within `width` and ended.
pub(crate) fn wrapped(text: &str, width: usize, indent: usize, hang: usize) -> String {
    let mut lines = String::new();
    let mut line = " ".repeat(indent);
    for piece in pieces(text) {
        let room = width.saturating_sub(line.width());
        if piece.trim_end().width() > room && !line.trim().is_empty() {
            lines += line.trim_end();
            lines.push('\n');
            line = " ".repeat(hang);
        }
        for character in piece.chars() {
            if line.width() + character.width().unwrap_or(0) > width && character != ' ' {
                lines += line.trim_end();
                lines.push('\n');
                line = " ".repeat(hang);
            }
            line.push(character);
        }
    }
    lines += line.trim_end();
    lines.push('\n');
    lines
}

/// Where a line may be broken: after a blank, and between wide characters. Control characters of hostile text are shown as `�`.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut word = String::new();
    for character in text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
    {
        if "，。；：、）」〕".contains(character)
            && word.is_empty()
            && let Some(last) = pieces.last_mut()
        {
            last.push(character);
            continue;
        }
        let wide = character.width().unwrap_or(0) > 1;
        if wide && !word.is_empty() {
            pieces.push(std::mem::take(&mut word));
        }
        word.push(character);
        if (wide && !"（「〔".contains(character)) || character == ' ' {
            pieces.push(std::mem::take(&mut word));
        }
    }
    pieces.push(word);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("杭州参保人在温州刷卡，门诊结算已回退并核验", 20)]
    #[case(
        "settlement 330300S00000000000000000000001 was reversed at every party of its path",
        24
    )]
    #[case(
        "一一一一一一一一一一一一一一一一一一一一一一aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        20
    )]
    fn no_line_is_wider_than_the_terminal(#[case] text: &str, #[case] width: usize) {
        let lines = wrapped(text, width, 2, 4);
        assert!(lines.lines().all(|line| line.width() <= width), "{lines}");
        let letters = |text: &str| {
            text.chars()
                .filter(|c| !c.is_whitespace())
                .collect::<String>()
        };
        assert_eq!(letters(&lines), letters(text), "nothing is lost");
    }

    #[test]
    fn hostile_control_characters_do_not_reach_the_terminal() {
        assert_eq!(
            wrapped("a\u{1b}[31mb\nc", 40, 0, 0),
            "a\u{fffd}[31mb\u{fffd}c\n"
        );
    }

    #[test]
    fn a_full_stop_does_not_begin_a_line() {
        assert_eq!(wrapped("结算已回退。", 10, 0, 0), "结算已回\n退。\n");
    }
}
