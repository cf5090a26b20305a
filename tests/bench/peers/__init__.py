"""What other packages need to do the work of Bobbin: models of their own, in the benchmarks only."""
