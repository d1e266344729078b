"""Throughput benchmarks over HTTP; never imports the runtime."""
