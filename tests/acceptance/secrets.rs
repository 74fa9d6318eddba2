//! What the provider signs with is nowhere to be read: no key, token or login is in a log, a plan, a
//! state or a message, and what AWS repeats of them is hidden. Tokens and passwords that caches are
//! given have tests of their own, as long as AWS keeps them to itself.

use std::sync::{Arc, Mutex};

use officeless_testbench::{Effect, Example, Fault, FaultId, Reply};
use serde_json::json;

use crate::cache_scene::{self, NODES};
use crate::scene::{CLUSTER, Scene, every_cli};
use crate::written::Written;

/// Where the log of a scene goes.
const LOG: &str = "trace.log";

/// How AWS tells of a wrong signature: it repeats what it has signed, the session token included.
fn wrong_signature(token: &str) -> Effect {
    Effect::Refuse {
        status: 403,
        code: "SignatureDoesNotMatch".to_owned(),
        message: format!(
            "The request signature we calculated does not match the signature you provided. The \
             Canonical String for this request should have been 'POST\n/\n\nhost:localhost\n\
             x-amz-security-token:{token}\n\nhost;x-amz-security-token\n0'"
        ),
    }
}

impl Scene {
    /// Everything is logged from now on.
    fn trace(&mut self) {
        self.workspace.env("TF_LOG", "TRACE").env("TF_LOG_PATH", LOG);
    }

    /// A provider block with these arguments, and then the text.
    fn configure_provider(&self, arguments: &str, text: &str) {
        let head = "terraform {\n  required_providers {\n    officeless = { source = \
                    \"officeless-platform/officeless\" }\n  }\n}\n";
        let provider = format!("provider \"officeless\" {{\n{arguments}\n}}\n");
        self.workspace.write("main.tf", &format!("{head}{provider}{text}")).unwrap();
    }

    /// What is written now, with what was printed; none of it holds a secret.
    fn expect_hidden<T: AsRef<str>>(&self, printed: &str, secrets: &[T]) -> Written {
        let written = Written::by(self).and("what was printed", printed).with_files(&[LOG]);
        let of_provider = "provider.terraform-provider-officeless";
        assert!(written.holds(LOG, of_provider), "the provider's log is not in it");
        written.expect_without(secrets);
        written
    }

    /// The root user's keys, in place of the restricted ones.
    fn as_root(&mut self) {
        let account = self.account.clone();
        self.workspace.env("AWS_ACCESS_KEY_ID", &account).env("AWS_SECRET_ACCESS_KEY", "test");
        self.workspace.env("AWS_SESSION_TOKEN", "");
    }

    /// The role that the scene made for the provider.
    fn provider_role(&self) -> String {
        format!("arn:aws:iam::{}:role/terraform", self.account)
    }

    /// Refuses the calls of an operation, in these words.
    fn refuse(&self, service: &str, operation: &str, effect: Effect) -> FaultId {
        let fault = Fault::on(&self.account, service, operation).always().effect(effect);
        self.proxy().inject(fault)
    }
}

/// Secret keys and session tokens of all that STS answers from now on.
fn sessions(scene: &Scene) -> Arc<Mutex<Vec<String>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let role = scene.provider_role();
    let note = {
        let seen = Arc::clone(&seen);
        move |reply: &mut Reply| {
            let text = reply.text();
            for element in ["SecretAccessKey", "SessionToken"] {
                let value = text.split(&format!("<{element}>")).nth(1);
                let value = value.and_then(|rest| rest.split('<').next());
                seen.lock().unwrap().extend(value.map(str::to_owned));
            }
        }
    };
    // A call with a web identity token is not signed, and so is nobody's.
    for account in [scene.account.as_str(), ""] {
        let (role, note) = (role.clone(), note.clone());
        let of_role = move |call: &officeless_testbench::Call| {
            call.form_value("RoleArn").as_deref() == Some(&role)
        };
        let capture = Effect::rewrite(move |_, reply| note(reply));
        scene.proxy().inject(Fault::when(account, of_role).always().effect(capture));
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_in_nothing_that_is_written() {
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        scene.trace();
        let example = Example::complete().unwrap();
        scene.workspace.copy_configuration(&example.folder).unwrap();
        scene.own_prefix("TF_VAR_name_prefix");
        let [_, key, token] = scene.credentials();
        let mut told = String::new();
        let plan = scene.workspace.plan().await.expect_changes();
        told += &(plan.run.output() + &plan.json.to_string());
        told += &scene.workspace.apply_plan().await.expect_ok().output();
        told += &scene.workspace.state().await.to_string();
        told += &scene.workspace.expect_empty_plan().await.run.output();
        let fault = scene.refuse("sts", "GetCallerIdentity", wrong_signature(&token));
        let refused = scene.workspace.plan().await.run;
        told += &refused.expect_error("x-amz-security-token:(sensitive value)").output();
        scene.proxy().remove(fault);
        told += &scene.workspace.expect_destroy().await.output();
        let written = scene.expect_hidden(&told, &[key, token]);
        let written = written.with_files(&["plan.tfplan", "terraform.tfstate.backup"]);
        assert!(written.holds(LOG, "credentials are valid"), "the provider logged nothing");
        scene.expect_nothing_left().await;
    }
}

/// Something small that needs no more than IAM and EKS.
fn pod_identity() -> String {
    format!(
        "resource \"officeless_pod_identity\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
         namespace = \"shop\"\n  service_account = \"web\"\n}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_assumed_roles_are_in_nothing_that_is_written() {
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        scene.trace();
        scene.as_root();
        let sessions = sessions(&scene);
        let role = format!("assume_role {{\n  role_arn = \"{}\"\n}}", scene.provider_role());
        scene.configure_provider(&role, &pod_identity());
        let mut told = scene.workspace.expect_apply().await.output();
        let token = sessions.lock().unwrap().last().cloned().unwrap();
        let refusal = Effect::Rewrite(Arc::new(move |call, reply| {
            let token = call.header("x-amz-security-token").unwrap_or_default().to_owned();
            reply.status = 403;
            reply.body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code>\
                 <Message>for {token} it should have been another</Message></Error>\
                 <RequestId>r</RequestId></ErrorResponse>"
            )
            .into_bytes();
        }));
        let fault = scene.refuse("iam", "GetRole", refusal);
        let refused = scene.workspace.plan().await.run;
        told += &refused.expect_error("for (sensitive value) it should have been").output();
        scene.proxy().remove(fault);
        told += &scene.workspace.expect_destroy().await.output();
        let sessions = sessions.lock().unwrap().clone();
        assert!(sessions.len() >= 6 && sessions.contains(&token), "{sessions:?}");
        scene.expect_hidden(&told, &sessions);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_identity_tokens_are_in_nothing_that_is_written() {
    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJoaWRkZW4ifQ.hidden-signature";
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        scene.trace();
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            scene.workspace.env(name, "");
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("token");
        std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
        let block = |argument: &str| {
            format!(
                "assume_role_with_web_identity {{\n  role_arn = {:?}\n  {argument}\n}}",
                scene.provider_role()
            )
        };
        let variable = "variable \"token\" {\n  type = string\n  ephemeral = true\n}\n";
        let ways = [
            (block("web_identity_token = var.token"), ("TF_VAR_token", TOKEN)),
            (
                block(&format!("web_identity_token_file = {:?}", file.display())),
                ("TF_VAR_token", "none"),
            ),
            (block(""), ("TF_AWS_WEB_IDENTITY_TOKEN", TOKEN)),
        ];
        for (arguments, (name, value)) in ways {
            scene.workspace.env("TF_VAR_token", "none").env("TF_AWS_WEB_IDENTITY_TOKEN", "");
            scene.workspace.env(name, value);
            scene.configure_provider(&arguments, &format!("{variable}{}", pod_identity()));
            let message = format!("the token {TOKEN} is none");
            let refusal =
                Effect::Refuse { status: 400, code: "InvalidIdentityToken".to_owned(), message };
            let fault = Fault::when(&scene.account, |call| {
                call.operation == "AssumeRoleWithWebIdentity"
                    && call.form_value("WebIdentityToken").as_deref() == Some(TOKEN)
            });
            let fault = scene.proxy().inject(fault.always().effect(refusal));
            let refused = scene.workspace.plan().await.run;
            let told = refused.expect_error("the token (sensitive value) is none").output();
            scene.proxy().remove(fault);
            scene.expect_hidden(&told, &[TOKEN]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_credentials_file_are_told_by_nobody() {
    const KEY: &str = "hidden/Key+of+the+file";
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        scene.trace();
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            scene.workspace.env(name, "");
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("credentials");
        scene.workspace.env("AWS_SHARED_CREDENTIALS_FILE", &file.display().to_string());
        scene.configure(&pod_identity());
        let account = scene.account.clone();
        let keys = format!("aws_access_key_id = {account}\naws_secret_access_key = {KEY}\n");
        let message = "it should have been signed with hidden/Key+of+the+file".to_owned();
        let effect = Effect::Refuse { status: 403, code: "SignatureDoesNotMatch".into(), message };
        scene.refuse("sts", "GetCallerIdentity", effect);
        let told = "signed with (sensitive value)";
        let torn = "could not be";
        for (text, says) in [
            (format!("[default]\n{keys}"), told),
            // What is no line of such a file, and what is no profile.
            (format!("[default]\n{keys}aws_session_token {KEY}\n"), ""),
            (format!("{keys}[default\n"), ""),
            (format!("[default]\naws_secret_access_key {KEY}\n"), ""),
        ] {
            std::fs::write(&file, &text).unwrap();
            let refused = scene.workspace.plan().await.run.expect_error(says);
            assert!(!refused.says(torn) || says.is_empty(), "{refused}");
            scene.expect_hidden(&refused.output(), &[KEY]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_of_a_proxy_is_told_by_nobody() {
    const PASSWORD: &str = "hidden-pass%20word";
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        scene.trace();
        let variable = "variable \"proxy\" {\n  type = string\n  ephemeral = true\n}\n";
        let text = format!("{variable}{}", pod_identity());
        let endpoint = scene.proxy().url().replace("http://", "");
        let endpoints = "endpoints {\n  sts = \"https://sts.example\"\n}";
        let unreachable = format!("http://somebody:{PASSWORD}@127.0.0.1:9");
        // One that answers otherwise than a proxy does.
        let no_proxy = format!("http://somebody:{PASSWORD}@{endpoint}");
        let no_url = format!("somebody:{PASSWORD}@127.0.0.1:9");
        for (arguments, variable, proxy) in [
            ("https_proxy = var.proxy", "HTTPS_PROXY", unreachable.as_str()),
            ("https_proxy = var.proxy", "HTTPS_PROXY", &no_proxy),
            ("https_proxy = var.proxy", "HTTPS_PROXY", &no_url),
            ("https_proxy = var.proxy\ninsecure = true", "HTTPS_PROXY", &no_proxy),
            ("", "HTTPS_PROXY", &unreachable),
        ] {
            let (in_block, in_environment) =
                if arguments.is_empty() { ("none", proxy) } else { (proxy, "") };
            scene.workspace.env("TF_VAR_proxy", in_block).env(variable, in_environment);
            scene.configure_provider(&format!("{arguments}\nmax_retries = 1\n{endpoints}"), &text);
            let refused = scene.workspace.plan().await.run;
            assert!(!refused.is_ok(), "{refused}");
            assert!(refused.says("proxy"), "{refused}");
            scene.expect_hidden(&refused.output(), &[PASSWORD, "hidden-pass word"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_repeats_of_a_token_or_a_password_is_hidden() {
    const TOKEN: &str = "Hidden-Token-Number-1";
    const PASSWORD: &str = "Hidden\"Pass\\word-2";
    for cli in every_cli() {
        let mut scene = Scene::new(&cli).await;
        scene.trace();
        let variable = "variable \"secret\" {\n  type = string\n  ephemeral = true\n}\n";
        let repeats = |secret: &str| Effect::Refuse {
            status: 400,
            code: "InvalidParameterValue".to_owned(),
            message: format!("The value {secret} is not valid, nor is {secret:?}"),
        };
        // What is kept of a create that broke off tells why it did.
        let token = format!(
            "{NODES}cluster_mode = \"enabled\"\nauth_token_wo = var.secret\nauth_token_wo_version = 1\nautoscaling = {{\n  \
             dimension = \"Replicas\"\n  target_value = 50\n  min = 1\n  max = 2\n}}\n"
        );
        scene.workspace.env("TF_VAR_secret", TOKEN);
        let text = format!("{variable}{}", cache_scene::with(&scene, &token));
        scene.configure_provider("incomplete_create = \"resume\"", &text);
        let scaling = ("application-autoscaling", "RegisterScalableTarget");
        let fault = scene.refuse(scaling.0, scaling.1, repeats(TOKEN));
        let mut told = scene.workspace.expect_apply().await.output();
        let state = cache_scene::state(&scene).await;
        assert_eq!(state["status"], json!("incomplete"), "{state}");
        let reason = state["status_reason"].as_str().unwrap();
        assert!(reason.contains("The value (sensitive value) is not valid"), "{reason}");
        scene.proxy().remove(fault);
        // And what a change is refused for.
        let users = format!(
            "{NODES}users = {{\n  app = {{ access_string = \"on ~* +@all\", passwords_wo = \
             [var.secret], passwords_wo_version = 1 }}\n}}"
        );
        scene.workspace.env("TF_VAR_secret", PASSWORD);
        let text = format!("{variable}{}", cache_scene::with(&scene, &users));
        scene.configure_provider("", &text);
        let fault = scene.refuse("elasticache", "CreateUser", repeats(PASSWORD));
        let refused = scene.workspace.apply().await;
        let says = "The value (sensitive value) is not valid, nor is \"(sensitive value)\"";
        told += &refused.expect_error(says).output();
        scene.proxy().remove(fault);
        told += &scene.workspace.expect_destroy().await.output();
        scene.expect_hidden(&told, &[TOKEN, PASSWORD]);
        scene.expect_nothing_left().await;
    }
}
