//! Bytes that no core sends, on the connection and in its frames: each is answered by an error, and
//! concerns nobody else.

use anyhow::Result;
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tonic::body::Body;
use tonic::codegen::{Bytes, Service as _, http};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::certificate::Client;
use crate::core::{Plugin, SERVING, call, soon};

const VALIDATE: &str = "/tfplugin6.Provider/ValidateResourceConfig";

/// The most a message may hold, as in provider servers in Go.
const LARGEST: u32 = 256 << 20;

/// A body as it stands on the wire.
pub(crate) async fn post(
    channel: &Channel,
    path: &str,
    encoding: &str,
    body: Vec<u8>,
) -> Result<Status> {
    let request = http::Request::post(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-encoding", encoding)
        .body(Body::new(Full::new(Bytes::from(body))))?;
    let mut channel = channel.clone();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await?;
    let response = soon(channel.call(request)).await?;
    if let Some(status) = Status::from_header_map(response.headers()) {
        return Ok(status);
    }
    let trailers = soon(response.into_body().collect()).await?.trailers().cloned();
    Ok(Status::from_header_map(&trailers.unwrap_or_default()).expect("an answer has a status"))
}

/// A message with its prefix: whether it is compressed, and its length.
pub(crate) fn frame(flag: u8, length: u32, message: &[u8]) -> Vec<u8> {
    [&[flag], &length.to_be_bytes()[..], message].concat()
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_before_it_is_read() {
    let plugin = Plugin::start(None).await;
    let channel = plugin.connect_plaintext().await.unwrap();
    for length in [LARGEST + 1, u32::MAX] {
        let status = post(&channel, VALIDATE, "identity", frame(0, length, b"")).await.unwrap();
        assert_eq!(status.code(), Code::OutOfRange, "{status}");
        let told = format!(
            "message length too large: found {length} bytes, the limit is: {LARGEST} bytes"
        );
        assert!(status.message().contains(&told), "{status}");
    }
    assert_eq!(call(Ok(channel)).await.unwrap(), SERVING);
}

#[tokio::test]
async fn headers_without_measure_are_refused_and_concern_nobody_else() {
    let plugin = Plugin::start(None).await;
    let good = plugin.connect_plaintext().await.unwrap();
    for (count, length) in [(1, 8 << 20), (20_000, 100)] {
        let mut channel = plugin.connect_plaintext().await.unwrap();
        let mut request = http::Request::post(format!("http://localhost{VALIDATE}"))
            .header("content-type", "application/grpc");
        for number in 0..count {
            request = request.header(format!("x-{number}"), "v".repeat(length));
        }
        let request = request.body(Body::new(Full::new(Bytes::from(frame(0, 0, b"")))));
        std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
        if let Ok(response) = soon(channel.call(request.unwrap())).await {
            let status = response.status();
            assert!(status.is_client_error(), "{count} headers of {length} bytes: {status}");
        }
        assert_eq!(call(Ok(good.clone())).await.unwrap(), SERVING);
        assert_eq!(call(plugin.connect_plaintext().await).await.unwrap(), SERVING);
    }
}

#[tokio::test]
async fn broken_frames_are_answered_by_an_error() {
    let plugin = Plugin::start(None).await;
    let channel = plugin.connect_plaintext().await.unwrap();
    let cases: [(&str, &str, Vec<u8>, Code); 12] = [
        ("no message", "identity", vec![], Code::Internal),
        ("a torn prefix", "identity", vec![0, 0], Code::Internal),
        ("a torn message", "identity", frame(0, 10, b"abc"), Code::Internal),
        ("the largest length and nothing", "identity", frame(0, LARGEST, b""), Code::Internal),
        ("compressed without a word", "identity", frame(1, 1, b"x"), Code::Internal),
        ("an unknown compression", "gzip", frame(1, 1, b"x"), Code::Unimplemented),
        ("an unknown flag", "identity", frame(7, 1, b"x"), Code::Internal),
        ("a field without an end", "identity", frame(0, 2, &[0x0a, 0x7f]), Code::Internal),
        ("a number of no end", "identity", frame(0, 11, &[0xff; 11]), Code::Internal),
        ("text that is no UTF-8", "identity", frame(0, 3, &[0x0a, 1, 0xff]), Code::Internal),
        ("field number nought", "identity", frame(0, 2, &[0, 0]), Code::Internal),
        ("a group without an end", "identity", frame(0, 200, &[0x0b; 200]), Code::Internal),
    ];
    for (what, encoding, body, code) in cases {
        let status = post(&channel, VALIDATE, encoding, body).await.unwrap();
        assert_eq!(status.code(), code, "{what}: {status}");
        assert_eq!(call(Ok(channel.clone())).await.unwrap(), SERVING, "{what}");
    }
    let status = post(&channel, "/tfplugin6.Provider/Nothing", "identity", frame(0, 0, b"")).await;
    assert_eq!(status.unwrap().code(), Code::Unimplemented);
}

#[tokio::test]
async fn any_bytes_in_a_frame_are_answered() {
    const METHODS: [&str; 8] = [
        "GetProviderSchema",
        "ValidateProviderConfig",
        "ValidateResourceConfig",
        "UpgradeResourceState",
        "ReadResource",
        "PlanResourceChange",
        "ApplyResourceChange",
        "CallFunction",
    ];
    let mut plugin = Plugin::start(None).await;
    let channel = plugin.connect_plaintext().await.unwrap();
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..400 {
        let method = random.choice(METHODS).unwrap();
        let message: Vec<u8> = (0..random.u8(..40)).map(|_| random.u8(..)).collect();
        let length = u32::try_from(message.len()).unwrap();
        let path = format!("/tfplugin6.Provider/{method}");
        post(&channel, &path, "identity", frame(0, length, &message)).await.unwrap();
    }
    assert_eq!(call(Ok(channel)).await.unwrap(), SERVING);
    plugin.child.start_kill().unwrap();
    assert_eq!(plugin.stderr().await, "", "no panic, and no other word");
}

#[tokio::test]
async fn what_is_no_http_2_ends_its_own_connection_only() {
    let plugin = Plugin::start(None).await;
    let good = plugin.connect_plaintext().await.unwrap();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0].as_slice();
    // A frame longer than any may be, and one of a stream that was never opened.
    let long = [0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1].as_slice();
    let stray = [0, 0, 1, 0, 0, 0, 0, 0, 7, b'x'].as_slice();
    let cases: [Vec<u8>; 5] = [
        b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
        vec![0xff; 4096],
        vec![0x16, 3, 1, 2, 0, 1, 0],
        [preface, settings, long].concat(),
        [preface, settings, stray].concat(),
    ];
    for bytes in cases {
        let mut stream = UnixStream::connect(plugin.field(4)).await.unwrap();
        // It may be closed before all is written.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = soon(stream.read_to_end(&mut answer)).await;
        assert_eq!(call(Ok(good.clone())).await.unwrap(), SERVING, "{bytes:?}");
        assert_eq!(call(plugin.connect_plaintext().await).await.unwrap(), SERVING, "{bytes:?}");
    }
}

#[tokio::test]
async fn what_is_no_tls_ends_its_own_connection_only() {
    let core = Client::new();
    let plugin = Plugin::start(Some(&core)).await;
    let hello = [&[0x16, 3, 1, 0xff, 0xff][..], &[0; 300]].concat();
    for bytes in [vec![0xff; 4096], hello, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()] {
        let mut stream = UnixStream::connect(plugin.field(4)).await.unwrap();
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = soon(stream.read_to_end(&mut answer)).await;
        assert_eq!(call(plugin.connect(Some(&core)).await).await.unwrap(), SERVING);
    }
}
