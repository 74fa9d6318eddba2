//! Availability zones of a region.

use super::failed;
use crate::aws::clients::Clients;
use crate::aws::error::Error;

/// The names of the zones this account may use, local and wavelength zones included.
/// IAM: ec2:DescribeAvailabilityZones
pub async fn list_zones(clients: &Clients) -> Result<Vec<String>, Error> {
    // One page always: no region has so many.
    let request = clients.ec2().describe_availability_zones();
    let answer = request.send().await.map_err(failed("DescribeAvailabilityZones"))?;
    let zones = answer.availability_zones.unwrap_or_default().into_iter();
    let mut names: Vec<String> = zones.filter_map(|zone| zone.zone_name).collect();
    names.sort();
    Ok(names)
}
