"""PyTorch beside the kernels: the same layers through its grouped product, and the two ceilings of the card.

Usage: device_torch.py MODELS ROWS (as device_benchmark). Needs a PyTorch with torch.nn.functional.grouped_mm or torch._grouped_mm.
The time of a layer is that of its two products alone, without activation and without ordering rows.
"""
import sys
import time

import torch

MODELS = {"m": ("Mixtral-8x7B", 4096, 14336, 8), "q": ("Qwen3-30B-A3B", 2048, 768, 128), "d": ("DeepSeek-V3/64", 7168, 2048, 64)}


def median_ms(call, budget=0.2):
    times = []
    start = time.perf_counter()
    for i in range(200):
        if i >= 5 and time.perf_counter() - start > budget:
            break
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        call()
        end.record()
        end.synchronize()
        if i >= 2:
            times.append(begin.elapsed_time(end))
    return sorted(times)[len(times) // 2]


def weights(*shape):
    w = torch.empty(*shape, device="cuda", dtype=torch.bfloat16)
    w.uniform_(-0.03, 0.03)
    return w


def ceilings():
    a = weights(1 << 30)
    b = torch.empty_like(a)
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}: copy {4 * (1 << 30) / median_ms(lambda: b.copy_(a)) / 1e6:.0f} GB/s")
    del a, b
    n = 8192
    a, b = torch.randn(n, n, device="cuda", dtype=torch.bfloat16), torch.randn(n, n, device="cuda", dtype=torch.bfloat16)
    print(f"product of {n}: {2 * n ** 3 / median_ms(lambda: a @ b, 0.6) / 1e9:.1f} TFLOP/s", flush=True)


def grouped(x, w, offsets):
    if hasattr(torch, "_grouped_mm"):
        return torch._grouped_mm(x, w.transpose(-2, -1), offs=offsets)
    return torch.nn.functional.grouped_mm(x, w.transpose(-2, -1), offs=offsets)


def main():
    ceilings()
    for key in sys.argv[1]:
        name, hidden, middle, experts = MODELS[key]
        up, down = weights(experts, 2 * middle, hidden), weights(experts, hidden, middle)
        for rows in map(int, sys.argv[2].split(",")):
            x, h = weights(rows * experts, hidden), weights(rows * experts, middle)
            offsets = torch.arange(1, experts + 1, device="cuda", dtype=torch.int32) * rows
            ms = median_ms(lambda: grouped(x, up, offsets)) + median_ms(lambda: grouped(h, down, offsets))
            loop = float("inf")
            if experts <= 64 and rows >= 16:
                xs, hs = x.view(experts, rows, hidden), h.view(experts, rows, middle)
                loop = median_ms(lambda: [torch.mm(xs[e], up[e].t()) for e in range(experts)])
                loop += median_ms(lambda: [torch.mm(hs[e], down[e].t()) for e in range(experts)])
            bytes_moved = 6 * experts * hidden * middle
            best = min(ms, loop)
            print(f"{name:15} torch rows {rows:5}: grouped {ms:9.4f} ms, loop {loop:9.4f} ms; best {bytes_moved / best / 1e6:7.0f} GB/s"
                  f" {6 * rows * experts * hidden * middle / best / 1e9:7.1f} TFLOP/s", flush=True)
            del x, h
        del up, down


main()
