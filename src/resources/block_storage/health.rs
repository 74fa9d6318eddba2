//! What EKS thinks of the add-on, and what follows from that by `wait_for`.

use super::ADDON;
use super::model::{HealthIssue, Model};
use crate::aws::eks::{Addon, AddonIssue};
use crate::framework::value::Value;

/// How an add-on stands to what was waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// Nothing is amiss, as far as is looked at.
    Fine,
    /// EKS finds fault with it, and it counts as done.
    Tolerated,
    /// EKS finds fault with it, and it counts as not done. It works in part.
    Degraded,
    /// It came to nothing.
    Failed,
}

/// Judges an add-on that EKS is done with.
pub(super) fn judge(addon: &Addon, wait_for: &Value<String>) -> Health {
    let wait_for = wait_for.as_ref().as_option().map_or("active", String::as_str);
    match (addon.status.as_str(), wait_for) {
        ("CREATE_FAILED" | "UPDATE_FAILED" | "DELETE_FAILED", _) => Health::Failed,
        ("DEGRADED", "active") => Health::Degraded,
        ("DEGRADED", "degraded_ok") => Health::Tolerated,
        _ => Health::Fine,
    }
}

/// Status and issues as a sentence without its full stop.
pub(super) fn told(addon: &Addon) -> String {
    let issue = |issue: &AddonIssue| {
        let about = match issue.resource_ids.as_slice() {
            [] => String::new(),
            ids => format!(" ({})", ids.join(", ")),
        };
        let message = issue.message.trim_end_matches('.');
        format!("{}: {message}{about}", issue.code)
    };
    let issues: Vec<String> = addon.issues.iter().map(issue).collect();
    let issues = if issues.is_empty() { "no issue is given".to_owned() } else { issues.join("; ") };
    format!("EKS calls add-on {ADDON} {}: {issues}", addon.status)
}

/// What to do about the issues, where that is known.
/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_AddonIssue.html>
pub(super) fn advice(addon: &Addon) -> Option<&'static str> {
    let has = |code: &str| addon.issues.iter().any(|issue| issue.code == code);
    if has("ConfigurationConflict") {
        return Some(
            "A driver installed by other means is in the cluster: remove it, or let EKS take it \
             over with resolve_conflicts_on_create (or _on_update) = \"OVERWRITE\".",
        );
    }
    if has("InsufficientNumberOfReplicas") {
        return Some(
            "Its pods find no node yet: this heals by itself once the cluster has nodes that can \
             run them.",
        );
    }
    if has("AccessDenied") || has("AddonPermissionFailure") {
        return Some("Give the driver the rights EKS names.");
    }
    None
}

/// The attributes that tell of it.
pub(super) fn record(state: &mut Model, addon: &Addon) {
    state.addon_status = Value::Value(addon.status.clone());
    let issues = addon.issues.iter().map(|issue| HealthIssue {
        code: Value::Value(issue.code.clone()),
        message: Value::Value(issue.message.clone()),
        resource_ids: Value::Value(issue.resource_ids.clone()),
    });
    state.health_issues = Value::Value(issues.collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addon(status: &str) -> Addon {
        Addon {
            status: status.to_owned(),
            issues: vec![AddonIssue {
                code: "InsufficientNumberOfReplicas".to_owned(),
                message: "The add-on is unhealthy.".to_owned(),
                resource_ids: vec!["ebs-csi-controller".to_owned()],
            }],
            ..Addon::default()
        }
    }

    #[test]
    fn degraded_is_judged_by_what_is_waited_for() {
        let judged = |wait_for: &str| judge(&addon("DEGRADED"), &Value::Value(wait_for.to_owned()));
        assert_eq!(judged("active"), Health::Degraded);
        assert_eq!(judged("degraded_ok"), Health::Tolerated);
        assert_eq!(judged("none"), Health::Fine);
        let none = Value::Value("none".to_owned());
        assert_eq!(judge(&addon("CREATE_FAILED"), &none), Health::Failed);
        assert_eq!(judge(&addon("ACTIVE"), &Value::Null), Health::Fine);
    }

    #[test]
    fn issues_are_told_with_what_they_are_about() {
        assert_eq!(
            told(&addon("DEGRADED")),
            "EKS calls add-on aws-ebs-csi-driver DEGRADED: InsufficientNumberOfReplicas: The \
             add-on is unhealthy (ebs-csi-controller)"
        );
        assert!(advice(&addon("DEGRADED")).is_some_and(|advice| advice.contains("nodes")));
    }
}
