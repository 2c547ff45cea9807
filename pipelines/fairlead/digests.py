"""Name content by its digest, in the one notation that records, images and bundles use."""

from __future__ import annotations

import hashlib


def digest_of(content: bytes) -> str:
    """Return the digest of content.

    Args:
        content: The bytes.

    Example:
        >>> digest_of(b"abc")[:14]
        'sha256:ba7816b'

    Source:
        https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
    """
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
