// Package v1 stands in for the CustomResourceDefinition API: Helm registers it for its list of API versions,
// which the client-go stub holds whole.
package v1

// AddToScheme does nothing.
func AddToScheme(any) error { return nil }
