//! The attributes of `officeless_backup_plan`. Every default comes from
//! [`crate::platform::defaults`], or is AWS's own where the platform has none.

use std::collections::BTreeSet;

use super::model::Model;
use crate::aws::arn::Arn;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{Dynamic, Object};
use crate::platform::defaults::BACKUP as PLATFORM;
use crate::platform::naming::{self, Form};
use crate::platform::schedule;
use crate::resources::attributes;
use crate::resources::composite::Composite;

/// AWS's own, which it shows where none is given.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html>
const START_WINDOW: i64 = 480;
const COMPLETION_WINDOW: i64 = 10_080;
const TIMEZONE: &str = "Etc/UTC";

/// A hundred years, in days and in minutes: AWS's limits.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html>
const MOST_DAYS: i64 = 36_500;
const MOST_MINUTES: i64 = 52_560_000;

/// The most ARNs of a selection, and the most of them with a wildcard.
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html>
const MOST_ARNS: usize = 500;
const MOST_WILDCARDS: usize = 30;

const DESCRIPTION: &str = include_str!("description.md");

/// The whole schema.
pub(super) fn schema() -> Schema {
    let mut attributes = basics();
    attributes.extend(selection());
    attributes.extend(switches());
    attributes.extend([
        attributes::region(),
        attributes::tags(),
        attributes::tags_all(),
        Model::TIMEOUTS.attribute(),
        attributes::data_classification(),
    ]);
    attributes.extend(outputs());
    Schema { version: 0, description: DESCRIPTION, attributes, blocks: Vec::new() }
}

/// A rule of `platform::naming` on a string.
fn form(form: Form) -> Check {
    Check::text(move |text| naming::check(form, text).map_err(|problem| problem.to_string()))
}

fn days(name: &'static str, what: &'static str) -> Attribute {
    Attribute::number(name).check(Check::range(1, MOST_DAYS)).describe(what)
}

fn basics() -> Vec<Attribute> {
    vec![
        Attribute::string("name")
            .required()
            .replaces()
            .check(Check::pattern(
                "^[a-zA-Z0-9_-]{2,50}$",
                "must be 2 to 50 letters, digits, hyphens and underscores",
            ))
            .describe(
                "Name of the vault and of the plan. Changing it replaces both, with every backup \
                 in the vault.",
            ),
        Attribute::string("kms_key_arn")
            .or_computed()
            .replaces()
            .check(form(Form::KeyArn))
            .default_text("the account's `aws/backup` key")
            .describe(
                "ARN of the KMS key that encrypts the backups of services which AWS Backup manages \
                 in full, such as EFS and S3. Changing it replaces the vault.",
            ),
        Attribute::object_list("rules", rule())
            .default(daily())
            .default_text("one rule, `daily`: at 05:00 UTC, kept for 35 days")
            .check(Check::items(1, 1_000))
            .describe("When backups are made, how long they are kept and where copies go."),
    ]
}

/// The platform's rule.
fn daily() -> Dynamic {
    let members = [
        ("name", Dynamic::from("daily")),
        ("delete_after", Dynamic::from(i64::from(PLATFORM.delete_after_days))),
    ];
    let rule: Object = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Dynamic::List(vec![Dynamic::Map(rule)])
}

fn rule() -> Vec<Attribute> {
    vec![
        Attribute::string("name")
            .required()
            .check(Check::pattern(
                "^[a-zA-Z0-9_.-]{1,50}$",
                "must be 1 to 50 letters, digits, hyphens, underscores and dots",
            ))
            .describe("Name of the rule, unique in the plan."),
        Attribute::string("schedule")
            .default(PLATFORM.schedule)
            .check(Check::text(|text| schedule::check(text).map_err(|problem| problem.to_string())))
            .describe("When backups begin, as a cron expression of AWS; at most hourly."),
        Attribute::string("schedule_timezone")
            .default(TIMEZONE)
            .check(Check::pattern(
                "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
                "must be the name of a time zone such as Etc/UTC or Asia/Jakarta",
            ))
            .describe("Time zone of `schedule`."),
        Attribute::number("start_window")
            .default(START_WINDOW)
            .check(Check::range(60, MOST_MINUTES))
            .describe("Minutes after the schedule within which a backup begins or is given up."),
        Attribute::number("completion_window")
            .default(COMPLETION_WINDOW)
            .check(Check::range(61, MOST_MINUTES))
            .describe(
                "Minutes within which a backup is complete or given up; above `start_window`.",
            ),
        days("delete_after", "Days after which a backup is deleted; never if not given."),
        days(
            "cold_storage_after",
            "Days after which a backup moves to cold storage, where the service has it, for 90 \
             days at least; never if not given.",
        ),
        Attribute::bool("enable_continuous_backup").default(false).describe(
            "Whether backups allow recovery to any point in time. Of the platform's services only \
             S3 does: needs `include_s3`, and `delete_after` of at most 35 days.",
        ),
        Attribute::object_list(
            "copy_actions",
            vec![
                Attribute::string("destination_vault_arn")
                    .required()
                    .check(Check::text(vault_arn))
                    .describe(
                        "ARN of the vault that gets the copy, in one of the provider's \
                         `allowed_regions`.",
                    ),
                days("delete_after", "Days after which the copy is deleted; never if not given."),
                days(
                    "cold_storage_after",
                    "Days after which the copy moves to cold storage; never if not given.",
                ),
            ],
        )
        .describe("Copies of each backup in other vaults."),
        Attribute::string_map("recovery_point_tags").describe("Tags of the backups."),
    ]
}

fn vault_arn(text: &str) -> Result<(), String> {
    let is_vault = text.parse::<Arn>().is_ok_and(|arn| {
        arn.service == "backup"
            && !arn.region.is_empty()
            && arn.resource.strip_prefix("backup-vault:").is_some_and(|name| !name.is_empty())
    });
    let rule = "must be the ARN of a backup vault, such as \
                arn:aws:backup:eu-west-1:123456789012:backup-vault:copies";
    if is_vault { Ok(()) } else { Err(rule.to_owned()) }
}

fn selection() -> Vec<Attribute> {
    vec![
        Attribute::strings("resources")
            .default(Dynamic::List(Vec::new()))
            .check(Check::new(resources))
            .describe(
                "ARNs of what is backed up, with or without a wildcard, beside what \
                 `selection_tags` choose. At most 500, of them 30 with a wildcard.",
            ),
        Attribute::string_map("selection_tags")
            .or_computed()
            .default_text("`officeless:backup` with the plan's name")
            .check(Check::items(0, 30))
            .describe(
                "Tags by which objects are chosen: any one of them is enough. `{}` chooses by \
                 `resources` alone.",
            ),
    ]
}

fn resources(value: &Dynamic) -> Result<(), String> {
    let Dynamic::List(items) = value else { return Ok(()) };
    let texts: BTreeSet<&str> = items
        .iter()
        .filter_map(|item| match item {
            Dynamic::String(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if let Some(text) = texts.iter().find(|text| **text != "*" && text.parse::<Arn>().is_err()) {
        return Err(format!("{text:?} must be an ARN, or * for everything"));
    }
    let wildcards = texts.iter().filter(|text| text.contains('*')).count();
    if items.len() > MOST_ARNS {
        return Err(format!("must have at most {MOST_ARNS} ARNs, and has {}", items.len()));
    }
    if wildcards > MOST_WILDCARDS {
        return Err(format!(
            "must have at most {MOST_WILDCARDS} ARNs with a wildcard, and has {wildcards}"
        ));
    }
    Ok(())
}

fn switches() -> Vec<Attribute> {
    vec![
        Attribute::bool("include_s3").default(false).describe(
            "Whether buckets are backed up: gives the created role the rights for it, and checks \
             that the region is opted in for S3 and that the buckets among `resources` have \
             versioning.",
        ),
        Attribute::bool("manage_region_settings").default(false).describe(
            "Whether to opt the region in for S3 when `include_s3` needs it. That changes the \
             region for the whole account, and stays when the plan is destroyed.",
        ),
        Attribute::string("role_arn")
            .or_computed()
            .check(form(Form::RoleArn))
            .default_text("a role made for this plan")
            .describe(
                "IAM role that AWS Backup assumes. A role made by this resource stays until it is \
                 destroyed, because old backups need it to be deleted.",
            ),
        Attribute::object(
            "vault_lock",
            vec![
                days("min_retention_days", "Shortest retention the vault takes."),
                days("max_retention_days", "Longest retention the vault takes."),
                Attribute::number("changeable_for_days")
                    .check(Check::range(3, MOST_DAYS))
                    .describe(
                        "Makes it a lock in compliance mode: after so many days, at least 3, \
                         nobody can change or remove it, AWS included. Without it the lock is in \
                         governance mode.",
                    ),
            ],
        )
        .describe(
            "Protects every backup in the vault from being deleted or shortened before its \
             retention ends.",
        ),
        Attribute::bool("force_destroy").default(false).describe(
            "Whether destroying deletes the backups in the vault. It has to be applied before it \
             counts.",
        ),
    ]
}

fn outputs() -> Vec<Attribute> {
    let planned = |name: &'static str, what: &'static str| {
        Attribute::string(name).computed().planned().describe(what)
    };
    let [status, status_reason] = attributes::status();
    vec![
        attributes::id("Name of the vault."),
        attributes::arn("ARN of the vault."),
        status,
        status_reason,
        Attribute::string("vault_arn").computed().stable().describe("ARN of the vault."),
        planned("vault_name", "Name of the vault."),
        planned("plan_id", "Id of the plan."),
        planned("plan_version", "Version of the plan; each change of the rules makes another."),
        planned("plan_arn", "ARN of the plan."),
        planned("selection_id", "Id of the selection; each change of it makes another."),
        Attribute::number("recovery_points")
            .computed()
            .planned()
            .describe("How many backups the vault holds, as AWS counts them."),
        Attribute::bool("locked")
            .computed()
            .planned()
            .describe("Whether a lock protects the backups in the vault."),
        planned(
            "lock_date",
            "From when on nobody can change a lock in compliance mode, RFC 3339; null otherwise.",
        ),
    ]
}
