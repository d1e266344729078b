"""The network's recurrence, what a batch teaches, and a run that goes on where it stopped."""

from __future__ import annotations

import random

import pytest

torch = pytest.importorskip("torch")

from nemotron_demo import checkpoint  # noqa: E402
from nemotron_demo.batches import IGNORE, batches, encode, plain_texts  # noqa: E402
from nemotron_demo.dialogue import Dialogue  # noqa: E402
from nemotron_demo.dialogues import draw  # noqa: E402
from nemotron_demo.layout import SPECIALS, Geometry  # noqa: E402
from nemotron_demo.network import Network, scan  # noqa: E402
from nemotron_demo.progress import Progress  # noqa: E402
from nemotron_demo.tokenizer import END, END_THINK, THINK, learn  # noqa: E402
from nemotron_demo.train import Run, main, schedule  # noqa: E402
from nemotron_runtime.weights.embedded import CHECKPOINT  # noqa: E402

SMALL = Geometry(hidden=64, heads=2, kv_heads=1, head_dim=16, mamba_heads=2, mamba_head_dim=16, state=8)


@pytest.fixture(scope="module")
def tokenizer():
    chance = random.Random(1)
    return learn(text for _ in range(300) for text in plain_texts(draw(chance)))


@pytest.mark.parametrize("length", [1, 5, 8, 19])
def test_scan_in_chunks_is_the_recurrence(length: int) -> None:
    torch.manual_seed(length)
    x = torch.randn(2, length, 4, 3)
    step, decay = torch.rand(2, length, 4), -torch.rand(4)
    b, c = torch.randn(2, length, 2, 5), torch.randn(2, length, 2, 5)
    state = torch.zeros(2, 4, 5, 3)
    expected = []
    for t in range(length):
        write = b[:, t].repeat_interleave(2, 1)[..., None] * x[:, t, :, None]
        state = state * torch.exp(step[:, t] * decay)[..., None, None] + step[:, t, :, None, None] * write
        expected.append((c[:, t].repeat_interleave(2, 1)[..., None] * state).sum(-2))
    torch.testing.assert_close(scan(x, step, decay, b, c, 8), torch.stack(expected, 1), atol=1e-4, rtol=1e-4)


def test_the_network_sees_no_future() -> None:
    torch.manual_seed(0)
    network = Network(SMALL)
    ids = torch.randint(18, SMALL.vocab_size, (1, 40))
    changed = ids.clone()
    changed[0, 30] = 17
    before, after = network(ids), network(changed)
    torch.testing.assert_close(before[:, :30], after[:, :30])
    assert not torch.allclose(before[:, 30:], after[:, 30:])


def test_only_answers_are_learnt(tokenizer) -> None:
    said = {"role": "assistant", "reasoning_content": "7 + 5 = 12.", "content": "12"}
    asked = {"role": "user", "content": "What is 7 + 5?"}
    silent = {"role": "assistant", "content": "12"}

    def learnt(dialogue: Dialogue) -> str:
        example = encode(dialogue, tokenizer, random.Random(0))
        ids = [id for id, mark in zip(example.ids, example.learnt, strict=True) if mark]
        return tokenizer.decode(ids, skip_special_tokens=False)

    assert learnt(Dialogue("x.y", (asked, said))) == "7 + 5 = 12.\n</think>\n12<|im_end|>"
    assert learnt(Dialogue("x.y", (asked, silent), thinking=False)) == "12<|im_end|>"


def test_a_cut_thought_teaches_no_cut(tokenizer) -> None:
    said = {"role": "assistant", "reasoning_content": "one two three four five", "content": "six"}
    dialogue = Dialogue("x.y", ({"role": "user", "content": "count"}, said))
    whole = encode(dialogue, tokenizer, random.Random(0))
    cut = next(
        example
        for seed in range(999)
        if len((example := encode(dialogue, tokenizer, random.Random(seed))).ids) < len(whole.ids)
    )
    assert not cut.learnt[cut.ids.index(END_THINK)]
    assert cut.learnt[len(cut.ids) - 1 - cut.ids[::-1].index(END)]


def test_specials_have_the_published_ids(tokenizer) -> None:
    assert [tokenizer.token_to_id(text) for text in SPECIALS] == list(range(18))
    assert SPECIALS[THINK] == "<think>"


def test_the_fixed_text_around_tools_is_few_tokens(tokenizer) -> None:
    text = "<IMPORTANT>\nReminder:\n- Function calls MUST follow the specified format"
    fixed = next(part for part in plain_texts(_with_tool()) if text in part)
    assert len(tokenizer.encode(fixed).ids) < len(fixed) / 20


def test_a_run_learns_and_goes_on_where_it_stopped(tokenizer, tmp_path) -> None:
    torch.manual_seed(0)
    source = batches(draw, tokenizer, 3, 600, 256)
    inputs, targets = next(source)
    assert inputs.numel() <= 600
    assert (targets != IGNORE).any()
    first = Run(Network(SMALL), 40, tmp_path / "state.pt")
    losses = [first.learn(inputs, targets) for _ in range(12)]
    first.save()
    again = Run(Network(SMALL), 40, tmp_path / "state.pt")
    assert again.step == 12
    assert losses[-1] < losses[0]
    assert again.learn(inputs, targets) == pytest.approx(first.learn(inputs, targets), rel=1e-3)


def test_a_checkpoint_is_read_as_it_was_written(tokenizer, tmp_path) -> None:
    torch.manual_seed(0)
    written, read = Network(SMALL), Network(SMALL)
    for layer in written.experts():
        layer.bias.normal_()
    checkpoint.write(written, tokenizer, tmp_path)
    checkpoint.read(read, tmp_path / "model.safetensors")
    ours, theirs = checkpoint.tensors(read), checkpoint.tensors(written)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_output_layer_is_the_scaled_table_of_tokens() -> None:
    saved = checkpoint.tensors(Network(SMALL))
    table = saved["backbone.embeddings.weight"].float() * SMALL.hidden**-0.5
    torch.testing.assert_close(saved["lm_head.weight"].float(), table, rtol=2**-7, atol=1e-6)


def test_experts_are_those_of_the_plain_sum() -> None:
    torch.manual_seed(2)
    layer = Network(SMALL).experts()[0]
    hidden = torch.randn(2, 37, SMALL.hidden)
    scores = torch.sigmoid(hidden @ layer.gate.T)
    weights, chosen = scores.topk(SMALL.experts_per_token, -1)
    weights = weights / weights.sum(-1, keepdim=True) * SMALL.routed_scale
    inner = torch.relu(torch.einsum("bth,ewh->btew", hidden, layer.up)).square()
    every = torch.einsum("btew,ehw->bteh", inner, layer.down)
    routed = (
        every.gather(2, chosen[..., None].expand(*chosen.shape, SMALL.hidden)) * weights[..., None]
    ).sum(2)
    shared = layer.shared_down(torch.relu(layer.shared_up(hidden)).square())
    torch.testing.assert_close(layer(hidden), routed + shared, atol=1e-5, rtol=1e-4)


def test_progress_counts_what_is_wholly_likeliest(tokenizer) -> None:
    class Knowing(Network):
        """Sees the token after each."""

        def forward(self, ids):
            return ids

        def logits(self, hidden):
            return torch.nn.functional.one_hot(hidden.roll(-1, 1), SMALL.vocab_size).float()

    progress = Progress(tokenizer, count=40)
    shares = [part.rsplit(" ", 1)[1] for part in progress.of(Knowing(SMALL)).split("  ")]
    assert len(shares) > 5
    assert set(shares) == {"100%"}
    assert "100%" not in progress.of(Network(SMALL))


def test_the_rate_rises_stays_and_falls() -> None:
    rates = [schedule(step, 1000) for step in range(1000)]
    assert rates[0] < rates[30] < rates[100] == rates[400] == 1 > rates[800] > rates[999] > 0


def _with_tool() -> Dialogue:
    function = {"name": "f", "parameters": {"type": "object", "properties": {}}}
    return Dialogue("x.y", ({"role": "user", "content": "x"},), ({"type": "function", "function": function},))


def test_a_run_can_begin_with_the_shipped_checkpoint(tmp_path, monkeypatch) -> None:
    command = ["train", "--folder", str(tmp_path), "--steps", "0", "--start", str(CHECKPOINT)]
    monkeypatch.setattr("sys.argv", command)
    main()
    shipped = {file.name: file.read_bytes() for file in CHECKPOINT.iterdir() if file.name != "README.md"}
    assert {file.name: file.read_bytes() for file in (tmp_path / "checkpoint").iterdir()} == shipped
    with pytest.raises(SystemExit, match="holds a run"):
        main()
