# SPDX-License-Identifier: Apache-2.0
"""rc_resample of one sequence as resample.h words it: slow, plain, with lists and no search."""

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import exact

BEFORE_FIRST, AFTER_LAST, GAP, STALE, NAN, EMPTY = 1, 2, 4, 8, 16, 32
AGGREGATES = ("mean", "sum", "min", "max", "last")
CURVES = ("linear", "pchip", "slerp", "angle")
IN_FLOAT64 = ("pchip", "slerp", "angle")
INT64 = (-(2**63), 2**63 - 1)


@dataclass
class Rules:
    outside: str = "hold"
    fill_value: float = 0.0
    max_gap: Any = None
    order: str = "check"
    duplicates: str = "last"
    skip_nan: bool = False
    window: Any = None
    offset: Any = 0
    drift: float = 0.0
    reference: Any = 0


@dataclass
class Knot:
    """Samples of one time, in order."""

    time: Any
    samples: list[int]


@dataclass
class Made:
    """What an element or a target receives."""

    values: list[float]
    reason: int = 0
    filled: bool = False
    source: int = -1
    next: int = -1
    weight: float = 0.0


def clocked(t, rules):
    """A source time on the target's clock."""
    if isinstance(t, int):
        product = round(rules.drift * float(t - rules.reference))
        return min(max(t + rules.offset + product, INT64[0]), INT64[1])
    if rules.offset == 0 and rules.drift == 0:
        return t
    return t + rules.offset + rules.drift * (t - rules.reference)


def knots_of(times, rules):
    """The samples that count, in the order of time, equal times together."""
    samples = [(clocked(t, rules), i) for i, t in enumerate(times)]
    if rules.order == "sort":
        samples.sort(key=lambda sample: sample[0])
    elif rules.order == "drop":
        samples = [
            sample
            for k, sample in enumerate(samples)
            if all(sample[0] >= earlier[0] for earlier in samples[:k])
        ]
    return [
        Knot(t, [i for _, i in group])
        for t, group in groupby(samples, key=lambda sample: sample[0])
    ]


def finite(values, channels, sample):
    return all(math.isfinite(values[sample][c]) for c in channels)


def knot_value(knot, values, channels, rules):
    """The element of a knot, and whether it is a sample untouched."""
    samples = [s for s in knot.samples if not rules.skip_nan or finite(values, channels, s)]
    if rules.duplicates == "first":
        return [values[samples[0]][c] for c in channels], True
    if rules.duplicates == "last" or len(samples) == 1:
        return [values[samples[-1]][c] for c in channels], True
    sums = [0.0] * len(channels)
    for s in samples:
        q = [values[s][c] for c in channels]
        if len(channels) == 4 and sum(a * b for a, b in zip(q, sums, strict=True)) < 0:
            q = [-a for a in q]
        sums = [a + b for a, b in zip(sums, q, strict=True)]
    divisor = math.sqrt(sum(a * a for a in sums)) if len(channels) == 4 else len(samples)
    return [a / divisor for a in sums], False


def pchip_slope_inside(h0, h1, m0, m1):
    """Fritsch and Butland: the weighted harmonic mean, 0 at a turn."""
    if m0 * m1 <= 0:
        return 0.0
    w0, w1 = 2 * h1 + h0, h1 + 2 * h0
    return (w0 + w1) / (w0 / m0 + w1 / m1)


def pchip_slope_at_end(h0, h1, m0, m1):
    """The parabola through three points, limited so that the curve stays monotone."""
    d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
    if d * m0 <= 0:
        return 0.0
    if m0 * m1 < 0 and abs(d) > 3 * abs(m0):
        return 3 * m0
    return d


def pchip(x, y, i, t):
    """The cubic of bracket i as a Hermite polynomial."""
    n = len(x)
    used = y[max(0, i - 1) : i + 3]
    if any(math.isnan(v) for v in used):
        return math.nan
    h = [float(x[k + 1] - x[k]) for k in range(n - 1)]
    if n == 2:
        return y[0] + (y[1] - y[0]) * (float(t - x[0]) / h[0])
    m = [(y[k + 1] - y[k]) / h[k] for k in range(n - 1)]

    def slope(k):
        if k == 0:
            return pchip_slope_at_end(h[0], h[1], m[0], m[1])
        if k == n - 1:
            return pchip_slope_at_end(h[-1], h[-2], m[-1], m[-2])
        return pchip_slope_inside(h[k - 1], h[k], m[k - 1], m[k])

    s = float(t - x[i]) / h[i]
    return (
        (1 + 2 * s) * (1 - s) ** 2 * y[i]
        + s * (1 - s) ** 2 * h[i] * slope(i)
        + s * s * (3 - 2 * s) * y[i + 1]
        + s * s * (s - 1) * h[i] * slope(i + 1)
    )


def slerp(q0, q1, w):
    """Along the shorter great arc, from the sign of q0."""
    if not all(map(math.isfinite, (*q0, *q1))):
        return [math.nan] * 4
    a = [x / math.hypot(*q0) for x in q0]
    b = [x / math.hypot(*q1) for x in q1]
    if sum(x * y for x, y in zip(q0, q1, strict=True)) < 0:
        b = [-x for x in b]
    theta = 2 * math.atan2(math.dist(a, b), math.hypot(*[x + y for x, y in zip(a, b, strict=True)]))
    if theta == 0:
        return a
    wa, wb = math.sin((1 - w) * theta) / math.sin(theta), math.sin(w * theta) / math.sin(theta)
    return [wa * x + wb * y for x, y in zip(a, b, strict=True)]


def angle(v0, v1, w):
    """Along the shorter arc; wrapped where it crosses the seam of the samples' own range."""
    if not math.isfinite(v0) or not math.isfinite(v1):
        return math.nan
    step = math.remainder(v1 - v0, 2 * math.pi)
    r = v0 + w * step
    if abs(v1 - v0) <= math.pi or not 0 <= w <= 1:
        return r
    for low, high in ((-math.pi, math.pi), (0, 2 * math.pi)):
        if low <= min(v0, v1) and max(v0, v1) <= high:
            return r - 2 * math.pi if r > high else r + 2 * math.pi if r < low else r
    return r


def narrow(value, rules, out_dtype):
    return exact.rounded(value, out_dtype) if out_dtype in exact.FORMATS else value


def make(knots, values, channels, t, mode, rules, compute):
    """One element of one target."""

    def index(knot):
        return knot.samples[0 if rules.duplicates == "first" else -1]

    def fill(reason):
        return Made([rules.fill_value] * len(channels), reason, True)

    def copy(knot, reason=0):
        if rules.max_gap is not None and abs(t - knot.time) > rules.max_gap:
            return fill(reason | STALE)
        made = knot_value(knot, values, channels, rules)[0] if values else []
        return Made(made, reason, source=index(knot), next=index(knot))

    def curve(i, reason=0):
        a, b = knots[i], knots[i + 1]
        w = exact.weight(t, a.time, b.time)
        made = []
        if values and mode == "pchip":
            x = [k.time for k in knots]
            made = [pchip(x, [knot_value(k, values, channels, rules)[0][0] for k in knots], i, t)]
        elif values:
            v0 = knot_value(a, values, channels, rules)[0]
            v1 = knot_value(b, values, channels, rules)[0]
            if mode == "slerp":
                made = slerp(v0, v1, w)
            elif mode == "angle":
                made = [angle(v0[0], v1[0], w)]
            else:
                v0, v1 = (exact.rounded(v[0], compute) for v in (v0, v1))
                made = [exact.linear(v0, v1, w, compute)]
        return Made(made, reason, source=index(a), next=index(b), weight=w)

    if not knots:
        return fill(EMPTY)
    earlier = [i for i, k in enumerate(knots) if k.time <= t]
    reason = 0 if earlier else BEFORE_FIRST
    reason |= AFTER_LAST if knots[-1].time < t else 0
    if mode in AGGREGATES:
        before, after = rules.window
        inside = [k for k in knots if t - before < k.time <= t + after]
        if not inside:
            return fill(reason | EMPTY)
        made = [aggregate(inside, values, channels, mode, rules)] if values else []
        return Made(made, reason, source=index(inside[-1]), next=index(inside[-1]))
    if earlier and knots[earlier[-1]].time == t:
        return copy(knots[earlier[-1]])
    if reason:
        if rules.outside == "fill":
            return fill(reason)
        held = copy(knots[0 if reason == BEFORE_FIRST else -1], reason)
        if rules.outside == "hold" or mode not in CURVES or len(knots) == 1 or held.filled:
            return held
        return curve(0 if reason == BEFORE_FIRST else len(knots) - 2, reason)
    i = earlier[-1]
    to_a, to_b = t - knots[i].time, knots[i + 1].time - t
    if mode == "previous" or (mode == "nearest" and to_a <= to_b):
        return copy(knots[i])
    if mode in ("next", "nearest"):
        return copy(knots[i + 1])
    if rules.max_gap is not None and knots[i + 1].time - knots[i].time > rules.max_gap:
        return fill(GAP)
    return curve(i)


def aggregate(knots, values, channels, mode, rules):
    found = [knot_value(k, values, channels, rules)[0][0] for k in knots]
    if mode == "last":
        return found[-1]
    if mode in ("min", "max"):
        return math.nan if any(map(math.isnan, found)) else (min if mode == "min" else max)(found)
    total = found[0]
    for v in found[1:]:
        total += v
    return total if mode == "sum" else total / len(found)


def make_skipping(knots, values, channels, t, mode, rules, compute):
    """One element, as if its channels had only their finite samples."""
    seen = [k for k in knots if any(finite(values, channels, s) for s in k.samples)]
    if not rules.skip_nan or not knots:
        return make(knots, values, channels, t, mode, rules, compute)
    whole = make(knots, None, channels, t, mode, rules, compute)
    if mode in AGGREGATES and whole.filled:
        return whole
    made = make(seen, values, channels, t, mode, rules, compute)
    none_finite = NAN if made.reason & EMPTY else 0
    # Aggregates have no rules for the ends: where a target lies follows all samples.
    made.reason = (whole if mode in AGGREGATES else made).reason & ~EMPTY | none_finite
    return made


def age(knots, t):
    if not knots:
        return INT64[1] if isinstance(t, int) else math.inf
    newest = [k.time for k in knots if k.time <= t] or [knots[0].time]
    difference = t - newest[-1]
    return min(max(difference, INT64[0]), INT64[1]) if isinstance(t, int) else difference


def resample(times, values, targets, groups, index_mode, rules, value_dtype, out_dtype):
    """A dict of lists: values, valid, reason, source_index, next_index, weight, age."""
    knots = knots_of(times, rules)
    compute = "float64" if value_dtype == "float64" else "float32"
    width = sum(count for _, count, _ in groups)
    result = {name: [] for name in ("values", "valid", "reason", "age")}
    result |= {name: [] for name in ("source_index", "next_index", "weight")}
    for t in targets:
        row, reason, valid = [0.0] * width, 0, True
        for begin, count, mode in groups:
            size = 4 if mode == "slerp" else 1
            for c in range(begin, begin + count, size):
                channels = range(c, c + size)
                made = make_skipping(knots, values, channels, t, mode, rules, compute)
                row[c : c + size] = [narrow(v, rules, out_dtype) for v in made.values]
                nan = any(map(math.isnan, made.values)) and not made.filled
                reason |= made.reason | (NAN if nan else 0)
                valid &= not made.filled and not nan
        followed = make(knots, None, (), t, index_mode, rules, compute)
        result["values"].append(row)
        result["valid"].append(valid)
        result["reason"].append(reason)
        result["age"].append(age(knots, t))
        result["source_index"].append(followed.source)
        result["next_index"].append(followed.next)
        result["weight"].append(followed.weight)
    return result
