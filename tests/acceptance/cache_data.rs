//! The data sources of caches as a configuration sees them.

use serde_json::{Value, json};

use crate::scene::{Scene, every_cli};

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

/// A cache with both sources of it.
fn configuration(subnets: &[&str], group: &str, node_type: &str) -> String {
    format!(
        r#"
resource "officeless_cache" "this" {{
  name                       = "app"
  subnet_ids                 = {subnets:?}
  node_type                  = "{node_type}"
  engine_version             = "8.0"
  allowed_security_group_ids = ["{group}"]
}}
data "officeless_cache" "this" {{
  replication_group_id = officeless_cache.this.id
}}
data "officeless_cache_node_types" "this" {{
  replication_group_id = officeless_cache.this.id
}}
output "cache" {{ value = data.officeless_cache.this }}
output "types" {{ value = data.officeless_cache_node_types.this }}
"#
    )
}

/// What resource and data source call and tell alike.
const SAME: [&str; 21] = [
    "arn",
    "description",
    "engine",
    "node_type",
    "cluster_mode",
    "member_clusters",
    "primary_endpoint_address",
    "reader_endpoint_address",
    "configuration_endpoint_address",
    "port",
    "connection_url",
    "automatic_failover_enabled",
    "multi_az_enabled",
    "transit_encryption_enabled",
    "transit_encryption_mode",
    "storage_encryption_type",
    "subnet_group_name",
    "parameter_group_name",
    "snapshot_retention_limit",
    "snapshot_window",
    "maintenance_window",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_is_told_with_what_it_can_become() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let subnets: Vec<&str> =
            scene.seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect();
        let text = |node_type: &str| {
            configuration(&subnets, &scene.seeded.cluster_security_group_id, node_type)
        };
        scene.configure(&text("cache.r7g.large"));
        scene.settle().await;
        let made = scene.workspace.attributes("officeless_cache.this").await;
        let cache = scene.workspace.output("cache").await;
        for name in SAME {
            assert_eq!(cache[name], made[name], "{name}");
        }
        assert_eq!(cache["status"], json!("available"));
        assert_eq!(cache["engine_version"], json!("8.0.1"));
        assert_eq!(cache["num_node_groups"], json!(1));
        assert_eq!(cache["replicas_per_node_group"], json!(1));
        assert_eq!(cache["security_group_ids"], json!([made["security_group_id"]]));
        assert_eq!(cache["pending_modified_values"], json!({}));
        let types = scene.workspace.output("types").await;
        let all = strings(&types["node_types"]);
        assert!(strings(&types["scale_up"]).contains(&"cache.r7g.xlarge"), "{all:?}");
        assert!(!all.contains(&"cache.r7g.large"), "it is that already");
        assert_eq!(
            all.len(),
            strings(&types["scale_up"]).len() + strings(&types["scale_down"]).len()
        );
        // What waits for the maintenance window is told.
        scene.configure(&text("cache.r7g.xlarge"));
        scene.workspace.expect_apply().await;
        let waiting = scene.workspace.output("cache").await;
        assert_eq!(waiting["node_type"], json!("cache.r7g.large"));
        assert_eq!(waiting["pending_modified_values"]["CacheNodeType"], json!("cache.r7g.xlarge"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offers_of_a_region_are_told() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(
            "data \"officeless_cache_engine_versions\" \"this\" {}\ndata \
             \"officeless_cache_node_types\" \"this\" {}\noutput \"versions\" { value = \
             data.officeless_cache_engine_versions.this }\noutput \"types\" { value = \
             data.officeless_cache_node_types.this }\n",
        );
        scene.settle().await;
        let versions = scene.workspace.output("versions").await;
        assert_eq!(versions["region"], json!("us-east-1"));
        assert_eq!(versions["latest_version"], json!("9.1"));
        assert_eq!(
            versions["versions"][1],
            json!({ "version": "9.0", "parameter_group_family": "valkey9" })
        );
        assert_eq!(versions["versions"].as_array().unwrap().len(), 6);
        let types = scene.workspace.output("types").await;
        let all = strings(&types["node_types"]);
        assert!(all.contains(&"cache.r7g.large") && all.is_sorted(), "{all:?}");
        assert!(!all.iter().any(|one| one.starts_with("cache.r4.")), "not offered for Valkey");
        assert_eq!(types["scale_up"], Value::Null);
        assert!(scene.mutations().is_empty());
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_is_not_there_is_told_with_the_next_step() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for (source, sentence) in [
            ("officeless_cache", "the account has no replication group of this id in us-east-1"),
            ("officeless_cache_node_types", "ReplicationGroupNotFoundFault"),
        ] {
            scene.configure(&format!(
                "data \"{source}\" \"this\" {{\n  replication_group_id = \"nowhere\"\n}}\n"
            ));
            scene.workspace.plan().await.run.expect_error(sentence);
        }
    }
}
