//! The rules of the house that no lint knows.

use std::collections::BTreeSet;

use officeless::docs::Subject;
use officeless::resources;

use crate::pages::usage_files;
use crate::tree;

/// Most lines of a file, its tests aside.
const MOST_LINES: usize = 500;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "misc", "util", "utils"];

/// Each layer with those it must not import. The generated protocol types and the guard against
/// panics, which `framework` serves with, are all that anybody takes from `plugin`.
const WALLS: &[(&str, &[&str])] = &[
    (
        "aws",
        &[
            "data_sources",
            "docs",
            "ephemeral_resources",
            "framework",
            "functions",
            "plugin",
            "provider",
            "resources",
        ],
    ),
    (
        "framework",
        &[
            "aws",
            "data_sources",
            "docs",
            "ephemeral_resources",
            "functions",
            "platform",
            "provider",
            "resources",
        ],
    ),
    (
        "platform",
        &[
            "aws",
            "data_sources",
            "docs",
            "ephemeral_resources",
            "functions",
            "plugin",
            "provider",
            "resources",
        ],
    ),
    (
        "plugin",
        &[
            "aws",
            "data_sources",
            "docs",
            "ephemeral_resources",
            "framework",
            "functions",
            "platform",
            "provider",
            "resources",
        ],
    ),
    (
        "docs",
        &[
            "aws",
            "data_sources",
            "ephemeral_resources",
            "functions",
            "platform",
            "plugin",
            "provider",
            "resources",
        ],
    ),
    ("resources", &["docs", "plugin"]),
    ("data_sources", &["docs", "plugin"]),
    ("ephemeral_resources", &["docs", "plugin"]),
    // Functions are called before there is a provider block, and without credentials.
    ("functions", &["aws", "data_sources", "docs", "plugin", "provider", "resources"]),
    ("provider", &["docs", "plugin"]),
    (
        "sensitive",
        &[
            "aws",
            "data_sources",
            "docs",
            "ephemeral_resources",
            "framework",
            "functions",
            "platform",
            "plugin",
            "provider",
            "resources",
        ],
    ),
];

fn sources() -> Vec<String> {
    tree::files("src").into_iter().filter(|path| tree::is(path, "rs")).collect()
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// The lines of a source file that are not tests.
fn production(path: &str) -> Vec<String> {
    if is_test_file(path) {
        return Vec::new();
    }
    let text = tree::read(path);
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|pair| {
        pair[0] == "#[cfg(test)]" && pair[1].contains("mod ") && pair[1].ends_with('{')
    });
    lines[..tests.unwrap_or(lines.len())].iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn every_resource_has_its_room() {
    let mut rooms = BTreeSet::new();
    for resource in resources::all() {
        let name = resource.type_name();
        let room = name.strip_prefix("officeless_").unwrap_or(name).to_owned();
        for file in ["mod.rs", "description.md"] {
            let path = format!("src/resources/{room}/{file}");
            assert!(tree::exists(&path), "{path} is missing");
        }
        let subject = Subject::Resource(name);
        let page = format!("docs/{}", subject.page_path());
        assert!(tree::exists(&page), "{page} is missing: run `make docs`");
        assert!(!usage_files(subject).is_empty(), "{name} has no example");
        rooms.insert(room);
    }
    for room in tree::names("src/resources") {
        let described = tree::exists(&format!("src/resources/{room}/description.md"));
        assert!(!described || rooms.contains(&room), "{room} is not in the list of resources");
    }
}

#[test]
fn every_file_says_what_it_promises() {
    for path in sources().iter().filter(|path| !is_test_file(path)) {
        let text = tree::read(path);
        let told = text.starts_with("//! ") || text.starts_with("#![doc = include_str!(");
        assert!(told, "{path} has no //! header");
    }
}

#[test]
fn files_stay_short() {
    for path in sources() {
        let lines = production(&path).len();
        assert!(
            lines <= MOST_LINES,
            "{path} has {lines} lines; {MOST_LINES} is the most: split it"
        );
    }
}

#[test]
fn module_names_say_something() {
    for path in sources().into_iter().chain(tree::files("tests")) {
        let name = path.trim_end_matches(".rs");
        let empty = name.split('/').any(|part| EMPTY_NAMES.contains(&part));
        assert!(!empty, "{path}: name it by what it holds");
    }
}

#[test]
fn errors_are_handled_outside_tests() {
    for path in sources() {
        for (number, line) in production(&path).iter().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let hidden = [".unwrap()", ".expect(\"", "todo!(", "unimplemented!("]
                .iter()
                .find(|call| code.contains(**call));
            assert_eq!(hidden, None, "{path}:{}: {line}", number + 1);
        }
    }
}

/// The lints that keep panics out of everything but tests, which `clippy.toml` lets off.
const NO_PANIC: &[&str] = &[
    "expect_used",
    "indexing_slicing",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
    "unwrap_used",
];

#[test]
fn lints_forbid_what_may_panic_and_nobody_is_let_off() {
    let lints = tree::read("Cargo.toml");
    assert!(lints.lines().any(|line| line == "unsafe_code = \"forbid\""));
    for lint in NO_PANIC {
        assert!(lints.lines().any(|line| line == format!("{lint} = \"deny\"")), "{lint}");
    }
    for path in sources().into_iter().chain(["build.rs".to_owned()]) {
        for (number, line) in production(&path).iter().enumerate() {
            let let_off = NO_PANIC.iter().find(|lint| line.contains(&format!("clippy::{lint}")));
            assert_eq!(let_off, None, "{path}:{}: {line}", number + 1);
        }
    }
}

/// What cargo does with dependencies, whose versions it may choose anew unless it is told not to.
const CHOOSING: &[&str] =
    &["build", "check", "clippy", "deny", "doc", "fetch", "install", "metadata", "run", "test"];

#[test]
fn every_build_is_of_the_versions_in_the_lock_file() {
    let mut found = 0;
    for path in [
        "Makefile",
        ".ci/run",
        ".ci/beside",
        ".github/workflows/ci.yml",
        ".github/workflows/faults.yml",
    ] {
        for (number, line) in tree::read(path).lines().enumerate() {
            for call in line.split("cargo ").skip(1) {
                let command = call.split([' ', '\'', '"', ')']).next().unwrap_or_default();
                if CHOOSING.contains(&command) {
                    assert!(line.contains("--locked"), "{path}:{}: {line}", number + 1);
                    found += 1;
                }
            }
        }
    }
    assert!(found >= 10, "only {found} commands were found");
}

#[test]
fn layers_import_downwards_only() {
    for (layer, walls) in WALLS {
        let own = |path: &String| {
            path.starts_with(&format!("src/{layer}/")) || *path == format!("src/{layer}.rs")
        };
        for path in sources().iter().filter(|path| own(path)) {
            for (number, line) in production(path).iter().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let crossed = walls.iter().find(|wall| code.contains(&format!("crate::{wall}")));
                assert_eq!(crossed, None, "{path}:{}: {line}", number + 1);
            }
        }
    }
}

#[test]
fn no_call_of_an_operation_outlasts_its_deadline() {
    for path in sources().iter().filter(|path| path.starts_with("src/resources/")) {
        let has = |call: &str| production(path).iter().any(|line| line.contains(call));
        let bounded = !has(" = begin(") || has(".govern(");
        assert!(bounded, "{path} begins an operation without `Wait::govern`");
    }
}

#[test]
fn nothing_names_a_machine() {
    let folders: Vec<String> = ["work", "root"].map(|name| format!("/{name}/")).into();
    for path in tree::files("") {
        let Ok(text) = std::fs::read_to_string(officeless_testbench::repository().join(&path))
        else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let named = folders.iter().any(|folder| is_absolute(line, folder));
            assert!(!named, "{path}:{}: {line}", number + 1);
        }
    }
}

/// Whether a path of the line begins with this folder.
fn is_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-})~/".contains(c))
    })
}

#[test]
fn what_is_published_does_not_know_the_tools_of_a_checkout() {
    for folder in ["src", "docs", "examples", "proto"] {
        for path in tree::files(folder) {
            assert!(!tree::read(&path).contains(".tools"), "{path} names .tools");
        }
    }
    let ignored = tree::read(".gitignore");
    assert!(ignored.lines().any(|line| line == "/.tools/"), "git does not ignore .tools");
}
