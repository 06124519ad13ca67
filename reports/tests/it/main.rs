//! 报告的门 · What goes through the public door of the reports: samples, contract, width, hostile text.
//!
//! `cfg(test)` tells clippy that helpers here may unwrap like tests.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod contract;
mod contract_schema;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod mapped;
#[cfg(test)]
mod page;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod reviewed;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod table;
mod workbook;
