"""IAM: policies, roles, attachments, users, and other environments' accounts."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, Ref, allow, deny, document, res, vary

OBJECTS = "arn:aws:s3:::data/*"
RUNNER = "arn:aws:iam::111111111111:role/app-step"
SCOPED = allow("s3:GetObject", OBJECTS)
TYPES = {
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
}


def policy(*statements: dict, type_: str = "aws:iam/policy:Policy"):
    return [res(type_, {"policy": document(*statements)})]


def inline(*statements: dict):
    return [res("aws:iam/role:Role", {"inlinePolicies": [{"policy": document(*statements)}]})]


def unread(given: dict):
    return [res("aws:iam/policy:Policy", {"policy": {"Statement": [given]}})]


ADMIN = allow("*", "*")
vary(
    "AWS-IAM-01",
    policy(SCOPED),
    bad=[
        *(policy(SCOPED, ADMIN, type_=one) for one in sorted(TYPES)),
        inline(ADMIN),
        policy(allow(["*"], ["*"])),
        [
            res(
                "aws:iam/policy:Policy",
                {"policy": {"statement": {"Effect": "allow", "action": "*:*", "resource": "*"}}},
            )
        ],
        [res("aws:iam/policy:Policy", {"policy": "{"})],
    ],
    good=[policy(deny("*", "*")), policy(allow("*", OBJECTS)), inline(SCOPED)],
    unknown=["policy", unread(allow("*", UNKNOWN))],
    none=[[res("aws:iam/role:Role", {})]],
)
vary(
    "AWS-IAM-02",
    policy(SCOPED),
    bad=[
        policy(allow("s3:*", "*")),
        policy(allow("S3:Get*", "*")),
        inline(allow(["sagemaker:*"], ["*"])),
    ],
    good=[
        policy(allow("s3:Get*", OBJECTS)),
        policy(allow(["ec2:Describe*", "sagemaker:List*", "xray:Put*"], "*")),  # take no resource
        policy(deny("s3:*", "*")),
    ],
    unknown=["policy"],
)
NAMESPACE = {"StringEquals": {"cloudwatch:namespace": "fairlead"}}
SUBNET = {"ArnEquals": {"ec2:Subnet": ["arn:aws:ec2:eu-west-1:111111111111:subnet/s"]}}
vary(
    "AWS-IAM-03",
    policy(SCOPED),
    bad=[
        policy(allow("s3:GetObject", "*")),
        policy(allow(["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], "*")),
        policy(allow("cloudwatch:PutMetricData", "*")),
        policy(allow("ec2:CreateNetworkInterface", "*")),
    ],
    good=[
        policy(allow(["ecr:GetAuthorizationToken", "sts:GetCallerIdentity"], "*")),
        policy(allow(["logs:DescribeLogGroups", "ec2:DescribeNetworkInterfaces"], "*")),
        policy(allow("cloudwatch:PutMetricData", "*", NAMESPACE)),
        policy(allow("ec2:CreateNetworkInterface", "*", SUBNET)),
        policy(deny("s3:GetObject", "*")),
    ],
    unknown=["policy"],
)
TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
PASS = allow("iam:PassRole", RUNNER, TO_SAGEMAKER)
vary(
    "AWS-IAM-04",
    policy(PASS),
    bad=[
        policy(PASS | {"Resource": "*"}),
        policy(PASS | {"Resource": "arn:aws:iam::111111111111:role/*"}),
        policy(allow("iam:PassRole", RUNNER)),
        policy(allow("iam:Pass*", RUNNER)),
    ],
    good=[policy(SCOPED), policy(deny("iam:PassRole", "*"))],
    unknown=["policy", unread(PASS | {"Resource": UNKNOWN})],
)


def role(*statements: dict):
    return [res("aws:iam/role:Role", {"assumeRolePolicy": document(*statements)})]


def trust(principal: object, condition: object = None, action: str = "sts:AssumeRole"):
    return allow(action, None, condition, Principal=principal)


SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}
SOURCE = {"StringEquals": {"aws:SourceAccount": "111111111111"}}
OTHER = {"AWS": "arn:aws:iam::222222222222:root"}
OWN = {"environment": "dev", "environments": {"dev": {"aws_accounts": ["111111111111"]}}}
vary(
    "AWS-IAM-05",
    role(trust(SAGEMAKER, SOURCE)),
    settings=OWN,
    bad=[
        role(trust("*")),
        role(trust({"AWS": "*"})),
        role(trust(SAGEMAKER)),
        role(trust(OTHER)),
        role(trust({"AWS": "222222222222"})),
    ],
    good=[
        role(trust({"Service": "ec2.amazonaws.com"})),  # sends no source
        role(trust(OTHER, {"StringEquals": {"sts:ExternalId": "x"}})),
        role(trust({"AWS": RUNNER})),
        role(deny("sts:AssumeRole", None, None, Principal="*")),
    ],
    unknown=["assumeRolePolicy"],
)
vary("AWS-IAM-05", role(trust(SAGEMAKER, SOURCE)), unknown=[role(trust(OTHER))])

MANAGED = "arn:aws:iam::aws:policy/"


def attached(arn: object, kind: str = "role"):
    name = f"{kind}PolicyAttachment"
    return [res(f"aws:iam/{name}:{name[0].upper()}{name[1:]}", {"policyArn": arn})]


vary(
    "AWS-IAM-06",
    attached(f"{MANAGED}service-role/AWSLambdaBasicExecutionRole"),
    bad=[
        attached(f"{MANAGED}AdministratorAccess"),
        attached(f"{MANAGED}AmazonSageMakerFullAccess", "user"),
        attached(f"{MANAGED}AmazonS3FullAccess", "group"),
        attached(f"{MANAGED}PowerUserAccess"),
        [res("aws:iam/role:Role", {"managedPolicyArns": [f"{MANAGED}IAMFullAccess"]})],
        [
            res(
                "aws:iam/policyAttachment:PolicyAttachment",
                {"policyArn": f"{MANAGED}IAMFullAccess"},
            )
        ],
    ],
    good=[attached("arn:aws:iam::111111111111:policy/OwnFullAccess")],
    unknown=[{"policyArn": UNKNOWN}],
    none=[[res("aws:iam/role:Role", {})]],
)
vary(
    "AWS-IAM-07",
    res("aws:iam/user:User", {"name": "breakglass"}, "breakglass"),
    settings={"allowed_iam_users": ["*::breakglass"]},
    bad=[
        [res("aws:iam/user:User", {"name": UNKNOWN})],
        [res("aws:iam/accessKey:AccessKey", {"user": "u"})],
        [res("aws:iam/userLoginProfile:UserLoginProfile", {"user": "u"})],
    ],
)
GITHUB = "token.actions.githubusercontent.com"
FEDERATED = {"Federated": f"arn:aws:iam::111111111111:oidc-provider/{GITHUB}"}
AUD = {f"{GITHUB}:aud": "sts.amazonaws.com"}
SUB = {f"{GITHUB}:sub": "repo:acme/models:environment:prod"}


def web(equals: object, like: object = None):
    condition = {"StringEquals": equals} | ({"StringLike": like} if like else {})
    return role(trust(FEDERATED, condition, "sts:AssumeRoleWithWebIdentity"))


IRSA = "oidc.eks.eu-west-1.amazonaws.com/id/X"
vary(
    "AWS-IAM-08",
    web(AUD | SUB),
    bad=[
        web(AUD),
        web(SUB),
        web(AUD, {f"{GITHUB}:sub": "*"}),
        web(AUD, {f"{GITHUB}:sub": "repo:*"}),
        web(AUD, {f"{GITHUB}:sub": "repo:acme/*"}),
        web(AUD | {f"{GITHUB}:sub": "repo:acme/*:ref"}),
        web({f"{GITHUB}:aud": "other"} | SUB),
    ],
    good=[
        web(AUD, {f"{GITHUB}:sub": "repo:acme/models:*"}),
        web({f"{IRSA}:aud": "sts.amazonaws.com", f"{IRSA}:sub": "system:serviceaccount:ml:step"}),
    ],
    unknown=["assumeRolePolicy"],
    none=[role(trust(SAGEMAKER, SOURCE))],
)
vary(
    "AWS-IAM-09",
    policy(SCOPED, PASS),
    bad=[
        policy(allow("iam:CreatePolicyVersion", "arn:aws:iam::1:policy/p")),
        policy(allow("iam:Put*Policy", RUNNER)),
        policy(allow("iam:*", RUNNER)),
        inline(allow("iam:AttachRolePolicy", RUNNER)),
        policy(allow("sts:AssumeRole", "*")),
        policy(allow("iam:PassRole", "*"), allow("sagemaker:CreateTrainingJob", "*")),
    ],
    good=[
        policy(allow(["iam:Get*", "iam:List*"], RUNNER)),
        policy(allow("sts:AssumeRole", RUNNER)),
        policy(deny("iam:*", "*")),  # an explicit deny
    ],
    unknown=["policy"],
)
TWO = {
    "environment": "dev",
    "environments": {
        "dev": {"aws_accounts": ["111111111111"]},
        "prod": {"aws_accounts": ["222222222222"]},
    },
    "shared": {"aws_accounts": ["333333333333"]},
}
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
vary(
    "AWS-IAM-11",
    policy(PASS),
    settings=TWO,
    bad=[
        policy(PASS | {"Resource": "arn:aws:iam::222222222222:role/app-step"}),
        policy(PASS | {"Resource": "arn:aws:iam::111111111111:role/app-prod-step"}),
        role(trust({"AWS": "222222222222"})),
        inline(allow("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:222222222222:repository/r")),
        policy(allow("s3:GetObject", OBJECTS, Principal=OTHER), type_=BUCKET_POLICY),
        [res("aws:kms/key:Key", {"policy": document(allow("kms:*", "*", Principal=OTHER))})],
    ],
    good=[
        policy(allow("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:333333333333:repository/r")),
        policy(deny("s3:*", "arn:aws:s3:eu-west-1:222222222222:accesspoint/a")),
        role(trust(SAGEMAKER, SOURCE)),
    ],
    unknown=["policy"],
)
MLFLOW = allow(
    "sagemaker-mlflow:GetRun", "arn:aws:sagemaker:eu-west-1:111111111111:mlflow-tracking-server/t"
)
FROM_VPC = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
vary(
    "AWS-SM-16",
    policy(MLFLOW | {"Condition": FROM_VPC}),
    settings={"isolation": "vpc"},
    bad=[
        policy(MLFLOW),
        policy(MLFLOW | {"Condition": {"StringNotEquals": {"aws:SourceVpce": "v"}}}),
    ],
    good=[policy(MLFLOW | {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}})],
    unknown=["policy"],
    none=[policy(SCOPED)],
)
ELSE = {"Effect": "Allow", "NotAction": "iam:*", "Resource": OBJECTS}
vary(
    "AWS-IAM-10",
    policy(SCOPED),
    bad=[
        *(policy(SCOPED, ELSE, type_=one) for one in sorted(TYPES)),
        inline(ELSE),
        policy({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": OBJECTS}),
        [
            res(
                "aws:iam/role:Role",
                {
                    "assumeRolePolicy": document(
                        allow("sts:AssumeRole", NotPrincipal={"AWS": "arn:aws:iam::1:root"})
                    )
                },
            )
        ],
    ],
    good=[policy(ELSE | {"Effect": "Deny"}), inline(SCOPED)],  # an explicit deny
    unknown=["policy", unread(ELSE | {"NotAction": UNKNOWN})],
)
SHARED = res("aws:iam/role:Role", {}, "r")
RUN = res("aws:sagemaker/pipeline:Pipeline", {"roleArn": Ref("r")}, "run")
SERVE = res("aws:sagemaker/model:Model", {"executionRoleArn": Ref("r")}, "serve")
BATCH = res("aws:batch/jobDefinition:JobDefinition", {"containerProperties": Ref("r")}, "batch")
AIRFLOW = res("aws:mwaa/environment:Environment", {"executionRoleArn": Ref("r")}, "airflow")
vary(
    "AWS-IAM-12",
    [SHARED, RUN, BATCH, AIRFLOW],
    bad=[[SHARED, one, SERVE] for one in (RUN, BATCH, AIRFLOW)],
    good=[[SHARED, SERVE]],
    none=[
        [SHARED],
        [SHARED, res(RUN.type, {"roleArn": "arn:r"}), res(SERVE.type, {"executionRoleArn": "r"})],
    ],
)
