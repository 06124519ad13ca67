//! 拆开 · Books as text, taken apart one level deep: the members of the one object, the rows of its log.
//!
//! Why so: most of what a party shows is a log that it showed before. serde_json checks each byte of what it is to hand
//! over raw; here only quotes and brackets are followed, and a row that is known is stepped over whole. Each part is read
//! by serde_json afterwards, so parts that are no JSON are found then; whatever is written otherwise than without blanks
//! and with each member once is left to serde_json from the start. Called by `shown`. Not here: what the parts hold.

use std::collections::BTreeMap;

/// The members of the one object in `text`, as they are written, and the elements of that which is called `list`.
pub(super) fn apart<'a, 'k>(
    text: &'a str,
    list: &str,
    known: impl Fn(usize) -> Option<&'k str>,
) -> Option<(BTreeMap<&'a str, &'a str>, Vec<&'a str>)> {
    let mut apart = Apart { text, at: 0 };
    let (mut members, mut elements) = (BTreeMap::new(), None);
    apart.take(b'{')?;
    loop {
        let name = apart.name()?;
        let start = apart.at;
        if name == list {
            elements = Some(apart.elements(&known)?);
        } else {
            apart.value()?;
        }
        if members.insert(name, &text[start..apart.at]).is_some() {
            return None;
        }
        if apart.take(b',').is_none() {
            apart.take(b'}')?;
            break;
        }
    }
    (apart.at == text.len()).then_some((members, elements?))
}

/// 逐层 · Where somebody who takes a text apart stands.
struct Apart<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Apart<'a> {
    /// Takes one byte of structure.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.text.as_bytes().get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    /// The name of a member and the colon behind it; names with escapes are none of ours.
    fn name(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let rest = &self.text[self.at..];
        let name = &rest[..rest.find('"')?];
        self.at += name.len() + 1;
        self.take(b':')?;
        (!name.contains('\\')).then_some(name)
    }

    /// One value, whatever it is.
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        loop {
            match bytes.get(self.at)? {
                b'"' => self.at = string_end(bytes, self.at + 1)?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ if depth == 0 => {
                    let rest = &bytes[self.at..];
                    let length = rest.iter().position(|byte| b",]}".contains(byte))?;
                    self.at += length.checked_sub(1)?;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                // A part may not end within a character; what begins with one is no JSON anyway.
                return self.text.get(start..self.at);
            }
        }
    }

    /// The elements of a list; `known` says of the nth which text it probably is.
    fn elements<'k>(&mut self, known: impl Fn(usize) -> Option<&'k str>) -> Option<Vec<&'a str>> {
        self.take(b'[')?;
        let mut elements = Vec::new();
        if self.take(b']').is_some() {
            return Some(elements);
        }
        loop {
            let element = match known(elements.len()) {
                Some(known) if self.is_next(known) => {
                    let start = self.at;
                    self.at += known.len();
                    &self.text[start..self.at]
                }
                _ => self.value()?,
            };
            elements.push(element);
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(elements);
            }
        }
    }

    /// Whether a whole value that was read before stands here as an element. It is not empty, and what follows shows that
    /// it ends here.
    fn is_next(&self, known: &str) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        rest.starts_with(known.as_bytes()) && matches!(rest.get(known.len()), Some(b',' | b']'))
    }
}

/// Offset of the quote that ends a text whose inside begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
