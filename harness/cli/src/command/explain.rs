//! 说明 · `crosswipe explain CODE`: cause, example, remedy, offline, in both languages.

use crosswipe_reports::Lang;

use crate::args::Explain;
use crate::command::select::nearest;
use crate::complain::{Trouble, to_stdout};
use crate::exit::Exit;
use crate::explain::{page, pages};

/// Prints one page, or the list of all codes.
pub(crate) fn explain(args: &Explain) -> Result<Exit, Trouble> {
    let lang = args.common.lang();
    let Some(code) = &args.code else {
        let list: String = pages()
            .map(|page| format!("{:32} {}\n", page.code, page.title(lang)))
            .collect();
        to_stdout(&list)?;
        return Ok(Exit::Clean);
    };
    let Some(page) = page(code) else {
        let near = nearest(code, pages().map(|page| page.code));
        return Err(Trouble::Usage {
            code: "cli::unknown_code",
            what: format!("没有 `{code}` 的说明 · no page for `{code}`"),
            help: near.map_or_else(String::new, |near| {
                format!("最接近的: `{near}` · did you mean `{near}`?")
            }),
        });
    };
    let heading = match lang {
        Lang::Zh => format!("{} · {}\n\n", page.code, page.title(lang)),
        Lang::En => format!("{}: {}\n\n", page.code, page.title(lang)),
    };
    let body = page.body(lang);
    to_stdout(&format!("{heading}{body}\n"))?;
    Ok(Exit::Clean)
}
