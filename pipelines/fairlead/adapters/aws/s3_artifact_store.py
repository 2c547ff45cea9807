"""The artifact store of a stack on AWS, or on any server that speaks S3: a bucket."""

from __future__ import annotations

from typing import Any

from fairlead.contracts.artifact_store import S3ArtifactStoreContract
from fairlead.store.objects import ObjectStore
from fairlead.store.remote_objects import RemoteObjects


class S3ArtifactStore:
    """Open the bucket that the contract names; needs ``fairlead[s3]``.

    Credentials, and what the contract leaves open, come from the AWS SDK's own places
    (``AWS_PROFILE``, ``AWS_ENDPOINT_URL``, ``AWS_DEFAULT_REGION``, the machine's role).

    Example:
        >>> contract = S3ArtifactStoreContract(url="s3://ml/prod", region="eu-central-1")
        >>> S3ArtifactStore(contract).objects().url
        's3://ml/prod'
    """

    def __init__(self, contract: S3ArtifactStoreContract) -> None:
        self._contract = contract

    def objects(self) -> ObjectStore:
        """Return the objects of the store."""
        options: dict[str, Any] = {}
        if self._contract.endpoint_url:
            options["endpoint_url"] = self._contract.endpoint_url
        if self._contract.region:
            options["client_kwargs"] = {"region_name": self._contract.region}
        return RemoteObjects(self._contract.url, **options)
