"""Side-by-side benchmarks of `cloud` and its peers: ``python -m benchmarks`` (or ``make bench``)."""
