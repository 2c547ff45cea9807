"""Controls for stacks on AWS, Google Cloud, Azure and Kubernetes: rules, reports, Pulumi pack."""
