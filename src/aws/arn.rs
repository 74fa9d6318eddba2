//! Amazon Resource Names: reading, building, and the partition of a region.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use std::fmt;
use std::str::FromStr;

/// An ARN in its six parts. Displays as `arn:partition:service:region:account:resource`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    /// As in `aws` or `aws-cn`.
    pub partition: String,
    /// As in `elasticfilesystem`.
    pub service: String,
    /// Empty for global services and for S3.
    pub region: String,
    /// Twelve digits, `aws` for AWS's own objects, or empty.
    pub account: String,
    /// Everything after the fifth colon, colons included.
    pub resource: String,
}

/// The text is not an ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an ARN: expected arn:partition:service:region:account:resource")]
pub struct NotAnArn {
    /// The text.
    pub text: String,
}

impl FromStr for Arn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, service, region, account, resource]
                if !partition.is_empty() && !service.is_empty() && !resource.is_empty() =>
            {
                Ok(Self {
                    partition: (*partition).to_owned(),
                    service: (*service).to_owned(),
                    region: (*region).to_owned(),
                    account: (*account).to_owned(),
                    resource: (*resource).to_owned(),
                })
            }
            _ => Err(NotAnArn { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

impl Arn {
    /// The ARN of an S3 bucket.
    pub fn bucket(partition: &str, name: &str) -> Self {
        Self::build(partition, "s3", "", "", name.to_owned())
    }

    /// The ARN of an IAM role. `path` begins and ends with a slash.
    pub fn role(partition: &str, account: &str, path: &str, name: &str) -> Self {
        Self::build(partition, "iam", "", account, format!("role{path}{name}"))
    }

    /// The ARN of an EFS file system.
    pub fn file_system(partition: &str, region: &str, account: &str, id: &str) -> Self {
        Self::build(partition, "elasticfilesystem", region, account, format!("file-system/{id}"))
    }

    /// The ARN of an EBS volume.
    pub fn volume(partition: &str, region: &str, account: &str, id: &str) -> Self {
        Self::build(partition, "ec2", region, account, format!("volume/{id}"))
    }

    /// The ARN of a managed policy of AWS; `path` as in `service-role/AmazonEBSCSIDriverPolicy`.
    pub fn aws_policy(partition: &str, path: &str) -> Self {
        Self::build(partition, "iam", "", "aws", format!("policy/{path}"))
    }

    /// The last part of the resource: the role's name, the file system's ID.
    pub fn resource_id(&self) -> &str {
        self.resource.rsplit(['/', ':']).next().unwrap_or(&self.resource)
    }

    fn build(
        partition: &str,
        service: &str,
        region: &str,
        account: &str,
        resource: String,
    ) -> Self {
        Self {
            partition: partition.to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource,
        }
    }
}

/// A part of AWS with accounts, regions and host names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Partition {
    /// The second part of every ARN in it.
    pub id: &'static str,
    /// What its host names end with.
    pub dns_suffix: &'static str,
}

impl Partition {
    /// The partition `region` lies in, by the prefix of its name; an unknown name counts as the
    /// commercial partition. Same table as
    /// <https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json>.
    pub fn of_region(region: &str) -> Self {
        const TABLE: [(&str, &str, &str); 7] = [
            ("cn-", "aws-cn", "amazonaws.com.cn"),
            ("us-gov-", "aws-us-gov", "amazonaws.com"),
            ("us-iso-", "aws-iso", "c2s.ic.gov"),
            ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
            ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
            ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
            ("eusc-", "aws-eusc", "amazonaws.eu"),
        ];
        TABLE.iter().find(|(prefix, ..)| region.starts_with(prefix)).map_or(
            Self { id: "aws", dns_suffix: "amazonaws.com" },
            |(_, id, dns_suffix)| Self { id, dns_suffix },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_same_text() {
        for text in [
            "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-0123",
            "arn:aws:s3:::mimir-blocks",
            "arn:aws:iam::123456789012:role/team/monitoring-role",
            "arn:aws-cn:logs:cn-north-1:123456789012:log-group:a:b",
        ] {
            assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_not_an_arn() {
        for text in ["", "arn:aws:s3", "fs-0123", "arn::s3:::x", "arn:aws:s3:::", "x:aws:s3:::b"] {
            assert_eq!(text.parse::<Arn>().unwrap_err().text, text);
        }
    }

    #[test]
    fn takes_the_id_from_the_end() {
        let role = Arn::role("aws", "123456789012", "/team/", "monitoring-role");
        assert_eq!(role.to_string(), "arn:aws:iam::123456789012:role/team/monitoring-role");
        assert_eq!(role.resource_id(), "monitoring-role");
        assert_eq!(Arn::bucket("aws", "loki-chunks").resource_id(), "loki-chunks");
    }

    #[test]
    fn finds_the_partition_by_the_prefix() {
        assert_eq!(Partition::of_region("us-gov-west-1").id, "aws-us-gov");
        assert_eq!(Partition::of_region("us-isob-east-1").id, "aws-iso-b");
        assert_eq!(Partition::of_region("cn-north-1").dns_suffix, "amazonaws.com.cn");
        assert_eq!(Partition::of_region("ap-southeast-3").id, "aws");
        assert_eq!(Partition::of_region("mars-1").dns_suffix, "amazonaws.com");
    }
}
