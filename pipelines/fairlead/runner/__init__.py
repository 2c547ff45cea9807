"""Submit runs and walk their graphs; the same on a laptop, in a pod and in a cloud job."""
