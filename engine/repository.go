package main

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unsafe"
)

//go:wasmimport host fs
//go:noescape
func hostFS(operation uint32, path string, buffer unsafe.Pointer, size uint32) int32

const (
	operationTake = iota
	operationStat
	operationRead
	operationList
)

// Answers of the host that are no content; src/engine/observe.ts has the same list.
var (
	errMissing    = errors.New("no such file or directory")
	errWrongKind  = errors.New("is not what was asked for, a file or a directory")
	errOutside    = errors.New("leads out of the repository")
	errUnreadable = errors.New("cannot be read")
	errTooLarge   = errors.New("is too large")
	errSubmodule  = errors.New("lies in a submodule, whose content is not here")
)

var hostErrors = map[int32]error{
	-1: errMissing, -2: errWrongKind, -3: errOutside, -4: errUnreadable, -5: errTooLarge, -6: errSubmodule,
}

var scratch [64 << 10]byte

// ask calls the host. The answer is copied out of scratch, or fetched into a buffer of its size.
func ask(operation uint32, name string) ([]byte, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	size := hostFS(operation, clean, unsafe.Pointer(&scratch[0]), uint32(len(scratch)))
	if size < 0 {
		cause, known := hostErrors[size]
		if !known {
			cause = errUnreadable
		}
		return nil, &pathError{clean, cause}
	}
	content := make([]byte, size)
	if int(size) <= len(scratch) {
		copy(content, scratch[:size])
	} else if hostFS(operationTake, "", unsafe.Pointer(&content[0]), uint32(size)) != size {
		return nil, &pathError{clean, errUnreadable}
	}
	return content, nil
}

type pathError struct {
	path  string
	cause error
}

func (e *pathError) Error() string { return fmt.Sprintf("%s: %s", e.path, e.cause) }
func (e *pathError) Unwrap() error { return e.cause }

// inside cleans a path and refuses one that leaves the repository.
func inside(name string) (string, error) {
	clean := path.Clean(name)
	if path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") {
		return "", &pathError{name, errOutside}
	}
	return clean, nil
}

type stat struct {
	directory bool
	// path is the real path, without symbolic links.
	path string
}

func statPath(name string) (stat, error) {
	answer, err := ask(operationStat, name)
	if err != nil {
		return stat{}, err
	}
	clean, _ := inside(name)
	if len(answer) > 1 {
		clean = string(answer[1:])
	}
	return stat{directory: answer[0] == 'd', path: clean}, nil
}

func readFile(name string) ([]byte, error) { return ask(operationRead, name) }

type entry struct {
	name string
	// kind is 'f', 'd', '!' for a link that does not resolve, 'm' for a submodule.
	kind byte
}

func listDirectory(name string) ([]entry, error) {
	answer, err := ask(operationList, name)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for record := range strings.SplitSeq(string(answer), "\x00") {
		if len(record) > 1 {
			entries = append(entries, entry{name: record[1:], kind: record[0]})
		}
	}
	return entries, nil
}
