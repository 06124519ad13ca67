//! 故障目录 · Every class of fault: where it sits, how bad it is, which messages it is about, which keys it takes.
//!
//! One table. What a class does, whose books are then wrong and what must be found is told by `crosswipe explain`.

use crosswipe_domain::{InfNo, Nature, Severity};

use super::params::Key;
use super::trouble::Trouble;
use super::{
    FaultOrder, again, answers, clearing, clock, crossed, death, empty, flaps, gates, history,
    holds, hostile, late, lies, midnight, names, nodes, numbers, overtaken, parcels, postings,
    refusals, routes, torn, transit,
};

/// 故障类 · One class of the catalogue.
pub struct FaultClass {
    /// Its name, e.g. `response-lost`.
    pub id: &'static str,
    /// Where it happens.
    pub group: Group,
    /// How bad it is where nobody notices.
    pub severity: Severity,
    /// The messages that it waits for where the order does not say.
    pub(super) about: About,
    /// Keys beside those that every fault has.
    pub(super) keys: &'static [Key],
    /// Who brings it about.
    pub(super) seat: Seat,
}

/// 故障组 · Where a class of faults happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// 网络 · Network and delivery.
    A,
    /// 就医地
    B,
    /// 省平台
    C,
    /// 参保地
    D,
    /// 医院与药店
    E,
    /// 时钟
    F,
    /// 准入 · Gates: windows, persons, business types, catch-up.
    G,
    /// 验证平台自身 · Harness, journal, evidence.
    H,
}

/// 座位 · Who brings a fault about.
#[derive(Clone, Copy)]
pub(super) enum Seat {
    /// A trouble at a party.
    Party(Make),
    /// The harness itself: its disk, its process, its evidence. Mocks know the name and count the effect, no more.
    Harness,
    /// Several others at once, as it draws them.
    Several,
}

/// Makes the trouble that an order asks for.
pub(super) type Make = fn(&FaultOrder) -> Box<dyn Trouble>;

/// 所涉报文 · Which messages a class is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// 2207, 2304, 2102.
    Settlement,
    /// The undo of a settlement: 2208, 2305, 2103, or 2601 of one.
    Undo,
    /// Either.
    SettlementOrUndo,
    /// These numbers.
    Only(&'static [&'static str]),
    /// Queries.
    Read,
    /// Any message.
    Any,
    /// No message: it is met by something else.
    Nothing,
}

impl FaultClass {
    pub(super) fn is_about_swipes(&self) -> bool {
        matches!(
            self.about,
            About::Settlement | About::Undo | About::SettlementOrUndo
        )
    }
}

impl About {
    /// Whether a message is meant; `of` is the `oinfno` of a 2601, where it is known.
    pub(super) fn fits(self, infno: &InfNo, of: Option<&InfNo>) -> bool {
        match self {
            About::Settlement => infno.settles(),
            About::Undo => {
                matches!(infno.base(), "2208" | "2305" | "2103")
                    || (infno.base() == "2601" && of.is_none_or(InfNo::settles))
            }
            About::SettlementOrUndo => {
                About::Settlement.fits(infno, of) || About::Undo.fits(infno, of)
            }
            About::Only(numbers) => numbers.contains(&infno.base()),
            About::Read => infno.nature() == Nature::Read,
            About::Any => true,
            About::Nothing => false,
        }
    }
}

impl FaultClass {
    /// The class of this name.
    pub fn named(id: &str) -> Option<&'static FaultClass> {
        CATALOGUE.iter().find(|class| class.id == id)
    }

    /// All classes, in the order of the catalogue.
    pub fn all() -> &'static [FaultClass] {
        &CATALOGUE
    }

    /// Whether the harness carries it out by itself, at its own disk, process or evidence, and no party does.
    pub fn is_of_harness(&self) -> bool {
        matches!(self.seat, Seat::Harness)
    }

    /// Names of the keys that it takes beside those that every fault has.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }
}

impl PartialEq for FaultClass {
    fn eq(&self, other: &FaultClass) -> bool {
        self.id == other.id
    }
}

impl Eq for FaultClass {}

impl std::fmt::Debug for FaultClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

const fn class(
    id: &'static str,
    group: Group,
    severity: Severity,
    about: About,
    keys: &'static [Key],
    seat: Seat,
) -> FaultClass {
    FaultClass {
        id,
        group,
        severity,
        about,
        keys,
        seat,
    }
}

/// Transaction numbers that a run sends and a fault may wait for.
pub(super) const SENT: [&str; 12] = [
    "2102", "2103", "2204", "2205", "2207", "2208", "2301", "2302", "2304", "2305", "2401", "2601",
];

/// Whether a platform keeps in mind that a message was reversed before it came.
const FENCE: Key = Key::choice("fence", &["none", "kept"]);
/// In whose books.
const AT: Key = Key::choice("at", &["insured", "treatment"]);
/// Which leg of the undo.
const LEG: Key = Key::choice("leg_of", &["fund", "account", "accumulator", "payable"]);

/// 故障目录
#[rustfmt::skip]
pub(super) static CATALOGUE: [FaultClass; COUNT] = [
    class("request-lost", Group::A, Severity::S3, About::Only(&["2207", "2304", "2102", "2401"]), &[], Seat::Party(answers::request_lost)),
    class("response-lost", Group::A, Severity::S2, About::Settlement, &[], Seat::Party(answers::response_lost)),
    class("response-late", Group::A, Severity::S2, About::Settlement, &[], Seat::Party(answers::response_late)),
    class("settle-arrives-after-reversal", Group::A, Severity::S1, About::Settlement, &[FENCE], Seat::Party(parcels::parked)),
    class("reversal-lost", Group::A, Severity::S2, About::Undo, &[], Seat::Party(answers::request_lost)),
    class("reversal-response-lost", Group::A, Severity::S2, About::Undo, &[], Seat::Party(answers::response_lost)),
    class("request-duplicated", Group::A, Severity::S1, About::Settlement, &[Key::choice("idempotent", &["yes", "no"]), Key::span("gap", 1)], Seat::Party(parcels::twice)),
    class("reversal-duplicated", Group::A, Severity::S1, About::Undo, &[Key::choice("idempotent", &["yes", "no"]), Key::span("gap", 1)], Seat::Party(parcels::twice)),
    class("two-settles-reordered", Group::A, Severity::S3, About::Settlement, &[], Seat::Party(overtaken::reordered)),
    class("reset-mid-request", Group::A, Severity::S2, About::Settlement, &[Key::choice("after", &["all", "some"])], Seat::Party(answers::reset_mid_request)),
    class("reply-cut", Group::A, Severity::S2, About::Settlement, &[Key::choice("form", &["short", "prefix"])], Seat::Party(answers::reply_cut)),
    class("gateway-error-after-apply", Group::A, Severity::S2, About::Settlement, &[Key::choice("status", &["502", "503", "504"])], Seat::Party(answers::gateway_error)),
    class("reply-of-another-request", Group::A, Severity::S1, About::Settlement, &[], Seat::Party(crossed::swapped)),
    class("slow-drip-reply", Group::A, Severity::S3, About::Settlement, &[], Seat::Party(answers::slow_drip)),
    class("hub-insured-partition", Group::A, Severity::S2, About::SettlementOrUndo, &[], Seat::Party(routes::partition)),
    class("heal-with-backlog", Group::A, Severity::S1, About::SettlementOrUndo, &[Key::choice("order", &["in-order", "reversed", "doubled"]), FENCE], Seat::Party(routes::backlog)),
    class("ack-before-durable", Group::B, Severity::S1, About::Settlement, &[], Seat::Party(postings::nothing_at_treatment)),
    class("reversal-noop-success", Group::B, Severity::S1, About::Undo, &[], Seat::Party(lies::noop)),
    class("reversal-local-only", Group::B, Severity::S1, About::Undo, &[], Seat::Party(lies::local_only)),
    class("reversal-wrong-original", Group::B, Severity::S1, About::Undo, &[], Seat::Party(parcels::wrong_original)),
    class("refusal-lied", Group::B, Severity::S1, About::Settlement, &[], Seat::Party(lies::refusal_lied)),
    class("success-never-applied", Group::B, Severity::S2, About::Settlement, &[], Seat::Party(lies::never_applied)),
    class("partial-reversal", Group::B, Severity::S1, About::Undo, &[LEG, Key::number("short", 1)], Seat::Party(postings::partial)),
    class("over-reversal", Group::B, Severity::S1, About::Undo, &[LEG, Key::number("by", 100)], Seat::Party(postings::over)),
    class("fee-details-left", Group::B, Severity::S2, About::Only(&["2205", "2302"]), &[Key::choice("lines", &["all", "past-100"])], Seat::Party(postings::fee_details_left)),
    class("visit-left-open", Group::B, Severity::S2, About::Only(&["2202", "2404"]), &[], Seat::Party(postings::visit_left_open)),
    class("discharge-state-left", Group::B, Severity::S2, About::Only(&["2405"]), &[], Seat::Party(postings::discharge_state_left)),
    class("resurrected-after-restart", Group::B, Severity::S1, About::Undo, &[], Seat::Party(history::resurrected)),
    class("double-visit-id", Group::B, Severity::S2, About::Only(&["2201", "2401"]), &[], Seat::Party(again::registered_twice)),
    class("closed-day-refusal", Group::B, Severity::S2, About::Undo, &[], Seat::Party(refusals::closed_day)),
    class("stale-catalogue-mix", Group::B, Severity::S3, About::Only(&["2204", "2301"]), &[Key::number("lines", 1)], Seat::Party(nodes::stale)),
    class("hub-clearing-residue", Group::C, Severity::S1, About::Undo, &[], Seat::Party(postings::hub_clearing_residue)),
    class("hub-drops-forwarded-reversal", Group::C, Severity::S1, About::Undo, &[], Seat::Party(lies::hub_drops_reversal)),
    class("hub-duplicates-settle", Group::C, Severity::S1, About::Settlement, &[], Seat::Party(again::at_insured)),
    class("hub-reversal-overtakes", Group::C, Severity::S1, About::Settlement, &[Key::choice("until", &["reversal", "quiet", "day-roll"]), FENCE], Seat::Party(late::overtaken)),
    class("hub-msgid-collision", Group::C, Severity::S1, About::Settlement, &[], Seat::Party(crossed::collided)),
    class("hub-prefund-left", Group::C, Severity::S1, About::Undo, &[], Seat::Party(postings::hub_prefund_left)),
    class("hub-period-confirmed", Group::C, Severity::S2, About::Settlement, &[], Seat::Party(clearing::period_confirmed)),
    class("hub-routes-to-old-platform", Group::C, Severity::S1, About::Undo, &[], Seat::Party(routes::old_route)),
    class("hub-stuck-queue", Group::C, Severity::S2, About::Undo, &[], Seat::Party(routes::stuck_queue)),
    class("accumulator-not-restored", Group::D, Severity::S1, About::Undo, &[], Seat::Party(postings::accumulator_not_restored)),
    class("account-not-restored", Group::D, Severity::S1, About::Undo, &[], Seat::Party(postings::account_not_restored)),
    class("pool-not-restored", Group::D, Severity::S1, About::Undo, &[], Seat::Party(postings::pool_not_restored)),
    class("double-credit-on-retry", Group::D, Severity::S1, About::Undo, &[], Seat::Party(again::at_insured)),
    class("empty-rollback-with-effect", Group::D, Severity::S1, About::Only(&["2601"]), &[Key::number("by", 100)], Seat::Party(empty::with_effect)),
    class("empty-rollback-refused-forever", Group::D, Severity::S3, About::Only(&["2601"]), &[AT], Seat::Party(refusals::empty_refused)),
    class("try-failed-cancel-skipped", Group::D, Severity::S1, About::Settlement, &[], Seat::Party(empty::half_settled)),
    class("older-first-refused", Group::D, Severity::S3, About::Undo, &[], Seat::Party(refusals::older_first)),
    class("closed-year-refusal", Group::D, Severity::S1, About::Undo, &[], Seat::Party(refusals::closed_year)),
    class("cross-day-reversal", Group::D, Severity::S3, About::Undo, &[AT], Seat::Party(clock::next_day)),
    class("filing-left", Group::D, Severity::S2, About::Only(&["2502", "2504", "2506"]), &[], Seat::Party(postings::filing_left)),
    class("flag-only-reversal", Group::D, Severity::S1, About::Undo, &[], Seat::Party(postings::flag_only)),
    class("postings-only-reversal", Group::D, Severity::S2, About::Undo, &[], Seat::Party(postings::postings_only)),
    class("hold-left", Group::D, Severity::S1, About::Undo, &[], Seat::Party(holds::left)),
    class("persona-frozen-mid-run", Group::D, Severity::S2, About::Undo, &[], Seat::Party(refusals::frozen)),
    class("history-deleted", Group::D, Severity::S1, About::Undo, &[AT], Seat::Party(history::deleted)),
    class("history-mutated", Group::D, Severity::S1, About::Undo, &[AT], Seat::Party(history::mutated)),
    class("his-rolls-back-after-remote", Group::E, Severity::S1, About::Undo, &[], Seat::Party(postings::nothing_at_his)),
    class("his-resettles-after-timeout", Group::E, Severity::S1, About::Settlement, &[], Seat::Party(again::resettled)),
    class("his-msgid-reused", Group::E, Severity::S1, About::Only(&["2201", "2401", "2207", "2304", "2102"]), &[], Seat::Party(numbers::reused)),
    class("his-double-cancel", Group::E, Severity::S2, About::Only(&["2208", "2305", "2103"]), &[Key::choice("idempotent", &["yes", "no"])], Seat::Party(parcels::second_counter)),
    class("stock-not-returned", Group::E, Severity::S2, About::Undo, &[], Seat::Party(postings::stock_not_returned)),
    class("trace-code-left", Group::E, Severity::S2, About::Undo, &[], Seat::Party(postings::trace_code_left)),
    class("invoice-not-offset", Group::E, Severity::S2, About::Undo, &[], Seat::Party(postings::invoice_not_offset)),
    class("cash-not-refunded", Group::E, Severity::S2, About::Undo, &[], Seat::Party(postings::cash_not_refunded)),
    class("his-counts-reversed", Group::E, Severity::S2, About::Undo, &[Key::choice("pair", &["one-side", "one"])], Seat::Party(postings::his_counts_reversed)),
    class("name-mojibake", Group::E, Severity::S3, About::Only(&["2201", "2401"]), &[Key::choice("form", &["twice", "gbk"])], Seat::Party(names::garbled)),
    class("wrong-psn-no-returned", Group::E, Severity::S1, About::Only(&["1101"]), &[], Seat::Party(lies::namesake)),
    class("clock-skew-party", Group::F, Severity::S2, About::Any, &[Key::party("party", true), Key::span("by", 60_000), Key::choice("way", &["ahead", "behind"])], Seat::Party(clock::skewed)),
    class("clock-step-back", Group::F, Severity::S2, About::Any, &[Key::span("by", 60_000)], Seat::Harness),
    class("midnight-24h", Group::F, Severity::S2, About::Only(&["2201", "2203", "2204", "2206", "2207", "2401", "2301", "2402", "2303", "2304", "2101", "2102"]), &[], Seat::Party(midnight::misread)),
    class("utc-day-bucket", Group::F, Severity::S2, About::SettlementOrUndo, &[], Seat::Party(clock::utc_days)),
    class("window-closes-mid-flow", Group::F, Severity::S1, About::Settlement, &[Key::choice("at", &["margin", "end"])], Seat::Harness),
    class("persona-not-registered", Group::G, Severity::S1, About::Any, &[], Seat::Party(gates::unregistered)),
    class("persona-class-wrong", Group::G, Severity::S2, About::Any, &[], Seat::Party(gates::wrong_class)),
    class("suspended-business-accepted", Group::G, Severity::S2, About::Any, &[], Seat::Party(gates::suspended)),
    class("real-traffic-in-window", Group::G, Severity::S1, About::Any, &[], Seat::Party(gates::real_traffic)),
    class("cutoff-refund-accepted", Group::G, Severity::S2, About::Any, &[], Seat::Party(gates::cutoff_refund)),
    class("unready-peer-accepted", Group::G, Severity::S2, About::Any, &[], Seat::Party(gates::unready)),
    class("old-platform-still-open", Group::G, Severity::S1, About::Any, &[], Seat::Party(routes::still_open)),
    class("catch-up-out-of-order", Group::G, Severity::S2, About::Any, &[], Seat::Party(gates::out_of_order)),
    class("catch-up-twice", Group::G, Severity::S1, About::Any, &[], Seat::Party(gates::entered_twice)),
    class("in-transit-carried-over", Group::G, Severity::S2, About::Any, &[Key::choice("what", &["visit", "tax-push", "special-payment", "account", "accumulator", "settlement", "lost", "unaudited"])], Seat::Party(transit::carried_over)),
    class("test-data-survives-go-live", Group::G, Severity::S1, About::Undo, &[], Seat::Party(refusals::never_undone)),
    class("harness-killed", Group::H, Severity::S2, About::Settlement, &[Key::choice("at", &["answer", "intent", "send", "outcome"])], Seat::Harness),
    class("journal-torn-tail", Group::H, Severity::S3, About::Settlement, &[Key::choice("tail", &["cut", "zeros"])], Seat::Harness),
    class("journal-bit-flip", Group::H, Severity::S2, About::Settlement, &[], Seat::Harness),
    class("journal-fsync-error", Group::H, Severity::S2, About::Settlement, &[Key::choice("kept", &["yes", "no"])], Seat::Harness),
    class("disk-full", Group::H, Severity::S2, About::Settlement, &[], Seat::Harness),
    class("two-harnesses", Group::H, Severity::S1, About::Settlement, &[], Seat::Harness),
    class("zombie-harness", Group::H, Severity::S1, About::Settlement, &[], Seat::Harness),
    class("snapshot-after-first-swipe", Group::H, Severity::S1, About::Nothing, &[], Seat::Harness),
    class("snapshot-not-atomic", Group::H, Severity::S2, About::Undo, &[AT], Seat::Party(torn::torn)),
    class("query-flaps", Group::H, Severity::S2, About::Only(&["5203"]), &[], Seat::Party(flaps::flapping)),
    class("query-unavailable", Group::H, Severity::S3, About::Read, &[], Seat::Party(refusals::query_unavailable)),
    class("certificate-edited", Group::H, Severity::S1, About::Nothing, &[Key::choice("file", &["certificate", "journal", "export", "sums"])], Seat::Harness),
    class("secret-echoed", Group::H, Severity::S1, About::Settlement, &[], Seat::Party(refusals::echoed)),
    class("hostile-body", Group::H, Severity::S2, About::Settlement, &[Key::choice("form", &["deep", "long", "keys", "number", "twice", "nul", "bom"]), Key::choice("at", &["his", "treatment"])], Seat::Party(hostile::answer)),
    class("fault-storm", Group::H, Severity::S2, About::Nothing, &[Key::number("seed", 1), Key::number("count", 3)], Seat::Several),
    class("party-restarts", Group::H, Severity::S3, About::Settlement, &[Key::party("party", true), Key::choice("books", &["kept", "lost"])], Seat::Party(death::party_restarts)),
];

const COUNT: usize = 100;
