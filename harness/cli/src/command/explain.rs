//! 说明 · `crosswipe explain CODE`: cause, example, remedy, offline, in both languages.

use crosswipe_mocks::{FaultClass, FaultOrder};
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
            what: format!("no page for `{code}`"),
            help: near.map_or_else(String::new, |near| {
                format!("最接近的 · did you mean `{near}`?")
            }),
        });
    };
    let heading = match lang {
        Lang::Zh => format!("{} · {}\n\n", page.code, page.title(lang)),
        Lang::En => format!("{}: {}\n\n", page.code, page.title(lang)),
    };
    let body = page.body(lang);
    to_stdout(&format!("{heading}{body}\n{}", not_built(page.code, lang)))?;
    Ok(Exit::Clean)
}

/// What a reader must know of a fault that can be read about and not ordered.
fn not_built(code: &str, lang: Lang) -> &'static str {
    if FaultClass::named(code).is_none() || FaultOrder::known().any(|known| known == code) {
        return "";
    }
    match lang {
        Lang::Zh => "注意: 这一种现在还不能用 `--fault` 放; 在真实系统上遇到, 照此页处理。\n",
        Lang::En => {
            "Note: this one cannot be ordered with `--fault` yet; met on a real system, the page holds.\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_cannot_be_ordered_says_so_and_no_other_code_does() {
        let mut waiting = 0;
        for page in pages() {
            let order = page.code.parse::<FaultOrder>();
            let is_waiting = matches!(order, Err(crosswipe_mocks::BadFault::NotBuilt { .. }));
            waiting += usize::from(is_waiting);
            for lang in [Lang::Zh, Lang::En] {
                assert_eq!(
                    !not_built(page.code, lang).is_empty(),
                    is_waiting,
                    "`{}`",
                    page.code
                );
            }
        }
        println!("{waiting} faults wait to be built");
    }
}
