//! Tokens that let an IAM identity into a cache: a signed request that is never sent.
//!
//! The cache is given the request in place of a password, computes the signature itself and asks
//! IAM whether the signer may `elasticache:Connect` to the replication group and as the user. A
//! token is made without any call to `ElastiCache`.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use aws_types::sdk_config::TimeSource as _;

use super::clients::Clients;
use super::error::{Error, Kind, Service, Source};
use crate::sensitive::Sensitive;

/// How long a token lets somebody in; AWS takes no more. Connections made with it last longer.
pub const LIFETIME: Duration = Duration::from_mins(15);

const OPERATION: &str = "Connect";
/// The host of the signed request is the replication group itself. The scheme is no part of it.
const SCHEME: &str = "http://";

/// A signed token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedToken {
    /// What stands in for the password.
    pub token: Sensitive,
    /// When it lets nobody in any more: after [`LIFETIME`], or with the credentials that signed it.
    pub expires_at: SystemTime,
}

/// Signs a token for an IAM user of a replication group, with the provider's credentials.
/// IAM: elasticache:Connect on the replication group and on the user, when the token is used
pub async fn sign_connect(
    clients: &Clients,
    replication_group_id: &str,
    user_id: &str,
) -> Result<SignedToken, Error> {
    let credentials = clients.credentials().ok_or_else(|| {
        let message = "there are no credentials to sign with";
        Error::new(Service::ElastiCache, OPERATION, Kind::Credentials, message)
    })?;
    let credentials = credentials.provide_credentials().await.map_err(|source| {
        let message = "no credentials could be had to sign with";
        Error::new(Service::ElastiCache, OPERATION, Kind::Credentials, message).with_source(source)
    })?;
    let (region, now) = (clients.region(), clients.clock().now());
    signed(credentials, region, replication_group_id, user_id, now).map_err(|source| {
        let message = "the token could not be signed";
        Error::new(Service::ElastiCache, OPERATION, Kind::Other, message).with_source(source)
    })
}

fn signed(
    credentials: Credentials,
    region: &str,
    replication_group_id: &str,
    user_id: &str,
    now: SystemTime,
) -> Result<SignedToken, Source> {
    let latest = now + LIFETIME;
    let expires_at = credentials.expiry().map_or(latest, |expiry| expiry.min(latest));
    // Ids are stored in lower case, and the cache signs what it has stored.
    let host = replication_group_id.to_lowercase();
    let mut url = format!("{SCHEME}{host}/?Action=connect&User={}", percent_encoded(user_id));
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFETIME);
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("elasticache")
        .time(now)
        .settings(settings)
        .build()?
        .into();
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(request, &parameters)?.into_parts();
    for (name, value) in instructions.params() {
        url.push('&');
        url.push_str(name);
        url.push('=');
        url.push_str(&percent_encoded(value));
    }
    let token = url.strip_prefix(SCHEME).unwrap_or(&url).to_owned();
    Ok(SignedToken { token: Sensitive::new(token), expires_at })
}

/// As Signature Version 4 encodes: everything but letters, digits and `-_.~`.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> SystemTime {
        time::macros::datetime!(2026-11-24 00:00 UTC).into()
    }

    fn token(session: Option<&str>, expiry: Option<SystemTime>, group: &str) -> SignedToken {
        let session = session.map(str::to_owned);
        let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI", session, expiry, "test");
        signed(credentials, "us-east-1", group, "app-user", now()).unwrap()
    }

    #[test]
    fn a_token_is_the_signed_request_without_its_scheme() {
        // The signature was computed with another implementation of Signature Version 4.
        assert_eq!(
            token(None, None, "Production-Cache").token.expose(),
            "production-cache/?Action=connect&User=app-user&X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIDEXAMPLE%2F20261124%2Fus-east-1%2Felasticache%2Faws4_request\
             &X-Amz-Date=20261124T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=bc6cff6dd6bcda9bee44ceb4ba9259be0f5c46bac244a556901b5471bb08d65a"
        );
    }

    #[test]
    fn a_session_is_part_of_the_token() {
        let token = token(Some("session/token+="), None, "production-cache").token;
        let token = token.expose();
        let signature = "6327d97f59624f7cb3a483a0487de7087a5b8142588bb83f7a1ca7da170ff466";
        assert!(token.contains(&format!("&X-Amz-Signature={signature}")), "{token}");
        assert!(token.ends_with("&X-Amz-Security-Token=session%2Ftoken%2B%3D"), "{token}");
    }

    #[test]
    fn a_token_ends_with_its_lifetime_or_with_the_session() {
        assert_eq!(token(None, None, "a").expires_at, now() + LIFETIME);
        let soon = now() + Duration::from_mins(5);
        assert_eq!(token(Some("s"), Some(soon), "a").expires_at, soon);
        let late = now() + Duration::from_hours(1);
        assert_eq!(token(Some("s"), Some(late), "a").expires_at, now() + LIFETIME);
    }
}
