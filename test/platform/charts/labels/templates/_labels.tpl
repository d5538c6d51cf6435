{{- define "labels.tier" -}}
tier: front
{{- end -}}
