//! AWS Backup: vaults and their tags here; [`plans`], [`selections`], [`recovery_points`], and
//! [`settings`] (vault lock, opt-in of the region) beside.
//!
//! A creator request id makes a create repeatable: at most 50 characters, see [`request_id`].
//! <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Operations_AWS_Backup.html>

pub mod plans;
pub mod recovery_points;
pub mod selections;
pub mod settings;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::{self, Error, Kind, Service, non_empty};
use super::tags::{self, TagChanges, Tags};

/// A vault as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vault {
    /// Name, unique in account and region.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// ARN of the key that encrypts it.
    pub encryption_key_arn: Option<String>,
    /// How many recovery points it holds; AWS calls the figure approximate.
    pub recovery_points: i64,
    /// Whether a lock protects it.
    pub locked: bool,
    /// Shortest retention that the lock lets in.
    pub min_retention_days: Option<i64>,
    /// Longest retention that the lock lets in.
    pub max_retention_days: Option<i64>,
    /// From when on the lock cannot be changed, seconds since 1970; none for governance mode.
    pub lock_date: Option<i64>,
}

/// What a vault is created with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewVault {
    /// 2–50 of letters, digits, `-` and `_`.
    pub name: String,
    /// ARN of its key; the account's `aws/backup` if absent.
    pub encryption_key_arn: Option<String>,
    /// See [`request_id`].
    pub creator_request_id: String,
    /// Tags set by the call itself.
    pub tags: Tags,
}

/// A token cut to the 50 characters that AWS Backup takes.
pub fn request_id(token: &str) -> String {
    token.chars().take(50).collect()
}

/// Describes a vault. IAM: backup:DescribeBackupVault
pub async fn find_vault_by_name(clients: &Clients, name: &str) -> Result<Option<Vault>, Error> {
    const OPERATION: &str = "DescribeBackupVault";
    let request = clients.backup().describe_backup_vault().backup_vault_name(name);
    let answer = match request.send().await.map_err(failed(OPERATION)) {
        // A vault that does not exist is also said to be forbidden, so that names do not leak.
        Err(error) if hides_absence(&error) => return Ok(None),
        answer => error::found(answer)?,
    };
    let Some(answer) = answer else { return Ok(None) };
    let arn = non_empty(answer.backup_vault_arn)
        .ok_or_else(|| Error::incomplete(Service::Backup, OPERATION, "BackupVaultArn"))?;
    Ok(Some(Vault {
        name: answer.backup_vault_name.unwrap_or_else(|| name.to_owned()),
        arn,
        encryption_key_arn: non_empty(answer.encryption_key_arn),
        recovery_points: answer.number_of_recovery_points,
        locked: answer.locked.unwrap_or(false),
        min_retention_days: answer.min_retention_days,
        max_retention_days: answer.max_retention_days,
        lock_date: answer.lock_date.map(|date| date.secs()),
    }))
}

/// A refusal of IAM names who is not authorized to do what; this one does not.
/// <https://github.com/ansible-collections/amazon.aws/pull/1436>
fn hides_absence(error: &Error) -> bool {
    error.is_code("AccessDeniedException") && !error.message.contains("is not authorized")
}

/// Creates a vault. `AlreadyExistsException` ([`Kind::Conflict`]): there is one of that name.
/// IAM: backup:CreateBackupVault, backup:TagResource, backup-storage:MountCapsule,
/// kms:CreateGrant, kms:DescribeKey, kms:GenerateDataKey, kms:Decrypt, kms:RetireGrant
pub async fn create_vault(clients: &Clients, new: &NewVault) -> Result<Vault, Error> {
    const OPERATION: &str = "CreateBackupVault";
    let answer = clients
        .backup()
        .create_backup_vault()
        .backup_vault_name(&new.name)
        .set_encryption_key_arn(new.encryption_key_arn.clone())
        .creator_request_id(&new.creator_request_id)
        .set_backup_vault_tags(Some(new.tags.clone().into_iter().collect()))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let arn = non_empty(answer.backup_vault_arn)
        .ok_or_else(|| Error::incomplete(Service::Backup, OPERATION, "BackupVaultArn"))?;
    Ok(Vault { name: new.name.clone(), arn, ..Vault::default() })
}

/// Deletes a vault, which must be empty: `InvalidRequestException`.
/// IAM: backup:DeleteBackupVault
pub async fn delete_vault(clients: &Clients, name: &str) -> Result<(), Error> {
    let request = clients.backup().delete_backup_vault().backup_vault_name(name);
    error::gone(request.send().await.map_err(failed("DeleteBackupVault")))
}

/// The tags of a vault or a plan; none if it does not exist. IAM: backup:ListTags
pub async fn find_tags(clients: &Clients, arn: &str) -> Result<Option<Tags>, Error> {
    let mut listed = Tags::new();
    let mut token: Option<String> = None;
    loop {
        let request = clients.backup().list_tags().resource_arn(arn).set_next_token(token.take());
        let answer = match request.send().await.map_err(failed("ListTags")) {
            Err(error) if error.is_not_found() => return Ok(None),
            answer => answer?,
        };
        listed.extend(tags::collect(answer.tags.unwrap_or_default()));
        match non_empty(answer.next_token) {
            Some(next) => token = Some(next),
            None => return Ok(Some(listed)),
        }
    }
}

/// Makes the calls of `changes` to the tags of a vault or a plan, none if there are none.
/// IAM: backup:TagResource, backup:UntagResource
pub async fn change_tags(clients: &Clients, arn: &str, changes: &TagChanges) -> Result<(), Error> {
    if !changes.set.is_empty() {
        let tags = changes.set.clone().into_iter().collect();
        let request = clients.backup().tag_resource().resource_arn(arn).set_tags(Some(tags));
        request.send().await.map_err(failed("TagResource"))?;
    }
    if !changes.remove.is_empty() {
        let keys = changes.remove.clone();
        let request = clients.backup().untag_resource().resource_arn(arn);
        let request = request.set_tag_key_list(Some(keys));
        request.send().await.map_err(failed("UntagResource"))?;
    }
    Ok(())
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::Backup, operation, CODES)
}

/// As [`error::found`], for the operations that tell an absent plan as a wrong parameter.
fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(error)
            if error.is_code("InvalidParameterValueException")
                && error.message.contains("Cannot find Backup plan") =>
        {
            Ok(None)
        }
        result => error::found(result),
    }
}

/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Operations_AWS_Backup.html>,
/// "Errors" of each operation.
const CODES: &[(&str, Kind)] = &[
    ("ResourceNotFoundException", Kind::NotFound),
    ("AlreadyExistsException", Kind::Conflict),
    ("ConflictException", Kind::Conflict),
    ("InvalidRequestException", Kind::Conflict),
    ("InvalidResourceStateException", Kind::Conflict),
    ("DependencyFailureException", Kind::Transport),
    ("InvalidParameterValueException", Kind::Invalid),
    ("MissingParameterValueException", Kind::Invalid),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, message: &str) -> Error {
        let mut error = Error::new(Service::Backup, "Any", Kind::Other, message);
        error.code = Some(code.into());
        error
    }

    #[test]
    fn an_absent_plan_is_told_as_a_wrong_parameter() {
        let absent = error("InvalidParameterValueException", "Cannot find Backup plan with ID 1");
        assert_eq!(found::<()>(Err(absent)).unwrap(), None);
        let wrong = error("InvalidParameterValueException", "Invalid cron expression");
        assert!(found::<()>(Err(wrong)).is_err());
    }

    #[test]
    fn an_absent_vault_is_told_as_a_forbidden_one() {
        let message = "Insufficient privileges to perform this action.";
        assert!(hides_absence(&error("AccessDeniedException", message)));
        let message = "User: u is not authorized to perform: backup:DescribeBackupVault";
        assert!(!hides_absence(&error("AccessDeniedException", message)));
    }

    #[test]
    fn a_request_id_has_at_most_fifty_characters() {
        assert_eq!(request_id(&"x".repeat(63)).len(), 50);
    }
}
