//! Access points: entries into a file system with a user and a root directory of their own.
//! Nothing but their tags can be changed; deleting one keeps its directory.

use aws_sdk_efs::types::{
    AccessPointDescription, CreationInfo, PosixUser as SdkPosixUser, RootDirectory,
};

use super::{arriving, failed, leaving, read_tags, unbuildable, write_tags};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::tags::Tags;
use crate::aws::wait::Wait;

/// The user that everything done through an access point counts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosixUser {
    /// User ID, 0–4294967295.
    pub uid: i64,
    /// Group ID, same range.
    pub gid: i64,
    /// Up to 16 more groups.
    pub secondary_gids: Vec<i64>,
}

/// Owner and mode of the root directory where AWS has to create it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// User ID.
    pub owner_uid: i64,
    /// Group ID.
    pub owner_gid: i64,
    /// Octal, as in `0755`.
    pub permissions: String,
}

/// An access point as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPoint {
    /// As in `fsap-0123456789abcdef0`.
    pub id: String,
    /// The ARN.
    pub arn: Option<String>,
    /// Its file system.
    pub file_system_id: Option<String>,
    /// The token it was created with.
    pub client_token: Option<String>,
    /// `creating`, `available`, `updating`, `deleting`, `deleted` or `error`.
    pub state: String,
    /// Root directory; `/` if AWS says nothing.
    pub path: String,
    /// Owner and mode of the root directory.
    pub creation: Option<Creation>,
    /// The user it enforces.
    pub posix_user: Option<PosixUser>,
    /// Tags without those of AWS.
    pub tags: Tags,
}

impl AccessPoint {
    fn read(operation: &'static str, described: AccessPointDescription) -> Result<Self, Error> {
        let id = described
            .access_point_id
            .ok_or_else(|| Error::incomplete(Service::Efs, operation, "AccessPointId"))?;
        let root = described.root_directory;
        Ok(Self {
            id,
            arn: described.access_point_arn,
            file_system_id: described.file_system_id,
            client_token: described.client_token,
            state: described
                .life_cycle_state
                .map(|state| state.as_str().to_owned())
                .unwrap_or_default(),
            path: root
                .as_ref()
                .and_then(|root| root.path.clone())
                .unwrap_or_else(|| "/".to_owned()),
            creation: root.and_then(|root| root.creation_info).map(|creation| Creation {
                owner_uid: creation.owner_uid,
                owner_gid: creation.owner_gid,
                permissions: creation.permissions,
            }),
            posix_user: described.posix_user.map(|user| PosixUser {
                uid: user.uid,
                gid: user.gid,
                secondary_gids: user.secondary_gids.unwrap_or_default(),
            }),
            tags: read_tags(described.tags.unwrap_or_default()),
        })
    }
}

/// What an access point is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccessPoint {
    /// 1–64 characters; makes the call repeatable.
    pub client_token: String,
    /// Its file system.
    pub file_system_id: String,
    /// Root directory.
    pub path: String,
    /// Needed where the root directory does not exist.
    pub creation: Option<Creation>,
    /// The user to enforce.
    pub posix_user: Option<PosixUser>,
    /// Tags set by the call itself.
    pub tags: Tags,
}

/// What came of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// A new access point.
    Created(Box<AccessPoint>),
    /// One with this token exists; this is its ID.
    Exists(String),
}

/// Lists the access points of a file system; [`error::Kind::NotFound`] if there is no such file
/// system. IAM: elasticfilesystem:DescribeAccessPoints
pub async fn list_access_points(
    clients: &Clients,
    file_system_id: &str,
) -> Result<Vec<AccessPoint>, Error> {
    const OPERATION: &str = "DescribeAccessPoints";
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let answer = clients
            .efs()
            .describe_access_points()
            .file_system_id(file_system_id)
            .max_results(100)
            .set_next_token(token.clone())
            .send()
            .await
            .map_err(failed(OPERATION))?;
        for described in answer.access_points.unwrap_or_default() {
            listed.push(AccessPoint::read(OPERATION, described)?);
        }
        match answer.next_token {
            Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => token = Some(next),
            _ => return Ok(listed),
        }
    }
}

/// Describes one access point. IAM: elasticfilesystem:DescribeAccessPoints
pub async fn find_access_point_by_id(
    clients: &Clients,
    id: &str,
) -> Result<Option<AccessPoint>, Error> {
    const OPERATION: &str = "DescribeAccessPoints";
    let request = clients.efs().describe_access_points().access_point_id(id);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    answer
        .and_then(|answer| answer.access_points?.pop())
        .map(|described| AccessPoint::read(OPERATION, described))
        .transpose()
}

/// Waits until the access point is available. IAM: elasticfilesystem:DescribeAccessPoints
pub async fn wait_access_point_available(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<AccessPoint, Error> {
    let what = format!("access point {id} to become available");
    wait.until(Service::Efs, "DescribeAccessPoints", &what, async || {
        Ok(arriving(find_access_point_by_id(clients, id).await?, |found| &found.state))
    })
    .await
}

/// Waits until the access point is gone. IAM: elasticfilesystem:DescribeAccessPoints
pub async fn wait_access_point_deleted(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<(), Error> {
    let what = format!("access point {id} to be deleted");
    wait.until(Service::Efs, "DescribeAccessPoints", &what, async || {
        Ok(leaving(find_access_point_by_id(clients, id).await?, |found| &found.state))
    })
    .await
}

/// Creates an access point; repeating the call with its token creates no second one.
/// IAM: elasticfilesystem:CreateAccessPoint, elasticfilesystem:TagResource
pub async fn create_access_point(
    clients: &Clients,
    new: &NewAccessPoint,
) -> Result<Created, Error> {
    const OPERATION: &str = "CreateAccessPoint";
    let result = clients
        .efs()
        .create_access_point()
        .client_token(&new.client_token)
        .file_system_id(&new.file_system_id)
        .root_directory(root_directory(OPERATION, new)?)
        .set_posix_user(posix_user(OPERATION, new)?)
        .set_tags(Some(write_tags(OPERATION, &new.tags)?))
        .send()
        .await;
    let answer = match result {
        Ok(answer) => answer,
        Err(error) => {
            use aws_sdk_efs::operation::create_access_point::CreateAccessPointError as E;
            if let Some(E::AccessPointAlreadyExists(exists)) = error.as_service_error() {
                return Ok(Created::Exists(exists.access_point_id.clone()));
            }
            return Err(failed(OPERATION)(error));
        }
    };
    let described = AccessPointDescription::builder()
        .set_access_point_id(answer.access_point_id)
        .set_access_point_arn(answer.access_point_arn)
        .set_file_system_id(answer.file_system_id)
        .set_client_token(answer.client_token)
        .set_life_cycle_state(answer.life_cycle_state)
        .set_root_directory(answer.root_directory)
        .set_posix_user(answer.posix_user)
        .set_tags(answer.tags)
        .build();
    Ok(Created::Created(Box::new(AccessPoint::read(OPERATION, described)?)))
}

/// Deletes an access point; its directory stays.
/// IAM: elasticfilesystem:DeleteAccessPoint
pub async fn delete_access_point(clients: &Clients, id: &str) -> Result<(), Error> {
    let request = clients.efs().delete_access_point().access_point_id(id);
    error::gone(request.send().await.map_err(failed("DeleteAccessPoint")))
}

fn root_directory(operation: &'static str, new: &NewAccessPoint) -> Result<RootDirectory, Error> {
    let creation = new
        .creation
        .as_ref()
        .map(|creation| {
            CreationInfo::builder()
                .owner_uid(creation.owner_uid)
                .owner_gid(creation.owner_gid)
                .permissions(&creation.permissions)
                .build()
        })
        .transpose()
        .map_err(unbuildable(operation))?;
    Ok(RootDirectory::builder().path(&new.path).set_creation_info(creation).build())
}

fn posix_user(
    operation: &'static str,
    new: &NewAccessPoint,
) -> Result<Option<SdkPosixUser>, Error> {
    let Some(user) = &new.posix_user else { return Ok(None) };
    let gids = (!user.secondary_gids.is_empty()).then(|| user.secondary_gids.clone());
    SdkPosixUser::builder()
        .uid(user.uid)
        .gid(user.gid)
        .set_secondary_gids(gids)
        .build()
        .map(Some)
        .map_err(unbuildable(operation))
}
