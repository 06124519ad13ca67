//! 整体 · All problems at once, nothing hidden behind another, nothing private shown.
