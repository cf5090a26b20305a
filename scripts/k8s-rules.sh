#!/bin/sh
# Convert the rules of deploy/prometheus to PrometheusRule objects of the Prometheus operator.
# A test compares both.
set -eu
cd "$(dirname "$0")/.."
target=${1:-k8s/components/monitoring/prometheusrules.yaml}

cat >"$target" <<'EOF'
# Made by scripts/k8s-rules.sh from deploy/prometheus/rules: change them there.
# yamllint disable rule:indentation
EOF
for file in deploy/prometheus/rules/*.yml; do
  cat >>"$target" <<EOF
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: bobbin-$(basename "$file" .yml)
spec:
  groups:
EOF
  sed '0,/^groups:/d' "$file" >>"$target"
done
