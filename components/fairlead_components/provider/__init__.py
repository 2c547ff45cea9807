"""The provider plugin ``pulumi-resource-fairlead``: what local stacks are made of."""
