//! 模式 · `crosswipe schema profile`: the JSON schema of a profile file, or every knob of one profile with its value;
//! `crosswipe schema his-adapter`: the adapter of a HIS that is driven, as OpenAPI.
//!
//! For editors, and for whoever writes the profile of a province: the same table from which files are read.

use crosswipe_mocks::HIS_ADAPTER;
use crosswipe_reports::Lang;
use crosswipe_scenarios::{check_profile, knobs_of, profile_schema};

use crate::args::{Schema, SchemaOf};
use crate::complain::{Trouble, problems, to_stdout};
use crate::exit::Exit;

/// Prints a schema, or what one profile says.
pub(crate) fn schema(args: &Schema) -> Result<Exit, Trouble> {
    if args.what == SchemaOf::HisAdapter {
        if args.of.is_some() {
            return Err(Trouble::Usage {
                code: "cli::his_adapter",
                what: "`--of` names a profile; the adapter is the same everywhere".to_owned(),
                help: "去掉 --of · leave it out".to_owned(),
            });
        }
        to_stdout(HIS_ADAPTER)?;
        return Ok(Exit::Clean);
    }
    let Some(of) = &args.of else {
        let schema: serde_json::Value = serde_json::from_str(&profile_schema())
            .expect("a test reads the schema of profiles as JSON");
        to_stdout(&format!("{schema:#}\n"))?;
        return Ok(Exit::Clean);
    };
    let (profile, told) = check_profile(of);
    let Some(profile) = profile else {
        return Err(Trouble::Plan(told));
    };
    problems(&told);
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
