//! 用语 · Words of both languages.

/// 语言 · Which language a report speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}
