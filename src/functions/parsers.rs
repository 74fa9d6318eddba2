//! `parse_efs_volume_handle` and `parse_replication_group_arn`: names of AWS in their parts.

use super::{object, text_or_null};
use crate::framework::function::{Arguments, Function, FunctionError, Parameter, Signature};
use crate::framework::schema::Type;
use crate::framework::value::Dynamic;
use crate::platform::kubernetes::VolumeHandle;

/// `parse_efs_volume_handle(handle)`.
#[derive(Debug)]
pub struct ParseEfsVolumeHandle;

impl Function for ParseEfsVolumeHandle {
    fn name(&self) -> &'static str {
        "parse_efs_volume_handle"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Reads the volume handle of a PersistentVolume on EFS.",
            description: "Reads the `volumeHandle` of a PersistentVolume on EFS: the file \
                          system, and the directory or the access point, if it names one. Helps \
                          to import what a cluster uses already.",
            parameters: vec![Parameter::string("handle").describe(
                "`FILE_SYSTEM`, `FILE_SYSTEM:PATH`, `FILE_SYSTEM::ACCESS_POINT` or \
                 `FILE_SYSTEM:PATH:ACCESS_POINT`.",
            )],
            variadic: None,
            returns: Type::object([
                ("access_point_id", Type::String),
                ("file_system_id", Type::String),
                ("path", Type::String),
            ]),
            returned: "The parts; null for what the handle does not name.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let handle: String = arguments.take()?;
        let handle = VolumeHandle::parse(&handle)
            .map_err(|problem| FunctionError::of(0, problem.to_string()))?;
        Ok(object([
            ("file_system_id", Dynamic::String(handle.file_system_id)),
            ("path", text_or_null(handle.path.as_deref())),
            ("access_point_id", text_or_null(handle.access_point_id.as_deref())),
        ]))
    }
}

/// `parse_replication_group_arn(arn)`.
#[derive(Debug)]
pub struct ParseReplicationGroupArn;

impl Function for ParseReplicationGroupArn {
    fn name(&self) -> &'static str {
        "parse_replication_group_arn"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Reads the ARN of an ElastiCache replication group.",
            description: "Reads the ARN of an ElastiCache replication group. Its id is what \
                          `officeless_cache` is imported by.",
            parameters: vec![Parameter::string("arn").describe(
                "As in `arn:aws:elasticache:us-east-1:123456789012:replicationgroup:production`.",
            )],
            variadic: None,
            returns: Type::object([
                ("account_id", Type::String),
                ("partition", Type::String),
                ("region", Type::String),
                ("replication_group_id", Type::String),
            ]),
            returned: "The parts.",
        }
    }

    fn call(&self, arguments: &mut Arguments) -> Result<Dynamic, FunctionError> {
        let arn: String = arguments.take()?;
        let parts: Vec<&str> = arn.split(':').collect();
        match parts.as_slice() {
            ["arn", partition, "elasticache", region, account, "replicationgroup", id]
                if partition.starts_with("aws")
                    && !region.is_empty()
                    && account.len() == 12
                    && !id.is_empty() =>
            {
                Ok(object([
                    ("partition", Dynamic::from(*partition)),
                    ("region", Dynamic::from(*region)),
                    ("account_id", Dynamic::from(*account)),
                    ("replication_group_id", Dynamic::from(*id)),
                ]))
            }
            _ => Err(FunctionError::of(
                0,
                format!(
                    "{arn:?} is not the ARN of a replication group; write it as \
                     \"arn:aws:elasticache:us-east-1:123456789012:replicationgroup:production\""
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::function::testing::call;

    #[test]
    fn a_handle_is_read_in_its_parts() {
        let parts = |path: Option<&str>, access_point: Option<&str>| {
            object([
                ("file_system_id", Dynamic::from("fs-0123456789abcdef0")),
                ("path", text_or_null(path)),
                ("access_point_id", text_or_null(access_point)),
            ])
        };
        let point = "fsap-0123456789abcdef0";
        for (rest, expected) in [
            ("", parts(None, None)),
            (":/content", parts(Some("/content"), None)),
            ("::fsap-0123456789abcdef0", parts(None, Some(point))),
            (":/content:fsap-0123456789abcdef0", parts(Some("/content"), Some(point))),
        ] {
            let handle = format!("fs-0123456789abcdef0{rest}");
            assert_eq!(call(&ParseEfsVolumeHandle, vec![Dynamic::String(handle)]), Ok(expected));
        }
        let refused = call(&ParseEfsVolumeHandle, vec![Dynamic::from("efs")]).unwrap_err();
        assert_eq!(refused.argument, Some(0));
        assert!(refused.text.starts_with("\"efs\" is not an EFS volume handle"));
    }

    #[test]
    fn an_arn_is_read_in_its_parts() {
        let arn = "arn:aws-us-gov:elasticache:us-gov-west-1:123456789012:replicationgroup:prod";
        let read = call(&ParseReplicationGroupArn, vec![Dynamic::from(arn)]).unwrap();
        assert_eq!(read.get("partition"), &Dynamic::from("aws-us-gov"));
        assert_eq!(read.get("region"), &Dynamic::from("us-gov-west-1"));
        assert_eq!(read.get("account_id"), &Dynamic::from("123456789012"));
        assert_eq!(read.get("replication_group_id"), &Dynamic::from("prod"));
        for wrong in [
            "",
            "production",
            "arn:aws:elasticache:us-east-1:123456789012:cluster:production",
            "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:",
            "arn:aws:elasticache:us-east-1:1234:replicationgroup:production",
            "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:a:b",
        ] {
            let refused = call(&ParseReplicationGroupArn, vec![Dynamic::from(wrong)]).unwrap_err();
            let told = format!("{wrong:?} is not the ARN of a replication group; write it as");
            assert!(refused.text.starts_with(&told), "{}", refused.text);
        }
    }
}
