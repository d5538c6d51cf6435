package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/ignore"
)

// origin is the place of a chart in the repository: its directory, or the archive that holds it.
type origin struct {
	directory string
	archive   string
}

func (o origin) below(name string) origin {
	if o.archive != "" {
		return o
	}
	return origin{directory: path.Join(o.directory, name)}
}

// chartReader loads charts and remembers where each of their files stands. Helm copies chart structures for
// aliases, but their files are shared pointers, which makes the pointer the one key that survives.
type chartReader struct {
	origins  map[*common.File]origin
	warnings []string
	// budget is what Helm leaves to read: 100 MiB a chart.
	budget int64
}

func newChartReader() *chartReader {
	return &chartReader{origins: map[*common.File]origin{}, budget: archive.MaxDecompressedChartSize}
}

// load reads a chart directory or archive as Helm's loader does.
func (r *chartReader) load(name string) (*chart.Chart, error) {
	found, err := statPath(name)
	if err != nil {
		return nil, err
	}
	if found.directory {
		return r.loadDirectory(name)
	}
	content, err := readFile(name)
	if err != nil {
		return nil, err
	}
	clean, _ := inside(name)
	if !bytes.HasPrefix(content, []byte("\x1f\x8b\x08")) {
		return nil, fmt.Errorf("file '%s' does not appear to be a gzipped archive", clean)
	}
	return r.loadArchive(content, clean)
}

func (r *chartReader) loadArchive(content []byte, name string) (*chart.Chart, error) {
	files, err := archive.LoadArchiveFiles(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return r.assemble(files, origin{archive: name})
}

func (r *chartReader) loadDirectory(name string) (*chart.Chart, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	rules, err := ignoreRules(clean)
	if err != nil {
		return nil, err
	}
	var files []*archive.BufferedFile
	if err := r.walk(clean, "", rules, &files); err != nil {
		return nil, err
	}
	return r.assemble(files, origin{directory: clean})
}

func ignoreRules(directory string) (*ignore.Rules, error) {
	rules := ignore.Empty()
	content, err := readFile(path.Join(directory, ignore.HelmIgnore))
	if err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(content)); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, errMissing) {
		return nil, err
	}
	rules.AddDefaults()
	return rules, nil
}

// maximumDepth ends a walk through links that lead back up.
const maximumDepth = 100

func (r *chartReader) walk(root, below string, rules *ignore.Rules, files *[]*archive.BufferedFile) error {
	if strings.Count(below, "/") > maximumDepth {
		return fmt.Errorf("%s: directories are nested too deeply, perhaps by a symbolic link", path.Join(root, below))
	}
	entries, err := listDirectory(path.Join(root, below))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := path.Join(below, entry.name)
		if rules.Ignore(name, info{entry}) {
			continue
		}
		if entry.kind == 'd' {
			if err := r.walk(root, name, rules, files); err != nil {
				return err
			}
			continue
		}
		content, err := readFile(path.Join(root, name))
		if err != nil {
			return fmt.Errorf("error reading %s: %w", name, err)
		}
		if r.budget -= int64(len(content)); r.budget < 0 {
			return fmt.Errorf("chart is larger than the maximum size %d", archive.MaxDecompressedChartSize)
		}
		content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
		*files = append(*files, &archive.BufferedFile{Name: name, Data: content})
	}
	return nil
}

// info is what ignore rules ask of a file.
type info struct{ entry }

func (i info) Name() string     { return i.entry.name }
func (i info) IsDir() bool      { return i.entry.kind == 'd' }
func (info) Size() int64        { return 0 }
func (info) Mode() fs.FileMode  { return 0 }
func (info) ModTime() time.Time { return time.Time{} }
func (info) Sys() any           { return nil }

// assemble does what loader.LoadFiles does, with one difference: subcharts are taken in the order of their names.
// Helm takes them in the random order of a Go map, so that a chart with charts/x/ and charts/x-1.0.0.tgz renders
// differently from run to run; here the directory comes first.
func (r *chartReader) assemble(files []*archive.BufferedFile, from origin) (*chart.Chart, error) {
	own, subcharts := splitSubcharts(files)
	loaded, err := loader.LoadFiles(own)
	if err != nil {
		return loaded, err
	}
	for _, file := range slices.Concat(loaded.Templates, loaded.Files) {
		r.origins[file] = from.below(file.Name)
	}
	for _, name := range sortedKeys(subcharts) {
		subchart, err := r.subchart(name, subcharts[name], from)
		if err != nil {
			return loaded, fmt.Errorf("error unpacking subchart %s in %s: %w", name, loaded.Name(), err)
		}
		if subchart == nil {
			continue
		}
		for _, other := range loaded.Dependencies() {
			if other.Name() == subchart.Name() {
				r.warnings = append(r.warnings, fmt.Sprintf(
					"%s has two copies of subchart %s; Helm uses either, this render uses the first by name",
					loaded.Name(), subchart.Name()))
			}
		}
		loaded.AddDependency(subchart)
	}
	return loaded, nil
}

func splitSubcharts(files []*archive.BufferedFile) ([]*archive.BufferedFile, map[string][]*archive.BufferedFile) {
	var own []*archive.BufferedFile
	subcharts := map[string][]*archive.BufferedFile{}
	for _, file := range files {
		below, inCharts := strings.CutPrefix(file.Name, "charts/")
		if !inCharts || path.Ext(file.Name) == ".prov" {
			own = append(own, file)
			continue
		}
		name, _, _ := strings.Cut(below, "/")
		subcharts[name] = append(subcharts[name], &archive.BufferedFile{Name: below, Data: file.Data})
	}
	return own, subcharts
}

func (r *chartReader) subchart(name string, files []*archive.BufferedFile, parent origin) (*chart.Chart, error) {
	if strings.IndexAny(name, "_.") == 0 {
		return nil, nil
	}
	place := parent.below(path.Join("charts", name))
	if path.Ext(name) == ".tgz" {
		if files[0].Name != name {
			return nil, fmt.Errorf("error unpacking subchart tar: expected %s, got %s", name, files[0].Name)
		}
		if place.archive == "" {
			place = origin{archive: place.directory}
		}
		content, err := archive.LoadArchiveFiles(bytes.NewReader(files[0].Data))
		if err != nil {
			return nil, err
		}
		return r.assemble(content, place)
	}
	var inner []*archive.BufferedFile
	for _, file := range files {
		if _, below, found := strings.Cut(file.Name, "/"); found {
			inner = append(inner, &archive.BufferedFile{Name: below, Data: file.Data})
		}
	}
	return r.assemble(inner, place)
}

func sortedKeys[Value any](m map[string]Value) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
