//! 处置 · From what was seen to what to do first: one cause for each target, by a tree.
//!
//! Why so: a site that does not get through sees five red lines and has one cause. The notice's own advice is asked
//! first; then the built-in tree, from the card outwards, whose end is the code of the line that explains the others.
//! Called by `cli`. Not here: the words (`cli`'s explain pages).

use crosswipe_scenarios::{Advice, Probe};

use super::{Checked, NO_ADDRESS, NO_CONNECTION};

/// 原因 · What to mend first at a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The notice says what to do.
    Noticed(String),
    /// The line with this code explains the rest; its page says what to do.
    Code(&'static str),
}

/// What to mend first at one target; `None` where nothing failed and everything was asked.
pub fn advise(advice: &[Advice], checked: &[&Checked]) -> Option<Cause> {
    let ended = |probe: Probe| {
        let mut of_it = checked.iter().filter(|one| one.probe == probe).peekable();
        of_it.peek()?;
        let (mut all_passed, mut any_failed) = (true, false);
        for one in of_it {
            all_passed &= one.found.is_passed();
            any_failed |= one.found.is_failed();
        }
        Some((all_passed, any_failed))
    };
    let holds = |(probe, passed): &(Probe, bool)| match ended(*probe) {
        Some((all_passed, any_failed)) => match passed {
            true => all_passed,
            false => any_failed,
        },
        None => false,
    };
    if checked.iter().all(|one| one.found.is_passed()) {
        return None;
    }
    let noticed = advice.iter().find(|one| one.when.iter().all(holds));
    if let Some(noticed) = noticed {
        return Some(Cause::Noticed(noticed.say.clone()));
    }
    // A ping that nobody answers says nothing where a port does.
    let reached = matches!(ended(Probe::Tcp), Some((true, _)));
    let failed = |one: &&&Checked| one.found.is_failed() && !(reached && one.probe == Probe::Ping);
    let first = checked.iter().filter(failed).min_by_key(|one| one.probe);
    // Nothing failed, but something was not asked; what merely follows from it comes last.
    let follows = |one: &&Checked| {
        let code = one.found.code().unwrap_or_default();
        (
            code == NO_ADDRESS || code == NO_CONNECTION,
            one.found.is_failed(),
            one.probe,
        )
    };
    let open = checked.iter().filter(|one| !one.found.is_passed());
    let first = first.or_else(|| open.min_by_key(|one| follows(one)));
    first.and_then(|one| one.found.code()).map(Cause::Code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::{Found, name, port};

    fn one(probe: Probe, found: Found) -> Checked {
        Checked {
            target: "province".to_owned(),
            probe,
            of: String::new(),
            found,
            took_ms: 0,
        }
    }

    fn cause(advice: &[Advice], checked: &[Checked]) -> Option<Cause> {
        advise(advice, &checked.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_first_thing_on_the_way_that_fails_is_the_cause() {
        let passed = || Found::passed("");
        let silent = || Found::failed(port::TCP_SILENT, "", "");
        let ping = || Found::failed(port::PING_SILENT, "", "");
        assert_eq!(cause(&[], &[one(Probe::Tcp, passed())]), None);
        let line_down = [one(Probe::Tcp, silent()), one(Probe::Ping, ping())];
        assert_eq!(cause(&[], &line_down), Some(Cause::Code(port::PING_SILENT)));
        let blocked = [one(Probe::Tcp, silent()), one(Probe::Ping, passed())];
        assert_eq!(cause(&[], &blocked), Some(Cause::Code(port::TCP_SILENT)));
        let name = [
            one(Probe::Udp, Found::failed(name::SILENT, "", "")),
            one(Probe::Dns, Found::unchecked(NO_ADDRESS, "")),
            one(Probe::Tcp, Found::unchecked(NO_ADDRESS, "")),
        ];
        assert_eq!(cause(&[], &name), Some(Cause::Code(name::SILENT)));
    }

    #[test]
    fn a_ping_that_is_shut_out_hides_no_other_cause_and_is_no_silence_of_the_port() {
        let ping = one(Probe::Ping, Found::failed(port::PING_SILENT, "", ""));
        let tcp = one(Probe::Tcp, Found::passed(""));
        let page = one(Probe::Page, Found::failed("preflight:page-words", "", ""));
        let seen = [ping.clone(), tcp.clone(), page];
        let words = Cause::Code("preflight:page-words");
        assert_eq!(cause(&[], &seen), Some(words));
        // By itself it is still not as the plan wants it.
        let alone = Cause::Code(port::PING_SILENT);
        assert_eq!(cause(&[], &[ping, tcp]), Some(alone));
    }

    #[test]
    fn the_notice_has_the_first_word_where_it_speaks_of_all_that_was_seen() {
        let advice = [Advice {
            when: vec![(Probe::Dns, true), (Probe::Tcp, false)],
            say: "请电信查专线".to_owned(),
        }];
        let dns = one(Probe::Dns, Found::passed(""));
        let tcp = one(Probe::Tcp, Found::failed(port::TCP_SILENT, "", ""));
        let noticed = Cause::Noticed("请电信查专线".to_owned());
        assert_eq!(cause(&advice, &[dns.clone(), tcp.clone()]), Some(noticed));
        let code = Cause::Code(port::TCP_SILENT);
        assert_eq!(
            cause(&advice, std::slice::from_ref(&tcp)),
            Some(code.clone())
        );
        let not_asked = one(Probe::Dns, Found::unchecked(NO_ADDRESS, ""));
        assert_eq!(cause(&advice, &[not_asked, tcp]), Some(code));
    }

    #[test]
    fn what_could_not_be_asked_is_told_too() {
        let ping = one(Probe::Ping, Found::unchecked(port::NO_PING, ""));
        assert_eq!(cause(&[], &[ping]), Some(Cause::Code(port::NO_PING)));
    }
}
