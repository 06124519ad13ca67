//! 问题代码 · The stable words of all problems that this crate can find.
//!
//! Why so: scripts and `explain` pages hang on them, so they stand in one list, are never reused and
//! never translated. A test in `cli` asks that each has its page.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = concat!("scenario::", $word);)*

        /// 全部代码 · Every code that a [`Problem`](crate::Problem) can carry.
        pub const CODES: &[&str] = &[$($name),*];
    };
}

codes! {
    /// The path leads to no plan.
    NO_SUCH_PLAN = "no_such_plan";
    /// A file that the plan names cannot be opened.
    UNREADABLE_FILE = "unreadable_file";
    /// A folder holds a plan in two forms.
    TWO_PLANS = "two_plans";
    /// A workbook lacks a sheet without which there is no plan.
    MISSING_SHEET = "missing_sheet";
    /// A sheet of a workbook that is none of a plan's.
    UNKNOWN_SHEET = "unknown_sheet";
    /// A file is in GBK or another encoding.
    NOT_UTF8 = "not_utf8";
    /// A tab stands where YAML or CSV wants something else.
    TAB = "tab";
    /// Full-width punctuation or digits stand where ASCII belongs.
    FULL_WIDTH = "full_width";
    /// The text is no YAML.
    BAD_YAML = "bad_yaml";
    /// A key stands twice in one mapping.
    DUPLICATE_KEY = "duplicate_key";
    /// A key that means nothing here.
    UNKNOWN_KEY = "unknown_key";
    /// A key without which nothing can be decided.
    MISSING_KEY = "missing_key";
    /// A list where a mapping belongs, or the like.
    WRONG_SHAPE = "wrong_shape";
    /// A word that is none of the words possible here.
    UNKNOWN_WORD = "unknown_word";
    /// Text that cannot serve as an id.
    BAD_ID = "bad_id";
    /// Text that is no instant.
    BAD_INSTANT = "bad_instant";
    /// Hour 24.
    HOUR_24 = "hour_24";
    /// An instant without its offset.
    MISSING_OFFSET = "missing_offset";
    /// Text that is no length of time.
    BAD_DURATION = "bad_duration";
    /// Text that is no amount, price, quantity or ratio, or one with too many decimals.
    BAD_AMOUNT = "bad_amount";
    /// An expected amount that is no formula.
    BAD_FORMULA = "bad_formula";
    /// A formula that adds a share to an amount, or multiplies amounts.
    FORMULA_UNITS = "formula_units";
    /// A formula that divides by zero.
    DIVISION_BY_ZERO = "division_by_zero";
    /// A formula that may come to a fraction of a fen and does not say how to round it.
    UNROUNDED_AMOUNT = "unrounded_amount";
    /// No shipped profile, and no file of the plan.
    UNKNOWN_PROFILE = "unknown_profile";
    /// Knobs of a profile that say nonsense together.
    CONTRADICTORY_PROFILE = "contradictory_profile";
    /// No region of the topology.
    UNKNOWN_DIVISION = "unknown_division";
    /// No institution of the topology.
    UNKNOWN_INSTITUTION = "unknown_institution";
    /// An institution code of another form, or of another region.
    BAD_INSTITUTION = "bad_institution";
    /// No party of the topology.
    UNKNOWN_PARTY = "unknown_party";
    /// Nobody in the persons file.
    UNKNOWN_PERSON = "unknown_person";
    /// Known, but not on the registry of test persons.
    PERSON_NOT_REGISTERED = "person_not_registered";
    /// A plan with test phases, and nobody on its registry.
    NOBODY_REGISTERED = "nobody_registered";
    /// A test person playing the public.
    PERSON_IS_REGISTERED = "person_is_registered";
    /// An identity number with a wrong form or check character.
    BAD_ID_NUMBER = "bad_id_number";
    /// An identity number that may belong to somebody.
    REAL_ID_NUMBER = "real_id_number";
    /// A long number that a spreadsheet rounded.
    SPREADSHEET_NUMBER = "spreadsheet_number";
    /// No such phase.
    UNKNOWN_PHASE = "unknown_phase";
    /// No such clause of the notice.
    UNKNOWN_CLAUSE = "unknown_clause";
    /// An item that the catalogue does not have.
    UNKNOWN_ITEM = "unknown_item";
    /// A field that the interface does not have there.
    UNKNOWN_FIELD = "unknown_field";
    /// A refund line that mirrors no charge.
    BAD_REFUND = "bad_refund";
    /// One id for two things.
    DUPLICATE_ID = "duplicate_id";
    /// A phase that begins before the one before it ends.
    PHASES_OVERLAP = "phases_overlap";
    /// Time between two phases that belongs to none.
    PHASES_HOLE = "phases_hole";
    /// A phase that ends before it begins, or an end in the middle.
    PHASE_BACKWARDS = "phase_backwards";
    /// A window that never ends.
    WINDOW_WITHOUT_END = "window_without_end";
    /// Test swipes in a phase that may not have them.
    ALLOW_OUTSIDE_TEST_PHASE = "allow_outside_test_phase";
    /// A phase that allows what `cross_swipe` does not name.
    ALLOW_BEYOND_CROSS_SWIPE = "allow_beyond_cross_swipe";
    /// A case that checks nothing.
    NOTHING_CHECKED = "nothing_checked";
    /// A step that a HIS or a person carries out, where a run sends everything itself.
    ATTENDED_HERE = "attended_here";
    /// A settlement of a HIS is awaited, and its undo is not.
    AWAITED_WITHOUT_UNDO = "awaited_without_undo";
    /// A plan without a case.
    NO_CASES = "no_cases";
    /// Two swipes of one person open at a time.
    TWO_OPEN_SWIPES = "two_open_swipes";
    /// A swipe that the gate would refuse is expected to succeed.
    OUTSIDE_WINDOW = "outside_window";
    /// The gate is expected to say otherwise than the window makes it say.
    GATE_SAYS_OTHERWISE = "gate_says_otherwise";
    /// Public traffic expected otherwise than its phase says.
    PUBLIC_AGAINST_WINDOW = "public_against_window";
    /// A clause of the notice that nothing in the plan speaks of.
    IDLE_CLAUSE = "idle_clause";
    /// A known issue that waives nothing: of no case, or over before the window opens.
    IDLE_KNOWN_ISSUE = "idle_known_issue";
    /// A known issue of what the judge finds in books.
    CANNOT_WAIVE = "cannot_waive";
    /// An amendment of a bound that the window does not have, or not there.
    AMEND_UNKNOWN_BOUND = "amend_unknown_bound";
    /// An amendment after which phases would overlap, leave a hole or end before they begin.
    AMEND_BREAKS_WINDOW = "amend_breaks_window";
    /// An amendment that moves nothing, or only what is past when it comes to be known.
    AMEND_IDLE = "amend_idle";
    /// Cases that expect what the window said before a bound was moved.
    EXPECTS_OLD_BOUND = "expects_old_bound";
    /// A suspension at whose instants the public is not served anyway.
    SUSPENDS_NOTHING = "suspends_nothing";
    /// Instants of a case that go backwards.
    INSTANTS_BACKWARDS = "instants_backwards";
    /// A swipe that is undone only after a platform has closed its books over it.
    CLOSED_BEFORE_UNDO = "closed_before_undo";
    /// Nothing that an earlier step gives has this name.
    UNKNOWN_CAPTURE = "unknown_capture";
    /// A step builds upon one that is not done by then.
    CAPTURE_TOO_EARLY = "capture_too_early";
    /// An undo that is to succeed names nothing that stands by then.
    NOTHING_TO_REVERSE = "nothing_to_reverse";
    /// A visit goes on of which nothing is left, or which no longer stands.
    NOTHING_TO_CONTINUE = "nothing_to_continue";
    /// A part of `preflight:` that cannot be asked, or asks nothing.
    BAD_PREFLIGHT = "bad_preflight";
    /// A part of `live:` that is missing or wrong: nothing may be sent to a real system.
    BAD_LIVE = "bad_live";
    /// 外接 HIS · A hospital's own system that is driven at an address where none can be.
    BAD_HIS = "bad_his";
    /// Hours, hands, counts or ways of a schedule that say nothing.
    BAD_SCHEDULE = "bad_schedule";
    /// A card that would be in two places at a time.
    CARD_IN_TWO_PLACES = "card_in_two_places";
    /// An institution where people swipe, and nobody says when somebody is there.
    UNSTAFFED = "unstaffed";
    /// Cards are wanted in several regions, and nobody says how long they travel.
    UNKNOWN_WAY = "unknown_way";
    /// A window across the end of a year, with a platform that takes nothing of last year back.
    YEAR_END = "year_end";
    /// A cell of the matrix that no case fills.
    EMPTY_MATRIX_CELL = "empty_matrix_cell";
    /// A person who is filed for named cases, and whom no case names.
    UNUSED_PERSON = "unused_person";
    /// A place of which nobody is named who could be called.
    MISSING_CONTACT = "missing_contact";
    /// A fragment that nobody wrote.
    UNKNOWN_FRAGMENT = "unknown_fragment";
    /// A fragment in a fragment, or an argument or column that nothing uses.
    BAD_FRAGMENT = "bad_fragment";
    /// An argument or column that there is not.
    UNKNOWN_ARGUMENT = "unknown_argument";
    /// A fragment that is used without all it needs.
    MISSING_ARGUMENT = "missing_argument";
    /// A table row with too many or too few cells, or a quote without end.
    BAD_TABLE = "bad_table";
}
