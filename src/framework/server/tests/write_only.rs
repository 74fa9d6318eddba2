//! A write-only value leaves the provider in no answer, whatever the resource does with it.

use super::*;

const SECRET: &str = "hunter2";

model! {
    /// A thing with a secret.
    struct Safe {
        name: Value<String>,
        token_wo: Value<String>,
        users: Value<std::collections::BTreeMap<String, User>>,
    }
}

model! {
    /// A user with a secret.
    struct User {
        password_wo: Value<String>,
    }
}

/// Puts its secrets into every answer it can, unless its name says `honest`.
struct Careless;

fn filled(name: &str) -> Safe {
    let secret = || Value::Value(SECRET.to_owned());
    let user = User { password_wo: secret() };
    Safe {
        name: Value::Value(name.to_owned()),
        token_wo: secret(),
        users: Value::Value([("app".to_owned(), user)].into()),
    }
}

fn blank(name: &str) -> Safe {
    let mut safe = filled(name);
    safe.token_wo = Value::Null;
    safe.users = Value::Value([("app".to_owned(), User::default())].into());
    safe
}

fn is_honest(name: &Value<String>) -> bool {
    *name == Value::Value("honest".to_owned())
}

#[async_trait]
impl Resource<()> for Careless {
    type Model = Safe;

    fn type_name(&self) -> &'static str {
        "test_safe"
    }

    fn schema(&self) -> Schema {
        let secret = |name| Attribute::string(name).write_only();
        let attributes = vec![
            Attribute::string("name").required(),
            secret("token_wo"),
            Attribute::objects("users", vec![secret("password_wo")]),
        ];
        Schema { attributes, ..Schema::default() }
    }

    async fn plan(
        &self,
        _cx: Option<&Context<()>>,
        request: PlanRequest<'_, Safe>,
        plan: &mut Plan<Safe>,
    ) {
        if !is_honest(&request.config.name) {
            plan.planned = request.config.clone();
        }
    }

    async fn apply(
        &self,
        _cx: &Context<()>,
        request: ApplyRequest<Safe>,
        recorder: &mut Recorder<Safe>,
    ) -> Result<(), Diagnostic> {
        assert_eq!(request.config.token_wo, Value::Value(SECRET.to_owned()));
        let honest = is_honest(&request.config.name);
        recorder.record(if honest { request.planned } else { request.config });
        Ok(())
    }

    async fn delete(
        &self,
        _cx: &Context<()>,
        _prior: Safe,
        _recorder: &mut Recorder<Safe>,
    ) -> Result<(), Diagnostic> {
        Ok(())
    }

    async fn read(
        &self,
        _cx: &Context<()>,
        _state: Safe,
        _private: &mut Private,
    ) -> Result<Found<Safe>, Diagnostic> {
        Ok(Found::Present(Box::new(filled("careless"))))
    }

    async fn import(&self, _cx: &Context<()>, id: &str) -> Result<Safe, Diagnostic> {
        Ok(filled(id))
    }
}

struct Vault;

#[async_trait]
impl Provider for Vault {
    type Context = ();

    fn schema(&self) -> Schema {
        Schema::default()
    }

    fn validate(&self, _config: &Dynamic, _diagnostics: &mut Diagnostics) {}

    async fn configure(
        &self,
        _config: Dynamic,
        _cancel: CancellationToken,
        _diagnostics: &mut Diagnostics,
    ) -> Option<()> {
        Some(())
    }

    fn resources(&self) -> Vec<Box<dyn ManagedResource<()>>> {
        vec![Box::new(Managed::new(Careless))]
    }

    fn data_sources(&self) -> Vec<Box<dyn ReadableSource<()>>> {
        Vec::new()
    }
}

async fn vault() -> Server<Vault> {
    let server = Server::new(Vault);
    let request = proto::configure_provider::Request::default();
    server.configure_provider(Request::new(request)).await.unwrap();
    server
}

fn message(safe: &Safe) -> Option<proto::DynamicValue> {
    convert::encode(&safe.to_dynamic(), &Careless.schema().kind(), &mut Diagnostics::default())
}

fn type_name() -> String {
    "test_safe".to_owned()
}

async fn plan(name: &str) -> proto::plan_resource_change::Response {
    let request = proto::plan_resource_change::Request {
        type_name: type_name(),
        config: message(&filled(name)),
        proposed_new_state: message(&filled(name)),
        ..Default::default()
    };
    vault().await.plan_resource_change(Request::new(request)).await.unwrap().into_inner()
}

async fn apply(name: &str) -> proto::apply_resource_change::Response {
    let request = proto::apply_resource_change::Request {
        type_name: type_name(),
        config: message(&filled(name)),
        planned_state: message(&blank(name)),
        ..Default::default()
    };
    vault().await.apply_resource_change(Request::new(request)).await.unwrap().into_inner()
}

/// Fails if the secret stands anywhere in an answer, in its bytes or in its text.
fn assert_silent<M: prost::Message + std::fmt::Debug>(answer: &M) {
    let mut bytes = Vec::new();
    answer.encode(&mut bytes).unwrap();
    let told = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    assert!(!told, "{answer:?}");
}

#[tokio::test]
async fn secrets_reach_apply_and_nothing_else() {
    let planned = plan("honest").await;
    assert!(planned.diagnostics.is_empty(), "{:?}", planned.diagnostics);
    assert_eq!(planned.planned_state, message(&blank("honest")));
    let applied = apply("honest").await;
    assert!(applied.diagnostics.is_empty(), "{:?}", applied.diagnostics);
    assert_eq!(applied.new_state, message(&blank("honest")));
}

#[tokio::test]
async fn a_careless_resource_is_caught_and_its_secrets_are_blanked() {
    let planned = plan("careless").await;
    assert_silent(&planned);
    assert_eq!(planned.planned_state, message(&blank("careless")));
    assert!(planned.diagnostics[0].detail.contains("token_wo is write-only"));

    let applied = apply("careless").await;
    assert_silent(&applied);
    assert_eq!(applied.new_state, message(&blank("careless")));
    assert!(applied.diagnostics[0].detail.contains("token_wo is not the sensitive value"));
}

#[tokio::test]
async fn no_stored_state_holds_a_secret() {
    let server = vault().await;
    let request = proto::read_resource::Request {
        type_name: type_name(),
        current_state: message(&blank("careless")),
        ..Default::default()
    };
    let read = server.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_silent(&read);
    assert_eq!(read.new_state, message(&blank("careless")));
    assert!(
        read.diagnostics.iter().any(|told| told.detail.contains(r#"users["app"].password_wo"#))
    );

    let request = proto::import_resource_state::Request {
        type_name: type_name(),
        id: "x".to_owned(),
        ..Default::default()
    };
    let imported = server.import_resource_state(Request::new(request)).await.unwrap().into_inner();
    assert_silent(&imported);
    assert_eq!(imported.imported_resources[0].state, message(&blank("x")));

    // A state that somebody edited, or of a version in which the attribute was stored.
    let json = format!(r#"{{ "name": "x", "token_wo": "{SECRET}", "users": null }}"#);
    let raw_state = proto::RawState { json: json.into_bytes(), ..Default::default() };
    let request = proto::upgrade_resource_state::Request {
        type_name: type_name(),
        raw_state: Some(raw_state),
        ..Default::default()
    };
    let upgraded = server.upgrade_resource_state(Request::new(request)).await.unwrap().into_inner();
    assert_silent(&upgraded);
    assert!(upgraded.diagnostics.is_empty() && upgraded.upgraded_state.is_some());
}

#[tokio::test]
async fn a_core_that_would_store_a_secret_is_told_which_version_does_not() {
    let server = vault().await;
    let validate = |config, write_only_attributes_allowed| {
        let request = proto::validate_resource_config::Request {
            type_name: type_name(),
            config,
            client_capabilities: Some(proto::ClientCapabilities {
                write_only_attributes_allowed,
                ..Default::default()
            }),
        };
        server.validate_resource_config(Request::new(request))
    };
    let told = validate(message(&filled("a")), false).await.unwrap().into_inner();
    assert_silent(&told);
    let details: Vec<&str> = told.diagnostics.iter().map(|told| told.detail.as_str()).collect();
    let advice = "is write-only, and this version of Terraform or OpenTofu would store it in the \
                  state. Use Terraform 1.11 or later, or OpenTofu 1.11 or later.";
    assert_eq!(
        details,
        [format!("token_wo {advice}"), format!(r#"users["app"].password_wo {advice}"#)]
    );
    for (config, allowed) in [(filled("a"), true), (blank("a"), false)] {
        let told = validate(message(&config), allowed).await.unwrap().into_inner();
        assert!(told.diagnostics.is_empty(), "{:?}", told.diagnostics);
    }
}
