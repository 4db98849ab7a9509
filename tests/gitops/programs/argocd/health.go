package main

import (
	"github.com/argoproj/argo-cd/gitops-engine/v3/pkg/health"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// judgement is what Argo CD shows of one object; an object without a script has no status.
type judgement struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// judge gives the health of each object; a script that fails is Unknown, as the controller has it.
func judge(objects []*unstructured.Unstructured, override health.HealthOverride) ([]judgement, error) {
	judgements := make([]judgement, 0, len(objects))
	for _, object := range objects {
		status, err := health.GetResourceHealth(object, override)
		switch {
		case err != nil:
			judgements = append(judgements, judgement{"Unknown", err.Error()})
		case status == nil:
			judgements = append(judgements, judgement{})
		default:
			judgements = append(judgements, judgement{string(status.Status), status.Message})
		}
	}
	return judgements, nil
}
