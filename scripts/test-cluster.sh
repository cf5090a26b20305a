#!/bin/sh
# Deploy Bobbin on the cluster of KUBECONFIG, test it with and without failures, and remove it.
# ARGS="-k rollouts" selects tests; KEEP_CLUSTER=1 keeps it running.
# Needs Docker, kubectl, and a cluster without a namespace `bobbin`.
set -eu
cd "$(dirname "$0")/.."
[ -n "${KUBECONFIG:-}" ] || { echo "Bobbin: set the cluster: KUBECONFIG=... make test-cluster" >&2; exit 1; }
KUBECTL=${KUBECTL:-$(command -v kubectl)} || { echo "Bobbin: kubectl is missing." >&2; exit 1; }
export KUBECTL
exec .venv/bin/python -m pytest -c tests/deployment/kubernetes/cluster/pytest.ini tests/deployment/kubernetes/cluster "$@"
