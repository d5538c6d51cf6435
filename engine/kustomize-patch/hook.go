// Package hook is added to kustomize/api by engine/build.mjs: the places where kustomize starts programs, uses
// temporary files or gives up on an entry call these variables instead.
package hook

import "errors"

var (
	// Helm runs the command line that kustomize builds for helmCharts and returns what it prints.
	Helm func(arguments []string) ([]byte, error)
	// Stat tells whether a path exists and is a directory.
	Stat func(path string) (directory bool, exists bool)
	// WriteFile keeps a file that kustomize derives (merged values) in memory.
	WriteFile func(path string, content []byte) error
	// Clone is asked for a remote repository.
	Clone func(url string) error
	// Dropped is told of an entry that cannot be read; true means: build without it. nil means: fail.
	Dropped func(root, entry string, err error) bool
	// Loaded is told which file a resource (a *resource.Resource) was read from, or which file generated it.
	Loaded func(resource any, root, path string)
)

// ErrNoNetwork is what every remote access ends with.
var ErrNoNetwork = errors.New("remote content is not fetched")

// Drop asks Dropped.
func Drop(root, entry string, err error) bool { return Dropped != nil && Dropped(root, entry, err) }
