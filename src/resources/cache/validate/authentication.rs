//! Rules on tokens and users. Secrets are named by their attribute and never repeated.

use super::{known, parsed, refuse};
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::value::{AttributePath, Diagnostic, Diagnostics, Value};
use crate::platform::auth_token;
use crate::platform::cache::{self, Version};
use crate::platform::defaults::CACHE as PLATFORM;
use crate::resources::cache::model::{Model, User};
use crate::sensitive::Sensitive;

/// The user AWS wants in every group.
const DEFAULT: &str = "default";

pub(super) fn check(config: &Model, diagnostics: &mut Diagnostics) {
    let users = matches!(&config.users, Value::Value(users) if !users.is_empty());
    let groups = matches!(&config.user_group_ids, Value::Value(groups) if !groups.is_empty());
    let token = config.auth_token_wo.is_value();
    token_and_version(config, diagnostics);
    if users && groups {
        refuse(
            "user_group_ids",
            "users makes a user group and user_group_ids names one that exists. Remove one of \
             the two.",
            diagnostics,
        );
    }
    for (attribute, given) in [("users", users), ("user_group_ids", groups)] {
        if given && token {
            refuse(
                "auth_token_wo",
                format!(
                    "A cache knows its clients by a token or by users. Remove {attribute}, or \
                     auth_token_wo and auth_token_wo_version."
                ),
                diagnostics,
            );
        }
    }
    let tls = known(&config.transit_encryption_enabled, PLATFORM.transit_encryption_enabled);
    let given = [("auth_token_wo", token), ("users", users), ("user_group_ids", groups)];
    for (attribute, given) in given {
        if given && tls == Some(false) {
            refuse(
                attribute,
                format!(
                    "{attribute} needs transit_encryption_enabled = true: AWS takes no secrets \
                     over plain connections. Turn it on, or remove {attribute}."
                ),
                diagnostics,
            );
        }
    }
    let Value::Value(users) = &config.users else { return };
    let version = parsed::<Version>(&config.engine_version);
    for (name, user) in users {
        if let Value::Value(user) = user {
            one_user(name, user, version, diagnostics);
        }
    }
}

fn token_and_version(config: &Model, diagnostics: &mut Diagnostics) {
    match (&config.auth_token_wo, &config.auth_token_wo_version) {
        (Value::Value(_), Value::Null) => refuse(
            "auth_token_wo_version",
            "auth_token_wo is never stored, so that a change of it cannot be seen: give \
             auth_token_wo_version too, and raise it with every new token.",
            diagnostics,
        ),
        (Value::Null, Value::Value(_)) => refuse(
            "auth_token_wo",
            "auth_token_wo_version says when auth_token_wo changed, and there is none. Give \
             auth_token_wo, or remove auth_token_wo_version.",
            diagnostics,
        ),
        _ => {}
    }
    if let Value::Value(token) = &config.auth_token_wo
        && let Some(refusal) = token_refusal(token)
    {
        diagnostics.add_error(refusal);
    }
}

/// Why this token cannot be used, without the token.
pub(in crate::resources::cache) fn token_refusal(token: &Sensitive) -> Option<Diagnostic> {
    let problem = auth_token::check(token.expose()).err()?;
    Some(diagnostic(
        "Invalid Attribute Value",
        format!("auth_token_wo: {problem}."),
        AttributePath::new("auth_token_wo"),
    ))
}

/// Why these passwords cannot be used, without the passwords; with the path of each.
pub(in crate::resources::cache) fn password_problems(name: &str, user: &User) -> Vec<Diagnostic> {
    let Value::Value(passwords) = &user.passwords_wo else { return Vec::new() };
    let path = user_path(name).attribute("passwords_wo");
    let refuse = |path: AttributePath, rule: String| {
        diagnostic(
            "Invalid Attribute Value",
            format!("users[{name:?}].passwords_wo: {rule}."),
            path,
        )
    };
    if !(1..=2).contains(&passwords.len()) {
        let rule = format!("a user has one or two passwords, and here are {}", passwords.len());
        return vec![refuse(path, rule)];
    }
    let judged = (0_i64..).zip(passwords).filter_map(|(index, password)| match password {
        Value::Value(password) => {
            let rule = cache::password_problem(password.expose())?;
            Some(refuse(path.clone().index(index), format!("password {} {rule}", index + 1)))
        }
        Value::Null => {
            let rule = format!("password {} is null; give it a value", index + 1);
            Some(refuse(path.clone().index(index), rule))
        }
        Value::Unknown => None,
    });
    judged.collect()
}

fn user_path(name: &str) -> AttributePath {
    AttributePath::new("users").key(name.to_owned())
}

fn one_user(name: &str, user: &User, version: Option<Version>, diagnostics: &mut Diagnostics) {
    let path = |attribute: &'static str| user_path(name).attribute(attribute);
    let mut refuse = |attribute: &'static str, rule: String| {
        diagnostics.add_error(invalid_combination(path(attribute), rule));
    };
    let at = format!("users[{name:?}]");
    match (&user.passwords_wo, &user.passwords_wo_version) {
        (Value::Value(_), Value::Null) => refuse(
            "passwords_wo_version",
            format!(
                "{at}: passwords_wo is never stored, so that a change of it cannot be seen: give \
                 passwords_wo_version too, and raise it with every new password."
            ),
        ),
        (Value::Null, Value::Value(_)) => refuse(
            "passwords_wo",
            format!(
                "{at}: passwords_wo_version says when passwords_wo changed, and there is none. \
                 Give passwords_wo, or remove passwords_wo_version."
            ),
        ),
        _ => {}
    }
    match known(&user.authentication, "password".to_owned()).as_deref() {
        Some("password") if user.passwords_wo.is_null() && user.passwords_wo_version.is_null() => {
            refuse(
                "passwords_wo",
                format!(
                    "{at} authenticates with a password and has none. Give passwords_wo and \
                     passwords_wo_version, or set authentication = \"iam\"."
                ),
            );
        }
        Some("iam") => {
            if user.passwords_wo.is_value() {
                refuse(
                    "passwords_wo",
                    format!(
                        "{at} authenticates with IAM and takes no password. Remove passwords_wo \
                         and passwords_wo_version, or set authentication = \"password\"."
                    ),
                );
            }
            if let Some(rule) = iam_problem(name) {
                refuse("authentication", format!("{at}: {rule}."));
            }
            if let Some(version) = version.filter(|version| *version < Version::FIRST) {
                refuse(
                    "authentication",
                    format!("{at}: IAM needs Valkey 7.2 or later, and it is {version}."),
                );
            }
        }
        _ => {}
    }
    for refusal in password_problems(name, user) {
        diagnostics.add_error(refusal);
    }
}

/// The id of an IAM user is its name, so that the name must be a possible id.
fn iam_problem(name: &str) -> Option<String> {
    if name == DEFAULT {
        return Some(
            "the default user cannot authenticate with IAM, because AWS keeps the id \"default\" \
             for its own; set authentication = \"password\""
                .to_owned(),
        );
    }
    cache::name_problem(name).map(|rule| {
        format!("the name of an IAM user is its id too, which {rule}; choose another name")
    })
}
