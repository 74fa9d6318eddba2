#![doc = include_str!("description.md")]

mod sources;

use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::framework::check::Check;
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::ephemeral::{EphemeralResource, Opened, Renewal};
use crate::framework::private::Private;
use crate::framework::resource::Context;
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, Value};
use crate::model;
use crate::platform::auth_token::{DEFAULT_LENGTH, MAX_LENGTH, MIN_LENGTH};
use crate::provider::ProviderContext;
use crate::sensitive::Sensitive;

use sources::Token;

const TYPE_NAME: &str = "officeless_cache_auth_token";

/// How long before a signed token ends core comes back, so that the warning is in time.
const MARGIN: Duration = Duration::from_mins(1);

/// What the private data keeps of a signed token: whose it is, never the token.
const SIGNED_FOR: &str = "signed_for";

fn schema() -> Schema {
    let length = |limit: usize| i64::try_from(limit).unwrap_or(i64::MAX);
    let attributes = vec![
        Attribute::number("length")
            .or_computed()
            .default_text("`64` for a generated token")
            .check(Check::range(length(MIN_LENGTH), length(MAX_LENGTH)))
            .describe(
                "Length of a generated token, from 16 to 128. Not with `secret` or `iam`; then it \
                 is the length of the token that was found or signed.",
            ),
        Attribute::object("secret", secret())
            .describe("Where to read the token in AWS Secrets Manager. Not with `iam`."),
        Attribute::object("iam", iam())
            .describe("Whom to sign a token for with the provider's credentials."),
        Attribute::string("region").or_computed().default_text("the provider's region").describe(
            "Region of the secret or of the cache. Must be among the provider's `allowed_regions`.",
        ),
        Attribute::string("auth_token").computed().sensitive().describe("The token."),
        Attribute::string("source")
            .computed()
            .describe("Where the token comes from: `generated`, `secret` or `iam`."),
        Attribute::string("expires_at").computed().describe(
            "When a signed token ends, as in `2026-01-31T12:00:00Z`; null for the others.",
        ),
    ];
    Schema { version: 0, description: include_str!("description.md"), attributes, blocks: vec![] }
}

fn secret() -> Vec<Attribute> {
    vec![
        Attribute::string("id")
            .required()
            .check(Check::length(1, 2_048))
            .describe("Name or ARN of the secret."),
        Attribute::string("json_key").check(Check::length(1, 256)).describe(
            "Key of the token in a secret that is a JSON object. Without one, the whole text of \
             the secret is the token.",
        ),
        Attribute::string("version_stage")
            .default("AWSCURRENT")
            .check(Check::length(1, 256))
            .describe("Staging label of the version to read, such as `AWSPREVIOUS`."),
    ]
}

fn iam() -> Vec<Attribute> {
    let id = |rule| Check::pattern("^[A-Za-z]([A-Za-z0-9]|-[A-Za-z0-9])*$", rule);
    vec![
        Attribute::string("replication_group_id")
            .required()
            .check(id("must be the id of a replication group: letters, digits and single hyphens"))
            .check(Check::length(1, 40))
            .describe("Id of the cache's replication group. The token is of use there only."),
        Attribute::string("user_id")
            .required()
            .check(id("must be the id of a user: letters, digits and single hyphens"))
            .check(Check::length(1, 40))
            .describe(
                "Id of a user of the cache whose authentication mode is IAM; its name is the same. \
                 The provider's identity needs `elasticache:Connect` on both.",
            ),
    ]
}

model! {
    /// What Terraform sees.
    pub struct Model {
        /// Length of the token.
        pub length: Value<i64>,
        /// Where to read it.
        pub secret: Value<Secret>,
        /// Whom to sign it for.
        pub iam: Value<Iam>,
        /// Region.
        pub region: Value<String>,
        /// The token.
        pub auth_token: Value<Sensitive>,
        /// Where it comes from.
        pub source: Value<String>,
        /// When it ends.
        pub expires_at: Value<String>,
    }
}

model! {
    /// A secret of AWS Secrets Manager.
    pub struct Secret {
        /// Name or ARN.
        pub id: Value<String>,
        /// Key in a JSON object.
        pub json_key: Value<String>,
        /// Staging label.
        pub version_stage: Value<String>,
    }
}

model! {
    /// A user of a cache.
    pub struct Iam {
        /// The cache.
        pub replication_group_id: Value<String>,
        /// The user.
        pub user_id: Value<String>,
    }
}

/// `officeless_cache_auth_token`.
#[derive(Debug)]
pub struct CacheAuthToken;

#[async_trait]
impl EphemeralResource<ProviderContext> for CacheAuthToken {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn validate(&self, config: &Model, diagnostics: &mut Diagnostics) {
        let given = [("secret", config.secret.is_value()), ("iam", config.iam.is_value())];
        if given.iter().all(|(_, given)| *given) {
            diagnostics.add_error(invalid_combination(
                AttributePath::new("iam"),
                "secret and iam are both set, and a token comes from one of them. Remove one.",
            ));
        }
        for (name, _) in given.iter().filter(|(_, given)| *given) {
            if config.length.is_value() {
                diagnostics.add_error(invalid_combination(
                    AttributePath::new("length"),
                    format!(
                        "length is that of a generated token, and {name} is set, which brings a \
                         token as it is. Remove length or {name}."
                    ),
                ));
            }
        }
    }

    async fn open(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Model,
    ) -> Result<Opened<Model>, Diagnostic> {
        let region = region(cx, &config.region)?;
        let (source, token, signed_for) = match (&config.secret, &config.iam) {
            (Value::Value(secret), _) => {
                ("secret", sources::read(cx, region.as_deref(), secret).await?, None)
            }
            (_, Value::Value(iam)) => {
                let token = sources::sign(cx, region.as_deref(), iam).await?;
                (
                    "iam",
                    token,
                    Some(format!("{}/{}", text(&iam.replication_group_id), text(&iam.user_id))),
                )
            }
            _ => ("generated", sources::generate(length(&config.length))?, None),
        };
        let Token { text, expires_at, about_to_end } = token;
        let mut opened = Opened::lasting(Model {
            length: Value::Value(i64::try_from(text.expose().chars().count()).unwrap_or(i64::MAX)),
            region: region.map_or(Value::Null, Value::Value),
            auth_token: Value::Value(text),
            source: Value::Value(source.to_owned()),
            expires_at: expires_at.and_then(rfc3339).map_or(Value::Null, Value::Value),
            ..config
        });
        if let Some(whom) = signed_for {
            opened.private.set_text(SIGNED_FOR, whom);
            opened.renew_at = about_to_end;
        }
        tracing::debug!(source, "a cache auth token is open");
        Ok(opened)
    }

    /// A token that was handed out cannot change, so there is nothing to renew: core comes shortly
    /// before it ends, and is warned.
    async fn renew(
        &self,
        _cx: Option<&Context<ProviderContext>>,
        private: &mut Private,
    ) -> Result<Renewal, Diagnostic> {
        let Some(whom) = private.text(SIGNED_FOR) else { return Ok(Renewal::default()) };
        let warning = diagnostic(
            "Signed Token About to End",
            format!(
                "The IAM token for {whom} lets nobody connect any more in about a minute, and \
                 Terraform is still running. Connections that are open stay open; new ones will be \
                 refused. If something failed to connect, apply again, which signs another token."
            ),
            AttributePath::root(),
        );
        Ok(Renewal { renew_at: None, warning: Some(warning) })
    }

    /// Nothing was left anywhere that would have to be taken back.
    async fn close(
        &self,
        _cx: Option<&Context<ProviderContext>>,
        _private: Private,
    ) -> Result<(), Diagnostic> {
        tracing::debug!("a cache auth token is closed");
        Ok(())
    }
}

/// The region to ask in; `None` while the provider block is unknown and none is given.
fn region(
    cx: Option<&Context<ProviderContext>>,
    configured: &Value<String>,
) -> Result<Option<String>, Diagnostic> {
    let Some(cx) = cx else { return Ok(configured.as_ref_option().cloned()) };
    let region = match configured {
        Value::Value(region) => region.clone(),
        _ => cx.provider.region().to_owned(),
    };
    match cx.provider.check_region(&AttributePath::new("region"), &region) {
        Some(refusal) => Err(refusal),
        None => Ok(Some(region)),
    }
}

fn length(configured: &Value<i64>) -> usize {
    match configured {
        Value::Value(length) => usize::try_from(*length).unwrap_or(DEFAULT_LENGTH),
        _ => DEFAULT_LENGTH,
    }
}

fn text(value: &Value<String>) -> &str {
    match value {
        Value::Value(text) => text,
        _ => "",
    }
}

fn rfc3339(at: SystemTime) -> Option<String> {
    use time::format_description::well_known::Rfc3339;
    let at = time::OffsetDateTime::from(at);
    at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests;
