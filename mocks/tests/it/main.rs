//! 公开门 · What goes through the public door of the mocks: whole flows, refusals, faults, random histories.

mod bench;
mod faults;
mod flows;
mod histories;
mod http;
mod refusals;
