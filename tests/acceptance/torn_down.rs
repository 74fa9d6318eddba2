//! Somebody else deletes the object that holds the data. The roles and groups that were made for it are
//! not forgotten: the next apply makes it whole again, and a destroy leaves nothing. (A cache that has
//! lost its replication group is in [`crate::resumed`].)

use crate::scene::{CLUSTER, Scene, every_cli};

impl Scene {
    async fn delete(&self, service: &str, path: &str) {
        self.proxied().rest(service, "DELETE", path, "").await.unwrap().ok().unwrap();
    }

    /// Demands that the plan says why, and goes on in this way.
    async fn expect_plan(&self, address: &str, actions: &[&str], because: &str) {
        let plan = self.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[address], actions);
        let reason = plan.change(address)["before"]["status_reason"].clone();
        assert!(reason.as_str().is_some_and(|reason| reason.contains(because)), "{reason}");
    }
}

async fn delete_file_system(scene: &Scene) {
    let state = scene.workspace.attributes("officeless_shared_storage.this").await;
    for target in state["mount_targets"].as_object().unwrap().values() {
        let path = format!("/2015-02-01/mount-targets/{}", target["id"].as_str().unwrap());
        scene.delete("elasticfilesystem", &path).await;
    }
    let path = format!("/2015-02-01/file-systems/{}", state["id"].as_str().unwrap());
    scene.delete("elasticfilesystem", &path).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_shared_storage_roles_and_group_are_left() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&format!(
            "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
             create_security_group = true\n  allowed_cidr_blocks = [\"10.42.0.0/16\"]\n  \
             csi_pod_identity = {{}}\n}}\n"
        ));
        scene.settle().await;
        delete_file_system(&scene).await;
        let because = "is gone, and what was made for it is left: role ";
        let again = ["delete", "create"];
        scene.expect_plan("officeless_shared_storage.this", &again, because).await;
        scene.settle().await;
        scene.workspace.destroy().await.expect_error("deletion_protection = true");
        delete_file_system(&scene).await;
        scene.destroy().await;
    }
}

/// Makes an application bucket that a workload may read; gives its name.
async fn bucket_with_a_role(scene: &Scene) -> String {
    let name = format!("app-{}", scene.account);
    scene.configure(&format!(
        "resource \"officeless_application_bucket\" \"this\" {{\n  bucket = \"{name}\"\n  \
         cluster_name = \"{CLUSTER}\"\n  access = {{ web = {{ namespace = \"shop\", \
         service_account = \"web\", level = \"read\" }} }}\n}}\n"
    ));
    scene.settle().await;
    name
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_application_bucket_its_roles_are_left() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let name = bucket_with_a_role(&scene).await;
        scene.delete("s3", &format!("/{name}")).await;
        let because = format!("bucket {name} is missing");
        scene.expect_plan("officeless_application_bucket.this", &["update"], &because).await;
        scene.settle().await;
        scene.delete("s3", &format!("/{name}")).await;
        scene.destroy().await;
    }
}

/// Where somebody else has the name by now, the plan says so, and takes nothing over.
#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_bucket_that_is_gone_may_be_taken() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let name = bucket_with_a_role(&scene).await;
        let bucket = format!("/{name}");
        scene.delete("s3", &bucket).await;
        scene.workspace.run(&["apply", "-refresh-only", "-auto-approve"]).await.expect_ok();
        let other = scene.aws.as_account("999999999999");
        other.rest("s3", "PUT", &bucket, "").await.unwrap().ok().unwrap();
        let plan = scene.workspace.plan_with(&["-refresh=false"]).await;
        plan.run.expect_error("belongs to another account");
        let failed = scene.workspace.plan().await.run;
        failed.expect_error("where the bucket belongs to another account by now");
        other.rest("s3", "DELETE", &bucket, "").await.unwrap().ok().unwrap();
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_observability_buckets_the_roles_are_left() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let address = "officeless_observability_buckets.this";
        scene.configure(&format!(
            "resource \"officeless_observability_buckets\" \"this\" {{\n  \
             name_prefix = \"t{}\"\n  components = [\"tempo\"]\n  \
             pod_identity = {{ cluster_name = \"{CLUSTER}\" }}\n}}\n",
            scene.account
        ));
        for again in [true, false] {
            scene.settle().await;
            let state = scene.workspace.attributes(address).await;
            for name in state["bucket_names"].as_object().unwrap().values() {
                scene.delete("s3", &format!("/{}", name.as_str().unwrap())).await;
            }
            if again {
                scene.expect_plan(address, &["update"], "does not exist").await;
            }
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_backup_plan_the_role_is_left() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let address = "officeless_backup_plan.this";
        scene.configure("resource \"officeless_backup_plan\" \"this\" { name = \"daily\" }\n");
        for again in [true, false] {
            scene.settle().await;
            let state = scene.workspace.attributes(address).await;
            let plan = format!("/backup/plans/{}", state["plan_id"].as_str().unwrap());
            let selection = state["selection_id"].as_str().unwrap();
            scene.delete("backup", &format!("{plan}/selections/{selection}")).await;
            scene.delete("backup", &plan).await;
            scene.delete("backup", "/backup-vaults/daily").await;
            if again {
                scene.expect_plan(address, &["update"], "missing").await;
            }
        }
        scene.destroy().await;
    }
}
