//! 模拟 · Mock parties: ledger, platform, hub, HIS, faults and shells.
