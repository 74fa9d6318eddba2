//! The guide on compatibility is the one that the runs wrote, about every room of the acceptance tests
//! and the versions that `make tools` brings.

use std::collections::BTreeSet;

use officeless_testbench::{Compatibility, Record, pinned};

use crate::tree;

/// The files of the acceptance tests that run on every CLI.
fn rooms() -> BTreeSet<String> {
    let files = tree::files("tests/acceptance").into_iter();
    let room = |path: &str| {
        let file = path.strip_prefix("tests/acceptance/")?;
        Some(file.split(['/', '.']).next().unwrap_or(file).to_owned())
    };
    files
        .filter(|path| !path.ends_with("/scene.rs") && tree::read(path).contains("every_cli()"))
        .filter_map(|path| room(&path))
        .collect()
}

#[test]
fn the_guide_is_about_every_room_in_the_words_of_today() {
    let mut guide = Compatibility::of_checkout().unwrap();
    let terragrunt = pinned("terragrunt").unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        guide.update(&Record::of_checkout().unwrap(), &rooms());
        std::fs::write(Compatibility::file(), guide.page(&terragrunt)).unwrap();
    }
    let page = tree::read("docs/guides/compatibility.md");
    assert!(page == guide.page(&terragrunt), "the guide is stale: run `make docs`");
    let said: BTreeSet<String> = guide.rooms().into_iter().map(str::to_owned).collect();
    assert_eq!(
        said,
        rooms(),
        "run the tests of what is missing (cargo test --test acceptance -- ROOM), then `make docs`"
    );
}

#[test]
fn the_guide_names_the_versions_that_the_tools_have() {
    let guide = Compatibility::of_checkout().unwrap();
    let tofu = format!("tofu {}", pinned("tofu").unwrap());
    assert!(guide.clis().contains(tofu.as_str()), "{tofu} is not in {:?}", guide.clis());
    assert!(guide.clis().iter().any(|cli| cli.starts_with("terraform ")), "{:?}", guide.clis());
}

#[test]
fn nothing_that_fails_is_published() {
    let page = tree::read("docs/guides/compatibility.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let failing: Vec<&str> = rows
        .filter(|row| row.split(" | ").any(|cell| cell.trim_end_matches(" |") == "fail"))
        .collect();
    assert!(failing.is_empty(), "{failing:?}");
}
