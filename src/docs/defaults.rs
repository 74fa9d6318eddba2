//! The guide of the platform's defaults: every value of the constants, with what the data source's
//! schema says of it.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::{PROVIDER, one_row};
use crate::framework::schema::{Attribute, Nesting, Schema, Shape};

const INTRODUCTION: &str = "\
Every value that the platform has an opinion on. Resources of this provider take these where their \
configuration is silent, and show them in the plan. Sections without a resource tell the platform's \
values for what is built by other means.

The same values, as one typed object: the data source `officeless_platform_defaults`.";

/// The guide, from the schema of `officeless_platform_defaults` and the constants as JSON.
pub fn guide(schema: &Schema, values: &Json) -> String {
    let mut page = format!(
        "---\n# Written by `make docs` from the platform's constants: change those.\n\
         page_title: \"Platform defaults - {PROVIDER}\"\nsubcategory: \"\"\ndescription: |-\n  \
         Every default of the Officeless platform's storage.\n---\n\n\
         # Platform defaults\n\n{INTRODUCTION}\n"
    );
    for section in &schema.attributes {
        let Shape::Nested(_, members) = &section.shape else { continue };
        let mut rows = Vec::new();
        collect(members, values.get(section.name).unwrap_or(&Json::Null), "", &mut rows);
        // Writing to a string does not fail.
        let _ = write!(page, "\n## `{}`\n\n{}\n\n", section.name, section.description);
        page.push_str("| Default | Value | Meaning |\n|---|---|---|\n");
        for row in rows {
            page.push_str(&row);
        }
    }
    page
}

fn collect(attributes: &[Attribute], values: &Json, within: &str, rows: &mut Vec<String>) {
    for attribute in attributes {
        let value = values.get(attribute.name).unwrap_or(&Json::Null);
        let path = format!("{within}{}", attribute.name);
        match (&attribute.shape, value) {
            (Shape::Nested(Nesting::Map, members), Json::Object(items)) => {
                for (key, item) in items {
                    collect(members, item, &format!("{path}[\"{key}\"]."), rows);
                }
            }
            (Shape::Nested(Nesting::Single, members), _) => {
                collect(members, value, &format!("{path}."), rows);
            }
            _ => rows.push(one_row(&path, &shown(value), &attribute.description)),
        }
    }
}

/// A value as configuration would have it, in code marks.
fn shown(value: &Json) -> String {
    match value {
        Json::String(text) if text.is_empty() => "empty".to_owned(),
        Json::String(text) => format!("`{text}`"),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            items.join(", ")
        }
        other => format!("`{other}`"),
    }
}
