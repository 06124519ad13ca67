//! 经办之试 · What the insured place's own office does: paid once, ended once, and only while it is open.

use std::sync::Arc;

use crosswipe_domain::{
    Business, CellKey, Export, OfficeAct, Party, Phase, PhaseKind, Public, Role, Row, Span,
    Suspension,
};
use crosswipe_mocks::MemoryWorld;
use crosswipe_wire::{Context, RefusalCode as Code, Response};
use rstest::rstest;
use serde_json::{Value, json};

use crate::bench::{
    Carrier, Counter, H_HANGZHOU, H_NINGBO, HANGZHOU, OTHER, PUBLIC, Said, at, config, division,
};

/// Go-live; the public is served from here on.
const LIVE: &str = "2017-06-05T18:00+08:00";
const LATER: &str = "2017-06-07T10:00+08:00";
const TREATED: &str = "2017-06-03 10:00:00";
/// Where the old platform stops, in a world of two generations, and a day before.
const STOPS: &str = "2017-05-31T18:00+08:00";
const BEFORE: &str = "2017-05-30T10:00+08:00";

fn suspension() -> Suspension {
    Suspension {
        clause: "XX1".into(),
        from: at(LIVE),
        to: None,
        business: vec![],
        messages: vec![],
        except: vec![],
        span: vec![],
        insured: vec![],
        treatment: vec![],
        institutions: vec![],
        channels: vec![],
        entries: false,
        quote: String::new(),
    }
}

/// A world, and its office's counter.
struct Office {
    world: MemoryWorld,
    serial: u32,
    /// At the platform of before the cutover.
    old: bool,
}

impl Office {
    fn of(suspended: Vec<Suspension>) -> Office {
        let mut config = config(&[]);
        config.window.suspended = suspended;
        Office {
            world: MemoryWorld::new(&config.setup(), vec![]),
            serial: 0,
            old: false,
        }
    }

    /// Two generations, the old one of which drains until [`STOPS`].
    fn of_two_generations(suspended: Vec<Suspension>) -> Office {
        let mut config = config(&[]);
        let drains = Phase {
            id: "drain".into(),
            kind: PhaseKind::Drain,
            from: at("2017-05-01T00:00+08:00"),
            to: Some(at(STOPS)),
            allow: vec![],
            public: Public::Open,
            reads: None,
            quote: String::new(),
        };
        config.window.phases.insert(0, drains);
        config.window.suspended = suspended;
        config.topology.regions[0].old = Some(Arc::default());
        Office {
            world: MemoryWorld::new(&config.setup(), vec![]),
            serial: 0,
            old: true,
        }
    }

    fn asks(&mut self, now: &str, began: &str) -> Result<String, Code> {
        self.bill("cardless-request", now, (H_NINGBO, "11", began))
    }

    fn books(&self, old: bool) -> Export {
        let party = match old {
            true => Party::old_platform(division(HANGZHOU)),
            false => Party::new(Role::Insured, HANGZHOU),
        };
        Carrier::export(&self.world, &party)
    }

    fn sends(&mut self, act: &str, now: &str, data: Value, lines: Value) -> Result<String, Code> {
        self.serial += 1;
        self.sends_as(
            &format!("J33010000000{}", self.serial),
            act,
            now,
            data,
            lines,
        )
    }

    fn sends_as(
        &mut self,
        msgid: &str,
        act: &str,
        now: &str,
        data: Value,
        lines: Value,
    ) -> Result<String, Code> {
        let now = at(now);
        let body = json!({
            "infno": act, "msgid": msgid, "mdtrtarea_admvs": HANGZHOU, "insuplc_admdvs": HANGZHOU,
            "opter_type": "1", "fixmedins_code": OfficeAct::office_of(division(HANGZHOU)).as_str(),
            "input": {"data": data, "feedetail": lines},
        });
        let context = Context {
            run: String::new(),
            epoch: 0,
            now: Some(now),
        };
        let party = match self.old {
            true => Party::old_platform(division(HANGZHOU)),
            false => Party::new(Role::Insured, HANGZHOU),
        };
        let body = body.to_string();
        let answer = self
            .world
            .exchange(now, &party, "/office", Some(&context), body.as_bytes())
            .unwrap();
        let response = Response::parse(answer.body.as_bytes()).unwrap();
        if let Some(code) = response.err_msg.as_deref().and_then(Code::of_err_msg) {
            return Err(code);
        }
        let result = response.node("result").unwrap();
        let text = |name: &str| result.text(name).map(|text| text.into_owned());
        // Of a declaration, what it says.
        let said = || {
            let names = ["month", "setl_cnt", "medfee_sumamt", "fund_pay_sumamt"];
            let values = names.map(|name| text(name).unwrap_or_default());
            values.join(" ")
        };
        Ok(text("item_id").unwrap_or_else(said))
    }

    fn claims(
        &mut self,
        now: &str,
        institution: &str,
        kind: &str,
        began: &str,
    ) -> Result<String, Code> {
        self.bill("manual-claim", now, (institution, kind, began))
    }

    fn bill(
        &mut self,
        act: &str,
        now: &str,
        (institution, kind, began): (&str, &str, &str),
    ) -> Result<String, Code> {
        let data = json!({
            "psn_no": PUBLIC, "insutype": "310", "fixmedins_code": institution, "clr_type": kind,
            "begntime": began, "medfee_sumamt": 380.00,
        });
        let line = json!([{
            "feedetl_sn": "1", "med_list_codg": "ct", "pric": 380.00, "cnt": 1,
            "det_item_fee_sumamt": 380.00, "fee_ocur_time": began,
        }]);
        self.sends(act, now, data, line)
    }

    fn item(&mut self, act: &str, now: &str, extra: Value) -> Result<String, Code> {
        let mut data = json!({"psn_no": PUBLIC, "insutype": "310", "amount": 380.00});
        for (name, value) in extra.as_object().unwrap() {
            data[name] = value.clone();
        }
        self.sends(act, now, data, json!([]))
    }

    fn cell(&self, kind: &str) -> i64 {
        let books = Carrier::export(&self.world, &Party::new(Role::Insured, HANGZHOU));
        let cells = books.cells.iter().filter(|cell| cell.key.kind == kind);
        cells.map(|cell| cell.value).sum()
    }
}

/// A visit that began at an instant, settled at another.
fn enters(office: &Office, now: &str, began: &str) -> Said {
    const CT: [(&str, &str, &str); 1] = [("ct", "380.00", "1")];
    let mut counter = Counter::new(&office.world, H_NINGBO, PUBLIC);
    counter.now = at(now);
    let begun = counter.send("2201", json!({"data": {"begntime": began}}));
    let visit = begun.output()["data"]["mdtrt_id"].clone();
    let visit = visit.as_str().unwrap();
    let lines = counter.lines(visit, "B1", &CT, 1);
    counter.send("2204", lines).output();
    let bill = json!({"mdtrt_id": visit, "chrg_bchno": "B1", "medfee_sumamt": "380.00"});
    counter.send("2207", json!({"data": bill}))
}

#[test]
fn a_claim_pays_by_the_place_s_own_rules_and_moves_nothing_of_an_institution() {
    let mut office = Office::of(vec![]);
    let fund = office.cell("pool-fund");
    office.claims(LATER, H_NINGBO, "11", TREATED).unwrap();
    let books = Carrier::export(&office.world, &Party::new(Role::Insured, HANGZHOU));
    let row = books
        .rows
        .iter()
        .find(|row| row.kind == "settlement")
        .unwrap();
    let fact = |name: &str| row.facts[name].as_str();
    assert_eq!((fact("setl_type"), fact("fixmedins_code")), ("1", H_NINGBO));
    let paid = row.amounts["fund_pay_sumamt"];
    assert!(paid > 0 && row.amounts["acct_pay"] == 0);
    assert_eq!(
        row.amounts["medfee_sumamt"],
        paid + row.amounts["psn_cash_pay"]
    );
    assert_eq!(
        (office.cell("pool-fund"), office.cell("paid-by-hand")),
        (fund - paid, paid)
    );
    assert_eq!(
        (office.cell("clearing"), office.cell("reconciliation")),
        (0, 0)
    );
}

/// Never both of one treatment, whichever comes first; another treatment is another.
#[rstest]
#[case::the_same("11", H_NINGBO, TREATED, Err(Code::Settled))]
#[case::a_second_later("11", H_NINGBO, "2017-06-03 10:00:01", Ok(()))]
#[case::elsewhere("11", H_HANGZHOU, TREATED, Ok(()))]
#[case::another_business("21", H_NINGBO, TREATED, Ok(()))]
fn what_was_claimed_by_hand_is_claimed_no_more(
    #[case] kind: &str,
    #[case] institution: &str,
    #[case] began: &str,
    #[case] expected: Result<(), Code>,
) {
    let mut office = Office::of(vec![]);
    office.claims(LATER, H_NINGBO, "11", TREATED).unwrap();
    let again = office.claims("2017-06-08T10:00+08:00", institution, kind, began);
    assert_eq!(again.map(drop), expected);
}

#[rstest]
#[case::before_go_live(TREATED)]
#[case::after_go_live("2017-06-06 10:00:00")]
fn a_claim_and_an_institution_s_settlement_shut_each_other_out(#[case] began: &str) {
    let mut by_hand_first = Office::of(vec![]);
    by_hand_first.claims(LATER, H_NINGBO, "11", began).unwrap();
    assert_eq!(
        enters(&by_hand_first, "2017-06-07T11:00+08:00", began),
        Said::Refused(Code::Settled)
    );
    let mut entered_first = Office::of(vec![]);
    enters(&entered_first, LATER, began).output();
    let claimed = entered_first.claims("2017-06-07T11:00+08:00", H_NINGBO, "11", began);
    assert_eq!(claimed, Err(Code::Settled));
}

/// 补录次序 is asked of institutions: papers come when they come.
#[test]
fn a_claim_is_in_nobody_s_turn() {
    let mut office = Office::of(vec![]);
    office
        .claims(LATER, H_NINGBO, "11", "2017-06-04 10:00:00")
        .unwrap();
    enters(&office, "2017-06-07T11:00+08:00", TREATED).output();
    office
        .claims(
            "2017-06-07T12:00+08:00",
            H_NINGBO,
            "11",
            "2017-06-02 10:00:00",
        )
        .unwrap();
}

#[test]
fn an_entry_that_stands_still_is_refused_and_a_visit_of_now_is_not() {
    let barred = Suspension {
        business: vec![Business::Outpatient],
        span: vec![Span::CrossCity],
        entries: true,
        ..suspension()
    };
    let mut office = Office::of(vec![barred]);
    assert_eq!(enters(&office, LATER, TREATED), Said::Refused(Code::Window));
    enters(&office, "2017-06-07T11:00+08:00", "2017-06-07 10:50:00").output();
    // A claim by hand is no institution's entry.
    office
        .claims("2017-06-07T12:00+08:00", H_NINGBO, "11", TREATED)
        .unwrap();
}

#[rstest]
#[case::closed_to_the_public("2017-06-03T10:00+08:00", vec![], Err(Code::Window))]
#[case::the_last_moment("2017-06-05T17:59:59.999+08:00", vec![], Err(Code::Window))]
#[case::go_live(LIVE, vec![], Ok(()))]
#[case::named(LATER, vec![Suspension { messages: vec!["tax-push".into()], ..suspension() }], Err(Code::Window))]
#[case::another_act(LATER, vec![Suspension { messages: vec!["collected".into()], ..suspension() }], Ok(()))]
#[case::everything(LATER, vec![suspension()], Err(Code::Window))]
#[case::all_but_this(LATER, vec![Suspension { except: vec!["tax-push".into()], ..suspension() }], Ok(()))]
#[case::visits(LATER, vec![Suspension { business: vec![Business::Outpatient], ..suspension() }], Ok(()))]
#[case::visits_nearby(LATER, vec![Suspension { span: vec![Span::Local], ..suspension() }], Ok(()))]
#[case::people_of_here(LATER, vec![Suspension { messages: vec!["tax-push".into()], insured: vec![division(HANGZHOU)], ..suspension() }], Err(Code::Window))]
#[case::people_of_elsewhere(LATER, vec![Suspension { messages: vec!["tax-push".into()], insured: vec![division("330200")], ..suspension() }], Ok(()))]
fn an_office_is_open_when_it_is(
    #[case] now: &str,
    #[case] suspended: Vec<Suspension>,
    #[case] expected: Result<(), Code>,
) {
    let mut office = Office::of(suspended);
    assert_eq!(office.item("tax-push", now, json!({})).map(drop), expected);
}

/// What waits is ended once; taking back goes on while all else is shut.
#[rstest]
#[case::answered_twice("tax-push", &["answered", "answered"], Some(1))]
#[case::answered_after_it_was_withdrawn("special-payment", &["withdrawn", "answered"], Some(1))]
#[case::collected_after_it_was_voided("contribution-plan", &["voided", "collected"], Some(1))]
#[case::voided_after_it_was_collected("contribution-plan", &["collected", "voided"], Some(1))]
#[case::collected("contribution-plan", &["collected"], None)]
fn what_has_ended_is_ended(
    #[case] begun: &str,
    #[case] acts: &[&str],
    #[case] refused: Option<usize>,
) {
    let mut office = Office::of(vec![]);
    let item = office.item(begun, LATER, json!({})).unwrap();
    let fund = office.cell("pool-fund");
    for (place, act) in acts.iter().enumerate() {
        let ended = office.item(act, LATER, json!({"item_id": item}));
        match refused == Some(place) {
            true => assert_eq!(ended, Err(Code::Ended), "{act}"),
            false => assert_eq!(ended.as_ref(), Ok(&item), "{act}"),
        }
    }
    let collected = i64::from(acts[0] == "collected") * 38_000;
    assert_eq!(office.cell("pool-fund"), fund + collected);
}

#[rstest]
#[case::of_another_kind("contribution-plan", "answered")]
#[case::never_begun("tax-push", "withdrawn")]
fn what_nobody_began_is_not_ended(#[case] begun: &str, #[case] act: &str) {
    let mut office = Office::of(vec![]);
    let item = office.item(begun, LATER, json!({})).unwrap();
    let item = match act {
        "withdrawn" => format!("{item}#9"),
        _ => item,
    };
    let ended = office.item(act, LATER, json!({"item_id": item}));
    assert_eq!(ended, Err(Code::Field));
}

#[test]
fn a_premium_is_taken_once_a_year_and_out_of_what_there_is() {
    let mut office = Office::of(vec![]);
    let account = office.cell("personal-account");
    let mut takes = |now: &str, scheme: &str, amount: f64| {
        office
            .item("premium", now, json!({"scheme": scheme, "amount": amount}))
            .map(drop)
    };
    assert_eq!(takes(LATER, "supplement", 100.00), Ok(()));
    assert_eq!(
        takes("2017-12-31T23:00+08:00", "supplement", 100.00),
        Err(Code::Ended)
    );
    assert_eq!(
        takes("2018-01-01T00:00+08:00", "supplement", 100.00),
        Ok(())
    );
    assert_eq!(takes(LATER, "relatives", 1_000.01), Err(Code::Balance));
    assert_eq!(takes(LATER, "relatives", 1_000.00), Ok(()));
    assert_eq!(office.cell("personal-account"), account - 120_000);
}

/// The same message again gets the first answer, and there is one effect.
#[test]
fn a_repetition_is_answered_again() {
    let mut office = Office::of(vec![]);
    let data = json!({"psn_no": PUBLIC, "insutype": "310", "amount": 1.00, "scheme": "supplement"});
    let mut send = || office.sends_as("J1", "premium", LATER, data.clone(), json!([]));
    assert_eq!(send(), send());
    assert_eq!(office.cell("premium"), 100);
}

/// Only the place's own office, about its own people, and nothing but its own acts.
#[rstest]
#[case::a_transaction("2207", PUBLIC, Code::Unsupported)]
#[case::somebody_of_elsewhere("tax-push", OTHER, Code::Person)]
fn strangers_are_sent_away(#[case] act: &str, #[case] person: &str, #[case] expected: Code) {
    let mut office = Office::of(vec![]);
    let said = office.item(act, LATER, json!({"psn_no": person}));
    assert_eq!(said, Err(expected));
}

/// 无卡结算: what was asked for is paid once, of the same treatment nothing else is, and what was withdrawn is not paid.
#[rstest]
#[case::twice(&["cardless-settled", "cardless-settled"])]
#[case::after_it_was_withdrawn(&["withdrawn", "cardless-settled"])]
#[case::withdrawn_after_it_was_paid(&["cardless-settled", "withdrawn"])]
fn what_was_asked_for_without_a_card_is_ended_once(#[case] acts: &[&str]) {
    let mut office = Office::of(vec![]);
    let asked = office.asks(LATER, TREATED).unwrap();
    assert_eq!(office.cell("paid-by-hand"), 0, "asked is not paid");
    office
        .item(acts[0], LATER, json!({"item_id": asked}))
        .unwrap();
    let paid = office.cell("paid-by-hand");
    assert_eq!(paid > 0, acts[0] == "cardless-settled");
    let again = office.item(acts[1], LATER, json!({"item_id": asked}));
    assert_eq!(again, Err(Code::Ended));
    assert_eq!(office.cell("paid-by-hand"), paid);
    let claimed = office.claims(LATER, H_NINGBO, "11", TREATED);
    let expected = if paid > 0 { Err(Code::Settled) } else { Ok(()) };
    assert_eq!(claimed.map(drop), expected);
}

/// What a claim pays for the same bill, and no other sum.
#[test]
fn without_a_card_the_same_is_paid() {
    let (mut asked, mut claimed) = (Office::of(vec![]), Office::of(vec![]));
    let item = asked.asks(LATER, TREATED).unwrap();
    asked
        .item("cardless-settled", LATER, json!({"item_id": item}))
        .unwrap();
    claimed.claims(LATER, H_NINGBO, "11", TREATED).unwrap();
    for cell in ["paid-by-hand", "pool-fund", "accumulator"] {
        assert_eq!(asked.cell(cell), claimed.cell(cell), "{cell}");
    }
}

#[test]
fn what_is_paid_already_is_neither_asked_for_nor_settled_without_a_card() {
    let mut office = Office::of(vec![]);
    let asked = office.asks(LATER, TREATED).unwrap();
    office.claims(LATER, H_NINGBO, "11", TREATED).unwrap();
    let settled = office.item("cardless-settled", LATER, json!({"item_id": asked}));
    assert_eq!(settled, Err(Code::Settled));
    assert_eq!(office.asks(LATER, TREATED), Err(Code::Settled));
}

/// On the platform of before the cutover each deadline holds by itself, and nothing is booked once it has stopped.
#[rstest]
#[case::named("cardless-request", "2017-05-30T12:00+08:00", Err(Code::Window))]
#[case::a_moment_before("cardless-request", "2017-05-30T11:59:59.999+08:00", Ok(()))]
#[case::another_act("manual-claim", "2017-05-30T12:00+08:00", Ok(()))]
#[case::the_last_moment("manual-claim", "2017-05-31T17:59:59.999+08:00", Ok(()))]
#[case::stopped("manual-claim", STOPS, Err(Code::Window))]
#[case::stopped_for_good("manual-claim", LATER, Err(Code::Window))]
fn the_old_platform_keeps_its_deadlines(
    #[case] act: &str,
    #[case] now: &str,
    #[case] expected: Result<(), Code>,
) {
    let no_more = Suspension {
        from: at("2017-05-30T12:00+08:00"),
        messages: vec!["cardless-request".into()],
        ..suspension()
    };
    let mut office = Office::of_two_generations(vec![no_more]);
    let said = office.bill(act, now, (H_NINGBO, "21", "2017-05-20 10:00:00"));
    assert_eq!(said.map(drop), expected);
}

/// 审核: once, and nothing but a settlement of the office.
#[test]
fn a_settlement_is_audited_once() {
    let mut office = Office::of_two_generations(vec![]);
    let claim = office
        .claims(BEFORE, H_NINGBO, "11", "2017-05-20 10:00:00")
        .unwrap();
    let state = |office: &Office| office.books(true).rows[0].facts["audit"].clone();
    assert_eq!(state(&office), "unaudited");
    office
        .item("audited", BEFORE, json!({"item_id": claim}))
        .unwrap();
    assert_eq!(state(&office), "audited");
    let again = office.item("audited", BEFORE, json!({"item_id": claim}));
    assert_eq!(again, Err(Code::Ended));
    let push = office.item("tax-push", BEFORE, json!({})).unwrap();
    let other = office.item("audited", BEFORE, json!({"item_id": push}));
    assert_eq!(other, Err(Code::Field));
}

/// 申报表: what was settled of an institution in a month. It books nothing, and goes on while the public is shut out.
#[test]
fn a_declaration_is_printed_and_books_nothing() {
    let by_name = Suspension {
        messages: vec!["declaration".into()],
        ..suspension()
    };
    let everything = Suspension {
        from: at("2017-05-01T00:00+08:00"),
        to: Some(at(LIVE)),
        ..suspension()
    };
    let mut office = Office::of_two_generations(vec![by_name, everything]);
    let print = |office: &mut Office, now: &str, month: &str| {
        let data = json!({"fixmedins_code": H_NINGBO, "month": month});
        office.sends("declaration", now, data, json!([]))
    };
    let empty = print(&mut office, BEFORE, "2017-05").unwrap();
    assert_eq!(empty, "2017-05 0 0.00 0.00");
    let before = office.books(true);
    print(&mut office, STOPS, "2017-05").unwrap();
    print(&mut office, "2017-06-05T17:59:59.999+08:00", "2017-05").unwrap();
    assert_eq!(print(&mut office, LIVE, "2017-05"), Err(Code::Window));
    assert_eq!(
        office.books(true).lsn,
        before.lsn,
        "nothing is booked, refusals neither"
    );
}

#[test]
fn a_declaration_says_what_was_settled_in_its_month() {
    let mut office = Office::of_two_generations(vec![]);
    office
        .claims(BEFORE, H_NINGBO, "11", "2017-05-20 10:00:00")
        .unwrap();
    office
        .claims(BEFORE, H_HANGZHOU, "11", "2017-05-20 10:00:00")
        .unwrap();
    office
        .claims(
            "2017-05-12T09:00+08:00",
            H_NINGBO,
            "11",
            "2017-05-02 10:00:00",
        )
        .unwrap();
    let paid: i64 = office
        .books(true)
        .rows
        .iter()
        .filter(|row| row.facts["fixmedins_code"] == H_NINGBO)
        .map(|row| row.amounts["fund_pay_sumamt"])
        .sum();
    let mut print = |month: &str| {
        let data = json!({"fixmedins_code": H_NINGBO, "month": month});
        office
            .sends("declaration", BEFORE, data, json!([]))
            .unwrap()
    };
    let fund = format!("{}.{:02}", paid / 100, paid % 100);
    assert_eq!(print("2017-05"), format!("2017-05 2 760.00 {fund}"));
    assert_eq!(print("2017-04"), "2017-04 0 0.00 0.00");
}

/// 迁移: all that the old platform booked stands on the new one, once, and audited.
#[test]
fn the_new_platform_takes_the_old_books_over() {
    let mut office = Office::of_two_generations(vec![]);
    let began = "2017-05-20 10:00:00";
    let one = office.claims(BEFORE, H_NINGBO, "11", began).unwrap();
    office
        .item("audited", BEFORE, json!({"item_id": one}))
        .unwrap();
    let asked = office.asks(BEFORE, "2017-05-21 10:00:00").unwrap();
    office
        .item("cardless-settled", BEFORE, json!({"item_id": asked}))
        .unwrap();
    let premium = json!({"scheme": "supplement", "amount": 100.00});
    office.item("premium", BEFORE, premium).unwrap();
    office.old = false;
    let migrate =
        |office: &mut Office, now: &str| office.sends("migration", now, json!({}), json!([]));
    let early = migrate(&mut office, "2017-05-31T17:59:59.999+08:00");
    assert_eq!(early, Err(Code::Window));
    assert_eq!(office.books(false).rows.len(), 0);
    // The public is shut out: it is no business of the public.
    migrate(&mut office, STOPS).unwrap();
    let (old, new) = (office.books(true), office.books(false));
    let cells = |books: &Export| -> Vec<(CellKey, i64)> {
        let cells = books
            .cells
            .iter()
            .map(|cell| (cell.key.clone(), cell.value));
        cells.filter(|(_, value)| *value != 0).collect()
    };
    assert_eq!(cells(&old), cells(&new));
    let told = |row: &Row| {
        let mut facts = row.facts.clone();
        if row.kind == "settlement" {
            facts.insert("audit", "audited");
        }
        (
            row.kind.clone(),
            row.id.clone(),
            row.status.clone(),
            row.person.clone(),
            facts,
            row.amounts.clone(),
        )
    };
    let came: Vec<_> = new
        .rows
        .iter()
        .filter(|row| row.kind != "migration")
        .collect();
    assert_eq!(came.len(), 4);
    let (expected, found): (Vec<_>, Vec<_>) = (
        old.rows.iter().map(told).collect(),
        came.iter().map(|row| told(row)).collect(),
    );
    assert_eq!(expected, found);
    assert!(
        came.iter()
            .filter(|row| row.kind == "settlement")
            .all(|row| row.facts["audit"] == "audited")
    );
    assert_eq!(migrate(&mut office, LATER), Err(Code::Ended));
    assert_eq!(office.books(false).rows.len(), new.rows.len());
    // What was paid there is known here.
    assert_eq!(
        office.claims(LATER, H_NINGBO, "11", began),
        Err(Code::Settled)
    );
}

#[test]
fn where_there_is_no_old_platform_nothing_is_taken_over() {
    let mut office = Office::of(vec![]);
    let said = office.sends("migration", LATER, json!({}), json!([]));
    assert_eq!(said, Err(Code::Region));
}
