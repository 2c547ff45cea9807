"""The commands of the ``fairlead`` CLI that drive Pulumi, imported only when called."""
