package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/kv"
	"sigs.k8s.io/kustomize/api/pkg/loader"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/kustomize/v5/commands/edit/add"
	"sigs.k8s.io/kustomize/kustomize/v5/commands/edit/set"
	"sigs.k8s.io/yaml"
)

// edit changes the kustomization of the root in memory with the commands that Argo CD runs.
func (b *build) edit() error {
	b.files.working = toMount(b.request.Root)
	defer func() { b.files.working = mount }()
	for _, arguments := range b.request.Edits {
		if err := b.editOnce(arguments); err != nil {
			return fmt.Errorf("kustomize edit %q: %w", arguments, err)
		}
	}
	return b.addPatches()
}

func (b *build) editOnce(arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	dependencies := provider.NewDefaultDepProvider()
	factory, validator := dependencies.GetResourceFactory(), dependencies.GetFieldValidator()
	values := kv.NewLoader(loader.NewFileLoaderAtCwd(b.files), validator)
	root := &cobra.Command{Use: "edit", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(add.NewCmdAdd(b.files, values, factory), set.NewCmdSet(b.files, values, validator, factory))
	root.SetArgs(arguments)
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	return root.Execute()
}

// addPatches appends to the list in the file, as Argo CD's util/kustomize does.
func (b *build) addPatches() error {
	if len(b.request.Patches) == 0 {
		return nil
	}
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		content, err := b.files.ReadFile(name)
		if err != nil {
			continue
		}
		kustomization := map[string]any{}
		if err := yaml.Unmarshal(content, &kustomization); err != nil {
			return err
		}
		patches, _ := kustomization["patches"].([]any)
		for _, patch := range b.request.Patches {
			patches = append(patches, patch)
		}
		kustomization["patches"] = patches
		if content, err = yaml.Marshal(kustomization); err != nil {
			return err
		}
		return b.files.WriteFile(name, content)
	}
	return nil
}
