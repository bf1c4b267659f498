{{/* Names that the operator's code knows: they are the same in every release, of which a cluster has one. */}}
{{- define "farpoint.name" -}}
farpoint-operator
{{- end }}

{{- define "farpoint.selectorLabels" -}}
app.kubernetes.io/name: farpoint-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "farpoint.labels" -}}
{{ include "farpoint.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: farpoint
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels, and annotations where there are any: of an object in the root, and `annotations` of its own. */}}
{{- define "farpoint.metadata" -}}
{{- $root := .root -}}
labels:
  {{- include "farpoint.labels" $root | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) ($root.Values.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Two releases would share their cluster-wide objects, and helm's --take-ownership would take them from the first one. */}}
{{- define "farpoint.checkAlone" -}}
{{- $role := lookup "rbac.authorization.k8s.io/v1" "ClusterRole" "" (include "farpoint.name" .) | default dict -}}
{{- $annotations := ($role.metadata | default dict).annotations | default dict -}}
{{- $name := index $annotations "meta.helm.sh/release-name" | default "" -}}
{{- $namespace := index $annotations "meta.helm.sh/release-namespace" | default "" -}}
{{- if and $name (or (ne $name .Release.Name) (ne $namespace .Release.Namespace)) -}}
{{- fail (printf "\n\nFarpoint is in this cluster already, as release %s in namespace %s, and a cluster has one. Change it with\n  helm upgrade %s charts/farpoint --namespace %s --reset-then-reuse-values\nor remove it first with\n  helm uninstall %s --namespace %s\n" $name $namespace $name $namespace $name $namespace) -}}
{{- end -}}
{{- end }}

{{/* What no schema can say. */}}
{{- define "farpoint.checkPorts" -}}
{{- $ports := list 6500 (int .Values.webhooks.port) (int .Values.metrics.port) -}}
{{- if lt (len (uniq $ports)) 3 -}}
{{- fail (printf "\n\nwebhooks.port is %v, metrics.port is %v, and 6500 is for tables: give each a port of its own." (index $ports 1) (index $ports 2)) -}}
{{- end -}}
{{- end }}

{{- define "farpoint.checkRepair" -}}
{{- with .Values.injection -}}
{{- if and .enabled (eq $.Values.repair.mode "evict") (or .namespaceSelector .objectSelector) -}}
{{- fail "\n\nrepair.mode is evict, and injection has a selector: the operator cannot tell which pods the selector leaves out, and would evict those. Choose repair.mode=report, or list the namespaces in injection.excludedNamespaces." -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A reference of an image, of `image` in the values. */}}
{{- define "farpoint.image" -}}
{{- $global := .root.Values.global -}}
{{- $name := list (.image.registry | default $global.registry) .image.repository | compact | join "/" -}}
{{- if .image.digest -}}
{{ $name }}@{{ .image.digest }}
{{- else -}}
{{ $name }}:{{ .image.tag | default $global.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Where an API server finds the webhooks. The leader adds the caBundle, which upgrades leave alone. */}}
{{- define "farpoint.webhookService" -}}
name: {{ include "farpoint.name" .root }}
namespace: {{ .root.Release.Namespace | quote }}
port: 9443
path: {{ .path }}
{{- end }}


{{/* Pods that are annotated and not with a word for no: what is neither yes nor no is for the operator to refuse. */}}
{{- define "farpoint.matchConditions" -}}
{{- $names := list -}}
{{- range append .Values.annotationPrefixes "farpoint.dev" | uniq -}}
{{- $names = append $names (printf "'%s/enabled'" .) -}}
{{- end -}}
- name: annotated
  expression: >-
    has(object.metadata.annotations) && [{{ join ", " $names }}].exists(name,
    name in object.metadata.annotations &&
    !(object.metadata.annotations[name].lowerAscii() in ['', '0', 'f', 'false', 'n', 'no', 'off']))
{{- end }}
