use serde_json::json;

use super::{Examples, Subject, defaults_guide, function_page, page};
use crate::framework::check::Check;
use crate::framework::function::{Parameter, Signature};
use crate::framework::schema::{Attribute, Block, Schema, Type};

fn schema() -> Schema {
    let members = vec![
        Attribute::number("size").required().describe("How large."),
        Attribute::object("inner", vec![Attribute::bool("on").default(true).describe("Whether.")])
            .describe("More."),
    ];
    Schema {
        description: "A `thing`\nof two lines.\n\nMore about it.",
        attributes: vec![
            Attribute::string("zone").replaces().describe("Where."),
            Attribute::string("mode")
                .default("slow")
                .check(Check::one_of(&["slow", "fast"]))
                .describe("How."),
            Attribute::string("id").computed().describe("The ID."),
            Attribute::string("secret").write_only().sensitive().describe("A secret."),
            Attribute::objects("parts", members).describe("Its parts."),
            Attribute::string("old").deprecated("Use mode.").describe("Old."),
            Attribute::string("region").default_text("the provider's region").describe("Region."),
        ],
        blocks: vec![Block {
            name: "tags",
            description: "Tags.",
            max_items: 1,
            attributes: vec![Attribute::string("key").describe("A key.")],
        }],
        ..Schema::default()
    }
}

fn rendered() -> String {
    let examples = Examples {
        usage: vec!["resource \"officeless_thing\" \"x\" {}\n".to_owned()],
        import_block: None,
        import_command: Some("terraform import officeless_thing.x id\n".to_owned()),
    };
    page(Subject::Resource("officeless_thing"), &schema(), &examples)
}

#[test]
fn front_matter_has_the_first_paragraph_on_one_line_without_marks() {
    let page = rendered();
    let front = page.split("---\n").nth(1).unwrap();
    assert!(front.contains("page_title: \"officeless_thing Resource - officeless\"\n"), "{front}");
    assert!(front.ends_with("description: |-\n  A thing of two lines.\n"), "{front}");
}

#[test]
fn sections_stand_in_the_order_of_the_registry() {
    let page = rendered();
    let headings: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).skip(1).collect();
    let expected = [
        "# officeless_thing (Resource)",
        "## Example Usage",
        "## Schema",
        "### Optional",
        "### Read-Only",
        "### Nested Schema for `parts`",
        "### Nested Schema for `parts.inner`",
        "### Nested Schema for `tags`",
        "## Import",
    ];
    assert_eq!(headings, expected);
}

#[test]
fn lines_say_what_the_schema_knows() {
    let page = rendered();
    for line in [
        "- `zone` (String) Where. Changing it replaces the object.",
        "- `mode` (String) How. One of `slow`, `fast`. Defaults to `slow`.",
        "- `region` (String) Region. Defaults to the provider's region.",
        "- `old` (String, Deprecated) Old. **Deprecated:** Use mode.",
        "- `parts` (Attributes Map) Its parts. (see [below for nested schema](#nestedatt--parts))",
        "- `tags` (Block List, Max: 1) Tags. (see [below for nested schema](#nestedblock--tags))",
        "- `on` (Boolean) Whether. Defaults to `true`.",
    ] {
        assert!(page.contains(&format!("\n{line}\n")), "no line {line}\n{page}");
    }
    let secret = page.lines().find(|line| line.starts_with("- `secret`")).unwrap();
    assert!(secret.starts_with("- `secret` (String, Sensitive, [Write-only]("), "{secret}");
    assert!(page.contains("Write-only arguments need Terraform 1.11"), "{page}");
}

#[test]
fn every_link_to_a_nested_schema_has_its_anchor() {
    let page = rendered();
    let links: Vec<&str> = page
        .split("(#")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(anchor, _)| anchor))
        .collect();
    assert_eq!(links.len(), 3);
    for link in links {
        assert!(page.contains(&format!("<a id=\"{link}\"></a>")), "{link}");
    }
}

#[test]
fn an_attribute_of_object_type_lists_its_members() {
    let types = [("step", Type::String), ("error", Type::String)];
    let types = types.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect();
    let status = Attribute::of("status", Type::map(Type::Object(types))).computed();
    let schema = Schema { attributes: vec![status.describe("State.")], ..Schema::default() };
    let page = page(Subject::DataSource("officeless_thing"), &schema, &Examples::default());
    assert!(page.contains("- `status` (Map of Object) State."), "{page}");
    assert!(page.contains("Read-Only:\n\n- `error` (String)\n- `step` (String)"), "{page}");
}

#[test]
fn accepted_values_are_not_told_twice() {
    let mode = Attribute::string("mode")
        .check(Check::one_of(&["slow", "fast"]))
        .describe("`slow` or `fast`.");
    let schema = Schema { attributes: vec![mode], ..Schema::default() };
    let page = page(Subject::DataSource("officeless_thing"), &schema, &Examples::default());
    assert!(page.contains("- `mode` (String) `slow` or `fast`.\n"), "{page}");
}

#[test]
fn pages_and_examples_lie_where_the_registry_looks() {
    let subject = Subject::DataSource("officeless_thing");
    assert_eq!(subject.page_path(), "data-sources/thing.md");
    assert_eq!(subject.examples_path(), "data-sources/officeless_thing");
    let subject = Subject::EphemeralResource("officeless_thing");
    assert_eq!(subject.page_path(), "ephemeral-resources/thing.md");
    assert_eq!(subject.examples_path(), "ephemeral-resources/officeless_thing");
    assert_eq!(subject.usage_stem(), "ephemeral-resource");
    let subject = Subject::Function("do_thing");
    assert_eq!(subject.page_path(), "functions/do_thing.md");
    assert_eq!(subject.examples_path(), "functions/do_thing");
    assert_eq!(subject.usage_stem(), "function");
}

#[test]
fn an_ephemeral_resource_tells_the_versions_it_needs() {
    let subject = Subject::EphemeralResource("officeless_thing");
    let page = page(subject, &schema(), &Examples::default());
    assert!(page.contains("page_title: \"officeless_thing Ephemeral Resource - officeless\""));
    assert!(page.contains("\n# officeless_thing (Ephemeral Resource)\n"), "{page}");
    assert!(page.contains("need Terraform 1.10 or OpenTofu 1.11."), "{page}");
}

#[test]
fn a_function_tells_its_signature_arguments_and_result() {
    let signature = Signature {
        summary: "Makes a `thing`.",
        description: "Makes a thing.\n\nMore about it.",
        parameters: vec![
            Parameter::string("name").nullable().describe("What\nit is called."),
            Parameter::object(
                "options",
                vec![
                    Attribute::number("size").required().describe("How large."),
                    Attribute::object("inner", vec![Attribute::bool("on").describe("Whether.")])
                        .describe("More."),
                ],
            )
            .describe("How."),
        ],
        variadic: Some(Parameter::of("zones", Type::list(Type::String)).describe("Where.")),
        returns: Type::object([("id", Type::String), ("size", Type::Number)]),
        returned: "The thing.",
    };
    let examples = Examples { usage: vec!["# call\n".to_owned()], ..Examples::default() };
    let page = function_page("do_thing", &signature, &examples);
    for text in [
        "page_title: \"do_thing function - officeless\"\n",
        "description: |-\n  Makes a thing.\n---\n\n# function: do_thing\n\nMakes a thing.\n",
        "-> Provider functions need Terraform 1.8 or OpenTofu 1.7.\n\n## Example Usage\n\n```t",
        "## Signature\n\n```text\nprovider::officeless::do_thing(name string, options object, zones \
         list of string...) object\n```\n",
        "## Arguments\n\n1. `name` (String, Nullable) What it is called.\n1. `options` (Object) \
         How.\n1. `zones` (List of String, Variadic) Where.\n",
        "## Attributes of `options`\n\n### Required\n\n- `size` (Number) How large.\n\n### Optional",
        "<a id=\"nestedatt--inner\"></a>\n### Nested Schema for `inner`\n",
        "## Return Type\n\nObject of `id` (String), `size` (Number): The thing.\n",
    ] {
        assert!(page.contains(text), "no {text}\n{page}");
    }
}

#[test]
fn the_guide_has_a_row_for_every_leaf() {
    let leaf = |name| Attribute::string(name).computed().describe("One | other.");
    let members =
        vec![leaf("name"), Attribute::objects("all", vec![leaf("mode")]).describe("All.")];
    let section = Attribute::object("room", members).describe("A room.");
    let schema = Schema { attributes: vec![section], ..Schema::default() };
    let values = json!({ "room": { "name": "x", "all": { "a": { "mode": ["1", "2"] } } } });
    let guide = defaults_guide(&schema, &values);
    assert!(guide.contains("## `room`\n\nA room.\n"), "{guide}");
    assert!(guide.contains("| `name` | `x` | One \\| other. |\n"), "{guide}");
    assert!(guide.contains("| `all[\"a\"].mode` | `1`, `2` |"), "{guide}");
}
