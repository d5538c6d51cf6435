package main

import (
	"context"
	"log"
	"log/slog"
	"slices"
	"strings"
)

// listen makes everything that Helm and Kustomize log during a render a warning of its response.
func listen(response *Response) {
	slog.SetDefault(slog.New(recorder{response}))
	log.SetFlags(0)
	log.SetOutput(writer{response})
}

type recorder struct{ response *Response }

func (recorder) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (r recorder) WithAttrs([]slog.Attr) slog.Handler             { return r }
func (r recorder) WithGroup(string) slog.Handler                  { return r }

func (r recorder) Handle(_ context.Context, record slog.Record) error {
	text := record.Message
	record.Attrs(func(attribute slog.Attr) bool {
		text += " " + attribute.Key + "=" + attribute.Value.String()
		return true
	})
	r.response.Warnings = append(r.response.Warnings, text)
	return nil
}

type writer struct{ response *Response }

func (w writer) Write(line []byte) (int, error) {
	w.response.Warnings = append(w.response.Warnings, strings.TrimSpace(string(line)))
	return len(line), nil
}

// sortedUnique orders warnings, some of which Helm writes while it walks a map.
func sortedUnique(warnings []string) []string {
	slices.Sort(warnings)
	return slices.Compact(warnings)
}
