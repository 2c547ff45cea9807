"""SageMaker, managed Airflow, Batch and Step Functions."""

from __future__ import annotations

import json
from dataclasses import replace

from policy_cases import aws_storage as s3
from policy_cases.builder import UNKNOWN, Ref, res, vary

DIGEST = "@sha256:" + "0" * 64
IMAGE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/train"
MODEL = res(
    "aws:sagemaker/model:Model",
    {
        "enableNetworkIsolation": True,
        "vpcConfig": {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
        "primaryContainer": {"image": IMAGE + DIGEST},
    },
)
vary(
    "AWS-SM-01",
    MODEL,
    bad=[{"enableNetworkIsolation": False}, {"enableNetworkIsolation": None}],
    unknown=["enableNetworkIsolation"],
)
vary(
    "AWS-SM-02",
    MODEL,
    bad=[{"vpcConfig": None}, {"vpcConfig.subnets": []}, {"vpcConfig.securityGroupIds": None}],
    good=[{"vpcConfig": UNKNOWN}, {"vpcConfig.subnets": UNKNOWN}],
)
vary(
    "AWS-SM-15",
    MODEL,
    settings={
        "environment": "prod",
        "allowed_registries": ["111111111111.dkr.ecr.*.amazonaws.com"],
    },
    bad=[
        {"primaryContainer.image": IMAGE + ":1"},
        {"primaryContainer.image": "docker.io/evil" + DIGEST},
        {"primaryContainer.image": "evil" + DIGEST},
        {"containers": [{"image": "quay.io/evil" + DIGEST}]},
    ],
    unknown=["primaryContainer.image"],
)
M5 = {"instanceType": "ml.m5.large", "initialInstanceCount": 2}
CONFIG = res(
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    {"kmsKeyArn": "arn:aws:kms:k", "productionVariants": [M5]},
)
G5 = {"kmsKeyArn": None, "productionVariants": [{"instanceType": "ml.g5.xlarge"}]}
vary(
    "AWS-SM-03",
    CONFIG,
    bad=[
        {"kmsKeyArn": None},
        {"productionVariants": [{"instanceType": "ml.g5.xlarge"}]},  # the call would fail
        {"productionVariants": [M5, {"instanceType": "ml.m5d.large"}]},
    ],
    good=[{"kmsKeyArn": UNKNOWN}],
    unknown=[{"kmsKeyArn": None, "productionVariants": [{"instanceType": UNKNOWN}]}],
    none=[G5, {"kmsKeyArn": None, "productionVariants": [{"serverlessConfig": {"x": 1}}]}],
)
CAPTURE = {
    "enableCapture": True,
    "kmsKeyId": "k",
    "destinationS3Uri": Ref("b", "s3://data/capture"),
}
CAPTURING = [res(CONFIG.type, {"dataCaptureConfig": CAPTURE}), s3.BUCKET]
for environment in ("dev", "prod"):
    vary(
        "AWS-SM-04",
        CAPTURING,
        settings={"environment": environment},
        bad=[
            {"dataCaptureConfig.kmsKeyId": None},
            [res(CONFIG.type, {"dataCaptureConfig": CAPTURE | {"destinationS3Uri": "s3://other"}})],
        ],
        good=[{"dataCaptureConfig.kmsKeyId": UNKNOWN}],
    )
vary(
    "AWS-SM-04",
    CAPTURING,
    settings={"environment": "prod"},
    bad=[{"dataCaptureConfig.enableCapture": False}, [CONFIG]],
    unknown=["dataCaptureConfig.enableCapture"],
)
vary("AWS-SM-04", CAPTURING, none=[[CONFIG]])
DOMAIN = res(
    "aws:sagemaker/domain:Domain",
    {"appNetworkAccessType": "VpcOnly", "kmsKeyId": "k", "authMode": "SSO"},
)
vary(
    "AWS-SM-06",
    DOMAIN,
    bad=[{"appNetworkAccessType": "PublicInternetOnly"}, {"appNetworkAccessType": None}],
    unknown=["appNetworkAccessType"],
)
vary(
    "AWS-SM-07",
    DOMAIN,
    bad=[{"kmsKeyId": None}, {"authMode": "IAM"}],
    good=[{"kmsKeyId": UNKNOWN}],
    unknown=["authMode"],
)
vary("AWS-SM-07", DOMAIN, settings={"studio_iam_sign_in": True}, good=[{"authMode": "IAM"}])
METADATA = "instanceMetadataServiceConfiguration"
NOTEBOOK = res(
    "aws:sagemaker/notebookInstance:NotebookInstance",
    {
        "directInternetAccess": "Disabled",
        "subnetId": "s",
        "rootAccess": "Disabled",
        "kmsKeyId": "k",
        METADATA: {"minimumInstanceMetadataServiceVersion": "2"},
    },
)
vary(
    "AWS-SM-09",
    NOTEBOOK,
    bad=[
        {"rootAccess": None},
        {"kmsKeyId": None},
        {METADATA: None},
        {f"{METADATA}.minimumInstanceMetadataServiceVersion": "1"},
    ],
    good=[{"kmsKeyId": UNKNOWN}],
    unknown=["rootAccess", METADATA],
)
vary(
    "AWS-SM-08",
    NOTEBOOK,
    bad=[{"directInternetAccess": None}, {"directInternetAccess": "Enabled"}, {"subnetId": None}],
    good=[{"subnetId": UNKNOWN}],
    unknown=["directInternetAccess"],
)
JOB = res(
    "aws:sagemaker/trainingJob:TrainingJob",
    {
        "enableNetworkIsolation": True,
        "enableInterContainerTrafficEncryption": True,
        "vpcConfig": {"subnets": ["s"]},
        "resourceConfig": {
            "instanceType": "ml.m5.large",
            "instanceCount": 2,
            "volumeKmsKeyId": "k",
        },
        "outputDataConfig": {"kmsKeyId": "k"},
    },
)
vary(
    "AWS-SM-10",
    JOB,
    bad=[
        {"enableNetworkIsolation": None},
        {"enableInterContainerTrafficEncryption": False},
        {"vpcConfig": None},
        {"resourceConfig.volumeKmsKeyId": None},
        {"outputDataConfig.kmsKeyId": None},
    ],
    good=[
        {"enableInterContainerTrafficEncryption": None, "resourceConfig.instanceCount": 1},
        {"resourceConfig.volumeKmsKeyId": None, "resourceConfig.instanceType": "ml.p4d.24xlarge"},
        {"resourceConfig.volumeKmsKeyId": UNKNOWN, "outputDataConfig.kmsKeyId": UNKNOWN},
    ],
    unknown=["enableNetworkIsolation", "resourceConfig.instanceCount"],
)
CLUSTER = {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "k"}
NETWORK = {"Subnets": ["s"], "SecurityGroupIds": ["g"]}
TRAINING = {
    "Type": "Training",
    "Arguments": {
        "VpcConfig": NETWORK,
        "ResourceConfig": CLUSTER,
        "OutputDataConfig": {"KmsKeyId": "k"},
    },
}
PROCESSING = {
    "Type": "Processing",
    "Arguments": {
        "NetworkConfig": {"VpcConfig": NETWORK},
        "ProcessingResources": {"ClusterConfig": CLUSTER},
    },
}
TRANSFORM = {
    "Type": "Transform",
    "Arguments": {"TransformResources": CLUSTER, "TransformOutput": {"KmsKeyId": "k"}},
}


def without(step: dict, name: str) -> dict:
    return step | {"Arguments": {k: v for k, v in step["Arguments"].items() if k != name}}


def pipeline(*steps: dict, role: object = "arn:aws:iam::1:role/runner"):
    text = json.dumps({"Version": "2020-12-01", "Steps": list(steps)})
    return [res("aws:sagemaker/pipeline:Pipeline", {"pipelineDefinition": text, "roleArn": role})]


def within(step: dict) -> dict:
    return {"Type": "Condition", "Arguments": {"IfSteps": [step], "ElseSteps": []}}


vary(
    "AWS-SM-11",
    pipeline(TRAINING, PROCESSING, TRANSFORM, {"Type": "RegisterModel", "Arguments": {}}),
    bad=[
        pipeline(without(TRAINING, "VpcConfig")),
        pipeline(without(TRAINING, "OutputDataConfig")),
        pipeline(without(PROCESSING, "NetworkConfig")),
        pipeline(without(PROCESSING, "ProcessingResources")),
        pipeline(without(TRANSFORM, "TransformResources")),
        pipeline(within(without(TRAINING, "VpcConfig"))),
        pipeline(role="arn:aws:iam::1:role/SageMakerFullAccess"),
        [res("aws:sagemaker/pipeline:Pipeline", {"pipelineDefinition": "{"})],
    ],
    good=[pipeline(within(TRAINING), role=UNKNOWN)],
    unknown=["pipelineDefinition", {"pipelineDefinition": None}],
)
BUCKET = [s3.BUCKET, s3.BLOCK, s3.encryption(s3.KMS), s3.VERSIONING, s3.policy(s3.DENY_HTTP)]
for index, one in enumerate(BUCKET[1:], 1):  # they share a name in their own cases
    BUCKET[index] = replace(one, urn=f"{one.urn}-{index}")
SERVER = "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer"
STORED = res(SERVER, {"artifactStoreUri": Ref("b", "s3://data/mlflow"), "roleArn": Ref("r")}, "m")
ROLE = res("aws:iam/role:Role", {}, "r")
FULL = res(
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    {"role": Ref("r"), "policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
    "a",
)
vary(
    "AWS-SM-14",
    [STORED, *BUCKET, ROLE],
    bad=[
        [res(SERVER, {"artifactStoreUri": "s3://elsewhere"}, "m"), ROLE],
        [STORED, *BUCKET[:2], ROLE],
        [STORED, *BUCKET, ROLE, FULL],
    ],
    unknown=[[STORED, *BUCKET[:-1], s3.policy_as(UNKNOWN)]],
)
STREAMS = ("dagProcessingLogs", "schedulerLogs", "taskLogs", "webserverLogs", "workerLogs")
BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
AIRFLOW = res(
    "aws:mwaa/environment:Environment",
    {
        "webserverAccessMode": "PRIVATE_ONLY",
        "loggingConfiguration": {one: {"enabled": True, "logLevel": "INFO"} for one in STREAMS},
        "airflowConfigurationOptions": {"secrets.backend": BACKEND, "core.parallelism": "8"},
        "kmsKey": "k",
    },
)
vary(
    "AWS-MWAA-01",
    AIRFLOW,
    bad=[{"webserverAccessMode": "PUBLIC_ONLY"}, {"webserverAccessMode": None}],
    unknown=["webserverAccessMode"],
)
LOGS = "loggingConfiguration"
vary(
    "AWS-MWAA-03",
    AIRFLOW,
    bad=[
        *({f"{LOGS}.{one}.enabled": False} for one in STREAMS),
        {LOGS: None},
        {f"{LOGS}.schedulerLogs.logLevel": "ERROR"},
        {f"{LOGS}.taskLogs.logLevel": "WARNING"},
    ],
    good=[{f"{LOGS}.schedulerLogs.logLevel": "WARNING"}],
    unknown=[f"{LOGS}.taskLogs.enabled", LOGS],
)
OPTIONS = "airflowConfigurationOptions"
vary(
    "AWS-MWAA-04",
    AIRFLOW,
    settings={"environment": "prod"},
    bad=[
        {OPTIONS: {"secrets.backend": BACKEND, "webserver.expose_config": "True"}},
        {OPTIONS: {"secrets.backend": BACKEND, "smtp.smtp_password": "hunter2"}},
        {OPTIONS: None},
    ],
    unknown=[OPTIONS],
)
vary("AWS-MWAA-04", AIRFLOW, good=[{OPTIONS: None}])


def batch(props: dict, **more: object):
    inner = {"containerProperties": json.dumps(props)} | more
    return [res("aws:batch/jobDefinition:JobDefinition", inner)]


USER = {"user": "1000"}
vary(
    "AWS-BAT-01",
    batch(USER),
    settings={"environment": "prod"},
    bad=[batch(USER | {"privileged": True}), batch({"user": "root"}), batch({})],
    unknown=["containerProperties"],
    none=[[res("aws:batch/jobDefinition:JobDefinition", {})]],
)
vary("AWS-BAT-01", batch({}), bad=[batch({"privileged": True})])
FARGATE = {"platformCapabilities": ["FARGATE"]}
vary(
    "AWS-BAT-03",
    batch({"networkConfiguration": {"assignPublicIp": "DISABLED"}}, **FARGATE),
    bad=[batch({"networkConfiguration": {"assignPublicIp": "ENABLED"}}, **FARGATE)],
    good=[batch({}, **FARGATE)],
    unknown=["containerProperties"],
    none=[batch({"networkConfiguration": {"assignPublicIp": "ENABLED"}})],
)
vary(
    "AWS-BAT-04",
    batch({"environment": [{"name": "LEVEL", "value": "1"}], "secrets": [{"name": "TOKEN"}]}),
    bad=[
        batch({"environment": [{"name": "DB_PASSWORD", "value": "hunter2"}]}),
        batch({"environment": [{"name": "apiKey", "value": "hunter2"}]}),
    ],
    unknown=["containerProperties"],
)
MACHINE = res(
    "aws:sfn/stateMachine:StateMachine",
    {
        LOGS: {"level": "ALL", "logDestination": "arn:x"},
        "encryptionConfiguration": {"kmsKeyId": "k"},
    },
)
vary(
    "AWS-SFN-02",
    MACHINE,
    settings={"environment": "prod"},
    bad=[{"encryptionConfiguration": None}, {"encryptionConfiguration.kmsKeyId": None}],
    good=[{"encryptionConfiguration.kmsKeyId": UNKNOWN}],
)
vary("AWS-SFN-02", [], none=[[MACHINE]])
vary(
    "AWS-SFN-01",
    MACHINE,
    settings={"data_classification": "confidential"},
    bad=[
        {LOGS: None},
        {f"{LOGS}.level": "OFF"},
        {f"{LOGS}.logDestination": None},
        {f"{LOGS}.includeExecutionData": True},
    ],
    good=[{f"{LOGS}.logDestination": UNKNOWN}],
    unknown=[f"{LOGS}.level"],
)
vary(
    "AWS-MWAA-02",
    AIRFLOW,
    bad=[{"kmsKey": None}],
    good=[{"kmsKey": UNKNOWN}],
)
ROLES = {"jobRoleArn": "arn:aws:iam::1:role/job", "executionRoleArn": "arn:aws:iam::1:role/start"}
vary(
    "AWS-BAT-02",
    batch(ROLES),
    bad=[
        batch({}),
        batch(ROLES | {"jobRoleArn": ROLES["executionRoleArn"]}),
        batch({"jobRoleArn": ROLES["jobRoleArn"]}),
    ],
    unknown=[
        "containerProperties",
        [
            res(
                "aws:batch/jobDefinition:JobDefinition",
                {"containerProperties": ROLES | {"jobRoleArn": UNKNOWN}},
            )
        ],
    ],
    none=[[res("aws:batch/jobDefinition:JobDefinition", {})]],
)
