//! What keeps hands off: accounts and regions that are not to be worked in, and buckets that are not to
//! be open. Protection against deletion is tested with each resource, and for all of them at once in
//! `src/resources/tests/guards.rs`.

use officeless_testbench::Call;
use serde_json::{Value, json};

use crate::scene::{CLUSTER, Scene, every_cli};

fn provider(arguments: &str) -> String {
    format!(
        "terraform {{\n  required_providers {{\n    officeless = {{ source = \
         \"officeless-platform/officeless\" }}\n  }}\n}}\nprovider \"officeless\" {{\n{arguments}\n}}\n"
    )
}

/// One small thing.
fn pod_identity() -> String {
    format!(
        "resource \"officeless_pod_identity\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
         namespace = \"shop\"\n  service_account = \"web\"\n}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_account_that_is_not_allowed_nothing_is_asked_but_whose_it_is() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let account = scene.account.clone();
        let write = |arguments: &str| {
            scene.workspace.write("main.tf", &(provider(arguments) + &pod_identity())).unwrap();
        };
        let other = "allowed_account_ids = [\"210987654321\"]".to_owned();
        let this = format!("forbidden_account_ids = [\"{account}\"]");
        write("");
        scene.workspace.expect_apply().await;
        for (arguments, rule) in [
            (&other, "it must be among allowed_account_ids (210987654321)".to_owned()),
            (&this, format!("it must not be among forbidden_account_ids ({account})")),
        ] {
            write(arguments);
            scene.proxy().clear(&account);
            for run in [
                scene.workspace.plan().await.run,
                scene.workspace.apply().await,
                scene.workspace.destroy().await,
            ] {
                let says = format!("The credentials belong to account {account}: {rule}");
                run.expect_error(&says);
            }
            let asked = scene.proxy().operations(&account);
            assert_eq!(asked.into_iter().collect::<Vec<_>>(), ["sts:GetCallerIdentity"]);
        }
        for arguments in [
            format!("allowed_account_ids = [\"210987654321\", \"{account}\"]"),
            "forbidden_account_ids = [\"210987654321\"]".to_owned(),
        ] {
            write(&arguments);
            scene.workspace.expect_empty_plan().await;
        }
        scene.destroy().await;
    }
}

/// Every resource and data source that has a region, with one that is not the provider's.
fn all_in(region: &str) -> String {
    let blocks = [
        ("resource", "application_bucket", "bucket = \"elsewhere\""),
        ("resource", "backup_plan", "name = \"daily\""),
        ("resource", "block_storage", "cluster_name = \"demo\""),
        ("resource", "block_volume", "name = \"a\"\n  availability_zone = \"eu-west-1a\""),
        (
            "resource",
            "cache",
            "name = \"app\"\n  node_type = \"cache.r7g.large\"\n  subnet_ids = [\"subnet-0123456789abcdef0\"]",
        ),
        ("resource", "observability_buckets", "name_prefix = \"elsewhere\""),
        (
            "resource",
            "pod_identity",
            "cluster_name = \"demo\"\n  namespace = \"a\"\n  service_account = \"b\"",
        ),
        ("resource", "shared_storage", "cluster_name = \"demo\""),
        ("data", "addon_versions", "addon_name = \"vpc-cni\"\n  kubernetes_version = \"1.33\""),
        ("data", "application_bucket", "bucket = \"elsewhere\""),
        ("data", "cache", "replication_group_id = \"app\""),
        ("data", "cache_engine_versions", ""),
        ("data", "cache_node_types", ""),
        ("data", "cluster", "name = \"demo\""),
        ("data", "observability_buckets", "name_prefix = \"elsewhere\""),
        ("data", "shared_storage", "name = \"a\""),
        ("data", "subnets", "cluster_name = \"demo\""),
    ];
    let text = |(block, kind, attributes): (&str, &str, &str)| {
        format!(
            "{block} \"officeless_{kind}\" \"this\" {{\n  region = \"{region}\"\n  {attributes}\n}}\n"
        )
    };
    blocks.map(text).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_keeps_to_the_allowed_regions() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let arguments = "allowed_regions = [\"us-east-1\"]";
        let text = all_in("eu-west-1");
        scene.workspace.write("main.tf", &(provider(arguments) + &text)).unwrap();
        scene.proxy().clear(&scene.account);
        let refused =
            scene.workspace.plan().await.run.expect_error("must be among allowed_regions");
        let blocks = text.lines().filter(|line| line.ends_with('{'));
        for block in blocks {
            let mut words = block.split(['"', ' ']).filter(|word| !word.is_empty());
            let (block, kind) = (words.next().unwrap(), words.next().unwrap());
            let place = if block == "data" { "data." } else { "" };
            let named = format!("with {place}{kind}.this,");
            assert!(refused.says(&named), "{named} was not refused: {refused}");
        }
        // The signature names the region.
        let there = |call: &Call| {
            call.header("authorization").is_some_and(|signed| signed.contains("/eu-west-1/"))
        };
        let asked = scene.proxy().calls(&scene.account).into_iter().filter(there);
        let asked: Vec<String> = asked.map(|call| call.operation).collect();
        assert!(asked.is_empty(), "{asked:?}");
    }
}

const BUCKET: &str = "officeless_application_bucket.this";

/// What S3 says of a bucket: its block of public access, and its policy.
async fn openness(scene: &Scene, bucket: &str) -> (String, Value) {
    let get = async |what: &str| {
        let path = format!("/{bucket}?{what}");
        scene.aws.rest("s3", "GET", &path, "").await.unwrap()
    };
    let block = get("publicAccessBlock").await.ok().unwrap();
    let flags =
        ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    let flags = flags.map(|flag| block.xml(flag).unwrap_or("absent").to_owned());
    let policy = get("policy").await;
    (flags.join(" "), policy.json().unwrap_or_default())
}

fn lets_everyone_in(policy: &Value) -> bool {
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    statements.iter().any(|one| {
        let principal = &one["Principal"];
        let everyone =
            [json!("*"), json!({ "AWS": "*" }), json!({ "AWS": ["*"] })].contains(principal);
        one["Effect"] == json!("Allow") && everyone
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn only_public_data_is_open_to_the_public() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let bucket = format!("open-{}", scene.account);
        let level = |level: &str| format!("data_classification = {level}");
        let open = "block_public_access = false\n  policy_statements = [{\n    sid = \"Everyone\", \
                    principals = { AWS = [\"*\"] }, actions = [\"s3:GetObject\"], resources = \
                    [\"*\"]\n  }]";
        let configure = |attributes: &str| {
            scene.configure(&format!(
                "resource \"terraform_data\" \"level\" {{\n  input = \"internal\"\n}}\n\
                 resource \"officeless_application_bucket\" \"this\" {{\n  bucket = \"{bucket}\"\n  \
                 {attributes}\n}}\n"
            ));
        };
        for level in ["null", "\"internal\"", "\"confidential\""] {
            configure(&format!("data_classification = {level}\n  {open}"));
            let refused = scene.workspace.plan().await.run;
            let refused = refused.expect_error("needs data_classification = \"public\"");
            assert!(refused.says("forbids public access"), "{refused}");
        }
        // The door to the public must not open by a level that is known too late.
        configure(&format!("{}\n  {open}", level("terraform_data.level.output")));
        scene.workspace.apply().await.expect_error("needs data_classification = \"public\"");
        let head = scene.aws.rest("s3", "HEAD", &format!("/{bucket}"), "").await.unwrap();
        assert_eq!(head.status, 404, "a bucket was made");
        configure("");
        scene.settle().await;
        let closed = ("true true true true", false);
        let now = openness(&scene, &bucket).await;
        assert_eq!((now.0.as_str(), lets_everyone_in(&now.1)), closed);
        configure(&format!("{}\n  {open}", level("\"public\"")));
        scene.settle().await;
        let now = openness(&scene, &bucket).await;
        assert_eq!((now.0.as_str(), lets_everyone_in(&now.1)), ("true true false false", true));
        configure("");
        scene.settle().await;
        let now = openness(&scene, &bucket).await;
        assert_eq!((now.0.as_str(), lets_everyone_in(&now.1)), closed);
        let state = scene.workspace.attributes(BUCKET).await;
        assert_eq!(state["block_public_access"], json!(true));
        scene.destroy().await;
    }
}
