//! 接口公开门 · The crate through its public door, one file per question.
//!
//! All persons and institutions are invented: area 9999 belongs to nobody. `cfg(test)` tells clippy that
//! helpers here may unwrap like tests.

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod classify;
#[cfg(test)]
mod forms;
mod gateway;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod mask;
#[cfg(test)]
mod regional;
#[cfg(test)]
mod tolerance;
#[cfg(test)]
mod writing;
