package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

//go:embed packages.py
var listDistributions string

// A distribution is one installed Python package.
type distribution struct {
	Name    string                   `json:"name"`
	Version string                   `json:"version"`
	Direct  bool                     `json:"direct"`
	Plugin  *plugin.PulumiPluginJSON `json:"plugin"`
}

func installedDistributions(ctx context.Context, info *pulumirpc.ProgramInfo) ([]distribution, error) {
	python, _, err := interpreter(ctx, info)
	if err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, "-c", listDistributions)
	if err != nil {
		return nil, err
	}
	command.Dir = info.GetProgramDirectory()
	output, err := command.Output()
	if failed, exited := err.(*exec.ExitError); exited {
		return nil, fmt.Errorf("listing the packages of %s: %w\n%s", command.Path, err, failed.Stderr)
	} else if err != nil {
		return nil, err
	}
	var found []distribution
	if err := json.Unmarshal(output, &found); err != nil {
		return nil, fmt.Errorf("listing the packages of %s: %w", command.Path, err)
	}
	return found, nil
}

// GetRequiredPackages names the resource plugins that the installed provider SDKs need.
func (host *pythonHost) GetRequiredPackages(
	ctx context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	found, err := installedDistributions(ctx, request.GetInfo())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, each := range found {
		if each.Plugin == nil || !each.Plugin.Resource {
			continue
		}
		name, version := each.Plugin.Name, each.Plugin.Version
		if name == "" {
			name = strings.TrimPrefix(strings.ReplaceAll(each.Name, "_", "-"), "pulumi-")
		}
		if version == "" {
			version = each.Version
		}
		response.Packages = append(response.Packages, &pulumirpc.PackageDependency{
			Name:             name,
			Kind:             "resource",
			Version:          "v" + strings.TrimPrefix(version, "v"),
			Server:           each.Plugin.Server,
			Parameterization: parameterization(each.Plugin.Parameterization),
			Extension:        parameterization(each.Plugin.ExtensionParameterization),
		})
	}
	return response, nil
}

func parameterization(source *plugin.PulumiParameterizationJSON) *pulumirpc.PackageParameterization {
	if source == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{
		Name: source.Name, Version: source.Version, Value: source.Value,
	}
}

// GetProgramDependencies lists the installed packages, which `pulumi about` shows.
func (host *pythonHost) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	found, err := installedDistributions(ctx, request.GetInfo())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, each := range found {
		if each.Direct || request.GetTransitiveDependencies() {
			response.Dependencies = append(response.Dependencies,
				&pulumirpc.DependencyInfo{Name: each.Name, Version: each.Version})
		}
	}
	return response, nil
}
