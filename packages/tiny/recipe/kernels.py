"""What lies between the matrix products of a training step, as C (kernels.c) on the CPU and as plain PyTorch elsewhere."""

import ctypes
import os
import subprocess
import tempfile

import torch
import torch.nn.functional as F
from torch.autograd import Function

EPSILON = 1e-5


class Plain:
    """The same arithmetic in PyTorch: for GPUs, and to check the C code."""

    @staticmethod
    def add_norm(x, o, weight):
        """The sum of the residual stream (float32) and a layer's output, and its norm in bfloat16."""
        s = x + o.float()
        return s, (s * torch.rsqrt(s.pow(2).mean(-1, keepdim=True) + EPSILON) * weight).bfloat16()

    @staticmethod
    def swiglu(x):
        gate, up = x.float().chunk(2, dim=-1)
        return (F.silu(gate) * up).bfloat16()

    @staticmethod
    def split(x, cos, sin, heads, groups):
        """[batch, t, (heads + 2 groups) width] to rotated queries and keys, and values, [batch, heads or groups, t, width]."""
        batch, length, _ = x.shape
        width = 2 * cos.shape[1]
        q, k, v = x.view(batch, length, heads + 2 * groups, width).transpose(1, 2).split([heads, groups, groups], dim=1)

        def turn(y):
            a, b = y.float().chunk(2, dim=-1)
            return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1).bfloat16()

        return turn(q), turn(k), v.contiguous()

    @staticmethod
    def attention(q, k, v):
        """Causal attention: q is [batch, heads, t, width]; k and v have one row for each group of heads."""
        k, v = [y.repeat_interleave(q.shape[1] // y.shape[1], dim=1) for y in (k, v)]
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)

    @staticmethod
    def cross_entropy(x, tokens):
        return F.cross_entropy(x.float(), tokens, reduction="none")


def compiled():
    """Builds kernels.c for this processor."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernels.c")
    library = os.path.join(tempfile.mkdtemp(), "kernels.so")
    flags = ["-Ofast", "-march=native", "-fopenmp", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, source, "-o", library, "-lm", "-lmvec"], check=True)
    return ctypes.CDLL(library)


class Fast:
    """The C code, each function with its gradient."""

    def __init__(self):
        c = compiled()

        def call(function, *values):
            convert = {torch.Tensor: lambda t: ctypes.c_void_p(t.data_ptr()), int: ctypes.c_int64, float: ctypes.c_float}
            assert all(v.is_contiguous() for v in values if isinstance(v, torch.Tensor))
            getattr(c, function)(*[convert[type(v) if type(v) in convert else torch.Tensor](v) for v in values])

        class AddNorm(Function):
            @staticmethod
            def forward(ctx, x, o, weight):
                x, o = x.contiguous(), o.contiguous()
                n, width = x.numel() // x.shape[-1], x.shape[-1]
                s, y, inverse = torch.empty_like(x), torch.empty_like(o), torch.empty(n)
                call("add_norm", x, o, weight, s, y, inverse, n, width, EPSILON)
                ctx.save_for_backward(s, inverse, weight)
                ctx.mark_non_differentiable()
                return s, y

            @staticmethod
            def backward(ctx, ds, dy):
                s, inverse, weight = ctx.saved_tensors
                dx, do, dw = torch.empty_like(s), torch.empty(s.shape, dtype=torch.bfloat16), torch.zeros_like(weight)
                call("add_norm_back", s, inverse, weight, dy.contiguous(), ds.contiguous(), dx, do, dw, inverse.numel(), s.shape[-1])
                return dx, do, dw

        class Swiglu(Function):
            @staticmethod
            def forward(ctx, x):
                x = x.contiguous()
                n, f = x.numel() // x.shape[-1], x.shape[-1] // 2
                y = torch.empty(*x.shape[:-1], f, dtype=torch.bfloat16)
                call("swiglu", x, y, n, f)
                ctx.save_for_backward(x)
                return y

            @staticmethod
            def backward(ctx, dy):
                (x,) = ctx.saved_tensors
                dx = torch.empty_like(x)
                call("swiglu_back", x, dy.contiguous(), dx, x.numel() // x.shape[-1], x.shape[-1] // 2)
                return dx

        class Split(Function):
            @staticmethod
            def forward(ctx, x, cos, sin, heads, groups):
                x = x.contiguous()
                batch, t, _ = x.shape
                h = cos.shape[1]
                q, k, v = [torch.empty(batch, n, t, 2 * h, dtype=torch.bfloat16) for n in (heads, groups, groups)]
                call("split", x, q, k, v, cos, sin, batch, t, heads, groups, h, 0)
                ctx.save_for_backward(cos, sin)
                ctx.shape = x.shape
                return q, k, v

            @staticmethod
            def backward(ctx, dq, dk, dv):
                cos, sin = ctx.saved_tensors
                dx = torch.empty(ctx.shape, dtype=torch.bfloat16)
                dq, dk, dv = dq.contiguous(), dk.contiguous(), dv.contiguous()
                call("split", dx, dq, dk, dv, cos, sin, dx.shape[0], dx.shape[1], dq.shape[1], dk.shape[1], cos.shape[1], 1)
                return dx, None, None, None, None

        class CausalSoftmax(Function):
            @staticmethod
            def forward(ctx, x, scale):
                p = x.contiguous()
                call("causal_softmax", p, p.numel() // p.shape[-1], p.shape[-1], scale)
                ctx.mark_dirty(x)
                ctx.save_for_backward(x)
                ctx.scale = scale
                return x

            @staticmethod
            def backward(ctx, dp):
                (p,) = ctx.saved_tensors
                dx = dp.contiguous().clone()
                call("causal_softmax_back", p, dx, p.numel() // p.shape[-1], p.shape[-1], ctx.scale)
                return dx, None

        def attention(q, k, v):
            # Heads that share keys are rows of one product.
            batch, heads, t, width = q.shape
            groups = k.shape[1]
            q, k, v = q.view(batch * groups, -1, width), k.view(batch * groups, t, width), v.view(batch * groups, t, width)
            mixed = CausalSoftmax.apply(q @ k.transpose(1, 2), width**-0.5) @ v
            return mixed.view(batch, heads, t, width)

        class CrossEntropy(Function):
            @staticmethod
            def forward(ctx, x, tokens):
                p, loss = x.contiguous().clone(), torch.empty(tokens.shape)
                call("cross_entropy", p, tokens, loss, *p.shape)
                ctx.save_for_backward(p, tokens)
                return loss

            @staticmethod
            def backward(ctx, dloss):
                p, tokens = ctx.saved_tensors
                call("cross_entropy_back", p, tokens, dloss.float().contiguous(), *p.shape)
                return p, None

        self.add_norm = AddNorm.apply
        self.swiglu = Swiglu.apply
        self.split = Split.apply
        self.attention = attention
        self.cross_entropy = CrossEntropy.apply
