//! Tokens and passwords are nowhere: not in the state, the plan file, private data, the log or on a
//! screen. And the way of a token that the example shows, with a cache at its end.

use officeless_testbench::repository;
use serde_json::{Value, json};

use crate::cache_scene::{ADDRESS, NODES, state, steps, tokens, with};
use crate::scene::{REGION, Scene, every_cli};
use crate::written::Written;

const SECRETS: [&str; 6] = [
    "Hidden-Token-Number-1",
    "Hidden-Token-Number-2",
    "Hidden-Token-Number-3",
    "Hidden-Password-Number-4",
    "Hidden-Password-Number-5",
    "Hidden/Token/Number-6",
];

/// Looks through all that was written.
fn searched(scene: &Scene) -> Written {
    let written = Written::by(scene).with_files(&["trace.log", "plan.tfplan", "terraform.tfstate"]);
    written.expect_without(&SECRETS);
    written
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_file_and_on_no_screen() {
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        let log = scene.workspace.path().join("trace.log");
        scene.workspace.env("TF_LOG", "TRACE").env("TF_LOG_PATH", &log.display().to_string());
        let variable = "variable \"secret\" {\n  type = string\n  ephemeral = true\n}\n";
        let token = |version: u32| {
            format!(
                "{NODES}auth_token_wo = var.secret\nauth_token_wo_version = {version}\n\
                 auth_token_update_strategy = \"ROTATE\"\n"
            )
        };
        let users = |version: u32| {
            format!(
                "{NODES}users = {{\n  app = {{ access_string = \"on ~* +@all\", passwords_wo = \
                 [var.secret], passwords_wo_version = {version} }}\n}}"
            )
        };
        let steps = [token(1), token(2), token(3), users(4), users(5), token(6)];
        for (secret, attributes) in SECRETS.iter().zip(steps) {
            scene.workspace.env("TF_VAR_secret", secret);
            scene.configure(&format!("{variable}{}", with(&scene, &attributes)));
            let plan = scene.workspace.plan().await;
            let mut screens = plan.run.output() + &plan.json.to_string();
            if plan.run.code == Some(2) {
                screens.push_str(&scene.workspace.apply_plan().await.expect_ok().output());
                assert_eq!(state(&scene).await["status"], json!("complete"));
            } else {
                // The last one holds what AWS refuses.
                assert_eq!(*secret, SECRETS[5]);
                plan.run.expect_error("character 7 of the token is not allowed");
            }
            screens.push_str(&scene.workspace.state().await.to_string());
            for secret in SECRETS {
                assert!(!screens.contains(secret), "{secret} was shown");
            }
            let written = searched(&scene);
            if [SECRETS[1], SECRETS[2]].contains(secret) {
                let found = written.holds("the private data", "auth_token_rotated");
                assert!(found, "private data was not found");
            }
        }
        scene.configure(&format!("{variable}{}", with(&scene, &users(5))));
        let caches = scene.proxy().caches(&scene.account, REGION);
        assert_eq!(caches.passwords("app-app"), [SECRETS[4]], "the secrets did arrive");
        scene.destroy().await;
        searched(&scene);
        let traced = std::fs::read_to_string(&log).unwrap();
        let of_provider = "provider.terraform-provider-officeless: ";
        assert!(traced.contains(of_provider), "the provider's log is not in it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_token_is_given_to_the_cache_once_for_each_version() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let generated = |version: u32| {
            format!(
                "ephemeral \"officeless_cache_auth_token\" \"this\" {{}}\n{}",
                with(
                    &scene,
                    &format!(
                        "{NODES}auth_token_wo = \
                         ephemeral.officeless_cache_auth_token.this.auth_token\n\
                         auth_token_wo_version = {version}\n"
                    )
                )
            )
        };
        scene.configure(&generated(1));
        // Each run generates another one, and none of them but the first arrives.
        scene.settle().await;
        let first = tokens(&scene);
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].len(), 64);
        scene.configure(&generated(2));
        steps(&scene);
        let plan = scene.workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()[ADDRESS], ["update"]);
        scene.workspace.apply_plan().await.expect_ok();
        assert_eq!(steps(&scene), ["token in", "token alone"]);
        let second = tokens(&scene);
        assert_ne!(first, second);
        Written::by(&scene).expect_without(&[first, second].concat());
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

/// The example without the resources of hashicorp/aws, which write to the store: the scene does.
fn example() -> String {
    let folder = "examples/ephemeral-resources/officeless_cache_auth_token";
    let path = repository().join(folder).join("ephemeral-resource.tf");
    let text = std::fs::read_to_string(path).unwrap();
    let mut ours = String::new();
    let mut theirs = false;
    for line in text.lines() {
        theirs |= line.starts_with("resource \"aws_");
        if !theirs {
            ours.push_str(line);
            ours.push('\n');
        }
        theirs &= line != "}";
    }
    let store = "aws_secretsmanager_secret_version.cache.secret_id";
    assert!(ours.contains(store), "the example reads what it stored");
    ours.replace(store, "\"production/cache\"")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_gives_the_cache_what_the_store_holds() {
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        let subnets: Vec<&str> =
            scene.seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect();
        let subnets = serde_json::to_string(&subnets).unwrap();
        scene.workspace.env("TF_VAR_private_subnet_ids", &subnets);
        let stored = |version: u32| format!("Stored-Secret-Token-{version}");
        let body = |version: u32| {
            let secret = json!({ "auth_token": stored(version) }).to_string();
            json!({ "Name": "production/cache", "SecretId": "production/cache",
                "SecretString": secret })
        };
        let call = async |operation: &str, mut body: Value, unknown: &str| {
            body.as_object_mut().unwrap().remove(unknown);
            let target = format!("secretsmanager.{operation}");
            scene.aws.json("secretsmanager", &target, &body).await.unwrap().ok().unwrap();
        };
        call("CreateSecret", body(1), "SecretId").await;
        let text = example();
        scene.configure(&text);
        scene.settle().await;
        let caches = scene.proxy().caches(&scene.account, REGION);
        assert_eq!(caches.tokens("production"), [stored(1)]);
        // The store turns first; without a new version the cache stays as it is.
        call("PutSecretValue", body(2), "Name").await;
        scene.workspace.expect_empty_plan().await;
        scene.configure(&text.replace("cache_token_version = 1", "cache_token_version = 2"));
        scene.settle().await;
        assert_eq!(caches.tokens("production"), [stored(2)]);
        Written::by(&scene).expect_without(&[stored(1), stored(2)]);
        scene.destroy().await;
    }
}
