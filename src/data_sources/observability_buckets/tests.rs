use super::*;

fn config(members: &[(&str, Dynamic)]) -> Dynamic {
    Dynamic::Map(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

#[test]
fn every_attribute_told_is_one_of_the_resource() {
    assert_eq!(schema().attributes.len(), TOLD.len() + 4);
    assert!(schema().attributes.iter().all(|attribute| !attribute.description.is_empty()));
}

#[test]
fn what_is_sought_follows_from_configuration_then_provider() {
    let sought = |members: &[(&str, Dynamic)], provider| {
        imported(&config(members), "us-east-1", provider).id.unwrap_or_default()
    };
    let prefix = || ("name_prefix", Dynamic::from("acme"));
    let suffix = || ("name_suffix", Dynamic::from("prod"));
    let names = Dynamic::Map([("loki-chunks".to_owned(), "logs".into())].into());
    assert_eq!(sought(&[prefix(), suffix()], Some("other")), "acme/prod");
    assert_eq!(sought(&[], Some("other")), "other");
    assert_eq!(sought(&[suffix()], None), "/prod");
    assert_eq!(sought(&[], None), "");
    assert_eq!(sought(&[("bucket_names", names)], Some("other")), "loki-chunks=logs");
}

#[test]
fn buckets_that_are_not_there_are_told_as_they_were_sought() {
    for (sought, told) in [
        ("acme", "buckets with name_prefix = \"acme\" in"),
        ("acme/prod", "buckets with name_prefix = \"acme\" and name_suffix = \"prod\" in"),
        ("", "buckets with the platform's own names in"),
        ("loki-chunks=logs", "buckets with the names loki-chunks=logs in"),
    ] {
        let detail = none(sought, "us-east-1").detail;
        assert!(detail.contains(told), "{detail}");
    }
}

#[test]
fn whole_names_and_parts_of_names_exclude_each_other() {
    let names = Dynamic::Map([("loki-chunks".to_owned(), "logs".into())].into());
    for (names, refused) in [(names, true), (Dynamic::Unknown, false), (Dynamic::Null, false)] {
        let mut diagnostics = Diagnostics::default();
        let config = config(&[("name_suffix", "prod".into()), ("bucket_names", names)]);
        data_source::DataSource::validate(&DataSource, &config, &mut diagnostics);
        assert_eq!(!diagnostics.errors.is_empty(), refused);
    }
}
