// Package v1beta1 stands in for the CustomResourceDefinition API: Helm registers it for its list of API versions,
// which the client-go stub holds whole.
package v1beta1

// AddToScheme does nothing.
func AddToScheme(any) error { return nil }
