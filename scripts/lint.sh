#!/bin/sh
# Run all checks that need no server. After a failure the other checks still run, and the exit status is 1.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH="$PWD/.venv/bin:$PATH"
status=0

check() { # title, command...
  title=$1
  shift
  if output=$("$@" 2>&1); then
    echo "ok    $title"
  else
    status=1
    printf 'FAIL  %s\n%s\n' "$title" "$output"
  fi
}

# shellcheck disable=SC2329  # check calls it
in_web() (cd services/web && "$@")

# Settings as in production. No check connects to these hosts.
export HTTPS=true DEBUG=false
export SECRET_KEY=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
export ALLOWED_HOSTS=bobbin.example POSTGRES_HOST=postgres POSTGRES_PASSWORD=unused REDIS_URL=redis://redis:6379/0

check "ruff" ruff check .
check "ruff format" ruff format --check .
check "mypy" mypy
check "eslint" scripts/javascript.sh eslint services scripts tests eslint.config.js
check "prettier" scripts/javascript.sh prettier --check '{services,scripts,tests}/**/*.{js,mjs,ts}' eslint.config.js
check "tsc" scripts/javascript.sh tsc
check "imports" env PYTHONPATH=services/web lint-imports --no-cache --no-logo
check "words" python scripts/check-words.py
check "djlint" djlint services/web --lint --quiet --configuration pyproject.toml
check "yamllint" yamllint --strict .
check "shellcheck" sh -c "shellcheck scripts/*.sh deploy/pgbackrest/*.sh deploy/postgres/*.sh deploy/postgres/initdb.d/*.sh services/nginx/entrypoint/*.envsh services/nginx/entrypoint/*-settings .ci/run"
check "containers" scripts/lint-containers.sh
check "workflows" scripts/lint-workflows.sh
check "manage.py check --deploy" in_web python manage.py check --deploy --fail-level WARNING
check "manage.py makemigrations --check" in_web python -W ignore manage.py makemigrations --check --dry-run
check "translations" python -m scripts.translations check
check "pip check" python -m pip check
exit $status
