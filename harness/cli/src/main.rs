//! 交叉刷卡联调验证台 · The binary `crosswipe`: swipe across regions, wipe every trace, prove it.
//!
//! Reads like the manual: what was typed (`args`), one file per command (`command`), one place for exit
//! codes (`exit`) and for drawing problems (`complain`). The wiring of all crates happens here alone.

mod anchor;
mod args;
mod books;
mod bulletin;
mod bundle;
mod byhand;
mod command;
mod complain;
mod conclude;
mod contacts;
mod driven;
mod exit;
mod explain;
mod following;
mod gateway_keys;
mod inner;
mod intake;
mod live;
mod merged;
mod private;
mod progress;
mod proofs;
mod rundir;
mod seal;
mod served;
mod several;
mod shift;
mod stage;
mod table;
mod tenancy;
mod told;
mod traffic;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;

/// Messages, rows and records are many small texts, and most of what they cost is their memory.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return exit::of_usage(&error),
    };
    let lang = args.command.common().lang();
    if args.command.common().chose_lang() {
        complain::speak_only(lang);
    }
    let ended = match args.command {
        Command::Plan(plan) => command::plan::plan(&plan),
        Command::Run(run) => command::run::run(&run),
        Command::Sim(sim) => command::sim::sim(&sim),
        Command::Resume(resume) => command::resume::resume(&resume),
        Command::Serve(serve) => command::serve::serve(&serve),
        Command::Verify(verify) => command::verify::verify(&verify),
        Command::Import(import) => command::import::import(&import),
        Command::Audit(audit) => command::audit::audit(&audit),
        Command::Conform(conform) => command::conform::conform(&conform),
        Command::Close(close) => command::close::close(&close),
        Command::Merge(merge) => command::merge::merge(&merge),
        Command::Compare(compare) => command::compare::compare(&compare),
        Command::Amend(amend) => command::amend::amend(&amend),
        Command::Review(review) => command::review::review(&review),
        Command::Form(form) => command::form::form(&form),
        Command::Report(report) => command::report::report(&report),
        Command::Init(init) => command::init::init(&init),
        Command::Lint(lint) => command::lint::lint(&lint),
        Command::Schema(schema) => command::schema::schema(&schema),
        Command::Preflight(preflight) => command::preflight::preflight(&preflight),
        Command::Explain(explain) => command::explain::explain(&explain),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(trouble) => complain::trouble(&trouble, lang),
    }
}
