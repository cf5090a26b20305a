{{/* Apply a patch to all objects of its target: a JSON patch (RFC 6902), or `$patch: delete`. */}}
{{- define "bobbin.patch" -}}
{{- $build := .build -}}
{{- $kind := printf "^(%s)$" (.target.kind | default ".*") -}}
{{- $name := printf "^(%s)$" (.target.name | default ".*") -}}
{{- $isDeletion := hasPrefix "$patch: delete" .patch -}}
{{- $operations := list -}}
{{- if not $isDeletion }}{{ $operations = fromYamlArray .patch }}{{ end -}}
{{- $kept := list -}}
{{- range $build.objects -}}
  {{- $object := . -}}
  {{- if not (and (regexMatch $kind .kind) (regexMatch $name .metadata.name)) -}}
    {{- $kept = append $kept . -}}
  {{- else if not $isDeletion -}}
    {{- range $operations }}{{ include "bobbin.operation" (dict "object" $object "operation" .) }}{{ end -}}
    {{- $kept = append $kept . -}}
  {{- end -}}
{{- end -}}
{{- $_ := set $build "objects" $kept -}}
{{- end -}}

{{/*
Apply one operation of a JSON patch. It changes maps in place. A list is replaced in the map that contains it.
*/}}
{{- define "bobbin.operation" -}}
{{- $steps := list -}}
{{- range rest (splitList "/" .operation.path) }}{{ $steps = append $steps (. | replace "~1" "/" | replace "~0" "~") }}{{ end -}}
{{- $node := .object -}}
{{- $parent := dict -}}
{{- $key := "" -}}
{{- range initial $steps -}}
  {{- if kindIs "slice" $node -}}
    {{- $node = index $node (atoi .) -}}
  {{- else if not (hasKey $node .) -}}
    {{- fail (printf "the patch of %s has no place: %s" $.operation.path .) -}}
  {{- else -}}
    {{- $parent = $node -}}
    {{- $key = . -}}
    {{- $node = index $node . -}}
  {{- end -}}
{{- end -}}
{{- $last := last $steps -}}
{{- $value := (deepCopy (dict "value" (get .operation "value"))).value -}}
{{- if kindIs "map" $node -}}
  {{- if eq .operation.op "remove" }}{{ $_ := unset $node $last -}}
  {{- else if eq .operation.op "test" }}{{ include "bobbin.test" (dict "operation" .operation "found" (get $node $last)) -}}
  {{- else }}{{ $_ := set $node $last $value }}{{ end -}}
{{- else -}}
  {{- $at := len $node -}}
  {{- if ne $last "-" }}{{ $at = atoi $last }}{{ end -}}
  {{- $before := slice $node 0 $at -}}
  {{- if eq .operation.op "add" -}}
    {{- $_ := set $parent $key (concat $before (list $value) (slice $node $at)) -}}
  {{- else if eq .operation.op "replace" -}}
    {{- $_ := set $parent $key (concat $before (list $value) (slice $node (add1 $at | int))) -}}
  {{- else if eq .operation.op "remove" -}}
    {{- $_ := set $parent $key (concat $before (slice $node (add1 $at | int))) -}}
  {{- else -}}
    {{- include "bobbin.test" (dict "operation" .operation "found" (index $node $at)) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{- define "bobbin.test" -}}
{{- if ne (toJson .operation.value) (toJson .found) -}}
  {{- fail (printf "%s is %s, but a patch expects %s" .operation.path (toJson .found) (toJson .operation.value)) -}}
{{- end -}}
{{- end -}}
