"""What the errors of the cloud clients mean: each has a hierarchy of its own, none is imported."""

from __future__ import annotations

from typing import Any

from fairlead.errors import FairleadError

#: Names of errors that no repetition mends, and that say who is not allowed in.
_DENIED = {
    "PermissionError", "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError",
    "ProfileNotFound", "ClientAuthenticationError", "DefaultCredentialsError", "RefreshError",
    "CredentialUnavailableError", "TokenRetrievalError", "UnauthorizedSSOTokenError",
}  # fmt: skip
_ABSENT = {"ResourceNotFoundError", "NoSuchBucket", "FileNotFoundError", "BucketNotFound"}
_TRANSIENT_CODES = {408, 409, 412, 429, 500, 502, 503, 504}


def is_denied(error: BaseException) -> bool:
    """Return whether an error, or what caused it, says that the identity is not let in."""
    seen: BaseException | None = error
    while seen is not None:
        if type(seen).__name__ in _DENIED or str(seen).startswith("Forbidden"):
            return True
        if {getattr(seen, "code", None), getattr(seen, "status_code", None)} & {401, 403}:
            return True
        seen = seen.__cause__
    return False


def is_absent(error: BaseException) -> bool:
    """Return whether the object, bucket or container is not there."""
    return isinstance(error, FileNotFoundError) or type(error).__name__ in _ABSENT


def is_definite(error: BaseException) -> bool:
    """Return whether no repetition can help and nothing was written."""
    known = isinstance(error, FairleadError | ImportError | TypeError)
    return known or is_absent(error) or is_denied(error)


def is_transient(error: BaseException) -> bool:
    """Return whether the same call may succeed later."""
    if isinstance(error, FileExistsError | TimeoutError | ConnectionError):
        return True
    seen: BaseException | None = error
    while seen is not None:
        code = getattr(seen, "code", getattr(seen, "status_code", None))
        response = getattr(seen, "response", None)
        if isinstance(response, dict):
            code = response.get("ResponseMetadata", {}).get("HTTPStatusCode", code)
        if str(code).isdigit():
            return int(str(code)) in _TRANSIENT_CODES or _lost_upload(response)
        module = type(seen).__module__.partition(".")[0]
        if module in {"aiohttp", "requests", "urllib3"} or type(seen).__name__ in {
            "EndpointConnectionError", "ConnectionClosedError", "ReadTimeoutError",
            "ConnectTimeoutError", "HTTPClientError", "FSTimeoutError", "ServiceRequestError",
            "ServiceResponseError", "IncompleteRead",
        }:  # fmt: skip
            return True
        seen = seen.__cause__
    return False


def _lost_upload(response: Any) -> bool:
    """Return whether an upload's parts are gone: it was completed or aborted by a lost request."""
    return isinstance(response, dict) and response.get("Error", {}).get("Code") == "NoSuchUpload"
