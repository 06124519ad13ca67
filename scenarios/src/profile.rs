//! 地方规则 · Reads profiles: those shipped, files beside a plan, and `profile:` of a topology.
//!
//! A profile is `base:` (national, if it does not say) and what differs from it. In a topology it is a name of a shipped
//! one, a file of the plan, or a map of own keys over a base. What may stand there is the table `knobs`, from which the
//! schema is written too.
//! Called by `topology`, and by `cli` for `lint`, `schema` and `conform`. Not here: what a knob does (`domain::profile`
//! says who reads it), whether a plan's swipes meet these rules (`checks`, `load`).

mod agree;
mod chronic;
mod kind;
mod knobs;
mod schema;

use std::path::Path;
use std::sync::{Arc, LazyLock};

pub(crate) use self::kind::recorded;
use self::knobs::KNOBS;
pub use self::schema::profile_schema;
use crate::codes;
use crate::fields::Fields;
use crate::folder::Folder;
use crate::nearest::suggest;
use crate::node::{Node, Value, read_yaml};
use crate::problem::noun;
use crate::problem::{Problems, Said};
use crate::source::{Source, decode};
use crate::words;
use crate::{Problem, Severity};
use crosswipe_domain::{Both, Profile, both};

/// 内置 · The editions that are shipped, by name, the national one first.
pub const SHIPPED_PROFILES: [(&str, &str); 7] = [
    ("national", include_str!("../profiles/national.yaml")),
    ("zhejiang", include_str!("../profiles/zhejiang.yaml")),
    ("guangdong", include_str!("../profiles/guangdong.yaml")),
    ("jiangsu", include_str!("../profiles/jiangsu.yaml")),
    ("hunan", include_str!("../profiles/hunan.yaml")),
    ("hebei", include_str!("../profiles/hebei.yaml")),
    ("chongqing", include_str!("../profiles/chongqing.yaml")),
];

/// Head of a file: what is no knob.
const HEAD: [&str; 4] = ["profile", "title_zh", "title_en", "base"];

/// 内置 · A shipped edition by its name.
pub fn shipped_profile(name: &str) -> Option<Arc<Profile>> {
    static READ: LazyLock<Vec<Arc<Profile>>> = LazyLock::new(|| {
        let read = |(name, text): &(&str, &str)| {
            let problems = Problems::default();
            let shown = format!("profiles/{name}.yaml");
            let profile = read_text(Arc::new(Source::new(shown, text)), &problems);
            Arc::new(profile.expect("shipped profiles are read by a test"))
        };
        SHIPPED_PROFILES.iter().map(read).collect()
    });
    let mut all = SHIPPED_PROFILES.iter().zip(READ.iter());
    let found = all.find(|((known, _), _)| *known == name);
    found.map(|(_, profile)| Arc::clone(profile))
}

/// 一份地方规则 · By the name of a shipped one, or by the path of a file.
///
/// # Errors
/// All problems at once: no such name or file, or what is wrong in it.
pub fn profile(name_or_path: &str) -> Result<Arc<Profile>, Vec<Problem>> {
    match check_profile(name_or_path) {
        (Some(profile), _) => Ok(profile),
        (None, problems) => Err(problems),
    }
}

/// The same with its warnings; the profile is there unless something is wrong with it.
pub fn check_profile(name_or_path: &str) -> (Option<Arc<Profile>>, Vec<Problem>) {
    if let Some(shipped) = shipped_profile(name_or_path) {
        return (Some(shipped), Vec::new());
    }
    let whole = |code, message: Both, help: Option<Both>| {
        let help =
            help.unwrap_or_else(|| both!("核对路径与权限", "look at the path and its permissions"));
        let problem = Problem::whole_file(code, name_or_path.to_owned(), message);
        (None, vec![problem.help(help)])
    };
    if !is_file_name(name_or_path) && !Path::new(name_or_path).is_file() {
        let message = both!(
            "没有 `{name_or_path}` 这份地方规则",
            "unknown profile `{name_or_path}`"
        );
        let help = suggest(name_or_path, names());
        return whole(codes::UNKNOWN_PROFILE, message, help);
    }
    let bytes = match std::fs::read(name_or_path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = both!(
                "文件 `{name_or_path}` 读不出: {}",
                "the file `{name_or_path}` cannot be read: {}",
                error.kind()
            );
            return whole(codes::UNREADABLE_FILE, message, None);
        }
    };
    let Ok(text) = decode(&bytes) else {
        let message = both!(
            "文件不是 UTF-8, 可能是 GBK 编码",
            "the file is not UTF-8; it may be GBK"
        );
        let help = both!("另存为 UTF-8", "save it as UTF-8");
        return whole(codes::NOT_UTF8, message, Some(help));
    };
    let problems = Problems::default();
    let source = Arc::new(Source::new(name_or_path.to_owned(), text));
    let profile = read_text(source, &problems);
    let problems = problems.into_list();
    let usable = problems
        .iter()
        .all(|problem| problem.severity == Severity::Warning);
    (profile.filter(|_| usable).map(Arc::new), problems)
}

/// True if a path is a file that says which profile it is.
pub fn is_profile(path: &Path) -> bool {
    let text = path.is_file().then(|| std::fs::read(path).ok()).flatten();
    let text = text.unwrap_or_default();
    let mut lines = text.split(|byte| *byte == b'\n');
    lines.any(|line| line.starts_with(b"profile:"))
        && !text.starts_with(b"hub:")
        && !text.windows(9).any(|part| part == b"\nregions:")
}

fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED_PROFILES.iter().map(|(name, _)| *name)
}

fn is_file_name(word: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| word.ends_with(end))
}

/// `profile:` of a topology or of one of its regions.
pub(crate) fn read_profile(node: &Node, folder: &Folder, problems: &Problems) -> Arc<Profile> {
    let Value::Text(_) = node.value else {
        let fields = Fields::of(node, noun("地方规则", "profile"), problems);
        let read = fields.map(|fields| Arc::new(read_over_base(fields, Some(folder), problems)));
        return read.unwrap_or_default();
    };
    let said = words::word(node, problems);
    let read = said.and_then(|said| named(&said, Some(folder), problems));
    read.unwrap_or_default()
}

/// A profile by name; a file only where there is a folder for it.
fn named(
    said: &Said<String>,
    folder: Option<&Folder>,
    problems: &Problems,
) -> Option<Arc<Profile>> {
    if said.value == SHIPPED_PROFILES[0].0 {
        // What shipped files are based upon is there before any of them is read.
        return Some(Arc::default());
    }
    if let Some(shipped) = shipped_profile(&said.value) {
        return Some(shipped);
    }
    if let Some(folder) = folder.filter(|_| is_file_name(&said.value)) {
        let path = folder.inside(said, problems)?;
        let source = folder.open(&path, Some(&said.at), problems)?;
        return read_text(source, problems).map(Arc::new);
    }
    let known = names();
    problems.push(words::unknown(
        codes::UNKNOWN_PROFILE,
        noun("地方规则", "profile"),
        said,
        known,
    ));
    None
}

/// A file of its own.
fn read_text(source: Arc<Source>, problems: &Problems) -> Option<Profile> {
    let node = read_yaml(&source, problems)?;
    let fields = Fields::of(&node, noun("地方规则", "profile"), problems)?;
    let help = both!(
        "写上名称, 如 `profile: my-province`",
        "name it, e.g. `profile: my-province`"
    );
    let id = fields
        .required(HEAD[0], help)
        .and_then(|node| words::id(node, problems));
    let [zh, en] = [HEAD[1], HEAD[2]].map(|key| {
        fields
            .required(key, both!("写上名称", "give its title"))
            .and_then(|node| words::prose(node, problems))
    });
    let mut profile = read_over_base(fields, None, problems);
    profile.id = id?.value;
    profile.title_zh = zh?.value;
    profile.title_en = en?.value;
    Some(profile)
}

/// What a base says, and on top of it what stands here.
fn read_over_base(fields: Fields<'_>, folder: Option<&Folder>, problems: &Problems) -> Profile {
    let base = fields
        .optional(HEAD[3])
        .and_then(|node| words::word(node, problems))
        .and_then(|said| named(&said, folder, problems));
    let mut profile = base.map_or_else(Profile::default, |base| Profile::clone(&base));
    profile.id.push('+');
    let at = fields.at.clone();
    read_group(fields, "", &mut profile, problems);
    agree::check(&profile, &at, problems);
    profile
}

/// The knobs below `prefix`, which ends with a dot unless it is empty.
fn read_group(fields: Fields<'_>, prefix: &str, profile: &mut Profile, problems: &Problems) {
    let mut before = "";
    for knob in KNOBS {
        let Some(rest) = knob.key.strip_prefix(prefix) else {
            continue;
        };
        let (word, more) = match rest.split_once('.') {
            None => (rest, false),
            Some((word, _)) => (word, true),
        };
        if more && word == before {
            continue;
        }
        before = word;
        let Some(node) = fields.optional(word) else {
            continue;
        };
        if !more {
            knob.kind.read(node, knob.key, profile, problems);
        } else if let Some(fields) = Fields::of(node, noun(word, word), problems) {
            let prefix = format!("{prefix}{word}.");
            read_group(fields, &prefix, profile, problems);
        }
    }
    if prefix.is_empty()
        && fields.has("cleared_at")
        && !fields.has("cleared")
        && profile.clearing.is_none()
        && let Some(Node { at, .. }) = fields.optional("cleared_at")
    {
        let help = both!(
            "写明多久清算一次, 如 `cleared: day`",
            "say how often, e.g. `cleared: day`"
        );
        let message = both!(
            "写了几点清算 (`cleared_at`), 没写多久清算一次",
            "`cleared_at` says when, but nothing says how often it is cleared"
        );
        problems.push(at.error(codes::MISSING_KEY, message).help(help));
    }
    fields.done();
}

/// 全部规则项 · Every knob with what a profile says of it: dotted key, Chinese, English, value as text.
pub fn knobs_of(profile: &Profile) -> Vec<(&'static str, &'static str, &'static str, String)> {
    let mut profile = profile.clone();
    KNOBS
        .iter()
        .map(|knob| (knob.key, knob.zh, knob.en, knob.kind.shown(&mut profile)))
        .collect()
}

#[cfg(test)]
mod tests;
