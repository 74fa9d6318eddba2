//! `officeless_addon_versions` as a configuration sees it.

use serde_json::json;

use crate::scene::{CLUSTER, Scene, every_cli};

fn asking(attributes: &str) -> String {
    format!(
        "data \"officeless_addon_versions\" \"this\" {{\n{attributes}\n}}\noutput \"all\" {{ value = \
         data.officeless_addon_versions.this }}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_versions_for_a_cluster_feed_the_addon() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&format!(
            "{}resource \"officeless_block_storage\" \"this\" {{\n  cluster_name = \
             \"{CLUSTER}\"\n  addon_version = data.officeless_addon_versions.this.default_version\n\
             }}\n",
            asking(&format!("cluster_name = \"{CLUSTER}\""))
        ));
        scene.settle().await;
        let all = scene.workspace.output("all").await;
        assert_eq!(all["kubernetes_version"], json!("1.33"));
        assert_eq!(all["addon_name"], json!("aws-ebs-csi-driver"));
        assert_eq!(all["latest_version"], json!("v1.58.0-eksbuild.1"));
        assert_eq!(all["default_version"], json!("v1.50.1-eksbuild.1"));
        let versions = all["versions"].as_array().unwrap();
        assert_eq!(versions.len(), 3);
        assert_eq!(versions[1]["is_default"], json!(true));
        assert_eq!(versions[0]["cluster_versions"], json!(["1.33"]));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_eks_does_not_offer_is_told() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for (attributes, sentence) in [
            (
                "kubernetes_version = \"1.20\"",
                "EKS offers no version of it for Kubernetes 1.20. Correct the name",
            ),
            ("cluster_name = \"nowhere\"", "the account has no EKS cluster of this name"),
            ("addon_name = \"coredns-of-ours\"", "ResourceNotFoundException"),
            ("kubernetes_version = \"latest\"", "must be a Kubernetes version such as 1.33"),
            (
                "kubernetes_version = \"1.33\"\ncluster_name = \"demo\"",
                "kubernetes_version and cluster_name exclude each other",
            ),
        ] {
            scene.configure(&asking(attributes));
            scene.workspace.plan().await.run.expect_error(sentence);
        }
    }
}
