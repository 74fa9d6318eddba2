//! AWS's clock, where a test lets it differ from this machine's.

use super::call::Call;
use super::reply::Reply;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

/// How far a signature may be off. S3 and EC2 allow fifteen minutes, the others five.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>
const TOLERANCE: Duration = Duration::minutes(5);

/// What AWS's clock shows now.
pub(super) struct Clock(OffsetDateTime);

impl Clock {
    /// Ahead of this machine by so many seconds.
    pub(super) fn ahead(seconds: i64) -> Self {
        Self(OffsetDateTime::now_utc() + Duration::seconds(seconds))
    }

    /// Whether a call is signed for about this time. What is not signed has no time.
    pub(super) fn accepts(&self, call: &Call) -> bool {
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let signed = call.header("x-amz-date").or_else(|| call.query_value("X-Amz-Date"));
        let signed = signed.and_then(|date| PrimitiveDateTime::parse(date, format).ok());
        signed.is_none_or(|date| (self.0 - date.assume_utc()).abs() < TOLERANCE)
    }

    /// The answer with this time on it.
    pub(super) fn stamp(&self, mut reply: Reply) -> Reply {
        let format = format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
        );
        if let Ok(date) = self.0.format(format) {
            reply.set_header("date", &date);
        }
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(date: Option<&str>) -> Call {
        let headers = date.map(|date| ("x-amz-date".to_owned(), date.to_owned()));
        let headers = headers.into_iter().collect();
        Call::read("GET", "/", headers, Vec::new(), |_| None, std::time::Duration::ZERO)
    }

    #[test]
    fn a_signature_for_another_time_is_refused_and_none_is_not() {
        let clock = Clock(time::macros::datetime!(2026-11-24 12:00 UTC));
        for (date, accepted) in [
            (Some("20261124T120400Z"), true),
            (Some("20261124T115600Z"), true),
            (Some("20261124T130000Z"), false),
            (Some("20261124T110000Z"), false),
            (None, true),
        ] {
            assert_eq!(clock.accepts(&call(date)), accepted, "{date:?}");
        }
    }

    #[test]
    fn answers_tell_the_time_as_http_writes_it() {
        let clock = Clock(time::macros::datetime!(2026-11-04 02:03:04 UTC));
        let reply = clock.stamp(Reply::empty(200));
        let date = ("date".to_owned(), "Wed, 04 Nov 2026 02:03:04 GMT".to_owned());
        assert!(reply.headers.contains(&date), "{:?}", reply.headers);
    }
}
