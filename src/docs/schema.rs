//! The `## Schema` section: one line for each attribute, by who gives its value, and one anchored
//! part for each nested object.

use std::collections::VecDeque;

use crate::framework::schema::{Attribute, Block, Nesting, Presence, Schema, Shape, Type};
use crate::framework::value::Dynamic;

const WRITE_ONLY: &str = "[Write-only](https://developer.hashicorp.com/terraform/language/\
                          resources/ephemeral/write-only)";

const WRITE_ONLY_NOTE: &str =
    "~> Write-only arguments need Terraform 1.11 or OpenTofu 1.11, and are never stored.";

/// Who gives the values of a group of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Required,
    Optional,
    ReadOnly,
}

const GROUPS: [Group; 3] = [Group::Required, Group::Optional, Group::ReadOnly];

impl Group {
    fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }

    fn of(attribute: &Attribute) -> Self {
        match attribute.presence {
            Presence::Required => Self::Required,
            Presence::Optional | Presence::OptionalComputed => Self::Optional,
            Presence::Computed => Self::ReadOnly,
        }
    }
}

/// A line of the page.
struct Line {
    group: Group,
    name: String,
    text: String,
    write_only: bool,
}

/// Something with parts of its own, told further down the page.
struct Nested<'a> {
    anchor: String,
    path: String,
    members: Members<'a>,
}

enum Members<'a> {
    Attributes(&'a [Attribute]),
    /// A value of an object type, which only has names and types.
    Types(&'a std::collections::BTreeMap<String, Type>, Group),
}

/// The section of a schema.
pub(super) fn section(schema: &Schema) -> String {
    let mut queue = VecDeque::new();
    let mut lines = attribute_lines(&schema.attributes, "", &mut queue);
    lines.extend(schema.blocks.iter().map(|block| block_line(block, &mut queue)));
    format!("## Schema\n\n{}", parts(lines, queue))
}

/// The attributes of an object, below a heading of their own.
pub(super) fn members(attributes: &[Attribute]) -> String {
    let mut queue = VecDeque::new();
    let lines = attribute_lines(attributes, "", &mut queue);
    parts(lines, queue)
}

/// Lines by group, then whatever they are told to have below.
fn parts(lines: Vec<Line>, mut queue: VecDeque<Nested<'_>>) -> String {
    let mut parts = groups(lines, |title| format!("### {title}"));
    while let Some(nested) = queue.pop_front() {
        // What is nested in it follows it at once, so that a reader goes down level by level.
        let mut below = VecDeque::new();
        parts.push(nested_part(&nested, &mut below));
        while let Some(deeper) = below.pop_back() {
            queue.push_front(deeper);
        }
    }
    parts.join("\n\n")
}

fn nested_part<'a>(nested: &Nested<'a>, below: &mut VecDeque<Nested<'a>>) -> String {
    let Nested { anchor, path, members } = nested;
    let lines = match *members {
        Members::Attributes(attributes) => attribute_lines(attributes, path, below),
        Members::Types(types, group) => type_lines(types, path, group, below),
    };
    let mut parts = vec![format!("<a id=\"{anchor}\"></a>\n### Nested Schema for `{path}`")];
    parts.extend(groups(lines, |title| format!("{title}:")));
    parts.join("\n\n")
}

/// The lines by group, each group under its title.
fn groups(mut lines: Vec<Line>, title: impl Fn(&str) -> String) -> Vec<String> {
    lines.sort_by(|one, other| one.name.cmp(&other.name));
    let mut parts = Vec::new();
    for group in GROUPS {
        let members: Vec<&Line> = lines.iter().filter(|line| line.group == group).collect();
        if members.is_empty() {
            continue;
        }
        parts.push(title(group.title()));
        if members.iter().any(|line| line.write_only) {
            parts.push(WRITE_ONLY_NOTE.to_owned());
        }
        let texts: Vec<&str> = members.iter().map(|line| line.text.as_str()).collect();
        parts.push(texts.join("\n"));
    }
    parts
}

fn attribute_lines<'a>(
    attributes: &'a [Attribute],
    within: &str,
    queue: &mut VecDeque<Nested<'a>>,
) -> Vec<Line> {
    let mut order: Vec<&Attribute> = attributes.iter().collect();
    order.sort_by_key(|attribute| attribute.name);
    order.into_iter().map(|attribute| attribute_line(attribute, within, queue)).collect()
}

fn attribute_line<'a>(
    attribute: &'a Attribute,
    within: &str,
    queue: &mut VecDeque<Nested<'a>>,
) -> Line {
    let group = Group::of(attribute);
    let path = join(within, attribute.name);
    let members = match &attribute.shape {
        Shape::Nested(_, attributes) => Some(Members::Attributes(attributes)),
        Shape::Plain(kind) => object_of(kind).map(|types| Members::Types(types, group)),
    };
    let mut text = format!("- `{}` ({})", attribute.name, marks(attribute));
    for sentence in sentences(attribute) {
        text.push(' ');
        text.push_str(&sentence);
    }
    if let Some(members) = members {
        let anchor = anchor("nestedatt", &path);
        text.push_str(&below(&anchor));
        queue.push_back(Nested { anchor, path, members });
    }
    Line { group, name: attribute.name.to_owned(), text, write_only: attribute.write_only }
}

fn block_line<'a>(block: &'a Block, queue: &mut VecDeque<Nested<'a>>) -> Line {
    let most =
        if block.max_items > 0 { format!(", Max: {}", block.max_items) } else { String::new() };
    let anchor = anchor("nestedblock", block.name);
    let text = format!(
        "- `{}` (Block List{most}) {}{}",
        block.name,
        one_line(block.description),
        below(&anchor)
    );
    let members = Members::Attributes(&block.attributes);
    queue.push_back(Nested { anchor, path: block.name.to_owned(), members });
    Line { group: Group::Optional, name: block.name.to_owned(), text, write_only: false }
}

fn type_lines<'a>(
    types: &'a std::collections::BTreeMap<String, Type>,
    within: &str,
    group: Group,
    queue: &mut VecDeque<Nested<'a>>,
) -> Vec<Line> {
    let line = |(name, kind): (&'a String, &'a Type)| {
        let mut text = format!("- `{name}` ({})", type_name(kind));
        if let Some(types) = object_of(kind) {
            let path = join(within, name);
            let anchor = anchor("nestedatt", &path);
            text.push_str(&below(&anchor));
            queue.push_back(Nested { anchor, path, members: Members::Types(types, group) });
        }
        Line { group, name: name.clone(), text, write_only: false }
    };
    types.iter().map(line).collect()
}

fn join(within: &str, name: &str) -> String {
    if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") }
}

fn anchor(kind: &str, path: &str) -> String {
    format!("{kind}--{}", path.replace('.', "--"))
}

fn below(anchor: &str) -> String {
    format!(" (see [below for nested schema](#{anchor}))")
}

/// What stands in the parentheses behind the name.
fn marks(attribute: &Attribute) -> String {
    let mut marks = match &attribute.shape {
        Shape::Plain(kind) => type_name(kind),
        Shape::Nested(Nesting::Single, _) => "Attributes".to_owned(),
        Shape::Nested(Nesting::List, _) => "Attributes List".to_owned(),
        Shape::Nested(Nesting::Map, _) => "Attributes Map".to_owned(),
    };
    let more = [
        (attribute.sensitive, "Sensitive"),
        (attribute.deprecated.is_some(), "Deprecated"),
        (attribute.write_only, WRITE_ONLY),
    ];
    for (_, mark) in more.into_iter().filter(|(holds, _)| *holds) {
        marks.push_str(", ");
        marks.push_str(mark);
    }
    marks
}

pub(super) fn type_name(kind: &Type) -> String {
    match kind {
        Type::String => "String".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::Object(_) => "Object".to_owned(),
        Type::List(of) => format!("List of {}", type_name(of)),
        Type::Set(of) => format!("Set of {}", type_name(of)),
        Type::Map(of) => format!("Map of {}", type_name(of)),
        Type::Tuple(_) => "Tuple".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
    }
}

fn object_of(kind: &Type) -> Option<&std::collections::BTreeMap<String, Type>> {
    match kind {
        Type::Object(types) => Some(types),
        Type::List(of) | Type::Set(of) | Type::Map(of) => object_of(of),
        Type::String | Type::Number | Type::Bool | Type::Tuple(_) | Type::Dynamic => None,
    }
}

/// The description, and what the schema knows beyond it.
fn sentences(attribute: &Attribute) -> Vec<String> {
    let description = one_line(&attribute.description);
    let mut sentences = Vec::new();
    if let Some(values) = accepted(attribute, &description) {
        sentences.push(values);
    }
    if let Some(default) = default(attribute) {
        sentences.push(format!("Defaults to {default}."));
    }
    if attribute.replaces && !description.contains("Changing it replaces") {
        sentences.push("Changing it replaces the object.".to_owned());
    }
    if let Some(instead) = attribute.deprecated {
        sentences.push(format!("**Deprecated:** {instead}"));
    }
    sentences.insert(0, description);
    sentences
}

/// The accepted values, unless the description names them all.
fn accepted(attribute: &Attribute, description: &str) -> Option<String> {
    let values = attribute.checks.iter().map(|check| check.one_of).find(|all| !all.is_empty())?;
    let named = |value: &&str| description.contains(&format!("`{value}`"));
    if values.iter().all(named) {
        return None;
    }
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    Some(match quoted.as_slice() {
        [only] => format!("Must be {only}."),
        all => format!("One of {}.", all.join(", ")),
    })
}

fn default(attribute: &Attribute) -> Option<String> {
    if let Some(text) = attribute.default_text {
        return Some(text.to_owned());
    }
    Some(match attribute.default.as_ref()? {
        Dynamic::String(text) if text.is_empty() => "an empty string".to_owned(),
        Dynamic::String(text) => format!("`{text}`"),
        Dynamic::Map(items) if items.is_empty() => "`{}`".to_owned(),
        value => format!("`{value}`"),
    })
}

/// A description on one line, since it stands in a list.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
