"""Batches mixed from synthetic frames and real pictures, prepared in a thread of their own."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from frames import WHOLE
from recolour import recoloured

MOSAIC_SHARE = 0.3


class Batches:
    """`sources` are Frames and Pictures, each with the share of views that come from it."""

    def __init__(self, sources, shares, random):
        self.sources, self.shares, self.random = sources, shares, random
        self.thread = ThreadPoolExecutor(1)
        self.coming = None

    def next(self, count, size):
        """(images BGR [count, 3, height, width], targets) as asked for last time; what is asked for now is begun."""
        ready = self.coming.result() if self.coming else self.make(count, size)
        self.coming = self.thread.submit(self.make, count, size)
        return ready

    def make(self, count, size):
        images, targets = [], []
        for _ in range(count):
            is_mosaic = size == WHOLE and self.random.random() < MOSAIC_SHARE
            image, target = self.mosaic(size) if is_mosaic else self.view(size)
            images.append(recoloured(image, self.random))
            targets.append(torch.from_numpy(target))
        stacked = torch.from_numpy(np.stack(images)[..., ::-1].astype(np.float32))
        return stacked.permute(0, 3, 1, 2), targets

    def view(self, size):
        source = self.sources[self.random.choice(len(self.sources), p=self.shares)]
        return source.view(size, self.random)

    def mosaic(self, size):
        """Four views in one picture: more people, scales and backgrounds at once (YOLOv4, section 3.3)."""
        height, width = size
        middle_y, middle_x = (round(side * self.random.uniform(0.3, 0.7)) for side in size)
        image, targets = np.empty((height, width, 3), np.float32), []
        for top, bottom in ((0, middle_y), (middle_y, height)):
            for left, right in ((0, middle_x), (middle_x, width)):
                image[top:bottom, left:right], target = self.view((bottom - top, right - left))
                target[:, :4] += np.array([left, top, left, top], np.float32)
                targets.append(target)
        return image, np.concatenate(targets)
