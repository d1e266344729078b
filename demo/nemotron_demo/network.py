"""The published architecture in plain PyTorch, fast enough to train on a CPU.

Names of parameters and numbers agree with transformers' NemotronH and with vLLM's: no clamp of the time
step, the router in float32, its bias only in the choice of experts. Input and output share one table
while they learn, so that what is copied need not be learnt token by token. Shapes: B sequences, L tokens,
H heads, P channels a head, N states, G groups, Q tokens a chunk.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nemotron_demo.layout import Geometry

ROWS = 64
"""Each expert's rows begin at a multiple of this: oneDNN compiles a kernel for every size it meets."""


class RMSNorm(nn.Module):
    """Root-mean-square norm in float32, over groups of the last axis."""

    def __init__(self, size: int, groups: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        """Norms (..., size)."""
        grouped = x.float().unflatten(-1, (self.groups, -1))
        normed = F.rms_norm(grouped, grouped.shape[-1:], eps=1e-5).flatten(-2)
        return (normed * self.weight).to(x.dtype)


class Mamba(nn.Module):
    """Mamba-2, its state-space part computed in chunks."""

    def __init__(self, g: Geometry) -> None:
        super().__init__()
        self.g = g
        self.in_proj = nn.Linear(g.hidden, g.inner + g.conv + g.mamba_heads, bias=False)
        self.conv1d = nn.Conv1d(g.conv, g.conv, g.conv_kernel, groups=g.conv)
        step = torch.exp(torch.linspace(-6.9, -1.6, g.mamba_heads))
        self.dt_bias = nn.Parameter(step + torch.log(-torch.expm1(-step)))
        self.A_log = nn.Parameter(torch.log(torch.linspace(1, 8, g.mamba_heads)))
        self.D = nn.Parameter(torch.ones(g.mamba_heads))
        self.norm = RMSNorm(g.inner, g.mamba_groups)
        self.out_proj = nn.Linear(g.inner, g.hidden, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Mixes (B, L, hidden) along L."""
        g = self.g
        gate, mixed, step = self.in_proj(hidden).split([g.inner, g.conv, g.mamba_heads], -1)
        mixed = F.silu(self._convolve(mixed))
        x, b, c = mixed.split([g.inner, g.mamba_groups * g.state, g.mamba_groups * g.state], -1)
        x = x.unflatten(-1, (g.mamba_heads, g.mamba_head_dim))
        b, c = (part.unflatten(-1, (g.mamba_groups, g.state)) for part in (b, c))
        step = F.softplus(step.float() + self.dt_bias)
        y = scan(x, step, -torch.exp(self.A_log), b, c, g.chunk) + self.D.to(x.dtype)[:, None] * x
        return self.out_proj(self.norm(y.flatten(-2) * F.silu(gate)))

    def _convolve(self, mixed: Tensor) -> Tensor:
        taps = self.conv1d.weight[:, 0].to(mixed.dtype)
        length, width = mixed.shape[1], self.g.conv_kernel
        padded = F.pad(mixed, (0, 0, width - 1, 0))
        result = self.conv1d.bias.to(mixed.dtype).expand_as(mixed)
        for tap in range(width):
            result = torch.addcmul(result, padded[:, tap : tap + length], taps[:, tap])
        return result


def scan(x: Tensor, step: Tensor, decay: Tensor, b: Tensor, c: Tensor, chunk: int) -> Tensor:
    """The selective state-space recurrence, from zero.

    Args:
        x: (B, L, H, P).
        step: (B, L, H), float32.
        decay: (H,), below zero.
        b, c: (B, L, G, N).
        chunk: Tokens that are computed as one matrix.

    Returns:
        (B, L, H, P).
    """
    length = x.shape[1]
    per_group = x.shape[2] // b.shape[2]
    pad = -length % chunk
    x, step, b, c = (F.pad(part, (0, 0) * (part.dim() - 2) + (0, pad)) for part in (x, step, b, c))
    # (B, chunks, heads, Q, ...)
    x, b, c = (part.unflatten(1, (-1, chunk)).transpose(2, 3) for part in (x, b, c))
    step = step.unflatten(1, (-1, chunk)).transpose(2, 3)
    total = torch.cumsum(step * decay[:, None], -1)
    x = x * step.to(x.dtype)[..., None]
    within = total[..., :, None] - total[..., None, :]
    causal = torch.ones(chunk, chunk, dtype=torch.bool).tril()
    within = torch.exp(within.masked_fill(~causal, -torch.inf)).to(x.dtype)
    scores = (c @ b.transpose(-1, -2)).repeat_interleave(per_group, 2)
    y = (scores * within) @ x
    if x.shape[1] > 1:
        b, c = b.repeat_interleave(per_group, 2), c.repeat_interleave(per_group, 2)
        to_end = torch.exp(total[..., -1:] - total).to(x.dtype)
        states = (b * to_end[..., None]).transpose(-1, -2) @ x  # (B, chunks, H, N, P)
        y = y + (c * torch.exp(total).to(x.dtype)[..., None]) @ _carried(states, total[..., -1])
    return y.transpose(2, 3).flatten(1, 2)[:, :length]


def _carried(states: Tensor, totals: Tensor) -> Tensor:
    """The state before each chunk. states: (B, chunks, H, N, P), totals: (B, chunks, H)."""
    before = [torch.zeros_like(states[:, 0])]
    for index in range(states.shape[1] - 1):
        kept = torch.exp(totals[:, index]).to(states.dtype)[..., None, None]
        before.append(before[-1] * kept + states[:, index])
    return torch.stack(before, 1)


class Attention(nn.Module):
    """Causal attention with grouped queries and no position embedding."""

    def __init__(self, g: Geometry) -> None:
        super().__init__()
        self.g = g
        self.q_proj = nn.Linear(g.hidden, g.heads * g.head_dim, bias=False)
        self.k_proj = nn.Linear(g.hidden, g.kv_heads * g.head_dim, bias=False)
        self.v_proj = nn.Linear(g.hidden, g.kv_heads * g.head_dim, bias=False)
        self.o_proj = nn.Linear(g.heads * g.head_dim, g.hidden, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Mixes (B, L, hidden) along L."""
        projections = (self.q_proj, self.k_proj, self.v_proj)
        q, k, v = (p(hidden).unflatten(-1, (-1, self.g.head_dim)).transpose(1, 2) for p in projections)
        k, v = (part.repeat_interleave(self.g.heads // self.g.kv_heads, 1) for part in (k, v))
        future = torch.ones(hidden.shape[1], hidden.shape[1], dtype=torch.bool).triu(1)
        scores = (q * self.g.head_dim**-0.5) @ k.transpose(-1, -2)
        mixed = scores.masked_fill(future, -torch.inf).softmax(-1).to(v.dtype) @ v
        return self.o_proj(mixed.transpose(1, 2).flatten(-2))


class Experts(nn.Module):
    """Routed experts, chosen by sigmoid scores plus a bias, and a shared one; relu² without a gate."""

    bias: Tensor
    load: Tensor

    def __init__(self, g: Geometry) -> None:
        super().__init__()
        self.g = g
        self.gate = nn.Parameter(torch.empty(g.experts, g.hidden))
        self.up = nn.Parameter(torch.empty(g.experts, g.expert_width, g.hidden))
        self.down = nn.Parameter(torch.empty(g.experts, g.hidden, g.expert_width))
        self.shared_up = nn.Linear(g.hidden, g.shared_width, bias=False)
        self.shared_down = nn.Linear(g.shared_width, g.hidden, bias=False)
        self.register_buffer("bias", torch.zeros(g.experts))
        self.register_buffer("load", torch.zeros(g.experts), persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Maps (B, L, hidden)."""
        tokens = hidden.flatten(0, 1)
        with torch.autocast("cpu", enabled=False):
            scores = torch.sigmoid(tokens.float() @ self.gate.float().T)
        chosen = torch.topk(scores.detach() + self.bias, self.g.experts_per_token, -1).indices
        weights = scores.gather(-1, chosen)
        weights = weights / (weights.sum(-1, keepdim=True) + 1e-20) * self.g.routed_scale
        routed = self._routed(tokens, chosen, weights.to(tokens.dtype))
        shared = self.shared_down(F.relu(self.shared_up(tokens)).square())
        return (routed + shared).view_as(hidden)

    def _routed(self, tokens: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
        order = chosen.flatten().argsort(stable=True)
        counts = torch.bincount(chosen.flatten(), minlength=self.g.experts)
        self.load = counts.float()
        source = order // self.g.experts_per_token
        sizes = -(-counts // ROWS) * ROWS
        starts = sizes.cumsum(0) - sizes
        within = torch.arange(len(order)) - (counts.cumsum(0) - counts).repeat_interleave(counts)
        place = starts.repeat_interleave(counts) + within
        rows = tokens.new_zeros(int(sizes.sum()), tokens.shape[-1]).index_copy(0, place, tokens[source])
        groups = rows.split(sizes.tolist())
        up, down = self.up.to(tokens.dtype), self.down.to(tokens.dtype)
        outs = [
            F.linear(F.relu(F.linear(t, u)).square(), d) for t, u, d in zip(groups, up, down, strict=True)
        ]
        weighted = torch.cat(outs)[place] * weights.flatten()[order][:, None]
        return torch.zeros_like(tokens).index_add(0, source, weighted)


class Network(nn.Module):
    """All of it: token ids in, hidden states out; :meth:`logits` is the output layer."""

    def __init__(self, g: Geometry) -> None:
        super().__init__()
        self.g = g
        kinds = {"M": Mamba, "*": Attention, "E": Experts}
        self.embeddings = nn.Parameter(torch.empty(g.vocab_size, g.hidden))
        self.norms = nn.ModuleList(RMSNorm(g.hidden) for _ in g.pattern)
        self.mixers = nn.ModuleList(kinds[kind](g) for kind in g.pattern)
        self.norm_f = RMSNorm(g.hidden)
        self._initialise()

    def forward(self, ids: Tensor) -> Tensor:
        """(B, L) token ids to (B, L, hidden), normed."""
        dtype = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
        hidden = F.embedding(ids, self.embeddings).to(dtype)
        for norm, mixer in zip(self.norms, self.mixers, strict=True):
            hidden = hidden + mixer(norm(hidden))
        return self.norm_f(hidden)

    def logits(self, hidden: Tensor) -> Tensor:
        """(..., hidden) to (..., V)."""
        return F.linear(hidden, self.lm_head.to(hidden.dtype))

    @property
    def lm_head(self) -> Tensor:
        """The output layer's table (V, hidden): the embeddings, scaled."""
        return self.embeddings * self.g.hidden**-0.5

    def experts(self) -> list[Experts]:
        """The layers with experts."""
        return [mixer for mixer in self.mixers if isinstance(mixer, Experts)]

    def _initialise(self) -> None:
        small = (2 * len(self.g.pattern)) ** -0.5
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2 or "conv1d" in name:
                continue
            scale = parameter.shape[-1] ** -0.5
            if any(part in name for part in ("out_proj", "o_proj", "down")):
                scale *= small
            nn.init.normal_(parameter, std=1.0 if name == "embeddings" else scale)
