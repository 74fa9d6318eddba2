//! What the provider signs with is nowhere to be read: neither key nor session token is in a log, a
//! plan, a state or a message. Tokens and passwords of caches have tests of their own.

use std::path::Path;

use officeless_testbench::Example;

use crate::scene::{Scene, every_cli};

/// The files of a folder, with those of its folders, and what is in them.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_in_nothing_that_is_written() {
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        let example = Example::complete().unwrap();
        scene.workspace.copy_configuration(&example.folder).unwrap();
        let prefix = format!("s{}", scene.account);
        scene.workspace.env("TF_VAR_name_prefix", &prefix);
        scene.workspace.env("TF_LOG", "TRACE").env("TF_LOG_PATH", "trace.log");
        let mut told = String::new();
        told += &scene.workspace.expect_apply().await.to_string();
        told += &scene.workspace.expect_empty_plan().await.run.to_string();
        // A call that is refused is told with all that AWS says of it.
        let [_, key, token] = scene.credentials();
        scene.workspace.env("AWS_SESSION_TOKEN", &format!("{token}x"));
        let refused = scene.workspace.plan().await.run;
        assert_ne!(refused.code, Some(0), "a wrong session token was taken");
        told += &refused.to_string();
        scene.workspace.env("AWS_SESSION_TOKEN", &token);
        told += &scene.workspace.expect_destroy().await.to_string();
        let mut written = files(&scene.workspace.path());
        let log = written.iter().find(|(path, _)| path.ends_with("trace.log")).unwrap();
        assert!(contains(&log.1, "credentials are valid"), "the provider logged nothing");
        written.push(("what Terraform printed".to_owned(), told.into_bytes()));
        for (path, bytes) in written {
            for secret in [&key, &token] {
                assert!(!contains(&bytes, secret), "{path} has a secret of the credentials");
            }
        }
    }
}
