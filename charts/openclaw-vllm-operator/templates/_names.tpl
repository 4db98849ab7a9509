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

{{/* Whether there may be more than one replica, as when others scale: "true" or nothing. */}}
{{- define "operator.hasStandbys" -}}
{{- if or (kindIs "invalid" .Values.replicaCount) (gt (int .Values.replicaCount) 1) -}}true{{- end -}}
{{- end -}}

{{/* "true" or nothing. Shards always elect: while one takes over from another, both exist. */}}
{{- define "operator.elects" -}}
{{- if or .Values.leaderElection.enabled (include "operator.hasStandbys" .) .Values.shards -}}true{{- end -}}
{{- end -}}

{{/*
The operators of this release, as a list under `shards`: one that serves all and has no name; or one for each
shard, one for what no shard has by its label, and one for VllmCatalogs, which are made of all VllmProviders.
*/}}
{{- define "operator.shards" -}}
{{- $label := "openclaw-vllm.dev/shard" }}
{{- $shards := list }}
{{- range .Values.shards }}
{{- $shards = append $shards (dict "name" . "selector" (printf "%s=%s" $label .)) }}
{{- end }}
{{- if not $shards }}
{{- $shards = list (dict "name" "") }}
{{- else }}
{{- $shards = append $shards (dict "name" "rest" "selector" (printf "%s notin (%s)" $label (join "," .Values.shards))) }}
{{- if and .Values.catalog.enabled (not (include "operator.served" . | fromYaml).names) }}
{{- $shards = append $shards (dict "name" "catalogs" "catalogs" true) }}
{{- end }}
{{- if .Values.mountRefresh.enabled }}
{{- fail "mountRefresh.enabled excludes shards: each of them would annotate every pod" }}
{{- end }}
{{- end }}
{{- toYaml (dict "shards" $shards) -}}
{{- end -}}

{{/* Takes the context of one Deployment, with its `shard`. */}}
{{- define "operator.deploymentName" -}}
{{- $name := include "operator.fullname" . -}}
{{- with .shard.name -}}
{{- $name = printf "%s-%s" ($name | trunc (sub 62 (len .) | int) | trimSuffix "-") . -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "operator.shardLabel" -}}
{{- with .shard.name }}openclaw-vllm.dev/shard: {{ quote . }}{{ end -}}
{{- end -}}

{{/* Takes the context of one Deployment, and the labels of one object. */}}
{{- define "operator.labelsOf" -}}
{{- include "operator.labelsWith" . }}
{{- with include "operator.shardLabel" (first .) }}
{{ . }}
{{- end }}
{{- end -}}

{{/* The names of the Leases, with commas between them. */}}
{{- define "operator.leases" -}}
{{- $leases := list }}
{{- range (include "operator.shards" . | fromYaml).shards }}
{{- $leases = append $leases (printf "openclaw-vllm-operator-%s" .name | trimSuffix "-") }}
{{- end }}
{{- join ", " $leases -}}
{{- end -}}

{{/*
A security context of the values, without the ids that OpenShift gives each namespace a range of: its SCC
`restricted-v2` refuses any other, and fills in what is left out. Takes the context and the value's name.
*/}}
{{- define "operator.securityContext" -}}
{{- $context := first . -}}
{{- $wanted := get $context.Values (last .) | default dict -}}
{{- $openshift := toString $context.Values.openshift.enabled -}}
{{- $found := $context.Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
{{- if or (eq $openshift "true") (and $found (eq $openshift "auto")) -}}
{{- $wanted = omit $wanted "runAsUser" "runAsGroup" "fsGroup" -}}
{{- end -}}
{{- toYaml $wanted -}}
{{- end -}}

{{- define "operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "operator.serviceAccountName" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
{{- end -}}

{{/*
The namespaces to serve, as a list under `names`; empty means all of them. Without catalogs the right to
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
{{- if and (not $given) (include "operator.hasStandbys" .) }}
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
