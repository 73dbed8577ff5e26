"""Shows that the gate can go red: puts a regression into a copy of the library and looks for it in what is counted."""
from dataclasses import dataclass

from . import building, counting
from .metrics import METRICS
from .verdict import differences


@dataclass(frozen=True)
class Injection:
    what: str
    file: str
    before: str  # stands in the file exactly once
    after: str
    operation: str
    metric: str  # must be red


INJECTIONS = [
    Injection(
        "an extra lock in every send", "channels/include/weft/detail/channel.hpp",
        "    channel_result send_or_lock(element& value) WEFT_NO_THREAD_SAFETY_ANALYSIS {\n",
        "    channel_result send_or_lock(element& value) WEFT_NO_THREAD_SAFETY_ANALYSIS {\n"
        "        static spin_lock extra;\n"
        "        extra.lock();\n"
        "        extra.unlock();\n",
        "chan_buffered", "instructions"),
    Injection(
        "an extra system call in every park", "sched/worker.cpp",
        "execution& worker::next_execution() noexcept {\n",
        "execution& worker::next_execution() noexcept {\n    std::this_thread::yield();\n",
        "select_parked", "system_calls"),
    Injection(
        "an extra wake-up for every fiber made ready", "sched/worker.cpp",
        "void worker::ready(fiber_control& f) noexcept {\n",
        # Whether the others sleep or not: how often they would depends on the machine.
        "void worker::ready(fiber_control& f) noexcept {\n"
        "    for (auto const& other : runtime.workers()) {\n"
        "        other->wakeups.fetch_add(1, std::memory_order_relaxed);\n"
        "        other->poller->interrupt();\n"
        "    }\n",
        "chan_ping_pong_2_workers", "wakeups"),
]


def self_test(say):
    """True: the gate is green without an injection, and red with each."""
    tree = building.copy_of_tree()
    say("building a copy of the library …")
    program = building.build(tree)
    names = [injection.operation for injection in INJECTIONS]
    expected = {name: counting.count(program, name) for name in names}
    works = report("an unchanged library", [], differences(expected, {n: counting.count(program, n) for n in names}, METRICS))
    for injection in INJECTIONS:
        say(f"building one with {injection.what} …")
        file = tree / injection.file
        original = file.read_text()
        file.write_text(injected(original, injection))
        try:
            measured = {injection.operation: counting.count(building.build(tree), injection.operation)}
        finally:
            file.write_text(original)
        before = {injection.operation: expected[injection.operation]}
        works &= report(injection.what, [injection.metric], differences(before, measured, METRICS))
    return works


def injected(text, injection):
    if text.count(injection.before) != 1:
        raise SystemExit(f"self-test: {injection.file} has changed: where {injection.what} would go is not there any more, "
                         "or there twice; say so in benchmarks/gating/injections.py")
    return text.replace(injection.before, injection.after)


def report(what, wanted, found):
    """True: the metrics that are wanted red are, or nothing is if none is wanted."""
    red = {difference.metric for difference in found}
    works = red.issuperset(wanted) if wanted else not red
    colour = "red" if red else "green"
    print(f"self-test: {colour} with {what}" if works else
          f"self-test: FAILED: with {what} the gate is {colour}, should be {'red: ' + wanted[0] if wanted else 'green'}")
    for difference in found:
        print(f"    {difference}")
    return works
