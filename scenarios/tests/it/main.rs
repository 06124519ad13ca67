//! 穿门测试 · What goes through the crate's public door: shipped plans, and slips planted in a small one.

#[cfg(test)]
mod attended;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod fragments;
#[cfg(test)]
mod notices;
#[cfg(test)]
#[cfg(test)]
mod pairwise;
#[cfg(test)]
mod pharmacies;
#[cfg(test)]
mod planner;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod sites;
mod slips;
#[cfg(test)]
mod slips_amend;
mod slips_captures;
mod slips_cases;
mod slips_chronic;
#[cfg(test)]
mod slips_credentials;
#[cfg(test)]
mod slips_formulas;
mod slips_known;
mod slips_office;
#[cfg(test)]
mod slips_plan;
mod slips_schedule;
mod slips_stays;
#[cfg(test)]
mod slips_tables;
#[cfg(test)]
mod whole;
#[cfg(test)]
mod workbook;
