//! 场景 · Plan and scenario files: format, check, plan.
//!
//! Why so: a tester writes a cutover down as text, and a slip in it must be found before the first
//! byte is sent. [`load`] reads a whole plan folder and gives either a [`Plan`] in which every word
//! means something, or *all* problems with file, line, column and a remedy. Nothing is sent here.
//! Called by `cli` (lint, plan, run) and handed to `runner`. Not here: how problems are drawn
//! (`cli`), the gate that asks again right before each message (`runner::gate`).

mod attended;
mod case;
mod contacts;
mod credential;
mod plan;
mod play;
mod preflight;
mod problem;
mod proof;
mod purge;

mod live;
mod load;

mod allow;
mod amend;
mod captures;
mod cases;
mod catalogue;
mod duties;
mod expect;
mod head;
mod his;
mod interface;
mod known;
mod layout;
mod matrix;
mod matrix_keys;
mod pairs;
mod pairwise;
mod persons;
mod phases;
mod planner;
mod profile;
mod seats;
mod steps;
mod topology;

mod checks;
mod schedule;
mod schema;
mod scope;

mod codes;
mod fields;
mod folder;
mod formula;
mod fragments;
mod narrow;
mod nearest;
mod node;
mod office;
mod rows;
mod shift;
mod sites;
mod source;
mod starter;
mod stay;
mod suspend;
mod table;
mod timing;
mod turned;
mod words;
mod workbook;

pub use amend::{Amended, CannotAmend};
pub use attended::{Attended, Await, Cue, Human};
pub use case::{
    Afterwards, Call, Capture, Case, Discharge, Expect, Expected, FieldExpectation, Given,
    HandClaim, Office, Op, Play, Step, Swipe, Visit,
};
pub use codes::CODES;
pub use contacts::{Contact, Lead};
pub use credential::{Credential, Shows, Written};
pub use duties::{Audience, Duty, OpenPoint};
pub use folder::is_workbook;
pub use formula::{AmountAt, Exact, Formula, NoValue};
pub use layout::laid_out;
pub use live::{Environment, Live, Operator};
pub use load::{check, load};
pub use pairwise::{Design, Dimension, Excluded, Hole, Value};
pub use plan::Plan;
pub use planner::{Slot, Timetable, Unplaced, Why, timetable};
pub use preflight::{Advice, Network, Page, Preflight, Probe, SignIn, Station, Target, Tls};
pub use problem::{Fix, Problem, Severity};
pub use profile::{
    SHIPPED_PROFILES, check_profile, is_profile, knobs_of, profile, profile_schema, shipped_profile,
};
pub use proof::Proof;
pub use schema::SCHEMAS;
pub use sites::{Site, sites};
pub use starter::{starter, starter_schemas};
pub use timing::{Agreed, CardStay, Desk, Hands, Hours, Timing, Travel};
pub use workbook::workbook_of;
