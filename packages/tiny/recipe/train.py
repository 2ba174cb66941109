"""Trains one model of the pair: a small Llama (RMSNorm, rotary positions, SwiGLU, grouped queries, tied embeddings).

    /usr/bin/python3 packages/tiny/recipe/train.py CORPUS_DIR OUT_DIR --preset target|draft --tokens N

Runs with Debian's python3-torch (CPU, bfloat16 autocast) or on a GPU. The rate is constant and falls to zero over the
last part of the tokens, so that a run can be made longer. Saves a checkpoint every few minutes and resumes from it;
started again with more tokens, it goes on with the constant rate. Writes the loss curve to `curve.jsonl`, and Hugging
Face's `config.json` and `model.safetensors` (float16) to OUT_DIR.
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
from kernels import EPSILON, Fast, Plain
from torch import nn

PRESETS = {
    "target": dict(hidden_size=384, num_hidden_layers=8, num_attention_heads=6, num_key_value_heads=2, intermediate_size=1024),
    "draft": dict(hidden_size=128, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, intermediate_size=384),
}
HEAD, VOCABULARY, CONTEXT, THETA = 64, 2048, 512, 10000.0


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, inner = c["hidden_size"], c["intermediate_size"]
        self.heads, self.groups = c["num_attention_heads"], c["num_key_value_heads"]
        self.input_layernorm = nn.Parameter(torch.ones(width))
        self.post_attention_layernorm = nn.Parameter(torch.ones(width))
        self.qkv = nn.Linear(width, (self.heads + 2 * self.groups) * HEAD, bias=False)
        self.o = nn.Linear(self.heads * HEAD, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x, out, cos, sin, ops):
        """x: the residual stream before `out`, what the layer before adds to it."""
        x, y = ops.add_norm(x, out, self.input_layernorm)
        batch, length, _ = y.shape
        q, k, v = ops.split(linear(y, self.qkv), cos, sin, self.heads, self.groups)
        mixed = ops.attention(q, k, v).transpose(1, 2).reshape(batch, length, -1)
        x, y = ops.add_norm(x, linear(mixed, self.o), self.post_attention_layernorm)
        return x, linear(ops.swiglu(linear(y, self.gate_up)), self.down)


def linear(x, layer):
    return F.linear(x, layer.weight.bfloat16())


class Llama(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config = c
        self.embed_tokens = nn.Embedding(VOCABULARY, c["hidden_size"])
        self.layers = nn.ModuleList([Layer(c) for _ in range(c["num_hidden_layers"])])
        self.norm = nn.Parameter(torch.ones(c["hidden_size"]))
        angles = torch.outer(torch.arange(CONTEXT).float(), THETA ** (-torch.arange(0, HEAD, 2).float() / HEAD))
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                scale = 0.02 / math.sqrt(2 * c["num_hidden_layers"]) if ".o." in name or ".down." in name else 0.02
                nn.init.normal_(parameter, std=scale)

    def forward(self, ids, ops):
        """The logits of every position, in bfloat16: [batch, length, vocabulary]."""
        length = ids.shape[1]
        cos, sin = self.cos[:length].contiguous(), self.sin[:length].contiguous()
        x = self.embed_tokens(ids)
        out = torch.zeros_like(x, dtype=torch.bfloat16)
        for layer in self.layers:
            x, out = layer(x, out, cos, sin, ops)
        _, y = ops.add_norm(x, out, self.norm)
        return F.linear(y, self.embed_tokens.weight.bfloat16())

    def parts(self, name):
        """The rows of each of Hugging Face's matrices in one of ours."""
        c = self.config
        if ".qkv." in name:
            sizes = [c["num_attention_heads"] * HEAD, *[c["num_key_value_heads"] * HEAD] * 2]
            return dict(zip(["q_proj", "k_proj", "v_proj"], sizes))
        return {"gate_proj": c["intermediate_size"], "up_proj": c["intermediate_size"]} if ".gate_up." in name else {}

    def tensors(self):
        """The weights under Hugging Face's names."""
        for name, value in self.named_parameters():
            value = value.detach()
            parts = self.parts(name)
            place = "self_attn" if ".qkv." in name or ".o." in name else "mlp"
            for part, rows in zip(parts, value.split(list(parts.values())) if parts else []):
                yield f"model.{name.replace('.qkv.', f'.{place}.{part}.').replace('.gate_up.', f'.{place}.{part}.')}", rows
            if not parts:
                name = name.replace(".o.", ".self_attn.o_proj.").replace(".down.", ".mlp.down_proj.")
                yield f"model.{name}{'.weight' if name.endswith('norm') else ''}", value


def save(model, config, out):
    """Writes a float16 safetensors file and the config for Hugging Face's tools."""
    os.makedirs(out, exist_ok=True)
    tensors = {name: value.half().cpu().contiguous().numpy() for name, value in model.tensors()}
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


@torch.no_grad()
def load(model, out):
    """Reads the weights that `save` wrote."""
    with open(os.path.join(out, "model.safetensors"), "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(size)), file.read()
    for name, value in model.tensors():
        start, end = header[name]["data_offsets"]
        value.copy_(torch.from_numpy(np.frombuffer(data[start:end], np.float16).reshape(value.shape).copy()))


def batches(corpus, tokens_per_batch, generator, device):
    """Endless batches of documents of similar length: ids [B, T] and weights [B, T], padded with 0."""

    def read(name, dtype):
        return np.fromfile(os.path.join(corpus, name), dtype=dtype)

    lengths = read("lengths.u16", np.uint16).astype(np.int64)
    longest = int(lengths.max())
    padding = np.zeros(longest, np.int64)  # a row that starts in the last document may reach past it
    ids = torch.from_numpy(np.concatenate((read("ids.u16", np.uint16), padding)).astype(np.int16)).to(device)
    weights = torch.from_numpy(np.concatenate((read("weights.u8", np.uint8), padding)).astype(np.uint8)).to(device)
    starts = torch.from_numpy(np.concatenate(([0], np.cumsum(lengths)[:-1]))).to(device)
    sizes, columns = torch.from_numpy(lengths).to(device), torch.arange(longest, device=device)
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
            length = int(lengths[chunks[index]].max())
            rows = torch.from_numpy(chunks[index]).to(device)
            places = starts[rows, None] + columns[:length]
            inside = columns[:length] < sizes[rows, None]
            yield ids[places].long() * inside, weights[places] * inside / 10


class Muon(torch.optim.Optimizer):
    """
    Momentum with orthogonalised updates (Jordan et al., 2024), scaled to the size of AdamW's (2502.16982, 2.2). Each
    parameter comes with the rows of its parts, which are orthogonalised apart; parts of one shape together.
    """

    def __init__(self, parameters, rate, momentum=0.95, decay=0.1):
        groups = [{"params": [p], "parts": list(parts.values()) or [len(p)]} for p, parts in parameters]
        super().__init__(groups, dict(lr=rate, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        shapes = {}
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p)
                state["momentum"].mul_(group["momentum"]).add_(p.grad)
                update = p.grad + group["momentum"] * state["momentum"]
                p.mul_(1 - group["lr"] * group["decay"])
                for rows, part in zip(p.split(group["parts"]), update.split(group["parts"])):
                    shapes.setdefault(part.shape, []).append((rows, part, group["lr"]))
        for shape, parts in shapes.items():
            for (rows, _, rate), update in zip(parts, orthogonal(torch.stack([part for _, part, _ in parts]))):
                rows.add_(update, alpha=-rate * 0.2 * math.sqrt(max(shape)))


def orthogonal(g):
    """Five steps of a Newton-Schulz iteration towards the nearest semi-orthogonal matrices: [n, rows, columns]."""
    x = g.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.transpose(1, 2) if tall else x).float()


def losses(model, x, ops):
    """The loss of each token after the first."""
    return ops.cross_entropy(model(x[:, :-1], ops).flatten(0, 1), x[:, 1:].flatten())


@torch.no_grad()
def held_out_loss(model, corpus, batch, device, ops, limit):
    """The mean loss of answer tokens in the first documents of the held-out corpus."""
    total = count = 0.0
    for x, w in batches(os.path.join(corpus, "held-out"), batch, np.random.default_rng(1), device):
        weights = (w[:, 1:].flatten() >= 1).float()
        total += (losses(model, x, ops) * weights).sum().item()
        count += weights.sum().item()
        if count > limit:
            return total / count


def schedule(progress, step, fall):
    """The factor of the rate: a short rise, constant, and a linear fall over the last part of the run."""
    return min(1, (step + 1) / 100) * min(1, max(0, 1 - progress) / fall)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus")
    parser.add_argument("out")
    parser.add_argument("--preset", choices=PRESETS, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=1e9, help="save and stop after this time, to go on later")
    parser.add_argument("--deadline", type=float, default=1e9, help="end after these minutes, the rate fallen to zero")
    parser.add_argument("--batch", type=int, default=8192)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--fall", type=float, default=0.35, help="the part of the tokens over which the rate falls to zero")
    parser.add_argument("--optimizer", choices=["muon", "adamw"], default="muon")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--init", help="a folder that this program wrote, whose weights to start from")
    args = parser.parse_args()
    config = PRESETS[args.preset]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    model = Llama(config).to(device)
    ops = Plain if device == "cuda" else Fast()
    matrices = [(p, model.parts(name)) for name, p in model.named_parameters() if p.dim() > 1 and "embed" not in name]
    vectors = [p for p in model.parameters() if p.dim() <= 1]
    tables = [{"params": [model.embed_tokens.weight], "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    if args.optimizer == "adamw":
        tables.append({"params": [p for p, _ in matrices], "weight_decay": 0.1})
    optimizers = [torch.optim.AdamW(tables, lr=args.rate, betas=(0.9, 0.95))]
    if args.optimizer == "muon":
        optimizers.append(Muon(matrices, args.rate))
    print(f"{args.preset}: {sum(p.numel() for p in model.parameters())} parameters on {device}", flush=True)

    os.makedirs(args.out, exist_ok=True)
    checkpoint = os.path.join(args.out, "checkpoint.pt")
    step = seen = spent = 0
    if args.init and not os.path.exists(checkpoint):
        load(model, args.init)
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, map_location=device)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved)
        step, seen, spent = state["step"], state["seen"], state["spent"]

    began = time.time()

    def keep():
        state = {"model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "step": step, "seen": seen}
        torch.save({**state, "spent": spent + time.time() - began}, checkpoint + ".part")
        os.replace(checkpoint + ".part", checkpoint)
        save(model, config, args.out)

    saved, start = began, seen
    mean = torch.zeros((), device=device)
    for x, w in batches(args.corpus, args.batch, np.random.default_rng(1 + step), device):
        minutes = (time.time() - began) / 60
        progress = max(seen / args.tokens, minutes / args.deadline)
        if progress >= 1 or minutes > args.minutes:
            break
        rate = args.rate * schedule(progress, step, args.fall)
        weights = w[:, 1:].flatten()
        loss = (losses(model, x, ops) * weights).sum() / weights.sum()
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        mean += loss.detach() / 25
        step, seen = step + 1, seen + x.numel()
        if step % 25 == 0:
            line = {"step": step, "tokens": seen, "loss": round(mean.item(), 4), "rate": round(rate, 6)}
            mean.zero_()
            if step % 200 == 0:
                line["held_out"] = round(held_out_loss(model, args.corpus, args.batch, device, ops, 20_000), 4)
            with open(os.path.join(args.out, "curve.jsonl"), "a") as file:
                file.write(json.dumps(line) + "\n")
            print(f"{json.dumps(line)} {(seen - start) / (time.time() - began):.0f} tokens/s", flush=True)
        if time.time() - saved > 240:
            saved = time.time()
            keep()
    keep()
    print(f"{'done' if progress >= 1 else 'stopped'}: {step} steps, {seen} tokens", flush=True)


if __name__ == "__main__":
    main()
