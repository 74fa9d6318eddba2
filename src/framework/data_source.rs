//! The life of a data source: its schema, its rules, one read.

use async_trait::async_trait;

use super::resource::Context;
use super::schema::Schema;
use super::value::{Data, Diagnostic, Diagnostics};

/// A data source. `C` is the provider's context.
#[async_trait]
pub trait DataSource<C: Send + Sync + 'static>: Send + Sync + 'static {
    /// Its attributes as a struct, made with [`crate::model!`].
    type Model: Data + Clone + Send + Sync + 'static;

    /// The full type name, `officeless_…`.
    fn type_name(&self) -> &'static str;

    /// Attributes and rules. No I/O.
    fn schema(&self) -> Schema;

    /// Rules between attributes. Any value may be unknown, which breaks no rule. No I/O.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Reads. `config` is wholly known; what it gives must come back as it is. `cx` is `None` while
    /// the provider block has unknown values.
    async fn read(
        &self,
        cx: Option<&Context<C>>,
        config: Self::Model,
    ) -> Result<Self::Model, Diagnostic>;
}
