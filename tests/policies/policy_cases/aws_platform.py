"""EKS, RDS, log groups and networks."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, Ref, allow, document, res, vary

VPC_ONLY = {"isolation": "vpc"}
ALL = "0.0.0.0/0"
EKS = res(
    "aws:eks/cluster:Cluster",
    {
        "vpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": True},
        "encryptionConfig": {"provider": {"keyArn": "k"}, "resources": ["secrets"]},
        "enabledClusterLogTypes": ["api", "audit", "authenticator", "scheduler"],
        "accessConfig": {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": False,
        },
    },
)
PUBLIC = {"vpcConfig.endpointPublicAccess": True}
vary(
    "AWS-EKS-01",
    EKS,
    bad=[
        PUBLIC,
        {"vpcConfig.endpointPublicAccess": None},
        PUBLIC | {"vpcConfig.publicAccessCidrs": ["10.0.0.0/8", ALL]},
        {"vpcConfig.endpointPrivateAccess": None},
    ],
    good=[PUBLIC | {"vpcConfig.publicAccessCidrs": ["203.0.113.0/24"]}],
    unknown=["vpcConfig.endpointPublicAccess", PUBLIC | {"vpcConfig.publicAccessCidrs": UNKNOWN}],
)
vary(
    "AWS-EKS-01",
    EKS,
    settings=VPC_ONLY,
    bad=[PUBLIC | {"vpcConfig.publicAccessCidrs": ["203.0.113.0/24"]}],
)
vary(
    "AWS-EKS-02",
    EKS,
    bad=[
        {"encryptionConfig": None},
        {"encryptionConfig.provider.keyArn": None},
        {"encryptionConfig.resources": []},
    ],
    good=[{"encryptionConfig.provider.keyArn": UNKNOWN}],
    unknown=["encryptionConfig.resources"],
)
vary(
    "AWS-EKS-03",
    EKS,
    bad=[{"enabledClusterLogTypes": None}, {"enabledClusterLogTypes": ["api", "audit"]}],
    unknown=["enabledClusterLogTypes"],
)
TOKENS = "metadataOptions.httpTokens"
HOPS = "metadataOptions.httpPutResponseHopLimit"
vary(
    "AWS-EKS-06",
    res("aws:ec2/launchTemplate:LaunchTemplate", {"metadataOptions": {"httpTokens": "required"}}),
    bad=[{TOKENS: "optional"}, {TOKENS: None}, {HOPS: 3}],
    good=[{HOPS: 1}, {HOPS: 2}],
    unknown=[TOKENS, HOPS],
)
vary(
    "AWS-EKS-06",
    res("aws:eks/nodeGroup:NodeGroup", {}),
    bad=[{"remoteAccess": {"ec2SshKey": "k"}}],
)
DATABASE = res(
    "aws:rds/instance:Instance",
    {
        "storageEncrypted": True,
        "kmsKeyId": "k",
        "manageMasterUserPassword": True,
        "backupRetentionPeriod": 7,
        "deletionProtection": True,
    },
)
RDS_CLUSTER = res("aws:rds/cluster:Cluster", dict(DATABASE.props))
vary(
    "AWS-RDS-01",
    DATABASE,
    bad=[
        {"publiclyAccessible": True},
        [res("aws:rds/clusterInstance:ClusterInstance", {"publiclyAccessible": True})],
    ],
    good=[{"publiclyAccessible": False}],
    unknown=["publiclyAccessible"],
)
for database in (DATABASE, RDS_CLUSTER):
    vary(
        "AWS-RDS-02",
        database,
        bad=[{"storageEncrypted": None}, {"storageEncrypted": False}, {"kmsKeyId": None}],
        good=[{"kmsKeyId": UNKNOWN}],
        unknown=["storageEncrypted"],
    )
    vary(
        "AWS-RDS-03",
        database,
        bad=[
            {"manageMasterUserPassword": None},
            {"masterPassword": "hunter2"},
            {"password": UNKNOWN},  # even a secret one
        ],
        good=[{"manageMasterUserPassword": None, "passwordWo": UNKNOWN}],
        unknown=["manageMasterUserPassword"],
        none=[{"manageMasterUserPassword": None, "replicateSourceDb": "arn:db"}],
    )
vary(
    "AWS-LOG-01",
    res("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 365, "kmsKeyId": "k"}),
    bad=[{"retentionInDays": 30}, {"kmsKeyId": None}],
    good=[{"retentionInDays": 0}, {"retentionInDays": None}, {"kmsKeyId": UNKNOWN}],
    unknown=["retentionInDays"],
)
VPC = res("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, "v")
FLOW = res("aws:ec2/flowLog:FlowLog", {"vpcId": Ref("v"), "trafficType": "ALL"}, "f")
vary(
    "AWS-VPC-01",
    [FLOW, VPC],
    bad=[
        [VPC],
        {"trafficType": "ACCEPT"},
        [res("aws:ec2/flowLog:FlowLog", {"subnetId": Ref("v"), "trafficType": "ALL"}, "f"), VPC],
    ],
    good=[{"trafficType": "REJECT"}],
    unknown=["trafficType"],
)
SUBNET = res("aws:ec2/subnet:Subnet", {"cidrBlock": "10.0.0.0/24"})
vary(
    "AWS-VPC-02",
    SUBNET,
    bad=[{"mapPublicIpOnLaunch": True}, {"assignIpv6AddressOnCreation": True}],
    good=[{"mapPublicIpOnLaunch": False}],
    unknown=["mapPublicIpOnLaunch"],
    none=[{"mapPublicIpOnLaunch": True, "tags.tier": "public"}],
)
vary(
    "AWS-VPC-02",
    SUBNET,
    settings=VPC_ONLY,
    bad=[{"mapPublicIpOnLaunch": True, "tags.tier": "public"}],
)
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"


def group(**entries: object):
    return [res(GROUP, {key: [value] for key, value in entries.items()}, "public")]


HTTPS = {"fromPort": 443, "toPort": 443, "cidrBlocks": [ALL]}
vary(
    "AWS-VPC-03",
    group(ingress={"cidrBlocks": ["10.0.0.0/8"]}),
    bad=[
        group(ingress={"cidrBlocks": ["10.0.0.0/8", ALL]}),
        group(ingress={"ipv6CidrBlocks": ["::/0"]}),
        group(ingress=HTTPS),
        [res("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {"cidrIpv4": ALL})],
        [res("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {"cidrIpv6": "::/0"})],
        [res(RULE, {"type": "ingress", "cidrBlocks": [ALL]})],
    ],
    good=[group(egress={"cidrBlocks": [ALL]}), [res(GROUP, {})]],
    unknown=[group(ingress={"cidrBlocks": UNKNOWN})],
    none=[[res(RULE, {"type": "egress", "cidrBlocks": [ALL]})]],
)
vary(
    "AWS-VPC-03",
    group(ingress=HTTPS),
    settings={"public_load_balancers": ["*::public"]},
    bad=[group(ingress=HTTPS | {"fromPort": 0})],
)
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
vary(
    "AWS-VPC-04",
    group(egress={"cidrBlocks": ["10.0.0.0/16"]}),
    settings=VPC_ONLY,
    bad=[
        group(egress={"cidrBlocks": [ALL]}),
        [res(EGRESS, {"cidrIpv4": ALL})],
        [res(RULE, {"type": "egress", "ipv6CidrBlocks": ["::/0"]})],
    ],
    good=[
        [res(EGRESS, {"prefixListId": "pl-1"})],
        [res(EGRESS, {"referencedSecurityGroupId": "sg"})],
    ],
    unknown=[group(egress={"cidrBlocks": UNKNOWN}), [res(EGRESS, {"cidrIpv4": UNKNOWN})]],
)
ROUTE = "aws:ec2/route:Route"


def route(target: dict, destination: object = ALL):
    return [res(ROUTE, {"destinationCidrBlock": destination} | target, "r")]


NAT = res("aws:ec2/natGateway:NatGateway", {"connectivityType": "private"}, "n")
VGW = res("aws:ec2/vpnGateway:VpnGateway", {}, "vgw")
TABLE = "aws:ec2/routeTable:RouteTable"
vary(
    "AWS-VPC-05",
    NAT,
    settings=VPC_ONLY,
    bad=[
        {"connectivityType": None},
        route({"gatewayId": "igw-1"}),
        route({"natGatewayId": Ref("n")}),
        [res(ROUTE, {"destinationIpv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw"})],
        [res(TABLE, {"routes": [{"cidrBlock": ALL, "gatewayId": "igw-1"}]})],
    ],
    good=[
        route({"vpcPeeringConnectionId": "pcx"}),
        route({"natGatewayId": "nat-1"}, "10.1.0.0/16"),
        [*route({"gatewayId": Ref("vgw")}), VGW],
        [res(TABLE, {"routes": []})],
    ],
    unknown=[{"connectivityType": UNKNOWN}, route({"gatewayId": UNKNOWN}, UNKNOWN)],
)


WITHIN = allow(
    "*",
    "*",
    {"StringEquals": {"aws:PrincipalOrgID": "o-acme", "aws:ResourceOrgID": "o-acme"}},
    Principal="*",
)


def endpoints(*names: object, private_dns: object = True):
    return [
        res(
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            {
                "vpcId": Ref("v"),
                "serviceName": f"com.amazonaws.eu-west-1.{name}" if name is not UNKNOWN else name,
                "vpcEndpointType": "Gateway" if name == "s3" else "Interface",
                "privateDnsEnabled": None if name == "s3" else private_dns,
                "policy": document(WITHIN),
            },
            f"e-{name}",
        )
        for name in names
    ]


BASE = ("s3", "sts", "logs", "monitoring")
KMS_KEY = res("aws:kms/key:Key", {}, "k")
vary(
    "AWS-VPC-06",
    [VPC, *endpoints(*BASE)],
    settings=VPC_ONLY,
    bad=[
        [VPC],
        [VPC, *endpoints(*BASE[1:])],
        [VPC, *endpoints(*BASE), KMS_KEY],
        [VPC, *endpoints(*BASE, private_dns=False)],
        [VPC, *endpoints(*BASE), res("aws:eks/cluster:Cluster", {}, "c")],
    ],
    good=[[VPC, *endpoints(*BASE, "kms"), KMS_KEY]],
    unknown=[[VPC, *endpoints(*BASE[1:], UNKNOWN)], [VPC, *endpoints(*BASE, private_dns=UNKNOWN)]],
)
LAYERS = allow("s3:GetObject", "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*", Principal="*")


def guarded(*statements: dict, name: str = "s3"):
    service = {"serviceName": f"com.amazonaws.eu-west-1.{name}"}
    return [res("aws:ec2/vpcEndpoint:VpcEndpoint", service | {"policy": document(*statements)})]


vary(
    "AWS-VPC-07",
    guarded(WITHIN, LAYERS),
    bad=[
        guarded(allow("*", "*", Principal="*")),
        guarded(WITHIN, allow("s3:GetObject", "arn:aws:s3:::elsewhere/*", Principal="*")),
        guarded(
            allow("*", "*", {"StringEquals": {"aws:PrincipalOrgID": "o-acme"}}, Principal="*"),
            name="sagemaker.api",
        ),
        guarded(WITHIN | {"Condition": {"StringLike": {"aws:PrincipalOrgID": "*"}}}, name="sts"),
        {"policy": None},
    ],
    good=[guarded(WITHIN | {"Effect": "Deny"})],
    unknown=["policy", "serviceName"],
    none=[guarded(name="logs")],
)
DEFAULT = res("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"vpcId": Ref("v")}, "d")
vary(
    "AWS-VPC-08",
    [DEFAULT, VPC],
    bad=[
        [VPC],
        {"ingress": [{"protocol": "-1", "self": True}]},
        {"egress": [{"protocol": "-1", "cidrBlocks": [ALL]}]},
        [res(DEFAULT.type, {"vpcId": "by-name"}), VPC],
    ],
    good=[{"ingress": [], "egress": []}],
    unknown=["egress"],
)
MODE = "accessConfig.authenticationMode"
ADMIN = "accessConfig.bootstrapClusterCreatorAdminPermissions"
vary(
    "AWS-EKS-04",
    EKS,
    bad=[{"accessConfig": None}, {MODE: "CONFIG_MAP"}],
    good=[{MODE: "API_AND_CONFIG_MAP"}, {ADMIN: True}],
    unknown=[MODE],
)
vary(
    "AWS-EKS-04",
    EKS,
    settings={"environment": "prod"},
    bad=[{ADMIN: True}, {ADMIN: None}],
    unknown=[ADMIN],
)
EDIT = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
ASSOCIATION = res(
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    {"policyArn": EDIT, "accessScope": {"type": "namespace", "namespaces": ["ml"]}},
    "admins",
)
CLUSTER_ADMIN = {"policyArn": EDIT.replace("Edit", "ClusterAdmin")}
vary(
    "AWS-EKS-05",
    ASSOCIATION,
    bad=[CLUSTER_ADMIN, {"accessScope": {"type": "cluster"}}],
    unknown=["policyArn", "accessScope.type"],
)
vary(
    "AWS-EKS-05",
    ASSOCIATION,
    settings={"cluster_administrators": ["*::admins"]},
    good=[CLUSTER_ADMIN | {"accessScope": {"type": "cluster"}}],
)
for database in (DATABASE, RDS_CLUSTER):
    vary(
        "AWS-RDS-04",
        database,
        bad=[{"backupRetentionPeriod": 6}, {"backupRetentionPeriod": None}],
        good=[{"backupRetentionPeriod": 35, "deletionProtection": None}],
        unknown=["backupRetentionPeriod"],
    )
    vary(
        "AWS-RDS-04",
        database,
        settings={"environment": "prod"},
        bad=[{"deletionProtection": None}, {"skipFinalSnapshot": True}],
        unknown=["deletionProtection"],
    )
vary("AWS-RDS-04", [], none=[[res(DATABASE.type, {"replicateSourceDb": "arn:db"})]])


def parameters(family: object, name: object = None, value: object = None, of: str = ""):
    group = f"{of}ParameterGroup" if of else "ParameterGroup"
    listed = [] if name is None else [{"name": name, "value": value}]
    type_ = f"aws:rds/{group[0].lower()}{group[1:]}:{group}"
    return [res(type_, {"family": family, "parameters": listed})]


SSL, TRANSPORT = "rds.force_ssl", "require_secure_transport"
vary(
    "AWS-RDS-05",
    parameters("postgres14", SSL, "1"),
    bad=[
        parameters("postgres14"),
        parameters("postgres16", SSL, "0"),
        parameters("aurora-postgresql16", of="Cluster"),
        parameters("mysql8.0"),
        parameters("aurora-mysql8.0", TRANSPORT, "OFF", of="Cluster"),
    ],
    good=[
        parameters("postgres16"),  # RDS's own default
        parameters("aurora-postgresql17", of="Cluster"),
        parameters("mysql8.0", TRANSPORT, "ON"),
        parameters("mariadb11.4", TRANSPORT, "1"),
    ],
    unknown=[
        parameters(UNKNOWN),
        parameters("postgres14", SSL, UNKNOWN),
        parameters("postgres14", UNKNOWN, "1"),
    ],
    none=[parameters("oracle-ee-19")],
)
