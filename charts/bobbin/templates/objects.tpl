{{- $build := dict "root" . "objects" list "images" dict "hashed" dict -}}
{{- include "bobbin.folder" (dict "build" $build "folder" "files/base") -}}
{{- range .Values.components }}{{ include "bobbin.folder" (dict "build" $build "folder" (printf "files/components/%s" .)) }}{{ end -}}
{{- include "bobbin.values" $build -}}
{{- include "bobbin.finish" $build -}}
{{- range $build.objects }}
{{- if ne .kind "Namespace" }}{{/* `helm install --create-namespace` creates it. */}}
---
{{ toYaml . }}
{{- end }}
{{- end }}
