//! The proxy against the real emulator. Each test has an account of its own.

mod backup;
mod block;
mod caches;
mod faults;
mod naming;
mod rules;
mod s3_refusals;

use crate::{Answer, Aws, Bench};
use serde_json::Value;

/// A client that goes through the shared proxy, as the provider does.
async fn through_proxy() -> (&'static Bench, Aws) {
    let bench = Bench::shared().await;
    let aws = Aws::new(&bench.proxy.url(), &bench.account(), "us-east-1");
    (bench, aws)
}

async fn efs(aws: &Aws, method: &str, path: &str, body: &str) -> Answer {
    aws.rest("elasticfilesystem", method, &format!("/2015-02-01/{path}"), body).await.unwrap()
}

async fn create_file_system(aws: &Aws, body: &str) -> Value {
    efs(aws, "POST", "file-systems", body).await.ok().unwrap().json().unwrap()
}

async fn create_bucket(aws: &Aws) -> String {
    let bucket = format!("bucket-{}", aws.account());
    aws.rest("s3", "PUT", &format!("/{bucket}"), "").await.unwrap().ok().unwrap();
    bucket
}
