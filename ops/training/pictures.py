"""
Real pictures: a folder with `labels.jsonl`, an object a line: `file` (relative to the folder), `split` (train or val),
`boxes` [x1, y1, x2, y2] in 0..1 or null, `teacher` [x1, y1, x2, y2, score] of a larger detector, `squashed` when the
true aspect is lost.
"""

import json
import os

import numpy as np
from PIL import Image

from frames import LETTERBOX_GREY, WHOLE, clipped, mirrored

SURE_TEACHER = 0.5
# How high people are made in the input, px; faces that fill a picture are no use to a camera under a ceiling.
LOWEST_PX, HIGHEST_PX = 15, 150
LARGEST_SCALE = 1.7


class Pictures:
    def __init__(self, folder, split="train"):
        self.images, self.targets, self.squashed = [], [], []
        with open(os.path.join(folder, "labels.jsonl"), encoding="utf-8") as lines:
            for label in map(json.loads, lines):
                if label["split"] != split:
                    continue
                with Image.open(os.path.join(folder, label["file"])) as image:
                    self.images.append(image.convert("RGB"))
                self.targets.append(targets_of(label, *self.images[-1].size))
                self.squashed.append(label["squashed"])
        has_people = np.array([bool((target[:, 4] > 0.5).any()) for target in self.targets])
        # Empty pictures teach less than those with people in them.
        weight = np.where(has_people, 1.0, 0.4)
        self.chance = weight / weight.sum()

    def __len__(self):
        return len(self.images)

    def view(self, size, random):
        """A part of one picture by chance, or all of it: as Frames.view."""
        pick = random.choice(len(self.images), p=self.chance)
        image, target = self.images[pick], self.targets[pick].copy()
        height, width = size
        stretch = random.uniform(1.0, 1.8) if self.squashed[pick] else random.uniform(0.85, 1.2)
        fit = min(width / (image.width * stretch), height / image.height)
        people = np.flatnonzero(target[:, 4] > 0.5)
        around = None
        if size == WHOLE and random.random() < 0.35:
            scale = fit
        elif len(people) and random.random() < 0.85:
            around = target[random.choice(people)]
            wanted = np.exp(random.uniform(np.log(LOWEST_PX), np.log(min(HIGHEST_PX, 1.2 * height))))
            scale = np.clip(wanted / max(1.0, around[3] - around[1]), fit * 0.75, LARGEST_SCALE)
        else:
            scale = fit * random.uniform(0.8, 2.5)
        scale_x, scale_y = scale * stretch, scale
        target[:, [0, 2]] *= scale_x
        target[:, [1, 3]] *= scale_y
        free_x, free_y = image.width * scale_x - width, image.height * scale_y - height
        left, top = (random.uniform(min(0, free), max(0, free)) for free in (free_x, free_y))
        if scale == fit:
            left, top = 0, 0
        elif around is not None:
            x, y = (around[0] + around[2]) / 2 * scale_x, (around[1] + around[3]) / 2 * scale_y
            left = np.clip(x - random.uniform(0.15, 0.85) * width, min(0, free_x), max(0, free_x))
            top = np.clip(y - random.uniform(0.15, 0.85) * height, min(0, free_y), max(0, free_y))
        target[:, :4] -= np.array([left, top, left, top], np.float32)
        canvas, target = mirrored(cut_out(image, scale_x, scale_y, left, top, size), target, random)
        return canvas, clipped(target, height, width)


def targets_of(label, width, height):
    """People to learn, and places to leave alone: where a teacher sees somebody whom nobody has drawn a box around."""
    size = np.array([width, height, width, height], np.float32)
    teacher = np.array(label["teacher"], np.float32).reshape(-1, 5)
    rows = []
    if label["boxes"] is None:
        rows.append([0, 0, width, height, 0.0])
        rows += [[*box[:4] * size, 1.0] for box in teacher if box[4] >= SURE_TEACHER]
    else:
        boxes = np.array(label["boxes"], np.float32).reshape(-1, 4)
        rows += [[*box * size, 1.0] for box in boxes]
        unnamed = [seen for seen in teacher if all(overlap(seen, box) < 0.4 for box in boxes)]
        rows += [[*seen[:4] * size, 0.0] for seen in unnamed]
    return np.array(rows, np.float32).reshape(-1, 5)


def overlap(a, b):
    """Intersection over union."""
    inter = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter + 1e-9)


def cut_out(image, scale_x, scale_y, left, top, size):
    """`size` pixels of the scaled picture from (left, top) on, grey beyond its borders."""
    height, width = size
    x1, x2 = max(0, round(-left)), min(width, round(image.width * scale_x - left))
    y1, y2 = max(0, round(-top)), min(height, round(image.height * scale_y - top))
    canvas = np.full((height, width, 3), LETTERBOX_GREY, np.float32)
    if x2 <= x1 or y2 <= y1:
        return canvas
    box = ((x1 + left) / scale_x, (y1 + top) / scale_y, (x2 + left) / scale_x, (y2 + top) / scale_y)
    box = (max(0, box[0]), max(0, box[1]), min(image.width, box[2]), min(image.height, box[3]))
    canvas[y1:y2, x1:x2] = np.asarray(image.resize((x2 - x1, y2 - y1), Image.Resampling.BILINEAR, box=box))
    return canvas
