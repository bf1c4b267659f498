{{/* What the operator may do anywhere: kinds without a namespace. */}}
{{- define "farpoint.clusterRules" -}}
{{- if .Values.injection.enabled }}
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations]
  resourceNames: [farpoint-injector]
  verbs: [get, patch]
{{- end }}
{{- if .Values.validation.enabled }}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  resourceNames: [farpoint-validator]
  verbs: [get, patch]
{{- end }}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [clusterroles]
  resourceNames: [{{ include "farpoint.name" . }}]
  verbs: [get]
{{- end }}

{{/* What it may do in the namespaces that it serves. */}}
{{- define "farpoint.watchedRules" -}}
- apiGroups: [dapr.io]
  resources: [httpendpoints]
  verbs: [list, watch]
- apiGroups: [dapr.io]
  resources: [httpendpoints/status]
  verbs: [patch]
- apiGroups: [dapr.io]
  resources: [configurations]
  verbs: [list, watch]
- apiGroups: [dapr.io]
  resources: [components]
  verbs: [list, watch]
- apiGroups: [dapr.io]
  resources: [resiliencies]
  verbs: [list, watch]
- apiGroups: [dapr.io]
  resources: [resiliencies/status]
  verbs: [patch]
# Metadata is watched, and what an endpoint or a middleware references is read; RBAC cannot tell the two apart.
- apiGroups: ['']
  resources: [secrets]
  verbs: [get, list, watch]
- apiGroups: ['']
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
- apiGroups: ['']
  resources: [configmaps]
  resourceNames: [farpoint-trust-bundle]
  verbs: [get, create, patch]
# Nothing deletes it, but in some clusters only who may do so may change the owners of an object.
- apiGroups: ['']
  resources: [configmaps]
  resourceNames: [farpoint-trust-bundle]
  verbs: [delete]
{{- if .Values.services.enabled }}
- apiGroups: ['']
  resources: [services]
  verbs: [get, list, watch, create, update, delete]
{{- end }}
{{- if and .Values.injection.enabled (eq .Values.repair.mode "evict") }}
- apiGroups: ['']
  resources: [pods/eviction]
  verbs: [create]
{{- end }}
{{- end }}

{{/* What it may do in its own namespace. */}}
{{- define "farpoint.ownRules" -}}
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [farpoint-control-plane]
  verbs: [get, update]
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [farpoint-control-plane]
  verbs: [delete]
- apiGroups: ['']
  resources: [secrets]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, watch, create, update, patch, delete]
{{- end }}

{{/* The binding of a role to the operator: `kind`, `name` and `namespace` ('' for a ClusterRole). */}}
{{- define "farpoint.roleBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  {{- include "farpoint.metadata" (dict "root" .root) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "farpoint.name" .root }}
    namespace: {{ .root.Release.Namespace | quote }}
{{- end }}
