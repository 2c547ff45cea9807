"""Fit our ids into Kubernetes' names and labels, and read them back.

A label takes 63 characters of ``[A-Za-z0-9._-]`` that begin and end with a letter or digit. A job's
name takes lower-case letters, digits and ``-``, and 57 characters so that its pods' names can be
told apart.
"""

from __future__ import annotations

import base64
import hashlib
import re

LABEL = 63
NAME = 57
_SLUG = 14
_HASH = 10
_SECRET = 100
_TRUNCATED = "-h-"
_ENDS_WITH = "-z"


def label(node: str) -> str:
    """Return a node's id as a label's value.

    Ids of up to 63 characters come back by ``node_of``; longer ones are cut and end in a hash (the
    whole id is in the job's annotation).

    Args:
        node: An id such as ``eval/train[0]``.

    Example:
        >>> label("eval/train[0]"), node_of("eval.train-0")
        ('eval.train-0', 'eval/train[0]')
    """
    text = re.sub(r"\[(\d+)\]", r"-\1", node).replace("/", ".")
    if text.endswith("_"):
        text += _ENDS_WITH
    if len(text) <= LABEL:
        return text
    kept = LABEL - len(_TRUNCATED) - _HASH
    return text[:kept] + _TRUNCATED + _digest(node)


def node_of(value: str) -> str | None:
    """Return the id that a label's value stands for; None if it was cut.

    Args:
        value: What ``label`` returned.
    """
    if _TRUNCATED in value:
        return None
    text = value.removesuffix(_ENDS_WITH).replace(".", "/")
    return re.sub(r"-(\d+)", r"[\1]", text)


def step_job(run: str, node: str, number: int) -> str:
    """Return the name of the job of one attempt; the same attempt always has the same name.

    Args:
        run: The run's id.
        node: The node's id.
        number: The attempt's number, from 1.

    Example:
        >>> step_job("01KAEW8J00ABCDEFGHJKMNPQRS", "eval/score", 2)
        '01kaew8j00abcdefghjkmnpqrs-eval-score-sgat4s2him-2'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", node)[:_SLUG].strip("-")
    return f"{run.lower()}-{slug}-{_digest(node)}-{number}"


def runner_job(run: str, number: int = 1) -> str:
    """Return the name of a run's runner; a run that is gone on with has further ones.

    Example:
        >>> runner_job("01KAEW8J00ABCDEFGHJKMNPQRS", 2)
        '01kaew8j00abcdefghjkmnpqrs-runner-2'
    """
    return f"{run.lower()}-runner-{number}"


def secret_object(prefix: str, name: str) -> str:
    """Return the name of the Secret that holds a secret of ours.

    Names that Kubernetes takes stay as they are; others are made plain and told apart by a hash
    (the object's annotation has the name itself).

    Args:
        prefix: What the names of the stack's secrets begin with.
        name: The secret's name.

    Example:
        >>> secret_object("prod-", "hub"), secret_object("prod-", "HF_TOKEN")
        ('prod-hub', 'prod-hf-token-55h4pgf5mf')
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_SECRET]
    return f"{prefix}{name}" if slug == name else f"{prefix}{slug}-{_digest(name)}"


def plain(value: str) -> str:
    """Return any text as a label's value, for people to select by; it cannot be read back.

    Example:
        >>> plain("what / ever!")
        'what-ever'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", value)[:LABEL].strip("._-")


def _digest(node: str) -> str:
    digest = hashlib.sha256(node.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:_HASH]
