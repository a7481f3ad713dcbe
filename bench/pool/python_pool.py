"""get + return on the pool of the Python package, by one thread; prints pairs per second."""

import sys
from time import perf_counter

packages, url, warm_up_seconds, seconds = sys.argv[1:]
sys.path.insert(0, packages)

from fast_litellm import SimpleConnectionPool  # noqa: E402

PAIRS_PER_LOOK = 256


def cycle(pool, duration):
    start = perf_counter()
    pairs = 0
    while (elapsed := perf_counter() - start) < duration:
        for _ in range(PAIRS_PER_LOOK):
            pool.return_connection(pool.get_connection(url))
        pairs += PAIRS_PER_LOOK
    return pairs / elapsed


pool = SimpleConnectionPool("bench")
cycle(pool, float(warm_up_seconds))
print(cycle(pool, float(seconds)))
