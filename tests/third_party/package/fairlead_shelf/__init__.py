"""An artifact store in one SQLite file, and an orchestrator with a process for each step."""
