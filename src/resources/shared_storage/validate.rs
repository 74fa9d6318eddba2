//! Rules between the attributes of `officeless_shared_storage`. Unknown values break none.

use std::borrow::Borrow;
use std::path::Path;

use super::model::{Lifecycle, Model, Replication, StorageClass};
use super::schema::PERIODS;
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::value::{AttributePath, Diagnostics, Value};
use crate::platform::classification::{Protection, Setting};
use crate::platform::defaults::SHARED_STORAGE as PLATFORM;
use crate::platform::kubernetes::driver_for_chart;
use crate::resources::attributes;

/// Largest span of groups the driver can hand out: the access points of one file system.
/// <https://docs.aws.amazon.com/efs/latest/ug/limits.html>
const MOST_ACCESS_POINTS: i64 = 10_000;

/// Adds a diagnostic for every rule that `config` breaks.
pub(super) fn validate(config: &Model, diagnostics: &mut Diagnostics) {
    network(config, diagnostics);
    throughput(config, diagnostics);
    encryption(config, diagnostics);
    attributes::check_backup_plan(&config.backup_plan, &config.tags, diagnostics);
    if let Value::Value(lifecycle) = &config.lifecycle_policy {
        lifecycle_policy(config, lifecycle, diagnostics);
    }
    policy(config, diagnostics);
    access_points(config, diagnostics);
    if let Value::Value(replication) = &config.replication {
        replica(replication, diagnostics);
    }
    if let Value::Value(class) = &config.storage_class {
        storage_class(class, diagnostics);
    }
    driver(config, diagnostics);
}

fn refuse(attribute: &'static str, rule: &'static str, diagnostics: &mut Diagnostics) {
    diagnostics.add_error(invalid_combination(AttributePath::new(attribute), rule));
}

/// Whether an attribute is, or may yet become, what `wanted` says.
fn may_be<T: PartialEq + ?Sized>(value: &Value<impl Borrow<T>>, default: &T, wanted: &T) -> bool {
    match value {
        Value::Unknown => true,
        Value::Null => default == wanted,
        Value::Value(value) => value.borrow() == wanted,
    }
}

fn text(value: &Value<String>, default: &str) -> Option<String> {
    match value {
        Value::Unknown => None,
        Value::Null => Some(default.to_owned()),
        Value::Value(text) => Some(text.clone()),
    }
}

fn network(config: &Model, diagnostics: &mut Diagnostics) {
    let creates = may_be(&config.create_security_group, &PLATFORM.create_security_group, &true);
    if !creates {
        let lists = [
            ("allowed_security_group_ids", &config.allowed_security_group_ids),
            ("allowed_cidr_blocks", &config.allowed_cidr_blocks),
        ];
        for (attribute, list) in lists {
            if matches!(list, Value::Value(list) if !list.is_empty()) {
                refuse(
                    attribute,
                    "allowed_security_group_ids and allowed_cidr_blocks are rules of a created \
                     security group. Set create_security_group = true, or put the rules on the \
                     groups of security_group_ids.",
                    diagnostics,
                );
            }
        }
    }
    if config.create_security_group == Value::Value(true) && config.security_group_ids.is_value() {
        refuse(
            "security_group_ids",
            "create_security_group = true gives the mount targets a group of their own. Remove \
             security_group_ids, or set create_security_group = false.",
            diagnostics,
        );
    }
    if let (Value::Value(_), Value::Value(subnets)) =
        (&config.availability_zone_name, &config.subnet_ids)
        && subnets.len() != 1
    {
        refuse(
            "subnet_ids",
            "A One Zone file system (availability_zone_name) has exactly one mount target. \
                 Give exactly one subnet, in that zone.",
            diagnostics,
        );
    }
}

fn throughput(config: &Model, diagnostics: &mut Diagnostics) {
    let mode = text(&config.throughput_mode, PLATFORM.throughput_mode);
    match (mode.as_deref(), &config.provisioned_throughput_in_mibps) {
        (Some("provisioned"), Value::Null) => refuse(
            "provisioned_throughput_in_mibps",
            "throughput_mode = \"provisioned\" needs provisioned_throughput_in_mibps. Set it, in \
             MiB/s, or choose another mode.",
            diagnostics,
        ),
        (Some(mode), Value::Value(_)) if mode != "provisioned" => refuse(
            "provisioned_throughput_in_mibps",
            "provisioned_throughput_in_mibps is for throughput_mode = \"provisioned\" only. Remove \
             it, or choose that mode.",
            diagnostics,
        ),
        _ => {}
    }
    if config.performance_mode == Value::Value("maxIO".to_owned()) {
        if mode.as_deref() == Some("elastic") {
            refuse(
                "performance_mode",
                "performance_mode = \"maxIO\" does not go with throughput_mode = \"elastic\". Use \
                 generalPurpose.",
                diagnostics,
            );
        }
        if config.availability_zone_name.is_value() {
            refuse(
                "performance_mode",
                "performance_mode = \"maxIO\" does not go with a One Zone file system \
                 (availability_zone_name). Use generalPurpose.",
                diagnostics,
            );
        }
    }
}

fn encryption(config: &Model, diagnostics: &mut Diagnostics) {
    if config.encrypted == Value::Value(false) && config.kms_key_arn.is_value() {
        refuse(
            "kms_key_arn",
            "kms_key_arn needs encrypted = true. Remove one of the two.",
            diagnostics,
        );
    }
    let on = |attribute: &'static str, value: &Value<bool>, default: bool| match value {
        Value::Unknown => None,
        Value::Null => Some(Setting { attribute, on: default }),
        Value::Value(on) => Some(Setting { attribute, on: *on }),
    };
    // Who writes a policy of one's own answers for what it lets in.
    let in_transit = if config.policy.is_null() {
        on(
            "enforce_encryption_in_transit",
            &config.enforce_encryption_in_transit,
            PLATFORM.enforce_encryption_in_transit,
        )
    } else {
        None
    };
    let protection = Protection {
        at_rest: on("encrypted", &config.encrypted, PLATFORM.encrypted),
        in_transit,
        customer_key: (!config.kms_key_arn.is_unknown())
            .then(|| Setting { attribute: "kms_key_arn", on: config.kms_key_arn.is_value() }),
        public_access: None,
    };
    attributes::check_classification(&config.data_classification, &protection, diagnostics);
}

fn lifecycle_policy(config: &Model, lifecycle: &Lifecycle, diagnostics: &mut Diagnostics) {
    let path = |name: &'static str| AttributePath::new("lifecycle_policy").attribute(name);
    let Lifecycle { transition_to_ia, transition_to_archive, transition_to_primary_storage_class } =
        lifecycle;
    let all = [transition_to_ia, transition_to_archive, transition_to_primary_storage_class];
    if all.into_iter().all(Value::is_null) {
        refuse(
            "lifecycle_policy",
            "lifecycle_policy has no transition. Give it one, or remove it to keep every file in \
             its first storage class.",
            diagnostics,
        );
    }
    let Value::Value(archive) = transition_to_archive else { return };
    let position = |period: &str| PERIODS.iter().position(|known| *known == period);
    if let Value::Value(ia) = transition_to_ia
        && position(archive) <= position(ia)
    {
        diagnostics.add_error(invalid_combination(
            path("transition_to_archive"),
            format!(
                "transition_to_archive = {archive:?} must come later than transition_to_ia = \
                     {ia:?}. Choose a longer period."
            ),
        ));
    }
    let elastic = may_be(&config.throughput_mode, PLATFORM.throughput_mode, "elastic");
    let general = may_be(&config.performance_mode, PLATFORM.performance_mode, "generalPurpose");
    if !elastic || !general {
        diagnostics.add_error(invalid_combination(
            path("transition_to_archive"),
            "Archive needs throughput_mode = \"elastic\" and performance_mode = \
             \"generalPurpose\". Set both, or remove transition_to_archive.",
        ));
    }
}

fn policy(config: &Model, diagnostics: &mut Diagnostics) {
    if !config.policy.is_value() {
        return;
    }
    let roles = matches!(&config.client_role_arns, Value::Value(roles) if !roles.is_empty());
    let others = [
        ("enforce_encryption_in_transit", config.enforce_encryption_in_transit.is_value()),
        ("client_role_arns", roles),
        ("allow_root_access", config.allow_root_access.is_value()),
    ];
    for (attribute, given) in others {
        if given {
            diagnostics.add_error(invalid_combination(
                AttributePath::new(attribute),
                format!(
                    "policy replaces the policy that {attribute} would shape. Remove {attribute} \
                     and say it in policy, or remove policy."
                ),
            ));
        }
    }
    diagnostics.add_warning(diagnostic(
        "File-System Policy of Your Own",
        "policy is written as it is. A policy that denies your own identity locks you out: EFS \
         refuses such a policy unless the identity Terraform runs as may still change it, but \
         other identities may be locked out. Check who may mount and who may change the policy.",
        AttributePath::new("policy"),
    ));
}

fn access_points(config: &Model, diagnostics: &mut Diagnostics) {
    let Value::Value(points) = &config.access_points else { return };
    for (key, point) in points {
        let Value::Value(point) = point else { continue };
        let path = AttributePath::new("access_points").key(key.clone());
        if key.is_empty() || key.len() > 64 {
            diagnostics.add_error(invalid_combination(
                path,
                format!("The access point key {key:?} must be 1 to 64 characters long."),
            ));
            continue;
        }
        let Value::Value(directory) = &point.path else { continue };
        let owned = point.owner_uid.is_value()
            || point.owner_gid.is_value()
            || point.permissions.is_value();
        if directory == "/" && owned {
            diagnostics.add_error(invalid_combination(
                path.clone().attribute("path"),
                "path = \"/\" is the root of the file system, which exists already: owner_uid, \
                 owner_gid and permissions are for a directory that EFS creates. Remove them, or \
                 choose another path.",
            ));
        }
        if Path::new(directory).components().any(|part| part.as_os_str() == "..") {
            diagnostics.add_error(invalid_combination(
                path.attribute("path"),
                format!("path = {directory:?} must not lead upwards (\"..\")."),
            ));
        }
    }
}

fn replica(replication: &Replication, diagnostics: &mut Diagnostics) {
    let path = |name: &'static str| AttributePath::new("replication").attribute(name);
    if replication.destination_file_system_id.is_value() {
        let created_only = [
            ("kms_key_arn", replication.kms_key_arn.is_value()),
            ("availability_zone_name", replication.availability_zone_name.is_value()),
        ];
        for (attribute, given) in created_only {
            if given {
                diagnostics.add_error(invalid_combination(
                    path(attribute),
                    format!(
                        "{attribute} is for a replica that AWS creates; \
                         destination_file_system_id names one that exists. Remove one of the two."
                    ),
                ));
            }
        }
    }
}

fn storage_class(class: &StorageClass, diagnostics: &mut Diagnostics) {
    let path = |name: &'static str| AttributePath::new("storage_class").attribute(name);
    if class.uid.is_value() != class.gid.is_value()
        && !class.uid.is_unknown()
        && !class.gid.is_unknown()
    {
        let missing = if class.uid.is_null() { "uid" } else { "gid" };
        diagnostics.add_error(invalid_combination(
            path(missing),
            "uid and gid of the StorageClass go together. Give both, or neither.",
        ));
    }
    match (&class.gid_range_start, &class.gid_range_end) {
        (Value::Value(start), Value::Value(end))
            if (start >= end || end.saturating_sub(*start) >= MOST_ACCESS_POINTS) =>
        {
            diagnostics.add_error(invalid_combination(
                path("gid_range_end"),
                format!(
                    "The range gid_range_start = {start} to gid_range_end = {end} must rise and \
                         hold at most {MOST_ACCESS_POINTS} groups, one for each access point."
                ),
            ));
        }
        (Value::Value(_), Value::Null) | (Value::Null, Value::Value(_)) => {
            diagnostics.add_error(invalid_combination(
                path("gid_range_end"),
                "gid_range_start and gid_range_end go together. Give both, or neither.",
            ));
        }
        _ => {}
    }
}

/// The chart's driver must know every parameter that is used.
fn driver(config: &Model, diagnostics: &mut Diagnostics) {
    let Some(chart) = text(&config.csi_chart_version, PLATFORM.csi_chart_version) else { return };
    if let Err(problem) = driver_for_chart(&chart) {
        diagnostics.add_error(diagnostic(
            "Invalid Attribute Value",
            format!("csi_chart_version = {chart:?}: {problem}."),
            AttributePath::new("csi_chart_version"),
        ));
    }
}
