//! 工作簿 · A plan as one workbook: the same plan as a folder, for who fills in tables and not YAML.
//!
//! Why so: a workbook is read into the files of a plan folder, each part knowing its cell, and these files are read like any
//! others; so nothing can be said in the one form that means something else in the other, and a run keeps the same files.
//! Called by `folder` (reads), `convert` and `starter` (write). Not here: how a workbook is opened (`crosswipe-sheets`).

mod convert;
mod form;
mod read;
mod rows;
mod text;
mod write;

use convert::sheets_of;
pub(crate) use read::read;
pub(crate) use text::{Written, quoted};
use write::bytes;

/// 成本 · The workbook that says the same as the files of a plan, as the bytes of an .xlsx file.
///
/// # Errors
/// A sheet is too large for the format.
pub fn workbook_of(
    files: &std::collections::BTreeMap<String, Vec<u8>>,
) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    bytes(&sheets_of(files))
}
