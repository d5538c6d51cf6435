package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// mount is where kustomize sees the repository. A kustomization that names an absolute path, or one above the
// root, then names nothing.
const mount = "/repo"

func toMount(name string) string { return path.Join(mount, name) }

// toRepository is the repository path of a mounted one; a path outside the mount stays as it is and is refused.
func toRepository(name string) string {
	clean := path.Clean(name)
	if clean == mount {
		return "."
	}
	return strings.TrimPrefix(clean, mount+"/")
}

// mountedFiles is the repository as kustomize's file system, with what kustomize itself writes on top. A build calls
// CleanedAbs and ReadFile only, `kustomize edit` also Exists, IsDir, Glob and WriteFile.
type mountedFiles struct {
	written map[string][]byte
	// working is the directory that relative paths start from.
	working string
}

func newMountedFiles() *mountedFiles {
	return &mountedFiles{written: map[string][]byte{}, working: mount}
}

func (f *mountedFiles) absolute(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(f.working, name)
}

// repository is the path to ask the host for; false: the path lies outside the mount.
func (f *mountedFiles) repository(name string) (string, bool) {
	absolute := f.absolute(name)
	return toRepository(absolute), absolute == mount || strings.HasPrefix(absolute, mount+"/")
}

func (f *mountedFiles) stat(name string) (stat, error) {
	repository, in := f.repository(name)
	if !in {
		return stat{}, &os.PathError{Op: "lstat", Path: name, Err: errMissing}
	}
	found, err := statPath(repository)
	if err != nil {
		return stat{}, &os.PathError{Op: "lstat", Path: f.absolute(name), Err: unwrapped(err)}
	}
	return found, nil
}

func unwrapped(err error) error {
	if e, is := err.(*pathError); is {
		return e.cause
	}
	return err
}

// CleanedAbs resolves symbolic links, because the load restriction looks at real paths.
func (f *mountedFiles) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	if _, mine := f.written[f.absolute(name)]; mine {
		return filesys.ConfirmedDir(path.Dir(f.absolute(name))), path.Base(name), nil
	}
	found, err := f.stat(name)
	if err != nil {
		return "", "", fmt.Errorf("evalsymlink failure on '%s' : %w", f.absolute(name), err)
	}
	real := toMount(found.path)
	if found.directory {
		return filesys.ConfirmedDir(real), "", nil
	}
	return filesys.ConfirmedDir(path.Dir(real)), path.Base(real), nil
}

func (f *mountedFiles) ReadFile(name string) ([]byte, error) {
	if content, mine := f.written[f.absolute(name)]; mine {
		return content, nil
	}
	repository, in := f.repository(name)
	if !in {
		return nil, &os.PathError{Op: "open", Path: name, Err: errMissing}
	}
	content, err := readFile(repository)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: f.absolute(name), Err: unwrapped(err)}
	}
	return content, nil
}

func (f *mountedFiles) WriteFile(name string, content []byte) error {
	f.written[f.absolute(name)] = content
	return nil
}

func (f *mountedFiles) exists(name string) (directory, exists bool) {
	if _, mine := f.written[f.absolute(name)]; mine {
		return false, true
	}
	found, err := f.stat(name)
	return found.directory, err == nil
}

func (f *mountedFiles) Exists(name string) bool {
	_, exists := f.exists(name)
	return exists
}

func (f *mountedFiles) IsDir(name string) bool {
	directory, _ := f.exists(name)
	return directory
}

// Glob finds what a pattern without wildcards names.
func (f *mountedFiles) Glob(pattern string) ([]string, error) {
	if strings.ContainsAny(pattern, `*?[\`) {
		return nil, fmt.Errorf("%s: patterns are not supported here", pattern)
	}
	if f.Exists(pattern) {
		return []string{pattern}, nil
	}
	return nil, nil
}

func unsupported(operation, name string) error {
	return fmt.Errorf("%s %s: the repository is read-only", operation, name)
}

func (f *mountedFiles) Create(name string) (filesys.File, error) {
	return nil, unsupported("create", name)
}
func (f *mountedFiles) Mkdir(name string) error                { return unsupported("mkdir", name) }
func (f *mountedFiles) MkdirAll(name string) error             { return unsupported("mkdir", name) }
func (f *mountedFiles) RemoveAll(name string) error            { return nil }
func (f *mountedFiles) Open(name string) (filesys.File, error) { return nil, unsupported("open", name) }
func (f *mountedFiles) ReadDir(name string) ([]string, error) {
	return nil, unsupported("list", name)
}
func (f *mountedFiles) Walk(name string, _ filepath.WalkFunc) error { return unsupported("walk", name) }
