//! Step `access_points`: by key, told apart by a tag.
//!
//! Access points are immutable, so a changed one is made anew; its directory stays. Those without
//! our tag (the CSI driver makes one for each claim) are left alone.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::Walk;
use crate::aws::efs;
use crate::aws::efs::access_points::{Creation, NewAccessPoint, PosixUser};
use crate::framework::value::{AttributePath, Data, StringMap, Value};
use crate::platform::naming::{creation_token, cut_with_hash};
use crate::platform::tags::ACCESS_POINT;
use crate::resources::shared_storage::model;
use crate::resources::step::{During, StepError};

const STEP: &str = "access_points";

/// How often a burnt client token is passed over.
const ATTEMPTS: u32 = 8;

impl Walk<'_> {
    /// Brings the access points to what is wanted and records them.
    pub(super) async fn access_points(&mut self) -> Result<(), StepError> {
        let wanted = match &self.planned.access_points {
            Value::Value(points) => points
                .iter()
                .filter_map(|(key, point)| Some((key.clone(), point.clone().as_option()?)))
                .collect(),
            _ => BTreeMap::new(),
        };
        let found = ours(&self.clients, &self.id).await?;
        let mut stale = Vec::new();
        let mut present: BTreeMap<String, efs::access_points::AccessPoint> = BTreeMap::new();
        for (key, point) in found {
            let keep = wanted.get(&key).is_some_and(|wanted| shown(&point) == *wanted)
                && !present.contains_key(&key);
            if keep {
                present.insert(key, point);
            } else {
                stale.push(point.id);
            }
        }
        let missing = wanted.iter().filter(|(key, _)| !present.contains_key(*key));
        let created = join_all(missing.map(|(key, point)| self.create_access_point(key, point)));
        let mut failed = Ok(());
        for result in created.await {
            match result {
                Ok((key, point)) => {
                    present.insert(key, point);
                }
                Err(error) => failed = Err(error),
            }
        }
        self.record_access_points(&present);
        failed?;
        // Stale ones go last: whoever still mounts through them is cut off as late as possible.
        delete(&self.clients, &stale, &self.wait).await
    }

    async fn create_access_point(
        &self,
        key: &str,
        point: &model::AccessPoint,
    ) -> Result<(String, efs::access_points::AccessPoint), StepError> {
        let doing = format!("creating the access point {key:?}");
        let definition = format!("{}/{key}/{}", self.id, point.to_dynamic());
        let path = AttributePath::new("access_points").key(key.to_owned());
        for attempt in 0..ATTEMPTS {
            let token = creation_token(
                &self.account,
                self.clients.region(),
                "access_point",
                &definition,
                attempt,
            );
            let new = self.new_access_point(key, point, token);
            let created = efs::access_points::create_access_point(&self.clients, &new)
                .await
                .during(STEP, &*doing)
                .map_err(|error| error.blame(path.clone()))?;
            let id = match created {
                efs::access_points::Created::Created(point) => point.id,
                efs::access_points::Created::Exists(id) => id,
            };
            let found = efs::access_points::find_access_point_by_id(&self.clients, &id)
                .await
                .during(STEP, &*doing)?;
            // A token whose access point was deleted stays burnt for a while: try the next.
            let Some(found) = found.filter(|found| found.state != "deleting") else { continue };
            let ready = if found.state == "available" {
                found
            } else {
                efs::access_points::wait_access_point_available(&self.clients, &id, &self.wait)
                    .await
                    .during(STEP, &*doing)?
            };
            return Ok((key.to_owned(), ready));
        }
        let why = "every token derived for it names an access point that is gone".to_owned();
        Err(StepError::refused(STEP, &doing, why, "Wait an hour, or rename the key.").blame(path))
    }

    fn new_access_point(
        &self,
        key: &str,
        point: &model::AccessPoint,
        client_token: String,
    ) -> NewAccessPoint {
        let posix_user = match &point.posix_user {
            Value::Value(user) => Some(PosixUser {
                uid: user.uid.unwrap_or_default(),
                gid: user.gid.unwrap_or_default(),
                secondary_gids: match &user.secondary_gids {
                    Value::Value(gids) => gids.iter().copied().flatten().collect(),
                    _ => Vec::new(),
                },
            }),
            _ => None,
        };
        let path = point.path.clone().unwrap_or_default();
        let creation = (path != "/").then(|| Creation {
            owner_uid: point.owner_uid.unwrap_or_default(),
            owner_gid: point.owner_gid.unwrap_or_default(),
            permissions: point.permissions.clone().unwrap_or_default(),
        });
        let name = cut_with_hash(&format!("{}-{key}", self.owner_name()), 256);
        let own = [("Name", name), (ACCESS_POINT, key.to_owned())];
        NewAccessPoint {
            client_token,
            file_system_id: self.id.clone(),
            path,
            creation,
            posix_user,
            tags: self.tags_with(&own, None),
        }
    }

    fn record_access_points(
        &mut self,
        present: &BTreeMap<String, efs::access_points::AccessPoint>,
    ) {
        let ids = present.iter().map(|(key, point)| (key.clone(), Value::Value(point.id.clone())));
        let arns = present.iter().map(|(key, point)| (key.clone(), point.arn.clone().into()));
        let (ids, arns): (StringMap, StringMap) = (ids.collect(), arns.collect());
        let points = self.planned.access_points.clone();
        self.recorder.update(|state| {
            state.access_point_ids = Value::Value(ids);
            state.access_point_arns = Value::Value(arns);
            state.access_points = points;
        });
    }
}

/// The access points that carry our tag, each with its key.
pub(in crate::resources::shared_storage) async fn ours(
    clients: &crate::aws::Clients,
    file_system_id: &str,
) -> Result<Vec<(String, efs::access_points::AccessPoint)>, StepError> {
    let doing = format!("listing the access points of {file_system_id}");
    let points = efs::access_points::list_access_points(clients, file_system_id)
        .await
        .during(STEP, doing)?;
    let keyed = points.into_iter().filter(|point| point.state != "deleting").filter_map(|point| {
        let key = point.tags.get(ACCESS_POINT)?.clone();
        Some((key, point))
    });
    Ok(keyed.collect())
}

/// Deletes access points and waits until they are gone.
pub(in crate::resources::shared_storage) async fn delete(
    clients: &crate::aws::Clients,
    ids: &[String],
    wait: &crate::aws::Wait,
) -> Result<(), StepError> {
    let deletions = ids.iter().map(|id| async move {
        let doing = format!("deleting the access point {id}");
        efs::access_points::delete_access_point(clients, id).await.during(STEP, &*doing)?;
        efs::access_points::wait_access_point_deleted(clients, id, wait).await.during(STEP, doing)
    });
    join_all(deletions).await.into_iter().collect()
}

/// An access point as the attribute shows it. At the root AWS keeps no creation data, and the
/// defaults stand.
pub(in crate::resources::shared_storage) fn shown(
    point: &efs::access_points::AccessPoint,
) -> model::AccessPoint {
    let creation = point.creation.clone().unwrap_or_else(|| Creation {
        owner_uid: 0,
        owner_gid: 0,
        permissions: "755".to_owned(),
    });
    let posix_user = point.posix_user.as_ref().map(|user| model::PosixUser {
        uid: Value::Value(user.uid),
        gid: Value::Value(user.gid),
        secondary_gids: if user.secondary_gids.is_empty() {
            Value::Null
        } else {
            Value::Value(user.secondary_gids.iter().copied().map(Value::Value).collect())
        },
    });
    model::AccessPoint {
        path: Value::Value(point.path.clone()),
        permissions: Value::Value(creation.permissions),
        owner_uid: Value::Value(creation.owner_uid),
        owner_gid: Value::Value(creation.owner_gid),
        posix_user: posix_user.into(),
    }
}
