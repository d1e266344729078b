"""The core: a request becomes a plan, tokens become events, events become the wire."""
