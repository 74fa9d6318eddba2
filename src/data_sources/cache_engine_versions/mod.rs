#![doc = include_str!("description.md")]

use async_trait::async_trait;

use super::asked;
use crate::aws::elasticache::catalogue::{self, EngineVersion};
use crate::framework::data_source;
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::Context;
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::model;
use crate::platform::cache::Version;
use crate::platform::defaults::CACHE as PLATFORM;
use crate::provider::ProviderContext;
use crate::resources::step::{During as _, Report, Verb};

fn schema() -> Schema {
    let version = vec![
        Attribute::string("version").computed().describe("As in `8.0`."),
        Attribute::string("parameter_group_family")
            .computed()
            .describe("Family of its parameter groups, as in `valkey8`."),
    ];
    let attributes = vec![
        asked::region_attribute(),
        Attribute::object_list("versions", version)
            .computed()
            .describe("The versions, newest first."),
        Attribute::string("latest_version")
            .computed()
            .describe("The newest: what `officeless_cache` takes when no version is named."),
    ];
    Schema { version: 0, description: include_str!("description.md"), attributes, blocks: vec![] }
}

model! {
    /// What Terraform sees.
    pub struct Model {
        /// Region.
        pub region: Value<String>,
        /// What ElastiCache offers.
        pub versions: Value<Vec<Offered>>,
        /// The newest.
        pub latest_version: Value<String>,
    }
}

model! {
    /// One version.
    pub struct Offered {
        /// As in `8.0`.
        pub version: Value<String>,
        /// As in `valkey8`.
        pub parameter_group_family: Value<String>,
    }
}

/// The versions newest first; what reads as no version comes last.
fn record(region: &str, mut listed: Vec<EngineVersion>) -> Model {
    listed.sort_by_key(|one| std::cmp::Reverse(one.version.parse::<Version>().ok()));
    let latest = listed.first().map(|one| one.version.clone());
    let versions = listed.into_iter().map(|one| Offered {
        version: Value::Value(one.version),
        parameter_group_family: Some(one.family).filter(|family| !family.is_empty()).into(),
    });
    Model {
        region: Value::Value(region.to_owned()),
        versions: Value::Value(versions.collect()),
        latest_version: latest.into(),
    }
}

/// `officeless_cache_engine_versions`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_cache_engine_versions"
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
        let report =
            Report { verb: Verb::Reading, noun: "engine versions", name: region, exists: vec![] };
        let listed = catalogue::list_engine_versions(&clients, PLATFORM.engine).await;
        let listed = listed
            .during("versions", "asking ElastiCache for the versions of Valkey")
            .map_err(|error| report.diagnostic(&error))?;
        if listed.is_empty() {
            return Err(nothing(region));
        }
        Ok(record(region, listed))
    }
}

fn nothing(region: &str) -> Diagnostic {
    diagnostic(
        "No Versions",
        format!(
            "region = {region:?}: ElastiCache offers no version of Valkey there. Choose another \
                 region."
        ),
        AttributePath::new("region"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::testing::assert_model_fits;

    #[test]
    fn schema_and_model_agree() {
        assert_model_fits::<Model>(&schema());
    }

    #[test]
    fn the_newest_comes_first_by_number() {
        let listed = [("8.2", "valkey8"), ("7.2", "valkey7"), ("10.0", "valkey10"), ("9.1", "")];
        let listed = listed.map(|(version, family)| EngineVersion {
            engine: "valkey".to_owned(),
            version: version.to_owned(),
            family: family.to_owned(),
        });
        let model = record("us-east-1", listed.to_vec());
        assert_eq!(model.latest_version, Value::Value("10.0".to_owned()));
        let Value::Value(versions) = model.versions else { panic!("there are versions") };
        let order: Vec<&str> =
            versions.iter().map(|one| one.version.as_ref().as_option().unwrap().as_str()).collect();
        assert_eq!(order, ["10.0", "9.1", "8.2", "7.2"]);
        assert!(versions[1].parameter_group_family.is_null());
    }

    #[test]
    fn a_region_without_valkey_is_told_with_the_next_step() {
        assert_eq!(
            nothing("us-east-1").detail,
            "region = \"us-east-1\": ElastiCache offers no version of Valkey there. Choose another \
             region."
        );
    }
}
