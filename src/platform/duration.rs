//! The two duration spellings practitioners write.
//!
//! [`parse`] reads Go durations (`30m`, `1h30m`, `1.5h`), as Terraform's `timeouts` and the AWS
//! provider's `assume_role.duration` do. [`Retention`] reads the Prometheus spelling as well
//! (`30d`, `1y`), as Mimir and Loki do, and can be written in the one form all three stores accept.

use std::time::Duration;

/// Units of a Go duration in nanoseconds, in the order in which they must be tried.
/// <https://pkg.go.dev/time#ParseDuration>
const GO_UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
];

/// Units of a Prometheus duration in seconds, largest first.
/// <https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations>
const RETENTION_UNITS: [(char, u64); 6] =
    [('y', 365 * 86_400), ('w', 7 * 86_400), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// Go keeps a duration in a signed 64-bit count of nanoseconds: about 292 years.
const GO_MAX_NANOS: u128 = i64::MAX as u128;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationProblem {
    /// Nothing was written.
    #[error("a duration must not be empty; write for example \"30m\" or \"1h30m\"")]
    Empty,
    /// A negative span.
    #[error(
        "\"{value}\" is negative; a duration here counts forward, so write it without the sign"
    )]
    Negative {
        /// The text as given.
        value: String,
    },
    /// Not of the Go form.
    #[error(
        "\"{value}\" is not a duration: write numbers each followed by a unit of h, m, s, ms, us \
         or ns, for example \"30m\" or \"1h30m\""
    )]
    NotGo {
        /// The text as given.
        value: String,
    },
    /// Not of the form that retention takes.
    #[error(
        "\"{value}\" is not a retention period: write whole numbers each followed by a unit of y, \
         w, d, h, m or s, largest unit first and each unit once, for example \"30d\" or \"720h\""
    )]
    NotRetention {
        /// The text as given.
        value: String,
    },
    /// Zero, where zero has no meaning that all stores share.
    #[error(
        "\"{value}\" is zero, which some stores read as \"keep forever\"; leave the attribute out \
         to keep the data, or give a period above zero"
    )]
    ZeroRetention {
        /// The text as given.
        value: String,
    },
    /// Longer than a Go duration can hold.
    #[error("\"{value}\" is longer than a duration can be (about 292 years); give a shorter one")]
    TooLong {
        /// The text as given.
        value: String,
    },
}

/// Reads a Go duration such as `30m`, `1h30m`, `1.5h` or `0`.
///
/// Negative spans are refused: nothing in this provider waits backwards.
pub fn parse(value: &str) -> Result<Duration, DurationProblem> {
    let mut rest = value;
    if rest.is_empty() {
        return Err(DurationProblem::Empty);
    }
    if rest.starts_with('-') {
        return Err(DurationProblem::Negative { value: value.to_owned() });
    }
    rest = rest.strip_prefix('+').unwrap_or(rest);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    let not_go = || DurationProblem::NotGo { value: value.to_owned() };
    let too_long = || DurationProblem::TooLong { value: value.to_owned() };
    if rest.is_empty() {
        return Err(not_go());
    }
    let mut nanos = 0_u128;
    while !rest.is_empty() {
        let (number, after) = split_while(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split_while(after, |c| !c.is_ascii_digit() && c != '.');
        let scale = GO_UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(not_go)?.1;
        let part = scaled(number, scale).ok_or_else(not_go)?;
        nanos = nanos.checked_add(part).filter(|n| *n <= GO_MAX_NANOS).ok_or_else(too_long)?;
        rest = after;
    }
    let seconds = u64::try_from(nanos / NANOS_PER_SECOND).map_err(|_| too_long())?;
    let below = u32::try_from(nanos % NANOS_PER_SECOND).map_err(|_| too_long())?;
    Ok(Duration::new(seconds, below))
}

/// Writes whole seconds as Go does, without empty parts: `720h`, `1h30m`, `45s`, `0s`.
pub fn format_go(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3_600, 'h'), (seconds % 3_600 / 60, 'm'), (seconds % 60, 's')];
    let texts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if texts.is_empty() { "0s".to_owned() } else { texts.concat() }
}

/// How long an observability store keeps its data: above zero, whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retention(Duration);

impl Retention {
    /// Reads `720h`, `30d`, `1y`, `1w2d` and their like. A day is 24 hours, a week 7 days and a
    /// year 365 days, as Prometheus has it.
    pub fn parse(value: &str) -> Result<Self, DurationProblem> {
        if value.is_empty() {
            return Err(DurationProblem::Empty);
        }
        let problem = || DurationProblem::NotRetention { value: value.to_owned() };
        let too_long = || DurationProblem::TooLong { value: value.to_owned() };
        let mut rest = value;
        let mut seconds = 0_u64;
        let mut units = RETENTION_UNITS.iter();
        while !rest.is_empty() {
            let (number, after) = split_while(rest, |c| c.is_ascii_digit());
            let mut letters = after.chars();
            let unit = letters.next().ok_or_else(problem)?;
            // The iterator is not restarted, so a repeated or larger unit is not found.
            let scale = units.find(|(name, _)| *name == unit).ok_or_else(problem)?.1;
            if number.is_empty() {
                return Err(problem());
            }
            let part = number.parse::<u64>().ok().and_then(|n| n.checked_mul(scale));
            seconds = part.and_then(|p| seconds.checked_add(p)).ok_or_else(too_long)?;
            rest = letters.as_str();
        }
        if seconds == 0 {
            return Err(DurationProblem::ZeroRetention { value: value.to_owned() });
        }
        if u128::from(seconds) * NANOS_PER_SECOND > GO_MAX_NANOS {
            return Err(too_long());
        }
        Ok(Self(Duration::from_secs(seconds)))
    }

    /// The span.
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// The Go spelling, the only one that Mimir, Loki and Tempo all read.
    pub fn to_go(self) -> String {
        format_go(self.0)
    }
}

/// Splits after the leading characters for which `keep` holds.
fn split_while(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !keep(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// `number` (digits with at most one point, at least one digit) times `scale`, rounded down.
fn scaled(number: &str, scale: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let mut nanos = match whole {
        "" => 0,
        // A whole part too long for its type saturates, and the caller's bound refuses it.
        digits => digits.parse::<u128>().unwrap_or(u128::MAX).saturating_mul(scale),
    };
    let mut weight = scale;
    for digit in fraction.chars() {
        weight /= 10;
        nanos = nanos.saturating_add(u128::from(digit.to_digit(10)?) * weight);
    }
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_read_as_go_reads_them() {
        for (text, millis) in [
            ("30m", 1_800_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            (".5s", 500),
            ("2.s", 2_000),
            ("+15m", 900_000),
            ("1h15m30.918s", 4_530_918),
            ("250ms", 250),
            ("3000us", 3),
            ("3000µs", 3),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn texts_that_go_refuses_are_refused() {
        for text in ["30", "m", "1d", "1h 30m", "1.2.3s", ".s", "+", "ten minutes", "1h30"] {
            assert_eq!(parse(text), Err(DurationProblem::NotGo { value: text.into() }), "{text}");
        }
        assert_eq!(parse(""), Err(DurationProblem::Empty));
        assert_eq!(parse("-5m"), Err(DurationProblem::Negative { value: "-5m".into() }));
    }

    #[test]
    fn a_duration_beyond_what_go_holds_is_refused() {
        assert!(parse("2562047h").is_ok());
        for text in ["2562048h", "99999999999999999999999999999999999999999999h"] {
            assert_eq!(parse(text), Err(DurationProblem::TooLong { value: text.into() }));
        }
    }

    #[test]
    fn go_form_leaves_empty_parts_out() {
        for (seconds, text) in
            [(0, "0s"), (45, "45s"), (5_400, "1h30m"), (2_592_000, "720h"), (3_601, "1h1s")]
        {
            assert_eq!(format_go(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn retention_reads_both_spellings_and_writes_one() {
        for (text, go) in [
            ("720h", "720h"),
            ("30d", "720h"),
            ("1y", "8760h"),
            ("1w2d", "216h"),
            ("1h30m", "1h30m"),
            ("90s", "1m30s"),
        ] {
            assert_eq!(Retention::parse(text).map(Retention::to_go), Ok(go.to_owned()), "{text}");
        }
    }

    #[test]
    fn retention_refuses_disorder_fractions_and_zero() {
        for text in ["30", "d", "1h1d", "1d1d", "1.5d", "1M", "-1d", "1d ", "30 d"] {
            assert_eq!(
                Retention::parse(text),
                Err(DurationProblem::NotRetention { value: text.into() }),
                "{text}"
            );
        }
        assert_eq!(
            Retention::parse("0d"),
            Err(DurationProblem::ZeroRetention { value: "0d".into() })
        );
        assert_eq!(
            Retention::parse("300y"),
            Err(DurationProblem::TooLong { value: "300y".into() })
        );
    }

    #[test]
    fn the_message_names_the_value_and_the_way_out() {
        assert_eq!(
            DurationProblem::NotGo { value: "1d".into() }.to_string(),
            "\"1d\" is not a duration: write numbers each followed by a unit of h, m, s, ms, us or \
             ns, for example \"30m\" or \"1h30m\""
        );
    }
}
