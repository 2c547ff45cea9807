"""SageMaker: what serves, monitors and feeds models."""

from __future__ import annotations

from policy_cases.aws_machine_learning import CONFIG, M5
from policy_cases.builder import UNKNOWN, res, vary

COUNT = "productionVariants.0.initialInstanceCount"
vary(
    "AWS-SM-05",
    CONFIG,
    settings={"environment": "prod"},
    bad=[{COUNT: 1}, {COUNT: None}],
    unknown=[COUNT, "productionVariants"],
    none=[
        {COUNT: 1, "asyncInferenceConfig": {"outputConfig": {"s3OutputPath": "s3://x"}}},
        {"productionVariants": [{"serverlessConfig": {"memorySizeInMb": 1024}}]},
    ],
)
vary("AWS-SM-05", [], none=[[res(CONFIG.type, {"productionVariants": [M5]})]])
ISOLATED = {"enableNetworkIsolation": True, "vpcConfig": {"subnets": ["s"]}}
vary(
    "AWS-SM-12",
    res(
        "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
        {"networkConfig": ISOLATED},
    ),
    bad=[
        {"networkConfig": None},
        {"networkConfig.enableNetworkIsolation": False},
        {"networkConfig.vpcConfig.subnets": []},
    ],
    good=[{"networkConfig.vpcConfig.subnets": UNKNOWN}],
    unknown=["networkConfig.enableNetworkIsolation"],
)
OFFLINE, ONLINE = "offlineStoreConfig", "onlineStoreConfig"
vary(
    "AWS-SM-13",
    res(
        "aws:sagemaker/featureGroup:FeatureGroup",
        {
            OFFLINE: {"s3StorageConfig": {"s3Uri": "s3://features", "kmsKeyId": "k"}},
            ONLINE: {"enableOnlineStore": True, "securityConfig": {"kmsKeyId": "k"}},
        },
    ),
    bad=[
        {f"{OFFLINE}.s3StorageConfig.kmsKeyId": None},
        {f"{ONLINE}.securityConfig": None},
    ],
    good=[{f"{ONLINE}.securityConfig.kmsKeyId": UNKNOWN}, {OFFLINE: None}],
    unknown=[OFFLINE],
)
