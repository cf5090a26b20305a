{{/*
Build the objects of k8s/base and of components from the same files as `kubectl apply -k`. Helm cannot run
kustomize, so these templates apply the parts of a kustomization.yaml that the files use. A test compares the
result with kustomize, object by object.

A build is a dict: root (the context of Helm), objects (a list), images (the entries of `images:` by name), and
hashed (the ConfigMaps whose names get a hash). Templates change it and return nothing.
*/}}

{{/* Read a file, with the namespace and the cluster domain of this release. */}}
{{- define "bobbin.read" -}}
{{- $text := .root.Files.Get .path -}}
{{- if not $text }}{{ fail (printf "%s is not in the chart" .path) }}{{ end -}}
{{- $text = $text | replace ".bobbin.svc.cluster.local:" (printf ".%s.svc.%s:" .root.Release.Namespace .root.Values.clusterDomain) -}}
{{- $text = $text | replace "namespace=\"bobbin\"" (printf "namespace=%q" .root.Release.Namespace) -}}
{{- $text | replace "kubectl -n bobbin " (printf "kubectl -n %s " .root.Release.Namespace) -}}
{{- end -}}

{{/* Add a folder with a kustomization.yaml: its resources, its ConfigMaps, then its patches. */}}
{{- define "bobbin.folder" -}}
{{- $build := .build -}}
{{- $folder := .folder -}}
{{- $kustomization := include "bobbin.read" (dict "root" $build.root "path" (printf "%s/kustomization.yaml" $folder)) | fromYaml -}}
{{- range $kustomization.resources -}}
  {{- $path := printf "%s/%s" $folder . -}}
  {{- if contains "/deploy/" . }}{{ $path = printf "files/%s" (. | replace "../" "") }}{{ end -}}
  {{- if hasSuffix ".yaml" . -}}
    {{- range splitList "\n---\n" (include "bobbin.read" (dict "root" $build.root "path" $path)) -}}
      {{- with fromYaml (printf "%s\n" .) }}{{ $_ := set $build "objects" (append $build.objects .) }}{{ end -}}
    {{- end -}}
  {{- else -}}
    {{- include "bobbin.folder" (dict "build" $build "folder" $path) -}}
  {{- end -}}
{{- end -}}
{{- range $kustomization.configMapGenerator -}}
  {{- $options := mergeOverwrite (dict) ($kustomization.generatorOptions | default dict) (.options | default dict) -}}
  {{- include "bobbin.configMap" (dict "build" $build "folder" $folder "generator" . "options" $options) -}}
{{- end -}}
{{- range $kustomization.images }}{{ $_ := set $build.images .name . }}{{ end -}}
{{- range $kustomization.patches -}}
  {{- $text := .patch -}}
  {{- if .path }}{{ $text = include "bobbin.read" (dict "root" $build.root "path" (printf "%s/%s" $folder .path)) }}{{ end -}}
  {{- include "bobbin.patch" (dict "build" $build "target" .target "patch" $text) -}}
{{- end -}}
{{- range $kustomization.labels }}{{ include "bobbin.labels" (dict "objects" $build.objects "labels" .) }}{{ end -}}
{{- end -}}

{{/* Add labels to all objects, and with `includeTemplates` to their pods. */}}
{{- define "bobbin.labels" -}}
{{- $labels := .labels -}}
{{- range $object := .objects -}}
  {{- $places := list $object.metadata -}}
  {{- if $labels.includeTemplates -}}
    {{- if eq .kind "CronJob" -}}
      {{- $job := $object.spec.jobTemplate -}}
      {{- if not $job.metadata }}{{ $_ := set $job "metadata" dict }}{{ end -}}
      {{- $places = concat $places (list $job.metadata $job.spec.template.metadata) -}}
    {{- else if has .kind (list "Deployment" "StatefulSet" "Job") -}}
      {{- $places = append $places $object.spec.template.metadata -}}
      {{- range $object.spec.volumeClaimTemplates }}{{ $places = append $places .metadata }}{{ end -}}
    {{- end -}}
  {{- end -}}
  {{- range $places }}{{ $_ := set . "labels" (mergeOverwrite (dict) (.labels | default dict) $labels.pairs) }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Add a ConfigMap, or add entries to one (`behavior: merge`). */}}
{{- define "bobbin.configMap" -}}
{{- $build := .build -}}
{{- $folder := .folder -}}
{{- $data := dict -}}
{{- range .generator.files }}{{ $_ := set $data (base .) (include "bobbin.read" (dict "root" $build.root "path" (printf "%s/%s" $folder .))) }}{{ end -}}
{{- $lines := .generator.literals | default list -}}
{{- range .generator.envs }}{{ $lines = concat $lines (splitList "\n" (include "bobbin.read" (dict "root" $build.root "path" (printf "%s/%s" $folder .)))) }}{{ end -}}
{{- range $lines -}}
  {{- if and . (not (hasPrefix "#" .)) -}}
    {{- $pair := splitn "=" 2 . -}}
    {{- $_ := set $data $pair._0 $pair._1 -}}
  {{- end -}}
{{- end -}}
{{- if eq (.generator.behavior | default "create") "merge" -}}
  {{- include "bobbin.settings" (dict "build" $build "name" .generator.name "data" $data) -}}
{{- else -}}
  {{- $metadata := dict "name" .generator.name -}}
  {{- range $field := list "labels" "annotations" -}}
    {{- with index $.options $field }}{{ $_ := set $metadata $field (deepCopy .) }}{{ end -}}
  {{- end -}}
  {{- if not .options.disableNameSuffixHash }}{{ $_ := set $build.hashed .generator.name "" }}{{ end -}}
  {{- $_ := set $build "objects" (append $build.objects (dict "apiVersion" "v1" "kind" "ConfigMap" "metadata" $metadata "data" $data)) -}}
{{- end -}}
{{- end -}}

{{/* Add entries to the data of a ConfigMap. */}}
{{- define "bobbin.settings" -}}
{{- $argument := . -}}
{{- range .build.objects -}}
  {{- if and (eq .kind "ConfigMap") (eq .metadata.name $argument.name) -}}
    {{- $object := . -}}
    {{- range $key, $value := $argument.data }}{{ $_ := set $object.data $key (toString $value) }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- end -}}
