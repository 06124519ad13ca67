//! 说方言 · Puts a message into the dialect of the platform that it goes to, and takes its answer out of it.
//!
//! Why here: whoever composes a message and whoever journals it know the interface alone; path, headers, signature,
//! encoding and seal are put on right before the first byte leaves, and taken off right after the last one came. So keys
//! are known to this file alone and stand in no record. Called by [`Http`](super::Http). Not here: how a dialect is signed
//! (`wire::gateway`), what an answer means (`wire::classify`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use crosswipe_domain::{Encoding, Moment, Profile};
use crosswipe_wire::Request;
use crosswipe_wire::gateway::{
    Key, Outbound, address, is_signed_answer, opened_answer, sealed_request, sign,
};

/// 说方言 · How one party is spoken to, and with which key.
pub struct Speech {
    profile: Arc<Profile>,
    key: Key,
    /// What is used for no second message, whatever many processes send to one platform.
    salt: [u8; 8],
    sent: AtomicU64,
}

/// 装好的报文 · A message as its bytes leave.
pub(super) struct Dressed {
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl std::fmt::Debug for Speech {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Speech({}, {:?})", self.profile.id, self.key)
    }
}

impl Speech {
    /// Speaks to a platform as its profile says; `salt` is drawn anew by each process.
    pub fn new(profile: Arc<Profile>, key: Key, salt: [u8; 8]) -> Speech {
        Speech {
            profile,
            key,
            salt,
            sent: AtomicU64::new(0),
        }
    }

    /// The message in its dialect; as it stands where it is none.
    pub(super) fn dressed(&self, message: &str, at: Moment) -> Dressed {
        let gateway = &self.profile.gateway;
        let infno = Request::parse(message.as_bytes()).map(|request| request.infno);
        let text = sealed_request(&self.profile.envelope, &self.key, message.to_owned());
        let (body, charset) = match gateway.encoding {
            Encoding::Utf8 => (text.into_bytes(), "utf-8"),
            // GB18030 is GBK wherever GBK has the character, and never a question mark.
            Encoding::Gbk => (encoding_rs::GB18030.encode(&text).0.into_owned(), "GBK"),
        };
        let kind = format!("application/json;charset={charset}");
        let mut headers = vec![("content-type", kind)];
        let mut path = "/".to_owned();
        if let Ok(infno) = infno {
            let nonce = self.nonce();
            let out = Outbound {
                infno: &infno,
                at,
                nonce: &nonce,
                body: &body,
            };
            headers.extend(sign(gateway.dialect, &self.key, &out));
            // A service that the platform has no path for goes where its number is read from the message.
            path = address(&gateway.path, &infno).unwrap_or(path);
        }
        Dressed {
            path,
            headers,
            body: Bytes::from(body),
        }
    }

    /// The answer in plain UTF-8; what cannot be read so is left to whoever classifies it.
    pub(super) fn plain(&self, answer: Bytes) -> Bytes {
        let text = match std::str::from_utf8(&answer) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                let (text, _, broken) = encoding_rs::GB18030.decode(&answer);
                if broken || answer.starts_with(b"PK") {
                    return answer;
                }
                text.into_owned()
            }
        };
        match opened_answer(&self.key, &text) {
            Some(opened) => Bytes::from(opened),
            None if text.as_bytes() == &answer[..] => answer,
            None => Bytes::from(text),
        }
    }

    /// 验签 · Whether a plain answer may be believed: signed by the platform, where the region signs answers.
    pub(super) fn trusts(&self, answer: &Bytes) -> bool {
        let signed = self.profile.answers.signed;
        // Bytes that are no text are a file, or nothing that anybody takes for a platform's word.
        let text = std::str::from_utf8(answer);
        !signed || text.map_or(true, |text| is_signed_answer(&self.key, text))
    }

    /// 32 hex digits that were never used before.
    fn nonce(&self) -> String {
        let count = self.sent.fetch_add(1, Ordering::Relaxed);
        let salt = u64::from_be_bytes(self.salt);
        format!("{salt:016x}{count:016x}")
    }
}

#[cfg(test)]
mod tests {
    use crosswipe_wire::gateway::signed_answer;

    use super::*;

    /// A message with a character that is one byte nowhere, and one that GBK lacks.
    const MESSAGE: &str = r#"{"infno":"1101","input":{"data":{"psn_name":"测试𠮷"}}}"#;

    fn speech(encoding: Encoding) -> Speech {
        let mut profile = Profile::default();
        profile.gateway.encoding = encoding;
        let key = Key::new("k", "s");
        Speech::new(Arc::new(profile), key, [0; 8])
    }

    fn dressed(encoding: Encoding) -> (Bytes, String) {
        let at = Moment::parse("2030-03-02T13:00+08:00").unwrap();
        let said = speech(encoding).dressed(MESSAGE, at);
        let kind = said
            .headers
            .into_iter()
            .find(|(name, _)| *name == "content-type");
        (said.body, kind.unwrap().1)
    }

    #[test]
    fn text_leaves_in_the_encoding_of_the_gateway_and_loses_no_character() {
        let (plain, kind) = dressed(Encoding::Utf8);
        assert_eq!(
            (&plain[..], kind.ends_with("utf-8")),
            (MESSAGE.as_bytes(), true)
        );
        let (gbk, kind) = dressed(Encoding::Gbk);
        assert!(kind.ends_with("GBK") && std::str::from_utf8(&gbk).is_err());
        assert!(!gbk.contains(&b'?'));
        assert_eq!(encoding_rs::GB18030.decode(&gbk).0, MESSAGE);
    }

    /// Who signs answers is believed when the signature holds, and only then; who does not is believed as before.
    #[test]
    fn an_answer_that_nobody_signed_is_not_believed_where_answers_are_signed() {
        let answer = r#"{"infcode":0,"inf_refmsgid":"R","output":{"a":"测"}}"#;
        let mut profile = Profile::default();
        for signs in [false, true] {
            profile.answers.signed = signs;
            let key = Key::new("k", "s");
            let signed = signed_answer(&profile.answers, &key, answer.to_owned());
            let speech = Speech::new(Arc::new(profile.clone()), key, [0; 8]);
            let (gbk, ..) = encoding_rs::GB18030.encode(&signed);
            let plain = speech.plain(Bytes::from(gbk.into_owned()));
            assert!(speech.trusts(&plain));
            assert!(speech.trusts(&Bytes::from_static(b"{\"code\":401}")));
            assert_eq!(speech.trusts(&Bytes::from(answer)), !signs);
            let bent = signed.replace("\"infcode\":0", "\"infcode\":-1");
            assert_eq!(speech.trusts(&Bytes::from(bent)), !signs);
        }
    }

    #[test]
    fn an_answer_is_read_in_either_encoding() {
        let (gbk, _) = dressed(Encoding::Gbk);
        for encoding in [Encoding::Utf8, Encoding::Gbk] {
            assert_eq!(speech(encoding).plain(gbk.clone()), MESSAGE.as_bytes());
        }
    }
}
