"""Google Cloud: clusters, databases and networks."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, Ref, res, vary
from policy_cases.gcp import ALL, BUCKET, ENDPOINT, NODE_ACCOUNT, VPC_ONLY

GKE = res(
    "gcp:container/cluster:Cluster",
    {
        "privateClusterConfig": {"enablePrivateNodes": True, "enablePrivateEndpoint": True},
        "workloadIdentityConfig": {"workloadPool": "p"},
        "databaseEncryption": {"state": "ENCRYPTED", "keyName": "k"},
        "datapathProvider": "ADVANCED_DATAPATH",
    },
)
NODES, PRIVATE = (f"privateClusterConfig.enablePrivate{one}" for one in ("Nodes", "Endpoint"))
vary("GCP-GKE-01", GKE, bad=[{NODES: None}, {NODES: False}], unknown=[NODES])
RANGES = "masterAuthorizedNetworksConfig.cidrBlocks"
EXTERNAL = "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic"
BY_ADDRESS = "controlPlaneEndpointsConfig.ipEndpointsConfig.enabled"
vary(
    "GCP-GKE-02",
    GKE,
    bad=[
        {PRIVATE: None},
        {PRIVATE: False, RANGES: [{"cidrBlock": "10.0.0.0/8"}, {"cidrBlock": ALL}]},
    ],
    good=[
        {PRIVATE: False, RANGES: [{"cidrBlock": "203.0.113.0/24"}]},
        {PRIVATE: None, BY_ADDRESS: False, EXTERNAL: True},
    ],
    unknown=[PRIVATE, {PRIVATE: False, RANGES: [{"cidrBlock": UNKNOWN}]}],
)
vary("GCP-GKE-02", GKE, settings=VPC_ONLY, bad=[{EXTERNAL: True}])
vary(
    "GCP-GKE-03",
    GKE,
    bad=[{"workloadIdentityConfig": None}],
    good=[
        {"workloadIdentityConfig": None, "enableAutopilot": True},
        {"workloadIdentityConfig.workloadPool": UNKNOWN},
    ],
)
CERTIFICATE = "masterAuth.clientCertificateConfig.issueClientCertificate"
vary(
    "GCP-GKE-07",
    GKE,
    bad=[{"enableLegacyAbac": True}, {CERTIFICATE: True}],
    good=[{"enableLegacyAbac": False, CERTIFICATE: False}],
    unknown=["enableLegacyAbac"],
)
COMPOSER = res(
    "gcp:composer/environment:Environment",
    {
        "config": {
            "enablePrivateEnvironment": True,
            "encryptionConfig": {"kmsKeyName": "k"},
            "nodeConfig": {"serviceAccount": NODE_ACCOUNT},
        }
    },
)
PRIVATE_ENVIRONMENT = "config.enablePrivateEnvironment"
WEB = "config.webServerNetworkAccessControl.allowedIpRanges"
vary(
    "GCP-CMP-01",
    COMPOSER,
    bad=[
        {PRIVATE_ENVIRONMENT: None},
        {"config.encryptionConfig": None},
        {"config.nodeConfig.serviceAccount": None},
        {WEB: [{"value": ALL}]},
    ],
    good=[
        {PRIVATE_ENVIRONMENT: None, "config.privateEnvironmentConfig.enablePrivateEndpoint": True},
        {
            "config.encryptionConfig.kmsKeyName": UNKNOWN,
            "config.nodeConfig.serviceAccount": UNKNOWN,
        },
        {WEB: [{"value": "203.0.113.0/24"}]},
    ],
    unknown=[PRIVATE_ENVIRONMENT],
)
IP = "settings.ipConfiguration"
DATABASE = res(
    "gcp:sql/databaseInstance:DatabaseInstance",
    {
        "encryptionKeyName": "k",
        "settings": {
            "ipConfiguration": {
                "ipv4Enabled": False,
                "privateNetwork": "n",
                "sslMode": "ENCRYPTED_ONLY",
            },
            "backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": True},
        },
    },
)
vary(
    "GCP-SQL-01",
    DATABASE,
    bad=[
        {f"{IP}.ipv4Enabled": None},  # absent is true
        {f"{IP}.ipv4Enabled": True},
        {f"{IP}.privateNetwork": None},
        {f"{IP}.authorizedNetworks": [{"value": ALL}]},
    ],
    good=[
        {f"{IP}.privateNetwork": UNKNOWN},
        {f"{IP}.privateNetwork": None, f"{IP}.pscConfigs": [{"pscEnabled": True}]},
    ],
    unknown=[f"{IP}.ipv4Enabled"],
)
FIREWALL = "gcp:compute/firewall:Firewall"
SSH = {"allows": [{"protocol": "tcp", "ports": ["22"]}], "sourceRanges": ["10.0.0.0/8"]}
vary(
    "GCP-NET-02",
    res(FIREWALL, SSH),
    bad=[{"sourceRanges": [ALL]}, {"direction": "INGRESS", "sourceRanges": ["::/0"]}],
    unknown=["sourceRanges"],
    none=[
        {"sourceRanges": [ALL], "direction": "EGRESS"},
        {"sourceRanges": [ALL], "disabled": True},
        {"sourceRanges": [ALL], "allows": None},
    ],
)
NETWORK = res("gcp:compute/network:Network", {}, "net")
DENY = res(
    FIREWALL,
    {
        "network": Ref("net"),
        "direction": "EGRESS",
        "denies": [{"protocol": "all"}],
        "destinationRanges": [ALL],
    },
    "deny",
)


def out(ranges: object):
    props = {"direction": "EGRESS", "allows": [{"protocol": "tcp"}], "destinationRanges": ranges}
    return res(FIREWALL, props | {"network": Ref("net")}, "out")


vary(
    "GCP-NET-03",
    [DENY, NETWORK, out(["199.36.153.4/30"])],
    settings=VPC_ONLY,
    bad=[
        [NETWORK],
        {"direction": "INGRESS"},
        {"denies": [{"protocol": "tcp"}]},
        {"disabled": True},
        [DENY, NETWORK, out([ALL])],
        [DENY, NETWORK, out(None)],
        [DENY, NETWORK, res("gcp:compute/routerNat:RouterNat", {}, "nat")],
    ],
    unknown=[{"denies": UNKNOWN}, [DENY, NETWORK, out(UNKNOWN)]],
)
PERIMETER = res(
    "gcp:accesscontextmanager/servicePerimeter:ServicePerimeter",
    {
        "status": {
            "restrictedServices": ["storage.googleapis.com", "cloudkms.googleapis.com"],
            "vpcAccessibleServices": {"enableRestriction": True},
        }
    },
    "perimeter",
)
RESTRICTED = "status.restrictedServices"
vary(
    "GCP-NET-04",
    [PERIMETER, BUCKET],
    settings=VPC_ONLY,
    bad=[
        [BUCKET],
        {RESTRICTED: ["cloudkms.googleapis.com"]},
        {"status.vpcAccessibleServices.enableRestriction": False},
        [PERIMETER, BUCKET, ENDPOINT],
    ],
    unknown=[RESTRICTED],
    none=[[NETWORK]],
)
TLS = f"{IP}.sslMode"
vary(
    "GCP-SQL-02",
    DATABASE,
    bad=[{TLS: None}, {TLS: "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}],
    good=[{TLS: "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"}],
    unknown=[TLS],
)
BACKUPS = "settings.backupConfiguration"
RECOVERY = f"{BACKUPS}.pointInTimeRecoveryEnabled"
MYSQL = {"databaseVersion": "MYSQL_8_0", RECOVERY: None}
vary(
    "GCP-SQL-03",
    DATABASE,
    bad=[{"encryptionKeyName": None}, {BACKUPS: None}, {RECOVERY: False}, MYSQL],
    good=[
        {"encryptionKeyName": UNKNOWN, "deletionProtection": False},
        {"masterInstanceName": "primary", BACKUPS: None},
        MYSQL | {f"{BACKUPS}.binaryLogEnabled": True},
    ],
    unknown=[RECOVERY],
)
vary(
    "GCP-SQL-03",
    DATABASE,
    settings={"environment": "prod"},
    bad=[{"deletionProtection": False}],
    unknown=["deletionProtection"],
)
STATE, KEY_NAME = (f"databaseEncryption.{one}" for one in ("state", "keyName"))
vary(
    "GCP-GKE-04",
    GKE,
    bad=[{"databaseEncryption": None}, {STATE: "DECRYPTED"}, {KEY_NAME: None}],
    good=[{KEY_NAME: UNKNOWN}],
    unknown=[STATE],
)
vary(
    "GCP-GKE-05",
    GKE,
    bad=[{"datapathProvider": None}, {"datapathProvider": "LEGACY_DATAPATH"}],
    good=[
        {"datapathProvider": None, "networkPolicy": {"enabled": True}},
        {"datapathProvider": None, "enableAutopilot": True},
    ],
    unknown=["datapathProvider"],
)
BOOT = "nodeConfig.shieldedInstanceConfig.enableSecureBoot"
MODE = "nodeConfig.workloadMetadataConfig.mode"
GPU = {
    "machineType": "n1-standard-4",
    "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}],
}
vary(
    "GCP-GKE-06",
    res(
        "gcp:container/nodePool:NodePool",
        {
            "nodeConfig": {
                "shieldedInstanceConfig": {"enableSecureBoot": True},
                "workloadMetadataConfig": {"mode": "GKE_METADATA"},
                "serviceAccount": NODE_ACCOUNT,
            }
        },
    ),
    bad=[
        {BOOT: None},
        {BOOT: False},
        {MODE: None},
        {MODE: "GCE_METADATA"},
        {"management": {"autoUpgrade": False}},
    ],
    good=[
        {"management": {"autoUpgrade": True}},
        {BOOT: False} | {f"nodeConfig.{key}": value for key, value in GPU.items()},
        {BOOT: False, "nodeConfig.machineType": "a2-highgpu-1g"},
    ],
    unknown=[BOOT, MODE, "management"],
)
SUBNETWORK = res(
    "gcp:compute/subnetwork:Subnetwork",
    {"privateIpGoogleAccess": True, "logConfig": {"flowSampling": 0.5}},
)
vary(
    "GCP-NET-01",
    SUBNETWORK,
    bad=[{"privateIpGoogleAccess": None}, {"logConfig": None}, {"logConfig.flowSampling": 0}],
    good=[{"logConfig": {"aggregationInterval": "INTERVAL_5_SEC"}}],
    unknown=["privateIpGoogleAccess", "logConfig", "purpose"],
    none=[{"logConfig": None, "purpose": "REGIONAL_MANAGED_PROXY"}],
)
