//! Identity and Access Management: roles, their inline policies and their attached policies.
//!
//! IAM is eventually consistent and takes one change of a role at a time: see
//! [`super::retry::busy`] and [`super::retry::role_not_visible`].
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html>

use aws_sdk_iam::types::{Role as SdkRole, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::{self, Error, Kind, Service};
use super::tags::{self, TagChanges, Tags};

/// A role as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Name, unique in the account.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// Unique ID, another one after re-creation.
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// Who may assume it, JSON.
    pub trust_policy: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Longest session, seconds.
    pub max_session_duration_seconds: Option<i32>,
    /// ARN of the policy that bounds it.
    pub permissions_boundary: Option<String>,
    /// Tags without those of AWS; absent from the answer to a creation.
    pub tags: Tags,
}

/// What a role is created with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRole {
    /// 1–64 of `[\w+=,.@-]`.
    pub name: String,
    /// Begins and ends with a slash; `/` if absent.
    pub path: Option<String>,
    /// Who may assume it, JSON.
    pub trust_policy: String,
    /// Free text, at most 1,000 characters.
    pub description: Option<String>,
    /// Longest session, seconds; 3,600 if absent.
    pub max_session_duration_seconds: Option<i32>,
    /// ARN of a policy that bounds it.
    pub permissions_boundary: Option<String>,
    /// Tags set by the call itself, at most 50.
    pub tags: Tags,
}

/// Describes a role. IAM: iam:GetRole
pub async fn find_role_by_name(clients: &Clients, name: &str) -> Result<Option<Role>, Error> {
    let request = clients.iam().get_role().role_name(name);
    let answer = error::found(request.send().await.map_err(failed("GetRole")))?;
    answer.and_then(|answer| answer.role).map(|role| read_role("GetRole", role)).transpose()
}

/// The document of an inline policy, JSON. IAM: iam:GetRolePolicy
pub async fn find_inline_policy(
    clients: &Clients,
    role_name: &str,
    policy_name: &str,
) -> Result<Option<String>, Error> {
    const OPERATION: &str = "GetRolePolicy";
    let request = clients.iam().get_role_policy().role_name(role_name).policy_name(policy_name);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    answer.map(|answer| decode(OPERATION, &answer.policy_document)).transpose()
}

/// Names of the inline policies of a role. IAM: iam:ListRolePolicies
pub async fn list_inline_policies(
    clients: &Clients,
    role_name: &str,
) -> Result<Vec<String>, Error> {
    let mut listed = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let request =
            clients.iam().list_role_policies().role_name(role_name).set_marker(marker.take());
        let answer = request.send().await.map_err(failed("ListRolePolicies"))?;
        listed.extend(answer.policy_names);
        match answer.marker.filter(|_| answer.is_truncated) {
            Some(next) => marker = Some(next),
            None => return Ok(listed),
        }
    }
}

/// ARNs of the policies attached to a role. IAM: iam:ListAttachedRolePolicies
pub async fn list_attached_policies(
    clients: &Clients,
    role_name: &str,
) -> Result<Vec<String>, Error> {
    let mut listed = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let request = clients
            .iam()
            .list_attached_role_policies()
            .role_name(role_name)
            .set_marker(marker.take());
        let answer = request.send().await.map_err(failed("ListAttachedRolePolicies"))?;
        let policies = answer.attached_policies.unwrap_or_default();
        listed.extend(policies.into_iter().filter_map(|policy| policy.policy_arn));
        match answer.marker.filter(|_| answer.is_truncated) {
            Some(next) => marker = Some(next),
            None => return Ok(listed),
        }
    }
}

/// Creates a role. `EntityAlreadyExists` ([`Kind::Conflict`]): there is one of that name.
/// IAM: iam:CreateRole, iam:TagRole
pub async fn create_role(clients: &Clients, new: &NewRole) -> Result<Role, Error> {
    const OPERATION: &str = "CreateRole";
    let answer = clients
        .iam()
        .create_role()
        .role_name(&new.name)
        .set_path(new.path.clone())
        .assume_role_policy_document(&new.trust_policy)
        .set_description(new.description.clone())
        .set_max_session_duration(new.max_session_duration_seconds)
        .set_permissions_boundary(new.permissions_boundary.clone())
        .set_tags(Some(write_tags(OPERATION, &new.tags)?))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let role = answer.role.ok_or_else(|| Error::incomplete(Service::Iam, OPERATION, "Role"))?;
    let mut role = read_role(OPERATION, role)?;
    role.tags.clone_from(&new.tags);
    Ok(role)
}

/// Replaces who may assume a role. IAM: iam:UpdateAssumeRolePolicy
pub async fn update_trust_policy(
    clients: &Clients,
    role_name: &str,
    trust_policy: &str,
) -> Result<(), Error> {
    let request = clients
        .iam()
        .update_assume_role_policy()
        .role_name(role_name)
        .policy_document(trust_policy);
    request.send().await.map_err(failed("UpdateAssumeRolePolicy"))?;
    Ok(())
}

/// Sets how long a session of a role may last, in seconds; its description stays.
/// IAM: iam:UpdateRole
pub async fn update_max_session_duration(
    clients: &Clients,
    role: &Role,
    seconds: i32,
) -> Result<(), Error> {
    // An absent description would be removed.
    let request = clients
        .iam()
        .update_role()
        .role_name(&role.name)
        .set_description(role.description.clone())
        .max_session_duration(seconds);
    request.send().await.map_err(failed("UpdateRole"))?;
    Ok(())
}

/// Creates or replaces an inline policy. IAM: iam:PutRolePolicy
pub async fn put_inline_policy(
    clients: &Clients,
    role_name: &str,
    policy_name: &str,
    document: &str,
) -> Result<(), Error> {
    let request = clients
        .iam()
        .put_role_policy()
        .role_name(role_name)
        .policy_name(policy_name)
        .policy_document(document);
    request.send().await.map_err(failed("PutRolePolicy"))?;
    Ok(())
}

/// Sets the boundary of a role. IAM: iam:PutRolePermissionsBoundary
pub async fn put_permissions_boundary(
    clients: &Clients,
    role_name: &str,
    policy_arn: &str,
) -> Result<(), Error> {
    let request = clients
        .iam()
        .put_role_permissions_boundary()
        .role_name(role_name)
        .permissions_boundary(policy_arn);
    request.send().await.map_err(failed("PutRolePermissionsBoundary"))?;
    Ok(())
}

/// Removes the boundary of a role. IAM: iam:DeleteRolePermissionsBoundary
pub async fn delete_permissions_boundary(clients: &Clients, role_name: &str) -> Result<(), Error> {
    let request = clients.iam().delete_role_permissions_boundary().role_name(role_name);
    error::gone(request.send().await.map_err(failed("DeleteRolePermissionsBoundary")))
}

/// Attaches a policy; attaching it again changes nothing. IAM: iam:AttachRolePolicy
pub async fn attach_policy(
    clients: &Clients,
    role_name: &str,
    policy_arn: &str,
) -> Result<(), Error> {
    let request = clients.iam().attach_role_policy().role_name(role_name).policy_arn(policy_arn);
    request.send().await.map_err(failed("AttachRolePolicy"))?;
    Ok(())
}

/// Makes the calls of `changes` to the tags of a role, none if there are none.
/// IAM: iam:TagRole, iam:UntagRole
pub async fn change_role_tags(
    clients: &Clients,
    role_name: &str,
    changes: &TagChanges,
) -> Result<(), Error> {
    if !changes.set.is_empty() {
        let tags = write_tags("TagRole", &changes.set)?;
        let request = clients.iam().tag_role().role_name(role_name).set_tags(Some(tags));
        request.send().await.map_err(failed("TagRole"))?;
    }
    if !changes.remove.is_empty() {
        let keys = changes.remove.clone();
        let request = clients.iam().untag_role().role_name(role_name).set_tag_keys(Some(keys));
        request.send().await.map_err(failed("UntagRole"))?;
    }
    Ok(())
}

/// Detaches a policy. IAM: iam:DetachRolePolicy
pub async fn detach_policy(
    clients: &Clients,
    role_name: &str,
    policy_arn: &str,
) -> Result<(), Error> {
    let request = clients.iam().detach_role_policy().role_name(role_name).policy_arn(policy_arn);
    error::gone(request.send().await.map_err(failed("DetachRolePolicy")))
}

/// Deletes an inline policy. IAM: iam:DeleteRolePolicy
pub async fn delete_inline_policy(
    clients: &Clients,
    role_name: &str,
    policy_name: &str,
) -> Result<(), Error> {
    let request = clients.iam().delete_role_policy().role_name(role_name).policy_name(policy_name);
    error::gone(request.send().await.map_err(failed("DeleteRolePolicy")))
}

/// Deletes a role, which must have no policies left: `DeleteConflict`. IAM: iam:DeleteRole
pub async fn delete_role(clients: &Clients, role_name: &str) -> Result<(), Error> {
    let request = clients.iam().delete_role().role_name(role_name);
    error::gone(request.send().await.map_err(failed("DeleteRole")))
}

/// Detaches and deletes all policies of a role and then the role itself. Instance profiles are
/// not touched, so a role that has one fails with `DeleteConflict`. IAM: iam:DeleteRole,
/// iam:ListAttachedRolePolicies, iam:DetachRolePolicy, iam:ListRolePolicies, iam:DeleteRolePolicy
pub async fn delete_role_with_policies(clients: &Clients, role_name: &str) -> Result<(), Error> {
    let Some(attached) = error::found(list_attached_policies(clients, role_name).await)? else {
        return Ok(());
    };
    for policy in attached {
        detach_policy(clients, role_name, &policy).await?;
    }
    for policy in error::found(list_inline_policies(clients, role_name).await)?.unwrap_or_default()
    {
        delete_inline_policy(clients, role_name, &policy).await?;
    }
    delete_role(clients, role_name).await
}

fn read_role(operation: &'static str, role: SdkRole) -> Result<Role, Error> {
    let trust_policy = role.assume_role_policy_document.as_deref();
    Ok(Role {
        trust_policy: trust_policy.map(|document| decode(operation, document)).transpose()?,
        name: role.role_name,
        arn: role.arn,
        id: role.role_id,
        path: role.path,
        description: role.description.filter(|description| !description.is_empty()),
        max_session_duration_seconds: role.max_session_duration,
        permissions_boundary: role
            .permissions_boundary
            .and_then(|boundary| boundary.permissions_boundary_arn),
        tags: tags::collect(
            role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)),
        ),
    })
}

/// IAM answers documents percent-encoded as RFC 3986 says; some look-alikes answer them plain,
/// which decoding leaves as it is unless they hold a percent sign.
fn decode(operation: &'static str, document: &str) -> Result<String, Error> {
    if document.trim_start().starts_with(['{', '[']) {
        return Ok(document.to_owned());
    }
    let wrong = || {
        let message = "the policy document in the answer is not percent-encoded text";
        Error::new(Service::Iam, operation, Kind::Transport, message)
    };
    let mut decoded = Vec::with_capacity(document.len());
    let mut bytes = document.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let code = digit().zip(digit()).map(|(high, low)| high * 16 + low);
            decoded.push(code.and_then(|code| u8::try_from(code).ok()).ok_or_else(wrong)?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).map_err(|_| wrong())
}

fn write_tags(operation: &'static str, tags: &Tags) -> Result<Vec<Tag>, Error> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| {
            let message = "the request could not be built";
            Error::new(Service::Iam, operation, Kind::Invalid, message).with_source(error)
        })
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::Iam, operation, CODES)
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html>, "Errors" of each
/// operation.
const CODES: &[(&str, Kind)] = &[
    ("NoSuchEntity", Kind::NotFound),
    ("ConcurrentModification", Kind::Conflict),
    ("DeleteConflict", Kind::Conflict),
    ("EntityAlreadyExists", Kind::Conflict),
    ("EntityTemporarilyUnmodifiable", Kind::Conflict),
    ("UnmodifiableEntity", Kind::Conflict),
    ("InvalidInput", Kind::Invalid),
    ("MalformedPolicyDocument", Kind::Invalid),
    ("PolicyNotAttachable", Kind::Invalid),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_and_plain_ones_left_alone() {
        let read = |text| decode("GetRolePolicy", text).unwrap();
        let document = r#"{"Resource":"arn:aws:s3:::b/*","Sid":"é +100%"}"#;
        let encoded = "%7B%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Ab%2F%2A%22%2C%22Sid%22%3A\
                       %22%C3%A9%20%2B100%25%22%7D";
        assert_eq!(read(encoded), document);
        assert_eq!(read(document), document);
        assert_eq!(decode("GetRolePolicy", "%7").unwrap_err().kind, Kind::Transport);
        assert_eq!(decode("GetRolePolicy", "%+7").unwrap_err().kind, Kind::Transport);
    }
}
