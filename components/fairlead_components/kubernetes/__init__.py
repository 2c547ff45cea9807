"""Components in a namespace of any Kubernetes cluster; they need ``fairlead[kubernetes]``."""
