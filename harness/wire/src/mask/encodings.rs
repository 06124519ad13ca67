//! 编码 · A known value in the forms in which a program may repeat it: hex, base64, as part of a URL.
//!
//! Base64 has three forms, one for each place at which the value may begin; what depends on its neighbours is left out.
//! Called by `mask` once per value. Not here: values that nobody knows (`strangers`).

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Shorter values would be found where they do not stand.
const MIN_BYTES: usize = 6;

/// All forms that differ from the value itself.
pub(super) fn encodings(secret: &str) -> Vec<String> {
    if secret.len() < MIN_BYTES {
        return Vec::new();
    }
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent = percent(secret);
    let mut forms = vec![hex.to_ascii_uppercase(), hex];
    if percent != secret {
        forms.push(percent.to_ascii_lowercase());
        forms.push(percent);
    }
    forms.extend((0..3).map(|place| base64(secret.as_bytes(), place)));
    forms
}

fn percent(secret: &str) -> String {
    let escaped = |byte: u8| match byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    secret.bytes().map(escaped).collect()
}

/// The characters of base64 that depend on these bytes alone, if they begin `place` bytes into a group of three.
fn base64(bytes: &[u8], place: usize) -> String {
    let mut padded = vec![0; place];
    padded.extend_from_slice(bytes);
    let whole = padded.len() * 8 / 6;
    let six = |at: usize| {
        let (byte, shift) = (at * 6 / 8, at * 6 % 8);
        let pair =
            u16::from(padded[byte]) << 8 | u16::from(padded.get(byte + 1).copied().unwrap_or(0));
        usize::from(pair >> (10 - shift) & 63)
    };
    ((place * 8).div_ceil(6)..whole)
        .map(|at| char::from(BASE64[six(at)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_in_each_form() {
        let forms = encodings("canary");
        assert_eq!(
            forms,
            [
                "63616E617279",
                "63616e617279",
                "Y2FuYXJ5",
                "NhbmFye",
                "jYW5hcn"
            ]
        );
        assert!(encodings("测试").contains(&"%E6%B5%8B%E8%AF%95".to_owned()));
        assert_eq!(encodings("abc"), Vec::<String>::new());
    }
}
