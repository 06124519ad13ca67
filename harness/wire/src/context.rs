//! 运行上下文 · The header by which a message carries run, epoch and business time to parties that declare it.
//!
//! Why so: parties in other processes follow the simulated clock, and refuse a process of an older
//! epoch. A real platform never sees this header. Written by `runner`, read by the mocks' shells.

use crosswipe_domain::{BadMoment, Moment};

/// Name of the header.
pub const NAME: &str = "x-crosswipe";

/// 运行上下文 · Which run a message belongs to, and what time it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The run.
    pub run: String,
    /// Epoch of the process.
    pub epoch: u64,
    /// Business time, where the clock is not real time.
    pub now: Option<Moment>,
}

/// A header that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadContext {
    /// A part that must be there is not.
    #[error("`{NAME}` has no `{0}`")]
    Missing(&'static str),
    /// The epoch is no whole number.
    #[error("the epoch `{0}` of `{NAME}` is no whole number")]
    Epoch(String),
    /// The instant cannot be read.
    #[error("`{NAME}`: {0}")]
    Now(#[from] BadMoment),
    /// A `%` without two hex digits, or bytes that are no UTF-8.
    #[error("the run of `{NAME}` is badly encoded")]
    Encoding,
}

impl Context {
    /// `run=…;epoch=3;now=2017-06-02T09:00:00.000+08:00`; odd characters of the run as `%XX`.
    pub fn to_text(&self) -> String {
        let mut text = format!("run={};epoch={}", escape(&self.run), self.epoch);
        if let Some(now) = self.now {
            text.push_str(&format!(";now={now}"));
        }
        text
    }

    /// Reads what [`to_text`](Self::to_text) wrote; unknown parts are ignored.
    ///
    /// # Errors
    /// A missing run or epoch, or a part that cannot be read.
    pub fn parse(text: &str) -> Result<Context, BadContext> {
        let part = |name: &str| {
            text.split(';').find_map(|part| {
                part.trim()
                    .split_once('=')
                    .filter(|(key, _)| *key == name)
                    .map(|(_, value)| value)
            })
        };
        let run = unescape(part("run").ok_or(BadContext::Missing("run"))?)?;
        let epoch = part("epoch").ok_or(BadContext::Missing("epoch"))?;
        let epoch = epoch
            .parse()
            .map_err(|_| BadContext::Epoch(epoch.to_owned()))?;
        Ok(Context {
            run,
            epoch,
            now: part("now").map(Moment::parse).transpose()?,
        })
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b':' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn unescape(text: &str) -> Result<String, BadContext> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = bytes
                .get(at + 1..at + 3)
                .and_then(|digits| std::str::from_utf8(digits).ok())
                .ok_or(BadContext::Encoding)?;
            out.push(u8::from_str_radix(digits, 16).map_err(|_| BadContext::Encoding)?);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).map_err(|_| BadContext::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    proptest! {
        #[test]
        fn every_context_survives_its_header(run in "\\PC{1,40}", epoch: u64, ms in proptest::option::of(0i64..4_000_000_000_000)) {
            let context = Context { run, epoch, now: ms.map(Moment::from_epoch_ms) };
            let text = context.to_text();
            prop_assert!(text.bytes().all(|b| (0x21..0x7f).contains(&b)), "a header is visible ASCII: {}", text);
            prop_assert_eq!(Context::parse(&text), Ok(context));
        }

        #[test]
        fn no_header_makes_it_panic(text in "\\PC{0,60}") {
            let _ = Context::parse(&text);
        }
    }

    #[rstest]
    #[case("epoch=1", BadContext::Missing("run"))]
    #[case("run=a", BadContext::Missing("epoch"))]
    #[case("run=a;epoch=-1", BadContext::Epoch("-1".into()))]
    #[case("run=%4;epoch=1", BadContext::Encoding)]
    #[case("run=a;epoch=1;now=noon", BadContext::Now(BadMoment { text: "noon".into() }))]
    fn a_broken_header_says_what_is_wrong(#[case] text: &str, #[case] error: BadContext) {
        assert_eq!(Context::parse(text), Err(error));
    }
}
