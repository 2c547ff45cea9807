"""Host our components for Pulumi programs in other languages (see PulumiPlugin.yaml)."""

from pulumi.provider.experimental import component_provider_host

from fairlead import __version__
from fairlead_components.hosting import PACKAGE, hosted_components

if __name__ == "__main__":
    component_provider_host(hosted_components(), PACKAGE, version=__version__)
