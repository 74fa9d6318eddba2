//! Where a token comes from. No message here holds one, or a part of one.

use std::time::SystemTime;

use serde_json::Value as Json;

use super::{Iam, MARGIN, Secret, text};
use crate::aws::{Clients, cache_token, secrets_manager};
use crate::framework::diagnostic::{diagnostic, provider_bug};
use crate::framework::resource::Context;
use crate::framework::server::not_known_yet;
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::platform::auth_token;
use crate::provider::ProviderContext;
use crate::resources::step::{During as _, Report, StepError, Verb};
use crate::sensitive::Sensitive;

/// Random bytes that are asked for at once; about one in five gives no character.
const DRAUGHT: usize = 192;

/// A token.
#[derive(Debug)]
pub(super) struct Token {
    /// The token itself.
    pub(super) text: Sensitive,
    /// When it ends, if it does.
    pub(super) expires_at: Option<SystemTime>,
    /// When this machine's clock shows that it is about to end.
    pub(super) about_to_end: Option<SystemTime>,
}

/// A token of random characters, from the generator that also makes the keys of TLS.
pub(super) fn generate(length: usize) -> Result<Token, Diagnostic> {
    let random = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    let mut token = String::with_capacity(length);
    while token.len() < length {
        let mut bytes = [0_u8; DRAUGHT];
        random
            .fill(&mut bytes)
            .map_err(|_| provider_bug("The system has no random bytes for a token."))?;
        auth_token::extend(&mut token, length, &bytes);
    }
    Ok(Token { text: Sensitive::new(token), expires_at: None, about_to_end: None })
}

/// The token that a secret holds.
pub(super) async fn read(
    cx: Option<&Context<ProviderContext>>,
    region: Option<&str>,
    secret: &Secret,
) -> Result<Token, Diagnostic> {
    let clients = clients(cx, region)?;
    let (id, stage) = (text(&secret.id), text(&secret.version_stage));
    let found = secrets_manager::find_secret_value(&clients, id, stage).await;
    let value = found
        .during("secret", "reading the value of the secret")
        .map_err(|error| report(id, &error))?
        .ok_or_else(|| {
            let region = clients.region();
            let detail = format!(
                "secret.id = {id:?}: the account has no secret of this name or ARN with a version \
                 labelled {stage} in {region}. Correct the name, the region or version_stage, or \
                 give the secret a value."
            );
            diagnostic("Secret Not Found", detail, AttributePath::new("secret").attribute("id"))
        })?;
    let key = match &secret.json_key {
        Value::Value(key) => Some(key.as_str()),
        _ => None,
    };
    let token = value.text.ok_or("it holds bytes, and a token is text".to_owned());
    let token = token.and_then(|text| pick(text, key));
    let token = token.and_then(|token| match auth_token::check(token.expose()) {
        Ok(()) => Ok(token),
        Err(problem) => Err(problem.to_string()),
    });
    let text = token.map_err(|why| unusable(id, stage, &why))?;
    Ok(Token { text, expires_at: None, about_to_end: None })
}

/// The whole text, or what it holds under a key.
fn pick(text: Sensitive, key: Option<&str>) -> Result<Sensitive, String> {
    let Some(key) = key else { return Ok(text) };
    // What the parser would say of broken JSON may quote it.
    let json: Json = serde_json::from_str(text.expose()).map_err(|_| {
        "json_key is set, and the secret is no JSON; remove json_key if all of it is the token"
            .to_owned()
    })?;
    match json.get(key) {
        Some(Json::String(token)) => Ok(Sensitive::new(token.clone())),
        Some(_) => Err(format!("what it has under json_key = {key:?} is no string")),
        None => Err(format!("it is no JSON object with the key json_key = {key:?}")),
    }
}

/// A token that the provider's credentials sign.
pub(super) async fn sign(
    cx: Option<&Context<ProviderContext>>,
    region: Option<&str>,
    iam: &Iam,
) -> Result<Token, Diagnostic> {
    let clients = clients(cx, region)?;
    let (group, user) = (text(&iam.replication_group_id), text(&iam.user_id));
    let signed = cache_token::sign_connect(&clients, group, user).await;
    let signed =
        signed.during("iam", "signing the token").map_err(|error| report(group, &error))?;
    let end = signed.expires_at;
    let about_to_end = end.checked_sub(MARGIN).map(|time| clients.on_this_machine(time));
    Ok(Token { text: signed.token, expires_at: Some(end), about_to_end })
}

fn clients(
    cx: Option<&Context<ProviderContext>>,
    region: Option<&str>,
) -> Result<std::sync::Arc<Clients>, Diagnostic> {
    match (cx, region) {
        (Some(cx), Some(region)) => Ok(cx.provider.clients(region)),
        _ => Err(not_known_yet()),
    }
}

fn report(name: &str, error: &StepError) -> Diagnostic {
    Report { verb: Verb::Reading, noun: "cache auth token", name, exists: Vec::new() }
        .diagnostic(error)
}

fn unusable(id: &str, stage: &str, why: &str) -> Diagnostic {
    diagnostic(
        "Secret Is No Cache Auth Token",
        format!(
            "secret.id = {id:?} at {stage} cannot be the auth token of a cache: {why}. Nothing was \
             changed. Put a valid token into the secret, or name another."
        ),
        AttributePath::new("secret"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_token_is_valid_and_never_the_same() {
        for length in [16, 64, 128] {
            let token = generate(length).unwrap().text;
            assert_eq!(token.expose().len(), length);
            assert_eq!(auth_token::check(token.expose()), Ok(()));
            assert_ne!(token, generate(length).unwrap().text);
        }
    }

    #[test]
    fn a_token_is_picked_out_of_a_json_secret() {
        let json = r#"{ "token": "hunter2", "port": 6379 }"#;
        let pick = |text: &str, key| pick(Sensitive::new(text.to_owned()), key);
        let token = Sensitive::new("hunter2".to_owned());
        assert_eq!(pick(json, Some("token")), Ok(token.clone()));
        assert_eq!(pick("hunter2", None), Ok(token));
        for (text, key, why) in [
            (json, "port", "what it has under json_key = \"port\" is no string"),
            (json, "auth", "it is no JSON object with the key json_key = \"auth\""),
            ("hunter2", "token", "json_key is set, and the secret is no JSON"),
            ("{ \"token\": \"hunter2\"", "token", "json_key is set, and the secret is no JSON"),
        ] {
            let refusal = pick(text, Some(key)).unwrap_err();
            assert!(refusal.contains(why), "{refusal}");
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }
}
