//! 日志验收 · The journal through its public door: what survives, what is found, what is refused.
//!
//! Why so: evidence is worth what it survives, so most of these tests damage files.

#[cfg(test)]
mod concurrent;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod payloads;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod takeover;
#[cfg(test)]
mod tamper;
