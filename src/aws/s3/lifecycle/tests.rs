use super::*;

fn rule(id: &str) -> LifecycleRule {
    LifecycleRule { id: id.to_owned(), enabled: true, ..LifecycleRule::default() }
}

fn to(storage_class: &str, days: i32) -> Transition {
    Transition { when: Some(When::Days(days)), storage_class: storage_class.to_owned() }
}

fn lifecycle(rules: Vec<LifecycleRule>) -> Lifecycle {
    Lifecycle { rules, ..Lifecycle::default() }
}

/// What AWS would answer, if it answered what it was sent.
fn round_trip(rule: &LifecycleRule) -> LifecycleRule {
    convert::write("PutBucketLifecycleConfiguration", rule).unwrap().into()
}

#[test]
fn order_of_rules_and_moves_means_nothing() {
    let mut first = rule("a");
    first.transitions = vec![to("STANDARD_IA", 30), to("GLACIER", 90)];
    let mut turned = first.clone();
    turned.transitions.reverse();
    let one = lifecycle(vec![first, rule("b")]);
    let other = lifecycle(vec![rule("b"), turned]);
    assert_eq!(one, other);
}

#[test]
fn members_that_change_nothing_mean_nothing() {
    let plain = lifecycle(vec![LifecycleRule {
        noncurrent_version_expiration: Some(NoncurrentExpiration {
            noncurrent_days: Some(30),
            newer_noncurrent_versions: None,
        }),
        ..rule("a")
    }]);
    let mut filled = plain.clone();
    filled.transition_default_minimum_object_size = Some("all_storage_classes_128K".to_owned());
    filled.rules[0].filter.prefix = Some(String::new());
    filled.rules[0].filter.object_size_greater_than = Some(0);
    filled.rules[0].noncurrent_version_expiration = Some(NoncurrentExpiration {
        noncurrent_days: Some(30),
        newer_noncurrent_versions: Some(0),
    });
    assert_eq!(plain, filled);
}

#[test]
fn every_member_that_means_something_counts() {
    let base = lifecycle(vec![rule("a")]);
    let changes: [fn(&mut Lifecycle); 8] = [
        |l| l.transition_default_minimum_object_size = Some("varies_by_storage_class".to_owned()),
        |l| l.rules[0].enabled = false,
        |l| l.rules[0].filter.prefix = Some("index/".to_owned()),
        |l| l.rules[0].filter.object_size_less_than = Some(1),
        |l| l.rules[0].expiration = Some(Expiration::ExpiredObjectDeleteMarkers),
        |l| l.rules[0].transitions.push(to("GLACIER", 1)),
        |l| l.rules[0].abort_incomplete_multipart_upload_days = Some(1),
        |l| l.rules[0].id = "b".to_owned(),
    ];
    for change in changes {
        let mut other = base.clone();
        change(&mut other);
        assert_ne!(other, base);
    }
}

#[test]
fn rules_survive_the_way_to_aws_and_back() {
    let tags = Tags::from([("team".to_owned(), "storage".to_owned())]);
    let filters = [
        Filter::default(),
        Filter { prefix: Some("x/".to_owned()), ..Filter::default() },
        Filter { tags: tags.clone(), ..Filter::default() },
        Filter { object_size_less_than: Some(5), ..Filter::default() },
        Filter {
            prefix: Some("x/".to_owned()),
            tags,
            object_size_greater_than: Some(1),
            object_size_less_than: Some(5),
        },
    ];
    for filter in filters {
        let full = LifecycleRule {
            filter,
            expiration: Some(Expiration::Objects(When::Date("2030-01-01T00:00:00Z".to_owned()))),
            noncurrent_version_expiration: Some(NoncurrentExpiration {
                noncurrent_days: Some(30),
                newer_noncurrent_versions: Some(2),
            }),
            transitions: vec![to("STANDARD_IA", 30)],
            noncurrent_version_transitions: vec![NoncurrentTransition {
                noncurrent_days: Some(7),
                newer_noncurrent_versions: None,
                storage_class: "GLACIER".to_owned(),
            }],
            abort_incomplete_multipart_upload_days: Some(1),
            ..rule("full")
        };
        assert_eq!(lifecycle(vec![round_trip(&full)]), lifecycle(vec![full]));
    }
}

#[test]
fn a_rule_without_conditions_is_sent_with_an_empty_prefix() {
    let sent = convert::write("PutBucketLifecycleConfiguration", &rule("a")).unwrap();
    assert_eq!(sent.filter().unwrap().prefix(), Some(""));
    assert!(sent.filter().unwrap().and().is_none());
}

#[test]
fn a_date_that_is_none_is_refused_before_the_call() {
    let mut wrong = rule("a");
    wrong.expiration = Some(Expiration::Objects(When::Date("tomorrow".to_owned())));
    let error = convert::write("PutBucketLifecycleConfiguration", &wrong).unwrap_err();
    assert_eq!(error.kind, crate::aws::Kind::Invalid);
    assert!(error.message.contains("tomorrow"), "{error}");
}
