"""How many requests one caller may make, and the headers that tell it.

Both families of headers are sent: `RateLimit` and `RateLimit-Policy` of the IETF draft
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/) and the older `X-RateLimit-*`, which clients of
applicant tracking systems look for.
"""

from __future__ import annotations

import math
import time

import limits
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import Scope

from api.problems import ProblemError
from api.settings import OFF

POLICY = "default"


class RateLimit:
    """Counts requests by caller within one process."""

    def __init__(self, rate: str) -> None:
        self.rate = None if rate == OFF else limits.parse(rate)
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, scope: Scope, caller: str) -> None:
        """Count one request of the caller, and leave the headers for its answer.

        Raises ProblemError `too-many-requests` when it has none left.
        """
        if self.rate is None:
            return
        allowed = self.limiter.hit(self.rate, caller)
        window = self.limiter.get_window_stats(self.rate, caller)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        headers = self._headers(window.remaining, seconds)
        scope.setdefault("state", {}).setdefault("headers", {}).update(headers)
        if not allowed:
            span = self.rate.GRANULARITY.name
            much = f"{self.rate.amount} requests per {self.rate.multiples} {span}s".replace(f" 1 {span}s", f" {span}")
            again = f"try again in {seconds} second{'s' if seconds > 1 else ''}"
            raise ProblemError(
                "too-many-requests", f"{much} are allowed; {again}.", headers={"Retry-After": str(seconds)}
            )

    def _headers(self, remaining: int, seconds: int) -> dict[str, str]:
        assert self.rate is not None
        amount, window = self.rate.amount, self.rate.get_expiry()
        return {
            "RateLimit-Policy": f'"{POLICY}";q={amount};w={window}',
            "RateLimit": f'"{POLICY}";r={remaining};t={seconds}',
            "X-RateLimit-Limit": str(amount),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(math.ceil(time.time()) + seconds),
        }
