//! 解码 · Bytes of a recording as text: UTF-8, UTF-16 with its mark, or GBK, whole or line by line.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030};

/// The text of a file; `None` where it is no text at all.
pub(super) fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        let (text, _, broken) = encoding.decode(bytes);
        return (!broken).then_some(text);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (!text.contains('\0')).then_some(Cow::Borrowed(text));
    }
    if bytes.contains(&0) {
        return None;
    }
    by_line(bytes).map(Cow::Owned)
}

/// Line by line: a log may be of several programs, and the bytes of the one encoding are often characters of the other.
fn by_line(bytes: &[u8]) -> Option<String> {
    let mut whole = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let unicode = std::str::from_utf8(line).ok();
        // Two bytes of GBK now and then make a Latin or Greek letter, hardly ever a Chinese character.
        match unicode.filter(|text| text.is_ascii() || text.chars().any(|c| c >= '\u{800}')) {
            Some(text) => whole.push_str(text),
            None => {
                let (text, _, broken) = GB18030.decode(line);
                match unicode {
                    _ if !broken => whole.push_str(&text),
                    Some(text) => whole.push_str(text),
                    None => return None,
                }
            }
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read_even_in_one_file() {
        let words = "{\"err_msg\":\"参保地未接入\"}\n";
        let (gbk, ..) = GB18030.encode(words);
        assert_eq!(text(words.as_bytes()).as_deref(), Some(words));
        assert_eq!(text(&gbk).as_deref(), Some(words));
        let mixed = [words.as_bytes(), &gbk].concat();
        assert_eq!(text(&mixed), Some(Cow::Owned(words.repeat(2))));
        // Each pair of bytes of this name is a letter of UTF-8 as well.
        let (letters, ..) = GB18030.encode("员员\n");
        assert!(std::str::from_utf8(&letters).is_ok(), "{letters:x?}");
        let both = [&letters[..], &gbk].concat();
        assert_eq!(text(&both), Some(Cow::Owned(format!("员员\n{words}"))));
    }

    #[test]
    fn pictures_are_no_text() {
        assert_eq!(text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), None);
    }
}
