package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	release "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"helm.sh/helm/v4/pkg/strvals"
)

// HelmRequest is what `helm template` is asked for. Paths are those of the repository.
type HelmRequest struct {
	Chart        string        `json:"chart"`
	ReleaseName  string        `json:"releaseName"`
	NameTemplate string        `json:"nameTemplate"`
	Namespace    string        `json:"namespace"`
	Values       []ValuesLayer `json:"values"`
	SetJSON      []string      `json:"setJson"`
	Set          []string      `json:"set"`
	SetString    []string      `json:"setString"`
	SetFile      []string      `json:"setFile"`
	SetLiteral   []string      `json:"setLiteral"`
	KubeVersion  string        `json:"kubeVersion"`
	APIVersions  []string      `json:"apiVersions"`
	IncludeCRDs  bool          `json:"includeCRDs"`
	SkipTests    bool          `json:"skipTests"`
	NoHooks      bool          `json:"noHooks"`
	SkipSchema   bool          `json:"skipSchemaValidation"`
	IsUpgrade    bool          `json:"isUpgrade"`
}

// ValuesLayer is one `--values`: a file of the repository or a text.
type ValuesLayer struct {
	Path string `json:"path"`
	// Optional layers may be absent (ignoreMissingValueFiles of Argo CD).
	Optional bool    `json:"optional"`
	Text     *string `json:"text"`
}

// piece is one part of the output, as helm prints it.
type piece struct {
	name  string
	group string
	text  string
	// document is what the text holds; nil for a file of CRDs, which Helm prints unread.
	document *Document
}

// rendering is one `helm template` in progress.
type rendering struct {
	request  *HelmRequest
	read     func(string) ([]byte, error)
	reader   *chartReader
	response *Response
	// whole refuses what cannot be rendered completely, as the native helm does.
	whole bool
	// sources maps the names of templates to where they stand.
	sources map[string]templateSource
}

type templateSource struct {
	origin
	text string
}

func renderHelm(request *HelmRequest, response *Response) {
	r := &rendering{request: request, read: readFile, reader: newChartReader(), response: response}
	pieces, failure := r.run()
	response.Warnings = append(response.Warnings, r.reader.warnings...)
	if failure != nil {
		response.Error = failure
		return
	}
	for _, piece := range pieces {
		response.Documents = append(response.Documents, r.documents(piece)...)
	}
}

func (r *rendering) documents(piece piece) []*Document {
	from := r.sources[piece.name]
	if piece.group == "crd" {
		documents := documentsOf(piece.text, from.directory, piece.group)
		for _, document := range documents {
			document.Name, document.Archive = piece.name, from.archive
		}
		return documents
	}
	piece.document.Name, piece.document.Group = piece.name, piece.group
	piece.document.Source, piece.document.Archive = from.directory, from.archive
	return []*Document{piece.document}
}

// run follows cmd/helm/template.go and action.Install of Helm in their order.
func (r *rendering) run() ([]piece, *Failure) {
	values, failure := r.values()
	if failure != nil {
		return nil, failure
	}
	loaded, err := r.reader.load(r.request.Chart)
	if err != nil {
		if errors.Is(err, errMissing) && loaded == nil {
			if _, statErr := statPath(r.request.Chart); statErr != nil {
				return nil, describe("not-found", err)
			}
		}
		return nil, describe("chart", err)
	}
	name, err := r.releaseName()
	if err != nil {
		return nil, describe("request", err)
	}
	switch loaded.Metadata.Type {
	case "", "application":
	default:
		return nil, describe("not-installable", fmt.Errorf("%s charts are not installable", loaded.Metadata.Type))
	}
	if loaded.Metadata.Deprecated {
		r.response.Warnings = append(r.response.Warnings, "this chart is deprecated")
	}
	if failure := r.dependencies(loaded, values); failure != nil {
		return nil, failure
	}
	if err := chartutil.ProcessDependencies(loaded, values); err != nil {
		return nil, describe("chart", fmt.Errorf("chart dependencies processing failed: %w", err))
	}
	return r.render(loaded, values, name)
}

func (r *rendering) releaseName() (string, error) {
	name := r.request.ReleaseName
	if r.request.NameTemplate != "" {
		parsed, err := template.New("name-template").Funcs(sprig.TxtFuncMap()).Parse(r.request.NameTemplate)
		if err != nil {
			return "", err
		}
		var text strings.Builder
		if err := parsed.Execute(&text, nil); err != nil {
			return "", err
		}
		name = text.String()
	}
	if err := chartutil.ValidateReleaseName(name); err != nil {
		return "", fmt.Errorf("release name check failed: %w", err)
	}
	return name, nil
}

// values merges what the command line of Helm would (pkg/cli/values), without its getters.
func (r *rendering) values() (map[string]any, *Failure) {
	merged := map[string]any{}
	for _, layer := range r.request.Values {
		text, found, err := r.layer(layer)
		if err != nil {
			return nil, describe("values", err)
		}
		if !found {
			continue
		}
		current, err := loader.LoadValues(bytes.NewReader(text))
		if err != nil {
			return nil, &Failure{Kind: "values", Message: fmt.Sprintf("failed to parse %s: %s", layer.name(), err), Source: layer.Path}
		}
		merged = loader.MergeMaps(merged, current)
	}
	return r.sets(merged)
}

func (layer ValuesLayer) name() string {
	if layer.Text != nil {
		return "inline values"
	}
	return layer.Path
}

func (r *rendering) layer(layer ValuesLayer) (text []byte, found bool, err error) {
	if layer.Text != nil {
		return []byte(*layer.Text), true, nil
	}
	text, err = r.read(layer.Path)
	if layer.Optional && errors.Is(err, errMissing) {
		return nil, false, nil
	}
	return text, true, err
}

func (r *rendering) sets(merged map[string]any) (map[string]any, *Failure) {
	for _, set := range r.request.SetJSON {
		var object map[string]any
		if strings.HasPrefix(strings.TrimSpace(set), "{") {
			if err := json.Unmarshal([]byte(set), &object); err != nil {
				return nil, describe("values", fmt.Errorf("failed parsing --set-json data JSON: %s", set))
			}
			merged = loader.MergeMaps(merged, object)
		} else if err := strvals.ParseJSON(set, merged); err != nil {
			return nil, describe("values", fmt.Errorf("failed parsing --set-json data %s", set))
		}
	}
	readValue := func(name []rune) (any, error) {
		content, err := r.read(string(name))
		return string(content), err
	}
	for _, kind := range []struct {
		flag  string
		sets  []string
		parse func(string, map[string]any) error
	}{
		{"--set", r.request.Set, strvals.ParseInto},
		{"--set-string", r.request.SetString, strvals.ParseIntoString},
		{"--set-file", r.request.SetFile, func(set string, into map[string]any) error {
			return strvals.ParseIntoFile(set, into, readValue)
		}},
		{"--set-literal", r.request.SetLiteral, strvals.ParseLiteralInto},
	} {
		for _, set := range kind.sets {
			if err := kind.parse(set, merged); err != nil {
				return nil, describe("values", fmt.Errorf("failed parsing %s data: %w", kind.flag, err))
			}
		}
	}
	return merged, nil
}

func (r *rendering) capabilities() (*common.Capabilities, error) {
	capabilities := common.DefaultCapabilities.Copy()
	if r.request.KubeVersion != "" {
		version, err := common.ParseKubeVersion(r.request.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("invalid kube version '%s': %w", r.request.KubeVersion, err)
		}
		capabilities.KubeVersion = *version
	}
	length := len(capabilities.APIVersions)
	capabilities.APIVersions = append(capabilities.APIVersions[:length:length], r.request.APIVersions...)
	return capabilities, nil
}

func (r *rendering) render(loaded *chart.Chart, values map[string]any, name string) ([]piece, *Failure) {
	capabilities, err := r.capabilities()
	if err != nil {
		return nil, describe("request", err)
	}
	options := common.ReleaseOptions{
		Name: name, Namespace: r.request.Namespace, Revision: 1,
		IsInstall: !r.request.IsUpgrade, IsUpgrade: r.request.IsUpgrade,
	}
	if failure := r.checkSchema(loaded, values, options, capabilities); failure != nil {
		return nil, failure
	}
	if constraint := loaded.Metadata.KubeVersion; constraint != "" &&
		!chartutil.IsCompatibleRange(constraint, capabilities.KubeVersion.String()) {
		return nil, describe("kube-version", fmt.Errorf(
			"chart requires kubeVersion: %s which is incompatible with Kubernetes %s", constraint, capabilities.KubeVersion.Version))
	}
	r.sources = map[string]templateSource{}
	r.collectSources(loaded)
	return r.renderReadable(loaded, func() (map[string]string, error) {
		// Templates may change .Values, so each attempt starts from fresh ones.
		top, err := util.ToRenderValuesWithSchemaValidation(loaded, values, options, capabilities, true)
		if err != nil {
			return nil, err
		}
		renderer := engine.Engine{CustomTemplateFuncs: stableFunctions}
		return renderer.Render(loaded, top)
	})
}

// checkSchema validates the values. A schema that refers to another document natively fetches it; here that chart's
// values are not validated then, and the response says so.
func (r *rendering) checkSchema(
	loaded *chart.Chart, values map[string]any, options common.ReleaseOptions, capabilities *common.Capabilities,
) *Failure {
	if r.request.SkipSchema {
		return nil
	}
	_, err := util.ToRenderValuesWithSchemaValidation(loaded, values, options, capabilities, false)
	if err != nil && schemaReference(err) != "" && !r.whole {
		r.leaveOutRemoteSchemas(loaded)
		_, err = util.ToRenderValuesWithSchemaValidation(loaded, values, options, capabilities, false)
	}
	if err == nil {
		return nil
	}
	if url := schemaReference(err); url != "" {
		return &Failure{Kind: "schema-ref", Message: err.Error(), Remote: []string{url}}
	}
	return describe("schema", err)
}

func (r *rendering) leaveOutRemoteSchemas(loaded *chart.Chart) {
	for _, dependency := range loaded.Dependencies() {
		r.leaveOutRemoteSchemas(dependency)
	}
	if loaded.Schema == nil {
		return
	}
	if err := util.ValidateAgainstSingleSchema(common.Values{}, loaded.Schema); err != nil {
		if url := schemaReference(err); url != "" {
			loaded.Schema = nil
			r.response.Warnings = append(r.response.Warnings, fmt.Sprintf(
				"the values of %s are not validated: their schema refers to %s, which is not fetched", loaded.Name(), url))
		}
	}
}

// collectSources walks the charts in the order in which Helm collects templates, so that of two of one name the
// same one counts.
func (r *rendering) collectSources(loaded *chart.Chart) {
	for _, dependency := range loaded.Dependencies() {
		r.collectSources(dependency)
	}
	for _, file := range loaded.Templates {
		r.addSource(loaded, file)
	}
	for _, file := range loaded.Files {
		if strings.HasPrefix(file.Name, "crds/") {
			r.addSource(loaded, file)
		}
	}
}

func (r *rendering) addSource(loaded *chart.Chart, file *common.File) {
	r.sources[path.Join(loaded.ChartFullPath(), file.Name)] = templateSource{r.reader.origins[file], string(file.Data)}
}

// print orders the documents as `helm template` prints them: CRDs, manifests by kind, hooks. Helm's sorter parses
// each document to look at its head; it is given the heads alone, so that a document is parsed once.
func (r *rendering) print(loaded *chart.Chart, files map[string]string) ([]piece, error) {
	heads := map[string]string{}
	var documents []*Document
	for _, name := range sortedKeys(files) {
		if strings.HasSuffix(name, "NOTES.txt") {
			continue
		}
		var stream strings.Builder
		for _, text := range splitManifests(files[name]) {
			document := &Document{}
			if !document.fill(text) {
				continue
			}
			head, err := headOf(document, len(documents))
			if err != nil {
				return nil, fmt.Errorf("YAML parse error on %s: %w", name, err)
			}
			documents = append(documents, document)
			fmt.Fprintf(&stream, "---\n%s\n", head)
		}
		heads[name] = stream.String()
	}
	hooks, manifests, err := releaseutil.SortManifests(heads, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, err
	}
	var pieces []piece
	if r.request.IncludeCRDs {
		for _, crd := range loaded.CRDObjects() {
			pieces = append(pieces, piece{name: crd.Filename, group: "crd", text: string(crd.File.Data)})
		}
	}
	add := func(name, group, head string) {
		document := documents[indexOf(head)]
		pieces = append(pieces, piece{name, group, document.text, document})
	}
	for _, manifest := range manifests {
		add(manifest.Name, "manifest", manifest.Content)
	}
	for _, hook := range hooks {
		if !r.request.NoHooks && !(r.request.SkipTests && isTest(hook)) {
			add(hook.Path, "hook", hook.Manifest)
		}
	}
	return pieces, nil
}

func splitManifests(text string) []string {
	split := releaseutil.SplitManifests(text)
	keys := sortedKeys(split)
	sort.Sort(releaseutil.BySplitManifestsOrder(keys))
	documents := make([]string, len(keys))
	for i, key := range keys {
		documents[i] = split[key]
	}
	return documents
}

// head is what Helm's sorter reads of a document (releaseutil.SimpleHead), as it stands, and where it came from.
type head struct {
	Version  json.RawMessage `json:"apiVersion,omitempty"`
	Kind     json.RawMessage `json:"kind,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Index    int             `json:"index"`
}

// headOf encodes the head of a document on one line; the error is that of the document.
func headOf(document *Document, index int) ([]byte, error) {
	if document.Error != "" {
		return nil, errors.New(document.Error)
	}
	var read head
	if err := json.Unmarshal(document.json, &read); err != nil {
		return nil, err
	}
	var metadata struct {
		Name        json.RawMessage `json:"name,omitempty"`
		Annotations json.RawMessage `json:"annotations,omitempty"`
	}
	if json.Unmarshal(read.Metadata, &metadata) == nil {
		read.Metadata, _ = json.Marshal(metadata)
	}
	read.Index = index
	return json.Marshal(read)
}

func indexOf(text string) int {
	var read head
	_ = json.Unmarshal([]byte(text), &read)
	return read.Index
}

func isTest(hook *release.Hook) bool {
	for _, event := range hook.Events {
		if event == release.HookTest {
			return true
		}
	}
	return false
}
