package target

import (
	"fmt"

	"sigs.k8s.io/kustomize/api/hook"
	"sigs.k8s.io/kustomize/api/internal/accumulator"
	"sigs.k8s.io/kustomize/api/internal/builtins"
	"sigs.k8s.io/kustomize/api/resmap"
)

// accumulateReadable accumulates resources one by one, so that one that cannot be read can be left out.
func (kt *KustTarget) accumulateReadable(
	ra *accumulator.ResAccumulator, paths []string) (*accumulator.ResAccumulator, error) {
	if hook.Dropped == nil {
		return kt.accumulateResources(ra, paths)
	}
	for _, path := range paths {
		next, err := kt.accumulateResources(ra, []string{path})
		if err == nil {
			ra = next
		} else if !hook.Drop(kt.ldr.Root(), path, err) {
			return nil, err
		}
	}
	return ra, nil
}

// accumulateReadableComponents leaves out components that cannot be loaded. One that loads and then fails has
// changed the accumulator already, so its error stands.
func (kt *KustTarget) accumulateReadableComponents(
	ra *accumulator.ResAccumulator, paths []string) (*accumulator.ResAccumulator, error) {
	if hook.Dropped == nil {
		return kt.accumulateComponents(ra, paths)
	}
	for _, path := range paths {
		if err := kt.componentLoads(path); err != nil {
			if !hook.Drop(kt.ldr.Root(), path, err) {
				return nil, err
			}
			continue
		}
		next, err := kt.accumulateComponents(ra, []string{path})
		if err != nil {
			return nil, err
		}
		ra = next
	}
	return ra, nil
}

func (kt *KustTarget) componentLoads(path string) error {
	ldr, err := kt.ldr.New(path)
	if err != nil {
		return err
	}
	defer ldr.Cleanup()
	return NewKustTarget(ldr, kt.validator, kt.rFactory, kt.pLdr).Load()
}

// loaded records where resources came from. Where entries may be left out it also refuses resources that only the
// end of the build would find invalid: those with duplicate keys.
func (kt *KustTarget) loaded(rm resmap.ResMap, path string) error {
	if hook.Loaded == nil || rm == nil {
		return nil
	}
	for _, r := range rm.Resources() {
		hook.Loaded(r, kt.ldr.Root(), path)
		if hook.Dropped == nil {
			continue
		}
		if _, err := r.MarshalJSON(); err != nil {
			return err
		}
	}
	return nil
}

// generatorEntry names a generator as its entry in the kustomization is called.
func generatorEntry(generator resmap.Generator) string {
	switch g := generator.(type) {
	case *builtins.HelmChartInflationGeneratorPlugin:
		return "helmCharts: " + g.HelmChart.Name
	case *builtins.ConfigMapGeneratorPlugin:
		return "configMapGenerator: " + g.ConfigMapArgs.Name
	case *builtins.SecretGeneratorPlugin:
		return "secretGenerator: " + g.SecretArgs.Name
	default:
		return fmt.Sprintf("generators: %T", generator)
	}
}
