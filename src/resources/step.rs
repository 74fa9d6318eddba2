//! How a failed step is told: what was tried, what AWS said, what exists now, what to do.
//!
//! [`StepError`] is raised by a step; [`Report`] knows the operation around it and turns it into
//! the one diagnostic the practitioner sees. There is no other place that words AWS failures.

use std::error::Error as StdError;
use std::fmt::Write as _;

use crate::aws;
use crate::aws::error::{Kind, Service};
use crate::aws::wait::Wait;
use crate::framework::diagnostic::diagnostic;
use crate::framework::value::{AttributePath, Diagnostic};
use crate::platform::permissions;
use crate::resources::timeouts::Operation;
use crate::sensitive::without_secrets;

/// A step that did not reach its result.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub struct StepError {
    /// The step, by the name it has in its room.
    pub step: &'static str,
    /// What was being done, as in `creating the mount target in us-east-1a`.
    pub doing: String,
    /// Why it failed.
    #[source]
    pub cause: Cause,
    /// The attribute to blame, if one is.
    pub attribute: Option<AttributePath>,
    /// What to do about it, when the room knows better than the kind of failure tells.
    pub next: Option<String>,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// AWS refused, or did not answer.
    #[error(transparent)]
    Aws(#[from] aws::Error),
    /// The provider refuses to go on; a whole sentence without its full stop.
    #[error("{0}")]
    Refused(String),
}

impl StepError {
    /// The provider refuses. `why` is a sentence, `next` tells how to go on or insist.
    pub fn refused(step: &'static str, doing: &str, why: String, next: &str) -> Self {
        Self {
            step,
            doing: doing.to_owned(),
            cause: Cause::Refused(why),
            attribute: None,
            next: Some(next.to_owned()),
        }
    }

    /// The same, blamed on an attribute.
    #[must_use]
    pub fn blame(mut self, attribute: AttributePath) -> Self {
        self.attribute = Some(attribute);
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Whether the operation was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        matches!(&self.cause, Cause::Aws(error) if error.kind == Kind::Cancelled)
    }
}

/// Says of an AWS failure in which step it came.
pub trait During<T> {
    /// `doing` completes "… failed", as in `creating the file system`.
    fn during(self, step: &'static str, doing: impl Into<String>) -> Result<T, StepError>;
}

impl<T> During<T> for Result<T, aws::Error> {
    fn during(self, step: &'static str, doing: impl Into<String>) -> Result<T, StepError> {
        self.map_err(|error| StepError {
            step,
            doing: doing.into(),
            cause: Cause::Aws(error),
            attribute: None,
            next: None,
        })
    }
}

/// Fails when the operation was asked to stop or has no time left: asked before each step, since a
/// call under way is never broken off.
pub fn proceed(wait: &Wait, step: &'static str, doing: &str) -> Result<(), StepError> {
    let (kind, message) = if wait.cancel.is_cancelled() {
        (Kind::Cancelled, "not begun, because the operation was interrupted")
    } else if wait.deadline.passed() {
        (Kind::Timeout, "not begun, because the time for the whole operation is over")
    } else {
        return Ok(());
    };
    Err(aws::Error::new(Service::Sts, "none", kind, message)).during(step, doing)
}

/// What is done to a composite as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A new one comes to be.
    Creating,
    /// An existing one changes.
    Updating,
    /// It goes.
    Deleting,
    /// It is looked at.
    Reading,
    /// It is found for import.
    Importing,
    /// It is looked at for a plan.
    Planning,
}

impl Verb {
    fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::Deleting => "Deleting",
            Self::Reading => "Reading",
            Self::Importing => "Importing",
            Self::Planning => "Planning",
        }
    }
}

impl From<Operation> for Verb {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Create => Self::Creating,
            Operation::Update => Self::Updating,
            Operation::Delete => Self::Deleting,
        }
    }
}

/// The operation a step failed in.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// What was being done.
    pub verb: Verb,
    /// The composite in words, as in `shared storage`.
    pub noun: &'a str,
    /// Its name, as configured.
    pub name: &'a str,
    /// What exists in AWS now, each as in `file system fs-0123`; empty for nothing.
    pub exists: Vec<String>,
}

impl Report<'_> {
    /// The diagnostic for a failed step.
    pub fn diagnostic(&self, error: &StepError) -> Diagnostic {
        let summary =
            format!("{} {} {:?}: {} failed", self.verb.as_str(), self.noun, self.name, error.step);
        let attribute = error.attribute.clone().unwrap_or_default();
        diagnostic(summary, self.detail(error), attribute)
    }

    /// The detail of the diagnostic: also what `status_reason` keeps of an incomplete create.
    pub fn detail(&self, error: &StepError) -> String {
        let mut text = reason(error);
        let _ = write!(text, "\n\n{}", self.exists_now());
        let next = error.next.clone().unwrap_or_else(|| advice_for(&error.cause));
        let _ = write!(text, "\n{next} {}", self.way_on());
        text
    }

    /// One diagnostic for several steps that failed side by side.
    pub fn diagnostic_of_all(&self, errors: &[StepError]) -> Option<Diagnostic> {
        let (first, others) = errors.split_first()?;
        if others.is_empty() {
            return Some(self.diagnostic(first));
        }
        let count = errors.len();
        let summary =
            format!("{} {} {:?}: {count} steps failed", self.verb.as_str(), self.noun, self.name);
        let mut text: Vec<String> =
            errors.iter().map(|error| format!("* {}", reason(error))).collect();
        text.push(format!("\n{}", self.exists_now()));
        let mut advice: Vec<String> = Vec::new();
        for error in errors {
            let next = error.next.clone().unwrap_or_else(|| advice_for(&error.cause));
            if !advice.contains(&next) {
                advice.push(next);
            }
        }
        text.push(format!("{} {}", advice.join(" "), self.way_on()));
        Some(diagnostic(summary, text.join("\n"), first.attribute.clone().unwrap_or_default()))
    }

    fn exists_now(&self) -> String {
        if matches!(self.verb, Verb::Reading | Verb::Importing | Verb::Planning) {
            return "Nothing was changed.".to_owned();
        }
        if self.exists.is_empty() {
            return "Nothing of it exists in AWS now.".to_owned();
        }
        format!("What exists now, and is recorded in the state: {}.", self.exists.join(", "))
    }

    fn way_on(&self) -> &'static str {
        match self.verb {
            Verb::Creating if self.exists.is_empty() => "Then apply again.",
            Verb::Creating => {
                "Then either apply again, which replaces what exists; or run terraform untaint \
                 with the address of this resource and apply, which finishes it in place."
            }
            Verb::Updating => "Then apply again: it goes on from what exists.",
            Verb::Deleting => "Then destroy again: it goes on with what is left.",
            Verb::Reading | Verb::Planning => "Then plan again.",
            Verb::Importing => "Then import again.",
        }
    }
}

/// What failed and why, as AWS said it, but for any secret: states keep it.
pub fn reason(error: &StepError) -> String {
    let mut text = format!("{} failed: {}", capitalised(&error.doing), chain(&error.cause));
    if let Cause::Aws(aws) = &error.cause
        && let Some(request_id) = &aws.request_id
    {
        // Writing to a String cannot fail.
        let _ = write!(text, "\nRequest ID: {request_id}");
    }
    without_secrets(&text).into_owned()
}

/// The reasons of several failures, a line or more each: what `status_reason` keeps of them.
pub fn reasons(errors: &[StepError]) -> String {
    errors.iter().map(reason).collect::<Vec<_>>().join("\n")
}

/// An error and everything below it, each layer once.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let layer = error.to_string();
        if !text.contains(&layer) {
            let _ = write!(text, ": {layer}");
        }
        below = error.source();
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

fn advice_for(cause: &Cause) -> String {
    let Cause::Aws(error) = cause else { return String::from("Change what is refused.") };
    match error.kind {
        Kind::AccessDenied => {
            let call = format!("{}:{}", error.service.iam_prefix(), error.operation);
            let actions = permissions::actions_of(&call).join(" and ");
            // Every call of S3 names the account that is to own the bucket.
            let another = match error.service {
                Service::S3 => {
                    ". S3 refuses in the same way where the bucket belongs to another account by now"
                }
                _ => "",
            };
            format!("Allow {actions} to the identity Terraform runs as{another}.")
        }
        Kind::Credentials if error.tells_expiry() => {
            "The credentials that Terraform runs with have expired: get new ones.".to_owned()
        }
        Kind::Credentials => {
            "Give Terraform credentials that AWS accepts, in the provider block, the environment \
             or a profile."
                .to_owned()
        }
        Kind::Clock => "Set this machine's clock right.".to_owned(),
        Kind::Throttled => "AWS is throttling this account; wait a little.".to_owned(),
        Kind::Quota => format!(
            "A quota of {} is reached: raise it in Service Quotas, or remove what is not needed.",
            error.service
        ),
        Kind::Timeout => {
            "Raise the operation's duration in the timeouts attribute if AWS needs longer."
                .to_owned()
        }
        Kind::Cancelled => "The operation was interrupted.".to_owned(),
        Kind::Invalid => "Correct the value AWS refuses.".to_owned(),
        Kind::NotFound => {
            "Something this depends on is gone: create it, or name another.".to_owned()
        }
        Kind::Conflict => "Resolve the conflict AWS names.".to_owned(),
        Kind::Transport => "Check the network, the endpoint and the proxy settings.".to_owned(),
        Kind::Other => "See AWS's message above.".to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verb: Verb, exists: &[&str]) -> Report<'static> {
        let exists = exists.iter().map(|text| (*text).to_owned()).collect();
        Report { verb, noun: "shared storage", name: "eks", exists }
    }

    fn denied() -> StepError {
        let mut error = aws::Error::new(
            Service::Efs,
            "CreateMountTarget",
            Kind::AccessDenied,
            "User is not authorized",
        );
        error.code = Some("AccessDeniedException".into());
        error.request_id = Some("r-1".into());
        Err::<(), _>(error).during("mount_targets", "creating the mount target").unwrap_err()
    }

    #[test]
    fn a_failed_create_says_what_exists_and_both_ways_on() {
        let diagnostic = report(Verb::Creating, &["file system fs-1"]).diagnostic(&denied());
        assert_eq!(diagnostic.summary, "Creating shared storage \"eks\": mount_targets failed");
        assert_eq!(
            diagnostic.detail,
            "Creating the mount target failed: EFS CreateMountTarget: AccessDeniedException: User \
             is not authorized.\nRequest ID: r-1\n\nWhat exists now, and is recorded in the state: \
             file system fs-1.\nAllow elasticfilesystem:CreateMountTarget to the \
             identity Terraform runs as. Then either apply again, which replaces what exists; or \
             run terraform untaint with the address of this resource and apply, which finishes it \
             in place."
        );
    }

    #[test]
    fn a_reason_holds_no_secret_though_aws_tells_one() {
        crate::sensitive::note("a-secret-of-the-step");
        let message = "the value a-secret-of-the-step is not valid";
        let error = aws::Error::new(Service::ElastiCache, "CreateUser", Kind::Invalid, message);
        let error = Err::<(), _>(error).during("users", "creating the user").unwrap_err();
        let told = reason(&error);
        assert!(told.contains("the value (sensitive value) is not valid"), "{told}");
    }

    #[test]
    fn what_is_to_be_allowed_has_the_names_of_iam() {
        let advice = |operation| {
            let denied = aws::Error::new(Service::S3, operation, Kind::AccessDenied, "no");
            advice_for(&Cause::Aws(denied))
        };
        let allow = "Allow s3:ListBucket to the identity Terraform runs as. S3 refuses in the same \
                     way where the bucket belongs to another account by now.";
        assert_eq!(advice("HeadBucket"), allow);
        assert!(advice("DeleteObjects").contains("s3:DeleteObject and s3:DeleteObjectVersion to"));
    }

    #[test]
    fn expired_credentials_and_a_wrong_clock_have_their_own_way_on() {
        let detail = |kind, code: &str| {
            let mut error = aws::Error::new(Service::Efs, "CreateMountTarget", kind, "refused");
            error.code = Some(code.into());
            let failed = Err::<(), _>(error).during("mount_targets", "creating the mount target");
            report(Verb::Updating, &["file system fs-1"]).detail(&failed.unwrap_err())
        };
        let expired = detail(Kind::Credentials, "ExpiredTokenException");
        let way_on = "The credentials that Terraform runs with have expired: get new ones. Then \
                      apply again: it goes on from what exists.";
        assert!(expired.ends_with(way_on), "{expired}");
        let unknown = detail(Kind::Credentials, "UnrecognizedClientException");
        assert!(unknown.contains("Give Terraform credentials that AWS accepts"), "{unknown}");
        let clock = detail(Kind::Clock, "RequestTimeTooSkewed");
        assert!(clock.contains("Set this machine's clock right."), "{clock}");
    }

    #[test]
    fn a_refusal_says_why_and_how_to_go_on() {
        let error = StepError::refused(
            "file_system",
            "creating the file system",
            "fs-1 belongs to somebody else".to_owned(),
            "Import it.",
        );
        let detail = report(Verb::Creating, &[]).detail(&error);
        assert_eq!(
            detail,
            "Creating the file system failed: fs-1 belongs to somebody else.\n\nNothing of it \
             exists in AWS now.\nImport it. Then apply again."
        );
    }
}
