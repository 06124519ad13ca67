//! 矩阵 · Insured place × place of treatment: the worst state of each ordered pair, and what is missing.
//!
//! Why so: an empty cell is the thing nobody notices. A pair is covered when every business that the
//! plan demands was swiped and passed; any other pair says why, business by business.

use crosswipe_domain::{AdmDivision, Business, ResolvedPlan};
use crosswipe_journal::CaseResult;

use super::case::{Case, Ending, Rollback};

/// 交叉矩阵 · All ordered pairs of regions.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    /// Code and name, in the plan's order.
    pub(crate) regions: Vec<(AdmDivision, String)>,
    /// Row by row; the diagonal is left out.
    pub(crate) cells: Vec<Cell>,
}

/// 格 · One ordered pair.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) insured: AdmDivision,
    pub(crate) treatment: AdmDivision,
    /// One per business that the plan demands.
    pub(crate) parts: Vec<Part>,
    /// What still stands, or may stand, of the pair's other cases, where it is worse than its parts: no cell is green
    /// over it.
    pub(crate) left: Option<CellState>,
}

/// A business within a cell.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) business: Business,
    pub(crate) cases: usize,
    pub(crate) state: CellState,
    pub(crate) covered: bool,
}

/// 格的状态 · Worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CellState {
    /// Passed and undone.
    Good,
    /// A known issue with an owner.
    Waived,
    /// Planned but not run.
    NotRun,
    /// A precondition of another region is missing.
    Blocked,
    /// No case was planned.
    NotPlanned,
    /// It could not be carried out.
    Error,
    /// An expectation did not hold.
    Failed,
    /// Nobody knows whether it stands.
    Unknown,
    /// It still stands.
    Open,
}

impl CellState {
    pub(crate) const ALL: [CellState; 9] = [
        CellState::Good,
        CellState::Waived,
        CellState::NotRun,
        CellState::Blocked,
        CellState::NotPlanned,
        CellState::Error,
        CellState::Failed,
        CellState::Unknown,
        CellState::Open,
    ];

    /// Stable word, as in JSON and CSS classes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            CellState::Good => "passed",
            CellState::Waived => "waived",
            CellState::NotRun => "not_run",
            CellState::Blocked => "blocked",
            CellState::NotPlanned => "not_planned",
            CellState::Error => "error",
            CellState::Failed => "failed",
            CellState::Unknown => "unknown",
            CellState::Open => "open",
        }
    }

    /// A symbol of one column on every terminal.
    pub(crate) fn symbol(self) -> char {
        match self {
            CellState::Good => '✓',
            CellState::Waived => '~',
            CellState::NotRun => '/',
            CellState::Blocked => '=',
            CellState::NotPlanned => ' ',
            CellState::Error => 'E',
            CellState::Failed => '✗',
            CellState::Unknown => '?',
            CellState::Open => '!',
        }
    }

    pub(crate) fn of(case: &Case) -> CellState {
        match (case.rollback, case.ending.result()) {
            (Rollback::Open, _) => CellState::Open,
            (Rollback::Unknown, _) => CellState::Unknown,
            (_, CaseResult::Passed) => CellState::Good,
            (_, CaseResult::Waived) => CellState::Waived,
            (_, CaseResult::Skipped) => CellState::NotRun,
            (_, CaseResult::Blocked) => CellState::Blocked,
            (_, CaseResult::Error) => CellState::Error,
            (_, CaseResult::Failed) => CellState::Failed,
        }
    }
}

impl Matrix {
    /// The cell of an ordered pair; `None` on the diagonal.
    pub(crate) fn cell(&self, insured: AdmDivision, treatment: AdmDivision) -> Option<&Cell> {
        self.cells
            .iter()
            .find(|cell| cell.insured == insured && cell.treatment == treatment)
    }

    pub(crate) fn covered(&self) -> usize {
        self.cells.iter().filter(|cell| cell.covered()).count()
    }
}

impl Cell {
    /// The worst state of its businesses, and of what is left of any other case.
    pub(crate) fn state(&self) -> CellState {
        let parts = self.parts.iter().map(|part| part.state);
        let worst = parts.max().unwrap_or(CellState::NotPlanned);
        self.left.map_or(worst, |left| worst.max(left))
    }

    pub(crate) fn cases(&self) -> usize {
        self.parts.iter().map(|part| part.cases).sum()
    }

    /// Every business that the plan demands was swiped and passed.
    pub(crate) fn covered(&self) -> bool {
        self.parts.iter().all(|part| part.covered)
    }
}

/// The matrix that the plan demands, if it demands one.
pub(crate) fn matrix(plan: &ResolvedPlan, cases: &[Case]) -> Option<Matrix> {
    if plan.matrix.is_empty() || plan.regions.len() < 2 {
        return None;
    }
    let mut cells = Vec::new();
    for (insured, _) in &plan.regions {
        for (treatment, _) in plan
            .regions
            .iter()
            .filter(|(treatment, _)| treatment != insured)
        {
            let mut parts: Vec<Part> = plan
                .matrix
                .iter()
                .map(|&business| part(*insured, *treatment, business, cases))
                .collect();
            // Where one business is enough, those that nobody planned are none of the cell's.
            if plan.matrix_in_turn && parts.iter().any(|part| part.cases > 0) {
                parts.retain(|part| part.cases > 0);
            }
            let worst = parts.iter().map(|part| part.state).max();
            cells.push(Cell {
                insured: *insured,
                treatment: *treatment,
                parts,
                left: left(*insured, *treatment, cases).filter(|left| worst < Some(*left)),
            });
        }
    }
    Some(Matrix {
        regions: plan.regions.clone(),
        cells,
    })
}

/// What still stands, or may stand, of all cases of a pair, whether the matrix asks for them or not.
fn left(insured: AdmDivision, treatment: AdmDivision, cases: &[Case]) -> Option<CellState> {
    let of_pair =
        |case: &&Case| (case.plan.insured, case.plan.treatment) == (Some(insured), Some(treatment));
    let states = cases.iter().filter(of_pair).map(CellState::of);
    states.max().filter(|state| *state >= CellState::Unknown)
}

fn part(insured: AdmDivision, treatment: AdmDivision, business: Business, cases: &[Case]) -> Part {
    let fits = |case: &&Case| {
        let plan = &case.plan;
        plan.matrix
            && (plan.insured, plan.treatment, plan.business)
                == (Some(insured), Some(treatment), Some(business))
    };
    let here: Vec<&Case> = cases.iter().filter(fits).collect();
    let worst = here.iter().max_by_key(|case| CellState::of(case));
    let passed = |case: &&Case| {
        matches!(
            case.ending,
            Ending::Finished(CaseResult::Passed | CaseResult::Waived)
        )
    };
    Part {
        business,
        cases: here.len(),
        state: worst.map_or(CellState::NotPlanned, |case| CellState::of(case)),
        covered: !here.is_empty() && here.iter().all(passed),
    }
}
