import subprocess
import sys

CHECK = """
import gc
from nemotron_runtime import heap

kept = [[] for _ in range(1000)]
heap.settle()
assert gc.get_freeze_count() >= 1000
assert gc.get_threshold() == heap.THRESHOLDS

class Node:
    gone = 0
    def __del__(self):
        Node.gone += 1

for _ in range(heap.THRESHOLDS[0] * 2):
    node = Node()
    node.itself = node
assert Node.gone > 0, "cycles are collected no more"
"""


def test_what_was_loaded_is_left_alone_and_new_cycles_are_collected() -> None:
    subprocess.run([sys.executable, "-P", "-c", CHECK], check=True)
