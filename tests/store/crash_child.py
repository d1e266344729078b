"""Writes records until it is killed; says each one that it has put, once put."""

from __future__ import annotations

import sys
import time
from decimal import Decimal

from nemotron_runtime.chat.record import App, Caller, Content, Cost
from nemotron_runtime.store.store import Store, StoreOptions
from support.generations import record

store = Store.open(StoreOptions(sys.argv[1], store_content=True, detail_capacity=int(sys.argv[2])))
caller = Caller("k", App("https://example.org", "Example"))
cost = Cost(Decimal("0.000001"), Decimal("0.000002"))
number = 0
rest_s = float(sys.argv[4])
while True:
    for _ in range(20):
        number += 1
        store.recorder.put(
            record(
                id=f"gen-{sys.argv[3]}-{number}", caller=caller, cost=cost, content=Content("[]", "a", "b")
            )
        )
    print(number, flush=True)
    time.sleep(rest_s)
