//! Every function, called by real Terraform without credentials.

use std::path::Path;

use k8s_openapi::api::core::v1::PersistentVolume;
use k8s_openapi::api::storage::v1::StorageClass;
use officeless_testbench::{Capability, Cli, Trials, Workspace, repository};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::scene::{PROVIDER, every_cli};

const HEAD: &str = "terraform {\n  required_providers {\n    officeless = { source = \
                    \"officeless-platform/officeless\" }\n  }\n}\n";

/// The CLIs that know functions of providers.
#[track_caller]
fn knowing() -> Trials {
    every_cli().that_can(Capability::Functions)
}

/// A workspace that knows no account, no region and no way to AWS.
fn bare(cli: &Cli) -> Workspace {
    let mut workspace =
        Workspace::new(cli, Path::new(PROVIDER), "http://127.0.0.1:1", "none").unwrap();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"] {
        workspace.env(name, "");
    }
    workspace
}

/// Evaluates an expression.
async fn value(workspace: &Workspace, expression: &str) -> Value {
    let text = format!("{HEAD}output \"result\" {{\n  value = {expression}\n}}\n");
    workspace.write("main.tf", &text).unwrap();
    workspace.expect_apply().await;
    workspace.output("result").await
}

/// The manifest as Kubernetes reads it.
async fn manifest<T: DeserializeOwned>(workspace: &Workspace, expression: &str) -> T {
    let json = value(workspace, &format!("yamldecode({expression})")).await;
    serde_json::from_value(json).unwrap()
}

/// The names of the examples, which are the names of the functions.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(repository().join("examples/functions")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_a_function_works_without_credentials() {
    let served = officeless::functions::all();
    let served: Vec<&str> = served.iter().map(|function| function.name()).collect();
    assert_eq!(names(), served);
    for cli in knowing() {
        let workspace = bare(&cli);
        workspace.write("main.tf", HEAD).unwrap();
        for name in &served {
            let path = format!("examples/functions/{name}/function.tf");
            let text = std::fs::read_to_string(repository().join(path)).unwrap();
            workspace.write(&format!("{name}.tf"), &text).unwrap();
        }
        workspace.expect_apply().await;
        workspace.expect_empty_plan().await;
        for name in &served {
            assert!(!workspace.output(name).await.is_null(), "{name}");
        }
        assert_eq!(workspace.output("gp3_throughput").await, 1500);
        assert_eq!(workspace.output("bucket_name").await, "acme-reports-production");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kubernetes_reads_every_manifest() {
    for cli in knowing() {
        let workspace = bare(&cli);
        let class: StorageClass = manifest(
            &workspace,
            "provider::officeless::ebs_storage_class({ is_default = true, allowed_zones = \
             [\"us-east-1b\", \"us-east-1a\"], tags = { team = \"data\" } })",
        )
        .await;
        assert_eq!(class.provisioner, "ebs.csi.aws.com");
        assert_eq!(class.parameters.unwrap()["tagSpecification_1"], "team=data");
        let zones = &class.allowed_topologies.unwrap()[0];
        let zones = &zones.match_label_expressions.as_ref().unwrap()[0];
        assert_eq!(zones.values, ["us-east-1a", "us-east-1b"]);

        let volume: PersistentVolume = manifest(
            &workspace,
            "provider::officeless::ebs_persistent_volume({ name = \"postgres-0\", volume_id = \
             \"vol-0123456789abcdef0\", availability_zone = \"us-east-1a\", claim = { namespace = \
             \"databases\", name = \"data\" } })",
        )
        .await;
        let spec = volume.spec.unwrap();
        assert_eq!(spec.csi.unwrap().volume_handle, "vol-0123456789abcdef0");
        assert_eq!(spec.claim_ref.unwrap().namespace.unwrap(), "databases");
        assert!(spec.node_affinity.unwrap().required.is_some());

        let class: StorageClass = manifest(
            &workspace,
            "provider::officeless::efs_storage_class({ file_system_id = \
             \"fs-0123456789abcdef0\", uid = 1000, gid = \"1000\" })",
        )
        .await;
        assert_eq!(class.parameters.unwrap()["gid"], "1000");

        let volume: PersistentVolume = manifest(
            &workspace,
            "provider::officeless::efs_persistent_volume({ name = \"content\", file_system_id = \
             \"fs-0123456789abcdef0\", path = \"/content\" })",
        )
        .await;
        assert_eq!(
            volume.spec.unwrap().csi.unwrap().volume_handle,
            "fs-0123456789abcdef0:/content"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_the_same_bytes_each_time() {
    for cli in knowing() {
        let workspace = bare(&cli);
        let policy = "provider::officeless::tls_only_bucket_policy(\"arn:aws:s3:::acme\", [{ \
                      Effect = \"Allow\", Action = [\"s3:GetObject\"], Sid = \"Read\", Condition \
                      = { NumericLessThan = { \"s3:max-keys\" = 10 } } }])";
        let read = value(&workspace, &format!("jsondecode({policy})")).await;
        assert_eq!(read["Statement"][0]["Sid"], "DenyInsecureTransport");
        assert_eq!(
            read["Statement"][1]["Condition"],
            json!({ "NumericLessThan": { "s3:max-keys": 10 } })
        );
        assert_eq!(value(&workspace, policy).await, value(&workspace, policy).await);
        let again = value(
            &workspace,
            "provider::officeless::pod_identity_trust_policy({ namespace = \"a\", cluster_name = \
             \"b\", service_accounts = [\"y\", \"x\"] }) == \
             provider::officeless::pod_identity_trust_policy({ namespace = \"a\", cluster_name = \
             \"b\", service_accounts = toset([\"x\", \"y\", \"y\"]) })",
        )
        .await;
        assert_eq!(again, true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_argument_is_told_by_its_name() {
    for cli in knowing() {
        let workspace = bare(&cli);
        for (expression, told) in [
            (
                "gp3_throughput(8, 5000)",
                "Invalid value for \"iops\" parameter: iops = 5000 is too much for size = 8 GiB",
            ),
            (
                "bucket_name(\"acme\", \"Reports\", null)",
                "bucket name \"acme-Reports\" contains the upper-case letter 'R'",
            ),
            (
                "bucket_name(\"acme\", null, null)",
                "Invalid value for \"key\" parameter: argument must not be null",
            ),
            (
                "ebs_storage_class({ iop = 3000 })",
                "Invalid value for \"class\" parameter: iop is no attribute here",
            ),
            (
                "ebs_storage_class({ iops = 20000 })",
                "version 1.42.0 of the EBS CSI driver makes gp3 volumes of at most 16000 IOPS",
            ),
            ("ebs_storage_class(\"gp3\")", "an object is needed, and \"gp3\" is given"),
            (
                "efs_persistent_volume({ name = \"a\" })",
                "file_system_id is required, and is null here",
            ),
            ("parse_efs_volume_handle(\"efs\")", "\"efs\" is not an EFS volume handle"),
            ("tls_only_bucket_policy(\"acme\", [])", "\"acme\" is not the ARN of a bucket"),
        ] {
            let text = format!(
                "{HEAD}output \"x\" {{\n  value = provider::officeless::{expression}\n}}\n"
            );
            workspace.write("main.tf", &text).unwrap();
            workspace.plan().await.run.expect_error(told);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statements_are_an_empty_list() {
    for cli in knowing() {
        let empty = "provider::officeless::tls_only_bucket_policy(\"arn:aws:s3:::acme\", [])";
        assert!(value(&bare(&cli), empty).await.is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_statements_are_none_as_well() {
    for cli in knowing().that_can(Capability::NullOfAnyType) {
        let policy = "provider::officeless::tls_only_bucket_policy(\"arn:aws:s3:::acme\", null)";
        let same = format!("{policy} == {}", policy.replace("null", "[]"));
        assert_eq!(value(&bare(&cli), &same).await, true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_argument_gives_an_unknown_result() {
    for cli in knowing() {
        let workspace = bare(&cli);
        let text = format!(
            "{HEAD}resource \"terraform_data\" \"name\" {{\n  input = \"reports\"\n}}\noutput \
             \"result\" {{\n  value = provider::officeless::bucket_name(\"acme\", \
             terraform_data.name.output, null)\n}}\noutput \"manifest\" {{\n  value = \
             provider::officeless::efs_storage_class({{ file_system_id = \
             \"fs-0123456789abcdef0\", name = terraform_data.name.output }})\n}}\n"
        );
        workspace.write("main.tf", &text).unwrap();
        workspace.plan().await.expect_changes();
        workspace.expect_apply().await;
        assert_eq!(workspace.output("result").await, "acme-reports");
        workspace.expect_empty_plan().await;
    }
}
