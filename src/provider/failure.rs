//! How a failed AWS call is told to the practitioner.
//!
//! First what was attempted and what AWS answered, then the facts that support asks for, then the
//! next step.

use std::error::Error as _;

use crate::aws::{Error, Kind};
use crate::framework::diagnostic::diagnostic;
use crate::framework::value::{AttributePath, Diagnostic};

/// A diagnostic about a failed call. `doing` is what was attempted, as in "reading the EKS cluster
/// "production" in us-east-1".
pub fn failed_call(
    summary: &'static str,
    doing: &str,
    error: &Error,
    path: AttributePath,
) -> Diagnostic {
    let detail = format!("While {doing}: {}\n\n{}", facts(error), next_step(error));
    diagnostic(summary, detail, path)
}

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

fn next_step(error: &Error) -> String {
    let action = format!("{}:{}", error.service.iam_prefix(), error.operation);
    match error.kind {
        Kind::AccessDenied => {
            format!("Check that the credentials are valid, and that their policies allow {action}.")
        }
        Kind::Throttled => "AWS asks to slow down: apply again later, or raise max_retries in the \
                            provider block."
            .to_owned(),
        Kind::Timeout | Kind::Transport => {
            "Check the network, the proxy, and `endpoints` of the provider block; then run the \
             command again."
                .to_owned()
        }
        Kind::Cancelled => "The command was interrupted: run it again.".to_owned(),
        Kind::Invalid => {
            "Correct the value that the message names; then run the command again.".to_owned()
        }
        Kind::NotFound | Kind::Conflict | Kind::Quota | Kind::Other => {
            format!("The call was {action}: the message tells what to change before the next run.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Service;

    #[test]
    fn a_failure_tells_what_was_attempted_answered_and_is_to_be_done() {
        let mut error = Error::new(Service::Eks, "DescribeCluster", Kind::AccessDenied, "no");
        error.code = Some("AccessDeniedException".into());
        error.request_id = Some("r-1".into());
        let path = AttributePath::new("name");
        let told = failed_call("Cluster Not Readable", "reading the cluster \"a\"", &error, path);
        assert_eq!(
            told.detail,
            "While reading the cluster \"a\": EKS DescribeCluster: AccessDeniedException: \
             no\nRequest ID: r-1\n\nCheck that the credentials are valid, and that their policies \
             allow eks:DescribeCluster."
        );
    }

    #[test]
    fn causes_are_told_once() {
        let cause = std::io::Error::other("connection refused");
        let error = Error::new(Service::Sts, "GetCallerIdentity", Kind::Transport, "not sent");
        let text = facts(&error.with_source(cause));
        assert_eq!(text, "STS GetCallerIdentity: not sent: connection refused");
    }
}
