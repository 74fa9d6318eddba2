//! How a failed call is told while the provider is being configured. Failures of resources are
//! [`crate::resources::step`]'s to tell.

use std::error::Error as _;

use crate::aws::Error;

/// The error with what lies below it, and AWS's request ID.
pub(super) fn facts(error: &Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let mut text = causes.fold(error.to_string(), |mut text, cause| {
        let cause = cause.to_string();
        // Some layers of the SDK repeat the one below.
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        text
    });
    if let Some(request) = &error.request_id {
        text.push_str("\nRequest ID: ");
        text.push_str(request);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Kind, Service};

    #[test]
    fn causes_are_told_once() {
        let cause = std::io::Error::other("connection refused");
        let error = Error::new(Service::Sts, "GetCallerIdentity", Kind::Transport, "not sent");
        let text = facts(&error.with_source(cause));
        assert_eq!(text, "STS GetCallerIdentity: not sent: connection refused");
    }
}
