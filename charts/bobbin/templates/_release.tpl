{{/* Apply the values of this release, as the kustomization.yaml of an overlay does. */}}
{{- define "bobbin.values" -}}
{{- $build := . -}}
{{- $values := .root.Values -}}
{{- include "bobbin.hosts" (dict "build" $build "hosts" $values.hosts) -}}
{{- include "bobbin.settings" (dict "build" . "name" "settings" "data" $values.settings) -}}
{{- include "bobbin.settings" (dict "build" . "name" "nginx-settings" "data" $values.nginxSettings) -}}
{{- range $name, $image := $values.images -}}
  {{- $_ := set $build.images $name (mergeOverwrite (dict) (get $build.images $name | default dict) $image) -}}
{{- end -}}
{{- range .objects -}}
  {{- /* The autoscaler sets the number of pods of a Deployment without the field. */ -}}
  {{- if and (eq .kind "Deployment") (hasKey .spec "replicas") (hasKey $values.replicas .metadata.name) -}}
    {{- $_ := set .spec "replicas" (get $values.replicas .metadata.name) -}}
  {{- end -}}
  {{- if eq .kind "Ingress" -}}
    {{- $_ := set .spec "ingressClassName" $values.ingress.className -}}
    {{- $_ := set .metadata "annotations" $values.ingress.annotations -}}
  {{- end -}}
  {{- if has .kind (list "PodMonitor" "PrometheusRule") -}}
    {{- $_ := set .metadata "labels" (merge (.metadata.labels | default dict) $values.monitoringLabels) -}}
  {{- end -}}
{{- end -}}
{{- range $values.patches }}{{ include "bobbin.patch" (dict "build" $build "target" .target "patch" .patch) }}{{ end -}}
{{- end -}}

{{/* Set the host names of the site. */}}
{{- define "bobbin.hosts" -}}
{{- $hosts := .hosts -}}
{{- include "bobbin.settings" (dict "build" .build "name" "settings" "data" (dict "ALLOWED_HOSTS" (join "," $hosts))) -}}
{{- range .build.objects -}}
  {{- if eq .kind "Ingress" -}}
    {{- $rules := list -}}
    {{- $rule := first .spec.rules -}}
    {{- range $hosts }}{{ $rules = append $rules (mergeOverwrite (deepCopy $rule) (dict "host" .)) }}{{ end -}}
    {{- $_ := set .spec "rules" $rules -}}
    {{- $_ := set (first .spec.tls) "hosts" $hosts -}}
  {{- end -}}
  {{- if eq .kind "HTTPRoute" }}{{ $_ := set .spec "hostnames" $hosts }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Set what kustomize sets last: namespace, labels, images, and the hashes in the names of ConfigMaps. */}}
{{- define "bobbin.finish" -}}
{{- $build := . -}}
{{- $release := (get .images "localhost/bobbin/web").newTag -}}
{{- $labels := dict "app.kubernetes.io/instance" .root.Release.Name "app.kubernetes.io/part-of" "bobbin" -}}
{{- include "bobbin.labels" (dict "objects" .objects "labels" (dict "pairs" $labels)) -}}
{{- range .objects -}}
  {{- if and (eq .kind "ConfigMap") (hasKey $build.hashed .metadata.name) -}}
    {{- $name := printf "%s-%s" .metadata.name (.data | toJson | sha256sum | trunc 10) -}}
    {{- $_ := set $build.hashed .metadata.name $name -}}
    {{- $_ := set .metadata "name" $name -}}
  {{- end -}}
{{- end -}}
{{- range .objects -}}
  {{- $_ := set .metadata "namespace" $build.root.Release.Namespace -}}
  {{- if hasKey .metadata.labels "app.kubernetes.io/version" -}}
    {{- $_ := set .metadata.labels "app.kubernetes.io/version" $release -}}
  {{- end -}}
  {{- if eq .kind "Job" }}{{ $_ := set .metadata "name" (printf "migrate-%s" $release) }}{{ end -}}
  {{- if has .kind (list "Deployment" "StatefulSet" "Job") -}}
    {{- include "bobbin.pod" (dict "build" $build "spec" .spec.template.spec) -}}
  {{- else if eq .kind "CronJob" -}}
    {{- include "bobbin.pod" (dict "build" $build "spec" .spec.jobTemplate.spec.template.spec) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Set the images of a pod, and the names of its ConfigMaps. */}}
{{- define "bobbin.pod" -}}
{{- $build := .build -}}
{{- $references := list -}}
{{- range $container := concat (.spec.initContainers | default list) .spec.containers -}}
  {{- with get $build.images .image -}}
    {{- $image := .newName | default .name -}}
    {{- with .newTag }}{{ $image = printf "%s:%s" $image . }}{{ end -}}
    {{- with .digest }}{{ $image = printf "%s@%s" $image . }}{{ end -}}
    {{- $_ := set $container "image" $image -}}
  {{- end -}}
  {{- range .envFrom }}{{ $references = append $references .configMapRef }}{{ end -}}
{{- end -}}
{{- range .spec.volumes -}}
  {{- range concat (list .) ((.projected | default dict).sources | default list) -}}
    {{- with .configMap }}{{ $references = append $references . }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- range $reference := $references -}}
  {{- with get $build.hashed .name }}{{ $_ := set $reference "name" . }}{{ end -}}
{{- end -}}
{{- end -}}
