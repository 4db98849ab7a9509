{{- define "operator.name" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end -}}

{{- define "operator.fullname" -}}
{{- $name := include "operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else -}}
{{- ternary (include "operator.fullname" .) "default" .Values.serviceAccount.create -}}
{{- end -}}
{{- end -}}

{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ include "operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* No `part-of: openclaw-vllm`: that label selects the ConfigMaps that the operator watches. */}}
{{- define "operator.labels" -}}
{{- include "operator.labelsWith" (list . dict) -}}
{{- end -}}

{{/*
Takes the context and the labels of one object, which win over those of all of them; the chart's own win over
both. Not `merge`: an empty label is a label.
*/}}
{{- define "operator.labelsWith" -}}
{{- $context := first . -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" $context.Chart.Name $context.Chart.Version | replace "+" "_")
  "app.kubernetes.io/version" $context.Chart.AppVersion
  "app.kubernetes.io/component" "operator"
  "app.kubernetes.io/managed-by" $context.Release.Service }}
{{- $labels := dict }}
{{- range list $context.Values.commonLabels (last .) $own (include "operator.selector" $context | fromYaml) }}
{{- range $name, $value := . }}
{{- $_ := set $labels $name $value }}
{{- end }}
{{- end }}
{{- toYaml $labels -}}
{{- end -}}

{{- define "operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* "true" or nothing. */}}
{{- define "operator.elects" -}}
{{- if or .Values.leaderElection.enabled (gt (int .Values.replicaCount) 1) -}}true{{- end -}}
{{- end -}}

{{- define "operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "operator.serviceAccountName" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
{{- end -}}

{{/*
The namespaces to serve, as a list under `names`; empty means all of them. Without catalogues the right to
write in all of them has to be asked for by name: who turns them off does so for fewer rights.
*/}}
{{- define "operator.served" -}}
{{- if and .Values.rbac.create (not .Values.catalog.enabled) (not .Values.watchNamespaces) }}
{{- fail "catalog.enabled=false leaves nothing that needs a right to write in every namespace: name the namespaces to serve in watchNamespaces, or say watchNamespaces={*} for all of them, with that right" }}
{{- end }}
{{- toYaml (dict "names" (without .Values.watchNamespaces "*")) -}}
{{- end -}}

{{/* What is given, or nodes and zones with more than one replica; a list under `constraints`. */}}
{{- define "operator.spread" -}}
{{- $given := .Values.topologySpreadConstraints }}
{{- if and (not $given) (gt (int .Values.replicaCount) 1) }}
{{- $spread := dict "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" "matchLabelKeys" (list "pod-template-hash") }}
{{- $node := dict "topologyKey" "kubernetes.io/hostname" }}
{{- $zone := dict "topologyKey" "topology.kubernetes.io/zone" }}
{{- $given = list (merge $node $spread) (merge $zone $spread) }}
{{- end }}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "operator.selector" . | fromYaml)) }}
{{- $constraints := list }}
{{- range $given }}
{{- $constraints = append $constraints (merge (dict) . $selector) }}
{{- end }}
{{- toYaml (dict "constraints" $constraints) -}}
{{- end -}}
