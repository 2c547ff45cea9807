"""What an auditor needs to see what was tested: the same bytes for the same inputs and time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from fairlead_policies.errors import PolicyError
from fairlead_policies.inventory import redacted
from fairlead_policies.report import json_report, page, sarif
from fairlead_policies.report.matrix import Report
from fairlead_policies.versions import pack_digest, tools

_SUMS = "SHA256SUMS"


def write_evidence(report: Report, folder: Path, *, waivers: Path | None = None) -> None:
    """Write the evidence folder.

    It holds the report, the matrix, the plan without its secrets, the waivers as they were given,
    the digests of all inputs, the versions of all tools, and the digest of each of these files.

    Args:
        report: What was found.
        folder: Where to; files of an earlier run are replaced, others are refused.
        waivers: The file of waivers, where one was given.

    Raises:
        PolicyError: The folder cannot be written or holds other files.
    """
    files = {
        "report.json": json_report.render(report).encode(),
        "report.html": page.render(report).encode(),
        "report.sarif": sarif.render(report).encode(),
        "matrix.json": _json(json_report.matrix(report)),
        "plan.json": redacted(report.inventory.plan),
    }
    inputs = {"plan": report.inventory.digest}
    if waivers is not None:
        files["waivers.yaml"] = waivers.read_bytes()
        inputs["waivers"] = _digest(files["waivers.yaml"])
    settings = _json(report.settings.to_data())
    files["settings.json"] = settings
    inputs["settings"] = _digest(settings)
    files["provenance.json"] = _json(
        {
            "time": report.time.isoformat(),
            "pack": {"version": report.version, "digest": pack_digest()},
            "tools": tools(),
            "inputs": inputs,
            "source": report.inventory.source,
        }
    )
    sums = "".join(f"{_digest(files[name])[7:]}  {name}\n" for name in sorted(files))
    files[_SUMS] = sums.encode()
    _write(folder, files)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = {one.name for one in folder.iterdir()} - set(files) - {"waivers.yaml"}
        if others:
            raise PolicyError(
                f"{folder} holds files that are no evidence ({', '.join(sorted(others)[:3])}): "
                "name another folder."
            )
        if "waivers.yaml" not in files:
            (folder / "waivers.yaml").unlink(missing_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise PolicyError(f"{folder} cannot be written: {error.strerror}.") from error


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
