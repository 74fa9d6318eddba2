//! `docs/` is what the provider serves today, and every subject has its example.
//!
//! `UPDATE_DOCS=1` (as `make docs` sets it) writes the pages anew instead of comparing them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use officeless::docs::{
    Examples, Needs, Subject, defaults_guide, function_page, page, permissions_guide,
};
use officeless::framework::server::Provider as _;
use officeless::platform::defaults::PLATFORM;
use officeless::platform::permissions::{Permissions, policy};
use officeless::provider::Officeless;
use officeless::provider::environment::Environment;
use officeless::{data_sources, ephemeral_resources, functions, resources};
use officeless_testbench::{find_clis, repository};

use crate::tree;

/// The guides that are generated; the others are written by hand.
const DEFAULTS_GUIDE: &str = "docs/guides/defaults.md";
const PERMISSIONS_GUIDE: &str = "docs/guides/permissions.md";

/// The folders of pages and of examples.
const KINDS: [&str; 4] = ["resources", "data-sources", "ephemeral-resources", "functions"];

/// Everything that has a page.
pub(crate) fn subjects() -> Vec<Subject> {
    let resources = resources::all();
    let sources = data_sources::all();
    let ephemeral = ephemeral_resources::all();
    let functions = functions::all();
    let resources = resources.iter().map(|one| Subject::Resource(one.type_name()));
    let sources = sources.iter().map(|one| Subject::DataSource(one.type_name()));
    let ephemeral = ephemeral.iter().map(|one| Subject::EphemeralResource(one.type_name()));
    let functions = functions.iter().map(|one| Subject::Function(one.name()));
    let all = [Subject::Provider].into_iter().chain(resources).chain(sources);
    all.chain(ephemeral).chain(functions).collect()
}

/// Every generated page, by its path in the checkout.
fn generated() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut add = |subject: Subject, schema: &officeless::framework::schema::Schema| {
        let path = format!("docs/{}", subject.page_path());
        pages.insert(path, page(subject, schema, &examples(subject)));
    };
    let provider = Officeless::new(Environment::default());
    add(Subject::Provider, &provider.schema());
    for resource in resources::all() {
        add(Subject::Resource(resource.type_name()), resource.schema());
    }
    for resource in ephemeral_resources::all() {
        add(Subject::EphemeralResource(resource.type_name()), resource.schema());
    }
    let mut guide = None;
    for source in data_sources::all() {
        add(Subject::DataSource(source.type_name()), source.schema());
        if source.type_name() == "officeless_platform_defaults" {
            let values = serde_json::to_value(PLATFORM).unwrap();
            guide = Some(defaults_guide(source.schema(), &values));
        }
    }
    for function in functions::all() {
        let subject = Subject::Function(function.name());
        let page = function_page(function.name(), &function.signature(), &examples(subject));
        pages.insert(format!("docs/{}", subject.page_path()), page);
    }
    let guide = guide.expect("the data source of the platform's defaults is served");
    pages.insert(DEFAULTS_GUIDE.to_owned(), guide);
    pages.insert(PERMISSIONS_GUIDE.to_owned(), permissions_guide(&needs()));
    pages
}

/// What every resource, data source and ephemeral resource needs.
fn needs() -> Vec<Needs> {
    let of = |kind: &'static str, all: Vec<Permissions>| {
        all.into_iter().map(move |one| {
            let rows = one.rows().into_iter().map(|(when, looking, changing)| {
                let when = if when.is_empty() { "always" } else { when };
                let names =
                    |actions: BTreeSet<&str>| actions.into_iter().map(str::to_owned).collect();
                (when.to_owned(), names(looking), names(changing))
            });
            let rows: Vec<_> = rows.collect();
            let text = serde_json::to_string_pretty(&policy(&[one])).unwrap();
            Needs {
                heading: format!("{} ({kind})", one.type_name),
                policy: (!rows.is_empty()).then_some(text),
                rows,
            }
        })
    };
    of("resource", resources::permissions())
        .chain(of("data source", data_sources::permissions()))
        .chain(of("ephemeral resource", ephemeral_resources::permissions()))
        .collect()
}

#[test]
fn every_type_declares_what_it_asks_of_aws() {
    let declared = |all: Vec<Permissions>| all.iter().map(|one| one.type_name).collect::<Vec<_>>();
    let served: Vec<_> = resources::all().iter().map(|one| one.type_name()).collect();
    assert_eq!(declared(resources::permissions()), served);
    let served: Vec<_> = data_sources::all().iter().map(|one| one.type_name()).collect();
    assert_eq!(declared(data_sources::permissions()), served);
    let served: Vec<_> = ephemeral_resources::all().iter().map(|one| one.type_name()).collect();
    assert_eq!(declared(ephemeral_resources::permissions()), served);
}

/// The examples of a subject, as they stand in `examples/`.
fn examples(subject: Subject) -> Examples {
    let folder = format!("examples/{}", subject.examples_path());
    let file = |name: &str| {
        let path = format!("{folder}/{name}");
        tree::exists(&path).then(|| tree::read(&path))
    };
    Examples {
        usage: usage_files(subject).iter().map(|path| tree::read(path)).collect(),
        import_block: file("import-by-string-id.tf"),
        import_command: file("import.sh"),
    }
}

/// `resource.tf` first, then `resource-….tf`.
pub(crate) fn usage_files(subject: Subject) -> Vec<String> {
    let folder = format!("examples/{}", subject.examples_path());
    let stem = subject.usage_stem();
    let is_usage = |name: &String| {
        name.strip_prefix(stem)
            .is_some_and(|rest| rest == ".tf" || (rest.starts_with('-') && tree::is(rest, "tf")))
    };
    let mut names: Vec<String> = tree::names(&folder).into_iter().filter(is_usage).collect();
    names.sort_by_key(|name| (name.len() != stem.len() + 3, name.clone()));
    names.into_iter().map(|name| format!("{folder}/{name}")).collect()
}

#[test]
fn pages_are_what_the_provider_serves() {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut stale = Vec::new();
    for (path, text) in generated() {
        let there = tree::exists(&path).then(|| tree::read(&path));
        if there.as_deref() == Some(&text) {
            continue;
        }
        if update {
            let place = repository().join(&path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, text).unwrap();
            println!("wrote {path}");
        } else {
            stale.push(format!("{path}: {}", difference(there.as_deref(), &text)));
        }
    }
    assert!(stale.is_empty(), "run `make docs` and commit:\n{}", stale.join("\n"));
}

/// Where a page and its file part.
fn difference(there: Option<&str>, text: &str) -> String {
    let Some(there) = there else { return "there is no such file".to_owned() };
    let differing = |(_, (one, other)): &(usize, (&str, &str))| one != other;
    match there.lines().zip(text.lines()).enumerate().find(differing) {
        Some((line, (one, other))) => {
            format!("line {} is\n  {one}\nand should be\n  {other}", line + 1)
        }
        None => "one is longer than the other".to_owned(),
    }
}

#[test]
fn every_page_has_its_subject() {
    let generated = generated();
    for folder in KINDS.map(|kind| format!("docs/{kind}")) {
        let folder = folder.as_str();
        for path in tree::files(folder) {
            assert!(generated.contains_key(&path), "{path}: nothing of that name is served");
        }
    }
}

#[test]
fn docs_holds_only_what_the_registry_renders() {
    for path in tree::files("docs") {
        let legal = |kind: &&str| path.starts_with(&format!("docs/{kind}/"));
        let placed = path == "docs/index.md" || KINDS.iter().chain(&["guides"]).any(legal);
        assert!(placed && tree::is(&path, "md"), "{path}: the registry does not render it");
        let text = tree::read(&path);
        assert!(text.len() < 500_000, "{path}: the registry cuts pages at 500,000 bytes");
    }
}

#[test]
fn every_subject_has_examples_and_every_example_a_subject() {
    let mut folders = BTreeSet::new();
    for subject in subjects() {
        let folder = format!("examples/{}", subject.examples_path());
        assert!(
            !usage_files(subject).is_empty(),
            "{folder}: there is no {}.tf",
            subject.usage_stem()
        );
        if matches!(subject, Subject::Resource(_)) {
            let import = format!("{folder}/import.sh");
            assert!(tree::exists(&import), "{import} is missing");
        }
        folders.insert(folder);
    }
    for kind in KINDS {
        for name in tree::names(&format!("examples/{kind}")) {
            let folder = format!("examples/{kind}/{name}");
            assert!(folders.contains(&folder), "{folder}: nothing of that name is served");
        }
    }
}

#[test]
fn every_page_and_guide_has_front_matter() {
    for path in tree::files("docs") {
        let text = tree::read(&path);
        let front = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        let (front, _) = front.unwrap_or_else(|| panic!("{path} has no front matter"));
        for key in ["page_title: \"", "description: |-\n  "] {
            assert!(front.contains(key), "{path}: its front matter has no {key:?}");
        }
        let subcategory = front.lines().any(|line| line.starts_with("subcategory:"));
        assert_eq!(subcategory, path != "docs/index.md", "{path}: subcategory");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for path in tree::files("docs") {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in tree::read(&path).split("](").skip(1).filter_map(|rest| rest.split(')').next())
        {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target = repository().join(folder).join(file);
            let target_md = target.with_extension("md");
            assert!(target.is_file() || target_md.is_file(), "{path}: {link} leads nowhere");
        }
    }
}

#[test]
fn examples_are_formatted_as_every_cli_would() {
    let (found, absent) = find_clis();
    for one in absent {
        println!("not checked with {}: {}", one.what, one.reason);
    }
    if found.is_empty() {
        println!("examples were not checked: there is neither Terraform nor OpenTofu");
    }
    // Each reads files that the other does not.
    for cli in found {
        let output = Command::new(&cli.path)
            .args(["fmt", "-check", "-diff", "-recursive", "-no-color", "."])
            .current_dir(repository().join("examples"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_CLI_CONFIG_FILE", "/dev/null")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success(), "{} fmt finds:\n{said}", cli.label());
    }
}
