//! What `officeless_block_volume` renders for Kubernetes: pure functions of the model.

use super::model::{Model, PersistentVolume};
use crate::framework::value::Value;
use crate::platform::kubernetes::{ClaimName, EbsPersistentVolume, ManifestProblem};

/// The PersistentVolume and its claim; unknown while something of them is.
pub(super) fn render(model: &Model) -> Result<[Value<String>; 2], ManifestProblem> {
    let Some(volume) = known(model) else { return Ok([Value::Unknown, Value::Unknown]) };
    let Value::Value(id) = &model.id else {
        volume.check()?;
        return Ok([Value::Unknown, volume.render_claim()?.into()]);
    };
    let volume = EbsPersistentVolume { volume_id: id.clone(), ..volume };
    Ok([Value::Value(volume.render()?), volume.render_claim()?.into()])
}

/// Everything but the id; `None` while something is unknown.
fn known(model: &Model) -> Option<EbsPersistentVolume> {
    let Value::Value(PersistentVolume {
        name,
        storage_class_name,
        reclaim_policy,
        claim_namespace,
        claim_name,
    }) = &model.persistent_volume
    else {
        return None;
    };
    let text = |value: &Value<String>| value.clone().as_option();
    Some(EbsPersistentVolume {
        name: text(name)?,
        storage_class_name: text(storage_class_name)?,
        size: model.size.as_option()?,
        reclaim_policy: text(reclaim_policy)?,
        volume_id: String::new(),
        fs_type: text(&model.fs_type)?,
        availability_zone: text(&model.availability_zone)?,
        claim: Some(ClaimName { namespace: text(claim_namespace)?, name: text(claim_name)? }),
    })
}

/// Gives the names in Kubernetes that configuration leaves out.
pub(super) fn name_by_volume(config: Option<&PersistentVolume>, planned: &mut Model) {
    let volume_name = planned.name.clone();
    let Value::Value(planned) = &mut planned.persistent_volume else { return };
    if config.is_none_or(|config| config.name.is_null()) {
        planned.name = volume_name;
    }
    if config.is_none_or(|config| config.claim_name.is_null()) {
        planned.claim_name = planned.name.clone();
    }
}
