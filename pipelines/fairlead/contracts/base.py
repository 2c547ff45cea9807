"""What every contract shares: flavor, version, and the refusal of secret values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

#: The contract version that this code reads and writes: readers accept any minor of the major.
VERSION = "1.0"

#: How Pulumi's wire format marks a special value, and the kind of it that is a secret.
_PULUMI_SPECIAL = "4dabf18193072939515e22adb298388d"

#: Keys that name a secret's value. Keys that end in a word for a reference are fine.
_SECRET_KEY = re.compile(
    r"(?i)(^|[_-])(password|passwd|passphrase|secret|secret_?key|secret_?value|private_?key"
    r"|access_?key|account_?key|api_?key|token|credential|connection_?string|sas)$"
)
_SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|://[^/\s:@]*:[^/\s@]+@|\bAKIA[0-9A-Z]{16}\b"
    r"|[?&](sig|X-Amz-Signature|X-Goog-Signature)="
)


def secret_paths(value: object, path: str = "") -> list[str]:
    """List the paths at which a document seems to hold a secret's value.

    Names that describe a reference (``password_ref``, ``token_name``) are not reported; values are
    never part of the answer.

    Args:
        value: Any JSON-like document.
        path: The path of ``value`` itself, for the answer.

    Example:
        >>> secret_paths({"database": {"password": "hunter2", "password_ref": "db"}})
        ['database.password']
    """
    found: list[str] = []
    if isinstance(value, Mapping):
        if _PULUMI_SPECIAL in value:
            return [path or "(document)"]
        for key, item in value.items():
            here = f"{path}.{key}" if path else str(key)
            if isinstance(item, str) and item and _SECRET_KEY.search(_snake(str(key))):
                found.append(here)
            else:
                found += secret_paths(item, here)
    elif isinstance(value, str):
        if _SECRET_TEXT.search(value):
            found.append(path or "(document)")
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for index, item in enumerate(value):
            found += secret_paths(item, f"{path}[{index}]")
    return found


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)


class Contract(BaseModel):
    """Promise what a component provisioned: references only, never a secret's value.

    Attributes:
        flavor: Which implementation of its kind this is, such as ``s3``.
        version: ``major.minor`` of this contract. A reader ignores keys that it does not know
            within a major version and refuses another major.

    Raises:
        pydantic.ValidationError: A field is missing, wrong, or looks like a secret's value.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    flavor: str
    version: str = VERSION

    @model_validator(mode="before")
    @classmethod
    def _refuse_secrets(cls, data: Any) -> Any:
        if paths := secret_paths(data):
            raise ValueError(
                f"{', '.join(paths)}: looks like a secret's value; a contract carries a reference "
                "(store the value in the secret store and name it here)"
            )
        return data

    @field_validator("version")
    @classmethod
    def _same_major(cls, value: str) -> str:
        major = value.partition(".")[0]
        if major != VERSION.partition(".")[0]:
            raise ValueError(
                f"contract version {value} is not readable by this Fairlead (it reads "
                f"{VERSION.partition('.')[0]}.x): upgrade with `pip install -U fairlead`"
            )
        return value
