//! How a workload gets its rights: an IAM role, its policies, and the EKS Pod Identity association
//! that hands the role to one service account. A service of AWS that acts for a composite gets its
//! role here too, without an association.
//!
//! Steps, in order: `role`, `role_policy`, `association`, and `marker` when the whole composite is
//! done. Each is *find → compare → act → record*. With a role made elsewhere
//! ([`Workload::given_role_arn`]) the first two are left out.
//!
//! A role or association that exists already is taken over only if it was made for the same owner;
//! a role moreover only while it carries the creation marker, which says that its create never
//! completed, and only when no other create is at work at it. Where the role is given, the
//! association carries the marker instead. Everything else belongs to somebody, and is refused with
//! the owner's name; an association that an add-on owns is never changed. Removal deletes the
//! association first, and never a role that is not tagged as the owner's.

mod find;
pub mod permissions;
mod remove;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

pub use find::{Conflict, Observed, conflicts, conflicts_with, find, look};
pub use remove::{remove, remove_association};
pub use steps::{Access, Brought};

use crate::aws::arn::Arn;
use crate::aws::eks::{Association, AssociationKey, SessionSettings};
use crate::aws::iam::Role;
use crate::platform::policies::equivalent;
use crate::platform::tags::{self, IgnoreRules, Owner, TagChanges};

/// What one workload is to have. End a literal with `..Workload::default()`: most need no more than
/// the upper half.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// Kind of the owning composite, as in `observability_buckets`.
    pub kind: &'static str,
    /// Name of the owning composite.
    pub owner_name: String,
    /// The role, unique in the account.
    pub role_name: String,
    /// What the role is for, shown in the console.
    pub description: String,
    /// Who may use the role, JSON.
    pub trust_policy: String,
    /// Name of the inline policy.
    pub policy_name: &'static str,
    /// The inline policy, JSON; none for a role that has managed policies only.
    pub policy: Option<String>,
    /// Managed policies that must be attached; others are left alone.
    pub managed_policy_arns: BTreeSet<String>,
    /// Tags of role and association, without the provider's own.
    pub tags_all: BTreeMap<String, String>,
    /// The service account that gets the role; none makes no association.
    pub key: Option<AssociationKey>,
    /// How the pods get their session.
    pub session: SessionSettings,
    /// What else of the role is set.
    pub role: RoleSettings,
    /// A role made elsewhere, which is used as it is: no role and no policy is made.
    pub given_role_arn: Option<String>,
}

/// Settings of a role that most workloads leave alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleSettings {
    /// Begins and ends with a slash; `/` if none. Fixed at creation.
    pub path: Option<String>,
    /// ARN of a policy that bounds it.
    pub permissions_boundary: Option<String>,
    /// Longest session, seconds.
    pub max_session_duration_seconds: Option<i32>,
    /// Whether boundary and attached policies are exactly those wanted; otherwise what somebody
    /// else added stays.
    pub exact: bool,
}

/// What the state knows of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// ARN of the role, once it exists.
    pub role_arn: Option<String>,
    /// Id of the association, once it exists.
    pub association_id: Option<String>,
}

impl Granted {
    /// What the state knows of a role that several share. One of them knowing it is enough: another
    /// may have joined just now, and is not recorded yet.
    pub fn of_any(recorded: impl IntoIterator<Item = Self>) -> Self {
        let known = |granted: &Self| granted.role_arn.is_some() || granted.association_id.is_some();
        recorded.into_iter().find(known).unwrap_or_default()
    }
}

impl Workload {
    /// Whom role and association belong to.
    pub fn owner(&self) -> Owner<'_> {
        Owner { kind: self.kind, name: &self.owner_name }
    }

    /// The name of the role in use, made or given.
    pub fn role_in_use(&self) -> String {
        let given = self.given_role_arn.as_deref().and_then(|arn| arn.parse::<Arn>().ok());
        given.map_or_else(|| self.role_name.clone(), |arn| arn.resource_id().to_owned())
    }

    /// What differs between this and what exists, each as a sentence without its full stop; empty
    /// when nothing does.
    pub fn differences(&self, observed: &Observed, ignore: &IgnoreRules) -> Vec<String> {
        let mut found = Vec::new();
        let role = self.role_in_use();
        match &observed.role {
            None => found.push(format!("role {role} is missing")),
            Some(_) if self.given_role_arn.is_some() => {}
            Some(existing) => {
                if !self.trusts(existing.trust_policy.as_deref()) {
                    found.push(format!("the trust policy of role {role} was changed"));
                }
                if !self.tag_changes(&existing.tags, None, ignore).is_empty() {
                    found.push(format!("the tags of role {role} were changed"));
                }
                found.extend(self.role_differences(existing));
                found.extend(self.policy_differences(observed));
            }
        }
        found.extend(self.association_difference(observed, ignore));
        found
    }

    fn role_differences(&self, existing: &Role) -> Vec<String> {
        let mut found = Vec::new();
        if self.bounds(existing).is_some() {
            found.push(format!("the permissions boundary of role {} was changed", existing.name));
        }
        if self.session_duration(existing).is_some() {
            found.push(format!("the longest session of role {} was changed", existing.name));
        }
        found
    }

    fn policy_differences(&self, observed: &Observed) -> Vec<String> {
        let Self { role_name: role, policy_name, .. } = self;
        let mut found = Vec::new();
        if !self.grants(observed.policy.as_deref()) {
            let what = if observed.policy.is_some() { "was changed" } else { "is missing" };
            found.push(format!("inline policy {policy_name} of role {role} {what}"));
        }
        for arn in self.managed_policy_arns.difference(&observed.attached) {
            found.push(format!("managed policy {arn} is not attached to role {role}"));
        }
        for arn in self.unwanted_policies(observed) {
            found.push(format!("managed policy {arn} is attached to role {role} and not wanted"));
        }
        found
    }

    fn association_difference(&self, observed: &Observed, ignore: &IgnoreRules) -> Option<String> {
        let key = self.key.as_ref()?;
        let account = format!(
            "service account {}/{} in cluster {}",
            key.namespace, key.service_account, key.cluster_name
        );
        let Some(association) = &observed.association else {
            return Some(format!("the Pod Identity association of {account} is missing"));
        };
        let role_arn = observed.role.as_ref().map(|role| role.arn.as_str());
        if association.key != *key {
            return Some(format!("the Pod Identity association is not that of {account}"));
        }
        if role_arn.is_some_and(|arn| arn != association.role_arn) {
            return Some(format!("the Pod Identity association of {account} has another role"));
        }
        if !self.has_sessions(association) {
            return Some(format!(
                "the sessions of the Pod Identity association of {account} were \
                changed"
            ));
        }
        let changed = !self.tag_changes(&association.tags, None, ignore).is_empty();
        changed
            .then(|| format!("the tags of the Pod Identity association of {account} were changed"))
    }

    /// Whether the pods of an association get their session as wanted.
    fn has_sessions(&self, association: &Association) -> bool {
        let SessionSettings { disable_session_tags, target_role_arn, policy } = &self.session;
        let found = &association.session;
        let policies = match (policy, &found.policy) {
            (None, None) => true,
            (Some(wanted), Some(found)) => equivalent(found, wanted),
            _ => false,
        };
        policies
            && *disable_session_tags == found.disable_session_tags
            && *target_role_arn == found.target_role_arn
    }

    /// The boundary to set on a role, `Some(None)` to take one away, or none if it is as wanted.
    #[allow(clippy::option_option, reason = "nothing to do, or to take the boundary away")]
    fn bounds<'a>(&'a self, role: &Role) -> Option<Option<&'a str>> {
        let wanted = self.role.permissions_boundary.as_deref();
        let as_wanted = role.permissions_boundary.as_deref() == wanted;
        (!as_wanted && (wanted.is_some() || self.role.exact)).then_some(wanted)
    }

    /// The longest session to set on a role, unless it has it or none is wanted.
    fn session_duration(&self, role: &Role) -> Option<i32> {
        let wanted = self.role.max_session_duration_seconds;
        wanted.filter(|wanted| role.max_session_duration_seconds != Some(*wanted))
    }

    /// Policies attached to the role that are to be detached.
    fn unwanted_policies<'a>(&'a self, observed: &'a Observed) -> Vec<&'a String> {
        if !self.role.exact {
            return Vec::new();
        }
        observed.attached.difference(&self.managed_policy_arns).collect()
    }

    /// Whether a trust policy is the wanted one.
    fn trusts(&self, observed: Option<&str>) -> bool {
        observed.is_some_and(|observed| equivalent(observed, &self.trust_policy))
    }

    /// Whether an inline policy is the wanted one.
    fn grants(&self, observed: Option<&str>) -> bool {
        match (&self.policy, observed) {
            (None, None) => true,
            (Some(wanted), Some(observed)) => equivalent(observed, wanted),
            _ => false,
        }
    }

    /// From the tags found to those wanted, with this creation marker if any.
    fn tag_changes(
        &self,
        found: &BTreeMap<String, String>,
        marker: Option<&str>,
        ignore: &IgnoreRules,
    ) -> TagChanges {
        TagChanges::between(found, &tags::written(&self.tags_all, self.owner(), marker), ignore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_those_who_share_a_role_vouches_for_it() {
        let nothing = Granted::default();
        let known = Granted {
            role_arn: Some("arn:aws:iam::123456789012:role/monitoring-role".to_owned()),
            association_id: None,
        };
        assert_eq!(Granted::of_any([nothing.clone(), known.clone()]), known);
        assert_eq!(Granted::of_any([nothing.clone()]), nothing);
    }
}
