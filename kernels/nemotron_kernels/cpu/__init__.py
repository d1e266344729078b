"""What vLLM's CPU build lacks for Nemotron 3 Nano; imported only where vLLM runs on a CPU."""
