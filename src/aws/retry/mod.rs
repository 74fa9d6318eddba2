//! What is tried again: one policy, in one place.
//!
//! Two layers share the work.
//!
//! * **Within a call** the SDK's standard mode repeats a *request* after throttling, server errors
//!   and broken connections, with pauses that double from one second up to [`MAX_BACKOFF`] and are
//!   cut to a random part. `attempts` adds the codes that the SDK does not know, takes quotas off
//!   its list, and says when it is enough: throttling is sat out until the deadline of the
//!   operation ([`super::Wait::govern`]; [`CALL_TIMEOUT`] where there is none), anything else for
//!   [`DEFAULT_MAX_ATTEMPTS`]. There is no quota of retries unless one is configured.
//! * **Around a call** the predicates below name the *answers* that heal with the state of an
//!   object; a caller hands one to [`super::Wait::retry_while`], bounded by the same deadline.
//!
//! Everything else fails at once. A rule is not throttling: EFS answers `TooManyRequests` when
//! throughput changed within the last 24 hours, and nothing here repeats it
//! (<https://docs.aws.amazon.com/efs/latest/ug/API_UpdateFileSystem.html>).

mod attempts;

use std::time::Duration;

use super::error::{Error, Kind, Service};
pub(super) use attempts::{Attempts, Mended, Verdict};

/// How long an IAM change may take to be seen by other services before it is an error.
/// AWS gives no number (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html>);
/// two minutes is what other tools have settled on.
pub const PROPAGATION: Duration = Duration::from_mins(2);

/// Attempts per request where nothing else is configured. Throttling is not counted then.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 25;

/// Attempts to reach a host at all. A wrong endpoint or a missing network does not heal within
/// seconds, and must not cost all attempts and their pauses.
pub const MAX_CONNECT_ATTEMPTS: u32 = 6;

/// Longest pause of the SDK between two attempts.
pub const MAX_BACKOFF: Duration = Duration::from_secs(20);

/// Longest one attempt may take, answer included.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(2);

/// How long one call may be repeated where no operation sets a deadline, as while planning.
pub const CALL_TIMEOUT: Duration = Duration::from_mins(10);

/// The object or its container is busy with another change and will accept this one later.
pub fn busy(error: &Error) -> bool {
    let Some(code) = error.code.as_deref() else { return false };
    match error.service {
        Service::Efs => code == "IncorrectFileSystemLifeCycleState",
        // Some S3 answers carry 409 for a name that was deleted moments ago.
        Service::S3 => code == "OperationAborted",
        Service::Eks => code == "ResourcePropagationDelayException",
        Service::ElastiCache => ELASTICACHE_BUSY.contains(&code),
        Service::ApplicationAutoScaling => {
            matches!(code, "ConcurrentUpdateException" | "FailedResourceAccessException")
        }
        _ => false,
    }
}

/// A change of the object is under way; AWS takes one at a time.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/CommonErrors.html>
const ELASTICACHE_BUSY: &[&str] = &[
    "InvalidCacheClusterState",
    "InvalidCacheParameterGroupState",
    "InvalidReplicationGroupState",
    "InvalidUserGroupState",
    "InvalidUserState",
];

/// The call names an IAM role, or a principal, which this service cannot see yet. To be used only
/// shortly after that role was created or changed: the same codes tell a plain mistake.
pub fn role_not_visible(error: &Error) -> bool {
    let Some(code) = error.code.as_deref() else { return false };
    let says = |part: &str| error.message.contains(part);
    match error.service {
        Service::Efs => code == "InvalidPolicyException",
        Service::S3 => code == "MalformedPolicy" && says("Invalid principal"),
        Service::Iam => code == "MalformedPolicyDocument" && says("Invalid principal"),
        Service::Eks => {
            matches!(code, "InvalidParameterException" | "ResourcePropagationDelayException")
                && (says("Role") || says("role") || says("cannot be assumed"))
        }
        // AWS makes the role itself at the first use in an account.
        Service::ElastiCache => code == "ServiceLinkedRoleNotFoundFault",
        Service::Backup => {
            code == "InvalidParameterValueException"
                && (says("cannot be assumed by AWS Backup") || says("is not authorized to call"))
        }
        _ => false,
    }
}

/// A bucket that was created moments ago is not known everywhere yet. To be used only after
/// creating it.
pub fn bucket_not_visible(error: &Error) -> bool {
    error.service == Service::S3 && (error.is_code("NoSuchBucket") || busy(error))
}

/// The object is still used by something that is being deleted.
pub fn still_in_use(error: &Error) -> bool {
    let Some(code) = error.code.as_deref() else { return false };
    match error.service {
        // A plan whose selections went moments ago; a vault with recovery points stays refused.
        Service::Backup => {
            code == "InvalidRequestException"
                && error.message.contains("selections must be deleted")
        }
        Service::Ec2 => matches!(code, "DependencyViolation" | "InvalidGroup.InUse"),
        Service::Efs => matches!(code, "FileSystemInUse" | "DependencyTimeout") || busy(error),
        Service::Iam => code == "DeleteConflict",
        Service::S3 => busy(error),
        Service::ElastiCache => {
            matches!(code, "CacheSubnetGroupInUse" | "SubnetInUse") || busy(error)
        }
        _ => false,
    }
}

/// The request was fine and no usable answer came: what a poll may sit out.
pub fn passing(error: &Error) -> bool {
    error.kind == Kind::Throttled
        || (error.kind == Kind::Timeout && error.source.is_some())
        || (error.kind == Kind::Transport && (error.code.is_some() || error.source.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(service: Service, code: &str, message: &str) -> Error {
        let mut error = Error::new(service, "Any", Kind::Other, message);
        error.code = Some(code.into());
        error
    }

    #[test]
    fn the_24_hour_rule_of_efs_is_never_repeated() {
        let rule = error(Service::Efs, "TooManyRequests", "throughput mode changed");
        for repeats in [busy, role_not_visible, bucket_not_visible, still_in_use, passing] {
            assert!(!repeats(&rule));
        }
    }

    #[test]
    fn busy_codes_belong_to_their_service() {
        assert!(busy(&error(Service::Efs, "IncorrectFileSystemLifeCycleState", "")));
        assert!(busy(&error(Service::S3, "OperationAborted", "")));
        assert!(busy(&error(Service::ElastiCache, "InvalidReplicationGroupState", "")));
        assert!(!busy(&error(Service::ElastiCache, "InsufficientCacheClusterCapacity", "")));
        assert!(busy(&error(Service::ApplicationAutoScaling, "ConcurrentUpdateException", "")));
        assert!(still_in_use(&error(Service::ElastiCache, "CacheSubnetGroupInUse", "")));
        assert!(!busy(&error(Service::Efs, "ConcurrentModification", "")));
        assert!(!busy(&error(Service::Ec2, "OperationAborted", "")));
    }

    #[test]
    fn a_malformed_policy_is_repeated_only_for_its_principal() {
        assert!(role_not_visible(&error(
            Service::S3,
            "MalformedPolicy",
            "Invalid principal in policy"
        )));
        assert!(!role_not_visible(&error(Service::S3, "MalformedPolicy", "Unknown field Foo")));
        let eks = "The role cannot be assumed by the service principal";
        assert!(role_not_visible(&error(Service::Eks, "InvalidParameterException", eks)));
        let other = "namespace is not valid";
        assert!(!role_not_visible(&error(Service::Eks, "InvalidParameterException", other)));
    }

    #[test]
    fn backup_waits_for_its_role_and_for_selections_that_are_going() {
        let backup = |code, message| error(Service::Backup, code, message);
        let invalid = "InvalidParameterValueException";
        let role = "IAM Role arn:aws:iam::1:role/r cannot be assumed by AWS Backup";
        assert!(role_not_visible(&backup(invalid, role)));
        let role = "IAM Role arn:aws:iam::1:role/r is not authorized to call tag:GetResources";
        assert!(role_not_visible(&backup(invalid, role)));
        assert!(!role_not_visible(&backup(invalid, "Invalid cron expression")));
        let request = "InvalidRequestException";
        let plan = "Related backup plan selections must be deleted prior to backup plan deletion";
        assert!(still_in_use(&backup(request, plan)));
        let vault = "Backup vault cannot be deleted because it contains recovery points";
        assert!(!still_in_use(&backup(request, vault)));
    }
}
