#!/bin/sh
# Prepare `kubectl apply -k k8s/overlays/local`: create the secrets once, build Bobbin's images, and load them
# into the cluster of the current context. Usage: k8s-prepare.sh [RELEASE]
# The name of the context identifies kind, minikube and k3d. For other clusters set LOAD_IMAGES="command",
# which gets the images as arguments. Or set REGISTRY=registry.example.org/bobbin to push the images to it
# (k8s/README.md).
set -eu
cd "$(dirname "$0")/.."
release=${1:-$(sed -n 's/.*name: localhost\/bobbin\/web, newTag: \([^ ,}]*\).*/\1/p' k8s/base/kustomization.yaml)}
others=$(sed -n 's/.*name: \(postgres\|redis\), newTag: \([^ ,}]*\).*/\1:\2/p' k8s/base/kustomization.yaml)

BOBBIN_SECRETS=k8s/overlays/local/secrets scripts/secrets.sh
docker build --quiet --build-arg "RELEASE=$release" --tag "localhost/bobbin/web:$release" services/web >/dev/null
docker build --quiet --tag "localhost/bobbin/nginx:$release" services/nginx >/dev/null
images="localhost/bobbin/web:$release localhost/bobbin/nginx:$release"
echo "Built $images."

if [ -n "${REGISTRY:-}" ]; then
  for image in $images; do
    docker tag "$image" "$REGISTRY/${image#localhost/bobbin/}"
    docker push "$REGISTRY/${image#localhost/bobbin/}"
  done
  exit 0
fi
context=$("${KUBECTL:-kubectl}" config current-context)
# shellcheck disable=SC2086  # word splitting is intended
case ${LOAD_IMAGES:+command}:$context in
command:*) $LOAD_IMAGES $images $others ;;
:kind-*) kind load docker-image --name "${context#kind-}" $images ;;
:k3d-*) k3d image import --cluster "${context#k3d-}" $images ;;
:minikube) minikube image load $images ;;
*)
  echo "Bobbin: cannot load images into the cluster $context: set LOAD_IMAGES or REGISTRY (see the head of $0)." >&2
  exit 1
  ;;
esac
