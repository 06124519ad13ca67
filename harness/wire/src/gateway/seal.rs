//! 封装 · The sealed envelope: SM2 in `cainfo` over the input, `output` as Base64 of SM4-ECB.
//!
//! Why so: regions do not say in public what exactly is signed, so ours is the plainest that any client can do: the text of
//! `input` as it stands in the message, byte for byte, or what it holds where it is JSON text; SM3 and SM2 with the usual
//! identity. A signature is read as raw or DER, Base64 or hex. Keys follow from the secret of the institution at the
//! gateway, so that one secret is enough, and are printed once for whoever has to type them.
//! Used by `runner` (as client) and `mocks` (as server). Not here: headers and their signatures (`sign`, `check`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crosswipe_domain::{AnswerForm, EnvelopeForm, push_json_string};
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm3::{Digest as _, Sm3};
use sm4::Sm4;
use sm4::cipher::{Block, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};

use super::Key;
use super::sign::hex;
use crate::json;
use crate::members::Members;
use crate::write::ObjectText;

/// 用户标识 · Whom SM2 signatures name where nothing else is agreed (GM/T 0009).
const IDENTITY: &str = "1234567812345678";
const BLOCK: usize = 16;

impl Key {
    /// SM2 私钥 · Hex, 64 digits: what the institution signs with.
    pub fn sm2_private(&self) -> String {
        hex(&self.signing().to_bytes())
    }

    /// SM2 公钥 · Hex, uncompressed: what its signatures are checked with.
    pub fn sm2_public(&self) -> String {
        hex(&self.signing().verifying_key().to_sec1_bytes())
    }

    /// SM4 密钥 · Hex, 32 digits: what answers are sealed with.
    pub fn sm4(&self) -> String {
        hex(&self.derived("sm4", 0)[..BLOCK])
    }

    /// 平台公钥 · Hex, uncompressed: what signatures of answers are checked with.
    pub fn platform_public(&self) -> String {
        match &self.platform {
            Some(bytes) => hex(bytes),
            None => hex(&self.platform_signing().verifying_key().to_sec1_bytes()),
        }
    }

    /// The same key, whose platform signs answers with another key than a mock platform's: its public half in hex, with or
    /// without the leading `04`. `None` if that is no key.
    pub fn answered_by(self, public: &str) -> Option<Key> {
        let mut bytes = unhex(public.trim())?;
        if bytes.len() == 64 {
            bytes.insert(0, 4);
        }
        VerifyingKey::from_sec1_bytes(IDENTITY, &bytes).ok()?;
        Some(Key {
            platform: Some(bytes),
            ..self
        })
    }

    /// What a mock platform signs its answers to this institution with: nothing that the institution could sign with.
    fn platform_signing(&self) -> SigningKey {
        self.signing_as("sm2-platform")
    }

    fn derived(&self, what: &str, round: u8) -> [u8; 32] {
        let mut digest = Sm3::new();
        digest.update(format!("{what}/{round}/{}", self.secret));
        digest.finalize().into()
    }

    fn signing(&self) -> SigningKey {
        self.signing_as("sm2")
    }

    fn signing_as(&self, what: &str) -> SigningKey {
        let key = |round| SigningKey::from_slice(IDENTITY, &self.derived(what, round)).ok();
        let mut tried = (0..=u8::MAX).filter_map(key);
        tried
            .next()
            .expect("nearly every number of 256 bits is a key")
    }

    fn cipher(&self) -> Sm4 {
        let key = self.derived("sm4", 0);
        Sm4::new_from_slice(&key[..BLOCK]).expect("a key of 16 bytes")
    }
}

/// SM2 of a text, Base64 of the two numbers.
pub fn signature(key: &Key, text: &str) -> String {
    let signed: Signature = key.signing().sign(text.as_bytes());
    STANDARD.encode(signed.to_bytes())
}

/// Whether `given` is a signature of this text by this key.
pub fn is_signature(key: &Key, text: &str, given: &str) -> bool {
    verifies(key.signing().verifying_key(), text, given)
}

fn verifies(key: &VerifyingKey, text: &str, given: &str) -> bool {
    let given = given.trim();
    let bytes = match unhex(given) {
        Some(bytes) => bytes,
        None => match STANDARD.decode(given) {
            Ok(bytes) => bytes,
            Err(_) => return false,
        },
    };
    let read = match bytes.len() {
        64 => Signature::from_slice(&bytes),
        _ => Signature::from_der(&bytes),
    };
    read.is_ok_and(|read| key.verify(text.as_bytes(), &read).is_ok())
}

/// SM4-ECB with PKCS#7 padding, Base64.
pub fn sealed(key: &Key, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let fill = BLOCK - bytes.len() % BLOCK;
    bytes.extend(std::iter::repeat_n(u8::try_from(fill).unwrap_or(16), fill));
    let cipher = key.cipher();
    for block in bytes.chunks_exact_mut(BLOCK) {
        let block: &mut Block<Sm4> = block.try_into().expect("a chunk is a block");
        cipher.encrypt_block(block);
    }
    STANDARD.encode(bytes)
}

/// What was sealed with this key; `None` if it was not.
pub fn unsealed(key: &Key, text: &str) -> Option<String> {
    let mut bytes = STANDARD.decode(text.trim()).ok()?;
    if bytes.is_empty() || !bytes.len().is_multiple_of(BLOCK) {
        return None;
    }
    let cipher = key.cipher();
    for block in bytes.chunks_exact_mut(BLOCK) {
        let block: &mut Block<Sm4> = block.try_into().ok()?;
        cipher.decrypt_block(block);
    }
    let fill = usize::from(*bytes.last()?);
    let filled = (1..=BLOCK).contains(&fill)
        && bytes[bytes.len() - fill..]
            .iter()
            .all(|b| usize::from(*b) == fill);
    if !filled {
        return None;
    }
    bytes.truncate(bytes.len() - fill);
    String::from_utf8(bytes).ok()
}

/// A request as the region wants it: `input` as text, `cainfo` over it. What is no envelope stays as it is.
pub fn sealed_request(form: &EnvelopeForm, key: &Key, request: String) -> String {
    if !form.input_as_text && !form.signed {
        return request;
    }
    let Ok(envelope) = Members::parse(&request) else {
        return request;
    };
    let Some(input) = envelope.raw("input") else {
        return request;
    };
    let mut text = String::new();
    push_json_string(&mut text, input);
    let written = envelope
        .iter()
        .fold(ObjectText::new(), |written, (name, raw)| match name {
            "cainfo" if form.signed => written.text(name, &signature(key, input)),
            "signtype" if form.signed => written.text(name, "SM2"),
            "input" if form.input_as_text => written.raw(name, &text),
            name => written.raw(name, raw),
        });
    written.finish()
}

/// Whether `cainfo` of a message signs its input by this key.
pub fn signs_its_input(key: &Key, message: &str) -> bool {
    let Ok(envelope) = Members::parse(message.trim_start_matches('\u{feff}')) else {
        return false;
    };
    let (Some(input), Some(cainfo)) = (envelope.raw("input"), envelope.text("cainfo")) else {
        return false;
    };
    let text = match input.starts_with('"') {
        true => json::plain(input).unwrap_or_default(),
        false => input.into(),
    };
    is_signature(key, &text, &cainfo)
}

/// What the signature of an answer covers: `infcode`, `inf_refmsgid` and `output`, one right after the other, each as it
/// stands, or what it holds where it is text; no output is no text. `None` where it is no envelope of a platform: a file, or
/// the refusal of a gateway, which nobody signs.
fn answered_text(envelope: &Members<'_>) -> Option<String> {
    let code = envelope.text("infcode")?;
    if envelope.text("type").as_deref() == Some("error") {
        return None;
    }
    let output = match envelope.raw("output") {
        None | Some("null") => String::new(),
        Some(raw) if raw.starts_with('"') => json::plain(raw).unwrap_or_default().into_owned(),
        Some(raw) => raw.to_owned(),
    };
    let receipt = envelope.text("inf_refmsgid").unwrap_or_default();
    Some(format!("{code}{receipt}{output}"))
}

/// An answer with the platform's signature in `cainfo`, where the region signs answers; before it is sealed. What is no
/// envelope stays as it is.
pub fn signed_answer(form: &AnswerForm, key: &Key, answer: String) -> String {
    let Some(envelope) = Members::parse(&answer).ok().filter(|_| form.signed) else {
        return answer;
    };
    let Some(text) = answered_text(&envelope) else {
        return answer;
    };
    let signed: Signature = key.platform_signing().sign(text.as_bytes());
    let kept = |name: &str| !matches!(name, "cainfo" | "signtype");
    let written = envelope
        .iter()
        .filter(|(name, _)| kept(name))
        .fold(ObjectText::new(), |written, (name, raw)| {
            written.raw(name, raw)
        });
    let written = written.text("cainfo", &STANDARD.encode(signed.to_bytes()));
    written.text("signtype", "SM2").finish()
}

/// Whether an answer, opened, is signed by the platform of this key. Nothing is asked of what no platform signs: files,
/// and what is no envelope, which nobody takes for a platform's word.
pub fn is_signed_answer(key: &Key, answer: &str) -> bool {
    let envelope = Members::parse(answer.trim_start_matches('\u{feff}'));
    let Some((envelope, text)) = envelope.ok().and_then(|envelope| {
        let text = answered_text(&envelope)?;
        Some((envelope, text))
    }) else {
        return true;
    };
    let given = envelope.text("cainfo").unwrap_or_default();
    match &key.platform {
        None => verifies(key.platform_signing().verifying_key(), &text, &given),
        Some(public) => VerifyingKey::from_sec1_bytes(IDENTITY, public)
            .is_ok_and(|public| verifies(&public, &text, &given)),
    }
}

/// An answer with its output sealed, where the region does that. What is no envelope stays as it is.
pub fn sealed_answer(form: &AnswerForm, key: &Key, answer: String) -> String {
    let Some(envelope) = Members::parse(&answer).ok().filter(|_| form.output_sealed) else {
        return answer;
    };
    let written = envelope
        .iter()
        .fold(ObjectText::new(), |written, (name, raw)| match name {
            "output" if raw.starts_with(['{', '[']) => written.text(name, &sealed(key, raw)),
            "enctype" => written,
            name => written.raw(name, raw),
        });
    written.text("enctype", "SM4").finish()
}

/// An answer with its output opened; one that is not sealed with this key stays as it is.
pub fn opened_answer(key: &Key, answer: &str) -> Option<String> {
    let envelope = Members::parse(answer.trim_start_matches('\u{feff}')).ok()?;
    let output = envelope.text("output").filter(|_| {
        let raw = envelope.raw("output").unwrap_or_default();
        raw.starts_with('"') && envelope.text("enctype").as_deref() == Some("SM4")
    })?;
    let opened = unsealed(key, &output)?;
    // Only what is JSON can stand in the place of a member.
    Members::parse(&format!("{{\"output\":{opened}}}")).ok()?;
    let written = envelope
        .iter()
        .fold(ObjectText::new(), |written, (name, raw)| match name {
            "output" => written.raw(name, &opened),
            name => written.raw(name, raw),
        });
    Some(written.finish())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        unhex(text).unwrap()
    }

    /// GM/T 0004, annex A: the two examples of the standard.
    #[test]
    fn sm3_is_that_of_the_standard() {
        let abc = hex(&Sm3::digest("abc"));
        assert_eq!(
            abc,
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        let long = hex(&Sm3::digest("abcd".repeat(16)));
        assert_eq!(
            long,
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        );
    }

    /// GM/T 0002, annex A: one block under its own key, there and back.
    #[test]
    fn sm4_is_that_of_the_standard() {
        let plain = bytes("0123456789abcdeffedcba9876543210");
        let cipher = Sm4::new_from_slice(&plain).unwrap();
        let mut block = plain.clone();
        let one: &mut Block<Sm4> = block.as_mut_slice().try_into().unwrap();
        cipher.encrypt_block(one);
        assert_eq!(hex(&block), "681edf34d206965e86b3e94f536e4246");
        let one: &mut Block<Sm4> = block.as_mut_slice().try_into().unwrap();
        cipher.decrypt_block(one);
        assert_eq!(block, plain);
    }

    /// GM/T 0003.5, annex A: key, identity and signature of the standard's example on the recommended curve.
    #[test]
    fn sm2_is_that_of_the_standard() {
        let private = bytes("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
        let public = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
        let signing = SigningKey::from_slice(IDENTITY, &private).unwrap();
        assert_eq!(hex(&signing.verifying_key().to_sec1_bytes()), public);
        let verifying = VerifyingKey::from_sec1_bytes(IDENTITY, &bytes(public)).unwrap();
        let given = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
        let signature = Signature::from_slice(&bytes(given)).unwrap();
        assert!(verifying.verify(b"message digest", &signature).is_ok());
        assert!(verifying.verify(b"message digesT", &signature).is_err());
    }

    #[test]
    fn a_signature_is_read_in_every_form_and_holds_for_its_text_and_key_alone() {
        let (key, other) = (Key::new("a", "secret"), Key::new("a", "secret2"));
        let text = r#"{"data":{"psn_no":"1","名":"张"}}"#;
        let raw = signature(&key, text);
        let read = Signature::from_slice(&STANDARD.decode(&raw).unwrap()).unwrap();
        let der = read.to_der();
        let forms = [
            raw.clone(),
            hex(&read.to_bytes()),
            hex(&read.to_bytes()).to_ascii_uppercase(),
            STANDARD.encode(der.as_bytes()),
            hex(der.as_bytes()),
        ];
        for form in &forms {
            assert!(is_signature(&key, text, form), "{form}");
            assert!(!is_signature(&other, text, form), "{form}");
            assert!(!is_signature(&key, "{}", form), "{form}");
        }
        for junk in ["", "1", "AAAA", &raw[..80], &"0".repeat(128)] {
            assert!(!is_signature(&key, text, junk), "{junk}");
        }
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_alone() {
        let (key, other) = (Key::new("a", "secret"), Key::new("a", "secret2"));
        for length in [0, 1, 15, 16, 17, 400] {
            let text = format!("{{\"a\":\"{}\"}}", "宽".repeat(length));
            let closed = sealed(&key, &text);
            assert_eq!(unsealed(&key, &closed).as_deref(), Some(text.as_str()));
            assert_ne!(unsealed(&other, &closed).as_deref(), Some(text.as_str()));
        }
        for junk in ["", "AAAA", "no base64", "AAAAAAAAAAAAAAAAAAAAAA=="] {
            assert_eq!(unsealed(&key, junk), None, "{junk}");
        }
    }

    /// Whatever the outcome hangs on is covered, sealed or not; neither the institution's own key nor another signs it.
    #[test]
    fn an_answer_is_the_platform_s_word_or_nobody_s() {
        let (key, other) = (Key::new("a", "secret"), Key::new("a", "secret2"));
        let national = crosswipe_domain::Profile::default().answers;
        let answers = [
            r#"{"infcode":0,"inf_refmsgid":"R1","output":{"setlinfo":{"setl_id":"1"}},"cainfo":""}"#,
            r#"{"infcode":"0","inf_refmsgid":"R1","output":"{\"setlinfo\":{\"setl_id\":\"1\"}}"}"#,
            r#"{"infcode":-1,"inf_refmsgid":"R1","output":null,"err_msg":"no","signtype":null}"#,
        ];
        for answer in answers {
            let form = AnswerForm {
                signed: true,
                ..national
            };
            assert!(!is_signed_answer(&key, answer), "{answer}");
            let signed = signed_answer(&form, &key, answer.to_owned());
            assert!(is_signed_answer(&key, &signed), "{signed}");
            assert!(!is_signed_answer(&other, &signed), "{signed}");
            let changes = [
                ("\"1", "\"2"),
                ("R1", "R2"),
                ("\\\"1", "\\\"2"),
                ("-1", "0"),
            ];
            for (from, to) in changes {
                let changed = signed.replacen(from, to, 1);
                assert!(
                    changed == signed || !is_signed_answer(&key, &changed),
                    "{changed}"
                );
            }
            let envelope = Members::parse(&signed).unwrap();
            let own = signature(&key, &answered_text(&envelope).unwrap());
            let given = envelope.text("cainfo").unwrap().into_owned();
            assert!(!is_signed_answer(&key, &signed.replace(&given, &own)));
            let public = key.platform_public();
            for public in [&public[..], &public[2..]] {
                let told = other.clone().answered_by(public).unwrap();
                assert!(is_signed_answer(&told, &signed), "{public}");
            }
            let sealing = AnswerForm {
                output_sealed: true,
                ..form
            };
            let closed = sealed_answer(&sealing, &key, signed.clone());
            let opened = opened_answer(&key, &closed).unwrap_or(closed);
            assert!(is_signed_answer(&key, &opened), "{opened}");
            assert_eq!(signed_answer(&national, &key, answer.to_owned()), answer);
        }
        for unsigned in [r#"{"code":401,"message":"no"}"#, "<html>", "PK", ""] {
            assert!(is_signed_answer(&key, unsigned), "{unsigned}");
        }
        for junk in ["", "04", "zz", &"0".repeat(128)] {
            assert_eq!(key.clone().answered_by(junk), None, "{junk}");
        }
    }

    #[test]
    fn a_sealed_message_says_what_it_said() {
        let key = Key::new("a", "secret");
        let profile = crosswipe_domain::Profile::default();
        let request = r#"{"infno":"2207","cainfo":"","signtype":"","input":{"data":{"a":1.50}}}"#;
        for (input_as_text, signed) in [(false, true), (true, true), (true, false), (false, false)]
        {
            let form = EnvelopeForm {
                input_as_text,
                signed,
                ..profile.envelope.clone()
            };
            let text = sealed_request(&form, &key, request.to_owned());
            assert_eq!(text.contains(r#""input":"{"#), input_as_text, "{text}");
            assert_eq!(signs_its_input(&key, &text), signed, "{text}");
            let changed = text.replace("1.50", "1.51");
            assert!(!signs_its_input(&key, &changed), "{changed}");
            let read = crate::Request::parse(text.as_bytes()).unwrap();
            assert_eq!(
                read.node("data").unwrap().text("a").as_deref(),
                Some("1.50")
            );
        }
        let form = AnswerForm {
            output_sealed: true,
            ..profile.answers
        };
        let answer = r#"{"output":{"setlinfo":{"setl_id":"1"}},"infcode":0,"enctype":null}"#;
        let closed = sealed_answer(&form, &key, answer.to_owned());
        assert!(!closed.contains("setl_id") && closed.contains(r#""enctype":"SM4""#));
        let opened = opened_answer(&key, &closed).unwrap();
        let read = crate::Response::parse(opened.as_bytes()).unwrap();
        assert_eq!(
            read.node("setlinfo").unwrap().text("setl_id").as_deref(),
            Some("1")
        );
        assert_eq!(opened_answer(&Key::new("a", "b"), &closed), None);
        assert_eq!(opened_answer(&key, answer), None);
        let none = r#"{"output":null,"infcode":-1}"#;
        assert_eq!(
            opened_answer(&key, &sealed_answer(&form, &key, none.to_owned())),
            None
        );
    }
}
