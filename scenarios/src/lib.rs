//! 场景 · Plan and scenario files: format, check, plan.
