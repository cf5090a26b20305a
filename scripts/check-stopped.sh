#!/bin/sh
# Refuse a restore while a service runs that may use the database. Called by restore.sh and recover.sh.
set -eu
cd "$(dirname "$0")/.."
for service in $(docker compose --profile "*" ps --services --status running); do
  case $service in postgres | postgres-exporter | prometheus | grafana) ;;
  *)
    echo "Bobbin: the stack is in use ($service runs). Stop it first: make down" >&2
    exit 1
    ;;
  esac
done
