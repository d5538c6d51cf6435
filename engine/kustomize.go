package main

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/api/hook"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/yaml"
)

// KustomizeRequest is what `kustomize build` is asked for.
type KustomizeRequest struct {
	Root string `json:"root"`
	// RootOnly keeps kustomize's load restriction: files stand in or below the root that names them.
	RootOnly    bool     `json:"rootOnly"`
	EnableHelm  bool     `json:"enableHelm"`
	KubeVersion string   `json:"kubeVersion"`
	APIVersions []string `json:"apiVersions"`
	// Edits are command lines of `kustomize edit`, run before the build.
	Edits [][]string `json:"edits"`
	// Patches are added to the patches of the root's kustomization, as Argo CD does.
	Patches []types.Patch `json:"patches"`
}

var errNoNetwork = hook.ErrNoNetwork

var builtinSchema = openapi.GetSchemaVersion()

// build is one `kustomize build` in progress.
type build struct {
	request  *KustomizeRequest
	files    *mountedFiles
	sources  map[any]string
	dropped  []Dropped
	response *Response
}

func buildKustomize(request *KustomizeRequest, response *Response) {
	b := &build{request: request, files: newMountedFiles(), response: response}
	if _, err := statPath(request.Root); err != nil {
		response.Error = describe("not-found", err)
		return
	}
	if err := b.edit(); err != nil {
		response.Error = b.failure(err)
		return
	}
	documents, strict := b.run(nil)
	if strict != nil {
		var err error
		if documents, err = b.run(b.drop); err != nil {
			response.Error = b.failure(strict)
			return
		}
		response.Dropped = b.dropped
	}
	response.Documents = documents
}

// run builds once; drop decides what is built without.
func (b *build) run(drop func(root, entry string, err error) bool) ([]*Document, error) {
	remote.begin()
	b.sources = map[any]string{}
	hook.Helm = b.helm
	hook.Stat = b.files.exists
	hook.WriteFile = b.files.WriteFile
	hook.Clone = func(url string) error {
		remote.add(url)
		return errNoNetwork
	}
	hook.Dropped = drop
	hook.Loaded = func(resource any, root, file string) { b.sources[resource] = toRepository(path.Join(root, file)) }
	// kustomize keeps a custom schema of one build for the next: SetSchema returns before clearing it.
	defer func() {
		if openapi.GetSchemaVersion() != builtinSchema {
			openapi.ResetOpenAPI()
		}
	}()
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	if !b.request.RootOnly {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	options.PluginConfig = types.DisabledPluginConfig()
	if b.request.EnableHelm {
		options.PluginConfig.HelmConfig = types.HelmConfig{
			Enabled: true, Command: "helm", KubeVersion: b.request.KubeVersion, ApiVersions: b.request.APIVersions,
		}
	}
	resources, err := krusty.MakeKustomizer(options).Run(b.files, toMount(b.request.Root))
	if err != nil {
		return nil, err
	}
	return b.documents(resources)
}

func (b *build) drop(root, entry string, err error) bool {
	dropped := Dropped{Entry: entry, Root: toRepository(root), Message: plain(err)}
	for _, url := range remote.urls {
		if strings.Contains(err.Error(), url) {
			dropped.Remote = url
		}
	}
	b.dropped = append(b.dropped, dropped)
	return true
}

func (b *build) failure(err error) *Failure {
	failure := &Failure{Kind: "kustomize", Message: plain(err), Remote: remote.urls}
	for _, dropped := range b.dropped {
		if dropped.Remote != "" {
			remote.add(dropped.Remote)
			failure.Remote = remote.urls
		}
	}
	if len(failure.Remote) > 0 {
		failure.Kind = "remote"
	}
	return failure
}

// documents encodes resources as `kustomize build` does; duplicate keys are an error only here.
func (b *build) documents(resources resmap.ResMap) ([]*Document, error) {
	var documents []*Document
	for _, resource := range resources.Resources() {
		content, err := resource.MarshalJSON()
		if err != nil {
			return nil, err
		}
		text, err := yaml.JSONToYAML(content)
		if err != nil {
			return nil, err
		}
		documents = append(documents, &Document{
			Source: b.sources[resource], Group: "manifest", json: content, text: string(text),
		})
	}
	return documents, nil
}

// plain takes the mount point out of a message.
func plain(err error) string {
	text := strings.ReplaceAll(err.Error(), mount+"/", "")
	return strings.ReplaceAll(text, mount, ".")
}

// helm runs the command lines that kustomize makes for helmCharts (types/helmchartargs.go).
func (b *build) helm(arguments []string) ([]byte, error) {
	switch arguments[0] {
	case "version":
		return []byte("v4.3.1"), nil
	case "pull":
		return nil, b.refusePull(arguments)
	}
	request, err := parseTemplate(arguments[1:])
	if err != nil {
		return nil, err
	}
	r := &rendering{request: request, read: b.files.ReadFile, reader: newChartReader(), response: b.response, whole: true}
	pieces, failure := r.run()
	if failure != nil {
		return nil, errors.New(failure.Message)
	}
	return printed(pieces), nil
}

func (b *build) refusePull(arguments []string) error {
	var repository, name, version string
	for i := 1; i < len(arguments); i++ {
		switch arguments[i] {
		case "--untar", "--devel":
		case "--untardir":
			i++
		case "--repo":
			i++
			repository = arguments[i]
		case "--version":
			i++
			version = arguments[i]
		default:
			name = arguments[i]
		}
	}
	chart := strings.TrimSpace(strings.Join([]string{repository, name, version}, " "))
	remote.add(chart)
	return fmt.Errorf("chart %s: %w", chart, errNoNetwork)
}

func parseTemplate(arguments []string) (*HelmRequest, error) {
	request := &HelmRequest{Namespace: "default"}
	var names []string
	generate := false
	for i := 0; i < len(arguments); i++ {
		value := func() string {
			if i++; i < len(arguments) {
				return arguments[i]
			}
			return ""
		}
		switch arguments[i] {
		case "--generate-name":
			generate = true
		case "--namespace":
			request.Namespace = value()
		case "--name-template":
			request.NameTemplate = value()
		case "-f":
			request.Values = append(request.Values, ValuesLayer{Path: value()})
		case "--api-versions":
			request.APIVersions = append(request.APIVersions, strings.Split(value(), ",")...)
		case "--kube-version":
			request.KubeVersion = value()
		case "--include-crds":
			request.IncludeCRDs = true
		case "--skip-tests":
			request.SkipTests = true
		case "--no-hooks":
			request.NoHooks = true
		case "--debug", "--devel":
		default:
			names = append(names, arguments[i])
		}
	}
	if len(names) == 0 || len(names) > 2 {
		return nil, fmt.Errorf("helm template: unexpected arguments %v", names)
	}
	request.Chart = toRepository(names[len(names)-1])
	switch {
	case len(names) == 2 && (generate || request.NameTemplate != ""):
		return nil, errors.New("cannot set --generate-name or --name-template and also specify a name")
	case len(names) == 2:
		request.ReleaseName = names[0]
	case request.NameTemplate == "":
		base, _, _ := strings.Cut(path.Base(request.Chart), ".")
		request.ReleaseName = base + "-0000000000"
	}
	return request, nil
}

// printed is the text of `helm template`.
func printed(pieces []piece) []byte {
	var manifests, hooks strings.Builder
	for _, piece := range pieces {
		into := &manifests
		if piece.group == "hook" {
			into = &hooks
		}
		fmt.Fprintf(into, "---\n# Source: %s\n%s\n", piece.name, piece.text)
	}
	return []byte(strings.TrimSpace(manifests.String()) + "\n" + hooks.String())
}
