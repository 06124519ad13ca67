//! 模式 · `crosswipe schema WHAT`: the JSON schema of a plan file or profile, every knob of one profile with its value, or the
//! adapter of a HIS that is driven, as OpenAPI.
//!
//! For editors, and for whoever writes the profile of a province: the same table from which files are read.

use crosswipe_mocks::HIS_ADAPTER;
use crosswipe_reports::{Lang, REPORT_SCHEMA};
use crosswipe_scenarios::{SCHEMAS, check_profile, knobs_of, profile_schema};

use crate::args::{Schema, SchemaOf};
use crate::complain::{Trouble, problems, to_stdout};
use crate::exit::Exit;

/// Prints a schema, or what one profile says.
pub(crate) fn schema(args: &Schema) -> Result<Exit, Trouble> {
    let Some(of) = &args.of else {
        to_stdout(&printed(args.what))?;
        return Ok(Exit::Clean);
    };
    if args.what != SchemaOf::Profile {
        return Err(Trouble::Usage {
            code: "cli::schema",
            what: "`--of` 只和 `profile` 连用 · `--of` says what a profile holds, and goes with `profile` only".to_owned(),
            help: format!("crosswipe schema profile --of {of}"),
        });
    }
    let (profile, told) = check_profile(of);
    let Some(profile) = profile else {
        return Err(Trouble::Plan(told));
    };
    problems(&told, args.common.lang());
    let knobs = knobs_of(&profile);
    let lang = args.common.lang();
    let title = lang.pick(&profile.title_zh, &profile.title_en);
    let mut text = format!("{} {title}\n", profile.id);
    let width = knobs.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
    for (key, zh, en, value) in knobs {
        let words = match lang {
            Lang::Zh => zh,
            Lang::En => en,
        };
        text.push_str(&format!("  {key:width$}  {value}  # {words}\n"));
    }
    to_stdout(&text)?;
    Ok(Exit::Clean)
}

/// The document itself.
fn printed(what: SchemaOf) -> String {
    let kind = match what {
        SchemaOf::Plan => "plan",
        SchemaOf::Topology => "topology",
        SchemaOf::Scenario => "scenario",
        SchemaOf::Basket => "basket",
        SchemaOf::HisAdapter => return HIS_ADAPTER.to_owned(),
        SchemaOf::Report => return REPORT_SCHEMA.to_owned(),
        SchemaOf::Profile => {
            let schema: serde_json::Value = serde_json::from_str(&profile_schema())
                .expect("a test reads the schema of profiles as JSON");
            return format!("{schema:#}\n");
        }
    };
    let found = SCHEMAS.iter().find(|(name, _)| *name == kind);
    found.map_or_else(String::new, |(_, text)| (*text).to_owned())
}
