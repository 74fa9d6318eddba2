//! The examples that are whole configurations: their own tests, and the one with OpenTofu's encryption.

use std::path::Path;
use std::time::Duration;

use officeless_testbench::{Capability, repository};

use crate::scene::{Scene, every_cli};

const PASSPHRASE: &str = "TF_VAR_state_passphrase";

const PREFIX: &str = "TF_VAR_name_prefix";

/// The folders below `examples` that have tests, as `complete`.
fn folders_with_tests() -> Vec<String> {
    fn look(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !path.is_dir() || name.starts_with('.') {
                continue;
            }
            if name == "tests" {
                found.push(folder.display().to_string());
            } else {
                look(&path, found);
            }
        }
    }
    let examples = repository().join("examples");
    let mut found = Vec::new();
    look(&examples, &mut found);
    let root = format!("{}/", examples.display());
    let mut found: Vec<String> = found.iter().map(|one| one.replace(&root, "")).collect();
    found.sort();
    found
}

#[test]
fn every_whole_example_has_tests() {
    let expected =
        ["block-storage-postgresql", "complete", "terragrunt/03-storage", "terragrunt/06-cache"];
    assert_eq!(folders_with_tests(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tests_of_the_examples_pass() {
    for cli in every_cli() {
        for folder in folders_with_tests() {
            let mut scene = Scene::new(&cli).await;
            scene.own_prefix(PREFIX);
            scene.workspace.time_limit(Duration::from_mins(5));
            let from = repository().join("examples").join(&folder);
            scene.workspace.copy_configuration(&from).unwrap();
            let run = scene.workspace.run(&["test", "-no-color"]).await.expect_ok();
            assert!(run.says(" passed, 0 failed") && !run.says("0 passed"), "{folder}: {run}");
            scene.expect_nothing_left().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_state_tells_nothing_without_its_passphrase() {
    for cli in every_cli().that_can(Capability::StateEncryption) {
        let mut scene = Scene::installed(&cli).await;
        let prefix = scene.own_prefix(PREFIX);
        for folder in ["complete", "opentofu"] {
            let from = repository().join("examples").join(folder);
            scene.workspace.copy_configuration_into(&from, folder).unwrap();
        }
        scene.workspace.env(PASSPHRASE, "correct-horse-battery-staple");
        let run = async |scene: &Scene, arguments: &[&str]| {
            let arguments = [&["-chdir=opentofu"], arguments, &["-no-color", "-input=false"]];
            scene.workspace.run(&arguments.concat()).await
        };
        run(&scene, &["init"]).await.expect_ok();
        run(&scene, &["plan", "-out=plan.tfplan"]).await.expect_ok();
        // The arguments of apply end with the plan's file.
        let apply = ["-chdir=opentofu", "apply", "-no-color", "-input=false", "plan.tfplan"];
        scene.workspace.run(&apply).await.expect_ok();
        for file in ["plan.tfplan", "terraform.tfstate"] {
            let bytes = std::fs::read(scene.workspace.path().join("opentofu").join(file)).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(text.contains("\"encrypted_data\""), "{file} is not encrypted");
            assert!(!text.contains("officeless") && !text.contains(&prefix), "{file} can be read");
        }
        run(&scene, &["plan", "-detailed-exitcode"]).await.expect_ok();
        scene.workspace.env(PASSPHRASE, "another-horse-battery-staple");
        run(&scene, &["plan"]).await.expect_error("decryption failed");
        scene.workspace.env(PASSPHRASE, "correct-horse-battery-staple");
        run(&scene, &["destroy", "-auto-approve"]).await.expect_ok();
        scene.expect_nothing_left().await;
    }
}
