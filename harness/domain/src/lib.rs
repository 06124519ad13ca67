//! 词汇 · The words and data that every crate shares: money, places, persons, ids, windows, exports.
//!
//! Why here: a term has one meaning in the whole project, so it has one type, parsed once at the
//! edge. Everything in this crate is a plain value: no file, socket, clock or randomness.
//! Used by all crates. Not here: wire field names (`wire`), how books are judged (`verify`).
//!
//! # Glossary
//! | 中文 | identifier | meaning |
//! |---|---|---|
//! | 参保地 / 就医地 | `insured` / `treatment` | where a person is insured / where the hospital stands |
//! | 结算 / 冲正 / 撤销 | `settle` / `reverse` / `cancel` | book a payment / undo by message id (2601) / undo by its own message |
//! | 回退 | `rollback` | bring a whole window back to its start |
//! | 对账 | `reconcile` | compare totals of two parties |
//! | 交叉刷卡 | `cross_swipe` | a person of one region swiped at a hospital of another |
//! | 验证窗口 | `Window`, `Phase` | the hours in which test swipes are allowed |
//! | 测试人员名册 | `Registry`, `Persona` | who may be swiped |
//! | 业务意图 | `TxId` (τ) | one thing the run wants booked; undone exactly once |

mod amend;
mod both;
mod canonical;
mod channel;
mod division;
mod export;
mod few;
mod finding;
mod ids;
mod infno;
mod known;
mod listing;
mod moment;
mod money;
mod office;
mod outcome;
mod person;
mod plan;
mod policy;
mod profile;
mod tariff;
mod topology;
mod voucher;
mod window;

pub use amend::Amendment;
pub use both::Both;
pub use canonical::{canonical_json, push_json_string};
pub use channel::Channel;
pub use division::{AdmDivision, BadDivision, Span};
pub use export::{
    BookReader, BookWriter, Cause, Cell, CellKey, EXPORT_SCHEMA, Entry, Export, FenceState, LogRow,
    Look, Party, QueueItem, Role, Row, ShownBooks, ShownLook, Unit, sha256_hex, with_rows,
};
pub use few::{Few, Name};
pub use finding::{FindingClass, Level, Rule, Severity};
pub use ids::{BadId, CaseId, InstitutionCode, MsgId, RunId, SettlementId, TxId, VisitId};
pub use infno::{Business, InfNo, Nature};
pub use known::{KnownIssue, KnownScope, all_known, matches_pattern};
pub use listing::{LISTING_SCHEMA, ListForm, ListRow, ListSource, Listing, RowSays};
pub use moment::{BadMoment, Day, Moment};
pub use money::{BadAmount, Money, Quantity, Ratio, UnitPrice};
pub use office::OfficeAct;
pub use outcome::Outcome;
pub use person::{
    BadIdNumber, Certificate, IdNumber, PersonClass, PersonNo, Pseudonym, PseudonymKey,
};
pub use plan::{Caps, DeclaredPurge, PlannedCase, PlannedPersona, PurgeMethod, ResolvedPlan};
pub use policy::{AccountRule, Benefit, Chronic, Filing, Policy, Segment, Subsidies};
pub use profile::{
    AnswerForm, CardSn, Clearing, Dialect, Encoding, EnvelopeForm, Gateway, GatewayCheck, Names,
    Profile, Reconciliation, SignIn,
};
pub use tariff::{BasketLine, ItemClass, Tariff};
pub use topology::{Enrolment, Institution, Persona, Region, Registry, Topology};
pub use voucher::{Voucher, VoucherUse};
pub use window::{Allow, NoRefund, NoSelfPay, Phase, PhaseKind, Public, Scope, Suspension, Window};
