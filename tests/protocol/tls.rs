//! Who may talk to the plugin: the holder of the one certificate it was started with.

use tokio::net::UnixStream;

use crate::certificate::Client;
use crate::core::{Plugin, SERVING, call};

/// Asserts that a client cannot call, and that core still can.
async fn refused(intruder: impl FnOnce(&Client) -> Option<Client>) {
    let core = Client::new();
    let plugin = Plugin::start(Some(&core)).await;
    let intruder = intruder(&core);
    let outcome = call(plugin.connect(intruder.as_ref()).await).await;
    assert!(outcome.is_err(), "the call was answered: {outcome:?}");
    assert_eq!(call(plugin.connect(Some(&core)).await).await.unwrap(), SERVING);
}

#[tokio::test]
async fn core_can_call_and_connect_again() {
    let core = Client::new();
    let plugin = Plugin::start(Some(&core)).await;
    for _ in 0..3 {
        assert_eq!(call(plugin.connect(Some(&core)).await).await.unwrap(), SERVING);
    }
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused() {
    refused(|_| None).await;
}

#[tokio::test]
async fn another_certificate_with_the_same_subject_is_refused() {
    refused(|_| Some(Client::new())).await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    refused(|_| Some(Client::signed_by(&Client::new()))).await;
}

#[tokio::test]
async fn even_a_certificate_signed_by_the_right_one_is_refused() {
    refused(|core| Some(Client::signed_by(core))).await;
}

#[tokio::test]
async fn the_right_certificate_without_its_key_is_refused() {
    refused(|core| {
        let mut thief = Client::new();
        thief.certificate = core.certificate.clone();
        Some(thief)
    })
    .await;
}

#[tokio::test]
async fn the_right_certificate_is_no_authority_for_one_sent_before_it() {
    refused(|core| {
        let mut signed = Client::signed_by(core);
        signed.chain = vec![core.certificate.clone()];
        Some(signed)
    })
    .await;
}

#[tokio::test]
async fn the_older_version_of_tls_lets_nobody_else_in() {
    let core = Client::new();
    let plugin = Plugin::start(Some(&core)).await;
    let older = &[&rustls::version::TLS12];
    let mut thief = Client::new();
    thief.certificate = core.certificate.clone();
    for intruder in [None, Some(Client::new()), Some(Client::signed_by(&core)), Some(thief)] {
        let outcome = call(plugin.connect_by(older, intruder.as_ref()).await).await;
        assert!(outcome.is_err(), "the call was answered: {outcome:?}");
    }
    assert_eq!(call(plugin.connect_by(older, Some(&core)).await).await.unwrap(), SERVING);
}

#[tokio::test]
async fn nobody_else_is_let_in_by_a_port() {
    let parent = tempfile::tempdir().unwrap();
    let long = parent.path().join("d".repeat(100));
    std::fs::create_dir(&long).unwrap();
    let core = Client::new();
    let variables = [("PLUGIN_UNIX_SOCKET_DIR", long.to_str().unwrap())];
    let plugin = Plugin::start_with(Some(&core), &variables).await;
    assert_eq!(plugin.field(3), "tcp");
    for intruder in [None, Some(Client::new()), Some(Client::signed_by(&core))] {
        assert!(call(plugin.connect(intruder.as_ref()).await).await.is_err());
    }
    assert!(call(plugin.connect_plaintext().await).await.is_err());
    assert_eq!(call(plugin.connect(Some(&core)).await).await.unwrap(), SERVING);
}

#[tokio::test]
async fn an_expired_certificate_is_refused_though_it_is_the_right_one() {
    for (from, until) in [(2001, 2002), (2090, 2091)] {
        let core = Client::valid(from, until);
        let plugin = Plugin::start(Some(&core)).await;
        let outcome = call(plugin.connect(Some(&core)).await).await;
        assert!(outcome.is_err(), "the call was answered: {outcome:?}");
    }
    // Terraform's own are valid for thirty years, whose dates have another form.
    let core = Client::valid(2001, 2090);
    let plugin = Plugin::start(Some(&core)).await;
    assert_eq!(call(plugin.connect(Some(&core)).await).await.unwrap(), SERVING);
}

#[tokio::test]
async fn plaintext_is_refused_where_tls_was_agreed() {
    let core = Client::new();
    let plugin = Plugin::start(Some(&core)).await;
    assert!(call(plugin.connect_plaintext().await).await.is_err());
    assert_eq!(call(plugin.connect(Some(&core)).await).await.unwrap(), SERVING);
}

#[tokio::test]
async fn each_process_has_a_certificate_of_its_own() {
    let core = Client::new();
    let (one, other) = (Plugin::start(Some(&core)).await, Plugin::start(Some(&core)).await);
    assert_ne!(one.field(6), other.field(6));
}

#[tokio::test]
async fn a_connection_that_says_nothing_holds_nobody_up() {
    let core = Client::new();
    let plugin = Plugin::start(Some(&core)).await;
    let _silent = UnixStream::connect(plugin.field(4)).await.unwrap();
    assert_eq!(call(plugin.connect(Some(&core)).await).await.unwrap(), SERVING);
}

/// All files that it may open are connections that say nothing: each is let go of in time.
#[tokio::test]
async fn as_many_as_it_can_open_keep_core_waiting_and_no_more() {
    let core = Client::new();
    let plugin = Plugin::start_after("ulimit -n 64", Some(&core)).await;
    let mut silent = Vec::new();
    for _ in 0..80 {
        silent.push(UnixStream::connect(plugin.field(4)).await.unwrap());
    }
    assert_eq!(call(plugin.connect(Some(&core)).await).await.unwrap(), SERVING);
}

#[tokio::test]
async fn without_a_certificate_in_the_environment_there_is_no_tls() {
    let plugin = Plugin::start(None).await;
    assert_eq!(plugin.field(6), "");
    assert_eq!(call(plugin.connect_plaintext().await).await.unwrap(), SERVING);
}
