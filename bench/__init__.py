"""The benchmarks behind `make bench` and its companions."""
