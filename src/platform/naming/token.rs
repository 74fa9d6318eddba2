//! Creation tokens and derived names.

use sha2::{Digest, Sha256};

/// The longest IAM role name, in characters.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
pub const MAX_ROLE_NAME_LENGTH: usize = 64;

const TOKEN_PREFIX: &str = "officeless-";
/// With the prefix 63 characters, below the 64 that EFS and EC2 allow; 208 bits of the hash.
const TOKEN_HASH_LENGTH: usize = 52;
/// 32 bits tell names apart that share their first half; the names are one operator's own.
const NAME_HASH_LENGTH: usize = 8;

/// The token that makes a create call idempotent: at most 64 ASCII characters.
///
/// Never random: after a crash the same arguments find the same object again. `attempt` starts at
/// 0 and is raised when a token turns out to belong to a finished object or to a failed create
/// that keeps it burnt.
pub fn creation_token(account: &str, region: &str, kind: &str, name: &str, attempt: u32) -> String {
    let attempt = attempt.to_string();
    let hash = hex_hash(&[account, region, kind, name, &attempt]);
    TOKEN_PREFIX.chars().chain(hash.chars().take(TOKEN_HASH_LENGTH)).collect()
}

/// A role name from its parts, joined by hyphens and cut to 64 characters.
///
/// Characters outside the IAM set `[\w+=,.@-]` become hyphens. See [`cut_with_hash`].
pub fn role_name(parts: &[&str]) -> String {
    let joined = parts.join("-");
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let clean: String = joined.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    if clean == joined {
        return cut_with_hash(&clean, MAX_ROLE_NAME_LENGTH);
    }
    // Replaced characters can make two names equal, so the hash of the original tells them apart.
    with_hash(&clean, &joined, MAX_ROLE_NAME_LENGTH)
}

/// `text` itself when it has at most `limit` characters, else its beginning, a hyphen and a hash
/// of the whole, `limit` characters together. Equal beginnings therefore stay distinct.
pub fn cut_with_hash(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    with_hash(text, text, limit)
}

fn with_hash(text: &str, hashed: &str, limit: usize) -> String {
    let kept: String = text.chars().take(limit.saturating_sub(NAME_HASH_LENGTH + 1)).collect();
    let hash: String = hex_hash(&[hashed]).chars().take(NAME_HASH_LENGTH).collect();
    format!("{}-{hash}", kept.trim_end_matches(['-', '.']))
}

/// Lower-case hexadecimal SHA-256 of the parts, each ended by a zero byte so that no two lists of
/// parts run together.
fn hex_hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let digits: Vec<String> = hasher.finalize().iter().map(|b| format!("{b:02x}")).collect();
    digits.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arguments_give_the_same_token_for_ever() {
        // The literal guards against a change of the scheme: it would orphan interrupted creates.
        assert_eq!(
            creation_token("123456789012", "us-east-1", "shared_storage", "eks-shared-storage", 0),
            "officeless-8e7e180dc6a6ab1cf0e3e470c9f63a0b396a836c8fd506c6e513"
        );
    }

    #[test]
    fn every_argument_changes_the_token() {
        let base = creation_token("1", "2", "3", "4", 0);
        for other in [
            creation_token("x", "2", "3", "4", 0),
            creation_token("1", "x", "3", "4", 0),
            creation_token("1", "2", "x", "4", 0),
            creation_token("1", "2", "3", "x", 0),
            creation_token("1", "2", "3", "4", 1),
            creation_token("12", "", "3", "4", 0),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_token_fits_every_service() {
        let token = creation_token("123456789012", "us-east-1", "volume", &"ü".repeat(300), 7);
        assert!(token.is_ascii());
        assert_eq!(token.len(), 63);
    }

    #[test]
    fn a_role_name_within_the_limit_is_left_as_it_is() {
        assert_eq!(
            role_name(&["production-cluster", "monitoring", "monitoring-sa"]),
            "production-cluster-monitoring-monitoring-sa"
        );
    }

    #[test]
    fn a_long_role_name_is_cut_and_stays_distinct() {
        let cluster = "c".repeat(60);
        let one = role_name(&[&cluster, "monitoring", "mimir"]);
        let two = role_name(&[&cluster, "monitoring", "tempo"]);
        assert_ne!(one, two);
        for name in [one, two] {
            assert!(name.chars().count() <= MAX_ROLE_NAME_LENGTH, "{name}");
            assert!(name.starts_with(&"c".repeat(55)), "{name}");
        }
    }

    #[test]
    fn characters_iam_refuses_are_replaced_without_collision() {
        let slash = role_name(&["a/b"]);
        let colon = role_name(&["a:b"]);
        assert_ne!(slash, colon);
        assert!(slash.starts_with("a-b-") && colon.starts_with("a-b-"));
    }
}
