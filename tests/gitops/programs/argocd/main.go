// Asks Argo CD's own libraries about objects: how healthy they are, and how a sync of them goes.
//
//	argocd health ARGOCD-CM            reads a JSON list of objects, prints a health for each
//	argocd sync ARGOCD-CM KUBECONFIG NAMESPACE SECONDS
//	                                   applies a JSON list of objects in their waves
//
// ARGOCD-CM is a manifest of the ConfigMap argocd-cm. The settings are loaded by Argo CD's own
// loader, so that a wrong key in it has the effect that it has there: none.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/argo-cd/v3/util/settings"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"
)

const namespace = "argocd"

func main() {
	answer, err := run(context.Background(), os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) (any, error) {
	if len(arguments) < 2 {
		return nil, fmt.Errorf("say health or sync, and the manifest of argocd-cm")
	}
	overrides, err := loadOverrides(ctx, arguments[1])
	if err != nil {
		return nil, err
	}
	objects, err := readObjects()
	if err != nil {
		return nil, err
	}
	switch {
	case arguments[0] == "health" && len(arguments) == 2:
		return judge(objects, overrides)
	case arguments[0] == "sync" && len(arguments) == 5:
		return sync(ctx, objects, overrides, arguments[2], arguments[3], arguments[4])
	}
	return nil, fmt.Errorf("no such command, or a wrong number of arguments: %v", arguments)
}

// loadOverrides reads the health scripts of an argocd-cm as Argo CD's controller does.
func loadOverrides(ctx context.Context, path string) (lua.ResourceHealthOverrides, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	configMap := &corev1.ConfigMap{}
	if err := yaml.Unmarshal(text, configMap); err != nil {
		return nil, err
	}
	labels := map[string]string{"app.kubernetes.io/part-of": "argocd"}
	configMap.ObjectMeta = metav1.ObjectMeta{Name: "argocd-cm", Namespace: namespace, Labels: labels}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "argocd-secret", Namespace: namespace, Labels: labels},
	}
	clients := fake.NewSimpleClientset(configMap, secret)
	overrides, err := settings.NewSettingsManager(ctx, clients, namespace).GetResourceOverrides()
	return lua.ResourceHealthOverrides(overrides), err
}

func readObjects() ([]*unstructured.Unstructured, error) {
	var contents []map[string]any
	if err := json.NewDecoder(os.Stdin).Decode(&contents); err != nil {
		return nil, err
	}
	objects := make([]*unstructured.Unstructured, 0, len(contents))
	for _, content := range contents {
		objects = append(objects, &unstructured.Unstructured{Object: content})
	}
	return objects, nil
}
