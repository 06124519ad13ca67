//! 回退 · What to compensate and in which order; pure: fold(journal) → next action.
