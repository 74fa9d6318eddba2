//! Tags reach everything that a composite made, also when they change. Tags of associations are asked
//! for through the proxy, since the emulator never changes what it tells of them.

use serde_json::Value;

use crate::scene::{CLUSTER, Scene, every_cli};

/// Each composite that makes roles, associations or groups besides its main object, all of them at
/// once.
fn composites(account: &str) -> [String; 4] {
    let cluster = format!("cluster_name = \"{CLUSTER}\"");
    [
        format!(
            "resource \"officeless_shared_storage\" \"this\" {{\n  {cluster}\n  csi_pod_identity = \
             {{}}\n  create_security_group = true\n  deletion_protection = false\n"
        ),
        format!(
            "resource \"officeless_observability_buckets\" \"this\" {{\n  name_prefix = \
             \"g{account}\"\n  pod_identity = {{ {cluster}, mode = \"split\" }}\n"
        ),
        format!(
            "resource \"officeless_application_bucket\" \"this\" {{\n  bucket = \"g{account}-app\"\n  \
             {cluster}\n  access = {{ web = {{ namespace = \"shop\", service_account = \"web\", \
             level = \"read\" }} }}\n"
        ),
        format!("resource \"officeless_block_storage\" \"this\" {{\n  {cluster}\n"),
    ]
}

impl Scene {
    /// The value of a tag on every role, association and security group that was made here.
    async fn team_of_all(&self) -> Vec<String> {
        let mut found = Vec::new();
        let ask = async |service: &str, action: &str, parameters: &[(&str, &str)]| {
            self.aws.query(service, action, parameters).await.unwrap().ok().unwrap()
        };
        let roles = ask("iam", "ListRoles", &[]).await;
        for name in roles.xml_all("RoleName") {
            let role = ask("iam", "ListRoleTags", &[("RoleName", name)]).await;
            found.extend(team_in_xml(&role.body));
        }
        let groups = ask("ec2", "DescribeSecurityGroups", &[]).await;
        found.extend(team_in_xml(&groups.body));
        for association in self.associations().await {
            let id = association["associationId"].as_str().unwrap();
            let path = format!("/clusters/{CLUSTER}/pod-identity-associations/{id}");
            let told = self.proxied().rest("eks", "GET", &path, "").await.unwrap().ok().unwrap();
            let told: Value = told.json().unwrap();
            let team = &told["association"]["tags"]["team"];
            found.extend(team.as_str().map(str::to_owned));
        }
        found
    }
}

/// The values of the tag in an answer, whatever the case of its elements.
fn team_in_xml(body: &str) -> Vec<String> {
    let parts = body.split(">team<").skip(1);
    let value = |part: &str| part.split('>').nth(2)?.split('<').next().map(str::to_owned);
    parts.filter_map(value).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_tags_reach_everything_that_was_made() {
    for cli in every_cli() {
        for text in composites("000000000000") {
            let scene = Scene::new(&cli).await;
            let text = text.replace("000000000000", &scene.account);
            scene.configure(&format!("{text}  tags = {{ team = \"one\" }}\n}}\n"));
            scene.settle().await;
            let before = scene.team_of_all().await;
            assert!(before.iter().all(|team| team == "one") && !before.is_empty(), "{before:?}");
            scene.configure(&format!("{text}  tags = {{ team = \"two\", more = \"x\" }}\n}}\n"));
            scene.settle().await;
            let after = scene.team_of_all().await;
            assert_eq!(after, vec!["two"; before.len()], "{text}");
            scene.configure(&format!("{text}}}\n"));
            scene.settle().await;
            let none = scene.team_of_all().await;
            assert!(none.is_empty(), "{none:?}");
            scene.destroy().await;
        }
    }
}
