//! Values of the right type and of any content, the same with wrong bytes in them, and private data of
//! any bytes, at every RPC that takes some: each is answered, and nothing panics. Seeded, so that a
//! failure comes again.

use officeless::framework::codec::to_msgpack;
use officeless::framework::server::Provider as _;
use officeless::framework::types::Type;
use officeless::framework::value::{Dynamic, Number, Object};
use officeless::plugin::proto::tfplugin6 as proto;
use officeless::plugin::proto::tfplugin6::provider_client::ProviderClient;
use officeless::provider::Officeless;
use officeless::provider::environment::Environment;
use officeless::{data_sources, ephemeral_resources, functions, resources};
use tonic::Code;
use tonic::transport::Channel;

use crate::core::{Plugin, SERVING, call, soon};
use crate::frames::{frame, post};

/// How often each RPC is called with each type.
const ROUNDS: usize = 40;

/// What a request tells in a field.
#[derive(Clone, Copy)]
enum Part {
    /// The name of the type or function.
    Name,
    /// A value.
    Value,
    /// A value, as the JSON of a stored state.
    State,
    /// Private data.
    Private,
    /// An id to import.
    Id,
}

use Part::{Id, Name, Private, State, Value};

/// The RPCs of a family, each with the fields of its request.
type Methods = &'static [(&'static str, &'static [(u8, Part)])];

const PROVIDER: Methods = &[("ValidateProviderConfig", &[(1, Value)])];

const RESOURCE: Methods = &[
    ("ValidateResourceConfig", &[(1, Name), (2, Value)]),
    ("UpgradeResourceState", &[(1, Name), (3, State)]),
    ("ReadResource", &[(1, Name), (2, Value), (3, Private)]),
    ("PlanResourceChange", &[(1, Name), (2, Value), (3, Value), (4, Value), (5, Private)]),
    ("ApplyResourceChange", &[(1, Name), (2, Value), (3, Value), (4, Value), (5, Private)]),
    ("ImportResourceState", &[(1, Name), (2, Id)]),
];

const DATA_SOURCE: Methods = &[
    ("ValidateDataResourceConfig", &[(1, Name), (2, Value)]),
    ("ReadDataSource", &[(1, Name), (2, Value)]),
];

const EPHEMERAL: Methods = &[
    ("ValidateEphemeralResourceConfig", &[(1, Name), (2, Value)]),
    ("OpenEphemeralResource", &[(1, Name), (2, Value)]),
    ("RenewEphemeralResource", &[(1, Name), (2, Private)]),
    ("CloseEphemeralResource", &[(1, Name), (2, Private)]),
];

/// Texts that somewhere mean something.
const TEXTS: [&str; 22] = [
    "",
    " ",
    "0",
    "-1",
    "99999999999999999999",
    "1e9",
    "null",
    "*",
    "x",
    "\u{0}\u{1F600}\u{301}",
    "us-east-1",
    "arn:aws:iam::123456789012:role/x",
    "arn:::::",
    "10.0.0.0/33",
    "12h30m",
    "-9223372036854775808h",
    "cron(0 5 ? * * *)",
    "rate(999999999999 days)",
    "sun:23:59-mon:00:30",
    "cache.r7g.large",
    "fs-0123456789abcdef0@us-east-1",
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Action\":{}}]}",
];

fn any_text(random: &mut fastrand::Rng) -> String {
    match random.u8(..8) {
        0 => (0..random.u8(..40)).map(|_| random.char(..)).collect(),
        1 => "x".repeat(random.usize(..2_000)),
        2 => [random.choice(TEXTS).unwrap(), random.choice(TEXTS).unwrap()].concat(),
        _ => random.choice(TEXTS).unwrap().to_owned(),
    }
}

fn any_number(random: &mut fastrand::Rng) -> Number {
    match random.u8(..6) {
        0 => Number::from(random.i64(..)),
        1 => Number::from(random.choice([i64::MIN, -1, 0, 1, i64::MAX]).unwrap()),
        2 => Number::from(f64::from(random.i32(..)) / 8.0),
        3 => Number::read("1e300").unwrap(),
        _ => Number::from(random.i64(..5_000)),
    }
}

/// Any value of a type, mostly known.
fn any_value(random: &mut fastrand::Rng, kind: &Type, depth: usize) -> Dynamic {
    match random.u8(..if depth == 0 { 40 } else { 8 }) {
        0 => return Dynamic::Null,
        1 => return Dynamic::Unknown,
        _ => {}
    }
    let length = random.usize(..3);
    let below = depth + 1;
    match kind {
        Type::String => Dynamic::String(any_text(random)),
        Type::Number => Dynamic::Number(any_number(random)),
        Type::Bool => Dynamic::Bool(random.bool()),
        Type::List(of) | Type::Set(of) => {
            Dynamic::List((0..length).map(|_| any_value(random, of, below)).collect())
        }
        Type::Map(of) => {
            let item =
                |random: &mut fastrand::Rng| (any_text(random), any_value(random, of, below));
            Dynamic::Map((0..length).map(|_| item(random)).collect::<Object>())
        }
        Type::Tuple(of) => {
            Dynamic::List(of.iter().map(|of| any_value(random, of, below)).collect())
        }
        Type::Object(of) => Dynamic::Map(
            of.iter().map(|(name, of)| (name.clone(), any_value(random, of, below))).collect(),
        ),
        Type::Dynamic => {
            let told = Type::map(random.choice([Type::String, Type::Number, Type::Bool]).unwrap());
            any_value(random, &told, below)
        }
    }
}

/// Puts wrong bytes in, sometimes.
fn damaged(random: &mut fastrand::Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    if random.u8(..3) == 0 && !bytes.is_empty() {
        for _ in 0..random.u8(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        if random.bool() {
            bytes.truncate(random.usize(..bytes.len()));
        }
    }
    bytes
}

/// A field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut length = bytes.len();
    let mut out = vec![number << 3 | 2];
    while length > 0x7f {
        out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    [&out, bytes].concat()
}

/// The JSON of a value; what is unknown is null.
fn json(value: &Dynamic) -> serde_json::Value {
    match value {
        Dynamic::Null | Dynamic::Unknown => serde_json::Value::Null,
        Dynamic::Bool(value) => (*value).into(),
        Dynamic::Number(number) => serde_json::from_str(number.as_str()).unwrap(),
        Dynamic::String(text) => text.as_str().into(),
        Dynamic::List(items) => items.iter().map(json).collect(),
        Dynamic::Map(items) => {
            items.iter().map(|(name, item)| (name.clone(), json(item))).collect()
        }
    }
}

fn value_message(random: &mut fastrand::Rng, kind: &Type) -> Vec<u8> {
    let value = any_value(random, kind, 0);
    let msgpack = to_msgpack(&value, kind).unwrap();
    field(1, &damaged(random, msgpack))
}

fn part(random: &mut fastrand::Rng, part: Part, name: &str, kind: &Type) -> Vec<u8> {
    match part {
        Name => name.as_bytes().to_vec(),
        Value => value_message(random, kind),
        State => {
            let state = json(&any_value(random, kind, 0)).to_string().into_bytes();
            field(1, &damaged(random, state))
        }
        Private if random.bool() => br#"{"replacing":"true","unfinished":"true","x":[1]}"#.to_vec(),
        Private => (0..random.u8(..60)).map(|_| random.u8(..)).collect(),
        Id => any_text(random).into_bytes(),
    }
}

/// Everything that is served: its RPCs, its name, the type of its value.
fn subjects() -> Vec<(Methods, &'static str, Type)> {
    let provider = Officeless::new(Environment::default()).schema().kind();
    let mut all = vec![(PROVIDER, "", provider)];
    let resources = resources::all();
    all.extend(resources.iter().map(|one| (RESOURCE, one.type_name(), one.schema().kind())));
    let sources = data_sources::all();
    all.extend(sources.iter().map(|one| (DATA_SOURCE, one.type_name(), one.schema().kind())));
    let ephemeral = ephemeral_resources::all();
    all.extend(ephemeral.iter().map(|one| (EPHEMERAL, one.type_name(), one.schema().kind())));
    all
}

/// Demands an answer that is no gRPC error.
async fn answered(channel: &Channel, method: &str, message: &[u8], what: &str) {
    let path = format!("/tfplugin6.Provider/{method}");
    let length = u32::try_from(message.len()).unwrap();
    let status = post(channel, &path, "identity", frame(0, length, message)).await.unwrap();
    assert_eq!(status.code(), Code::Ok, "{method} of {what}: {status}\n{message:02x?}");
}

/// Configures the provider with a region that is known only after apply: plans come as far as they can
/// without AWS.
async fn configure(channel: &Channel) {
    let kind = Officeless::new(Environment::default()).schema().kind();
    let mut block = Object::new();
    if let Type::Object(names) = &kind {
        block.extend(names.keys().map(|name| (name.clone(), Dynamic::Null)));
    }
    block.insert("region".to_owned(), Dynamic::Unknown);
    let msgpack = to_msgpack(&Dynamic::Map(block), &kind).unwrap();
    let config = Some(proto::DynamicValue { msgpack, json: Vec::new() });
    let request = proto::configure_provider::Request { config, ..Default::default() };
    let mut provider = ProviderClient::new(channel.clone());
    let answer = soon(provider.configure_provider(request)).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
}

#[tokio::test]
async fn any_value_at_any_rpc_is_answered() {
    let mut plugin = Plugin::start(None).await;
    let channel = plugin.connect_plaintext().await.unwrap();
    configure(&channel).await;
    let mut random = fastrand::Rng::with_seed(77);
    for (methods, name, kind) in subjects() {
        for (method, parts) in methods {
            for _ in 0..ROUNDS {
                let fields = parts
                    .iter()
                    .map(|(number, what)| field(*number, &part(&mut random, *what, name, &kind)));
                let message = fields.collect::<Vec<_>>().concat();
                answered(&channel, method, &message, name).await;
            }
        }
    }
    for function in functions::all() {
        let signature = function.signature();
        for _ in 0..ROUNDS {
            let mut message = field(1, function.name().as_bytes());
            for index in 0..random.usize(..signature.parameters.len() + 3) {
                let parameter = signature.parameter(index);
                let kind = parameter.map_or(Type::Dynamic, |one| one.accepts.kind());
                message.extend(field(2, &value_message(&mut random, &kind)));
            }
            answered(&channel, "CallFunction", &message, function.name()).await;
        }
    }
    assert_eq!(call(Ok(channel)).await.unwrap(), SERVING);
    plugin.child.start_kill().unwrap();
    assert_eq!(plugin.stderr().await, "", "no panic, and no other word");
}
