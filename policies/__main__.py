"""The policy pack: rules of ``fairlead_policies`` as Pulumi's policies, some of a kind in each."""

from __future__ import annotations

from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from fairlead_policies.pack import CONFIGURATION, WAIVED, WAIVERS, Group, Session, groups, schema


def of_resources(session: Session, group: Group) -> Policy:
    """Return the policy of controls that one resource decides."""

    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        for message in session.judge(group, args):
            report_violation(message)

    return ResourceValidationPolicy(validate=validate, **described(group))


def of_stacks(session: Session, group: Group) -> Policy:
    """Return the policy of controls that a resource's companions decide."""

    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for message, urn in session.judge_stack(group, args.resources):
            report_violation(message, urn)

    return StackValidationPolicy(validate=validate, **described(group))


def described(group: Group) -> dict[str, Any]:
    """Return what Pulumi shows of a group."""
    mandatory = group.severity in {"critical", "high"}
    return {
        "name": group.name,
        "description": group.description,
        "display_name": group.title,
        "enforcement_level": EnforcementLevel.MANDATORY if mandatory else EnforcementLevel.ADVISORY,
        "severity": Severity(group.severity),
        "framework": PolicyComplianceFramework("SOC 2", "2017 TSC (2022)", group.reference, ""),
        "tags": list(group.tags),
        "remediation_steps": group.remediation,
    }


def own_policies(session: Session) -> list[Policy]:
    """Return the policies about the pack itself: its configuration and the waivers."""

    def configure(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        for problem in session.configure(dict(args.get_config() or {})):
            report_violation(problem)

    def waived(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        for message in session.waived(args.urn):
            report_violation(message)

    def waivers(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for message, urn in session.waivers(args.resources):
            report_violation(message, urn)

    return [
        ResourceValidationPolicy(
            name=CONFIGURATION,
            description="Environment, isolation, regions, registries and waivers are valid.",
            enforcement_level=EnforcementLevel.MANDATORY,
            config_schema=PolicyConfigSchema(properties=schema()),
            validate=configure,
        ),
        ResourceValidationPolicy(
            name=WAIVED,
            description="Findings that somebody answers for.",
            enforcement_level=EnforcementLevel.ADVISORY,
            validate=waived,
        ),
        StackValidationPolicy(
            name=WAIVERS,
            description="Waivers that have expired or cover nothing are removed.",
            enforcement_level=EnforcementLevel.MANDATORY,
            validate=waivers,
        ),
    ]


def policies() -> list[Policy]:
    """Return every policy; the configuration comes first, waivers after what they cover."""
    session = Session()
    configuration, waived, waivers = own_policies(session)
    making = {"resource": of_resources, "stack": of_stacks}
    grouped = [making[group.scope](session, group) for group in groups()]
    return [configuration, *grouped, waived, waivers]


if __name__ == "__main__":
    PolicyPack(name="fairlead", policies=policies())
