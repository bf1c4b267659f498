{{/* The values as flags of `farpoint operator`, one a line. */}}
{{- define "farpoint.args" -}}
{{- with .Values -}}
--log-level={{ .logLevel }}
--log-as-json={{ .logAsJson }}
{{- with .watchNamespaces }}
--watch-namespaces={{ uniq . | join "," }}
{{- end }}
--annotation-prefixes={{ join "," .annotationPrefixes }}
--hold-off={{ .holdOff }}
--max-hold-off={{ .maxHoldOff }}
--lease-duration={{ .leaseDuration }}
--shutdown-grace={{ .shutdownGraceSeconds }}s
--listen-address={{ .listenAddress }}
--metrics-listen-address={{ .listenAddress }}
--metrics-port={{ .metrics.port }}
--webhook-listen-address={{ .listenAddress }}
--webhook-port={{ .webhooks.port }}
--owner-cluster-role={{ include "farpoint.name" $ }}
--services={{ .services.enabled }}
{{- if .validation.enabled }}
--validator-name=farpoint-validator
{{- end }}
{{- if .injection.enabled }}
--injector-name=farpoint-injector
--repair={{ .repair.mode }}
--repair-interval={{ .repair.interval }}
--repair-excluded-namespaces={{ uniq (.injection.excludedNamespaces | default list) | join "," }}
--repair-evictions-per-minute={{ .repair.evictionsPerMinute }}
{{ include "farpoint.proxyArgs" $ }}
{{- else }}
--repair=off
{{- end }}
{{- range .extraArgs }}
{{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/* Those of the proxies that it puts into pods. */}}
{{- define "farpoint.proxyArgs" -}}
{{- with .Values.proxy -}}
--proxy-image={{ include "farpoint.image" (dict "root" $ "image" .image) }}
--proxy-image-pull-policy={{ .imagePullPolicy | default $.Values.global.imagePullPolicy }}
{{- with .imagePullSecrets }}
--proxy-image-pull-secrets={{ join "," . }}
{{- end }}
--proxy-container={{ .container }}
--proxy-cpu-request={{ ((.resources).requests).cpu }}
--proxy-cpu-limit={{ ((.resources).limits).cpu }}
--proxy-memory-request={{ ((.resources).requests).memory }}
--proxy-memory-limit={{ ((.resources).limits).memory }}
--proxy-run-as-user={{ include "farpoint.idOrPlatform" .runAsUser }}
--proxy-run-as-group={{ include "farpoint.idOrPlatform" .runAsGroup }}
--proxy-url-calls={{ .urlCalls }}
--proxy-log-as-json={{ .logAsJson }}
{{- end }}
{{- end }}

{{- define "farpoint.idOrPlatform" -}}
{{ if kindIs "invalid" . }}-1{{ else }}{{ int64 . }}{{ end }}
{{- end }}
