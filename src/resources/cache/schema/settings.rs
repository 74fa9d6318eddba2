//! Who may connect, and how the engine is run: users, parameters, scaling, snapshots, windows.

use super::parsed;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Type};
use crate::framework::value::Dynamic;
use crate::platform::cache::{self, DailyWindow, WeeklyWindow};
use crate::platform::defaults::CACHE as PLATFORM;

/// Kinds of logs.
pub(in crate::resources::cache) const LOG_TYPES: &[&str] = &["engine-log", "slow-log"];

pub(super) fn authentication() -> Vec<Attribute> {
    vec![
        Attribute::string("auth_token_wo").write_only().sensitive().describe(
            "Token every client authenticates with: 16 to 128 letters, digits and `! & # $ ^ < > \
             -`. Write-only: it is never stored. Needs `auth_token_wo_version` and \
             `transit_encryption_enabled`, and excludes `users`.",
        ),
        Attribute::number("auth_token_wo_version").check(Check::range(0, i64::MAX)).describe(
            "Number that says when the token changed: raise it together with a new \
             `auth_token_wo`, whose value cannot be compared.",
        ),
        Attribute::string("auth_token_update_strategy")
            .default(PLATFORM.auth_token_update_strategy)
            .check(Check::one_of(&["ROTATE", "SET", "ROTATE_AND_SET"]))
            .describe(
                "How a new token takes over. `ROTATE`: the former token stays valid beside it. \
                 `SET`: only the new one is valid, after a `ROTATE` to it. `ROTATE_AND_SET`: both, \
                 one after the other. When `users` take over from a token, it is deleted.",
            ),
        users(),
        Attribute::strings("user_group_ids").check(Check::items(0, 1)).describe(
            "Id of a user group made elsewhere, in place of `users`; AWS attaches at most one.",
        ),
    ]
}

fn users() -> Attribute {
    let members = vec![
        Attribute::string("access_string")
            .required()
            .check(Check::text(access_string).untold())
            .describe(
                "What the user may do, as Valkey's ACL says it, such as `on ~app:* +@read`. \
                 Passwords do not belong here.",
            ),
        Attribute::string("authentication")
            .default("password")
            .check(Check::one_of(&["password", "iam"]))
            .describe(
                "`password`, or `iam` for 15-minute tokens signed by an IAM identity that may \
                 `elasticache:Connect`.",
            ),
        Attribute::of("passwords_wo", Type::list(Type::String)).write_only().sensitive().describe(
            "One password, or two while clients change from one to the other, each of 16 to \
                 128 printable characters. Write-only: they are never stored. Needs \
                 `passwords_wo_version`.",
        ),
        Attribute::number("passwords_wo_version").check(Check::range(0, i64::MAX)).describe(
            "Number that says when the passwords changed: raise it together with new ones.",
        ),
    ];
    Attribute::objects("users", members)
        .check(Check::items(0, 100))
        .check(Check::new(user_names))
        .describe(
            "Users by name, in place of a token (RBAC). AWS wants a user named `default` in every \
         group: unless one is given here, a disabled one that may do nothing is made. Needs \
         `transit_encryption_enabled`, which takes effect first. Names and ids of users are \
         unique in an account for `iam`.",
        )
}

fn user_names(value: &Dynamic) -> Result<(), String> {
    let Dynamic::Map(users) = value else { return Ok(()) };
    for name in users.keys() {
        let good = (1..=120).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
        if !good {
            return Err(format!(
                "the user name {name:?} must be 1 to 120 printable characters without spaces"
            ));
        }
    }
    Ok(())
}

/// What AWS refuses in an access string.
fn access_string(text: &str) -> Result<(), String> {
    let rules: Vec<&str> = text.split_whitespace().collect();
    if rules.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if rules.iter().any(|rule| rule.starts_with(['>', '<', '#'])) || rules.contains(&"nopass") {
        return Err("must not hold passwords: give them as passwords_wo".to_owned());
    }
    if rules.contains(&"reset") {
        return Err("must not hold reset, which AWS keeps for itself".to_owned());
    }
    Ok(())
}

pub(super) fn engine() -> Vec<Attribute> {
    vec![
        Attribute::string_map("parameters")
            .check(Check::new(parameters))
            .default_text("AWS's default parameter group")
            .describe(
                "Parameters that depart from AWS's defaults, such as `maxmemory-policy = \
                 \"allkeys-lru\"`: kept in a parameter group of the cache's own, whose family \
                 follows `engine_version`. Without any, AWS's default group is used.",
            ),
        Attribute::string("durability")
            .default("default")
            .check(Check::one_of(&["default", "async", "sync", "disabled"]))
            .describe("How writes are kept across the loss of nodes; Valkey 9.0 and later."),
    ]
}

fn parameters(value: &Dynamic) -> Result<(), String> {
    let Dynamic::Map(parameters) = value else { return Ok(()) };
    if parameters.contains_key("cluster-enabled") {
        return Err("cluster-enabled follows cluster_mode; remove it here".to_owned());
    }
    Ok(())
}

pub(super) fn autoscaling() -> Attribute {
    let (lowest, highest) = cache::TARGET_RANGE;
    let members = vec![
        Attribute::string("dimension")
            .required()
            .check(Check::one_of(&["NodeGroups", "Replicas"]))
            .describe("What is scaled: shards or the replicas of each shard."),
        Attribute::string("metric")
            .or_computed()
            .check(Check::one_of(cache::METRICS))
            .default_text("processor load of the primaries, or of the replicas")
            .describe(
                "What is measured. Replicas follow `ElastiCacheReplicaEngineCPUUtilization`, \
                 shards any of the others.",
            ),
        Attribute::number("target_value")
            .required()
            .check(Check::new(target))
            .describe(format!("Percentage to keep the metric at, from {lowest} to {highest}.")),
        Attribute::number("min").required().check(Check::range(0, 500)).describe("Fewest of them."),
        Attribute::number("max").required().check(Check::range(0, 500)).describe("Most of them."),
        cooldown("scale_in_cooldown", "Seconds to wait after one was removed."),
        cooldown("scale_out_cooldown", "Seconds to wait after one was added."),
        Attribute::bool("disable_scale_in")
            .default(false)
            .describe("Whether none is ever removed automatically."),
    ];
    Attribute::object("autoscaling", members).describe(
        "Lets AWS change the number of shards or replicas between two bounds. The count it changes \
         must then not be set here, and is no drift. Needs `cluster_mode = \"enabled\"` and nodes \
         of size `large` to `2xlarge` of the families AWS scales.",
    )
}

fn cooldown(name: &'static str, what: &'static str) -> Attribute {
    Attribute::number(name).default(cache::COOLDOWN).check(Check::range(0, 86_400)).describe(what)
}

fn target(value: &Dynamic) -> Result<(), String> {
    let (lowest, highest) = cache::TARGET_RANGE;
    match value {
        Dynamic::Number(number) => match number.as_f64() {
            #[allow(clippy::cast_precision_loss, reason = "two digits")]
            Some(number) if (lowest as f64..=highest as f64).contains(&number) => Ok(()),
            _ => Err(format!("must be from {lowest} to {highest} percent")),
        },
        _ => Ok(()),
    }
}

pub(super) fn snapshots() -> Vec<Attribute> {
    vec![
        Attribute::number("snapshot_retention_limit")
            .default(i64::from(PLATFORM.snapshot_retention_limit))
            .check(Check::range(0, 35))
            .describe("Days a daily snapshot is kept; 0 takes none."),
        Attribute::string("snapshot_window")
            .or_computed()
            .check(parsed::<DailyWindow>())
            .default_text("chosen by AWS")
            .describe(
                "When the daily snapshot is taken, in UTC, such as `03:00-04:00`: at least an \
                 hour, outside `maintenance_window`.",
            ),
        Attribute::string("final_snapshot_identifier")
            .check(Check::pattern(
                "^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$",
                "must be letters, digits and hyphens, beginning with a letter and not ending with \
                 a hyphen",
            ))
            .check(Check::length(1, 255))
            .describe(
                "Name of a last snapshot that is taken when the cache is destroyed or replaced. \
                 Without it no snapshot is taken then.",
            ),
        Attribute::string("snapshot_name").describe(
            "Snapshot the cache starts from. Changing it replaces the cache; removing it does not.",
        ),
        Attribute::strings("snapshot_arns")
            .check(Check::each(Check::pattern(
                "^arn:[^:]+:s3:::.+/.+$",
                "must be the ARN of an object in S3, such as arn:aws:s3:::bucket/backup.rdb",
            )))
            .describe(
                "RDB files in S3 the cache starts from. Changing them replaces the cache; removing \
                 them does not.",
            ),
    ]
}

pub(super) fn operation() -> Vec<Attribute> {
    let log = vec![
        Attribute::string("destination_type")
            .required()
            .check(Check::one_of(&["cloudwatch-logs", "kinesis-firehose"]))
            .describe("Kind of the destination."),
        Attribute::string("destination")
            .required()
            .check(Check::length(1, 512))
            .describe("Name of the log group or of the delivery stream."),
        Attribute::string("format")
            .default("json")
            .check(Check::one_of(&["json", "text"]))
            .describe("Form of each record."),
    ];
    vec![
        Attribute::string("maintenance_window")
            .or_computed()
            .check(parsed::<WeeklyWindow>())
            .default_text("chosen by AWS")
            .describe(
                "When AWS may interrupt for patches and waiting changes, in UTC, such as \
                 `sun:05:00-sun:06:00`.",
            ),
        Attribute::bool("auto_minor_version_upgrade")
            .default(PLATFORM.auto_minor_version_upgrade)
            .describe("Whether patches are installed in the maintenance window."),
        Attribute::bool("apply_immediately").default(PLATFORM.apply_immediately).describe(
            "Whether changes of `node_type`, `engine_version` and other settings that interrupt \
             are made at once; otherwise they wait for `maintenance_window`, and apply does not \
             wait for them. Shards, replicas, tokens, users, TLS and the cluster mode are always \
             changed at once, because AWS takes them in no other way.",
        ),
        Attribute::objects("log_delivery", log)
            .check(Check::keys(LOG_TYPES))
            .describe("Where logs go, by kind: `slow-log` and `engine-log`."),
        Attribute::string("notification_topic_arn")
            .check(Check::pattern(
                "^arn:[^:]+:sns:[^:]+:[0-9]{12}:.+$",
                "must be the ARN of an SNS topic",
            ))
            .describe("SNS topic that is told of events of the cache."),
    ]
}
