"""A small program that says what a server says of its start, to be run by ``python -c``."""

from __future__ import annotations

import textwrap

PROGRAM = textwrap.dedent("""
    import http.server, json, os, pathlib, sys
    filled = pathlib.Path(os.environ["VLLM_CACHE_ROOT"]) / "filled"
    phases = {"load": 1.0} if filled.exists() else {"load": 1.0, "compile": 2.5, "odd": None}
    filled.parent.mkdir(parents=True, exist_ok=True)
    filled.touch()
    METRICS = 'vllm:cache_config_info{block_size="128",num_gpu_blocks="7",other="x"} 1.0'
    READY = {"status": "ready", "start": {"phases": phases}} if "--silent" not in sys.argv else {}
    BODIES = {"/ready": json.dumps(READY), "/v1/models": '{"data": [{"id": "m"}]}', "/metrics": METRICS}
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path in BODIES else 404)
            self.end_headers()
            self.wfile.write(BODIES.get(self.path, "").encode())
        def log_message(self, *arguments):
            pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
""")
