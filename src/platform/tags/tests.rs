//! Tests of the tag rules.

use super::*;

const OWNER: Owner<'static> = Owner { kind: "shared_storage", name: "eks-shared-storage" };

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn ignoring(keys: &[&str], prefixes: &[&str]) -> IgnoreRules {
    IgnoreRules {
        keys: keys.iter().map(|k| (*k).to_owned()).collect(),
        key_prefixes: prefixes.iter().map(|p| (*p).to_owned()).collect(),
    }
}

#[test]
fn the_resource_wins_over_the_defaults() {
    let all = merge(
        &tags(&[("env", "prod"), ("team", "platform")]),
        &tags(&[("team", "data")]),
        &IgnoreRules::default(),
    );
    assert_eq!(all, tags(&[("env", "prod"), ("team", "data")]));
}

#[test]
fn ignored_keys_are_neither_written_nor_shown_nor_removed() {
    let ignore = ignoring(&["LastScan"], &["cost/"]);
    let found = tags(&[("LastScan", "today"), ("cost/centre", "7"), ("env", "prod")]);
    assert_eq!(merge(&tags(&[("LastScan", "x")]), &tags(&[]), &ignore), tags(&[]));
    assert_eq!(Observed::read(&found, &ignore, &[]).tags_all, tags(&[("env", "prod")]));
    assert_eq!(
        TagChanges::between(&found, &tags(&[]), &ignore),
        TagChanges { put: tags(&[]), remove: vec!["env".to_owned()] }
    );
}

#[test]
fn what_is_written_reads_back_without_the_platform_keys() {
    let wanted = tags(&[("env", "prod")]);
    let observed =
        Observed::read(&written(&wanted, OWNER, Some("x")), &IgnoreRules::default(), &["Name"]);
    assert_eq!(observed.tags_all, wanted);
    assert_eq!(observed.owner.as_deref(), Some("shared_storage/eks-shared-storage"));
    assert_eq!(observed.marker.as_deref(), Some("x"));
}

#[test]
fn only_what_was_made_for_the_same_owner_and_not_completed_is_unfinished() {
    let read = |found: &Tags| Observed::read(found, &IgnoreRules::default(), &[]);
    let none = tags(&[]);
    let unfinished = read(&written(&none, OWNER, Some("x")));
    assert_eq!(unfinished.unfinished_of(OWNER), Some("x"));
    assert_eq!(read(&written(&none, OWNER, None)).unfinished_of(OWNER), None);
    let other = Owner { name: "other", ..OWNER };
    assert_eq!(read(&written(&none, other, Some("x"))).unfinished_of(OWNER), None);
    assert_eq!(read(&tags(&[(CREATING, "x")])).unfinished_of(OWNER), None);
    assert!(read(&written(&none, OWNER, None)).is_owned_by(OWNER));
}

#[test]
fn own_keys_and_keys_of_aws_are_hidden() {
    let found = tags(&[("Name", "x"), ("aws:cloudformation:stack-name", "y"), ("env", "prod")]);
    let observed = Observed::read(&found, &IgnoreRules::default(), &["Name"]);
    assert_eq!(observed.tags_all, tags(&[("env", "prod")]));
}

#[test]
fn tags_shows_a_default_only_when_configured_or_changed() {
    let defaults = tags(&[("env", "prod"), ("team", "platform"), ("zone", "a")]);
    let observed = Observed {
        tags_all: tags(&[("env", "prod"), ("team", "platform"), ("zone", "b")]),
        ..Observed::default()
    };
    assert_eq!(
        observed.tags(&defaults, &tags(&[("team", "platform")])),
        tags(&[("team", "platform"), ("zone", "b")])
    );
}

#[test]
fn changes_touch_only_what_differs() {
    let found = tags(&[("same", "1"), ("old", "1"), ("changed", "1"), ("aws:x", "1")]);
    let wanted = tags(&[("same", "1"), ("changed", "2"), ("new", "1")]);
    let changes = TagChanges::between(&found, &wanted, &IgnoreRules::default());
    assert_eq!(changes.put, tags(&[("changed", "2"), ("new", "1")]));
    assert_eq!(changes.remove, vec!["old".to_owned()]);
    assert!(TagChanges::between(&wanted, &wanted, &IgnoreRules::default()).is_empty());
}

#[test]
fn removing_the_marker_is_a_change() {
    let found = written(&tags(&[]), OWNER, Some("x"));
    let changes =
        TagChanges::between(&found, &written(&tags(&[]), OWNER, None), &IgnoreRules::default());
    assert_eq!(changes, TagChanges { put: tags(&[]), remove: vec![CREATING.to_owned()] });
    let kept = written(&tags(&[]), OWNER, marker(&found));
    assert!(TagChanges::between(&found, &kept, &IgnoreRules::default()).is_empty());
}

#[test]
fn every_limit_is_checked() {
    let long_key = "k".repeat(129);
    let long_value = "v".repeat(257);
    for (key, value, problem) in [
        ("", "v", TagProblem::EmptyKey { value: "v".into() }),
        (&long_key, "v", TagProblem::KeyTooLong { key: long_key.clone(), length: 129 }),
        ("k", &long_value, TagProblem::ValueTooLong { key: "k".into(), length: 257 }),
        ("k", "a#b", TagProblem::Character { key: "k".into(), character: '#' }),
        ("k!", "v", TagProblem::Character { key: "k!".into(), character: '!' }),
        ("AWS:x", "v", TagProblem::AwsKey { key: "AWS:x".into() }),
        (CREATING, "v", TagProblem::PlatformKey { key: CREATING.into() }),
        ("officeless:new", "v", TagProblem::PlatformKey { key: "officeless:new".into() }),
    ] {
        assert_eq!(check(&tags(&[(key, value)]), 0), Err(problem), "{key}={value}");
    }
    assert_eq!(check(&tags(&[(BACKUP, "daily"), ("Zürich 1", "")]), 0), Ok(()));
}

#[test]
fn the_count_leaves_room_for_the_platforms_own_tags() {
    let many = |n: usize| (0..n).map(|i| (format!("k{i}"), String::new())).collect::<Tags>();
    assert_eq!(check(&many(48), 0), Ok(()));
    assert_eq!(check(&many(48), 1), Err(TagProblem::TooMany { count: 48, reserved: 3 }));
    assert_eq!(
        check(&many(51), 0).unwrap_err().to_string(),
        "51 tags are too many: AWS takes 50 on an object, and the provider writes 2 of its own, \
         so remove 3 from tags or from the provider's default_tags"
    );
}

#[test]
fn an_owner_value_is_always_a_legal_tag_value_and_stays_distinct() {
    let long = "n".repeat(300);
    let one = Owner { kind: "volume", name: "a#b" }.value();
    let two = Owner { kind: "volume", name: "a!b" }.value();
    assert_ne!(one, two);
    assert!(one.starts_with("volume/a-b-"), "{one}");
    for value in [one, two, Owner { kind: "volume", name: &long }.value()] {
        assert_eq!(check_one("k", &value), Ok(()), "{value}");
    }
}
