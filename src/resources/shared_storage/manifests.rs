//! What `officeless_shared_storage` renders for Kubernetes: pure functions of the model.

use std::collections::BTreeMap;

use super::model::{Model, StorageClass};
use crate::framework::value::{StringMap, Value, known_map, string_map};
use crate::platform::kubernetes::{
    EfsPersistentVolume, EfsStorageClass, ManifestProblem, VolumeHandle, driver_for_chart,
};

/// Capacity of a static volume: Kubernetes requires one, EFS ignores it.
const NOMINAL_CAPACITY: &str = "5Gi";

/// The StorageClass; unknown while something of it is.
pub(super) fn storage_class(model: &Model) -> Result<Value<String>, ManifestProblem> {
    let (Value::Value(id), Some(class), Value::Value(chart)) =
        (&model.id, known_class(&model.storage_class), &model.csi_chart_version)
    else {
        return Ok(Value::Unknown);
    };
    let driver = driver_for_chart(chart)?.version;
    let class = EfsStorageClass { file_system_id: id.clone(), ..class };
    class.render(driver).map(Value::Value)
}

/// Checks the StorageClass before there is a file system: parameters the driver lacks.
pub(super) fn check_storage_class(model: &Model) -> Result<(), ManifestProblem> {
    match (known_class(&model.storage_class), &model.csi_chart_version) {
        (Some(class), Value::Value(chart)) => class.check(driver_for_chart(chart)?.version),
        _ => Ok(()),
    }
}

/// A PersistentVolume for each access point; unknown while an id is.
pub(super) fn persistent_volumes(model: &Model) -> Result<Value<StringMap>, ManifestProblem> {
    let (Value::Value(id), Value::Value(name), Value::Value(class)) =
        (&model.id, &model.name, &model.storage_class)
    else {
        return Ok(Value::Unknown);
    };
    let (Some(ids), Value::Value(class_name)) = (known_map(&model.access_point_ids), &class.name)
    else {
        return Ok(Value::Unknown);
    };
    if model.access_point_ids.is_null() {
        return Ok(Value::Unknown);
    }
    let mut manifests = BTreeMap::new();
    for (key, access_point_id) in ids {
        let volume = EfsPersistentVolume {
            name: dns_name(&format!("{name}-{key}")),
            storage_class_name: class_name.clone(),
            capacity: NOMINAL_CAPACITY.to_owned(),
            mount_options: vec!["tls".to_owned(), "iam".to_owned()],
            reclaim_policy: "Retain".to_owned(),
            volume_handle: VolumeHandle::access_point(id, &access_point_id),
        };
        manifests.insert(key, volume.render()?);
    }
    Ok(string_map(&manifests))
}

/// A text as Kubernetes takes it for a name.
fn dns_name(text: &str) -> String {
    let clean: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(253)
        .collect();
    clean.trim_matches('-').to_owned()
}

fn known_class(class: &Value<StorageClass>) -> Option<EfsStorageClass> {
    let Value::Value(class) = class else { return None };
    let StorageClass {
        name,
        directory_perms,
        mount_options,
        uid,
        gid,
        gid_range_start,
        gid_range_end,
        base_path,
        sub_path_pattern,
        ensure_unique_directory,
        reuse_access_point,
        reclaim_policy,
        volume_binding_mode,
    } = class;
    let id = |value: &Value<i64>| match value {
        Value::Value(id) => Some(u32::try_from(*id).ok()),
        Value::Null => Some(None),
        Value::Unknown => None,
    };
    let mut options = Vec::new();
    if let Value::Value(list) = mount_options {
        for option in list {
            options.push(known(option)??);
        }
    }
    Some(EfsStorageClass {
        name: known(name)??,
        // Rendered only once it is known; `check` does not look at it.
        file_system_id: String::new(),
        directory_perms: known(directory_perms)??,
        mount_options: options,
        uid: id(uid)?,
        gid: id(gid)?,
        gid_range_start: id(gid_range_start)?,
        gid_range_end: id(gid_range_end)?,
        base_path: known(base_path)?,
        sub_path_pattern: known(sub_path_pattern)?,
        ensure_unique_directory: known(ensure_unique_directory)?,
        reuse_access_point: known(reuse_access_point)?,
        reclaim_policy: known(reclaim_policy)??,
        volume_binding_mode: known(volume_binding_mode)??,
        additional_parameters: BTreeMap::new(),
    })
}

/// `None` for unknown, `Some(None)` for null.
#[allow(clippy::option_option, reason = "`?` tells the two apart: unknown ends it, null passes")]
fn known<T: Clone>(value: &Value<T>) -> Option<Option<T>> {
    match value {
        Value::Unknown => None,
        Value::Null => Some(None),
        Value::Value(value) => Some(Some(value.clone())),
    }
}
