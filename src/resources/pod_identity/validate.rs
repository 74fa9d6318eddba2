//! Rules between the attributes of `officeless_pod_identity`. Unknown values break none.

use super::model::{Model, PresetModel};
use crate::framework::diagnostic::{diagnostic, invalid_combination, invalid_value};
use crate::framework::value::{AttributePath, Diagnostics, Dynamic, Value, known_set};
use crate::platform::policies::{PolicyProblem, Preset, Subject, check_resource};

/// Adds a diagnostic for every rule that `config` breaks.
pub(super) fn validate(config: &Model, diagnostics: &mut Diagnostics) {
    given_role(config, diagnostics);
    session(config, diagnostics);
    if let Value::Value(presets) = &config.presets {
        for (name, grant) in presets {
            let path = AttributePath::new("presets").key(name.clone());
            if let (Some(preset), Value::Value(grant)) = (Preset::parse(name), grant) {
                check_preset(preset, grant, &path, diagnostics);
            }
        }
    }
    if let Some(Err(problem)) = config.policy() {
        diagnostics.add_error(policy_problem(&problem));
    }
}

fn refuse(attribute: &'static str, rule: String, diagnostics: &mut Diagnostics) {
    diagnostics.add_error(invalid_combination(AttributePath::new(attribute), rule));
}

/// What is wrong with the inline policy.
pub(super) fn policy_problem(problem: &PolicyProblem) -> crate::framework::value::Diagnostic {
    diagnostic(
        "Invalid Role Policy",
        format!("Of presets and policy_statements together: {problem}."),
        AttributePath::new("policy_statements"),
    )
}

/// Nothing of a role made elsewhere is changed, so nothing of it may be said.
fn given_role(config: &Model, diagnostics: &mut Diagnostics) {
    if config.role_arn.is_null() {
        return;
    }
    let said = [
        ("role_name", config.role_name.is_value()),
        ("path", config.path.is_value()),
        ("permissions_boundary_arn", config.permissions_boundary_arn.is_value()),
        ("max_session_duration", config.max_session_duration.is_value()),
        ("policy_statements", config.policy_statements.is_value()),
        ("policy_arns", config.policy_arns.is_value()),
        ("presets", config.presets.is_value()),
        ("condition_session_tags", config.condition_session_tags.is_value()),
    ];
    for (attribute, _) in said.into_iter().filter(|(_, said)| *said) {
        refuse(
            attribute,
            format!(
                "role_arn names a role that was made elsewhere, of which nothing is changed. Remove \
                 {attribute}, or remove role_arn to have a role made here."
            ),
            diagnostics,
        );
    }
}

fn session(config: &Model, diagnostics: &mut Diagnostics) {
    let disabled = match &config.disable_session_tags {
        Value::Unknown => return,
        value => *value == Value::Value(true),
    };
    if config.session_policy.is_value() && !disabled {
        refuse(
            "session_policy",
            "EKS takes a session policy only for sessions without tags. Set disable_session_tags = \
             true, or remove session_policy."
                .to_owned(),
            diagnostics,
        );
    }
    if config.condition_session_tags == Value::Value(true) && disabled {
        refuse(
            "condition_session_tags",
            "With disable_session_tags = true sessions carry no tags, so a trust policy limited by \
             them would let nobody in. Remove one of the two."
                .to_owned(),
            diagnostics,
        );
    }
}

fn check_preset(
    preset: Preset,
    grant: &PresetModel,
    path: &AttributePath,
    diagnostics: &mut Diagnostics,
) {
    let subject = preset.subject();
    let name = preset.as_str();
    let at = |attribute: &'static str| path.clone().attribute(attribute);
    if let Some(resources) = known_set(&grant.resources) {
        let needed = !matches!(subject, Subject::AnyFileSystems | Subject::Tagged);
        if needed && resources.is_empty() {
            diagnostics.add_error(invalid_combination(
                at("resources"),
                format!("The preset {name} needs resources: the ARNs it is granted on."),
            ));
        }
        for arn in &resources {
            if let Err(rule) = check_resource(subject, arn) {
                let value = Dynamic::from(arn.as_str());
                diagnostics.add_error(invalid_value(&at("resources"), &value, rule));
            }
        }
    }
    let files = matches!(subject, Subject::FileSystems | Subject::AnyFileSystems);
    if files && known_set(&grant.kms_key_arns).is_some_and(|keys| !keys.is_empty()) {
        diagnostics.add_error(invalid_combination(
            at("kms_key_arns"),
            format!(
                "EFS itself uses the key of a file system, so the preset {name} needs none. Remove \
                 kms_key_arns."
            ),
        ));
    }
    if grant.allow_root_access == Value::Value(true) && preset != Preset::EfsClient {
        diagnostics.add_error(invalid_combination(
            at("allow_root_access"),
            format!("allow_root_access is of the preset efs_client. Remove it from {name}."),
        ));
    }
}
