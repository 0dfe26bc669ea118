"""
Trains the shipped detector on the frames of dataset.ts, and on real pictures where a folder of them is given, and
writes an ONNX file in YOLOX's raw output format.
Needs torch, numpy, pillow, onnx and onnxscript in a virtual environment of its own; no part of set-up, tests or CI.

  python ops/training/train.py --data DIR [DIR ...] --out footfall-person.onnx --minutes 35
    [--pictures DIR --pictures-share 0.45] [--resume weights.pt]
"""

import argparse
import copy
import math
import os
import time

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from batches import Batches
from frames import WHOLE, Frames
from loss import detection_loss
from network import HEIGHT, WIDTH, ConvBnRelu, PersonDetector, cells_of
from pictures import Pictures

PART = (128, 160)
# Mostly whole frames at the end, when borders and the share of empty floor must come out right.
PARTS_UNTIL = 0.65
AVERAGED_STEPS = 1000


def export(model, path):
    """Batch norm folded into the convolutions, fixed sizes, one input `images`, one output `output`."""
    model = copy.deepcopy(model).eval()
    for module in model.modules():
        if isinstance(module, ConvBnRelu):
            module.conv, module.bn = fuse_conv_bn_eval(module.conv, module.bn), nn.Identity()
    example = torch.zeros(1, 3, HEIGHT, WIDTH)
    torch.onnx.export(
        model.to(memory_format=torch.contiguous_format), (example,), path, input_names=["images"],
        output_names=["output"], opset_version=18, dynamo=True, external_data=False, verbose=False,
    )
    forget_where_it_was_made(path)


def forget_where_it_was_made(path):
    """The exporter writes stack traces, with the paths of this machine, beside every node."""
    file = onnx.load(path)
    for part in [*file.graph.node, *file.graph.value_info, *file.graph.input, *file.graph.output]:
        part.doc_string = ""
        del part.metadata_props[:]
    del file.graph.metadata_props[:]
    onnx.checker.check_model(file)
    onnx.save(file, path)


def sources_of(given, random):
    frames = Frames(given.data)
    if given.pictures is None:
        print(f"{len(frames)} frames")
        return Batches([frames], [1.0], random)
    pictures = Pictures(given.pictures)
    print(f"{len(frames)} frames, {len(pictures)} pictures")
    return Batches([frames, pictures], [1 - given.pictures_share, given.pictures_share], random)


def average(averaged, model, step):
    """The weights' moving average, which is what is kept: short at first, then over about AVERAGED_STEPS."""
    keep = min(1 - 1 / AVERAGED_STEPS, step / (step + 20))
    with torch.no_grad():
        for mean, new in zip(averaged.state_dict().values(), model.state_dict().values()):
            if mean.dtype.is_floating_point:
                mean.mul_(keep).add_(new, alpha=1 - keep)
            else:
                mean.copy_(new)


def arguments():
    options = argparse.ArgumentParser()
    options.add_argument("--data", nargs="+", required=True)
    options.add_argument("--pictures")
    options.add_argument("--pictures-share", type=float, default=0.45)
    options.add_argument("--out", required=True)
    options.add_argument("--minutes", type=float, default=35)
    options.add_argument("--batch", type=int, default=24)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--resume")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--seed", type=int, default=7)
    return options.parse_args()


def main():
    given = arguments()
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    random = np.random.default_rng(given.seed)
    batches = sources_of(given, np.random.default_rng(given.seed + 1))
    model = PersonDetector()
    if given.resume:
        model.load_state_dict(torch.load(given.resume))
    model = model.to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model).eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=given.rate, weight_decay=5e-4)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)

    cells = {size: cells_of(*size) for size in (WHOLE, PART)}
    started, step, shown, total = time.time(), 0, time.time(), 0.0
    model.train()
    while (done := (time.time() - started) / 60 / given.minutes) < 1:
        size = PART if done < PARTS_UNTIL and random.random() < 0.85 else WHOLE
        images, targets = batches.next(given.batch if size == PART else given.batch // 3, size)
        # A short warm-up, then half a cosine over the time allowed.
        rate = given.rate * min(1, (step + 1) / 150) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = detection_loss(model(images), cells[tuple(images.shape[2:])], targets)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimiser.step()
        step += 1
        total += loss.item()
        average(averaged, model, step)
        if step % 100 == 0:
            seconds = (time.time() - shown) / 100
            print(f"step {step} loss {total / 100:.3f} {seconds:.3f} s a step, {done:.0%}", flush=True)
            shown, total = time.time(), 0.0
        if step % 400 == 0:
            torch.save(averaged.state_dict(), given.out + ".pt")
    torch.save(averaged.state_dict(), given.out + ".pt")
    export(averaged, given.out)
    print(f"{step} steps, {os.path.getsize(given.out)} bytes in {given.out}")
    batches.thread.shutdown(cancel_futures=True)


if __name__ == "__main__":
    main()
