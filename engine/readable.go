package main

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/engine"
)

// maximumDrops is how many failing templates a chart may have before it counts as one that does not render.
const maximumDrops = 20

// renderReadable renders, and leaves out the template that an error names until the rest renders.
func (r *rendering) renderReadable(loaded *chart.Chart, attempt func() (map[string]string, error)) ([]piece, *Failure) {
	for {
		files, err := attempt()
		if err != nil {
			if failure := r.dropFailing(loaded, err); failure != nil {
				return nil, failure
			}
			continue
		}
		for {
			pieces, err := r.print(loaded, files)
			if err == nil {
				return pieces, nil
			}
			if failure := r.drop(loaded, "yaml", err); failure != nil {
				return nil, failure
			}
			delete(files, r.response.Dropped[len(r.response.Dropped)-1].Template)
		}
	}
}

// dropFailing leaves out the template that an error names and, where it does not parse, all others that do not.
func (r *rendering) dropFailing(loaded *chart.Chart, err error) *Failure {
	if failure := r.drop(loaded, "template", err); failure != nil || !isParseError(err) {
		return failure
	}
	for _, name := range sortedKeys(r.sources) {
		if slices.ContainsFunc(r.response.Dropped, func(dropped Dropped) bool { return dropped.Template == name }) ||
			!strings.Contains(name, "/templates/") {
			continue
		}
		if err := parse(name, r.sources[name].text); err != nil {
			if failure := r.drop(loaded, "template", err); failure != nil {
				return failure
			}
		}
	}
	return nil
}

func isParseError(err error) bool { return strings.HasPrefix(err.Error(), "parse error ") }

// parse lets Helm's engine parse one template without running it: as a partial of a chart that has nothing else.
func parse(name, text string) error {
	alone := &chart.Chart{
		Metadata:  &chart.Metadata{APIVersion: "v2", Name: "chart", Version: "0.0.1"},
		Templates: []*common.File{{Name: "templates/_", Data: []byte(text)}},
	}
	if _, err := (engine.Engine{}).Render(alone, common.Values{}); err != nil && isParseError(err) {
		return errors.New(strings.ReplaceAll(err.Error(), "chart/templates/_", name))
	}
	return nil
}

// drop leaves the template out that an error names, or says why the whole chart fails.
func (r *rendering) drop(loaded *chart.Chart, kind string, err error) *Failure {
	place, named := r.place(err.Error())
	failure := &Failure{Kind: kind, Message: err.Error()}
	if !named {
		return failure
	}
	source := r.sources[place.template]
	failure.Template, failure.Source = place.template, source.directory
	failure.Line, failure.Column = place.line, place.column
	if r.whole || strings.HasPrefix(path.Base(place.template), "_") || len(r.response.Dropped) == maximumDrops {
		return failure
	}
	if !removeTemplate(loaded, place.template) {
		return failure
	}
	r.response.Dropped = append(r.response.Dropped, Dropped{
		Template: place.template,
		Source:   source.directory,
		Archive:  source.archive,
		Message:  err.Error(),
		Line:     place.line,
		Column:   place.column,
		Kinds:    literalKinds(source.text),
	})
	return nil
}

type place struct {
	template string
	line     int
	column   int
}

// The forms in which Helm's engine and its manifest sorter name a template. The first location is the template
// that was being rendered, also where the error is raised in a helper.
var (
	errorLocation = regexp.MustCompile(`(?:\(|^|template: )([^\s():]+)(?::(\d+))?(?::(\d+))?(?:\)|:|\n)`)
	yamlLocation  = regexp.MustCompile(`^YAML parse error on (.+?): `)
)

func (r *rendering) place(message string) (place, bool) {
	if match := yamlLocation.FindStringSubmatch(message); match != nil {
		_, known := r.sources[match[1]]
		// The line in such a message counts from the start of the rendered document, so it names no line here.
		return place{template: match[1]}, known
	}
	for _, match := range errorLocation.FindAllStringSubmatch(message, -1) {
		if _, known := r.sources[match[1]]; known {
			line, _ := strconv.Atoi(match[2])
			column, _ := strconv.Atoi(match[3])
			return place{match[1], line, column}, true
		}
	}
	// A name with unusual characters: whichever known name stands first in the message.
	first, at := "", len(message)
	for _, name := range sortedKeys(r.sources) {
		if index := strings.Index(message, name); index >= 0 && (index < at || index == at && len(name) > len(first)) {
			first, at = name, index
		}
	}
	return place{template: first}, first != ""
}

// removeTemplate removes every template of that name: of two copies of a subchart Helm renders the last, and the
// other must not appear in its place.
func removeTemplate(loaded *chart.Chart, name string) bool {
	removed := false
	for _, dependency := range loaded.Dependencies() {
		removed = removeTemplate(dependency, name) || removed
	}
	before := len(loaded.Templates)
	loaded.Templates = slices.DeleteFunc(slices.Clone(loaded.Templates), func(file *common.File) bool {
		return path.Join(loaded.ChartFullPath(), file.Name) == name
	})
	return len(loaded.Templates) < before || removed
}

var (
	kindLine = regexp.MustCompile(`(?m)(?:^|[\s{,"'-])["']?kind["']?[ \t]*:[ \t]*([^\n]*)`)
	// freeOutput is an action that prints at the beginning of a line without indenting: it could print a document.
	freeOutput = regexp.MustCompile(`(?m)^\{\{-?\s*([^}]*)`)
	silent     = regexp.MustCompile(`^(if|else|end|range|with|define|block|break|continue|/\*|\$\w*\s*(:=|=))`)
	indented   = regexp.MustCompile(`\bn?indent\s+[1-9]`)
	kindValue  = regexp.MustCompile(`^["']?([A-Za-z][A-Za-z0-9]*)["']?\s*(?:[,}].*|#.*)?\r?$`)
)

// literalKinds lists the kinds that a template names literally, at any depth: more than it makes, never fewer.
// nil: a kind is templated, none is named, or an action may print whole documents.
func literalKinds(text string) []string {
	for _, action := range freeOutput.FindAllStringSubmatch(text, -1) {
		if !silent.MatchString(action[1]) && !indented.MatchString(action[1]) {
			return nil
		}
	}
	var kinds []string
	for _, match := range kindLine.FindAllStringSubmatch(text, -1) {
		value := kindValue.FindStringSubmatch(strings.TrimSpace(match[1]))
		if value == nil {
			return nil
		}
		kinds = append(kinds, value[1])
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func (e *Failure) Error() string { return fmt.Sprintf("%s: %s", e.Kind, e.Message) }
