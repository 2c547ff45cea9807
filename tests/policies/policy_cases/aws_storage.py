"""S3, ECR and KMS."""

from __future__ import annotations

from policy_cases.builder import UNKNOWN, Ref, allow, deny, document, res, vary

BUCKET = res("aws:s3/bucket:Bucket", {"bucket": "data"}, "b")
LOG = res("aws:s3/bucket:Bucket", {"bucket": "logs"}, "log")
ARNS = ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def on(type_: str, props: dict, name: str = "c", bucket: str = "b"):
    return res(
        f"aws:s3/{type_[0].lower()}{type_[1:]}:{type_}", {"bucket": Ref(bucket)} | props, name
    )


BLOCK = on("BucketPublicAccessBlock", dict.fromkeys(FLAGS, True))
vary(
    "AWS-S3-01",
    [BLOCK, BUCKET],
    bad=[
        *({flag: False} for flag in FLAGS),
        {"blockPublicAcls": None},
        [BUCKET],
        [res(BLOCK.type, {"bucket": "data"} | dict.fromkeys(FLAGS, True), "by-name"), BUCKET],
    ],
    unknown=["restrictPublicBuckets"],
)

KMS = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:aws:kms:eu-west-1:1:key/k"}


def encryption(default: dict, bucket: str = "b"):
    rules = {"rules": [{"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": True}]}
    return on("BucketServerSideEncryptionConfiguration", rules, "enc", bucket)


LOGGING = on("BucketLogging", {"targetBucket": Ref("log"), "targetPrefix": "s3/"}, "l")
AES = {"sseAlgorithm": "AES256"}
vary(
    "AWS-S3-02",
    [encryption(KMS), BUCKET],
    bad=[
        [BUCKET],
        [encryption(AES), BUCKET],
        [encryption({"sseAlgorithm": "aws:kms"}), BUCKET],
        [encryption(KMS | {"kmsMasterKeyId": "alias/aws/s3"}), BUCKET],
        # Its own log target is no log bucket.
        [encryption(AES), BUCKET, on("BucketLogging", {"targetBucket": Ref("b")}, "l")],
    ],
    good=[
        [encryption(KMS | {"kmsMasterKeyId": UNKNOWN}), BUCKET],  # a key known after apply
        [encryption(KMS | {"sseAlgorithm": "aws:kms:dsse"}), BUCKET],
        [encryption(KMS), BUCKET, LOGGING, LOG, encryption(AES, "log")],  # a log bucket
        [encryption(KMS), BUCKET, LOGGING, LOG, encryption(KMS, "log")],
        [
            res(
                "aws:s3/bucket:Bucket",
                {
                    "serverSideEncryptionConfiguration": {
                        "rule": {"applyServerSideEncryptionByDefault": KMS}
                    }
                },
            )
        ],
    ],
    unknown=[
        [encryption(KMS | {"sseAlgorithm": UNKNOWN}), BUCKET],
        [res("aws:s3/bucket:Bucket", {"serverSideEncryptionConfiguration": UNKNOWN})],
    ],
)

VERSIONING = on("BucketVersioning", {"versioningConfiguration": {"status": "Enabled"}})
vary(
    "AWS-S3-04",
    [VERSIONING, BUCKET],
    bad=[{"versioningConfiguration.status": "Suspended"}, [BUCKET]],
    good=[[res("aws:s3/bucket:Bucket", {"versioning": {"enabled": True}})]],
    unknown=["versioningConfiguration.status", "versioningConfiguration"],
)

TLS = {"Bool": {"aws:SecureTransport": "false"}}
DENY_HTTP = deny("s3:*", ARNS, TLS, Principal="*")


def policy(*statements: dict):
    return on("BucketPolicy", {"policy": document(*statements)}, "p")


def policy_as(value: object):
    return on("BucketPolicy", {"policy": value}, "p")


vary(
    "AWS-S3-05",
    [policy(DENY_HTTP), BUCKET],
    bad=[
        [BUCKET],
        [policy(DENY_HTTP | {"Resource": ARNS[0]}), BUCKET],
        [policy(DENY_HTTP | {"Resource": ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]}), BUCKET],
        [policy(DENY_HTTP | {"Principal": {"AWS": "arn:aws:iam::1:root"}}), BUCKET],
        [policy(DENY_HTTP | {"Effect": "Allow"}), BUCKET],
        [policy(DENY_HTTP | {"Action": "s3:GetObject"}), BUCKET],
        [policy(DENY_HTTP | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}), BUCKET],
        [policy(DENY_HTTP | {"Condition": {**TLS, "StringEquals": {"a:b": "c"}}}), BUCKET],
        [policy_as("no json"), BUCKET],
    ],
    good=[
        [policy(DENY_HTTP | {"Principal": {"AWS": "*"}}), BUCKET],
        [policy(DENY_HTTP | {"Condition": {"Bool": {"aws:securetransport": False}}}), BUCKET],
        [policy_as({"Statement": DENY_HTTP}), BUCKET],  # object forms
        [policy_as([DENY_HTTP]), BUCKET],
    ],
    unknown=[
        {"policy": UNKNOWN},
        [policy_as({"Statement": [DENY_HTTP | {"Resource": UNKNOWN}]}), BUCKET],
    ],
)

OWNED = on("BucketOwnershipControls", {"rule": {"objectOwnership": "BucketOwnerEnforced"}}, "o")
vary(
    "AWS-S3-06",
    [OWNED, BUCKET],
    bad=[{"rule.objectOwnership": "ObjectWriter"}, [BUCKET, on("BucketAcl", {"acl": "private"})]],
    good=[[BUCKET]],  # AWS's own default
    unknown=["rule.objectOwnership"],
)

vary(
    "AWS-S3-07",
    BUCKET,
    bad=[
        {"acl": "public-read"},
        {"acl": "authenticated-read"},
        {"website": {"indexDocument": "index.html"}},
        [on("BucketAcl", {"acl": "public-read-write"})],
    ],
    good=[{"acl": "private"}, [on("BucketAcl", {"acl": "log-delivery-write"})]],
    unknown=["acl"],
)

READ = allow("s3:GetObject", ARNS[1], Principal="*")
vary(
    "AWS-S3-08",
    policy(DENY_HTTP),
    bad=[
        [policy(READ)],
        [policy(READ | {"Principal": {"AWS": ["arn:aws:iam::1:root", "*"]}})],
        [policy(READ | {"Condition": {"StringEquals": {"aws:UserAgent": "x"}}})],
        [policy(READ | {"Condition": {"StringLike": {"aws:PrincipalOrgID": "*"}}})],
        # Negated and -IfExists operators let those in who have no such key.
        [policy(READ | {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}})],
        [policy(READ | {"Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}})],
    ],
    good=[
        [policy(READ | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}})],
        [policy(READ | {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}})],
        [policy(READ | {"Principal": {"AWS": "arn:aws:iam::1:role/r"}})],
        [policy(READ | {"Effect": "Deny"})],  # an explicit deny
        [
            policy(
                allow(
                    "s3:PutObject",
                    "arn:aws:s3:::logs/*",
                    {"StringEquals": {"aws:SourceAccount": "111111111111"}},
                    Principal={"Service": "logging.s3.amazonaws.com"},
                )
            )
        ],
    ],
    unknown=["policy", [policy_as({"Statement": [READ | {"Condition": UNKNOWN}]})]],
)

OUTSIDE = deny(
    ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
    ARNS,
    {
        "StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/deployer"},
    },
    Principal="*",
)
NO_CARVE = OUTSIDE | {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
vary(
    "AWS-S3-09",
    policy(DENY_HTTP, OUTSIDE),
    settings={"isolation": "vpc"},
    bad=[[policy(DENY_HTTP)], [policy(OUTSIDE | {"Action": "s3:GetObject"})], [policy(NO_CARVE)]],
    good=[[policy(OUTSIDE | {"Action": "s3:*"})]],
    unknown=["policy"],
)
vary("AWS-S3-09", policy(OUTSIDE), settings={"isolation": "vpc"}, none=[])

TRAIL = res("aws:cloudtrail/trail:Trail", {"advancedEventSelectors": [{"x": Ref("b")}]}, "t")
vary(
    "AWS-S3-10",
    [LOGGING, BUCKET, LOG],
    bad=[[BUCKET], [on("BucketLogging", {"targetBucket": Ref("b")}, "l"), BUCKET]],
    good=[
        [BUCKET, TRAIL],
        [
            BUCKET,
            res(
                "aws:cloudtrail/trail:Trail",
                {
                    "eventSelectors": [
                        {"dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}
                    ]
                },
            ),
        ],
    ],
)

REPOSITORY = res(
    "aws:ecr/repository:Repository",
    {
        "name": "train",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": "arn:aws:kms:k"}],
    },
)
vary(
    "AWS-ECR-01",
    REPOSITORY,
    bad=[{"imageTagMutability": "MUTABLE"}, {"imageTagMutability": None}],
    good=[{"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}],
    unknown=["imageTagMutability"],
)
ENHANCED = res(
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
    {
        "scanType": "ENHANCED",
        "rules": [
            {
                "scanFrequency": "SCAN_ON_PUSH",
                "repositoryFilters": [{"filter": "tra*", "filterType": "WILDCARD"}],
            }
        ],
    },
    "scan",
)
UNSCANNED = res("aws:ecr/repository:Repository", {"name": "train"})
OTHER = res("aws:ecr/repository:Repository", {"name": "serve"})
vary(
    "AWS-ECR-02",
    REPOSITORY,
    bad=[
        {"imageScanningConfiguration.scanOnPush": False},
        {"imageScanningConfiguration": None},
        [OTHER, ENHANCED],
    ],
    good=[[UNSCANNED, ENHANCED]],
    unknown=["imageScanningConfiguration"],
)


def pull(principal: object, action: object = "ecr:BatchGetImage", condition: object = None):
    text = document(allow(action, None, condition, Principal=principal))
    return [res("aws:ecr/repositoryPolicy:RepositoryPolicy", {"policy": text})]


ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
vary(
    "AWS-ECR-04",
    pull({"AWS": "arn:aws:iam::111111111111:root"}),
    bad=[pull("*"), pull({"AWS": "arn:aws:iam::111111111111:root"}, "ecr:*")],
    good=[pull("*", condition=ORG)],
    unknown=["policy"],
)

KEY = res("aws:kms/key:Key", {"enableKeyRotation": True})
vary(
    "AWS-KMS-01",
    KEY,
    bad=[{"enableKeyRotation": False}, {"enableKeyRotation": None}],
    unknown=["enableKeyRotation", {"enableKeyRotation": None, "customerMasterKeySpec": UNKNOWN}],
    none=[
        [res("aws:kms/key:Key", {"customerMasterKeySpec": "RSA_2048", "keyUsage": "SIGN_VERIFY"})],
        [res("aws:kms/key:Key", {"keyUsage": "GENERATE_VERIFY_MAC"})],
        [res("aws:kms/key:Key", {"customKeyStoreId": "cks-1"})],
    ],
)
ROOT = allow("kms:*", "*", Principal={"AWS": "arn:aws:iam::111111111111:root"})
VIA = {
    "StringEquals": {"kms:CallerAccount": "111111111111", "kms:ViaService": "s3.eu.amazonaws.com"}
}


def key(*statements: dict, type_: str = "aws:kms/key:Key"):
    return [res(type_, {"policy": document(*statements)})]


vary(
    "AWS-KMS-02",
    key(ROOT),  # the account's own root is no violation
    bad=[
        key(ROOT | {"Principal": "*"}),
        key(ROOT | {"Principal": {"AWS": "*"}}),
        key(ROOT | {"Principal": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "1"}}}),
        key(ROOT | {"Principal": "*"}, type_="aws:kms/keyPolicy:KeyPolicy"),
    ],
    good=[key(ROOT, ROOT | {"Principal": "*", "Condition": VIA}), [KEY]],
    unknown=["policy"],
)
BUCKET_KEY = "rules.0.bucketKeyEnabled"
ALGORITHM = "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm"
vary(
    "AWS-S3-03",
    encryption(KMS),
    bad=[{BUCKET_KEY: False}, {BUCKET_KEY: None}],
    unknown=[BUCKET_KEY, {BUCKET_KEY: None, ALGORITHM: UNKNOWN}],
    none=[{BUCKET_KEY: None, ALGORITHM: "aws:kms:dsse"}, [encryption(AES)]],
)
UPKEEP = {
    "status": "Enabled",
    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    "noncurrentVersionExpiration": {"noncurrentDays": 90},
}
LIFECYCLE = on("BucketLifecycleConfiguration", {"rules": [UPKEEP]}, "life")
ABORT = "rules.0.abortIncompleteMultipartUpload"
INLINE = {
    "enabled": True,
    "abortIncompleteMultipartUploadDays": 1,
    "noncurrentVersionExpiration": {"days": 30},
}
vary(
    "AWS-S3-11",
    [LIFECYCLE, BUCKET],
    bad=[
        [BUCKET],
        {"rules.0.status": "Disabled"},
        {ABORT: None},
        {f"{ABORT}.daysAfterInitiation": 8},
        {"rules.0.noncurrentVersionExpiration": None},
        [res(BUCKET.type, {"lifecycleRules": [INLINE | {"enabled": False}]})],
    ],
    good=[[res(BUCKET.type, {"lifecycleRules": [INLINE]})]],
    unknown=["rules", "rules.0.status", f"{ABORT}.daysAfterInitiation"],
)
vary(
    "AWS-S3-12",
    BUCKET,
    settings={"environment": "prod"},
    bad=[{"forceDestroy": True}],
    good=[{"forceDestroy": False}],
    unknown=["forceDestroy"],
)
vary("AWS-S3-12", [], none=[[res(BUCKET.type, {"forceDestroy": True})]])
CONFIGURATION = "encryptionConfigurations"
vary(
    "AWS-ECR-03",
    REPOSITORY,
    bad=[
        {CONFIGURATION: None},
        {f"{CONFIGURATION}.0.encryptionType": "AES256"},
        {f"{CONFIGURATION}.0.kmsKey": None},  # AWS's own key
    ],
    good=[{f"{CONFIGURATION}.0.kmsKey": UNKNOWN}],
    unknown=[CONFIGURATION, f"{CONFIGURATION}.0.encryptionType"],
)
WINDOW = "deletionWindowInDays"
vary("AWS-KMS-03", KEY, bad=[{WINDOW: 7}], good=[{WINDOW: 14}, {WINDOW: 30}], unknown=[WINDOW])
vary("AWS-KMS-03", KEY, settings={"environment": "prod"}, bad=[{WINDOW: 14}], good=[{WINDOW: 30}])
SECRET = res("aws:secretsmanager/secret:Secret", {"kmsKeyId": "k"})
GUARD = "aws:secretsmanager/secretPolicy:SecretPolicy"


def secret_policy(principal: object, condition: object = None, **more: object):
    text = document(allow("secretsmanager:GetSecretValue", "*", condition, Principal=principal))
    return [res(GUARD, {"policy": text, "blockPublicPolicy": True} | more)]


READER = {"AWS": "arn:aws:iam::111111111111:role/step"}
vary(
    "AWS-SEC-01",
    SECRET,
    bad=[
        {"kmsKeyId": None},
        {"policy": document(allow("secretsmanager:GetSecretValue", "*", Principal="*"))},
        secret_policy("*"),
        secret_policy(READER, blockPublicPolicy=None),
    ],
    good=[{"kmsKeyId": UNKNOWN}, secret_policy(READER), secret_policy("*", ORG)],
    unknown=["policy", secret_policy(READER, blockPublicPolicy=UNKNOWN)],
)
