//! The data sources that tell of what other configurations built, and of the network.

use serde_json::{Value, json};

use crate::scene::{CLUSTER, Scene, every_cli};

fn asking(kind: &str, attributes: &str) -> String {
    format!(
        "data \"officeless_{kind}\" \"this\" {{\n{attributes}\n}}\noutput \"all\" {{ value = \
         data.officeless_{kind}.this }}\n"
    )
}

/// Demands that the data source tells of the resource what the resource tells of itself.
fn assert_same(told: &Value, resource: &Value, names: &[&str]) {
    for name in names {
        assert!(!resource[*name].is_null(), "{name} is not known at all");
        assert_eq!(told[*name], resource[*name], "{name}");
    }
}

async fn tokened(scene: &Scene, token: &str, name: &str) -> String {
    let body = json!({ "CreationToken": token, "Tags": [{ "Key": "Name", "Value": name }] });
    let path = "/2015-02-01/file-systems";
    let made = scene.aws.rest("elasticfilesystem", "POST", path, &body.to_string()).await;
    made.unwrap().ok().unwrap().json().unwrap()["FileSystemId"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_storage_is_found_by_id_and_by_name() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let resource = format!(
            r#"
resource "officeless_shared_storage" "this" {{
  name                = "content"
  cluster_name        = "{CLUSTER}"
  deletion_protection = false
  lifecycle_policy    = {{ transition_to_ia = "AFTER_30_DAYS" }}
  access_points       = {{ logs = {{ path = "/logs" }} }}
  tags                = {{ team = "content" }}
}}
"#
        );
        let by_id = asking("shared_storage", "id = officeless_shared_storage.this.id");
        scene.configure(&format!("{resource}{by_id}"));
        scene.settle().await;
        let state = scene.workspace.attributes("officeless_shared_storage.this").await;
        let names = [
            "id",
            "name",
            "arn",
            "access_point_ids",
            "access_points",
            "cluster_name",
            "dns_name",
            "lifecycle_policy",
            "mount_targets",
            "region",
            "security_group_ids",
            "status",
            "subnet_ids",
            "tags_all",
            "throughput_mode",
            "volume_handle",
        ];
        let told = scene.workspace.output("all").await;
        assert_same(&told, &state, &names);
        assert!(told["size_in_bytes"].is_u64(), "{}", told["size_in_bytes"]);

        let by_name = asking("shared_storage", "name = \"content\"");
        scene.configure(&format!("{resource}{by_name}"));
        scene.settle().await;
        assert_same(&scene.workspace.output("all").await, &state, &names);

        let second = tokened(&scene, "second", "content").await;
        scene.workspace.plan().await.run.expect_error("2 file systems in us-east-1 have this name");
        scene.workspace.plan().await.run.expect_error(&second);
        let path = format!("/2015-02-01/file-systems/{second}");
        scene.aws.rest("elasticfilesystem", "DELETE", &path, "").await.unwrap().ok().unwrap();
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_bucket_is_found_by_its_name() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let name = format!("told-{}", scene.account);
        scene.configure(&format!(
            r#"
resource "officeless_application_bucket" "this" {{
  bucket          = "{name}"
  critical        = true
  tags            = {{ team = "shop" }}
  lifecycle_rules = [{{ id = "in", prefix = "in/", expiration = {{ days = 400 }} }}]
}}
{}"#,
            asking("application_bucket", "bucket = officeless_application_bucket.this.id")
        ));
        scene.settle().await;
        let state = scene.workspace.attributes("officeless_application_bucket.this").await;
        let told = scene.workspace.output("all").await;
        let names = [
            "id",
            "arn",
            "bucket",
            "bucket_regional_domain_name",
            "policy_json",
            "region",
            "sse_algorithm",
            "status",
            "tags_all",
            "versioning_status",
        ];
        assert_same(&told, &state, &names);
        assert_eq!(told["lifecycle_rules"][0]["expiration"]["days"], json!(400));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn observability_buckets_are_found_by_prefix_and_by_names() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let prefix = format!("d{}", scene.account);
        let resource = format!(
            r#"
resource "officeless_observability_buckets" "this" {{
  name_prefix         = "{prefix}"
  name_suffix         = "prod"
  deletion_protection = false
  pod_identity        = {{ cluster_name = "{CLUSTER}" }}
}}
"#
        );
        scene.configure(&resource);
        scene.settle().await;
        let state = scene.workspace.attributes("officeless_observability_buckets.this").await;
        let composed = format!("name_prefix = \"{prefix}\"\n  name_suffix = \"prod\"");
        let composed = asking("observability_buckets", &composed);
        scene.configure(&format!("{resource}{composed}"));
        scene.settle().await;
        let names = [
            "bucket_names",
            "bucket_arns",
            "bucket_regional_domain_names",
            "components",
            "region",
            "s3_endpoint",
        ];
        assert_same(&scene.workspace.output("all").await, &state, &names);

        let by_map = "bucket_names = officeless_observability_buckets.this.bucket_names";
        scene.configure(&format!("{resource}{}", asking("observability_buckets", by_map)));
        scene.settle().await;
        assert_same(&scene.workspace.output("all").await, &state, &names);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subnets_are_one_private_one_of_each_zone() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let ids: Value =
            scene.seeded.subnet_ids.iter().map(|(zone, id)| (zone.clone(), json!(id))).collect();
        // Larger, without the tag: a second choice.
        let vpc = scene.seeded.vpc_id.clone();
        let parameters = [
            ("VpcId", vpc.as_str()),
            ("CidrBlock", "10.42.64.0/20"),
            ("AvailabilityZone", "us-east-1a"),
        ];
        let made = scene.aws.query("ec2", "CreateSubnet", &parameters).await.unwrap().ok().unwrap();
        let untagged = made.xml("subnetId").unwrap().to_owned();
        for attributes in [format!("cluster_name = \"{CLUSTER}\""), format!("vpc_id = \"{vpc}\"")] {
            scene.configure(&asking("subnets", &attributes));
            scene.settle().await;
            let told = scene.workspace.output("all").await;
            assert_eq!(told["subnet_ids_by_zone"], ids);
            assert_eq!(told["vpc_id"], json!(vpc));
            assert_eq!(told["cidr_blocks_by_zone"]["us-east-1b"], json!("10.42.1.0/24"));
            assert_eq!(told["subnet_ids"].as_array().unwrap().len(), 3);
        }
        let delete = [("SubnetId", untagged.as_str())];
        scene.aws.query("ec2", "DeleteSubnet", &delete).await.unwrap().ok().unwrap();
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for (kind, attributes, sentence) in [
            ("shared_storage", "id = \"fs-0123456789abcdef0\"", "has no such EFS file system"),
            ("shared_storage", "name = \"nowhere\"", "has no such EFS file system"),
            ("shared_storage", "", "Give exactly one of the two"),
            ("application_bucket", "bucket = \"nobody-has-this\"", "has no bucket of this name"),
            ("observability_buckets", "name_prefix = \"nobody\"", "has none of the six buckets"),
            ("subnets", "cluster_name = \"nowhere\"", "has no EKS cluster of this name"),
            ("subnets", "vpc_id = \"vpc-0123456789abcdef0\"", "has no subnet of this VPC"),
            ("subnets", "", "provider block has no cluster_name"),
        ] {
            scene.configure(&asking(kind, attributes));
            scene.workspace.plan().await.run.expect_error(sentence);
        }
    }
}
