//! 窗口读取 · Cuts a JSON document of any size into its parts without holding it.
//!
//! Why so: an export of a city has gigabytes, of which one row at a time is of interest and the log none.
//! The scanner only knows where a value ends; what stands in it is parsed by `export`, from the bytes of
//! one element. An element larger than [`MOST`] is refused, so memory stays bounded whatever comes.

use std::io::{self, Read};

/// Bytes read at a time.
const CHUNK: usize = 1 << 18;
/// Largest element.
const MOST: usize = 8 << 20;

/// What is wrong with a document, and at which byte.
#[derive(Debug)]
pub(crate) enum Cut {
    /// The system could not read.
    Io(io::Error),
    /// It is no JSON of the expected shape from this byte on.
    Shape { at: u64, what: &'static str },
}

impl From<io::Error> for Cut {
    fn from(error: io::Error) -> Cut {
        Cut::Io(error)
    }
}

/// A reader with a window of bytes that moves over it.
pub(crate) struct Window<R> {
    from: R,
    bytes: Vec<u8>,
    /// First byte not yet used.
    begin: usize,
    /// Byte of the document at `bytes[0]`.
    base: u64,
    ended: bool,
}

impl<R: Read> Window<R> {
    /// A window at the first byte of the reader, which is byte `base` of its file.
    pub(crate) fn new(from: R, base: u64) -> Window<R> {
        Window {
            from,
            bytes: Vec::with_capacity(2 * CHUNK),
            begin: 0,
            base,
            ended: false,
        }
    }

    /// Byte of the document that comes next.
    pub(crate) fn at(&self) -> u64 {
        self.base + self.begin as u64
    }

    fn shape(&self, what: &'static str) -> Cut {
        Cut::Shape {
            at: self.at(),
            what,
        }
    }

    /// Reads more; false at the end of the document.
    fn fill(&mut self) -> Result<bool, Cut> {
        if self.ended {
            return Ok(false);
        }
        if self.begin > 0 {
            self.bytes.drain(..self.begin);
            self.base += self.begin as u64;
            self.begin = 0;
        }
        if self.bytes.len() > MOST {
            return Err(self.shape("one element is larger than 8 MiB"));
        }
        let old = self.bytes.len();
        self.bytes.resize(old + CHUNK, 0);
        let read = loop {
            match self.from.read(&mut self.bytes[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.bytes.truncate(old + read);
        self.ended = read == 0;
        Ok(read > 0)
    }

    /// The next byte that is no blank, not used up.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, Cut> {
        loop {
            let rest = &self.bytes[self.begin..];
            if let Some(blanks) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) {
                self.begin += blanks;
                return Ok(Some(self.bytes[self.begin]));
            }
            self.begin = self.bytes.len();
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Uses up one expected byte.
    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Cut> {
        match self.peek()? {
            Some(next) if next == byte => {
                self.begin += 1;
                Ok(())
            }
            Some(_) => Err(self.shape(what)),
            None => Err(self.shape("the file ends too early")),
        }
    }

    /// Uses up a byte where it comes next.
    pub(crate) fn take(&mut self, byte: u8) -> Result<bool, Cut> {
        let comes = self.peek()? == Some(byte);
        self.begin += usize::from(comes);
        Ok(comes)
    }

    /// The next value whole: its first byte and its bytes.
    pub(crate) fn value(&mut self) -> Result<(u64, &[u8]), Cut> {
        if self.peek()?.is_none() {
            return Err(self.shape("the file ends too early"));
        }
        let mut scan = Scan::default();
        loop {
            if let Some(end) = scan.end(&self.bytes[self.begin..]) {
                let (at, begin) = (self.at(), self.begin);
                self.begin += end;
                return Ok((at, &self.bytes[begin..begin + end]));
            }
            let used = self.begin;
            if !self.fill()? {
                // A number at the very end of the text has no byte behind it.
                let (at, begin) = (self.at(), self.begin);
                if scan.depth == 0 && !scan.in_text && self.bytes.len() > begin {
                    self.begin = self.bytes.len();
                    return Ok((at, &self.bytes[begin..]));
                }
                return Err(self.shape("the file ends too early"));
            }
            debug_assert!(used >= self.begin);
        }
    }

    /// Skips the next value without keeping it.
    pub(crate) fn skip(&mut self) -> Result<(), Cut> {
        if self.peek()?.is_none() {
            return Err(self.shape("the file ends too early"));
        }
        let mut scan = Scan::default();
        loop {
            if let Some(end) = scan.end(&self.bytes[self.begin..]) {
                self.begin += end;
                return Ok(());
            }
            self.begin = self.bytes.len();
            scan.looked = 0;
            if !self.fill()? {
                return if scan.depth == 0 && !scan.in_text {
                    Ok(())
                } else {
                    Err(self.shape("the file ends too early"))
                };
            }
        }
    }
}

/// Where a value ends; goes on where it stopped when more bytes come.
#[derive(Default)]
struct Scan {
    depth: u32,
    in_text: bool,
    escaped: bool,
    begun: bool,
    looked: usize,
}

impl Scan {
    /// Length of the value that begins at the first byte, or `None` where more bytes are needed.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = self.looked;
        while at < bytes.len() {
            let byte = bytes[at];
            if self.in_text {
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.in_text = false;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
            } else {
                match byte {
                    b'"' => self.in_text = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        if self.depth == 0 {
                            // The end of what holds a bare value.
                            return Some(at);
                        }
                        self.depth -= 1;
                        if self.depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    b',' if self.depth == 0 && self.begun => return Some(at),
                    b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 && self.begun => {
                        return Some(at);
                    }
                    _ => {}
                }
            }
            self.begun = true;
            at += 1;
        }
        self.looked = at;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time, so that every value is cut everywhere.
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(1);
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn values_are_cut_out_wherever_the_bytes_were_torn() {
        let text = r#" {"a": [1, "x]\"}", {"b": {}}], "log": [[{"c":"}"}]], "n": -12.5 } "#;
        let mut window = Window::new(Drip(text.as_bytes()), 0);
        window.expect(b'{', "object").unwrap();
        assert_eq!(window.value().unwrap().1, br#""a""#);
        window.expect(b':', "colon").unwrap();
        window.expect(b'[', "list").unwrap();
        assert_eq!(window.value().unwrap().1, b"1");
        assert!(window.take(b',').unwrap());
        let (at, value) = window.value().unwrap();
        assert_eq!(
            (&text[at as usize..][..2], value),
            ("\"x", br#""x]\"}""#.as_slice())
        );
        assert!(window.take(b',').unwrap());
        assert_eq!(window.value().unwrap().1, br#"{"b": {}}"#);
        window.expect(b']', "end").unwrap();
        window.expect(b',', "comma").unwrap();
        window.value().unwrap();
        window.expect(b':', "colon").unwrap();
        window.skip().unwrap();
        window.expect(b',', "comma").unwrap();
        window.value().unwrap();
        window.expect(b':', "colon").unwrap();
        assert_eq!(window.value().unwrap().1, b"-12.5");
        window.expect(b'}', "end").unwrap();
        assert_eq!(window.peek().unwrap(), None);
    }

    #[test]
    fn a_document_that_ends_inside_a_value_says_so() {
        for text in [r#"{"a"#, "[1,2", r#"{"a":"#] {
            let mut window = Window::new(text.as_bytes(), 0);
            assert!(matches!(window.value(), Err(Cut::Shape { .. })), "{text}");
            let mut window = Window::new(text.as_bytes(), 0);
            assert!(matches!(window.skip(), Err(Cut::Shape { .. })), "{text}");
        }
    }
}
