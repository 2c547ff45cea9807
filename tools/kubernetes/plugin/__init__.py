"""A stand-in for Pulumi's Kubernetes plugin, for machines that package registries alone reach."""
