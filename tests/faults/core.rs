//! What Terraform core does with one resource: validate, read, plan, plan again, apply, and the state
//! it keeps. In this process, over the provider's own RPCs; the rules are those of
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! A create that ends with an error taints what it recorded; the next plan of a tainted object is a
//! replacement, which destroys before it creates. An error that comes with no state keeps the former.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use officeless::aws::Service;
use officeless::framework::codec;
use officeless::framework::schema::{Attribute, Schema};
use officeless::framework::server::Provider as _;
use officeless::framework::types::Type;
use officeless::framework::value::Dynamic;
use officeless::plugin::proto::tfplugin6 as proto;
use officeless::provider::Officeless;
use officeless::provider::environment::Environment;
use proto::provider_server::Provider as _;
use serde_json::json;
use tempfile::TempDir;
use tonic::Request;

use crate::proposed::proposed_new_state;

type Server = officeless::framework::server::Server<Officeless>;

/// What the state file holds of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    /// Its attributes.
    pub(crate) state: Dynamic,
    private: Vec<u8>,
    /// A create of it failed.
    pub(crate) tainted: bool,
}

/// Why a command ended with an error: what the provider said.
#[derive(Debug)]
pub(crate) struct Failed(String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

impl From<tonic::Status> for Failed {
    fn from(status: tonic::Status) -> Self {
        Self(format!("a gRPC status instead of an answer: {status}"))
    }
}

/// What a plan would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    Create,
    Update,
    Replace,
    Delete,
}

/// A workspace with one resource.
#[derive(Debug)]
pub(crate) struct Terraform {
    type_name: &'static str,
    attributes: Vec<Attribute>,
    kind: Type,
    server: Arc<Server>,
    /// The provider block.
    block: serde_json::Value,
    block_kind: Type,
    /// The state file.
    pub(crate) stored: Option<Stored>,
    /// Where creates tell later ones that they are over.
    _home: TempDir,
}

/// A plan, with what apply needs of it.
struct Planned {
    action: Action,
    prior: Option<Stored>,
    private: Vec<u8>,
}

impl Terraform {
    /// An empty workspace whose provider calls this endpoint as this account.
    pub(crate) fn new(type_name: &'static str, endpoint: &str, account: &str) -> Self {
        let endpoints: serde_json::Map<_, _> =
            Service::ALL.iter().map(|one| (one.key().to_owned(), json!(endpoint))).collect();
        let block = json!({
            "region": "us-east-1", "access_key": account, "secret_key": "test",
            "skip_metadata_api_check": true, "endpoints": [endpoints],
        });
        let home = TempDir::with_prefix("officeless-faults-").unwrap();
        let path = home.path().display().to_string();
        let provider = Officeless::new(Environment::from([("HOME", path.as_str())]));
        let block_kind = provider.schema().kind();
        let schema = schema(type_name);
        let (attributes, kind) = (schema.attributes.clone(), schema.kind());
        let server = Arc::new(Server::new(provider));
        Self { type_name, attributes, kind, server, block, block_kind, stored: None, _home: home }
    }

    /// From now on the SDK sends each request once: what is to be tried again is the provider's to do.
    pub(crate) fn try_once(&mut self) {
        self.block["max_retries"] = json!(1);
    }

    /// `terraform apply`.
    pub(crate) async fn apply(&mut self, config: &serde_json::Value) -> Result<(), Failed> {
        let config = self.value(config)?;
        self.configured().await?;
        let planned = self.plan_change(&config).await?;
        self.stored.clone_from(&planned.prior);
        match planned.action {
            Action::Nothing => Ok(()),
            Action::Delete => self.delete(&planned).await,
            Action::Replace => {
                self.delete(&planned).await?;
                self.create_or_update(&config).await
            }
            Action::Create | Action::Update => self.create_or_update(&config).await,
        }
    }

    /// `terraform plan`.
    pub(crate) async fn plan(&self, config: &serde_json::Value) -> Result<Action, Failed> {
        let config = self.value(config)?;
        self.configured().await?;
        Ok(self.plan_change(&config).await?.action)
    }

    /// What the plan would change: each attribute with its value and the planned one.
    pub(crate) async fn differences(&self, config: &serde_json::Value) -> Result<String, Failed> {
        let config = self.value(config)?;
        self.configured().await?;
        let Some(stored) = &self.stored else { return Ok("there is no object".to_owned()) };
        let Some(read) = self.read(stored).await? else {
            return Ok("the object is gone".to_owned());
        };
        if read.tainted {
            return Ok("the object is tainted".to_owned());
        }
        let plan = self.ask(&config, &read.state, &read.private).await?;
        let planned = self.decode(plan.planned_state.as_ref())?;
        let names = planned.as_object().into_iter().flat_map(|object| object.keys());
        let changed = names.filter(|name| read.state.get(name) != planned.get(name));
        let shown = changed
            .map(|name| format!("{name} = {} becomes {}", read.state.get(name), planned.get(name)));
        Ok(shown.collect::<Vec<_>>().join(", "))
    }

    /// `terraform destroy`.
    pub(crate) async fn destroy(&mut self) -> Result<(), Failed> {
        self.configured().await?;
        let planned = self.plan_change(&Dynamic::Null).await?;
        self.stored.clone_from(&planned.prior);
        if planned.action == Action::Nothing { Ok(()) } else { self.delete(&planned).await }
    }

    fn value(&self, json: &serde_json::Value) -> Result<Dynamic, Failed> {
        codec::from_json(json.to_string().as_bytes(), &self.kind).map_err(|e| Failed(e.to_string()))
    }

    /// The provider, configured anew for each command as every process of Terraform has it.
    async fn configured(&self) -> Result<(), Failed> {
        let block = codec::from_json(self.block.to_string().as_bytes(), &self.block_kind);
        let block = block.map_err(|error| Failed(error.to_string()))?;
        let request = proto::configure_provider::Request {
            config: Some(encode(&block, &self.block_kind)),
            ..Default::default()
        };
        let answer = self.server.configure_provider(Request::new(request)).await;
        check(&answer?.into_inner().diagnostics)
    }

    /// Validates, reads and plans. The prior state of the plan is what the read found.
    async fn plan_change(&self, config: &Dynamic) -> Result<Planned, Failed> {
        if !config.is_null() {
            self.validate(config).await?;
        }
        let prior = match &self.stored {
            Some(stored) => self.read(stored).await?,
            None => None,
        };
        let Some(known) = &prior else {
            if config.is_null() {
                return Ok(Planned { action: Action::Nothing, prior, private: Vec::new() });
            }
            let plan = self.ask(config, &Dynamic::Null, &[]).await?;
            return Ok(Planned { action: Action::Create, prior, private: plan.planned_private });
        };
        if config.is_null() {
            let plan = self.ask(config, &known.state, &known.private).await?;
            return Ok(Planned { action: Action::Delete, prior, private: plan.planned_private });
        }
        if known.tainted {
            // Planned as if there were nothing, and then made a replacement.
            let plan = self.ask(config, &Dynamic::Null, &[]).await?;
            return Ok(Planned { action: Action::Replace, prior, private: plan.planned_private });
        }
        let plan = self.ask(config, &known.state, &known.private).await?;
        if !plan.requires_replace.is_empty() {
            let plan = self.ask(config, &Dynamic::Null, &plan.planned_private).await?;
            return Ok(Planned { action: Action::Replace, prior, private: plan.planned_private });
        }
        let planned = self.decode(plan.planned_state.as_ref())?;
        let action = if planned == known.state { Action::Nothing } else { Action::Update };
        Ok(Planned { action, prior, private: plan.planned_private })
    }

    async fn validate(&self, config: &Dynamic) -> Result<(), Failed> {
        let request = proto::validate_resource_config::Request {
            type_name: self.type_name.to_owned(),
            config: Some(encode(config, &self.kind)),
            client_capabilities: Some(proto::ClientCapabilities {
                write_only_attributes_allowed: true,
                ..Default::default()
            }),
        };
        let answer = self.server.validate_resource_config(Request::new(request)).await;
        check(&answer?.into_inner().diagnostics)
    }

    async fn read(&self, stored: &Stored) -> Result<Option<Stored>, Failed> {
        let request = proto::read_resource::Request {
            type_name: self.type_name.to_owned(),
            current_state: Some(encode(&stored.state, &self.kind)),
            private: stored.private.clone(),
            ..Default::default()
        };
        let answer = self.server.read_resource(Request::new(request)).await;
        let answer = answer?.into_inner();
        check(&answer.diagnostics)?;
        let state = self.decode(answer.new_state.as_ref())?;
        let read = Stored { state, private: answer.private, tainted: stored.tainted };
        Ok((!read.state.is_null()).then_some(read))
    }

    async fn ask(
        &self,
        config: &Dynamic,
        prior: &Dynamic,
        private: &[u8],
    ) -> Result<proto::plan_resource_change::Response, Failed> {
        let proposed = proposed_new_state(&self.attributes, prior, config);
        let request = proto::plan_resource_change::Request {
            type_name: self.type_name.to_owned(),
            config: Some(encode(config, &self.kind)),
            prior_state: Some(encode(prior, &self.kind)),
            proposed_new_state: Some(encode(&proposed, &self.kind)),
            prior_private: private.to_vec(),
            ..Default::default()
        };
        let answer = self.server.plan_resource_change(Request::new(request)).await;
        let answer = answer?.into_inner();
        check(&answer.diagnostics)?;
        Ok(answer)
    }

    /// The half of an apply that destroys.
    async fn delete(&mut self, planned: &Planned) -> Result<(), Failed> {
        let Some(prior) = self.stored.clone() else { return Ok(()) };
        let target = (Dynamic::Null, Dynamic::Null, planned.private.clone());
        self.carry_out(Some(prior), target).await
    }

    /// The half of an apply that makes: core plans once more, from what is there by then.
    async fn create_or_update(&mut self, config: &Dynamic) -> Result<(), Failed> {
        let prior = self.stored.clone();
        let (state, private) = match &prior {
            Some(prior) => (prior.state.clone(), prior.private.clone()),
            None => (Dynamic::Null, Vec::new()),
        };
        let plan = self.ask(config, &state, &private).await?;
        let planned = self.decode(plan.planned_state.as_ref())?;
        let target = (config.clone(), planned, plan.planned_private);
        self.carry_out(prior, target).await
    }

    /// Applies a change and keeps the state that comes of it.
    async fn carry_out(
        &mut self,
        prior: Option<Stored>,
        (config, planned, private): (Dynamic, Dynamic, Vec<u8>),
    ) -> Result<(), Failed> {
        let before = prior.as_ref().map(|prior| prior.state.clone()).unwrap_or_default();
        let request = proto::apply_resource_change::Request {
            type_name: self.type_name.to_owned(),
            prior_state: Some(encode(&before, &self.kind)),
            planned_state: Some(encode(&planned, &self.kind)),
            config: Some(encode(&config, &self.kind)),
            planned_private: private,
            ..Default::default()
        };
        let answer = self.server.apply_resource_change(Request::new(request)).await;
        let answer = answer?.into_inner();
        let outcome = check(&answer.diagnostics);
        let state = self.decode(answer.new_state.as_ref())?;
        self.stored = match (outcome.is_err(), state.is_null()) {
            (true, true) => prior,
            (false, true) => None,
            (failed, false) => {
                let tainted = match &prior {
                    Some(prior) => failed && prior.tainted,
                    None => failed,
                };
                Some(Stored { state, private: answer.private, tainted })
            }
        };
        outcome
    }

    fn decode(&self, value: Option<&proto::DynamicValue>) -> Result<Dynamic, Failed> {
        let Some(value) = value else { return Ok(Dynamic::Null) };
        codec::from_msgpack(&value.msgpack, &self.kind).map_err(|error| Failed(error.to_string()))
    }

    /// What the state file says; nothing without an object.
    pub(crate) fn state_file(&self) -> Option<String> {
        let stored = self.stored.as_ref()?;
        Some(format!("{} {}", stored.state, String::from_utf8_lossy(&stored.private)))
    }

    /// What hands Ctrl-C on to the provider, while an operation is under way.
    pub(crate) fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.server))
    }
}

/// Tells a provider to stop.
#[derive(Debug)]
pub(crate) struct Stopper(Arc<Server>);

impl Stopper {
    /// What core does at the first Ctrl-C.
    pub(crate) async fn stop(&self) -> Result<(), Failed> {
        let request = Request::new(proto::stop_provider::Request::default());
        let answer = self.0.stop_provider(request).await?.into_inner();
        if answer.error.is_empty() { Ok(()) } else { Err(Failed(answer.error)) }
    }
}

/// The schema of a resource.
fn schema(type_name: &str) -> Schema {
    let all = officeless::resources::all();
    let found = all.iter().find(|resource| resource.type_name() == type_name);
    found.with_context(|| format!("there is no {type_name}")).unwrap().schema().clone()
}

fn encode(value: &Dynamic, kind: &Type) -> proto::DynamicValue {
    let msgpack = codec::to_msgpack(value, kind).unwrap();
    proto::DynamicValue { msgpack, ..Default::default() }
}

fn check(diagnostics: &[proto::Diagnostic]) -> Result<(), Failed> {
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|one| one.severity() == proto::diagnostic::Severity::Error)
        .map(|one| format!("{}: {}", one.summary, one.detail))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Failed(errors.join("; "))) }
}
