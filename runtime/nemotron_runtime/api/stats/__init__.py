"""What the page shows beside the public API: ``GET /stats``, one small builder a concept."""
