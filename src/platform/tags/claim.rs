//! The claim on an object in the making, which is the value of the creation marker: which create
//! makes it, on which machine, and until when that may go on at most.
//!
//! A value in any other form is no claim: an older one, or one that somebody set by hand so that the
//! object may be taken over.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// What somebody who insists sets the creation marker to. Any value that is no claim does it.
pub const ABANDONED: &str = "abandoned";

/// Characters of a nonce: 128 bits.
const NONCE_LENGTH: usize = 32;

/// Keeps the whole below the length of a tag's value, whatever the machine is called.
const LONGEST_HOST: usize = 100;

/// Which create makes an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// When it has ended at the latest.
    pub until: OffsetDateTime,
    /// The machine it runs on.
    pub host: String,
    /// Names it among all others: 32 hexadecimal digits.
    pub nonce: String,
}

/// What the machine tells of the create behind a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creator {
    /// It is at work.
    AtWork,
    /// It has ended, or was killed.
    Gone,
    /// Nothing: it runs, or ran, elsewhere.
    Unknown,
}

impl Claim {
    /// A claim until a time, told in whole seconds. What a tag does not take in the name of the
    /// machine becomes a hyphen.
    pub fn new(until: OffsetDateTime, host: &str, nonce: u128) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_';
        let host = host.trim().chars().take(LONGEST_HOST);
        let host: String = host.map(|c| if allowed(c) { c } else { '-' }).collect();
        let until = until.to_offset(UtcOffset::UTC);
        Self {
            until: until.replace_nanosecond(0).unwrap_or(until),
            host: if host.is_empty() { "unknown".to_owned() } else { host },
            nonce: format!("{nonce:0NONCE_LENGTH$x}"),
        }
    }

    /// Reads the value of a creation marker; `None` if it is no claim.
    pub fn parse(value: &str) -> Option<Self> {
        let (until, creator) = value.split_once(' ')?;
        let (host, nonce) = creator.rsplit_once('/')?;
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let named = nonce.len() == NONCE_LENGTH && nonce.bytes().all(digit);
        let until = OffsetDateTime::parse(until, &Rfc3339).ok()?.to_offset(UtcOffset::UTC);
        named.then(|| Self { until, host: host.to_owned(), nonce: nonce.to_owned() })
    }

    /// Whether the create may be at work still: what the machine knows goes before the time.
    pub fn may_be_at_work(&self, creator: Creator, now: OffsetDateTime) -> bool {
        match creator {
            Creator::AtWork => true,
            Creator::Gone => false,
            Creator::Unknown => now < self.until,
        }
    }
}

/// As it stands in the tag, as in `2026-11-25T22:10:00Z runner-7/0123456789abcdef0123456789abcdef`.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { until, host, nonce } = self;
        let (year, month, day) = until.to_calendar_date();
        let (hour, minute, second) = until.to_hms();
        write!(
            f,
            "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z {host}/{nonce}",
            u8::from(month)
        )
    }
}

/// A time as people are told it, as in `2026-11-25 22:10 UTC`. It is rounded up to the minute.
pub fn told(time: OffsetDateTime) -> String {
    let time = time.to_offset(UtcOffset::UTC) + time::Duration::seconds(59);
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, _) = time.to_hms();
    format!("{year:04}-{:02}-{day:02} {hour:02}:{minute:02} UTC", u8::from(month))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NONCE: u128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
    const TEXT: &str = "2026-11-25T22:10:00Z runner-7/0123456789abcdef0123456789abcdef";

    fn claim() -> Claim {
        Claim::new(datetime!(2026-11-25 22:10:00.9 UTC), "runner-7", NONCE)
    }

    #[test]
    fn a_claim_reads_back_as_it_was_written() {
        assert_eq!(claim().to_string(), TEXT);
        assert_eq!(Claim::parse(TEXT), Some(claim()));
        let early = Claim::new(datetime!(2027-01-02 03:04:05 +02:00), "a", 7);
        assert_eq!(early.to_string(), format!("2027-01-02T01:04:05Z a/{}7", "0".repeat(31)));
        assert_eq!(Claim::parse(&early.to_string()), Some(early));
    }

    #[test]
    fn a_claim_fits_a_tag_whatever_the_machine_is_called() {
        for (host, shown) in [
            ("", "unknown"),
            (" \n", "unknown"),
            ("Ana's Mac (2)", "Ana-s-Mac--2-"),
            ("straße/x", "stra-e-x"),
            (&"h".repeat(300), &"h".repeat(LONGEST_HOST)),
        ] {
            let claim = Claim::new(datetime!(2026-11-25 22:10 UTC), host, NONCE);
            assert_eq!(claim.host, shown);
            let text = claim.to_string();
            assert!(text.len() <= 256, "{text}");
            assert_eq!(super::super::check_one("k", &text), Ok(()), "{text}");
            assert_eq!(Claim::parse(&text), Some(claim));
        }
    }

    #[test]
    fn anything_else_is_no_claim() {
        let whole = "0123456789abcdef0123456789abcdef";
        for text in [
            "",
            "true",
            ABANDONED,
            whole,
            "2026-11-25T22:10:00Z",
            "2026-11-25T22:10:00Z runner-7",
            "2026-11-25T22:10:00Z runner-7/",
            "2026-11-25T22:10:00Z runner-7/../../etc/passwd",
            "2026-11-25T22:10:00Z runner-7/0123456789ABCDEF0123456789ABCDEF",
            &format!("2026-11-25T22:10:00Z runner-7/{whole}0"),
            &format!("2026-11-25 runner-7/{whole}"),
            &format!("soon runner-7/{whole}"),
            &format!("2026-13-25T22:10:00Z runner-7/{whole}"),
        ] {
            assert_eq!(Claim::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_machine_goes_before_the_time() {
        let (before, after) = (datetime!(2026-11-25 22:09:59 UTC), datetime!(2026-11-25 22:10 UTC));
        for (creator, now, at_work) in [
            (Creator::AtWork, before, true),
            (Creator::AtWork, after, true),
            (Creator::Gone, before, false),
            (Creator::Gone, after, false),
            (Creator::Unknown, before, true),
            (Creator::Unknown, after, false),
        ] {
            assert_eq!(claim().may_be_at_work(creator, now), at_work, "{creator:?} at {now}");
        }
    }

    #[test]
    fn people_are_told_a_minute_that_is_not_too_early() {
        assert_eq!(told(datetime!(2026-11-25 22:10:00 UTC)), "2026-11-25 22:10 UTC");
        assert_eq!(told(datetime!(2026-12-31 23:59:01 UTC)), "2027-01-01 00:00 UTC");
        assert_eq!(told(datetime!(2026-11-25 22:10 +01:00)), "2026-11-25 21:10 UTC");
    }
}
