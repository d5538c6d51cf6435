package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	nodes "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// fill reads the text of a document as Argo CD and kubectl do (sigs.k8s.io/yaml, the last of duplicate keys wins)
// and reports the duplicates. It tells whether the document holds anything.
func (document *Document) fill(text string) bool {
	document.text = text
	content, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		strict := err
		if content, err = yaml.YAMLToJSON([]byte(text)); err != nil {
			document.Error = err.Error()
			return true
		}
		document.DuplicateKeys = duplicateKeys(text, strict)
	}
	if string(content) == "null" {
		return false
	}
	if content[0] != '{' {
		document.Error = "the document is not a mapping"
		return true
	}
	if hasUnusualKey(content) {
		if key := ambiguousKey(text); key != "" {
			document.Error = fmt.Sprintf("key %q stands twice in different forms, and which one counts is random", key)
			return true
		}
	}
	document.json = content
	return true
}

// hasUnusualKey finds keys that may have been numbers or truth values in YAML: 80 and "80" are two keys there and
// one in JSON, and the conversion keeps either, in the random order of a Go map.
func hasUnusualKey(content []byte) bool {
	for {
		start := bytes.IndexByte(content, '"')
		if start < 0 {
			return false
		}
		content = content[start+1:]
		end := bytes.IndexByte(content, '"')
		if end <= 0 || end+1 >= len(content) || content[end+1] != ':' {
			continue
		}
		first, key := content[0], string(content[:end])
		if first >= '0' && first <= '9' || first == '-' || first == '+' || first == '.' || key == "true" || key == "false" {
			return true
		}
	}
}

func ambiguousKey(text string) string {
	var root nodes.Node
	if nodes.Unmarshal([]byte(text), &root) != nil {
		return ""
	}
	return ambiguousBelow(&root)
}

func ambiguousBelow(node *nodes.Node) string {
	seen := map[string]string{}
	for i, child := range node.Content {
		if node.Kind == nodes.MappingNode && i%2 == 0 {
			written := fmt.Sprintf("%s %s", child.Value, quoted(child))
			name := jsonKey(child)
			if before, twice := seen[name]; twice && before != written {
				return name
			}
			seen[name] = written
		}
		if key := ambiguousBelow(child); key != "" {
			return key
		}
	}
	return ""
}

func quoted(node *nodes.Node) string {
	if node.Style&(nodes.DoubleQuotedStyle|nodes.SingleQuotedStyle) != 0 {
		return "quoted"
	}
	return "plain"
}

// jsonKey is the key that YAML 1.1 gives in JSON.
func jsonKey(node *nodes.Node) string {
	if quoted(node) == "quoted" {
		return node.Value
	}
	switch strings.ToLower(node.Value) {
	case "true", "yes", "on", "y":
		return "true"
	case "false", "no", "off", "n":
		return "false"
	}
	if number, err := strconv.ParseInt(node.Value, 0, 64); err == nil {
		return strconv.FormatInt(number, 10)
	}
	if number, err := strconv.ParseFloat(node.Value, 64); err == nil {
		return strconv.FormatFloat(number, 'g', -1, 64)
	}
	return node.Value
}

// duplicateKeys finds the mappings that have a key twice; strict is what the strict reader said. A merge key that
// is overridden also stops the strict reader, and is no duplicate.
func duplicateKeys(text string, strict error) []DuplicateKey {
	var root nodes.Node
	if nodes.Unmarshal([]byte(text), &root) != nil {
		return duplicatesFromError(strict)
	}
	var found []DuplicateKey
	collectDuplicates(&root, []any{}, &found)
	return found
}

func collectDuplicates(node *nodes.Node, path []any, found *[]DuplicateKey) {
	below := func(step any) []any { return append(path[:len(path):len(path)], step) }
	switch node.Kind {
	case nodes.DocumentNode:
		for _, child := range node.Content {
			collectDuplicates(child, path, found)
		}
	case nodes.SequenceNode:
		for index, child := range node.Content {
			collectDuplicates(child, below(index), found)
		}
	case nodes.MappingNode:
		winner := map[string]*nodes.Node{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			winner[node.Content[i].Value] = node.Content[i]
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if last := winner[key.Value]; last != key {
				*found = append(*found, DuplicateKey{Path: path, Key: key.Value, Line: last.Line, Earlier: key.Line})
			}
			collectDuplicates(node.Content[i+1], below(key.Value), found)
		}
	}
}

var alreadySet = regexp.MustCompile(`line (\d+): key "?([^"\n]*)"? already set in map`)

func duplicatesFromError(strict error) []DuplicateKey {
	found := []DuplicateKey{}
	for _, match := range alreadySet.FindAllStringSubmatch(strict.Error(), -1) {
		line, _ := strconv.Atoi(match[1])
		found = append(found, DuplicateKey{Path: []any{}, Key: match[2], Line: line})
	}
	return found
}

// part is one document of a stream and the line, from 1, on which it begins.
type part struct {
	text  string
	line  int
	error string
}

// splitStream splits a stream where k8s.io/apimachinery/pkg/util/yaml does: at lines that begin with "---",
// behind which only white space and a comment may stand.
func splitStream(stream string) []part {
	var parts []part
	current := part{line: 1}
	var text strings.Builder
	end := func() {
		if current.text = text.String(); strings.TrimSpace(current.text) != "" || current.error != "" {
			parts = append(parts, current)
		}
		text.Reset()
	}
	number := 0
	for line := range strings.Lines(stream) {
		number++
		rest, separator := strings.CutPrefix(line, "---")
		if !separator {
			text.WriteString(line)
			continue
		}
		end()
		current = part{line: number + 1}
		if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
			current.error = "invalid Yaml document separator: " + rest
		}
	}
	end()
	return parts
}

// documentsOf reads a whole file. Several JSON values one behind the other are several documents, as for kubectl.
func documentsOf(stream, source, group string) []*Document {
	if values := jsonValues(stream); len(values) > 1 {
		return fillAll(values, source, group)
	}
	return fillAll(splitStream(stream), source, group)
}

func fillAll(parts []part, source, group string) []*Document {
	var documents []*Document
	for _, part := range parts {
		document := &Document{Source: source, Group: group, Line: part.line}
		if part.error != "" {
			document.text, document.Error = part.text, part.error
		} else if !document.fill(part.text) {
			continue
		}
		documents = append(documents, document)
	}
	return documents
}

// jsonValues returns the values of a JSON stream, nil if it is none.
func jsonValues(stream string) []part {
	if !strings.HasPrefix(strings.TrimSpace(stream), "{") {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(stream))
	var parts []part
	for {
		var value json.RawMessage
		if err := decoder.Decode(&value); err == io.EOF {
			return parts
		} else if err != nil {
			return nil
		}
		start := int(decoder.InputOffset()) - len(value)
		parts = append(parts, part{text: string(value), line: 1 + bytes.Count([]byte(stream[:start]), []byte("\n"))})
	}
}

// ManifestsRequest asks for the documents of plain files.
type ManifestsRequest struct {
	Paths []string `json:"paths"`
}

func readManifests(request *ManifestsRequest, response *Response) {
	for _, path := range request.Paths {
		content, err := readFile(path)
		if err != nil {
			response.Documents = append(response.Documents, &Document{Source: path, Group: "manifest", Error: err.Error()})
			continue
		}
		stream := strings.TrimPrefix(string(content), "\ufeff")
		response.Documents = append(response.Documents, documentsOf(stream, path, "manifest")...)
	}
}

// describe is how a failure is named in Go's own words, for errors that have no better kind.
func describe(kind string, err error) *Failure { return &Failure{Kind: kind, Message: fmt.Sprint(err)} }
