{{- define "linnet.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "linnet.account" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "linnet.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Takes { root, part }. */}}
{{- define "linnet.selector" -}}
app.kubernetes.io/name: linnet
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "linnet.labels" -}}
{{ include "linnet.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* What every process is told. Takes { root, role, env }. */}}
{{- define "linnet.env" -}}
- name: LINNET_ROLE
  value: {{ .role }}
- name: LINNET_HOST
  value: 0.0.0.0
- name: LINNET_PORT
  value: {{ .root.Values.api.port | quote }}
- name: LINNET_DATA_DIR
  value: /data
- name: LINNET_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.database.secretName }}
      key: {{ .root.Values.database.secretKey }}
{{- $ofWorker := eq .role "worker" | ternary .root.Values.database.workerConnections nil }}
- name: LINNET_DATABASE_CONNECTIONS
  value: {{ default .root.Values.database.connections $ofWorker | quote }}
- name: LINNET_ARTIFACTS
  value: {{ required "artifacts.url must name a bucket: s3://bucket/prefix" .root.Values.artifacts.url | quote }}
- name: LINNET_AUTH
  value: {{ .root.Values.auth.mode }}
- name: LINNET_INSECURE
  value: {{ .root.Values.auth.insecure | quote }}
{{- if .root.Values.auth.bootstrapSecretName }}
- name: LINNET_BOOTSTRAP_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.auth.bootstrapSecretName }}
      key: {{ .root.Values.auth.bootstrapSecretKey }}
{{- end }}
- name: LINNET_METRICS_HOST
  value: 0.0.0.0
- name: LINNET_METRICS_PORT
  value: {{ .root.Values.metrics.port | quote }}
- name: LINNET_DRAIN_MS
  value: {{ mul .root.Values.drainSeconds 1000 | quote }}
{{- range $name, $value := .env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Draining, ten seconds to close, the pause before, and five to spare. */}}
{{- define "linnet.graceSeconds" -}}
{{ add .Values.drainSeconds 10 .Values.preStopSeconds 5 }}
{{- end -}}

{{- define "linnet.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "linnet.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "linnet.probes" -}}
startupProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
lifecycle:
  preStop:
    exec:
      command: [node, -e, "setTimeout(() => {}, {{ mul .Values.preStopSeconds 1000 }})"]
{{- end -}}

{{- define "linnet.envFrom" -}}
{{- if .Values.artifacts.credentialsSecretName }}
envFrom:
  - secretRef:
      name: {{ .Values.artifacts.credentialsSecretName }}
{{- end }}
{{- end -}}
