"""PostgreSQL, Valkey and the web processes of `make run`, `make test` and `make bench`."""
