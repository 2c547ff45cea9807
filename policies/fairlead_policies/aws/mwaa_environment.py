"""``aws:mwaa/environment:Environment``: managed Airflow."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead_policies.conditions import SECRET_NAME, is_set, one_of, require, undecided
from fairlead_policies.resource import UNKNOWN, Resource
from fairlead_policies.results import Problems, Violation
from fairlead_policies.rules import rule
from fairlead_policies.stack import Stack

ENVIRONMENT = "aws:mwaa/environment:Environment"
_LEVELS = ("DEBUG", "INFO", "WARNING")
_STREAMS = ("dagProcessingLogs", "schedulerLogs", "taskLogs", "webserverLogs", "workerLogs")
_BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"


@rule("AWS-MWAA-01", ENVIRONMENT)
def web_server_is_private(environment: Resource, _stack: Stack) -> Problems:
    """Require the web server to be reachable from the network only."""
    return one_of(environment, "webserverAccessMode", {"PRIVATE_ONLY"})


@rule("AWS-MWAA-03", ENVIRONMENT)
def logs_everything(environment: Resource, _stack: Stack) -> Problems:
    """Require all five logs, tasks' at INFO and the rest at WARNING or finer."""
    problems: Problems = []
    for stream in _STREAMS:
        path = f"loggingConfiguration.{stream}"
        enabled, level = f"{path}.enabled", f"{path}.logLevel"
        problems += require(
            environment.get(enabled), lambda v: v is True, enabled, f"`{enabled}` must be true"
        )
        problems += _is_fine_enough(environment.get(level), level, stream)
    return problems


def _is_fine_enough(value: object, path: str, stream: str) -> Problems:
    """Require a level; absent is INFO."""
    levels = _LEVELS[:2] if stream == "taskLogs" else _LEVELS
    message = f"`{path}` must be {' or '.join(levels)}"
    return require(value, lambda v: v is None or v in levels, path, message)


@rule("AWS-MWAA-04", ENVIRONMENT)
def options_hold_no_secrets(environment: Resource, stack: Stack) -> Problems:
    """Refuse secrets in options and showing the configuration; require a secrets backend."""
    path = "airflowConfigurationOptions"
    options = environment.get(path)
    if options is UNKNOWN:
        return [undecided(path)]
    options = options if isinstance(options, Mapping) else {}
    problems: Problems = require(
        options.get("webserver.expose_config"),
        lambda v: str(v).lower() not in {"true", "non-sensitive-only"},
        path,
        f"`{path}` must not show the configuration",
    )
    for name, value in options.items():
        if SECRET_NAME.search(name) and not name.startswith("secrets.") and value:
            problems.append(
                undecided(path)
                if value is UNKNOWN
                else Violation(f"`{path}` holds a secret in an option")
            )
    if stack.settings.production:
        problems += require(
            options.get("secrets.backend"),
            lambda v: v == _BACKEND,
            path,
            f"`{path}` must name Secrets Manager as secrets.backend in production",
        )
    return problems


@rule("AWS-MWAA-02", ENVIRONMENT)
def is_encrypted_with_a_customer_key(environment: Resource, _stack: Stack) -> Problems:
    """Require a key of one's own."""
    return is_set(environment, "kmsKey")
