//! Rules of `officeless_block_volume` that need nothing of AWS: the ratios of gp3, what excludes
//! what, the floors of the classification.

use super::model::Model;
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::value::{AttributePath, Diagnostics, Value};
use crate::platform::classification::{Protection, Setting};
use crate::platform::defaults::BLOCK_VOLUME as PLATFORM;
use crate::platform::gp3::{self, Gp3Problem};
use crate::platform::naming::{self, Form};
use crate::resources::attributes;

/// Checks a configuration.
pub(super) fn validate(config: &Model, diagnostics: &mut Diagnostics) {
    performance(config, diagnostics);
    data(config, diagnostics);
    kubernetes(config, diagnostics);
    attributes::check_backup_plan(&config.backup_plan, &config.tags, diagnostics);
    let encrypted = match config.encrypted {
        Value::Unknown => None,
        Value::Null => Some(PLATFORM.encrypted),
        Value::Value(encrypted) => Some(encrypted),
    };
    let key = (!config.kms_key_arn.is_unknown()).then(|| config.kms_key_arn.is_value());
    let protection = Protection {
        at_rest: encrypted.map(|on| Setting { attribute: "encrypted", on }),
        customer_key: key.map(|on| Setting { attribute: "kms_key_arn", on }),
        ..Protection::default()
    };
    attributes::check_classification(&config.data_classification, &protection, diagnostics);
}

/// A number as it will be planned; `None` while it is unknown.
fn figure(value: &Value<i64>, default: u32) -> Option<i64> {
    match value {
        Value::Unknown => None,
        Value::Null => Some(i64::from(default)),
        Value::Value(value) => Some(*value),
    }
}

/// The two ratios; each figure alone has a rule of its own.
fn performance(config: &Model, diagnostics: &mut Diagnostics) {
    let size = figure(&config.size, PLATFORM.size);
    let iops = figure(&config.iops, PLATFORM.iops);
    let throughput = figure(&config.throughput, PLATFORM.throughput);
    for problem in gp3::problems(size, iops, throughput) {
        let attribute = match problem {
            Gp3Problem::IopsOfSize { .. } => "iops",
            Gp3Problem::ThroughputOfIops { .. } => "throughput",
            _ => continue,
        };
        diagnostics
            .add_error(invalid_combination(AttributePath::new(attribute), format!("{problem}.")));
    }
}

fn data(config: &Model, diagnostics: &mut Diagnostics) {
    if config.encrypted == Value::Value(false) && config.kms_key_arn.is_value() {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("kms_key_arn"),
            "kms_key_arn needs encrypted = true. Remove one of the two.",
        ));
    }
    if config.volume_initialization_rate.is_value() && config.snapshot_id.is_null() {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("volume_initialization_rate"),
            "volume_initialization_rate is for a volume made from a snapshot. Give snapshot_id, or \
             remove volume_initialization_rate.",
        ));
    }
}

/// The name of the PersistentVolume is the volume's unless given, and must then fit Kubernetes.
fn kubernetes(config: &Model, diagnostics: &mut Diagnostics) {
    let given = match &config.persistent_volume {
        Value::Unknown => return,
        Value::Null => false,
        Value::Value(volume) => !volume.name.is_null(),
    };
    let Value::Value(name) = &config.name else { return };
    if given || name.is_empty() {
        return;
    }
    if let Err(problem) = naming::check(Form::DnsSubdomain, name) {
        diagnostics.add_error(diagnostic(
            "Invalid Attribute Value",
            format!(
                "name is also the name of the PersistentVolume: {problem}. Change it, or give \
                 persistent_volume a name of its own."
            ),
            AttributePath::new("name"),
        ));
    }
}
