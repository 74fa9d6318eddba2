//! Values that no core sends, and one larger than any it has sent so far, through the whole door.

use std::collections::BTreeMap;

use officeless::framework::codec::{from_json, from_msgpack, to_msgpack};
use officeless::framework::types::Type;
use officeless::plugin::proto::tfplugin6::provider_client::ProviderClient;
use officeless::plugin::proto::tfplugin6::{
    DynamicValue, RawState, call_function, upgrade_resource_state, validate_resource_config,
};
use serde_json::json;
use tonic::transport::Channel;

use crate::core::{Plugin, soon};

const RESOURCE: &str = "officeless_observability_buckets";

async fn provider(plugin: &Plugin) -> ProviderClient<Channel> {
    let largest = 256 << 20;
    ProviderClient::new(plugin.connect_plaintext().await.unwrap())
        .max_decoding_message_size(largest)
        .max_encoding_message_size(largest)
}

/// What a resource says to a configuration of these bytes.
async fn validated(provider: &mut ProviderClient<Channel>, msgpack: Vec<u8>) -> Vec<String> {
    let request = validate_resource_config::Request {
        type_name: RESOURCE.to_owned(),
        config: Some(DynamicValue { msgpack, json: Vec::new() }),
        ..Default::default()
    };
    let answer = soon(provider.validate_resource_config(request)).await.unwrap().into_inner();
    answer.diagnostics.into_iter().map(|told| told.detail).collect()
}

#[tokio::test]
async fn hostile_values_are_told_and_nothing_else_happens() {
    let mut plugin = Plugin::start(None).await;
    let mut provider = provider(&plugin).await;
    let name = |rest: &[u8]| [&[0x81, 0xa4], &b"tags"[..], rest].concat();
    let cases: [(&str, Vec<u8>, &str); 11] = [
        ("deep", vec![0x91; 1 << 20], "expected an object, found an array"),
        ("deep maps", name(&vec![0x81; 1 << 20]), "expected a text key, found another"),
        (
            "long array",
            vec![0xdd, 255, 255, 255, 255, 0],
            "4294967295 elements in the last 1 bytes",
        ),
        ("long map", vec![0xdf, 255, 255, 255, 255, 0], "4294967295 elements in the last 1 bytes"),
        ("long text", name(&[0x81, 0xdb, 255, 255, 255, 255]), "4294967295 bytes in the last 0"),
        ("bad text", name(&[0x81, 0xa1, 0xff, 0xc0]), "expected a text key, found another"),
        (
            "bad text as a value",
            name(&[0x81, 0xa1, b'a', 0xa2, 0xff, 0xfe]),
            "expected UTF-8 text, found other bytes",
        ),
        (
            "an extension nobody knows",
            name(&[0x81, 0xa1, b'a', 0xd5, 7, 0, 0]),
            "malformed MessagePack: an extension of the unknown code 7",
        ),
        (
            "an extension of no end",
            name(&[0x81, 0xa1, b'a', 0xc9, 255, 255, 255, 255, 12]),
            "4294967295 bytes in the last 0",
        ),
        ("torn", vec![0xde], "malformed MessagePack: 2 bytes in the last 0"),
        ("reserved", vec![0xc1], "malformed MessagePack: the reserved byte c1"),
    ];
    for (what, bytes, told) in cases {
        let details = validated(&mut provider, bytes).await;
        assert!(details.len() == 1 && details[0].contains(told), "{what}: {details:?}");
        assert!(details[0].contains("A value from Terraform cannot be decoded"), "{details:?}");
    }
    plugin.child.start_kill().unwrap();
    assert_eq!(plugin.stderr().await, "", "no panic, and no other word");
}

#[tokio::test]
async fn a_function_refuses_hostile_arguments_and_lives() {
    let plugin = Plugin::start(None).await;
    let mut provider = provider(&plugin).await;
    let functions = soon(
        provider.get_functions(officeless::plugin::proto::tfplugin6::get_functions::Request {}),
    )
    .await
    .unwrap()
    .into_inner()
    .functions;
    let within = b"\x92\xc4\x09\"dynamic\"";
    for name in functions.into_keys() {
        for msgpack in [vec![0x91; 4096], within.repeat(50_000), vec![0xdd, 255, 255, 255, 255]] {
            let arguments = vec![DynamicValue { msgpack, json: Vec::new() }];
            let request = call_function::Request { name: name.clone(), arguments };
            let answer = soon(provider.call_function(request)).await.unwrap().into_inner();
            assert!(answer.error.is_some() && answer.result.is_none(), "{name}");
        }
    }
}

#[tokio::test]
async fn a_state_of_more_than_twenty_megabytes_passes() {
    let plugin = Plugin::start(None).await;
    let mut provider = provider(&plugin).await;
    let tags: BTreeMap<String, String> =
        (0..24_000).map(|at| (format!("tag-{at}"), "v".repeat(1000))).collect();
    let json = json!({ "tags": tags }).to_string().into_bytes();
    assert!(json.len() > 20 << 20, "{} bytes", json.len());
    let request = upgrade_resource_state::Request {
        type_name: RESOURCE.to_owned(),
        version: 0,
        raw_state: Some(RawState { json, ..Default::default() }),
    };
    let answer = soon(provider.upgrade_resource_state(request)).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    let state = answer.upgraded_state.unwrap().msgpack;
    assert!(state.len() > 20 << 20, "{} bytes", state.len());
    // Back in, as a configuration: what is wrong with it is not its size.
    let told = validated(&mut provider, state).await;
    assert!(!told.iter().any(|detail| detail.contains("cannot be decoded")), "{told:?}");
}

/// What the fuzzer has found worth keeping, once more: see `fuzz/src/lib.rs`.
#[test]
fn the_corpus_of_the_fuzzer_is_answered() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/decode");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        let line = data.iter().position(|byte| *byte == b'\n').unwrap_or_default();
        let (kind, value) = data.split_at(line);
        let value = value.get(1..).unwrap_or_default();
        let kind = serde_json::from_slice(kind).ok().and_then(|json| Type::from_json(&json));
        let kind = kind.unwrap_or(Type::Dynamic);
        for read in [from_msgpack(value, &kind), from_json(value, &kind)].into_iter().flatten() {
            let written = to_msgpack(&read, &kind).unwrap();
            assert_eq!(from_msgpack(&written, &kind).unwrap(), read);
        }
        count += 1;
    }
    assert!(count >= 20, "{count} files in {corpus}");
}
