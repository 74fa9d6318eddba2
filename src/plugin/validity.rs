//! From when until when a certificate is valid: all that is read of one here, and no library at hand
//! tells it.

use rustls::pki_types::{CertificateDer, UnixTime};
use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// Before the serial number, in all but the oldest certificates.
const VERSION: u8 = 0xa0;
/// Two digits of the year.
const SHORT_TIME: u8 = 0x17;
/// Four digits of the year.
const LONG_TIME: u8 = 0x18;

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day][hour][minute][second]Z");

/// The dates of a certificate, as seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    not_before: i64,
    not_after: i64,
}

/// How a moment stands to the dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    Within,
    After,
}

impl Validity {
    /// Reads the dates; `None` where there is no certificate.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (certificate, _) = value(SEQUENCE, certificate)?;
        let (mut rest, _) = value(SEQUENCE, certificate)?;
        if rest.first() == Some(&VERSION) {
            (_, rest) = value(VERSION, rest)?;
        }
        (_, rest) = value(INTEGER, rest)?;
        // The algorithm and the issuer.
        (_, rest) = value(SEQUENCE, rest)?;
        (_, rest) = value(SEQUENCE, rest)?;
        let (dates, _) = value(SEQUENCE, rest)?;
        let (not_before, dates) = date(dates)?;
        let (not_after, _) = date(dates)?;
        Some(Self { not_before, not_after })
    }

    /// How `now` stands to the dates; the first counts as if it were `leeway` earlier.
    pub(super) fn at(self, now: UnixTime, leeway: time::Duration) -> Moment {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now > self.not_after {
            Moment::After
        } else if now < self.not_before.saturating_sub(leeway.whole_seconds()) {
            Moment::Before
        } else {
            Moment::Within
        }
    }
}

/// The content of the value that begins here, and what follows the value.
fn value(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, bytes) = bytes.split_first()?;
    let (first, bytes) = bytes.split_first()?;
    let (length, bytes) = match first.checked_sub(0x80) {
        None => (usize::from(*first), bytes),
        // That many bytes of length follow; a certificate has no use for more than two.
        Some(count @ 1..=2) => {
            let (length, bytes) = bytes.split_at_checked(count.into())?;
            let length = length.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
            (length, bytes)
        }
        Some(_) => return None,
    };
    (*found == tag).then(|| bytes.split_at_checked(length))?
}

fn date(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let short = bytes.first()? == &SHORT_TIME;
    let (text, rest) = value(if short { SHORT_TIME } else { LONG_TIME }, bytes)?;
    let century = match text.first()? {
        _ if !short => "",
        b'0'..=b'4' => "20",
        _ => "19",
    };
    let text = format!("{century}{}", str::from_utf8(text).ok()?);
    let date = PrimitiveDateTime::parse(&text, TIME).ok()?;
    Some((date.assume_utc().unix_timestamp(), rest))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(from: i32, until: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    #[test]
    fn reads_both_forms_of_dates() {
        for (from, until) in [(1999, 2020), (2026, 2056)] {
            let expected = Validity {
                not_before: date_time_ymd(from, 1, 1).unix_timestamp(),
                not_after: date_time_ymd(until, 1, 1).unix_timestamp(),
            };
            assert_eq!(Validity::of(&certificate(from, until)), Some(expected));
        }
    }

    #[test]
    fn what_is_torn_or_no_certificate_has_no_dates() {
        let whole = certificate(2026, 2056);
        for end in 0..whole.len() {
            let torn = CertificateDer::from(whole[..end].to_vec());
            assert_eq!(Validity::of(&torn), None, "{end}");
        }
        for other in [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &[0x30, 0x80], b"text"] {
            assert_eq!(Validity::of(&CertificateDer::from(other)), None, "{other:?}");
        }
    }

    #[test]
    fn a_clock_may_be_behind_but_not_ahead() {
        let dates = Validity { not_before: 1_000_000, not_after: 2_000_000 };
        let at = |seconds| {
            dates.at(UnixTime::since_unix_epoch(Duration::from_secs(seconds)), time::Duration::DAY)
        };
        assert_eq!(at(1_000_000 - 86_401), Moment::Before);
        assert_eq!(at(1_000_000 - 86_400), Moment::Within);
        assert_eq!(at(2_000_000), Moment::Within);
        assert_eq!(at(2_000_001), Moment::After);
        assert_eq!(at(u64::MAX), Moment::After);
    }
}
