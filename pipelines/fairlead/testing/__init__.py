"""What tests use: a pytest fixture for pipelines, and suites that every adapter passes."""
