"""One self-contained HTML page of a run: no script, nothing fetched from elsewhere."""
