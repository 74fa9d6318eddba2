//! The add-on's settings: JSON, compared by what it says and checked against EKS's schema.

use serde_json::Value as Json;

/// Whether two settings say the same; none says the same as an empty object.
pub(super) fn same(one: Option<&str>, other: Option<&str>) -> bool {
    let read = |text: Option<&str>| match text {
        None | Some("") => Some(Json::Object(serde_json::Map::new())),
        Some(text) => serde_json::from_str(text).ok(),
    };
    match (read(one), read(other)) {
        (Some(one), Some(other)) => one == other,
        // EKS also keeps YAML, which others may have written.
        _ => one == other,
    }
}

/// What the schema has against the settings, each with the place in them; empty for nothing. A
/// schema that cannot be read judges nothing.
pub(super) fn breaches(schema: &str, settings: &str) -> Vec<String> {
    let (Ok(schema), Ok(settings)) =
        (serde_json::from_str::<Json>(schema), serde_json::from_str::<Json>(settings))
    else {
        return Vec::new();
    };
    let validator = match jsonschema::validator_for(&schema) {
        Ok(validator) => validator,
        Err(error) => {
            tracing::warn!(%error, "the schema of the add-on cannot be read");
            return Vec::new();
        }
    };
    let told = |error: jsonschema::ValidationError<'_>| {
        let place = error.instance_path().to_string();
        let place = place.trim_start_matches('/').replace('/', ".");
        if place.is_empty() { error.to_string() } else { format!("{place}: {error}") }
    };
    validator.iter_errors(&settings).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_compared_by_what_they_say() {
        assert!(same(Some(r#"{"a":1,"b":[2]}"#), Some("{ \"b\": [2],\n \"a\": 1 }")));
        assert!(same(None, Some("{}")) && same(Some(""), None));
        assert!(!same(Some(r#"{"a":1}"#), None));
        assert!(same(Some("a: 1"), Some("a: 1")) && !same(Some("a: 1"), Some("a: 2")));
    }

    #[test]
    fn each_breach_of_the_schema_is_told_with_its_place() {
        let schema = r##"{
            "$schema": "http://json-schema.org/draft-06/schema#",
            "$ref": "#/definitions/Driver",
            "definitions": { "Driver": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "controller": {
                    "type": "object",
                    "properties": { "replicaCount": { "type": "integer" } }
                } }
            } }
        }"##;
        assert_eq!(breaches(schema, r#"{"controller":{"replicaCount":2}}"#), [""; 0]);
        let told = breaches(schema, r#"{"controller":{"replicaCount":"two"},"contrller":{}}"#);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().any(|one| one.starts_with("controller.replicaCount: \"two\"")));
        assert!(told.iter().any(|one| one.contains("contrller")));
        assert_eq!(breaches("not a schema", "{}"), [""; 0]);
    }
}
