//! Bringing the rights about: the same walk for create and update.

use super::find::{
    association_named, find, find_association, foreign_association, foreign_role, role_named,
};
use super::{Granted, Observed, Workload};
use crate::aws::eks::{self, Association, AssociationKey};
use crate::aws::iam::{self, NewRole, Role};
use crate::aws::tags::TagChanges as Calls;
use crate::aws::{self, Clients, Wait, retry};
use crate::platform::naming::creation_token;
use crate::platform::tags::{self, CREATING, IgnoreRules, TagChanges, Tags};
use crate::provider::claims::{Claim, Takeover};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::unfinished;

/// What a walk has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// What exists.
    pub granted: Granted,
    /// Whether the role carries the creation marker still: then [`Access::finish`] follows.
    pub unfinished: bool,
}

/// The walk of one workload.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// Clients of the region.
    pub clients: &'a Clients,
    /// Limits of the whole operation.
    pub wait: &'a Wait,
    /// What is wanted.
    pub workload: &'a Workload,
    /// Tags of somebody else.
    pub ignore: &'a IgnoreRules,
    /// The claim of the whole operation.
    pub claim: &'a Claim<'a>,
}

/// What asking for a role came to.
enum Made {
    New(Role),
    /// The answer to an earlier attempt was lost, or somebody was faster.
    Before(Role),
}

/// What asking for an association came to.
enum Answered {
    Created(Association),
    /// The service account has one already.
    Exists(Association),
}

/// What the association step starts from.
struct Seen<'a> {
    role: &'a Role,
    /// The role was changed just now: EKS may not see it yet.
    settling: bool,
    known: &'a Granted,
}

impl Access<'_> {
    /// Brings role, policy and association about. `granted` is what the state knows; `record` is told
    /// what exists as soon as it does. The creation marker stays until [`Access::finish`].
    pub async fn bring_about(
        &self,
        granted: &Granted,
        record: &(dyn Fn(&Granted) + Send + Sync),
    ) -> Result<Brought, StepError> {
        let Self { clients, wait, workload, .. } = *self;
        let doing = format!("finding role {}", workload.role_in_use());
        proceed(wait, "role", &doing)?;
        let observed = find(clients, workload, granted).await.during("role", &doing)?;
        let mut granted = granted.clone();

        let given = workload.given_role_arn.is_some();
        let (role, fresh) = if given {
            (given_role(&observed, &doing)?, false)
        } else {
            self.role(&granted, &observed).await?
        };
        granted.role_arn = Some(role.arn.clone());
        // A role made elsewhere is nothing that a create has made: the association is the first.
        if !given || workload.key.is_none() {
            record(&granted);
        }

        let mut settling = fresh;
        if !given {
            proceed(wait, "role_policy", &format!("granting rights to role {}", role.name))?;
            settling |= self.role_policy(&observed).await?;
        }

        let mut unfinished = fresh || role.tags.contains_key(CREATING);
        if let Some(key) = &workload.key {
            proceed(wait, "association", "associating the role with its service account")?;
            let seen = Seen { role: &role, settling, known: &granted };
            let association = self.association(key, observed.association, &seen).await?;
            if given {
                unfinished = association.tags.contains_key(CREATING);
            }
            granted.association_id = Some(association.id);
            record(&granted);
        }
        Ok(Brought { granted, unfinished })
    }

    /// The role, and whether it was made just now.
    async fn role(
        &self,
        granted: &Granted,
        observed: &Observed,
    ) -> Result<(Role, bool), StepError> {
        let Self { clients, workload, .. } = *self;
        let name = &workload.role_name;
        let (mut existing, fresh) = match &observed.role {
            Some(existing) => (existing.clone(), false),
            None => match self.create_role().await? {
                Made::New(role) => return Ok((role, true)),
                Made::Before(role) => (role, true),
            },
        };
        // The ARN in the state says that this very role was made or imported before.
        let known = granted.role_arn.as_deref() == Some(existing.arn.as_str());
        let ours = known || self.may_take_over(&existing)?;
        let marker = if ours { tags::marker(&existing.tags) } else { Some(self.claim.value()) };
        let changes = workload.tag_changes(&existing.tags, marker, self.ignore);
        iam::change_role_tags(clients, name, &calls(changes))
            .await
            .during("role", format!("changing the tags of role {name}"))?;
        if !ours {
            existing.tags.extend(self.claim.mark());
        }
        if !workload.trusts(existing.trust_policy.as_deref()) {
            iam::update_trust_policy(clients, name, &workload.trust_policy)
                .await
                .during("role", format!("changing the trust policy of role {name}"))?;
        }
        self.role_settings(&existing).await?;
        Ok((existing, fresh))
    }

    async fn create_role(&self) -> Result<Made, StepError> {
        let Self { clients, workload, .. } = *self;
        let name = &workload.role_name;
        let doing = format!("creating role {name}");
        let new = NewRole {
            name: name.clone(),
            trust_policy: workload.trust_policy.clone(),
            description: Some(workload.description.clone()),
            path: workload.role.path.clone(),
            permissions_boundary: workload.role.permissions_boundary.clone(),
            max_session_duration_seconds: workload.role.max_session_duration_seconds,
            tags: self.marked(),
        };
        match iam::create_role(clients, &new).await {
            Err(error) if error.is_code("EntityAlreadyExists") => {
                let found = iam::find_role_by_name(clients, name).await.during("role", &*doing)?;
                found.map(Made::Before).ok_or(error).during("role", doing)
            }
            created => created.map(Made::New).during("role", doing),
        }
    }

    /// The tags of what carries the marker.
    fn marked(&self) -> Tags {
        let workload = self.workload;
        tags::written(&workload.tags_all, workload.owner(), Some(self.claim.value()))
    }

    /// Boundary and longest session of a role that exists.
    async fn role_settings(&self, existing: &Role) -> Result<(), StepError> {
        let Self { clients, workload, .. } = *self;
        let name = &existing.name;
        if let Some(boundary) = workload.bounds(existing) {
            let changed = match boundary {
                Some(arn) => iam::put_permissions_boundary(clients, name, arn).await,
                None => iam::delete_permissions_boundary(clients, name).await,
            };
            changed.during("role", format!("changing the permissions boundary of role {name}"))?;
        }
        if let Some(seconds) = workload.session_duration(existing) {
            iam::update_max_session_duration(clients, existing, seconds)
                .await
                .during("role", format!("changing the longest session of role {name}"))?;
        }
        Ok(())
    }

    /// Whether a role of this name is one's own; `false` for one that was left behind.
    fn may_take_over(&self, existing: &Role) -> Result<bool, StepError> {
        let owner = self.workload.owner();
        let doing = format!("creating role {}", existing.name);
        match self.claim.judge(&role_named(&existing.name), &existing.tags, owner) {
            Takeover::Ours => return Ok(true),
            Takeover::Left => return Ok(false),
            Takeover::NotNow(other) => return Err(unfinished::refused("role", &doing, &other)),
            Takeover::Never => {}
        }
        let why = foreign_role(existing, owner).unwrap_or_else(|| {
            format!("role {} exists, complete, and is not in this state", existing.name)
        });
        Err(StepError::refused(
            "role",
            &doing,
            why,
            "Import the object it belongs to, choose another role name, or delete the role.",
        ))
    }

    /// The inline policy and the attached ones; answers whether anything was changed.
    async fn role_policy(&self, observed: &Observed) -> Result<bool, StepError> {
        let Self { clients, wait, workload, .. } = *self;
        let Workload { role_name: role, policy_name, .. } = workload;
        let mut changed = false;
        if !workload.grants(observed.policy.as_deref()) {
            changed = true;
            let doing = format!("writing inline policy {policy_name} of role {role}");
            let write = || async {
                match &workload.policy {
                    Some(policy) => {
                        iam::put_inline_policy(clients, role, policy_name, policy).await
                    }
                    None => iam::delete_inline_policy(clients, role, policy_name).await,
                }
            };
            wait.within(retry::PROPAGATION)
                .retry_while(aws::Error::is_not_found, write)
                .await
                .during("role_policy", doing)?;
        }
        for arn in workload.managed_policy_arns.difference(&observed.attached) {
            changed = true;
            iam::attach_policy(clients, role, arn)
                .await
                .during("role_policy", format!("attaching {arn} to role {role}"))?;
        }
        for arn in workload.unwanted_policies(observed) {
            changed = true;
            iam::detach_policy(clients, role, arn)
                .await
                .during("role_policy", format!("detaching {arn} from role {role}"))?;
        }
        Ok(changed)
    }

    async fn association(
        &self,
        key: &AssociationKey,
        existing: Option<Association>,
        seen: &Seen<'_>,
    ) -> Result<Association, StepError> {
        let Self { clients, workload, .. } = *self;
        let doing = format!(
            "associating role {} with service account {}/{} of cluster {}",
            seen.role.name, key.namespace, key.service_account, key.cluster_name
        );
        let mut existing = match existing {
            Some(existing) => existing,
            None => match self.create_association(key, seen, &doing).await? {
                Answered::Created(created) => return Ok(created),
                Answered::Exists(existing) => existing,
            },
        };
        let known = seen.known.association_id.as_ref() == Some(&existing.id);
        let ours = known || self.may_take_over_association(&existing, &doing)?;
        let marker = if ours {
            tags::marker(&existing.tags).filter(|_| workload.given_role_arn.is_some())
        } else {
            Some(self.claim.value())
        };
        let as_wanted = existing.role_arn == seen.role.arn && workload.has_sessions(&existing);
        let changes = workload.tag_changes(&existing.tags, marker, self.ignore);
        if existing.owner_arn.is_some() && (!as_wanted || !changes.is_empty()) {
            let why = foreign_association(&existing, workload.owner()).unwrap_or_default();
            return Err(taken(&doing, why));
        }
        change_association_tags(clients, &existing, changes).await.during("association", &doing)?;
        if !ours {
            existing.tags.extend(self.claim.mark());
        }
        if !as_wanted {
            let wait = self.wait.within(retry::PROPAGATION);
            wait.retry_while(
                |error| seen.settling && retry::role_not_visible(error),
                || {
                    let (cluster, role) = (&key.cluster_name, &seen.role.arn);
                    eks::update_association(clients, cluster, &existing.id, role, &workload.session)
                },
            )
            .await
            .during("association", &doing)?;
        }
        Ok(existing)
    }

    /// Whether an association of this service account is one's own; `false` for one that was left
    /// behind. Where the role is made here, the role's marker has said so already.
    fn may_take_over_association(
        &self,
        existing: &Association,
        doing: &str,
    ) -> Result<bool, StepError> {
        let owner = self.workload.owner();
        if let Some(why) = foreign_association(existing, owner) {
            return Err(taken(doing, why));
        }
        if self.workload.given_role_arn.is_none() {
            return Ok(true);
        }
        match self.claim.judge(&association_named(&existing.id), &existing.tags, owner) {
            Takeover::Ours => Ok(true),
            Takeover::Left => Ok(false),
            Takeover::NotNow(other) => Err(unfinished::refused("association", doing, &other)),
            Takeover::Never => {
                let id = &existing.id;
                let why = format!("association {id} exists, complete, and is not in this state");
                let next = "Import the object it belongs to.";
                Err(StepError::refused("association", doing, why, next))
            }
        }
    }

    async fn create_association(
        &self,
        key: &AssociationKey,
        seen: &Seen<'_>,
        doing: &str,
    ) -> Result<Answered, StepError> {
        let Self { clients, wait, workload, .. } = *self;
        let AssociationKey { cluster_name, namespace, service_account } = key;
        // EKS keeps one association of a service account. The token has only to tell a repeated call
        // of this operation from a call of another, which EKS must not answer with this one's.
        let name = format!(
            "{cluster_name}/{namespace}/{service_account}/{}/{}",
            seen.role.id,
            self.claim.nonce()
        );
        let token = creation_token("", clients.region(), workload.kind, &name, 0);
        let written = if workload.given_role_arn.is_some() {
            self.marked()
        } else {
            tags::written(&workload.tags_all, workload.owner(), None)
        };
        // A service account whose association went moments ago is still said to have one.
        let again = |error: &aws::Error| {
            retry::role_not_visible(error) || error.is_code("ResourceInUseException")
        };
        wait.within(retry::PROPAGATION)
            .retry_while(again, || async {
                let (role, session) = (&seen.role.arn, &workload.session);
                let created =
                    eks::create_association(clients, key, role, session, &token, &written).await;
                match created {
                    Ok(created) => Ok(Answered::Created(created)),
                    Err(error) if error.is_code("ResourceInUseException") => {
                        let found = find_association(clients, Some(key), None).await?;
                        found.map(Answered::Exists).ok_or(error)
                    }
                    Err(error) => Err(error),
                }
            })
            .await
            .during("association", doing)
    }

    /// Takes the creation marker off the role, or off the association where the role is given: the
    /// last step of the whole composite.
    pub async fn finish(&self) -> Result<(), StepError> {
        let Self { clients, wait, workload, ignore, .. } = *self;
        if workload.given_role_arn.is_some() {
            return self.finish_association().await;
        }
        let doing = format!("marking role {} as complete", workload.role_name);
        proceed(wait, "marker", &doing)?;
        let role =
            iam::find_role_by_name(clients, &workload.role_name).await.during("marker", &doing)?;
        let Some(role) = role else { return Ok(()) };
        let changes = workload.tag_changes(&role.tags, None, ignore);
        self.claim.unmarking(&role_named(&role.name), workload.owner());
        iam::change_role_tags(clients, &role.name, &calls(changes)).await.during("marker", doing)
    }

    async fn finish_association(&self) -> Result<(), StepError> {
        let Self { clients, wait, workload, ignore, .. } = *self;
        let doing = "marking the Pod Identity association as complete";
        proceed(wait, "marker", doing)?;
        let found = find_association(clients, workload.key.as_ref(), None).await;
        let Some(association) = found.during("marker", doing)? else { return Ok(()) };
        let changes = workload.tag_changes(&association.tags, None, ignore);
        self.claim.unmarking(&association_named(&association.id), workload.owner());
        change_association_tags(clients, &association, changes).await.during("marker", doing)
    }
}

/// The role that was made elsewhere.
fn given_role(observed: &Observed, doing: &str) -> Result<Role, StepError> {
    observed.role.clone().ok_or_else(|| {
        let why = "there is no such role in this account".to_owned();
        StepError::refused("role", doing, why, "Create it, or name another role.")
    })
}

async fn change_association_tags(
    clients: &Clients,
    association: &Association,
    changes: TagChanges,
) -> Result<(), aws::Error> {
    if !changes.put.is_empty() {
        eks::set_tags(clients, &association.arn, &changes.put).await?;
    }
    if !changes.remove.is_empty() {
        eks::remove_tags(clients, &association.arn, &changes.remove).await?;
    }
    Ok(())
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
