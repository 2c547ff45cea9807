"""Read back what ran: runs, steps, artifact versions, lineage, comparisons."""
