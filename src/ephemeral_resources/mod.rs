//! The ephemeral resources, one folder each.

pub mod cache_auth_token;

use crate::framework::ephemeral::{Openable, OpenableResource};
use crate::platform::permissions::{Grant, Permissions};
use crate::provider::ProviderContext;

/// Every ephemeral resource.
pub fn all() -> Vec<Box<dyn OpenableResource<ProviderContext>>> {
    vec![Box::new(Openable::new(cache_auth_token::CacheAuthToken))]
}

/// What each ephemeral resource asks of AWS, in the order of [`all`].
pub fn permissions() -> Vec<Permissions> {
    const TOKEN: &[Grant] = &[
        Grant {
            when: "read from Secrets Manager",
            calls: &["secretsmanager:GetSecretValue"],
            also: &["kms:Decrypt"],
        },
        // Nothing is called to sign a token; what it allows is what its signer may.
        Grant { when: "signed for a user of IAM", calls: &[], also: &["elasticache:Connect"] },
    ];
    vec![Permissions { type_name: "officeless_cache_auth_token", grants: TOKEN, only_looks: false }]
}
