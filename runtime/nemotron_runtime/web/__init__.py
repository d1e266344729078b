"""The pages that a browser sees at ``/``. All data reaches them through the public API."""
