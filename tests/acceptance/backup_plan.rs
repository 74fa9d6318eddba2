//! `officeless_backup_plan` through its whole life.

use officeless_testbench::{Aws, Effect, Fault};
use serde_json::{Value, json};

use crate::scene::{REGION, Scene, every_cli};

const ADDRESS: &str = "officeless_backup_plan.this";

fn with(attributes: &str) -> String {
    format!(
        "resource \"officeless_backup_plan\" \"this\" {{\n  name = \"daily\"\n{attributes}\n}}\n"
    )
}

/// Every attribute that can change in place, at a value that is not its default.
fn full(scene: &Scene) -> String {
    let account = &scene.account;
    with(&format!(
        r#"
  resources              = ["arn:aws:ec2:{REGION}:{account}:volume/vol-0123456789abcdef0", "arn:aws:s3:::plan-{account}"]
  selection_tags         = {{ tier = "gold" }}
  include_s3             = true
  manage_region_settings = true
  force_destroy          = true
  data_classification    = "confidential"
  tags                   = {{ team = "content" }}
  timeouts               = {{ create = "10m" }}
  vault_lock             = {{ min_retention_days = 7, max_retention_days = 400 }}
  rules = [
    {{
      name                     = "continuous"
      schedule                 = "cron(30 * ? * * *)"
      delete_after             = 35
      enable_continuous_backup = true
    }},
    {{
      name                = "archive"
      schedule            = "cron(0 2 ? * SUN *)"
      schedule_timezone   = "Asia/Jakarta"
      start_window        = 60
      completion_window   = 120
      cold_storage_after  = 30
      delete_after        = 365
      recovery_point_tags = {{ kind = "archive" }}
      copy_actions = [{{
        destination_vault_arn = "arn:aws:backup:us-west-2:{account}:backup-vault:copies"
        delete_after          = 400
      }}]
    }},
  ]"#
    ))
}

impl Scene {
    /// A client through the proxy, which knows what the emulator does not.
    pub(crate) fn proxied(&self) -> Aws {
        Aws::new(&self.proxy().url(), &self.account, REGION)
    }

    async fn backup(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.proxied().rest("backup", method, path, &body).await.unwrap();
        answer.ok().unwrap().json().unwrap_or_default()
    }

    async fn plan_state(&self) -> Value {
        self.workspace.attributes(ADDRESS).await
    }

    /// The bucket that `full` names, with versioning.
    async fn versioned_bucket(&self) {
        let bucket = format!("/plan-{}", self.account);
        self.aws.rest("s3", "PUT", &bucket, "").await.unwrap().ok().unwrap();
        let body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        let path = format!("{bucket}?versioning");
        self.aws.rest("s3", "PUT", &path, body).await.unwrap().ok().unwrap();
    }

    async fn without_bucket(&self) {
        let bucket = format!("/plan-{}", self.account);
        self.aws.rest("s3", "DELETE", &bucket, "").await.unwrap().ok().unwrap();
    }

    fn put_recovery_point(&self, role: &str) -> String {
        let volume = format!("arn:aws:ec2:{REGION}:{}:volume/vol-1", self.account);
        self.proxy().add_recovery_point(&self.account, REGION, "daily", &volume, role)
    }

    async fn policies(&self, role: &str) -> String {
        let name = [("RoleName", role)];
        let listed = self.aws.query("iam", "ListAttachedRolePolicies", &name).await.unwrap();
        listed.ok().unwrap().xml_all("PolicyArn").join(" ")
    }
}

fn role() -> String {
    format!("daily-backup-{REGION}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_enough() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        assert_eq!(scene.workspace.plan().await.run.code, Some(2));
        assert!(scene.mutations().is_empty(), "the plan changed something");
        scene.settle().await;
        let state = scene.plan_state().await;
        assert_eq!(state["status"], json!("complete"));
        assert_eq!(state["id"], json!("daily"));
        assert_eq!(state["recovery_points"], json!(0));
        assert_eq!(state["locked"], json!(false));
        assert_eq!(state["selection_tags"], json!({ "officeless:backup": "daily" }));
        let policies = scene.policies(&role()).await;
        assert!(policies.contains("service-role/AWSBackupServiceRolePolicyForBackup"));
        assert!(policies.contains("service-role/AWSBackupServiceRolePolicyForRestores"));
        assert!(!policies.contains("S3"), "{policies}");
        let tags = scene.backup("GET", &tags_of(&state["vault_arn"]), &Value::Null).await;
        assert_eq!(tags["Tags"], json!({ "officeless:resource": "backup_plan/daily" }));
        scene.destroy().await;
    }
}

fn tags_of(arn: &Value) -> String {
    format!("/tags/{}", arn.as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_changes_in_place_and_back() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.versioned_bucket().await;
        scene.configure(&with(""));
        scene.settle().await;
        let created = scene.plan_state().await;
        scene.configure(&full(&scene));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        assert!(plan.run.says("applying opts it in, for the whole account"), "{}", plan.run);
        scene.settle().await;
        let changed = scene.plan_state().await;
        for name in ["id", "plan_id", "vault_arn", "role_arn"] {
            assert_eq!(changed[name], created[name], "{name}");
        }
        for name in ["plan_version", "selection_id"] {
            assert_ne!(changed[name], created[name], "{name}");
        }
        assert_eq!(changed["locked"], json!(true));
        assert!(scene.policies(&role()).await.contains("AWSBackupServiceRolePolicyForS3Restore"));
        let settings = scene.backup("GET", "/account-settings", &Value::Null).await;
        assert_eq!(settings["ResourceTypeOptInPreference"]["S3"], json!(true));
        scene.configure(&with(""));
        scene.settle().await;
        assert_eq!(scene.plan_state().await["locked"], json!(false));
        assert!(!scene.policies(&role()).await.contains("S3"));
        scene.without_bucket().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_is_made_before_the_old_one_goes() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        scene.settle().await;
        scene.configure(&with("selection_tags = { tier = \"gold\" }"));
        scene.workspace.expect_apply().await;
        let calls = scene.mutations();
        assert_eq!(calls, ["backup:CreateBackupSelection", "backup:DeleteBackupSelection"]);
        // The same choice as before is a new selection, whatever AWS remembers of the old one.
        scene.configure(&with(""));
        scene.settle().await;
        let plan_id = scene.plan_state().await["plan_id"].as_str().unwrap().to_owned();
        let path = format!("/backup/plans/{plan_id}/selections");
        let listed = scene.backup("GET", &path, &Value::Null).await;
        assert_eq!(listed["BackupSelectionsList"].as_array().unwrap().len(), 1);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_made_elsewhere_is_used_and_the_made_one_taken_back() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        scene.settle().await;
        let made = scene.plan_state().await["role_arn"].clone();
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let parameters = [("RoleName", "theirs"), ("AssumeRolePolicyDocument", trust)];
        scene.aws.query("iam", "CreateRole", &parameters).await.unwrap().ok().unwrap();
        let theirs = format!("arn:aws:iam::{}:role/theirs", scene.account);
        scene.configure(&with(&format!("role_arn = \"{theirs}\"")));
        scene.settle().await;
        assert_eq!(scene.plan_state().await["role_arn"], json!(theirs));
        scene.configure(&with(""));
        scene.settle().await;
        assert_eq!(scene.plan_state().await["role_arn"], made);
        let name = [("RoleName", "theirs")];
        scene.aws.query("iam", "DeleteRole", &name).await.unwrap().ok().unwrap();
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_replaces() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        scene.settle().await;
        scene.configure(&with("").replace("\"daily\"", "\"nightly\""));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        assert_eq!(scene.plan_state().await["vault_name"], json!("nightly"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_by_vault_or_plan_has_an_empty_plan() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with("vault_lock = { min_retention_days = 7 }"));
        scene.settle().await;
        let before = scene.plan_state().await;
        for id in ["id", "plan_id", "vault_arn", "plan_arn"] {
            scene.workspace.forget_state().unwrap();
            scene.workspace.expect_import(ADDRESS, before[id].as_str().unwrap()).await;
            scene.workspace.expect_empty_plan().await;
            assert_eq!(scene.plan_state().await["selection_id"], before["selection_id"], "{id}");
        }
        scene.destroy().await;
    }
}

/// Changes one managed setting behind Terraform's back.
async fn tamper(scene: &Scene, what: &str, state: &Value) {
    let plan = format!("/backup/plans/{}", state["plan_id"].as_str().unwrap());
    let selection = format!("{plan}/selections/{}", state["selection_id"].as_str().unwrap());
    let none = Value::Null;
    match what {
        "rules" | "name" => {
            let body = scene.backup("GET", &plan, &none).await;
            let mut document = body["BackupPlan"].clone();
            if what == "name" {
                document["BackupPlanName"] = json!("other");
            } else {
                document["Rules"][0]["Lifecycle"] = json!({ "DeleteAfterDays": 100 });
            }
            scene.backup("POST", &plan, &json!({ "BackupPlan": document })).await;
        }
        "selection" => {
            scene.backup("DELETE", &selection, &none).await;
        }
        "plan" => {
            scene.backup("DELETE", &selection, &none).await;
            scene.backup("DELETE", &plan, &none).await;
        }
        "lock" => {
            scene.backup("DELETE", "/backup-vaults/daily/vault-lock", &none).await;
        }
        "tags" | "plan tags" => {
            let arn = if what == "tags" { &state["vault_arn"] } else { &state["plan_arn"] };
            scene.backup("POST", &tags_of(arn), &json!({ "Tags": { "team": "other" } })).await;
        }
        "opt-in" => {
            let body = json!({ "ResourceTypeOptInPreference": { "S3": false } });
            scene.backup("PUT", "/account-settings", &body).await;
        }
        "role policy" => {
            let arn = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup";
            let name = role();
            let parameters = [("RoleName", name.as_str()), ("PolicyArn", arn)];
            scene.aws.query("iam", "DetachRolePolicy", &parameters).await.unwrap().ok().unwrap();
        }
        "vault" => {
            scene.backup("DELETE", "/backup-vaults/daily", &none).await;
        }
        other => panic!("no such tampering: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_and_repaired_by_one_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.versioned_bucket().await;
        scene.configure(&full(&scene));
        scene.settle().await;
        for what in [
            "rules",
            "name",
            "selection",
            "plan",
            "lock",
            "tags",
            "plan tags",
            "opt-in",
            "role policy",
            "vault",
        ] {
            let before = scene.plan_state().await;
            tamper(&scene, what, &before).await;
            let plan = scene.workspace.plan().await;
            assert_eq!(plan.run.code, Some(2), "{what} is not shown\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{what}");
            scene.settle().await;
            assert_eq!(scene.plan_state().await["id"], before["id"], "{what}");
        }
        scene.without_bucket().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_somebody_else_is_refused_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let vault = json!({ "BackupVaultTags": { "officeless:resource": "backup_plan/theirs" } });
        scene.backup("PUT", "/backup-vaults/daily", &vault).await;
        let name = role();
        let parameters = [("RoleName", name.as_str()), ("AssumeRolePolicyDocument", "{}")];
        scene.aws.query("iam", "CreateRole", &parameters).await.unwrap().ok().unwrap();
        scene.mutations();
        scene.configure(&with(""));
        let failed = scene.workspace.plan().await.run;
        failed
            .expect_error(
                "the vault daily exists in us-east-1, and belongs to backup_plan/theirs. To \
                 manage it here, run terraform import",
            )
            .expect_error("and was not made by this provider. Delete that role, choose another");
        assert!(scene.mutations().is_empty(), "a refused plan changed something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_s3_and_residency_need_is_checked_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let bucket = format!("plan-{}", scene.account);
        scene.aws.rest("s3", "PUT", &format!("/{bucket}"), "").await.unwrap().ok().unwrap();
        let s3 = format!("include_s3 = true\nresources = [\"arn:aws:s3:::{bucket}\"]");
        scene.configure(&with(&s3));
        let failed = scene.workspace.plan().await.run;
        failed
            .expect_error("AWS Backup is not opted in for S3 in us-east-1")
            .expect_error(&format!("with versioning only, and {bucket} has none"));
        let provider = "terraform {\n  required_providers {\n    officeless = { source = \
                        \"officeless-platform/officeless\" }\n  }\n}\nprovider \"officeless\" {\n  \
                        allowed_regions = [\"us-east-1\"]\n}\n";
        let rule = "rules = [{ name = \"r\", copy_actions = [{ destination_vault_arn = \
                    \"arn:aws:backup:eu-west-1:123456789012:backup-vault:copies\" }] }]";
        scene.workspace.write("main.tf", &format!("{provider}{}", with(rule))).unwrap();
        let failed = scene.workspace.plan().await.run.expect_error("eu-west-1");
        assert!(failed.says("allowed_regions"), "{failed}");
        assert!(scene.mutations().is_empty(), "a refused plan changed something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_are_deleted_by_force_destroy_only() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let lock = "vault_lock = { min_retention_days = 7 }";
        scene.configure(&with(lock));
        scene.settle().await;
        let role = scene.plan_state().await["role_arn"].as_str().unwrap().to_owned();
        for _ in 0..3 {
            scene.put_recovery_point(&role);
        }
        let refusal = "its vault holds 3 recovery points, and force_destroy = false";
        scene.workspace.destroy().await.expect_error(refusal);
        scene.configure(&with(lock).replace("\"daily\"", "\"nightly\""));
        scene.workspace.plan().await.run.expect_error("may not be replaced");
        assert!(scene.mutations().is_empty(), "a refused destroy changed something");
        scene.configure(&with(&format!("{lock}\nforce_destroy = true")));
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_that_stay_are_named() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with("force_destroy = true"));
        scene.settle().await;
        let role = scene.plan_state().await["role_arn"].as_str().unwrap().to_owned();
        scene.put_recovery_point(&role);
        let gone = format!("arn:aws:iam::{}:role/gone", scene.account);
        let stuck = scene.put_recovery_point(&gone);
        let failed = scene.workspace.destroy().await;
        failed
            .expect_error("1 of them cannot be deleted")
            .expect_error(&stuck)
            .expect_error("EXPIRED: The role cannot be assumed")
            .expect_error("What exists now, and is recorded in the state: vault daily, role");
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let parameters = [("RoleName", "gone"), ("AssumeRolePolicyDocument", trust)];
        scene.aws.query("iam", "CreateRole", &parameters).await.unwrap().ok().unwrap();
        scene.workspace.expect_destroy().await;
        let name = [("RoleName", "gone")];
        scene.aws.query("iam", "DeleteRole", &name).await.unwrap().ok().unwrap();
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_breaks_off_is_replaced_or_finished() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        let deny = |operation: &str| {
            let effect = Effect::refuse(403, "AccessDeniedException");
            Fault::on(&scene.account, "backup", operation).always().effect(effect)
        };
        let fault = scene.proxy().inject(deny("CreateBackupSelection"));
        let failed = scene.workspace.apply().await;
        failed
            .expect_error("Creating backup plan \"daily\": selection failed")
            .expect_error("is recorded in the state: vault daily, role arn:aws:iam::")
            .expect_error("terraform untaint");
        scene.proxy().remove(fault);
        let first = scene.plan_state().await;
        scene.workspace.run(&["untaint", ADDRESS]).await.expect_ok();
        scene.settle().await;
        assert_eq!(scene.plan_state().await["plan_id"], first["plan_id"]);
        scene.destroy().await;
        // A crash whose state is lost leaves what the next create takes over.
        let fault = scene.proxy().inject(deny("CreateBackupSelection"));
        scene.workspace.apply().await.expect_error("selection failed");
        let first = scene.plan_state().await;
        scene.workspace.forget_state().unwrap();
        scene.proxy().remove(fault);
        scene.settle().await;
        assert_eq!(scene.plan_state().await["plan_id"], first["plan_id"]);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_not_seen_yet_and_a_lost_answer_are_sat_out() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        let unseen = Effect::Refuse {
            status: 400,
            code: "InvalidParameterValueException".to_owned(),
            message: "IAM Role r cannot be assumed by AWS Backup".to_owned(),
        };
        let on = |operation: &str| Fault::on(&scene.account, "backup", operation);
        scene.proxy().inject(on("CreateBackupSelection").times(2).effect(unseen));
        scene.proxy().inject(on("CreateBackupPlan").effect(Effect::LoseAnswer));
        scene.proxy().inject(on("CreateBackupVault").effect(Effect::LoseAnswer));
        scene.workspace.expect_apply().await;
        assert!(scene.proxy().count(&scene.account, "backup", "CreateBackupSelection") > 2);
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}
