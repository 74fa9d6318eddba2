//! Names of everything that belongs to a cache, all from the name of the cache.

use super::{Dimension, Version};
use crate::platform::naming::cut_with_hash;

/// The longest name of a cache, of a user id and of a user group id.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html>
pub const MAX_NAME_LENGTH: usize = 40;

const MAX_GROUP_NAME_LENGTH: usize = 255;

/// Why a cache may not have this name, if so; completes "name = …: ".
pub fn name_problem(name: &str) -> Option<String> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = (1..=MAX_NAME_LENGTH).contains(&name.len())
        && name.bytes().all(inner)
        && name.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--");
    (!fits).then(|| {
        "must be 1 to 40 lower-case letters, digits and hyphens, beginning with a letter, without \
         a hyphen at the end and without two in a row"
            .to_owned()
    })
}

/// The subnet group made for a cache.
pub fn subnet_group(name: &str) -> String {
    format!("officeless-{name}")
}

/// The security group made for a cache.
pub fn security_group(name: &str) -> String {
    format!("officeless-cache-{name}")
}

/// The parameter group made for a cache: with its family, so that the one of the next major version
/// can stand beside it, and with its mode, which a group fixes too.
pub fn parameter_group(name: &str, version: Version, clustered: bool) -> String {
    let mode = if clustered { "-cluster" } else { "" };
    cut_with_hash(&format!("officeless-{name}-{}{mode}", version.family()), MAX_GROUP_NAME_LENGTH)
}

/// AWS's own parameter group.
pub fn default_parameter_group(version: Version, clustered: bool) -> String {
    let mode = if clustered { ".cluster.on" } else { "" };
    format!("default.{}{mode}", version.family())
}

/// Whether a parameter group is one of AWS's own.
pub fn is_default_parameter_group(name: &str) -> bool {
    name.starts_with("default.")
}

/// The user group made for a cache.
pub fn user_group(name: &str) -> String {
    cut_with_hash(&format!("officeless-{name}"), MAX_NAME_LENGTH)
}

/// The id of a user of a cache. AWS wants id and name of an IAM user to be equal; the others carry
/// the name of the cache, since ids are unique in an account and names need not be.
pub fn user_id(name: &str, user: &str, iam: bool) -> String {
    if iam {
        return user.to_owned();
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let full = format!("{name}-{user}");
    if full.chars().all(allowed) {
        return cut_with_hash(&full, MAX_NAME_LENGTH);
    }
    // Replaced characters could make two names equal: the hash of the original keeps them apart.
    let clean: String =
        user.to_lowercase().chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    let clean = clean.trim_end_matches('-');
    cut_with_hash(&format!("{name}-{clean}{}", cut_with_hash(&full, 0)), MAX_NAME_LENGTH)
}

/// The scaling policy of a cache.
pub fn scaling_policy(name: &str, dimension: Dimension) -> String {
    format!("officeless-{name}-{}", dimension.as_str())
}

/// How clients connect, without a secret; the scheme of TLS has two s.
pub fn connection_url(address: &str, port: i64, tls: bool) -> String {
    let scheme = if tls { "rediss" } else { "redis" };
    format!("{scheme}://{address}:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_aws() {
        for name in ["a", "app-cache", "c0", &"x".repeat(40)] {
            assert_eq!(name_problem(name), None, "{name}");
        }
        for name in ["", "0a", "a-", "a--b", "App", "a_b", &"x".repeat(41)] {
            assert!(name_problem(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_parameter_group_is_named_with_its_family() {
        let eight = Version { major: 8, minor: 1 };
        assert_eq!(parameter_group("app", eight, false), "officeless-app-valkey8");
        assert_eq!(parameter_group("app", eight, true), "officeless-app-valkey8-cluster");
        assert_eq!(default_parameter_group(eight, false), "default.valkey8");
        assert_eq!(default_parameter_group(eight, true), "default.valkey8.cluster.on");
        assert!(is_default_parameter_group("default.valkey8.cluster.on"));
    }

    #[test]
    fn user_ids_are_short_and_distinct() {
        assert_eq!(user_id("app", "reader", false), "app-reader");
        assert_eq!(user_id("app", "reader", true), "reader");
        let upper = user_id("app", "Reader", false);
        let under = user_id("app", "reader_", false);
        assert!(upper.starts_with("app-reader-") && upper != under, "{upper} {under}");
        let long = user_id(&"a".repeat(40), "one", false);
        assert_ne!(long, user_id(&"a".repeat(40), "two", false));
        for id in [upper, under, long] {
            assert!(id.len() <= MAX_NAME_LENGTH && name_problem(&id).is_none(), "{id}");
        }
    }

    #[test]
    fn a_connection_url_says_whether_tls_is_on() {
        assert_eq!(connection_url("c.example", 6379, true), "rediss://c.example:6379");
        assert_eq!(connection_url("c.example", 6380, false), "redis://c.example:6380");
    }
}
