//! 公众业务 · Reads a `play`: what somebody who is no test person does, in one step or in several.
//!
//! Why in several: a notice's bounds cut a visit in two (admitted before the stop of admissions, discharged after it), so
//! a later step may go on with the visit of an earlier one (`of`), and a step may end before the settlement (`until`).
//! Called by `steps`. Not here: whether the window serves him then (`checks`).

use crosswipe_domain::{Business, Moment, both};

use crate::codes;
use crate::fields::Fields;
use crate::interface::settlement;
use crate::node::Node;
use crate::problem::{Said, noun};
use crate::steps::{PLAYED, ReadSteps, Reader};
use crate::words;
use crate::{Afterwards, Play};

/// What a stranger does with his swipe.
const STRANGERS: [(&str, Afterwards); 2] =
    [("left", Afterwards::Left), ("undone", Afterwards::Undone)];

impl Reader<'_, '_> {
    pub(crate) fn play(
        &mut self,
        fields: &Fields<'_>,
        name: String,
        read: &mut ReadSteps,
    ) -> Option<Play> {
        let business = self.business(fields, "play");
        let expect = self.expect(
            fields,
            &PLAYED,
            business.map(settlement).as_ref(),
            &name,
            read,
        );
        let before = match fields.optional("of") {
            Some(node) => self.before(node, business, read).map(Some),
            None => Some(None),
        };
        let stranger = match fields.optional("stranger") {
            Some(node) => words::word(node, self.problems).and_then(|said| {
                words::one_of(
                    &said,
                    noun("旁人的做法", "way of a stranger"),
                    &STRANGERS,
                    self.problems,
                )
                .map(Some)
            }),
            None => Some(None),
        };
        let visit = match &before {
            None => None,
            Some(Some(before)) => Some((
                before.persona.clone(),
                before.institution.clone(),
                before.basket.clone(),
            )),
            Some(None) => self.whose(fields, stranger),
        };
        let channel = self.channel(fields);
        let until = self.last_message(fields, business);
        let at = self.instant(fields, "at");
        if !fields.has("at") {
            let help = both!("公众业务要写明时刻", "public traffic needs its instant");
            let problem = fields.at.error(
                codes::MISSING_KEY,
                both!("公众业务: 缺少 `at`", "play: `at` is missing"),
            );
            self.problems.push(problem.help(help));
        }
        let treated = self.instant(fields, "treated");
        let refund_at = self.instant(fields, "refund_at");
        if let (Ok(Some(at)), Ok(treated), Ok(refund_at)) = (&at, &treated, &refund_at) {
            self.report_backwards(at, treated.as_ref(), refund_at.as_ref());
        }
        let (business, until, before) = (business?, until?, before?);
        let sent = before.as_ref().map_or(0, |before| {
            let last = before.messages.last();
            let place = Play::whole(business)
                .iter()
                .position(|one| Some(one) == last);
            place.map_or(0, |place| place + 1)
        });
        let left = &Play::whole(business)[sent..];
        let last = left.iter().position(|number| *number == until);
        let Some(last) = last else {
            let problem = fields.at.error(
                codes::NOTHING_TO_CONTINUE,
                both!(
                    "这次就诊到 `{until}` 为止已没有要办的",
                    "nothing of the visit is left to send until `{until}`"
                ),
            );
            let help = both!(
                "前一步已办到这里, 或更远",
                "the step before went as far, or farther"
            );
            self.problems.push(problem.help(help));
            return None;
        };
        let (persona, institution, basket) = visit?;
        let value =
            |said: Result<Option<Said<Moment>>, ()>| Some(said.ok()?.map(|said| said.value));
        let play = Play {
            treated: value(treated)?,
            refund_at: value(refund_at)?,
            of: before.map(|before| before.name),
            messages: left[..=last].to_vec(),
            name,
            persona,
            institution,
            business,
            basket,
            channel: channel?,
            at: value(at)?,
            stranger: stranger?,
            expect: expect?,
        };
        read.plays.insert(play.name.clone(), play.clone());
        Some(play)
    }

    /// Person, institution and basket of a visit that begins.
    fn whose(
        &mut self,
        fields: &Fields<'_>,
        stranger: Option<Option<Afterwards>>,
    ) -> Option<(String, crosswipe_domain::InstitutionCode, String)> {
        let persona = self.persona(fields, None, true);
        if let (Some(persona), Some(None)) = (&persona, stranger)
            && self
                .known(&persona.value)
                .is_some_and(|person| person.persona.registered)
        {
            let message = both!(
                "`{}` 是名册上的测试人员, 不能扮公众",
                "`{}` is a registered test person and cannot play the public",
                persona.value
            );
            let help = both!(
                "公众人员在名册里用途写 public",
                "somebody whose `use` is `public`"
            );
            let problem = persona.at.error(codes::PERSON_IS_REGISTERED, message);
            self.problems.push(problem.help(help));
        }
        let institution = self.institution(fields, None, true);
        let basket = self.basket(fields);
        Some((persona?.value, institution?, basket?))
    }

    /// The earlier play whose visit goes on.
    fn before(&self, node: &Node, business: Option<Business>, read: &ReadSteps) -> Option<Play> {
        let said = words::word(node, self.problems)?;
        let found = read.plays.get(&said.value);
        if found.is_none() && !read.scope.broken.contains(&said.value) {
            let known = read.plays.keys().map(String::as_str);
            let problem = words::unknown(
                codes::UNKNOWN_CAPTURE,
                noun("前面的公众业务", "earlier play"),
                &said,
                known,
            );
            let help = both!(
                "先写开始这次就诊的 play, 用 name 起名",
                "first the `play` that begins the visit, with a `name`"
            );
            self.problems.push(match read.plays.is_empty() {
                true => problem.help(help),
                false => problem,
            });
        }
        let found = found?;
        if business.is_some_and(|business| business != found.business) {
            let message = both!(
                "`{}` 的就诊是 {}",
                "the visit of `{}` is {}",
                found.name,
                found.business.name()
            );
            let help = both!(
                "与前一步写同样的业务",
                "write the same business as the step before"
            );
            self.problems
                .push(said.at.error(codes::WRONG_SHAPE, message).help(help));
            return None;
        }
        Some(found.clone())
    }

    /// `until`, else the settlement.
    fn last_message(
        &self,
        fields: &Fields<'_>,
        business: Option<Business>,
    ) -> Option<&'static str> {
        let numbers = Play::whole(business?);
        let Some(node) = fields.optional("until") else {
            return numbers.last().copied();
        };
        let said = words::word(node, self.problems)?;
        let found = numbers.iter().find(|number| **number == said.value);
        if found.is_none() {
            let what = noun("这种就诊的报文", "message of such a visit");
            let known = numbers.iter().copied();
            let problem = words::unknown(codes::UNKNOWN_WORD, what, &said, known);
            self.problems.push(problem);
        }
        found.copied()
    }

    fn report_backwards(
        &self,
        at: &Said<Moment>,
        treated: Option<&Said<Moment>>,
        refund: Option<&Said<Moment>>,
    ) {
        if let Some(treated) = treated.filter(|treated| treated.value > at.value) {
            let help = both!("treated 应不晚于 at", "let `treated` be no later than `at`");
            let problem = treated.at.error(
                codes::INSTANTS_BACKWARDS,
                both!("录入的时刻早于就诊", "entered before he is treated"),
            );
            self.problems.push(problem.help(help));
        }
        if let Some(refund) = refund.filter(|refund| refund.value < at.value) {
            let help = both!(
                "refund_at 应不早于 at",
                "let `refund_at` be no earlier than `at`"
            );
            let problem = refund.at.error(
                codes::INSTANTS_BACKWARDS,
                both!("退费的时刻早于结算", "refunded before it is settled"),
            );
            self.problems.push(problem.help(help));
        }
    }
}
