package main

import (
	"context"
	"strconv"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/health"
	syncengine "github.com/argoproj/argo-cd/gitops-engine/v3/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/sync/common"
	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/utils/tracing"
	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const between = time.Second // the controller reconciles an Application when its objects change

var kubectl = &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}}

// outcome is how a sync went: what became of each object, and the seconds that it took.
type outcome struct {
	Phase     string     `json:"phase"`
	Message   string     `json:"message"`
	Seconds   float64    `json:"seconds"`
	Resources []resource `json:"resources"`
}

type resource struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Phase   string `json:"phase"`
	Message string `json:"message"`
}

// sync applies the objects wave by wave, until the sync ends or the time is over.
func sync(
	ctx context.Context,
	objects []*unstructured.Unstructured,
	override health.HealthOverride,
	kubeconfig, namespace, limit string,
) (*outcome, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.Atoi(limit)
	if err != nil {
		return nil, err
	}
	cluster := cache.NewClusterCache(config, cache.SetNamespaces([]string{namespace}))
	if err := cluster.EnsureSynced(); err != nil {
		return nil, err
	}
	defer cluster.Invalidate()

	run := &operation{config: config, cluster: cluster, namespace: namespace, override: override}
	run.startedAt = metav1.Now()
	deadline := run.startedAt.Add(time.Duration(seconds) * time.Second)
	for !run.phase.Completed() && time.Now().Before(deadline) {
		if err := run.step(ctx, objects); err != nil {
			return nil, err
		}
		time.Sleep(between)
	}
	return run.describe(), nil
}

// operation is a sync as Argo CD's controller goes through it: a step for each reconciliation,
// each with what the steps before have achieved.
type operation struct {
	config    *rest.Config
	cluster   cache.ClusterCache
	namespace string
	override  health.HealthOverride
	startedAt metav1.Time
	phase     common.OperationPhase
	message   string
	results   []common.ResourceSyncResult
}

func (o *operation) step(ctx context.Context, objects []*unstructured.Unstructured) error {
	isManaged := func(*cache.Resource) bool { return false }
	live, err := o.cluster.GetManagedLiveObjs(objects, isManaged)
	if err != nil {
		return err
	}
	state := syncengine.Reconcile(objects, live, o.namespace, o.cluster)
	context, cleanup, err := syncengine.NewSyncContext(
		"revision", state, o.config, o.config, kubectl, o.namespace,
		syncengine.WithHealthOverride(o.override),
		syncengine.WithInitialState(o.phase, o.message, o.results, o.startedAt),
	)
	if err != nil {
		return err
	}
	defer cleanup()
	context.Sync(ctx)
	o.phase, o.message, o.results = context.GetState()
	return nil
}

func (o *operation) describe() *outcome {
	answer := &outcome{
		Phase:     string(o.phase),
		Message:   o.message,
		Seconds:   time.Since(o.startedAt.Time).Seconds(),
		Resources: []resource{},
	}
	for _, result := range o.results {
		answer.Resources = append(answer.Resources, resource{
			Name:    result.ResourceKey.Name,
			Status:  string(result.Status),
			Phase:   string(result.HookPhase),
			Message: result.Message,
		})
	}
	return answer
}
