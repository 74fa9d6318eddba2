//! The StorageClass that `officeless_block_storage` renders: pure functions of the model.

use super::model::{Model, StorageClass};
use crate::framework::value::{Value, known_map, known_set};
use crate::platform::defaults::BLOCK_STORAGE as PLATFORM;
use crate::platform::kubernetes::{EbsStorageClass, ManifestProblem, driver_of_addon};

/// The manifest; unknown while something of it is.
pub(super) fn render(model: &Model) -> Result<Value<String>, ManifestProblem> {
    let (Value::Value(class), Value::Value(version)) = (&model.storage_class, &model.addon_version)
    else {
        return Ok(Value::Unknown);
    };
    let Some(class) = known(class) else { return Ok(Value::Unknown) };
    class.render(driver_of_addon(version)?).map(Value::Value)
}

/// What is worth a warning though Kubernetes takes it.
pub(super) fn warning(model: &Model) -> Option<String> {
    known(model.storage_class.as_ref().as_option()?)?.warning()
}

/// IOPS that configuration leaves out: the platform's, unless they follow the size.
pub(super) fn planned_iops(iops: &Value<i64>, iops_per_gb: &Value<i64>) -> Value<i64> {
    match (iops, iops_per_gb) {
        (Value::Null, Value::Null) => Value::Value(i64::from(PLATFORM.storage_class.iops)),
        (Value::Null, Value::Unknown) => Value::Unknown,
        _ => *iops,
    }
}

/// The class as the platform knows it; `None` while something of it is unknown or missing.
pub(super) fn known(class: &StorageClass) -> Option<EbsStorageClass> {
    let text = |value: &Value<String>| value.clone().as_option();
    let unknown =
        class.iops.is_unknown() || class.iops_per_gb.is_unknown() || class.kms_key_arn.is_unknown();
    if unknown {
        return None;
    }
    Some(EbsStorageClass {
        name: text(&class.name)?,
        provisioner: text(&class.provisioner)?,
        fs_type: text(&class.fs_type)?,
        iops: class.iops.as_option(),
        iops_per_gb: class.iops_per_gb.as_option(),
        throughput: class.throughput.as_option()?,
        encrypted: class.encrypted.as_option()?,
        kms_key_arn: text(&class.kms_key_arn),
        volume_binding_mode: text(&class.volume_binding_mode)?,
        reclaim_policy: text(&class.reclaim_policy)?,
        allow_volume_expansion: class.allow_volume_expansion.as_option()?,
        is_default: class.is_default.as_option()?,
        allowed_zones: known_set(&class.allowed_zones)?.into_iter().collect(),
        tags: known_map(&class.tags)?,
    })
}

/// Whether Kubernetes would have to delete and make the class again: all but two of its fields are
/// fixed, and these two only in part.
pub(super) fn needs_recreation(before: &StorageClass, after: &StorageClass) -> bool {
    let kept = |class: &StorageClass| StorageClass {
        allow_volume_expansion: Value::Null,
        is_default: Value::Null,
        allowed_zones: match &class.allowed_zones {
            Value::Value(zones) if zones.is_empty() => Value::Null,
            zones => zones.clone(),
        },
        ..class.clone()
    };
    before.name == after.name && kept(before) != kept(after)
}
