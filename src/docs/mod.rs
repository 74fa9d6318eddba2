//! The registry's pages, made from what the provider serves: schema, description and examples in,
//! Markdown out. Reads and writes nothing itself.
//!
//! The layout is the one the public registry renders: front matter, description, `## Example
//! Usage`, `## Schema`, `## Import`; see
//! <https://developer.hashicorp.com/terraform/registry/providers/docs>. A page says of an attribute
//! what the schema says of it: nothing about defaults, accepted values or replacement is written
//! by hand, so that a page cannot differ from the provider.

mod defaults;
mod function;
mod permissions;
mod schema;
#[cfg(test)]
mod tests;

use crate::framework::schema::Schema;

pub use defaults::guide as defaults_guide;
pub use function::function_page;
pub use permissions::{Needs, guide as permissions_guide};

/// The provider's name, which begins every type name.
pub const PROVIDER: &str = "officeless";

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The provider itself.
    Provider,
    /// The resource of this full type name.
    Resource(&'static str),
    /// The data source of this full type name.
    DataSource(&'static str),
    /// The ephemeral resource of this full type name.
    EphemeralResource(&'static str),
    /// The function of this name.
    Function(&'static str),
}

/// The example files of a subject, as they are.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// Configurations, the simplest first.
    pub usage: Vec<String>,
    /// An `import` block with an id.
    pub import_block: Option<String>,
    /// The import command.
    pub import_command: Option<String>,
}

impl Subject {
    /// Where its page is, below `docs/`.
    pub fn page_path(self) -> String {
        match self {
            Self::Provider => "index.md".to_owned(),
            Self::Resource(name) => format!("resources/{}.md", short(name)),
            Self::DataSource(name) => format!("data-sources/{}.md", short(name)),
            Self::EphemeralResource(name) => format!("ephemeral-resources/{}.md", short(name)),
            Self::Function(name) => format!("functions/{name}.md"),
        }
    }

    /// The folder of its examples, below `examples/`.
    pub fn examples_path(self) -> String {
        match self {
            Self::Provider => "provider".to_owned(),
            Self::Resource(name) => format!("resources/{name}"),
            Self::DataSource(name) => format!("data-sources/{name}"),
            Self::EphemeralResource(name) => format!("ephemeral-resources/{name}"),
            Self::Function(name) => format!("functions/{name}"),
        }
    }

    /// How the names of its usage examples begin.
    pub fn usage_stem(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Resource(_) => "resource",
            Self::DataSource(_) => "data-source",
            Self::EphemeralResource(_) => "ephemeral-resource",
            Self::Function(_) => "function",
        }
    }

    fn page_title(self) -> String {
        match self {
            Self::Provider => format!("Provider: {PROVIDER}"),
            Self::Resource(name) => format!("{name} Resource - {PROVIDER}"),
            Self::DataSource(name) => format!("{name} Data Source - {PROVIDER}"),
            Self::EphemeralResource(name) => format!("{name} Ephemeral Resource - {PROVIDER}"),
            Self::Function(name) => format!("{name} function - {PROVIDER}"),
        }
    }

    fn heading(self) -> String {
        match self {
            Self::Provider => format!("{PROVIDER} Provider"),
            Self::Resource(name) => format!("{name} (Resource)"),
            Self::DataSource(name) => format!("{name} (Data Source)"),
            Self::EphemeralResource(name) => format!("{name} (Ephemeral Resource)"),
            Self::Function(name) => format!("function: {name}"),
        }
    }
}

/// A type name without the provider's.
fn short(type_name: &str) -> &str {
    type_name.strip_prefix(PROVIDER).and_then(|name| name.strip_prefix('_')).unwrap_or(type_name)
}

/// What a page tells above its examples, for kinds that old versions lack.
fn version_note(subject: Subject) -> Option<&'static str> {
    matches!(subject, Subject::EphemeralResource(_)).then_some(
        "-> Ephemeral resources need Terraform 1.10 or OpenTofu 1.11. The write-only arguments \
         that take their values need Terraform 1.11 or OpenTofu 1.11.",
    )
}

/// The whole page of a subject that has a schema.
pub fn page(subject: Subject, schema: &Schema, examples: &Examples) -> String {
    let description = schema.description.trim();
    let mut sections = vec![
        front_matter(subject, description),
        format!("# {}", subject.heading()),
        description.to_owned(),
    ];
    sections.extend(version_note(subject).map(str::to_owned));
    if !examples.usage.is_empty() {
        sections.push("## Example Usage".to_owned());
        sections.extend(examples.usage.iter().map(|text| code("terraform", text)));
    }
    sections.push(schema::section(schema));
    if examples.import_block.is_some() || examples.import_command.is_some() {
        sections.push("## Import".to_owned());
    }
    if let Some(block) = &examples.import_block {
        sections.push("With an `import` block:".to_owned());
        sections.push(code("terraform", block));
    }
    if let Some(command) = &examples.import_command {
        sections.push("With the command line:".to_owned());
        sections.push(code("shell", command));
    }
    sections.join("\n\n") + "\n"
}

fn front_matter(subject: Subject, description: &str) -> String {
    let title = subject.page_title();
    let summary = plain(first_paragraph(description));
    // The registry's checker refuses a subcategory on the index, and wants the key elsewhere.
    let subcategory = if subject == Subject::Provider { "" } else { "subcategory: \"\"\n" };
    format!(
        "---\n# Written by `make docs` from schema, description and examples: change those.\n\
         page_title: \"{title}\"\n{subcategory}description: |-\n  {summary}\n---"
    )
}

fn first_paragraph(text: &str) -> &str {
    text.split("\n\n").next().unwrap_or_default()
}

/// A paragraph of Markdown on one line and without marks.
fn plain(markdown: &str) -> String {
    let words: Vec<&str> = markdown.split_whitespace().collect();
    words.join(" ").replace(['`', '*'], "")
}

fn code(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```", text.trim_end())
}

/// A row of a table of three columns, the first in code marks.
fn one_row(name: &str, value: &str, meaning: &str) -> String {
    format!("| `{name}` | {value} | {} |\n", meaning.replace('|', "\\|"))
}
