# Bobbin on a laptop and in CI: needs Python 3.11 or newer and make, nothing else.
# `make help` lists the targets described with ##, and `make help-all` also those described with #:.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON_IN_VENV := .venv/bin/python
STACK := $(PYTHON_IN_VENV) -m scripts.embedded
PORT ?= 8000
HOST ?= 127.0.0.1
# Debian's Chromium without windows, when it is installed, needs 0.7 of the time.
CHROMIUM ?= $(or $(wildcard /usr/bin/chromium-headless-shell),/usr/bin/chromium)
URL ?= http://127.0.0.1:$(PORT)
ARGS ?=
CMD ?= help
LIST := awk -F ':.*\#[\#:] ' '{ printf "  make %-16s %s\n", $$1, $$2 }'
# Through the environment: a command may hold quotes of any kind.
export PORT HOST CMD

# --- Every day ---

.PHONY: help
help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | $(LIST)

.PHONY: help-all
help-all: ## This list, and the targets for benchmarks, deployments and rarer tasks
	@grep -hE '^[a-z0-9-]+:.*#[#:] ' $(MAKEFILE_LIST) | $(LIST)

.PHONY: run
run: install ## Start everything on http://127.0.0.1:8000 (PORT=, HOST=), until Ctrl-C
	@exec $(STACK) run

.PHONY: stop
stop: install ## End what `make run` started
	@$(STACK) stop

.PHONY: demo
demo: install ## Make three members with printed passwords, and a few threads
	@$(STACK) manage demo

.PHONY: manage
manage: install ## Run a management command: make manage CMD="createsuperuser" (files: from this folder)
	@$(STACK) manage

.PHONY: test
test: install install-traces ## Run all tests on real servers, in parallel (ARGS="tests/unit -x" for some)
	@exec $(STACK) test $(if $(ARGS),$(ARGS),--numprocesses=auto --dist=loadgroup)

.PHONY: coverage
coverage: install install-traces #: Run all tests like make test, and measure which lines they run; takes twice as long
	@exec $(STACK) test --numprocesses=auto --dist=loadgroup --cov --cov-report=term:skip-covered

.PHONY: test-js
test-js: #: Run the unit tests of the JavaScript modules; needs Node.js
	@scripts/javascript.sh node --test tests/javascript/*.test.js

.PHONY: test-browser
test-browser: install ## Run the tests in a browser, in parallel: CHROMIUM=/usr/bin/chromium (ARGS="-k keys" for some)
	@CHROMIUM=$(CHROMIUM) exec $(STACK) test tests/browser $(if $(ARGS),$(ARGS),--numprocesses=logical --dist=loadscope)

.PHONY: lint
lint: install ## Check style, types, templates, settings, scripts and packages
	@scripts/lint.sh

.PHONY: format
format: install ## Rewrite the code in the common style
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .
	@scripts/javascript.sh prettier --write --log-level warn '{services,scripts,tests}/**/*.{js,mjs,ts}' eslint.config.js

.PHONY: translations
translations: install ## Take new texts from the code into the translations, and compile them
	@.venv/bin/python -m scripts.translations update

.PHONY: audit-packages
audit-packages: install #: Look for known vulnerabilities in the locked packages; needs the network
	@.venv/bin/uvx pip-audit==2.10.1 --require-hashes --disable-pip -r services/web/requirements/dev.txt -r services/web/requirements/traces.txt

.PHONY: ci
ci: lint test-js test ## What CI runs: lint, tests, and the verifier against a running stack
	@scripts/verify-run.sh

.PHONY: verify
verify: install ## Check the six features over HTTP: make verify URL=http://127.0.0.1:8000
	@$(PYTHON_IN_VENV) -m tests.e2e.verify $(URL)

.PHONY: bench
bench: install install-bench ## Measure each piece of work beside raw SQL and other packages (ARGS="--only inbox")
	@exec $(STACK) bench work $(ARGS)

.PHONY: up
up: ## Build and start the containers on http://127.0.0.1:8000 (settings: .env.example); needs Docker
	@scripts/up.sh

.PHONY: down
down: ## Stop the containers and remove them; the data stay
	@docker compose --profile "*" down

# --- Installation and data of `make run` ---

.PHONY: install
install: #: Make .venv and install the locked packages (others do it by themselves)
	@scripts/bootstrap.sh

.PHONY: install-traces
install-traces: #: Install the packages of traces, which some tests need (make test does by itself)
	@scripts/bootstrap.sh traces

.PHONY: lock
lock: install #: Renew the lock of packages after a change of pyproject.toml
	@scripts/lock.sh

.PHONY: move-database
move-database: install #: Move the data of make run into a database with the locale that Bobbin needs
	@$(STACK) move-database

.PHONY: reset
reset: install #: Delete all data of `make run` (asks first; YES=1 does not)
	@$(STACK) reset

.PHONY: clean
clean: #: Remove .venv and caches; data in .run stay
	@rm -rf node_modules .venv .venv*.lock .venv-bench .venv-infra .venv-traces .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*

# --- More tests ---

.PHONY: test-security
test-security: install #: Request every page by every method as outsiders, and 20,000 made-up and interleaved requests
	@FUZZ_REQUESTS=20000 INTERLEAVINGS=20000 exec $(STACK) test tests/integration/security \
	  tests/integration/chats/test_interleavings.py \
	  tests/integration/chats/test_member_interleavings.py --numprocesses=auto --dist=load $(ARGS)

.PHONY: test-long
test-long: install #: Run the tests of random steps and restarts of workers with more of each than `make test`
	@INTERLEAVINGS=20000 WORKER_BOOTS=50 HOSTILE_REQUESTS=10000 exec $(STACK) test \
	  tests/integration/chats/test_interleavings.py tests/integration/observability/test_workers.py \
	  --numprocesses=auto --dist=loadgroup $(ARGS)

.PHONY: e2e
e2e: install #: Test a running Bobbin as a black box: make e2e URL=... (EDGE=nginx, PROMETHEUS_URL=...)
	@BASE_URL="$(URL)" $(PYTHON_IN_VENV) -m pytest -c tests/e2e/site/pytest.ini tests/e2e/site -q $(ARGS)

.PHONY: test-monitoring
test-monitoring: install #: Test metrics, alerts and dashboards under a real Prometheus (PICTURES=1 draws them for the docs)
	@scripts/test-monitoring.sh

.PHONY: test-proxies
test-proxies: install #: Test the settings for Caddy, Traefik, nginx and Cloudflare with the real programs
	@scripts/bootstrap.sh infra
	@$(PYTHON_IN_VENV) -m pytest -c tests/deployment/proxies/pytest.ini tests/deployment/proxies -q $(ARGS)

.PHONY: test-stack
test-stack: install #: Build, start, test and harm the containers, and remove them; needs Docker, and 17 minutes
	@scripts/test-stack.sh $(ARGS)

.PHONY: drill-recovery
drill-recovery: install #: Lose the disk of the containers of a test, and recover it from the archive (MESSAGES=100000); 8 minutes
	@.venv/bin/python -m pytest -c tests/deployment/compose/pytest.ini tests/deployment/compose/drill_recovery.py -q $(ARGS)

.PHONY: drill-restore
drill-restore: install #: Restore the containers of a test to a moment, and from encrypted backups; 5 minutes
	@$(PYTHON_IN_VENV) -m pytest -c tests/deployment/compose/pytest.ini -q -n 2 --dist=loadfile \
	  tests/deployment/compose/drill_point_in_time.py tests/deployment/compose/drill_encrypted_backup.py $(ARGS)

.PHONY: drill-alerts
drill-alerts: install #: Stop, kill and freeze each container under load: which alert is mailed, and when (STACKS=5 at once; ARGS="-k web")
	@DRILL_ALERTS=1 $(PYTHON_IN_VENV) -m pytest -c tests/deployment/compose/pytest.ini \
	  tests/deployment/compose/drill_alerts.py -q -n $(or $(STACKS),5) $(ARGS)

.PHONY: test-k8s
test-k8s: install #: Check the manifests in k8s/ without a cluster (ARGS="-k planted" for a part)
	@scripts/test-k8s.sh $(ARGS)

.PHONY: test-pooler
test-pooler: install #: Run Bobbin behind a real PgBouncer, as k8s/overlays/production does
	@scripts/test-pooler.sh $(ARGS)

.PHONY: test-cluster
test-cluster: install #: Run, test and harm Bobbin on the cluster that KUBECONFIG names; needs Docker, and 10 minutes
	@scripts/test-cluster.sh $(ARGS)

.PHONY: drill-rotation
drill-rotation: install #: Rotate the secrets on the cluster of KUBECONFIG under load, as k8s/README.md says; 4 minutes
	@TESTS=tests/deployment/kubernetes/cluster/drill_rotation.py scripts/test-cluster.sh $(ARGS)

# --- More benchmarks ---

.PHONY: install-bench
install-bench: #: Install what the benchmarks need, in .venv-bench (they do by themselves)
	@scripts/bootstrap.sh bench

.PHONY: bench-scale
bench-scale: install install-bench #: Measure the pages' queries with many messages and conversations (needs 18 GB and 5 minutes)
	@exec $(STACK) bench scale $(ARGS)

.PHONY: bench-http
bench-http: install install-bench #: Measure the pages under load beside bare views (ARGS=--profiles: a writer, overload)
	@exec $(STACK) bench http $(ARGS)

.PHONY: bench-outages
bench-outages: install install-bench #: Measure the pages while Redis is ended, frozen or silent, and back
	@exec $(STACK) bench outages $(ARGS)

.PHONY: bench-metrics
bench-metrics: install install-bench #: Measure what the metrics cost: the pages with and without them, in turn
	@exec $(STACK) bench metrics $(ARGS)

.PHONY: bench-browser
bench-browser: install #: Measure the delays that members notice, in Chromium: a switch, the own message, an arrival
	@CHROMIUM=$(CHROMIUM) exec $(STACK) test tests/browser/measure_delays.py -q -s

.PHONY: bench-events
bench-events: install install-bench #: Measure live updates: open streams, delays, and servers that are killed
	@exec $(STACK) bench events $(ARGS)

# --- Containers ---

.PHONY: upgrade
upgrade: #: Upgrade the containers to this checkout: backup, build, migrations, check; goes back on failure
	@scripts/upgrade.sh

.PHONY: rollback
rollback: #: Run the images of before the last upgrade again, without building
	@scripts/rollback.sh

.PHONY: logs
logs: #: Follow what the containers say (ARGS="web --tail 50")
	@docker compose --profile "*" logs --follow $(ARGS)

.PHONY: secrets
secrets: #: Make the containers' secrets, once (make up does)
	@scripts/secrets.sh

.PHONY: rotate
rotate: #: Change the passwords and the SECRET_KEY of the containers while they serve; again after an interruption
	@scripts/rotate.sh

.PHONY: doctor
doctor: #: Check the settings and secrets of the containers, one line for each check
	@scripts/doctor.sh

.PHONY: test-alert
test-alert: #: Send a test alert by mail and webhook (ALERT_...), and say whether it was delivered
	@scripts/test-alert.sh

.PHONY: backup
backup: #: Back up the database of the containers into backups/: dump, checksum, the last 14
	@scripts/backup.sh

.PHONY: restore
restore: #: Restore the containers' database: FILE=backups/bobbin-....dump, or TO="2026-11-28 12:34:56" from the archive
	@$(if $(TO),scripts/recover.sh "$(TO)",scripts/restore.sh "$(FILE)")

.PHONY: upgrade-postgres
upgrade-postgres: #: Move the containers' data into the major version of PostgreSQL in docker-compose.yml (after make down)
	@scripts/upgrade-postgres.sh

.PHONY: down-all
down-all: #: Remove the containers and all their data; secrets and backups stay (asks first; YES=1 does not)
	@scripts/down-all.sh
