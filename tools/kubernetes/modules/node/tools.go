//go:build tools

// Package kubernetes pins the programs of a cluster that this module builds.
package kubernetes

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
