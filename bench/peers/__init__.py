"""Models and code for the compared packages, used only in the benchmarks."""
