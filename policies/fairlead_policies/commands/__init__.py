"""The commands that hold stacks to the controls."""
