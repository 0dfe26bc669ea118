"""A small anchor-free person detector in the layout of YOLOX (Ge et al. 2021), about 0.2 GMAC at 384 x 224."""

import torch
from torch import nn
import torch.nn.functional as F

WIDTH, HEIGHT = 384, 224
STRIDES = (8, 16, 32)


class ConvBnRelu(nn.Module):
    """ReLU and plain convolutions: ONNX Runtime fuses them into one kernel, unlike SiLU and depthwise ones."""

    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.narrow = ConvBnRelu(channels, channels // 2, 1)
        self.wide = ConvBnRelu(channels // 2, channels, 3)

    def forward(self, x):
        return x + self.wide(self.narrow(x))


class PersonDetector(nn.Module):
    """
    Input [B, 3, 224, 384], BGR 0..255 (any multiples of 32 while training). Output [B, 1764, 6]: x and y as offsets
    from the cell in cells, log of width and height in cells, objectness and class score through the sigmoid (their
    logits while training). Channels are multiples of 16, the block ONNX Runtime computes in with AVX-512.
    """

    def __init__(self, c=(16, 32, 64, 96, 128), neck=48):
        super().__init__()
        self.stem = nn.Sequential(ConvBnRelu(3, c[0], 3, 2), ConvBnRelu(c[0], c[1], 3, 2), Residual(c[1]))
        self.stage8 = nn.Sequential(ConvBnRelu(c[1], c[2], 3, 2), Residual(c[2]), Residual(c[2]))
        self.stage16 = nn.Sequential(ConvBnRelu(c[2], c[3], 3, 2), Residual(c[3]), Residual(c[3]))
        self.stage32 = nn.Sequential(ConvBnRelu(c[3], c[4], 3, 2), Residual(c[4]), Residual(c[4]))
        self.lateral = nn.ModuleList([ConvBnRelu(c[i], neck, 1) for i in (2, 3, 4)])
        self.smooth = nn.ModuleList([ConvBnRelu(neck, neck) for _ in range(2)])
        self.tower = nn.ModuleList([ConvBnRelu(neck, neck) for _ in STRIDES])
        self.box = nn.ModuleList([nn.Conv2d(neck, 4, 1) for _ in STRIDES])
        self.score = nn.ModuleList([nn.Conv2d(neck, 2, 1) for _ in STRIDES])
        for layer in self.score:
            nn.init.constant_(layer.bias, -3.5)
        self.register_buffer("input_scale", torch.tensor(1 / 255.0), persistent=False)

    def forward(self, images):
        x = self.stem(images * self.input_scale)
        p8 = self.stage8(x)
        p16 = self.stage16(p8)
        p32 = self.lateral[2](self.stage32(p16))
        p16 = self.smooth[1](self.lateral[1](p16) + F.interpolate(p32, scale_factor=2, mode="nearest"))
        p8 = self.smooth[0](self.lateral[0](p8) + F.interpolate(p16, scale_factor=2, mode="nearest"))
        outputs = []
        for i, level in enumerate((p8, p16, p32)):
            features = self.tower[i](level)
            scores = self.score[i](features)
            if not self.training:
                scores = scores.sigmoid()
            outputs.append(torch.cat([self.box[i](features), scores], 1).flatten(2))
        return torch.cat(outputs, 2).transpose(1, 2)


def cells_of(height, width):
    """[N, 3]: column, row and stride of every cell, in the order of the output."""
    grids = []
    for stride in STRIDES:
        rows, columns = height // stride, width // stride
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        grids.append(torch.stack([x.flatten(), y.flatten(), torch.full((rows * columns,), stride)], 1))
    return torch.cat(grids).float()


def boxes_of(raw, cells):
    """Raw output to [B, N, 4] boxes x1 y1 x2 y2 in input pixels."""
    stride = cells[:, 2:]
    centre = (raw[..., :2] + cells[:, :2]) * stride
    half = raw[..., 2:4].clamp(max=6).exp() * stride / 2
    return torch.cat([centre - half, centre + half], -1)
