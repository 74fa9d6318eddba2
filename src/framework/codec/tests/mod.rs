//! What core sends and what it must never send, read and written.

mod properties;

use std::collections::BTreeMap;

use super::*;
use crate::framework::dynamic::Object;

fn object() -> Type {
    Type::Object(BTreeMap::from([
        ("name".to_owned(), Type::String),
        ("size".to_owned(), Type::Number),
        ("zones".to_owned(), Type::set(Type::String)),
    ]))
}

#[test]
fn numbers_arrive_in_every_form_core_sends() {
    let cases: [(&[u8], &str); 5] = [
        (&[0x01], "1"),
        (&[0xff], "-1"),
        (&[0xcd, 0x01, 0x2c], "300"),
        (&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], "0.5"),
        (&[0xa3, 0x30, 0x2e, 0x31], "0.1"),
    ];
    for (bytes, text) in cases {
        let value = from_msgpack(bytes, &Type::Number).unwrap();
        assert_eq!(value, Dynamic::Number(Number::read(text).unwrap()), "{bytes:?}");
    }
}

#[test]
fn any_extension_is_an_unknown() {
    let refined = [0xc7, 0x09, 0x0c, 0x82, 0x01, 0xc2, 0x02, 0xa4, b'p', b'r', b'e', b'-'];
    assert_eq!(from_msgpack(&[0xd4, 0, 0], &Type::String).unwrap(), Dynamic::Unknown);
    assert_eq!(from_msgpack(&refined, &Type::String).unwrap(), Dynamic::Unknown);
}

#[test]
fn an_unknown_is_written_as_core_writes_it() {
    assert_eq!(to_msgpack(&Dynamic::Unknown, &Type::String).unwrap(), [0xd4, 0, 0]);
}

#[test]
fn a_dynamic_value_comes_with_its_type() {
    // What core sends for "x", [1, null] and { a = (unknown string) }.
    let mut tuple = vec![0x92, 0xc4];
    let kind = br#"["tuple",["number","dynamic"]]"#;
    tuple.push(u8::try_from(kind.len()).unwrap());
    tuple.extend(kind);
    tuple.extend([0x92, 0x01, 0xc0]);
    let mut object = vec![0x92, 0xc4];
    let kind = br#"["object",{"a":"string"}]"#;
    object.push(u8::try_from(kind.len()).unwrap());
    object.extend(kind);
    object.extend([0x81, 0xa1, b'a', 0xd4, 0, 0]);
    let cases: [(&[u8], Dynamic); 5] = [
        (b"\x92\xc4\x08\"string\"\xa1x", Dynamic::from("x")),
        (&tuple, Dynamic::List(vec![Dynamic::from(1), Dynamic::Null])),
        (&object, Dynamic::Map(Object::from([("a".to_owned(), Dynamic::Unknown)]))),
        (&[0xc0], Dynamic::Null),
        (&[0xd4, 0, 0], Dynamic::Unknown),
    ];
    for (bytes, value) in cases {
        assert_eq!(from_msgpack(bytes, &Type::Dynamic).unwrap(), value, "{bytes:?}");
    }
    let written = to_msgpack(&Dynamic::from("x"), &Type::Dynamic).unwrap();
    assert_eq!(written, b"\x92\xc4\x08\"string\"\xa1x");
}

#[test]
fn broken_dynamic_values_are_refused() {
    let cases: [(&[u8], &str); 5] = [
        (&[0xa1, b'x'], "value: expected a value with its type, found a string"),
        (&[0x91, 0xc0], "value: expected a type and a value, found an array of 1"),
        (&[0x92, 0x01, 0xc0], "value: expected a type in JSON, found an integer"),
        (b"\x92\xc4\x03\"x\"\xc0", "value: expected a type in JSON, found other bytes"),
        (b"\x92\xc4\x08\"string\"\x01", "value: expected a string, found an integer"),
    ];
    for (bytes, expected) in cases {
        let error = from_msgpack(bytes, &Type::Dynamic).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_stored_dynamic_value_is_read_by_its_type() {
    let json = br#"{ "value": ["a", 1], "type": ["tuple", ["string", "number"]] }"#;
    let read = from_json(json, &Type::Dynamic).unwrap();
    assert_eq!(read, Dynamic::List(vec![Dynamic::from("a"), Dynamic::from(1)]));
    let error = from_json(br#"{ "value": "a" }"#, &Type::Dynamic).unwrap_err();
    assert_eq!(error.to_string(), "value: expected a type and a value, found neither");
}

#[test]
fn sets_leave_sorted_and_without_duplicates() {
    let bytes = [0x93, 0xa1, b'b', 0xa1, b'a', 0xa1, b'b'];
    let value = from_msgpack(&bytes, &Type::set(Type::String)).unwrap();
    assert_eq!(value, Dynamic::List(vec![Dynamic::from("a"), Dynamic::from("b")]));
}

#[test]
fn an_object_reads_back_what_was_written_with_nulls_for_the_absent() {
    let value = Dynamic::Map(Object::from([
        ("name".to_owned(), Dynamic::from("x")),
        ("size".to_owned(), Dynamic::Unknown),
    ]));
    let bytes = to_msgpack(&value, &object()).unwrap();
    let read = from_msgpack(&bytes, &object()).unwrap();
    assert_eq!(read.get("zones"), &Dynamic::Null);
    assert_eq!(read.get("size"), &Dynamic::Unknown);
    assert_eq!(read.get("name"), &Dynamic::from("x"));
}

#[test]
fn what_does_not_fit_the_type_is_refused_with_its_place_and_without_its_content() {
    let cases: [(&[u8], &str); 4] = [
        (&[0x81, 0xa4, b'n', b'a', b'm', b'e', 0x05], "name: expected a string, found an integer"),
        (&[0x81, 0xa1, b'x', 0xc0], "value: expected no such attribute, found \"x\""),
        (&[0x81, 0xa4, b'n', b'a', b'm', b'e', 0xc0], "size: expected a value, found nothing"),
        (&[0xc0, 0xc0], "malformed MessagePack: 1 bytes after the value"),
    ];
    for (bytes, message) in cases {
        assert_eq!(from_msgpack(bytes, &object()).unwrap_err().to_string(), message);
    }
}

/// What the decoder says of bytes it refuses.
fn refusal(bytes: &[u8], kind: &Type) -> String {
    from_msgpack(bytes, kind).unwrap_err().to_string()
}

#[test]
fn lengths_beyond_the_bytes_are_refused_before_room_is_made_for_them() {
    let kinds = [
        Type::String,
        Type::Number,
        Type::list(Type::String),
        Type::set(Type::Number),
        Type::map(Type::Bool),
        object(),
        Type::Tuple(vec![Type::String]),
        Type::Dynamic,
    ];
    for kind in &kinds {
        for marker in [0xdb, 0xc6, 0xdd, 0xdf, 0xc9] {
            let bytes = [marker, 0xff, 0xff, 0xff, 0xff, 0, 0];
            assert!(from_msgpack(&bytes, kind).is_err(), "{marker:x} as {kind:?}");
        }
    }
    let told = refusal(&[0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0], &Type::list(Type::String));
    assert_eq!(told, "malformed MessagePack: 4294967295 elements in the last 1 bytes");
    let told = refusal(&[0xdb, 0xff, 0xff, 0xff, 0xff], &Type::String);
    assert_eq!(told, "malformed MessagePack: 4294967295 bytes in the last 0");
}

#[test]
fn more_values_than_anybody_needs_are_refused() {
    let many = [vec![0xdd, 0, 0x40, 0, 1], vec![0xc0; MOST_VALUES + 1]].concat();
    let told = refusal(&many, &Type::list(Type::String));
    assert_eq!(told, "the value holds more than 4194304 values");
    let json = [b"[0".to_vec(), b",0".repeat(MOST_VALUES), b"]".to_vec()].concat();
    let error = from_json(&json, &Type::list(Type::Number)).unwrap_err();
    assert!(matches!(error, CodecError::Large), "{error}");
    // Commas in text are no values.
    let text = [b"\"".to_vec(), b",\\\"[".repeat(MOST_VALUES / 2), b"\"".to_vec()].concat();
    assert!(from_json(&text, &Type::String).is_ok());
}

#[test]
fn values_nested_too_deep_are_refused() {
    let deep = [vec![0x91; 100_000], vec![0xc0]].concat();
    assert!(from_msgpack(&deep, &Type::list(Type::String)).is_err());
    let within = b"\x92\xc4\x09\"dynamic\"";
    let dynamic = |depth| [within.repeat(depth), vec![0xc0]].concat();
    assert_eq!(from_msgpack(&dynamic(MAX_DEPTH), &Type::Dynamic).unwrap(), Dynamic::Null);
    let told = refusal(&dynamic(100_000), &Type::Dynamic);
    assert_eq!(told, "the value is nested more than 128 deep");
    let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
    assert!(from_json(deep.as_bytes(), &Type::Dynamic).is_err());
    let deep = format!("{}\"string\"{}", "[\"list\",".repeat(100_000), "]".repeat(100_000));
    let len = u32::try_from(deep.len()).unwrap().to_be_bytes();
    let kind = [b"\x92\xc6".as_slice(), &len, deep.as_bytes(), b"\xc0"].concat();
    let told = refusal(&kind, &Type::Dynamic);
    assert_eq!(told, "value: expected a type in JSON, found other bytes");
}

#[test]
fn text_must_be_utf8_everywhere() {
    let cases: [(&[u8], Type, &str); 4] = [
        (&[0xa2, 0xff, 0xfe], Type::String, "value: expected UTF-8 text, found other bytes"),
        (&[0xa2, 0xff, 0xfe], Type::Number, "value: expected a number, found other text"),
        (
            &[0x81, 0xa1, 0xff, 0xc0],
            Type::map(Type::String),
            "value: expected a text key, found another",
        ),
        // A surrogate, which UTF-8 cannot hold.
        (&[0xa3, 0xed, 0xa0, 0x80], Type::String, "value: expected UTF-8 text, found other bytes"),
    ];
    for (bytes, kind, told) in cases {
        assert_eq!(refusal(bytes, &kind), told);
    }
}

#[test]
fn extensions_that_core_refuses_are_refused() {
    // One byte or none is an unknown, whatever its code.
    for bytes in [&[0xd4, 7, 0][..], &[0xc7, 0, 99], &[0xd4, 0xff, 0xff]] {
        assert_eq!(from_msgpack(bytes, &Type::String).unwrap(), Dynamic::Unknown, "{bytes:?}");
    }
    // Refinements nobody knows, and bytes that are none.
    for payload in [&[0x81, 99, 0xc3][..], &[0xff; 16], &[0x81]] {
        let bytes = [&[0xc7, u8::try_from(payload.len()).unwrap(), 12], payload, &[0xc0]].concat();
        let (tuple, bytes) =
            (Type::Tuple(vec![Type::Bool, Type::Bool]), [&[0x92], &bytes[..]].concat());
        let read = Dynamic::List(vec![Dynamic::Unknown, Dynamic::Null]);
        assert_eq!(from_msgpack(&bytes, &tuple).unwrap(), read, "{payload:?}");
    }
    assert_eq!(
        refusal(&[0xd5, 0, 0, 0], &Type::String),
        "malformed MessagePack: an extension of the unknown code 0"
    );
    let long = [vec![0xc8, 0x04, 0x01, 12], vec![0; 1025]].concat();
    assert_eq!(refusal(&long, &Type::String), "malformed MessagePack: an extension of 1025 bytes");
    assert!(from_msgpack(&[0xd8, 12, 0], &Type::String).is_err(), "torn");
}

#[test]
fn a_key_told_twice_is_refused() {
    let twice = [0x82, 0xa1, b'a', 0xc2, 0xa1, b'a', 0xc3];
    for kind in [Type::map(Type::Bool), Type::object([("a", Type::Bool)])] {
        assert_eq!(refusal(&twice, &kind), "value: expected each key once, found \"a\" twice");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let bytes = [&[0xcb][..], &number.to_be_bytes()].concat();
        assert_eq!(refusal(&bytes, &Type::Number), "value: expected a number, found a float");
    }
    let long = format!("0.{}", "1".repeat(LONGEST_NUMBER));
    for text in ["NaN", "inf", "1e400", "1e-999999999", "0x10", "", &long] {
        let bytes = to_msgpack(&Dynamic::from(text), &Type::String).unwrap();
        let told = refusal(&bytes, &Type::Number);
        assert_eq!(told, "value: expected a number, found other text", "{text}");
    }
    let largest = from_msgpack(&[0xcf, 255, 255, 255, 255, 255, 255, 255, 255], &Type::Number);
    assert_eq!(largest.unwrap().to_string(), "18446744073709551615");
}

#[test]
fn an_error_tells_no_content_and_no_more_of_a_key_than_one_reads() {
    let secret = to_msgpack(&Dynamic::from("hunter2"), &Type::String).unwrap();
    assert!(!refusal(&secret, &Type::Number).contains("hunter2"));
    assert!(!from_json(b"\"hunter2\"", &Type::Number).unwrap_err().to_string().contains("hunter2"));
    let key = "\u{1}".repeat(1 << 20);
    let map = Dynamic::Map(Object::from([(key, Dynamic::from(true))]));
    let bytes = to_msgpack(&map, &Type::map(Type::Bool)).unwrap();
    for kind in [Type::map(Type::String), Type::object([("a", Type::Bool)])] {
        let told = refusal(&bytes, &kind);
        assert!(told.len() < 1000, "{} bytes", told.len());
    }
}

/// The way to each value used to be written down beforehand: here some 40 GB of text.
#[test]
fn reading_and_writing_take_time_by_the_bytes_and_not_by_the_keys_on_the_way() {
    let kind = Type::map(Type::list(Type::Bool));
    let items = Dynamic::List(vec![Dynamic::from(true); 40_000]);
    let value = Dynamic::Map(Object::from([("k".repeat(1 << 20), items)]));
    let bytes = to_msgpack(&value, &kind).unwrap();
    assert_eq!(from_msgpack(&bytes, &kind).unwrap(), value);
    let json = format!("{{\"{}\":[{}true]}}", "k".repeat(1 << 20), "true,".repeat(39_999));
    assert_eq!(from_json(json.as_bytes(), &kind).unwrap(), value);
}

#[test]
fn stored_state_tolerates_other_versions() {
    let json = br#"{"size": "12", "zones": ["b", "a"], "gone": {"x": 1}}"#;
    let value = from_json(json, &object()).unwrap();
    assert_eq!(value.get("size"), &Dynamic::from(12));
    assert_eq!(value.get("name"), &Dynamic::Null);
    assert_eq!(value.as_object().unwrap().len(), 3);
}
