"""Trains one model of the pair: a small Llama (RMSNorm, rotary positions, SwiGLU, grouped queries, tied embeddings).

    /usr/bin/python3 packages/tiny/recipe/train.py CORPUS_DIR OUT_DIR --preset target|draft [--tokens N] [--minutes M]

Runs with Debian's python3-torch (CPU, bfloat16 autocast) or on a GPU. Saves a checkpoint every few minutes and resumes
from it. Writes Hugging Face's `config.json` and `model.safetensors` (float16) to OUT_DIR.
"""

import argparse
import json
import math
import os
import struct
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

PRESETS = {
    "target": dict(hidden_size=384, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=2, intermediate_size=1024),
    "draft": dict(hidden_size=128, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, intermediate_size=384),
}
HEAD, VOCABULARY, CONTEXT, THETA, EPSILON = 64, 1024, 512, 10000.0, 1e-5


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON))


def rotate(x, cos, sin):
    """x: [batch, heads, length, HEAD]. Rotates the two halves of HEAD as pairs, as in Hugging Face's Llama."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


class Attention(nn.Module):
    def __init__(self, width, heads, groups):
        super().__init__()
        self.heads, self.groups = heads, groups
        self.q_proj = nn.Linear(width, heads * HEAD, bias=False)
        self.k_proj = nn.Linear(width, groups * HEAD, bias=False)
        self.v_proj = nn.Linear(width, groups * HEAD, bias=False)
        self.o_proj = nn.Linear(heads * HEAD, width, bias=False)

    def forward(self, x, cos, sin, mask):
        batch, length, _ = x.shape
        q = rotate(self.q_proj(x).view(batch, length, self.heads, HEAD).transpose(1, 2), cos, sin)
        k = rotate(self.k_proj(x).view(batch, length, self.groups, HEAD).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(batch, length, self.groups, HEAD).transpose(1, 2)
        repeat = self.heads // self.groups
        k, v = k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        scores = (q.to(v.dtype) @ k.to(v.dtype).transpose(-1, -2)) * HEAD**-0.5 + mask.to(v.dtype)
        out = F.softmax(scores, dim=-1).to(v.dtype) @ v
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class Mlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = Norm(c["hidden_size"])
        self.self_attn = Attention(c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"])
        self.post_attention_layernorm = Norm(c["hidden_size"])
        self.mlp = Mlp(c["hidden_size"], c["intermediate_size"])

    def forward(self, x, cos, sin, mask):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, c["hidden_size"])
        self.layers = nn.ModuleList([Layer(c) for _ in range(c["num_hidden_layers"])])
        self.norm = Norm(c["hidden_size"])
        angles = torch.outer(torch.arange(CONTEXT).float(), THETA ** (-torch.arange(0, HEAD, 2).float() / HEAD))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                scale = 0.02 / math.sqrt(2 * c["num_hidden_layers"]) if "o_proj" in name or "down_proj" in name else 0.02
                nn.init.normal_(parameter, std=scale)

    def forward(self, ids):
        length = ids.shape[1]
        mask = torch.full((length, length), -1e9, device=ids.device).triu(1)
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, self.cos[:length], self.sin[:length], mask)
        return F.linear(self.norm(x), self.embed_tokens.weight)


def save(model, config, out):
    """Writes a float16 safetensors file and the config for Hugging Face's tools."""
    os.makedirs(out, exist_ok=True)
    tensors = {f"model.{name}": value.detach().cpu().half().contiguous().numpy() for name, value in model.named_parameters()}
    header, offset = {}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F16", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    header["__metadata__"] = {"format": "pt"}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(out, "model.safetensors.part"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(value.tobytes())
    os.replace(os.path.join(out, "model.safetensors.part"), os.path.join(out, "model.safetensors"))
    settings = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **config,
        "head_dim": HEAD,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": CONTEXT,
        "rope_theta": THETA,
        "rms_norm_eps": EPSILON,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": None,
        "eos_token_id": 0,
        "pad_token_id": 0,
        "torch_dtype": "float16",
    }
    with open(os.path.join(out, "config.json"), "w") as file:
        json.dump(settings, file, indent=2)
        file.write("\n")


def batches(corpus, tokens_per_batch, generator):
    """Endless batches of documents of similar length: ids [B, T] and weights [B, T], padded with 0."""
    ids = np.fromfile(os.path.join(corpus, "ids.u16"), dtype=np.uint16)
    weights = np.fromfile(os.path.join(corpus, "weights.u8"), dtype=np.uint8)
    lengths = np.fromfile(os.path.join(corpus, "lengths.u16"), dtype=np.uint16).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    while True:
        order = generator.permutation(len(lengths))
        chunks = []
        for pool in np.array_split(order, max(1, len(order) // 4096)):
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            at = 0
            while at < len(pool):
                size = 1
                while at + size < len(pool) and (size + 1) * lengths[pool[at + size]] <= tokens_per_batch:
                    size += 1
                chunks.append(pool[at : at + size])
                at += size
        for index in generator.permutation(len(chunks)):
            rows = chunks[index]
            longest = lengths[rows].max()
            x, w = np.zeros((len(rows), longest), np.int64), np.zeros((len(rows), longest), np.float32)
            for row, document in enumerate(rows):
                part = slice(starts[document], starts[document] + lengths[document])
                x[row, : lengths[document]], w[row, : lengths[document]] = ids[part], weights[part] / 10
            yield torch.from_numpy(x), torch.from_numpy(w)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus")
    parser.add_argument("out")
    parser.add_argument("--preset", choices=PRESETS, required=True)
    parser.add_argument("--tokens", type=int, default=14_000_000)
    parser.add_argument("--minutes", type=float, default=60, help="the rate anneals over tokens or minutes, whichever runs out first")
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--init", help="a checkpoint whose weights to start from")
    args = parser.parse_args()
    config = PRESETS[args.preset]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(2)
    torch.manual_seed(1)
    model = Llama(config).to(device)
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.95))
    print(f"{args.preset}: {sum(p.numel() for p in model.parameters())} parameters on {device}", flush=True)

    checkpoint = os.path.join(args.out, "checkpoint.pt")
    step = seen = spent = 0
    if args.init and not os.path.exists(checkpoint):
        model.load_state_dict(torch.load(args.init, map_location=device)["model"])
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, map_location=device)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, seen, spent = state["step"], state["seen"], state["spent"]
    began = saved = time.time()
    mean = None
    for x, w in batches(args.corpus, args.batch, np.random.default_rng(1 + step)):
        elapsed = spent + time.time() - began
        progress = max(seen / args.tokens, elapsed / 60 / args.minutes)
        if progress >= 1:
            break
        rate = args.rate * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        x, w = x.to(device), w.to(device)
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = model(x[:, :-1])
        losses = F.cross_entropy(logits.float().flatten(0, 1), x[:, 1:].flatten(), reduction="none")
        loss = (losses * w[:, 1:].flatten()).sum() / w[:, 1:].sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + x.numel()
        mean = loss.item() if mean is None else 0.98 * mean + 0.02 * loss.item()
        if step % 50 == 0:
            speed = seen / (spent + time.time() - began)
            print(f"step {step} progress {progress:.3f} loss {mean:.4f} rate {rate:.2e} {speed:.0f} tokens/s", flush=True)
        if time.time() - saved > 180:
            saved = time.time()
            os.makedirs(args.out, exist_ok=True)
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "seen": seen, "spent": elapsed}
            torch.save(state, checkpoint + ".part")
            os.replace(checkpoint + ".part", checkpoint)
            save(model, config, args.out)
    save(model, config, args.out)
    print(f"done: {step} steps, {seen} tokens, loss {mean:.4f}", flush=True)


if __name__ == "__main__":
    main()
