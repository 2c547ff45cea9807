"""Resources that keep every control at once, where the cases' own keep only theirs."""

from __future__ import annotations

from dataclasses import replace

from policy_cases import aws_identity, aws_machine_learning, aws_platform, azure, gcp, gcp_platform
from policy_cases import aws_storage as s3
from policy_cases.builder import Ref, res

DATA = [
    s3.BUCKET,
    s3.BLOCK,
    s3.encryption(s3.KMS),
    s3.VERSIONING,
    s3.policy(s3.DENY_HTTP, s3.OUTSIDE),
    s3.OWNED,
    s3.LOGGING,
    s3.LIFECYCLE,
]
LOGS = [
    s3.LOG,
    s3.on("BucketPublicAccessBlock", dict.fromkeys(s3.FLAGS, True), "log-block", "log"),
    s3.encryption(s3.AES, "log"),
    s3.on("BucketVersioning", {"versioningConfiguration": {"status": "Enabled"}}, "log-v", "log"),
    s3.on(
        "BucketPolicy",
        {
            "policy": s3.document(
                *(
                    one | {"Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]}
                    for one in (s3.DENY_HTTP, s3.OUTSIDE)
                )
            )
        },
        "log-p",
        "log",
    ),
    s3.on("BucketLifecycleConfiguration", {"rules": [s3.UPKEEP]}, "log-life", "log"),
]
ENDPOINT = res(
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    {
        "kmsKeyArn": "arn:aws:kms:k",
        "productionVariants": [aws_machine_learning.M5],
        "dataCaptureConfig": aws_machine_learning.CAPTURE,
    },
    "endpoint",
)
ROLE = replace(
    aws_identity.role(aws_identity.trust(aws_identity.SAGEMAKER, aws_identity.SOURCE))[0],
    urn=aws_machine_learning.ROLE.urn,
)
MODEL = res(
    aws_machine_learning.MODEL.type,
    dict(aws_machine_learning.MODEL.props) | {"executionRoleArn": Ref("r")},
    "served",
)
NETWORK = [
    aws_platform.VPC,
    aws_platform.FLOW,
    aws_platform.DEFAULT,
    *aws_platform.endpoints(
        *aws_platform.BASE, "kms", "ecr.api", "ecr.dkr", "sagemaker.api", "sagemaker.runtime",
        "sqs", "airflow.api", "airflow.env", "eks", "ec2", "elasticloadbalancing", "secretsmanager",
    ),
]  # fmt: skip
JOB = aws_machine_learning.batch(
    aws_machine_learning.ROLES
    | {"user": "1000", "networkConfiguration": {"assignPublicIp": "DISABLED"}},
    **aws_machine_learning.FARGATE,
)


def apart(program: list) -> list:
    """Return a program whose resources have urns of their own, though their names are equal."""
    seen: set[str] = set()
    found = []
    for number, one in enumerate(program):
        found.append(replace(one, urn=f"{one.urn}-{number}") if one.urn in seen else one)
        seen.add(one.urn)
    return found


AWS = [
    apart([*DATA, *LOGS, ENDPOINT, aws_machine_learning.STORED, ROLE, MODEL]),
    NETWORK,
    JOB,
]
PERIMETER = res(
    gcp_platform.PERIMETER.type,
    {
        "status": {
            "restrictedServices": [
                f"{name}.googleapis.com"
                for name in (
                    "storage",
                    "aiplatform",
                    "artifactregistry",
                    "secretmanager",
                    "cloudkms",
                )
            ],
            "vpcAccessibleServices": {"enableRestriction": True},
        }
    },
    "perimeter",
)
GKE = res(
    gcp_platform.GKE.type,
    dict(gcp_platform.GKE.props) | {"nodeConfig": {"serviceAccount": gcp.NODE_ACCOUNT}},
    "gke",
)
GCP = [
    [
        replace(gcp.BUCKET, urn=f"{gcp.BUCKET.urn}-b"),
        gcp.REGISTRY,
        gcp.KEY,
        gcp.AUDIT,
        PERIMETER,
        replace(gcp.ENDPOINT, urn=f"{gcp.ENDPOINT.urn}-e"),
        GKE,
    ]
]
AZURE = [
    [azure.REGISTRY, azure.endpoint("it", "registry", name="pe-acr")],
    [azure.VAULT, azure.endpoint("kv", "vault")],
    [
        azure.ACCOUNT,
        azure.VERSIONS,
        azure.endpoint("st", "blob"),
        azure.endpoint("st", "file", name="pe-f"),
        *azure.WITH_WORKSPACE,
    ],
]
WHOLE = {"AWS": AWS, "GCP": GCP, "AZ": AZURE, "K8S": []}
