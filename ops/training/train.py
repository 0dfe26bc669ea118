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
CROP = (160, 224)
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

    def batch(self, picks, random, crop):
        """`crop` (height, width) or None: learning from crops around people costs less per person seen."""
        images, targets = [], []
        for pick in picks:
            frames, i = self.index[pick]
            image, target = augment(np.asarray(frames[i]), self.targets[pick].copy(), random)
            if crop is not None:
                image, target = cropped(image, target, crop, random)
            images.append(image)
            targets.append(torch.from_numpy(target))
        stacked = np.stack(images)[..., ::-1].transpose(0, 3, 1, 2)
        return torch.from_numpy(np.ascontiguousarray(stacked, np.float32)), targets


def augment(image, target, random):
    image = image[:PICTURE_ROWS].astype(np.float32)
    if random.random() < 0.5:
        image = image[:, ::-1]
        target[:, [0, 2]] = WIDTH - target[:, [2, 0]]
    if random.random() < 0.35:
        image, target = zoom(image, target, random)
    if random.random() < 0.6:
        image = (image - 128) * random.uniform(0.7, 1.3) + 128 + random.uniform(-30, 30)
        image = image * random.uniform(0.88, 1.12, 3)
    if random.random() < 0.3:
        grey = image.mean(-1, keepdims=True)
        image = grey + (image - grey) * random.uniform(0, 1.4)
    if random.random() < 0.2:
        image = (image + np.roll(image, 1, 1) + np.roll(image, 1, 0) + np.roll(image, (1, 1), (0, 1))) / 4
    if random.random() < 0.25:
        image = image + random.normal(0, random.uniform(1, 9), image.shape)
    padded = np.full((HEIGHT, WIDTH, 3), 114, np.float32)
    padded[:PICTURE_ROWS] = np.clip(image, 0, 255)
    return padded, target


def zoom(image, target, random):
    """A part of the picture, enlarged by repeating and averaging neighbours, or the whole made smaller on grey."""
    scale = random.uniform(0.7, 1.5)
    shift_x = random.uniform(min(0, WIDTH - WIDTH * scale), max(0, WIDTH - WIDTH * scale))
    shift_y = random.uniform(min(0, PICTURE_ROWS * (1 - scale)), max(0, PICTURE_ROWS * (1 - scale)))
    xs = (np.arange(WIDTH) + 0.5 - shift_x) / scale - 0.5
    ys = (np.arange(PICTURE_ROWS) + 0.5 - shift_y) / scale - 0.5
    x0, y0 = np.floor(xs).astype(int), np.floor(ys).astype(int)
    fx, fy = (xs - x0)[None, :, None].astype(np.float32), (ys - y0)[:, None, None].astype(np.float32)
    cx = [np.clip(x0 + d, 0, WIDTH - 1) for d in (0, 1)]
    cy = [np.clip(y0 + d, 0, PICTURE_ROWS - 1) for d in (0, 1)]
    top = image[cy[0]][:, cx[0]] * (1 - fx) + image[cy[0]][:, cx[1]] * fx
    bottom = image[cy[1]][:, cx[0]] * (1 - fx) + image[cy[1]][:, cx[1]] * fx
    zoomed = top * (1 - fy) + bottom * fy
    outside = ((xs < -0.5) | (xs > WIDTH - 0.5))[None, :] | ((ys < -0.5) | (ys > PICTURE_ROWS - 0.5))[:, None]
    zoomed[outside] = 114
    moved = target.copy()
    moved[:, [0, 2]] = target[:, [0, 2]] * scale + shift_x
    moved[:, [1, 3]] = target[:, [1, 3]] * scale + shift_y
    return zoomed, clipped(moved, PICTURE_ROWS, WIDTH)


def cropped(image, target, size, random):
    """A window of the picture, four times out of five around somebody."""
    height, width = size
    left, top = random.integers(0, WIDTH - width + 1), random.integers(0, HEIGHT - height + 1)
    if len(target) and random.random() < 0.8:
        x1, y1, x2, y2, _ = target[random.integers(len(target))]
        left = int(np.clip((x1 + x2) / 2 - random.uniform(0.2, 0.8) * width, 0, WIDTH - width))
        top = int(np.clip((y1 + y2) / 2 - random.uniform(0.25, 0.75) * height, 0, HEIGHT - height))
    moved = target - np.array([left, top, left, top, 0], np.float32)
    return image[top : top + height, left : left + width], clipped(moved, height, width)


def clipped(target, height, width):
    """Boxes cut at the border; those of which little is left are left alone, or forgotten."""
    area = (target[:, 2] - target[:, 0]) * (target[:, 3] - target[:, 1])
    target = target.copy()
    target[:, [0, 2]] = target[:, [0, 2]].clip(0, width)
    target[:, [1, 3]] = target[:, [1, 3]].clip(0, height)
    left = (target[:, 2] - target[:, 0]) * (target[:, 3] - target[:, 1]) / np.maximum(area, 1e-6)
    target[(left < LEARN_FROM_VISIBILITY) | (target[:, 3] - target[:, 1] < SMALLEST_PX), 4] = 0
    return target[left > FORGET_BELOW_VISIBILITY]


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
    options.add_argument("--batch", type=int, default=16)
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

    cells = {None: cells_of(HEIGHT, WIDTH), CROP: cells_of(*CROP)}
    started, step, shown, total = time.time(), 0, time.time(), 0.0
    order = random.permutation(len(frames))
    model.train()
    while (done := (time.time() - started) / 60 / given.minutes) < 1:
        at = step * given.batch % (len(frames) - given.batch)
        if at < given.batch:
            order = random.permutation(len(frames))
        crop = CROP if random.random() < 0.6 and done < 0.85 else None
        images, targets = frames.batch(order[at : at + given.batch], random, crop)
        # A short warm-up, then half a cosine over the time allowed.
        rate = given.rate * min(1, (step + 1) / 150) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = detection_loss(model(images), cells[crop], targets)
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
            print(f"step {step} {step * given.batch / len(frames):.1f} epochs loss {total / 100:.3f} "
                  f"{(time.time() - shown) / 100:.3f} s a step, {done:.0%}", flush=True)
            shown, total = time.time(), 0.0
        if step % 500 == 0:
            torch.save(averaged.state_dict(), given.out + ".pt")
            export(averaged, given.out)
    torch.save(averaged.state_dict(), given.out + ".pt")
    export(averaged, given.out)
    print(f"{step} steps, {os.path.getsize(given.out)} bytes in {given.out}")


if __name__ == "__main__":
    main()
