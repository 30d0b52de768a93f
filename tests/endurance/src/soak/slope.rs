//! Slopes that a few odd samples do not bend: the median of the slopes between all pairs of
//! samples (Theil–Sen).

/// The median; 0 of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.get(middle) {
        None => 0.0,
        Some(upper) if sorted.len().is_multiple_of(2) => f64::midpoint(sorted[middle - 1], *upper),
        Some(upper) => *upper,
    }
}

/// How fast `y` grows with `x`, for points in the order of `x`.
pub(super) fn theil_sen(points: &[(f64, f64)]) -> f64 {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (at, (x, y)) in points.iter().enumerate() {
        for (later, higher) in &points[at + 1..] {
            if later > x {
                slopes.push((higher - y) / (later - x));
            }
        }
    }
    median(&slopes)
}

/// By how much chance alone may make the ends of a line of that slope differ: the standard error
/// of its rise, from how far the points lie from it.
pub(super) fn chance(points: &[(f64, f64)], slope: f64) -> f64 {
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
        return 0.0;
    };
    let from: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    let middle = median(&from);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
    let count = from.len() as f64;
    let mean = from.iter().map(|one| (one - middle).abs()).sum::<f64>() / count;
    // A normal scatter is 1.25 times its mean deviation, and a slope over evenly spaced points
    // has the error √12 · scatter / (√count · span).
    let scatter = 1.25 * mean;
    if last > first {
        scatter * (12.0 / count).sqrt()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope_and_an_outlier_does_not_change_it() {
        let mut points: Vec<(f64, f64)> = (0..20)
            .map(|x| (f64::from(x), 3.0 * f64::from(x)))
            .collect();
        assert!((theil_sen(&points) - 3.0).abs() < 1e-9);
        points[7].1 = 1e9;
        assert!((theil_sen(&points) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_goes_up_and_down_is_flat() {
        let points: Vec<(f64, f64)> = (0..60).map(|x| (f64::from(x), f64::from(x % 6))).collect();
        assert!(theil_sen(&points).abs() < 0.01, "{}", theil_sen(&points));
    }

    #[test]
    fn chance_is_nothing_on_a_line_and_what_the_scatter_makes_of_it_beside_one() {
        let line: Vec<(f64, f64)> = (0..48).map(|x| (f64::from(x), f64::from(x))).collect();
        assert!(chance(&line, 1.0) < 1e-9);
        let saw: Vec<(f64, f64)> = (0..48)
            .map(|x| (f64::from(x), f64::from(x % 2) * 8.0))
            .collect();
        // Each lies 4 from the middle: 1.25 · 4 · √(12/48).
        assert!((chance(&saw, 0.0) - 2.5).abs() < 1e-9);
        assert!(chance(&[], 0.0).abs() < 1e-9);
    }

    #[test]
    fn medians_of_even_and_odd_and_nothing() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).abs() < 1e-9);
    }
}
