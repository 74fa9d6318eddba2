//! S3 bucket names.
//!
//! Rules: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>. Dots are
//! legal there and refused here: they break the certificate of virtual-hosted addresses.

use std::net::Ipv4Addr;

/// The longest bucket name, in characters.
pub const MAX_BUCKET_NAME_LENGTH: usize = 63;
const MIN_BUCKET_NAME_LENGTH: usize = 3;

const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
const ACCOUNT_REGIONAL_SUFFIX: &str = "-an";

/// Where a bucket name must be unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketNamespace {
    /// Unique among all accounts of the partition; anyone may own a name already.
    Global,
    /// Unique by its `-{account}-{region}-an` ending, which no other account can take.
    AccountRegional,
}

impl BucketNamespace {
    /// Both, in the order the documentation lists them.
    pub const ALL: [Self; 2] = [Self::Global, Self::AccountRegional];

    /// The spelling in configuration and in the S3 API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::AccountRegional => "account-regional",
        }
    }

    /// Reads the configuration spelling.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|n| n.as_str() == value)
    }
}

/// The name with nothing but characters that are allowed, so that what is advised is not refused next.
fn spelled(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(allowed).collect()
}

/// Why a bucket name is refused. Each variant carries the name as given or composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Shorter than 3 characters.
    #[error(
        "bucket name \"{name}\" has {length} characters; S3 requires at least 3, so choose a \
         longer name"
    )]
    TooShort {
        /// The name.
        name: String,
        /// Its length in characters.
        length: usize,
    },
    /// Longer than 63 characters.
    #[error(
        "bucket name \"{name}\" has {length} characters; S3 allows at most 63, so shorten the \
         name, its prefix or its suffix by {}", length - MAX_BUCKET_NAME_LENGTH
    )]
    TooLong {
        /// The name.
        name: String,
        /// Its length in characters.
        length: usize,
    },
    /// An upper-case letter.
    #[error(
        "bucket name \"{name}\" contains the upper-case letter '{character}'; S3 allows lower-case \
         letters only, so write \"{}\"",
        spelled(name)
    )]
    UpperCase {
        /// The name.
        name: String,
        /// The first such letter.
        character: char,
    },
    /// Two dots in a row, which S3 itself refuses.
    #[error("bucket name \"{name}\" contains \"..\"; S3 refuses adjacent dots, so remove them")]
    AdjacentDots {
        /// The name.
        name: String,
    },
    /// The form of an IPv4 address.
    #[error(
        "bucket name \"{name}\" is formatted as an IP address, which S3 refuses; choose a name \
         with letters"
    )]
    IpAddress {
        /// The name.
        name: String,
    },
    /// A dot, legal in S3 and refused by this provider.
    #[error(
        "bucket name \"{name}\" contains a dot; HTTPS to a bucket with dots in its name fails \
         certificate validation, so use hyphens instead"
    )]
    Dot {
        /// The name.
        name: String,
    },
    /// Any other character outside the set.
    #[error(
        "bucket name \"{name}\" contains '{character}'; use only lower-case letters, digits and \
         hyphens"
    )]
    Character {
        /// The name.
        name: String,
        /// The first such character.
        character: char,
    },
    /// Begins or ends with a hyphen or dot.
    #[error(
        "bucket name \"{name}\" {edge} with '{character}'; S3 requires a letter or a digit there, \
         so change that character"
    )]
    Edge {
        /// The name.
        name: String,
        /// `begins` or `ends`.
        edge: &'static str,
        /// The character there.
        character: char,
    },
    /// A beginning that S3 keeps for itself.
    #[error(
        "bucket name \"{name}\" begins with \"{prefix}\", which S3 reserves; choose another prefix"
    )]
    ReservedPrefix {
        /// The name.
        name: String,
        /// The reserved beginning.
        prefix: &'static str,
    },
    /// An ending that S3 keeps for itself.
    #[error(
        "bucket name \"{name}\" ends with \"{suffix}\", which S3 reserves; choose another suffix"
    )]
    ReservedSuffix {
        /// The name.
        name: String,
        /// The reserved ending.
        suffix: &'static str,
    },
    /// The account-regional ending on a global name.
    #[error(
        "bucket name \"{name}\" ends with \"-an\", which only names of the account-regional \
         namespace may; set bucket_namespace = \"account-regional\", which appends the ending \
         itself, or choose another suffix"
    )]
    AccountRegionalSuffix {
        /// The name.
        name: String,
    },
    /// An account-regional name without its account and region.
    #[error(
        "bucket name \"{name}\" is not of the account-regional namespace, where every name ends \
         with \"{expected}\"; give the part before that ending only"
    )]
    NotAccountRegional {
        /// The name.
        name: String,
        /// The ending the namespace requires.
        expected: String,
    },
}

/// Joins the parts that are given, in order, with hyphens: `{prefix}-{key}-{suffix}`.
///
/// Empty parts count as not given. The result is not checked: see [`check_bucket_name`].
pub fn compose_bucket_name(prefix: Option<&str>, key: &str, suffix: Option<&str>) -> String {
    let parts = [prefix, Some(key), suffix];
    let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

/// `{base}-{account}-{region}-an`, the form of the account-regional namespace.
pub fn account_regional_bucket_name(base: &str, account: &str, region: &str) -> String {
    format!("{base}{}", account_regional_ending(account, region))
}

/// Checks a name of the global namespace.
pub fn check_bucket_name(name: &str) -> Result<(), NameProblem> {
    check_common(name)?;
    if name.ends_with(ACCOUNT_REGIONAL_SUFFIX) {
        return Err(NameProblem::AccountRegionalSuffix { name: name.to_owned() });
    }
    Ok(())
}

/// Checks a full name of the account-regional namespace, ending included.
pub fn check_account_regional_bucket_name(
    name: &str,
    account: &str,
    region: &str,
) -> Result<(), NameProblem> {
    check_common(name)?;
    let expected = account_regional_ending(account, region);
    // An empty base would leave the hyphen first, which check_common has refused.
    if name.ends_with(&expected) {
        return Ok(());
    }
    Err(NameProblem::NotAccountRegional { name: name.to_owned(), expected })
}

fn account_regional_ending(account: &str, region: &str) -> String {
    format!("-{account}-{region}{ACCOUNT_REGIONAL_SUFFIX}")
}

/// The rules of both namespaces, most telling first: a wrong character explains more than the
/// reserved word it happens to complete.
fn check_common(name: &str) -> Result<(), NameProblem> {
    let owned = || name.to_owned();
    let length = name.chars().count();
    if length < MIN_BUCKET_NAME_LENGTH {
        return Err(NameProblem::TooShort { name: owned(), length });
    }
    if length > MAX_BUCKET_NAME_LENGTH {
        return Err(NameProblem::TooLong { name: owned(), length });
    }
    if let Some(character) = name.chars().find(char::is_ascii_uppercase) {
        return Err(NameProblem::UpperCase { name: owned(), character });
    }
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(*c);
    if let Some(character) = name.chars().find(|c| !allowed(c)) {
        return Err(NameProblem::Character { name: owned(), character });
    }
    for (edge, end) in [("begins", name.chars().next()), ("ends", name.chars().next_back())] {
        if let Some(character) = end.filter(|c| !c.is_ascii_alphanumeric()) {
            return Err(NameProblem::Edge { name: owned(), edge, character });
        }
    }
    if name.contains("..") {
        return Err(NameProblem::AdjacentDots { name: owned() });
    }
    if looks_like_ip_address(name) {
        return Err(NameProblem::IpAddress { name: owned() });
    }
    check_reserved(name)?;
    if name.contains('.') {
        return Err(NameProblem::Dot { name: owned() });
    }
    Ok(())
}

fn check_reserved(name: &str) -> Result<(), NameProblem> {
    if let Some(prefix) = RESERVED_PREFIXES.into_iter().find(|p| name.starts_with(p)) {
        return Err(NameProblem::ReservedPrefix { name: name.to_owned(), prefix });
    }
    if let Some(suffix) = RESERVED_SUFFIXES.into_iter().find(|s| name.ends_with(s)) {
        return Err(NameProblem::ReservedSuffix { name: name.to_owned(), suffix });
    }
    Ok(())
}

/// Four groups of digits: S3 refuses the form, not only addresses in range.
fn looks_like_ip_address(name: &str) -> bool {
    let groups: Vec<&str> = name.split('.').collect();
    let digits = |g: &&str| (1..=3).contains(&g.len()) && g.chars().all(|c| c.is_ascii_digit());
    name.parse::<Ipv4Addr>().is_ok() || (groups.len() == 4 && groups.iter().all(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_names_pass() {
        for name in ["mimir-metrics", "officeless-loki-chunks-production", "abc", &"a".repeat(63)] {
            assert_eq!(check_bucket_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn every_rule_has_its_own_refusal() {
        let name = |n: &str| n.to_owned();
        let long = "a".repeat(64);
        for (given, problem) in [
            ("ab", NameProblem::TooShort { name: name("ab"), length: 2 }),
            (&long, NameProblem::TooLong { name: long.clone(), length: 64 }),
            ("Logs-prod", NameProblem::UpperCase { name: name("Logs-prod"), character: 'L' }),
            ("logs_prod", NameProblem::Character { name: name("logs_prod"), character: '_' }),
            ("lögs", NameProblem::Character { name: name("lögs"), character: 'ö' }),
            ("-logs", NameProblem::Edge { name: name("-logs"), edge: "begins", character: '-' }),
            ("logs.", NameProblem::Edge { name: name("logs."), edge: "ends", character: '.' }),
            ("lo..gs", NameProblem::AdjacentDots { name: name("lo..gs") }),
            ("10.1.32.0", NameProblem::IpAddress { name: name("10.1.32.0") }),
            ("999.1.1.1", NameProblem::IpAddress { name: name("999.1.1.1") }),
            ("logs.prod", NameProblem::Dot { name: name("logs.prod") }),
            ("xn--logs", NameProblem::ReservedPrefix { name: name("xn--logs"), prefix: "xn--" }),
            (
                "sthree-logs",
                NameProblem::ReservedPrefix { name: name("sthree-logs"), prefix: "sthree-" },
            ),
            (
                "amzn-s3-demo-logs",
                NameProblem::ReservedPrefix {
                    name: name("amzn-s3-demo-logs"),
                    prefix: "amzn-s3-demo-",
                },
            ),
            ("logs-an", NameProblem::AccountRegionalSuffix { name: name("logs-an") }),
        ] {
            assert_eq!(check_bucket_name(given), Err(problem), "{given}");
        }
        for suffix in RESERVED_SUFFIXES {
            let given = format!("logs{suffix}");
            assert_eq!(
                check_bucket_name(&given),
                Err(NameProblem::ReservedSuffix { name: given.clone(), suffix })
            );
        }
    }

    #[test]
    fn the_account_regional_ending_counts_into_the_length() {
        let ending = account_regional_ending("123456789012", "ap-southeast-3");
        let fits = "a".repeat(MAX_BUCKET_NAME_LENGTH - ending.len());
        let check = |base: &str| {
            let name = account_regional_bucket_name(base, "123456789012", "ap-southeast-3");
            check_account_regional_bucket_name(&name, "123456789012", "ap-southeast-3")
        };
        assert_eq!(check(&fits), Ok(()));
        assert!(matches!(check(&format!("{fits}a")), Err(NameProblem::TooLong { length: 64, .. })));
        assert!(matches!(check(""), Err(NameProblem::Edge { edge: "begins", .. })));
    }

    #[test]
    fn an_account_regional_name_must_carry_its_own_account_and_region() {
        let name = account_regional_bucket_name("logs", "123456789012", "us-east-1");
        assert_eq!(name, "logs-123456789012-us-east-1-an");
        assert_eq!(
            check_account_regional_bucket_name(&name, "123456789012", "eu-west-1"),
            Err(NameProblem::NotAccountRegional {
                name,
                expected: "-123456789012-eu-west-1-an".into()
            })
        );
    }

    #[test]
    fn absent_and_empty_parts_leave_no_hyphen() {
        assert_eq!(compose_bucket_name(None, "mimir-ruler", None), "mimir-ruler");
        assert_eq!(compose_bucket_name(Some("acme"), "mimir-ruler", Some("")), "acme-mimir-ruler");
        assert_eq!(
            compose_bucket_name(Some("officeless"), "mimir-ruler", Some("production")),
            "officeless-mimir-ruler-production"
        );
    }

    #[test]
    fn namespaces_are_read_as_they_are_written() {
        for namespace in BucketNamespace::ALL {
            assert_eq!(BucketNamespace::parse(namespace.as_str()), Some(namespace));
        }
        assert_eq!(BucketNamespace::parse("Global"), None);
    }

    #[test]
    fn messages_name_value_rule_and_next_step() {
        assert_eq!(
            NameProblem::TooLong { name: "x".into(), length: 66 }.to_string(),
            "bucket name \"x\" has 66 characters; S3 allows at most 63, so shorten the name, its \
             prefix or its suffix by 3"
        );
        assert_eq!(
            NameProblem::UpperCase { name: "Logs".into(), character: 'L' }.to_string(),
            "bucket name \"Logs\" contains the upper-case letter 'L'; S3 allows lower-case letters \
             only, so write \"logs\""
        );
        let mixed = NameProblem::UpperCase { name: "Acme_Logs.eu".into(), character: 'A' };
        assert!(mixed.to_string().ends_with("so write \"acme-logs-eu\""), "{mixed}");
    }
}
