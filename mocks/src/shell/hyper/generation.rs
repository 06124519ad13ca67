//! 新旧门 · Which of a region's two platforms a message is meant for, and what is told to who has mistaken one for the other.
//!
//! The line to the platform of before the cutover has addresses of its own: those of its dialect behind `/old`. A message
//! that wears the other generation's dialect was sent to the wrong door; a signature that does not hold would say less.
//! Called by `hyper` and `front`. Not here: what a dialect looks like (`wire::gateway`).

use crosswipe_domain::Profile;
use crosswipe_wire::gateway::Dialect;

use super::admit::{Head, NotAdmitted};
use crate::machine::OLD_PATH;

/// Takes the sign of the old line off an address; true if it was there.
pub(super) fn is_old(head: &mut Head) -> bool {
    let Some(rest) = head.path.strip_prefix(OLD_PATH) else {
        return false;
    };
    let rest = match rest {
        "" => "/",
        rest if rest.starts_with('/') => rest,
        // `/older` is no line.
        _ => return false,
    };
    head.path = rest.to_owned();
    true
}

/// 走错门 · A message in the dialect of the other generation; `None` where nobody can tell.
pub(super) fn wrong_door(
    head: &Head,
    old: bool,
    (here, there): (&Profile, &Profile),
) -> Option<NotAdmitted> {
    let (spoken, wanted) = (head.dialect(), here.gateway.dialect);
    // A door that speaks none in particular takes any.
    let mistaken = ![spoken, wanted].contains(&Dialect::Bare)
        && spoken != wanted
        && spoken == there.gateway.dialect;
    let why = match old {
        true => format!(
            "这是旧平台的门 (/old), 说 {wanted}; 收到的是新平台的方言 {spoken}, 去掉地址里的 /old (this is the old platform's door, which speaks {wanted}; the message wears the new one's dialect {spoken}: drop /old from the address)"
        ),
        false => format!(
            "这是新平台的门, 说 {wanted}; 收到的是旧平台的方言 {spoken}, 地址前加 /old (this is the new platform's door, which speaks {wanted}; the message wears the old one's dialect {spoken}: put /old before the address)"
        ),
    };
    mistaken.then(|| NotAdmitted::by_door(why))
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use rstest::rstest;

    use super::*;

    fn head(path: &str, header: &str) -> Head {
        let request = Request::post(format!("http://127.0.0.1{path}")).header(header, "x");
        Head::of(&request.body(()).unwrap())
    }

    #[rstest]
    #[case::the_line("/old", true, "/")]
    #[case::an_address_behind_it("/old/fsi/api/x", true, "/fsi/api/x")]
    #[case::with_a_slash("/old/", true, "/")]
    #[case::another_word("/older/2207", false, "/older/2207")]
    #[case::the_new_one("/hgs/2207", false, "/hgs/2207")]
    fn the_line_stands_before_the_address(
        #[case] path: &str,
        #[case] old: bool,
        #[case] rest: &str,
    ) {
        let mut head = head(path, "x-none");
        assert_eq!((is_old(&mut head), head.path.as_str()), (old, rest));
    }

    #[rstest]
    #[case::the_new_at_the_old("x-tif-signature", true, Some("去掉地址里的 /old"))]
    #[case::the_old_at_the_old("_api_signature", true, None)]
    #[case::the_old_at_the_new("_api_signature", false, Some("地址前加 /old"))]
    #[case::the_new_at_the_new("x-tif-signature", false, None)]
    #[case::unsigned("x-none", true, None)]
    fn who_came_to_the_other_door_is_told(
        #[case] header: &str,
        #[case] old: bool,
        #[case] told: Option<&str>,
    ) {
        let profile = |dialect| {
            let mut profile = Profile::default();
            profile.gateway.dialect = dialect;
            profile
        };
        let (new, before) = (profile(Dialect::XTif), profile(Dialect::Csb));
        let doors = if old {
            (&before, &new)
        } else {
            (&new, &before)
        };
        let head = head("/", header);
        let said = wrong_door(&head, old, doors);
        assert_eq!(said.is_some(), told.is_some());
        assert!(told.is_none_or(|words| said.is_some_and(|said| said.body.contains(words))));
        // A door that speaks none in particular takes any.
        let any = profile(Dialect::Bare);
        assert!(wrong_door(&head, old, (&any, doors.1)).is_none());
    }
}
