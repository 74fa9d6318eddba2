//! What somebody changes about the roles and associations of a composite is shown and put back, whichever
//! composite has them. `officeless_pod_identity`, which is nothing else, has tests of its own.

use serde_json::{Value, json};

use crate::scene::{CLUSTER, Scene, every_cli};

/// A composite with roles: its block, and how many roles and associations it makes.
fn composites(scene: &Scene) -> Vec<(&'static str, String, usize, usize)> {
    let account = &scene.account;
    vec![
        (
            "application_bucket",
            format!(
                "bucket = \"rights-{account}\"\n  cluster_name = \"{CLUSTER}\"\n  access = {{ web = \
                 {{ namespace = \"shop\", service_account = \"web\", level = \"read\" }} }}"
            ),
            1,
            1,
        ),
        (
            "observability_buckets",
            format!(
                "name_prefix = \"r{account}\"\n  components = [\"tempo\"]\n  pod_identity = {{ \
                 cluster_name = \"{CLUSTER}\" }}"
            ),
            1,
            1,
        ),
        ("block_storage", format!("cluster_name = \"{CLUSTER}\""), 1, 0),
        (
            "shared_storage",
            format!(
                "cluster_name = \"{CLUSTER}\"\n  csi_pod_identity = {{}}\n  deletion_protection = false"
            ),
            2,
            2,
        ),
        ("backup_plan", "name = \"daily\"".to_owned(), 1, 0),
    ]
}

impl Scene {
    async fn in_iam(&self, action: &str, role: &str, more: &[(&str, &str)]) -> String {
        let parameters = [&[("RoleName", role)], more].concat();
        self.aws.query("iam", action, &parameters).await.unwrap().ok().unwrap().body
    }

    /// The roles that the provider made.
    async fn roles(&self) -> Vec<String> {
        let answer = self.aws.query("iam", "ListRoles", &[]).await.unwrap().ok().unwrap();
        let names = answer.xml_all("RoleName").into_iter();
        let others = ["terraform", "stranger", &format!("{CLUSTER}-cluster")].map(str::to_owned);
        names.map(str::to_owned).filter(|name| !others.contains(name)).collect()
    }

    /// Associations that no add-on owns.
    async fn own_associations(&self) -> Vec<Value> {
        let associations = self.associations().await.into_iter();
        associations.filter(|one| one["ownerArn"].as_str().unwrap_or_default().is_empty()).collect()
    }

    /// Another trust, other rights, other tags.
    async fn tamper_with_role(&self, role: &str) {
        let only = |statement: Value| {
            json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
        };
        let somebody = json!({ "Service": "ec2.amazonaws.com" });
        let trust = only(json!({
            "Effect": "Allow", "Principal": somebody, "Action": "sts:AssumeRole",
        }));
        self.in_iam("UpdateAssumeRolePolicy", role, &[("PolicyDocument", &trust)]).await;
        let rights = only(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }));
        let listed = self.in_iam("ListRolePolicies", role, &[]).await;
        for policy in listed.split("<member>").skip(1).filter_map(|rest| rest.split('<').next()) {
            let other = [("PolicyName", policy), ("PolicyDocument", &rights)];
            self.in_iam("PutRolePolicy", role, &other).await;
        }
        let tags = [
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", "somebody"),
            ("Tags.member.2.Key", "stray"),
            ("Tags.member.2.Value", "somebody"),
        ];
        self.in_iam("TagRole", role, &tags).await;
    }

    /// Another role.
    async fn tamper_with_association(&self, association: &Value) {
        let id = association["associationId"].as_str().unwrap();
        let path = format!("/clusters/{CLUSTER}/pod-identity-associations/{id}");
        let other = format!("arn:aws:iam::{}:role/stranger", self.account);
        let body = json!({ "roleArn": other }).to_string();
        self.aws.rest("eks", "POST", &path, &body).await.unwrap().ok().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_about_roles_and_associations_is_put_back() {
    for cli in every_cli() {
        for place in 0..5 {
            let scene = Scene::new(&cli).await;
            let (kind, attributes, roles, associations) = composites(&scene).swap_remove(place);
            let trust = [("AssumeRolePolicyDocument", "{}")];
            scene.in_iam("CreateRole", "stranger", &trust).await;
            scene.configure(&format!(
                "resource \"officeless_{kind}\" \"this\" {{\n  tags = {{ team = \"shop\" }}\n  \
                 {attributes}\n}}\n"
            ));
            scene.settle().await;
            assert_eq!(scene.roles().await.len(), roles, "{kind}");
            for role in scene.roles().await {
                scene.tamper_with_role(&role).await;
            }
            let found = scene.own_associations().await;
            assert!(found.len() >= associations, "{kind}: {found:?}");
            for association in found.iter().take(associations) {
                scene.tamper_with_association(association).await;
            }
            scene.workspace.plan().await.expect_changes();
            scene.settle().await;
            let address = format!("officeless_{kind}.this");
            let state = scene.workspace.attributes(&address).await;
            assert_eq!(state["status"], json!("complete"), "{kind}");
            for role in scene.roles().await {
                let found = scene.in_iam("GetRole", &role, &[]).await;
                assert!(!found.contains("ec2.amazonaws.com"), "{kind}: {found}");
                let tags = scene.in_iam("ListRoleTags", &role, &[]).await;
                assert!(tags.contains("shop") && !tags.contains("somebody"), "{kind}: {tags}");
            }
            scene.in_iam("DeleteRole", "stranger", &[]).await;
            scene.destroy().await;
        }
    }
}
