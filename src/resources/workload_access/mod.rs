//! How a workload gets its rights: an IAM role, its inline policy, and the EKS Pod Identity
//! association that hands the role to one service account.
//!
//! Steps, in order: `role`, `role_policy`, `association`, and `marker` when the whole composite is
//! done. Each is *find → compare → act → record*.
//!
//! A role or association that exists already is taken over only if it was made for the same owner;
//! a role moreover only while it carries the creation marker, which says that its create never
//! completed. Everything else belongs to somebody, and is refused with the owner's name. Removal
//! deletes the association first, and never a role that is not tagged as the owner's.

mod find;
mod remove;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

pub use find::{Conflict, Observed, conflicts, find};
pub use remove::{remove, remove_association};
pub use steps::{Brought, bring_about, finish};

use crate::aws::eks::AssociationKey;
use crate::platform::policies::equivalent;
use crate::platform::tags::{self, IgnoreRules, Owner, TagChanges};

/// What one workload is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// What differs between this and what exists, each as a sentence without its full stop; empty
    /// when nothing does.
    pub fn differences(&self, observed: &Observed, ignore: &IgnoreRules) -> Vec<String> {
        let mut found = Vec::new();
        let role = &self.role_name;
        match &observed.role {
            None => found.push(format!("role {role} is missing")),
            Some(existing) => {
                if !self.trusts(existing.trust_policy.as_deref()) {
                    found.push(format!("the trust policy of role {role} was changed"));
                }
                if !self.tag_changes(&existing.tags, ignore).is_empty() {
                    found.push(format!("the tags of role {role} were changed"));
                }
                found.extend(self.policy_differences(observed));
            }
        }
        found.extend(self.association_difference(observed, ignore));
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
        let changed = !self.tag_changes(&association.tags, ignore).is_empty();
        changed
            .then(|| format!("the tags of the Pod Identity association of {account} were changed"))
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

    /// From the tags found to those of a finished object.
    fn tag_changes(&self, found: &BTreeMap<String, String>, ignore: &IgnoreRules) -> TagChanges {
        TagChanges::between(found, &tags::written(&self.tags_all, self.owner(), false), ignore)
    }

    /// The same while the creation marker stays.
    fn tag_changes_before_the_end(
        &self,
        found: &BTreeMap<String, String>,
        ignore: &IgnoreRules,
    ) -> TagChanges {
        let creating = found.contains_key(tags::CREATING);
        TagChanges::between(found, &tags::written(&self.tags_all, self.owner(), creating), ignore)
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
