# SPDX-License-Identifier: Apache-2.0
"""Shapes on either side of each border at which a call changes its way on CUDA, with times that are
even, in bursts, doubled, and targets in any order: equal to the CPU, to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import robocache as rc

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    pytest.skip("PyTorch finds no CUDA device", allow_module_level=True)

# Rows, samples, targets, channels.
SHAPES = {
    "short rows": [(175, 1000, 500, 3), (174, 1000, 500, 3), (66, 1000, 500, 8)],
    "short rows, more targets": [
        (40, 500, 1000, 16),
        (19, 500, 1000, 32),
        (18, 500, 1000, 33),
        (19, 500, 1000, 8),
        (38, 500, 1000, 7),
        (40, 500, 1000, 14),
        *((40, 500, 1000, d) for d in (5, 6, 10, 11, 20, 21)),
    ],
    "many targets in a row": [(350, 400, 256, 3), (350, 400, 255, 3)],
    "channels of an access": [(5, 900, 500, d) for d in (1, 2, 5, 6, 9, 10, 12, 14, 16, 18)],
    "rows that are wide": [(3, 40, 70, 256), (2, 40, 70, 700), (2, 40, 70, 1500)],
    "rows of a block": [(700, 20, 13, 5), (70, 300, 256, 3), (70, 300, 257, 3)],
    "all times of a row, and some of them": [(40, 1000, 512, 3), (40, 1200, 513, 3)],
    "times by the thousand": [(2, 9000, 4000, 3), (1, 20_000, 30_000, 2)],
    "samples that are brought, or read": [(9, 900, 400, 33), (9, 1100, 400, 33)],
    "few targets among many samples": [(9, 3200, 400, 4), (9, 3201, 400, 4)],
    "few samples": [(300, samples, 40, 3) for samples in (5, 6, 7)],
    "a target to a row": [(500, 30, targets, 12) for targets in (1, 2, 3)],
    "an access to a row": [(90, 60, 40, width) for width in (1, 2, 8)],
    "accesses that an inverse counts": [(1, 8, 5, 262_144), (1, 8, 5, 8), (1, 8, 5, 260_000)],
}
CLOCKS = ["even", "jittered", "bursts", "doubled"]
TYPES = [torch.float32, torch.bfloat16, torch.float16, torch.float64]


def source_times(random: Any, rows: int, samples: int, clock: str) -> Any:
    if clock == "jittered":
        late = torch.randint(0, 500, (rows, samples), generator=random)
        return torch.arange(samples) * 1000 + late
    steps = torch.randint(500, 1500, (rows, samples), generator=random)
    if clock == "bursts":
        steps[torch.rand(rows, samples, generator=random) < 0.5] = 1
        steps[torch.rand(rows, samples, generator=random) < 0.01] = 60_000
    if clock == "doubled":
        steps[torch.rand(rows, samples, generator=random) < 0.05] = 0
    return steps.cumsum(1)


def target_times(random: Any, times: Any, targets: int) -> Any:
    """From before the first sample to behind the last, a few equal to samples."""
    span = int(times.max()) + 4000
    found = torch.randint(-2000, span, (times.shape[0], targets), generator=random).sort(1).values
    exact = torch.rand(found.shape, generator=random) < 0.05
    near = torch.searchsorted(times, found.clamp(min=0)).clamp(max=times.shape[1] - 1)
    return torch.where(exact, times.gather(1, near), found)


def values_of(random: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    values = torch.randn(shape, generator=random)
    odd = torch.rand(shape, generator=random)
    values[odd < 0.02] = 0.0
    values[odd < 0.01] = -0.0
    values[odd < 0.006] = float("inf")
    values[odd < 0.003] = float("nan")
    return values.to(dtype)


def same(one: Any, other: Any) -> bool:
    """Bit by bit."""
    views = [t.cpu().contiguous().view(torch.uint8) for t in (one, other)]
    return torch.equal(*views)


def compare(arguments: list[Any], dtype: Any = None, **options: Any) -> None:
    """A call alone, and with validity: as the only stream of a fuse."""
    move = {k: v.cuda() if isinstance(v, torch.Tensor) else v for k, v in options.items()}
    values, times, targets = arguments
    on_device = [a.cuda() for a in arguments]
    expected = rc.resample(*arguments, dtype=dtype, **options)
    assert same(rc.resample(*on_device, dtype=dtype, **move), expected)
    packed = {"target_offsets": options.pop("target_offsets", None)}
    stream = rc.Stream(values, times, **options)
    expected, valid = rc.fuse([stream], targets, dtype=dtype, **packed)
    packed = {"target_offsets": move.pop("target_offsets", None)}
    stream = rc.Stream(*on_device[:2], **move)
    got = rc.fuse([stream], on_device[2], dtype=dtype, **packed)
    assert same(got[0], expected)
    assert same(got[1], valid)


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("border", SHAPES)
def test_both_sides_of_a_border(border: str, clock: str) -> None:
    seed = list(SHAPES).index(border) * len(CLOCKS) + CLOCKS.index(clock)
    random = torch.Generator().manual_seed(seed)
    for turn, (rows, samples, targets, width) in enumerate(SHAPES[border]):
        times = source_times(random, rows, samples, clock)
        asked = target_times(random, times, targets)
        values = values_of(random, (rows, samples, width), TYPES[turn % 4])
        compare([values, times, asked])
        compare([values, times, asked.flip(1)], mode="nearest", max_gap=700)
        if turn != 0:
            continue
        compare([values, times, asked], outside="extrapolate", max_gap=1400)
        compare([values, times * 1e-3, asked * 1e-3], outside="fill", fill_value=-2.5)
        compare([values, times[0], asked[0]], dtype="float16", duplicates="first")


# A warp takes several rows of up to 8 channels of float32 from about a million targets on, and of
# up to 15 where samples are fewer than targets.
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [2160, 2168, 40_000])
@pytest.mark.parametrize(
    ("width", "density"), [(1, 0.5), (3, 0.5), (7, 0.5), (15, 0.5), (16, 0.5), (8, 2), (9, 2)]
)
def test_rows_with_the_same_times(rows: int, width: int, density: float, dtype: Any) -> None:
    random = torch.Generator().manual_seed(rows + width)
    targets = 499 if rows < 40_000 else 37
    samples = int(targets * density)
    times = source_times(random, 1, samples, "doubled")
    asked = target_times(random, times, targets)[0]
    values = values_of(random, (rows, samples, width), dtype)
    compare([values, times[0], asked])
    compare([values, times[0], asked], max_gap=1400, outside="extrapolate", duplicates="first")
    compare([values, times[0], asked], mode="previous", max_gap=700, outside="fill")
    if width == 7:
        compare([values, times[0] * 1e-3, asked * 1e-3], dtype="float64")


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32"])
def test_integers(dtype: str) -> None:
    random = torch.Generator().manual_seed(3)
    times = source_times(random, 6, 700, "even")
    asked = target_times(random, times, 400)
    values = torch.randint(0, 100, (6, 700, 12), generator=random).to(getattr(torch, dtype))
    compare([values, times, asked], mode="previous")
    compare([values, times, asked], dtype="float32")
    compare([values, times, asked], dtype="bfloat16", mode="next")


PAIRS = [
    ("uint8", "float32"), ("int8", "bfloat16"), ("int16", "float16"), ("int32", "float32"),
    ("float16", "float32"), ("bfloat16", "float64"), ("float32", "bfloat16"),
    ("float32", "float16"), ("float64", "float32"), ("float64", "bfloat16"), ("int32", "float64"),
]  # fmt: skip


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize(("dtype", "out"), PAIRS)
def test_two_types(dtype: str, out: str, clock: str) -> None:
    random = torch.Generator().manual_seed(5)
    times = source_times(random, 6, 300, clock)
    asked = target_times(random, times, 120)
    ids = torch.tensor([5, 0, 0, 3, 2, 2])
    for width in (1, 3, 8, 14, 33, 70):
        values = values_of(random, (6, 300, width), torch.float32)
        if not getattr(torch, dtype).is_floating_point:
            values = values.nan_to_num(0, 90, -90) * 40
        values = values.clamp(-120, 120) if dtype == "int8" else values
        values = (values.abs() if dtype == "uint8" else values).to(getattr(torch, dtype))
        compare([values, times, asked], dtype=out)
        compare([values, times, asked], dtype=out, sequence_ids=ids, max_gap=1400)
        compare([values, times, asked], dtype=out, mode="next", outside="fill", fill_value=3)
        compare([values, times * 1e-3, asked * 1e-3], dtype=out, outside="extrapolate")


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("mode", ["previous", "next", "nearest"])
def test_copies_of_all_widths(mode: str, clock: str) -> None:
    random = torch.Generator().manual_seed(6)
    times = source_times(random, 6, 300, clock)
    asked = target_times(random, times, 120)
    ids = torch.tensor([5, 0, 0, 3, 2, 2])
    for turn, width in enumerate((1, 2, 3, 5, 8, 12, 16, 33, 70)):
        values = values_of(random, (6, 300, width), TYPES[turn % 4])
        options = {"duplicates": "first"} if turn % 2 else {}
        compare([values, times, asked], mode=mode, **options)
        compare([values, times, asked], mode=mode, sequence_ids=ids, max_gap=700)
        compare([values, times, asked], mode=mode, outside="fill", fill_value=3)


@pytest.mark.parametrize("step", [0, 1, 3])
def test_samples_that_lie_over_each_other(step: int) -> None:
    random = torch.Generator().manual_seed(7)
    times = source_times(random, 1, 50_000, "even")
    asked = target_times(random, times, 100_000)
    values = torch.randn(200_000, generator=random)
    results = [
        # On the device: a copy there would lie side by side.
        rc.resample(values.to(d).as_strided((1, 50_000, 7), (0, step, 1)), times.to(d), asked.to(d))
        for d in ("cpu", "cuda")
    ]
    assert same(*results)


def test_one_sample_of_any_stride() -> None:
    random = torch.Generator().manual_seed(8)
    times = torch.zeros(1, 1, dtype=torch.int64)
    asked = torch.tensor([[-5, 0, 7]])
    values = torch.randint(0, 100, (600,), generator=random, dtype=torch.uint8)
    results = []
    for d in ("cpu", "cuda"):
        rows = [values.to(d).as_strided((1, 1, width), (1, 1, 1)) for width in (257, 3, 600)]
        streams = [rc.Stream(row, times.to(d), mode="next") for row in rows]
        results.append(rc.fuse(streams, asked.to(d), dtype="float16"))
    assert same(results[0][0], results[1][0])
    assert same(results[0][1], results[1][1])


@pytest.mark.parametrize("clock", ["even", "jittered"])
def test_rows_of_all_lengths(clock: str) -> None:
    random = torch.Generator().manual_seed(4)
    lengths = torch.randint(0, 900, (60,), generator=random)
    counts = lengths // 2 + torch.randint(0, 9, (60,), generator=random)
    starts = [
        torch.cat([torch.zeros(1, dtype=torch.int64), n.cumsum(0)]) for n in (lengths, counts)
    ]
    offsets, target_offsets = starts
    times = torch.cat([source_times(random, 1, int(n), clock)[0] for n in lengths])
    asked = torch.cat(
        [torch.randint(-9, 1000 * int(n) + 10, (int(m),), generator=random).sort().values
         for n, m in zip(lengths, counts, strict=True)]
    )  # fmt: skip
    for width, dtype in ((3, torch.bfloat16), (14, torch.float32), (64, torch.bfloat16)):
        values = values_of(random, (int(offsets[-1]), width), dtype)
        compare([values, times, asked], offsets=offsets, target_offsets=target_offsets)
    padded = values_of(random, (60, 900, 7), torch.float32)
    matrix = source_times(random, 60, 900, clock)
    compare([padded, matrix, target_times(random, matrix, 450)], lengths=lengths)


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_windows_of_a_store(dtype: Any, clock: str) -> None:
    random = torch.Generator().manual_seed(9)
    times = source_times(random, 20, 200, clock)
    ids = torch.randint(0, 20, (300,), generator=random)
    asked = target_times(random, times[ids], 16)
    for width in (1, 3, 7, 16, 64):
        values = values_of(random, (20, 200, width), dtype)
        compare([values, times, asked], sequence_ids=ids)
        compare([values, times, asked], sequence_ids=ids, max_gap=1400, outside="extrapolate")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_outputs_one_behind_the_other_and_beside_others(dtype: Any) -> None:
    random = torch.Generator().manual_seed(10)
    times = source_times(random, 30, 400, "jittered")
    asked = target_times(random, times, 200)
    values = values_of(random, (30, 400, 12), dtype)
    expected = rc.resample(values, times, asked)
    on_device = [a.cuda() for a in (values, times, asked)]
    table = torch.full((30, 200, 20), 7, dtype=dtype).cuda()
    rc.resample(*on_device, out=table[:, :, 4:16])
    assert same(table[:, :, 4:16], expected)
    assert bool((table[:, :, :4] == 7).all())
    assert bool((table[:, :, 16:] == 7).all())
    whole = torch.full((30, 200, 12), 7, dtype=dtype).cuda()
    rc.resample(*on_device, out=whole)
    assert same(whole, expected)


def compare_gradient(values: Any, times: Any, asked: Any, gradient: Any, **options: Any) -> None:
    move = {k: v.cuda() if isinstance(v, torch.Tensor) else v for k, v in options.items()}
    arguments = [gradient, values, times, asked]
    expected = rc.resample_backward(*arguments, **options)
    assert same(rc.resample_backward(*[a.cuda() for a in arguments], **move), expected)


# Of one block and of many, of one tile of targets and of many, of one part of channels and of many.
GRADIENTS = [
    (1, 1, 1, 1), (3, 2, 700, 3), (40, 5, 9, 7), (2, 3, 600, 129), (5, 400, 200, 14),
    (3, 100, 3000, 5), (2, 3000, 1500, 1), (2, 40, 70, 700), (900, 100, 50, 33), (3, 9000, 10, 2),
]  # fmt: skip


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("shape", GRADIENTS)
def test_gradients(shape: tuple[int, int, int, int], clock: str) -> None:
    """What is gathered, what is not, and rows of either kind side by side."""
    rows, samples, targets, width = shape
    random = torch.Generator().manual_seed(9)
    times = source_times(random, rows, samples, clock)
    asked = target_times(random, times, targets)
    some = asked.clone()
    some[::3] = some[::3].flip(1)
    crowded = times[:, :1] + torch.randint(0, 3, asked.shape, generator=random).sort(1).values
    for turn, dtype in enumerate(TYPES):
        values = torch.randn((rows, samples, width), generator=random).to(dtype)
        gradient = values_of(random, (rows, targets, width), TYPES[turn * 3 % 4])
        case = [values, times, asked, gradient]
        compare_gradient(*case)
        compare_gradient(values, times, some, gradient, outside="extrapolate", max_gap=1400)
        if turn != 0:
            continue
        compare_gradient(values, times, crowded, gradient)
        compare_gradient(values, times, asked[0], gradient, duplicates="first")
        compare_gradient(values, times[0], some[0], gradient, mode="angle")
        compare_gradient(values, times * 1e-3, some * 1e-3, gradient, outside="fill")
        compare_gradient(*case, clock=rc.ClockMap(500, 1e-3, 100))
        for mode in ("previous", "next", "nearest"):
            compare_gradient(*case, mode=mode, outside="extrapolate", max_gap=700)
        # On the other side of the border.
        compare_gradient(*case, duplicates="mean")
        compare_gradient(*case, order="sort")
        compare_gradient(*case, order="drop")
        compare_gradient(*case, skip_nan=True)
        compare_gradient(*case, mode="pchip")
        compare_gradient(*case, sequence_ids=torch.arange(rows).flip(0))


@pytest.mark.parametrize("width", [1, 7, 130])
def test_gradients_of_rows_of_all_lengths(width: int) -> None:
    random = torch.Generator().manual_seed(10)
    lengths = torch.randint(0, 300, (60,), generator=random)
    lengths[5:9] = 0
    counts = lengths // 2 + torch.randint(0, 9, (60,), generator=random)
    counts[20] = 3000
    starts = [
        torch.cat([torch.zeros(1, dtype=torch.int64), n.cumsum(0)]) for n in (lengths, counts)
    ]
    times = torch.cat([source_times(random, 1, int(n), "bursts")[0] for n in lengths])
    rows = [
        torch.randint(-9, 1000 * int(n) + 10, (int(m),), generator=random).sort().values
        for n, m in zip(lengths, counts, strict=True)
    ]
    # Samples in front of the first and behind the last sequence.
    offsets, target_offsets = starts[0] + 4, starts[1]
    stored = int(offsets[-1]) + 3
    times = torch.cat([times[:4], times, times[:3]])
    gradient = values_of(random, (int(target_offsets[-1]), width), torch.float32)
    values = torch.randn((stored, width), generator=random)
    for turned in ([], [0, 20, 59], range(60)):
        asked = torch.cat([row.flip(0) if i in turned else row for i, row in enumerate(rows)])
        options = {"offsets": offsets, "target_offsets": target_offsets}
        compare_gradient(values, times, asked, gradient, **options)
    padded = torch.randn((60, 300, width), generator=random)
    matrix = source_times(random, 60, 300, "doubled")
    asked = target_times(random, matrix, 150)
    asked[7] = asked[7].flip(0)
    gradient = values_of(random, (60, 150, width), torch.bfloat16)
    compare_gradient(padded, matrix, asked, gradient, lengths=lengths)


def compare_fuse(streams: list[tuple[Any, Any]], asked: Any, dtype: Any = None) -> None:
    expected = rc.fuse([rc.Stream(*s) for s in streams], asked, dtype=dtype)
    got = rc.fuse([rc.Stream(v.cuda(), t.cuda()) for v, t in streams], asked.cuda(), dtype=dtype)
    assert same(got[0], expected[0])
    assert same(got[1], expected[1])


@pytest.mark.parametrize("rows", [2, 800])
def test_streams_of_all_widths(rows: int) -> None:
    random = torch.Generator().manual_seed(5)
    shapes = [(30, 512, torch.bfloat16), (100, 64, torch.float32), (200, 12, torch.uint8)]
    shapes += [(60, 3, torch.float16)] * 15
    streams = []
    for samples, width, dtype in shapes:
        times = source_times(random, rows, samples, "even") * (200 // samples)
        values = torch.randint(0, 90, (rows, samples, width), generator=random).to(dtype)
        streams.append((values, times))
    asked = target_times(random, streams[2][1], 50)
    compare_fuse(streams, asked, dtype="bfloat16")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("rows", [1, 7, 900])
def test_streams_of_one_type(rows: int, dtype: Any) -> None:
    """Lines, in one unit of blocks and in many; seventeen streams take two launches."""
    random = torch.Generator().manual_seed(8)
    shapes = [(30, 512), (100, 64), (200, 12), (2000, 7)] + [(60, 3)] * 13
    streams = []
    for samples, width in shapes:
        times = source_times(random, rows, samples, "bursts") * max(200 // samples, 1)
        streams.append((values_of(random, (rows, samples, width), dtype), times))
    compare_fuse(streams, target_times(random, streams[2][1], 50))


def even_case(random: Any, shape: tuple[int, int, int], width: int, dtype: Any) -> list[Any]:
    """Values, times and targets of a call in which nothing is wrong."""
    rows, samples, targets = shape
    times = source_times(random, rows, samples, "even")
    asked = target_times(random, times, targets)
    return [torch.zeros(rows, samples, width), times.to(dtype), asked.to(dtype)]


def compare_faults(call: Callable[..., Any], *arrays: Any) -> None:
    """A call that takes the arrays, and a context, names the same fault on both devices."""
    with pytest.raises(rc.InvalidDataError) as expected:
        call(*arrays)
    with rc.Context("cuda") as context:
        call(*(array.cuda() for array in arrays), context=context)
        with pytest.raises(rc.InvalidDataError) as got:
            context.synchronize()
    assert str(got.value) == f"rc_context_synchronize: {expected.value}"


def wrong_times(random: Any, times: Any) -> Iterator[Any]:
    """A step back in the first, a middle and the last row; all times in no order."""
    rows, samples = times.shape
    for row, sample in ((0, 1), (rows // 2, samples // 2), (rows - 1, samples - 1)):
        wrong = times.clone()
        wrong[row, sample] = wrong[row, sample - 1] - 1
        yield wrong
    yield times.gather(1, torch.rand(times.shape, generator=random).argsort(1))


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3, 40, 20), (3, 900, 500), (400, 30, 20), (2, 9000, 4000)])
@pytest.mark.parametrize("width", [3, 40])
def test_a_time_that_steps_back_is_named(
    shape: tuple[int, int, int], width: int, dtype: Any
) -> None:
    """And no search leaves the times, whatever they are."""
    random = torch.Generator().manual_seed(6)
    values, times, asked = even_case(random, shape, width, dtype)
    for wrong in wrong_times(random, times):
        compare_faults(rc.resample, values, wrong, asked)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32])
@pytest.mark.parametrize("layout", ["rows", "ids", "packed", "fused"])
@pytest.mark.parametrize("width", [3, 40])
def test_a_time_that_steps_back_is_named_wherever_it_is(
    width: int, layout: str, dtype: Any
) -> None:
    """Whichever thread of a block sees it: samples all over a row of several blocks."""
    values, times, asked = even_case(torch.Generator().manual_seed(8), (2, 600, 300), width, dtype)
    more: dict[str, Any] = {}
    if layout == "ids":
        more = {"sequence_ids": torch.arange(2)}
    if layout == "packed":
        values, times = values.flatten(0, 1), times.flatten()
        more = {"offsets": torch.arange(3) * 600}

    def call(values: Any, times: Any, asked: Any, **more: Any) -> None:
        if layout == "fused":
            rc.fuse([rc.Stream(values, times)] * 2, asked, **more)
        else:
            rc.resample(values, times, asked, **more)

    on_gpu = {name: array.cuda() for name, array in more.items()}
    with rc.Context("cuda") as context:
        for sample in range(601, 1200, 7):
            wrong = times.clone()
            wrong.view(-1)[sample] = wrong.view(-1)[sample - 1] - 1
            with pytest.raises(rc.InvalidDataError) as expected:
                call(values, wrong, asked, **more)
            call(values.cuda(), wrong.cuda(), asked.cuda(), context=context, **on_gpu)
            with pytest.raises(rc.InvalidDataError) as got:
                context.synchronize()
            assert str(got.value) == f"rc_context_synchronize: {expected.value}"
            context.clear_error()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", ["rows", "shared", "packed", "fused"])
@pytest.mark.parametrize("shape", [(3, 40, 20), (400, 30, 20), (70, 1000, 500), (70, 500, 1000)])
def test_the_first_target_that_is_no_time_is_named(
    shape: tuple[int, int, int], layout: str, dtype: Any
) -> None:
    """Whoever serves a target looks at its time: a few blocks, many, and those with a stage."""
    values, times, asked = even_case(torch.Generator().manual_seed(7), shape, 5, dtype)
    offsets = []
    if layout == "shared":
        asked = asked[0]
    if layout == "packed":
        asked = asked.flatten()
        offsets = [torch.arange(shape[0] + 1) * shape[2]]

    def call(values: Any, times: Any, asked: Any, offsets: Any = None, **context: Any) -> None:
        if layout == "fused":
            rc.fuse([rc.Stream(values, times)] * 2, asked, **context)
        else:
            rc.resample(values, times, asked, target_offsets=offsets, **context)

    last = asked.numel() - 1
    for place in (last, last // 2, 0):  # earlier and earlier ones, of which the first is named
        asked.view(-1)[place] = float("inf") if place else float("nan")
        compare_faults(call, values, times, asked, *offsets)
