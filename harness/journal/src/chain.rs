//! 链 · How a record is bound to the one before it.
//!
//! Why so: one changed byte of a record changes its hash, and the hash of every later record. The
//! frame is a row of netstrings (`<length>:<bytes>,`), so that no two different records share one
//! frame, and a reviewer can redo it in any language.
//! Used by the writer (`clerk`) and by the reader (`walk`).

use crosswipe_domain::sha256_hex;

/// What stands in `prev_sha256` of record 0.
pub(crate) const BEFORE_THE_FIRST: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// The columns that a hash covers, in this order.
#[derive(Clone, Copy)]
pub(crate) struct Link<'a> {
    pub(crate) seq: u64,
    pub(crate) epoch: u64,
    pub(crate) at: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) prev_sha256: &'a str,
}

impl Link<'_> {
    /// SHA-256 of the netstrings of `seq`, `epoch`, `at`, `kind`, `payload`, `prev_sha256`; numbers in decimal.
    pub(crate) fn sha256(&self) -> String {
        let mut frame = String::with_capacity(self.payload.len() + 192);
        for field in [
            &self.seq.to_string(),
            &self.epoch.to_string(),
            self.at,
            self.kind,
            self.payload,
            self.prev_sha256,
        ] {
            frame.push_str(&field.len().to_string());
            frame.push(':');
            frame.push_str(field);
            frame.push(',');
        }
        sha256_hex(frame.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const LINK: Link<'_> = Link {
        seq: 12,
        epoch: 1,
        at: "t",
        kind: "NOTE",
        payload: "{}",
        prev_sha256: BEFORE_THE_FIRST,
    };

    #[test]
    fn a_reviewer_can_redo_the_hash_by_hand() {
        let by_hand = format!("2:12,1:1,1:t,4:NOTE,2:{{}},64:{BEFORE_THE_FIRST},");
        assert_eq!(LINK.sha256(), sha256_hex(by_hand.as_bytes()));
    }

    #[rstest]
    #[case::number(Link { seq: 13, ..LINK })]
    #[case::epoch(Link { epoch: 2, ..LINK })]
    #[case::time(Link { at: "u", ..LINK })]
    #[case::kind(Link { kind: "CERT", ..LINK })]
    #[case::payload(Link { payload: "{ }", ..LINK })]
    #[case::before(Link { prev_sha256: "", ..LINK })]
    #[case::a_byte_moved_from_one_column_to_the_next(Link { kind: "NOTE{", payload: "}", ..LINK })]
    #[case::digits_moved_between_the_numbers(Link { seq: 1, epoch: 21, ..LINK })]
    fn any_other_record_has_another_hash(#[case] other: Link<'_>) {
        assert_ne!(other.sha256(), LINK.sha256());
    }
}
