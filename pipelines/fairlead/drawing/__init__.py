"""Draw a pipeline's graph: as SVG for pages and files, with box characters for terminals."""
