//! Tags of the services whose calls name the keys to remove in the query.

use super::{Exchange, Pending};
use crate::aws::encode;
use crate::proxy::reply::Reply;

pub(super) fn untag_every_key(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let keys: Vec<&String> =
            call.query.iter().filter(|(name, _)| name == "tagKeys").map(|(_, key)| key).collect();
        let mut last = None;
        if keys.len() > 1 {
            for key in keys {
                let path = format!("{}?tagKeys={}", call.path, encode(key));
                let answer = exchange.aws.rest(&call.service, "DELETE", &path, "").await?;
                last = Some(Reply::from(answer));
            }
        }
        Ok(last)
    })
}
