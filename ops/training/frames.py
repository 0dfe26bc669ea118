"""Synthetic frames as dataset.ts writes them, and windows onto them."""

import json
import os

import numpy as np

from network import HEIGHT, WIDTH

PICTURE_ROWS = 216
WHOLE = (HEIGHT, WIDTH)
LETTERBOX_GREY = 114
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

    def view(self, size, random):
        """Of one frame by chance: RGB float32 [height, width, 3] and targets [n, 5] as in loss.py."""
        pick = random.integers(len(self.index))
        frames, i = self.index[pick]
        return window(frames[i], self.targets[pick], size, random)


def window(frame, target, size, random):
    """
    The whole frame or a part of it, at its own scale or another, mirrored or not; a part lies around somebody four
    times out of five, since learning from parts costs far less per person seen. Beyond the picture it is grey, as
    letterboxed.
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
    image = np.full((height, width, 3), LETTERBOX_GREY, np.float32)
    xs = (np.arange(width) + 0.5 + left) / scale - 0.5
    ys = (np.arange(height) + 0.5 + top) / scale - 0.5
    in_x = np.flatnonzero((xs > -0.5) & (xs < WIDTH - 0.5))
    in_y = np.flatnonzero((ys > -0.5) & (ys < PICTURE_ROWS - 0.5))
    image[in_y[0] : in_y[-1] + 1, in_x[0] : in_x[-1] + 1] = sampled(frame, xs[in_x], ys[in_y], scale)
    moved = target.copy()
    moved[:, :4] = moved[:, :4] * scale - np.array([left, top, left, top], np.float32)
    image, moved = mirrored(image, moved, random)
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


def mirrored(image, target, random):
    if random.random() < 0.5:
        return image, target
    target = target.copy()
    target[:, [0, 2]] = image.shape[1] - target[:, [2, 0]]
    return image[:, ::-1], target


def clipped(target, height, width):
    """Boxes cut at the border; those of which little is left are left alone, or forgotten."""
    area = (target[:, 2] - target[:, 0]) * (target[:, 3] - target[:, 1])
    target = target.copy()
    target[:, [0, 2]] = target[:, [0, 2]].clip(0, width)
    target[:, [1, 3]] = target[:, [1, 3]].clip(0, height)
    left = (target[:, 2] - target[:, 0]) * (target[:, 3] - target[:, 1]) / np.maximum(area, 1e-6)
    target[(left < LEARN_FROM_VISIBILITY) | (target[:, 3] - target[:, 1] < SMALLEST_PX), 4] = 0
    return target[left > FORGET_BELOW_VISIBILITY]
