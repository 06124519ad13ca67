//! 变异 · Bends bytes: bits, ranges, numbers, words of the format, pieces of other inputs. The same seed, the same bytes.

/// Longest input that is tried; what is larger is another test's affair.
const LONGEST: usize = 256 << 10;
/// Numbers at which arithmetic goes wrong.
const NUMBERS: [&str; 20] = [
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "0.005",
    "0.01",
    "99999999999999.99",
    "99999999999999999999",
    "1e999",
    "1E-5",
    "1e15",
    "9223372036854775807",
    "-9223372036854775808",
    "9007199254740993",
    "4294967296",
    "65536",
    "256",
    "00000000000000007",
    "18446744073709551615",
];
const BYTES: [u8; 12] = [
    0, 9, 10, 13, 0x1f, b'"', b'\\', b'{', 0x7f, 0x80, 0xc3, 0xff,
];

/// 变异器
pub(crate) struct Mutator {
    dice: u64,
    words: &'static [&'static str],
}

impl Mutator {
    /// `words` are what the format is made of.
    pub(crate) fn new(seed: u64, words: &'static [&'static str]) -> Mutator {
        Mutator {
            dice: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d,
            words,
        }
    }

    fn throw(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 … `bound` − 1; 0 for nothing.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        match bound {
            0 => 0,
            _ => (self.throw() % bound as u64) as usize,
        }
    }

    /// One of the inputs, bent once or a few times.
    pub(crate) fn bent(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.below(4) {
            self.bend(&mut bytes, inputs);
            bytes.truncate(LONGEST);
        }
        bytes
    }

    fn range(&mut self, length: usize, most: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..(start + 1 + self.below(most)).min(length).max(start)
    }

    fn bend(&mut self, bytes: &mut Vec<u8>, inputs: &[Vec<u8>]) {
        let length = bytes.len();
        let at = self.below(length.max(1)).min(length);
        match self.below(11) {
            0 if length > 0 => bytes[at] ^= 1 << self.below(8),
            1 if length > 0 => bytes[at] = BYTES[self.below(BYTES.len())],
            2 => drop(bytes.drain(self.range(length, 40))),
            3 => {
                let piece = bytes[self.range(length, 60)].to_vec();
                bytes.splice(at..at, piece);
            }
            4 | 5 if !self.words.is_empty() => {
                let word = self.words[self.below(self.words.len())];
                let end = match self.below(2) {
                    0 => at,
                    _ => (at + word.len()).min(length),
                };
                bytes.splice(at..end, word.bytes());
            }
            6 => {
                let other = &inputs[self.below(inputs.len())];
                let piece = other[self.range(other.len(), 400)].to_vec();
                let end = self.range(length, 400).end.max(at);
                bytes.splice(at..end, piece);
            }
            7 | 8 => self.other_number(bytes, at),
            9 if self.below(8) == 0 => bytes.truncate(at),
            10 => {
                let piece = bytes[self.range(length, 12)].to_vec();
                let times = self.below(700);
                bytes.splice(at..at, piece.repeat(times));
            }
            _ => {}
        }
    }

    /// The number behind a place, replaced by one that is not like it.
    fn other_number(&mut self, bytes: &mut Vec<u8>, from: usize) {
        let digit = |byte: &u8| byte.is_ascii_digit();
        let Some(start) = bytes[from..].iter().position(digit).map(|at| from + at) else {
            return;
        };
        let end = bytes[start..]
            .iter()
            .position(|byte| !digit(byte) && *byte != b'.');
        let end = end.map_or(bytes.len(), |at| start + at);
        let number = NUMBERS[self.below(NUMBERS.len())];
        bytes.splice(start..end, number.bytes());
    }
}

/// Every file of a folder, in the order of their names.
pub(crate) fn corpus(dir: &std::path::Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| {
            entry
                .expect("a folder that was opened can be listed")
                .path()
        })
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| std::fs::read(path).expect("the corpus can be read");
    paths.iter().map(read).collect()
}
