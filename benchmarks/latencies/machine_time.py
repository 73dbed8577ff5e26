"""How much of the machine others used while a program ran: a delay that is not the scheduler's own has to be told apart."""
import os
import resource
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Meter:
    """Counts from its creation. Time that a hypervisor gave to other machines is others' time, too."""

    def __init__(self):
        self.begin = readings()

    def others_share(self):
        """The processor time that neither this program nor its ended children used, as a share of all there was."""
        busy, total, ours = (now - then for now, then in zip(readings(), self.begin))
        return max(0.0, (busy - ours) / total) if total else 0.0


def readings():
    """Seconds: all processors busy, all processors busy or not, this program with its ended children."""
    fields = [int(field) * TICK_S for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]  # idle, waiting for a disk
    ours = sum(used.ru_utime + used.ru_stime
               for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    return sum(fields) - idle, sum(fields), ours
