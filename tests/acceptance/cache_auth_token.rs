//! The cache's auth token: generated, read and signed, and seen by nobody.

use std::path::Path;

use officeless_testbench::{Capability, Trials, repository};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::scene::{REGION, Scene, every_cli};

/// What no file and no log may hold.
const TOKEN: &str = "correct-horse-battery-staple-0123456789!&#$^<>-";

/// The CLIs that know ephemeral resources.
#[track_caller]
fn knowing() -> Trials {
    every_cli().that_can(Capability::EphemeralResources)
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// A token that must be as the condition says once it is open.
fn token(arguments: &str, condition: &str) -> String {
    format!(
        "ephemeral \"officeless_cache_auth_token\" \"this\" {{\n{arguments}\n  lifecycle {{\n    \
         postcondition {{\n      condition     = {condition}\n      error_message = \"another \
         token\"\n    }}\n  }}\n}}\n"
    )
}

impl Scene {
    async fn secret(&self, name: &str, value: &str) {
        let body = json!({ "Name": name, "SecretString": value });
        let answer = self.aws.json("secretsmanager", "secretsmanager.CreateSecret", &body).await;
        answer.unwrap().ok().unwrap();
    }

    /// Fails if any file of the workspace holds the text.
    fn expect_no_file_with(&self, text: &str) {
        let mut looked_at = 0;
        let mut folders = vec![self.workspace.path()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                looked_at += 1;
                let bytes = std::fs::read(&path).unwrap();
                let held = bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!held, "{} holds the secret", path.display());
            }
        }
        assert!(looked_at > 2, "there was nothing to look at");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_token_is_valid_and_another_one_each_time() {
    for cli in knowing() {
        let scene = Scene::new(&cli).await;
        let valid = "can(regex(\"^[A-Za-z0-9!&#$^<>-]{64}$\", self.auth_token)) && self.length == \
                     64 && self.source == \"generated\" && self.expires_at == null";
        scene.configure(&token("", valid));
        scene.workspace.expect_apply().await;
        scene.configure(&token("length = 16", "length(self.auth_token) == 16"));
        scene.workspace.expect_apply().await;
        scene.configure(&token("length = 16", "length(self.auth_token) == 17"));
        scene.workspace.plan().await.run.expect_error("another token");
        let run = scene.workspace.apply().await.expect_error("another token");
        assert!(!run.is_ok());
        let calls = scene.proxy().calls(&scene.account);
        let asked = calls.iter().any(|call| call.service == "secretsmanager");
        assert!(!asked, "generating a token asks nothing of AWS");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_token_is_read_and_written_nowhere() {
    for cli in knowing() {
        let mut scene = Scene::new(&cli).await;
        scene.secret("plain", TOKEN).await;
        scene.secret("cache", &json!({ "token": TOKEN, "port": 6379 }).to_string()).await;
        scene.workspace.env("TF_LOG", "TRACE").env("TF_LOG_PATH", "trace.log");
        let same = format!("sha256(self.auth_token) == \"{}\"", hash(TOKEN));
        let data = "resource \"terraform_data\" \"other\" {\n  input = \"x\"\n}\n";
        for secret in ["{ id = \"plain\" }", "{ id = \"cache\", json_key = \"token\" }"] {
            let text = token(&format!("  secret = {secret}"), &same);
            scene.configure(&format!("{data}{text}"));
            scene.workspace.plan().await;
            scene.workspace.expect_apply().await;
            scene.workspace.expect_empty_plan().await;
        }
        let wrong = token("  secret = { id = \"plain\" }", "length(self.auth_token) == 1");
        let run = scene.configure_and_plan(&wrong).await;
        assert!(!run.contains(TOKEN), "{run}");
        scene.expect_no_file_with(TOKEN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_no_token_is_told_without_being_shown() {
    for cli in knowing() {
        let scene = Scene::new(&cli).await;
        scene.secret("short", "hunter2hunter2").await;
        scene.secret("forbidden", "hunter2hunter2@hunter2").await;
        scene.secret("json", &json!({ "token": "hunter2" }).to_string()).await;
        for (secret, told) in [
            (
                "{ id = \"short\" }",
                "secret.id = \"short\" at AWSCURRENT cannot be the auth token of a cache: the \
                 token has 14 characters; ElastiCache takes 16 to 128, so choose another length",
            ),
            (
                "{ id = \"forbidden\" }",
                "character 15 of the token is not allowed; use letters, digits and ! & # $ ^ < > - \
                 only",
            ),
            (
                "{ id = \"json\", json_key = \"auth\" }",
                "it is no JSON object with the key json_key = \"auth\"",
            ),
            (
                "{ id = \"short\", json_key = \"auth\" }",
                "json_key is set, and the secret is no JSON",
            ),
            (
                "{ id = \"nowhere\" }",
                "secret.id = \"nowhere\": the account has no secret of this name or ARN with a \
                 version labelled AWSCURRENT in us-east-1.",
            ),
        ] {
            let text = token(&format!("  secret = {secret}"), "self.source != \"\"");
            scene.configure(&text);
            let run = scene.workspace.plan().await.run.expect_error(told);
            assert!(!run.output().contains("hunter2"), "{run}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_signed_for_a_user_of_the_cache() {
    for cli in knowing() {
        let scene = Scene::new(&cli).await;
        let [key_id, ..] = scene.credentials();
        let shape = format!(
            "startswith(self.auth_token, \"production/?Action=connect&User=operator&X-Amz-\
             Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={key_id}%2F\") && \
             strcontains(self.auth_token, \"%2F{REGION}%2Felasticache%2Faws4_request\") && \
             strcontains(self.auth_token, \"&X-Amz-Expires=900&\") && \
             can(regex(\"&X-Amz-Signature=[0-9a-f]{{64}}(&|$)\", self.auth_token)) && \
             strcontains(self.auth_token, \"&X-Amz-Security-Token=\") && \
             timecmp(self.expires_at, plantimestamp()) > 0 && self.source == \"iam\""
        );
        let iam = "  iam = {\n    replication_group_id = \"Production\"\n    user_id = \
                   \"operator\"\n  }";
        scene.configure(&token(iam, &shape));
        scene.workspace.expect_apply().await;
        scene.workspace.expect_empty_plan().await;
        scene.expect_no_file_with("X-Amz-Date=");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_arguments_are_refused_when_validated() {
    for cli in knowing() {
        let scene = Scene::new(&cli).await;
        for (arguments, told) in [
            ("  length = 8", "length = 8: must be a whole number from 16 to 128."),
            (
                "  length = 32\n  secret = { id = \"x\" }",
                "length is that of a generated token, and secret is set",
            ),
        ] {
            scene.configure(&token(arguments, "self.source != \"\""));
            scene.workspace.validate().await.expect_error(told);
        }
    }
}

#[test]
fn the_example_writes_one_token_for_each_version() {
    let folder = "examples/ephemeral-resources/officeless_cache_auth_token";
    let path = repository().join(folder).join("ephemeral-resource.tf");
    let text = std::fs::read_to_string(Path::new(&path)).unwrap();
    let versions = text.lines().filter(|line| {
        line.contains("_wo_version") && line.ends_with("= local.cache_token_version")
    });
    assert_eq!(versions.count(), 2, "store and cache go by one number");
    assert!(text.contains("secret_string_wo = ") && text.contains("auth_token_wo         = "));
}

impl Scene {
    async fn configure_and_plan(&self, text: &str) -> String {
        self.configure(text);
        self.workspace.plan().await.run.expect_error("another token").output()
    }
}
