//! 再杀一次 · The harness is killed, and killed again while it resumes; the third process ends it clean.

use rstest::rstest;

use super::flows::{HOPS, flow, of_the_case, with};
use super::points::{Aftermath, Tally, Whole, must_end_clean};
use super::scene::{Ended, Scene};

/// Pairs of deaths that each flow must meet.
const PAIRS: usize = 75;

#[rstest]
#[case::outpatient("outpatient", None)]
#[case::inpatient("inpatient", None)]
#[case::two_hospitals("two-hospitals", None)]
#[case::an_unread_settlement("outpatient", Some("2207"))]
fn killed_again_while_resuming_nothing_is_left(
    #[case] case: &str,
    #[case] unread: Option<&'static str>,
) {
    let troubles = unread.map(|infno| of_the_case(infno, HOPS[5], None));
    let flow = match troubles {
        Some(troubles) => with(&format!("{case}, unread"), case, troubles),
        None => flow(case),
    };
    let whole = Whole::of(&flow);
    let begins = whole.is_sent("1101");
    let states: Vec<usize> = whole.states().into_iter().filter(|s| *s > begins).collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut tally, mut pairs, mut outlived) = (Tally::default(), 0, 0);
    while pairs < PAIRS {
        let (first, second) = (states[dice.below(states.len())], dice.below(200) as u64);
        let which = format!(
            "{}: killed at {first}, and at {second} of the resumption",
            flow.name
        );
        let scene = whole.left_at(first);
        match scene.resume(Some(second)) {
            Some((Ended::Died, _)) => pairs += 1,
            Some((Ended::Halted(why), _)) => panic!("{which}: {why}"),
            // It came to its end before.
            None | Some((Ended::Certified(_), _)) => {
                outlived += 1;
                assert!(outlived < 4 * PAIRS, "most of them meet the second death");
                continue;
            }
        }
        if dice.below(2) == 0 {
            let restored = Scene::of(&flow, scene.kept());
            must_end_clean(&restored, &mut tally, || {
                format!("{which}, parties died too")
            });
        } else {
            Aftermath::Lost.comes_over(&scene);
            must_end_clean(&scene, &mut tally, || format!("{which}, parties lived on"));
        }
    }
    println!(
        "{}: {pairs} pairs of kills, {} resumptions to the end, {} residues, {} reversals",
        flow.name, tally.resumed, tally.residues, tally.reversals
    );
    assert_eq!((tally.resumed, tally.residues), (PAIRS, 0));
}

/// 骰 · The same throws every time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}
