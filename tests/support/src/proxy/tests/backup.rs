//! The corrections of AWS Backup.

use super::through_proxy;
use serde_json::{Value, json};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

#[tokio::test]
async fn a_request_id_gives_the_first_answer_again() {
    let (_, aws) = through_proxy().await;
    let put = |id: &'static str| {
        let aws = aws.clone();
        async move {
            let body = json!({ "CreatorRequestId": id }).to_string();
            aws.rest("backup", "PUT", "/backup-vaults/v", &body).await.unwrap()
        }
    };
    let first = put("one").await.ok().unwrap();
    assert_eq!(put("one").await.body, first.body);
    let other = put("two").await;
    assert_eq!(
        (other.status, other.header("x-amzn-errortype")),
        (400, Some("AlreadyExistsException"))
    );
    aws.rest("backup", "DELETE", "/backup-vaults/v", "").await.unwrap().ok().unwrap();
    let absent = aws.rest("backup", "GET", "/backup-vaults/v", "").await.unwrap();
    assert_eq!(absent.header("x-amzn-errortype"), Some("AccessDeniedException"));
    put("one").await.ok().unwrap();
}

#[tokio::test]
async fn a_recovery_point_goes_slowly_stays_without_its_role_and_holds_the_vault() {
    let (bench, aws) = through_proxy().await;
    let parameters = [("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)];
    aws.query("iam", "CreateRole", &parameters).await.unwrap().ok().unwrap();
    aws.rest("backup", "PUT", "/backup-vaults/v", "{}").await.unwrap().ok().unwrap();
    let point = |role: &str| {
        let role = format!("arn:aws:iam::{}:role/{role}", aws.account());
        bench.proxy.add_recovery_point(aws.account(), aws.region(), "v", "arn:aws:s3:::b", &role)
    };
    let (going, staying) = (point("r"), point("gone"));
    let delete = |path: String| {
        let aws = aws.clone();
        async move { aws.rest("backup", "DELETE", &path, "").await.unwrap() }
    };
    assert_eq!(delete("/backup-vaults/v".to_owned()).await.status, 400);
    for arn in [&going, &staying] {
        delete(format!("/backup-vaults/v/recovery-points/{arn}")).await.ok().unwrap();
    }
    let mut seen: Vec<Value> = Vec::new();
    for _ in 0..3 {
        let path = "/backup-vaults/v/recovery-points";
        let listed = aws.rest("backup", "GET", path, "").await.unwrap().json().unwrap();
        let listed = listed["RecoveryPoints"].as_array().unwrap().clone();
        seen.push(listed.iter().map(|point| point["Status"].clone()).collect());
    }
    assert_eq!(json!(seen), json!([["DELETING", "EXPIRED"], ["DELETING", "EXPIRED"], ["EXPIRED"]]));
}

#[tokio::test]
async fn a_plan_with_a_selection_is_kept_and_a_selection_needs_its_role() {
    let (_, aws) = through_proxy().await;
    let body = r#"{"BackupPlan":{"BackupPlanName":"p","Rules":[{"RuleName":"r","TargetBackupVaultName":"v"}]}}"#;
    let plan = aws.rest("backup", "PUT", "/backup/plans", body).await.unwrap().json().unwrap();
    let path = format!("/backup/plans/{}", plan["BackupPlanId"].as_str().unwrap());
    let found = aws.rest("backup", "GET", &path, "").await.unwrap().json().unwrap();
    assert_eq!(found["BackupPlan"]["Rules"][0]["StartWindowMinutes"], json!(480));
    let role = format!("arn:aws:iam::{}:role/r", aws.account());
    let body = json!({ "BackupSelection": { "SelectionName": "s", "IamRoleArn": role } });
    let selections = format!("{path}/selections");
    let refused = aws.rest("backup", "PUT", &selections, &body.to_string()).await.unwrap();
    assert!(refused.body.contains("cannot be assumed by AWS Backup"), "{}", refused.body);
    let parameters = [("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)];
    aws.query("iam", "CreateRole", &parameters).await.unwrap().ok().unwrap();
    aws.rest("backup", "PUT", &selections, &body.to_string()).await.unwrap().ok().unwrap();
    let refused = aws.rest("backup", "DELETE", &path, "").await.unwrap();
    assert_eq!(refused.header("x-amzn-errortype"), Some("InvalidRequestException"));
}

#[tokio::test]
async fn a_lock_is_kept_and_told() {
    let (_, aws) = through_proxy().await;
    aws.rest("backup", "PUT", "/backup-vaults/v", "{}").await.unwrap().ok().unwrap();
    let lock = "/backup-vaults/v/vault-lock";
    let refused = aws.rest("backup", "PUT", lock, r#"{"ChangeableForDays":2}"#).await.unwrap();
    assert_eq!(refused.status, 400);
    let body = r#"{"ChangeableForDays":3,"MinRetentionDays":7}"#;
    aws.rest("backup", "PUT", lock, body).await.unwrap().ok().unwrap();
    let vault = aws.rest("backup", "GET", "/backup-vaults/v", "").await.unwrap().json().unwrap();
    assert_eq!((&vault["Locked"], &vault["MinRetentionDays"]), (&json!(true), &json!(7)));
    assert!(vault["LockDate"].is_number());
}
