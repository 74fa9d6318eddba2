#![doc = include_str!("description.md")]

use async_trait::async_trait;

use super::asked;
use crate::aws::Clients;
use crate::aws::elasticache::catalogue::{self, AllowedNodeTypes, OfferedNodeType};
use crate::framework::check::Check;
use crate::framework::data_source;
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::Context;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::model;
use crate::platform::defaults::CACHE as PLATFORM;
use crate::provider::ProviderContext;
use crate::resources::step::{During as _, Report, StepError, Verb};

fn schema() -> Schema {
    let list = |name: &'static str| Attribute::of(name, Type::list(Type::String)).computed();
    let attributes = vec![
        Attribute::string("replication_group_id")
            .check(Check::length(1, 40))
            .describe("Cache whose possible node types are meant."),
        asked::region_attribute(),
        list("node_types")
            .describe("The node types, by name; with a cache, larger and smaller ones."),
        list("scale_up").describe("Larger ones the cache can change to; null without a cache."),
        list("scale_down").describe(
            "Smaller ones the cache can change to, if they hold its data; null without a cache.",
        ),
    ];
    Schema { version: 0, description: include_str!("description.md"), attributes, blocks: vec![] }
}

model! {
    /// What Terraform sees.
    pub struct Model {
        /// The cache.
        pub replication_group_id: Value<String>,
        /// Region.
        pub region: Value<String>,
        /// All of them.
        pub node_types: Value<Vec<String>>,
        /// Larger ones.
        pub scale_up: Value<Vec<String>>,
        /// Smaller ones.
        pub scale_down: Value<Vec<String>>,
    }
}

fn sorted(mut types: Vec<String>) -> Vec<String> {
    types.sort_unstable();
    types.dedup();
    types
}

/// What a cache can change to.
fn of_cache(allowed: AllowedNodeTypes) -> Model {
    let all = allowed.up.iter().chain(&allowed.down).cloned().collect();
    Model {
        node_types: Value::Value(sorted(all)),
        scale_up: Value::Value(sorted(allowed.up)),
        scale_down: Value::Value(sorted(allowed.down)),
        ..Model::default()
    }
}

/// What is offered for Valkey, or else for Redis OSS.
fn of_region(offered: Vec<OfferedNodeType>) -> Model {
    let engine = [PLATFORM.engine, "redis"]
        .into_iter()
        .find(|engine| offered.iter().any(|one| one.engine == *engine));
    let types = offered.into_iter().filter(|one| Some(one.engine.as_str()) == engine);
    Model {
        node_types: Value::Value(sorted(types.map(|one| one.node_type).collect())),
        ..Model::default()
    }
}

/// `officeless_cache_node_types`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_cache_node_types"
    }

    fn schema(&self) -> Schema {
        schema()
    }

    async fn read(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Model,
    ) -> Result<Model, Diagnostic> {
        let clients = asked::clients(cx, &config.region)?;
        let region = clients.region();
        let id = config.replication_group_id.as_ref().as_option();
        let name = id.map_or(region, String::as_str);
        let report = Report { verb: Verb::Reading, noun: "node types", name, exists: vec![] };
        let found = find(&clients, id.map(String::as_str)).await;
        let found = found.map_err(|error| report.diagnostic(&error))?;
        if id.is_none() && found.node_types == Value::Value(vec![]) {
            return Err(nothing(region));
        }
        Ok(Model {
            region: Value::Value(region.to_owned()),
            replication_group_id: config.replication_group_id.clone(),
            ..found
        })
    }
}

async fn find(clients: &Clients, id: Option<&str>) -> Result<Model, StepError> {
    const STEP: &str = "node_types";
    let Some(id) = id else {
        let offered = catalogue::list_offered_node_types(clients).await;
        return offered.during(STEP, "asking ElastiCache for its offerings").map(of_region);
    };
    let doing = format!("listing the node types {id} may change to");
    // AWS stores ids in lower case, whatever they were created with.
    let listed = catalogue::list_allowed_node_types(clients, &id.to_lowercase()).await;
    listed
        .during(STEP, doing)
        .map(of_cache)
        .map_err(|error| error.blame(AttributePath::new("replication_group_id")))
}

fn nothing(region: &str) -> Diagnostic {
    diagnostic(
        "No Node Types",
        format!(
            "region = {region:?}: ElastiCache lists no node type there. Choose another region, \
                 or give replication_group_id."
        ),
        AttributePath::new("region"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::testing::assert_model_fits;

    fn texts(types: &[&str]) -> Vec<String> {
        types.iter().map(|one| (*one).to_owned()).collect()
    }

    fn offered(node_type: &str, engine: &str) -> OfferedNodeType {
        OfferedNodeType { node_type: node_type.to_owned(), engine: engine.to_owned() }
    }

    #[test]
    fn schema_and_model_agree() {
        assert_model_fits::<Model>(&schema());
    }

    #[test]
    fn a_cache_tells_both_directions_and_all_of_them() {
        let allowed = AllowedNodeTypes { up: texts(&["c", "b"]), down: texts(&["a"]) };
        let model = of_cache(allowed);
        assert_eq!(model.node_types, Value::Value(texts(&["a", "b", "c"])));
        assert_eq!(model.scale_up, Value::Value(texts(&["b", "c"])));
        assert_eq!(model.scale_down, Value::Value(texts(&["a"])));
    }

    #[test]
    fn a_region_tells_those_of_valkey_once_each() {
        let listed = [
            offered("b", "valkey"),
            offered("a", "valkey"),
            offered("b", "valkey"),
            offered("o", "redis"),
        ];
        let model = of_region(listed.to_vec());
        assert_eq!(model.node_types, Value::Value(texts(&["a", "b"])));
        assert!(model.scale_up.is_null() && model.scale_down.is_null());
    }

    #[test]
    fn where_none_is_named_for_valkey_those_of_redis_are_told() {
        let model = of_region(vec![offered("m", "memcached"), offered("o", "redis")]);
        assert_eq!(model.node_types, Value::Value(texts(&["o"])));
    }

    #[test]
    fn a_region_without_any_is_told_with_the_next_step() {
        assert!(nothing("us-east-1").detail.ends_with(
            "ElastiCache lists no node type there. Choose another region, or give \
             replication_group_id."
        ));
    }
}
