# SPDX-License-Identifier: Apache-2.0
"""`voxelize` of `robocache.torch`, and gradients of the eager functions that voxelize."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import robocache as rc

torch = pytest.importorskip("torch")
if not hasattr(torch.library, "register_vmap"):
    pytest.skip("PyTorch before 2.5 has no register_vmap", allow_module_level=True)

from operators import DEVICES, handed_to, same  # noqa: E402

import robocache.torch as rct  # noqa: E402

OF_POINTS = ["occupancy", "occupancy_bits", "count"]
OF_FEATURES = ["sum", "mean", "max", "min"]
GRID = ((-1.0, 0.0, 0.5), (0.5, 1.0, 0.75), (4, 2, 9))


@pytest.fixture(params=DEVICES)
def device(request: Any) -> Any:
    return request.param


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(7)
    torch._dynamo.reset()


def points_of(*shape: int, device: str, dtype: Any = torch.float32) -> Any:
    """Points of which some lie outside of GRID, and one is no number."""
    points = torch.rand(*shape, 3, dtype=torch.float64) * 6 - 2
    points[..., -1, 1] = float("nan")
    return points.to(device, dtype)


def features_of(*shape: int, device: str, dtype: Any = torch.float32) -> Any:
    return torch.randn(*shape).to(device, dtype)


LAYOUTS = {
    "single": lambda device: (
        (points_of(60, device=device), features_of(60, 5, device=device)),
        {},
    ),
    "scalar": lambda device: ((points_of(60, device=device), features_of(60, device=device)), {}),
    "rows": lambda device: (
        (points_of(3, 40, device=device), features_of(3, 40, 2, device=device)),
        {"lengths": torch.tensor([40, 0, 17], device=device)},
    ),
    "packed": lambda device: (
        (points_of(60, device=device), features_of(60, 4, device=device)),
        {"offsets": torch.tensor([0, 20, 20, 55], device=device)},
    ),
}
EXTRAS = [{}, {"counts": True}, {"stats": True}, {"counts": True, "stats": True}]


@pytest.mark.parametrize("reduce", [*OF_POINTS, *OF_FEATURES])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_equals_the_eager_function(device: str, layout: str, reduce: str) -> None:
    (points, features), options = LAYOUTS[layout](device)
    options["reduce"] = reduce
    if reduce in OF_FEATURES:
        options |= {"features": features, "fill_value": -1.5, "dtype": torch.float64}
    for extra in EXTRAS:
        expected = rc.voxelize(points, *GRID, **options, **extra)
        same_or_none(rct.voxelize(points, *GRID, **options, **extra), expected)
    compiled = torch.compile(rct.voxelize, fullgraph=True, backend="aot_eager")
    same_or_none(compiled(points, *GRID, **options, **EXTRAS[-1]), expected)


def same_or_none(got: Any, expected: Any) -> None:
    if isinstance(expected, torch.Tensor):
        same(got, expected)
        return
    assert isinstance(got, rc.Voxelized)
    assert [one is None for one in got] == [one is None for one in expected]
    same(*[[one for one in found if one is not None] for found in (got, expected)])


@pytest.mark.parametrize("reduce", ["count", *OF_FEATURES])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_passes_opcheck(device: str, layout: str, reduce: str) -> None:
    """Schema, fake kernel against the real one, autograd registration, and AOT with dynamic
    shapes, of the very arguments that the function hands to its operators."""
    (points, features), options = LAYOUTS[layout](device)
    options |= {"reduce": reduce, "counts": True, "stats": True}
    if reduce in OF_FEATURES:
        options["features"] = features
    operator = torch.ops.robocache.voxelize
    handed = handed_to(operator, lambda: rct.voxelize(points, *GRID, **options))
    torch.library.opcheck(operator.default, handed)
    if reduce in OF_FEATURES:
        wanting = (points, features.requires_grad_(), *handed[2:])
        torch.library.opcheck(operator.default, wanting)
        result = operator(*handed)[0]
        backward = (torch.ones_like(result), points, features.detach(), *handed[2:9])
        torch.library.opcheck(torch.ops.robocache.voxelize_backward.default, backward)


def test_shapes_and_types_without_data_are_those_with(device: str) -> None:
    kinds = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.uint8, torch.int16]
    points = points_of(20, device=device)
    for kind in kinds:
        for tail in ((), (1,), (3,)):
            features = (features_of(20, *tail, device=device) * 9).to(kind)
            for reduce in OF_FEATURES:
                for dtype in (None, torch.float32, torch.bfloat16):
                    options = {"reduce": reduce, "features": features, "dtype": dtype}
                    expected = rct.voxelize(points, *GRID, **options)
                    with torch._subclasses.FakeTensorMode(allow_non_fake_inputs=True):
                        fake = rct.voxelize(points, *GRID, **options)
                    assert (fake.dtype, fake.shape) == (expected.dtype, expected.shape)


class Model(torch.nn.Module):
    """Points with learned features onto a grid, and a head on that."""

    def __init__(self, reduce: str) -> None:
        super().__init__()
        self.reduce = reduce
        self.embed = torch.nn.Linear(4, 6)
        self.head = torch.nn.Conv3d(6, 2, 1)

    def forward(self, points: Any, intensity: Any) -> Any:
        features = self.embed(torch.cat([points.nan_to_num(), intensity[..., None]], -1))
        grid = rct.voxelize(points, *GRID, reduce=self.reduce, features=features.relu())
        return self.head(grid.movedim(-1, 1))


def gradients(model: Any, call: Any, inputs: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    model.zero_grad()
    result = call(*inputs)
    result.square().sum().backward()
    return result.detach(), [one.grad for one in model.parameters()]


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
@pytest.mark.parametrize("reduce", OF_FEATURES)
def test_a_compiled_model_gives_equal_results_and_gradients(
    device: str, reduce: str, backend: str
) -> None:
    if backend == "inductor" and reduce != "mean":
        pytest.skip("inductor compiles for long; one reduction shows it")
    model = Model(reduce).to(device)
    inputs = points_of(2, 80, device=device), features_of(2, 80, device=device)
    compiled = torch.compile(model, fullgraph=True, backend=backend)
    expected, expected_gradients = gradients(model, model, inputs)
    got, got_gradients = gradients(model, compiled, inputs)
    assert all(one.abs().sum() > 0 for one in got_gradients)
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(got_gradients, expected_gradients)


def test_a_compiled_model_takes_other_shapes(device: str) -> None:
    model = Model("mean").to(device)
    compiled = torch.compile(model, fullgraph=True, dynamic=True, backend="aot_eager")
    for rows, points in ((2, 30), (3, 50), (4, 31)):
        inputs = points_of(rows, points, device=device), features_of(rows, points, device=device)
        torch.testing.assert_close(compiled(*inputs), model(*inputs))


def test_an_exported_model_is_saved_and_loaded(device: str, tmp_path: Any) -> None:
    model = Model("max").to(device)
    inputs = points_of(2, 30, device=device), features_of(2, 30, device=device)
    rows = torch.export.Dim("rows", min=2, max=64)
    program = torch.export.export(model, inputs, dynamic_shapes=({0: rows}, {0: rows}))
    torch.export.save(program, tmp_path / "model.pt2")
    loaded = torch.export.load(tmp_path / "model.pt2").module()
    inputs = points_of(5, 30, device=device), features_of(5, 30, device=device)
    same(loaded(*inputs), model(*inputs))


@pytest.mark.parametrize("function", [rc.voxelize, rct.voxelize])
@pytest.mark.parametrize("reduce", OF_FEATURES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_finite_differences(device: str, layout: str, reduce: str, function: Any) -> None:
    (points, features), options = LAYOUTS[layout](device)
    features = features.double().requires_grad_()

    def call(given: Any) -> Any:
        return function(points, *GRID, reduce=reduce, features=given, **options)

    assert torch.autograd.gradcheck(call, [features])


@pytest.mark.parametrize("reduce", OF_FEATURES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradients_are_those_of_the_eager_functions(device: str, layout: str, reduce: str) -> None:
    (points, features), options = LAYOUTS[layout](device)
    options |= {"reduce": reduce, "features": features.requires_grad_()}
    found = []
    for function in (rc.voxelize, rct.voxelize):
        out = function(points, *GRID, counts=True, feature_bound=3.0, **options)
        assert not out.counts.requires_grad
        seed = torch.linspace(-1, 1, out.grid.numel(), device=device).reshape(out.grid.shape)
        found.append(torch.autograd.grad(out.grid, features, seed))
    del options["features"]
    same(*found)
    byhand = rc.voxelize_backward(seed, points, *GRID, features.detach(), **options)
    same(found[0][0], byhand)
    array = rc.voxelize_backward(
        *arrays(seed, points), *GRID, *arrays(features), **options_of(options)
    )
    np.testing.assert_array_equal(array, byhand.cpu().numpy())


def arrays(*tensors: Any) -> list[np.ndarray]:
    return [one.detach().cpu().numpy() for one in tensors]


def options_of(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: arrays(one)[0] if isinstance(one, torch.Tensor) else one
        for name, one in options.items()
    }


def test_gradients_are_once_and_of_features_only(device: str) -> None:
    points, features = points_of(20, device=device), features_of(20, 2, device=device)
    options = {"reduce": "sum", "features": features.requires_grad_()}
    for function in (rc.voxelize, rct.voxelize):
        out = function(points, *GRID, **options)
        (first,) = torch.autograd.grad(out.square().sum(), features, create_graph=True)
        with pytest.raises(RuntimeError, match=r"once_differentiable|asked for once"):
            first.sum().backward()
        moving = points.clone().requires_grad_()
        with pytest.raises(rc.InvalidArgumentError, match=r"points: .*requires_grad=True"):
            function(moving, *GRID, **options)
        with pytest.raises(rc.InvalidArgumentError, match=r"points: .*requires_grad=True"):
            function(moving, *GRID, reduce="mean")
    with pytest.raises(rc.InvalidArgumentError, match=r"out: expected None.*gradient"):
        rc.voxelize(points, *GRID, out=torch.zeros(4, 2, 9, 2, device=device), **options)


@pytest.mark.parametrize("rows", [(), (3,)], ids=["single", "rows"])
@pytest.mark.parametrize("tail", [(), (2,)], ids=["scalar", "table"])
@pytest.mark.parametrize("mapped", ["both", "points", "features"])
def test_vmap_is_a_loop(
    device: str, rows: tuple[int, ...], tail: tuple[int, ...], mapped: str
) -> None:
    points = points_of(*((4,) if mapped != "features" else ()), *rows, 30, device=device)
    features = features_of(*((4,) if mapped != "points" else ()), *rows, 30, *tail, device=device)
    dims = (0 if mapped != "features" else None, 0 if mapped != "points" else None)

    def call(points: Any, features: Any) -> Any:
        return tuple(
            rct.voxelize(points, *GRID, reduce="mean", features=features, counts=True, stats=True)
        )

    each = [
        call(
            points if dims[0] is None else points[index],
            features if dims[1] is None else features[index],
        )
        for index in range(4)
    ]
    expected = [torch.stack(parts) for parts in zip(*each, strict=True)]
    same(torch.vmap(call, dims)(points, features), expected)


@pytest.mark.parametrize("rows", [(), (3,)], ids=["single", "rows"])
@pytest.mark.parametrize("tail", [(), (2,)], ids=["scalar", "table"])
def test_vmap_of_many_gradients(device: str, rows: tuple[int, ...], tail: tuple[int, ...]) -> None:
    points = points_of(*rows, 30, device=device)
    features = features_of(*rows, 30, *tail, device=device).requires_grad_()
    out = rct.voxelize(points, *GRID, reduce="max", features=features)

    def gradient(seed: Any) -> Any:
        return torch.autograd.grad(out, features, seed, retain_graph=True)[0]

    seeds = torch.randn(5, *out.shape, device=device)
    many = torch.vmap(gradient)(seeds)
    for index in range(5):
        same(many[index], gradient(seeds[index]))


def test_vmap_of_occupancy_and_lengths(device: str) -> None:
    points = points_of(4, 3, 30, device=device)
    lengths = torch.randint(0, 31, (4, 3), device=device)
    got = torch.vmap(lambda one, count: rct.voxelize(one, *GRID, lengths=count))(points, lengths)
    expected = [rc.voxelize(points[i], *GRID, lengths=lengths[i]) for i in range(4)]
    same(got, torch.stack(expected))
    with pytest.raises(rc.UnsupportedOptionError, match=r"offsets: expected None under vmap"):
        torch.vmap(
            lambda one: rct.voxelize(one, *GRID, offsets=torch.tensor([0, 30], device=device))
        )(points[:, 0])


def test_bad_input_is_refused_by_name(device: str) -> None:
    points, features = points_of(20, device=device), features_of(20, 2, device=device)
    for message, call in {
        "reduce: expected one of": lambda: rct.voxelize(points, *GRID, reduce="median"),
        "dims: expected at least 1": lambda: rct.voxelize(points, 0.0, 1.0, 0),
        "voxel_size": lambda: rct.voxelize(points, 0.0, -1.0, 3),
        "features": lambda: rct.voxelize(points, *GRID, reduce="sum", features=features[:7]),
        "feature_bound": lambda: rct.voxelize(points, *GRID, reduce="sum", feature_bound=-1.0),
    }.items():
        with pytest.raises(rc.InvalidArgumentError, match=message):
            call()


@pytest.mark.parametrize("device", DEVICES[1:])
def test_cuda_graphs_of_a_compiled_model(device: str) -> None:
    model = Model("mean").to(device)
    compiled = torch.compile(model, fullgraph=True, mode="reduce-overhead")
    for _ in range(5):
        inputs = points_of(2, 80, device=device), features_of(2, 80, device=device)
        expected, expected_gradients = gradients(model, model, inputs)
        torch.compiler.cudagraph_mark_step_begin()
        got, got_gradients = gradients(model, compiled, inputs)
        torch.testing.assert_close(got, expected)
        torch.testing.assert_close(got_gradients, expected_gradients)


SPARSE = {
    "single": lambda device: (
        (points_of(40, device=device), features_of(40, 3, device=device)),
        {},
    ),
    "scalar": lambda device: ((points_of(40, device=device), features_of(40, device=device)), {}),
    "rows": lambda device: (
        (points_of(3, 20, device=device), features_of(3, 20, 2, device=device)),
        {"lengths": torch.tensor([20, 0, 7], device=device)},
    ),
    "packed": lambda device: (
        (points_of(40, device=device), features_of(40, 4, device=device)),
        {"offsets": torch.tensor([0, 20, 20, 35], device=device)},
    ),
}


@pytest.mark.parametrize("capacity", [None, 5, 200], ids=["exact", "few", "many"])
@pytest.mark.parametrize("reduce", OF_FEATURES)
@pytest.mark.parametrize("layout", SPARSE)
def test_gradient_of_sparse_voxels(
    device: str, layout: str, reduce: str, capacity: int | None
) -> None:
    (points, features), options = SPARSE[layout](device)
    options |= {"reduce": reduce, "capacity": capacity}
    exact = features.double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda given: rc.voxelize_sparse(points, 1.0, features=given, **options).features, [exact]
    )
    plain = rc.voxelize_sparse(points, 1.0, features=features, **options)
    voxels = rc.voxelize_sparse(points, 1.0, features=features.requires_grad_(), **options)
    assert voxels.features.requires_grad
    for one, other in zip(voxels, plain, strict=True):
        assert one is other is None or torch.equal(torch.as_tensor(one), torch.as_tensor(other))


@pytest.mark.parametrize("reduce", OF_FEATURES)
def test_gradient_of_sparse_voxels_is_that_of_the_grid(device: str, reduce: str) -> None:
    points, features = points_of(50, device=device), features_of(50, 3, device=device)
    origin, edge, dims = GRID
    options = {"reduce": reduce, "features": features.requires_grad_()}
    voxels = rc.voxelize_sparse(points, edge, origin=origin, dims=dims, **options)
    seed = torch.randn(*dims, 3, device=device)
    x, y, z = voxels.coords[:, 1:].long().T
    (got,) = torch.autograd.grad(voxels.features, features, seed[x, y, z])
    (expected,) = torch.autograd.grad(rc.voxelize(points, *GRID, **options), features, seed)
    same(got, expected)


def test_sparse_voxels_without_a_voxel_have_no_gradient(device: str) -> None:
    features = features_of(4, 2, device=device).requires_grad_()
    voxels = rc.voxelize_sparse(
        torch.full((4, 3), torch.nan, device=device), 1.0, features=features
    )
    (got,) = torch.autograd.grad(voxels.features.sum(), features)
    same(got, torch.zeros_like(features))


def test_gradients_that_sparse_voxels_do_not_pass_on_are_refused(device: str) -> None:
    points, features = points_of(20, device=device), features_of(20, 2, device=device)
    features.requires_grad_()
    for options in ({"max_points": 3}, {"max_points": 3, "reduce": None}):
        with pytest.raises(rc.InvalidArgumentError, match=r"features: .*`max_points`"):
            rc.voxelize_sparse(points, 1.0, features=features, **options)
    with torch.no_grad():
        assert rc.voxelize_sparse(points, 1.0, features=features, max_points=3).points.shape[1] == 3
    with pytest.raises(rc.InvalidArgumentError, match=r"points: .*requires_grad=True"):
        rc.voxelize_sparse(
            points.requires_grad_(), 1.0, origin=0.0, dims=4, features=features, capacity=9
        )
