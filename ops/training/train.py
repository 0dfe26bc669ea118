"""
Trains the shipped detector on the frames of dataset.ts and writes an ONNX file in YOLOX's raw output format.
Needs torch, numpy, onnx and onnxscript in a virtual environment of its own; no part of set-up, tests or CI.

  python ops/training/train.py --data DIR [DIR ...] --out footfall-person.onnx --minutes 35 [--resume weights.pt]
"""

import argparse
import copy
import json
import math
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from loss import detection_loss
from network import HEIGHT, WIDTH, ConvBnRelu, PersonDetector, cells_of

PICTURE_ROWS = 216
WHOLE, PART = (HEIGHT, WIDTH), (128, 160)
# Whole frames only at the end, when borders and the share of empty floor must come out right.
PARTS_UNTIL = 0.72
LEARN_FROM_VISIBILITY = 0.35
FORGET_BELOW_VISIBILITY = 0.08
SMALLEST_PX = 12


class Frames:
    """Frames on disk with their boxes in pixels; those hard to see are marked to be left alone."""

    def __init__(self, folders):
        self.index, self.targets = [], []
        for folder in folders:
            path = os.path.join(folder, "frames.rgb")
            count = os.path.getsize(path) // (HEIGHT * WIDTH * 3)
            frames = np.memmap(path, np.uint8, "r", shape=(count, HEIGHT, WIDTH, 3))
            with open(os.path.join(folder, "boxes.jsonl"), encoding="utf-8") as lines:
                for i, line in enumerate(lines):
                    if i < len(frames):
                        self.index.append((frames, i))
                        self.targets.append(self.target(json.loads(line)))

    @staticmethod
    def target(boxes):
        rows = []
        for x1, y1, x2, y2, visibility in boxes:
            box = [x1 * WIDTH, y1 * PICTURE_ROWS, x2 * WIDTH, y2 * PICTURE_ROWS]
            if visibility < FORGET_BELOW_VISIBILITY:
                continue
            is_plain = visibility >= LEARN_FROM_VISIBILITY and box[3] - box[1] >= SMALLEST_PX
            rows.append([*box, 1.0 if is_plain else 0.0])
        return np.array(rows, np.float32).reshape(-1, 5)

    def __len__(self):
        return len(self.index)

    def batch(self, picks, size, random):
        images, targets = [], []
        for pick in picks:
            frames, i = self.index[pick]
            image, target = window(frames[i], self.targets[pick], size, random)
            images.append(recoloured(image, random))
            targets.append(torch.from_numpy(target))
        stacked = np.stack(images)[..., ::-1].transpose(0, 3, 1, 2)
        return torch.from_numpy(np.ascontiguousarray(stacked, np.float32)), targets


def window(frame, target, size, random):
    """
    The whole frame or a part of it, at its own scale or another, mirrored or not; a part lies around somebody four times
    out of five, since learning from parts costs far less per person seen. Beyond the picture it is grey, as letterboxed.
    """
    height, width = size
    scale = random.uniform(0.7, 1.5) if random.random() < 0.35 else 1.0
    free_x, free_y = WIDTH * scale - width, PICTURE_ROWS * scale - height
    left, top = (random.uniform(min(0, free), max(0, free)) for free in (free_x, free_y))
    if size == WHOLE and scale == 1.0:
        left, top = 0, 0
    elif size != WHOLE and len(target) and random.random() < 0.8:
        x1, y1, x2, y2, _ = target[random.integers(len(target))] * scale
        left = np.clip((x1 + x2) / 2 - random.uniform(0.2, 0.8) * width, min(0, free_x), max(0, free_x))
        top = np.clip((y1 + y2) / 2 - random.uniform(0.25, 0.75) * height, min(0, free_y), max(0, free_y))
    if scale == 1.0:
        left, top = round(left), round(top)
    image = np.full((height, width, 3), 114, np.float32)
    xs = (np.arange(width) + 0.5 + left) / scale - 0.5
    ys = (np.arange(height) + 0.5 + top) / scale - 0.5
    in_x = np.flatnonzero((xs > -0.5) & (xs < WIDTH - 0.5))
    in_y = np.flatnonzero((ys > -0.5) & (ys < PICTURE_ROWS - 0.5))
    image[in_y[0] : in_y[-1] + 1, in_x[0] : in_x[-1] + 1] = sampled(frame, xs[in_x], ys[in_y], scale)
    moved = target.copy()
    moved[:, :4] = moved[:, :4] * scale - np.array([left, top, left, top], np.float32)
    if random.random() < 0.5:
        image = image[:, ::-1]
        moved[:, [0, 2]] = width - moved[:, [2, 0]]
    return image, clipped(moved, min(height, PICTURE_ROWS) if size == WHOLE else height, width)


def sampled(frame, xs, ys, scale):
    """Bilinear, or plain slices where nothing is scaled."""
    if scale == 1.0:
        x, y = round(xs[0]), round(ys[0])
        return frame[y : y + len(ys), x : x + len(xs)]
    x0, y0 = np.floor(xs).astype(int), np.floor(ys).astype(int)
    fx, fy = (xs - x0)[None, :, None].astype(np.float32), (ys - y0)[:, None, None].astype(np.float32)
    columns = [np.clip(x0 + d, 0, WIDTH - 1) for d in (0, 1)]
    rows = [frame[np.clip(y0 + d, 0, PICTURE_ROWS - 1)].astype(np.float32) for d in (0, 1)]
    mixed = rows[0] * (1 - fy) + rows[1] * fy
    return mixed[:, columns[0]] * (1 - fx) + mixed[:, columns[1]] * fx


def clipped(target, height, width):
    """Boxes cut at the border; those of which little is left are left alone, or forgotten."""
    area = (target[:, 2] - target[:, 0]) * (target[:, 3] - target[:, 1])
    target = target.copy()
    target[:, [0, 2]] = target[:, [0, 2]].clip(0, width)
    target[:, [1, 3]] = target[:, [1, 3]].clip(0, height)
    left = (target[:, 2] - target[:, 0]) * (target[:, 3] - target[:, 1]) / np.maximum(area, 1e-6)
    target[(left < LEARN_FROM_VISIBILITY) | (target[:, 3] - target[:, 1] < SMALLEST_PX), 4] = 0
    return target[left > FORGET_BELOW_VISIBILITY]


def recoloured(image, random):
    """Other light, other cameras: brightness, contrast, tint, saturation, softness, noise."""
    if random.random() < 0.6:
        gain = random.uniform(0.7, 1.3) * random.uniform(0.88, 1.12, 3)
        image = image * gain.astype(np.float32) + np.float32(128 * (1 - gain.mean()) + random.uniform(-30, 30))
    if random.random() < 0.3:
        grey = image.mean(-1, keepdims=True)
        image = grey + (image - grey) * np.float32(random.uniform(0, 1.4))
    if random.random() < 0.15:
        image = (image + np.roll(image, 1, 1) + np.roll(image, 1, 0) + np.roll(image, (1, 1), (0, 1))) / 4
    if random.random() < 0.2:
        image = image + random.standard_normal(image.shape, np.float32) * np.float32(random.uniform(1, 9))
    return np.clip(image, 0, 255)


def export(model, path):
    """Batch norm folded into the convolutions, fixed sizes, one input `images`, one output `output`."""
    model = copy.deepcopy(model).eval()
    for module in model.modules():
        if isinstance(module, ConvBnRelu):
            module.conv, module.bn = fuse_conv_bn_eval(module.conv, module.bn), nn.Identity()
    example = torch.zeros(1, 3, HEIGHT, WIDTH)
    torch.onnx.export(
        model, (example,), path, input_names=["images"], output_names=["output"], opset_version=18,
        dynamo=True, external_data=False, verbose=False,
    )


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--data", nargs="+", required=True)
    options.add_argument("--out", required=True)
    options.add_argument("--minutes", type=float, default=35)
    options.add_argument("--batch", type=int, default=24)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--resume")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()

    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    random = np.random.default_rng(given.seed)
    frames = Frames(given.data)
    model = PersonDetector()
    if given.resume:
        model.load_state_dict(torch.load(given.resume))
    averaged = copy.deepcopy(model).eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=given.rate, weight_decay=5e-4)
    print(f"{len(frames)} frames, {sum(p.numel() for p in model.parameters())} parameters", flush=True)

    cells = {size: cells_of(*size) for size in (WHOLE, PART)}
    started, step, seen, at, shown, total = time.time(), 0, 0, 0, time.time(), 0.0
    order = random.permutation(len(frames))
    model.train()
    while (done := (time.time() - started) / 60 / given.minutes) < 1:
        size = PART if done < PARTS_UNTIL and random.random() < 0.9 else WHOLE
        count = given.batch if size == PART else given.batch // 3
        if at + count > len(frames):
            order, at = random.permutation(len(frames)), 0
        images, targets = frames.batch(order[at : at + count], size, random)
        at += count
        seen += count
        # A short warm-up, then half a cosine over the time allowed.
        rate = given.rate * min(1, (step + 1) / 150) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = detection_loss(model(images), cells[size], targets)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimiser.step()
        step += 1
        total += loss.item()
        keep = min(0.998, step / (step + 20))
        with torch.no_grad():
            for mean, new in zip(averaged.state_dict().values(), model.state_dict().values()):
                if mean.dtype.is_floating_point:
                    mean.mul_(keep).add_(new, alpha=1 - keep)
                else:
                    mean.copy_(new)
        if step % 100 == 0:
            print(f"step {step} {seen} images loss {total / 100:.3f} "
                  f"{(time.time() - shown) / 100:.3f} s a step, {done:.0%}", flush=True)
            shown, total = time.time(), 0.0
        if step % 400 == 0:
            torch.save(averaged.state_dict(), given.out + ".pt")
            export(averaged, given.out)
    torch.save(averaged.state_dict(), given.out + ".pt")
    export(averaged, given.out)
    print(f"{step} steps, {os.path.getsize(given.out)} bytes in {given.out}")


if __name__ == "__main__":
    main()
