//! The services every plugin process offers beside its own: the controller, which ends the process,
//! and two streams core opens in every process and nothing ever travels on.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, future, stream};
use tokio::sync::Notify;
use tonic::{Request, Response, Status, Streaming};

use super::proto::services::grpc_broker_server::GrpcBroker;
use super::proto::services::grpc_controller_server::GrpcController;
use super::proto::services::grpc_stdio_server::GrpcStdio;
use super::proto::services::{ConnInfo, Empty, StdioData};

/// The answer to a streaming call.
type Answer<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Tells that core asked the process to end. Clones share the request.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(Arc<Notify>);

impl Shutdown {
    /// Ends when core has asked, also if it did so before.
    pub async fn requested(&self) {
        self.0.notified().await;
    }
}

/// Answers core's request to end; the process goes on its own time.
#[derive(Debug)]
pub struct Controller {
    /// Told about the request.
    pub shutdown: Shutdown,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("asked to shut down");
        self.shutdown.0.notify_one();
        Ok(Response::new(Empty {}))
    }
}

/// Holds the stream for further connections open until core ends it.
#[derive(Debug)]
pub struct Broker;

#[tonic::async_trait]
impl GrpcBroker for Broker {
    type StartStreamStream = Answer<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let silent = request.into_inner().filter_map(|_| future::ready(None));
        Ok(Response::new(Box::pin(silent)))
    }
}

/// Holds the stream for stray output open. There is none: logs go to standard error.
#[derive(Debug)]
pub struct Stdio;

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    type StreamStdioStream = Answer<StdioData>;

    async fn stream_stdio(
        &self,
        _request: Request<()>,
    ) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(Box::pin(stream::pending())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_to_end_is_remembered_until_somebody_waits() {
        let shutdown = Shutdown::default();
        let controller = Controller { shutdown: shutdown.clone() };
        controller.shutdown(Request::new(Empty {})).await.unwrap();
        shutdown.requested().await;
    }
}
