//! 谁在哪 · Person and institution of a step: named by it, or given by its cell of the matrix.
//!
//! Why so: only registered persons may be swiped, so who a step is about is settled here, in one place.
//! Called by `steps`; `matrix` makes the seats.

use crosswipe_domain::{Business, InstitutionCode, Topology, both};

use crate::codes;
use crate::fields::Fields;
use crate::persons::Person;
use crate::problem::{Problems, Said, noun};
use crate::steps::Reader;
use crate::words;
use crate::{Expect, Expected};

/// 座位 · Who goes where in a cell of the matrix.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) persona: String,
    pub(crate) institution: InstitutionCode,
}

impl Reader<'_, '_> {
    pub(crate) fn persona(
        &self,
        fields: &Fields<'_>,
        seat: Option<&Seat>,
        needed: bool,
    ) -> Option<Said<String>> {
        if let Some(seat) = seat {
            self.cell_gives(fields, "person");
            return Some(Said {
                value: seat.persona.clone(),
                at: fields.at.clone(),
            });
        }
        let node = if needed {
            fields.required("person", both!("写上人员标识", "name the person"))
        } else {
            fields.optional("person")
        }?;
        let said = words::word(node, self.problems)?;
        if self.known(&said.value).is_none() {
            let known = self
                .persons
                .iter()
                .map(|person| person.persona.label.as_str());
            self.problems.push(words::unknown(
                codes::UNKNOWN_PERSON,
                noun("人员", "person"),
                &said,
                known,
            ));
            return None;
        }
        Some(said)
    }

    pub(crate) fn known(&self, label: &str) -> Option<&Person> {
        self.persons
            .iter()
            .find(|person| person.persona.label == label)
    }

    /// Only registered persons may be swiped; a case may show that the gate refuses anybody else, or, past the gate by
    /// force, that the platform does.
    pub(crate) fn report_unregistered(
        &self,
        persona: &Said<String>,
        expect: &Expect,
        forced: bool,
    ) {
        let unregistered = self
            .known(&persona.value)
            .is_some_and(|person| !person.persona.registered);
        let shows_refusal = match &expect.outcome {
            Expected::Gate { reason } => reason.as_deref().is_none_or(|reason| reason == "persona"),
            Expected::Refused { .. } => forced,
            _ => false,
        };
        if unregistered && !shows_refusal {
            let message = both!(
                "`{}` 不在测试人员名册上",
                "`{}` is not on the registry of test persons",
                persona.value
            );
            let help = both!(
                "先备案 (用途写 matrix 或 named), 或改为 play",
                "file the person first (`use`: matrix or named), or `play` it"
            );
            self.problems.push(
                persona
                    .at
                    .error(codes::PERSON_NOT_REGISTERED, message)
                    .help(help),
            );
        }
    }

    pub(crate) fn institution(
        &self,
        fields: &Fields<'_>,
        seat: Option<&Seat>,
        needed: bool,
    ) -> Option<InstitutionCode> {
        if let Some(seat) = seat {
            self.cell_gives(fields, "institution");
            return Some(seat.institution.clone());
        }
        let help = both!("写上机构编号", "give the institution's code");
        let node = if needed {
            fields.required("institution", help)
        } else {
            fields.optional("institution")
        }?;
        institution(
            &words::word(node, self.problems)?,
            self.topology,
            self.problems,
        )
    }

    /// Drugs are bought at a pharmacy; a case may show that a hospital is refused.
    pub(crate) fn report_no_pharmacy(
        &self,
        fields: &Fields<'_>,
        business: Option<Business>,
        institution: Option<&InstitutionCode>,
        expect: &Expect,
    ) {
        let Some(code) = institution.filter(|code| !code.is_pharmacy()) else {
            return;
        };
        let succeeds = matches!(expect.outcome, Expected::Ok | Expected::Accepted);
        if business == Some(Business::Pharmacy) && succeeds {
            let message = both!("`{code}` 不是药店", "`{code}` is no pharmacy");
            let help = both!(
                "药店购药在定点零售药店办理, 编号以 P 开头",
                "drugs are bought at a designated pharmacy, whose code begins with P"
            );
            let at = fields.key_at("institution").unwrap_or(&fields.at);
            let problem = at.error(codes::WRONG_SHAPE, message);
            self.problems.push(problem.help(help));
        }
    }

    /// `key` may not stand in a matrix scenario.
    fn cell_gives(&self, fields: &Fields<'_>, key: &'static str) {
        if fields.optional(key).is_some()
            && let Some(at) = fields.key_at(key)
        {
            let help = both!("删去这一行", "drop this line");
            let message = both!(
                "矩阵场景的 `{key}` 由矩阵填",
                "`{key}` comes from the cell of the matrix"
            );
            self.problems
                .push(at.error(codes::UNKNOWN_KEY, message).help(help));
        }
    }
}

/// An institution of the topology.
pub(crate) fn institution(
    said: &Said<String>,
    topology: &Topology,
    problems: &Problems,
) -> Option<InstitutionCode> {
    let found = topology
        .institutions
        .iter()
        .find(|institution| institution.code.as_str() == said.value);
    if found.is_none() {
        let known = topology
            .institutions
            .iter()
            .map(|institution| institution.code.as_str());
        problems.push(words::unknown(
            codes::UNKNOWN_INSTITUTION,
            noun("机构", "institution"),
            said,
            known,
        ));
    }
    found.map(|institution| institution.code.clone())
}
