package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/Masterminds/semver/v3"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

const localScheme = "file://"

// dependencies adds the dependencies that `helm dependency build` would copy from the repository itself
// (file://), and lists those that are elsewhere.
func (r *rendering) dependencies(loaded *chart.Chart, values map[string]any) *Failure {
	present := map[string]bool{}
	for _, subchart := range loaded.Dependencies() {
		present[subchart.Name()] = true
	}
	var absent []*chart.Dependency
	for _, dependency := range loaded.Metadata.Dependencies {
		if dependency != nil && !present[dependency.Name] {
			absent = append(absent, dependency)
		}
	}
	if r.whole && len(absent) > 0 {
		return missingFailure(absent)
	}
	for _, dependency := range absent {
		missing := MissingDependency{
			Name: dependency.Name, Version: dependency.Version, Repository: dependency.Repository,
			Enabled: isEnabled(loaded, values, dependency),
		}
		if strings.HasPrefix(dependency.Repository, localScheme) {
			if present[dependency.Name] {
				continue
			}
			err := r.addLocal(loaded, dependency)
			if err == nil {
				present[dependency.Name] = true
				continue
			}
			missing.Message = err.Error()
		}
		r.response.Missing = append(r.response.Missing, missing)
	}
	return nil
}

// missingFailure is what Helm says (pkg/action, CheckDependencies).
func missingFailure(absent []*chart.Dependency) *Failure {
	names := make([]string, len(absent))
	for i, dependency := range absent {
		names[i] = dependency.Name
	}
	return describe("missing-dependencies",
		fmt.Errorf("found in Chart.yaml, but missing in charts/ directory: %s", strings.Join(names, ", ")))
}

// addLocal follows `helm dependency build`: with a Chart.lock the locked version is the constraint and the lock
// must fit Chart.yaml. Like Helm's it does not recurse.
func (r *rendering) addLocal(loaded *chart.Chart, dependency *chart.Dependency) error {
	if found, err := statPath(r.request.Chart); err != nil || !found.directory {
		return errors.New("an archive has no neighbours")
	}
	version := dependency.Version
	if loaded.Lock != nil {
		if err := checkLock(loaded); err != nil {
			return err
		}
		for _, locked := range loaded.Lock.Dependencies {
			if locked.Name == dependency.Name {
				version = locked.Version
			}
		}
	}
	constraint, err := semver.NewConstraint(version)
	if err != nil {
		return fmt.Errorf("dependency %q has an invalid version/constraint format: %w", dependency.Name, err)
	}
	place := strings.TrimPrefix(dependency.Repository, localScheme)
	if path.IsAbs(place) {
		return fmt.Errorf("directory %s not found", place)
	}
	subchart, err := r.reader.loadDirectory(path.Join(r.request.Chart, place))
	if err != nil {
		return err
	}
	found, err := semver.NewVersion(subchart.Metadata.Version)
	if err != nil || !constraint.Check(found) {
		return fmt.Errorf("can't get a valid version for dependency %s: %q has version %s", dependency.Name, place, subchart.Metadata.Version)
	}
	if subchart.Name() != dependency.Name {
		return fmt.Errorf("%q holds chart %s, not %s", place, subchart.Name(), dependency.Name)
	}
	loaded.AddDependency(subchart)
	return nil
}

// checkLock compares the digest as internal/resolver of Helm computes it.
func checkLock(loaded *chart.Chart) error {
	content, err := json.Marshal([2][]*chart.Dependency{loaded.Metadata.Dependencies, loaded.Lock.Dependencies})
	if err != nil {
		return err
	}
	if fmt.Sprintf("sha256:%x", sha256.Sum256(content)) == loaded.Lock.Digest {
		return nil
	}
	if loaded.Metadata.APIVersion == chart.APIVersionV1 {
		// Helm 2 hashed the requirements alone: https://github.com/helm/helm/issues/7233
		content, err = json.Marshal(map[string][]*chart.Dependency{"dependencies": loaded.Metadata.Dependencies})
		if err == nil && fmt.Sprintf("sha256:%x", sha256.Sum256(content)) == loaded.Lock.Digest {
			return nil
		}
	}
	return errors.New("the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml)")
}

// isEnabled asks Helm, on a copy in which an empty chart stands for the dependency.
func isEnabled(loaded *chart.Chart, values map[string]any, dependency *chart.Dependency) bool {
	wanted := *dependency
	wanted.Version = "*"
	wanted.ImportValues = nil
	copied := &chart.Chart{
		Metadata: &chart.Metadata{
			APIVersion: loaded.Metadata.APIVersion, Name: loaded.Name(), Version: "0.0.1",
			Dependencies: []*chart.Dependency{&wanted},
		},
		Values: loaded.Values,
	}
	copied.AddDependency(&chart.Chart{Metadata: &chart.Metadata{APIVersion: "v2", Name: dependency.Name, Version: "0.0.1"}})
	return chartutil.ProcessDependencies(copied, values) != nil || len(copied.Dependencies()) > 0
}
