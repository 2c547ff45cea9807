"""Azure."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, Ref, change, res, vary

VPC_ONLY = {"isolation": "vpc"}
PROD = {"environment": "prod"}
ACCOUNT = res(
    "azure-native:storage:StorageAccount",
    {
        "allowBlobPublicAccess": False,
        "publicNetworkAccess": "Disabled",
        "minimumTlsVersion": "TLS1_2",
        "allowSharedKeyAccess": False,
        "encryption": {
            "keySource": "Microsoft.Keyvault",
            "keyVaultProperties": {"keyVaultUri": "https://acme.vault.azure.net"},
        },
    },
    "st",
)
CONTAINER = "azure-native:storage:BlobContainer"
vary(
    "AZ-ST-01",
    ACCOUNT,
    bad=[{"allowBlobPublicAccess": True}, [res(CONTAINER, {"publicAccess": "Blob"})]],
    good=[
        {"allowBlobPublicAccess": None},
        [res(CONTAINER, {})],
        [res(CONTAINER, {"publicAccess": "None"})],
    ],
    unknown=["allowBlobPublicAccess", [res(CONTAINER, {"publicAccess": UNKNOWN})]],
)
DENYING = {"publicNetworkAccess": "Enabled", "networkRuleSet.defaultAction": "Deny"}
vary(
    "AZ-ST-02",
    ACCOUNT,
    bad=[{"publicNetworkAccess": None}, {"publicNetworkAccess": "Enabled"}],
    good=[DENYING, {"publicNetworkAccess": "SecuredByPerimeter"}],
    unknown=["publicNetworkAccess"],
)
vary("AZ-ST-02", ACCOUNT, settings=VPC_ONLY, bad=[DENYING])
vary(
    "AZ-ST-03",
    ACCOUNT,
    bad=[
        {"minimumTlsVersion": None},
        {"minimumTlsVersion": "TLS1_0"},
        {"enableHttpsTrafficOnly": False},
    ],
    good=[{"minimumTlsVersion": "TLS1_3", "enableHttpsTrafficOnly": True}],
    unknown=["minimumTlsVersion"],
)
vary(
    "AZ-ST-04",
    ACCOUNT,
    bad=[{"allowSharedKeyAccess": None}, {"allowSharedKeyAccess": True}],
    unknown=["allowSharedKeyAccess"],
)


def endpoint(target: str, *groups: object, name: str = "pe"):
    connection = {"privateLinkServiceId": Ref(target), "groupIds": list(groups)}
    return res(
        "azure-native:network:PrivateEndpoint",
        {"privateLinkServiceConnections": [connection]},
        name,
    )


VAULT = res(
    "azure-native:keyvault:Vault",
    {
        "properties": {
            "enablePurgeProtection": True,
            "softDeleteRetentionInDays": 90,
            "enableRbacAuthorization": True,
            "publicNetworkAccess": "Disabled",
        }
    },
    "kv",
)
WORKSPACE = res(
    "azure-native:machinelearningservices:Workspace",
    {
        "publicNetworkAccess": "Disabled",
        "managedNetwork": {"isolationMode": "AllowOnlyApprovedOutbound"},
        "encryption": {"status": "Enabled", "keyVaultProperties": {"keyIdentifier": "k"}},
        "identity": {"type": "UserAssigned"},
        "systemDatastoresAuthMode": "Identity",
        "storageAccount": Ref("st"),
    },
    "ws",
)
WITH_WORKSPACE = [WORKSPACE, endpoint("ws", "amlworkspace", name="pe-ws")]
vary(
    "AZ-NET-01",
    [endpoint("st", "blob"), ACCOUNT],
    settings=VPC_ONLY,
    bad=[
        [ACCOUNT],
        [endpoint("st", "file"), ACCOUNT],
        [VAULT],
        [res("azure-native:containerregistry:Registry", {})],
        [WORKSPACE],
        [endpoint("st", "blob"), ACCOUNT, *WITH_WORKSPACE],  # a workspace needs its files, too
    ],
    good=[
        [endpoint("kv", "vault"), VAULT],
        [endpoint("st", "blob"), endpoint("st", "file", name="pe-f"), ACCOUNT, *WITH_WORKSPACE],
    ],
    unknown=[[endpoint("st", UNKNOWN), ACCOUNT]],
)
RULE = res(
    "azure-native:network:SecurityRule",
    {"direction": "Inbound", "access": "Allow", "sourceAddressPrefix": "VirtualNetwork"},
)
GROUP = "azure-native:network:NetworkSecurityGroup"
OPEN = dict(RULE.props) | {"sourceAddressPrefix": "*"}
OUT = {"direction": "Outbound", "access": "Allow", "destinationAddressPrefix": "Internet"}
vary(
    "AZ-NET-02",
    RULE,
    bad=[
        {"sourceAddressPrefix": "Internet"},
        {"sourceAddressPrefix": "*"},
        {"sourceAddressPrefixes": ["10.0.0.0/8", "0.0.0.0/0"]},
        [res(GROUP, {"securityRules": [dict(RULE.props), OPEN]})],
    ],
    good=[
        {"access": "Deny", "sourceAddressPrefix": "*"},
        [res(RULE.type, OUT)],
        [res(GROUP, {})],
    ],
    unknown=["sourceAddressPrefix", "access"],
)
vary("AZ-NET-02", RULE, settings=VPC_ONLY, bad=[[res(RULE.type, OUT)]])
REGISTRY = res(
    "azure-native:containerregistry:Registry",
    {
        "adminUserEnabled": False,
        "publicNetworkAccess": "Disabled",
        "sku": {"name": "Premium"},
        "encryption": {"status": "enabled", "keyVaultProperties": {"keyIdentifier": "k"}},
        "policies": {"exportPolicy": {"status": "disabled"}},
    },
)
vary(
    "AZ-ACR-01",
    REGISTRY,
    bad=[{"adminUserEnabled": True}, {"anonymousPullEnabled": True}],
    good=[{"adminUserEnabled": None}],
    unknown=["adminUserEnabled"],
)
vary(
    "AZ-ACR-02",
    REGISTRY,
    settings=VPC_ONLY,
    bad=[
        {"publicNetworkAccess": None},
        {"sku.name": "Basic"},
        {"encryption": None},
        {"encryption.keyVaultProperties": None},
        {"policies": None},
    ],
    good=[{"encryption.keyVaultProperties": UNKNOWN}],
    unknown=["publicNetworkAccess"],
)
vary("AZ-ACR-02", REGISTRY, good=[{"policies": None}])
vary(
    "AZ-ML-01",
    WORKSPACE,
    bad=[
        {"publicNetworkAccess": None},
        {"publicNetworkAccess": "Enabled"},
        {"allowPublicAccessWhenBehindVnet": True},
    ],
    unknown=["publicNetworkAccess"],
)
MODE = "managedNetwork.isolationMode"
vary(
    "AZ-ML-02",
    WORKSPACE,
    settings=VPC_ONLY,
    bad=[{MODE: "AllowInternetOutbound"}, {MODE: "Disabled"}, {"managedNetwork": None}],
    unknown=[MODE],
)
vary(
    "AZ-ML-03",
    WORKSPACE,
    settings=PROD,
    bad=[
        {"encryption": None},
        {"identity": None},
        {"systemDatastoresAuthMode": "AccessKey"},
        {"systemDatastoresAuthMode": None},
    ],
    good=[{"encryption.keyVaultProperties": UNKNOWN}],
    unknown=["identity"],
)
vary("AZ-ML-03", WORKSPACE, good=[{"encryption": None}])
COMPUTE = res(
    "azure-native:machinelearningservices:Compute",
    {
        "properties": {
            "computeType": "AmlCompute",
            "disableLocalAuth": True,
            "properties": {
                "enableNodePublicIp": False,
                "remoteLoginPortPublicAccess": "Disabled",
            },
        }
    },
)
INNER = "properties.properties"
INSTANCE = {"properties.computeType": "ComputeInstance"}
vary(
    "AZ-ML-04",
    COMPUTE,
    bad=[
        {"properties.disableLocalAuth": None},
        {f"{INNER}.enableNodePublicIp": None},  # absent is true
        {f"{INNER}.remoteLoginPortPublicAccess": "Enabled"},
        INSTANCE | {f"{INNER}.sshSettings.sshPublicAccess": "Enabled"},
    ],
    good=[INSTANCE, INSTANCE | {f"{INNER}.sshSettings.sshPublicAccess": "Disabled"}],
    unknown=[f"{INNER}.enableNodePublicIp", "properties.disableLocalAuth"],
    none=[{"properties.computeType": "AKS"}],
)
ONLINE = res(
    "azure-native:machinelearningservices:OnlineEndpoint",
    {
        "properties": {"authMode": "AADToken", "publicNetworkAccess": "Disabled"},
        "identity": {"type": "UserAssigned"},
    },
)
vary(
    "AZ-ML-05",
    ONLINE,
    settings=PROD,
    bad=[
        {"properties.authMode": "Key"},
        {"properties.publicNetworkAccess": None},
        {"identity": None},
    ],
    good=[
        {"properties.authMode": "AMLToken"},
        {"properties": None, "onlineEndpointProperties": dict(ONLINE.props["properties"])},
    ],
    unknown=["properties.authMode"],
)
vary("AZ-ML-05", ONLINE, good=[{"properties.authMode": "Key"}])
SOURCE = "encryption.keySource"
vary(
    "AZ-ST-05",
    ACCOUNT,
    bad=[
        {"encryption": None},
        {SOURCE: "Microsoft.Storage"},
        {"encryption.keyVaultProperties": None},
        {"allowCrossTenantReplication": True},
    ],
    good=[{"encryption.keyVaultProperties": UNKNOWN, "allowCrossTenantReplication": False}],
    unknown=[SOURCE, "allowCrossTenantReplication"],
)
VERSIONS = res(
    "azure-native:storage:BlobServiceProperties",
    {
        "accountName": Ref("st"),
        "isVersioningEnabled": True,
        "deleteRetentionPolicy": {"enabled": True, "days": 7},
    },
    "versions",
)
UNVERSIONED = change(VERSIONS, "isVersioningEnabled", None)
vary(
    "AZ-ST-06",
    [VERSIONS, ACCOUNT],
    bad=[
        [ACCOUNT],
        {"isVersioningEnabled": False},
        {"deleteRetentionPolicy": None},
        {"deleteRetentionPolicy.enabled": False},
    ],
    good=[[UNVERSIONED, change(ACCOUNT, "isHnsEnabled", True)]],
    unknown=["isVersioningEnabled", [UNVERSIONED, change(ACCOUNT, "isHnsEnabled", UNKNOWN)]],
    none=[[change(ACCOUNT, "kind", "FileStorage")]],
)
EGRESS = "properties.egressPublicNetworkAccess"
DEPLOYMENT = res(
    "azure-native:machinelearningservices:OnlineDeployment",
    {"properties": {"egressPublicNetworkAccess": "Disabled"}, "workspaceName": "by-name"},
    "deployment",
)
IN_WORKSPACE = res(DEPLOYMENT.type, {"workspaceName": Ref("ws")}, "inside")
vary(
    "AZ-ML-06",
    DEPLOYMENT,
    bad=[
        {EGRESS: None},
        {EGRESS: "Enabled"},
        [IN_WORKSPACE, change(WORKSPACE, "managedNetwork", None)],
        [IN_WORKSPACE, change(WORKSPACE, MODE, "Disabled")],
    ],
    unknown=[EGRESS, [IN_WORKSPACE, change(WORKSPACE, MODE, UNKNOWN)]],
    none=[[IN_WORKSPACE, WORKSPACE]],  # the managed network decides
)
