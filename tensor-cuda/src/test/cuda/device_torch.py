"""PyTorch and images of the kernels in turns: the same layers on the same weights and rows, in one process on one card.

Usage: device_torch.py MODELS ROWS [IMAGE...] (as device_benchmark; an image is a fat binary or cubin). Needs a PyTorch with
torch.nn.functional.grouped_mm or torch._grouped_mm. PyTorch's time is that of its two products alone, without activation and without
ordering rows, through its grouped product and, with at most 64 experts, through one product for each expert. "sustained" is the median of launches back
to back, in turns of a tenth of a second (a card lowers its clock under load), "alone" that of launches after a rest. "product" is
one of 8192 x 8192 x 8192 in the same turns. The outputs of images must be the same bits.
"""
import ctypes
import sys
import time

import torch

MODELS = {"m": ("Mixtral-8x7B", 4096, 14336, 8), "q": ("Qwen3-30B-A3B", 2048, 768, 128), "d": ("DeepSeek-V3/64", 7168, 2048, 64)}
ROUNDS = 4
TURN_SECONDS = 0.1
RESTS = 5
EXPERT = 2
MAX_DYNAMIC_SHARED = 8
SQUARE = 8192


def check(result, what):
    if result != 0:
        sys.exit(f"{what}: driver error {result}")


class Image:
    """A module of kernels and what it says about its launches."""

    def __init__(self, path):
        self.name = path.rsplit("/", 1)[-1]
        self.driver = ctypes.CDLL("libcuda.so.1")
        module, self.kernel, address, size = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint64(), ctypes.c_size_t()
        check(self.driver.cuModuleLoad(ctypes.byref(module), path.encode()), path)
        check(self.driver.cuModuleGetGlobal_v2(ctypes.byref(address), ctypes.byref(size), module, b"convoke_launch"), "convoke_launch")
        info = (ctypes.c_int * 8)()
        check(self.driver.cuMemcpyDtoH_v2(info, address, ctypes.c_size_t(32)), "convoke_launch")
        check(self.driver.cuModuleGetFunction(ctypes.byref(self.kernel), module, b"convoke_grouped_bf16"), "convoke_grouped_bf16")
        _, self.threads, self.shared, blocks, self.row_tile, _, cluster, _ = info
        check(self.driver.cuFuncSetAttribute(self.kernel, MAX_DYNAMIC_SHARED, self.shared), "shared memory")
        self.grid = torch.cuda.get_device_properties(0).multi_processor_count * blocks // cluster * cluster

    def launch(self, pointers, numbers):
        values = [ctypes.c_uint64(p) for p in pointers] + [ctypes.c_int(n) for n in numbers]
        parameters = (ctypes.c_void_p * len(values))(*(ctypes.addressof(v) for v in values))
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        check(self.driver.cuLaunchKernel(self.kernel, self.grid, 1, 1, self.threads, 1, 1, self.shared, stream, parameters, None), "launch")


def uniform(span, *shape):
    return torch.empty(*shape, device="cuda", dtype=torch.bfloat16).uniform_(-span, span)


def elapsed_ms(call, times):
    events = [torch.cuda.Event(enable_timing=True) for _ in range(times + 1)]
    events[0].record()
    for event in events[1:]:
        call()
        event.record()
    events[-1].synchronize()
    return [a.elapsed_time(b) for a, b in zip(events, events[1:])]


def median(values):
    return sorted(values)[len(values) // 2]


def measure(calls):
    """Milliseconds of each call, sustained and alone."""
    estimates = {name: median(elapsed_ms(call, 3)) for name, call in calls.items()}
    sustained = {name: [] for name in calls}
    alone = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            times = elapsed_ms(call, max(4, int(TURN_SECONDS * 1000 / estimates[name])))
            sustained[name] += times[len(times) // 3:]
    for _ in range(RESTS):
        for name, call in calls.items():
            time.sleep(0.01)
            alone[name] += elapsed_ms(call, 1)
    return {name: (median(sustained[name]), median(alone[name])) for name in calls}


def grouped(x, w, offsets):
    if hasattr(torch, "_grouped_mm"):
        return torch._grouped_mm(x, w.transpose(-2, -1), offs=offsets)
    return torch.nn.functional.grouped_mm(x, w.transpose(-2, -1), offs=offsets)


class Layer:
    def __init__(self, key, most):
        self.name, self.hidden, self.middle, self.experts = MODELS[key]
        self.up, self.down = (uniform(0.03, self.experts, 2 * self.middle, self.hidden), uniform(0.03, self.experts, self.hidden, self.middle))
        self.x, self.h = uniform(1, most * self.experts, self.hidden), uniform(1, most * self.experts, self.middle)
        self.y = torch.empty_like(self.x)
        counters = 1024 + 16 * (self.experts + most * self.experts // 64 + 64)
        self.workspace = torch.zeros(counters + 2 * (most + 7) * self.experts * (self.hidden + self.middle) + 4096, device="cuda", dtype=torch.uint8)
        self.pointers = [torch.tensor([w[e].data_ptr() for e in range(self.experts)], device="cuda") for w in (self.up, self.down)]

    def offsets(self, rows, first):
        return torch.arange(first, self.experts + 1, device="cuda", dtype=torch.int32) * rows

    def torch_calls(self, rows):
        x, h = self.x[:rows * self.experts], self.h[:rows * self.experts]
        ends = self.offsets(rows, 1)
        calls = {"torch grouped": lambda: (grouped(x, self.up, ends), grouped(h, self.down, ends))}
        if self.experts <= 64 and rows >= 16:
            xs, hs = x.view(self.experts, rows, -1), h.view(self.experts, rows, -1)
            pairs = [(a, w.t()) for rows_of, weights in ((xs, self.up), (hs, self.down)) for a, w in zip(rows_of, weights)]
            calls["torch loop"] = lambda: [torch.mm(a, w) for a, w in pairs]
        return calls

    def image_calls(self, rows, images):
        offsets = self.offsets(rows, 0)
        first, second = self.pointers
        pointers = [self.x.data_ptr(), 0, 0, offsets.data_ptr(), first.data_ptr(), second.data_ptr(), self.y.data_ptr(), self.workspace.data_ptr()]
        numbers = [self.experts, len(self.x), self.hidden, self.hidden, self.hidden, self.middle, self.hidden, EXPERT]
        return {image.name: lambda image=image, keep=offsets: image.launch(pointers, numbers) for image in images}

    def same_bits(self, calls, rows):
        """Which calls write what the first one writes, into poisoned outputs."""
        expected = None
        same = {}
        for name, call in calls.items():
            self.y.fill_(float("nan"))
            call()
            y = self.y[:rows * self.experts].view(torch.int16)
            expected = y.clone() if expected is None else expected
            same[name] = torch.equal(y, expected) and bool(torch.isfinite(self.y[:rows * self.experts]).all())
        return same

    def report(self, rows, images, square):
        ours = self.image_calls(rows, images)
        same = self.same_bits(ours, rows)
        results = measure({**self.torch_calls(rows), **ours, "product": square})
        rows_all = rows * self.experts
        flops = 6 * rows_all * self.hidden * self.middle
        moved = 6 * self.experts * self.hidden * self.middle + 4 * rows_all * self.hidden
        base = results["torch grouped"]
        for name, (ms, alone) in results.items():
            done, ratio = flops, f" of torch grouped {base[0] / ms:5.3f} {base[1] / alone:5.3f}"
            if name == "product":
                done, ratio = 2 * SQUARE ** 3, ""
            print(f"{self.name[:8]} {rows:5} {name:22} {ms:8.4f} ms {done / ms / 1e9:6.1f} TFLOP/s {moved / ms / 1e6:5.0f} GB/s alone {alone:8.4f} ms {done / alone / 1e9:6.1f}"
                  f"{ratio}{'' if same.get(name, True) else ' OTHER BITS'}", flush=True)


def main():
    a, b = torch.empty(1 << 30, device="cuda", dtype=torch.bfloat16).uniform_(), torch.empty(1 << 30, device="cuda", dtype=torch.bfloat16)
    copy = median(elapsed_ms(lambda: b.copy_(a), 20))
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}: copy {4 * (1 << 30) / copy / 1e6:.0f} GB/s", flush=True)
    del a, b
    left, right = uniform(1, SQUARE, SQUARE), uniform(1, SQUARE, SQUARE)
    images = [Image(path) for path in sys.argv[3:]]
    rows = [int(r) for r in sys.argv[2].split(",")]
    for key in sys.argv[1]:
        layer = Layer(key, max(rows))
        for r in rows:
            layer.report(r, images, lambda: left @ right)
        del layer


main()
