# SPDX-License-Identifier: Apache-2.0
"""Random inputs of the cases of resampling on a GPU, their float64 oracle, and what must move."""

from __future__ import annotations

import math

import torch

from bench.cases import SECTOR, Resample

TOLERANCE = {
    torch.float64: 1e-6,  # the peers' weights are float32
    torch.float32: 2e-6,
    torch.float16: 1e-3,
    torch.bfloat16: 8e-3,
}
"""Of values in [-1, 1]."""

STEP = 1_000_000
"""Mean time between samples, in nanoseconds."""


class Stream:
    """Samples of one sensor and their times."""

    def __init__(self, case: Resample, samples: int, width: int, random: torch.Generator) -> None:
        rows = 1 if case.shared else case.sequences
        dtype = getattr(torch, case.dtype)
        shape = (case.sequences, samples, width)
        if dtype.is_floating_point:
            self.values = torch.rand(shape, generator=random, device="cuda") * 2 - 1
        else:
            self.values = torch.randint(0, 2, shape, generator=random, device="cuda")
        self.values = self.values.to(dtype)
        # Every stream lasts as long.
        step = STEP * case.samples // samples
        jitter = torch.randint(0, step // 2, (rows, samples), generator=random, device="cuda")
        self.times = torch.arange(samples, device="cuda") * step + jitter
        if case.times != "int64":
            self.times = (self.times * 1e-9).to(getattr(torch, case.times))
        if case.shared:
            self.times = self.times[0]


class Inputs:
    """One set of inputs and its output."""

    def __init__(self, case: Resample, seed: int) -> None:
        random = torch.Generator("cuda").manual_seed(seed)
        self.case = case
        samples = case.stream_samples or (case.samples,)
        self.streams = [
            Stream(case, s, d, random) for s, d in zip(samples, case.widths, strict=True)
        ]
        self.ids: torch.Tensor | None = None
        rows = 1 if case.shared else case.rows
        span = case.samples * STEP
        offset = torch.rand(rows, 1, generator=random, device="cuda")
        clock = (torch.arange(case.targets, device="cuda") + offset) / case.targets
        if case.windows:
            self.ids = torch.randint(
                0, case.sequences, (case.windows,), generator=random, device="cuda"
            )
            begin = torch.rand(rows, 1, generator=random, device="cuda", dtype=torch.float64)
            length = case.targets / case.samples
            clock = begin * (1 - length) + clock * length
        self.targets = (clock.double() * span).long()
        if case.times != "int64":
            self.targets = (self.targets * 1e-9).to(getattr(torch, case.times))
        if case.shared:
            self.targets = self.targets[0]
        dtype = getattr(torch, case.out or case.dtype)
        shape = (case.rows, case.targets, sum(case.widths))
        self.output = torch.full(shape, math.nan, dtype=dtype, device="cuda")
        self.found: dict[Stream, tuple[torch.Tensor, torch.Tensor]] = {}

    def sequence_of_row(self) -> torch.Tensor:
        if self.ids is not None:
            return self.ids
        return torch.arange(self.case.sequences, device="cuda")

    def brackets(self, stream: Stream) -> tuple[torch.Tensor, torch.Tensor]:
        """Of each target the earlier sample, and the weight of the one after it, in float64."""
        if stream not in self.found:
            self.found[stream] = self._search(stream)
        return self.found[stream]

    def _search(self, stream: Stream) -> tuple[torch.Tensor, torch.Tensor]:
        rows = self.sequence_of_row()
        times = stream.times.expand(self.case.sequences, -1).contiguous()
        targets = self.targets.expand(len(rows), -1).contiguous()
        last = times.shape[1] - 1
        earlier = torch.empty(targets.shape, dtype=torch.int64, device="cuda")
        for part in torch.arange(len(rows), device="cuda").split(8192):
            found = torch.searchsorted(times[rows[part]], targets[part], right=True)
            earlier[part] = found.sub_(1).clamp_(0, last - 1)
        begin, end = (times[rows[:, None], earlier + k] for k in (0, 1))
        if self.case.times == "int64":
            weight = (targets - begin).double() / (end - begin).double()
        else:
            weight = (targets.double() - begin.double()) / (end.double() - begin.double())
        return earlier, weight.clamp(0, 1)

    def error(self) -> float:
        """Largest error of the output; NaN where something is not a number."""
        case, first, worst = self.case, 0, 0.0
        rows = self.sequence_of_row()
        for stream, width in zip(self.streams, case.widths, strict=True):
            earlier, weight = self.brackets(stream)
            weight = (weight >= 1).double() if case.mode == "previous" else weight
            at_once = 1 + (1 << 26) // (case.targets * width)
            for part in torch.arange(len(rows), device="cuda").split(at_once):
                v0, v1 = (
                    stream.values[rows[part][:, None], earlier[part] + k].double() for k in (0, 1)
                )
                exact = v0 + weight[part][..., None] * (v1 - v0)
                got = self.output[part][..., first : first + width].double()
                if not bool((got == got).all()):
                    return math.nan
                worst = max(worst, float((got - exact).abs().max()))
            first += width
        return worst

    def bytes(self) -> int:
        """What must move."""
        case, rows = self.case, self.sequence_of_row()
        times = self.targets.nbytes + (self.ids.nbytes if self.ids is not None else 0)
        touched_rows = []
        for stream in self.streams:
            earlier, _ = self.brackets(stream)
            samples = stream.values.shape[1]
            touched = torch.zeros(case.sequences * samples, dtype=torch.bool, device="cuda")
            flat = rows[:, None] * samples + earlier
            touched[flat.flatten()] = True
            if case.mode == "linear":
                touched[flat.flatten() + 1] = True
            touched_rows.append(int(touched.sum()))
            if self.ids is None:
                times += stream.times.nbytes
            else:  # the sectors that hold times of these samples
                each = SECTOR // stream.times.element_size()
                sectors = torch.nn.functional.pad(touched, (0, -len(touched) % each))
                times += int(sectors.view(-1, each).any(1).sum()) * SECTOR
        return case.bytes(touched_rows, case.rows * case.targets, times)


class Ragged:
    """One set of packed episodes and its output."""

    def __init__(self, case: Resample, seed: int) -> None:
        random = torch.Generator("cuda").manual_seed(seed)
        self.case = case
        lengths = torch.randint(
            20, 2 * case.samples, (case.sequences,), generator=random, device="cuda"
        )
        zero = torch.zeros(1, dtype=torch.int64, device="cuda")
        self.offsets = torch.cat([zero, lengths.cumsum(0)])
        self.target_offsets = torch.cat([zero, (lengths // 2).cumsum(0)])
        samples, targets = int(self.offsets[-1]), int(self.target_offsets[-1])
        width, dtype = case.widths[0], getattr(torch, case.dtype)
        values = torch.rand(samples, width, generator=random, device="cuda") * 2 - 1
        self.values = values.to(dtype)
        within = torch.arange(samples, device="cuda")
        within -= self.offsets[:-1].repeat_interleave(lengths)
        jitter = torch.randint(0, STEP // 2, (samples,), generator=random, device="cuda")
        self.times = within * STEP + jitter
        at = torch.arange(targets, device="cuda")
        self.rows = torch.arange(case.sequences, device="cuda").repeat_interleave(lengths // 2)
        at -= self.target_offsets[:-1][self.rows]
        self.targets = at * (2 * STEP) + STEP
        self.output = torch.full((targets, width), math.nan, dtype=dtype, device="cuda")

    def error(self) -> float:
        """Against a search among all samples, by (sequence, time)."""
        span = 4 * self.case.samples * STEP
        sequence = torch.arange(self.case.sequences, device="cuda")
        keys = sequence.repeat_interleave(self.offsets.diff()) * span + self.times
        later = torch.searchsorted(keys, self.rows * span + self.targets, right=True)
        later = torch.minimum(later, self.offsets[1:][self.rows] - 1)
        earlier = later - 1
        begin, end = self.times[earlier], self.times[later]
        weight = ((self.targets - begin).double() / (end - begin).double()).clamp(0, 1)[:, None]
        exact = self.values[earlier].double() * (1 - weight) + self.values[later].double() * weight
        return float((self.output.double() - exact).abs().max())

    def bytes(self) -> int:
        times = (self.times, self.targets, self.offsets, self.target_offsets)
        outputs = len(self.targets)
        return self.case.bytes([len(self.values)], outputs, sum(array.nbytes for array in times))
