// Package kubernetes is empty: Helm imports it only so that the build information names client-go's version,
// which a replaced module keeps.
package kubernetes
