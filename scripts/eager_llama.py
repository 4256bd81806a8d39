"""The model of ProsQA's recipe as somebody would write it in PyTorch: Llama-style, with a prefix mask and short
convolutions; fused matrices, scaled dot product attention, the library's RMS norm. For scripts/peer-training.py."""

import torch
from torch import nn
from torch.nn import functional


class Batch:
    """Texts padded on the right, [B,T], and what is to be predicted where. A text is (tokens, how many of them ask)."""

    def __init__(self, texts):
        width = max(len(tokens) for tokens, _ in texts)
        self.tokens = sum(len(tokens) for tokens, _ in texts)
        self.ids = torch.tensor([tokens + [0] * (width - len(tokens)) for tokens, _ in texts])
        self.questions = torch.tensor([question for _, question in texts])
        places = [(row, place) for row, (tokens, question) in enumerate(texts)
                  for place in range(question - 1, len(tokens) - 1)]
        self.places = torch.tensor([row * width + place for row, place in places])
        self.targets = torch.tensor([texts[row][0][place + 1] for row, place in places])

    def mask(self):
        """What each token reads [B,1,T,T]: what stands before it, and the whole question."""
        at = torch.arange(self.ids.size(1))
        return ((at[None, :] <= at[:, None]) | (at < self.questions[:, None, None])).unsqueeze(1)


class Attention(nn.Module):
    def __init__(self, width, heads, taps):
        super().__init__()
        self.heads, self.taps = heads, taps
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.convolution = nn.Parameter(torch.zeros(taps, 3 * width))

    def forward(self, x, rotary, mask):
        batch, tokens, width = x.shape
        fused = self.qkv(x)
        before = functional.pad(fused, (0, 0, self.taps - 1, 0))
        for j in range(self.taps):
            fused = fused + self.convolution[j] * before[:, self.taps - 1 - j:self.taps - 1 - j + tokens]
        queries, keys, values = fused.view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        queries, keys = rotated(queries, rotary), rotated(keys, rotary)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, mask)
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))


def rotated(x, rotary):
    cosine, sine = rotary
    first, second = x.chunk(2, -1)
    return x * cosine + torch.cat((-second, first), -1) * sine


class Layer(nn.Module):
    def __init__(self, width, heads, taps, feed_forward):
        super().__init__()
        self.attention_norm, self.feed_forward_norm = nn.RMSNorm(width, 1e-5), nn.RMSNorm(width, 1e-5)
        self.attention = Attention(width, heads, taps)
        self.into = nn.Linear(width, 2 * feed_forward, bias=False)
        self.out = nn.Linear(feed_forward, width, bias=False)

    def forward(self, x, rotary, mask):
        x = x + self.attention(self.attention_norm(x), rotary, mask)
        gate, hidden = self.into(self.feed_forward_norm(x)).chunk(2, -1)
        return x + self.out(functional.silu(gate) * hidden)


class Model(nn.Module):
    """By the [model] table of a recipe. Logits only where there is something to predict."""

    def __init__(self, recipe, vocab_size):
        super().__init__()
        width, heads = recipe["width"], recipe["heads"]
        self.embedding = nn.Embedding(vocab_size, width)
        self.layers = nn.ModuleList(Layer(width, heads, recipe["convolution"], recipe["feed_forward"])
                                    for _ in range(recipe["layers"]))
        self.norm = nn.RMSNorm(width, 1e-5)
        frequency = 10000.0 ** (-torch.arange(0, width // heads, 2) / (width // heads))
        angle = torch.outer(torch.arange(recipe["max_positions"]), frequency).repeat(1, 2)
        self.register_buffer("cosine", angle.cos())
        self.register_buffer("sine", angle.sin())

    def forward(self, batch):
        tokens = batch.ids.size(1)
        rotary = self.cosine[:tokens], self.sine[:tokens]
        mask = batch.mask()
        x = self.embedding(batch.ids)
        for layer in self.layers:
            x = layer(x, rotary, mask)
        return functional.linear(self.norm(x).flatten(0, 1)[batch.places], self.embedding.weight)
