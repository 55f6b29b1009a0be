// The kubelet's part in getting an image, with the kubelet's own code: which credentials there are for it, from the
// plugins that a CredentialProviderConfig names, and a pull with each of them.
//
//	kubelet CONFIG BIN_DIR SOCKET IMAGE
//
// It follows EnsureImageExists in pkg/kubelet/images/image_manager.go and PullImage in
// pkg/kubelet/kuberuntime/kuberuntime_image.go of Kubernetes.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
	"k8s.io/kubernetes/pkg/util/parsers"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(config, binDir, socket, image string) error {
	if err := plugin.RegisterCredentialProviderPlugins(config, binDir, nil, nil); err != nil {
		return err
	}
	repository, _, _, err := parsers.ParseImageName(image)
	if err != nil {
		return err
	}
	found, _ := plugin.NewExternalCredentialProviderDockerKeyring("", "", "", "").Lookup(repository)
	fmt.Printf("credentials: %d\n", len(found))
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	images := runtimeapi.NewImageServiceClient(connection)
	request := &runtimeapi.PullImageRequest{Image: &runtimeapi.ImageSpec{Image: image}}
	if len(found) == 0 {
		return pull(images, request)
	}
	var failures []error
	for _, each := range found {
		request.Auth = &runtimeapi.AuthConfig{Username: each.Username, Password: each.Password}
		if err := pull(images, request); err == nil {
			return nil
		} else {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func pull(images runtimeapi.ImageServiceClient, request *runtimeapi.PullImageRequest) error {
	answer, err := images.PullImage(context.Background(), request)
	if err == nil {
		fmt.Printf("pulled: %s\n", answer.GetImageRef())
	}
	return err
}
