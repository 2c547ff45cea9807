package main

import (
	"context"
	"fmt"
	"os/exec"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// parseOptions reads the `runtime.options` of Pulumi.yaml, PulumiPolicy.yaml or PulumiPlugin.yaml.
func parseOptions(info *pulumirpc.ProgramInfo) (toolchain.PythonOptions, error) {
	options := toolchain.PythonOptions{
		Root:       info.GetRootDirectory(),
		ProgramDir: info.GetProgramDirectory(),
	}
	texts := map[string]string{}
	for name, value := range info.GetOptions().AsMap() {
		text, isText := value.(string)
		if !isText {
			return options, fmt.Errorf("runtime option %q must be a string, got %T", name, value)
		}
		texts[name] = text
	}
	options.Virtualenv = texts["virtualenv"]
	switch texts["toolchain"] {
	case "":
		options.Toolchain = toolchain.Auto
	case "pip":
		options.Toolchain = toolchain.Pip
	case "poetry":
		options.Toolchain = toolchain.Poetry
	case "uv":
		options.Toolchain = toolchain.Uv
	default:
		return options, fmt.Errorf("runtime option toolchain is %q: use pip, poetry or uv", texts["toolchain"])
	}
	switch texts["typechecker"] {
	case "", "none":
		options.Typechecker = toolchain.TypeCheckerNone
	case "mypy":
		options.Typechecker = toolchain.TypeCheckerMypy
	case "pyright":
		options.Typechecker = toolchain.TypeCheckerPyright
	default:
		return options, fmt.Errorf("runtime option typechecker is %q: use mypy or pyright", texts["typechecker"])
	}
	return options, nil
}

// interpreter is the Python of one project: where its options say, else python3 on PATH.
func interpreter(ctx context.Context, info *pulumirpc.ProgramInfo) (toolchain.Toolchain, toolchain.PythonOptions, error) {
	options, err := parseOptions(info)
	if err != nil {
		return nil, options, err
	}
	python, err := toolchain.ResolveToolchain(options)
	if err != nil {
		return nil, options, err
	}
	return python, options, python.ValidateVenv(ctx)
}

// typeCheck runs the project's type checker, whose findings are the returned error's text.
func typeCheck(ctx context.Context, python toolchain.Toolchain, options toolchain.PythonOptions) error {
	var module string
	switch options.Typechecker {
	case toolchain.TypeCheckerMypy:
		module = "mypy"
	case toolchain.TypeCheckerPyright:
		module = "pyright"
	default:
		return nil
	}
	command, err := python.ModuleCommand(ctx, module, options.ProgramDir)
	if err != nil {
		return err
	}
	command.Dir = options.Root
	output, err := command.CombinedOutput()
	if _, exited := err.(*exec.ExitError); exited {
		return fmt.Errorf("%s found errors in the program:\n%s", module, output)
	}
	return err
}
