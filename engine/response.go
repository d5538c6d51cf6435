package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// Response is what every operation gives back. Text and JSON of the documents travel behind the header as bytes,
// because encoding/json would replace bytes that are not UTF-8.
type Response struct {
	Documents []*Document         `json:"documents"`
	Dropped   []Dropped           `json:"dropped,omitempty"`
	Missing   []MissingDependency `json:"missing,omitempty"`
	Warnings  []string            `json:"warnings,omitempty"`
	Error     *Failure            `json:"error,omitempty"`
}

// Document is one rendered object.
type Document struct {
	// Name is the source as Helm prints it behind "# Source:"; empty for Kustomize and plain manifests.
	Name string `json:"name,omitempty"`
	// Source is the repository path of the template or file, empty where the chart is an archive.
	Source string `json:"source,omitempty"`
	// Archive is the repository path of the chart archive that holds the template.
	Archive       string         `json:"archive,omitempty"`
	Group         string         `json:"group"`
	Line          int            `json:"line,omitempty"`
	DuplicateKeys []DuplicateKey `json:"duplicateKeys,omitempty"`
	Error         string         `json:"error,omitempty"`
	JSONLength    int            `json:"jsonLength"`
	TextLength    int            `json:"textLength"`

	json []byte
	text string
}

// DuplicateKey is a key that a mapping has more than once; the last wins.
type DuplicateKey struct {
	// Path leads to the mapping: keys, and indexes of sequences.
	Path []any  `json:"path"`
	Key  string `json:"key"`
	// Line is that of the occurrence that wins, Earlier that of one it replaces; both from 1 in the document.
	Line    int `json:"line"`
	Earlier int `json:"earlier"`
}

// Dropped is a part that was left out so that the rest could be rendered.
type Dropped struct {
	// Template is the name in Helm's message, Source its repository path; Kustomize sets Entry and Root.
	Template string `json:"template,omitempty"`
	Source   string `json:"source,omitempty"`
	Archive  string `json:"archive,omitempty"`
	Entry    string `json:"entry,omitempty"`
	Root     string `json:"root,omitempty"`
	Message  string `json:"message"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	// Kinds are those that the template names literally; nil: it could make any.
	Kinds []string `json:"kinds"`
	// Remote is what the entry would fetch.
	Remote string `json:"remote,omitempty"`
}

// MissingDependency is a dependency of a chart that is not in the repository.
type MissingDependency struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Repository string `json:"repository"`
	// Enabled is false where the values switch the dependency off.
	Enabled bool   `json:"enabled"`
	Message string `json:"message,omitempty"`
}

// Failure ends an operation.
type Failure struct {
	Kind     string   `json:"kind"`
	Message  string   `json:"message"`
	Template string   `json:"template,omitempty"`
	Source   string   `json:"source,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Remote   []string `json:"remote,omitempty"`
	Detail   string   `json:"-"`
}

func (response *Response) frame(maximum int64) []byte {
	var size int64
	for _, document := range response.Documents {
		document.JSONLength, document.TextLength = len(document.json), len(document.text)
		size += int64(len(document.json) + len(document.text))
	}
	if size > maximum {
		message := fmt.Sprintf("the output has %d bytes, more than %d", size, maximum)
		*response = Response{Error: &Failure{Kind: "too-large", Message: message}}
	}
	if response.Documents == nil {
		response.Documents = []*Document{}
	}
	response.Warnings = sortedUnique(response.Warnings)
	header, err := json.Marshal(response)
	if err != nil {
		header = []byte(`{"documents":[],"error":{"kind":"panic","message":"the response cannot be encoded"}}`)
		response.Documents = nil
	}
	frame := make([]byte, 4, int64(4+len(header))+size)
	binary.LittleEndian.PutUint32(frame, uint32(len(header)))
	frame = append(frame, header...)
	for _, document := range response.Documents {
		frame = append(append(frame, document.json...), document.text...)
	}
	return frame
}
