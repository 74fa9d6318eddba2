//! What can only be known with AWS at hand is refused, or warned of, when it is planned.

use officeless_testbench::PlanResult;

use crate::scene::{CLUSTER, Scene, every_cli};

fn with(attributes: &str) -> String {
    format!("resource \"officeless_shared_storage\" \"this\" {{\n{attributes}\n}}\n")
}

impl Scene {
    async fn planned(&self, attributes: &str) -> PlanResult {
        self.configure(&with(attributes));
        self.workspace.plan().await
    }

    /// A subnet of somebody else; its id.
    async fn subnet(&self, vpc_id: &str, range: &str, zone: &str) -> String {
        let parameters = [("VpcId", vpc_id), ("CidrBlock", range), ("AvailabilityZone", zone)];
        let answer = self.aws.query("ec2", "CreateSubnet", &parameters).await.unwrap();
        answer.ok().unwrap().xml("subnetId").unwrap().to_owned()
    }

    async fn other_vpc(&self) -> String {
        let parameters = [("CidrBlock", "10.43.0.0/16")];
        let answer = self.aws.query("ec2", "CreateVpc", &parameters).await.unwrap();
        answer.ok().unwrap().xml("vpcId").unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_cannot_work_is_refused_by_name() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let (zone, first) = scene.seeded.subnet_ids[0].clone();
        let group = scene.seeded.cluster_security_group_id.clone();
        let twin = scene.subnet(&scene.seeded.vpc_id, "10.42.99.0/24", &zone).await;
        let vpc = scene.other_vpc().await;
        let far = scene.subnet(&vpc, "10.43.0.0/24", "us-east-1b").await;
        let groups = format!("security_group_ids = [\"{group}\"]");
        let refused = [
            ("cluster_name = \"nope\"".to_owned(), "there is no EKS cluster \"nope\" in us-east-1"),
            (groups.clone(), "Neither subnet_ids nor cluster_name is given"),
            (
                format!("subnet_ids = [\"{first}\"]"),
                "There is no cluster whose security group could be used.",
            ),
            (
                format!("subnet_ids = [\"{first}\", \"{twin}\"]\n{groups}"),
                "are both in us-east-1a, and a file system has one mount target in each \
                 availability zone. Keep one of the two",
            ),
            (
                format!("subnet_ids = [\"{first}\", \"{far}\"]\n{groups}"),
                "all mount targets must be in one VPC",
            ),
            (
                format!("cluster_name = \"{CLUSTER}\"\nsubnet_ids = [\"{far}\"]"),
                "whose pods could not mount",
            ),
            (format!("subnet_ids = [\"{far}\"]\n{groups}"), "Give groups of the subnets' VPC."),
            (
                format!(
                    "subnet_ids = [\"{first}\"]\nsecurity_group_ids = [\"sg-0123456789abcdef0\"]"
                ),
                "there is no security group sg-0123456789abcdef0 in us-east-1",
            ),
            (
                format!(
                    "subnet_ids = [\"{first}\"]\n{groups}\navailability_zone_name = \"us-east-1b\""
                ),
                "the One Zone file system is in us-east-1b. Give a subnet of that zone",
            ),
            (
                format!("subnet_ids = [\"{first}\"]\n{groups}\ncsi_pod_identity = {{}}"),
                "csi_pod_identity needs a cluster whose service accounts get the roles.",
            ),
        ];
        for (attributes, sentence) in refused {
            scene.planned(&attributes).await.run.expect_error(sentence);
        }
        assert!(scene.mutations().is_empty(), "a refused plan changed something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_works_in_part_is_warned_of() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let first = &scene.seeded.subnet_ids[0].1;
        let parameters = [
            ("GroupName", "closed"),
            ("GroupDescription", "nothing comes in"),
            ("VpcId", scene.seeded.vpc_id.as_str()),
        ];
        let answer = scene.aws.query("ec2", "CreateSecurityGroup", &parameters).await.unwrap();
        let closed = answer.ok().unwrap().xml("groupId").unwrap().to_owned();
        let plan = scene
            .planned(&format!(
                "cluster_name = \"{CLUSTER}\"\nsubnet_ids = [\"{first}\"]\n\
                 security_group_ids = [\"{closed}\"]"
            ))
            .await
            .expect_changes();
        assert!(plan.run.says("has subnets in us-east-1b, us-east-1c"), "{}", plan.run);
        assert!(plan.run.says("lets TCP 2049 in, so nothing can mount through it"), "{}", plan.run);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_not_allowed_is_refused() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let provider = "terraform {\n  required_providers {\n    officeless = { source = \
                        \"officeless-platform/officeless\" }\n  }\n}\nprovider \"officeless\" {\n  \
                        allowed_regions = [\"us-east-1\"]\n}\n";
        for resource in [
            with(&format!("cluster_name = \"{CLUSTER}\"\nregion = \"eu-west-1\"")),
            with(&format!(
                "cluster_name = \"{CLUSTER}\"\nreplication = {{ destination_region = \"eu-west-1\" }}"
            )),
        ] {
            scene.workspace.write("main.tf", &format!("{provider}{resource}")).unwrap();
            let failed = scene.workspace.plan().await.run.expect_error("eu-west-1");
            assert!(failed.says("allowed_regions"), "{failed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_names_that_cannot_be_are_refused_by_attribute() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let account = &scene.account;
        let long = "x".repeat(60);
        let refused = [
            (format!("name_prefix = \"{long}\""), "63"),
            ("name_prefix = \"xn--a\"".to_owned(), "xn--"),
            (
                format!(
                    "name_prefix = \"{}\"\nbucket_namespace = \"account-regional\"",
                    &long[..25]
                ),
                "63",
            ),
            (
                "name_prefix = \"a\"\nbuckets = { \"loki-chunks\" = { name = \"a.b.c\" } }"
                    .to_owned(),
                "a.b.c",
            ),
            (
                format!(
                    "buckets = {{\n\"loki-chunks\" = {{ name = \"b{account}\" }}\n\
                     \"loki-ruler\" = {{ name = \"b{account}\" }}\n}}"
                ),
                "would share the bucket",
            ),
            (
                format!(
                    "name_prefix = \"p{account}\"\n\
                     access_logging = {{ bucket = \"p{account}-loki-chunks\" }}"
                ),
                "logs of these buckets must go to another bucket",
            ),
        ];
        for (attributes, sentence) in refused {
            let text = format!(
                "resource \"officeless_observability_buckets\" \"this\" {{\n{attributes}\n}}\n"
            );
            scene.configure(&text);
            scene.workspace.plan().await.run.expect_error(sentence);
        }
        assert!(scene.mutations().is_empty(), "a refused plan changed something");
    }
}
