//! Tokens and passwords: which ones AWS takes. No message here repeats the secret.

use std::ops::RangeInclusive;

/// How long a token may be.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html>
pub const TOKEN_LENGTH: RangeInclusive<usize> = 16..=128;

/// What a token may hold beside letters and digits: the list of the create call, which is the
/// shorter of the two that AWS documents.
pub const TOKEN_SPECIALS: &str = "!&#$^<>-";

/// How long a password of a user may be.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html>
pub const PASSWORD_LENGTH: RangeInclusive<usize> = 16..=128;

/// Why AWS would refuse this token, if it would; completes "the token …".
pub fn token_problem(token: &str) -> Option<String> {
    let length = token.chars().count();
    if !TOKEN_LENGTH.contains(&length) {
        return Some(format!("must be 16 to 128 characters long, and has {length}"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || TOKEN_SPECIALS.contains(c);
    (!token.chars().all(allowed)).then(|| {
        "must hold nothing but letters, digits and ! & # $ ^ < > -, and has another character"
            .to_owned()
    })
}

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
    fn tokens_are_judged_by_length_and_alphabet() {
        assert_eq!(token_problem("abcDEF0123456789"), None);
        assert_eq!(token_problem(&"a!&#$^<>-".repeat(14)), None);
        assert_eq!(token_problem("short").unwrap(), "must be 16 to 128 characters long, and has 5");
        assert_eq!(
            token_problem(&"x".repeat(129)).unwrap(),
            "must be 16 to 128 characters long, and has 129"
        );
        for wrong in ["/", "\"", "@", "%", " ", "ü", "_", "*"] {
            let token = format!("0123456789abcdef{wrong}");
            let problem = token_problem(&token).unwrap();
            assert!(problem.contains("another character"), "{wrong}");
            assert!(!problem.contains("0123456789"), "the secret is repeated");
        }
    }

    #[test]
    fn passwords_may_hold_any_printable_character() {
        assert_eq!(password_problem("p/ss@w%rd\"123456"), None);
        assert!(password_problem("pass word 123456").is_some());
        assert!(password_problem("short").is_some());
    }
}
