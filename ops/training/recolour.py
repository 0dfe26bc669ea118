"""Other light, other cameras, other encoders: what changes the pixels and leaves the boxes where they are."""

from io import BytesIO

import numpy as np
from PIL import Image


def recoloured(image, random):
    """Brightness, contrast, tint, saturation, softness, night, noise, JPEG. RGB float32 in and out, 0..255."""
    if random.random() < 0.6:
        gain = random.uniform(0.7, 1.3) * random.uniform(0.88, 1.12, 3)
        image = image * gain.astype(np.float32) + np.float32(128 * (1 - gain.mean()) + random.uniform(-30, 30))
    if random.random() < 0.3:
        grey = image.mean(-1, keepdims=True)
        image = grey + (image - grey) * np.float32(random.uniform(0, 1.4))
    if random.random() < 0.15:
        image = (image + np.roll(image, 1, 1) + np.roll(image, 1, 0) + np.roll(image, (1, 1), (0, 1))) / 4
    if random.random() < 0.07:
        image = by_night(image, random)
    elif random.random() < 0.2:
        image = image + random.standard_normal(image.shape, np.float32) * np.float32(random.uniform(1, 9))
    image = np.clip(image, 0, 255)
    return through_jpeg(image, random) if random.random() < 0.15 else image


def by_night(image, random):
    """Little light and the sensor's noise turned up with it; often without colour, as under infrared lamps."""
    if random.random() < 0.5:
        image = np.repeat(image.mean(-1, keepdims=True), 3, -1)
    image = 255 * (np.clip(image, 0, 255) / 255) ** np.float32(random.uniform(0.9, 1.5))
    image = image * np.float32(random.uniform(0.15, 0.5)) + np.float32(random.uniform(0, 20))
    return image + random.standard_normal(image.shape, np.float32) * np.float32(random.uniform(3, 14))


def through_jpeg(image, random):
    packed = BytesIO()
    Image.fromarray(image.astype(np.uint8)).save(packed, "JPEG", quality=int(random.integers(25, 80)))
    return np.asarray(Image.open(packed), np.float32)
