// Package fake is empty: tests of Helm's engine import it, and `go mod tidy` looks at those.
package fake
