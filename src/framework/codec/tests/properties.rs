//! What holds of every type, every value and any bytes at all. Seeded, so that a failure comes again.

use super::*;

/// Any type, as deep as `depth`.
fn any_type(random: &mut fastrand::Rng, depth: usize) -> Type {
    let below = depth.saturating_sub(1);
    match random.u8(..if depth == 0 { 4 } else { 9 }) {
        0 => Type::String,
        1 => Type::Number,
        2 => Type::Bool,
        3 => Type::Dynamic,
        4 => Type::list(any_type(random, below)),
        5 => Type::set(any_type(random, below)),
        6 => Type::map(any_type(random, below)),
        7 => Type::Tuple((0..random.u8(..4)).map(|_| any_type(random, below)).collect()),
        _ => Type::Object(
            (0..random.u8(..4)).map(|at| (format!("a{at}"), any_type(random, below))).collect(),
        ),
    }
}

fn any_text(random: &mut fastrand::Rng) -> String {
    // Lengths on both sides of those at which MessagePack changes its form.
    let length = random.choice([0, 1, 5, 31, 32, 255, 256]).unwrap();
    (0..length).map(|_| random.char(..)).collect()
}

fn any_number(random: &mut fastrand::Rng) -> Number {
    match random.u8(..5) {
        0 => Number::from(random.i64(-200..200)),
        1 => Number::from(random.i64(..)),
        2 => Number::whole(random.i128(..)),
        3 => Number::from(f64::from(random.i32(..)) / 64.0),
        _ => loop {
            let number = f64::from_bits(random.u64(..));
            if number.is_finite() {
                break Number::from(number);
            }
        },
    }
}

/// Any value of a type. Of the dynamic type: lists stand for tuples, and no list is sorted.
fn any_value(random: &mut fastrand::Rng, kind: &Type) -> Dynamic {
    match random.u8(..12) {
        0 => return Dynamic::Null,
        1 => return Dynamic::Unknown,
        _ => {}
    }
    // Sixteen is where MessagePack changes the form of arrays and maps.
    let length = match random.u8(..12) {
        0 => 17,
        some => some % 4,
    };
    match kind {
        Type::String => Dynamic::String(any_text(random)),
        Type::Number => Dynamic::Number(any_number(random)),
        Type::Bool => Dynamic::Bool(random.bool()),
        Type::List(of) => Dynamic::List((0..length).map(|_| any_value(random, of)).collect()),
        Type::Set(of) => set((0..length).map(|_| any_value(random, of)).collect()),
        Type::Map(of) => {
            Dynamic::Map((0..length).map(|_| (any_text(random), any_value(random, of))).collect())
        }
        Type::Tuple(of) => Dynamic::List(of.iter().map(|of| any_value(random, of)).collect()),
        Type::Object(of) => Dynamic::Map(
            of.iter().map(|(name, of)| (name.clone(), any_value(random, of))).collect(),
        ),
        Type::Dynamic => {
            let told = any_type(random, 2);
            any_value(random, &without_sets(&told))
        }
    }
}

/// A dynamic value is written as tuples and objects, so that the order of a set would be lost.
fn without_sets(kind: &Type) -> Type {
    match kind {
        Type::List(of) | Type::Set(of) => Type::list(without_sets(of)),
        Type::Map(of) => Type::map(without_sets(of)),
        Type::Tuple(of) => Type::Tuple(of.iter().map(without_sets).collect()),
        Type::Object(of) => {
            Type::Object(of.iter().map(|(name, of)| (name.clone(), without_sets(of))).collect())
        }
        other => other.clone(),
    }
}

/// Whatever the bytes are, the decoder answers; what it reads can be written, and reads the same.
fn answers(bytes: &[u8], kind: &Type) {
    for read in [from_msgpack(bytes, kind), from_json(bytes, kind)].into_iter().flatten() {
        let written = to_msgpack(&read, kind).unwrap();
        assert_eq!(from_msgpack(&written, kind).unwrap(), read, "{kind:?} {bytes:?}");
    }
}

#[test]
fn every_type_reads_back_from_its_json() {
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..2_000 {
        let kind = any_type(&mut random, 5);
        assert_eq!(Type::from_json(&kind.to_json()), Some(kind));
    }
}

#[test]
fn every_value_of_every_type_reads_back_as_it_was_written() {
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..2_000 {
        let kind = any_type(&mut random, 4);
        let value = any_value(&mut random, &kind);
        let bytes = to_msgpack(&value, &kind).unwrap();
        assert_eq!(from_msgpack(&bytes, &kind).unwrap(), value, "{kind:?}");
    }
}

#[test]
fn torn_values_are_refused() {
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..100 {
        let kind = any_type(&mut random, 3);
        let bytes = to_msgpack(&any_value(&mut random, &kind), &kind).unwrap();
        // No bytes at all are null.
        for end in 1..bytes.len().min(2_000) {
            assert!(from_msgpack(&bytes[..end], &kind).is_err(), "{kind:?} {bytes:?} {end}");
        }
    }
}

#[test]
fn values_with_wrong_bytes_in_them_are_answered() {
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..4_000 {
        let kind = any_type(&mut random, 3);
        let mut bytes = to_msgpack(&any_value(&mut random, &kind), &kind).unwrap();
        for _ in 0..random.u8(1..4) {
            let at = random.usize(..bytes.len());
            match random.u8(..3) {
                0 => bytes[at] = random.u8(..),
                1 => bytes.insert(at, random.u8(..)),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        answers(&bytes, &kind);
    }
}

#[test]
fn any_bytes_are_answered() {
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..20_000 {
        let kind = any_type(&mut random, 3);
        let bytes: Vec<u8> = (0..random.u8(..24)).map(|_| random.u8(..)).collect();
        answers(&bytes, &kind);
    }
}
