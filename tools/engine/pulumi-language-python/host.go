package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	// pulumi-language-python-exec ends with this status when it has already shown the error.
	exitAlreadyExplained = 32
	// How long a cancelled program or plugin has between SIGINT and SIGKILL.
	cancelGrace = 2 * time.Second
)

// pythonHost answers the engine; what it does not implement (code generation, packing) answers
// "unimplemented", which the engine reports as such.
type pythonHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engineAddress string
	tracing       string
	runner        string
	running       context.Context //nolint:containedctx // ends with the host or with Cancel
	cancelRunning context.CancelFunc
}

// whileRunning derives a context that ends with the request, with Cancel and with the host.
func (host *pythonHost) whileRunning(request context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(request)
	stop := context.AfterFunc(host.running, cancel)
	return ctx, func() { stop(); cancel() }
}

// ownGroup makes a command the leader of its process group, so that cancelling it also ends the
// processes that it started.
func ownGroup(command *exec.Cmd) {
	cmdutil.RegisterProcessGroup(command)
	command.Cancel = func() error {
		_, err := cmdutil.TerminateProcessGroup(command.Process, cancelGrace)
		return err
	}
	command.WaitDelay = 2 * cancelGrace
}

// Handshake accepts the engine that this host was started by or attached to.
func (host *pythonHost) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	if host.engineAddress == "" {
		host.engineAddress = request.GetEngineAddress()
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo returns the version with which this host was built.
func (host *pythonHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// Cancel ends every program and plugin that this host runs.
func (host *pythonHost) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	host.cancelRunning()
	return &emptypb.Empty{}, nil
}

// About tells which interpreter runs the program.
func (host *pythonHost) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	python, options, err := interpreter(ctx, request.GetInfo())
	if err != nil {
		return nil, err
	}
	about, err := python.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{
		Executable: about.PythonExecutable,
		Version:    about.PythonVersion.String(),
		Metadata:   map[string]string{"toolchain": toolchain.Name(options.Toolchain)},
	}, nil
}

// Run executes a program to its end; what it prints goes to the engine through our own streams.
func (host *pythonHost) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	ctx, cancel := host.whileRunning(ctx)
	defer cancel()
	python, options, err := interpreter(ctx, request.GetInfo())
	if err != nil {
		return nil, err
	}
	if err := typeCheck(ctx, python, options); err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	command, err := python.Command(ctx, append([]string{"-u", host.runner}, host.programArguments(request)...)...)
	if err != nil {
		return nil, err
	}
	configuration, err := programConfiguration(request)
	if err != nil {
		return nil, err
	}
	if command.Env == nil {
		command.Env = os.Environ()
	}
	command.Env = append(command.Env, configuration...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	ownGroup(command)

	err = command.Run()
	var exited *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case ctx.Err() != nil:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case !errors.As(err, &exited):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("could not start %s: %v", command.Path, err)}, nil
	case exited.ExitCode() == exitAlreadyExplained:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with %v", exited)}, nil
	}
}

func (host *pythonHost) programArguments(request *pulumirpc.RunRequest) []string {
	var arguments []string
	for _, option := range []struct{ name, value string }{
		{"monitor", request.GetMonitorAddress()},
		{"engine", host.engineAddress},
		{"organization", request.GetOrganization()},
		{"project", request.GetProject()},
		{"root_directory", request.GetInfo().GetRootDirectory()},
		{"stack", request.GetStack()},
		{"pwd", request.GetPwd()},
		{"dry_run", strconv.FormatBool(request.GetDryRun())},
		{"parallel", strconv.Itoa(int(request.GetParallel()))},
		{"tracing", host.tracing},
	} {
		if option.value != "" {
			arguments = append(arguments, "--"+option.name, option.value)
		}
	}
	program := filepath.Join(request.GetInfo().GetProgramDirectory(), request.GetInfo().GetEntryPoint())
	return append(append(arguments, program), request.GetArgs()...)
}

func programConfiguration(request *pulumirpc.RunRequest) ([]string, error) {
	// Empty, protobuf gives nil, and nil would be JSON's null.
	values, err := json.Marshal(maps.Collect(maps.All(request.GetConfig())))
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(append([]string{}, request.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(values), "PULUMI_CONFIG_SECRET_KEYS=" + string(secrets)}, nil
}

// RunPlugin runs a provider (PulumiPlugin.yaml) or a policy pack (PulumiPolicy.yaml) until it ends
// or the engine has done with it.
func (host *pythonHost) RunPlugin(
	request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	ctx, cancel := host.whileRunning(server.Context())
	defer cancel()
	python, _, err := interpreter(ctx, request.GetInfo())
	if err != nil {
		return err
	}
	command, err := pluginCommand(ctx, python, request)
	if err != nil {
		return err
	}
	virtualenv, err := python.VirtualEnvPath(ctx)
	if err != nil {
		return err
	}
	command.Dir = request.GetPwd()
	command.Env = request.GetEnv()
	if virtualenv != "" {
		command.Env = toolchain.ActivateVirtualEnv(command.Env, virtualenv)
	}
	ownGroup(command)

	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	// A gRPC stream takes one writer at a time, a command copies its two streams at once.
	var sending sync.Mutex
	command.Stdout, command.Stderr = &oneAtATime{&sending, stdout}, &oneAtATime{&sending, stderr}
	code := int32(0)
	if err := command.Run(); err != nil {
		var exited *exec.ExitError
		if !errors.As(err, &exited) {
			return fmt.Errorf("running the plugin in %s: %w", request.GetInfo().GetProgramDirectory(), err)
		}
		code = int32(exited.ExitCode()) //nolint:gosec // an exit status fits
	}
	return server.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: code},
	})
}

type oneAtATime struct {
	lock   *sync.Mutex
	writer io.Writer
}

func (w *oneAtATime) Write(data []byte) (int, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.writer.Write(data)
}

func pluginCommand(
	ctx context.Context, python toolchain.Toolchain, request *pulumirpc.RunPluginRequest,
) (*exec.Cmd, error) {
	directory := request.GetInfo().GetProgramDirectory()
	if request.GetKind() == "analyzer" {
		// The booting module takes the engine's address, then the pack.
		return python.Command(ctx, append(append([]string{"-u", "-m", "pulumi.policy"}, request.GetArgs()...), directory)...)
	}
	buildable, err := toolchain.IsBuildablePackage(directory)
	if err != nil {
		return nil, err
	}
	if buildable {
		project, err := toolchain.LoadPyproject(directory)
		if err != nil {
			return nil, err
		}
		return python.Command(ctx,
			append([]string{"-u", "-m", "pulumi.run.plugin", project.Project.Name}, request.GetArgs()...)...)
	}
	return python.Command(ctx, append([]string{"-u", directory}, request.GetArgs()...)...)
}

// InstallDependencies does what `pulumi install` asks for, with the project's own tool.
func (host *pythonHost) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) (err error) {
	ctx, cancel := host.whileRunning(server.Context())
	defer cancel()
	options, err := parseOptions(request.GetInfo())
	if err != nil {
		return err
	}
	python, err := toolchain.ResolveToolchain(options)
	if err != nil {
		return err
	}
	nothing, err := nothingToInstall(ctx, python, request.GetInfo().GetProgramDirectory())
	if nothing || err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, request.GetIsTerminal())
	if err != nil {
		return err
	}
	defer closeStreams(closer, &err)
	return python.InstallDependencies(
		ctx, request.GetInfo().GetProgramDirectory(), request.GetUseLanguageVersionTools(), true, stdout, stderr)
}

// nothingToInstall tells a project without any list of dependencies in an environment that exists.
// The SDK's pip toolchain would create that environment once more and upgrade its pip and
// setuptools, even for a command that only reads (`pulumi package get-schema`), and so write into
// an environment that somebody else made and pinned.
func nothingToInstall(ctx context.Context, python toolchain.Toolchain, directory string) (bool, error) {
	virtualenv, err := python.VirtualEnvPath(ctx)
	if err != nil || virtualenv == "" || !toolchain.IsVirtualEnv(virtualenv) {
		return false, err
	}
	for _, list := range []string{"requirements.txt", "pyproject.toml", "setup.py"} {
		if _, err := os.Stat(filepath.Join(directory, list)); !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
	}
	return true, nil
}

func closeStreams(closer io.Closer, err *error) {
	if closed := closer.Close(); *err == nil {
		*err = closed
	}
}
