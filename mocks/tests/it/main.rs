//! 公开门 · What goes through the public door of the mocks: whole flows, refusals, faults, random histories.
//!
//! Marked as test code module by module, so that helpers beside the tests may unwrap like tests.

#[cfg(test)]
mod adapter;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod chronic;
#[cfg(test)]
mod clearing;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod files;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod http;
#[cfg(test)]
mod lookups;
#[cfg(test)]
#[cfg(feature = "wiremock")]
mod mounted;
#[cfg(test)]
mod office;
#[cfg(test)]
mod pharmacy;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod registrations;
#[cfg(test)]
mod reused;
#[cfg(test)]
mod reversals;
#[cfg(test)]
mod suspended;
