"""YOLOX's loss: SimOTA picks the cells that answer for a person, IoU for boxes, cross entropy for scores."""

import torch
import torch.nn.functional as F

from network import boxes_of

CENTRE_RADIUS = 1.5


def pairwise_iou(a, b):
    top_left = torch.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = (bottom_right - top_left).clamp(min=0).prod(-1)
    area_a = (a[:, 2:] - a[:, :2]).prod(-1)
    area_b = (b[:, 2:] - b[:, :2]).prod(-1)
    return inter / (area_a[:, None] + area_b[None] - inter + 1e-6)


@torch.no_grad()
def assign(cells, boxes, scores, truth):
    """Which cell answers for which true box: (cell indices, truth indices, their IoU)."""
    centre = (cells[:, :2] + 0.5) * cells[:, 2:]
    true_centre = (truth[:, :2] + truth[:, 2:]) / 2
    away = (centre[None] - true_centre[:, None]).abs().amax(-1) / cells[None, :, 2]
    near = away < CENTRE_RADIUS
    candidates = near.any(0).nonzero().flatten()
    if candidates.numel() == 0:
        empty = candidates
        return empty, empty, truth.new_zeros(0)
    iou = pairwise_iou(truth, boxes[candidates])
    probability = scores[candidates].clamp(1e-4, 1 - 1e-4)
    cost = -torch.log(probability)[None] - 3 * torch.log(iou + 1e-6) + 1e5 * (~near[:, candidates])
    wanted = iou.topk(min(10, iou.shape[1]), 1).values.sum(1).int().clamp(min=1)
    chosen = torch.zeros_like(cost, dtype=torch.bool)
    for i in range(truth.shape[0]):
        k = min(int(wanted[i]), cost.shape[1])
        chosen[i, cost[i].topk(k, largest=False).indices] = True
    chosen &= cost < 1e4
    shared = chosen.sum(0) > 1
    if shared.any():
        best = cost[:, shared].argmin(0)
        chosen[:, shared] = False
        chosen[best, shared.nonzero().flatten()] = True
    which, at = chosen.nonzero(as_tuple=True)
    return candidates[at], which, iou[which, at]


def detection_loss(raw, cells, targets):
    """`targets`: per image a tensor [n, 5]: x1 y1 x2 y2 in input pixels, then 1 to learn or 0 to leave alone."""
    boxes = boxes_of(raw, cells)
    objectness, klass = raw[..., 4], raw[..., 5]
    scores = (objectness.sigmoid() * klass.sigmoid()).detach()
    wanted = torch.zeros_like(objectness)
    weight = torch.ones_like(objectness)
    box_losses, class_losses, count = [], [], 0
    for i, target in enumerate(targets):
        learn, ignore = target[target[:, 4] > 0.5, :4], target[target[:, 4] < 0.5, :4]
        if len(ignore):
            centre = (cells[:, :2] + 0.5) * cells[:, 2:]
            inside = (centre[None] > ignore[:, None, :2]) & (centre[None] < ignore[:, None, 2:])
            weight[i, inside.all(-1).any(0)] = 0
        if not len(learn):
            continue
        at, which, iou = assign(cells, boxes[i].detach(), scores[i], learn)
        if not len(at):
            continue
        wanted[i, at], weight[i, at] = 1, 1
        count += len(at)
        mine, true = boxes[i, at], learn[which]
        box_losses.append(giou_loss(mine, true))
        class_losses.append(F.binary_cross_entropy_with_logits(klass[i, at], iou.clamp(0, 1), reduction="sum"))
    count = max(count, 1)
    loss = F.binary_cross_entropy_with_logits(objectness, wanted, weight, reduction="sum") / count
    if box_losses:
        loss = loss + (5 * sum(box_losses) + sum(class_losses)) / count
    return loss


def giou_loss(a, b):
    inter = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(-1)
    union = (a[:, 2:] - a[:, :2]).prod(-1) + (b[:, 2:] - b[:, :2]).prod(-1) - inter + 1e-6
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(-1) + 1e-6
    return (1 - inter / union + (hull - union) / hull).sum()
