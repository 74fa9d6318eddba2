//! Every manifest the provider renders, and those of the examples, read into the types of the
//! Kubernetes API: an unknown field, a wrong type or a missing one fails.
//!
//! Terraform's own `yamldecode` reads the YAML, so that nothing of ours judges what we wrote.

use std::fmt::Debug;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Service};
use k8s_openapi::api::storage::v1::StorageClass;
use officeless_testbench::{leftovers, repository};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::scene::{CLUSTER, Scene, every_cli};

/// Where the example is.
const EXAMPLE: &str = "examples/block-storage-postgresql";

/// Reads a manifest into its type. What the type does not know is lost on the way back.
fn read<T: Serialize + DeserializeOwned + Debug>(manifest: &Value) -> T {
    let read: T = serde_json::from_value(manifest.clone())
        .unwrap_or_else(|error| panic!("{error}: {manifest:#}"));
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(&written, manifest, "Kubernetes knows another form of this");
    read
}

/// The outputs of a configuration, each read as YAML by Terraform.
async fn decoded(scene: &Scene, outputs: &[&str]) -> Vec<Value> {
    let mut read = Vec::new();
    for output in outputs {
        let value = scene.workspace.output(output).await;
        assert!(value.is_object(), "{output}: {value}");
        read.push(value);
    }
    read
}

#[test]
fn an_unknown_field_is_found() {
    let class = json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": { "name": "a" },
        "provisioner": "b",
    });
    read::<StorageClass>(&class);
    for wrong in ["volumeBindingmode", "parametres"] {
        let mut class = class.clone();
        class[wrong] = json!("x");
        let read = std::panic::catch_unwind(|| read::<StorageClass>(&class));
        assert!(read.is_err(), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_volumes_and_claims_are_those_of_kubernetes() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&format!(
            r#"
resource "officeless_shared_storage" "this" {{
  cluster_name        = "{CLUSTER}"
  deletion_protection = false
  access_points       = {{ logs = {{ path = "/logs" }} }}
  storage_class       = {{ uid = 7, gid = 7, base_path = "/claims", mount_options = ["tls", "iam"] }}
}}
resource "officeless_block_storage" "this" {{
  cluster_name = "{CLUSTER}"
  storage_class = {{
    is_default    = true
    iops_per_gb   = 50
    allowed_zones = ["us-east-1a", "us-east-1b"]
    tags          = {{ claim = "{{{{ .PVCName }}}}" }}
  }}
}}
resource "officeless_block_volume" "this" {{
  name                = "orders"
  availability_zone   = "us-east-1b"
  deletion_protection = false
  final_snapshot      = false
}}
output "efs_class" {{ value = yamldecode(officeless_shared_storage.this.storage_class_manifest) }}
output "efs_volume" {{
  value = yamldecode(officeless_shared_storage.this.persistent_volume_manifests["logs"])
}}
output "ebs_class" {{ value = yamldecode(officeless_block_storage.this.storage_class_manifest) }}
output "ebs_volume" {{ value = yamldecode(officeless_block_volume.this.persistent_volume_manifest) }}
output "ebs_claim" {{
  value = yamldecode(officeless_block_volume.this.persistent_volume_claim_manifest)
}}
"#
        ));
        scene.workspace.expect_apply().await;
        let outputs = ["efs_class", "efs_volume", "ebs_class", "ebs_volume", "ebs_claim"];
        let [shared_class, shared_volume, block_class, block_volume, block_claim] =
            decoded(&scene, &outputs).await.try_into().unwrap();

        let class: StorageClass = read(&shared_class);
        assert_eq!(class.provisioner, "efs.csi.aws.com");
        let volume: PersistentVolume = read(&shared_volume);
        let spec = volume.spec.unwrap();
        assert_eq!(spec.access_modes.unwrap(), ["ReadWriteMany"]);

        let class: StorageClass = read(&block_class);
        assert_eq!(class.provisioner, "ebs.csi.aws.com");
        assert_eq!(class.allow_volume_expansion, Some(true));
        let parameters = class.parameters.unwrap();
        assert_eq!(parameters["iopsPerGB"], "50");
        assert_eq!(parameters["tagSpecification_1"], "claim={{ .PVCName }}");
        let topology = class.allowed_topologies.unwrap();
        let zones = &topology[0].match_label_expressions.as_ref().unwrap()[0];
        assert_eq!(zones.values, ["us-east-1a", "us-east-1b"]);

        let volume: PersistentVolume = read(&block_volume);
        let claim: PersistentVolumeClaim = read(&block_claim);
        assert_binds(&volume, &claim);
        scene.destroy().await;
    }
}

/// Whether Kubernetes would bind the claim to the volume.
fn assert_binds(volume: &PersistentVolume, claim: &PersistentVolumeClaim) {
    let (pv, pvc) = (volume.spec.as_ref().unwrap(), claim.spec.as_ref().unwrap());
    let reference = pv.claim_ref.as_ref().unwrap();
    assert_eq!(reference.name, claim.metadata.name);
    assert_eq!(reference.namespace, claim.metadata.namespace);
    assert_eq!(pvc.volume_name, volume.metadata.name);
    assert_eq!(pv.storage_class_name, pvc.storage_class_name);
    assert_eq!(pv.access_modes, pvc.access_modes);
    let requests = pvc.resources.as_ref().unwrap().requests.as_ref().unwrap();
    assert_eq!(pv.capacity.as_ref().unwrap()["storage"], requests["storage"]);
    assert_eq!(pv.persistent_volume_reclaim_policy.as_deref(), Some("Retain"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_postgresql_example_stands_up_and_its_pod_finds_its_volume() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.workspace.copy_configuration(&repository().join(EXAMPLE)).unwrap();
        let settings = format!(
            "cluster_name = \"{CLUSTER}\"\ndeletion_protection = false\nfinal_snapshot = false\n"
        );
        scene.workspace.write("terraform.tfvars", &settings).unwrap();
        let rendered = [
            ("storage_class", "officeless_block_storage.this.storage_class_manifest"),
            ("persistent_volume", "officeless_block_volume.postgres.persistent_volume_manifest"),
            (
                "persistent_volume_claim",
                "officeless_block_volume.postgres.persistent_volume_claim_manifest",
            ),
        ];
        let rendered = rendered.map(|(output, value)| {
            format!("output \"{output}_read\" {{ value = yamldecode({value}) }}\n")
        });
        let written = ["service", "statefulset", "dynamic-claim"].map(|file| {
            format!(
                "output \"{file}\" {{ value = yamldecode(file(\"kubernetes/{file}.yaml\")) }}\n"
            )
        });
        let reading = [rendered, written].concat().concat();
        scene.workspace.write("reading.tf", &reading).unwrap();
        scene.settle().await;
        let outputs = [
            "storage_class_read",
            "persistent_volume_read",
            "persistent_volume_claim_read",
            "service",
            "statefulset",
            "dynamic-claim",
        ];
        let [class, volume, claim, service, set, dynamic] =
            decoded(&scene, &outputs).await.try_into().unwrap();
        let class: StorageClass = read(&class);
        let volume: PersistentVolume = read(&volume);
        let claim: PersistentVolumeClaim = read(&claim);
        let service: Service = read(&service);
        let set: StatefulSet = read(&set);
        let dynamic: PersistentVolumeClaim = read(&dynamic);
        assert_binds(&volume, &claim);

        let (name, spec) = (set.metadata.name.unwrap(), set.spec.unwrap());
        assert_eq!(spec.service_name, service.metadata.name);
        let template = &spec.volume_claim_templates.as_ref().unwrap()[0];
        let first = format!("{}-{name}-0", template.metadata.name.as_ref().unwrap());
        assert_eq!(claim.metadata.name.as_deref(), Some(first.as_str()));
        assert_eq!(claim.metadata.namespace, set.metadata.namespace);
        let (wanted, made) = (template.spec.as_ref().unwrap(), claim.spec.as_ref().unwrap());
        assert_eq!(wanted.storage_class_name, made.storage_class_name);
        assert_eq!(wanted.storage_class_name, class.metadata.name);
        assert_eq!(dynamic.spec.unwrap().storage_class_name, class.metadata.name);
        let mounts = spec.template.spec.unwrap().containers[0].volume_mounts.clone().unwrap();
        assert_eq!(Some(&mounts[0].name), template.metadata.name.as_ref());

        scene.workspace.expect_destroy().await;
        let left = leftovers(&scene.aws, &scene.seeded).await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}
