//! Forms of names and identifiers other than bucket names: role and cluster names, Kubernetes
//! names, EFS and EBS ids, zones, ARNs, access point directories.

use std::sync::LazyLock;

use regex_lite::Regex;

/// The longest root directory of an access point, in characters.
/// <https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html>
pub const MAX_ACCESS_POINT_PATH_LENGTH: usize = 100;
const MAX_ACCESS_POINT_PATH_DEPTH: usize = 4;

/// A kind of name or identifier with a fixed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// IAM role name: 1–64 of letters, digits and `_+=,.@-`.
    RoleName,
    /// EKS cluster name: 1–100, begins with a letter or digit.
    ClusterName,
    /// DNS-1123 label, such as a Kubernetes namespace: at most 63.
    DnsLabel,
    /// DNS-1123 subdomain, such as a service account or StorageClass name: at most 253.
    DnsSubdomain,
    /// EFS file system id, `fs-…`.
    FileSystemId,
    /// EFS access point id, `fsap-…`.
    AccessPointId,
    /// EFS mount target id, `fsmt-…`.
    MountTargetId,
    /// ARN of an IAM role.
    RoleArn,
    /// ARN of a KMS key; an alias does not pass.
    KeyArn,
    /// EBS volume id, `vol-…`.
    VolumeId,
    /// Name of an Availability Zone or Local Zone; a zone id or region does not pass.
    AvailabilityZone,
}

impl Form {
    const ALL: [Self; 11] = [
        Self::RoleName,
        Self::ClusterName,
        Self::DnsLabel,
        Self::DnsSubdomain,
        Self::FileSystemId,
        Self::AccessPointId,
        Self::MountTargetId,
        Self::RoleArn,
        Self::KeyArn,
        Self::VolumeId,
        Self::AvailabilityZone,
    ];

    /// The pattern, for documentation and for schema descriptions.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::RoleName => r"^[A-Za-z0-9_+=,.@-]{1,64}$",
            Self::ClusterName => r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$",
            Self::DnsLabel => r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
            Self::DnsSubdomain => {
                r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"
            }
            Self::FileSystemId => r"^fs-[0-9a-f]{8,40}$",
            Self::AccessPointId => r"^fsap-[0-9a-f]{8,40}$",
            Self::MountTargetId => r"^fsmt-[0-9a-f]{8,40}$",
            Self::RoleArn => r"^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/([!-~]+/)?[\w+=,.@-]{1,64}$",
            Self::KeyArn => {
                r"^arn:aws[a-z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-)?[0-9a-f][0-9a-f-]{7,}$"
            }
            Self::VolumeId => r"^vol-[0-9a-f]{8,40}$",
            Self::AvailabilityZone => r"^[a-z]{2,}(-[a-z]+)+-[0-9]+(-[a-z]+-[0-9]+)?[a-z]$",
        }
    }

    const fn max_length(self) -> usize {
        match self {
            Self::RoleName | Self::AvailabilityZone => 64,
            Self::ClusterName => 100,
            Self::DnsLabel => 63,
            Self::DnsSubdomain => 253,
            Self::FileSystemId | Self::AccessPointId | Self::MountTargetId | Self::VolumeId => 128,
            Self::RoleArn | Self::KeyArn => 2_048,
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::RoleName => "an IAM role name",
            Self::ClusterName => "an EKS cluster name",
            Self::DnsLabel => "a Kubernetes label name (DNS-1123 label)",
            Self::DnsSubdomain => "a Kubernetes object name (DNS-1123 subdomain)",
            Self::FileSystemId => "an EFS file system id",
            Self::AccessPointId => "an EFS access point id",
            Self::MountTargetId => "an EFS mount target id",
            Self::RoleArn => "the ARN of an IAM role",
            Self::KeyArn => "the ARN of a KMS key",
            Self::VolumeId => "an EBS volume id",
            Self::AvailabilityZone => "the name of an Availability Zone",
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::RoleName => "use 1 to 64 letters, digits and _+=,.@-",
            Self::ClusterName => {
                "use 1 to 100 letters, digits, hyphens and underscores, beginning with a letter or \
                 a digit"
            }
            Self::DnsLabel => {
                "use 1 to 63 lower-case letters, digits and hyphens, beginning and ending with a \
                 letter or a digit"
            }
            Self::DnsSubdomain => {
                "use at most 253 lower-case letters, digits, hyphens and dots, each part between \
                 dots beginning and ending with a letter or a digit"
            }
            Self::FileSystemId => {
                "write it as \"fs-0123456789abcdef0\"; a name such as \"eks-shared-storage\" is \
                 not an id"
            }
            Self::AccessPointId => "write it as \"fsap-0123456789abcdef0\"",
            Self::MountTargetId => "write it as \"fsmt-0123456789abcdef0\"",
            Self::RoleArn => "write it as \"arn:aws:iam::123456789012:role/name\"",
            Self::KeyArn => {
                "write it as \"arn:aws:kms:us-east-1:123456789012:key/\" followed by the key id; an \
                 alias or a bare id would show as drift, because AWS reports the key ARN"
            }
            Self::VolumeId => "write it as \"vol-0123456789abcdef0\"",
            Self::AvailabilityZone => {
                "write it as \"us-east-1a\"; a region and a zone id such as \"use1-az1\" are none"
            }
        }
    }
}

/// Why a text does not have its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormProblem {
    /// Does not match the pattern of its form.
    #[error("\"{value}\" is not {}: {}", form.noun(), form.advice())]
    Mismatch {
        /// The text as given.
        value: String,
        /// The form it should have.
        form: Form,
    },
    /// An access point directory that EFS refuses.
    #[error("access point path \"{path}\" {rule}")]
    Path {
        /// The path as given.
        path: String,
        /// The rule it breaks and what to do.
        rule: &'static str,
    },
    /// Directory permissions that are not octal.
    #[error(
        "permissions \"{value}\" are not octal: write three or four digits from 0 to 7 as a \
         string, for example \"700\" or \"0755\""
    )]
    Permissions {
        /// The text as given.
        value: String,
    },
}

/// Compiled once. `Form::ALL` is in the order of the discriminants, which a test holds fast.
static PATTERNS: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| Form::ALL.iter().map(|form| Regex::new(form.pattern()).ok()).collect());

/// Checks `value` against `form`.
pub fn check(form: Form, value: &str) -> Result<(), FormProblem> {
    let pattern = PATTERNS.get(form as usize).and_then(Option::as_ref);
    let matches = pattern.is_some_and(|pattern| pattern.is_match(value));
    if matches && value.chars().count() <= form.max_length() {
        return Ok(());
    }
    Err(FormProblem::Mismatch { value: value.to_owned(), form })
}

/// Checks the root directory of an access point: absolute, at most 100 characters and 4 levels,
/// none of them empty, `.` or `..`.
pub fn check_access_point_path(path: &str) -> Result<(), FormProblem> {
    let problem = |rule| Err(FormProblem::Path { path: path.to_owned(), rule });
    let Some(below_root) = path.strip_prefix('/') else {
        return problem("is not absolute; begin it with \"/\"");
    };
    if path.chars().count() > MAX_ACCESS_POINT_PATH_LENGTH {
        return problem("is longer than the 100 characters EFS allows; shorten it");
    }
    if below_root.is_empty() {
        return Ok(());
    }
    let levels: Vec<&str> = below_root.split('/').collect();
    if levels.iter().any(|level| level.is_empty()) {
        return problem("has an empty level; remove the doubled or trailing \"/\"");
    }
    if levels.iter().any(|level| matches!(*level, "." | "..")) {
        return problem("has a \".\" or \"..\" level; write the directory itself");
    }
    if levels.len() > MAX_ACCESS_POINT_PATH_DEPTH {
        return problem("is deeper than the 4 levels EFS allows; use fewer directories");
    }
    Ok(())
}

/// Checks octal directory permissions, three or four digits.
pub fn check_access_point_permissions(value: &str) -> Result<(), FormProblem> {
    if matches!(value.len(), 3 | 4) && value.chars().all(|c| c.is_digit(8)) {
        return Ok(());
    }
    Err(FormProblem::Permissions { value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_stands_at_its_own_place() {
        for (place, form) in Form::ALL.into_iter().enumerate() {
            assert_eq!(form as usize, place);
            assert!(PATTERNS[place].is_some(), "{form:?}");
        }
    }

    #[test]
    fn forms_accept_what_aws_and_kubernetes_accept() {
        for (form, value) in [
            (Form::RoleName, "monitoring-role"),
            (Form::RoleName, "a+b=c,d.e@f-g_h"),
            (Form::ClusterName, "production-cluster"),
            (Form::ClusterName, "1_Cluster"),
            (Form::DnsLabel, "monitoring"),
            (Form::DnsLabel, "a"),
            (Form::DnsSubdomain, "monitoring-sa"),
            (Form::DnsSubdomain, "a.b-c.d"),
            (Form::FileSystemId, "fs-0123456789abcdef0"),
            (Form::FileSystemId, "fs-01234567"),
            (Form::AccessPointId, "fsap-0123456789abcdef0"),
            (Form::MountTargetId, "fsmt-0123456789abcdef0"),
            (Form::VolumeId, "vol-0123456789abcdef0"),
            (Form::AvailabilityZone, "us-east-1a"),
            (Form::AvailabilityZone, "us-gov-west-1b"),
            (Form::AvailabilityZone, "us-west-2-lax-1a"),
            (Form::RoleArn, "arn:aws:iam::123456789012:role/monitoring-role"),
            (Form::RoleArn, "arn:aws-us-gov:iam::123456789012:role/path/to/monitoring-role"),
            (
                Form::KeyArn,
                "arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd",
            ),
            (
                Form::KeyArn,
                "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef",
            ),
        ] {
            assert_eq!(check(form, value), Ok(()), "{value}");
        }
    }

    #[test]
    fn forms_refuse_what_aws_and_kubernetes_refuse() {
        let long_label = "a".repeat(64);
        let long_name = vec!["a".repeat(63); 4].join(".");
        for (form, value) in [
            (Form::RoleName, ""),
            (Form::RoleName, "with space"),
            (Form::RoleName, "a/b"),
            (Form::ClusterName, "-cluster"),
            (Form::DnsLabel, "Monitoring"),
            (Form::DnsLabel, "monitoring-"),
            (Form::DnsLabel, "a.b"),
            (Form::DnsLabel, long_label.as_str()),
            (Form::DnsSubdomain, "a..b"),
            (Form::DnsSubdomain, long_name.as_str()),
            (Form::FileSystemId, "eks-shared-storage"),
            (Form::FileSystemId, "fs-XYZ"),
            (Form::AccessPointId, "fs-0123456789abcdef0"),
            (Form::VolumeId, "vol-XYZ"),
            (Form::VolumeId, "fs-0123456789abcdef0"),
            (Form::AvailabilityZone, "us-east-1"),
            (Form::AvailabilityZone, "use1-az1"),
            (Form::AvailabilityZone, "us-east-1a,us-east-1b"),
            (Form::RoleArn, "arn:aws:iam::123456789012:user/someone"),
            (Form::RoleArn, "monitoring-role"),
            (Form::KeyArn, "arn:aws:kms:us-east-1:123456789012:alias/platform"),
            (Form::KeyArn, "0d1f5a1e-0000-4000-8000-00000000abcd"),
        ] {
            assert_eq!(
                check(form, value),
                Err(FormProblem::Mismatch { value: value.into(), form }),
                "{value}"
            );
        }
    }

    #[test]
    fn access_point_paths_follow_the_limits_of_efs() {
        let longest = format!("/{}", "a".repeat(99));
        for path in ["/", "/content", "/a/b/c/d", longest.as_str()] {
            assert_eq!(check_access_point_path(path), Ok(()), "{path}");
        }
        let too_long = format!("/{}", "a".repeat(100));
        for (path, word) in [
            ("content", "absolute"),
            ("", "absolute"),
            (too_long.as_str(), "100 characters"),
            ("/a//b", "empty level"),
            ("/a/", "empty level"),
            ("/a/../b", "\"..\""),
            ("/a/b/c/d/e", "4 levels"),
        ] {
            let message = check_access_point_path(path).unwrap_err().to_string();
            assert!(message.contains(word) && message.contains(path), "{message}");
        }
    }

    #[test]
    fn permissions_are_three_or_four_octal_digits() {
        for value in ["700", "0755", "1777"] {
            assert_eq!(check_access_point_permissions(value), Ok(()), "{value}");
        }
        for value in ["", "70", "00755", "788", "rwx", "０００"] {
            assert!(check_access_point_permissions(value).is_err(), "{value}");
        }
    }

    #[test]
    fn the_message_says_what_an_id_looks_like() {
        assert_eq!(
            check(Form::FileSystemId, "eks-shared-storage").unwrap_err().to_string(),
            "\"eks-shared-storage\" is not an EFS file system id: write it as \
             \"fs-0123456789abcdef0\"; a name such as \"eks-shared-storage\" is not an id"
        );
    }
}
