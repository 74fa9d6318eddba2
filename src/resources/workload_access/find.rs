//! What exists of a workload's rights, and whom it belongs to. Reads only.

use std::collections::BTreeSet;

use futures_util::future::{OptionFuture, try_join4};

use super::{Granted, Workload};
use crate::aws::eks::{self, Association, AssociationKey};
use crate::aws::iam::{self, Role};
use crate::aws::{Clients, Error};
use crate::platform::tags::{IgnoreRules, Observed as ObservedTags, Owner, RESOURCE};
use crate::provider::claims::{BeingMade, Claims, Takeover};

/// What exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The role.
    pub role: Option<Role>,
    /// The document of its inline policy of the workload's name.
    pub policy: Option<String>,
    /// ARNs of the managed policies attached to it; not asked for where none is wanted.
    pub attached: BTreeSet<String>,
    /// The association of the workload's service account, whoever made it.
    pub association: Option<Association>,
}

/// Something of somebody else stands where the workload's own would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The role exists and was not made for this owner.
    Role {
        /// What exists and whose it is, as a sentence without its full stop.
        what: String,
    },
    /// The service account has an association that was not made for this owner.
    Association {
        /// What exists and whose it is, as a sentence without its full stop.
        what: String,
    },
    /// It was made for this owner, by a create that is at work at it still.
    BeingMade(BeingMade),
}

impl Conflict {
    /// Whether it may be out of the way when the plan is carried out.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::BeingMade(_))
    }
}

/// Reads everything at once. The association is asked for by its id where the state has one.
pub async fn find(
    clients: &Clients,
    workload: &Workload,
    granted: &Granted,
) -> Result<Observed, Error> {
    let role_name = &workload.role_in_use();
    let ours = workload.given_role_arn.is_none();
    let lists = ours && (workload.role.exact || !workload.managed_policy_arns.is_empty());
    let attached: OptionFuture<_> =
        lists.then(|| iam::list_attached_policies(clients, role_name)).into();
    let attached = async { attached.await.map_or(Ok(Vec::new()), absent_is_empty) };
    let policy: OptionFuture<_> = (ours && !workload.policy_name.is_empty())
        .then(|| iam::find_inline_policy(clients, role_name, workload.policy_name))
        .into();
    let policy = async { policy.await.unwrap_or(Ok(None)) };
    let asked = try_join4(
        iam::find_role_by_name(clients, role_name),
        policy,
        attached,
        find_association(clients, workload.key.as_ref(), granted.association_id.as_deref()),
    );
    let (role, policy, attached, association) = Box::pin(asked).await?;
    Ok(Observed { role, policy, attached: attached.into_iter().collect(), association })
}

fn absent_is_empty<T>(answer: Result<Vec<T>, Error>) -> Result<Vec<T>, Error> {
    match answer {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        answer => answer,
    }
}

/// The association of a service account; none also where there is no such cluster.
pub(super) async fn find_association(
    clients: &Clients,
    key: Option<&AssociationKey>,
    id: Option<&str>,
) -> Result<Option<Association>, Error> {
    let Some(key) = key else { return Ok(None) };
    if let Some(id) = id {
        let found = eks::find_association_by_id(clients, &key.cluster_name, id).await?;
        if found.as_ref().is_some_and(|association| association.key == *key) {
            return Ok(found);
        }
    }
    let id = match eks::find_association_id_by_key(clients, key).await {
        Ok(Some(id)) => id,
        Ok(None) => return Ok(None),
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    eks::find_association_by_id(clients, &key.cluster_name, &id).await
}

/// What of somebody else stands in the way of a create; asked at plan.
pub async fn conflicts(
    clients: &Clients,
    claims: &Claims,
    workload: &Workload,
) -> Result<Vec<Conflict>, Error> {
    let role: OptionFuture<_> = workload
        .given_role_arn
        .is_none()
        .then(|| iam::find_role_by_name(clients, &workload.role_name))
        .into();
    let role = async { role.await.unwrap_or(Ok(None)) };
    let association = find_association(clients, workload.key.as_ref(), None);
    let (role, association) = futures_util::future::try_join(role, association).await?;
    let (role, association) = (role.as_ref(), association.as_ref());
    let mut found = conflicts_with(workload, role, association);
    if let Takeover::NotNow(other) = look(claims, workload, role, association) {
        found.push(Conflict::BeingMade(other));
    }
    Ok(found)
}

/// What a create would come to that met what was found.
pub fn look(
    claims: &Claims,
    workload: &Workload,
    role: Option<&Role>,
    association: Option<&Association>,
) -> Takeover {
    let owner = workload.owner();
    let found = if workload.given_role_arn.is_none() {
        role.map(|role| claims.look(&role_named(&role.name), &role.tags, owner))
    } else {
        association.map(|found| claims.look(&association_named(&found.id), &found.tags, owner))
    };
    found.unwrap_or(Takeover::Never)
}

/// What a role is called where its claim is judged.
pub(super) fn role_named(name: &str) -> String {
    format!("role {name}")
}

/// What an association is called where its claim is judged.
pub(super) fn association_named(id: &str) -> String {
    format!("Pod Identity association {id}")
}

/// What of somebody else was found already.
pub fn conflicts_with(
    workload: &Workload,
    role: Option<&Role>,
    association: Option<&Association>,
) -> Vec<Conflict> {
    let role = role.filter(|_| workload.given_role_arn.is_none());
    let role = role.and_then(|role| foreign_role(role, workload.owner()));
    let association = association.and_then(|found| foreign_association(found, workload.owner()));
    let role = role.map(|what| Conflict::Role { what });
    let association = association.map(|what| Conflict::Association { what });
    role.into_iter().chain(association).collect()
}

/// Whose role it is, unless it is the owner's.
pub(super) fn foreign_role(role: &Role, owner: Owner<'_>) -> Option<String> {
    let tags = ObservedTags::read(&role.tags, &IgnoreRules::default(), &[]);
    (!tags.is_owned_by(owner)).then(|| match role.tags.get(RESOURCE) {
        Some(other) => format!("role {} exists, and belongs to {other}", role.name),
        None => format!("role {} exists, and was not made by this provider", role.name),
    })
}

/// Whose association it is, unless it is the owner's. One that an add-on owns is nobody else's,
/// whatever its tags say.
pub(super) fn foreign_association(association: &Association, owner: Owner<'_>) -> Option<String> {
    let tags = ObservedTags::read(&association.tags, &IgnoreRules::default(), &[]);
    let key = &association.key;
    let ours = tags.is_owned_by(owner) && association.owner_arn.is_none();
    (!ours).then(|| {
        let whose = match (&association.owner_arn, association.tags.get(RESOURCE)) {
            (Some(addon), _) => format!("belongs to the add-on {addon}"),
            (None, Some(other)) => format!("belongs to {other}"),
            (None, None) => "was not made by this provider".to_owned(),
        };
        format!(
            "service account {}/{} in cluster {} has Pod Identity association {} with role {}, \
             which {whose}",
            key.namespace,
            key.service_account,
            key.cluster_name,
            association.id,
            association.role_arn
        )
    })
}
