"""The clock's seeded twin: the only source of randomness.

A draw comes from a named stream, keyed by (seed, names …); adding a stream never changes another
stream's numbers (rule 3). A stream is a counter: draw n is the keyed BLAKE2b hash of n, so that
saving a plant saves one integer a stream, and any language could reproduce the numbers.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")
_NORMAL = NormalDist()
_SCALE = 2.0**-53


class Stream:
    """One named sequence of draws."""

    __slots__ = ("_key", "drawn")

    def __init__(self, key: bytes, drawn: int = 0) -> None:
        self._key = key
        self.drawn = drawn

    def uniform(self) -> float:
        """A draw in [0, 1), 53 bits."""
        digest = hashlib.blake2b(
            self.drawn.to_bytes(8, "big"), digest_size=8, key=self._key
        ).digest()
        self.drawn += 1
        return (int.from_bytes(digest, "big") >> 11) * _SCALE

    def happens(self, probability: float) -> bool:
        """True with `probability`: 0 is never, 1 is always, and neither spends a draw."""
        if probability <= 0:
            return False
        return probability >= 1 or self.uniform() < probability

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self.uniform()

    def whole(self, low: int, high: int) -> int:
        """A whole number in [low, high], both included."""
        return low + int(self.uniform() * (high - low + 1))

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`. Raises IndexError where there are none."""
        return options[int(self.uniform() * len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """A new list of `options` in random order (Fisher-Yates)."""
        out = list(options)
        for last in range(len(out) - 1, 0, -1):
            other = int(self.uniform() * (last + 1))
            out[last], out[other] = out[other], out[last]
        return out

    def normal(self, mean: float, deviation: float) -> float:
        """Normal by mean and standard deviation, one draw by inversion."""
        return mean + deviation * _NORMAL.inv_cdf(max(self.uniform(), 1e-16))

    def lognormal(self, median: float, sigma: float) -> float:
        """Lognormal by its median and the sigma of its logarithm."""
        return median * math.exp(self.normal(0.0, sigma))

    def exponential(self, mean: float) -> float:
        """Exponential by its mean."""
        return -mean * math.log(1.0 - self.uniform())

    def weibull(self, scale: float, shape: float) -> float:
        """Weibull by scale and shape."""
        return scale * math.pow(-math.log(1.0 - self.uniform()), 1.0 / shape)

    def gamma(self, mean: float, variation: float) -> float:
        """Gamma by its mean and its coefficient of variation (Marsaglia and Tsang, 2000)."""
        if variation <= 0:
            return mean
        shape = 1.0 / (variation * variation)
        boost = 1.0
        if shape < 1.0:
            boost = (1.0 - self.uniform()) ** (1.0 / shape)
            shape += 1.0
        d = shape - 1.0 / 3.0
        c = 1.0 / math.sqrt(9.0 * d)
        while True:
            x = self.normal(0.0, 1.0)
            v = (1.0 + c * x) ** 3
            if v > 0 and math.log(1.0 - self.uniform()) < 0.5 * x * x + d - d * v + d * math.log(v):
                scale = mean * variation * variation
                return boost * d * v * scale


class Chance:
    """All streams of one plant, from one seed."""

    def __init__(self, seed: int, plant: str) -> None:
        self.seed = seed
        self.plant = plant
        self._streams: dict[tuple[str, ...], Stream] = {}

    def stream(self, *names: str) -> Stream:
        """The stream of this name; asked for twice, it is the same one and goes on."""
        found = self._streams.get(names)
        if found is None:
            found = self._streams[names] = Stream(self._key(names))
        return found

    def forget(self, *names: str) -> None:
        """Let go of a stream that will never be drawn again, so that it need not be saved.

        Asked for once more, it would begin anew.
        """
        self._streams.pop(names, None)

    def _key(self, names: tuple[str, ...]) -> bytes:
        text = "\x1f".join((str(self.seed), self.plant, *names))
        return hashlib.blake2b(text.encode(), digest_size=32).digest()

    def save(self) -> list[list[object]]:
        """How far each stream has been drawn, as JSON-able data in a stable order."""
        return [[list(names), stream.drawn] for names, stream in sorted(self._streams.items())]

    def restore(self, saved: list[list[object]]) -> None:
        """The inverse of `save`, for the same seed and plant."""
        self._streams.clear()
        for names, drawn in saved:
            assert isinstance(names, list) and isinstance(drawn, int)
            key = tuple(str(name) for name in names)
            self._streams[key] = Stream(self._key(key), drawn)
