//! What only a plan can see of a cache: what AWS offers and holds, what may not be lost.

use crate::cache_scene::{
    ADDRESS, NODES, calm, element, elsewhere, in_ec2, in_subnets, state, with,
};
use crate::scene::{Scene, every_cli};

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_refuses_what_aws_does_not_offer_and_tells_the_price() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for (attributes, sentence) in [
            (
                "engine_version = \"7.9\"",
                "AWS has no such version of Valkey in this region; it has 7.2, 8.0, 8.1, 8.2, 9.0",
            ),
            (
                "tags = { for number in range(49) : \"key-${number}\" => \"x\" }",
                "tags are too many: AWS takes 50 on an object, and the provider writes",
            ),
            (
                "engine_version = \"8.0\"\nparameters = { maxmemory = \"1\" }",
                "valkey8 has no parameter \"maxmemory\".",
            ),
            (
                "engine_version = \"8.0\"\nparameters = { appendonly = \"yes\" }",
                "\"appendonly\" of valkey8 cannot be changed. Remove it.",
            ),
        ] {
            scene.configure(&with(&scene, &format!("{NODES}{attributes}")));
            scene.workspace.plan().await.run.expect_error(sentence);
        }
        let (_, subnet) = &scene.seeded.subnet_ids[0];
        scene.configure(&in_subnets(&[subnet], NODES));
        scene.workspace.plan().await.run.expect_error(
            "multi_az_enabled, which is on unless set to false, needs two availability zones.",
        );
        let single = "single_instance = true\nengine_version = \"7.2\"\n";
        scene.configure(&with(&scene, &format!("{NODES}{single}")));
        let plan = scene.workspace.plan().await.expect_changes();
        assert!(plan.run.says("Cache Without Failover"), "{}", plan.run);
        assert!(plan.run.says("Nobody May Connect"), "{}", plan.run);
        assert!(scene.mutations().is_empty(), "a plan changed something");
        scene.settle().await;
        scene.configure(&with(
            &scene,
            &single.replace("single", "node_type = \"cache.z9.large\"\nsingle"),
        ));
        scene.workspace.plan().await.run.expect_error(
            "AWS cannot change this cache from cache.r7g.large to it. Larger types it may become:",
        );
        let waiting = "node_type = \"cache.r7g.xlarge\"\nengine_version = \"8.0\"";
        scene.configure(&with(&scene, waiting));
        let plan = scene.workspace.plan().await.expect_changes();
        for sentence in [
            "engine_version goes from 7.2 to 8.0 in place",
            "node_type goes from cache.r7g.large to cache.r7g.xlarge in place",
            "the change of node_type and engine_version is only asked for now",
        ] {
            assert!(plan.run.says(sentence), "{sentence}\n{}", plan.run);
        }
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subnets_must_be_there_in_one_vpc_and_in_two_zones() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let made = in_ec2(&scene, "CreateVpc", &[("CidrBlock", "10.43.0.0/16")]).await;
        let vpc = element(&made, "vpcId").to_owned();
        let place =
            [("VpcId", &*vpc), ("CidrBlock", "10.43.0.0/24"), ("AvailabilityZone", "us-east-1b")];
        let made = in_ec2(&scene, "CreateSubnet", &place).await;
        let (_, here) = &scene.seeded.subnet_ids[0];
        scene.configure(&in_subnets(&[here, element(&made, "subnetId")], NODES));
        scene.workspace.plan().await.run.expect_error("a cache is in one VPC. Give subnets of one");
        let named = |group: &str, more: &str| {
            format!(
                "resource \"officeless_cache\" \"this\" {{\n  name = \"app\"\n  subnet_group_name = \
                 \"{group}\"\n{NODES}{more}}}\n"
            )
        };
        scene.configure(&named("nowhere", ""));
        let run = scene.workspace.plan().await.run;
        run.expect_error("there is no subnet group \"nowhere\" in us-east-1")
            .expect_error("Name one that exists, or give subnet_ids instead.");
        let one = [
            ("CacheSubnetGroupName", "one-zone"),
            ("CacheSubnetGroupDescription", "Subnets of one zone"),
            ("SubnetIds.SubnetIdentifier.1", here),
        ];
        elsewhere(&scene, "CreateCacheSubnetGroup", &one).await;
        scene.configure(&named("one-zone", ""));
        let told = "every subnet is in us-east-1a, and multi_az_enabled, which is on unless set to \
                    false, needs two availability zones.";
        scene.workspace.plan().await.run.expect_error(told);
        scene.configure(&named("one-zone", "multi_az_enabled = false\n"));
        scene.workspace.plan().await.expect_changes();
        assert!(scene.mutations().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_protected_or_of_another_hand_stays() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let protected = format!("{NODES}deletion_protection = true\n");
        scene.configure(&with(&scene, &protected));
        scene.settle().await;
        scene
            .workspace
            .destroy()
            .await
            .expect_error("The cache \"app\" may not be destroyed: deletion_protection = true");
        scene.configure(&with(&scene, &format!("{protected}port = 6390\n")));
        let run = scene.workspace.plan().await.run;
        run.expect_error("The cache \"app\" may not be replaced: deletion_protection = true");
        let arn = state(&scene).await["arn"].clone();
        // The same name in another state: nothing is taken over, nothing is made.
        scene.workspace.forget_state().unwrap();
        scene.configure(&with(&scene, NODES));
        scene.mutations();
        scene
            .workspace
            .apply()
            .await
            .expect_error("the replication group app exists already, and no interrupted create")
            .expect_error("To manage it here, run terraform import with the address");
        scene.workspace.forget_state().unwrap();
        calm(&scene).await;
        scene.workspace.expect_import(ADDRESS, "app").await;
        scene.settle().await;
        assert_eq!(state(&scene).await["arn"], arn);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_the_plan_did_not_know_is_judged_before_the_first_call() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let late = |secret: &str, attributes: &str| {
            format!(
                "resource \"terraform_data\" \"late\" {{\n  input = \"{secret}\"\n}}\n{}",
                with(&scene, &format!("{NODES}{attributes}"))
            )
        };
        let token = "auth_token_wo = terraform_data.late.output\nauth_token_wo_version = 1\n";
        let users = "users = {\n  app = { access_string = \"on ~* +@all\", passwords_wo = \
                     [terraform_data.late.output], passwords_wo_version = 1 }\n}\n";
        for (attributes, told) in [
            (token, "auth_token_wo: the token has 8 characters; ElastiCache takes 16 to 128"),
            (
                users,
                "users[\"app\"].passwords_wo: password 1 must be 16 to 128 characters long, and \
                 has 8.",
            ),
        ] {
            scene.configure(&late("not-good", attributes));
            scene.workspace.plan().await.expect_changes();
            let run = scene.workspace.apply().await.expect_error(told);
            assert!(!run.stderr.contains("not-good"), "{run}");
            assert!(scene.mutations().is_empty(), "something was made before");
            scene.configure("");
            scene.workspace.expect_apply().await;
        }
    }
}
