"""What a team tells the pack of its own: environment, isolation, regions, registries, accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from fairlead_policies.errors import PolicyError, listed

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: The settings of a project lie beside its ``Pulumi.yaml``.
PROJECT_SETTINGS = "fairlead-policies.yaml"

#: Plain classes, which pydantic reads only where something is given: importing it is a fifth of
#: what the pack costs in a preview.
_STRICT = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Name what belongs to one environment."""

    __pydantic_config__: ClassVar = _STRICT

    aws_accounts: frozenset[str] = frozenset()
    gcp_projects: frozenset[str] = frozenset()
    azure_subscriptions: frozenset[str] = frozenset()
    azure_resource_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Configure the pack; every field has a default that needs no knowledge of a team.

    Attributes:
        environment: Which environment the stack is; `prod` and `production` are held to more.
        isolation: How far the stack is cut off: `none`, `private` (no public address), or `vpc`
            (nothing leaves the network but through endpoints).
        allowed_regions: Where resources may lie; empty allows all.
        allowed_registries: Where images may come from, as patterns with `*`; empty allows all.
        environments: What belongs to which environment; empty leaves those controls out.
        shared: What every environment may use.
        minimum_log_retention_days: How many days logs are kept at least.
        data_classification: `confidential` keeps execution data out of logs.
        pod_security: The level namespaces must enforce.
        system_namespaces: Patterns of namespaces that may be privileged.
        allowed_namespaces: Patterns of namespaces whose service accounts any namespace may bind.
        api_service_accounts: Patterns of urns of service accounts that call Kubernetes' API.
        allowed_iam_users: Patterns of urns of IAM users and keys that may exist.
        public_load_balancers: Patterns of urns of security groups open on port 443.
        cluster_administrators: Patterns of urns of EKS access policies for a whole cluster.
        studio_iam_sign_in: Whether IAM may sign users in to SageMaker Studio.
        privileged_custom_roles: Patterns of urns of GCP roles that may give permissions.
        external_service_perimeter: Whether a perimeter outside of the stack surrounds it.
        external_audit_logs: Whether the organisation turns data access logs on.

    Example:
        >>> Settings(environment="prod").production
        True
    """

    __pydantic_config__: ClassVar = _STRICT

    environment: str = "dev"
    isolation: Literal["none", "private", "vpc"] = "private"
    allowed_regions: frozenset[str] = frozenset()
    allowed_registries: tuple[str, ...] = ()
    environments: Mapping[str, Environment] = field(default_factory=dict)
    shared: Environment = Environment()
    minimum_log_retention_days: Annotated[int, Ge(1)] = 365
    data_classification: str = "internal"
    pod_security: Literal["restricted", "baseline"] = "restricted"
    system_namespaces: tuple[str, ...] = ("kube-*",)
    allowed_namespaces: tuple[str, ...] = ()
    api_service_accounts: tuple[str, ...] = ()
    allowed_iam_users: tuple[str, ...] = ()
    public_load_balancers: tuple[str, ...] = ()
    cluster_administrators: tuple[str, ...] = ()
    studio_iam_sign_in: bool = False
    privileged_custom_roles: tuple[str, ...] = ()
    external_service_perimeter: bool = False
    external_audit_logs: bool = False

    @property
    def production(self) -> bool:
        """Whether the stack is held to what production needs."""
        return self.environment in {"prod", "production"}

    @property
    def vpc(self) -> bool:
        """Whether nothing may leave the network but through endpoints."""
        return self.isolation == "vpc"

    def owned(self, name: str) -> frozenset[str]:
        """Return what this environment may name: its own and what is shared.

        Args:
            name: A field of ``Environment``.
        """
        own = self.environments.get(self.environment, Environment())
        return frozenset(getattr(own, name) | getattr(self.shared, name))

    def to_data(self) -> dict[str, Any]:
        """Return them as JSON data, in an order that no run changes."""
        data: dict[str, Any] = _ordered(asdict(self))
        return data


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _ordered(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


@cache
def settings_type() -> TypeAdapter[Settings]:
    """Return what reads settings and knows their JSON Schema."""
    from pydantic import TypeAdapter

    return TypeAdapter(Settings)


def parse_settings(given: object, source: str) -> Settings:
    """Return validated settings.

    Args:
        given: What a file or a pack configuration holds.
        source: What to call it in an error.

    Raises:
        PolicyError: It has unknown or wrong entries; every one is named with its path.

    Example:
        >>> parse_settings({"isolation": "vpc"}, "policies.yaml").vpc
        True
    """
    if not isinstance(given, Mapping):
        raise PolicyError(f"{source} must be a mapping of settings, such as `environment: prod`.")
    if not given:
        return Settings()
    from pydantic import ValidationError

    try:
        return settings_type().validate_python(dict(given))
    except ValidationError as error:
        raise listed(source, [describe(one) for one in error.errors()]) from None


def describe(error: Mapping[str, Any]) -> str:
    """Return one sentence for a problem that pydantic found, without the offending value."""
    path = ".".join(str(part) for part in error["loc"]) or "the whole"
    if error["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"{path}: there is no such entry"
    return f"{path}: {error['msg'][:1].lower()}{error['msg'][1:]}"


def read_settings(path: Path) -> Settings:
    """Return the settings in a YAML file.

    Raises:
        PolicyError: It cannot be read, or is no valid configuration.
    """
    return parse_settings(read_yaml(path) or {}, str(path))


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises:
        PolicyError: It cannot be read or is no YAML.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - safe ones
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        at = f" at line {where.line + 1}" if where is not None else ""
        raise PolicyError(f"{path} is not valid YAML{at}.") from error
