//! Auth tokens of a Valkey cache: which are valid, and how one is made of random bytes.
//!
//! Promise: a token is never part of a message; what is wrong with one is told by its place.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html>

/// The shortest token, in characters.
pub const MIN_LENGTH: usize = 16;
/// The longest token, in characters.
pub const MAX_LENGTH: usize = 128;
/// The length of a token that is made here: with this alphabet over 390 bits.
pub const DEFAULT_LENGTH: usize = 64;

/// Letters, digits, and the only signs that ElastiCache takes.
const ALPHABET: &[u8; 70] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!&#$^<>-";

/// Random bytes from here on are left out: they would make some characters likelier than others.
const FAIR: u8 = 210;

/// Why ElastiCache would refuse a token. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// Too short or too long.
    #[error(
        "the token has {length} characters; ElastiCache takes {MIN_LENGTH} to {MAX_LENGTH}, so \
         choose another length"
    )]
    Length {
        /// Its length.
        length: usize,
    },
    /// A character outside the alphabet.
    #[error(
        "character {place} of the token is not allowed; use letters, digits and ! & # $ ^ < > - \
         only"
    )]
    Character {
        /// Its place, from 1.
        place: usize,
    },
}

/// Checks a token.
pub fn check(token: &str) -> Result<(), TokenProblem> {
    let length = token.chars().count();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Err(TokenProblem::Length { length });
    }
    let allowed = |c: char| u8::try_from(c).is_ok_and(|byte| ALPHABET.contains(&byte));
    match token.chars().position(|c| !allowed(c)) {
        Some(before) => Err(TokenProblem::Character { place: before + 1 }),
        None => Ok(()),
    }
}

/// Appends characters to `token` from random bytes, until it is `length` long or they are used up.
/// Some bytes give no character, so that all characters are equally likely.
pub fn extend(token: &mut String, length: usize, random: &[u8]) {
    for byte in random.iter().filter(|byte| **byte < FAIR) {
        if token.len() >= length {
            return;
        }
        let place = usize::from(*byte) % ALPHABET.len();
        token.extend(ALPHABET.get(place).copied().map(char::from));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_byte_that_counts_gives_each_character_equally_often() {
        let all: Vec<u8> = (0..=255).collect();
        let mut token = String::new();
        extend(&mut token, 1_000, &all);
        let mut counts: BTreeMap<char, usize> = BTreeMap::new();
        for character in token.chars() {
            *counts.entry(character).or_default() += 1;
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(counts.values().all(|count| *count == 3), "{counts:?}");
    }

    #[test]
    fn a_token_grows_to_its_length_and_not_further() {
        let mut token = String::new();
        extend(&mut token, 16, &[255; 64]);
        assert_eq!(token, "", "no byte counts");
        extend(&mut token, 16, &[0; 10]);
        assert_eq!(token.len(), 10);
        extend(&mut token, 16, &[69; 64]);
        assert_eq!(token, "AAAAAAAAAA------");
        assert_eq!(check(&token), Ok(()));
    }

    #[test]
    fn what_elasticache_refuses_is_refused_without_telling_it() {
        assert_eq!(check(&"a".repeat(15)), Err(TokenProblem::Length { length: 15 }));
        assert_eq!(check(&"a".repeat(129)), Err(TokenProblem::Length { length: 129 }));
        assert_eq!(check(&"a".repeat(128)), Ok(()));
        assert_eq!(check("abcDEF012!&#$^<>-"), Ok(()));
        for character in ['@', '/', '"', '%', ' ', '_', '.', 'é', '\n'] {
            let token = format!("hunter2hunter2{character}hunter2");
            let problem = check(&token).unwrap_err();
            assert_eq!(problem, TokenProblem::Character { place: 15 });
            assert!(!problem.to_string().contains("hunter2"));
        }
    }
}
