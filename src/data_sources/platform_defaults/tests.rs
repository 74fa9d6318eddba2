use serde_json::Value as Json;

use super::*;
use crate::framework::schema::Type;
use crate::framework::schema::testing::assert_model_fits;

fn kind() -> Type {
    data_source::DataSource::<ProviderContext>::schema(&DataSource).kind()
}

#[test]
fn schema_and_model_agree() {
    let schema = data_source::DataSource::<ProviderContext>::schema(&DataSource);
    assert_model_fits::<Model>(&schema);
}

/// Asserts that a JSON value has exactly this type.
fn assert_same(json: &Json, kind: &Type, at: &str) {
    match (json, kind) {
        (Json::String(_), Type::String)
        | (Json::Number(_), Type::Number)
        | (Json::Bool(_), Type::Bool) => {}
        (Json::Array(items), Type::List(of)) => {
            for item in items {
                assert_same(item, of, at);
            }
        }
        (Json::Object(items), Type::Map(of)) => {
            for (key, item) in items {
                assert_same(item, of, &format!("{at}[{key}]"));
            }
        }
        (Json::Object(items), Type::Object(attributes)) => {
            let mut names: Vec<&String> = items.keys().collect();
            names.sort();
            assert_eq!(names, attributes.keys().collect::<Vec<_>>(), "{at}");
            for (name, item) in items {
                assert_same(item, &attributes[name], &format!("{at}.{name}"));
            }
        }
        (json, kind) => panic!("{at}: {json} is no {kind:?}"),
    }
}

#[test]
fn every_default_has_its_attribute_and_the_reverse() {
    assert_same(&serde_json::to_value(PLATFORM).unwrap(), &kind(), "platform");
}

#[tokio::test]
async fn it_is_read_without_a_configured_provider() {
    let model =
        data_source::DataSource::<ProviderContext>::read(&DataSource, None, Model::default())
            .await
            .unwrap();
    assert_eq!(model.shared_storage.get("name"), &Dynamic::from("eks-shared-storage"));
    let class = model.shared_storage.get("storage_class");
    assert_eq!(class.get("mount_options").to_string(), r#"["iam"]"#);
    let chunks = model.observability.get("buckets").get("loki-chunks");
    assert_eq!(chunks.get("versioning"), &Dynamic::from("Disabled"));
    assert_eq!(
        model.data_classification.get("levels").to_string(),
        r#"["public", "internal", "confidential", "restricted"]"#
    );
}
