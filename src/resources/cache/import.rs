//! The import of `officeless_cache`: from an id to the state that read starts from.

use super::model::Model;
use crate::aws::elasticache::replication_groups;
use crate::framework::resource::Context;
use crate::framework::value::Value;
use crate::provider::context::ProviderContext;
use crate::resources::composite::import_id;
use crate::resources::step::{During, StepError};

/// Takes the id of a replication group or its ARN, with `@region` behind the id if need be.
pub(super) async fn import(cx: &Context<ProviderContext>, id: &str) -> Result<Model, StepError> {
    let (id, region) = import_id(cx, id);
    // AWS stores ids in lower case, whatever they were created with.
    let id = id.to_lowercase();
    let clients = cx.provider.clients(&region);
    let doing = format!("finding the replication group {id:?} in {region}");
    let found = replication_groups::find_replication_group(&clients, &id).await;
    if found.during("import", &*doing)?.is_none() {
        return Err(StepError::refused(
            "import",
            &doing,
            "there is none".to_owned(),
            "Give the id of a replication group or its ARN, with @region behind the id if it is in \
             another region. A serverless cache cannot be imported.",
        ));
    }
    Ok(Model {
        name: Value::Value(id.clone()),
        id: Value::Value(id),
        region: Value::Value(region),
        ..Model::default()
    })
}
