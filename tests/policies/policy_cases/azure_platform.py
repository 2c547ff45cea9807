"""Azure: clusters, vaults, roles and databases."""

from __future__ import annotations

from policy_cases.azure import PROD, VAULT
from policy_cases.builder import UNKNOWN, res, vary

AKS = res(
    "azure-native:containerservice:ManagedCluster",
    {
        "apiServerAccessProfile": {"enablePrivateCluster": True},
        "aadProfile": {"managed": True, "enableAzureRBAC": True},
        "disableLocalAccounts": True,
        "securityProfile": {
            "workloadIdentity": {"enabled": True},
            "azureKeyVaultKms": {"enabled": True},
        },
        "networkProfile": {"networkPolicy": "cilium", "outboundType": "userDefinedRouting"},
        "agentPoolProfiles": [{"name": "system", "enableEncryptionAtHost": True}],
        "oidcIssuerProfile": {"enabled": True},
        "identity": {"type": "UserAssigned"},
    },
)
PRIVATE, RANGES = (
    f"apiServerAccessProfile.{one}" for one in ("enablePrivateCluster", "authorizedIPRanges")
)
vary(
    "AZ-AKS-01",
    AKS,
    bad=[{PRIVATE: None}, {PRIVATE: False, RANGES: ["203.0.113.0/24", "0.0.0.0/0"]}],
    good=[{PRIVATE: False, RANGES: ["203.0.113.0/24"]}],
    unknown=[PRIVATE, {PRIVATE: None, RANGES: UNKNOWN}],
)
vary(
    "AZ-AKS-02",
    AKS,
    bad=[
        {"aadProfile": None},
        {"aadProfile.enableAzureRBAC": False},
        {"disableLocalAccounts": None},
        {"enableRBAC": False},
    ],
    good=[{"enableRBAC": True}],
    unknown=["aadProfile.managed"],
)
vary(
    "AZ-AKS-03",
    AKS,
    bad=[
        {"securityProfile": None},
        {"oidcIssuerProfile": None},
        {"identity": None},
        {"servicePrincipalProfile": {"clientId": "c", "secret": "hunter2"}},
    ],
    unknown=["oidcIssuerProfile"],
)
PURGE, DAYS = (
    f"properties.{one}" for one in ("enablePurgeProtection", "softDeleteRetentionInDays")
)
vary(
    "AZ-KV-01",
    VAULT,
    bad=[{PURGE: None}, {PURGE: False}, {DAYS: 7}],
    good=[{DAYS: None}],
    unknown=[PURGE, DAYS],
)
ACCESS = "properties.publicNetworkAccess"
vary(
    "AZ-KV-02",
    VAULT,
    bad=[{"properties.enableRbacAuthorization": None}, {ACCESS: None}, {ACCESS: "Enabled"}],
    good=[{ACCESS: "Enabled", "properties.networkAcls.defaultAction": "Deny"}],
    unknown=[ACCESS, "properties.enableRbacAuthorization"],
)
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SUBSCRIPTION = "/subscriptions/sub-dev"
GROUP_SCOPE = f"{SUBSCRIPTION}/resourceGroups/ml-dev"


def assignment(role: object, scope: object = GROUP_SCOPE, kind: object = "ServicePrincipal"):
    if role is not UNKNOWN:
        role = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return [
        res(
            "azure-native:authorization:RoleAssignment",
            {"roleDefinitionId": role, "scope": scope, "principalType": kind},
        )
    ]


BROAD = (
    OWNER,
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
)
MANAGEMENT = "/providers/Microsoft.Management/managementGroups/all"
vary(
    "AZ-IAM-01",
    assignment(READER),
    bad=[
        *(assignment(one) for one in BROAD),
        assignment(OWNER.upper()),
        assignment(OWNER, SUBSCRIPTION, "Group"),
        assignment(OWNER, MANAGEMENT, "User"),
        assignment(OWNER, kind=None),
    ],
    good=[assignment(READER, SUBSCRIPTION), assignment(OWNER, GROUP_SCOPE, "Group")],
    unknown=[assignment(UNKNOWN), assignment(OWNER, UNKNOWN, "Group")],
)


def role(**changes: object):
    permission = {"actions": ["Microsoft.MachineLearningServices/workspaces/jobs/*"]}
    permission |= {k: v for k, v in changes.items() if k != "scopes"}
    scopes = changes.get("scopes", [GROUP_SCOPE])
    return [
        res(
            "azure-native:authorization:RoleDefinition",
            {"permissions": [permission], "assignableScopes": scopes},
        )
    ]


vary(
    "AZ-IAM-02",
    role(),
    bad=[
        role(actions=["*"]),
        role(actions=["Microsoft.Authorization/*/write"]),
        role(actions=["Microsoft.Authorization/roleAssignments/write"]),
        role(actions=["Microsoft.Authorization/*"]),
        role(actions=["*/write"]),
        role(dataActions=["*"]),
        role(scopes=["/"]),
    ],
    good=[
        role(actions=["*/read", "Microsoft.Authorization/*/read"]),
        role(dataActions=["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]),
        role(notActions=["*"]),
    ],
    unknown=[role(actions=[UNKNOWN]), role(actions=UNKNOWN), role(scopes=[UNKNOWN])],
)
DEV = {
    "environment": "dev",
    "environments": {
        "dev": {"azure_subscriptions": ["sub-dev"], "azure_resource_groups": ["ml-dev"]}
    },
}
vary(
    "AZ-IAM-04",
    assignment(READER),
    settings=DEV,
    bad=[
        assignment(READER, "/subscriptions/sub-prod/resourceGroups/ml-dev"),
        assignment(READER, f"{SUBSCRIPTION}/resourceGroups/ml-prod/providers/x"),
        assignment(READER, MANAGEMENT),
    ],
    good=[assignment(READER, f"{GROUP_SCOPE.upper().replace('SUBSCRIPTIONS', 'subscriptions')}")],
    unknown=[assignment(READER, UNKNOWN)],
)
POSTGRES = res(
    "azure-native:dbforpostgresql:Server",
    {
        "network": {"publicNetworkAccess": "Disabled"},
        "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled"},
        "dataEncryption": {"type": "AzureKeyVault"},
    },
)
NETWORK = "network.publicNetworkAccess"
vary(
    "AZ-PG-01",
    POSTGRES,
    settings=PROD,
    bad=[
        {NETWORK: "Enabled"},
        {"network": None},
        {"authConfig.passwordAuth": "Enabled"},
        {"authConfig.activeDirectoryAuth": None},
        {"dataEncryption": None},
    ],
    good=[
        {"network": {"delegatedSubnetResourceId": UNKNOWN}},
        {"network": {"delegatedSubnetResourceId": "s"}},
    ],
    unknown=[NETWORK, "dataEncryption"],
)
vary("AZ-PG-01", POSTGRES, good=[{"authConfig.passwordAuth": None}])
NETWORK = "networkProfile"
vary(
    "AZ-AKS-04",
    AKS,
    bad=[
        {NETWORK: None},
        {f"{NETWORK}.networkPolicy": "none"},
        {"agentPoolProfiles.0.enableNodePublicIP": True},
    ],
    good=[
        {f"{NETWORK}.networkPolicy": "azure", f"{NETWORK}.outboundType": "loadBalancer"},
        {"agentPoolProfiles.0.enableNodePublicIP": False},
    ],
    unknown=[f"{NETWORK}.networkPolicy", "agentPoolProfiles.0.enableNodePublicIP"],
)
vary(
    "AZ-AKS-04",
    AKS,
    settings={"isolation": "vpc"},
    bad=[{f"{NETWORK}.outboundType": "loadBalancer"}, {f"{NETWORK}.outboundType": None}],
    good=[{f"{NETWORK}.outboundType": "block"}],
    unknown=[f"{NETWORK}.outboundType"],
)
AT_HOST, SECRETS = (
    "agentPoolProfiles.0.enableEncryptionAtHost",
    "securityProfile.azureKeyVaultKms",
)
vary(
    "AZ-AKS-05",
    AKS,
    settings=PROD,
    bad=[{AT_HOST: None}, {AT_HOST: False}, {SECRETS: None}, {f"{SECRETS}.enabled": False}],
    unknown=[AT_HOST, SECRETS],
)
vary("AZ-AKS-05", [], none=[[res(AKS.type, {"identity": {"type": "UserAssigned"}})]])
ENTRA = "api://AzureADTokenExchange"
vary(
    "AZ-IAM-03",
    res(
        "azure-native:managedidentity:FederatedIdentityCredential",
        {
            "subject": "system:serviceaccount:ml:step",
            "issuer": "https://oidc.example.org",
            "audiences": [ENTRA],
        },
    ),
    bad=[
        {"subject": "repo:acme/ml:*"},
        {"subject": "repo:acme/ml:pull_request"},
        {"subject": "system:serviceaccount:ml"},
        {"subject": None},
        {"audiences": ["sts.example.org"]},
        {"audiences": [ENTRA, "sts.example.org"]},
        {"audiences": None},
    ],
    good=[{"subject": "repo:acme/ml:environment:prod"}],
    unknown=["subject", "audiences"],
)
