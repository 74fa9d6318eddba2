//! Rules between arguments of the provider block. Unknown values break none: the block is looked at
//! again once they are known.

use std::collections::BTreeSet;

use crate::framework::diagnostic::{diagnostic, invalid_combination, invalid_value};
use crate::framework::value::{AttributePath, Diagnostics, Dynamic, Value};
use crate::platform::tags;

use super::config::{Config, blocks, known, secret, set, text, text_map};
use super::region;

/// Checks the block.
pub(super) fn block(config: &Config, diagnostics: &mut Diagnostics) {
    keys(config, diagnostics);
    accounts(config, diagnostics);
    regions(config, diagnostics);
    web_identity(config, diagnostics);
    default_tags(config, diagnostics);
}

fn keys(config: &Config, diagnostics: &mut Diagnostics) {
    let unknown = [config.secret_key.is_unknown(), config.token.is_unknown()];
    if config.access_key.is_unknown() || unknown.contains(&true) {
        return;
    }
    let access_key = text(&config.access_key).is_some();
    let (secret_key, token) =
        (secret(&config.secret_key).is_some(), secret(&config.token).is_some());
    let (argument, missing) = match (access_key, secret_key, token) {
        (true, false, _) => ("access_key", "secret_key"),
        (false, true, _) => ("secret_key", "access_key"),
        (false, false, true) => ("token", "access_key and secret_key"),
        _ => return,
    };
    diagnostics.add_error(invalid_combination(
        AttributePath::new(argument),
        format!(
            "{argument} is given, and not {missing}: static credentials are used only as a \
             whole. Give all of them in the block, or all of them in the environment."
        ),
    ));
}

fn accounts(config: &Config, diagnostics: &mut Diagnostics) {
    let lists = [
        ("allowed_account_ids", set(&config.allowed_account_ids)),
        ("forbidden_account_ids", set(&config.forbidden_account_ids)),
    ];
    let given: Vec<&str> =
        lists.iter().filter(|(_, ids)| !ids.is_empty()).map(|(name, _)| *name).collect();
    if given.len() == lists.len() {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("forbidden_account_ids"),
            "allowed_account_ids and forbidden_account_ids are both given: with the first, every \
             other account is forbidden already. Remove one of them.",
        ));
    }
    // A guard that silently does not guard is worse than none.
    if known(&config.skip_requesting_account_id) == Some(&true) {
        for name in given.iter().copied() {
            diagnostics.add_error(invalid_combination(
                path_of(name),
                format!(
                    "{name} is given, and skip_requesting_account_id = true leaves the account ID \
                     unknown, so it could not be checked. Remove one of them."
                ),
            ));
        }
    }
}

/// Names here are all static; the path type wants to know.
fn path_of(name: &str) -> AttributePath {
    AttributePath::new(name.to_owned())
}

fn regions(config: &Config, diagnostics: &mut Diagnostics) {
    let skip = match config.skip_region_validation {
        Value::Value(skip) => skip,
        Value::Null => false,
        Value::Unknown => return,
    };
    let allowed = set(&config.allowed_regions);
    let nowhere = BTreeSet::new();
    let candidates =
        [("region", &config.region, &allowed), ("sts_region", &config.sts_region, &nowhere)];
    for (name, value, allowed) in candidates {
        let Some(region) = text(value) else { continue };
        if let Some(rule) = region::refusal(region, allowed, skip) {
            let path = AttributePath::new(name);
            diagnostics.add_error(invalid_value(&path, &Dynamic::from(region), &rule));
        }
    }
    for region in &allowed {
        if let Some(rule) = region::refusal(region, &nowhere, skip) {
            let path = AttributePath::new("allowed_regions");
            diagnostics.add_error(diagnostic(
                "Invalid Attribute Value",
                format!("allowed_regions: {region:?} {rule}."),
                path,
            ));
        }
    }
}

fn web_identity(config: &Config, diagnostics: &mut Diagnostics) {
    let Some(block) = blocks(&config.assume_role_with_web_identity).first() else { return };
    if secret(&block.web_identity_token).is_some() && text(&block.web_identity_token_file).is_some()
    {
        let path = AttributePath::new("assume_role_with_web_identity").index(0);
        diagnostics.add_error(invalid_combination(
            path.attribute("web_identity_token_file"),
            "web_identity_token and web_identity_token_file are both given, and only one token can \
             be used. Remove one of them.",
        ));
    }
}

fn default_tags(config: &Config, diagnostics: &mut Diagnostics) {
    for (index, block) in (0_i64..).zip(blocks(&config.default_tags)) {
        if let Err(problem) = tags::check(&text_map(&block.tags), 0) {
            let path = AttributePath::new("default_tags").index(index).attribute("tags");
            let detail = format!("default_tags: {problem}.");
            diagnostics.add_error(diagnostic("Invalid Default Tags", detail, path));
        }
    }
}

#[cfg(test)]
mod tests;
