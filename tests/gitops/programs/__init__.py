"""The real tools that are asked: Argo CD's libraries, Flux's kustomize-controller, and Helm 3."""

from pathlib import Path

from tests.controlplane.go_program import GoProgram

HERE = Path(__file__).parent
FIRST_TIME = "8 to 15 minutes on 2 cores the first time"

ARGOCD = GoProgram("argocd", HERE / "argocd", FIRST_TIME)
KUSTOMIZE_CONTROLLER = GoProgram(
    "kustomize-controller",
    HERE / "flux",
    FIRST_TIME,
    package="github.com/fluxcd/kustomize-controller",
)
HELM_3 = GoProgram("helm3", HERE / "helm3", FIRST_TIME, package="helm.sh/helm/v3/cmd/helm")
PROGRAMS = (ARGOCD, KUSTOMIZE_CONTROLLER, HELM_3)
