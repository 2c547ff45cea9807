// Command pulumi-language-python is the language host with which the Pulumi engine runs programs,
// policy packs and plugins written in Python.
//
// Pulumi's own host is a Go module that module proxies do not serve, so a machine that can reach
// only package registries cannot build it. This one is for such machines: it implements the same
// protocol (language.proto) over Pulumi's published SDK, which also decides which interpreter and
// virtual environment a project means (python/toolchain).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// An idle host learns only from this poll that the engine was killed.
const engineHealthInterval = 5 * time.Second

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-python: %v\n", err)
		os.Exit(1)
	}
}

func serve(arguments []string) error {
	flags := flag.NewFlagSet("pulumi-language-python", flag.ContinueOnError)
	tracing := flags.String("tracing", "", "endpoint to which the program sends its traces")
	logToStderr := flags.Bool("logtostderr", false, "log to standard error")
	logFlow := flags.Bool("logflow", false, "pass the logging flags on")
	verbose := flags.Int("v", 0, "logging level")
	flags.String("root", "", "ignored: each request carries its root")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	logging.InitLogging(*logToStderr, *verbose, *logFlow)

	executable, err := os.Executable()
	if err != nil {
		return err
	}
	host := &pythonHost{
		engineAddress: flags.Arg(0),
		tracing:       *tracing,
		runner:        filepath.Join(filepath.Dir(executable), "pulumi-language-python-exec"),
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	host.running, host.cancelRunning = context.WithCancel(ctx)
	if host.engineAddress != "" {
		if err := rpcutil.Healthcheck(ctx, host.engineAddress, engineHealthInterval, stop); err != nil {
			return fmt.Errorf("watching the engine at %s: %w", host.engineAddress, err)
		}
	}

	cancel := make(chan bool)
	go func() {
		<-ctx.Done()
		close(cancel)
	}()
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
	})
	if err != nil {
		return err
	}
	// The engine reads the port from the first line of standard output.
	fmt.Println(handle.Port)
	return <-handle.Done
}
