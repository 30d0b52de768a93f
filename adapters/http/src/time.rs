//! Moments as RFC 3339 §5.6 text, in UTC to the millisecond.

use gatelodge_domain::Timestamp;

const DAY: i64 = 86_400_000;

/// `2026-11-22T02:36:08.120Z`
pub fn to_text(at: Timestamp) -> String {
    let millis = at.as_millis();
    let (days, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1_000 % 60, rest % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// The moment in RFC 3339 text, with `Z` or a numeric offset; what is below a millisecond is
/// dropped, and a leap second counts as the second after it.
pub fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if !text.is_ascii() || bytes.len() < 20 {
        return None;
    }
    let fixed = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if fixed.iter().any(|(at, mark)| bytes[*at] != *mark) || !matches!(bytes[10], b'T' | b't') {
        return None;
    }
    let (year, month) = (number(&text[0..4])?, number(&text[5..7])?);
    let (day, hour) = (number(&text[8..10])?, number(&text[11..13])?);
    let (minute, second) = (number(&text[14..16])?, number(&text[17..19])?);
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_from_civil(year, month, day);
    if civil(days) != (year, month, day) {
        return None;
    }
    let (fraction, zone) = split_fraction(&text[19..])?;
    let local = days * DAY + hour * 3_600_000 + minute * 60_000 + second * 1_000 + fraction;
    Some(Timestamp::from_millis(local - offset(zone)?))
}

/// Milliseconds of a fraction, and what follows it.
fn split_fraction(text: &str) -> Option<(i64, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let millis: String = rest[..digits]
        .chars()
        .chain("000".chars())
        .take(3)
        .collect();
    (digits > 0)
        .then(|| Some((number(&millis)?, &rest[digits..])))
        .flatten()
}

/// How far a zone is ahead of UTC, in milliseconds.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn number(digits: &str) -> Option<i64> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

/// Year, month and day of a day since 1970-01-01 in the proleptic Gregorian calendar, counted
/// in eras of 400 years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march = (month + 9) % 12;
    let of_year = (153 * march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_rfc_3339_says() {
        assert_eq!(to_text(Timestamp::EPOCH), "1970-01-01T00:00:00.000Z");
        let leap = Timestamp::from_seconds(951_782_400);
        assert_eq!(to_text(leap), "2000-02-29T00:00:00.000Z");
        assert_eq!(
            to_text(Timestamp::from_millis(482_196_050_520)),
            "1985-04-12T23:20:50.520Z"
        );
    }

    #[test]
    fn the_examples_of_rfc_3339_section_5_8_are_read() {
        let millis = |text| parse(text).map(Timestamp::as_millis);
        assert_eq!(millis("1985-04-12T23:20:50.52Z"), Some(482_196_050_520));
        assert_eq!(
            millis("1996-12-19T16:39:57-08:00"),
            millis("1996-12-20T00:39:57Z")
        );
        assert_eq!(
            millis("1990-12-31T23:59:60Z"),
            millis("1991-01-01T00:00:00Z")
        );
        assert_eq!(
            millis("1937-01-01T12:00:27.87+00:20"),
            millis("1937-01-01T11:40:27.870Z")
        );
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2026",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+é1:00",
            "+026-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_read_as_it_was_written() {
        for day in (-60_000..90_000).step_by(7) {
            let at = Timestamp::from_millis(day * DAY + 3_723_004);
            assert_eq!(parse(&to_text(at)), Some(at), "{day}");
        }
    }
}
