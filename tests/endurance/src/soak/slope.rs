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
    fn medians_of_even_and_odd_and_nothing() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).abs() < 1e-9);
    }
}
