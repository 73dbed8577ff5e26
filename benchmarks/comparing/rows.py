"""What is compared: the workloads, what must come out of them, and the rows of the table with their targets."""
from dataclasses import dataclass, field
from typing import Callable

MODULUS = 1 << 64


def sum_below(n):
    return n * (n - 1) // 2 % MODULUS


def sum_up_to(n):
    return sum_below(n + 1)


def count(n):
    return n


def sum_of_crunched(n, steps=10_000):
    """The sum of x -> a x + c, applied `steps` times, over 0 … n-1: the steps compose to one affine map."""
    a, c = 6364136223846793005, 1442695040888963407
    factor, offset = 1, 0
    for bit in bin(steps)[2:]:
        factor, offset = factor * factor, factor * offset + offset
        if bit == "1":
            factor, offset = factor * a, offset * a + c
    return (factor * sum_below(n) + n * offset) % MODULUS


@dataclass(frozen=True)
class Workload:
    """One run of a program. `checksum(operations)` is what every program must print."""
    name: str
    operations: int
    checksum: Callable[[int], int]


@dataclass(frozen=True)
class Target:
    """What weft means to reach at one number of workers. None: no target of that kind."""
    at_most: float | None = None            # in the row's unit
    times: dict = field(default_factory=dict)  # peer -> how many times weft's value it should at least need
    to_one_worker: float | None = None      # at most this multiple of the value with one worker


@dataclass(frozen=True)
class Row:
    name: str
    what: str
    unit: str = "ns"
    targets: dict = field(default_factory=dict)  # workers -> Target


WORKLOADS = [
    Workload("yield", 2_000_000, count),
    Workload("spawn_join", 300_000, sum_below),
    Workload("spawn_waves", 1_000_000, sum_below),
    Workload("skynet", 1_000_000, sum_below),
    Workload("fork_join", 10_000, sum_of_crunched),
    Workload("chan_ping_pong", 300_000, sum_up_to),
    Workload("chan_unbuffered_1_1", 1_000_000, sum_below),
    Workload("chan_unbuffered_8_8", 1_000_000, sum_below),
    Workload("chan_buffered_1_1", 4_000_000, sum_below),
    Workload("chan_buffered_8_1", 4_000_000, sum_below),
    Workload("chan_buffered_8_8", 4_000_000, sum_below),
    Workload("select_parked", 1_000_000, sum_below),
    Workload("select_ready", 2_000_000, sum_below),
    Workload("select_default", 20_000_000, count),
    Workload("sleep_1us", 500_000, count),
    Workload("timeout_ping_pong", 200_000, sum_up_to),
    Workload("mutex_64", 3_200_000, count),
    Workload("tcp_echo_1", 10_000, sum_below),
    Workload("tcp_echo_64", 19_200, sum_below),
    Workload("parked_fibers", 100_000, sum_below),
]

# A second worker must not make what two fibers do with each other much slower.
NO_COLLAPSE = Target(to_one_worker=1.3)
SELECT_NO_COLLAPSE = Target(to_one_worker=1.4)
BUFFERED = {1: Target(at_most=12, times={"Go": 3}), 2: Target(at_most=70, times={"Go": 1.5})}

ROWS = [
    Row("yield", "yield between two fibers", targets={1: Target(times={"Go": 6}), 2: NO_COLLAPSE}),
    Row("spawn_join", "spawn and join, one at a time", targets={1: Target(at_most=45, times={"Go": 8}), 2: NO_COLLAPSE}),
    Row("spawn_waves", "spawn in waves of 1,000, wait for all",
        targets={1: Target(at_most=35, times={"Go": 7}), 2: NO_COLLAPSE}),
    Row("skynet", "skynet, 1,000,000 leaves, per leaf (ns) or per tree (ms)",
        targets={1: Target(at_most=80, times={"Go": 14}), 2: Target(at_most=80)}),
    Row("fork_join", "fork and join of 10 µs computations", targets={2: Target(to_one_worker=1 / 1.9)}),
    Row("chan_ping_pong", "ping-pong over unbuffered channels, round trip",
        targets={1: Target(at_most=65, times={"Go": 6}), 2: NO_COLLAPSE}),
    Row("chan_unbuffered_1_1", "unbuffered channel, 1 to 1", targets={1: Target(at_most=38, times={"Go": 4}), 2: NO_COLLAPSE}),
    Row("chan_unbuffered_8_8", "unbuffered channel, 8 to 8"),
    Row("chan_buffered_1_1", "channel of 128, 1 to 1", targets=BUFFERED),
    Row("chan_buffered_8_1", "channel of 128, 8 to 1", targets=BUFFERED),
    Row("chan_buffered_8_8", "channel of 128, 8 to 8", targets=BUFFERED),
    Row("select_parked", "select over two channels, the peer alternates",
        targets={1: Target(times={"Go": 3}), 2: SELECT_NO_COLLAPSE}),
    Row("select_ready", "send into a buffer, select with that one of two ready",
        targets={1: Target(times={"Go": 3}), 2: SELECT_NO_COLLAPSE}),
    Row("select_default", "select with default, nothing ready",
        targets={1: Target(times={"Go": 1.5}), 2: SELECT_NO_COLLAPSE}),
    Row("sleep_1us", "1,000 fibers sleeping 1 µs, per sleep", targets={1: Target(at_most=120)}),
    Row("timeout_ping_pong", "ping-pong, each receive within 1 s"),
    Row("timer_arm_stop", "arm and stop a timer: half of timeout_ping_pong less chan_ping_pong",
        targets={1: Target(at_most=40, times={"Go": 8})}),
    Row("mutex_64", "mutex with 64 contenders"),
    Row("tcp_echo_1", "TCP echo of 64 B, 1 connection, round trip"),
    Row("tcp_echo_64", "TCP echo of 64 B, 64 connections, round trip"),
    Row("parked_resident", "one of 100,000 parked fibers, resident", unit="B", targets={1: Target(at_most=4.3 * 1024)}),
    Row("parked_page_tables", "… its page tables", unit="B"),
    Row("parked_mappings", "mappings of the process with 100,000 of them", unit=""),
]


def derived(values):
    """Rows that are computed from what one program measured in one round. A difference that drowns in noise is no value."""
    if "timeout_ping_pong" in values and "chan_ping_pong" in values:
        difference = values["timeout_ping_pong"] - values["chan_ping_pong"]
        if difference > 0:
            yield "timer_arm_stop", difference / 2
