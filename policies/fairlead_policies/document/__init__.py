"""A stack's document: what it consists of, who may do what, where data lies and may leave."""
