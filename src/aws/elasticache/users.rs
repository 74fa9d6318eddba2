//! Users and user groups: who may do what in a cache.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::{
    AuthenticationMode, AuthenticationType, InputAuthenticationType, User as SdkUser,
    UserGroup as SdkUserGroup,
};

use super::{failed, write_tags};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::tags::Tags;
use crate::aws::wait::{Seen, States, Wait};
use crate::sensitive::Sensitive;

/// The engine of every user and user group: those of Valkey must authenticate.
const ENGINE: &str = "valkey";

/// A user as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Id, unique in the account.
    pub id: String,
    /// Name, unique in a group.
    pub name: String,
    /// The ARN.
    pub arn: Option<String>,
    /// `active`, `modifying` or `deleting`.
    pub status: String,
    /// What it may do.
    pub access_string: String,
    /// `password`, `iam` or `no-password`.
    pub authentication: String,
}

/// How a user authenticates from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// With one of these.
    Passwords(Vec<Sensitive>),
    /// With tokens that IAM signs.
    Iam,
}

impl Authentication {
    fn mode(&self) -> AuthenticationMode {
        match self {
            Self::Passwords(passwords) => AuthenticationMode::builder()
                .r#type(InputAuthenticationType::Password)
                .set_passwords(Some(
                    passwords.iter().map(|password| password.expose().to_owned()).collect(),
                ))
                .build(),
            Self::Iam => AuthenticationMode::builder().r#type(InputAuthenticationType::Iam).build(),
        }
    }
}

/// A user group as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserGroup {
    /// Id.
    pub id: String,
    /// The ARN.
    pub arn: Option<String>,
    /// `creating`, `active`, `modifying` or `deleting`.
    pub status: String,
    /// Ids of its users.
    pub user_ids: BTreeSet<String>,
}

impl From<SdkUser> for User {
    fn from(user: SdkUser) -> Self {
        let kind = user.authentication.and_then(|authentication| authentication.r#type);
        Self {
            id: user.user_id.unwrap_or_default(),
            name: user.user_name.unwrap_or_default(),
            arn: error::non_empty(user.arn),
            status: user.status.unwrap_or_default(),
            access_string: user.access_string.unwrap_or_default(),
            authentication: kind.unwrap_or(AuthenticationType::NoPassword).as_str().to_owned(),
        }
    }
}

impl From<SdkUserGroup> for UserGroup {
    fn from(group: SdkUserGroup) -> Self {
        Self {
            id: group.user_group_id.unwrap_or_default(),
            arn: error::non_empty(group.arn),
            status: group.status.unwrap_or_default(),
            user_ids: group.user_ids.unwrap_or_default().into_iter().collect(),
        }
    }
}

/// Describes one user. IAM: elasticache:DescribeUsers
pub async fn find_user(clients: &Clients, id: &str) -> Result<Option<User>, Error> {
    let request = clients.elasticache().describe_users().user_id(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeUsers")))?;
    let users = answer.and_then(|answer| answer.users).unwrap_or_default();
    Ok(users.into_iter().map(User::from).find(|user| user.id == id))
}

/// Describes one user group. IAM: elasticache:DescribeUserGroups
pub async fn find_user_group(clients: &Clients, id: &str) -> Result<Option<UserGroup>, Error> {
    let request = clients.elasticache().describe_user_groups().user_group_id(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeUserGroups")))?;
    let groups = answer.and_then(|answer| answer.user_groups).unwrap_or_default();
    Ok(groups.into_iter().map(UserGroup::from).find(|group| group.id == id))
}

/// Creates a user. `UserAlreadyExists`: the id is taken.
/// IAM: elasticache:CreateUser, elasticache:AddTagsToResource
pub async fn create_user(
    clients: &Clients,
    id: &str,
    name: &str,
    access_string: &str,
    authentication: &Authentication,
    tags: &Tags,
) -> Result<User, Error> {
    let answer = clients
        .elasticache()
        .create_user()
        .user_id(id)
        .user_name(name)
        .engine(ENGINE)
        .access_string(access_string)
        .authentication_mode(authentication.mode())
        .set_tags(write_tags(tags))
        .send()
        .await
        .map_err(failed("CreateUser"))?;
    Ok(User {
        id: id.to_owned(),
        name: name.to_owned(),
        arn: error::non_empty(answer.arn),
        status: answer.status.unwrap_or_default(),
        access_string: access_string.to_owned(),
        authentication: String::new(),
    })
}

/// Changes what a user may do, how it authenticates, or both.
/// IAM: elasticache:ModifyUser
pub async fn modify_user(
    clients: &Clients,
    id: &str,
    access_string: Option<&str>,
    authentication: Option<&Authentication>,
) -> Result<(), Error> {
    let request = clients
        .elasticache()
        .modify_user()
        .user_id(id)
        .set_access_string(access_string.map(str::to_owned))
        .set_authentication_mode(authentication.map(Authentication::mode));
    request.send().await.map(drop).map_err(failed("ModifyUser"))
}

/// Deletes a user. `InvalidUserState`: a change of it is under way.
/// IAM: elasticache:DeleteUser
pub async fn delete_user(clients: &Clients, id: &str) -> Result<(), Error> {
    error::gone(
        clients.elasticache().delete_user().user_id(id).send().await.map_err(failed("DeleteUser")),
    )
}

/// Creates a user group. `UserGroupAlreadyExists`: the id is taken. `DefaultUserRequired`: none of
/// the users is named `default`. IAM: elasticache:CreateUserGroup, elasticache:AddTagsToResource
pub async fn create_user_group(
    clients: &Clients,
    id: &str,
    user_ids: &BTreeSet<String>,
    tags: &Tags,
) -> Result<(), Error> {
    let request = clients
        .elasticache()
        .create_user_group()
        .user_group_id(id)
        .engine(ENGINE)
        .set_user_ids(Some(user_ids.iter().cloned().collect()))
        .set_tags(write_tags(tags));
    request.send().await.map(drop).map_err(failed("CreateUserGroup"))
}

/// Adds users to a group and removes others. IAM: elasticache:ModifyUserGroup
pub async fn modify_user_group(
    clients: &Clients,
    id: &str,
    add: &BTreeSet<String>,
    remove: &BTreeSet<String>,
) -> Result<(), Error> {
    let list =
        |ids: &BTreeSet<String>| (!ids.is_empty()).then(|| ids.iter().cloned().collect::<Vec<_>>());
    let request = clients
        .elasticache()
        .modify_user_group()
        .user_group_id(id)
        .set_user_ids_to_add(list(add))
        .set_user_ids_to_remove(list(remove));
    request.send().await.map(drop).map_err(failed("ModifyUserGroup"))
}

/// Deletes a user group. `InvalidUserGroupState`: a cache still uses it, or a change is under way.
/// IAM: elasticache:DeleteUserGroup
pub async fn delete_user_group(clients: &Clients, id: &str) -> Result<(), Error> {
    let request = clients.elasticache().delete_user_group().user_group_id(id);
    error::gone(request.send().await.map_err(failed("DeleteUserGroup")))
}

/// Waits until a user is active. IAM: elasticache:DescribeUsers
pub async fn wait_user_active(clients: &Clients, id: &str, wait: &Wait) -> Result<(), Error> {
    const STATES: States = States { pending: &["creating", "modifying"], target: &["active"] };
    let what = format!("the user {id} to become active");
    wait.until(Service::ElastiCache, "DescribeUsers", &what, async || {
        Ok(match find_user(clients, id).await? {
            None => Seen::Pending("not visible".to_owned()),
            Some(user) => STATES.judge(&user.status, ()),
        })
    })
    .await
}

/// Waits until a user is gone. IAM: elasticache:DescribeUsers
pub async fn wait_user_deleted(clients: &Clients, id: &str, wait: &Wait) -> Result<(), Error> {
    let what = format!("the user {id} to be deleted");
    wait.until(Service::ElastiCache, "DescribeUsers", &what, async || {
        let found = find_user(clients, id).await?;
        Ok(found.map_or(Seen::Done(()), |user| Seen::Pending(user.status)))
    })
    .await
}

/// Waits until a user group is active. IAM: elasticache:DescribeUserGroups
pub async fn wait_user_group_active(clients: &Clients, id: &str, wait: &Wait) -> Result<(), Error> {
    const STATES: States = States { pending: &["creating", "modifying"], target: &["active"] };
    let what = format!("the user group {id} to become active");
    wait.until(Service::ElastiCache, "DescribeUserGroups", &what, async || {
        Ok(match find_user_group(clients, id).await? {
            None => Seen::Pending("not visible".to_owned()),
            Some(group) => STATES.judge(&group.status, ()),
        })
    })
    .await
}

/// Waits until a user group is gone. IAM: elasticache:DescribeUserGroups
pub async fn wait_user_group_deleted(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<(), Error> {
    let what = format!("the user group {id} to be deleted");
    wait.until(Service::ElastiCache, "DescribeUserGroups", &what, async || {
        let found = find_user_group(clients, id).await?;
        Ok(found.map_or(Seen::Done(()), |group| Seen::Pending(group.status)))
    })
    .await
}
