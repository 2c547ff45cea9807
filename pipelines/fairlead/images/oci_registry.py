"""Ask an OCI registry what a tag stands for, and put documents beside an image.

Source:
    https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from fairlead.digests import digest_of
from fairlead.errors import BackendError
from fairlead.images.builders import credentials

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_ACCEPT = (
    f"{_MANIFEST}, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json"
)
_EMPTY = b"{}"


class OciRegistry:
    """Speak to the registry that holds one repository.

    Args:
        repository: ``host[:port]/path``.
        insecure: Whether it is reached without TLS.
    """

    def __init__(self, repository: str, *, insecure: bool) -> None:
        self.host, _, self.path = repository.partition("/")
        self._root = f"{'http' if insecure else 'https'}://{self.host}/v2/{self.path}"
        self._authorization: str | None = None

    def digest(self, tag: str) -> str | None:
        """Return the digest that a tag stands for; None where there is no such tag.

        Raises:
            BackendError: The registry cannot be reached, or refuses.
        """
        status, headers, content = self._call(
            "GET", f"/manifests/{tag}", headers={"Accept": _ACCEPT}, accept=(200, 404)
        )
        if status != 200:  # noqa: PLR2004
            return None
        found = headers.get("Docker-Content-Digest")
        return found or digest_of(content)

    def attach(self, digest: str, media_type: str, content: bytes) -> str:
        """Put a document beside an image, and return the document's tag.

        It names the image as its subject, and is found by registries that know no referrers
        under the image's digest as a tag.

        Args:
            digest: The image.
            media_type: What the document is.
            content: The document.
        """
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "artifactType": media_type,
            "config": self._blob(_EMPTY, "application/vnd.oci.empty.v1+json"),
            "layers": [self._blob(content, media_type)],
        }
        size = len(self._call("GET", f"/manifests/{digest}", headers={"Accept": _ACCEPT})[2])
        manifest["subject"] = {"mediaType": _MANIFEST, "digest": digest, "size": size}
        tag = f"{digest.replace(':', '-')}.sbom"
        body = json.dumps(manifest, sort_keys=True).encode()
        self._call("PUT", f"/manifests/{tag}", body, {"Content-Type": _MANIFEST}, accept=(201, 202))
        return tag

    def _blob(self, content: bytes, media_type: str) -> dict[str, Any]:
        digest = digest_of(content)
        described = {"mediaType": media_type, "digest": digest, "size": len(content)}
        if self._call("HEAD", f"/blobs/{digest}", accept=(200, 404))[0] == 200:  # noqa: PLR2004
            return described
        _, headers, _ = self._call("POST", "/blobs/uploads/", b"", accept=(202,))
        place = urljoin(f"{self._root}/", headers["Location"])
        place += ("&" if "?" in place else "?") + urlencode({"digest": digest})
        self._call(
            "PUT", place, content, {"Content-Type": "application/octet-stream"}, accept=(201,)
        )
        return described

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        accept: tuple[int, ...] = (200,),
    ) -> tuple[int, Any, bytes]:
        url = path if path.startswith("http") else self._root + path
        for _ in range(2):
            sent = dict(headers or {})
            if self._authorization:
                sent["Authorization"] = self._authorization
            asked = urllib.request.Request(url, body, sent, method=method)  # noqa: S310
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                    return answer.status, answer.headers, answer.read()
            except urllib.error.HTTPError as error:
                if error.code == 401 and self._authorization is None:  # noqa: PLR2004
                    self._authorization = self._log_in(error.headers.get("WWW-Authenticate", ""))
                    continue
                if error.code in accept:
                    return error.code, error.headers, error.read()
                raise BackendError(
                    f"registry {self.host} answers {error.code} to {method} {path}: "
                    f"{error.read()[:300].decode(errors='replace')}. Log in with your builder "
                    f"(`docker login {self.host}`), or check the stack's container_registry."
                ) from None
            except OSError as error:
                raise BackendError(
                    f"registry {self.host} cannot be reached: {getattr(error, 'reason', error)}"
                ) from None
        raise BackendError(f"registry {self.host} does not accept its own token")

    def _log_in(self, challenge: str) -> str:
        known = credentials(self.host)
        basic = None
        if known is not None:
            basic = "Basic " + base64.b64encode(":".join(known).encode()).decode()
        if challenge.lower().startswith("bearer"):
            parts = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
            query = {"service": parts.get("service", ""), "scope": parts.get("scope", "")}
            asked = urllib.request.Request(f"{parts['realm']}?{urlencode(query)}")  # noqa: S310
            if basic:
                asked.add_header("Authorization", basic)
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                found = json.loads(answer.read())
            return f"Bearer {found.get('token') or found['access_token']}"
        if basic is None:
            raise BackendError(f"registry {self.host} asks who you are: `docker login {self.host}`")
        return basic
