//! `officeless_pod_identity` through its whole life.

use serde_json::{Value, json};

use crate::scene::{CLUSTER, Scene, every_cli};

const ADDRESS: &str = "officeless_pod_identity.this";
const ROLE: &str = "demo-content-app";
const ID: &str = "demo/content/app";
const BUCKET_READER: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

fn with(attributes: &str) -> String {
    format!(
        "resource \"officeless_pod_identity\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
         namespace = \"content\"\n  service_account = \"app\"\n{attributes}\n}}\n"
    )
}

/// Every attribute that can change in place, at a value that is not its default.
fn full() -> String {
    with(&format!(
        r#"
  permissions_boundary_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
  max_session_duration     = 7200
  policy_arns              = ["{BUCKET_READER}"]
  target_role_arn          = "arn:aws:iam::210987654321:role/data"
  disable_session_tags     = true
  session_policy           = jsonencode({{ Version = "2012-10-17", Statement = [] }})
  tags                     = {{ team = "content" }}
  timeouts                 = {{ create = "5m" }}
  presets = {{
    s3_read_write = {{ resources = ["arn:aws:s3:::content/uploads/"] }}
    efs_client = {{
      resources = ["arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123456789abcdef0"]
    }}
  }}
  policy_statements = [{{
    sid        = "Mail"
    actions    = ["ses:SendEmail"]
    resources  = ["*"]
    conditions = {{ StringEquals = {{ "ses:FromAddress" = ["a@example.com"] }} }}
  }}]"#
    ))
}

async fn state(scene: &Scene) -> Value {
    scene.workspace.attributes(ADDRESS).await
}

impl Scene {
    async fn ask_iam(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        self.aws.query("iam", action, parameters).await.unwrap().ok().unwrap().body
    }

    /// An association of somebody else for the service account; its id.
    async fn foreign_association(&self, role: &str, tags: &Value) -> String {
        let path = format!("/clusters/{CLUSTER}/pod-identity-associations");
        let body = json!({
            "namespace": "content",
            "serviceAccount": "app",
            "roleArn": format!("arn:aws:iam::{}:role/{role}", self.account),
            "tags": tags,
        });
        let made = self.aws.rest("eks", "POST", &path, &body.to_string()).await.unwrap();
        let made = made.ok().unwrap().json().unwrap();
        made["association"]["associationId"].as_str().unwrap().to_owned()
    }

    /// A role of somebody else that pods may use; its ARN.
    async fn role(&self, name: &str) -> String {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
        self.ask_iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", trust)])
            .await;
        format!("arn:aws:iam::{}:role/{name}", self.account)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_and_a_preset_are_enough() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let text = with("presets = { s3_read = { resources = [\"arn:aws:s3:::content\"] } }");
        scene.configure(&text);
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("has no add-on eks-pod-identity-agent"), "{}", plan.run);
        assert!(scene.mutations().is_empty(), "the plan changed something");
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["status"], json!("complete"));
        assert_eq!(state["id"], json!(ID));
        assert_eq!(state["role_arn"], json!(format!("arn:aws:iam::{}:role/{ROLE}", scene.account)));
        assert!(state["association_id"].as_str().unwrap().starts_with("a-"));
        assert!(state["association_arn"].as_str().unwrap().contains("podidentityassociation/"));
        assert!(state["policy_json"].as_str().unwrap().contains("S3ReadObjects"));
        let trust = state["assume_role_policy_json"].as_str().unwrap();
        assert!(
            trust.contains("\"aws:RequestTag/kubernetes-service-account\":[\"app\"]"),
            "{trust}"
        );
        for name in ["external_id", "owner_arn", "status_reason"] {
            assert_eq!(state[name], Value::Null, "{name}");
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_is_not_missed_where_it_is() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let body = json!({ "addonName": "eks-pod-identity-agent" }).to_string();
        let path = format!("/clusters/{CLUSTER}/addons");
        scene.aws.rest("eks", "POST", &path, &body).await.unwrap().ok().unwrap();
        scene.configure(&with(""));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(!plan.run.says("Pod Identity Agent Missing"), "{}", plan.run);
        scene.configure(&with("").replace(&format!("\"{CLUSTER}\""), "\"later\""));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(
            plan.run.says("There is no EKS cluster \"later\" in us-east-1 yet"),
            "{}",
            plan.run
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attribute_changes_in_place_and_back() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        scene.settle().await;
        let created = state(&scene).await;
        scene.configure(&full());
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        assert!(plan.run.says("running pods go on with the credentials they have"), "{}", plan.run);
        scene.settle().await;
        let changed = state(&scene).await;
        for name in ["id", "role_arn", "association_id"] {
            assert_eq!(changed[name], created[name], "{name}");
        }
        assert_eq!(changed["condition_session_tags"], json!(false));
        assert!(changed["external_id"].is_string());
        let policy = changed["policy_json"].as_str().unwrap();
        for part in ["content/uploads/*", "ClientMount", "ses:FromAddress", "AssumeTargetRole"] {
            assert!(policy.contains(part), "{part}: {policy}");
        }
        let role = scene.ask_iam("GetRole", &[("RoleName", ROLE)]).await;
        assert!(role.contains("PowerUserAccess") && role.contains("7200"), "{role}");
        scene.configure(&with(""));
        scene.settle().await;
        let back = state(&scene).await;
        for name in ["policy_json", "external_id", "target_role_arn", "permissions_boundary_arn"] {
            assert_eq!(back[name], Value::Null, "{name}");
        }
        assert_eq!(back["policy_arns"], json!([]));
        assert_eq!(back["assume_role_policy_json"], created["assume_role_policy_json"]);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_service_account_gets_the_same_role() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        scene.settle().await;
        let before = state(&scene).await;
        scene.configure(&with("").replace("\"app\"", "\"worker\""));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        let after = state(&scene).await;
        assert_eq!(after["role_arn"], before["role_arn"]);
        assert_ne!(after["association_id"], before["association_id"]);
        assert_eq!(after["id"], json!("demo/content/worker"));
        let associations = scene.associations().await;
        assert_eq!(associations.len(), 1, "{associations:?}");
        assert_eq!(associations[0]["serviceAccount"], json!("worker"));
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_change_in_place_is_a_replacement() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let given = scene.role("made-elsewhere").await;
        scene.configure(&with(""));
        scene.settle().await;
        for change in [
            "path = \"/workloads/\"".to_owned(),
            format!("role_arn = \"{given}\""),
            "role_name = \"another\"".to_owned(),
        ] {
            scene.configure(&with(&change));
            let plan = scene.workspace.plan().await.expect_changes();
            assert_eq!(plan.actions()[ADDRESS], ["delete", "create"], "{change}");
        }
        scene.settle().await;
        assert_eq!(state(&scene).await["role_name"], json!("another"));
        scene.ask_iam("DeleteRole", &[("RoleName", "made-elsewhere")]).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_made_elsewhere_is_associated_and_left_alone() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let (one, two) = (scene.role("one").await, scene.role("two").await);
        let given = |arn: &str| with(&format!("role_arn = \"{arn}\"\ntags = {{ team = \"a\" }}"));
        scene.configure(&given(&one));
        scene.settle().await;
        let before = state(&scene).await;
        assert_eq!(before["role_name"], json!("one"));
        assert_eq!(before["policy_json"], Value::Null);
        scene.workspace.forget_state().unwrap();
        scene.workspace.plan().await.run.expect_error("they belong to another state");
        scene.workspace.expect_import(ADDRESS, ID).await;
        scene.workspace.expect_empty_plan().await;
        scene.configure(&given(&two));
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.settle().await;
        assert_eq!(state(&scene).await["association_id"], before["association_id"]);
        scene.workspace.expect_destroy().await;
        assert!(scene.associations().await.is_empty());
        for name in ["one", "two"] {
            let role = scene.ask_iam("GetRole", &[("RoleName", name)]).await;
            assert!(!role.contains("officeless:"), "{role}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_needs_no_change() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let text = with(&format!("policy_arns = [\"{BUCKET_READER}\"]\ntags = {{ team = \"a\" }}"));
        scene.configure(&text);
        scene.settle().await;
        let before = state(&scene).await;
        for id in [ID.to_owned(), format!("{ID}@us-east-1")] {
            scene.workspace.forget_state().unwrap();
            scene.workspace.expect_import(ADDRESS, &id).await;
            scene.workspace.expect_empty_plan().await;
        }
        assert_eq!(state(&scene).await["role_arn"], before["role_arn"]);
        scene.workspace.forget_state().unwrap();
        scene
            .workspace
            .import(ADDRESS, "demo/content")
            .await
            .expect_error("it has not three parts");
        scene.workspace.import(ADDRESS, "demo/content/nobody").await.expect_error("non-existent");
        scene.workspace.expect_import(ADDRESS, ID).await;
        scene.destroy().await;
    }
}

/// What somebody else may do to a finished pod identity, each to be shown and repaired.
async fn tamper(scene: &Scene, with: &str, state: &Value) {
    let role = ("RoleName", ROLE);
    let id = state["association_id"].as_str().unwrap();
    let association = format!("/clusters/{CLUSTER}/pod-identity-associations/{id}");
    let eks = |method: &'static str, path: String, body: Value| async move {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        scene.aws.rest("eks", method, &path, &body).await.unwrap().ok().unwrap();
    };
    let changed = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    let inline = ("PolicyName", "pod-identity");
    let boundary = ("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let other = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    match with {
        "trust policy" => {
            let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
            scene.ask_iam("UpdateAssumeRolePolicy", &[role, ("PolicyDocument", document)]).await;
        }
        "inline policy" => {
            let document = ("PolicyDocument", changed);
            scene.ask_iam("PutRolePolicy", &[role, inline, document]).await;
        }
        "inline policy gone" => drop(scene.ask_iam("DeleteRolePolicy", &[role, inline]).await),
        "attached policy gone" => {
            scene.ask_iam("DetachRolePolicy", &[role, ("PolicyArn", BUCKET_READER)]).await;
        }
        "policy attached" => drop(scene.ask_iam("AttachRolePolicy", &[role, other]).await),
        "boundary" => drop(scene.ask_iam("PutRolePermissionsBoundary", &[role, boundary]).await),
        "longest session" => {
            scene.ask_iam("UpdateRole", &[role, ("MaxSessionDuration", "3600")]).await;
        }
        "tags" => {
            let tag = [role, ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "other")];
            scene.ask_iam("TagRole", &tag).await;
        }
        "owner tag" => {
            scene.ask_iam("UntagRole", &[role, ("TagKeys.member.1", "officeless:resource")]).await;
        }
        "role of the association" => {
            let body = json!({ "roleArn": scene.role("stranger").await });
            eks("POST", association, body).await;
        }
        "target role" => {
            let target = "arn:aws:iam::210987654321:role/other";
            eks("POST", association, json!({ "targetRoleArn": target })).await;
        }
        "session policy" => {
            let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
            eks("POST", association, json!({ "policy": policy })).await;
        }
        "session tags" => eks("POST", association, json!({ "disableSessionTags": false })).await,
        "association" => eks("DELETE", association, Value::Null).await,
        "role" => {
            scene.ask_iam("DeleteRolePolicy", &[role, inline]).await;
            scene.ask_iam("DetachRolePolicy", &[role, ("PolicyArn", BUCKET_READER)]).await;
            scene.ask_iam("DeleteRole", &[role]).await;
        }
        other => panic!("no such tampering: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_shown_and_repaired_by_one_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&full());
        scene.settle().await;
        for with in [
            "trust policy",
            "inline policy",
            "inline policy gone",
            "attached policy gone",
            "policy attached",
            "boundary",
            "longest session",
            "tags",
            "owner tag",
            "role of the association",
            "target role",
            "session policy",
            "session tags",
            "association",
            "role",
        ] {
            let before = state(&scene).await;
            tamper(&scene, with, &before).await;
            let plan = scene.workspace.plan().await;
            assert_eq!(plan.run.code, Some(2), "{with} is not shown\n{}", plan.run);
            assert_eq!(plan.actions()[ADDRESS], ["update"], "{with}");
            scene.settle().await;
            let after = state(&scene).await;
            for name in ["role_arn", "policy_json", "policy_arns", "tags", "session_policy"] {
                assert_eq!(after[name], before[name], "{with}: {name}");
            }
        }
        scene.ask_iam("DeleteRole", &[("RoleName", "stranger")]).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vanished_whole_is_created_anew() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        scene.settle().await;
        let before = state(&scene).await;
        let id = before["association_id"].as_str().unwrap();
        let path = format!("/clusters/{CLUSTER}/pod-identity-associations/{id}");
        scene.aws.rest("eks", "DELETE", &path, "").await.unwrap().ok().unwrap();
        scene.ask_iam("DeleteRole", &[("RoleName", ROLE)]).await;
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["create"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_in_the_form_of_aws_are_no_drift() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene
            .configure(&with("presets = { s3_read = { resources = [\"arn:aws:s3:::content\"] } }"));
        scene.settle().await;
        let state = state(&scene).await;
        // Lists of one without their brackets, members in another order, white space.
        for (action, name, attribute) in [
            ("PutRolePolicy", Some("pod-identity"), "policy_json"),
            ("UpdateAssumeRolePolicy", None, "assume_role_policy_json"),
        ] {
            let mut document: Value =
                serde_json::from_str(state[attribute].as_str().unwrap()).unwrap();
            for statement in document["Statement"].as_array_mut().unwrap() {
                for member in ["Action", "Resource"] {
                    if statement[member].as_array().is_some_and(|list| list.len() == 1) {
                        statement[member] = statement[member][0].clone();
                    }
                }
            }
            let text = serde_json::to_string_pretty(&document).unwrap();
            let mut parameters = vec![("RoleName", ROLE), ("PolicyDocument", text.as_str())];
            parameters.extend(name.map(|name| ("PolicyName", name)));
            scene.ask_iam(action, &parameters).await;
        }
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_somebody_is_refused_when_planned() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.role(ROLE).await;
        let id = scene.foreign_association(ROLE, &json!({})).await;
        scene.configure(&with(""));
        let refused = scene.workspace.plan().await.run;
        let refused = refused
            .expect_error(&format!("Role {ROLE} exists, and was not made by this provider"))
            .expect_error("give the role as role_arn to use it as it is")
            .expect_error(&format!("has Pod Identity association {id}"));
        assert!(refused.says("import it with terraform import"), "{refused}");
        let stranger = "arn:aws:iam::210987654321:role/far";
        scene.configure(&with(&format!("role_arn = \"{stranger}\"")));
        scene.workspace.plan().await.run.expect_error("belongs to account 210987654321");
        assert!(scene.mutations().is_empty(), "a refused plan changed something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_one_of_another_state_is_not_adopted() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        scene.settle().await;
        scene.workspace.forget_state().unwrap();
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("were made under the name of this very object"), "{}", plan.run);
        assert!(plan.run.says(&format!("\"{ID}\"")), "{}", plan.run);
        scene.mutations();
        scene.workspace.apply().await.expect_error("exists, complete, and is not in this state");
        assert!(scene.mutations().is_empty(), "the refused apply changed something");
        scene.workspace.expect_import(ADDRESS, ID).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_one_is_replaced_when_it_is_tainted() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        scene.settle().await;
        scene.workspace.run(&["taint", ADDRESS]).await.expect_ok();
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["delete", "create"]);
        scene.settle().await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_foreign_role() {
    use officeless_testbench::{Effect, Fault};
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        let lost = Fault::on(&scene.account, "iam", "CreateRole").effect(Effect::LoseAnswer);
        let lost = scene.proxy().inject(lost);
        scene.settle().await;
        assert_eq!(scene.proxy().hits(lost), 1);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_association_of_an_add_on_is_read_and_never_changed() {
    use officeless_testbench::{Effect, Fault};
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let arn = scene.role("driver").await;
        scene.foreign_association("driver", &json!({})).await;
        let addon = "arn:aws:eks:us-east-1:123456789012:addon/demo/driver/1";
        let owned = Fault::on(&scene.account, "eks", "DescribePodIdentityAssociation").always();
        let owned = scene.proxy().inject(owned.effect(Effect::pretend("ownerArn", addon)));
        scene.configure(&with(&format!("role_arn = \"{arn}\"")));
        let text = format!("which belongs to the add-on {addon}");
        scene.workspace.plan().await.run.expect_error(&text);
        scene.workspace.expect_import(ADDRESS, ID).await;
        scene.workspace.expect_empty_plan().await;
        assert_eq!(state(&scene).await["owner_arn"], json!(addon));
        let other = scene.role("other").await;
        scene.configure(&with(&format!("role_arn = \"{other}\"")));
        scene.workspace.plan().await.run.expect_error("so it may be read here and not changed");
        scene.configure(&with(&format!("role_arn = \"{arn}\"")));
        scene.workspace.destroy().await.expect_error("may not be deleted here");
        assert!(scene.mutations().is_empty(), "an add-on's association was changed");
        scene.proxy().remove(owned);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_was_cut_off_is_finished() {
    use officeless_testbench::{Effect, Fault};
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        let effect = Effect::refuse(403, "AccessDeniedException");
        let fault = Fault::on(&scene.account, "eks", "CreatePodIdentityAssociation").always();
        let fault = scene.proxy().inject(fault.effect(effect));
        scene
            .workspace
            .apply()
            .await
            .expect_error("Creating pod identity \"demo/content/app\": association failed")
            .expect_error(&format!("recorded in the state: role {ROLE}."))
            .expect_error("Allow eks:CreatePodIdentityAssociation");
        scene.proxy().remove(fault);
        // The state is lost as well: the role carries the marker, and is taken over.
        scene.workspace.forget_state().unwrap();
        scene.settle().await;
        let role = scene.ask_iam("GetRole", &[("RoleName", ROLE)]).await;
        assert!(!role.contains("officeless:creating"), "{role}");
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_role_that_eks_does_not_see_yet_is_waited_for() {
    use officeless_testbench::{Effect, Fault};
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&with(""));
        let effect = Effect::Refuse {
            status: 400,
            code: "InvalidParameterException".to_owned(),
            message: "Role provided in the request does not exist.".to_owned(),
        };
        let fault = Fault::on(&scene.account, "eks", "CreatePodIdentityAssociation").times(2);
        let fault = scene.proxy().inject(fault.effect(effect));
        scene.settle().await;
        assert_eq!(scene.proxy().hits(fault), 2);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_known_only_after_apply_plan_and_apply() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(&format!(
            "resource \"terraform_data\" \"late\" {{ input = \"content\" }}\n{}",
            with(
                "role_name = \"r-${terraform_data.late.output}\"\n\
                 tags = { late = terraform_data.late.output }\n\
                 presets = { s3_read = { resources = [\"arn:aws:s3:::${terraform_data.late.output}\"] } }\n\
                 policy_statements = [{\n  actions = [\"s3:GetObject\"]\n  \
                 resources = [\"arn:aws:s3:::${terraform_data.late.output}-2/*\"]\n}]"
            )
        ));
        scene.settle().await;
        let state = state(&scene).await;
        assert_eq!(state["role_name"], json!("r-content"));
        assert!(state["policy_json"].as_str().unwrap().contains("content-2"));
        scene.destroy().await;
    }
}
