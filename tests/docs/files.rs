//! README, changelog, manifest and the tree's top agree with the code.

use std::collections::BTreeSet;

use officeless::docs::Subject;

use crate::pages::subjects;
use crate::tree;

/// The kinds of changelog entries, in their order.
const KINDS: &[&str] = &["BREAKING CHANGES", "NOTES", "FEATURES", "ENHANCEMENTS", "BUG FIXES"];

/// What may lie at the top beside dotfiles and what git ignores.
const TOP: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "build.rs",
    "clippy.toml",
    "deny.toml",
    "dist",
    "docs",
    "examples",
    "fuzz",
    "proto",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "src",
    "target",
    "terraform-registry-manifest.json",
    "tests",
];

/// The full type names of resources, data sources and ephemeral resources, and the names of
/// functions.
fn type_names() -> BTreeSet<&'static str> {
    subjects()
        .into_iter()
        .filter_map(|subject| match subject {
            Subject::Resource(name)
            | Subject::DataSource(name)
            | Subject::EphemeralResource(name)
            | Subject::Function(name) => Some(name),
            Subject::Provider => None,
        })
        .collect()
}

/// The targets that a text tells to run with make.
fn told_targets(text: &str) -> BTreeSet<String> {
    let word = |rest: &str| {
        rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>()
    };
    let mut found = BTreeSet::new();
    for line in text.lines() {
        // In prose a command stands in code marks, in a block it begins the line.
        for rest in line.split("`make ").skip(1).chain(line.strip_prefix("make ")) {
            found.insert(word(rest));
        }
    }
    found
}

#[test]
fn commands_told_to_readers_exist() {
    let makefile = tree::read("Makefile");
    let exists =
        |target: &str| makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
    let mut texts = vec!["README.md".to_owned()];
    texts.extend(tree::files(".github").into_iter().filter(|path| tree::is(path, "md")));
    texts.extend(tree::files("docs"));
    for path in texts {
        for target in told_targets(&tree::read(&path)) {
            assert!(exists(&target), "{path} tells `make {target}`, which is no target");
        }
    }
    let readme = told_targets(&tree::read("README.md"));
    for target in ["demo", "test", "install"] {
        assert!(readme.contains(target), "README.md does not tell `make {target}`");
    }
}

#[test]
fn readme_lists_everything_served_and_nothing_else() {
    let readme = tree::read("README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| [`"));
    let listed: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    assert_eq!(listed, type_names());
}

#[test]
fn links_of_the_readme_lead_somewhere() {
    let readme = tree::read("README.md");
    for link in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(link.contains("://") || tree::exists(link), "README.md: {link} leads nowhere");
    }
}

#[test]
fn changelog_begins_with_what_is_unreleased() {
    let changelog = tree::read("CHANGELOG.md");
    let sections: Vec<&str> =
        changelog.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(sections.first(), Some(&&*format!("{version} (Unreleased)")), "{sections:?}");
    for section in sections.iter().skip(1) {
        assert!(!section.contains("Unreleased"), "only the first section is unreleased: {section}");
    }
}

#[test]
fn changelog_kinds_stand_in_their_order() {
    let changelog = tree::read("CHANGELOG.md");
    for section in changelog.split("\n## ") {
        let kinds = section
            .lines()
            .filter_map(|line| line.strip_suffix(':'))
            .filter(|line| line.chars().all(|c| c.is_ascii_uppercase() || c == ' '));
        let places: Vec<usize> = kinds
            .map(|kind| {
                let place = KINDS.iter().position(|known| *known == kind);
                place.unwrap_or_else(|| panic!("{kind} is no kind; the kinds are {KINDS:?}"))
            })
            .collect();
        assert!(places.is_sorted(), "{section}");
    }
}

#[test]
fn changelog_announces_everything_served() {
    let changelog = tree::read("CHANGELOG.md");
    for subject in subjects() {
        let entry = match subject {
            Subject::Provider => continue,
            Subject::Resource(name) => format!("* **New Resource:** `{name}`"),
            Subject::DataSource(name) => format!("* **New Data Source:** `{name}`"),
            Subject::EphemeralResource(name) => format!("* **New Ephemeral Resource:** `{name}`"),
            Subject::Function(name) => format!("* **New Function:** `{name}`"),
        };
        assert!(changelog.contains(&entry), "CHANGELOG.md has no line {entry}");
    }
}

#[test]
fn manifest_tells_the_protocol() {
    let manifest: serde_json::Value =
        serde_json::from_str(&tree::read("terraform-registry-manifest.json")).unwrap();
    let expected = serde_json::json!({
        "version": 1,
        "metadata": { "protocol_versions": ["6.0"] }
    });
    assert_eq!(manifest, expected);
}

#[test]
fn the_top_of_the_tree_holds_nothing_else() {
    let strange: Vec<String> = tree::names("")
        .into_iter()
        .filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str()))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}
