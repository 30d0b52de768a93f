//! Whether a target is met.

use super::{Figures, SelfCheck};
use crate::roads::{Against, Road};

/// Rounds that lie further apart than this part of their median say nothing.
const NOISY: f64 = 0.25;

/// What is to be said of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is reached.
    Met,
    /// It is not.
    Missed,
    /// The rounds lie too far apart to tell.
    TooNoisy,
    /// The reference is none.
    Void,
    /// An answer was wrong: there is nothing to be measured.
    Wrong,
    /// There is no target.
    Beside,
}

impl Verdict {
    /// As it is printed and written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::TooNoisy => "too noisy",
            Self::Void => "void",
            Self::Wrong => "wrong answers",
            Self::Beside => "-",
        }
    }

    /// Whether a ratio may be told beside it.
    pub const fn tells_ratio(self) -> bool {
        matches!(self, Self::Met | Self::Missed | Self::Beside)
    }
}

/// Judges a road's figures.
pub fn judge(road: Road, figures: &Figures, check: Option<&SelfCheck>) -> Verdict {
    if figures.faults + figures.reference_faults > 0 {
        return Verdict::Wrong;
    }
    let is_void = check.is_some_and(|check| !check.holds());
    if is_void && road.against() != Against::Pool {
        return Verdict::Void;
    }
    if figures.spread() > NOISY {
        return Verdict::TooNoisy;
    }
    match road.target() {
        None => Verdict::Beside,
        Some(target) if figures.ratio() >= target => Verdict::Met,
        Some(_) => Verdict::Missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Round;

    fn figures(ratios: &[f64]) -> Figures {
        let rounds = ratios.iter().map(|ratio| Round {
            ours: ratio * 1_000.0,
            reference: 1_000.0,
        });
        Figures {
            rounds: rounds.collect(),
            ..Figures::default()
        }
    }

    #[test]
    fn a_ratio_is_held_against_the_target_of_its_road() {
        let steady = figures(&[0.44, 0.45, 0.46]);
        assert_eq!(judge(Road::Code, &steady, None), Verdict::Met);
        assert_eq!(
            judge(Road::ClientCredentials, &steady, None),
            Verdict::Missed
        );
        assert_eq!(judge(Road::CodeRs256, &steady, None), Verdict::Beside);
    }

    #[test]
    fn noise_wrong_answers_and_a_lame_reference_give_no_ratio() {
        let noisy = figures(&[0.8, 0.9, 1.05]);
        assert_eq!(judge(Road::Jwks, &noisy, None), Verdict::TooNoisy);
        let lame = SelfCheck::new(60_000.0, 1_000.0, 30_000.0);
        let steady = figures(&[0.9, 0.9]);
        assert_eq!(judge(Road::Jwks, &steady, Some(&lame)), Verdict::Void);
        assert_eq!(judge(Road::Password, &steady, Some(&lame)), Verdict::Met);
        let wrong = Figures {
            faults: 1,
            ..steady
        };
        assert_eq!(judge(Road::Jwks, &wrong, None), Verdict::Wrong);
        assert!(!Verdict::Wrong.tells_ratio() && !Verdict::Void.tells_ratio());
    }
}
