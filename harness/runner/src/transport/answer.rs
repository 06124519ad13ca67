//! 收答 · Reads an answer within size, time and sense, whoever sends it.
//!
//! Why so: the platform under test is a stranger too. An answer that goes on without end, that announces two lengths,
//! or that is JSON which no party would write is given up while it arrives, long before it fills the memory; the
//! exchange is then of unknown outcome, like any other that brought no whole answer.
//! Called by [`Http`](super::Http). Not here: what a whole answer means (`wire::classify`, `evidence`).

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

use super::Lost;

/// 限度 · How much of an answer is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Bytes in all.
    bytes: usize,
    /// Bytes of text that is no JSON, e.g. a gateway's page.
    no_json: usize,
    /// Members of one object or elements of one list.
    members: usize,
    /// Bytes of one text.
    text: usize,
    /// While a body comes: this many more bytes within [`PROGRESS_TIME`].
    progress: usize,
}

impl Bounds {
    /// The answer to a message; the deadline of the exchange bounds its time.
    pub(super) const MESSAGE: Bounds = Bounds {
        bytes: 8 << 20,
        no_json: 256 << 10,
        members: 10_000,
        text: 1 << 20,
        progress: 0,
    };
    /// Books; those of a long run are large.
    pub(super) const BOOKS: Bounds = Bounds {
        bytes: 256 << 20,
        no_json: 256 << 10,
        members: usize::MAX,
        text: 8 << 20,
        progress: 4 << 10,
    };
}

/// Books that come this slowly do not come.
const PROGRESS_TIME: Duration = Duration::from_secs(8);
/// As deep as messages are read.
const MAX_DEPTH: usize = 64;
/// Longest number or word outside texts; blanks in a row.
const MAX_SCALAR: usize = 64;
const MAX_BLANKS: usize = 4 << 10;

/// The whole body.
///
/// # Errors
/// [`Lost::Broken`] where it broke off, [`Lost::Beyond`] where it was given up, [`Lost::Timeout`] where it stood still.
pub(super) async fn read(response: Response<Incoming>, bounds: Bounds) -> Result<Bytes, Lost> {
    let heads = response.headers();
    if heads.contains_key(TRANSFER_ENCODING) && heads.contains_key(CONTENT_LENGTH) {
        return Err(Lost::Beyond("two lengths announced".to_owned()));
    }
    let mut body = response.into_body();
    if body.size_hint().lower() > bounds.bytes as u64 {
        return Err(too_long(&bounds));
    }
    let mut reading = Reading::new(bounds);
    loop {
        let goal = reading.whole.len() + bounds.progress.max(1);
        let part = async {
            while reading.whole.len() < goal {
                match body.frame().await {
                    None => return Ok(true),
                    Some(Err(error)) => return Err(Lost::Broken(error.to_string())),
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data() {
                            reading.take(&data)?;
                        }
                    }
                }
            }
            Ok(false)
        };
        match tokio::time::timeout(PROGRESS_TIME, part).await {
            Ok(ended) => {
                if ended? {
                    return Ok(reading.whole.freeze());
                }
            }
            Err(_) => return Err(Lost::Timeout(PROGRESS_TIME.as_secs() * 1_000)),
        }
    }
}

fn too_long(bounds: &Bounds) -> Lost {
    Lost::Beyond(format!("more than {} MiB", bounds.bytes >> 20))
}

/// 在读 · What has come so far, and what it looks like.
struct Reading {
    bounds: Bounds,
    whole: BytesMut,
    /// Members begun in each open container.
    open: Vec<usize>,
    /// `None` before the first byte that is no blank.
    is_json: Option<bool>,
    in_text: bool,
    escaped: bool,
    /// Bytes of the text, number or run of blanks under way.
    run: usize,
    blank: bool,
}

impl Reading {
    fn new(bounds: Bounds) -> Reading {
        Reading {
            bounds,
            whole: BytesMut::new(),
            open: Vec::new(),
            is_json: None,
            in_text: false,
            escaped: false,
            run: 0,
            blank: false,
        }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Lost> {
        if self.whole.len() + data.len() > self.bounds.bytes {
            return Err(too_long(&self.bounds));
        }
        for &byte in data {
            let senseless = match self.is_json {
                Some(false) => None,
                None => self.first(byte),
                Some(true) => self.next(byte),
            };
            if let Some(why) = senseless {
                return Err(Lost::Beyond(why.to_owned()));
            }
        }
        self.whole.extend_from_slice(data);
        if self.is_json != Some(true) && self.whole.len() > self.bounds.no_json {
            return Err(Lost::Beyond("long, and no JSON".to_owned()));
        }
        Ok(())
    }

    fn first(&mut self, byte: u8) -> Option<&'static str> {
        match byte {
            // Blanks and the byte order mark.
            b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf => None,
            b'{' | b'[' => {
                self.is_json = Some(true);
                self.next(byte)
            }
            _ => {
                self.is_json = Some(false);
                None
            }
        }
    }

    /// One more byte of JSON; what no party would write, in words.
    fn next(&mut self, byte: u8) -> Option<&'static str> {
        if self.in_text {
            self.run += 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => (self.in_text, self.run) = (false, 0),
                _ => {}
            }
            return (self.run > self.bounds.text).then_some("a text without end");
        }
        let blank = byte.is_ascii_whitespace();
        if blank != self.blank {
            (self.blank, self.run) = (blank, 0);
        }
        self.run += 1;
        match byte {
            b'"' => (self.in_text, self.run) = (true, 0),
            b'{' | b'[' => {
                self.open.push(1);
                self.run = 0;
                return (self.open.len() > MAX_DEPTH).then_some("nested deeper than 64 levels");
            }
            b'}' | b']' => {
                self.open.pop();
                self.run = 0;
            }
            b',' => {
                self.run = 0;
                let members = self.open.last_mut()?;
                *members += 1;
                return (*members > self.bounds.members).then_some("more than 10 000 members");
            }
            b':' => self.run = 0,
            _ if blank => return (self.run > MAX_BLANKS).then_some("blanks without end"),
            _ => return (self.run > MAX_SCALAR).then_some("a number without end"),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// What is said of an answer, and after how many bytes; in pieces, as networks bring them.
    fn read_whole(bounds: Bounds, piece: &[u8], times: usize) -> (Option<Lost>, usize) {
        let mut reading = Reading::new(bounds);
        for _ in 0..times {
            if let Err(lost) = reading.take(piece) {
                return (Some(lost), reading.whole.len());
            }
        }
        (None, reading.whole.len())
    }

    #[rstest]
    #[case::depth(r#"{"a":"#, "64 levels", 400)]
    #[case::lists("[", "64 levels", 100)]
    #[case::numbers("[1", "64 levels", 200)]
    #[case::members(r#"{"a":1,"b":2,"#, "64 levels", 1_000)]
    #[case::page("<p>busy</p>", "no JSON", 300_000)]
    #[case::blanks("    ", "no JSON", 300_000)]
    fn an_answer_without_end_is_given_up_early(
        #[case] piece: &str,
        #[case] why: &str,
        #[case] within: usize,
    ) {
        for bounds in [Bounds::MESSAGE, Bounds::BOOKS] {
            let (lost, read) = read_whole(bounds, piece.as_bytes(), 1_000_000);
            let said = lost.unwrap().to_string();
            assert!(said.contains(why) && read < within, "{said} after {read}");
        }
    }

    #[rstest]
    #[case::text(r#"{"a":""#, "x", "text", 1 << 20)]
    #[case::escapes(r#"{"a":""#, "\\\"", "text", 1 << 20)]
    #[case::members("{", r#""k":1,"#, "members", 70_000)]
    #[case::elements(r#"{"k":["#, "1,", "members", 30_000)]
    #[case::digits(r#"{"k":"#, "9", "number", 100)]
    #[case::blanks("{", " \n", "blanks", 5_000)]
    fn a_part_without_end_is_given_up_early(
        #[case] start: &str,
        #[case] piece: &str,
        #[case] why: &str,
        #[case] within: usize,
    ) {
        let mut reading = Reading::new(Bounds::MESSAGE);
        reading.take(start.as_bytes()).unwrap();
        let lost = (0..10_000_000).find_map(|_| reading.take(piece.as_bytes()).err());
        let said = lost.unwrap().to_string();
        assert!(said.contains(why), "{said}");
        assert!(
            reading.whole.len() <= within + 10,
            "{}",
            reading.whole.len()
        );
    }

    #[test]
    fn what_parties_write_is_read_whole() {
        let line = format!(
            r#"{{"k":"{}", "n":-12.50, "l":[[1],{{"x":null}}]}},"#,
            "宽\\\"".repeat(900)
        );
        let whole = format!("\u{feff} [\n    {}{{}}]\n", line.repeat(9_000));
        assert_eq!(
            read_whole(Bounds::BOOKS, whole.as_bytes(), 1),
            (None, whole.len())
        );
        let message = format!("[{}{{}}]", line.repeat(800));
        for size in [1, 5, 1_000] {
            let mut reading = Reading::new(Bounds::MESSAGE);
            message
                .as_bytes()
                .chunks(size)
                .for_each(|piece| reading.take(piece).unwrap());
            assert!(reading.open.is_empty() && !reading.in_text);
        }
        assert_eq!(
            read_whole(Bounds::MESSAGE, b"<html>busy</html>", 1),
            (None, 17)
        );
    }

    #[test]
    fn sense_alone_does_not_make_an_answer_short() {
        let item = format!(r#"[{{"k":"{}"}}],"#, "x".repeat(100_000));
        let mut reading = Reading::new(Bounds::MESSAGE);
        reading.take(b"[").unwrap();
        let lost = (0..100).find_map(|_| reading.take(item.as_bytes()).err());
        assert_eq!(lost, Some(too_long(&Bounds::MESSAGE)));
        assert_eq!(reading.whole.len() >> 20, 7);
    }
}
