"""What is compared: the workloads, what must come out of them, and the rows of the table."""
from dataclasses import dataclass, replace
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
    once: bool = False  # what it shows does not depend on the minute: measured in the first round only


@dataclass(frozen=True)
class Row:
    name: str
    what: str
    unit: str = "ns"
    in_chart: bool = True


# Those whose difference or ratio is a row lie next to each other.
WORKLOADS = [
    Workload("yield", 2_000_000, count),
    Workload("spawn_join", 300_000, sum_below),
    Workload("spawn_waves", 1_000_000, sum_below),
    Workload("skynet", 1_000_000, sum_below),
    Workload("chan_ping_pong", 300_000, sum_up_to),
    Workload("timeout_ping_pong", 200_000, sum_up_to),
    Workload("chan_unbuffered_1_1", 1_000_000, sum_below),
    Workload("chan_unbuffered_8_8", 1_000_000, sum_below),
    Workload("chan_buffered_1_1", 4_000_000, sum_below),
    Workload("chan_buffered_8_1", 4_000_000, sum_below),
    Workload("chan_buffered_8_8", 4_000_000, sum_below),
    Workload("select_parked", 1_000_000, sum_below),
    Workload("select_ready", 2_000_000, sum_below),
    Workload("select_default", 20_000_000, count),
    Workload("sleep_1us", 500_000, count),
    Workload("mutex_64", 3_200_000, count),
    Workload("tcp_echo_1", 10_000, sum_below),
    Workload("tcp_echo_64", 19_200, sum_below),
    Workload("fork_join", 10_000, sum_of_crunched),
    Workload("fan_out", 10_000, sum_of_crunched),
    Workload("stealing", 10_000, sum_of_crunched),
    Workload("plain_threads", 10_000, sum_of_crunched),
    Workload("parked_fibers", 1_000_000, sum_below, once=True),
    Workload("idle_process", 10_000, count, once=True),
]

# The workloads that show what another worker is worth.
SCALING = ["fork_join", "fan_out", "stealing", "plain_threads"]

ROWS = [
    Row("yield", "yield between two fibers"),
    Row("spawn_join", "spawn and join, one at a time"),
    Row("spawn_waves", "spawn in waves of 1,000, wait for all"),
    Row("skynet", "skynet, 1,000,000 leaves, per leaf (ns) or per tree (ms)"),
    Row("chan_ping_pong", "ping-pong over unbuffered channels (tokio: channels of 1), round trip"),
    Row("chan_unbuffered_1_1", "unbuffered channel, 1 to 1"),
    Row("chan_unbuffered_8_8", "unbuffered channel, 8 to 8"),
    Row("chan_buffered_1_1", "channel of 128, 1 to 1"),
    Row("chan_buffered_8_1", "channel of 128, 8 to 1"),
    Row("chan_buffered_8_8", "channel of 128, 8 to 8"),
    Row("select_parked", "select over two unbuffered channels (tokio: channels of 1), the peer alternates"),
    Row("select_ready", "send into a buffer, select with that one of two ready"),
    Row("select_default", "select with default, nothing ready (tokio: try_recv)"),
    Row("timeout_ping_pong", "ping-pong, each receive within 1 s"),
    Row("timer_arm_stop", "arm and stop a timer: half of timeout_ping_pong less chan_ping_pong"),
    Row("sleep_1us", "1,000 fibers sleeping 1 µs, per sleep"),
    Row("mutex_64", "mutex with 64 contenders"),
    Row("tcp_echo_1", "TCP echo of 64 B, 1 connection, round trip"),
    Row("tcp_echo_64", "TCP echo of 64 B, 64 connections, round trip"),
    Row("fork_join", "fork and join of 10 µs computations"),
    Row("fan_out", "10 µs computations, one producer, as many consumers as workers"),
    Row("stealing", "10 µs computations, each in a fiber, all started by one"),
    Row("plain_threads", "10 µs computations on plain threads: what the machine gives"),
    Row("parked_start", "start parked fibers, per fiber"),
    Row("parked_start_to_bare", "… as a multiple of what a bare loop needs to make their stacks", unit="×"),
    Row("parked_resident", "resident memory of a parked fiber", unit="B"),
    Row("parked_page_tables", "its page tables", unit="B", in_chart=False),
    Row("parked_mappings", "mappings of the process with all of them parked", unit="", in_chart=False),
    Row("parked_left", "resident memory 10 s after all of them ended, or sooner, as a multiple of that before", unit="×",
        in_chart=False),
    Row("idle_process", "one CPU's share used by 10,000 parked fibers and 1,000 idle sockets", unit="%", in_chart=False),
]


def fitting(workloads, million_parked):
    """The workloads for this machine: a million parked fibers need 5 GiB, a tenth of them does not show all, but fits."""
    for workload in workloads:
        if workload.name == "parked_fibers" and not million_parked:
            yield replace(workload, operations=100_000)
        else:
            yield workload


def derived(values):
    """Rows that are computed from what one program measured in one round. A difference that drowns in noise is no value."""
    if "timeout_ping_pong" in values and "chan_ping_pong" in values:
        difference = values["timeout_ping_pong"] - values["chan_ping_pong"]
        if difference > 0:
            yield "timer_arm_stop", difference / 2
