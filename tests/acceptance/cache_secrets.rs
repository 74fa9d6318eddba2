//! Tokens and passwords are nowhere: not in the state, the plan file, private data, the log or on a
//! screen. And the way of a token that the example shows, with a cache at its end.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use officeless_testbench::repository;
use serde_json::{Value, json};

use crate::cache_scene::{ADDRESS, NODES, state, steps, tokens, with};
use crate::scene::{REGION, Scene, every_cli};

const SECRETS: [&str; 6] = [
    "Hidden-Token-Number-1",
    "Hidden-Token-Number-2",
    "Hidden-Token-Number-3",
    "Hidden-Password-Number-4",
    "Hidden-Password-Number-5",
    "Hidden/Token/Number-6",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// What a file holds: a plan file is an archive, whose parts are packed.
fn held(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(b"PK") {
        return bytes;
    }
    let unpack = "import sys, zipfile\nfor part in zipfile.ZipFile(sys.argv[1]).infolist():\n    \
                  sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(part))";
    let unpacked = Command::new("python3").args(["-c", unpack]).arg(path).output().unwrap();
    assert!(unpacked.status.success(), "{unpacked:?}");
    assert!(unpacked.stdout.len() > bytes.len(), "there was nothing to unpack");
    unpacked.stdout
}

/// The private data in a text of state: it is there as base64.
fn private(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let values = text.split("\"private\":").skip(1);
    let coded = values.filter_map(|value| value.trim_start().strip_prefix('"')?.split('"').next());
    let engine = base64::engine::general_purpose::STANDARD;
    coded.flat_map(|coded| engine.decode(coded).unwrap()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// Looks through every file of the workspace and gives all private data found.
fn searched(scene: &Scene) -> Vec<u8> {
    let mut all = Vec::new();
    files(&scene.workspace.path(), &mut all);
    for file in ["trace.log", "plan.tfplan", "terraform.tfstate"] {
        assert!(all.iter().any(|path| path.ends_with(file)), "{file} is not among {all:?}");
    }
    let mut kept = Vec::new();
    for path in all {
        let bytes = held(&path);
        let private = private(&bytes);
        for secret in SECRETS {
            assert!(!holds(&bytes, secret), "{secret} is in {}", path.display());
            assert!(!holds(&private, secret), "{secret} is private in {}", path.display());
        }
        kept.extend(private);
    }
    kept
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
            let kept = searched(&scene);
            let rotated = [SECRETS[1], SECRETS[2]].contains(secret);
            if rotated {
                assert!(holds(&kept, "auth_token_rotated"), "private data was not found");
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
        let mut all = Vec::new();
        files(&scene.workspace.path(), &mut all);
        for (path, token) in all.iter().flat_map(|path| [(path, &first[0]), (path, &second[0])]) {
            assert!(!holds(&held(path), token), "{} holds a token", path.display());
        }
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
        let mut all = Vec::new();
        files(&scene.workspace.path(), &mut all);
        for (path, version) in all.iter().flat_map(|path| [(path, 1), (path, 2)]) {
            assert!(!holds(&held(path), &stored(version)), "{} holds it", path.display());
        }
        scene.destroy().await;
    }
}
