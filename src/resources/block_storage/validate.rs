//! Rules of `officeless_block_storage` that need nothing of AWS: what excludes what, what the driver
//! can, the floors of the classification.

use super::manifest;
use super::model::{Model, StorageClass};
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::value::{AttributePath, Diagnostics, Value};
use crate::platform::classification::{Protection, Setting};
use crate::platform::defaults::BLOCK_STORAGE as PLATFORM;
use crate::platform::kubernetes::{DriverVersion, ManifestProblem, driver_of_addon};
use crate::resources::attributes;

/// The first driver that tags what the cluster-scoped policy asks for.
const FIRST_SCOPED_DRIVER: DriverVersion = DriverVersion { major: 1, minor: 58, patch: 0 };

/// Checks a configuration.
pub(super) fn validate(config: &Model, diagnostics: &mut Diagnostics) {
    role(config, diagnostics);
    scoped_policy(config, diagnostics);
    storage_class(config, diagnostics);
    classification(config, diagnostics);
}

/// A role of one's own is used as it is.
fn role(config: &Model, diagnostics: &mut Diagnostics) {
    if !config.role_arn.is_value() {
        return;
    }
    let keys = matches!(&config.kms_key_arns, Value::Value(keys) if !keys.is_empty());
    let excluded = [
        ("role_name", config.role_name.is_value()),
        ("managed_policy", config.managed_policy.is_value()),
        ("kms_key_arns", keys),
    ];
    for (attribute, given) in excluded {
        if given {
            diagnostics.add_error(invalid_combination(
                AttributePath::new(attribute),
                format!(
                    "{attribute} is for the role that this makes; role_arn names one of your own, \
                     which is used as it is. Remove one of the two."
                ),
            ));
        }
    }
}

fn driver(config: &Model) -> Option<DriverVersion> {
    let version = match &config.addon_version {
        Value::Value(version) => version,
        Value::Null => PLATFORM.addon_version,
        Value::Unknown => return None,
    };
    driver_of_addon(version).ok()
}

fn scoped_policy(config: &Model, diagnostics: &mut Diagnostics) {
    let scoped = config.managed_policy == Value::Value("EKSClusterScoped".to_owned());
    if let (true, Some(driver)) = (scoped, driver(config))
        && driver < FIRST_SCOPED_DRIVER
    {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("managed_policy"),
            format!(
                "managed_policy = \"EKSClusterScoped\" needs driver {FIRST_SCOPED_DRIVER} or newer, \
                 which tags volumes with their cluster; the driver of addon_version is {driver}. \
                 Raise addon_version, or use \"V2\"."
            ),
        ));
    }
}

fn storage_class(config: &Model, diagnostics: &mut Diagnostics) {
    let Value::Value(class) = &config.storage_class else { return };
    let path = |name: &'static str| AttributePath::new("storage_class").attribute(name);
    if class.iops.is_value() && class.iops_per_gb.is_value() {
        diagnostics.add_error(invalid_combination(
            path("iops_per_gb"),
            "iops and iops_per_gb of the StorageClass exclude each other. Remove one of the two.",
        ));
        return;
    }
    // What a single attribute may hold is told by its own rule.
    let Some(known) = manifest::known(&with_defaults(class)) else { return };
    let Some(driver) = driver(config) else { return };
    let Err(problem) = known.check(driver) else { return };
    let attribute = match &problem {
        ManifestProblem::Gp3(_) => "throughput",
        ManifestProblem::CappedIops { .. } => "iops",
        ManifestProblem::KeyWithoutEncryption { .. } => "kms_key_arn",
        ManifestProblem::VolumeTag { .. } => "tags",
        _ => return,
    };
    diagnostics.add_error(diagnostic(
        "Invalid StorageClass",
        format!("storage_class: {problem}."),
        path(attribute),
    ));
}

/// The class as it will be planned.
fn with_defaults(class: &StorageClass) -> StorageClass {
    fn or<T: Clone>(value: &Value<T>, default: T) -> Value<T> {
        if value.is_null() { Value::Value(default) } else { value.clone() }
    }
    let platform = PLATFORM.storage_class;
    let text = |value: &Value<String>, default: &str| or(value, default.to_owned());
    let planned = StorageClass {
        name: text(&class.name, platform.name),
        provisioner: text(&class.provisioner, platform.provisioner),
        fs_type: text(&class.fs_type, platform.fs_type),
        throughput: or(&class.throughput, i64::from(platform.throughput)),
        encrypted: or(&class.encrypted, platform.encrypted),
        volume_binding_mode: text(&class.volume_binding_mode, platform.volume_binding_mode),
        reclaim_policy: text(&class.reclaim_policy, platform.reclaim_policy),
        allow_volume_expansion: or(&class.allow_volume_expansion, platform.allow_volume_expansion),
        is_default: or(&class.is_default, platform.is_default),
        ..class.clone()
    };
    let iops = manifest::planned_iops(&class.iops, &class.iops_per_gb);
    StorageClass { iops, ..planned }
}

fn classification(config: &Model, diagnostics: &mut Diagnostics) {
    let class = match &config.storage_class {
        Value::Unknown => return,
        Value::Null => StorageClass::default(),
        Value::Value(class) => class.clone(),
    };
    let encrypted = match class.encrypted {
        Value::Unknown => None,
        Value::Null => Some(PLATFORM.storage_class.encrypted),
        Value::Value(encrypted) => Some(encrypted),
    };
    let key = (!class.kms_key_arn.is_unknown()).then(|| class.kms_key_arn.is_value());
    let protection = Protection {
        at_rest: encrypted.map(|on| Setting { attribute: "storage_class.encrypted", on }),
        customer_key: key.map(|on| Setting { attribute: "storage_class.kms_key_arn", on }),
        ..Protection::default()
    };
    attributes::check_classification(&config.data_classification, &protection, diagnostics);
}
