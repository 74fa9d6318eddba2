//! `officeless_application_bucket` through its whole life.

use officeless_testbench::{Effect, Fault, create_kms_key};
use serde_json::{Value, json};

use crate::scene::{CLUSTER, Scene, every_cli};

const ADDRESS: &str = "officeless_application_bucket.this";

/// A name of the scene's own: the emulator has one namespace of buckets for all accounts.
fn name(scene: &Scene) -> String {
    format!("app-{}", scene.account)
}

fn with(scene: &Scene, attributes: &str) -> String {
    format!(
        "resource \"officeless_application_bucket\" \"this\" {{\n  bucket = \"{}\"\n{attributes}\n}}\n",
        name(scene)
    )
}

async fn s3(scene: &Scene, method: &str, path: &str, body: &str) {
    scene.aws.rest("s3", method, path, body).await.unwrap().ok().unwrap();
}

async fn state(scene: &Scene) -> Value {
    scene.workspace.attributes(ADDRESS).await
}

/// Another bucket, versioned.
async fn copies(scene: &Scene, name: &str) {
    s3(scene, "PUT", &format!("/{name}"), "").await;
    let body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    s3(scene, "PUT", &format!("/{name}?versioning"), body).await;
}

/// A queue that takes what S3 sends.
async fn queue(scene: &Scene, name: &str) -> String {
    let arn = format!("arn:aws:sqs:us-east-1:{}:{name}", scene.account);
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "s3.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }],
    });
    let body = json!({ "QueueName": name, "Attributes": { "Policy": policy.to_string() } });
    scene.aws.json("sqs", "AmazonSQS.CreateQueue", &body).await.unwrap().ok().unwrap();
    arn
}

/// Each step changes something in place, from the one before.
fn updates(scene: &Scene, queue: &str, key: &str) -> Vec<(&'static str, String)> {
    let target = format!("{}-target", name(scene));
    let access = format!(
        "cluster_name = \"{CLUSTER}\"\n  access = {{ web = {{ namespace = \"shop\", \
         service_account = \"web\", level = \"read_write\" }}"
    );
    let base = format!(
        r#"
  critical = true
  force_destroy = true
  tags = {{ team = "shop" }}
  lifecycle_rules = [
    {{ id = "archive", prefix = "in/", transitions = [{{ days = 90, storage_class = "GLACIER_IR" }}],
       expiration = {{ days = 400 }} }},
    {{ id = "old", noncurrent_version_expiration = {{ noncurrent_days = 30 }} }},
  ]
  transition_default_minimum_object_size = "varies_by_storage_class"
  retention_days = 1000
  cors_rules = [{{ allowed_methods = ["GET", "PUT"], allowed_origins = ["https://a.example"] }}]
  access_logging = {{ bucket = "{target}", prefix = "logs/" }}
  event_notifications = {{
    eventbridge = true
    targets = {{ q = {{ arn = "{queue}", events = ["s3:ObjectCreated:*"], prefix = "in/" }} }}
  }}
  policy_statements = [{{
    sid = "Partner", principals = {{ AWS = ["210987654321"] }}, actions = ["s3:GetObject"],
    resources = ["in/*"]
  }}]"#
    );
    let kms = format!("sse_algorithm = \"aws:kms\"\n  kms_key_arn = \"{key}\"");
    let more = "reports = { namespace = \"shop\", service_account = \"reports\", level = \"read\", \
                prefix = \"in/\" }";
    let replication = format!(
        "replication = {{ destination_bucket_arn = \"arn:aws:s3:::{target}\", \
         destination_kms_key_arn = \"{key}\", storage_class = \"STANDARD_IA\" }}"
    );
    vec![
        ("settings", base.clone()),
        ("access", format!("{base}\n  {access} }}")),
        ("key and more access", format!("{base}\n  {kms}\n  {access}, {more} }}")),
        (
            "another service account, other tags",
            format!("{base}\n  {kms}\n  {access}, {more} }}")
                .replace("\"web\", level", "\"site\", level")
                .replace("team = \"shop\"", "team = \"store\""),
        ),
        ("replication", format!("{base}\n  {kms}\n  {access} }}\n  {replication}")),
        ("versioning suspended", base.replace("critical = true", "versioning = \"Suspended\"")),
        ("object lock", format!("{base}\n  object_lock = {{ mode = \"GOVERNANCE\", days = 1 }}")),
        ("object lock without default", format!("{base}\n  object_lock = {{}}")),
        (
            "little",
            "object_lock = {}\n  force_destroy = true\n  enforce_tls = false\n  \
             lifecycle_rules = []\n  blocked_encryption_types = []"
                .to_owned(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_name_is_enough() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, ""));
        assert_eq!(scene.workspace.plan().await.run.code, Some(2));
        assert!(scene.mutations().is_empty(), "the plan changed something");
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["status"], json!("complete"));
        assert_eq!(state["id"], json!(name(&scene)));
        assert_eq!(state["versioning_status"], json!("Disabled"));
        assert_eq!(state["hosted_zone_id"], json!("Z3AQBSTGFYJSTF"));
        assert!(state["policy_json"].as_str().unwrap().contains("DenyInsecureTransport"));
        let path = format!("/{}?encryption", name(&scene));
        let encryption = scene.aws.rest("s3", "GET", &path, "").await.unwrap();
        assert!(encryption.body.contains("SSE-C"));
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, &name(&scene)).await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_changes_in_place_and_the_whole_imports() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let target = format!("{}-target", name(&scene));
        copies(&scene, &target).await;
        let queue = queue(&scene, "events").await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        scene.configure(&with(&scene, ""));
        scene.settle().await;
        let created = state(&scene).await;
        for (what, attributes) in updates(&scene, &queue, &key) {
            scene.configure(&with(&scene, &attributes));
            let plan = scene.workspace.plan().await.expect_changes();
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{what}");
            scene.settle().await;
            let state = state(&scene).await;
            assert_eq!(state["status"], json!("complete"), "{what}");
            assert_eq!(state["id"], created["id"], "{what}");
        }
        scene.configure(&with(&scene, "force_destroy = true"));
        scene
            .workspace
            .plan()
            .await
            .run
            .expect_error("object_lock is on for this bucket and can never be switched off");
        scene.configure(&with(&scene, "versioning = \"Disabled\"\n  force_destroy = true"));
        scene.workspace.plan().await.run.expect_error("can never go back to not versioned");
        scene.configure(&with(&scene, "object_lock = {}\n  force_destroy = true"));
        scene.settle().await;
        s3(&scene, "DELETE", &format!("/{target}"), "").await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_bucket_imports_with_an_empty_plan() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let target = format!("{}-target", name(&scene));
        copies(&scene, &target).await;
        let queue = queue(&scene, "events").await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        let updates = updates(&scene, &queue, &key);
        let (_, attributes) = updates.iter().find(|(what, _)| *what == "replication").unwrap();
        // What only the provider knows is at its default after an import.
        let attributes = attributes
            .replace("critical = true", "versioning = \"Enabled\"")
            .replace("force_destroy = true", "");
        let text = format!(
            "terraform {{\n  required_providers {{\n    officeless = {{ source = \
             \"officeless-platform/officeless\" }}\n  }}\n}}\nprovider \"officeless\" {{\n  \
             cluster_name = \"{CLUSTER}\"\n}}\n{}",
            with(&scene, &attributes)
        );
        scene.workspace.write("main.tf", &text).unwrap();
        scene.settle().await;
        let before = state(&scene).await;
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, &format!("{}@us-east-1", name(&scene))).await;
        scene.workspace.expect_empty_plan().await;
        let after = state(&scene).await;
        for output in ["role_arns", "association_ids", "replication_role_arn", "policy_json"] {
            assert_eq!(before[output], after[output], "{output}");
        }
        s3(&scene, "DELETE", &format!("/{target}"), "").await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifecycle_of_another_tool_imports_with_an_empty_plan() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let rules = r#"lifecycle_rules = [
    { id = "archive", prefix = "in/", transitions = [{ days = 30, storage_class = "STANDARD_IA" },
        { days = 90, storage_class = "GLACIER" }], expiration = { days = 365 } },
    { id = "old", noncurrent_version_expiration = { noncurrent_days = 30 } },
    { id = "tagged", tags = { a = "1" }, expiration = { date = "2030-01-01" } },
  ]"#;
        scene.configure(&with(&scene, rules));
        scene.settle().await;
        let document = "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <Rule><ID>tagged</ID><Status>Enabled</Status><Filter><And><Prefix></Prefix><Tag><Key>a</Key>\
            <Value>1</Value></Tag></And></Filter><Expiration><Date>2030-01-01T00:00:00.000Z</Date>\
            </Expiration></Rule>\
            <Rule><ID>old</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>\
            <NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays>\
            </NoncurrentVersionExpiration></Rule>\
            <Rule><ID>archive</ID><Status>Enabled</Status><Filter><And><Prefix>in/</Prefix></And></Filter>\
            <Transition><Days>90</Days><StorageClass>GLACIER</StorageClass></Transition>\
            <Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>\
            <Expiration><Days>365</Days></Expiration></Rule></LifecycleConfiguration>";
        s3(&scene, "PUT", &format!("/{}?lifecycle", name(&scene)), document).await;
        scene.workspace.expect_empty_plan().await;
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, &name(&scene)).await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_replaces_and_a_prefix_makes_one_up() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, ""));
        scene.settle().await;
        for change in ["bucket_namespace = \"account-regional\"", "region = \"us-west-2\""] {
            scene.configure(&with(&scene, change));
            let plan = scene.workspace.plan().await.expect_changes();
            assert_eq!(plan.actions()[ADDRESS], ["delete", "create"], "{change}");
        }
        scene.configure(&with(&scene, "bucket_namespace = \"account-regional\""));
        scene.settle().await;
        let id = state(&scene).await["id"].as_str().unwrap().to_owned();
        assert_eq!(id, format!("{}-{}-us-east-1-an", name(&scene), scene.account));
        scene.workspace.forget_state().unwrap();
        scene.workspace.expect_import(ADDRESS, &id).await;
        scene.workspace.expect_empty_plan().await;
        let prefixed = |label: &str| {
            format!(
                "resource \"officeless_application_bucket\" \"{label}\" {{\n  bucket_prefix = \
                 \"p{}-\"\n}}\n",
                scene.account
            )
        };
        scene.configure(&format!("{}{}", prefixed("this"), prefixed("other")));
        scene.settle().await;
        let one = state(&scene).await["bucket"].clone();
        let other = scene.workspace.attributes("officeless_application_bucket.other").await;
        assert_ne!(one, other["bucket"]);
        scene.workspace.run(&["state", "rm", ADDRESS]).await.expect_ok();
        scene.workspace.expect_import(ADDRESS, one.as_str().unwrap()).await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

/// What somebody else may do to a finished bucket, each to be shown and repaired.
#[allow(clippy::too_many_lines, reason = "a table: one line for each kind of drift")]
fn tampering(target: &str) -> Vec<(&'static str, &'static str, String)> {
    let text = |text: &str| text.to_owned();
    vec![
        ("DELETE", "", text("")),
        ("DELETE", "?publicAccessBlock", text("")),
        (
            "PUT",
            "?ownershipControls",
            text(
                "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>\
                 </OwnershipControls>",
            ),
        ),
        (
            "PUT",
            "?encryption",
            text(
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
                 <SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
                 </ServerSideEncryptionConfiguration>",
            ),
        ),
        (
            "PUT",
            "?encryption",
            text(
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
                 <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
                 </ServerSideEncryptionConfiguration>",
            ),
        ),
        ("DELETE", "?lifecycle", text("")),
        ("DELETE", "?policy", text("")),
        ("DELETE", "?cors", text("")),
        (
            "PUT",
            "?logging",
            format!(
                "<BucketLoggingStatus><LoggingEnabled><TargetBucket>{target}</TargetBucket>\
                 <TargetPrefix>x/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
            ),
        ),
        ("PUT", "?notification", text("<NotificationConfiguration/>")),
        ("DELETE", "?replication", text("")),
        ("DELETE", "?tagging", text("")),
        (
            "PUT",
            "?object-lock",
            text(
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>\
                 <DefaultRetention><Mode>GOVERNANCE</Mode><Days>9</Days></DefaultRetention></Rule>\
                 </ObjectLockConfiguration>",
            ),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_drift_is_shown_and_repaired_by_one_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let target = format!("{}-target", name(&scene));
        copies(&scene, &target).await;
        let queue = queue(&scene, "events").await;
        let key = create_kms_key(&scene.aws).await.unwrap();
        let updates = updates(&scene, &queue, &key);
        let (_, attributes) = updates.iter().find(|(what, _)| *what == "replication").unwrap();
        let attributes = attributes
            .replace(&format!("sse_algorithm = \"aws:kms\"\n  kms_key_arn = \"{key}\""), "");
        scene.configure(&with(&scene, &format!("{attributes}\n  object_lock = {{}}")));
        scene.settle().await;
        for (method, sub, body) in tampering(&target) {
            s3(&scene, method, &format!("/{}{sub}", name(&scene)), &body).await;
            let plan = scene.workspace.plan().await;
            let what = format!("{method} {sub} {body}");
            assert_eq!(plan.run.code, Some(2), "{what} is not shown\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{what}");
            scene.settle().await;
            assert_eq!(state(&scene).await["status"], json!("complete"), "{what}");
        }
        let role = format!("{}-web", name(&scene));
        let policy = [("RoleName", role.as_str()), ("PolicyName", "application-bucket")];
        scene.aws.query("iam", "DeleteRolePolicy", &policy).await.unwrap().ok().unwrap();
        scene.workspace.plan().await.expect_changes();
        scene.settle().await;
        let id = state(&scene).await["association_ids"]["web"].as_str().unwrap().to_owned();
        let path = format!("/clusters/{CLUSTER}/pod-identity-associations/{id}");
        scene.aws.rest("eks", "DELETE", &path, "").await.unwrap().ok().unwrap();
        scene.workspace.plan().await.expect_changes();
        scene.settle().await;
        s3(&scene, "DELETE", &format!("/{target}"), "").await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_values_plan_and_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let name = name(&scene);
        scene.configure(&format!(
            "resource \"terraform_data\" \"late\" {{ input = \"{name}\" }}\n\
             resource \"officeless_application_bucket\" \"this\" {{\n  \
             bucket = terraform_data.late.output\n  cluster_name = \"{CLUSTER}\"\n  \
             tags = {{ late = terraform_data.late.output }}\n  \
             access = {{ web = {{ namespace = \"shop\", level = \"read\", \
             service_account = terraform_data.late.output }} }}\n  \
             lifecycle_rules = [{{ id = terraform_data.late.output, expiration = {{ days = 9 }} }}]\n}}\n"
        ));
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_create_says_what_exists_and_is_finished_in_place_or_replaced() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(&scene, ""));
        let denied = Fault::on(&scene.account, "s3", "PutBucketPolicy").always();
        let fault = scene.proxy().inject(denied.effect(Effect::refuse(403, "AccessDenied")));
        scene
            .workspace
            .apply()
            .await
            .expect_error("riting the policy of bucket")
            .expect_error(&format!("recorded in the state: bucket {}", name(&scene)))
            .expect_error("terraform untaint");
        assert_eq!(state(&scene).await["status"], json!("incomplete"));
        scene.proxy().remove(fault);
        scene.workspace.run(&["untaint", ADDRESS]).await.expect_ok();
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        scene.destroy().await;
    }
}
