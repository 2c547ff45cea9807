"""Components of this machine: folders and processes, no server and no account."""
