//! The files of this checkout.

use std::path::{Path, PathBuf};

use officeless_testbench::repository;

/// What was made or fetched, never written. In a worktree `.git` is a file.
const MADE: &[&str] =
    &[".git", ".terraform", ".terragrunt-cache", ".tools", "artifacts", "dist", "target"];

/// The text of a file, by its path in the checkout.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder of the checkout, sorted, as paths in the checkout; none when there
/// is no such folder.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let root = repository();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if MADE.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(in_checkout(&root, &path));
            }
        }
    }
    found.sort();
    found
}

/// The names directly in a folder of the checkout, sorted.
pub(crate) fn names(folder: &str) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries(&repository().join(folder)).iter().map(name).collect();
    names.sort();
    names
}

/// Whether the checkout has it.
pub(crate) fn exists(path: &str) -> bool {
    repository().join(path).exists()
}

/// Whether a file is of a kind, by the extension of its name.
pub(crate) fn is(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn in_checkout(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/")
}
