//! Bringing the rights about: the same walk for create and update.

use super::find::{find, find_association, foreign_association, foreign_role};
use super::{Granted, Observed, Workload};
use crate::aws::eks::{self, Association, AssociationKey};
use crate::aws::iam::{self, NewRole, Role};
use crate::aws::tags::TagChanges as Calls;
use crate::aws::{Clients, Wait, retry};
use crate::platform::naming::creation_token;
use crate::platform::tags::{self, IgnoreRules, Observed as ObservedTags, TagChanges};
use crate::resources::step::{During, StepError, proceed};

/// How often a token is tried that turns out to belong to a deleted association.
const ATTEMPTS: u32 = 3;

/// What a walk has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// What exists.
    pub granted: Granted,
    /// Whether the role carries the creation marker still: then [`finish`] follows.
    pub unfinished: bool,
}

/// Brings role, policy and association about. `granted` is what the state knows; `record` is told
/// what exists as soon as it does. The creation marker stays until [`finish`].
pub async fn bring_about(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    granted: &Granted,
    ignore: &IgnoreRules,
    record: &(dyn Fn(&Granted) + Send + Sync),
) -> Result<Brought, StepError> {
    proceed(wait, "role", &format!("finding role {}", workload.role_name))?;
    let observed = find(clients, workload, granted)
        .await
        .during("role", format!("finding role {}", workload.role_name))?;
    let mut granted = granted.clone();

    let (role, fresh) = role(clients, workload, &granted, &observed, ignore).await?;
    granted.role_arn = Some(role.arn.clone());
    record(&granted);

    proceed(wait, "role_policy", &format!("granting rights to role {}", role.name))?;
    let changed = role_policy(clients, wait, workload, &observed).await?;

    if let Some(key) = &workload.key {
        proceed(wait, "association", "associating the role with its service account")?;
        let seen = Seen { role: &role, settling: fresh || changed, known: &granted };
        let association =
            association(clients, wait, workload, key, observed.association, &seen, ignore).await?;
        granted.association_id = Some(association.id);
        record(&granted);
    }
    let unfinished = fresh || role.tags.contains_key(tags::CREATING);
    Ok(Brought { granted, unfinished })
}

/// Takes the creation marker off the role: the last step of the whole composite.
pub async fn finish(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    ignore: &IgnoreRules,
) -> Result<(), StepError> {
    let doing = format!("marking role {} as complete", workload.role_name);
    proceed(wait, "marker", &doing)?;
    let role =
        iam::find_role_by_name(clients, &workload.role_name).await.during("marker", &doing)?;
    let Some(role) = role else { return Ok(()) };
    let changes = workload.tag_changes(&role.tags, ignore);
    iam::change_role_tags(clients, &role.name, &calls(changes)).await.during("marker", doing)
}

/// The role, and whether it was made just now.
async fn role(
    clients: &Clients,
    workload: &Workload,
    granted: &Granted,
    observed: &Observed,
    ignore: &IgnoreRules,
) -> Result<(Role, bool), StepError> {
    let name = &workload.role_name;
    let Some(existing) = &observed.role else {
        let new = NewRole {
            name: name.clone(),
            trust_policy: workload.trust_policy.clone(),
            description: Some(workload.description.clone()),
            tags: tags::written(&workload.tags_all, workload.owner(), true),
            ..NewRole::default()
        };
        let created = iam::create_role(clients, &new).await;
        return Ok((created.during("role", format!("creating role {name}"))?, true));
    };
    // The ARN in the state says that this very role was made or imported before.
    if granted.role_arn.as_deref() != Some(existing.arn.as_str()) {
        may_take_over(existing, workload)?;
    }
    if !workload.trusts(existing.trust_policy.as_deref()) {
        iam::update_trust_policy(clients, name, &workload.trust_policy)
            .await
            .during("role", format!("changing the trust policy of role {name}"))?;
    }
    let changes = workload.tag_changes_before_the_end(&existing.tags, ignore);
    iam::change_role_tags(clients, name, &calls(changes))
        .await
        .during("role", format!("changing the tags of role {name}"))?;
    Ok((existing.clone(), false))
}

fn may_take_over(existing: &Role, workload: &Workload) -> Result<(), StepError> {
    let tags = ObservedTags::read(&existing.tags, &IgnoreRules::default(), &[]);
    if tags.may_be_adopted_by(workload.owner()) {
        return Ok(());
    }
    let why = foreign_role(existing, workload.owner()).unwrap_or_else(|| {
        format!("role {} exists, complete, and is not in this state", existing.name)
    });
    Err(StepError::refused(
        "role",
        &format!("creating role {}", existing.name),
        why,
        "Import the object it belongs to, choose another role name, or delete the role.",
    ))
}

/// The inline policy and the attached ones; answers whether anything was changed.
async fn role_policy(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    observed: &Observed,
) -> Result<bool, StepError> {
    let Workload { role_name: role, policy_name, .. } = workload;
    let mut changed = false;
    if !workload.grants(observed.policy.as_deref()) {
        changed = true;
        let doing = format!("writing inline policy {policy_name} of role {role}");
        let write = || async {
            match &workload.policy {
                Some(policy) => iam::put_inline_policy(clients, role, policy_name, policy).await,
                None => iam::delete_inline_policy(clients, role, policy_name).await,
            }
        };
        wait.within(retry::PROPAGATION)
            .retry_while(|error| retry::busy(error) || error.is_not_found(), write)
            .await
            .during("role_policy", doing)?;
    }
    for arn in workload.managed_policy_arns.difference(&observed.attached) {
        changed = true;
        wait.within(retry::PROPAGATION)
            .retry_while(retry::busy, || iam::attach_policy(clients, role, arn))
            .await
            .during("role_policy", format!("attaching {arn} to role {role}"))?;
    }
    Ok(changed)
}

/// What the association step starts from.
struct Seen<'a> {
    role: &'a Role,
    /// The role was changed just now: EKS may not see it yet.
    settling: bool,
    known: &'a Granted,
}

async fn association(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    key: &AssociationKey,
    existing: Option<Association>,
    seen: &Seen<'_>,
    ignore: &IgnoreRules,
) -> Result<Association, StepError> {
    let doing = format!(
        "associating role {} with service account {}/{} of cluster {}",
        seen.role.name, key.namespace, key.service_account, key.cluster_name
    );
    let Some(existing) = existing else {
        return create_association(clients, wait, workload, key, seen, &doing).await;
    };
    if seen.known.association_id.as_ref() != Some(&existing.id)
        && let Some(why) = foreign_association(&existing, workload.owner())
    {
        return Err(taken(&doing, why));
    }
    if existing.role_arn != seen.role.arn {
        let wait = wait.within(retry::PROPAGATION);
        wait.retry_while(
            |error| seen.settling && retry::role_not_visible(error),
            || {
                let cluster = &key.cluster_name;
                eks::update_association_role(clients, cluster, &existing.id, &seen.role.arn)
            },
        )
        .await
        .during("association", &doing)?;
    }
    let changes = workload.tag_changes(&existing.tags, ignore);
    if !changes.put.is_empty() {
        eks::set_tags(clients, &existing.arn, &changes.put).await.during("association", &doing)?;
    }
    if !changes.remove.is_empty() {
        eks::remove_tags(clients, &existing.arn, &changes.remove)
            .await
            .during("association", &doing)?;
    }
    Ok(existing)
}

async fn create_association(
    clients: &Clients,
    wait: &Wait,
    workload: &Workload,
    key: &AssociationKey,
    seen: &Seen<'_>,
    doing: &str,
) -> Result<Association, StepError> {
    let AssociationKey { cluster_name, namespace, service_account } = key;
    // The role's unique id is another one after re-creation, and so is the token.
    let name = format!("{cluster_name}/{namespace}/{service_account}/{}", seen.role.id);
    let written = tags::written(&workload.tags_all, workload.owner(), false);
    for attempt in 0..ATTEMPTS {
        let token = creation_token("", clients.region(), workload.kind, &name, attempt);
        let created = wait
            .within(retry::PROPAGATION)
            .retry_while(retry::role_not_visible, || {
                eks::create_association(clients, key, &seen.role.arn, &token, &written)
            })
            .await;
        match created {
            Ok(created) => {
                // A token remembers its first answer, also when that association is deleted.
                let found = eks::find_association_by_id(clients, cluster_name, &created.id).await;
                if found.during("association", doing)?.is_some() {
                    return Ok(created);
                }
            }
            Err(error) if error.is_code("ResourceInUseException") => {
                let found = find_association(clients, Some(key), None).await;
                match found.during("association", doing)? {
                    Some(other) => {
                        return match foreign_association(&other, workload.owner()) {
                            Some(why) => Err(taken(doing, why)),
                            None => Ok(other),
                        };
                    }
                    None => return Err(error).during("association", doing),
                }
            }
            Err(error) => return Err(error).during("association", doing),
        }
    }
    let why = "EKS keeps answering with an association that is deleted".to_owned();
    Err(StepError::refused("association", doing, why, "Wait a little."))
}

fn taken(doing: &str, why: String) -> StepError {
    StepError::refused(
        "association",
        doing,
        why,
        "Delete that association, or choose another namespace or service account.",
    )
}

fn calls(changes: TagChanges) -> Calls {
    let TagChanges { put, remove } = changes;
    Calls { set: put, remove }
}
