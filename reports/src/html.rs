//! 网页 · One self-contained page: the verdict first, then what is open, then everything else.
//!
//! Why so: office computers are old and offline, and a reviewer prints. So: one file, no network (the
//! page forbids it to itself by a strict CSP), plain HTML that can be read and printed before any
//! script runs, nothing newer than Chromium 86. Whatever others wrote (peer texts, names) is escaped
//! by the template engine, never by hand; style and script are admitted by their digest alone.
//! Not here: live pages (`serve`).

mod cases;
mod matrix;
mod sequence;
mod ticket;
mod view;

use minijinja::Environment;

use crosswipe_domain::sha256_hex;

use crate::Lang;
use crate::story::Story;

const PAGE: &str = include_str!("html/page.html");
const CASES: &str = include_str!("html/cases.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// 网页 · One self-contained page.
pub fn html(story: &Story, lang: Lang) -> String {
    let mut environment = Environment::new();
    for (name, text) in [("page.html", PAGE), ("cases.html", CASES)] {
        environment
            .add_template(name, text)
            .expect("a shipped template parses");
    }
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let page = environment.get_template("page.html").expect("added above");
    page.render(minijinja::value::Serde(view::page(story, lang, &policy())))
        .expect("the view has every name of the template")
}

/// The policy of the page: nothing may be loaded, and no style or script but ours may run.
fn policy() -> String {
    let digest = |text: &str| format!("'sha256-{}'", base64_of_hex(&sha256_hex(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

/// The policy of a page without any script.
pub(crate) fn policy_of_style(style: &str) -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64_of_hex(&sha256_hex(style.as_bytes()))
    )
}

/// Lower-case hex → base64 with padding.
fn base64_of_hex(hex: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let nibble = |byte: u8| {
        u32::from(if byte.is_ascii_digit() {
            byte - b'0'
        } else {
            byte - b'a' + 10
        })
    };
    // Three bytes are six hex digits and four base64 letters.
    let group = |six: &[u8]| {
        let bits =
            six.iter().fold(0, |bits, digit| bits << 4 | nibble(*digit)) << (4 * (6 - six.len()));
        let letters = six.len().div_ceil(2) + 1;
        (0..4).map(move |place| {
            if place < letters {
                char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize])
            } else {
                '='
            }
        })
    };
    hex.as_bytes().chunks(6).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "")]
    #[case("66", "Zg==")]
    #[case("666f", "Zm8=")]
    #[case("666f6f", "Zm9v")]
    #[case("666f6f626172", "Zm9vYmFy")]
    #[case("fbff", "+/8=")]
    fn a_digest_is_written_as_browsers_read_it(#[case] hex: &str, #[case] base64: &str) {
        assert_eq!(base64_of_hex(hex), base64);
    }
}
