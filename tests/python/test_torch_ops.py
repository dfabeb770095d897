# SPDX-License-Identifier: Apache-2.0
"""`robocache.torch`: opcheck, compile, export, vmap and gradients, against the eager functions."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

import robocache as rc

torch = pytest.importorskip("torch")
if not hasattr(torch.library, "register_vmap"):
    pytest.skip("PyTorch before 2.5 has no register_vmap", allow_module_level=True)

from operators import DEVICES, Looked, handed_to, same  # noqa: E402

import robocache.torch as rct  # noqa: E402

POSE = [rc.Channels(0, 3, "linear"), rc.Channels(3, 4, "slerp")]


@pytest.fixture(params=DEVICES)
def device(request: Any) -> Any:
    return request.param


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(7)
    torch._dynamo.reset()


def times_of(*shape: int, device: str) -> Any:
    return torch.cumsum(torch.randint(1, 20, shape), -1).to(device)


def values_of(*shape: int, device: str, dtype: Any = torch.float32) -> Any:
    return torch.randn(*shape, dtype=dtype).to(device)


def targets_of(*shape: int, device: str) -> Any:
    return torch.randint(-20, 600, shape).to(device)


def resample_arguments(device: str, **options: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    values = values_of(3, 50, 7, device=device)
    return (values, times_of(3, 50, device=device), targets_of(3, 20, device=device)), options


def packed_arguments(device: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    offsets = torch.tensor([0, 20, 20, 50], device=device)
    times = torch.cat([times_of(20, device=device), times_of(30, device=device)])
    options = {
        "offsets": offsets,
        "sequence_ids": torch.tensor([2, 0, 2, 1], device=device),
        "target_offsets": torch.tensor([0, 5, 5, 9, 12], device=device),
        "outside": "fill",
        "fill_value": -1.0,
    }
    return (values_of(50, 2, device=device), times, targets_of(12, device=device)), options


CALLS = {
    "linear": lambda device: resample_arguments(device),
    "pchip": lambda device: resample_arguments(device, mode="pchip", max_gap=100),
    "pose": lambda device: resample_arguments(device, mode=POSE, outside="extrapolate"),
    "window": lambda device: resample_arguments(device, mode="mean", window=(30, 10)),
    "clock": lambda device: resample_arguments(device, clock=rc.ClockMap(5, 1e-3, 100)),
    "half": lambda device: resample_arguments(device, dtype=torch.bfloat16),
    "quality": lambda device: resample_arguments(device, quality=True, max_gap=15),
    "signal": lambda device: (
        (
            times_of(50, device=device).float(),
            times_of(50, device=device),
            targets_of(9, device=device),
        ),
        {"mode": "next"},
    ),
    "packed": packed_arguments,
}


def streams_of(device: str, *rows: int, absent: bool = False, grad: bool = False) -> list[Any]:
    values = [values_of(*rows, 40, 3, device=device), values_of(*rows, 9, 4, device=device)]
    if grad:
        values = [one.requires_grad_() for one in values]
    streams = [
        rc.Stream(values[0], times_of(*rows, 40, device=device), max_gap=30, fill_value=-1.0),
        rc.Stream(values[1], times_of(*rows, 9, device=device), mode="slerp", offset=7),
    ]
    return [streams[0], rc.Stream(None, width=2, fill_value=5.0), streams[1]] if absent else streams


@pytest.mark.parametrize("call", CALLS)
def test_resample_equals_the_eager_function(device: str, call: str) -> None:
    arguments, options = CALLS[call](device)
    expected = rc.resample(*arguments, **options)
    same(rct.resample(*arguments, **options), expected)
    with Looked() as look:
        same(rct.resample(*arguments, **options), expected)
    assert "robocache.resample.default" in look.seen
    compiled = torch.compile(rct.resample, fullgraph=True)
    same(compiled(*arguments, **options), expected)


@pytest.mark.parametrize("call", CALLS)
def test_resample_passes_opcheck(device: str, call: str) -> None:
    """Schema, fake kernel against the real one, autograd registration, and AOT with dynamic
    shapes, of the very arguments that the function hands to its operator."""
    arguments, options = CALLS[call](device)
    values, *times = arguments
    handed = handed_to(
        torch.ops.robocache.resample, lambda: rct.resample(values, *times, **options)
    )
    torch.library.opcheck(torch.ops.robocache.resample.default, handed)
    result = torch.ops.robocache.resample(*handed)[0]
    torch.library.opcheck(
        torch.ops.robocache.resample_backward.default, (torch.ones_like(result), *handed[:-2])
    )
    wanting = (values.requires_grad_(), *handed[1:])
    torch.library.opcheck(torch.ops.robocache.resample.default, wanting)


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("absent", [False, True])
def test_fuse_passes_opcheck(device: str, separate: bool, absent: bool) -> None:
    streams = streams_of(device, 2, absent=absent, grad=True)
    target = targets_of(11, device=device)
    handed = handed_to(
        torch.ops.robocache.fuse, lambda: rct.fuse(streams, target, separate=separate)
    )
    torch.library.opcheck(torch.ops.robocache.fuse.default, handed)
    grads = [torch.ones_like(one) for one in torch.ops.robocache.fuse(*handed)[:-1]]
    backward = (grads, [True, True], *handed[:-1])
    with torch.no_grad():
        torch.library.opcheck(torch.ops.robocache.fuse_backward.default, backward)


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("absent", [False, True])
def test_fuse_equals_the_eager_function(device: str, separate: bool, absent: bool) -> None:
    streams = streams_of(device, 2, absent=absent)
    target = targets_of(11, device=device)
    expected = rc.fuse(streams, target, separate=separate)
    same(rct.fuse(streams, target, separate=separate), expected)
    with Looked() as look:
        same(rct.fuse(streams, target, separate=separate), expected)
    assert "robocache.fuse.default" in look.seen
    compiled = torch.compile(
        lambda streams, target: rct.fuse(streams, target, separate=separate), fullgraph=True
    )
    same(compiled(streams, target), expected)


def test_who_looks_on_sees_operators(device: str) -> None:
    arguments, _ = resample_arguments(device)
    with torch.profiler.profile() as profile:
        rct.resample(*arguments)
    assert any(event.key == "robocache::resample" for event in profile.key_averages())
    traced = torch.fx.experimental.proxy_tensor.make_fx(lambda *given: rct.resample(*given))(
        *arguments
    )
    assert "robocache.resample" in traced.code


def test_dtypes_are_those_of_the_eager_function(device: str) -> None:
    kinds = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
    sources = [*kinds, torch.uint8, torch.int8, torch.int16, torch.int32, torch.bool]
    target = targets_of(12, device=device)
    for kind in sources:
        values = (values_of(30, 2, device=device) * 4).to(kind)
        for time_type in (torch.int64, torch.float32, torch.float64):
            times = times_of(30, device=device).to(time_type), target.to(time_type)
            for mode in ("linear", "nearest"):
                for dtype in (None, *kinds):
                    options = {"mode": mode, "dtype": dtype, "quality": True}
                    expected = rc.resample(values, *times, **options)
                    with Looked():
                        same(rct.resample(values, *times, **options), expected)
                    with torch._subclasses.FakeTensorMode(allow_non_fake_inputs=True):
                        fake = rct.resample(values, *times, **options)
                    for one, other in zip(fake, expected, strict=True):
                        assert (one.dtype, one.shape) == (other.dtype, other.shape)


class Model(torch.nn.Module):
    """Sensors of their own rates in, an action out."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = torch.nn.Parameter(torch.tensor(1.5))
        self.head = torch.nn.Linear(7, 2)

    def forward(self, arm: Any, arm_times: Any, hand: Any, hand_times: Any, clock: Any) -> Any:
        state, valid = rct.fuse(
            [
                rc.Stream(arm * self.gain, arm_times, max_gap=30),
                rc.Stream(hand, hand_times, mode=[rc.Channels(0, 4, "slerp")], offset=7),
            ],
            clock,
        )
        return self.head(state * valid.all(-1, keepdim=True))


def model_and_inputs(device: str, rows: int = 2) -> tuple[Any, list[Any]]:
    inputs = [
        values_of(rows, 40, 3, device=device),
        times_of(rows, 40, device=device),
        values_of(rows, 9, 4, device=device),
        times_of(rows, 9, device=device),
        targets_of(11, device=device),
    ]
    return Model().to(device), inputs


def gradients(model: Any, call: Any, inputs: list[Any]) -> tuple[Any, list[Any]]:
    given = [one.detach().requires_grad_(one.is_floating_point()) for one in inputs]
    result = call(*given)
    model.zero_grad()
    result.square().sum().backward()
    found = [one.grad for one in [*given, *model.parameters()] if one.is_floating_point()]
    return result.detach(), found


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_a_compiled_model_gives_equal_results_and_gradients(device: str, backend: str) -> None:
    model, inputs = model_and_inputs(device)
    compiled = torch.compile(model, fullgraph=True, backend=backend)
    expected, expected_gradients = gradients(model, model, inputs)
    got, got_gradients = gradients(model, compiled, inputs)
    assert len(got_gradients) == 5
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(got_gradients, expected_gradients)


def test_a_compiled_model_takes_other_shapes(device: str) -> None:
    model, inputs = model_and_inputs(device)
    compiled = torch.compile(model, fullgraph=True, dynamic=True)
    for rows in (2, 3, 5):
        _, inputs = model_and_inputs(device, rows)
        torch.testing.assert_close(compiled(*inputs), model(*inputs))


def test_spans_may_change_between_calls_of_compiled_code(device: str) -> None:
    arguments, _ = resample_arguments(device)
    compiled = torch.compile(lambda gap: rct.resample(*arguments, max_gap=gap), fullgraph=True)
    for gap in (5, 12, 19):
        same(compiled(gap), rc.resample(*arguments, max_gap=gap))


def test_an_exported_model_is_saved_and_loaded(device: str, tmp_path: Any) -> None:
    model, inputs = model_and_inputs(device)
    rows = torch.export.Dim("rows", min=2, max=64)
    shapes = ({0: rows}, {0: rows}, {0: rows}, {0: rows}, None)
    program = torch.export.export(model, tuple(inputs), dynamic_shapes=shapes)
    called = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    assert called.count("robocache.fuse.default") == 1
    torch.export.save(program, tmp_path / "model.pt2")
    loaded = torch.export.load(tmp_path / "model.pt2").module()
    _, inputs = model_and_inputs(device, 5)
    same(loaded(*inputs), model(*inputs))


@pytest.mark.parametrize("separate", [False, True])
def test_gradients_are_those_of_the_eager_function(device: str, separate: bool) -> None:
    streams = streams_of(device, 2, absent=True, grad=True)
    target = targets_of(11, device=device)
    wanting = [one.values for one in streams if one.values is not None]
    found = []
    for function in (rc.fuse, rct.fuse):
        out, _ = function(streams, target, separate=separate)
        total = sum(one.square().sum() for one in (out if separate else [out]))
        found.append(torch.autograd.grad(total, wanting))
    same(*found)


def test_gradients_of_packed_and_padded_streams(device: str) -> None:
    packed = {"offsets": torch.tensor([0, 20, 50], device=device)}
    padded = {"lengths": torch.tensor([9, 4], device=device)}
    values = [values_of(50, 3, device=device), values_of(2, 9, 2, device=device)]
    times = [times_of(50, device=device), times_of(2, 9, device=device)]
    target = targets_of(2, 11, device=device)
    for layouts in ([packed, padded], [packed, packed], [padded, padded]):
        wanting = [values["lengths" in one].clone().requires_grad_() for one in layouts]
        streams = [
            rc.Stream(one, times["lengths" in layout], order="sort", **layout)
            for one, layout in zip(wanting, layouts, strict=True)
        ]
        found = []
        for function in (rc.fuse, rct.fuse, torch.compile(rct.fuse, fullgraph=True)):
            out, _ = function(streams, target)
            found.append(torch.autograd.grad(out.square().sum(), wanting))
        same(found[1:], [found[0]] * 2)


def test_only_wanted_gradients_are_computed(device: str) -> None:
    arm, hand = streams_of(device, 2)
    hand.values.requires_grad_()
    out, _ = rct.fuse([arm, hand], targets_of(11, device=device))
    out.sum().backward()
    assert arm.values.grad is None
    assert hand.values.grad.shape == hand.values.shape


def test_what_tells_of_quality_has_no_gradient(device: str) -> None:
    values = values_of(30, 2, device=device).requires_grad_()
    times = times_of(30, device=device).double()
    found = rct.resample(values, times, times[:5] + 1, quality=True)
    assert [one.requires_grad for one in found] == [True, False, False, False, False]


def test_gradients_are_once_and_of_values_only(device: str) -> None:
    values = values_of(30, 2, device=device).requires_grad_()
    times = times_of(30, device=device).double()
    (first,) = torch.autograd.grad(
        rct.resample(values, times, times).square().sum(), values, create_graph=True
    )
    with pytest.raises(rc.UnsupportedOptionError, match="gradient: expected to be asked for once"):
        first.sum().backward()
    moving = times.clone().requires_grad_()
    for resample, fuse in ((rc.resample, rc.fuse), (rct.resample, rct.fuse)):
        with pytest.raises(rc.InvalidArgumentError, match=r"target_times: .*requires_grad=True"):
            resample(values, times, moving)
        with pytest.raises(rc.InvalidArgumentError, match=r"times: .*requires_grad=True"):
            fuse([rc.Stream(values, moving)], times)


def test_finite_differences(device: str) -> None:
    times = times_of(2, 12, device=device)
    target = torch.randint(0, 100, (2, 8)).to(device)
    values = values_of(2, 12, 3, device=device, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda given: rct.resample(given, times, target, mode="pchip"), [values]
    )


@pytest.mark.parametrize("rows", [(), (3,)], ids=["single", "rows"])
@pytest.mark.parametrize("shared", [False, True])
def test_vmap_of_resample_is_a_loop(device: str, rows: tuple[int, ...], shared: bool) -> None:
    values = values_of(4, *rows, 30, 2, device=device)
    times = times_of(*(() if shared else (4, *rows)), 30, device=device)
    target = targets_of(*(() if shared else (4,)), 9, device=device)
    dims = (0, None if shared else 0, None if shared else 0)

    def call(*arrays: Any) -> Any:
        return tuple(rct.resample(*arrays, max_gap=15, quality=True))

    expected = [
        torch.stack(parts)
        for parts in zip(
            *[
                call(values[i], times if shared else times[i], target if shared else target[i])
                for i in range(4)
            ],
            strict=True,
        )
    ]
    same(torch.vmap(call, dims)(values, times, target), expected)


def test_vmap_of_a_signal_and_along_other_axes(device: str) -> None:
    times, target = times_of(30, device=device), targets_of(9, device=device)
    values = values_of(30, 4, device=device)
    expected = rc.resample(values, times, target)
    same(torch.vmap(rct.resample, (1, None, None), 1)(values, times, target), expected)


@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("rows", [(), (3,)], ids=["single", "rows"])
def test_vmap_of_fuse_and_of_many_gradients(
    device: str, rows: tuple[int, ...], separate: bool
) -> None:
    arm, arm_times = values_of(4, *rows, 30, 2, device=device), times_of(30, device=device)
    force, force_times = values_of(4, *rows, 9, device=device), times_of(4, *rows, 9, device=device)
    target = targets_of(7, device=device)

    def call(arm: Any, force: Any, force_times: Any) -> Any:
        streams = [rc.Stream(arm, arm_times), rc.Stream(None, width=2)]
        streams.append(rc.Stream(force, force_times, mode="pchip"))
        out, valid = rct.fuse(streams, target, separate=separate)
        return (*out, valid) if separate else (out, valid)

    mapped = torch.vmap(call)(arm, force, force_times)
    each = [call(arm[i], force[i], force_times[i]) for i in range(4)]
    same(mapped, [torch.stack(parts) for parts in zip(*each, strict=True)])

    # Many gradients at once are a vmap of the backward operator.
    wanting = [one[0].clone().requires_grad_() for one in (arm, force)]
    out = call(*wanting, force_times[0])[0]

    def gradients_of(seed: Any) -> Any:
        found = torch.autograd.grad(out, wanting, seed, retain_graph=True, materialize_grads=True)
        return tuple(found)

    seeds = values_of(5, *out.shape, device=device)
    many = torch.vmap(gradients_of)(seeds)
    for i in range(5):
        same([one[i] for one in many], gradients_of(seeds[i]))


def test_vmap_over_packed_sequences_is_refused(device: str) -> None:
    (values, times, target), options = packed_arguments(device)
    with pytest.raises(rc.UnsupportedOptionError, match=r"offsets: expected None under vmap"):
        torch.vmap(lambda given: rct.resample(given, times, target, **options))(
            values.expand(2, *values.shape)
        )


def test_rules_of_any_kind_reach_the_library(device: str) -> None:
    arguments, _ = resample_arguments(device)
    options = {
        "mode": "mean",
        "window": (datetime.timedelta(microseconds=1), 3),
        "outside": "fill",
        "fill_value": float("-inf"),
        "order": "drop",
        "duplicates": "mean",
        "skip_nan": True,
        "clock": rc.ClockMap(datetime.timedelta(0), -1e-2, 5),
        "validate": False,
    }
    with Looked():
        result = rct.resample(*arguments, **options)
    same(result, rc.resample(*arguments, **options))
    with pytest.raises(rc.InvalidArgumentError, match=r"mode: expected one of .*'cubic'"):
        rct.resample(*arguments, mode="cubic")


def test_what_is_no_tensor_is_refused(device: str) -> None:
    values, times = values_of(30, 2, device=device), times_of(30, device=device)
    with pytest.raises(TypeError, match="target_times: expected a tensor; got list"):
        rct.resample(values, times, [1, 2])
    with pytest.raises(RuntimeError, match=r"'source_times'.*list"):
        rct.resample(values, [1, 2], times)
    for function in (rc.fuse, rct.fuse):
        with pytest.raises(rc.InvalidArgumentError, match="streams"):
            function([rc.Stream(None, width=2)], times.cpu())


@pytest.mark.parametrize("device", DEVICES[1:])
def test_cuda_graphs_of_a_compiled_model(device: str) -> None:
    model, inputs = model_and_inputs(device)
    compiled = torch.compile(model, fullgraph=True, mode="reduce-overhead")
    for _ in range(5):
        inputs[0] = values_of(2, 40, 3, device=device)
        expected, expected_gradients = gradients(model, model, inputs)
        torch.compiler.cudagraph_mark_step_begin()
        got, got_gradients = gradients(model, compiled, inputs)
        torch.testing.assert_close(got, expected)
        torch.testing.assert_close(got_gradients, expected_gradients)
