//! AWS Secrets Manager: the value of one secret.
//!
//! Promise: a value is in no log and no error.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::{self, Error, Kind, Service};
use crate::sensitive::Sensitive;

/// The value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretValue {
    /// The text; `None` for a secret of bytes.
    pub text: Option<Sensitive>,
    /// The version it is of.
    pub version_id: String,
}

/// The value of a secret by its name or ARN, at a staging label such as `AWSCURRENT`.
/// IAM: secretsmanager:GetSecretValue, kms:Decrypt (with a customer key)
pub async fn find_secret_value(
    clients: &Clients,
    secret_id: &str,
    version_stage: &str,
) -> Result<Option<SecretValue>, Error> {
    const OPERATION: &str = "GetSecretValue";
    let request = clients
        .secrets_manager()
        .get_secret_value()
        .secret_id(secret_id)
        .version_stage(version_stage);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    answer
        .map(|answer| {
            let version_id = answer.version_id.ok_or_else(|| {
                Error::incomplete(Service::SecretsManager, OPERATION, "VersionId")
            })?;
            Ok(SecretValue { text: answer.secret_string.map(Sensitive::new), version_id })
        })
        .transpose()
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::SecretsManager, operation, CODES)
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>,
/// "Errors". `InvalidRequestException` tells of a secret that is marked for deletion.
const CODES: &[(&str, Kind)] = &[
    ("ResourceNotFoundException", Kind::NotFound),
    ("InvalidRequestException", Kind::Conflict),
    ("InvalidParameterException", Kind::Invalid),
    ("DecryptionFailure", Kind::AccessDenied),
    ("InternalServiceError", Kind::Transport),
];
