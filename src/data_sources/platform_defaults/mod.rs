#![doc = include_str!("description.md")]

mod schema;

use async_trait::async_trait;

use crate::framework::codec;
use crate::framework::data_source;
use crate::framework::diagnostic::provider_bug;
use crate::framework::resource::Context;
use crate::framework::schema::Schema;
use crate::framework::value::{Data as _, Diagnostic, Dynamic};
use crate::model;
use crate::platform::defaults::PLATFORM;
use crate::provider::ProviderContext;

model! {
    /// One attribute for each section of [`PLATFORM`]. What is below follows from the schema.
    pub struct Model {
        /// The EBS CSI add-on.
        pub block_storage: Dynamic,
        /// A gp3 volume.
        pub block_volume: Dynamic,
        /// The EFS file system.
        pub shared_storage: Dynamic,
        /// The six buckets.
        pub observability: Dynamic,
        /// A bucket of an application.
        pub application_bucket: Dynamic,
        /// The Valkey cache.
        pub cache: Dynamic,
        /// Encryption of every service.
        pub encryption: Dynamic,
        /// Classification levels.
        pub data_classification: Dynamic,
        /// Backup.
        pub backup: Dynamic,
        /// Network and cluster.
        pub network: Dynamic,
    }
}

/// `officeless_platform_defaults`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_platform_defaults"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: include_str!("description.md"),
            attributes: schema::attributes(),
            blocks: Vec::new(),
        }
    }

    async fn read(
        &self,
        _cx: Option<&Context<ProviderContext>>,
        _config: Model,
    ) -> Result<Model, Diagnostic> {
        let kind = data_source::DataSource::<ProviderContext>::schema(self).kind();
        serde_json::to_vec(&PLATFORM)
            .map_err(|error| error.to_string())
            .and_then(|json| codec::from_json(&json, &kind).map_err(|error| error.to_string()))
            .and_then(|value| Model::from_dynamic(value).map_err(|error| error.to_string()))
            .map_err(|error| {
                provider_bug(&format!("The defaults do not fit their schema: {error}."))
            })
    }
}

#[cfg(test)]
mod tests;
