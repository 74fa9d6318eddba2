//! Between messages and what the framework works with.

use crate::framework::codec;
use crate::framework::diagnostic::provider_bug;
use crate::framework::schema::{Attribute, Block, Nesting, Presence, Schema, Shape, Type};
use crate::framework::value::{AttributePath, AttributePathStep, Diagnostic, Diagnostics, Dynamic};
use crate::plugin::proto::tfplugin6 as proto;
use crate::sensitive::without_secrets;

use proto::attribute_path::step::Selector;
use proto::diagnostic::Severity;
use proto::schema::nested_block::NestingMode as BlockNesting;
use proto::schema::object::NestingMode;

/// A value that core sent. A missing message is null.
pub(super) fn decode(
    value: Option<&proto::DynamicValue>,
    kind: &Type,
) -> Result<Dynamic, Diagnostic> {
    let decoded = match value {
        Some(value) if !value.msgpack.is_empty() => codec::from_msgpack(&value.msgpack, kind),
        Some(value) if !value.json.is_empty() => codec::from_json(&value.json, kind),
        _ => Ok(Dynamic::Null),
    };
    decoded.map_err(|error| {
        provider_bug(&format!("A value from Terraform cannot be decoded: {error}."))
    })
}

/// A value for core. One that does not fit its type becomes a diagnostic, and null.
pub(super) fn encode(
    value: &Dynamic,
    kind: &Type,
    diagnostics: &mut Diagnostics,
) -> Option<proto::DynamicValue> {
    match codec::to_msgpack(value, kind) {
        Ok(msgpack) => Some(proto::DynamicValue { msgpack, ..Default::default() }),
        Err(error) => {
            let what = format!("A value for Terraform cannot be encoded: {error}.");
            diagnostics.add_error(provider_bug(&what));
            None
        }
    }
}

/// Diagnostics as messages, errors first, and without any secret.
pub(super) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    let message = |severity: Severity| {
        move |diagnostic: Diagnostic| proto::Diagnostic {
            severity: severity.into(),
            summary: without_secrets(&diagnostic.summary).into_owned(),
            detail: without_secrets(&diagnostic.detail).into_owned(),
            attribute: (!diagnostic.attribute.steps.is_empty()).then(|| path(diagnostic.attribute)),
        }
    };
    let errors = diagnostics.errors.into_iter().map(message(Severity::Error));
    errors.chain(diagnostics.warnings.into_iter().map(message(Severity::Warning))).collect()
}

/// An attribute path as message.
pub(super) fn path(path: AttributePath) -> proto::AttributePath {
    let steps = path.steps.into_iter().map(|step| {
        let selector = match step {
            AttributePathStep::Attribute(name) => Selector::AttributeName(name.into_owned()),
            AttributePathStep::Key(key) => Selector::ElementKeyString(key.into_owned()),
            AttributePathStep::Index(index) => Selector::ElementKeyInt(index),
        };
        proto::attribute_path::Step { selector: Some(selector) }
    });
    proto::AttributePath { steps: steps.collect() }
}

/// A schema as message.
pub(super) fn schema(schema: &Schema) -> proto::Schema {
    let block = proto::schema::Block {
        attributes: schema.attributes.iter().map(attribute).collect(),
        block_types: schema.blocks.iter().map(block).collect(),
        description: schema.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        ..Default::default()
    };
    proto::Schema { version: schema.version, block: Some(block) }
}

fn block(block: &Block) -> proto::schema::NestedBlock {
    let content = proto::schema::Block {
        attributes: block.attributes.iter().map(attribute).collect(),
        description: block.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        ..Default::default()
    };
    proto::schema::NestedBlock {
        type_name: block.name.to_owned(),
        block: Some(content),
        nesting: BlockNesting::List.into(),
        min_items: 0,
        max_items: block.max_items,
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let (kind, nested_type) = match &attribute.shape {
        Shape::Plain(kind) => (kind.to_json().to_string().into_bytes(), None),
        Shape::Nested(nesting, attributes) => {
            let nesting = match nesting {
                Nesting::Single => NestingMode::Single,
                Nesting::List => NestingMode::List,
                Nesting::Map => NestingMode::Map,
            };
            let object = proto::schema::Object {
                attributes: attributes.iter().map(self::attribute).collect(),
                nesting: nesting.into(),
                ..Default::default()
            };
            (Vec::new(), Some(object))
        }
    };
    proto::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: kind,
        nested_type,
        description: attribute.description.to_string(),
        description_kind: proto::StringKind::Markdown.into(),
        required: attribute.presence == Presence::Required,
        optional: matches!(attribute.presence, Presence::Optional | Presence::OptionalComputed),
        computed: attribute.is_computed(),
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
        deprecated: attribute.deprecated.is_some(),
        deprecation_message: attribute.deprecated.unwrap_or_default().to_owned(),
    }
}
