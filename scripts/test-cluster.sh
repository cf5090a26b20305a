#!/bin/sh
# Deploy Bobbin on the cluster of KUBECONFIG, test it with and without failures, and remove it.
# ARGS="-k rollouts" selects tests; TESTS=FILE runs a drill; KEEP_CLUSTER=1 keeps it running.
# Needs Docker, kubectl, and a cluster without a namespace `bobbin`.
set -eu
cd "$(dirname "$0")/.."
[ -n "${KUBECONFIG:-}" ] || { echo "Bobbin: set the cluster: KUBECONFIG=... make test-cluster" >&2; exit 1; }
KUBECTL=${KUBECTL:-$(command -v kubectl)} || { echo "Bobbin: kubectl is missing." >&2; exit 1; }
HELM=${HELM:-$(scripts/k8s-tools.sh | sed 's/.* //')}
export KUBECTL HELM
exec .venv/bin/python -m pytest -c tests/deployment/kubernetes/cluster/pytest.ini "${TESTS:-tests/deployment/kubernetes/cluster}" "$@"
