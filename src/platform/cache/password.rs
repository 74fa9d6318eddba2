//! Passwords of users: which ones AWS takes. No message here repeats the secret.

use std::ops::RangeInclusive;

/// How long a password of a user may be.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html>
pub const PASSWORD_LENGTH: RangeInclusive<usize> = 16..=128;

/// Why AWS would refuse this password, if it would; completes "the password …".
pub fn password_problem(password: &str) -> Option<String> {
    let length = password.chars().count();
    if !PASSWORD_LENGTH.contains(&length) {
        return Some(format!("must be 16 to 128 characters long, and has {length}"));
    }
    (!password.chars().all(|c| c.is_ascii_graphic()))
        .then(|| "must hold printable ASCII characters only, and no space".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_may_hold_any_printable_character() {
        assert_eq!(password_problem("p/ss@w%rd\"123456"), None);
        assert!(password_problem("pass word 123456").is_some());
        assert!(password_problem("short").is_some());
    }
}
