"""How each cloud writes what it makes up: ids, names, addresses. One file per provider."""
