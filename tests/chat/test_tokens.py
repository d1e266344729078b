from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_demo.layout import SPECIALS
from nemotron_runtime.chat.fragments import Fragment, Mark
from nemotron_runtime.chat.tokens import StreamDecoder, Tokens
from nemotron_runtime.engine.base import TokenLogprob
from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing
from support.random_checkpoint.vocabulary import tokenizer_json
from support.vocabulary import demo_tokens

TOKENS = demo_tokens()
BYTE_ID = {TOKENS.bytes_of(id): id for id in range(18, 18 + 256)}
THINK, END_THINK, CALL, END_CALL = 12, 13, 14, 15


def ids_of(data: bytes) -> list[int]:
    return [BYTE_ID[bytes([byte])] for byte in data]


def text_of(fragments: list[Fragment]) -> str:
    return "".join(fragment.text for fragment in fragments)


def decode(*pieces: list[int]) -> list[Fragment]:
    decoder = StreamDecoder(TOKENS)
    return [*(fragment for ids in pieces for fragment in decoder.feed(ids)), *decoder.flush()]


def cut(items: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(items), *(place % (len(items) + 1) for place in places)})
    return [items[left:right] for left, right in pairwise(edges)]


def test_specials_have_the_published_ids() -> None:
    assert TOKENS.specials == {text: id for id, text in enumerate(SPECIALS)}
    assert TOKENS.vocab_size == 1024
    assert len(BYTE_ID) == 256


@given(st.text())
def test_encoding_keeps_every_byte(text: str) -> None:
    assert b"".join(TOKENS.bytes_of(id) for id in TOKENS.encode(text)) == text.encode()


SPECIAL_TEXT = st.lists(st.one_of(st.sampled_from(SPECIALS), st.text(max_size=3))).map("".join)


@given(SPECIAL_TEXT)
def test_no_text_becomes_a_special_token(text: str) -> None:
    ids = TOKENS.encode(text)
    assert min(ids, default=99) >= len(SPECIALS)
    assert b"".join(TOKENS.bytes_of(id) for id in ids) == text.encode()


def test_a_vocabulary_that_takes_whole_words_first_yields_no_special_token_either() -> None:
    """``ignore_merges`` maps a word that is in the vocabulary to it, merges or not."""
    data = tokenizer_json()
    data["model"]["ignore_merges"] = True
    data["pre_tokenizer"] = data["pre_tokenizer"]["pretokenizers"][1]
    data["added_tokens"] = [token | {"special": False} for token in data["added_tokens"]]
    data["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
    }
    tokens = Tokens(data)
    assert tokens.specials == TOKENS.specials
    for text in SPECIALS:
        assert min(tokens.encode(text)) >= len(SPECIALS)


def test_merges_are_used() -> None:
    assert len(TOKENS.encode("You are a helpful assistant.")) < 12


def test_an_unused_id_is_nothing() -> None:
    assert TOKENS.bytes_of(1024) == TOKENS.bytes_of(-1) == b""
    assert decode([5000]) == [Fragment("")]


@given(st.binary(), st.lists(st.integers(0, 100)))
def test_any_bytes_cut_in_any_way_give_the_whole(data: bytes, places: list[int]) -> None:
    fragments = decode(*(ids_of(piece) for piece in cut(data, places)))
    assert text_of(fragments) == data.decode(errors="replace")


LEAD_BYTES = st.lists(
    st.sampled_from(
        [0x41, 0x80, 0xBF, 0xC3, 0xC0, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xF0, 0x9F, 0x98, 0xF5, 0xFF]
    )
).map(bytes)


@given(LEAD_BYTES, st.lists(st.integers(0, 100)))
def test_broken_characters_cut_in_any_way_give_the_whole(data: bytes, places: list[int]) -> None:
    fragments = decode(*(ids_of(piece) for piece in cut(data, places)))
    assert text_of(fragments) == data.decode(errors="replace")


@given(st.lists(st.one_of(st.integers(0, 1030), st.sampled_from([THINK, END_THINK, CALL, END_CALL]))))
def test_any_tokens_one_by_one_give_the_same_as_at_once(ids: list[int]) -> None:
    whole = b"".join(TOKENS.bytes_of(id) for id in ids).decode(errors="replace")
    assert decode(*([id] for id in ids)) == decode(ids)
    assert text_of(decode(ids)) == whole


@given(st.text())
def test_valid_text_has_no_replacement_and_one_fragment_a_token(text: str) -> None:
    ids = TOKENS.encode(text)
    fragments = StreamDecoder(TOKENS).feed(ids)
    assert len(fragments) == len(ids)
    assert text_of(fragments) == text


def test_a_cut_character_is_held_until_it_is_complete() -> None:
    decoder = StreamDecoder(TOKENS)
    first, *rest = ids_of("€".encode())
    assert decoder.feed([first]) == [Fragment("")]
    assert decoder.feed(rest) == [Fragment(""), Fragment("€")]
    assert decoder.flush() == []


def test_flush_gives_the_rest_and_begins_anew() -> None:
    decoder = StreamDecoder(TOKENS)
    decoder.feed(ids_of(b"\xe2\x82"))
    assert decoder.flush() == [Fragment("\ufffd")]
    assert decoder.feed(ids_of(b"a")) == [Fragment("a")]


def test_marks_count_by_id_and_not_by_text() -> None:
    assert decode([THINK, END_THINK, CALL, END_CALL]) == [
        Fragment("<think>", Mark.THINK),
        Fragment("</think>", Mark.END_THINK),
        Fragment("<tool_call>", Mark.CALL),
        Fragment("</tool_call>", Mark.END_CALL),
    ]
    assert {fragment.mark for fragment in decode(TOKENS.encode("<think></think><tool_call>"))} == {None}


def test_other_specials_are_their_text() -> None:
    assert decode([10, 3, 16]) == [Fragment("<|im_start|>"), Fragment("[INST]"), Fragment("<tool_response>")]


def test_a_mark_inside_a_character_comes_after_its_replacement() -> None:
    assert decode([*ids_of(b"\xf0\x9f"), END_THINK]) == [
        Fragment(""),
        Fragment(""),
        Fragment("\ufffd"),
        Fragment("</think>", Mark.END_THINK),
    ]


def test_rows_stay_with_their_tokens() -> None:
    ids = [END_THINK, *ids_of("é".encode())]
    rows = [TokenLogprob(id, -1.0) for id in ids]
    assert [fragment.row for fragment in StreamDecoder(TOKENS).feed(ids, rows)] == rows


def test_loads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(tokenizer_json()))
    assert Tokens.load(path).encode("Hello <think>") == TOKENS.encode("Hello <think>")


def test_a_missing_file_is_missing_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        Tokens.load(tmp_path / "tokenizer.json")


@pytest.mark.parametrize("content", ["{", "{}", '{"model": {"vocab": {"▁a": 0}}, "added_tokens": []}'])
def test_another_kind_of_file_is_corrupt(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(WeightsCorrupt):
        Tokens.load(path)
