"""Google Cloud."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, res, vary

VPC_ONLY = {"isolation": "vpc"}
ALL = "0.0.0.0/0"
BUCKET = res(
    "gcp:storage/bucket:Bucket",
    {
        "publicAccessPrevention": "enforced",
        "uniformBucketLevelAccess": True,
        "encryption": {"defaultKmsKeyName": "k"},
    },
)
vary(
    "GCP-GCS-01",
    BUCKET,
    bad=[{"publicAccessPrevention": "inherited"}, {"publicAccessPrevention": None}],
    unknown=["publicAccessPrevention"],
)
vary(
    "GCP-GCS-02",
    BUCKET,
    bad=[{"uniformBucketLevelAccess": False}, {"uniformBucketLevelAccess": None}],
    unknown=["uniformBucketLevelAccess"],
)
vary(
    "GCP-GCS-03",
    BUCKET,
    bad=[{"encryption": None}],
    good=[{"encryption": UNKNOWN}, {"encryption.defaultKmsKeyName": UNKNOWN}],
)
STEP = "serviceAccount:step@acme-dev.iam.gserviceaccount.com"
AGENT = "serviceAccount:service-42@gs-project-accounts.iam.gserviceaccount.com"
VERTEX_AGENT = "serviceAccount:service-42@gcp-sa-aiplatform.iam.gserviceaccount.com"
PROJECT = "gcp:projects/iAMMember:IAMMember"


def member(who: object, role: object = "roles/logging.logWriter", type_: str = PROJECT):
    return [res(type_, {"member": who, "role": role})]


def binding(who: list, role: object = "roles/logging.logWriter"):
    return [res("gcp:projects/iAMBinding:IAMBinding", {"members": who, "role": role})]


OTHER_TYPES = (
    "gcp:storage/bucketIAMMember:BucketIAMMember",
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "gcp:serviceaccount/iAMMember:IAMMember",
)
vary(
    "GCP-IAM-01",
    member(STEP),
    bad=[
        member("allUsers"),
        binding([STEP, "allAuthenticatedUsers"]),
        *(member("allUsers", type_=one) for one in OTHER_TYPES),
        [res("gcp:storage/bucketIAMBinding:BucketIAMBinding", {"members": ["allUsers"]})],
    ],
    good=[binding([STEP, AGENT])],
    unknown=["member", binding([UNKNOWN])],
)
vary(
    "GCP-IAM-02",
    member(STEP),
    bad=[member(STEP, "roles/owner"), binding(["group:g@acme.org"], "roles/editor")],
    good=[member("group:g@acme.org", "roles/viewer")],
    unknown=["role"],
)
vary(
    "GCP-IAM-03",
    [],
    none=[[res("gcp:serviceaccount/account:Account", {})]],
    bad=[[res("gcp:serviceaccount/key:Key", {"serviceAccountId": "x"})]],
)
vary(
    "GCP-IAM-04",
    member(STEP),
    bad=[
        member(STEP, "roles/iam.serviceAccountUser"),
        binding([STEP], "roles/iam.serviceAccountTokenCreator"),
        member(STEP, "roles/iam.workloadIdentityUser"),
    ],
    unknown=["role"],
    none=[member(STEP, "roles/iam.serviceAccountUser", "gcp:serviceaccount/iAMMember:IAMMember")],
)
vary(
    "GCP-IAM-05",
    member(STEP, "roles/storage.objectUser"),
    bad=[
        member(STEP, "roles/storage.admin"),
        member(STEP, "roles/iam.securityAdmin"),
        binding([AGENT, STEP], "roles/resourcemanager.projectIamAdmin"),
    ],
    good=[
        member(VERTEX_AGENT, "roles/storage.admin"),  # Google's own agents need them
        member(AGENT, "roles/storage.admin"),
        member("group:g@acme.org", "roles/storage.admin"),
    ],
    unknown=["role", member(UNKNOWN, "roles/storage.admin")],
)
NODE_ACCOUNT = "nodes@acme-dev.iam.gserviceaccount.com"
DEFAULT = "42-compute@developer.gserviceaccount.com"
POOL = res("gcp:container/nodePool:NodePool", {"nodeConfig": {"serviceAccount": NODE_ACCOUNT}})
vary(
    "GCP-IAM-06",
    POOL,
    bad=[
        {"nodeConfig.serviceAccount": None},
        {"nodeConfig.serviceAccount": DEFAULT},
        {"nodeConfig.serviceAccount": "default"},
        [res("gcp:container/cluster:Cluster", {"enableAutopilot": True})],
        [res("gcp:container/cluster:Cluster", {"nodeConfig": {"serviceAccount": DEFAULT}})],
        [res("gcp:composer/environment:Environment", {"config": {}})],
        [res("gcp:workbench/instance:Instance", {"gceSetup": {}})],
        [
            res(
                "gcp:workbench/instance:Instance",
                {"gceSetup": {"serviceAccounts": [{"email": DEFAULT}]}},
            )
        ],
    ],
    good=[
        {"nodeConfig.serviceAccount": UNKNOWN},
        [
            res(
                "gcp:workbench/instance:Instance",
                {"gceSetup": {"serviceAccounts": [{"email": UNKNOWN}]}},
            )
        ],
    ],
    none=[[res("gcp:container/cluster:Cluster", {"removeDefaultNodePool": True})]],
)
WIF = res(
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
    {
        "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
        "attributeCondition": "assertion.repository_owner == 'acme'",
    },
)
vary(
    "GCP-IAM-07",
    WIF,
    bad=[{"attributeCondition": None}, {"attributeCondition": " "}],
    unknown=["attributeCondition", {"attributeCondition": None, "oidc.issuerUri": UNKNOWN}],
    none=[{"attributeCondition": None, "oidc.issuerUri": "https://login.acme.org"}],
)
DEV = {
    "environment": "dev",
    "environments": {"dev": {"gcp_projects": ["acme-dev"]}},
    "shared": {"gcp_projects": ["acme-shared"]},
}
FOREIGN = "serviceAccount:step@acme-prod.iam.gserviceaccount.com"
vary(
    "GCP-IAM-08",
    member(STEP),
    settings=DEV,
    bad=[
        member(FOREIGN),
        member("serviceAccount:acme-prod.svc.id.goog[ml/step]"),
        binding([STEP, FOREIGN]),
        *(member(FOREIGN, type_=t) for t in OTHER_TYPES),
    ],
    good=[
        member("serviceAccount:pull@acme-shared.iam.gserviceaccount.com"),
        member("serviceAccount:acme-dev.svc.id.goog[ml/step]"),
        member(AGENT),
        member("group:g@acme.org"),
    ],
    unknown=["member"],
)
AUDIT = res(
    "gcp:projects/iAMAuditConfig:IAMAuditConfig",
    {
        "service": "allServices",
        "auditLogConfigs": [{"logType": "DATA_READ"}, {"logType": "DATA_WRITE"}],
    },
    "audit",
)


def audit(service: object, *kinds: object):
    logs = [{"logType": kind} for kind in kinds]
    return res(AUDIT.type, {"service": service, "auditLogConfigs": logs}, f"a-{service}")


SERVICES = ("storage", "aiplatform", "artifactregistry")
vary(
    "GCP-IAM-10",
    [AUDIT, BUCKET],
    bad=[
        [BUCKET],
        [BUCKET, audit("allServices", "DATA_READ")],
        [BUCKET, audit("storage.googleapis.com", "DATA_READ", "DATA_WRITE")],
    ],
    good=[
        [BUCKET, *(audit(f"{one}.googleapis.com", "DATA_READ", "DATA_WRITE") for one in SERVICES)],
        [BUCKET, audit("allServices", "DATA_READ"), audit("allServices", "DATA_WRITE")],
    ],
    unknown=[{"service": UNKNOWN}, {"auditLogConfigs": UNKNOWN}],
    none=[[res("gcp:compute/network:Network", {})]],
)
REGISTRY = res(
    "gcp:artifactregistry/repository:Repository",
    {"kmsKeyName": "k", "format": "DOCKER", "dockerConfig": {"immutableTags": True}},
)
SCAN = "vulnerabilityScanningConfig.enablementConfig"
vary(
    "GCP-AR-01",
    REGISTRY,
    bad=[{"kmsKeyName": None}, {"dockerConfig": None}, {SCAN: "DISABLED"}],
    good=[{"kmsKeyName": UNKNOWN}, {"format": "PYTHON", "dockerConfig": None}, {SCAN: "INHERITED"}],
    unknown=["dockerConfig.immutableTags"],
)
ENDPOINT = res(
    "gcp:vertex/aiEndpoint:AiEndpoint",
    {
        "encryptionSpec": {"kmsKeyName": "k"},
        "network": "n",
        "predictRequestResponseLoggingConfig": {"enabled": True, "samplingRate": 0.1},
    },
)
VERTEX = (
    "AiMetadataStore",
    "AiDataset",
    "AiTensorboard",
    "AiFeatureOnlineStore",
    "AiIndexEndpoint",
)
vary(
    "GCP-VTX-01",
    ENDPOINT,
    bad=[
        {"encryptionSpec": None},
        *([res(f"gcp:vertex/a{one[1:]}:{one}", {})] for one in VERTEX),
    ],
    good=[{"encryptionSpec": UNKNOWN}, {"encryptionSpec.kmsKeyName": UNKNOWN}],
)
CONNECT = "privateServiceConnectConfig.enablePrivateServiceConnect"
vary(
    "GCP-VTX-02",
    ENDPOINT,
    bad=[
        {"network": None},
        {"network": None, CONNECT: False},
        [res("gcp:vertex/aiIndexEndpoint:AiIndexEndpoint", {"publicEndpointEnabled": True})],
    ],
    good=[{"network": UNKNOWN}, {"network": None, CONNECT: True}],
    unknown=[{"network": None, CONNECT: UNKNOWN}],
)
SETUP = {
    "disablePublicIp": True,
    "bootDisk": {"kmsKey": "k", "diskEncryption": "CMEK"},
    "networkInterfaces": [{"network": "n"}],
    "serviceAccounts": [{"email": NODE_ACCOUNT}],
}
vary(
    "GCP-VTX-04",
    res("gcp:workbench/instance:Instance", {"gceSetup": SETUP}),
    bad=[
        {"gceSetup.disablePublicIp": None},
        {"gceSetup.bootDisk": None},
        {"gceSetup.dataDisks": {"diskSizeGb": "100"}},
        {"gceSetup.networkInterfaces": None},
        {"gceSetup.serviceAccounts": None},
    ],
    good=[{"gceSetup.bootDisk.kmsKey": UNKNOWN}],
    unknown=["gceSetup.disablePublicIp"],
)
KEPT = "softDeletePolicy.retentionDurationSeconds"
vary(
    "GCP-GCS-04",
    BUCKET,  # Google's own default is a week
    bad=[{KEPT: 0}, {KEPT: 86_400, "versioning.enabled": False}],
    good=[{KEPT: 604_800}, {KEPT: 0, "versioning.enabled": True}],
    unknown=[KEPT, {KEPT: 0, "versioning.enabled": UNKNOWN}],
)
CUSTOM = res(
    "gcp:projects/iAMCustomRole:IAMCustomRole", {"permissions": ["storage.objects.get"]}, "cr"
)
vary(
    "GCP-IAM-09",
    CUSTOM,
    bad=[
        {"permissions": ["storage.objects.get", one]}
        for one in (
            "storage.buckets.setIamPolicy",
            "resourcemanager.projects.setIamPolicy",
            "iam.serviceAccounts.actAs",
            "iam.serviceAccountKeys.create",
        )
    ],
    unknown=["permissions", {"permissions": ["storage.objects.get", UNKNOWN]}],
)
vary(
    "GCP-IAM-09",
    CUSTOM,
    settings={"privileged_custom_roles": ["*::cr"]},
    good=[{"permissions": ["iam.serviceAccounts.actAs"]}],
)
SAMPLED = "predictRequestResponseLoggingConfig"
vary(
    "GCP-VTX-03",
    ENDPOINT,
    settings={"environment": "prod"},
    bad=[{SAMPLED: None}, {f"{SAMPLED}.enabled": False}, {f"{SAMPLED}.samplingRate": 0}],
    unknown=[SAMPLED, f"{SAMPLED}.samplingRate"],
)
vary("GCP-VTX-03", [], none=[[res(ENDPOINT.type, {"network": "n"})]])
ROTATION = "rotationPeriod"
KEY = res("gcp:kms/cryptoKey:CryptoKey", {ROTATION: "7776000s"}, "key")
vary(
    "GCP-KMS-01",
    KEY,
    bad=[{ROTATION: None}, {ROTATION: "7776001s"}],
    good=[{ROTATION: "86400.5s", "purpose": "ENCRYPT_DECRYPT"}],
    unknown=[ROTATION, "purpose"],
    none=[{ROTATION: None, "purpose": "ASYMMETRIC_SIGN"}, {ROTATION: None, "purpose": "MAC"}],
)
