"""The model page in a browser: every tab with figures and without, by keyboard and on narrow screens."""

from __future__ import annotations

import pytest

from support.page_stats import MARKED

pytestmark = pytest.mark.node

USED = {
    "overview": ["18,400", "41.2M", "9.1M", "181 tok/s", "64 ms", "97.5%", "$3.88", "playground"],
    "providers": ["NVIDIA H100 80GB HBM3", "vllm 0.32.0", "bf16", "Trains on prompts no", "yes, for 7 days"],
    "performance": ["Throughput", "Time to first token", "Whole answer", "p99", "412 requests", "413 ms"],
    "pricing": ["$0", "Effective", "$0.05", "$0.2", "$3.88"],
    "benchmarks": [
        "MMLU-Pro",
        "78.30",
        "arXiv 2512.20848",
        "2025-12-15",
        "2026-11-30-cpu-9dfef20-start.json",
    ],
    "apps": ["Cline", "cli-agent", "21,000,000", MARKED],
    "activity": ["Prompt", "Reasoning", "Completion", "Tokens a day"],
    "uptime": ["100%", "99.99%", "97.5%", "three days", "The last 24 hours"],
    "api": ["/api/v1", "curl", "temperature", "0 to 2", "Get your API key", "first request"],
}
FRESH = {
    "overview": ["Requests 0", "playground"],
    "providers": ["none: it runs on the processor"],
    "performance": ["No requests in this window", "playground"],
    "pricing": ["Nothing was used yet", "after the first answers"],
    "benchmarks": ["MMLU-Pro", "No results yet", "nemotron bench"],
    "apps": ["No app has told its name", "HTTP-Referer"],
    "activity": ["Nothing was used yet", "becomes a bar"],
    "uptime": ["Too few requests to say", "ten requests"],
    "api": ["/api/v1", "curl"],
}


def test_every_tab_tells_of_a_box_in_use(browse, used):
    browse("tabsSay", used.url, texts=USED)


def test_every_tab_says_what_will_appear(browse, fresh):
    browse("tabsSay", fresh.url, texts=FRESH)


def test_header_and_compare(browse, used):
    chips = ["Embedded demo", "Modalities", "Price", "Context", "32,768", "Weekly tokens", "287M", "Released"]
    compared = ["262,144", "37,700,000,000", "$0.20", "a page copy, 2026-09-15", "something else", "said so"]
    browse("headerSays", used.url, texts=chips, compared=compared)


def test_tabs_by_keyboard(browse, used):
    browse("keyboard", used.url)


def test_tabs_have_urls(browse, used):
    browse("history", used.url)


def test_window_of_the_charts(browse, used):
    browse("windows", used.url)


def test_text_of_a_client_stays_text(browse, used):
    browse("textStaysText", used.url, marked=MARKED)


def test_charts_are_drawn(browse, used):
    browse("chartsAreDrawn", used.url, tabs={"performance": 4, "activity": 1, "uptime": 1})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(browse, used, shots, scheme):
    browse("everyPageIsAccessible", used.url, scheme=scheme, shots=shots, name=f"used-{scheme}")


def test_empty_pages_are_accessible(browse, fresh, shots):
    browse("everyPageIsAccessible", fresh.url, shots=shots, name="fresh")


def test_narrow_screens(browse, used, shots):
    browse("everyPageFits", used.url, width=360, height=740, shots=shots, name="narrow")


def test_theme(browse, used):
    browse("theme", used.url)
