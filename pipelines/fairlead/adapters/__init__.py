"""Call backends: one package per provider, one file per flavor, imported when it is bound."""
