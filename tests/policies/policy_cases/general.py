"""Regions and providers."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, res, vary

REGIONS = {"allowed_regions": ["eu-west-1", "europe-west4", "westeurope"]}
BUCKET = "gcp:storage/bucket:Bucket"
vary(
    "GEN-RES-01",
    res("pulumi:providers:aws", {"region": "eu-west-1"}),
    settings=REGIONS,
    bad=[
        {"region": "us-east-1"},
        [res(BUCKET, {"location": "US"})],
        [res("azure-native:storage:StorageAccount", {"location": "East US"})],
        [res("gcp:workbench/instance:Instance", {"location": "us-central1-a"})],
    ],
    good=[
        [res(BUCKET, {"location": "EUROPE-WEST4"})],
        [res("azure-native:storage:StorageAccount", {"location": "West Europe"})],
        [res("gcp:workbench/instance:Instance", {"location": "europe-west4-b"})],
        [res("azure-native:privatedns:PrivateZone", {"location": "global"})],
    ],
    unknown=["region"],
    none=[
        [res("aws:iam/role:Role", {})],
        [res("aws:location/map:Map", {"region": {"not": "a name"}})],
        [res("kubernetes:core/v1:Service", {"location": "US"})],
    ],
)
TWO = {
    "environment": "dev",
    "environments": {
        "dev": {
            "aws_accounts": ["111111111111"],
            "gcp_projects": ["acme-dev"],
            "azure_subscriptions": ["sub-dev"],
        },
        "prod": {"aws_accounts": ["222222222222"]},
    },
}
vary(
    "GEN-ENV-01",
    res("pulumi:providers:aws", {"allowedAccountIds": '["111111111111"]'}),  # as Pulumi hands it
    settings=TWO,
    bad=[
        {"allowedAccountIds": None},
        {"allowedAccountIds": '["222222222222"]'},
        {"allowedAccountIds": ["111111111111", "222222222222"]},
        [res("pulumi:providers:gcp", {"project": "acme-prod"})],
        [res("pulumi:providers:gcp", {})],
        [res("pulumi:providers:azure-native", {"subscriptionId": "sub-prod"})],
    ],
    good=[
        {"allowedAccountIds": ["111111111111"]},
        [res("pulumi:providers:gcp", {"project": "acme-dev"})],
        [res("pulumi:providers:azure-native", {"subscriptionId": "sub-dev"})],
    ],
    unknown=["allowedAccountIds", [res("pulumi:providers:gcp", {"project": UNKNOWN})]],
)
vary("GEN-ENV-01", res("pulumi:providers:gcp", {"project": "acme-dev"}), settings=TWO)
PROD = {"environment": "prod"}
INSTANCE, SQL = "aws:rds/instance:Instance", "gcp:sql/databaseInstance:DatabaseInstance"
KEEPING = (
    "aws:s3/bucket:Bucket",
    BUCKET,
    "azure-native:storage:StorageAccount",
    "aws:kms/key:Key",
)


def unprotected(type_: str, **props: object):
    return [res(type_, props, protect=False)]


vary(
    "GEN-PROT-01",
    res(BUCKET),
    settings=PROD,
    bad=[
        *(unprotected(one) for one in KEEPING),
        unprotected(INSTANCE),
        unprotected(INSTANCE, deletionProtection=False),
        unprotected(SQL, deletionProtection=False),
    ],
    good=[
        *([res(one)] for one in (*KEEPING, INSTANCE, SQL)),
        unprotected(INSTANCE, deletionProtection=True),
        unprotected(SQL),  # protected where nothing is said
    ],
    unknown=[unprotected(one, deletionProtection=UNKNOWN) for one in (INSTANCE, SQL)],
)
vary("GEN-PROT-01", [], none=[unprotected(one) for one in KEEPING])
