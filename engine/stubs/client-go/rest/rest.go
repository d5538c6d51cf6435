// Package rest stands in for k8s.io/client-go/rest: Helm's engine names its Config, no render here has a cluster.
package rest

// Config is never filled.
type Config struct{}
