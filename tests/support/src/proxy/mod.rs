//! The proxy in front of the emulator: names and records every call, fails on command, and puts right
//! what the emulator does otherwise than AWS.
//!
//! A call passes these stations: record, latency, fault, rules that answer instead of the emulator, the
//! emulator, rules that correct its answer, fault again. The Host header goes through unchanged, so that
//! signatures stay valid. Every answer is one write on a connection without delay.

mod aws_rules;
mod call;
mod clock;
mod fault;
mod names;
mod reply;
#[cfg(test)]
mod tests;

pub use aws_rules::{Caches, RULES, Rule};
pub use call::Call;
pub use fault::{Effect, Fault, FaultId};
pub use reply::Reply;

use crate::aws::{Aws, Http, OUT_OF_BAND};
use anyhow::{Context, Result};
use aws_rules::{Exchange, Memory};
use bytes::Bytes;
use fault::Faults;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Headers of one connection, which must not travel on.
const HOP_HEADERS: [&str; 5] =
    ["connection", "keep-alive", "transfer-encoding", "expect", "content-length"];

/// How often a held call looks whether it is let go.
const HOLD_LOOK: Duration = Duration::from_millis(20);

/// A running proxy. It has threads of its own, so that tests with runtimes of their own can share it.
/// Dropping it closes its port.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    http: Http,
    started: Instant,
    latency_micros: AtomicU64,
    calls: Mutex<Vec<Call>>,
    asked: Mutex<HashMap<String, BTreeSet<String>>>,
    faults: Mutex<Faults>,
    last_good: Mutex<HashMap<(String, String), Reply>>,
    memory: Memory,
}

/// A test that panicked must not take the others with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Starts a proxy on a free loopback port, in front of an emulator.
    pub fn start(emulator_url: &str) -> Result<Self> {
        let shared = Arc::new(Shared {
            upstream: emulator_url.trim_end_matches('/').to_owned(),
            http: Http::new(),
            started: Instant::now(),
            latency_micros: AtomicU64::new(0),
            calls: Mutex::default(),
            asked: Mutex::default(),
            faults: Mutex::default(),
            last_good: Mutex::default(),
            memory: Memory::default(),
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let accepting = Arc::clone(&shared);
        std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    result = accept(listener, accepting) => {
                        if let Err(error) = result { eprintln!("the proxy ended: {error:#}"); }
                    }
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { shared, address, _stop: stop })
    }

    /// Where it answers, as `http://127.0.0.1:40124`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The calls of an account since the start or the last [`Self::clear`], in the order they came.
    pub fn calls(&self, account: &str) -> Vec<Call> {
        lock(&self.shared.calls).iter().filter(|call| call.account == account).cloned().collect()
    }

    /// The calls of an account that could change something.
    pub fn mutating_calls(&self, account: &str) -> Vec<Call> {
        self.calls(account).into_iter().filter(|call| call.mutating).collect()
    }

    /// The operations an account called, each once and sorted, as IAM writes actions:
    /// `elasticfilesystem:CreateFileSystem`.
    pub fn operations(&self, account: &str) -> BTreeSet<String> {
        let calls = self.calls(account).into_iter();
        calls.map(|call| format!("{}:{}", call.service, call.operation)).collect()
    }

    /// The operations that the provider called for an account since the start of the proxy, each once
    /// and sorted; [`Self::clear`] takes none away.
    pub fn asked_by_provider(&self, account: &str) -> BTreeSet<String> {
        lock(&self.shared.asked).get(account).cloned().unwrap_or_default()
    }

    /// How often an account called an operation; `service` is the signing name.
    pub fn count(&self, account: &str, service: &str, operation: &str) -> usize {
        lock(&self.shared.calls)
            .iter()
            .filter(|c| c.account == account && c.service == service && c.operation == operation)
            .count()
    }

    /// Forgets the calls of an account.
    pub fn clear(&self, account: &str) {
        lock(&self.shared.calls).retain(|call| call.account != account);
    }

    /// Sets a fault up. Of several that fit a call, the one injected first takes it.
    pub fn inject(&self, fault: Fault) -> FaultId {
        lock(&self.shared.faults).add(fault)
    }

    /// How many calls a fault met.
    pub fn hits(&self, id: FaultId) -> usize {
        lock(&self.shared.faults).hits(id)
    }

    /// How many calls a fault came to hold; each of them has been carried out by then.
    pub fn held(&self, id: FaultId) -> usize {
        lock(&self.shared.faults).held(id)
    }

    /// Takes a fault away; the connections of calls that it holds are cut.
    pub fn remove(&self, id: FaultId) {
        lock(&self.shared.faults).remove(id);
    }

    /// Takes all faults of an account away.
    pub fn remove_faults(&self, account: &str) {
        lock(&self.shared.faults).remove_all(account);
    }

    /// The caches of an account in a region, as the double of `ElastiCache` holds them.
    pub fn caches(&self, account: &str, region: &str) -> Caches<'_> {
        Caches::new(&self.shared.memory, account, region)
    }

    /// Puts a recovery point of AWS Backup into a vault, as a backup made with a role; its ARN.
    pub fn add_recovery_point(
        &self,
        account: &str,
        region: &str,
        vault: &str,
        resource_arn: &str,
        role_arn: &str,
    ) -> String {
        let vault = (account, region, vault);
        self.shared.memory.add_recovery_point(vault, resource_arn, role_arn)
    }

    /// Adds a time to every call of every account; for the benchmark.
    pub fn latency(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.shared.latency_micros.store(micros, Ordering::Relaxed);
    }
}

async fn accept(listener: std::net::TcpListener, shared: Arc<Shared>) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { shared.answer(request).await }
    });
    // An error here is a connection cut on purpose, or by the client.
    let _ = hyper::server::conn::http1::Builder::new()
        .keep_alive(true)
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Shared {
    /// Answers one request. An error cuts the connection without an answer.
    async fn answer(self: &Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes().to_vec();
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let call = Call::read(
            head.method.as_str(),
            &target,
            header_pairs(&head.headers),
            body,
            |key| self.memory.account_of(key),
            self.started.elapsed(),
        );
        if call.header(OUT_OF_BAND).is_some() {
            return response(self.carry_out(&call, &target).await?);
        }
        if call.is_of_provider() {
            let operation = format!("{}:{}", call.service, call.operation);
            lock(&self.asked).entry(call.account.clone()).or_default().insert(operation);
        }
        let index = {
            let mut calls = lock(&self.calls);
            calls.push(call.clone());
            (calls.len() - 1, call.at)
        };
        let latency = Duration::from_micros(self.latency_micros.load(Ordering::Relaxed));
        // Even no time at all would be rounded up to a tick of the timer.
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let reply = self.pass(&call, &target).await?;
        self.note_status(index, reply.status);
        response(reply)
    }

    /// Calls may have been cleared since, so the index is only where the search begins.
    fn note_status(&self, (index, at): (usize, Duration), status: u16) {
        let mut calls = lock(&self.calls);
        let end = calls.len().min(index + 1);
        if let Some(call) = calls.iter_mut().take(end).rev().find(|call| call.at == at) {
            call.status = Some(status);
        }
    }

    async fn pass(self: &Arc<Self>, call: &Call, target: &str) -> Result<Reply> {
        let (fault, effect) = lock(&self.faults).meet(call).unzip();
        match &effect {
            Some(Effect::Refuse { status, code, message }) => {
                return Ok(reply::error(call, *status, code, message, &[]));
            }
            Some(Effect::Deny) => return Ok(reply::denied(call)),
            Some(Effect::Throttle) => return Ok(reply::throttled(call)),
            Some(Effect::ServerError) => return Ok(reply::server_error(call)),
            Some(Effect::Expire) => return Ok(reply::expired(call)),
            Some(Effect::Clock(ahead)) => {
                let clock = clock::Clock::ahead(*ahead);
                if !clock.accepts(call) {
                    return Ok(clock.stamp(reply::misdated(call)));
                }
            }
            Some(Effect::LoseRequest) => anyhow::bail!("request lost on command"),
            Some(Effect::Delay(time)) => tokio::time::sleep(*time).await,
            Some(Effect::Postpone) => {
                while fault.is_some_and(|fault| lock(&self.faults).is_there(fault)) {
                    tokio::time::sleep(HOLD_LOOK).await;
                }
            }
            _ => {}
        }
        let mut reply = self.carry_out(call, target).await?;
        let seen = (call.account.clone(), call.target());
        match effect {
            Some(Effect::LoseAnswer) => anyhow::bail!("answer lost on command"),
            Some(Effect::Hold) => return self.hold(fault).await,
            Some(Effect::Pretend { field, value }) => reply.set_field(&field, &value),
            Some(Effect::Linger { field, value }) => {
                if let Some(last) = lock(&self.last_good).get(&seen) {
                    reply = last.clone();
                    reply.set_field(&field, &value);
                }
            }
            Some(Effect::Rewrite(change)) => change(call, &mut reply),
            Some(Effect::Clock(ahead)) => reply = clock::Clock::ahead(ahead).stamp(reply),
            _ if reply.is_ok() && !call.mutating => {
                lock(&self.last_good).insert(seen, reply.clone());
            }
            _ => {}
        }
        Ok(reply)
    }

    /// Keeps a call until its fault is removed, and then cuts its connection.
    async fn hold(&self, fault: Option<FaultId>) -> Result<Reply> {
        if let Some(fault) = fault {
            lock(&self.faults).hold(fault);
            while lock(&self.faults).is_there(fault) {
                tokio::time::sleep(HOLD_LOOK).await;
            }
        }
        anyhow::bail!("held on command")
    }

    /// Carries a call out to its end, whether or not its caller is still there: so does AWS.
    async fn carry_out(self: &Arc<Self>, call: &Call, target: &str) -> Result<Reply> {
        let (shared, call, target) = (Arc::clone(self), call.clone(), target.to_owned());
        tokio::spawn(async move { shared.ask(&call, &target).await }).await?
    }

    /// The emulator's answer, or ours where the rules of AWS ask for it.
    async fn ask(&self, call: &Call, target: &str) -> Result<Reply> {
        let aws = Aws::with_http(self.http.clone(), &self.upstream, &call.account, &call.region);
        let exchange = Exchange { call, memory: &self.memory, aws: &aws };
        if let Some(reply) = aws_rules::instead(exchange).await? {
            return Ok(reply);
        }
        let reply = self.forward(call, target).await?;
        aws_rules::after(exchange, reply).await
    }

    async fn forward(&self, call: &Call, target: &str) -> Result<Reply> {
        let url = format!("{}{target}", self.upstream);
        let mut request = Request::builder().method(call.method.as_str()).uri(url);
        for (name, value) in &call.headers {
            if !HOP_HEADERS.contains(&name.as_str()) && name != OUT_OF_BAND {
                request = request.header(name, value);
            }
        }
        // Stands for the TLS that AWS is asked over, and which policies demand.
        let request = request.header("x-forwarded-proto", "https");
        let request = request.body(Full::new(Bytes::from(call.request_body.clone())))?;
        let response = self.http.client.request(request).await.context("the emulator is gone")?;
        let (head, body) = response.into_parts();
        let keep_length = call.method == "HEAD";
        let headers = header_pairs(&head.headers)
            .into_iter()
            .filter(|(name, _)| {
                !HOP_HEADERS.contains(&name.as_str()) || (keep_length && name == "content-length")
            })
            .collect();
        let body = body.collect().await?.to_bytes().to_vec();
        Ok(Reply { status: head.status.as_u16(), headers, body })
    }
}

fn header_pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

fn response(reply: Reply) -> Result<Response<Full<Bytes>>> {
    let mut response = Response::builder().status(reply.status);
    if let Some(headers) = response.headers_mut() {
        for (name, value) in &reply.headers {
            headers.append(
                HeaderName::from_bytes(name.as_bytes())?,
                HeaderValue::from_bytes(value.as_bytes())?,
            );
        }
    }
    Ok(response.body(Full::new(Bytes::from(reply.body)))?)
}
