//! Secrets: a type that shows none, and the net behind it.
//!
//! [`Sensitive`] keeps a secret out of all that is formatted. But AWS repeats requests in its errors,
//! and libraries log what they work on. So each secret is noted where it is met, and
//! [`without_secrets`] takes it out of a text that leaves: diagnostics, lines of the log, reports of
//! panics, and the reasons that a state keeps.
//!
//! Below every layer, so that all may use it: one list for the process, as there is one standard error.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::sync::{PoisonError, RwLock};

/// Stands where a secret would be.
pub const HIDDEN: &str = "(sensitive value)";

/// Shorter texts are not looked for: they would be found within words. AWS knows no secret this short.
const SHORTEST: usize = 8;

/// What is looked for, the longest first: one secret may be part of another.
static NOTED: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// A secret. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive<T = String>(T);

impl<T: AsRef<str>> Sensitive<T> {
    /// Wraps and notes it.
    pub fn new(secret: T) -> Self {
        note(secret.as_ref());
        Self(secret)
    }

    /// The secret itself, for what cannot do without.
    pub fn expose(&self) -> &str {
        self.0.as_ref()
    }
}

impl Sensitive {
    /// Wraps a URL, of which only the login is noted, if it has one: the rest is no secret, and an error
    /// of a connection is of use with it.
    pub fn of_url(url: String) -> Self {
        note_login(&url);
        Self(url)
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// Notes a secret, as it is and as it reads between quotation marks.
pub fn note(secret: &str) {
    if secret.chars().count() < SHORTEST {
        return;
    }
    let quoted = format!("{secret:?}");
    let within = quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"'));
    let mut noted = NOTED.write().unwrap_or_else(PoisonError::into_inner);
    for form in [Some(secret), within].into_iter().flatten() {
        if !noted.iter().any(|known| known == form) {
            noted.push(form.to_owned());
        }
    }
    noted.sort_by_key(|form| Reverse(form.len()));
}

fn note_login(url: &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((login, _)) = authority.rsplit_once('@') else { return };
    note(login);
    note(login.split_once(':').map_or(login, |(_, password)| password));
}

/// The text with [`HIDDEN`] for every secret in it.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let noted = NOTED.read().unwrap_or_else(PoisonError::into_inner);
    let told = noted.iter().filter(|secret| text.contains(secret.as_str()));
    told.fold(Cow::Borrowed(text), |text, secret| Cow::Owned(text.replace(secret.as_str(), HIDDEN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Some(Sensitive::new("correct horse".to_owned()));
        assert_eq!(format!("{secret:?}"), "Some((sensitive value))");
        assert_eq!(secret.map(|secret| secret.to_string()).as_deref(), Some(HIDDEN));
    }

    #[test]
    fn what_is_noted_is_taken_out_of_a_text_wherever_it_is() {
        let _secret = Sensitive::new("first-of-two-secrets");
        note("first-of-two-secrets-and-more");
        assert_eq!(
            without_secrets("a first-of-two-secrets, first-of-two-secrets-and-more, second"),
            "a (sensitive value), (sensitive value), second"
        );
    }

    #[test]
    fn a_secret_is_found_between_quotation_marks() {
        note("with\"mark\\and\nline");
        let told = format!("{:?}", ["with\"mark\\and\nline"]);
        assert_eq!(without_secrets(&told), "[\"(sensitive value)\"]");
    }

    #[test]
    fn what_is_too_short_to_be_one_stays() {
        note("a word");
        note("");
        assert_eq!(without_secrets("not a word is lost"), "not a word is lost");
    }

    #[test]
    fn of_a_url_the_login_is_noted_and_nothing_else() {
        for url in [
            "http://some-user:pass%40word@proxy.example:3128/path@here",
            "http://proxy.example:3128/other@here",
        ] {
            let url = Sensitive::of_url(url.to_owned());
            assert_eq!(format!("{url:?}"), HIDDEN);
        }
        let told = "no pass%40word for some-user:pass%40word at proxy.example:3128/other@here";
        assert_eq!(
            without_secrets(told),
            "no (sensitive value) for (sensitive value) at proxy.example:3128/other@here"
        );
    }
}
