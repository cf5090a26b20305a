# shellcheck shell=sh
# Functions about the images of the services `web` and `nginx`. Sourced in the root of the repository.
image_name() { # Print the name that Compose starts.
  docker compose config --images "$1" | grep -m 1 "^localhost/bobbin/$1:"
}
image_id() { docker image inspect --format '{{.Id}}' "${2:-$(image_name "$1")}"; }
running() { # Print the id of the image of a healthy container; fail without one.
  container=$(docker compose ps --format '{{.ID}} {{.Health}}' "$1" | awk '$2 == "healthy" { print $1; exit }')
  [ -n "$container" ] && docker inspect --format '{{.Image}}' "$container"
}
release_of() { # Print the release of an image, or its id if it has none.
  docker image inspect --format \
    '{{with index .Config.Labels "org.opencontainers.image.version"}}{{.}}{{else}}{{.Id}}{{end}}' "$1"
}
